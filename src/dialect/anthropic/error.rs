//! Writes errors as Anthropic's API reference gives them.

use std::mem;

use crate::{
    error::{Error, Facts, Kind},
    json::Writer,
};

/// Appends the body of `error`.
pub(super) fn write(error: &Error, request_id: &str, out: &mut Vec<u8>) {
    let Facts { kind, .. } = error.facts();
    let mut message = error.message();
    // There is no field for the parameter, so the message begins with its path.
    if let Error::Invalid { param: Some(param), .. } = error
        && !message.trim_start_matches('`').starts_with(param.as_str())
    {
        message = format!("{param}: {message}");
    }
    let body = |out| {
        let body = Writer::after(out).field("type", word(kind)).field("message", &message);
        let body = if kind == Kind::NoThreads { body.raw("details", NO_THREADS) } else { body };
        body.end_bytes()
    };
    *out = Writer::after(mem::take(out))
        .field("type", "error")
        .written("error", body)
        .field("request_id", request_id)
        .end_bytes();
}

/// Appends the event that ends a stream.
pub(super) fn write_event(error: &Error, request_id: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"event: error\ndata: ");
    write(error, request_id, out);
    out.extend_from_slice(b"\n\n");
}

/// `error.type`.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::BadRequest
        | Kind::NoThreads
        | Kind::Rejected
        | Kind::ContextTooLong
        | Kind::WrongMethod => "invalid_request_error",
        Kind::Authentication => "authentication_error",
        Kind::Permission => "permission_error",
        Kind::UnknownModel | Kind::UnknownPath => "not_found_error",
        Kind::TooLarge => "request_too_large",
        Kind::RateLimit => "rate_limit_error",
        Kind::BodyTimeout | Kind::Timeout => "timeout_error",
        // Anthropic's own API gives it the status 529.
        Kind::Overloaded => "overloaded_error",
        Kind::Configuration
        | Kind::Internal
        | Kind::UpstreamKey
        | Kind::Declined
        | Kind::AnswerTooLarge
        | Kind::Unavailable
        | Kind::Truncated
        | Kind::Garbled
        | Kind::Stalled
        | Kind::Ledger => "api_error",
    }
}

/// From this the SDK knows that it can go on without threads. None of the request's features is the
/// cause.
const NO_THREADS: &str = r#"{"error_code":"thread_unsupported_request","unsupported":[]}"#;
