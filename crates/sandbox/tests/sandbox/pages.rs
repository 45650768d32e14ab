//! The sandbox's own pages as they are served; the end-to-end suite uses them in a browser.

use crate::sandbox::Sandbox;

#[tokio::test]
async fn pages_have_a_policy_that_allows_their_own_scripts_only() {
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
