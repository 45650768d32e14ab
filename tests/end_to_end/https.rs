//! A website at an https URL without a certificate: DevTools answer the browser's requests with those of a local server.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::browser::Browser;

/// Answers this browser's requests to the origin `https` with the responses of `site`, until the test ends.
pub async fn serve(browser: &Browser, https: &str, site: &str) {
    let list = format!("http://{}/json/list", browser.devtools_address());
    let list: Value = reqwest::get(list).await.unwrap().json().await.unwrap();
    let page = list.as_array().unwrap().iter().find(|target| target["type"] == "page").expect("the page");
    let (mut devtools, _) = connect_async(page["webSocketDebuggerUrl"].as_str().unwrap()).await.unwrap();
    let (https, site) = (https.to_owned(), site.to_owned());
    let patterns = json!([{ "urlPattern": format!("{https}/*") }]);
    devtools.send(command(1, "Fetch.enable", json!({ "patterns": patterns }))).await.unwrap();
    loop {
        let said = devtools.next().await.expect("an answer").unwrap();
        if said.to_text().is_ok_and(|said| serde_json::from_str::<Value>(said).unwrap()["id"] == 1) {
            break;
        }
    }
    tokio::spawn(async move {
        let mut number = 1;
        while let Some(Ok(said)) = devtools.next().await {
            let Ok(said) = serde_json::from_str::<Value>(said.to_text().unwrap_or_default()) else { continue };
            if said["method"] != "Fetch.requestPaused" {
                continue;
            }
            let asked = &said["params"];
            let url = asked["request"]["url"].as_str().unwrap().replacen(&https, &site, 1);
            number += 1;
            let elsewhere = json!({ "requestId": asked["requestId"], "url": url });
            if devtools.send(command(number, "Fetch.continueRequest", elsewhere)).await.is_err() {
                return;
            }
        }
    });
}

fn command(number: u64, method: &str, parameters: Value) -> Message {
    Message::text(json!({ "id": number, "method": method, "params": parameters }).to_string())
}
