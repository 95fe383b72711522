//! Base64 (RFC 4648), as requests hold it.

use std::borrow::Cow;

use crate::scan;

/// `text` as every decoder takes it: in the standard alphabet, padded, without line breaks and with
/// no bits left over. It may be in the URL's alphabet, in lines, and without its padding; then it is
/// rewritten in a copy, or in place if it is one. `None` if it is empty, or not base64.
#[must_use]
pub fn normal(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let plain = text.trim_end_matches('=').as_bytes();
    let padding = text.len() - plain.len();
    let is_whole = text.len().is_multiple_of(4) && padding <= 2 && !plain.is_empty();
    let has_rest = plain.last().is_some_and(|last| *last != without_rest(plain.len(), *last));
    if is_whole && !has_rest && scan::is_base64(plain) { Some(text) } else { rewritten(text) }
}

#[cold]
fn rewritten(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let mut bytes = text.into_owned().into_bytes();
    bytes.truncate(bytes.trim_ascii_end().len());
    let padded = bytes.len();
    while bytes.pop_if(|byte| *byte == b'=').is_some() {}
    let padding = padded - bytes.len();
    bytes.retain(|byte| !matches!(byte, b'\r' | b'\n'));
    for byte in &mut bytes {
        *byte = match *byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        };
    }
    // Four letters are three bytes, so one letter alone is none.
    if padding > 2 || bytes.is_empty() || bytes.len() % 4 == 1 || !scan::is_base64(&bytes) {
        return None;
    }
    let length = bytes.len();
    if let Some(last) = bytes.last_mut() {
        *last = without_rest(length, *last);
    }
    bytes.resize(length.next_multiple_of(4), b'=');
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// The last of `length` letters, without the bits that belong to no byte.
fn without_rest(length: usize, last: u8) -> u8 {
    let mask = match length % 4 {
        2 => 0x30,
        3 => 0x3c,
        _ => return last,
    };
    let value = value(last) & mask;
    LETTERS.get(usize::from(value)).copied().unwrap_or(last)
}

/// The bytes of `text`, which is [`normal`]. It is decoded in place, or in a copy if it is borrowed.
#[must_use]
pub fn decode(text: Cow<'_, str>) -> Vec<u8> {
    let padding = text.len() - text.trim_end_matches('=').len();
    let mut bytes = text.into_owned().into_bytes();
    let quads = bytes.len() / 4;
    for quad in 0..quads {
        let Some(&[a, b, c, d]) = bytes.get(quad * 4..).and_then(<[u8]>::first_chunk) else {
            break;
        };
        let bits = [a, b, c, d].iter().fold(0, |bits, byte| bits << 6 | u32::from(value(*byte)));
        let [_, three @ ..] = bits.to_be_bytes();
        if let Some(place) = bytes.get_mut(quad * 3..quad * 3 + 3) {
            place.copy_from_slice(&three);
        }
    }
    bytes.truncate((quads * 3).saturating_sub(padding));
    bytes
}

/// The first bytes of `text`, which is [`normal`]: `most` of them, or one or two more.
#[must_use]
pub fn head(text: &str, most: usize) -> Vec<u8> {
    let letters = most.div_ceil(3) * 4;
    decode(Cow::Borrowed(text.get(..letters).unwrap_or(text)))
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The six bits of a letter; 0 for padding.
fn value(letter: u8) -> u8 {
    match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LETTERS, decode, head, normal};

    fn normal_of(text: &str) -> Option<String> {
        normal(text.into()).map(std::borrow::Cow::into_owned)
    }

    /// By the bit, to compare with.
    fn encode(bytes: &[u8]) -> String {
        let bits: Vec<u8> =
            bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
        let letter = |six: &[u8]| {
            let value = (0..6).fold(0, |value, bit| value << 1 | six.get(bit).unwrap_or(&0));
            char::from(LETTERS[usize::from(value)])
        };
        let mut text: String = bits.chunks(6).map(letter).collect();
        while !text.len().is_multiple_of(4) {
            text.push('=');
        }
        text
    }

    #[test]
    fn what_differs_from_the_standard_is_rewritten() {
        let table = [
            ("AA==", "AA=="),
            ("AA", "AA=="),
            ("AAA", "AAA="),
            ("AAAA\r\nAAAA\n", "AAAAAAAA"),
            ("AAAA\nAA==\n", "AAAAAA=="),
            ("AA=", "AA=="),
            ("-_+/", "+/+/"),
            // Bits that belong to no byte.
            ("AB==", "AA=="),
            ("AAB", "AAA="),
            ("////", "////"),
        ];
        for (given, expected) in table {
            assert_eq!(normal_of(given).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn what_is_no_base64_is_told() {
        let long = "A".repeat(10_000);
        let broken = [
            format!("!{long}"),
            format!("{long}!"),
            format!("{long}A"),
            format!("{long}!{long}===="),
            format!("{long}.{long}"),
            format!("{long}A=AA{long}"),
        ];
        let short = ["", "=", "\n", "A", "A=AA", "AA===", "A A", "é", "AAAA\u{0}AAA", "\r\n=="];
        for data in broken.iter().map(String::as_str).chain(short) {
            assert_eq!(normal_of(data), None, "{data}");
        }
    }

    proptest! {
        #[test]
        fn bytes_come_back(
            bytes in prop::collection::vec(any::<u8>(), 1..200),
            most in 1..60_usize,
            every in 1..80_usize,
        ) {
            let text = encode(&bytes);
            prop_assert_eq!(normal_of(&text), Some(text.clone()));
            prop_assert_eq!(&decode(text.as_str().into()), &bytes);
            let first = head(&text, most);
            prop_assert!(bytes.starts_with(&first) && first.len() >= most.min(bytes.len()));
            let odd: String = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
            let lines: Vec<&str> = odd.as_bytes().chunks(every)
                .map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
            let wrapped = lines.join("\r\n");
            prop_assert_eq!(normal_of(&wrapped), Some(text));
        }

        #[test]
        fn any_text_is_base64_or_is_not(text in "[A-Za-z0-9+/=_ \r\n!é-]{0,40}") {
            if let Some(normal) = normal_of(&text) {
                prop_assert_eq!(normal_of(&normal), Some(normal.clone()));
                prop_assert_eq!(encode(&decode(normal.as_str().into())), normal);
            }
        }
    }
}
