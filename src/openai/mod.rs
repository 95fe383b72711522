//! OpenAI's Chat Completions: its requests into a [`Prompt`], events into its answers.

mod answer;
mod choice;
mod request;
mod tools;
mod wire;

#[cfg(doc)]
use crate::chat::Prompt;
pub use answer::{Encoder, completion};
pub use request::parse;
