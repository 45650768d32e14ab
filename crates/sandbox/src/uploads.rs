//! Files on their way in: streamed into the files folder under a drawn name, gone again if their message is refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::AsyncWriteExt;

use crate::refusal::Refusal;
use crate::tokens;

/// Where attached files lie.
#[derive(Debug)]
pub struct FilesFolder {
    path: PathBuf,
}

impl FilesFolder {
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    pub fn path_of(&self, stored_as: &str) -> PathBuf {
        self.path.join(stored_as)
    }

    pub fn remove(&self, stored_as: &str) {
        if let Err(error) = std::fs::remove_file(self.path_of(stored_as)) {
            tracing::warn!(%error, "an attached file can't be removed");
        }
    }
}

/// A file that has arrived. Dropped without `keep`, it is removed.
#[derive(Debug)]
pub struct Upload {
    pub file_name: String,
    pub content_type: String,
    pub file_size: i64,
    pub stored_as: String,
    pub size_in_pixels: Option<(u32, u32)>,
    on_disk: OnDisk,
}

impl Upload {
    pub fn keep(mut self) {
        self.on_disk.is_wanted = true;
    }

    pub fn file_type(&self) -> &'static str {
        match self.content_type.split('/').next() {
            Some("image") => "image",
            Some("audio") => "audio",
            Some("video") => "video",
            _ => "file",
        }
    }
}

/// A file that is arriving.
pub struct Receiving {
    upload: Upload,
    file: tokio::fs::File,
}

impl Receiving {
    pub async fn start(folder: Arc<FilesFolder>, file_name: &str, content_type: Option<&str>) -> Result<Self, Refusal> {
        let stored_as = tokens::random(STORED_NAME_LENGTH).to_lowercase();
        let fault = |error| Refusal::fault(format!("an attached file can't be stored: {error}"));
        tokio::fs::create_dir_all(&folder.path).await.map_err(fault)?;
        let file = tokio::fs::File::create_new(folder.path_of(&stored_as)).await.map_err(fault)?;
        let file_name = tidy(file_name);
        let content_type = content_type.map_or_else(|| guess_type(&file_name), str::to_ascii_lowercase);
        let on_disk = OnDisk { folder, stored_as: stored_as.clone(), is_wanted: false };
        let upload = Upload { file_name, content_type, file_size: 0, stored_as, size_in_pixels: None, on_disk };
        Ok(Self { upload, file })
    }

    pub async fn take(&mut self, chunk: &[u8]) -> Result<(), Refusal> {
        self.upload.file_size += i64::try_from(chunk.len()).unwrap_or(i64::MAX);
        self.file
            .write_all(chunk)
            .await
            .map_err(|error| Refusal::fault(format!("an attached file can't be stored: {error}")))
    }

    /// On disk for good, as its message will be.
    pub async fn finish(mut self) -> Result<Upload, Refusal> {
        self.file
            .sync_all()
            .await
            .map_err(|error| Refusal::fault(format!("an attached file can't be stored: {error}")))?;
        if self.upload.file_type() == "image" {
            let path = self.upload.on_disk.folder.path_of(&self.upload.stored_as);
            self.upload.size_in_pixels = tokio::task::spawn_blocking(move || image_size(&path)).await.ok().flatten();
        }
        Ok(self.upload)
    }
}

/// Width and height of a picture in pixels, read from its first bytes; `None` for what is none.
fn image_size(path: &Path) -> Option<(u32, u32)> {
    let size = imagesize::size(path).ok()?;
    Some((size.width.try_into().ok()?, size.height.try_into().ok()?))
}

/// What a file is, by the end of its name.
fn guess_type(file_name: &str) -> String {
    mime_guess::from_path(file_name).first_or_octet_stream().essence_str().to_owned()
}

const STORED_NAME_LENGTH: usize = 28;
/// What file systems and headers take.
const FILE_NAME_CHARS_MAX: usize = 200;

fn tidy(file_name: &str) -> String {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|letter| !letter.is_control()).take(FILE_NAME_CHARS_MAX).collect();
    if name.is_empty() { "file".into() } else { name }
}

#[derive(Debug)]
struct OnDisk {
    folder: Arc<FilesFolder>,
    stored_as: String,
    is_wanted: bool,
}

impl Drop for OnDisk {
    fn drop(&mut self) {
        if !self.is_wanted {
            self.folder.remove(&self.stored_as);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_nobody_keeps_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let files = Arc::new(FilesFolder::at(folder.path().join("files")));
        let receive = async || {
            let mut receiving = Receiving::start(files.clone(), "../../etc/a.txt", None).await.unwrap();
            receiving.take(b"hello").await.unwrap();
            receiving.finish().await.unwrap()
        };
        let kept = receive().await;
        assert_eq!((kept.file_name.as_str(), kept.content_type.as_str(), kept.file_size), ("a.txt", "text/plain", 5));
        let path = files.path_of(&kept.stored_as);
        kept.keep();
        assert_eq!(std::fs::read(path).unwrap(), b"hello");
        let dropped = receive().await;
        let path = files.path_of(&dropped.stored_as);
        drop(dropped);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn uploaded_pictures_have_a_size_and_files_without_a_type_are_known_by_their_name() {
        let folder = tempfile::tempdir().unwrap();
        let files = Arc::new(FilesFolder::at(folder.path().join("files")));
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
            let mut receiving = Receiving::start(files.clone(), name, None).await.unwrap();
            receiving.take(bytes).await.unwrap();
            let upload = receiving.finish().await.unwrap();
            assert_eq!((upload.content_type.as_str(), upload.size_in_pixels), (content_type, size), "{name}");
        }
    }
}
