//! A message's files: pictures, sounds, films, and what one can only take away.

use super::icon::{FILE, LINK, PHONE, PLACE, button, icon};
use super::wish::Wish;
use super::{Act, Element, Words, el};
use crate::core::content::{Attachment, AttachmentKind};
use crate::core::model::{Enclosed, MessageId};
use crate::core::spoofing::real_destination;
use crate::core::timeline::RowKey;
use crate::core::url::SafeUrl;
use crate::digits::digits;
use crate::text::Sentence;

/// A message's files, in their order.
pub fn files(words: &Words, message: MessageId, attachments: &[Attachment]) -> Option<Element> {
    let pictures = attachments.iter().filter(|one| one.kind == AttachmentKind::Image).count();
    let class = if pictures > 1 { "files many" } else { "files" };
    let all = attachments.iter().fold(el("div", class), |all, one| all.and(file(words, message, one)));
    (!attachments.is_empty()).then_some(all)
}

fn file(words: &Words, message: MessageId, file: &Attachment) -> Element {
    let Some(url) = &file.url else {
        return match (file.kind, SafeUrl::new(&["tel:", &file.name.replace(' ', "")].concat())) {
            // A number has one direction everywhere.
            (AttachmentKind::Contact, Some(number)) => {
                let number = link(&number, "file").and(icon(PHONE)).maybe(person(file));
                number.and(el("span", "file-name").with("dir", "ltr").saying(&file.name))
            }
            (AttachmentKind::Contact, None) if !file.person.is_empty() => {
                el("p", "file").and(icon(PHONE)).maybe(person(file))
            }
            (AttachmentKind::Location, _) => el("p", "file").and(icon(PLACE)).and(called(file)),
            _ => el("p", "file gone").told(words, &Sentence::FileGone),
        };
    };
    let playing = |tag| {
        el(tag, "playing")
            .with("controls", "")
            .with("preload", "metadata")
            .with("aria-label", &file.name)
            .with("src", url.as_str())
            .on("error", Act::Again)
    };
    match file.kind {
        AttachmentKind::Image => picture(words, message, file, file.thumb.as_ref().unwrap_or(url)),
        AttachmentKind::Audio => playing("audio"),
        AttachmentKind::Video => playing("video").with("playsinline", ""),
        AttachmentKind::Location => leading(words, link(url, "file").and(icon(PLACE)).and(called(file)), file, url),
        AttachmentKind::Link => destined(words, link(url, "file").and(icon(LINK)).and(called(file)), &file.name, url),
        AttachmentKind::Contact | AttachmentKind::File => {
            let size = (file.size > 0).then(|| el("span", "file-size").saying(&words.speech.size(file.size)));
            leading(words, link(url, "file").and(icon(FILE)).and(called(file)).maybe(size), file, url)
        }
    }
}

/// A file's link. Most names of files look like hosts; only one that poses as an address is taken for one.
fn leading(words: &Words, link: Element, file: &Attachment, url: &SafeUrl) -> Element {
    let name = file.name.to_ascii_lowercase();
    if name.contains("://") || name.starts_with("www.") { destined(words, link, &file.name, url) } else { link }
}

/// Whose number it is.
fn person(file: &Attachment) -> Option<Element> {
    let called = || el("span", "file-name").in_own_direction().saying(&file.person);
    (!file.person.is_empty()).then(called)
}

fn called(file: &Attachment) -> Element {
    el("span", "file-name").in_own_direction().saying(&file.name)
}

/// A picture, as large as it will be before it is there.
fn picture(words: &Words, message: MessageId, file: &Attachment, url: &SafeUrl) -> Element {
    let image = el("img", "")
        .with("src", url.as_str())
        .with("alt", &words.say(&Sentence::Picture(file.name.clone())))
        .with("loading", "lazy")
        .with("decoding", "async")
        .with("referrerpolicy", "no-referrer")
        .on("error", Act::Missing);
    let image = match file.measures {
        Some((width, height)) => image.with("width", &digits(width)).with("height", &digits(height)),
        None => image.with("class", "unmeasured"),
    };
    // Its name is what it holds: the picture, or that there is none.
    button("picture")
        .on("click", Act::Look(message, file.id))
        .and(image)
        .and(el("span", "gone").told(words, &Sentence::FileGone))
}

/// A file that is to go with a message, or is on its way with one.
pub fn enclosed(words: &Words, tag: &'static str, file: &Enclosed) -> Element {
    el(tag, "file")
        .and(icon(FILE))
        .and(el("span", "file-name").in_own_direction().saying(&file.name))
        .and(el("span", "file-size").saying(&words.speech.size(file.size)))
}

/// The files of a message on its way, how far they are, and the way to stop them.
pub fn uploading(words: &Words, key: RowKey, files: &[Enclosed], progress: u8, is_failed: bool) -> Option<Element> {
    let all = files.iter().fold(el("div", "files"), |all, file| all.and(enclosed(words, "div", file)));
    let percent = digits(progress.into());
    let bar = el("progress", "progress").with("max", "100").with("value", &percent);
    let bar = bar.labelled(words, &Sentence::Sending);
    let cancel = button("link").on("click", Act::Tell(Wish::Discarded(key))).told(words, &Sentence::Cancel);
    let under_way = (!is_failed).then(|| el("p", "uploading").and(bar).and(cancel));
    (!files.is_empty()).then(|| all.maybe(under_way))
}

/// A link with this text in it, with where it really leads if that is another place than one would think.
pub fn destined(words: &Words, link: Element, text: &str, url: &SafeUrl) -> Element {
    match real_destination(text, url, &|url| words.speech.host(url)) {
        // An address has one direction everywhere.
        Some(place) => {
            link.saying(" ").and(el("span", "destination").with("dir", "ltr").saying(&["(", &place, ")"].concat()))
        }
        None => link,
    }
}

/// A link out of the page: what it leads to learns nothing of where it was, and can't reach back.
pub fn link(url: &SafeUrl, class: &str) -> Element {
    el("a", class).with("href", url.as_str()).with("target", "_blank").with("rel", "noopener noreferrer nofollow ugc")
}
