//! DeGPT, the upstream: a [`Prompt`] into its request, its stream into events.
//!
//! Everything odd about it is kept here. Its interface is not documented; what
//! is known was read in its published source (`AIDecentralGPT/DeGPTAI`, states of
//! 2025-08 and 2026-02), so what differs from that is met with an error, never
//! with a guess that looks like an answer.

mod body;
mod fast_path;
mod request;
mod sign_in;
mod stream;
mod wire;

#[cfg(doc)]
use crate::chat::Prompt;
pub use body::Body;
pub use request::{body, size_hint};
pub use sign_in::{Token, service, sign_in_body, token};
pub use stream::Reader;

/// The path of the chat.
pub const CHAT_PATH: &str = "/api/v1/chat/completion/proxy";
/// The path of the visitor sign-in.
pub const SIGN_IN_PATH: &str = "/api/v1/auths/printSignIn";
/// The path of the service's description of itself.
pub const CONFIG_PATH: &str = "/api/config";
