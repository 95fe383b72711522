//! Writes answers as responses, whole and streamed.

use std::{
    fmt::{self, Debug, Formatter},
    rc::Rc,
};

use super::{
    echo::Echo,
    error,
    output::{Closed, Kind, MESSAGE, Open, Output, REASONING},
    template::{begin, emit, end, fill},
    tools::{CallForm, Special},
};
use crate::{
    chat::{Answer, Event, Finish, Stamp, Usage},
    dialect::{self, text_tools},
    error::Error,
    json,
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

    /// Writes a call into `output`. Returns what its events bring, as it stands in JSON.
    fn call<'o>(&self, output: &'o mut Output, name: &str, arguments: &str) -> &'o [u8] {
        let special = self.0.special.iter().find(|special| special.flat == name);
        match output.begin_call(name, special) {
            CallForm::Function => output.push(arguments),
            CallForm::Custom => output.push(&text_tools::text_of(arguments)),
            // A call that a limit cut off is none.
            CallForm::Search if json::is_valid(arguments) => output.set(arguments),
            CallForm::Search => output.set("{}"),
        }
    }
}

impl dialect::Reply for Reply {
    fn whole(&self, answer: &Answer, _others: &[Answer], model: &str, stamp: &Stamp) -> String {
        let ending = Ending::of(&answer.finish);
        let mut out = Vec::with_capacity(answer.json_bytes() + self.held_bytes());
        ending.begin(&head(model, stamp), &self.0.echo.full, Some(answer.usage), &mut out);
        let mut output = Output::after(out, &stamp.id);
        output.say(REASONING, &answer.reasoning);
        let mut said = 0;
        for (place, result) in &answer.web {
            output.say(MESSAGE, answer.text.get(said..*place).unwrap_or_default());
            output.annotate();
            said = *place;
            output.begin_web(result.tool, &result.input);
            let status = output.set_web(result);
            output.end(status);
        }
        for call in &answer.calls {
            output.say(MESSAGE, answer.text.get(said..call.place).unwrap_or_default());
            output.annotate();
            said = call.place;
            self.call(&mut output, &call.name, &call.arguments);
        }
        output.say(MESSAGE, answer.text.get(said..).unwrap_or_default());
        output.annotate();
        output.end(ending.item);
        let mut out = output.into_json();
        out.extend_from_slice(RESPONSE_END);
        String::from_utf8(out).unwrap_or_default()
    }

    fn encoder(
        &self,
        _choice: u32,
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

/// The beginning of a response.
fn head(model: &str, stamp: &Stamp) -> Vec<u8> {
    let mut out = Vec::new();
    let created = stamp.unix_s.to_string();
    fill(
        &mut out,
        r#"{"id":"resp_$a","object":"response","created_at":$b,"completed_at":null,"previous_response_id":null,"store":false,"background":false,"service_tier":"default","model":"#,
        &[stamp.id.as_bytes(), created.as_bytes()],
    );
    json::write_text(&mut out, model);
    out
}

const RESPONSE_END: &[u8] = b"]}";

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

impl Ending<'_> {
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

    /// Appends a response up to its items. What follows them is [`RESPONSE_END`].
    fn begin(self, head: &[u8], echo: &str, usage: Option<Usage>, out: &mut Vec<u8>) {
        let mut counts = b"null".to_vec();
        if let Some(Usage { prompt_tokens: input, completion_tokens: said, reasoning_tokens }) =
            usage
        {
            counts.clear();
            let numbers = [input, said, reasoning_tokens, input + said];
            let numbers = numbers.map(|number| number.to_string());
            fill(
                &mut counts,
                r#"{"input_tokens":$a,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":$b,"output_tokens_details":{"reasoning_tokens":$c},"total_tokens":$d}"#,
                &numbers.each_ref().map(String::as_bytes),
            );
        }
        let Self { status, incomplete_details, error, .. } = self;
        let [status, details, error, echo] =
            [status, incomplete_details, error, echo].map(str::as_bytes);
        fill(
            out,
            r#"$a,"status":"$b","error":$c,"incomplete_details":$d,$e,"usage":$f,"output":["#,
            &[head, status, error, details, echo, &counts],
        );
    }
}

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
        begin(name, &[], out);
        out.extend_from_slice(RESPONSE);
        ending.begin(&self.head, &self.reply.0.echo.full, usage, out);
        out.extend_from_slice(self.output.json());
        out.extend_from_slice(RESPONSE_END);
        end(&mut self.number, out);
    }

    /// Writes the beginning of the open item.
    fn begin_item(&mut self, out: &mut Vec<u8>) {
        let Self { output, number, delta_head, .. } = self;
        let Some(Open { kind, added, place, .. }) = &output.open else {
            return;
        };
        let Kind { part, part_event, text_event, index, more, .. } = kind;
        let [part, part_event, text_event, index, more] =
            [part, part_event, text_event, index, more].map(|text| text.as_bytes());
        let values = &[place, added, index, part, part_event, text_event, more];
        emit(number, r#"output_item.added|,"output_index":$a,"item":$b"#, values, out);
        let place = output.item_id();
        let values = &[&place, added, index, part, part_event, text_event, more];
        if !part.is_empty() {
            emit(number, r#"$e.added|$a$c,"part":$d""}"#, values, out);
        }
        delta_head.clear();
        begin("$f.delta", values, delta_head);
        fill(delta_head, r#"$a$c$g,"delta":""#, values);
    }

    /// Writes the item of a search or of an opened page: its beginning, or its end.
    #[cold]
    #[inline(never)]
    fn look(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match event {
            Event::WebCall { tool, input } => {
                self.end_item(DONE, out);
                self.output.begin_web(*tool, input);
                self.begin_item(out);
                self.web_event("in_progress", out);
                self.web_event("searching", out);
            }
            Event::WebResult(result) => {
                let status = self.output.set_web(result);
                self.web_event("completed", out);
                self.end_item(status, out);
            }
            _ => {}
        }
    }

    /// Says how far the open search or page is.
    fn web_event(&mut self, state: &str, out: &mut Vec<u8>) {
        let id = self.output.item_id();
        emit(&mut self.number, "web_search_call.$b|$a", &[&id, state.as_bytes()], out);
    }

    /// Ends the open item, if there is one.
    fn end_item(&mut self, status: &str, out: &mut Vec<u8>) {
        let Self { output, number, .. } = self;
        let id = output.item_id();
        for (place, note) in output.annotate().iter().enumerate() {
            let place = place.to_string();
            let values: &[&[u8]] = &[&id, place.as_bytes(), note.as_bytes()];
            let template = r#"output_text.annotation.added|$a,"content_index":0,"annotation_index":$b,"annotation":$c"#;
            emit(number, template, values, out);
        }
        let Some((Open { kind, place, .. }, Closed { item, part, text })) = output.end(status)
        else {
            return;
        };
        let Kind { part_event, text_event, text: name, index, more, .. } = kind;
        let [part_event, text_event, name, index, more] =
            [part_event, text_event, name, index, more].map(str::as_bytes);
        let values = &[&id, text_event, index, more, name, text, part_event, part, &place, item];
        if !text_event.is_empty() {
            emit(number, r#"$b.done|$a$c$d,"$e":$f"#, values, out);
        }
        if !part_event.is_empty() {
            emit(number, r#"$g.done|$a$c,"part":$h"#, values, out);
        }
        emit(number, r#"output_item.done|,"output_index":$i,"item":$j"#, values, out);
    }
}

const RESPONSE: &[u8] = br#","response":"#;

fn delta(head: &[u8], text: &[u8], number: &mut u32, out: &mut Vec<u8>) {
    for part in [head, text, b"\""] {
        out.extend_from_slice(part);
    }
    end(number, out);
}

impl dialect::Encoder for Encoder {
    /// `response.created` and `response.in_progress`.
    fn open(&mut self, out: &mut Vec<u8>) {
        for name in ["created", "in_progress"] {
            self.state(name, UNFINISHED, None, out);
        }
    }

    /// A delta, with the begin and end of items it needs; for a call the beginning of an item and
    /// all of its text. Only what follows tells whether the call is complete.
    /// [`Event::End`] writes nothing: `close` does.
    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let (kind, text) = match event {
            Event::Reasoning(text) => (Some(REASONING), text),
            Event::Text(text) => (Some(MESSAGE), text),
            Event::ToolCall { arguments, .. } => (None, arguments),
            Event::WebCall { .. } | Event::WebResult(_) => return self.look(event, out),
            Event::End(_) => return,
        };
        let open = self.output.open.as_ref().map(|open| open.kind);
        if kind.is_some() && open == kind {
            return delta(&self.delta_head, self.output.push(text), &mut self.number, out);
        }
        self.end_item(DONE, out);
        let Self { reply, output, .. } = self;
        let text = match (event, kind) {
            (Event::ToolCall { name, .. }, _) => reply.call(output, name, text).to_vec(),
            (_, kind) => output.continued(kind.unwrap_or(MESSAGE), text).to_vec(),
        };
        self.begin_item(out);
        if !text.is_empty() {
            delta(&self.delta_head, &text, &mut self.number, out);
        }
    }

    /// Ends the open item and the response.
    fn close(&mut self, finish: &Finish, counted: Usage, out: &mut Vec<u8>) {
        let ending = Ending::of(finish);
        out.reserve_exact(4 * self.output.json().len() + self.reply.0.echo.full.len() + 4_096);
        self.end_item(ending.item, out);
        self.state(ending.status, ending, Some(counted), out);
    }

    /// An item that is open stays so: what it has is not all of it.
    fn abort(&self, error: &Error, out: &mut Vec<u8>) {
        begin("failed", &[], out);
        out.extend_from_slice(RESPONSE);
        let error = error::object(error);
        let ending = Ending { status: "failed", error: &error, ..UNFINISHED };
        ending.begin(&self.head, &self.reply.0.echo.brief, None, out);
        out.extend_from_slice(RESPONSE_END);
        end(&mut self.number.clone(), out);
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
