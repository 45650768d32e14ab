//! Where the visitor writes.

use super::files::enclosed;
use super::icon::{CLIP, CLOSE, MICROPHONE, SEND, SMILE, button, icon, icon_button};
use super::wish::Wish;
use super::{Act, Node, Words, el};
use crate::i18n::TextKey;
use natter_core::view::{ComposerProblem, FILES_MAX, TEXT_CHARS_MAX, View};
use natter_core::visitor::preferences::Preference;

/// The field and its button.
#[must_use]
pub fn composer(words: &Words, view: &View, _was: Option<&View>) -> Node {
    let problem = match &view.composer.problem {
        Some(ComposerProblem::TooLong) => words.say(&TextKey::TooLong(TEXT_CHARS_MAX.into())),
        Some(ComposerProblem::TooManyUnsent) => words.say(&TextKey::TooMany),
        Some(ComposerProblem::FileTooLarge(name)) => words.say(&TextKey::FileTooLarge(name.clone())),
        Some(ComposerProblem::NotificationsDenied) => words.say(&TextKey::NotifyDenied),
        Some(ComposerProblem::StorageUnavailable) => words.say(&TextKey::NotKept),
        Some(ComposerProblem::TranscriptUnavailable) => words.say(&TextKey::TranscriptFailed),
        Some(ComposerProblem::TooManyFiles) => words.say(&TextKey::TooManyFiles(FILES_MAX as i64)),
        None => String::new(),
    };
    // The field's text is the browser's own; only a reload, or a message taken back, puts text into it.
    let field = el("textarea", "input")
        .with("rows", "1")
        .in_own_direction()
        .with("enterkeyhint", "send")
        .labelled(words, &TextKey::ComposerLabel)
        .with("placeholder", &words.say(&TextKey::ComposerPlaceholder))
        .on("keydown", Act::Pressed)
        .on("input", Act::Typed);
    // The button is for people, the field behind it for the browser.
    let picker =
        el("input", "picker").with("type", "file").with("multiple", "").with("hidden", "").on("change", Act::Picked);
    let attach = icon_button("attach", CLIP, &words.say(&TextKey::Attach)).on("click", Act::Pick);
    let emoji = icon_button("attach emoji", SMILE, &words.say(&TextKey::Emoji));
    let emoji = emoji.with("aria-expanded", "false").on("click", Act::Assist("emoji"));
    let send = el("button", "send").with("type", "submit").labelled(words, &TextKey::Send).and(icon(SEND));
    let is_something = view.composer.has_text || !view.composer.files.is_empty();
    // What can't be written can be said, as long as there is nothing to send.
    let last = match (is_something, words.can_record) {
        (true, _) => send,
        (false, true) => {
            icon_button("attach", MICROPHONE, &words.say(&TextKey::Voice)).on("click", Act::Assist("voice"))
        }
        (false, false) => send.with("disabled", ""),
    };
    let picked = (!view.composer.files.is_empty()).then(|| {
        let list = el("ul", "picked").labelled(words, &TextKey::Attached);
        view.composer.files.iter().fold(list, |list, file| {
            let remove = words.say(&TextKey::RemoveFile(file.name.clone()));
            let remove = icon_button("tool", CLOSE, &remove).on("click", Act::Tell(Wish::Unpicked(file.pick)));
            list.and(enclosed(words, "li", file).and(remove))
        })
    });
    let offer = view.composer.offers_notifications.then(|| {
        let choice = |act, sentence| button("link").on("click", act).told(words, &sentence);
        let no = Act::Tell(Wish::Preferred(Preference::Notifications(false)));
        let ways = el("span", "ways").and(choice(Act::Notify, TextKey::NotifyYes)).and(choice(no, TextKey::NotifyNo));
        el("p", "offer").and(el("span", "").told(words, &TextKey::NotifyAsk)).and(ways)
    });
    let form = el("form", "composer").on("dragover", Act::Dropped).on("drop", Act::Dropped);
    Node::Element(
        if view.composer.is_covered { form.with("hidden", "") } else { form }
            .on("submit", Act::Submit)
            .on("paste", Act::Pasted)
            .and(el("p", "problem").with("role", "alert").saying(&problem))
            .maybe(offer)
            .maybe(picked)
            .maybe(view.composer.characters_left.map(|left| {
                let class = if left < 0 { "counter over" } else { "counter" };
                el("p", class).with("aria-hidden", "true").told(words, &TextKey::CharactersLeft(left.into()))
            }))
            .and(el("p", "spoken").with("role", "status").saying(&told(words, view.composer.characters_left)))
            .and(el("div", "field").and(picker).and(attach).and(emoji).and(field).and(last)),
    )
}

/// What is said of the characters left: not at each key, but when they have become fewer than so many.
fn told(words: &Words, left: Option<i32>) -> String {
    match left.map(|left| [0, 20, 100, 500].into_iter().find(|step| (0..=*step).contains(&left))) {
        None => String::new(),
        Some(None) => words.say(&TextKey::TooLong(TEXT_CHARS_MAX.into())),
        Some(Some(step)) => words.say(&TextKey::CharactersFew(step.into())),
    }
}
