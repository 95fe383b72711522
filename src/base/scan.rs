//! Searches bytes for special ones, eight at a time.

/// The place of the first line break.
pub(crate) fn line_break(bytes: &[u8]) -> Option<usize> {
    // In JSON hardly any other byte is as small as a line break, so this stops rarely.
    let small = |word: u64| below(word, 0x0e);
    let mut start = 0;
    // And it is far, so two words at once.
    let (pairs, _) = bytes.as_chunks::<8>().0.as_chunks();
    for [one, other] in pairs {
        if (small(u64::from_le_bytes(*one)) | small(u64::from_le_bytes(*other))) & each(0x80) != 0 {
            break;
        }
        start += 16;
    }
    loop {
        let place = start + find(bytes.get(start..)?, small)?;
        if let Some(b'\n' | b'\r') = bytes.get(place) {
            return Some(place);
        }
        start = place + 1;
    }
}

/// The place of the first byte that is not plain in a JSON string: a quote, a backslash, a
/// control character, or not ASCII.
pub(crate) fn not_plain(bytes: &[u8]) -> Option<usize> {
    find(bytes, |word| special_in(word) | word)
}

/// The place of the first quote, backslash or control character.
pub(crate) fn special(bytes: &[u8]) -> Option<usize> {
    find(bytes, special_in)
}

/// The place of the first byte that is not a digit.
pub(crate) fn not_digit(bytes: &[u8]) -> Option<usize> {
    find(bytes, |word| {
        let digits = word ^ each(b'0');
        digits | digits.wrapping_add(each(0x80 - 10))
    })
}

/// Whether all are letters of base64 (RFC 4648, section 4), without its padding.
pub(crate) fn is_base64(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks();
    let is_odd = |word: u64| (not_plain_base64(word) | word) & each(0x80) != 0;
    // A plus is rare.
    let is_plus = |word: u64| {
        let others = (word ^ each(b'+')).wrapping_add(each(0x7f));
        (not_plain_base64(word) & others | word) & each(0x80) == 0
    };
    for word in words {
        let word = u64::from_le_bytes(*word);
        if is_odd(word) && !is_plus(word) {
            return false;
        }
    }
    rest.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// Marks the bytes of an ASCII `word` that are no letters of base64, and each plus.
fn not_plain_base64(word: u64) -> u64 {
    // Adding sets the highest bit of those that are not below `least`. A letter is so for one more
    // of two, and no byte is both a letter and a digit.
    let not_below = |word: u64, least: u8| word.wrapping_add(each(0x80 - least));
    let lower = word | each(b' ');
    let letters = not_below(lower, b'a') ^ not_below(lower, b'z' + 1);
    let digits = not_below(word, b'/') ^ not_below(word, b'9' + 1);
    !(letters ^ digits)
}

/// Marks quotes, backslashes and control characters.
fn special_in(word: u64) -> u64 {
    let equal = |byte: u8| below(word ^ each(byte), 1);
    below(word, b' ') | equal(b'"') | equal(b'\\')
}

/// The place of the first byte that `marks` marks. It takes a word of eight bytes, and sets
/// the highest bit of each byte to mark.
fn find(bytes: &[u8], marks: impl Fn(u64) -> u64) -> Option<usize> {
    let marked = |word: u64| marks(word) & each(0x80);
    let (words, rest) = bytes.as_chunks();
    let mut place = 0;
    for word in words {
        let marked = marked(u64::from_le_bytes(*word));
        if marked != 0 {
            return Some(place + marked.trailing_zeros() as usize / 8);
        }
        place += 8;
    }
    for byte in rest {
        if marked(each(*byte)) != 0 {
            return Some(place);
        }
        place += 1;
    }
    None
}

/// Marks the bytes of `word` that are below `limit`. The byte above such a byte may be
/// marked wrongly. The lowest mark is always right.
fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(each(limit)) & !word
}

/// A word with `byte` eight times.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

#[cfg(test)]
mod tests {
    use super::{is_base64, line_break, not_digit, not_plain, special};

    #[test]
    fn every_byte_is_told_apart_at_every_place() {
        for length in 1..=36 {
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    let mut bytes = vec![b'a'; length];
                    bytes[place] = byte;
                    let found = matches!(byte, b'\n' | b'\r').then_some(place);
                    assert_eq!(line_break(&bytes), found, "{bytes:?}");
                    let found = (!matches!(byte, b' '..=0x7f) || matches!(byte, b'"' | b'\\'))
                        .then_some(place);
                    assert_eq!(not_plain(&bytes), found, "{bytes:?}");
                    let found = matches!(byte, ..b' ' | b'"' | b'\\').then_some(place);
                    assert_eq!(special(&bytes), found, "{bytes:?}");
                    let mut digits = vec![b'0'; length];
                    digits[place] = byte;
                    let found = (!byte.is_ascii_digit()).then_some(place);
                    assert_eq!(not_digit(&digits), found, "{digits:?}");
                }
            }
        }
    }

    #[test]
    fn base64_is_told_at_every_place() {
        for length in 1..=20 {
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    let mut bytes = vec![b'a'; length];
                    bytes[place] = byte;
                    let is_letter = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
                    assert_eq!(is_base64(&bytes), is_letter, "{bytes:?}");
                }
            }
        }
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                let bytes = [b'Z', first, second, b'0', b'+', b'/', b'z', b'9', b'A'];
                let is_letter =
                    |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
                assert_eq!(is_base64(&bytes), bytes.iter().all(is_letter), "{bytes:?}");
            }
        }
    }

    #[test]
    fn the_first_of_several_is_found() {
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                let bytes = [b'a', first, second, b'a', b'a', b'a', b'a', b'a', b'\r', b'"'];
                let naive = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                assert_eq!(line_break(&bytes), naive, "{bytes:?}");
                let ends = |byte: &u8| !matches!(byte, b' '..=0x7f) || matches!(byte, b'"' | b'\\');
                assert_eq!(not_plain(&bytes), bytes.iter().position(ends), "{bytes:?}");
                let ends = |byte: &u8| matches!(byte, ..b' ' | b'"' | b'\\');
                assert_eq!(special(&bytes), bytes.iter().position(ends), "{bytes:?}");
                let digits = [b'9', first, second, b'0', b'5', b'7', b'9', b'0', b'.'];
                let naive = digits.iter().position(|byte| !byte.is_ascii_digit());
                assert_eq!(not_digit(&digits), naive, "{digits:?}");
            }
        }
        assert_eq!((line_break(b""), not_plain(b"")), (None, None));
    }
}
