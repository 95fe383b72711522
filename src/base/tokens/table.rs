//! The merge table: which token a pair of adjacent tokens becomes.
//!
//! The build script writes it in its final form, so there is no start-up work. A token is its
//! rank, and merges of lower rank go first, so one lookup gives both the token and its rank.
//! `layout` says how a pair finds its entry.

use super::layout::{BUCKETS_PER_GROUP, REMAINDER_BITS, TOKEN_HIGH_SHIFT, place};

/// The result for a pair that is not a token. It ranks after every token.
pub(super) const NONE: u32 = u32::MAX;

/// Includes a table as chunks of bytes.
macro_rules! table {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name)).as_chunks().0
    };
}

/// The token of every byte: one of the first 256.
static BYTES: &[u8; 256] = include_bytes!(concat!(env!("OUT_DIR"), "/tokens_bytes.bin"));
/// The length of the longest token that starts with a byte.
static REACH: &[u8; 256] = include_bytes!(concat!(env!("OUT_DIR"), "/tokens_reach.bin"));
/// The tokens that stand on the left of a pair.
static LEFT: Side =
    Side { bits: table!("tokens_left_bits.bin"), base: table!("tokens_left_base.bin") };
/// The tokens that stand on the right of a pair.
static RIGHT: Side =
    Side { bits: table!("tokens_right_bits.bin"), base: table!("tokens_right_base.bin") };
/// The sizes of the buckets of a group, four bits each.
static GROUP_SIZES: &[[u8; 8]] = table!("tokens_group_sizes.bin");
/// The entries before a group.
static GROUP_BASE: &[[u8; 4]] = table!("tokens_group_base.bin");
/// Of every entry, two bytes of its token and one of its remainder.
static ENTRY_LOW: &[[u8; 3]] = table!("tokens_entry_low.bin");
/// Of every entry, the upper bits of its remainder and above them of its token.
static ENTRY_HIGH: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tokens_entry_high.bin"));

/// A set of tokens that numbers its members.
struct Side {
    /// One bit for each token.
    bits: &'static [[u8; 8]],
    /// The members before each word of bits.
    base: &'static [[u8; 2]],
}

impl Side {
    /// The number of a token, if it is a member.
    #[inline]
    fn number(&self, token: u32) -> Option<u32> {
        let word = token as usize / 64;
        let bits = u64::from_le_bytes(*self.bits.get(word)?);
        let bit = 1 << (token % 64);
        if bits & bit == 0 {
            return None;
        }
        let base = u16::from_le_bytes(*self.base.get(word)?);
        Some(u32::from(base) + (bits & (bit - 1)).count_ones())
    }
}

/// The token of a single byte.
#[inline]
pub(super) fn of_byte(byte: u8) -> u32 {
    BYTES.get(usize::from(byte)).map_or(NONE, |&token| u32::from(token))
}

/// The length of the longest token that starts with `byte`.
#[inline]
pub(super) fn reach(byte: u8) -> usize {
    REACH.get(usize::from(byte)).map_or(0, |&length| usize::from(length))
}

/// The token that `left` and `right` merge into, or [`NONE`].
#[inline]
pub(super) fn merged(left: u32, right: u32) -> u32 {
    find(left, right).unwrap_or(NONE)
}

/// Like [`merged`], but `None` for a pair that is not a token.
#[inline]
fn find(left: u32, right: u32) -> Option<u32> {
    let (bucket, remainder) = place(LEFT.number(left)?, RIGHT.number(right)?);
    let group = (bucket / BUCKETS_PER_GROUP) as usize;
    let shift = 4 * (bucket % BUCKETS_PER_GROUP);
    let sizes = u64::from_le_bytes(*GROUP_SIZES.get(group)?);
    let before = sum_of_nibbles(sizes & ((1 << shift) - 1));
    let start = (u32::from_le_bytes(*GROUP_BASE.get(group)?) + before) as usize;
    let end = start + (sizes >> shift & 15) as usize;
    let [wanted_low, wanted_high, ..] = remainder.to_le_bytes();

    let low = ENTRY_LOW.get(start..end)?;
    let high = ENTRY_HIGH.get(start..end)?;
    for (&[token_low, token_middle, remainder_low], &high) in low.iter().zip(high) {
        if remainder_low == wanted_low && high & HIGH_MASK == wanted_high {
            let token = [token_low, token_middle, high >> TOKEN_HIGH_SHIFT, 0];
            return Some(u32::from_le_bytes(token));
        }
    }
    None
}

/// The bits of the upper byte of an entry that belong to its remainder.
const HIGH_MASK: u8 = (1 << (REMAINDER_BITS - 8)) - 1;

/// The sum of the sixteen nibbles of a word.
#[inline]
fn sum_of_nibbles(word: u64) -> u32 {
    const LOW: u64 = 0x0f0f_0f0f_0f0f_0f0f;
    let bytes = (word & LOW) + (word >> 4 & LOW);
    // Each byte holds at most 30, so the sum of the eight, which gathers in the
    // top byte, does not overflow it.
    (bytes.wrapping_mul(0x0101_0101_0101_0101) >> 56) as u32
}
