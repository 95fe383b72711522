//! Exact counting of `cl100k_base` tokens.
//!
//! [`count`] counts a text. [`Counter`] counts a text that arrives in portions, with the same
//! result for every way of splitting it, and can say how much of a portion fits under a limit.
//! Special tokens such as `<|endoftext|>` are ordinary text here.
//!
//! There is no start-up work: the tables are made at build time and read in place. A counter holds
//! no more of the text than the current piece, and of a long piece the last few thousand bytes. It
//! counts tokens but does not return them.
//!
//! This module serves usage reports and token limits. It knows nothing of requests or responses.

mod classes;
mod layout;
mod limit;
mod merge;
mod merge_long;
mod piece;
mod scanner;
mod table;

use std::fmt;

use merge_long::Scratch;
use piece::{HELD, Piece};
use scanner::{Kind, advance, split_after_break, split_before_last};

/// The number of tokens of `text`.
#[must_use]
pub fn count(text: &str) -> u64 {
    let mut counter = Counter::new();
    counter.push(text);
    counter.total()
}

/// Counts the tokens of a text that arrives in portions.
///
/// The total is that of the text as a whole: where the portions were split makes no
/// difference.
///
/// ```
/// # use degpt_edge_base::tokens::{Counter, count};
/// let mut counter = Counter::new();
/// counter.push("Hello, wor");
/// counter.push("ld!");
/// assert_eq!(counter.total(), count("Hello, world!"));
/// ```
#[derive(Clone, Default)]
pub struct Counter {
    /// The tokens of all finished pieces.
    done: u64,
    /// The state of the current piece.
    kind: Kind,
    /// The current piece. A run of white space is one piece until something follows it.
    piece: Piece,
    /// The part of a run of white space up to its last line break.
    head: Piece,
    /// The part of a run of white space after its last line break.
    rest: Piece,
    /// Working memory.
    scratch: Scratch,
}

impl fmt::Debug for Counter {
    /// Shows the count and not the text.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Counter").field("total", &self.total()).finish_non_exhaustive()
    }
}

impl Counter {
    /// A counter of an empty text.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts what `text` adds to the text so far.
    pub fn push(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut place = 0;
        loop {
            let rest = bytes.get(place..).unwrap_or_default();
            let step = advance(self.kind, rest);
            let taken = rest.get(..step.taken).unwrap_or_default();
            if !step.done {
                self.kind = step.kind;
                self.hold(taken);
                return;
            }
            place += step.taken;
            if step.kind == Kind::Spaces {
                place -= self.end_run(taken);
            } else {
                self.end_piece(taken);
            }
        }
    }

    /// The number of tokens of all text so far.
    ///
    /// This merges what is held of the current piece, which for most text is a
    /// word.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.done + self.piece.count(&mut Scratch::default())
    }

    /// The tokens that later text cannot change: those of the finished words.
    #[must_use]
    pub fn settled(&self) -> u64 {
        self.done
    }

    /// Holds the bytes of a piece whose end has not arrived.
    fn hold(&mut self, bytes: &[u8]) {
        if self.kind != Kind::Spaces {
            self.piece.push(bytes, &mut self.scratch);
            return;
        }
        let (head, rest) = split_after_break(bytes);
        if !head.is_empty() {
            self.piece.push(head, &mut self.scratch);
            self.head.clone_from(&self.piece);
            self.rest.clear();
        }
        self.piece.push(rest, &mut self.scratch);
        self.rest.push(rest, &mut self.scratch);
    }

    /// Ends the current piece with `bytes`, after what is held of it.
    #[inline]
    fn end_piece(&mut self, bytes: &[u8]) {
        self.kind = Kind::Start;
        self.done += self.count_piece(bytes);
    }

    /// Ends a run of white space with `bytes`, after what is held of it, because other text
    /// follows. Returns how many bytes at the end of `bytes` must be read again, as the start of
    /// the next piece.
    fn end_run(&mut self, bytes: &[u8]) -> usize {
        if self.piece.is_empty() {
            let (head, rest) = split_after_break(bytes);
            let (body, last) = split_before_last(rest);
            self.done += self.count_piece(head) + self.count_piece(body);
            self.kind = Kind::Start;
            return last.len();
        }
        self.kind = Kind::Spaces;
        self.hold(bytes);
        self.done += self.head.count(&mut self.scratch);
        self.done += self.rest.count_without_last(&mut self.scratch);
        self.piece.clear();
        self.kind = match self.rest.last() {
            [] => Kind::Start,
            last => {
                self.piece.push(last, &mut self.scratch);
                Kind::LastSpace(last == b" ")
            }
        };
        self.head.clear();
        self.rest.clear();
        0
    }

    /// The tokens of a piece that ends with `bytes`, after what is held of it. Then nothing of it
    /// is held any more.
    #[inline]
    fn count_piece(&mut self, bytes: &[u8]) -> u64 {
        if self.piece.is_empty() && bytes.len() <= HELD {
            return merge::count(bytes, &mut self.scratch);
        }
        self.piece.push(bytes, &mut self.scratch);
        let tokens = self.piece.count(&mut self.scratch);
        self.piece.clear();
        tokens
    }
}
