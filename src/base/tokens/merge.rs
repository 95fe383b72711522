//! Byte-pair merging of one piece of text.
//!
//! A piece starts as single bytes. Of all adjacent pairs that are tokens, the one of lowest rank
//! is merged, the leftmost first among equals, until no pair is a token. For short pieces, which
//! are nearly all, each step searches all pairs for the lowest rank and needs no memory but the
//! stack. [`Scratch`] merges the longer ones.
//!
//! This module does not know where pieces start and end: `scanner` decides that.

use super::{
    merge_long::Scratch,
    table::{NONE, merged, of_byte},
};

/// The longest piece that is merged on the stack: one bit of a word for each byte.
const SHORT: usize = 64;

/// The number of tokens of a piece.
#[inline]
pub(super) fn count(piece: &[u8], scratch: &mut Scratch) -> u64 {
    match piece.len() {
        length @ (0 | 1) => length as u64,
        2..=16 => short::<16>(piece),
        17..=SHORT => short::<SHORT>(piece),
        _ => scratch.merge(piece).len() as u64,
    }
}

/// [`count`] for at most `N` bytes.
///
/// A part stays at the place of its first byte; `alive` has a bit for each, and
/// the key of a pair is its rank above the place of its left part. The lowest
/// key is thus the leftmost pair of lowest rank.
#[expect(
    clippy::indexing_slicing,
    reason = "every place is reduced modulo N, the length of the arrays"
)]
fn short<const N: usize>(piece: &[u8]) -> u64 {
    const PLACE_BITS: u32 = 6;
    const { assert!(N.is_power_of_two() && N <= SHORT && SHORT == 1 << PLACE_BITS) };
    let key = |left: u32, right: u32, place: u32| match merged(left, right) {
        NONE => NONE,
        rank => rank << PLACE_BITS | place,
    };
    let at = |place: u32| place as usize % N;

    let mut tokens = [NONE; N];
    let mut keys = [NONE; N];
    let mut length = 0;
    for &byte in piece.iter().take(N) {
        tokens[at(length)] = of_byte(byte);
        length += 1;
    }
    for right in 1..length {
        let left = right - 1;
        keys[at(left)] = key(tokens[at(left)], tokens[at(right)], left);
    }
    let used = (length as usize).min(N);
    let mut alive = u64::MAX >> (64 - length.clamp(1, 64));
    loop {
        let lowest = keys[..used].iter().fold(NONE, |low, &key| low.min(key));
        if lowest == NONE {
            return u64::from(alive.count_ones());
        }
        let (rank, left) = (lowest >> PLACE_BITS, lowest % (1 << PLACE_BITS));
        // A pair has a part on its right, so a higher bit is set.
        let above = alive & (u64::MAX << left << 1);
        let right = above.trailing_zeros();
        let above = above & above.wrapping_sub(1);
        alive &= !(1 << (right % 64));
        keys[at(right)] = NONE;
        tokens[at(left)] = rank;
        keys[at(left)] = match above {
            0 => NONE,
            _ => key(rank, tokens[at(above.trailing_zeros())], left),
        };
        let below = alive & ((1 << left) - 1);
        if below != 0 {
            let previous = below.ilog2();
            keys[at(previous)] = key(tokens[at(previous)], rank, previous);
        }
    }
}
