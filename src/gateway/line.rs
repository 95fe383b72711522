//! The line in the log that each request has.
//!
//! It is one JSON object, to which the runtime adds the time and the id. docs/logs.md has its
//! fields.

use crate::{
    config::LogRequests,
    json::Writer,
    record::{Asked, Notes, Question, Record, Why},
    runtime::Runtime,
};

/// The status that is logged if the client left before it got one.
const LEFT: u16 = 499;

/// The record of a request that came now. Its line is logged when it is closed.
pub(super) fn record<E: Runtime>(edge: &E, what: LogRequests) -> Record {
    let (edge, since_ms) = (edge.clone(), edge.now_ms());
    let close = move |notes: &Notes| {
        if is_logged(notes, what) {
            edge.log(&line(notes, edge.now_ms()));
        }
    };
    Record::open(since_ms, Box::new(close))
}

/// What begins the line.
pub(super) fn question(question: &Question) -> String {
    asked(question).end()
}

fn is_logged(notes: &Notes, what: LogRequests) -> bool {
    // An error in a stream has a status that was not sent.
    let status = notes.error.map_or(notes.status, |error| error.status.max(notes.status));
    let least = match what {
        LogRequests::All => 0,
        LogRequests::Errors => 400,
        LogRequests::Off => 500,
    };
    status >= least
}

fn line(notes: &Notes, now_ms: u64) -> String {
    let Notes { since_ms, status, error, answered, attempts, failed, begun_ms, usage, .. } = notes;
    let since = |then_ms: u64| then_ms.saturating_sub(*since_ms);
    let maybe = |number: Option<u64>| number.map_or_else(|| "null".to_owned(), |it| it.to_string());
    let line = asked(&notes.question)
        .number("status", if *status == 0 { LEFT } else { *status }.into())
        .maybe("error", error.map(|error| error.kind.code()));
    let line = match answered {
        Some(answered) => who(line, answered),
        None => line.raw("model", "null").raw("origin", "null").raw("account", "null"),
    };
    line.number("attempts", (*attempts).into())
        .raw("failed", &failures(failed))
        .raw("first_ms", &maybe(begun_ms.map(since)))
        .number("ms", since(now_ms))
        .raw("prompt_tokens", &maybe(usage.map(|usage| usage.prompt_tokens)))
        .raw("completion_tokens", &maybe(usage.map(|usage| usage.completion_tokens)))
        .field("ended", notes.ending().word())
        .end()
}

fn asked(question: &Question) -> Writer {
    let Question { key, dialect, route, is_stream, model } = question;
    let stream = match is_stream {
        None => "null",
        Some(true) => "true",
        Some(false) => "false",
    };
    Writer::after(Vec::new())
        .maybe("key", key.as_deref())
        .field("dialect", dialect)
        .maybe("route", *route)
        .raw("stream", stream)
        .maybe("asked", model.as_deref())
}

fn who(line: Writer, Asked { model, origin, account }: &Asked) -> Writer {
    let account = account.map_or_else(|| "null".to_owned(), |number| number.to_string());
    line.field("model", model).number("origin", *origin as u64).raw("account", &account)
}

fn failures(failed: &[(Asked, Why)]) -> String {
    let mut list = String::from("[");
    for (asked, why) in failed {
        if list.len() > 1 {
            list.push(',');
        }
        list.push_str(&who(Writer::after(Vec::new()), asked).field("why", &why.word()).end());
    }
    list.push(']');
    list
}
