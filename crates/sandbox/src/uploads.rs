//! Files on their way in: streamed into the files folder under a drawn name, gone again if their message is refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::AsyncWriteExt;

use crate::picture_size;
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
        let content_type = content_type.map_or_else(|| guess_type(&file_name).to_owned(), str::to_ascii_lowercase);
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
            self.upload.size_in_pixels =
                tokio::task::spawn_blocking(move || picture_size::of_file(&path)).await.ok().flatten();
        }
        Ok(self.upload)
    }
}

/// What a file is, by the end of its name.
pub fn guess_type(file_name: &str) -> &'static str {
    let ending = Path::new(file_name).extension().and_then(|ending| ending.to_str()).unwrap_or("").to_ascii_lowercase();
    match ending.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "mp3" => "audio/mpeg",
        "ogg" | "oga" => "audio/ogg",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        _ => "application/octet-stream",
    }
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
}
