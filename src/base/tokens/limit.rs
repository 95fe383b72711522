//! Cutting a text at a number of tokens.
//!
//! The number of tokens does not grow with every character: `functio` is three tokens and
//! `function` is one. So a text that is over a limit can come under it again, and the longest
//! prefix that fits need not end where the limit is first passed. But there is a lower bound that
//! only grows: the tokens that later text cannot change. The search goes forward until the lower
//! bound is over the limit, and then back until a prefix fits.
//!
//! Only `Counter` holds text; this module uses no more than its state.

use std::collections::VecDeque;

use super::{Counter, scanner::Kind};

/// How many bytes the search advances by when the limit is near.
const BLOCK: usize = 64;

/// How many such blocks it can go back without starting over.
const MARKS: usize = 16;

/// The result of a search.
enum Found {
    /// The longest prefix that fits, and the state after it.
    Prefix(usize, Box<Counter>),
    /// No prefix of this length or longer fits.
    Below(usize),
}

impl Counter {
    /// Counts the longest prefix of `text` that fits under a limit, and returns its length in
    /// bytes.
    ///
    /// The prefix ends between two characters, and with it the total of all text so far is at
    /// most `limit_tokens`. No longer prefix fits; some shorter ones may not fit either. If all
    /// of `text` fits, the result is `text.len()`. If no prefix fits, not even the empty one,
    /// because the total is over the limit already, the result is 0. The counter has then
    /// counted the prefix and nothing else.
    ///
    /// If several calls each return that everything fits, their text fits as a whole. Text may
    /// be over the limit in the middle of a word, although the rest of the word would bring it
    /// under the limit again. A call that ends there cuts there, as it does not know the rest.
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
        // The white space at the end is one piece in every prefix that ends within it.
        let run = text.trim_end().len();
        // The last position where the text fitted, or the start, and the positions after it.
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
                // Too far: continue from the last mark, in small steps.
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

    /// How many bytes to advance by: few near the limit, otherwise as many as are likely to fit.
    fn room(&self, limit: u64) -> usize {
        // No token is shorter than a byte, so this many bytes certainly fit.
        let certain = limit.saturating_sub(self.at_most());
        let certain = usize::try_from(certain).unwrap_or(usize::MAX);
        if certain >= BLOCK {
            return certain;
        }
        let likely = limit.saturating_sub(self.total());
        usize::try_from(likely).unwrap_or(usize::MAX).max(BLOCK)
    }

    /// An upper bound of the total, without the bytes that are still to come.
    fn at_most(&self) -> u64 {
        let piece = self.piece.at_most();
        // A run of white space may still be cut.
        let cut = self.head.at_most() + self.rest.at_most();
        self.done + piece.max(cut)
    }

    /// A lower bound of the total, whatever follows. If the current piece is `whole`, the bound
    /// only holds while the text that follows is part of the same piece.
    fn at_least(&self, whole: bool) -> u64 {
        if self.kind == Kind::Spaces && !whole {
            self.done
        } else {
            self.done + self.piece.settled()
        }
    }
}

/// The longest prefix of `text` that fits after what `counter` has counted, and the state after
/// it. Tries all prefixes.
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
