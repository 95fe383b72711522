//! The classes of characters that the pattern of `cl100k_base` tells apart.

use regex_syntax::hir::{Class, HirKind};

use super::{Outcome, check};

/// Characters in a block of the table: two bits each.
const BLOCK: usize = 256;

/// The table: every block of characters refers to its bits, and equal bits are stored once.
pub(super) struct Classes {
    /// For each block of characters, the number of its bits.
    pub(super) blocks: Vec<u8>,
    /// The distinct bits, 64 bytes for each.
    pub(super) bits: Vec<u8>,
}

impl Classes {
    /// The classes as the regular expressions of the reference implementation define them.
    pub(super) fn of_reference() -> Outcome<Self> {
        let mut classes = vec![0_u8; 0x11_0000];
        // The same numbers as in `classes::Class` in the crate.
        for (class, pattern) in [(1, r"\p{L}"), (2, r"\p{N}"), (3, r"\s")] {
            for (first, last) in ranges(pattern)? {
                for slot in classes.get_mut(first..=last).into_iter().flatten() {
                    check(*slot == 0, "two classes share a character")?;
                    *slot = class;
                }
            }
        }
        check_shortcuts(&classes)?;

        let mut distinct: Vec<Vec<u8>> = Vec::new();
        let mut blocks = Vec::new();
        for block in classes.chunks(BLOCK) {
            let packed: Vec<u8> = block
                .chunks(4)
                .map(|four| four.iter().rev().fold(0, |byte, class| byte << 2 | class))
                .collect();
            let known = distinct.iter().position(|bits| *bits == packed);
            let number = known.unwrap_or_else(|| {
                distinct.push(packed);
                distinct.len() - 1
            });
            blocks.push(u8::try_from(number)?);
        }
        Ok(Self { blocks, bits: distinct.concat() })
    }
}

/// Checks the classes that the scanner knows without the table.
fn check_shortcuts(classes: &[u8]) -> Outcome<()> {
    let ideographs = classes.get(0x5000..0x9000).unwrap_or_default();
    check(
        !ideographs.is_empty() && ideographs.iter().all(|&class| class == 1),
        "not every character led by the bytes E5 to E8 is a letter",
    )?;
    let white = (0_u32..).zip(classes).all(|(code, &class)| {
        char::from_u32(code).is_none_or(|char| char.is_whitespace() == (class == 3))
    });
    check(white, "white space is not what the standard library says it is")?;
    for (code, &class) in classes.iter().enumerate().take(0x80) {
        let byte = u8::try_from(code)?;
        let expected = match byte {
            b'a'..=b'z' | b'A'..=b'Z' => 1,
            b'0'..=b'9' => 2,
            b'\t'..=b'\r' | b' ' => 3,
            _ => 0,
        };
        check(class == expected, "a class of ASCII is not as expected")?;
    }
    // Of the letters in contractions, `s` alone has a third form: U+017F.
    let folded = ranges("(?i:[sdmtlver])")?;
    let wide: Vec<_> = folded.into_iter().filter(|range| range.1 >= 0x80).collect();
    check(wide == [(0x17f, 0x17f)], "the case folding of contractions is not as expected")
}

/// The characters of a class, as ranges with both ends included.
fn ranges(pattern: &str) -> Outcome<Vec<(usize, usize)>> {
    let parsed = regex_syntax::parse(pattern)?;
    let HirKind::Class(Class::Unicode(class)) = parsed.kind() else {
        return Err("the pattern is no class of characters".into());
    };
    let ends = class.iter().map(|range| (range.start(), range.end()));
    Ok(ends.map(|(first, last)| (first as usize, last as usize)).collect())
}
