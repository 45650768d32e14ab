//! Percent-encoding, both ways.

/// As it stands in a path: letters, digits and a few marks stay.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~()!*'".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// A form's or query's word: `+` is a space. `None`: not UTF-8.
pub fn decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = bytes.get(at + 1..at + 3).filter(|_| byte == b'%');
        match pair.and_then(|pair| hex::decode(pair).ok()) {
            Some(value) => {
                decoded.extend(value);
                at += 3;
            }
            None => {
                decoded.push(if byte == b'+' { b' ' } else { byte });
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_survives_the_way_through_an_address() {
        let name = "naïve résumé (1).png";
        assert_eq!(encode(name), "na%C3%AFve%20r%C3%A9sum%C3%A9%20(1).png");
        assert_eq!(decode(&encode(name)).as_deref(), Some(name));
    }

    #[test]
    fn broken_escapes_stay_as_they_are() {
        assert_eq!(decode("100%+%zz").as_deref(), Some("100% %zz"));
        assert_eq!(decode("%ff"), None);
    }
}
