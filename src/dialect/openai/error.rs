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
    const BAD: &str = "invalid_request_error";
    const SERVER: &str = "server_error";
    let code = Some(kind.name());
    match kind {
        Kind::BadRequest => (BAD, None),
        Kind::RateLimit => ("rate_limit_exceeded", code),
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
        | Kind::Timeout => (SERVER, code),
        _ => (BAD, code),
    }
}
