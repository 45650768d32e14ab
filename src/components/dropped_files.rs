//! Files that are dropped on the panel, and lists of files as the browser has them.

use js_sys::Array;
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, File, FileList};

use crate::chat::{Chat, Listener, listener};

/// Handles `dragover` and `drop`: without that, the browser would open the file in place of the page.
pub fn drop_files(chat: Chat) -> Listener<DragEvent> {
    listener(move |event| {
        event.prevent_default();
        if event.type_() == "drop" {
            let dropped = event.unchecked_ref::<DragEvent>().data_transfer();
            chat.host().pick_files(files_of(dropped.and_then(|dropped| dropped.files())));
        }
    })
}

/// The files of a list.
pub fn files_of(list: Option<FileList>) -> Vec<File> {
    let files = list.map(|list| Array::from(&list)).unwrap_or_default();
    files.iter().map(JsCast::unchecked_into).collect()
}
