//! What else one can do: about the conversations, and about the widget itself.

use super::icon::{MORE, button, icon};
use super::wish::Wish;
use super::{Act, Element, Words, el};
use crate::i18n::TextKey;
use natter_core::TranscriptFormat;
use natter_core::view::{ConversationActions, MenuSettings, Panel};
use natter_core::visitor::preferences::{Preference, Theme};

/// The menu.
pub fn menu(words: &Words, panel: &Panel) -> Element {
    let Panel { actions, settings, .. } = panel;
    let ConversationActions { can_list: list, unread, can_begin: begin, can_end: end, is_list_shown: is_listing } =
        *actions;
    let MenuSettings { is_sound_on, notifications, theme, has_transcript, is_known } = *settings;
    let item = |class: &str, act, sentence| el("li", "").and(button(class).on("click", act).told(words, &sentence));
    let tell = |event, sentence| item("item", Act::Tell(event), sentence);
    let switch = |is_on: bool, act, sentence| {
        let switch = button("item switch").with("role", "switch").on("click", act);
        el("li", "").and(switch.with("aria-checked", if is_on { "true" } else { "false" }).told(words, &sentence))
    };
    let unread = (unread > 0).then(|| el("span", "count").saying(&unread.to_string()));
    // Its name is what it holds: the count is told with it.
    let opener =
        el("summary", "tool").and(el("span", "spoken").told(words, &TextKey::Menu)).and(icon(MORE)).maybe(unread);
    let heard = Act::Tell(Wish::Preferred(Preference::Silent(is_sound_on)));
    let notified =
        |is_on| if is_on { Act::Tell(Wish::Preferred(Preference::Notifications(false))) } else { Act::Notify };
    let saved = |format, sentence| tell(Wish::WantedTranscript(format), sentence);
    let items = el("ul", "items")
        .with("tabindex", "-1")
        .maybe((list && !is_listing).then(|| tell(Wish::Listed(true), TextKey::Conversations)))
        .maybe(begin.then(|| tell(Wish::Switched(None), TextKey::NewConversation)))
        .maybe((end && !is_listing).then(|| tell(Wish::Ended, TextKey::EndConversation)))
        .and(switch(is_sound_on, heard, TextKey::Sound))
        .maybe(notifications.map(|is_on| switch(is_on, notified(is_on), TextKey::Notify)))
        .maybe(theme.map(|chosen| themes(words, chosen)))
        .maybe((!panel.languages.0.is_empty()).then(|| languages(words, panel)))
        .maybe(has_transcript.then(|| saved(TranscriptFormat::Text, TextKey::TranscriptText)))
        .maybe(has_transcript.then(|| saved(TranscriptFormat::Json, TextKey::TranscriptJson)))
        .maybe(is_known.then(|| forget(words)));
    let menu = el("details", "menu")
        .labelled(words, &TextKey::Menu)
        .on("focusout", Act::LeftMenu)
        .on("keydown", Act::SteeredMenu);
    menu.and(opener).and(items)
}

/// Light, dark, or as the device is.
fn themes(words: &Words, chosen: Theme) -> Element {
    let one = |group: Element, theme: Theme| {
        let sentence = match theme {
            Theme::Auto => TextKey::ThemeAuto,
            Theme::Light => TextKey::ThemeLight,
            Theme::Dark => TextKey::ThemeDark,
        };
        let is_it = if theme == chosen { "true" } else { "false" };
        let one = button("choice").with("aria-pressed", is_it);
        group.and(one.on("click", Act::Tell(Wish::Preferred(Preference::Theme(theme)))).told(words, &sentence))
    };
    let name = words.say(&TextKey::Theme);
    let group = el("div", "themes").with("role", "group").with("aria-label", &name);
    el("li", "").and(el("p", "label").saying(&name)).and(Theme::ALL.into_iter().fold(group, one))
}

/// The languages, each by its own name.
fn languages(words: &Words, panel: &Panel) -> Element {
    let (all, first) = &panel.languages;
    let list = el("select", "entry").labelled(words, &TextKey::Language).on("change", Act::Speak);
    let list = all.iter().fold(list, |list, one| {
        let option = el("option", "").with("value", &one.value).saying(&one.title);
        list.and(if one.value == *first { option.with("selected", "") } else { option })
    });
    el("li", "").and(el("p", "label").told(words, &TextKey::Language)).and(el("div", "themes").and(list))
}

/// What can't be taken back takes two steps.
fn forget(words: &Words) -> Element {
    let yes = button("item strong").on("click", Act::Tell(Wish::Forgot)).told(words, &TextKey::ForgetYes);
    let opener = el("summary", "item").told(words, &TextKey::Forget);
    let why = el("p", "label").told(words, &TextKey::ForgetAsk);
    el("li", "").and(el("details", "forget").labelled(words, &TextKey::Forget).and(opener).and(why).and(yes))
}
