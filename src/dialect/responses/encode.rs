//! Writes answers as responses, whole and streamed.

use std::{
    fmt::{self, Debug, Formatter},
    io::Write,
    rc::Rc,
};

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
#[derive(Clone)]
pub(super) struct Reply(Rc<Asked>);

/// What the answer's form depends on.
struct Asked {
    /// The tools whose calls have a form of their own.
    special: Vec<Special>,
    echo: Echo,
}

impl Debug for Reply {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("Reply")
    }
}

impl Reply {
    pub(super) fn new(special: Vec<Special>, echo: Echo) -> Self {
        Self(Rc::new(Asked { special, echo }))
    }

    fn special(&self, name: &str) -> Option<&Special> {
        self.0.special.iter().find(|special| special.flat == name)
    }
}

impl dialect::Reply for Reply {
    fn whole(&self, answer: &Answer, model: &str, stamp: &Stamp) -> String {
        let ending = Ending::of(&answer.finish);
        let mut out = Vec::with_capacity(answer.json_bytes() + self.0.echo.full.len());
        begin_resource(&head(model, stamp), &self.0.echo.full, ending, Some(answer.usage), &mut out);
        let mut output = Output::after(out, &stamp.id);
        output.say(REASONING, &answer.reasoning, DONE);
        let mut said = 0;
        for call in &answer.calls {
            let text = answer.text.get(said..call.place).unwrap_or_default();
            said = call.place;
            output.say(MESSAGE, text, DONE);
            let form = output.begin_call(&call.name, self.special(&call.name));
            put_call(&mut output, form, &call.arguments);
            output.end(DONE);
        }
        output.say(MESSAGE, answer.text.get(said..).unwrap_or_default(), ending.item);
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
        self.0.echo.full.capacity() + self.0.echo.brief.capacity()
    }
}

/// Writes the arguments of the call that is open. Returns them as they stand in JSON, without
/// quotes.
fn put_call<'o>(output: &'o mut Output, form: CallForm, arguments: &str) -> &'o [u8] {
    match form {
        // The arguments of a call have been checked to be JSON.
        CallForm::Search => output.set(arguments),
        CallForm::Custom => output.push(&text_tools::text_of(arguments)),
        CallForm::Function => output.push(arguments),
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
#[derive(Clone, Copy)]
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

impl Debug for Encoder {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.reply.fmt(formatter)
    }
}

/// How often the end of a stream has the text of an item: in the text's, the part's, the item's
/// and the last event. Once more it is kept, and the runtime copies what is sent.
const COPIES: usize = 1 + 2 * 4;

impl Encoder {
    /// Appends an event with the response as it is now.
    fn state(&mut self, name: &str, ending: Ending<'_>, usage: Option<Usage>, out: &mut Vec<u8>) {
        let Self { head, reply, output, .. } = self;
        begin(name, out);
        out.extend_from_slice(RESPONSE);
        begin_resource(head, &reply.0.echo.full, ending, usage, out);
        out.extend_from_slice(output.json());
        out.extend_from_slice(RESOURCE_END);
        end(self.number, out);
        self.number += 1;
    }

    /// Writes the beginning of the open item.
    fn begin_item(&mut self, out: &mut Vec<u8>) {
        let Self { output, number, delta_head, .. } = self;
        let index = output.count;
        let Some(Open { kind, id, added, .. }) = &output.open else {
            return;
        };
        let Kind { part, part_event, text_event, index: inner, more, .. } = *kind;
        let outer = format!(r#","output_index":{index}"#);
        let place = format!(r#","item_id":"{id}"{outer}{inner}"#);
        emit("response.output_item.added", &outer, "item", &[added], number, out);
        if !part.is_empty() {
            let part = &[part.as_bytes(), br#"""}"#];
            emit(&format!("response.{part_event}.added"), &place, "part", part, number, out);
        }
        delta_head.clear();
        begin(&format!("response.{text_event}.delta"), delta_head);
        let _ = write!(delta_head, r#"{place}{more},"delta":""#);
    }

    /// Ends the open item, if there is one.
    fn end_item(&mut self, status: &str, out: &mut Vec<u8>) {
        let Self { output, number, .. } = self;
        let index = output.count;
        let Some((Open { kind, id, .. }, Closed { item, part, text })) = output.end(status) else {
            return;
        };
        let Kind { part_event, text_event, text: name, index: inner, more, .. } = kind;
        let outer = format!(r#","output_index":{index}"#);
        let place = format!(r#","item_id":"{id}"{outer}{inner}"#);
        if !text_event.is_empty() {
            let place = format!("{place}{more}");
            emit(&format!("response.{text_event}.done"), &place, name, &[text], number, out);
        }
        if !part_event.is_empty() {
            emit(&format!("response.{part_event}.done"), &place, "part", &[part], number, out);
        }
        emit("response.output_item.done", &outer, "item", &[item], number, out);
    }

    /// A whole item.
    fn call(&mut self, name: &str, arguments: &str, out: &mut Vec<u8>) {
        self.end_item(DONE, out);
        let form = self.output.begin_call(name, self.reply.special(name));
        self.begin_item(out);
        let text = put_call(&mut self.output, form, arguments);
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

/// Appends an event of these fields: `place` is `,"name":value` and so on, `json` the last value.
fn emit(event: &str, place: &str, name: &str, json: &[&[u8]], number: &mut u32, out: &mut Vec<u8>) {
    begin(event, out);
    for part in [place, ",\"", name, "\":"] {
        out.extend_from_slice(part.as_bytes());
    }
    for part in json {
        out.extend_from_slice(part);
    }
    end(*number, out);
    *number += 1;
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
            self.output.begin(kind, "");
            self.begin_item(out);
        }
        delta(&self.delta_head, self.output.push(text), &mut self.number, out);
    }

    /// Ends the open item and the response.
    fn close(&mut self, finish: &Finish, counted: Usage, out: &mut Vec<u8>) {
        let ending = Ending::of(finish);
        out.reserve_exact(4 * self.output.json().len() + self.reply.0.echo.full.len() + 4_096);
        self.end_item(ending.item, out);
        self.state(&format!("response.{}", ending.status), ending, Some(counted), out);
    }

    /// An item that is open stays so: what it has is not all of it.
    fn abort(&self, error: &Error, out: &mut Vec<u8>) {
        begin("response.failed", out);
        out.extend_from_slice(RESPONSE);
        let error = error::object(error);
        let ending = Ending { status: "failed", error: &error, ..UNFINISHED };
        begin_resource(&self.head, &self.reply.0.echo.brief, ending, None, out);
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
