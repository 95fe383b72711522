//! Writes errors as Anthropic's API reference gives them.

use serde::Serialize;

use crate::error::{Error, Facts, Kind};

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
    // From this the SDK knows that it can go on without threads.
    let details = (kind == Kind::NoThreads)
        .then_some(Details { error_code: "thread_unsupported_request", unsupported: [] });
    let error = ErrorObject { kind: word(kind), message: &message, details };
    // Writing this to memory cannot fail.
    let _ = serde_json::to_writer(out, &Body { kind: "error", error, request_id });
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
        | Kind::Stalled => "api_error",
    }
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    error: ErrorObject<'a>,
    request_id: &'a str,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
}

#[derive(Serialize)]
struct Details {
    error_code: &'static str,
    /// The features of the request that do not work with threads: none of them is the cause.
    unsupported: [&'static str; 0],
}
