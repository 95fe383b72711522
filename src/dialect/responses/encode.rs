//! Writes answers as responses, whole and streamed.

use std::io::Write;

use super::{
    echo::Echo,
    error,
    output::{Closed, Kind, MESSAGE, Open, Output, REASONING},
    tools::{CallForm, Special},
};
use crate::{
    chat::{Answer, Event, Finish, Stamp, Usage},
    dialect::{self, text_tools},
    error::Error,
};

/// How the answer to one request is written.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    /// The tools whose calls have a form of their own.
    special: Vec<Special>,
    echo: Echo,
}

impl Reply {
    pub(super) fn new(special: Vec<Special>, echo: Echo) -> Self {
        Self { special, echo }
    }

    fn special(&self, name: &str) -> Option<&Special> {
        self.special.iter().find(|special| special.flat == name)
    }
}

impl dialect::Reply for Reply {
    fn whole(&self, answer: &Answer, model: &str, stamp: &Stamp) -> String {
        let ending = Ending::of(&answer.finish);
        let mut out = Vec::with_capacity(answer.json_bytes() + self.echo.full.len());
        begin_resource(&head(model, stamp), &self.echo.full, ending, Some(answer.usage), &mut out);
        let mut output = Output::after(out, &stamp.id);
        let say = |output: &mut Output, kind: Kind, text: &str, status: &str| {
            if !text.is_empty() {
                output.begin(kind, "");
                output.push(text);
                output.end(status);
            }
        };
        say(&mut output, REASONING, &answer.reasoning, DONE);
        let mut said = 0;
        for call in &answer.calls {
            let text = answer.text.get(said..call.place).unwrap_or_default();
            said = call.place;
            say(&mut output, MESSAGE, text, DONE);
            let special = self.special(&call.name);
            output.begin_call(&call.name, special);
            put_call(&mut output, special, &call.arguments);
            output.end(DONE);
        }
        let rest = answer.text.get(said..).unwrap_or_default();
        say(&mut output, MESSAGE, rest, ending.item);
        let mut out = output.into_json();
        out.extend_from_slice(RESOURCE_END);
        String::from_utf8(out).unwrap_or_default()
    }

    fn encoder(
        &self,
        model: &str,
        stamp: &Stamp,
        _prompt_tokens: u64,
    ) -> Box<dyn dialect::Encoder> {
        Box::new(Encoder {
            reply: self.clone(),
            head: head(model, stamp),
            number: 0,
            output: Output::after(Vec::new(), &stamp.id),
            delta_head: Vec::new(),
        })
    }

    fn held_bytes(&self) -> usize {
        self.echo.full.capacity() + self.echo.brief.capacity()
    }
}

/// Writes the arguments of the call that is open. Returns them as they stand in JSON, without
/// quotes.
fn put_call<'o>(output: &'o mut Output, special: Option<&Special>, arguments: &str) -> &'o [u8] {
    match special.map(|special| special.form) {
        // The arguments of a call have been checked to be JSON.
        Some(CallForm::Search) => {
            output.set(arguments);
            b""
        }
        Some(CallForm::Custom) => output.push(&text_tools::text_of(arguments)),
        Some(CallForm::Function) | None => output.push(arguments),
    }
}

/// The beginning of a response.
fn head(model: &str, stamp: &Stamp) -> Vec<u8> {
    let mut out = Vec::new();
    let Stamp { id, unix_s } = stamp;
    let _ = write!(
        out,
        r#"{{"id":"resp_{id}","object":"response","created_at":{unix_s},"completed_at":null,"previous_response_id":null,"store":false,"background":false,"service_tier":"default","model":"#
    );
    let _ = serde_json::to_writer(&mut out, model);
    out
}

const DONE: &str = "completed";

/// How a response ended, or that it has not.
#[derive(Debug, Clone, Copy)]
struct Ending<'a> {
    /// Of the response.
    status: &'a str,
    /// Of its last item.
    item: &'a str,
    /// JSON.
    incomplete_details: &'a str,
    error: &'a str,
}

const UNFINISHED: Ending<'static> =
    Ending { status: "in_progress", item: DONE, incomplete_details: "null", error: "null" };

impl Ending<'static> {
    fn of(finish: &Finish) -> Self {
        let reason = match finish {
            Finish::Stop | Finish::ToolCalls | Finish::StopSequence(_) => {
                return Self { status: DONE, ..UNFINISHED };
            }
            Finish::Length => r#"{"reason":"max_output_tokens"}"#,
            Finish::ContentFilter => r#"{"reason":"content_filter"}"#,
        };
        let status = "incomplete";
        Self { status, item: status, incomplete_details: reason, ..UNFINISHED }
    }
}

/// Appends a response up to its items. What follows them is [`RESOURCE_END`].
fn begin_resource(
    head: &[u8],
    echo: &str,
    ending: Ending<'_>,
    usage: Option<Usage>,
    out: &mut Vec<u8>,
) {
    let Ending { status, incomplete_details, error, .. } = ending;
    out.extend_from_slice(head);
    let _ = write!(
        out,
        r#","status":"{status}","error":{error},"incomplete_details":{incomplete_details},{echo},"usage":"#,
    );
    match usage {
        None => out.extend_from_slice(b"null"),
        Some(Usage { prompt_tokens: input, completion_tokens: said, reasoning_tokens }) => {
            let total = input + said;
            let _ = write!(
                out,
                r#"{{"input_tokens":{input},"input_tokens_details":{{"cached_tokens":0}},"output_tokens":{said},"output_tokens_details":{{"reasoning_tokens":{reasoning_tokens}}},"total_tokens":{total}}}"#
            );
        }
    }
    out.extend_from_slice(br#","output":["#);
}

const RESOURCE_END: &[u8] = b"]}";

/// Writes one streamed answer: `response.created`, `response.in_progress`, the items, one after the
/// other, and `response.completed` or `response.incomplete`, or `response.failed` at any time.
/// Items are numbered from 0 without a gap, and so are the events.
#[derive(Debug)]
struct Encoder {
    reply: Reply,
    head: Vec<u8>,
    /// The number of the next event.
    number: u32,
    output: Output,
    /// The beginning of a delta event of the open item, up to the text.
    delta_head: Vec<u8>,
}

const RESPONSE: &[u8] = br#","response":"#;

/// How often the end of a stream has the text of an item: in the text's, the part's, the item's
/// and the last event. Once more it is kept, and the runtime copies what is sent.
const COPIES: usize = 1 + 2 * 4;

impl Encoder {
    /// Appends an event of these fields: `,"name":value` and so on.
    fn emit(&mut self, name: &str, fields: &[&[u8]], out: &mut Vec<u8>) {
        begin(name, out);
        for field in fields {
            out.extend_from_slice(field);
        }
        end(self.number, out);
        self.number += 1;
    }

    /// Appends an event with the response as it is now.
    fn state(&mut self, name: &str, ending: Ending<'_>, usage: Option<Usage>, out: &mut Vec<u8>) {
        let Self { head, reply, output, .. } = self;
        begin(name, out);
        out.extend_from_slice(RESPONSE);
        begin_resource(head, &reply.echo.full, ending, usage, out);
        out.extend_from_slice(output.json());
        out.extend_from_slice(RESOURCE_END);
        end(self.number, out);
        self.number += 1;
    }

    /// Begins an item, of which `added` is known.
    fn begin_item(&mut self, added: &[u8], out: &mut Vec<u8>) {
        let index = self.output.count;
        let place = format!(r#","output_index":{index}"#);
        self.emit("response.output_item.added", &[place.as_bytes(), br#","item":"#, added], out);
        let Some(Open { kind, id, .. }) = &self.output.open else {
            return;
        };
        let Kind { part, part_event, text_event, index, more, .. } = *kind;
        let place = format!(r#","item_id":"{id}"{place}{index}"#);
        self.delta_head.clear();
        begin(&format!("response.{text_event}.delta"), &mut self.delta_head);
        let _ = write!(self.delta_head, r#"{place}{more},"delta":""#);
        if !part.is_empty() {
            let part = format!(r#"{place},"part":{part}""}}"#);
            self.emit(&format!("response.{part_event}.added"), &[part.as_bytes()], out);
        }
    }

    /// Ends the open item, if there is one.
    fn end_item(&mut self, status: &str, out: &mut Vec<u8>) {
        let index = self.output.count;
        let Self { output, number, .. } = self;
        let Some((Open { kind, id, .. }, Closed { item, part, text })) = output.end(status) else {
            return;
        };
        let Kind { part_event, text_event, text: name, index: inner, more, .. } = kind;
        let outer = format!(r#","output_index":{index}"#);
        let place = format!(r#","item_id":"{id}"{outer}{inner}"#);
        let mut emit = |event: &str, place: &str, name: &str, json: &[u8]| {
            if event.starts_with("response..") {
                return;
            }
            begin(event, out);
            let _ = write!(out, r#"{place},"{name}":"#);
            out.extend_from_slice(json);
            end(*number, out);
            *number += 1;
        };
        emit(&format!("response.{text_event}.done"), &format!("{place}{more}"), name, text);
        emit(&format!("response.{part_event}.done"), &place, "part", part);
        emit("response.output_item.done", &outer, "item", item);
    }

    /// A whole item.
    fn call(&mut self, name: &str, arguments: &str, out: &mut Vec<u8>) {
        self.end_item(DONE, out);
        let special = self.reply.special(name).cloned();
        let added = self.output.begin_call(name, special.as_ref());
        self.begin_item(&added, out);
        let text = put_call(&mut self.output, special.as_ref(), arguments);
        if !text.is_empty() {
            delta(&self.delta_head, text, &mut self.number, out);
        }
        self.end_item(DONE, out);
    }
}

/// Appends the beginning of an event.
fn begin(name: &str, out: &mut Vec<u8>) {
    for part in ["event: ", name, "\ndata: {\"type\":\"", name, "\""] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Appends the end of the event of this number.
fn end(number: u32, out: &mut Vec<u8>) {
    let _ = write!(out, ",\"sequence_number\":{number}}}\n\n");
}

fn delta(head: &[u8], text: &[u8], number: &mut u32, out: &mut Vec<u8>) {
    out.extend_from_slice(head);
    out.extend_from_slice(text);
    out.push(b'"');
    end(*number, out);
    *number += 1;
}

impl dialect::Encoder for Encoder {
    /// `response.created` and `response.in_progress`.
    fn open(&mut self, out: &mut Vec<u8>) {
        for name in ["response.created", "response.in_progress"] {
            self.state(name, UNFINISHED, None, out);
        }
    }

    /// A delta, with the begin and end of items it needs; for a call a whole item.
    /// [`Event::End`] writes nothing: `close` does.
    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let (kind, text) = match event {
            Event::Reasoning(text) => (REASONING, text),
            Event::Text(text) => (MESSAGE, text),
            Event::ToolCall { name, arguments } => return self.call(name, arguments, out),
            Event::End(_) => return,
        };
        let open = self.output.open.as_ref().map(|open| open.kind);
        if open != Some(kind) {
            self.end_item(DONE, out);
            let added = self.output.begin(kind, "");
            self.begin_item(&added, out);
        }
        delta(&self.delta_head, self.output.push(text), &mut self.number, out);
    }

    /// Ends the open item and the response.
    fn close(&mut self, finish: &Finish, counted: Usage, out: &mut Vec<u8>) {
        let ending = Ending::of(finish);
        out.reserve_exact(4 * self.output.json().len() + self.reply.echo.full.len() + 4_096);
        self.end_item(ending.item, out);
        self.state(&format!("response.{}", ending.status), ending, Some(counted), out);
    }

    /// An item that is open stays so: what it has is not all of it.
    fn abort(&self, error: &Error, out: &mut Vec<u8>) {
        begin("response.failed", out);
        out.extend_from_slice(RESPONSE);
        let error = error::object(error);
        let ending = Ending { status: "failed", error: &error, ..UNFINISHED };
        begin_resource(&self.head, &self.reply.echo.brief, ending, None, out);
        out.extend_from_slice(RESOURCE_END);
        end(self.number, out);
    }

    fn abort_form(&self) -> u32 {
        self.number
    }

    /// A comment, which clients skip.
    fn keep_alive(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b": keep-alive\n\n");
    }

    fn held_bytes(&self) -> usize {
        COPIES * self.output.held_bytes() + dialect::Reply::held_bytes(&self.reply)
    }
}
