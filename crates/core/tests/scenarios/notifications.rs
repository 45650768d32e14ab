//! How a visitor is told that somebody wrote, and of what they want to be told.

use natter_core::Event;
use natter_core::event::{PageEvent, PanelEvent, VisitorEvent};
use natter_core::host::events::HostEvent;
use natter_core::host::settings::Options;
use natter_core::view::ComposerProblem;
use natter_core::visitor::preferences::{Preference, Theme};
use serde_json::{Value, json};

use crate::client_harness::{Bench, agents, created, event, visitors};
use crate::tab_sync::two_tabs;

/// What was to be heard and noticed since the last time, by what the messages say.
fn arrivals(bench: &mut Bench) -> Vec<(String, bool, bool)> {
    let arrival = |event| {
        let HostEvent::NotificationDue(due) = event else { return None };
        (!due.is_seen).then(|| (due.message.text.clone(), due.plays_sound, due.shows_notification))
    };
    std::mem::take(&mut bench.told).into_iter().filter_map(arrival).collect()
}

fn heard(text: &str) -> Vec<(String, bool, bool)> {
    vec![(text.to_owned(), true, false)]
}

fn previews(bench: &Bench) -> Vec<&str> {
    bench.widget.view().previews.iter().map(|message| message.text.as_str()).collect()
}

fn with_notices() -> Bench {
    Bench::on_a_site(Options { offers_notifications: true, ..Options::default() }, &[visitors(1, "hello")])
}

#[test]
fn notification_is_due_only_while_the_thread_is_not_in_view() {
    let mut bench = Bench::returning(&[visitors(1, "hello")]);
    assert_eq!(arrivals(&mut bench), [], "what was said before is no news");
    bench.frame(&created(&agents(2, "hi"), None));
    assert_eq!(arrivals(&mut bench), heard("hi"));
    bench.frame(&created(&visitors(3, "from my phone"), Some("another")));
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    bench.frame(&created(&agents(4, "there?"), None));
    assert_eq!(arrivals(&mut bench), []);
    bench.event(Event::Page(PageEvent::VisibilityChanged { is_visible: false }));
    bench.frame(&created(&agents(5, "gone?"), None));
    assert_eq!(arrivals(&mut bench), heard("gone?"));
}

#[test]
fn notification_is_due_for_messages_missed_during_a_gap_but_not_for_the_first_history_page() {
    let mut bench = Bench::returning(&[visitors(1, "hello")]);
    bench.close_socket();
    bench.go_live();
    bench.answer("/messages", 200, &json!([visitors(1, "hello"), agents(2, "hi")]));
    assert_eq!(arrivals(&mut bench), heard("hi"));
}

#[test]
fn silent_preference_mutes_notifications_and_survives_a_reload() {
    let mut bench = Bench::returning(&[visitors(1, "hello")]);
    assert!(bench.widget.view().panel.settings.is_sound_on);
    bench.event(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Silent(true))));
    bench.frame(&created(&agents(2, "hi"), None));
    assert_eq!(arrivals(&mut bench), []);
    let mut reloaded = bench.reload(11);
    assert!(!reloaded.widget.view().panel.settings.is_sound_on);
    reloaded.event(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Silent(false))));
    assert!(reloaded.widget.view().panel.settings.is_sound_on);
}

#[test]
fn silent_site_setting_mutes_notifications_until_the_visitor_turns_sound_on() {
    let mut bench = Bench::on_a_site(Options { is_silent: true, ..Options::default() }, &[visitors(1, "hello")]);
    bench.frame(&created(&agents(2, "hi"), None));
    assert_eq!(arrivals(&mut bench), []);
    bench.event(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Silent(false))));
    bench.frame(&created(&agents(3, "ho"), None));
    assert_eq!(arrivals(&mut bench), heard("ho"));
}

#[test]
fn browser_notification_needs_the_visitors_opt_in_and_the_sites_offer() {
    let mut bench = with_notices();
    assert!(bench.widget.view().composer.offers_notifications, "asked once there is something to wait for");
    bench.frame(&created(&agents(2, "one"), None));
    assert_eq!(arrivals(&mut bench), heard("one"));
    bench.event(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Notifications(true))));
    assert!(!bench.widget.view().composer.offers_notifications, "asked once");
    bench.frame(&created(&agents(3, "two"), None));
    assert_eq!(arrivals(&mut bench), [("two".to_owned(), true, true)]);
    bench.event(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Silent(true))));
    bench.frame(&created(&agents(4, "three"), None));
    assert_eq!(arrivals(&mut bench), [("three".to_owned(), false, true)]);
    bench.event(Event::Visitor(VisitorEvent::NotificationsDenied));
    assert_eq!(bench.widget.view().composer.problem, Some(ComposerProblem::NotificationsDenied));
    bench.frame(&created(&agents(5, "four"), None));
    assert_eq!((arrivals(&mut bench), bench.widget.view().composer.offers_notifications), (vec![], false));

    let mut elsewhere = Bench::returning(&[visitors(1, "hello")]);
    elsewhere.event(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Notifications(true))));
    elsewhere.frame(&created(&agents(2, "hi"), None));
    assert_eq!(arrivals(&mut elsewhere), heard("hi"), "this site does not offer it");
    assert_eq!(elsewhere.widget.view().panel.settings.notifications, None);
}

#[test]
fn previews_show_new_messages_until_read_or_dismissed() {
    let mut bench = Bench::returning(&[visitors(1, "hello")]);
    for id in 2..=5 {
        bench.frame(&created(&agents(id, &format!("nr. {id}")), None));
    }
    assert_eq!(previews(&bench), ["nr. 3", "nr. 4", "nr. 5"]);
    bench.event(Event::Panel(PanelEvent::PreviewsDismissed));
    assert_eq!((previews(&bench).len(), bench.widget.view().panel.unread), (0, 4));
    bench.frame(&created(&agents(6, "nr. 6"), None));
    assert_eq!(previews(&bench), ["nr. 6"]);
    let mut deleted = agents(6, "This message was deleted");
    deleted["content_attributes"] = json!({ "deleted": true });
    bench.frame(&event("message.updated", deleted));
    assert!(bench.widget.view().previews[0].is_deleted, "what is taken back is not shown on");
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert_eq!(previews(&bench).len(), 0);
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: false }));
    assert_eq!(previews(&bench).len(), 0);
}

/// As Chatwoot tells of a file that an agent's channel failed to deliver and that was tried again: sent, failed, sent.
#[test]
fn unread_and_notifications_count_a_resent_attachment_once() {
    let mut bench = Bench::returning(&[visitors(1, "hello")]);
    let told = |status: &str, error: Value| {
        let mut message = agents(2, "The invoice");
        message["status"] = json!(status);
        message["content_attributes"] = error;
        message["attachments"] =
            json!([{ "id": 7, "file_type": "file", "file_size": 9, "data_url": "http://a.test/i.pdf" }]);
        message
    };
    bench.frame(&created(&told("sent", json!({})), None));
    bench.frame(&event("message.updated", told("failed", json!({ "external_error": "no such number" }))));
    bench.frame(&event("message.updated", told("sent", json!({ "external_error": null }))));
    bench.frame(&event("message.updated", told("sent", json!({}))));
    assert_eq!(arrivals(&mut bench), heard("The invoice"));
    assert_eq!((bench.widget.view().panel.unread, previews(&bench), bench.rows().len()), (1, vec!["The invoice"], 2));
}

#[test]
fn read_receipt_of_another_device_clears_unread() {
    let mut bench = Bench::returning(&[visitors(1, "hello")]);
    for id in 2..=4 {
        bench.frame(&created(&agents(id, &format!("nr. {id}")), None));
    }
    let read = |id| {
        let mut message = agents(id, &format!("nr. {id}"));
        message["status"] = json!("read");
        event("message.updated", message)
    };
    bench.frame(&event("message.updated", agents(3, "nr. 3, mended")));
    assert_eq!(bench.widget.view().panel.unread, 3, "changed is not read");
    bench.frame(&read(3));
    assert_eq!((bench.widget.view().panel.unread, previews(&bench)), (1, vec!["nr. 4"]));
    bench.frame(&read(4));
    assert_eq!((bench.widget.view().panel.unread, previews(&bench).len()), (0, 0));
    assert_eq!(bench.told.last(), Some(&HostEvent::UnreadChanged { count: 0 }));
}

#[test]
fn read_receipts_and_preferences_are_shared_between_tabs() {
    let mut house = two_tabs();
    let (one, other) = (0, 1);
    house.on(one, |tab| tab.frame(&created(&agents(8, "hi"), None)));
    for tab in [one, other] {
        let told = house.on(tab, |tab| (arrivals(tab).len(), tab.widget.view().panel.unread));
        assert_eq!(told, (1, 1), "which of them is heard is settled between them, elsewhere");
    }
    house.on(other, |tab| tab.event(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Silent(true)))));
    assert!(!house.tabs[one].bench.widget.view().panel.settings.is_sound_on);
    let mut message = agents(8, "hi");
    message["status"] = json!("read");
    house.on(one, |tab| tab.frame(&event("message.updated", message)));
    assert_eq!(house.tabs[other].bench.widget.view().panel.unread, 0);
}

#[test]
fn theme_preference_applies_where_the_site_offers_it() {
    let options = Options { offers_themes: true, ..Options::default() };
    let mut bench = Bench::on_a_site(options, &[visitors(1, "hello")]);
    bench.event(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Theme(Theme::Dark))));
    assert_eq!(bench.told.last(), Some(&HostEvent::ThemeChanged(Theme::Dark)));
    assert_eq!(bench.widget.view().panel.settings.theme, Some(Theme::Dark));
    let reloaded = bench.reload(11);
    assert!(reloaded.told.contains(&HostEvent::ThemeChanged(Theme::Dark)));

    let mut plain = Bench::returning(&[]);
    plain.event(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Theme(Theme::Dark))));
    assert!(!plain.told.iter().any(|tell| matches!(tell, HostEvent::ThemeChanged(_))));
}
