//! Reads JSON strings.

use std::borrow::Cow;

use crate::scan;

/// What stands in a text in place of half a character, or of bytes that are not UTF-8.
pub const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// How odd a text may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// It is JSON, and each known field holds what it must. Half a character is replaced.
    Strict,
    /// What is needed is read. What is not may hold anything, and so may a field that is
    /// known: then it is passed over. Of a field that is given twice the last counts.
    Loose,
}

/// Why a string was not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It has no end, a wrong escape, or bytes that are not UTF-8.
    Malformed,
    /// There is no memory for it.
    NoMemory,
}

/// A string that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<'a> {
    /// It, with [`REPLACEMENT`] for each half of a character that stands alone.
    pub(super) text: Cow<'a, str>,
    /// How many bytes it took, with the closing quote.
    pub(super) length: usize,
    /// Whether there was such a half.
    pub(super) has_half: bool,
}

/// Reads the string whose opening quote stands before `text`. With [`Care::Loose`], bytes
/// that are not UTF-8 are replaced too.
pub(super) fn read(text: &[u8], care: Care) -> Result<Found<'_>, Unread> {
    let mut has_half = false;
    let (plain, rest) = split_at_special(text)?;
    if rest.starts_with(b"\"") {
        let text = match str::from_utf8(plain) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) if care == Care::Loose => String::from_utf8_lossy(plain),
            Err(_) => return Err(Unread::Malformed),
        };
        return Ok(Found { text, length: plain.len() + 1, has_half });
    }
    let mut out = Vec::new();
    reserve(&mut out, plain.len() + 16)?;
    let mut rest = text;
    loop {
        let (plain, more) = split_at_special(rest)?;
        make_room(&mut out, plain.len() + 4, rest)?;
        out.extend_from_slice(plain);
        rest = match more {
            [b'"', rest @ ..] => {
                let out = match String::from_utf8(out) {
                    Ok(out) => out,
                    Err(error) if care == Care::Loose => {
                        String::from_utf8_lossy(error.as_bytes()).into_owned()
                    }
                    Err(_) => return Err(Unread::Malformed),
                };
                let length = text.len() - rest.len();
                return Ok(Found { text: Cow::Owned(out), length, has_half });
            }
            [b'\\', escape @ ..] => {
                let (escaped, rest) = unescape(escape).ok_or(Unread::Malformed)?;
                has_half |= matches!(escaped, Escaped::Half(_));
                out.extend_from_slice(escaped.char().encode_utf8(&mut [0; 4]).as_bytes());
                rest
            }
            _ => return Err(Unread::Malformed),
        };
    }
}

/// `text` up to its first quote, backslash or control character, and from there on.
fn split_at_special(text: &[u8]) -> Result<(&[u8], &[u8]), Unread> {
    let split = scan::special(text).and_then(|at| text.split_at_checked(at));
    split.ok_or(Unread::Malformed)
}

/// Makes room for `more` bytes of a string of which `rest` is left. If the string is long,
/// makes room for all of it: growing step by step would copy it several times.
fn make_room(out: &mut Vec<u8>, more: usize, rest: &[u8]) -> Result<(), Unread> {
    const LONG: usize = 64 << 10;
    if out.capacity() - out.len() >= more {
        return Ok(());
    }
    if out.len() < LONG {
        return out.try_reserve(more).map_err(|_| Unread::NoMemory);
    }
    let mut end = 0;
    loop {
        let (plain, special) = split_at_special(rest.get(end..).unwrap_or_default())?;
        end += plain.len();
        if special.starts_with(b"\"") {
            return reserve(out, end + 4);
        }
        end += 2;
    }
}

fn reserve(out: &mut Vec<u8>, more: usize) -> Result<(), Unread> {
    out.try_reserve_exact(more).map_err(|_| Unread::NoMemory)
}

/// What an escape stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escaped {
    /// A character.
    Char(char),
    /// Half of one, a surrogate of UTF-16, without its other half beside it.
    Half(u16),
}

impl Escaped {
    /// It as a character.
    fn char(self) -> char {
        match self {
            Self::Char(ch) => ch,
            Self::Half(_) => REPLACEMENT,
        }
    }
}

/// Reads the escape whose backslash stands before `text`. Returns what it stands for, and
/// what follows it. `None` if it is not a JSON escape.
#[must_use]
pub fn unescape(text: &[u8]) -> Option<(Escaped, &[u8])> {
    let (escape, rest) = text.split_first()?;
    let ch = match escape {
        b'"' | b'\\' | b'/' => char::from(*escape),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return code_point(rest),
        _ => return None,
    };
    Some((Escaped::Char(ch), rest))
}

/// Reads the character of a `\u` escape: four hex digits, or a surrogate pair of two
/// escapes.
fn code_point(text: &[u8]) -> Option<(Escaped, &[u8])> {
    let (first, rest) = code_unit(text)?;
    if let Some(ch) = char::from_u32(first.into()) {
        return Some((Escaped::Char(ch), rest));
    }
    let second = rest.strip_prefix(b"\\u").and_then(code_unit);
    let whole = second.and_then(|(second, rest)| Some((joined(first, second)?, rest)));
    Some(whole.map_or((Escaped::Half(first), rest), |(ch, rest)| (Escaped::Char(ch), rest)))
}

/// The character of two halves; `None` if they are no surrogate pair.
#[must_use]
pub fn joined(high: u16, low: u16) -> Option<char> {
    let high = high.checked_sub(0xd800).filter(|high| *high < 0x400)?;
    let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    char::from_u32(0x1_0000 + (u32::from(high) << 10) + u32::from(low))
}

/// Reads four hex digits.
fn code_unit(text: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<4>()?;
    let unit = digits
        .iter()
        .try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))?;
    Some((u16::try_from(unit).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Care, Found, Unread, make_room, read};

    #[test]
    fn escapes_are_read_and_what_is_no_text_is_refused() {
        let table: [(&str, Option<&str>); 14] = [
            ("", None),
            ("\"", Some("")),
            (r#"plain"rest"#, Some("plain")),
            (r#"\"\\\/\b\f\n\r\t" "#, Some("\"\\/\u{8}\u{c}\n\r\t")),
            (r#"a\u00e9\u4F60z""#, Some("aé你z")),
            (r#"\ud83d\uDE00""#, Some("😀")),
            (r#"\ud83d""#, Some("\u{fffd}")),
            (r#"\ud83d\u0041""#, Some("\u{fffd}A")),
            (r#"\ude00\ud83d\ud83d\ude00""#, Some("\u{fffd}\u{fffd}😀")),
            (r#"\ud83d\u004""#, None),
            (r#"\u00g0""#, None),
            (r#"\x""#, None),
            (r#"not closed \""#, None),
            ("a\nb\"", None),
        ];
        for (text, expected) in table {
            let found = read(text.as_bytes(), Care::Strict);
            let found = found.as_ref().map(|found| found.text.as_ref());
            assert_eq!(found, expected.ok_or(&Unread::Malformed), "{text}");
        }
        for (bytes, loosely) in [(b"\xff\"".as_slice(), "\u{fffd}"), (b"\\n\xff\"", "\n\u{fffd}")] {
            assert_eq!(read(bytes, Care::Strict), Err(Unread::Malformed));
            let found = Found { text: loosely.into(), length: bytes.len(), has_half: false };
            assert_eq!(read(bytes, Care::Loose), Ok(found));
        }
    }

    #[test]
    fn no_memory_and_no_end_are_told_apart() {
        let mut short = Vec::new();
        assert_eq!(make_room(&mut short, usize::MAX, b"\""), Err(Unread::NoMemory));
        let mut long = vec![b'a'; 1 << 20];
        let more = long.capacity();
        assert_eq!(make_room(&mut long, more, b"not closed"), Err(Unread::Malformed));
        assert_eq!(make_room(&mut long, more, b"not closed \\\""), Err(Unread::Malformed));
        assert_eq!(make_room(&mut long, more, b"closed \\\"\""), Ok(()));
    }

    /// Units of UTF-16, many of them halves.
    fn units() -> impl Strategy<Value = Vec<u16>> {
        prop::collection::vec(prop_oneof![any::<u16>(), 0xd800..0xe000_u16], 0..9)
    }

    proptest! {
        #[test]
        fn any_units_of_utf_16_are_read_as_rust_reads_them(units in units()) {
            let json = units.iter().fold(String::new(), |json, unit| json + &format!("\\u{unit:04x}"));
            let text = String::from_utf16_lossy(&units);
            let has_half = String::from_utf16(&units).is_err();
            let length = json.len() + 1;
            let json = json + "\"";
            let found = read(json.as_bytes(), Care::Strict);
            prop_assert_eq!(found, Ok(Found { text: text.into(), length, has_half }));
        }

        #[test]
        fn every_string_comes_back(text in any::<String>(), rest in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let inner = json.strip_prefix('"').unwrap();
            let all = format!("{inner}{rest}");
            let found = read(all.as_bytes(), Care::Strict).unwrap();
            prop_assert_eq!((found.length, found.has_half), (inner.len(), false));
            prop_assert_eq!(found.text, text);
        }
    }
}
