//! The strings of a JSON text.

use std::borrow::Cow;

use crate::scan;

/// The string whose opening quote stands before `text`, and how long it is with its
/// closing quote. `None` if it is not closed, or no Unicode text.
pub(super) fn read(text: &[u8]) -> Option<(Cow<'_, str>, usize)> {
    let length = scan::special(text)?;
    if text.get(length) == Some(&b'"') {
        let plain = str::from_utf8(text.get(..length)?).ok()?;
        return Some((Cow::Borrowed(plain), length + 1));
    }
    let mut out = Vec::with_capacity(length + 16);
    let mut rest = text;
    loop {
        let (plain, more) = rest.split_at_checked(scan::special(rest)?)?;
        make_room(&mut out, plain.len() + 4, rest)?;
        out.extend_from_slice(plain);
        rest = match more {
            [b'"', rest @ ..] => {
                let out = String::from_utf8(out).ok()?;
                return Some((Cow::Owned(out), text.len() - rest.len()));
            }
            [b'\\', b'u', rest @ ..] => {
                let (ch, rest) = unicode_escape(rest)?;
                out.extend_from_slice(ch.encode_utf8(&mut [0; 4]).as_bytes());
                rest
            }
            [b'\\', escape, rest @ ..] => {
                out.push(match escape {
                    b'"' | b'\\' | b'/' => *escape,
                    b'b' => 0x08,
                    b'f' => 0x0c,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    _ => return None,
                });
                rest
            }
            _ => return None,
        };
    }
}

/// Makes room for `more` bytes of a string of which `rest` is left. Where that is long,
/// for all of it at once: it would be copied several times. `None` if there is none, or
/// if the string has no end.
fn make_room(out: &mut Vec<u8>, more: usize, rest: &[u8]) -> Option<()> {
    const LONG: usize = 64 << 10;
    if out.capacity() - out.len() >= more {
        return Some(());
    }
    if out.len() < LONG {
        return out.try_reserve(more).ok();
    }
    let mut end = 0;
    loop {
        end += scan::special(rest.get(end..)?)?;
        match rest.get(end)? {
            b'"' => return out.try_reserve_exact(end + 4).ok(),
            _ => end += 2,
        }
    }
}

/// The character that an escape stands for whose `\u` has been read: four digits, or
/// two times four for one beyond U+FFFF.
fn unicode_escape(text: &[u8]) -> Option<(char, &[u8])> {
    let (first, rest) = hex(text)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first)?, rest));
    }
    let (second, rest) = hex(rest.strip_prefix(b"\\u")?)?;
    let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    Some((char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + low)?, rest))
}

fn hex(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<4>()?;
    let digits = digits.iter().map(|&digit| char::from(digit).to_digit(16));
    let number = digits.reduce(|number, digit| Some(number? << 4 | digit?))??;
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::read;

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
            assert_eq!(found.as_ref().map(|(text, _)| text.as_ref()), expected, "{text}");
        }
        assert_eq!(read(b"\xff\""), None);
        assert_eq!(read(b"\\n\xff\""), None);
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
