//! Screenshots of launcher and panel, in `target/screenshots/`. The tests check that what is shown fits its container.

use serde_json::json;

use crate::browser::Browser;
use crate::support::Sandbox;
use crate::visitor::Visitor;

#[tokio::test(flavor = "multi_thread")]
async fn screenshots_of_launcher_and_panel_in_both_themes_and_on_a_phone() {
    let mut sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.browser.expects_trouble();
    screenshot(&visitor, "launcher-light").await;
    visitor.open().await;
    screenshot(&visitor, "empty-light").await;
    visitor.say("Hello. I'd like to take the Saale on a tour along the Elbe in May.").await;
    visitor.browser.until("root.querySelectorAll('.bubble').length === 1 && !root.querySelector('.unsent')").await;
    let conversation = visitor.session().await["conversation"].as_i64().unwrap();
    for reply in [
        "Good choice.",
        "How tall are you, and how much luggage do you take? We can have a frame ready for a test ride on Thursday \
         or Friday, whichever suits you better.",
    ] {
        sandbox.agent_replies(conversation, reply).await;
    }
    visitor.browser.until("root.querySelectorAll('.bubble').length === 3").await;
    visitor.say("1,84 m").await;
    visitor.say("Two panniers and a tent. Thursday would be fine.").await;
    visitor.browser.until("root.querySelectorAll('.bubble').length === 5 && !root.querySelector('.unsent')").await;

    for (scheme, width, height) in
        [("light", 1100, 820), ("dark", 1100, 820), ("light", 360, 740), ("dark", 360, 740), ("light", 320, 568)]
    {
        visitor.browser.prefer(scheme).await;
        visitor.browser.resize(width, height).await;
        screenshot(&visitor, &format!("chat-{scheme}-{width}")).await;
        let overflow = visitor
            .browser
            .ask("[...root.querySelectorAll('.panel, .panel *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1).map(e => e.className)")
            .await;
        assert_eq!(overflow, json!([]), "nothing sticks out at {width}");
    }

    visitor.browser.prefer("light").await;
    visitor.browser.resize(1100, 820).await;
    visitor.browser.ask("document.documentElement.dir = 'rtl'").await;
    visitor.browser.ask("document.querySelector('natter-chat').setAttribute('language', 'ar')").await;
    visitor.browser.until("root.querySelector('.panel').dir === 'rtl' && /\\p{Script=Arabic}/u.test(root.querySelector('textarea').placeholder)").await;
    screenshot(&visitor, "chat-rtl").await;
    let is_mirrored = "root.querySelector('.launcher').getBoundingClientRect().left < 100 \
                       && root.querySelector('.own .bubble').getBoundingClientRect().left < 60";
    assert_eq!(visitor.browser.ask(is_mirrored).await, json!(true));
    visitor.browser.ask("document.documentElement.dir = 'ltr'").await;
    visitor.browser.ask("document.querySelector('natter-chat').setAttribute('language', 'en')").await;
    visitor.browser.until("root.querySelector('textarea').placeholder === 'Write a message'").await;

    sandbox.kill();
    visitor.say("Can you still read me?").await;
    visitor.browser.until("root.querySelector('.trouble').textContent && root.querySelector('.unsent')").await;
    screenshot(&visitor, "chat-unreachable").await;
    visitor.browser.quit().await;
}

/// Takes a screenshot when all animations have ended.
pub async fn screenshot(visitor: &Visitor, name: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    until_still(&visitor.browser).await;
    visitor.browser.page.screenshot(&folder.join(format!("{name}.png"))).await.unwrap();
}

/// Waits until all animations have ended, except infinite ones.
pub async fn until_still(browser: &Browser) {
    let moves = "[...document.getAnimations(), ...root.getAnimations()]
                   .some(it => it.effect.getComputedTiming().endTime !== Infinity)";
    browser.until(&format!("!{moves}")).await;
}
