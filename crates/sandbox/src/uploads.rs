//! Uploaded files: streamed into a folder under random names, and removed again when their message is not stored.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::AsyncWriteExt;

use crate::error::ApiError;
use crate::tokens;

/// The folder of attached files.
#[derive(Debug)]
pub struct FileStorage {
    path: PathBuf,
}

impl FileStorage {
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where the file of this name is; `stored_as` is a name that an upload was given.
    pub fn path_of(&self, stored_as: &str) -> PathBuf {
        self.path.join(stored_as)
    }

    /// Removes a file; a failure is logged only.
    pub fn remove(&self, stored_as: &str) {
        if let Err(error) = std::fs::remove_file(self.path_of(stored_as)) {
            tracing::warn!(%error, "an attached file can't be removed");
        }
    }
}

/// A file received whole. It is removed when this is dropped without `keep`.
#[derive(Debug)]
pub struct Upload {
    /// As the client named it, without folders and control characters.
    pub file_name: String,
    pub content_type: String,
    /// In bytes.
    pub file_size: i64,
    /// Its name in the file storage.
    pub stored_as: String,
    /// Width and height of a picture.
    pub size_in_pixels: Option<(u32, u32)>,
    stored: StoredFile,
}

impl Upload {
    pub fn keep(mut self) {
        self.stored.is_kept = true;
    }

    /// Chatwoot's kinds of attachments.
    pub fn file_type(&self) -> &'static str {
        match self.content_type.split('/').next() {
            Some("image") => "image",
            Some("audio") => "audio",
            Some("video") => "video",
            _ => "file",
        }
    }
}

/// A file being received.
pub struct UploadWriter {
    upload: Upload,
    file: tokio::fs::File,
}

impl UploadWriter {
    pub async fn create(
        storage: Arc<FileStorage>,
        file_name: &str,
        content_type: Option<&str>,
    ) -> Result<Self, ApiError> {
        let stored_as = tokens::random(STORED_NAME_LENGTH).to_lowercase();
        tokio::fs::create_dir_all(&storage.path).await.map_err(not_stored)?;
        let file = tokio::fs::File::create_new(storage.path_of(&stored_as)).await.map_err(not_stored)?;
        let file_name = sanitize(file_name);
        let content_type = content_type.map_or_else(|| guess_type(&file_name), str::to_ascii_lowercase);
        let stored = StoredFile { storage, stored_as: stored_as.clone(), is_kept: false };
        let upload = Upload { file_name, content_type, file_size: 0, stored_as, size_in_pixels: None, stored };
        Ok(Self { upload, file })
    }

    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), ApiError> {
        self.upload.file_size += i64::try_from(chunk.len()).unwrap_or(i64::MAX);
        self.file.write_all(chunk).await.map_err(not_stored)
    }

    /// Flushes the file to disk, as durable as its message will be, and measures a picture.
    pub async fn finish(mut self) -> Result<Upload, ApiError> {
        self.file.sync_all().await.map_err(not_stored)?;
        if self.upload.file_type() == "image" {
            let path = self.upload.stored.storage.path_of(&self.upload.stored_as);
            self.upload.size_in_pixels = tokio::task::spawn_blocking(move || image_size(&path)).await.ok().flatten();
        }
        Ok(self.upload)
    }
}

fn not_stored(error: std::io::Error) -> ApiError {
    ApiError::internal(format!("an attached file can't be stored: {error}"))
}

/// Width and height of a picture in pixels, read from its first bytes; `None` for any other file.
fn image_size(path: &Path) -> Option<(u32, u32)> {
    let size = imagesize::size(path).ok()?;
    Some((size.width.try_into().ok()?, size.height.try_into().ok()?))
}

/// The content type for a name's extension.
fn guess_type(file_name: &str) -> String {
    mime_guess::from_path(file_name).first_or_octet_stream().essence_str().to_owned()
}

const STORED_NAME_LENGTH: usize = 28;
/// Below what file systems and HTTP headers take.
const FILE_NAME_CHARS_MAX: usize = 200;

fn sanitize(file_name: &str) -> String {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|letter| !letter.is_control()).take(FILE_NAME_CHARS_MAX).collect();
    if name.is_empty() { "file".into() } else { name }
}

/// Removes the file when dropped, unless it is kept.
#[derive(Debug)]
struct StoredFile {
    storage: Arc<FileStorage>,
    stored_as: String,
    is_kept: bool,
}

impl Drop for StoredFile {
    fn drop(&mut self) {
        if !self.is_kept {
            self.storage.remove(&self.stored_as);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_upload_that_is_not_kept_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let files = Arc::new(FileStorage::new(folder.path().join("files")));
        let upload = async || {
            let mut writer = UploadWriter::create(files.clone(), "../../etc/a.txt", None).await.unwrap();
            writer.write(b"hello").await.unwrap();
            writer.finish().await.unwrap()
        };
        let kept = upload().await;
        assert_eq!((kept.file_name.as_str(), kept.content_type.as_str(), kept.file_size), ("a.txt", "text/plain", 5));
        let path = files.path_of(&kept.stored_as);
        kept.keep();
        assert_eq!(std::fs::read(path).unwrap(), b"hello");
        let dropped = upload().await;
        let path = files.path_of(&dropped.stored_as);
        drop(dropped);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn uploads_have_the_size_of_pictures_and_a_type_by_their_name() {
        let folder = tempfile::tempdir().unwrap();
        let files = Arc::new(FileStorage::new(folder.path().join("files")));
        let png = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &[0, 0, 1, 2, 0, 0, 0, 3], &[8, 2, 0, 0, 0]].concat();
        let gif = b"GIF89a\x05\x00\x07\x00\0\0\0";
        let jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x09\x00\x0b\x03\x01\x11\0\x02\x11\x01";
        let webp = [b"RIFF\0\0\0\0WEBPVP8X".as_slice(), &[10, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 19, 0, 0]].concat();
        for (name, bytes, content_type, size) in [
            ("a.PNG", png.as_slice(), "image/png", Some((258, 3))),
            ("a.gif", gif, "image/gif", Some((5, 7))),
            ("a.jpg", jpeg, "image/jpeg", Some((11, 9))),
            ("a.webp", &webp, "image/webp", Some((10, 20))),
            ("cut.png", b"\x89PNG\r\n\x1a\n", "image/png", None),
            ("empty.jpg", b"", "image/jpeg", None),
            ("a.webm", b"hello", "video/webm", None),
            ("a.oga", b"hello", "audio/ogg", None),
            ("a.pdf", b"hello", "application/pdf", None),
            ("a", b"hello", "application/octet-stream", None),
        ] {
            let mut writer = UploadWriter::create(files.clone(), name, None).await.unwrap();
            writer.write(bytes).await.unwrap();
            let upload = writer.finish().await.unwrap();
            assert_eq!((upload.content_type.as_str(), upload.size_in_pixels), (content_type, size), "{name}");
        }
    }
}
