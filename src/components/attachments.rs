//! A message's attachments: images, sounds, videos and files, those of the server and those that are being sent.

use js_sys::Array;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, EventTarget};

use super::button::link_button;
use super::icon::{FILE, LINK, PHONE, PLACE, icon};
use super::markdown::{destination, line, link};
use super::media_retry::{self, MediaRetry};
use super::part::{IntoPart, Part};
use super::row::{row_of, rows_match};
use super::sections::{Context, Section};
use crate::chat::{Chat, Item, Listener, Snapshot, attribute_of, dispatcher, label, listener, text_of};
use crate::i18n::{Localizer, TextKey};
use crate::js::object;
use natter_core::Event;
use natter_core::content::{Attachment, AttachmentKind, FILE_RETRIES_MS, Sources};
use natter_core::conversation::timeline::RowKey;
use natter_core::event::ThreadEvent;
use natter_core::model::{LocalFile, Message, MessageId, OutgoingFile};
use natter_core::url::{SafeUrl, after_scheme};
use natter_core::view::{Row, RowContent};

// --- Of the server ---

/// A message's attachments, in their order. `sent` are the files that it was sent with from this page.
pub fn attachments(context: &Context, localizer: &Localizer, message: &Message, sent: &[OutgoingFile]) -> Option<Part> {
    let all = &message.attachments;
    if all.is_empty() {
        return None;
    }
    let images = all.iter().filter(|one| one.kind == AttachmentKind::Image).count();
    let class = if images > 1 { "files many" } else { "files" };
    let locals = local_urls(all, sent);
    let files = all.iter().zip(locals).enumerate().map(|(index, (file, local))| {
        let context = Context { item: Item { index, ..context.item }, ..context.clone() };
        attachment(&context, localizer, message.id, file, local)
    });
    let files = Part::all(files.collect());
    Some(view! { <div class=class>{files}</div> }.into_part())
}

/// The URL of the page's own file for each attachment. The server lists attachments in any order, perhaps under changed
/// names: the size says which file it is, and the name which one of equal size.
fn local_urls<'a>(attachments: &[Attachment], sent: &'a [OutgoingFile]) -> Vec<Option<&'a str>> {
    let mut sent: Vec<&OutgoingFile> = sent.iter().collect();
    let local = |file: &Attachment| {
        let is_kind = |other: &OutgoingFile| other.local.as_ref().is_some_and(|local| local.kind == file.kind);
        let has_size = |other: &&OutgoingFile| other.size == file.size && is_kind(other);
        let has_name = |other: &&OutgoingFile| has_size(other) && other.name == file.name;
        let index = sent.iter().position(has_name).or_else(|| sent.iter().position(has_size))?;
        sent.remove(index).local.as_ref().map(|local| &*local.url)
    };
    attachments.iter().map(local).collect()
}

fn attachment(
    context: &Context,
    localizer: &Localizer,
    message: MessageId,
    file: &Attachment,
    local: Option<&str>,
) -> Part {
    let Some(url) = &file.url else { return without_url(context, file) };
    let thumb = file.thumb.as_ref().filter(|_| file.kind == AttachmentKind::Image);
    let sources = Sources {
        local: local.map(str::to_owned),
        thumb: thumb.map(|url| url.as_str().to_owned()),
        original: url.as_str().to_owned(),
    };
    let linked = |path, size| {
        let content = Part::all(vec![icon(path).into_part(), file_name(&file.name), Part::maybe(size)]);
        link(url, Some("file"), None, Part::all(vec![content, file_destination(localizer, file, url)]))
    };
    match file.kind {
        AttachmentKind::Image => image_button(context, message, file, sources),
        AttachmentKind::Audio => media(context, localizer, file, url, player(false, &file.name, sources)),
        AttachmentKind::Video => media(context, localizer, file, url, player(true, &file.name, sources)),
        AttachmentKind::Location => linked(PLACE, None),
        AttachmentKind::Link => {
            let destination = destination(localizer, &file.name, url);
            let content = vec![icon(LINK).into_part(), file_name(&file.name), destination];
            link(url, Some("file"), None, Part::all(content))
        }
        AttachmentKind::Contact | AttachmentKind::File => {
            let size = text_of(&context.slice, context.item, attachment_size);
            linked(FILE, (file.size > 0).then(|| view! { <span class="file-size">{size}</span> }.into_part()))
        }
    }
}

/// An attachment without a URL: a contact, a location, or a file that is gone.
fn without_url(context: &Context, file: &Attachment) -> Part {
    let person = || Part::maybe((!file.person.is_empty()).then(|| file_name(&file.person)));
    match (file.kind, SafeUrl::new(&["tel:", &file.name.replace(' ', "")].concat())) {
        (AttachmentKind::Contact, Some(number)) => {
            let name = file.name.clone();
            // A number is written in the same direction in every language.
            let name = view! { <span class="file-name" dir="ltr">{name}</span> }.into_part();
            link(&number, Some("file"), None, Part::all(vec![icon(PHONE).into_part(), person(), name]))
        }
        (AttachmentKind::Contact, None) if !file.person.is_empty() => {
            view! { <p class="file">{icon(PHONE)}{person()}</p> }.into_part()
        }
        (AttachmentKind::Location, _) => view! { <p class="file">{icon(PLACE)}{file_name(&file.name)}</p> }.into_part(),
        _ => view! { <p class="file gone">{label(&context.slice, TextKey::FileGone)}</p> }.into_part(),
    }
}

fn file_name(name: &str) -> Part {
    line("span", "file-name", name.to_owned())
}

/// The destination of a file's link. Most names of files look like hosts; only one that poses as an address is taken for
/// one.
fn file_destination(localizer: &Localizer, file: &Attachment, url: &SafeUrl) -> Part {
    let name = file.name.to_ascii_lowercase();
    let poses = after_scheme(&name).is_some() || name.starts_with("www.");
    Part::maybe(poses.then(|| destination(localizer, &file.name, url)))
}

fn attachment_size(snapshot: &Snapshot, item: Item) -> String {
    let file = row_of(snapshot, item).and_then(|(_, row)| row.content.message()?.attachments.get(item.index));
    file.map(|file| snapshot.localizer.formatter.size(file.size)).unwrap_or_default()
}

/// A sound or a video. When it can't be loaded or played, its link is left.
fn media(context: &Context, localizer: &Localizer, file: &Attachment, url: &SafeUrl, player: Part) -> Part {
    let content = view! {
        {icon(FILE)}
        {file_name(&file.name)}
        <span class="file-size">{label(&context.slice, TextKey::FileGone)}</span>
        {file_destination(localizer, file, url)}
    };
    let link = link(url, Some("file gone instead"), None, content.into_part());
    view! { <div class="media">{player}{link}</div> }.into_part()
}

fn player(is_video: bool, name: &str, sources: Sources) -> Part {
    let (name, src) = (name.to_owned(), sources.first().to_owned());
    let (loaded, failed) = (listener(media_retry::on_load), retrying(sources));
    if is_video {
        return view! {
            <video
                class="playing" controls="" playsinline="" preload="metadata" aria-label=name src=src
                on:loadeddata=loaded on:error=failed
            ></video>
        }
        .into_part();
    }
    view! {
        <audio
            class="playing" controls="" preload="metadata" aria-label=name src=src
            on:loadeddata=loaded on:error=failed
        ></audio>
    }
    .into_part()
}

/// A handler of `error` events that loads the file from its other URLs.
fn retrying<E: AsRef<web_sys::Event> + 'static>(sources: Sources) -> Listener<E> {
    let mut retry = MediaRetry::new(sources);
    listener(move |event| retry.on_error(event))
}

/// An image; `dimensions` are its width and height, if they are known before it is loaded.
fn image(context: &Context, name: &str, sources: Sources, dimensions: Option<(u64, u64)>) -> Part {
    let src = sources.first().to_owned();
    let class = dimensions.is_none().then_some("unmeasured");
    let width = dimensions.map(|(width, _)| width.to_string());
    let height = dimensions.map(|(_, height)| height.to_string());
    let alt = label(&context.slice, TextKey::Picture(name.to_owned()));
    view! {
        <img
            src=src alt=alt loading="lazy" decoding="async" referrerpolicy="no-referrer"
            on:load=listener(media_retry::on_load) on:error=retrying(sources)
            width=width height=height class=class
        />
    }
    .into_part()
}

/// An image that opens the lightbox. Its space is reserved before it is loaded. Its name is what it holds: the image, or
/// the text that there is none.
fn image_button(context: &Context, message: MessageId, file: &Attachment, sources: Sources) -> Part {
    let image = image(context, &file.name, sources, file.dimensions);
    let (chat, id) = (context.chat, file.id);
    let open = listener(move |event| open_lightbox(chat, message, id, event.current_target()));
    view! {
        <button class="picture" type="button" on:click=open>
            {image}
            <span class="gone instead">{label(&context.slice, TextKey::FileGone)}</span>
        </button>
    }
    .into_part()
}

/// Opens the lightbox with a message's images, beginning with one of them.
fn open_lightbox(chat: Chat, message: MessageId, file: u64, target: Option<EventTarget>) {
    let Snapshot { view, localizer, .. } = chat.peek(|slices| &slices.thread);
    let stored = view.thread.rows.iter().find_map(|row| row.content.message().filter(|other| other.id == message));
    let (Some(message), Some(target)) = (stored, target) else { return };
    let is_shown = |one: &&Attachment| one.kind == AttachmentKind::Image && one.url.is_some();
    let images: Vec<&Attachment> = message.attachments.iter().filter(is_shown).collect();
    let index = images.iter().position(|one| one.id == file).unwrap_or(0);
    let image = |one: &&Attachment| {
        let url = one.url.as_ref().map_or("", SafeUrl::as_str);
        object(&[("src", url.into()), ("alt", one.name.as_str().into()), ("name", one.name.as_str().into())])
    };
    let label = |name, key| (name, JsValue::from(localizer.text(&key)));
    let labels = object(&[
        label("close", TextKey::Close),
        label("previous", TextKey::PicturePrevious),
        label("next", TextKey::PictureNext),
        label("open", TextKey::PictureOriginal),
        label("picture", TextKey::PictureViewer),
        label("broken", TextKey::FileGone),
    ]);
    let retries: Array = FILE_RETRIES_MS.iter().map(|ms| JsValue::from(*ms)).collect();
    let images: Array = images.iter().map(image).collect();
    let options = object(&[
        ("pictures", images.into()),
        ("at", JsValue::from(index as u32)),
        ("labels", labels.into()),
        ("retries", retries.into()),
    ]);
    let root = target.unchecked_into::<Element>().get_root_node();
    chat.host().call_module("lightbox", "open", &[root.into(), options.into()]);
}

// --- Being sent ---

/// The files of a message that is being sent, the progress of the upload, and the way to cancel it.
pub fn uploads(context: &Context, snapshot: &Snapshot, files: &[OutgoingFile]) -> Option<Part> {
    if files.is_empty() {
        return None;
    }
    let own = files.iter().map(|file| own_file(context, &snapshot.localizer, file)).collect();
    view! { <div class="files">{Part::all(own)}{context.sections(&UPLOAD)}</div> }.into_part().into()
}

static UPLOAD: [Section; 1] = [Section::in_any_language(
    |before, now, item| rows_match(before, now, item, |before, now| is_uploading(before) == is_uploading(now)),
    |context, snapshot| row_of(snapshot, context.item).filter(|(_, row)| is_uploading(row)).map(|_| progress(context)),
)];

fn is_uploading(row: &Row) -> bool {
    matches!(row.content, RowContent::Outgoing { failure: None, .. })
}

fn progress(context: &Context) -> Part {
    let percent = attribute_of(&context.slice, context.item, |snapshot, item| {
        row_of(snapshot, item).and_then(|(_, row)| match row.content {
            RowContent::Outgoing { progress, .. } => Some(progress.to_string()),
            RowContent::Stored(_) => None,
        })
    });
    let cancel = dispatcher(context.chat, context.item, |item| {
        Event::Thread(ThreadEvent::MessageDiscarded { row: RowKey(item.key) })
    });
    view! {
        <p class="uploading">
            <progress class="progress" max="100" value=percent aria-label=label(&context.slice, TextKey::Sending)></progress>
            {link_button(context, TextKey::Cancel, cancel)}
        </p>
    }
    .into_part()
}

/// A file that is being sent, from this page. If the browser can't show it, its name is shown.
fn own_file(context: &Context, localizer: &Localizer, file: &OutgoingFile) -> Part {
    let name = || {
        let content = file_chip(localizer, &OutgoingFile { local: None, ..file.clone() });
        view! { <div class="file">{content}</div> }.into_part()
    };
    let Some(local) = &file.local else { return name() };
    let sources = Sources { local: Some(local.url.clone()), thumb: None, original: String::new() };
    let (class, shown) = match local.kind {
        AttachmentKind::Image => ("picture", image(context, &file.name, sources, None)),
        AttachmentKind::Audio => ("media", player(false, &file.name, sources)),
        AttachmentKind::Video => ("media", player(true, &file.name, sources)),
        AttachmentKind::Location | AttachmentKind::Contact | AttachmentKind::Link | AttachmentKind::File => {
            return name();
        }
    };
    view! { <div class=class>{shown}<div class="instead">{name()}</div></div> }.into_part()
}

/// What is shown of a file that is attached in the composer or being sent: a small image or an icon, its name, its size.
pub fn file_chip(localizer: &Localizer, file: &OutgoingFile) -> Part {
    let sample = match &file.local {
        // The name says what it is.
        Some(LocalFile { kind: AttachmentKind::Image, url }) => {
            let src = url.clone();
            view! { <img class="sample" src=src alt="" on:error=listener(media_retry::hide) /> }.into_part()
        }
        Some(_) | None => icon(FILE).into_part(),
    };
    let size = localizer.formatter.size(file.size);
    let size = view! { <span class="file-size">{size}</span> }.into_part();
    Part::all(vec![sample, file_name(&file.name), size])
}
