//! Reading and writing files, with errors that name the file in a sentence.

use std::fs;
use std::path::{Path, PathBuf};

pub fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{} can't be read: {error}.", path.display()))
}

pub fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{} can't be read: {error}.", path.display()))
}

pub fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), String> {
    fs::write(path, content).map_err(|error| format!("{} can't be written: {error}.", path.display()))
}

/// Creates a folder and those above it that are missing.
pub fn create_dir(path: &Path) -> Result<(), String> {
    fs::create_dir_all(path).map_err(|error| format!("{} can't be made: {error}.", path.display()))
}

pub fn remove_file(path: &Path) -> Result<(), String> {
    fs::remove_file(path).map_err(|error| format!("{} can't be removed: {error}.", path.display()))
}

/// A file, or every file in a folder and in the folders below it.
pub fn files_below(path: &Path) -> Result<Vec<PathBuf>, String> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |error| format!("{} can't be read: {error}.", path.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        files.extend(files_below(&entry.map_err(unreadable)?.path())?);
    }
    Ok(files)
}

/// A file's path below `folder`, with slashes on every system: its path in the bundle.
pub fn relative_name(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

pub fn is_javascript(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "js")
}
