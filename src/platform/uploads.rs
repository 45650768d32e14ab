//! The files that a visitor sends: numbered when they are picked, stored under their message's echo_id (IndexedDB), and
//! uploaded as a form. `embed/parts/files.js` does the work.

use natter_core::event::{ConnectionEvent, StorageEvent};
use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use web_sys::{AbortSignal, File, Url};

use super::Reporter;
use super::lazy_modules::LazyModules;
use crate::js::object;
use natter_core::content::AttachmentKind;
use natter_core::model::{EchoId, LocalFile, OutgoingFile};
use natter_core::{Event, Outcome, RequestId};

/// The lazy module that stores and uploads files.
const MODULE: &str = "files";

/// The files picked on this page, and the module that stores them.
#[derive(Clone)]
pub struct Uploads {
    modules: LazyModules,
    /// The prefix of stored names.
    prefix: String,
    picked: Rc<RefCell<Vec<File>>>,
    /// The `blob:` addresses that the page shows them by.
    urls: Rc<RefCell<Vec<String>>>,
}

impl Uploads {
    /// No file is picked yet.
    #[must_use]
    pub fn new(modules: LazyModules, prefix: String) -> Self {
        Self { modules, prefix, picked: Rc::default(), urls: Rc::default() }
    }

    /// Numbers the files that were picked.
    pub fn pick(&self, files: Vec<File>) -> Vec<OutgoingFile> {
        let mut picked = self.picked.borrow_mut();
        let number = |file: File| {
            let (name, size) = (file.name(), file.size() as u64);
            let local = local(&file);
            self.urls.borrow_mut().extend(local.iter().map(|local| local.url.clone()));
            picked.push(file);
            OutgoingFile { local, ..OutgoingFile::new(picked.len() as u64, &name, size) }
        };
        files.into_iter().map(number).collect()
    }

    /// Stores the files of these picks for a message, and reports it.
    pub fn store(&self, echo: EchoId, picks: &[u64], report: Reporter) {
        let picked = self.picked.borrow();
        let at = |pick: &u64| picked.get(usize::try_from(*pick).ok()?.checked_sub(1)?);
        let files: Array = picks.iter().filter_map(at).map(JsValue::from).collect();
        let arguments = [self.name(&echo).into(), files.into()];
        let then = move |ended: Option<JsValue>| {
            if ended.as_ref().and_then(JsValue::as_string).as_deref() == Some("gone") {
                return report(Event::Storage(StorageEvent::FilesMissing { message: echo }));
            }
            if ended.is_none_or(|is_kept| is_kept.is_falsy()) {
                report(Event::Storage(StorageEvent::WriteFailed));
            }
            // Files that could not be stored are found missing when they are to be uploaded; the visitor is told then.
            report(Event::Storage(StorageEvent::FilesStored { message: echo }));
        };
        self.modules.call(MODULE, "store", &arguments, Box::new(then));
    }

    /// Deletes the files of all messages but these.
    pub fn delete_all_but(&self, echoes: &[EchoId]) {
        self.picked.borrow_mut().clear();
        if echoes.is_empty() {
            self.release();
        }
        let kept: Array = echoes.iter().map(|echo| JsValue::from(self.name(echo))).collect();
        self.modules.start(MODULE, "removeAll", &[self.prefix.as_str().into(), kept.into()]);
    }

    /// Releases the `blob:` addresses of the files picked on this page.
    pub fn release(&self) {
        for url in self.urls.borrow_mut().drain(..) {
            // The browser made this address: it can't fail.
            let _ = Url::revoke_object_url(&url);
        }
    }

    /// Deletes the files of a message.
    pub fn delete(&self, echo: &EchoId) {
        self.modules.start(MODULE, "remove", &[self.name(echo).into()]);
    }

    /// Uploads a form with the files of a message, and reports its progress and its end.
    pub fn post(
        &self,
        (id, echo): (RequestId, &EchoId),
        url: &str,
        fields: &[(&str, String)],
        signal: Option<&AbortSignal>,
        report: Reporter,
    ) {
        let field = |(name, said): &(&str, String)| Array::of2(&(*name).into(), &said.as_str().into());
        let fields: Array = fields.iter().map(field).collect();
        let told = Rc::clone(&report);
        let progress = Closure::<dyn FnMut(f64)>::new(move |percent: f64| {
            told(Event::Connection(ConnectionEvent::UploadProgressed { request: id, percent: percent as u8 }))
        });
        let request = object(&[
            ("name", self.name(echo).into()),
            ("url", url.into()),
            ("fields", fields.into()),
            ("progress", progress.as_ref().clone()),
            ("signal", signal.map_or(JsValue::UNDEFINED, JsValue::from)),
        ]);
        let then = move |ended: Option<JsValue>| {
            drop(progress);
            report(Event::Connection(ConnectionEvent::RequestEnded {
                request: id,
                outcome: ended.map_or(Outcome::NotSent, |ended| outcome(&ended)),
            }));
        };
        self.modules.call(MODULE, "upload", &[request.into()], Box::new(then));
    }

    fn name(&self, echo: &EchoId) -> String {
        [&*self.prefix, echo].concat()
    }
}

/// The address by which the page itself shows a file, for pictures, sounds and films.
fn local(file: &File) -> Option<LocalFile> {
    let kind = AttachmentKind::from_media_type(&file.type_())?;
    Some(LocalFile { kind, url: Url::create_object_url_with_blob(file).ok()? })
}

/// How an upload ended, as the module says it.
fn outcome(ended: &JsValue) -> Outcome {
    match ended.as_string().as_deref() {
        Some("gone") => Outcome::FilesMissing,
        Some("never") => Outcome::NotSent,
        Some(_) => Outcome::Unknown,
        None => answered(ended),
    }
}

fn answered(answer: &JsValue) -> Outcome {
    let get = |name: &str| Reflect::get(answer, &name.into()).unwrap_or_default();
    let status = get("status").as_f64().unwrap_or_default() as u16;
    Outcome::answered(status, get("body").as_string().unwrap_or_default(), get("retryAfter").as_string().as_deref())
}
