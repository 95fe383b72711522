//! DeGPT, the upstream: a [`Prompt`] into its request, its stream into events.
//!
//! All of DeGPT's peculiarities are handled here. Its interface is not documented: it was
//! read in its published source (`AIDecentralGPT/DeGPTAI`, as of 2025-08 and 2026-02).
//! Whatever differs from that is an error, never a guess that looks like an answer.

mod body;
mod request;
mod sign_in;
mod stream;
mod wire;

#[cfg(doc)]
use crate::chat::Prompt;
pub use body::Body;
pub use request::{body, size_hint};
pub use sign_in::{Token, count_body, is_used_up, service, sign_in_body, token};
pub use stream::Reader;

/// The path of the chat.
pub const CHAT_PATH: &str = "/api/v1/chat/completion/proxy";
/// The path of the visitor sign-in.
pub const SIGN_IN_PATH: &str = "/api/v1/auths/printSignIn";
/// The path of the visitor's daily number.
pub const COUNT_PATH: &str = "/api/v1/conversation/refresh";
/// The path of the service's description of itself.
pub const CONFIG_PATH: &str = "/api/config";
