//! Notifications: sound, browser notification, previews and unread count, and the preferences that control them.

use natter_core::Event;
use natter_core::event::{PageEvent, PanelEvent, VisitorEvent};
use natter_core::host::events::HostEvent;
use natter_core::host::settings::Options;
use natter_core::view::ComposerProblem;
use natter_core::visitor::preferences::{Preference, Theme};
use serde_json::{Value, json};

use crate::client_harness::{ClientHarness, by_agent, by_visitor, cable_event, created};
use crate::tab_sync::two_tabs;

/// The notifications due since the last call, as (text, sound, browser notification); clears the harness's host events.
fn take_notifications(client: &mut ClientHarness) -> Vec<(String, bool, bool)> {
    let arrival = |event| {
        let HostEvent::NotificationDue(due) = event else { return None };
        (!due.is_seen).then(|| (due.message.text.clone(), due.plays_sound, due.shows_notification))
    };
    std::mem::take(&mut client.host_events).into_iter().filter_map(arrival).collect()
}

fn notified(text: &str) -> Vec<(String, bool, bool)> {
    vec![(text.to_owned(), true, false)]
}

fn previews(client: &ClientHarness) -> Vec<&str> {
    client.widget.view().previews.iter().map(|message| message.text.as_str()).collect()
}

fn with_notification_offer() -> ClientHarness {
    ClientHarness::with_options(Options { offers_notifications: true, ..Options::default() }, &[by_visitor(1, "hello")])
}

#[test]
fn notification_is_due_only_while_the_thread_is_not_in_view() {
    let mut client = ClientHarness::returning(&[by_visitor(1, "hello")]);
    assert_eq!(take_notifications(&mut client), [], "history is no notification");
    client.receive(&created(&by_agent(2, "hi"), None));
    assert_eq!(take_notifications(&mut client), notified("hi"));
    client.receive(&created(&by_visitor(3, "from my phone"), Some("another")));
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    client.receive(&created(&by_agent(4, "there?"), None));
    assert_eq!(take_notifications(&mut client), []);
    client.dispatch(Event::Page(PageEvent::VisibilityChanged { is_visible: false }));
    client.receive(&created(&by_agent(5, "gone?"), None));
    assert_eq!(take_notifications(&mut client), notified("gone?"));
}

#[test]
fn notification_is_due_for_messages_missed_during_a_gap_but_not_for_the_first_history_page() {
    let mut client = ClientHarness::returning(&[by_visitor(1, "hello")]);
    client.close_socket();
    client.go_live();
    client.answer("/messages", 200, &json!([by_visitor(1, "hello"), by_agent(2, "hi")]));
    assert_eq!(take_notifications(&mut client), notified("hi"));
}

#[test]
fn silent_preference_mutes_notifications_and_survives_a_reload() {
    let mut client = ClientHarness::returning(&[by_visitor(1, "hello")]);
    assert!(client.widget.view().panel.settings.is_sound_on);
    client.dispatch(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Silent(true))));
    client.receive(&created(&by_agent(2, "hi"), None));
    assert_eq!(take_notifications(&mut client), []);
    let mut reloaded = client.reload(11);
    assert!(!reloaded.widget.view().panel.settings.is_sound_on);
    reloaded.dispatch(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Silent(false))));
    assert!(reloaded.widget.view().panel.settings.is_sound_on);
}

#[test]
fn silent_site_setting_mutes_notifications_until_the_visitor_turns_sound_on() {
    let mut client =
        ClientHarness::with_options(Options { is_silent: true, ..Options::default() }, &[by_visitor(1, "hello")]);
    client.receive(&created(&by_agent(2, "hi"), None));
    assert_eq!(take_notifications(&mut client), []);
    client.dispatch(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Silent(false))));
    client.receive(&created(&by_agent(3, "ho"), None));
    assert_eq!(take_notifications(&mut client), notified("ho"));
}

#[test]
fn browser_notification_needs_the_visitors_opt_in_and_the_sites_offer() {
    let mut client = with_notification_offer();
    assert!(client.widget.view().composer.offers_notifications, "offered once the visitor has written");
    client.receive(&created(&by_agent(2, "one"), None));
    assert_eq!(take_notifications(&mut client), notified("one"));
    client.dispatch(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Notifications(true))));
    assert!(!client.widget.view().composer.offers_notifications, "offered once");
    client.receive(&created(&by_agent(3, "two"), None));
    assert_eq!(take_notifications(&mut client), [("two".to_owned(), true, true)]);
    client.dispatch(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Silent(true))));
    client.receive(&created(&by_agent(4, "three"), None));
    assert_eq!(take_notifications(&mut client), [("three".to_owned(), false, true)]);
    client.dispatch(Event::Visitor(VisitorEvent::NotificationsDenied));
    assert_eq!(client.widget.view().composer.problem, Some(ComposerProblem::NotificationsDenied));
    client.receive(&created(&by_agent(5, "four"), None));
    assert_eq!((take_notifications(&mut client), client.widget.view().composer.offers_notifications), (vec![], false));

    let mut elsewhere = ClientHarness::returning(&[by_visitor(1, "hello")]);
    elsewhere.dispatch(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Notifications(true))));
    elsewhere.receive(&created(&by_agent(2, "hi"), None));
    assert_eq!(take_notifications(&mut elsewhere), notified("hi"), "this site does not offer browser notifications");
    assert_eq!(elsewhere.widget.view().panel.settings.notifications, None);
}

#[test]
fn previews_show_new_messages_until_read_or_dismissed() {
    let mut client = ClientHarness::returning(&[by_visitor(1, "hello")]);
    for id in 2..=5 {
        client.receive(&created(&by_agent(id, &format!("nr. {id}")), None));
    }
    assert_eq!(previews(&client), ["nr. 3", "nr. 4", "nr. 5"]);
    client.dispatch(Event::Panel(PanelEvent::PreviewsDismissed));
    assert_eq!((previews(&client).len(), client.widget.view().panel.unread), (0, 4));
    client.receive(&created(&by_agent(6, "nr. 6"), None));
    assert_eq!(previews(&client), ["nr. 6"]);
    let mut deleted = by_agent(6, "This message was deleted");
    deleted["content_attributes"] = json!({ "deleted": true });
    client.receive(&cable_event("message.updated", deleted));
    assert!(client.widget.view().previews[0].is_deleted, "a deleted message's preview does not show its text");
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert_eq!(previews(&client).len(), 0);
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: false }));
    assert_eq!(previews(&client).len(), 0);
}

/// Chatwoot's frames for an attachment that an agent's channel failed to deliver and that was tried again: sent,
/// failed, sent.
#[test]
fn unread_and_notifications_count_a_resent_attachment_once() {
    let mut client = ClientHarness::returning(&[by_visitor(1, "hello")]);
    let with_status = |status: &str, error: Value| {
        let mut message = by_agent(2, "The invoice");
        message["status"] = json!(status);
        message["content_attributes"] = error;
        message["attachments"] =
            json!([{ "id": 7, "file_type": "file", "file_size": 9, "data_url": "http://a.test/i.pdf" }]);
        message
    };
    client.receive(&created(&with_status("sent", json!({})), None));
    client
        .receive(&cable_event("message.updated", with_status("failed", json!({ "external_error": "no such number" }))));
    client.receive(&cable_event("message.updated", with_status("sent", json!({ "external_error": null }))));
    client.receive(&cable_event("message.updated", with_status("sent", json!({}))));
    assert_eq!(take_notifications(&mut client), notified("The invoice"));
    assert_eq!(
        (client.widget.view().panel.unread, previews(&client), client.rows().len()),
        (1, vec!["The invoice"], 2)
    );
}

#[test]
fn read_receipt_of_another_device_clears_unread() {
    let mut client = ClientHarness::returning(&[by_visitor(1, "hello")]);
    for id in 2..=4 {
        client.receive(&created(&by_agent(id, &format!("nr. {id}")), None));
    }
    let read = |id| {
        let mut message = by_agent(id, &format!("nr. {id}"));
        message["status"] = json!("read");
        cable_event("message.updated", message)
    };
    client.receive(&cable_event("message.updated", by_agent(3, "nr. 3, mended")));
    assert_eq!(client.widget.view().panel.unread, 3, "an edit is no read receipt");
    client.receive(&read(3));
    assert_eq!((client.widget.view().panel.unread, previews(&client)), (1, vec!["nr. 4"]));
    client.receive(&read(4));
    assert_eq!((client.widget.view().panel.unread, previews(&client).len()), (0, 0));
    assert_eq!(client.host_events.last(), Some(&HostEvent::UnreadChanged { count: 0 }));
}

#[test]
fn read_receipts_and_preferences_are_shared_between_tabs() {
    let mut browser = two_tabs();
    let (one, other) = (0, 1);
    browser.on(one, |tab| tab.receive(&created(&by_agent(8, "hi"), None)));
    for tab in [one, other] {
        let counts = browser.on(tab, |tab| (take_notifications(tab).len(), tab.widget.view().panel.unread));
        assert_eq!(counts, (1, 1), "tabs settle outside the core which of them plays the sound");
    }
    browser.on(other, |tab| tab.dispatch(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Silent(true)))));
    assert!(!browser.tabs[one].client.widget.view().panel.settings.is_sound_on);
    let mut message = by_agent(8, "hi");
    message["status"] = json!("read");
    browser.on(one, |tab| tab.receive(&cable_event("message.updated", message)));
    assert_eq!(browser.tabs[other].client.widget.view().panel.unread, 0);
}

#[test]
fn theme_preference_applies_where_the_site_offers_it() {
    let options = Options { offers_themes: true, ..Options::default() };
    let mut client = ClientHarness::with_options(options, &[by_visitor(1, "hello")]);
    client.dispatch(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Theme(Theme::Dark))));
    assert_eq!(client.host_events.last(), Some(&HostEvent::ThemeChanged(Theme::Dark)));
    assert_eq!(client.widget.view().panel.settings.theme, Some(Theme::Dark));
    let reloaded = client.reload(11);
    assert!(reloaded.host_events.contains(&HostEvent::ThemeChanged(Theme::Dark)));

    let mut plain = ClientHarness::returning(&[]);
    plain.dispatch(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Theme(Theme::Dark))));
    assert!(!plain.host_events.iter().any(|event| matches!(event, HostEvent::ThemeChanged(_))));
}
