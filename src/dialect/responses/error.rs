//! The error within a response that failed.

use crate::{
    error::{Error, Kind},
    json::Writer,
};

/// The error as JSON.
pub(super) fn object(error: &Error) -> String {
    Writer::after(Vec::new())
        .field("code", code(error.facts().kind))
        .field("message", &error.message())
        .end()
}

/// Clients act upon these: Codex shortens its conversation, or waits and asks again.
fn code(kind: Kind) -> &'static str {
    match kind {
        Kind::ContextTooLong => "context_length_exceeded",
        Kind::RateLimit => "rate_limit_exceeded",
        Kind::Overloaded => "server_is_overloaded",
        Kind::BadRequest | Kind::NoThreads | Kind::Rejected | Kind::TooLarge => "invalid_prompt",
        _ => "server_error",
    }
}
