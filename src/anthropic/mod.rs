//! Anthropic's Messages: its requests into a [`Prompt`], events into its answers.
//!
//! Serves both versions of the API in the field, `2023-06-01` and `2026-10-21`:
//! what differs between them (the key's header, `?beta=true`, a few request
//! fields) is accepted in either form.

mod answer;
mod blocks;
mod inner;
mod known_tools;
mod offers;
mod request;
mod stock;
mod tools;
mod wire;

#[cfg(doc)]
use crate::chat::Prompt;
pub use answer::{Encoder, message};
pub use request::parse;
