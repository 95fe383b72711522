//! The vocabulary of `cl100k_base`, in order of rank.

use super::{Outcome, check};

/// The number of ordinary tokens. The vocabulary was published once and never changes.
const TOKENS: usize = 100_256;

/// The bytes of every ordinary token; its index is its rank.
pub(super) fn tokens() -> Outcome<Vec<Vec<u8>>> {
    let reference = tiktoken_rs::cl100k_base().map_err(|error| error.to_string())?;
    let mut tokens = Vec::with_capacity(TOKENS);
    // The first number without a token ends the ordinary ones: the special
    // tokens follow after that gap.
    for rank in 0.. {
        match reference.decode_bytes(&[rank]) {
            Ok(bytes) => tokens.push(bytes),
            Err(_) => break,
        }
    }
    check(tokens.len() == TOKENS, "the vocabulary of cl100k_base has an unexpected size")?;
    Ok(tokens)
}
