//! The pages for people as they are served; that they work is seen in a browser.

use serde_json::Value;

use crate::sandbox::{Reply, Sandbox};

#[tokio::test]
async fn pages_run_their_own_scripts_only() {
    let sandbox = Sandbox::start(None);
    for (path, kind) in PAGES {
        let served = sandbox.get(&format!("{}{path}", sandbox.base_url)).await;
        assert_eq!(served.status, 200, "{path}");
        assert!(served.headers["content-type"].to_str().unwrap().starts_with(kind), "{path}");
        let policy = served.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
    }
}

const PAGES: [(&str, &str); 6] = [
    ("/", "text/html"),
    ("/sandbox/agent.js", "text/javascript"),
    ("/sandbox/agent.css", "text/css"),
    ("/survey/responses/any", "text/html"),
    ("/sandbox/survey.js", "text/javascript"),
    ("/sandbox/survey.css", "text/css"),
];

#[tokio::test]
async fn tokens_are_given_to_the_page_and_to_no_other_site() {
    let sandbox = Sandbox::start(None);
    let url = format!("{}/sandbox/people", sandbox.base_url);
    let request = reqwest::Client::new().get(url).header("Origin", "http://elsewhere.test");
    let reply = Reply::of(request.send().await).await;
    assert!(!reply.headers.contains_key("access-control-allow-origin"));
    let people = reply.ok();
    let tokens: Vec<&Value> = people.as_array().unwrap().iter().map(|person| &person["access_token"]).collect();
    assert_eq!(tokens, ["demoAgentToken0000000001", "demoAgentToken0000000002"]);
}
