//! Width and height of a picture, read from its first bytes.

use std::io::Read;
use std::path::Path;

/// PNG, GIF, JPEG and WebP; `None` for anything else.
pub fn of_file(path: &Path) -> Option<(u32, u32)> {
    let mut head = Vec::new();
    std::fs::File::open(path).ok()?.take(HEAD_BYTES).read_to_end(&mut head).ok()?;
    of_bytes(&head)
}

/// A JPEG's size may stand behind a preview picture of 64 KiB and a colour profile.
const HEAD_BYTES: u64 = 512 * 1024;

fn of_bytes(head: &[u8]) -> Option<(u32, u32)> {
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some((big_32(head, 16)?, big_32(head, 20)?));
    }
    if head.starts_with(b"GIF8") {
        return Some((little_16(head, 6)?, little_16(head, 8)?));
    }
    if head.starts_with(b"\xff\xd8") {
        return jpeg(head);
    }
    if head.starts_with(b"RIFF") && head.get(8..12)? == b"WEBP" {
        return webp(head);
    }
    None
}

/// Walks the segments to the one that starts the frame.
fn jpeg(head: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let kind = *head.get(at + 1)?;
        let is_frame = matches!(kind, 0xc0..=0xcf) && !matches!(kind, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            return Some((big_16(head, at + 7)?, big_16(head, at + 5)?));
        }
        at += 2 + usize::try_from(big_16(head, at + 2)?).ok()?.max(2);
    }
}

fn webp(head: &[u8]) -> Option<(u32, u32)> {
    match head.get(12..16)? {
        b"VP8 " => Some((little_16(head, 26)? & 0x3fff, little_16(head, 28)? & 0x3fff)),
        b"VP8L" => {
            let bits = little_16(head, 21)? | little_16(head, 23)? << 16;
            Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
        }
        b"VP8X" => {
            let side = |at: usize| Some((little_16(head, at)? | u32::from(*head.get(at + 2)?) << 16) + 1);
            Some((side(24)?, side(27)?))
        }
        _ => None,
    }
}

fn big_32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(big_16(bytes, at)? << 16 | big_16(bytes, at + 2)?)
}

fn big_16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(*bytes.get(at)?) << 8 | u32::from(*bytes.get(at + 1)?))
}

fn little_16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(*bytes.get(at + 1)?) << 8 | u32::from(*bytes.get(at)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_measured() {
        let png = [b"\x89PNG\r\n\x1a\n".as_slice(), b"\0\0\0\rIHDR", &[0, 0, 1, 2, 0, 0, 0, 3]].concat();
        assert_eq!(of_bytes(&png), Some((258, 3)));
        assert_eq!(of_bytes(b"GIF89a\x05\x00\x07\x00"), Some((5, 7)));
        let jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x09\x00\x0b";
        assert_eq!(of_bytes(jpeg), Some((11, 9)));
        let webp = [b"RIFF\0\0\0\0WEBPVP8X".as_slice(), &[10, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 19, 0, 0]].concat();
        assert_eq!(of_bytes(&webp), Some((10, 20)));
    }

    #[test]
    fn what_is_cut_short_has_no_size() {
        for head in [b"\x89PNG\r\n\x1a\n".as_slice(), b"\xff\xd8", b"\xff\xd8\xff\xe0\x00\x00", b"hello", b""] {
            assert_eq!(of_bytes(head), None);
        }
    }
}
