//! How a visitor is told that somebody wrote, and of what they want to be told.

use natter_core::Event;
use natter_core::event::{PageEvent, PanelEvent, VisitorEvent};
use natter_core::host::events::HostEvent;
use natter_core::host::settings::Options;
use natter_core::view::ComposerProblem;
use natter_core::visitor::preferences::{Preference, Theme};
use serde_json::{Value, json};

use crate::bench::{Bench, agents, created, event, visitors};
use crate::tabs::two_tabs;

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
fn who_does_not_look_hears_of_a_message_and_who_looks_does_not() {
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
fn what_came_in_a_gap_is_news_and_the_first_page_is_not() {
    let mut bench = Bench::returning(&[visitors(1, "hello")]);
    bench.close_socket();
    bench.go_live();
    bench.answer("/messages", 200, &json!([visitors(1, "hello"), agents(2, "hi")]));
    assert_eq!(arrivals(&mut bench), heard("hi"));
}

#[test]
fn silence_is_the_visitors_to_choose_and_outlives_the_page() {
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
fn a_silent_site_is_silent_until_the_visitor_says_otherwise() {
    let mut bench = Bench::on_a_site(Options { is_silent: true, ..Options::default() }, &[visitors(1, "hello")]);
    bench.frame(&created(&agents(2, "hi"), None));
    assert_eq!(arrivals(&mut bench), []);
    bench.event(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Silent(false))));
    bench.frame(&created(&agents(3, "ho"), None));
    assert_eq!(arrivals(&mut bench), heard("ho"));
}

#[test]
fn the_browser_tells_only_those_who_want_it_on_sites_that_offer_it() {
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
fn new_messages_are_shown_over_the_launcher_until_they_are_read_or_waved_away() {
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
fn a_file_that_the_team_sends_again_counts_once_and_is_heard_once() {
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
fn what_another_device_has_read_is_unread_no_more() {
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
fn one_tab_reads_for_all_and_all_want_the_same() {
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
fn light_and_dark_are_the_visitors_where_the_site_lets_them() {
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
