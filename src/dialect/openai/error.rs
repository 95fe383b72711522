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
    match kind {
        Kind::BadRequest => (BAD, None),
        Kind::NoThreads => (BAD, Some("previous_response_not_found")),
        Kind::Rejected => (BAD, Some("upstream_rejected")),
        Kind::ContextTooLong => (BAD, Some("context_length_exceeded")),
        Kind::Authentication => (BAD, Some("invalid_api_key")),
        Kind::Permission => (BAD, Some("insufficient_permissions")),
        Kind::UnknownModel => (BAD, Some("model_not_found")),
        Kind::UnknownPath => (BAD, Some("unknown_url")),
        Kind::WrongMethod => (BAD, Some("method_not_allowed")),
        Kind::BodyTimeout => (BAD, Some("request_timeout")),
        Kind::TooLarge => (BAD, Some("request_too_large")),
        Kind::RateLimit => ("rate_limit_exceeded", Some("rate_limit_exceeded")),
        Kind::Configuration => (SERVER, Some("configuration_error")),
        Kind::Internal => (SERVER, Some("internal_error")),
        Kind::UpstreamKey => (SERVER, Some("upstream_key_refused")),
        Kind::Declined => (SERVER, Some("upstream_declined")),
        Kind::AnswerTooLarge => (SERVER, Some("upstream_answer_too_large")),
        Kind::Unavailable => (SERVER, Some("upstream_unavailable")),
        Kind::Truncated => (SERVER, Some("upstream_truncated")),
        Kind::Garbled => (SERVER, Some("upstream_garbled")),
        Kind::Stalled => (SERVER, Some("upstream_stalled")),
        Kind::Overloaded => (SERVER, Some("overloaded")),
        Kind::Ledger => (SERVER, Some("ledger_unavailable")),
        Kind::Timeout => (SERVER, Some("upstream_timeout")),
    }
}
