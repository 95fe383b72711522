//! The lowest layers of degpt-edge: what every byte of an answer or a request passes.
//!
//! They are a crate of their own because they are built for speed, and the rest for size: see
//! `[profile.release]` in `Cargo.toml`. A generic function is built like the crate that uses it. So
//! what reads or writes many bytes is not generic: [`json::Writer`], [`in_flight::Growing`],
//! [`sse::Decoder::push`].
//!
//! The list of layers, of which these are the first, is that of `src/lib.rs`.

pub mod base64;
pub mod chat;
pub mod degpt_chunk;
pub mod error;
pub mod headers;
pub mod in_flight;
pub mod json;
pub mod names;
pub mod notes;
mod scan;
pub mod sse;
pub mod text;
pub mod tokens;
