//! Reading and writing files, with errors that name the file in a sentence.

use std::fs;
use std::path::{Path, PathBuf};

/// A file's bytes.
///
/// # Errors
/// As all of these functions: a sentence that names the file.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{} can't be read: {error}.", path.display()))
}

/// A file's text.
///
/// # Errors
/// Also when it is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{} can't be read: {error}.", path.display()))
}

/// Writes a file, in place of one that is there.
///
/// # Errors
/// When it can't be written.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), String> {
    fs::write(path, content).map_err(|error| format!("{} can't be written: {error}.", path.display()))
}

/// Creates a folder and those above it that are missing.
///
/// # Errors
/// When it can't be made.
pub fn create_dir(path: &Path) -> Result<(), String> {
    fs::create_dir_all(path).map_err(|error| format!("{} can't be made: {error}.", path.display()))
}

/// Removes a file.
///
/// # Errors
/// When it is not there, or can't be removed.
pub fn remove_file(path: &Path) -> Result<(), String> {
    fs::remove_file(path).map_err(|error| format!("{} can't be removed: {error}.", path.display()))
}

/// A file, or every file in a folder and in the folders below it.
///
/// # Errors
/// When a folder can't be read.
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
#[must_use]
pub fn relative_name(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// Whether a file is a script.
#[must_use]
pub fn is_javascript(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "js")
}
