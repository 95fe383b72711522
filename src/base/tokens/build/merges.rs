//! Makes the merge table from the vocabulary.
//!
//! The reference implementation joins two adjacent parts when their bytes together are a token.
//! The table is for pairs of tokens instead. The two are equivalent if encoding the bytes of each
//! token yields that token. For a part that was not joined to anything outside has gone through
//! the same merges as its bytes would alone, so it can only come from the one pair that is found
//! here. [`pairs`] fails if this does not hold for a token.

use std::collections::HashMap;

use super::{
    Outcome, check,
    layout::{BUCKET_BITS, BUCKETS_PER_GROUP, REMAINDER_BITS, SIDE_BITS, TOKEN_HIGH_SHIFT, place},
};

/// The largest size of a bucket that fits into its four bits.
const BUCKET_MAX: usize = 15;

/// A pair of neighbouring tokens: left, right.
type Pair = (u32, u32);

/// The tables as bytes, all numbers with the low byte first.
pub(super) struct Table {
    /// The token of every single byte.
    pub(super) bytes: Vec<u8>,
    /// The length of the longest token that starts with a byte.
    pub(super) reach: Vec<u8>,
    /// The tokens that stand on the left of a pair.
    pub(super) left: Side,
    /// The tokens that stand on the right of a pair.
    pub(super) right: Side,
    /// The sizes of the buckets, four bits each.
    pub(super) group_sizes: Vec<u8>,
    /// The entries before each group of buckets, four bytes each.
    pub(super) group_base: Vec<u8>,
    /// Of every entry, the lower two bytes of its token and the lower byte of
    /// its remainder.
    pub(super) entry_low: Vec<u8>,
    /// Of every entry, the upper bits of both.
    pub(super) entry_high: Vec<u8>,
}

/// The tokens of one side as a set that can number its members.
pub(super) struct Side {
    /// One bit for each token, in words of eight bytes.
    pub(super) bits: Vec<u8>,
    /// The members before each word, two bytes each.
    pub(super) base: Vec<u8>,
    /// The number of every member.
    numbers: HashMap<u32, u32>,
}

impl Table {
    /// The table of a vocabulary.
    pub(super) fn of(tokens: &[Vec<u8>]) -> Outcome<Self> {
        let (bytes, reach) = single_bytes(tokens)?;
        let pairs = pairs(tokens, &bytes)?;
        let left = Side::of(tokens.len(), pairs.keys().map(|pair| pair.0))?;
        let right = Side::of(tokens.len(), pairs.keys().map(|pair| pair.1))?;

        let mut buckets = vec![Vec::new(); 1 << BUCKET_BITS];
        for (pair, &token) in &pairs {
            let numbers = left.numbers.get(&pair.0).zip(right.numbers.get(&pair.1));
            let (&from, &to) = numbers.ok_or("a token of a pair has no number")?;
            let (bucket, remainder) = place(from, to);
            buckets
                .get_mut(bucket as usize)
                .ok_or("a pair falls outside the buckets")?
                .push((remainder, token));
        }

        let mut table = Self {
            bytes,
            reach,
            left,
            right,
            group_sizes: Vec::new(),
            group_base: Vec::new(),
            entry_low: Vec::new(),
            entry_high: Vec::new(),
        };
        let mut written = 0_u32;
        for group in buckets.chunks_mut(BUCKETS_PER_GROUP as usize) {
            table.group_base.extend(written.to_le_bytes());
            for halves in group.chunks_mut(2) {
                let mut sizes = 0;
                for (half, bucket) in halves.iter_mut().enumerate() {
                    check(bucket.len() <= BUCKET_MAX, "a bucket is too large")?;
                    // The order of a hash map is not the same in every build.
                    bucket.sort_unstable();
                    sizes |= u8::try_from(bucket.len())? << (4 * half);
                    for &(remainder, token) in bucket.iter() {
                        table.push(remainder, token)?;
                        written += 1;
                    }
                }
                table.group_sizes.push(sizes);
            }
        }
        Ok(table)
    }

    /// Writes one entry.
    fn push(&mut self, remainder: u32, token: u32) -> Outcome<()> {
        check(
            remainder < 1 << REMAINDER_BITS && token < 1 << 17,
            "an entry does not fit into its bits",
        )?;
        let [low, middle, high, _] = token.to_le_bytes();
        let [remainder_low, remainder_high, ..] = remainder.to_le_bytes();
        self.entry_low.extend([low, middle, remainder_low]);
        self.entry_high.push(remainder_high | (high << TOKEN_HIGH_SHIFT));
        Ok(())
    }
}

impl Side {
    /// The set of `members` among `tokens` tokens.
    fn of(tokens: usize, members: impl Iterator<Item = u32>) -> Outcome<Self> {
        let mut words = vec![0_u64; tokens.div_ceil(64)];
        for member in members {
            if let Some(word) = words.get_mut(member as usize / 64) {
                *word |= 1 << (member % 64);
            }
        }
        let mut side = Self {
            bits: words.iter().flat_map(|word| word.to_le_bytes()).collect(),
            base: Vec::new(),
            numbers: HashMap::new(),
        };
        let mut number = 0_u32;
        for (word, first) in words.iter().zip((0_u32..).step_by(64)) {
            side.base.extend(u16::try_from(number)?.to_le_bytes());
            for bit in (0..64).filter(|bit| word >> bit & 1 == 1) {
                side.numbers.insert(first + bit, number);
                number += 1;
            }
        }
        check(number <= 1 << SIDE_BITS, "more tokens on one side than can be numbered")?;
        Ok(side)
    }
}

/// The token of every byte, and the longest token that starts with it.
fn single_bytes(tokens: &[Vec<u8>]) -> Outcome<(Vec<u8>, Vec<u8>)> {
    let mut single = vec![None; 256];
    let mut reach = vec![0; 256];
    for (rank, token) in tokens.iter().enumerate() {
        let first = usize::from(*token.first().ok_or("a token is empty")?);
        if let Some(longest) = reach.get_mut(first) {
            *longest = u8::try_from(token.len())?.max(*longest);
        }
        if let ([_], Some(slot)) = (token.as_slice(), single.get_mut(first)) {
            *slot = Some(u8::try_from(rank)?);
        }
    }
    let single: Option<Vec<u8>> = single.into_iter().collect();
    Ok((single.ok_or("a byte is no token")?, reach))
}

/// For each token of several bytes, the pair that merges into it. It is found by encoding the
/// token's bytes with the tokens of lower rank.
fn pairs(tokens: &[Vec<u8>], single: &[u8]) -> Outcome<HashMap<Pair, u32>> {
    let mut pairs = HashMap::with_capacity(tokens.len());
    for (token, bytes) in (0_u32..).zip(tokens) {
        let mut parts: Vec<u32> = bytes
            .iter()
            .filter_map(|&byte| single.get(usize::from(byte)))
            .map(|&byte| u32::from(byte))
            .collect();
        while let Some((place, merged)) = lowest(&parts, &pairs) {
            parts.splice(place..place + 2, [merged]);
        }
        match *parts.as_slice() {
            [part] => check(part == token, "two tokens have the same bytes")?,
            [left, right] => {
                pairs.insert((left, right), token);
            }
            _ => return Err(format!("token {token} does not come out of its bytes").into()),
        }
    }
    Ok(pairs)
}

/// The first of the merges of lowest rank that `parts` allow.
fn lowest(parts: &[u32], pairs: &HashMap<Pair, u32>) -> Option<(usize, u32)> {
    let neighbours = parts.iter().zip(parts.get(1..)?).enumerate();
    neighbours
        .filter_map(|(place, (&left, &right))| Some((place, *pairs.get(&(left, right))?)))
        .min_by_key(|&(_, merged)| merged)
}
