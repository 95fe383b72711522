//! The response for a client.

use crate::{
    chat::Stamp,
    dialect::{Api, Headers},
    error::Error,
    in_flight::Held,
    json::Writer,
};

/// The response for a client.
#[derive(Debug)]
pub struct Reply<S> {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body<S>,
}

impl<S> Reply<S> {
    /// Adds headers that say how much the key may still take. Web pages may read them too.
    pub(super) fn limited(mut self, mut limits: Headers) -> Self {
        let names: Vec<&str> = limits.iter().map(|(name, _)| *name).collect();
        if !names.is_empty() {
            let exposed = crate::text::joined(&names, ", ");
            self.headers.push(("access-control-expose-headers", exposed));
        }
        self.headers.append(&mut limits);
        self
    }
}

/// The body of a [`Reply`].
#[derive(Debug)]
pub enum Body<S> {
    /// No body.
    Empty,
    /// A complete text. Its bytes are counted until the client has it.
    Text(String, Option<Held>),
    /// A body that is still being written.
    Stream(S),
}

/// A reply with a JSON body.
pub(super) fn json<S>(status: u16, body: String, held: Option<Held>) -> Reply<S> {
    Reply {
        status,
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("cache-control", "no-store".to_owned()),
        ],
        body: Body::Text(body, held),
    }
}

/// That the gateway is there. Browsers get a page at the same address: `edge/page.mjs`.
pub(super) fn hello<S>() -> Reply<S> {
    let mut reply = json(200, r#"{"name":"degpt-edge","status":"ok"}"#.to_owned(), None);
    reply.headers.push(("vary", "accept".to_owned()));
    reply
}

/// No body.
pub(super) fn nothing<S>() -> Reply<S> {
    Reply { status: 204, headers: vec![("cache-control", DAY.to_owned())], body: Body::Empty }
}

/// What asks robots to stay away.
pub(super) fn robots<S>() -> Reply<S> {
    let headers =
        vec![("content-type", "text/plain".to_owned()), ("cache-control", DAY.to_owned())];
    let text = "User-agent: *\nDisallow: /\n".to_owned();
    Reply { status: 200, headers, body: Body::Text(text, None) }
}

/// For what does not change.
const DAY: &str = "max-age=86400";

/// Whether DeGPT answers, and if not, what is wrong.
pub(super) fn health<S>(checked: Result<(), Error>) -> Reply<S> {
    let body = Writer::after(Vec::new());
    match checked {
        Ok(()) => json(200, body.field("status", "ok").end(), None),
        Err(error) => {
            let body = body
                .field("status", "unavailable")
                .field("error", error.facts().kind.code())
                .field("message", &error.message());
            json(503, body.end(), None)
        }
    }
}

/// A reply with a body of another type.
pub(super) fn text<S>(content_type: &str, body: String) -> Reply<S> {
    let mut reply = json(200, body, None);
    if let Some((_, value)) = reply.headers.first_mut() {
        content_type.clone_into(value);
    }
    reply
}

/// The `retry-after` when memory is full, in seconds: about how long it takes until some
/// of the other requests are done.
const OVERLOADED_S: u64 = 2;

/// An error, as `api` spells it.
pub(super) fn error<S>(error: &Error, api: &Api, stamp: &Stamp) -> Reply<S> {
    let facts = error.facts();
    let mut reply = json(facts.status, api.error_body(error, &stamp.id), None);
    if let Some(should_retry) = facts.should_retry {
        reply.headers.push(("x-should-retry", should_retry.to_string()));
    }
    match error.cause() {
        Error::WrongMethod { allow } => reply.headers.push(("allow", (*allow).to_owned())),
        Error::Overloaded => reply.headers.push(("retry-after", OVERLOADED_S.to_string())),
        Error::OverLimit { wait_s: Some(wait_s), .. } => {
            reply.headers.push(("retry-after", wait_s.to_string()));
        }
        Error::RateLimited { retry_after: Some(retry_after) } => {
            reply.headers.push(("retry-after", retry_after.clone()));
        }
        Error::UsedUp { retry_after_s } => {
            reply.headers.push(("retry-after", retry_after_s.to_string()));
        }
        _ => {}
    }
    reply
}
