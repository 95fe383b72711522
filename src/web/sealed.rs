//! The text of a result as a client keeps it and sends it back: opaque to it, and readable here.
//! Nothing is secret in it, and what is made up does no harm: it is a text of the conversation like
//! any other.

/// What begins a text that was sealed here: which way it was.
const VERSION: &str = "d1";

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// `text` in base64url (RFC 4648, section 5), after the version.
#[must_use]
pub fn seal(text: &str) -> String {
    let mut sealed = String::with_capacity(VERSION.len() + text.len() / 3 * 4 + 4);
    sealed.push_str(VERSION);
    for bytes in text.as_bytes().chunks(3) {
        let mut bits = 0_u32;
        for place in 0..3 {
            bits = bits << 8 | u32::from(bytes.get(place).copied().unwrap_or_default());
        }
        for letter in 0..=bytes.len() {
            let six = (bits >> (18 - 6 * letter)) & 63;
            sealed.push(char::from(LETTERS.get(six as usize).copied().unwrap_or_default()));
        }
    }
    sealed
}

/// The text in `sealed`; `None` if it was not sealed here.
#[must_use]
pub fn unseal(sealed: &str) -> Option<String> {
    String::from_utf8(decoded(sealed.strip_prefix(VERSION)?)?).ok()
}

/// The bytes that `text` says in base64url (RFC 4648, section 5), with padding or without.
#[must_use]
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            let [.., byte] = (bits >> count).to_be_bytes();
            bytes.push(byte);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{seal, unseal};

    proptest! {
        #[test]
        fn what_was_sealed_comes_back(text in "\\PC{0,50}|[ -~\\n]{0,50}") {
            prop_assert_eq!(unseal(&seal(&text)), Some(text));
        }

        #[test]
        fn what_was_not_is_none_or_a_text(text in "[ -~]{0,50}|d1[A-Za-z0-9_-]{0,50}") {
            let _ = unseal(&text);
        }
    }
}
