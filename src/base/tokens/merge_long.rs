//! The same merge as in `merge`, for pieces that are too long to search all pairs in each step,
//! and for callers that need to know where the tokens end.
//!
//! Ranks are processed in order, and all pairs of a rank are merged from left to right. A merge
//! only creates pairs of higher rank, so none comes in between. While a rank merges a large part
//! of the piece, as in a line of dashes, this takes one pass over the piece; after that a heap
//! is used. So no piece takes quadratic time.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::table::{NONE, merged, of_byte};

/// The share of the parts that a pass must merge for another one to follow.
const SHARE: usize = 8;

/// Working memory, kept so that it is allocated only once.
#[derive(Default)]
pub(super) struct Scratch {
    /// The parts of the piece, in order.
    parts: Vec<Part>,
    /// The neighbours of each part, as long as the heap is used.
    links: Vec<Link>,
    /// Pairs to merge: the rank above the position of the left part. A pair that no longer
    /// exists is detected when its turn comes.
    heap: BinaryHeap<Reverse<u64>>,
    /// For `piece`: the ends it has to check.
    pub(super) ends: Vec<usize>,
}

/// A part of a piece.
#[derive(Clone, Copy)]
pub(super) struct Part {
    /// The token it is at present. A part that has been merged into another has [`NONE`].
    token: u32,
    /// The token that it and the next part merge into.
    pair: u32,
    /// Where it ends in the piece.
    pub(super) end: usize,
}

/// The positions of the adjacent parts; [`NONE`] where there is none.
#[derive(Clone, Copy)]
struct Link {
    /// The part before.
    previous: u32,
    /// The part after.
    next: u32,
}

impl Clone for Scratch {
    /// Its contents are used only within one call, so a clone starts empty.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Scratch {
    /// Merges a piece: its tokens, in order.
    pub(super) fn merge(&mut self, piece: &[u8]) -> &[Part] {
        self.parts.clear();
        let mut pairs = Pairs::default();
        let bytes = piece.iter().zip(1..);
        self.parts.extend(bytes.map(|(&byte, end)| Part { token: of_byte(byte), pair: NONE, end }));
        let mut next = NONE;
        for part in self.parts.iter_mut().rev() {
            part.pair = pairs.merged(part.token, next);
            next = part.token;
        }
        loop {
            let length = self.parts.len();
            let lowest = self.parts.iter().map(|part| part.pair).min();
            let Some(rank) = lowest.filter(|&rank| rank != NONE) else {
                break;
            };
            self.pass(rank, &mut pairs);
            let merges = length - self.parts.len();
            if merges < length / SHARE {
                self.merge_by_heap();
                break;
            }
        }
        &self.parts
    }

    /// Merges all pairs of `rank`, the lowest there is.
    fn pass(&mut self, rank: u32, pairs: &mut Pairs) {
        // Whether the part before has just been merged.
        let mut fresh = false;
        let mut kept = 0;
        let mut read = 0;
        while let Some(&(mut part)) = self.parts.get(read) {
            read += 1;
            let merges = part.pair == rank;
            if let (true, Some(&right)) = (merges, self.parts.get(read)) {
                read += 1;
                part = Part { token: rank, ..right };
            }
            let (before, rest) = self.parts.split_at_mut_checked(kept).unwrap_or_default();
            if let (true, Some(left)) = (merges || fresh, before.last_mut()) {
                left.pair = pairs.merged(left.token, part.token);
            }
            if let Some(slot) = rest.first_mut() {
                *slot = part;
            }
            kept += 1;
            fresh = merges;
        }
        self.parts.truncate(kept);
        if let Some(last) = self.parts.last_mut() {
            last.pair = NONE;
        }
    }

    /// Merges until no pair is a token.
    fn merge_by_heap(&mut self) {
        self.links.clear();
        let mut keys = std::mem::take(&mut self.heap).into_vec();
        keys.clear();
        for (part, place) in self.parts.iter().zip(0_u32..) {
            self.links.push(Link { previous: place.wrapping_sub(1), next: place + 1 });
            if part.pair != NONE {
                keys.push(key(part.pair, place));
            }
        }
        self.heap = keys.into();
        while let Some(Reverse(lowest)) = self.heap.pop() {
            self.join((lowest >> 32) as u32, (lowest & 0xffff_ffff) as u32);
        }
        self.parts.retain(|part| part.token != NONE);
    }

    /// Merges the part at `place` with the next one, if the two still merge into the token
    /// `rank`.
    fn join(&mut self, rank: u32, place: u32) -> Option<()> {
        let Link { previous, next } = *self.links.get(place as usize)?;
        let right = *self.parts.get(next as usize)?;
        let left = self.parts.get_mut(place as usize)?;
        if left.pair != rank {
            return None;
        }
        left.token = rank;
        left.end = right.end;
        // An entry of the heap for a part that has been merged away must not find a pair.
        let gone = self.parts.get_mut(next as usize)?;
        gone.token = NONE;
        gone.pair = NONE;
        let after = self.links.get(next as usize)?.next;
        self.links.get_mut(place as usize)?.next = after;
        if let Some(link) = self.links.get_mut(after as usize) {
            link.previous = place;
        }
        self.renew(place, after);
        self.renew(previous, place);
        Some(())
    }

    /// Looks up again what two adjacent parts merge into.
    fn renew(&mut self, left: u32, right: u32) {
        let right = self.parts.get(right as usize).map_or(NONE, |part| part.token);
        if let Some(part) = self.parts.get_mut(left as usize) {
            part.pair = merged(part.token, right);
            if part.pair != NONE {
                self.heap.push(key(part.pair, left));
            }
        }
    }
}

/// The entry of the heap for a pair: the lowest comes first, and the leftmost
/// among equals.
fn key(pair: u32, place: u32) -> Reverse<u64> {
    Reverse(u64::from(pair) << 32 | u64::from(place))
}

/// Caches the last lookup in the table: long pieces often repeat.
#[derive(Default)]
struct Pairs {
    /// The pair asked for, and the answer.
    last: Option<(u32, u32, u32)>,
}

impl Pairs {
    /// [`merged`].
    fn merged(&mut self, left: u32, right: u32) -> u32 {
        match self.last {
            Some((known_left, known_right, answer))
                if (known_left, known_right) == (left, right) =>
            {
                answer
            }
            _ => {
                let answer = merged(left, right);
                self.last = Some((left, right, answer));
                answer
            }
        }
    }
}
