//! Bodies of type multipart/form-data for tests, byte by byte: HTTP libraries add or mend what a test leaves out.
#![allow(dead_code, reason = "each test binary uses the part it needs")]

use reqwest::RequestBuilder;

/// The type of every body made here.
pub const CONTENT_TYPE: &str = "multipart/form-data; boundary=between-parts";

/// A body in the making.
#[derive(Default)]
pub struct Multipart {
    body: Vec<u8>,
}

impl Multipart {
    /// A body of these files (name, type, content), as both APIs take a message's attachments.
    pub fn attachments(files: &[(&str, &str, &[u8])]) -> Self {
        files.iter().fold(Self::default(), |parts, (file_name, content_type, bytes)| {
            parts.file("attachments[]", file_name, Some(content_type), bytes)
        })
    }

    /// Adds a field without a file.
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.head(&format!("name=\"{name}\""), None);
        self.end(value.as_bytes())
    }

    /// Adds a file; without a content type the server goes by the file's name.
    pub fn file(mut self, name: &str, file_name: &str, content_type: Option<&str>, bytes: &[u8]) -> Self {
        self.head(&format!("name=\"{name}\"; filename=\"{file_name}\""), content_type);
        self.end(bytes)
    }

    /// Closes the body.
    pub fn into_body(mut self) -> Vec<u8> {
        self.body.extend(b"--between-parts--\r\n");
        self.body
    }

    /// The request with this body and its type.
    pub fn on(self, request: RequestBuilder) -> RequestBuilder {
        request.header("Content-Type", CONTENT_TYPE).body(self.into_body())
    }

    fn head(&mut self, disposition: &str, content_type: Option<&str>) {
        let content_type = content_type.map(|kind| format!("Content-Type: {kind}\r\n")).unwrap_or_default();
        let head = format!("--between-parts\r\nContent-Disposition: form-data; {disposition}\r\n{content_type}\r\n");
        self.body.extend(head.into_bytes());
    }

    fn end(mut self, bytes: &[u8]) -> Self {
        self.body.extend(bytes);
        self.body.extend(b"\r\n");
        self
    }
}
