//! A message's files: pictures, sounds, films, and what one can only take away.

use super::icon::{FILE, LINK, PHONE, PLACE, button, icon};
use super::wish::Wish;
use super::{Act, Element, Words, el};
use crate::i18n::TextKey;
use natter_core::content::{Attachment, AttachmentKind, Sources};
use natter_core::conversation::timeline::RowKey;
use natter_core::model::{LocalFile, MessageId, OutgoingFile};
use natter_core::spoofing::real_destination;
use natter_core::url::SafeUrl;

/// A message's files, in their order; `sent` are those it was sent with from this page.
pub fn files(words: &Words, message: MessageId, attachments: &[Attachment], sent: &[OutgoingFile]) -> Option<Element> {
    let pictures = attachments.iter().filter(|one| one.kind == AttachmentKind::Image).count();
    let class = if pictures > 1 { "files many" } else { "files" };
    let mut own = locals(attachments, sent).into_iter();
    let file = |all: Element, one| all.and(file(words, message, one, own.next().flatten()));
    (!attachments.is_empty()).then(|| attachments.iter().fold(el("div", class), file))
}

/// Which file of this page each attachment is. The server gives them in any order, perhaps under changed names; the size
/// says which it is, and the name which of equal size.
fn locals<'a>(attachments: &[Attachment], sent: &'a [OutgoingFile]) -> Vec<Option<&'a str>> {
    let mut sent: Vec<&OutgoingFile> = sent.iter().collect();
    let local = |file: &Attachment| {
        let is_it = |other: &&OutgoingFile| other.size == file.size && is_of(other, file.kind);
        let is_named = |other: &&OutgoingFile| is_it(other) && other.name == file.name;
        let at = sent.iter().position(is_named).or_else(|| sent.iter().position(is_it))?;
        sent.remove(at).local.as_ref().map(|local| &*local.url)
    };
    attachments.iter().map(local).collect()
}

fn is_of(file: &OutgoingFile, kind: AttachmentKind) -> bool {
    file.local.as_ref().is_some_and(|local| local.kind == kind)
}

fn file(words: &Words, message: MessageId, file: &Attachment, local: Option<&str>) -> Element {
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
            _ => el("p", "file gone").told(words, &TextKey::FileGone),
        };
    };
    let sources = Sources {
        local: local.map(str::to_owned),
        thumb: file.thumb.as_ref().filter(|_| file.kind == AttachmentKind::Image).map(|url| url.as_str().to_owned()),
        original: url.as_str().to_owned(),
    };
    match file.kind {
        AttachmentKind::Image => picture(words, message, file, sources),
        AttachmentKind::Audio => playing(words, "audio", file, url, sources),
        AttachmentKind::Video => playing(words, "video", file, url, sources),
        AttachmentKind::Location => leading(words, link(url, "file").and(icon(PLACE)).and(called(file)), file, url),
        AttachmentKind::Link => destined(words, link(url, "file").and(icon(LINK)).and(called(file)), &file.name, url),
        AttachmentKind::Contact | AttachmentKind::File => {
            let size = (file.size > 0).then(|| el("span", "file-size").saying(&words.formatter.size(file.size)));
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

/// A sound or a film; where it can't be had or played, it can still be taken away.
fn playing(words: &Words, tag: &'static str, file: &Attachment, url: &SafeUrl, sources: Sources) -> Element {
    let why = el("span", "file-size").told(words, &TextKey::FileGone);
    let link = leading(words, link(url, "file gone instead").and(icon(FILE)).and(called(file)).and(why), file, url);
    el("div", "media").and(player(tag, &file.name, sources)).and(link)
}

fn player(tag: &'static str, name: &str, sources: Sources) -> Element {
    el(tag, "playing")
        .with("controls", "")
        // Means nothing to a sound.
        .with("playsinline", "")
        .with("preload", "metadata")
        .with("aria-label", name)
        .with("src", sources.first())
        .on("loadeddata", Act::Loaded)
        .on("error", Act::NotLoaded(sources))
}

fn image(words: &Words, name: &str, sources: Sources) -> Element {
    el("img", "")
        .with("src", sources.first())
        .with("alt", &words.say(&TextKey::Picture(name.to_owned())))
        .with("loading", "lazy")
        .with("decoding", "async")
        .with("referrerpolicy", "no-referrer")
        .on("load", Act::Loaded)
        .on("error", Act::NotLoaded(sources))
}

/// A picture, as large as it will be before it is there.
fn picture(words: &Words, message: MessageId, file: &Attachment, sources: Sources) -> Element {
    let image = image(words, &file.name, sources);
    let image = match file.dimensions {
        Some((width, height)) => image.with("width", &width.to_string()).with("height", &height.to_string()),
        None => image.with("class", "unmeasured"),
    };
    // Its name is what it holds: the picture, or that there is none.
    button("picture")
        .on("click", Act::Look(message, file.id))
        .and(image)
        .and(el("span", "gone instead").told(words, &TextKey::FileGone))
}

/// A file that is to go with a message, or is on its way with one; a picture is seen.
pub fn enclosed(words: &Words, tag: &'static str, file: &OutgoingFile) -> Element {
    let chip = el(tag, "file");
    let chip = match &file.local {
        // Its name says what it is.
        Some(LocalFile { kind: AttachmentKind::Image, url }) => {
            chip.and(el("img", "sample").with("src", url).with("alt", "").on("error", Act::Missing))
        }
        Some(_) | None => chip.and(icon(FILE)),
    };
    chip.and(el("span", "file-name").in_own_direction().saying(&file.name))
        .and(el("span", "file-size").saying(&words.formatter.size(file.size)))
}

/// The files of a message on its way, how far they are, and the way to stop them.
pub fn uploading(words: &Words, key: RowKey, files: &[OutgoingFile], progress: u8, is_failed: bool) -> Option<Element> {
    let all = files.iter().fold(el("div", "files"), |all, file| all.and(own(words, file)));
    let percent = progress.to_string();
    let bar = el("progress", "progress").with("max", "100").with("value", &percent);
    let bar = bar.labelled(words, &TextKey::Sending);
    let cancel = button("link").on("click", Act::Tell(Wish::Discarded(key))).told(words, &TextKey::Cancel);
    let under_way = (!is_failed).then(|| el("p", "uploading").and(bar).and(cancel));
    (!files.is_empty()).then(|| all.maybe(under_way))
}

/// A file on its way, as this page has it. One that the browser can't show after all is named.
fn own(words: &Words, file: &OutgoingFile) -> Element {
    let named = || enclosed(words, "div", &OutgoingFile { local: None, ..file.clone() });
    let Some(local) = &file.local else { return named() };
    let sources = Sources { local: Some(local.url.clone()), thumb: None, original: String::new() };
    let (class, shown) = match local.kind {
        AttachmentKind::Image => ("picture", image(words, &file.name, sources).with("class", "unmeasured")),
        AttachmentKind::Audio => ("media", player("audio", &file.name, sources)),
        AttachmentKind::Video => ("media", player("video", &file.name, sources)),
        AttachmentKind::Location | AttachmentKind::Contact | AttachmentKind::Link | AttachmentKind::File => {
            return named();
        }
    };
    el("div", class).and(shown).and(el("div", "instead").and(named()))
}

/// A link with this text in it, with where it really leads if that is another place than one would think.
pub fn destined(words: &Words, link: Element, text: &str, url: &SafeUrl) -> Element {
    match real_destination(text, url, &|url| words.formatter.host(url)) {
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
