//! Every error in both dialects: the table of statuses and types, pinned, and the
//! two shapes as clients need them, before the first byte and after it.

use crate::support::apis::{ANTHROPIC, OPENAI, frame};
use degpt_edge::error::Error;
use serde_json::{Value, json};

const BAD: &str = "invalid_request_error";
const SERVER: &str = "server_error";
const REQUEST_ID: &str = "stamp-1";

/// What the official clients are told of an error.
#[derive(Clone, Copy)]
struct Told {
    status: u16,
    openai_type: &'static str,
    openai_code: Option<&'static str>,
    anthropic_type: &'static str,
    should_retry: Option<bool>,
}

/// One of each, with what the official clients are told of it.
#[rustfmt::skip]
fn all() -> Vec<(Error, Told)> {
    type Row = (Error, u16, &'static str, Option<&'static str>, &'static str, Option<bool>);
    let invalid = |param: Option<&str>| Error::Invalid {
        param: param.map(str::to_owned),
        message: "x".repeat(1_000),
    };
    let over_limit =
        |wait_s| Error::OverLimit { what: "requests per minute", limit: 60, wait_s };
    let rows: [Row; 36] = [
        (invalid(None), 400, BAD, None, BAD, None),
        (invalid(Some("messages[0].role")), 400, BAD, None, BAD, None),
        (Error::BodyUnreadable, 400, BAD, None, BAD, None),
        (Error::NoThreads("thread"), 400, BAD, Some("previous_response_not_found"), BAD, None),
        (Error::UpstreamRejects, 400, BAD, Some("upstream_rejected"), BAD, None),
        (Error::PromptTooLong, 400, BAD, Some("context_length_exceeded"), BAD, None),
        (Error::MissingKey, 401, BAD, Some("invalid_api_key"), "authentication_error", None),
        (Error::WrongKey, 401, BAD, Some("invalid_api_key"), "authentication_error", None),
        (Error::NoKeysConfigured, 401, BAD, Some("invalid_api_key"), "authentication_error", None),
        (Error::KeyExpired, 401, BAD, Some("invalid_api_key"), "authentication_error", None),
        (Error::ModelForbidden("a\"\nb".repeat(200)), 403, BAD, Some("insufficient_permissions"), "permission_error", None),
        (over_limit(Some(60)), 429, "rate_limit_exceeded", Some("rate_limit_exceeded"), "rate_limit_error", None),
        (over_limit(None), 429, "rate_limit_exceeded", Some("rate_limit_exceeded"), "rate_limit_error", Some(false)),
        (Error::LedgerFailed, 503, SERVER, Some("ledger_unavailable"), "api_error", None),
        (Error::ClientKeyRefused, 401, BAD, Some("invalid_api_key"), "authentication_error", None),
        (Error::UpstreamForbids, 403, BAD, Some("insufficient_permissions"), "permission_error", None),
        (Error::UnknownModel { name: "a\"\nb".repeat(200), nearest: "`a`".to_owned() }, 404, BAD, Some("model_not_found"), "not_found_error", None),
        (Error::UpstreamLacks, 404, BAD, Some("model_not_found"), "not_found_error", None),
        (Error::UnknownPath("/\u{2028}\r\n\n".repeat(200)), 404, BAD, Some("unknown_url"), "not_found_error", None),
        (Error::WrongMethod { allow: "GET" }, 405, BAD, Some("method_not_allowed"), BAD, None),
        (Error::BodyTooLarge { limit_bytes: 5 }, 413, BAD, Some("request_too_large"), "request_too_large", None),
        (Error::UpstreamTooLarge, 413, BAD, Some("request_too_large"), "request_too_large", None),
        (Error::UnknownEncoding("`\n".repeat(400)), 415, BAD, None, BAD, None),
        (Error::BodyTimeout, 408, BAD, Some("request_timeout"), "timeout_error", None),
        (Error::Overloaded, 503, SERVER, Some("overloaded"), "overloaded_error", None),
        (Error::RateLimited { retry_after: None }, 429, "rate_limit_exceeded", Some("rate_limit_exceeded"), "rate_limit_error", None),
        (Error::Config { name: "API_KEYS", rule: "a rule".into() }, 500, SERVER, Some("configuration_error"), "api_error", Some(false)),
        (Error::UsedUp { retry_after_s: 60 }, 429, "rate_limit_exceeded", Some("rate_limit_exceeded"), "rate_limit_error", Some(false)),
        (Error::Internal, 500, SERVER, Some("internal_error"), "api_error", None),
        (Error::DeploymentKeyRefused, 502, SERVER, Some("upstream_key_refused"), "api_error", Some(false)),
        (Error::Declined, 502, SERVER, Some("upstream_declined"), "api_error", Some(false)),
        (Error::AnswerTooLarge, 502, SERVER, Some("upstream_answer_too_large"), "api_error", Some(false)),
        (Error::Unavailable, 502, SERVER, Some("upstream_unavailable"), "api_error", None),
        (Error::Truncated, 502, SERVER, Some("upstream_truncated"), "api_error", None),
        (Error::Garbled, 502, SERVER, Some("upstream_garbled"), "api_error", None),
        (Error::Stalled, 502, SERVER, Some("upstream_stalled"), "api_error", None),
    ];
    let timeout = (Error::Timeout, 504, SERVER, Some("upstream_timeout"), "timeout_error", None);
    let overdue = (Error::Overdue, 504, SERVER, Some("upstream_timeout"), "timeout_error", Some(false));
    let first = Box::new(Error::RateLimited { retry_after: Some("7".to_owned()) });
    let none = (Error::NoneAnswers { asked: 3, first }, 429, "rate_limit_exceeded", Some("rate_limit_exceeded"), "rate_limit_error", None);
    let rows = rows.into_iter().chain([timeout, overdue, none]);
    rows.map(|(error, status, openai_type, openai_code, anthropic_type, should_retry)| {
        (error, Told { status, openai_type, openai_code, anthropic_type, should_retry })
    })
    .collect()
}

/// A place for each variant: a new one does not compile until it has a row in [`all`].
fn place(error: &Error) -> usize {
    match error {
        Error::Invalid { .. } => 0,
        Error::BodyUnreadable => 1,
        Error::BodyTooLarge { .. } => 2,
        Error::UnknownEncoding(_) => 30,
        Error::MissingKey => 3,
        Error::WrongKey => 4,
        Error::NoKeysConfigured => 5,
        Error::UnknownModel { .. } => 6,
        Error::UnknownPath(_) => 7,
        Error::WrongMethod { .. } => 8,
        Error::Config { .. } => 9,
        Error::ClientKeyRefused => 10,
        Error::DeploymentKeyRefused => 11,
        Error::UpstreamForbids => 12,
        Error::UpstreamLacks => 13,
        Error::UpstreamTooLarge => 14,
        Error::PromptTooLong => 15,
        Error::UpstreamRejects => 16,
        Error::RateLimited { .. } => 17,
        Error::Unavailable => 18,
        Error::Declined => 19,
        Error::Timeout => 20,
        Error::Stalled => 21,
        Error::Truncated => 22,
        Error::Garbled => 23,
        Error::AnswerTooLarge => 24,
        Error::Internal => 25,
        Error::NoThreads(_) => 26,
        Error::Overdue => 27,
        Error::BodyTimeout => 28,
        Error::Overloaded => 29,
        Error::KeyExpired => 33,
        Error::ModelForbidden(_) => 34,
        Error::OverLimit { .. } => 35,
        Error::LedgerFailed => 36,
        Error::NoneAnswers { .. } => 32,
        Error::UsedUp { .. } => 31,
    }
}

#[test]
fn the_table_names_every_error() {
    let mut places: Vec<usize> = all().iter().map(|(error, _)| place(error)).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places, (0..37).collect::<Vec<_>>());
}

#[test]
fn the_table_is_this() {
    for (error, told) in all() {
        let facts = error.facts();
        let found = (facts.status, facts.should_retry);
        assert_eq!(found, (told.status, told.should_retry), "{error:?}");
    }
}

#[test]
fn only_a_repeat_that_is_pointless_is_advised_against() {
    for (error, told) in all() {
        // Official clients repeat these by themselves, and no others.
        let repeated = matches!(told.status, 408 | 409 | 429 | 500..);
        assert!(told.should_retry.is_none() || repeated, "{error:?}");
    }
}

#[test]
fn bodies_have_the_keys_that_clients_need() {
    for (error, told) in all() {
        let body = json(&OPENAI.error_body(&error, REQUEST_ID));
        let message = body["error"]["message"].clone();
        let param = match &error {
            Error::Invalid { param, .. } => json!(param),
            Error::UnknownModel { .. } | Error::ModelForbidden(_) => json!("model"),
            Error::NoThreads(field) => json!(field),
            _ => Value::Null,
        };
        let expected = json!({"error": {
            "message": message, "type": told.openai_type, "param": param,
            "code": told.openai_code,
        }});
        assert_eq!(body, expected);
        assert_eq!(message.as_str(), Some(error.message().as_str()));

        let body = json(&ANTHROPIC.error_body(&error, REQUEST_ID));
        let message = body["error"]["message"].clone();
        let mut expected = json!({
            "type": "error",
            "error": {"type": told.anthropic_type, "message": message},
            "request_id": REQUEST_ID,
        });
        if error == Error::NoThreads("thread") {
            expected["error"]["details"] =
                json!({"error_code": "thread_unsupported_request", "unsupported": []});
        }
        assert_eq!(body, expected);
        assert!(message.as_str().is_some_and(|text| text.ends_with(&error.message())));
    }
}

#[test]
fn frames_are_one_event_with_the_body_as_its_data() {
    for (error, _) in all() {
        for (api, head) in [(OPENAI, "data: "), (ANTHROPIC, "event: error\ndata: ")] {
            let out = frame(api, &error, REQUEST_ID);
            let body = api.error_body(&error, REQUEST_ID);
            assert_eq!(String::from_utf8_lossy(&out), format!("{head}{body}\n\n"));
            assert!(!body.contains(['\n', '\r']), "a frame of several lines: {body}");
        }
    }
}

#[test]
fn messages_are_sentences_of_a_readable_length() {
    for (error, _) in all() {
        let message = error.message();
        let length = message.chars().count();
        assert!((10..=401).contains(&length), "{length}: {message}");
    }
}

#[test]
fn anthropic_clients_learn_the_field_from_the_message() {
    let error = Error::invalid("messages[0].role", "`role` is missing.");
    let message = |error: &Error| {
        let body = json(&ANTHROPIC.error_body(error, REQUEST_ID));
        body["error"]["message"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(message(&error), "messages[0].role: `role` is missing.");
    let error = Error::invalid("limit", "limit: too high.");
    assert_eq!(message(&error), "limit: too high.");
    // What agents look for before they shorten their history.
    assert!(message(&Error::PromptTooLong).contains("prompt is too long"));
}

fn json(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|error| unreachable!("{error}: {body}"))
}

#[test]
fn the_last_resort_says_what_an_internal_fault_does() {
    let entry = include_str!("../../../src/edge/calls.mjs");
    let message = Error::Internal.message();
    let all = all();
    let (_, told) = all.iter().find(|(error, _)| *error == Error::Internal).unwrap();
    let code = told.openai_code.unwrap_or_default();
    for said in [message.as_str(), told.anthropic_type, code] {
        assert!(entry.contains(&format!("\"{said}\"")), "{said}");
    }
    assert!(entry.contains(&format!("status: {}", told.status)));
}
