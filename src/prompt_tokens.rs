//! How many tokens a request has: exact for its words, an estimate for the rest.
//!
//! The words are counted with `cl100k_base` like answers are. What surrounds a
//! message and what a picture costs differs by model and is not known here, so
//! both are constants; README names them.

use crate::{
    chat::{Part, Prompt},
    tokens,
};

/// Tokens for what surrounds each message: what OpenAI documents for its chat models.
pub const PER_MESSAGE: u64 = 3;
/// Tokens for the beginning of the answer.
pub const PER_REQUEST: u64 = 3;
/// Tokens for a picture: what OpenAI documents for one of 1024 by 1024 pixels.
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
