//! The beginning of an answer that repeats the text it was to go on from.
//!
//! A model that is asked to go on from a text often writes its end again, or all of it. The longest
//! beginning of the answer with which that text ends is cut, if it is a repetition:
//!
//! - it is all of the text, or
//! - it has [`LEAST_BYTES`], does not begin within a word of the text, and the text does not have it
//!   twice in a row at its end: that text repeats itself, and may go on to.
//!
//! So a shorter one stays: ` that` after `I know that`, `}` after `}` are continuations, and what is
//! cut wrongly is lost, while what is left twice can be seen. White space before a repetition goes
//! with it. The answer is held back only while it is part of the text. The algorithm is that of
//! Knuth, Morris and Pratt: the answer's beginning is searched in the text, and each byte of both is
//! looked at about twice. The result is the same for every way the answer is cut.

use std::rc::Rc;

/// The shortest repetition of less than all, in bytes.
const LEAST_BYTES: usize = 12;

/// The most white space that is held back.
const MOST_SPACE_BYTES: usize = 256;

/// How many lengths of a repetition are tried.
const MOST_LENGTHS: usize = 64;

/// Cuts a repetition.
#[derive(Debug, Clone)]
pub(super) struct Overlap {
    /// The end of the text.
    prefix: Rc<str>,
    /// How much of it has been searched.
    place: usize,
    /// The answer so far.
    held: String,
    /// How much white space it begins with.
    space: usize,
    /// For each byte after that, the length of the longest proper beginning that ends there.
    fallback: Vec<u32>,
    /// How much of it the searched text ends with.
    matched: usize,
}

impl Overlap {
    pub(super) fn new(prefix: Rc<str>) -> Self {
        Self { prefix, place: 0, held: String::new(), space: 0, fallback: Vec::new(), matched: 0 }
    }

    /// How much memory it holds, in bytes.
    pub(super) fn held_bytes(&self) -> usize {
        self.held.capacity() + 4 * self.fallback.capacity()
    }

    /// Takes a piece of the answer. Returns whether it is certain what passes: then it is
    /// [`Overlap::rest`], and all that follows.
    pub(super) fn push(&mut self, text: &str) -> bool {
        self.held.push_str(text);
        if self.fallback.is_empty() {
            self.space = self.held.len() - self.held.trim_ascii_start().len();
            if self.space == self.held.len() {
                return self.space > MOST_SPACE_BYTES;
            }
        }
        self.extend();
        self.search()
    }

    /// The answer has ended: what is not complete does not count.
    pub(super) fn finish(&mut self) {
        while !self.search() {
            self.matched = shorter(&self.fallback, self.matched);
        }
    }

    /// Adds the new bytes to the table.
    fn extend(&mut self) {
        let bytes = self.held.as_bytes().get(self.space..).unwrap_or_default();
        for place in self.fallback.len()..bytes.len() {
            let byte = bytes.get(place);
            let mut length =
                place.checked_sub(1).map_or(0, |before| shorter(&self.fallback, before + 1));
            while length > 0 && bytes.get(length) != byte {
                length = shorter(&self.fallback, length);
            }
            let is_longer = place > 0 && bytes.get(length) == byte;
            self.fallback.push(u32::try_from(length + usize::from(is_longer)).unwrap_or(0));
        }
    }

    /// Searches the text up to its end: `false` if that needs more of the answer.
    fn search(&mut self) -> bool {
        let bytes = self.held.as_bytes().get(self.space..).unwrap_or_default();
        while let Some(byte) = self.prefix.as_bytes().get(self.place) {
            match bytes.get(self.matched) {
                None => return bytes.is_empty(),
                Some(own) if own == byte => {
                    self.matched += 1;
                    self.place += 1;
                }
                Some(_) if self.matched == 0 => self.place += 1,
                Some(_) => self.matched = shorter(&self.fallback, self.matched),
            }
        }
        true
    }

    /// What is held, without the repetition.
    pub(super) fn rest(&self) -> &str {
        let mut length = self.matched;
        for _ in 0..MOST_LENGTHS {
            if length > 0 && self.is_repetition(length) {
                return self.held.get(self.space + length..).unwrap_or_default();
            }
            length = shorter(&self.fallback, length);
        }
        &self.held
    }

    /// Whether the last `length` bytes of the text, with which the answer begins, are repeated.
    fn is_repetition(&self, length: usize) -> bool {
        let start = self.prefix.len().saturating_sub(length);
        let (before, repeated) = self.prefix.split_at_checked(start).unwrap_or_default();
        let is_word = |ch: Option<char>| ch.is_some_and(|ch| ch.is_ascii_alphanumeric());
        let is_within_word =
            is_word(before.chars().next_back()) && is_word(repeated.chars().next());
        before.trim_ascii().is_empty()
            || length >= LEAST_BYTES && !is_within_word && !before.ends_with(repeated)
    }
}

/// The next shorter length after `length`.
fn shorter(fallback: &[u32], length: usize) -> usize {
    let before = length.checked_sub(1).and_then(|place| fallback.get(place));
    before.map_or(0, |length| *length as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LEAST_BYTES, Overlap};

    /// What passes of an answer in these pieces.
    fn passed(prefix: &str, pieces: &[&str]) -> String {
        let mut overlap = Overlap::new(prefix.into());
        let mut is_certain = false;
        let mut passed = String::new();
        for piece in pieces {
            if is_certain {
                passed.push_str(piece);
            } else if overlap.push(piece) {
                is_certain = true;
                passed.push_str(overlap.rest());
            }
        }
        if !is_certain {
            overlap.finish();
            passed.push_str(overlap.rest());
        }
        passed
    }

    #[test]
    fn a_repetition_is_cut_and_nothing_else() {
        let table = [
            // prefix, answer, what passes
            ("Once upon a time", "Once upon a time there was", " there was"),
            ("Once upon a time", "\n\nOnce upon a time there was", " there was"),
            ("Once upon a time", "there was", "there was"),
            ("First. Once upon a time", "Once upon a time there was", " there was"),
            ("First. Once upon a time", "First. Once upon a", "First. Once upon a"),
            // A short one may be right.
            ("The answer is", " is 4", " is 4"),
            ("I know that", " that is so", " that is so"),
            ("    }\n", "    }\n}", "}"),
            ("a {\n    }\n", "    }\n}", "    }\n}"),
            ("It is 1", "1,000", "1,000"),
            // All of it, however short.
            ("{", "{\"a\":1}", "\"a\":1}"),
            ("{", "\"a\":1}", "\"a\":1}"),
            (" {", "{\"a\":1}", "\"a\":1}"),
            ("Yes", "Yes", ""),
            // It began within a word.
            ("He said xunderstanding", "understanding it", "understanding it"),
            ("He said understanding", "understanding it", " it"),
            // It repeats itself.
            ("<td>0000</td>\n<td>0000</td>\n", "<td>0000</td>\n", "<td>0000</td>\n"),
            // A shorter one is right.
            ("abc hello, wide world", "hello, wide world", ""),
            ("一二三四，五六七八", "五六七八九十", "九十"),
            ("", "a", "a"),
            ("a", "", ""),
            ("a", "  ", "  "),
            ("abc", "ab", "ab"),
        ];
        for (prefix, answer, expected) in table {
            assert_eq!(passed(prefix, &[answer]), expected, "{prefix:?} {answer:?}");
            let letters: Vec<String> = answer.chars().map(String::from).collect();
            let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
            assert_eq!(passed(prefix, &letters), expected, "{prefix:?} {answer:?}");
        }
    }

    #[test]
    fn only_what_may_be_a_repetition_is_held() {
        for (pieces, certain) in [(["upon", "!"], 1), (["x", ""], 0), (["Once", " Upon"], 1)] {
            let mut overlap = Overlap::new("Once upon a time".into());
            let place = pieces.iter().position(|piece| overlap.push(piece));
            assert_eq!(place, Some(certain), "{pieces:?}");
            assert_eq!(overlap.rest(), pieces.concat().get(..overlap.rest().len()).unwrap());
        }
        let mut overlap = Overlap::new("Once upon a time".into());
        assert!(!overlap.push(&" ".repeat(200)) && overlap.push(&" ".repeat(200)));
    }

    proptest! {
        #[test]
        fn the_rule_holds_at_any_cut(
            prefix in "([abé ]{0,6}|[ab ]{10,30}|模型){0,3}",
            head in "[ab \n]{0,2}",
            from in 0..40_usize,
            tail in "[abé ]{0,12}",
            cuts in prop::collection::vec(0..60_usize, 0..5),
        ) {
            let from = prefix.ceil_char_boundary(from.min(prefix.len()));
            let answer = format!("{head}{}{tail}", prefix.get(from..).unwrap());
            let bare = answer.trim_ascii_start();
            // By trying all.
            let is_word = |ch: Option<char>| ch.is_some_and(|ch| ch.is_ascii_alphanumeric());
            let is_repetition = |length: &usize| {
                let Some(start) = prefix.len().checked_sub(*length) else { return false };
                let Some(repeated) = bare.get(..*length).filter(|text| prefix.ends_with(text)) else {
                    return false;
                };
                let before = prefix.get(..start).unwrap();
                let within = is_word(before.chars().last()) && is_word(repeated.chars().next());
                before.trim_ascii().is_empty()
                    || *length >= LEAST_BYTES && !within && !before.ends_with(repeated)
            };
            let length = (1..=bare.len()).rev().find(is_repetition);
            let expected = length.map_or(answer.as_str(), |length| bare.get(length..).unwrap());
            let mut cuts: Vec<usize> =
                cuts.into_iter().map(|cut| answer.floor_char_boundary(cut.min(answer.len()))).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut last = 0;
            for cut in cuts {
                pieces.push(answer.get(last..cut).unwrap());
                last = cut;
            }
            pieces.push(answer.get(last..).unwrap());
            prop_assert_eq!(passed(&prefix, &pieces), expected);
        }
    }
}
