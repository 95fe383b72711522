//! The classes of characters that the pattern of `cl100k_base` distinguishes.
//!
//! They follow the Unicode tables of the reference implementation, as the build script writes
//! them. ASCII and the common ideographs do not need the table.

/// A class of characters. The first four numbers are those of the table.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Class {
    /// Neither letter nor number nor white space: marks, signs, emoji.
    Other = 0,
    /// `\p{L}`.
    Letter = 1,
    /// `\p{N}`.
    Number = 2,
    /// `\s` other than a line break.
    Space = 3,
    /// `[\r\n]`, which `\s` holds too.
    Break = 4,
}

/// For each block of 256 characters, the number of its bits.
static BLOCKS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tokens_class_blocks.bin"));

/// The distinct bits of blocks: two for each character.
static BITS: &[[u8; 64]] =
    include_bytes!(concat!(env!("OUT_DIR"), "/tokens_class_bits.bin")).as_chunks().0;

/// The classes of ASCII.
static ASCII: [Class; 128] = {
    let mut classes = [Class::Other; 128];
    let mut byte = 0_u8;
    while byte < 128 {
        #[expect(
            clippy::indexing_slicing,
            reason = "evaluated by the compiler, which would refuse it"
        )]
        {
            classes[byte as usize] = match byte {
                b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
                b'0'..=b'9' => Class::Number,
                b'\n' | b'\r' => Class::Break,
                b'\t'..=b'\r' | b' ' => Class::Space,
                _ => Class::Other,
            };
        }
        byte += 1;
    }
    classes
};

/// The class of the first character of `text` and its length in bytes, if there
/// is one. `text` is UTF-8 from the start of a character.
#[inline]
pub(super) fn first(text: &[u8]) -> Option<(Class, usize)> {
    let &lead = text.first()?;
    match ASCII.get(usize::from(lead)) {
        Some(&class) => Some((class, 1)),
        None => Some(wide(lead, text)),
    }
}

/// [`first`] for a character of several bytes that starts with `lead`.
#[inline]
fn wide(lead: u8, text: &[u8]) -> (Class, usize) {
    match lead {
        0xe5..=0xe8 => (Class::Letter, 3),
        0xf0.. => (look_up(text, u32::from(lead & 0x07), 4), 4),
        0xe0.. => (look_up(text, u32::from(lead & 0x0f), 3), 3),
        _ => (look_up(text, u32::from(lead & 0x1f), 2), 2),
    }
}

/// The class of a character of `length` bytes; `head` are the bits of its first.
#[inline]
fn look_up(text: &[u8], head: u32, length: usize) -> Class {
    let tail = text.get(1..length).unwrap_or_default();
    let code = tail.iter().fold(head, |code, byte| code << 6 | u32::from(byte & 0x3f));
    let bits = BLOCKS
        .get(code as usize >> 8)
        .and_then(|&block| BITS.get(usize::from(block)))
        .and_then(|bits| bits.get(code as usize >> 2 & 0x3f));
    match bits.map(|bits| bits >> (2 * (code & 3)) & 3) {
        Some(1) => Class::Letter,
        Some(2) => Class::Number,
        Some(3) => Class::Space,
        _ => Class::Other,
    }
}
