//! The layout of the merge table: what its writer and its reader must agree on.
//!
//! This file is compiled twice: into the crate, where `table` reads the table, and into the
//! build script, which writes it. It holds no data and has no dependencies.
//!
//! Every token of more than one byte is the merge of one pair of tokens. Few tokens are ever on
//! the left of such a pair, and few on the right. So each side has its own numbering, and a pair
//! becomes a key of [`KEY_BITS`] bits. Multiplication by an odd number permutes the keys. The
//! upper bits of the product select a bucket; the lower bits, the remainder, are stored in it.
//! The multiplication can be reversed, so bucket and remainder identify the pair exactly: an
//! entry that matches is the right one, although no key is stored.

/// The width of the number of a token among those of its side.
pub(crate) const SIDE_BITS: u32 = 14;
/// The width of a key: a left number above a right number.
pub(crate) const KEY_BITS: u32 = 2 * SIDE_BITS;
/// The logarithm of the number of buckets.
pub(crate) const BUCKET_BITS: u32 = 16;
/// The width of the remainder that an entry stores.
pub(crate) const REMAINDER_BITS: u32 = KEY_BITS - BUCKET_BITS;
/// Buckets whose sizes share one word, four bits each.
pub(crate) const BUCKETS_PER_GROUP: u32 = 16;
/// The position of a token's seventeenth bit in the upper byte of an entry, above the upper
/// bits of the remainder.
pub(crate) const TOKEN_HIGH_SHIFT: u32 = REMAINDER_BITS - 8;

/// The odd factor that spreads the keys: the golden ratio, as in Fibonacci hashing.
const FACTOR: u32 = 0x9e37_79b1;

/// The bucket of a pair, and its remainder there.
pub(crate) const fn place(left: u32, right: u32) -> (u32, u32) {
    let key = (left << SIDE_BITS) | right;
    let product = key.wrapping_mul(FACTOR) & ((1 << KEY_BITS) - 1);
    (product >> REMAINDER_BITS, product & ((1 << REMAINDER_BITS) - 1))
}
