//! The agent page as it is served; that it works is seen in a browser.

use serde_json::Value;

use crate::sandbox::{Reply, Sandbox};

#[tokio::test]
async fn the_page_runs_its_own_scripts_only() {
    let sandbox = Sandbox::start(None);
    for (path, kind) in [("/", "text/html"), ("/sandbox/page.js", "text/javascript"), ("/sandbox/page.css", "text/css")]
    {
        let served = sandbox.get(&format!("{}{path}", sandbox.base_url)).await;
        assert_eq!(served.status, 200, "{path}");
        assert!(served.headers["content-type"].to_str().unwrap().starts_with(kind), "{path}");
        let policy = served.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
    }
}

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
