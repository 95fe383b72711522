//! Reads JSON strings.

use std::borrow::Cow;

use crate::scan;

/// Why a string was not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It has no end, a wrong escape, half a character, or bytes that are not UTF-8.
    Malformed,
    /// There is no memory for it.
    NoMemory,
}

/// Reads the string whose opening quote stands before `text`. Returns it, and its length
/// with the closing quote.
pub(super) fn read(text: &[u8]) -> Result<(Cow<'_, str>, usize), Unread> {
    let (plain, rest) = split_at_special(text)?;
    if rest.starts_with(b"\"") {
        let plain = str::from_utf8(plain).map_err(|_| Unread::Malformed)?;
        return Ok((Cow::Borrowed(plain), plain.len() + 1));
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
                let out = String::from_utf8(out).map_err(|_| Unread::Malformed)?;
                return Ok((Cow::Owned(out), text.len() - rest.len()));
            }
            [b'\\', escape @ ..] => {
                let (ch, rest) = unescape(escape).ok_or(Unread::Malformed)?;
                out.extend_from_slice(ch.encode_utf8(&mut [0; 4]).as_bytes());
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

/// Reads the escape whose backslash stands before `text`. Returns its character, and what
/// follows it. `None` if it is not a JSON escape, or half a character.
pub(crate) fn unescape(text: &[u8]) -> Option<(char, &[u8])> {
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
    Some((ch, rest))
}

/// Reads the character of a `\u` escape: four hex digits, or a surrogate pair of two
/// escapes.
fn code_point(text: &[u8]) -> Option<(char, &[u8])> {
    let (first, rest) = code_unit(text)?;
    if !matches!(first, 0xd800..=0xdbff) {
        return Some((char::from_u32(first)?, rest));
    }
    let (second, rest) = code_unit(rest.strip_prefix(b"\\u")?)?;
    let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    Some((char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + low)?, rest))
}

/// Reads four hex digits.
fn code_unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<4>()?;
    let unit = digits
        .iter()
        .try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))?;
    Some((unit, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Unread, make_room, read};

    #[test]
    fn escapes_are_read_and_what_is_no_text_is_refused() {
        let table: [(&str, Option<&str>); 13] = [
            ("", None),
            ("\"", Some("")),
            (r#"plain"rest"#, Some("plain")),
            (r#"\"\\\/\b\f\n\r\t" "#, Some("\"\\/\u{8}\u{c}\n\r\t")),
            (r#"a\u00e9\u4F60z""#, Some("aé你z")),
            (r#"\ud83d\uDE00""#, Some("😀")),
            (r#"\ud83d""#, None),
            (r#"\ud83d\u0041""#, None),
            (r#"\ude00""#, None),
            (r#"\u00g0""#, None),
            (r#"\x""#, None),
            (r#"not closed \""#, None),
            ("a\nb\"", None),
        ];
        for (text, expected) in table {
            let found = read(text.as_bytes());
            let found = found.as_ref().map(|(text, _)| text.as_ref());
            assert_eq!(found, expected.ok_or(&Unread::Malformed), "{text}");
        }
        assert_eq!(read(b"\xff\""), Err(Unread::Malformed));
        assert_eq!(read(b"\\n\xff\""), Err(Unread::Malformed));
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

    proptest! {
        #[test]
        fn every_string_comes_back(text in any::<String>(), rest in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let inner = json.strip_prefix('"').unwrap();
            let all = format!("{inner}{rest}");
            let (found, length) = read(all.as_bytes()).unwrap();
            prop_assert_eq!(found.as_ref(), text);
            prop_assert_eq!(length, inner.len());
        }
    }
}
