//! Cutting a text at a number of tokens.
//!
//! The number of tokens does not grow with every character: `functio` is three
//! tokens and `function` is one. So a text that is over a limit can come under it again, and
//! the longest prefix that fits need not end where the limit is first passed.
//! What does only grow is a floor under the number: the tokens that nothing can
//! change any more. The search goes forward until the floor is over the limit,
//! and then back until a prefix fits.
//!
//! `Counter` alone knows the text so far; this knows no more than its state.

use std::collections::VecDeque;

use super::{Counter, scanner::Kind};

/// How many bytes the search goes on by where the limit is near.
const BLOCK: usize = 64;

/// How many such blocks it can go back by without starting over.
const MARKS: usize = 16;

/// What a search finds.
enum Found {
    /// The longest prefix that fits, and the state after it.
    Prefix(usize, Box<Counter>),
    /// No prefix of this length or longer fits.
    Below(usize),
}

impl Counter {
    /// Counts as much of `text` as fits under a limit and returns how much that
    /// is, in bytes.
    ///
    /// It is the longest prefix of `text`, ending between two characters, with
    /// which the total of all text so far is at most `limit_tokens`: no longer
    /// prefix fits, though some shorter ones may not either. All of it is
    /// `text.len()`. If no prefix fits, not even the empty one, because the total
    /// is over the limit already, the answer is 0. The counter has then seen the
    /// prefix and nothing else.
    ///
    /// The text of several calls, all of which were told that everything fits,
    /// fits as a whole. A call that ends just while a word is over the limit
    /// that its rest would bring under it again cuts there, as it does not know
    /// the rest.
    ///
    /// Far from the limit this costs no more than [`Counter::push`].
    pub fn push_up_to(&mut self, text: &str, limit_tokens: u64) -> usize {
        if self.at_most() + text.len() as u64 <= limit_tokens {
            self.push(text);
            return text.len();
        }
        let mut prefix = text;
        while !prefix.is_empty() {
            match self.search(prefix, limit_tokens) {
                Found::Prefix(length, counter) => {
                    *self = *counter;
                    return length;
                }
                Found::Below(length) => prefix = text.get(..length).unwrap_or_default(),
            }
        }
        0
    }

    /// Looks for the longest prefix of `text` that fits.
    fn search(&self, text: &str, limit: u64) -> Found {
        // The white space at the end is one piece to every prefix that ends in it.
        let run = text.trim_end().len();
        // The last place where the text fitted, or the start, and those after it.
        let mut marks = VecDeque::from([(0, self.clone())]);
        let mut counter = self.clone();
        let mut place = 0;
        let mut careful = false;
        while place < text.len() {
            let step = if careful { BLOCK } else { counter.room(limit) };
            let end = text.floor_char_boundary(place.saturating_add(step));
            counter.push(text.get(place..end).unwrap_or_default());
            if counter.total() <= limit {
                marks.clear();
            } else if step > BLOCK {
                // Too far: from the last mark on again, in small steps.
                careful = true;
                let Some(mark) = marks.back() else { break };
                counter.clone_from(&mark.1);
                continue;
            } else {
                counter.piece.settle(&mut counter.scratch);
                if counter.at_least(end >= run) > limit {
                    place = end;
                    break;
                }
                if marks.len() == MARKS {
                    marks.pop_front();
                }
            }
            place = end;
            marks.push_back((place, counter.clone()));
        }
        while let Some((start, counter)) = marks.pop_back() {
            let part = text.get(start..place).unwrap_or_default();
            if let Some((length, counter)) = longest(&counter, part, limit) {
                return Found::Prefix(start + length, Box::new(counter));
            }
            place = start;
        }
        Found::Below(place)
    }

    /// How many bytes to go on by: few near the limit, and otherwise so many
    /// that they are likely to fit.
    fn room(&self, limit: u64) -> usize {
        // No token is shorter than a byte: what is certain to fit.
        let certain = limit.saturating_sub(self.at_most());
        let certain = usize::try_from(certain).unwrap_or(usize::MAX);
        if certain >= BLOCK {
            return certain;
        }
        let likely = limit.saturating_sub(self.total());
        usize::try_from(likely).unwrap_or(usize::MAX).max(BLOCK)
    }

    /// The total is at most this, and the bytes that are still to come.
    fn at_most(&self) -> u64 {
        let piece = self.piece.at_most();
        // A run of white space may be cut yet.
        let cut = self.head.at_most() + self.rest.at_most();
        self.done + piece.max(cut)
    }

    /// The total is at least this, whatever is still to come; or, if the current
    /// piece is `whole`, as long as what is still to come is of the same piece.
    fn at_least(&self, whole: bool) -> u64 {
        if self.kind == Kind::Spaces && !whole {
            self.done
        } else {
            self.done + self.piece.settled()
        }
    }
}

/// The longest prefix of `text` that fits after what `counter` has seen, found by
/// trying all, and the state after it.
fn longest(counter: &Counter, text: &str, limit: u64) -> Option<(usize, Counter)> {
    let mut trial = counter.clone();
    let mut length = (trial.total() <= limit).then_some(0);
    let mut end = 0;
    for character in text.chars() {
        trial.push(character.encode_utf8(&mut [0; 4]));
        end += character.len_utf8();
        if trial.total() <= limit {
            length = Some(end);
        }
    }
    let length = length?;
    let mut counter = counter.clone();
    counter.push(text.get(..length)?);
    Some((length, counter))
}
