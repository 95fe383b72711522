//! The pattern of `cl100k_base`, which cuts text into pieces, as a scanner that
//! takes the text in whatever portions it comes.
//!
//! The reference matches this pattern again and again (spread over lines here):
//!
//! ```text
//! '(?i:[sdmt]|ll|ve|re)
//! |[^\r\n\p{L}\p{N}]?+\p{L}++
//! |\p{N}{1,3}+
//! | ?[^\s\p{L}\p{N}]++[\r\n]*+
//! |\s++$
//! |\s*[\r\n]
//! |\s+(?!\S)
//! |\s
//! ```
//!
//! All but white space is decided by the next character. A run of white space is
//! cut when the character after it is known: after its last line break, and
//! before its last character, which may belong to what follows. A run at the end
//! of the text is one piece.
//!
//! The scanner holds no text and does not count; `Counter` does both.

use super::classes::{Class, first};

/// The state of the current piece.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is empty.
    #[default]
    Start,
    /// An apostrophe, which may start a contraction.
    Apostrophe,
    /// An apostrophe and a letter that become a contraction with one more letter, which is given
    /// here in lowercase.
    Contraction(u8),
    /// One character that may come before letters or be among signs.
    Mark,
    /// Letters, with or without a character before them.
    Letters,
    /// This many number characters; three are a piece.
    Numbers(u8),
    /// Signs, with or without a space before them.
    Signs,
    /// Line breaks after signs.
    Breaks,
    /// A run of white space whose end has not arrived.
    Spaces,
    /// The last character of a run of white space, when other text follows it. Only a space
    /// (`true`) can come before signs.
    LastSpace(bool),
}

/// What a portion of text does to the current piece.
pub(super) struct Step {
    /// How many bytes of the portion belong to the piece.
    pub(super) taken: usize,
    /// The state of the piece after them.
    pub(super) kind: Kind,
    /// Whether the piece ends there. For [`Kind::Spaces`], the run ends there, and must still be
    /// cut.
    pub(super) done: bool,
}

/// Takes from `text` what belongs to the current piece. Unless that ends the piece, it is all of
/// `text`.
#[inline]
pub(super) fn advance(mut kind: Kind, text: &[u8]) -> Step {
    let mut taken = 0;
    loop {
        taken += match kind {
            Kind::Letters => run(text, taken, |class| class == Class::Letter),
            Kind::Signs => run(text, taken, |class| class == Class::Other),
            Kind::Breaks => run(text, taken, |class| class == Class::Break),
            Kind::Spaces => run(text, taken, is_white),
            _ => 0,
        };
        let rest = text.get(taken..).unwrap_or_default();
        let Some((class, length)) = first(rest) else {
            let done = false;
            return Step { taken, kind, done };
        };
        let done = true;
        match next(kind, class, rest) {
            Next::Grows(grown) => {
                taken += length;
                kind = grown;
            }
            Next::Completes => {
                taken += length;
                return Step { taken, kind, done };
            }
            Next::Starts => return Step { taken, kind, done },
        }
    }
}

/// What a character does to the current piece.
enum Next {
    /// It belongs to the piece, which may go on.
    Grows(Kind),
    /// It belongs to the piece and ends it.
    Completes,
    /// It starts another piece.
    Starts,
}

/// What the first character of `rest`, of the given class, does to a piece.
#[inline]
fn next(kind: Kind, class: Class, rest: &[u8]) -> Next {
    match (kind, class) {
        (Kind::Start | Kind::Mark | Kind::LastSpace(_), Class::Letter) => {
            Next::Grows(Kind::Letters)
        }
        (Kind::Start, Class::Number) => Next::Grows(Kind::Numbers(1)),
        (Kind::Start, Class::Break) => Next::Grows(Kind::Spaces),
        (Kind::Start, Class::Space) => Next::Grows(space(rest)),
        (Kind::Start, Class::Other) if rest.starts_with(b"'") => Next::Grows(Kind::Apostrophe),
        (Kind::Start, Class::Other) => Next::Grows(Kind::Mark),

        (Kind::Apostrophe, Class::Letter) => after_apostrophe(rest),
        (Kind::Contraction(last), Class::Letter) => match rest.first() {
            Some(letter) if letter.to_ascii_lowercase() == last => Next::Completes,
            _ => Next::Grows(Kind::Letters),
        },
        (Kind::Apostrophe | Kind::Mark | Kind::LastSpace(true), Class::Other) => {
            Next::Grows(Kind::Signs)
        }
        (Kind::Apostrophe | Kind::Mark | Kind::Signs, Class::Break) => Next::Grows(Kind::Breaks),
        (Kind::Numbers(1), Class::Number) => Next::Grows(Kind::Numbers(2)),
        (Kind::Numbers(_), Class::Number) => Next::Completes,
        _ => Next::Starts,
    }
}

/// The state of a piece that starts with the white space, not a line break, at the start of
/// `rest`. Most such pieces are a single space between words, which is recognized here without
/// cutting a run.
#[inline]
fn space(rest: &[u8]) -> Kind {
    let Some((_, length)) = first(rest) else {
        return Kind::Spaces;
    };
    match rest.get(length..).and_then(first) {
        Some((class, _)) if !is_white(class) => Kind::LastSpace(rest.starts_with(b" ")),
        _ => Kind::Spaces,
    }
}

/// What a letter after an apostrophe does.
fn after_apostrophe(rest: &[u8]) -> Next {
    // The long s, U+017F, matches `s` in a pattern that ignores case.
    if rest.starts_with("\u{17f}".as_bytes()) {
        return Next::Completes;
    }
    match rest.first().map(u8::to_ascii_lowercase) {
        Some(b's' | b'd' | b'm' | b't') => Next::Completes,
        Some(b'l') => Next::Grows(Kind::Contraction(b'l')),
        Some(b'v' | b'r') => Next::Grows(Kind::Contraction(b'e')),
        _ => Next::Grows(Kind::Letters),
    }
}

/// Whether a class is of white space.
#[inline]
fn is_white(class: Class) -> bool {
    matches!(class, Class::Space | Class::Break)
}

/// The length of the run of characters in `text` from `start` whose classes are
/// `wanted`.
#[inline]
fn run(text: &[u8], start: usize, wanted: impl Fn(Class) -> bool) -> usize {
    let mut end = start;
    while let Some((class, length)) = text.get(end..).and_then(first) {
        if !wanted(class) {
            break;
        }
        end += length;
    }
    end - start
}

/// Splits a run of white space after its last line break, where it is cut.
pub(super) fn split_after_break(run: &[u8]) -> (&[u8], &[u8]) {
    let last = run.iter().rposition(|byte| matches!(byte, b'\r' | b'\n'));
    run.split_at_checked(last.map_or(0, |last| last + 1)).unwrap_or_default()
}

/// Splits text before its last character.
pub(super) fn split_before_last(text: &[u8]) -> (&[u8], &[u8]) {
    let last = text.iter().rposition(|byte| byte & 0xc0 != 0x80);
    text.split_at_checked(last.unwrap_or_default()).unwrap_or_default()
}
