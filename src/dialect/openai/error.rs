//! Writes errors as OpenAI's API reference gives them.

use std::mem;

use crate::{
    error::{Error, Facts, Kind},
    json::Writer,
};

/// Appends the body of `error`. It has no request id: that is in a header.
pub(super) fn write(error: &Error, _request_id: &str, out: &mut Vec<u8>) {
    let Facts { kind, .. } = error.facts();
    let (kind, code) = words(kind);
    // All four keys are required; `param` and `code` may be null.
    let body = |out| {
        Writer::after(out)
            .field("message", &error.message())
            .field("type", kind)
            .maybe("param", error.param())
            .maybe("code", code)
            .end_bytes()
    };
    *out = Writer::after(mem::take(out)).written("error", body).end_bytes();
}

/// Appends the event that ends a stream.
pub(super) fn write_event(error: &Error, out: &mut Vec<u8>) {
    out.extend_from_slice(b"data: ");
    write(error, "", out);
    out.extend_from_slice(b"\n\n");
}

/// `error.type` and `error.code`.
fn words(kind: Kind) -> (&'static str, Option<&'static str>) {
    let word = match kind {
        Kind::RateLimit => "rate_limit_exceeded",
        Kind::Configuration
        | Kind::Internal
        | Kind::UpstreamKey
        | Kind::Declined
        | Kind::AnswerTooLarge
        | Kind::Unavailable
        | Kind::Truncated
        | Kind::Garbled
        | Kind::Stalled
        | Kind::Overloaded
        | Kind::Ledger
        | Kind::Timeout => "server_error",
        Kind::BadRequest
        | Kind::NoThreads
        | Kind::Rejected
        | Kind::ContextTooLong
        | Kind::Authentication
        | Kind::Permission
        | Kind::UnknownModel
        | Kind::UnknownPath
        | Kind::WrongMethod
        | Kind::BodyTimeout
        | Kind::TooLarge => "invalid_request_error",
    };
    // OpenAI has none for the most usual error.
    (word, (kind != Kind::BadRequest).then(|| kind.code()))
}
