//! The tokens of a piece that comes in portions.
//!
//! A piece can be as long as the text: a word without blanks, a line of dashes.
//! What a byte-pair merge does to its start can depend on what follows, but only
//! on what follows closely. So the start is counted and dropped as soon as it is
//! certain that nothing can change it, and some thousand bytes at most are held.
//!
//! `Counter` holds its pieces in this; what fits into one portion of text is
//! merged where it lies and does not come here.
//!
//! # Why that is exact
//!
//! Let `encode` be the merge of a text without regard to pieces.
//!
//! 1. If `encode(x)` has ends of tokens at `a` and `b`, then `encode(x[a..b])`
//!    is the tokens between them: no merge crossed the ends, and those inside
//!    went in the same order.
//! 2. A sequence of tokens is the `encode` of its bytes if and only if each two
//!    neighbours are the `encode` of theirs: the first merge across an end would
//!    happen between these two alone as well.
//!
//! Let `p` be the bytes held but for a few at the end. Whatever follows, the
//! tokens of the whole have a last end `j` in `p` (maybe the end of `p`), and the
//! token after `j` reaches over the end of `p`. So it is longer than what `p` has
//! after `j`, and as no token that starts with the byte at `j` is longer than
//! [`reach`] says, there are few such `j`. By 1, the tokens up to `j` are
//! `encode(p[..j])`. Now take an end `s` of `encode(p)` before all these `j`, and
//! its token `v` before `s`. If for every `j` the first token `u` of
//! `encode(p[s..j])` makes `encode(vu)` the two tokens `v`, `u`, then by 2 every
//! `encode(p[..j])` has an end at `s` with the same tokens before it. So has the
//! whole, whatever follows: these tokens can be counted and dropped. By 1 what
//! is held can go on without them.
//!
//! If no such `s` is found, twice as much is held until the next try. The far
//! end of a piece acts on the near one through merges of ever higher rank, each
//! next to the one before, and so over 158 bytes in a text composed for it; the
//! last of [`DISTANCES`] is well beyond. Were there a text that goes farther, it
//! would be held for longer, and its count would be exact all the same.

use std::mem;

use super::{merge::count, merge_long::Scratch, scanner::split_before_last, table::reach};

#[cfg(test)]
mod tests;

/// How many bytes are held at least before the first attempt to drop the start.
pub(super) const HELD: usize = 1024;

/// How many more bytes are held for each end that an attempt has to check. The cost of an
/// attempt grows with the number of ends, and is spread over the bytes between two attempts.
const HELD_PER_END: usize = 32;

/// The number of bytes at the end that are left out of the proof, so that it also holds for the
/// piece without its last character.
const LEFT_OUT: usize = 4;

/// How far before the first of the possible ends to look for `s`. A short distance is cheap; a
/// long one makes it likelier that the tokens between settle.
const DISTANCES: [usize; 3] = [32, 128, 512];

/// A piece, or the start of one.
#[derive(Default)]
pub(super) struct Piece {
    /// The tokens of what was dropped.
    dropped: u64,
    /// The bytes after that.
    held: Vec<u8>,
    /// How many bytes more than [`HELD`] are held, because of the cost of the last attempt.
    cost: usize,
    /// How many more bytes are held because attempts found nothing.
    failed: usize,
}

impl Clone for Piece {
    fn clone(&self) -> Self {
        let mut copy = Self::default();
        copy.clone_from(self);
        copy
    }

    /// Copies into the memory that is already allocated.
    fn clone_from(&mut self, source: &Self) {
        self.dropped = source.dropped;
        self.held.clone_from(&source.held);
        self.cost = source.cost;
        self.failed = source.failed;
    }
}

/// A position before which everything may be dropped.
struct Place {
    /// The tokens before it.
    tokens: u64,
    /// The start of the last of them.
    start: usize,
    /// The end of the last of them: the position itself.
    end: usize,
}

impl Piece {
    /// Whether it is empty.
    pub(super) fn is_empty(&self) -> bool {
        // Dropping the start always leaves some bytes.
        self.held.is_empty()
    }

    /// Clears it, and keeps its memory for the next piece.
    pub(super) fn clear(&mut self) {
        self.dropped = 0;
        self.held.clear();
        self.cost = 0;
        self.failed = 0;
    }

    /// Appends `bytes`.
    pub(super) fn push(&mut self, mut bytes: &[u8], scratch: &mut Scratch) {
        while !bytes.is_empty() {
            let full = HELD + self.cost + self.failed;
            let room = full.saturating_sub(self.held.len());
            let (now, later) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            self.held.extend_from_slice(now);
            bytes = later;
            if self.held.len() >= full {
                self.drop_start(scratch);
            }
        }
    }

    /// Drops what can be dropped although there is still room, so that [`Piece::settled`] is
    /// close to the true number.
    pub(super) fn settle(&mut self, scratch: &mut Scratch) {
        if self.held.len() >= HELD / 2 + self.failed {
            self.drop_start(scratch);
        }
    }

    /// A lower bound of its tokens, whatever is appended.
    pub(super) fn settled(&self) -> u64 {
        self.dropped
    }

    /// An upper bound of its tokens.
    pub(super) fn at_most(&self) -> u64 {
        self.dropped + self.held.len() as u64
    }

    /// Its tokens.
    pub(super) fn count(&self, scratch: &mut Scratch) -> u64 {
        self.dropped + count(&self.held, scratch)
    }

    /// Its tokens without its last character.
    pub(super) fn count_without_last(&self, scratch: &mut Scratch) -> u64 {
        let (without, _) = split_before_last(&self.held);
        self.dropped + count(without, scratch)
    }

    /// Its last character.
    pub(super) fn last(&self) -> &[u8] {
        split_before_last(&self.held).1
    }

    /// Drops the start, as far as its tokens are certain.
    fn drop_start(&mut self, scratch: &mut Scratch) {
        let certain = self.held.len().saturating_sub(LEFT_OUT);
        let bytes = self.held.get(..certain).unwrap_or_default();
        let mut ends = mem::take(&mut scratch.ends);
        ends.clear();
        ends.extend(last_ends(bytes));
        self.cost = ends.len() * HELD_PER_END;
        match certain_place(bytes, &ends, scratch) {
            Some(place) => {
                self.dropped += place.tokens;
                self.held.drain(..place.end);
                self.failed = 0;
            }
            None => self.failed = self.held.len(),
        }
        scratch.ends = ends;
    }
}

/// The positions where the last end of a token in `bytes` can be, whatever follows.
fn last_ends(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let far = bytes.len().saturating_sub(usize::from(u8::MAX));
    let near = bytes.iter().enumerate().skip(far);
    near.filter(|&(end, &byte)| end + reach(byte) > bytes.len())
        .map(|(end, _)| end)
        .chain([bytes.len()])
}

/// A position where a token ends however `bytes` continues, with the same tokens before it.
/// `ends` are those of [`last_ends`].
fn certain_place(bytes: &[u8], ends: &[usize], scratch: &mut Scratch) -> Option<Place> {
    let nearest = *ends.first()?;
    let mut places = DISTANCES.map(|_| None);
    let mut start = 0;
    for (part, tokens) in scratch.merge(bytes).iter().zip(1..) {
        let end = part.end;
        for (place, distance) in places.iter_mut().zip(DISTANCES) {
            if end + distance <= nearest {
                *place = Some(Place { tokens, start, end });
            }
        }
        start = end;
    }
    let mut places = places.into_iter().flatten();
    places.find(|place| is_certain(bytes, place, ends, scratch).is_some())
}

/// `Some` if the tokens before `place` are the same whichever of `ends` is the last end of a
/// token.
fn is_certain(bytes: &[u8], place: &Place, ends: &[usize], scratch: &mut Scratch) -> Option<()> {
    let before = place.end - place.start;
    let mut known = None;
    for &end in ends {
        let first = scratch.merge(bytes.get(place.end..end)?).first()?.end;
        if known != Some(first) {
            let both = bytes.get(place.start..place.end + first)?;
            let stay = scratch.merge(both).iter().map(|part| part.end);
            if !stay.eq([before, before + first]) {
                return None;
            }
            known = Some(first);
        }
    }
    Some(())
}
