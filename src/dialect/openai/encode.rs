//! Writes answers as OpenAI's chat completions, whole and streamed.

use std::{borrow::Cow, cell::Cell, fmt, io::Write, mem, rc::Rc};

use super::error;
use crate::{
    chat::{Answer, Call, Event, Finish, MOST_CHOICES, Stamp, Tools, Usage, UsageReport},
    dialect::{self, sources::Sources, text_tools},
    error::Error,
    json::{self, Writer},
};

/// How a call is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CallForm {
    /// `tool_calls`.
    #[default]
    Current,
    /// `function_call`, which came before `tool_calls`.
    Legacy,
}

/// How the answer to one request is written.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    /// How it writes calls.
    form: CallForm,
    /// Whether its stream reports its usage.
    usage: UsageReport,
    /// The tools whose calls have a text and no arguments.
    customs: Vec<String>,
    /// Whether the gateway may look for something on the web.
    has_web: bool,
    choices: u32,
    /// What the choices of a stream share; `None` if there is only one.
    open: Option<Rc<Open>>,
}

/// How many choices of a stream have not ended, and what those that have took.
struct Open(Cell<(u32, Usage)>);

impl fmt::Debug for Open {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Open")
    }
}

impl Reply {
    pub(super) fn new(
        form: CallForm,
        usage: UsageReport,
        tools: Option<&Tools<'_>>,
        choices: u32,
    ) -> Self {
        let mut customs = Vec::new();
        for tool in tools.map_or(&[][..], |tools| &tools.list) {
            if tool.takes_text {
                customs.push(tool.name.clone().into_owned());
            }
        }
        let open = (choices > 1).then(|| Rc::new(Open(Cell::new((choices, Usage::default())))));
        let has_web = tools.is_some_and(|tools| !tools.web.is_empty());
        Self { form, usage, customs, has_web, choices, open }
    }

    /// The text of a call of the tool `name`, if it has one and no arguments.
    fn text_of<'a>(&self, name: &str, arguments: &'a str) -> Option<Cow<'a, str>> {
        let takes_text = self.customs.iter().any(|custom| custom == name);
        takes_text.then(|| text_tools::text_of(arguments))
    }
}

impl dialect::Reply for Reply {
    fn choices(&self) -> u32 {
        self.choices
    }

    fn whole(&self, answer: &Answer, others: &[Answer], model: &str, stamp: &Stamp) -> String {
        completion((answer, others), self, model, stamp)
    }

    fn encoder(
        &self,
        choice: u32,
        model: &str,
        stamp: &Stamp,
        _prompt_tokens: u64,
    ) -> Box<dyn dialect::Encoder> {
        Box::new(Encoder::new(choice, model, stamp, self.clone()))
    }
}

/// Whole answers as JSON: the first, and the others.
fn completion(
    (first, others): (&Answer, &[Answer]),
    reply: &Reply,
    model: &str,
    stamp: &Stamp,
) -> String {
    let (mut counted, mut bytes) = (first.usage, first.json_bytes());
    for other in others {
        counted = together(counted, other.usage);
        bytes += other.json_bytes();
    }
    let choices = |mut out: Vec<u8>| {
        out.push(b'[');
        let (mut index, mut next) = (0, Some(first));
        while let Some(answer) = next {
            if index > 0 {
                out.push(b',');
            }
            out = choice(index, answer, reply, stamp, out);
            next = others.get(index as usize);
            index += 1;
        }
        out.push(b']');
        out
    };
    Writer::after(Vec::with_capacity(bytes))
        .field("id", &id(stamp))
        .field("object", "chat.completion")
        .number("created", stamp.unix_s)
        .field("model", model)
        .written("usage", |out| usage(counted, out))
        .written("choices", choices)
        .end()
}

/// Appends one choice of a whole answer.
fn choice(index: u32, answer: &Answer, reply: &Reply, stamp: &Stamp, out: Vec<u8>) -> Vec<u8> {
    Writer::after(out)
        .written("message", |out| message(index, answer, reply, stamp, out))
        .field("finish_reason", finish_reason(&answer.finish, reply.form))
        .number("index", index.into())
        .raw("logprobs", "null")
        .end_bytes()
}

fn message(index: u32, answer: &Answer, reply: &Reply, stamp: &Stamp, out: Vec<u8>) -> Vec<u8> {
    // `null` in an answer with calls only.
    let is_only_calls = answer.text.is_empty() && !answer.calls.is_empty();
    let mut message = Writer::after(out)
        .field("role", "assistant")
        .maybe("content", (!is_only_calls).then_some(answer.text.as_str()));
    if !answer.reasoning.is_empty() {
        message = message.field("reasoning_content", &answer.reasoning);
    }
    message = message.raw("refusal", "null");
    if !answer.web.is_empty() {
        let sources = Sources::of(&answer.web);
        message = message.raw("annotations", &annotations(&sources, &answer.text));
    }
    match (reply.form, answer.calls.as_slice()) {
        (_, []) => message.end_bytes(),
        (CallForm::Legacy, [call, ..]) => {
            let function = |out| called(&call.name, "arguments", &call.arguments, out);
            message.written("function_call", function).end_bytes()
        }
        (CallForm::Current, calls) => {
            let head = call_id_head(stamp, index);
            let list = |mut out: Vec<u8>| {
                for (number, Call { name, arguments, .. }) in calls.iter().enumerate() {
                    out.push(if number == 0 { b'[' } else { b',' });
                    let text = reply.text_of(name, arguments);
                    let (kind, field) = kind_of_call(text.is_some());
                    let input = text.as_deref().unwrap_or(arguments);
                    out = Writer::after(out)
                        .field("id", &format!("{head}{number}"))
                        .field("type", kind)
                        .written(kind, |out| called(name, field, input, out))
                        .end_bytes();
                }
                out.push(b']');
                out
            };
            message.written("tool_calls", list).end_bytes()
        }
    }
}

/// Where `text` names pages that were found, as JSON.
fn annotations(sources: &Sources, text: &str) -> String {
    let mut list = Vec::new();
    for mention in sources.mentions(text) {
        let citation = mention.write(Writer::after(Vec::new())).end();
        let note = Writer::after(Vec::new()).field("type", "url_citation");
        list.push(note.raw("url_citation", &citation).end());
    }
    format!("[{}]", crate::text::joined(&list, ","))
}

/// Appends what is called, and with what.
fn called(name: &str, field: &str, input: &str, out: Vec<u8>) -> Vec<u8> {
    Writer::after(out).field("name", name).field(field, input).end_bytes()
}

/// The type of a call, and the name of the field with what it passes on.
fn kind_of_call(is_custom: bool) -> (&'static str, &'static str) {
    if is_custom { ("custom", "input") } else { ("function", "arguments") }
}

/// Writes one choice of a streamed answer: a role chunk, content chunks, a finish chunk; after
/// the last choice the usage if asked for, and `[DONE]`.
///
/// The constant parts of a chunk are made once: a content chunk costs two copies and the
/// escaping of its text.
#[derive(Debug)]
struct Encoder {
    /// The beginning of a chunk, through `"delta":{`.
    head: Vec<u8>,
    /// The end of a chunk that is not the last, after the delta's last value.
    tail: &'static [u8],
    reply: Reply,
    /// The ids of the calls up to their numbers, and the next number.
    call_id: String,
    call_index: usize,
    /// What was found on the web and the text so far, if the gateway may look for something.
    web: Option<Box<(Sources, String)>>,
}

impl Encoder {
    fn new(choice: u32, model: &str, stamp: &Stamp, reply: Reply) -> Self {
        let mut head = common(model, stamp);
        head.extend_from_slice(br#""choices":[{"index":"#);
        head.push(nth(*b"01234567", choice));
        head.extend_from_slice(br#","delta":{"#);
        let tail: &[u8] = match reply.usage {
            UsageReport::Omitted => b"},\"logprobs\":null,\"finish_reason\":null}]}\n\n",
            UsageReport::Included => {
                b"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n"
            }
        };
        let web = reply.has_web.then(Box::default);
        let call_id = call_id_head(stamp, choice);
        Self { head, tail, reply, call_id, call_index: 0, web }
    }

    /// Keeps what was found on the web, and the text that may name it.
    #[cold]
    #[inline(never)]
    fn look(&mut self, event: &Event<'_>) {
        match (&mut self.web, event) {
            (Some(web), Event::Text(text)) => web.1.push_str(text),
            (Some(web), Event::WebResult(result)) => web.0.add(result),
            _ => {}
        }
    }

    /// A chunk that names the call, and one with its arguments.
    fn call(&mut self, name: &str, arguments: &str, out: &mut Vec<u8>) {
        let Self { call_id, call_index: index, reply, .. } = self;
        let text = reply.text_of(name, arguments);
        let (kind, field) = kind_of_call(text.is_some());
        let (first, then, end) = match reply.form {
            CallForm::Current => (
                format!(
                    r#""tool_calls":[{{"index":{index},"id":"{call_id}{index}","type":"{kind}","{kind}":{{"#
                ),
                format!(r#""tool_calls":[{{"index":{index},"{kind}":{{"#),
                "}}]",
            ),
            CallForm::Legacy => {
                let first = r#""function_call":{"#.to_owned();
                (first.clone(), first, "}")
            }
        };
        out.extend_from_slice(&self.head);
        out.extend_from_slice(first.as_bytes());
        out.extend_from_slice(br#""name":"#);
        json::write_text(out, name);
        let _ = write!(out, r#","{field}":"""#);
        out.extend_from_slice(end.as_bytes());
        out.extend_from_slice(self.tail);
        out.extend_from_slice(&self.head);
        out.extend_from_slice(then.as_bytes());
        let _ = write!(out, r#""{field}":"#);
        json::write_text(out, text.as_deref().unwrap_or(arguments));
        out.extend_from_slice(end.as_bytes());
        out.extend_from_slice(self.tail);
        self.call_index += 1;
    }
}

impl dialect::Encoder for Encoder {
    /// The role chunk.
    fn open(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(br#""role":"assistant","content":"","refusal":null"#);
        out.extend_from_slice(self.tail);
    }

    /// A content chunk; for a call two chunks. [`Event::End`] writes nothing: `close` does.
    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let (field, text): (&[u8], &str) = match event {
            Event::Text(text) => (br#""content":"#, text),
            Event::Reasoning(text) => (br#""reasoning_content":"#, text),
            Event::ToolCall { name, arguments } => return self.call(name, arguments, out),
            Event::WebCall { .. } | Event::WebResult(_) | Event::End(_) => return self.look(event),
        };
        if self.web.is_some() {
            self.look(event);
        }
        out.extend_from_slice(&self.head);
        out.extend_from_slice(field);
        json::write_text(out, text);
        out.extend_from_slice(self.tail);
    }

    /// The finish chunk. At the last choice also the usage chunk where one was asked for, and
    /// `[DONE]`.
    fn close(&mut self, finish: &Finish, counted: Usage, out: &mut Vec<u8>) {
        if let Some((sources, text)) = self.web.as_deref().filter(|web| !web.0.is_empty()) {
            out.extend_from_slice(&self.head);
            out.extend_from_slice(br#""annotations":"#);
            out.extend_from_slice(annotations(sources, text).as_bytes());
            out.extend_from_slice(self.tail);
        }
        out.extend_from_slice(&self.head);
        let reason = finish_reason(finish, self.reply.form);
        let _ = write!(out, r#"}},"logprobs":null,"finish_reason":"{reason}"}}]"#);
        out.extend_from_slice(match self.reply.usage {
            UsageReport::Omitted => b"}\n\n",
            UsageReport::Included => b",\"usage\":null}\n\n",
        });
        let mut counted = counted;
        if let Some(open) = &self.reply.open {
            let (left, before) = open.0.get();
            counted = together(counted, before);
            open.0.set((left.saturating_sub(1), counted));
            if left > 1 {
                return;
            }
        }
        if self.reply.usage == UsageReport::Included {
            // A choice's number is one digit.
            let choice = br#""choices":[{"index":0,"delta":{"#;
            let common = self.head.len().saturating_sub(choice.len());
            out.extend_from_slice(self.head.get(..common).unwrap_or_default());
            out.extend_from_slice(br#""choices":[],"usage":"#);
            *out = usage(counted, mem::take(out));
            out.extend_from_slice(b"}\n\n");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn abort(&self, error: &Error, out: &mut Vec<u8>) {
        error::write_event(error, out);
    }

    /// A comment, which clients skip.
    fn keep_alive(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b": keep-alive\n\n");
    }

    fn held_bytes(&self) -> usize {
        self.web.as_deref().map_or(0, |(sources, text)| sources.held_bytes() + text.capacity())
    }
}

/// The beginning of every chunk: `data: {` and the shared fields, in OpenAI's order.
fn common(model: &str, stamp: &Stamp) -> Vec<u8> {
    let mut out = br#"data: {"id":"#.to_vec();
    json::write_text(&mut out, &id(stamp));
    let _ = write!(out, r#","object":"chat.completion.chunk","created":{},"model":"#, stamp.unix_s);
    json::write_text(&mut out, model);
    out.push(b',');
    out
}

fn id(stamp: &Stamp) -> String {
    format!("chatcmpl-{}", stamp.id)
}

/// The id of a call of `choice` up to the call's number. Some servers allow 40 characters, so the
/// stamp's hyphens are left out, and one character tells the choices apart.
fn call_id_head(stamp: &Stamp, choice: u32) -> String {
    let mark = char::from(nth(*b"_abcdefg", choice));
    format!("call_{}{mark}", stamp.id.replace('-', ""))
}

/// The mark of `choice`.
fn nth(marks: [u8; MOST_CHOICES as usize], choice: u32) -> u8 {
    marks.get(choice as usize).copied().unwrap_or(b'_')
}

fn finish_reason(finish: &Finish, form: CallForm) -> &'static str {
    match finish {
        Finish::ToolCalls => match form {
            CallForm::Current => "tool_calls",
            CallForm::Legacy => "function_call",
        },
        Finish::Stop | Finish::StopSequence(_) => "stop",
        Finish::Length => "length",
        Finish::ContentFilter => "content_filter",
    }
}

/// What two choices took. They share one prompt, and OpenAI counts it once.
fn together(one: Usage, other: Usage) -> Usage {
    Usage {
        prompt_tokens: one.prompt_tokens,
        completion_tokens: one.completion_tokens + other.completion_tokens,
        reasoning_tokens: one.reasoning_tokens + other.reasoning_tokens,
    }
}

fn usage(counted: Usage, out: Vec<u8>) -> Vec<u8> {
    let Usage { prompt_tokens, completion_tokens, reasoning_tokens } = counted;
    let mut usage = Writer::after(out)
        .number("prompt_tokens", prompt_tokens)
        .number("completion_tokens", completion_tokens)
        .number("total_tokens", prompt_tokens + completion_tokens);
    if reasoning_tokens > 0 {
        let details = format!(r#"{{"reasoning_tokens":{reasoning_tokens}}}"#);
        usage = usage.raw("completion_tokens_details", &details);
    }
    usage.end_bytes()
}
