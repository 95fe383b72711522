//! Exact counting of `cl100k_base` tokens.
//!
//! [`count`] counts a text; [`Counter`] counts one that comes in portions, with
//! the same result however it is cut, and can say how much of a portion fits
//! under a limit. Special tokens such as `<|endoftext|>` are ordinary text here.
//!
//! There is no start-up work: the tables are made at build time and read where
//! they lie. A counter holds no more of the text than the piece it is in, and of
//! a long piece the last few thousand bytes. It tells the number of tokens and
//! not which they are.
//!
//! Whoever reports usage or enforces a token limit calls this; nothing here
//! knows of requests or responses.

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

/// Counts the tokens of a text that comes in portions.
///
/// The total is that of the text as a whole: where the portions were cut makes
/// no difference.
///
/// ```
/// # use degpt_edge::tokens::{Counter, count};
/// let mut counter = Counter::new();
/// counter.push("Hello, wor");
/// counter.push("ld!");
/// assert_eq!(counter.total(), count("Hello, world!"));
/// ```
#[derive(Clone, Default)]
pub struct Counter {
    /// The tokens of all pieces that are done.
    done: u64,
    /// How far the current piece has come.
    kind: Kind,
    /// The current piece. A run of white space is one piece as long as nothing
    /// follows it.
    piece: Piece,
    /// Of a run of white space, what goes up to its last line break.
    head: Piece,
    /// Of a run of white space, what comes after its last line break.
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
    /// A counter that has seen nothing.
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

    /// The tokens that nothing which follows can change any more: those of the
    /// words that are over.
    #[must_use]
    pub fn settled(&self) -> u64 {
        self.done
    }

    /// Holds what a portion has of a piece whose end it does not have.
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

    /// Ends a run of white space with `bytes`, after what is held of it, because
    /// something else follows. Returns how many of `bytes` at their end are to
    /// be read again, as the start of the next piece.
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

    /// The tokens of a piece that ends with `bytes`, after what is held of it.
    /// Nothing of it is held then.
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
