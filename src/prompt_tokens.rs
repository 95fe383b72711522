//! The number of tokens of a request: exact for its text, an estimate for the rest.
//!
//! The text is counted with `cl100k_base`, like answers. The tokens around a message and those of
//! an image differ by model and are not known here, so both are constants; docs/behaviour.md lists
//! them.

use crate::{
    chat::{Part, Prompt},
    tokens,
};

/// Tokens around each message: OpenAI's documented number for its chat models.
pub const PER_MESSAGE: u64 = 3;
/// Tokens for the start of the answer.
pub const PER_REQUEST: u64 = 3;
/// Tokens for an image: OpenAI's documented number for 1024 by 1024 pixels.
pub const PER_IMAGE: u64 = 765;
/// Tokens for a document: about two pages of text.
pub const PER_FILE: u64 = 1_500;

/// The tokens of a whole request.
#[must_use]
pub fn count(prompt: &Prompt<'_>) -> u64 {
    let turns = prompt.turns.iter().map(|turn| PER_MESSAGE + parts(&turn.parts));
    PER_REQUEST + turns.sum::<u64>()
}

fn parts(list: &[Part<'_>]) -> u64 {
    let tokens = list.iter().map(|part| match part {
        Part::Text(text) => tokens::count(text),
        Part::Image(_) => PER_IMAGE,
        Part::File { .. } => PER_FILE,
        Part::ToolCall { name, arguments, .. } => tokens::count(name) + tokens::count(arguments),
        Part::ToolResult { parts: inner, .. } => parts(inner),
    });
    tokens.sum()
}
