//! Writes answers as Anthropic's messages, whole and streamed.

use std::{io::Write, mem};

use super::{error, searched};
use crate::{
    chat::{Answer, Event, Finish, Stamp, Usage},
    dialect::{self, sources::Sources},
    error::Error,
    json::{self, Writer},
};

/// How an answer is written: the same way for every request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reply;

impl dialect::Reply for Reply {
    fn whole(&self, answer: &Answer, _others: &[Answer], model: &str, stamp: &Stamp) -> String {
        message(answer, model, stamp)
    }

    fn encoder(
        &self,
        _choice: u32,
        model: &str,
        stamp: &Stamp,
        prompt_tokens: u64,
    ) -> Box<dyn dialect::Encoder> {
        Box::new(Encoder::new(model, stamp, prompt_tokens))
    }
}

/// A whole answer as JSON. It may be large, so it is written straight into one buffer.
fn message(answer: &Answer, model: &str, stamp: &Stamp) -> String {
    let out = Vec::with_capacity(answer.json_bytes());
    let content = |mut out: Vec<u8>| {
        out.push(b'[');
        if !answer.reasoning.is_empty() {
            let block = next_block(out).field("type", "thinking");
            out = block.field("thinking", &answer.reasoning).field("signature", "").end_bytes();
        }
        let mut said = 0;
        let mut before = Sources::default();
        for (index, (place, result)) in answer.web.iter().enumerate() {
            out = text_block(out, &answer.text, said, *place, &before);
            said = *place;
            let id = format!("{}{index}", searched::id_head(stamp));
            let block = next_block(out);
            out = searched::call(block, &id, result.tool)
                .raw("input", &searched::input(result.tool, &result.input))
                .end_bytes();
            out = searched::result(next_block(out), &id, result);
            before.add(result);
        }
        for (index, call) in answer.calls.iter().enumerate() {
            out = text_block(out, &answer.text, said, call.place, &before);
            said = call.place;
            let block = next_block(out)
                .field("type", "tool_use")
                .field("id", &format!("{}{index}", call_id_head(stamp)))
                // The model itself made the call.
                .raw("caller", r#"{"type":"direct"}"#)
                .field("name", &call.name)
                // The arguments of a call have been checked to be JSON.
                .raw("input", &call.arguments);
            out = block.end_bytes();
        }
        out = text_block(out, &answer.text, said, answer.text.len(), &before);
        out.push(b']');
        out
    };
    let sources = Sources::of(&answer.web);
    json(out, stamp, content, model, Some(&answer.finish), (answer.usage, &sources))
}

/// An answer as JSON, appended to `out`, with the content that `content` writes. Without
/// a `finish`, the answer has only begun.
fn json(
    out: Vec<u8>,
    stamp: &Stamp,
    content: impl FnOnce(Vec<u8>) -> Vec<u8>,
    model: &str,
    finish: Option<&Finish>,
    (usage, sources): (Usage, &Sources),
) -> String {
    Writer::after(out)
        .field("id", &id(stamp))
        .field("type", "message")
        .field("role", "assistant")
        .written("content", content)
        .field("model", model)
        .maybe("stop_reason", finish.map(stop_reason))
        .maybe("stop_sequence", finish.and_then(stop_sequence))
        .raw("stop_details", "null")
        .raw("container", "null")
        .raw("diagnostics", "null")
        .written("usage", |out| {
            let mut counted = counts(usage, sources, out);
            for name in ["cache_creation", "inference_geo", "service_tier", "speed"] {
                counted = counted.raw(name, "null");
            }
            counted.end_bytes()
        })
        .end()
}

/// Appends a block with the text from `start` to `end`, unless it is empty, and with citations of
/// what was found `before`.
fn text_block(out: Vec<u8>, text: &str, start: usize, end: usize, before: &Sources) -> Vec<u8> {
    let Some(text) = text.get(start..end).filter(|text| !text.is_empty()) else {
        return out;
    };
    let block = next_block(out).field("type", "text").field("text", text);
    let citations = searched::citations(before, text);
    if citations.is_empty() {
        return block.end_bytes();
    }
    block.raw("citations", &format!("[{}]", crate::text::joined(&citations, ","))).end_bytes()
}

/// Begins the next block of the list at the end of `out`.
fn next_block(mut out: Vec<u8>) -> Writer {
    if !out.ends_with(b"[") {
        out.push(b',');
    }
    Writer::after(out)
}

/// Writes one streamed answer: `message_start`, `ping`, content blocks, `message_delta`,
/// `message_stop`. Each block is closed before the next opens; they are numbered from 0
/// without a gap.
#[derive(Debug)]
struct Encoder {
    request_id: String,
    start: Vec<u8>,
    open: Option<OpenBlock>,
    /// The index of the block that is open, or of the next one.
    index: u32,
    /// The beginning of a delta event of the open block, up to the text.
    delta_head: Vec<u8>,
    /// The ids of the calls up to their numbers, and the next number.
    call_id: String,
    call_index: u32,
    /// The same of calls of the gateway's own tools.
    web_id: String,
    web_index: u32,
    /// What was found on the web, and the text of the open block since then.
    sources: Sources,
    text: String,
}

/// The content block that is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OpenBlock {
    Thinking,
    Text,
    /// One that is written as a whole.
    Whole,
}

impl Encoder {
    fn new(model: &str, stamp: &Stamp, prompt_tokens: u64) -> Self {
        let usage = Usage { prompt_tokens, ..Usage::default() };
        let mut start =
            b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":".to_vec();
        let content = |mut out: Vec<u8>| {
            out.extend_from_slice(b"[]");
            out
        };
        let none = Sources::default();
        let begun = json(Vec::new(), stamp, content, model, None, (usage, &none));
        start.extend_from_slice(begun.as_bytes());
        start.extend_from_slice(b"}\n\n");
        Self {
            request_id: stamp.id.clone(),
            start,
            open: None,
            index: 0,
            delta_head: Vec::new(),
            call_id: call_id_head(stamp),
            call_index: 0,
            web_id: searched::id_head(stamp),
            web_index: 0,
            sources: none,
            text: String::new(),
        }
    }

    fn call(&mut self, name: &str, arguments: &str, out: &mut Vec<u8>) {
        let id = format!("{}{}", self.call_id, self.call_index);
        self.call_index += 1;
        let block = Writer::after(Vec::new()).field("type", "tool_use").field("id", &id);
        let block = block.raw("caller", r#"{"type":"direct"}"#).field("name", name);
        self.called(block, arguments, out);
    }

    /// Writes a block with the input `arguments`.
    fn called(&mut self, block: Writer, arguments: &str, out: &mut Vec<u8>) {
        self.whole_block(block.raw("input", "{}"), out);
        let index = self.index;
        let _ = write!(
            out,
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\
             \"index\":{index},\"delta\":{{\"type\":\"input_json_delta\",\"partial_json\":"
        );
        json::write_text(out, arguments);
        out.extend_from_slice(b"}}\n\n");
        self.close_block(out);
    }

    /// Writes the start of a block that is written as a whole.
    fn whole_block(&mut self, block: Writer, out: &mut Vec<u8>) {
        self.close_block(out);
        self.write_start(&block.end(), out);
        self.open = Some(OpenBlock::Whole);
    }

    fn write_start(&self, block: &str, out: &mut Vec<u8>) {
        let index = self.index;
        let _ = write!(
            out,
            "event: content_block_start\ndata: {{\"type\":\"content_block_start\",\
             \"index\":{index},\"content_block\":{block}}}\n\n"
        );
    }

    /// Writes a call of the gateway's own tools, or its result.
    #[cold]
    #[inline(never)]
    fn look(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let id = format!("{}{}", self.web_id, self.web_index);
        let block = Writer::after(Vec::new());
        match event {
            Event::WebCall { tool, input } => {
                let block = searched::call(block, &id, *tool);
                self.called(block, &searched::input(*tool, input), out);
            }
            Event::WebResult(result) => {
                self.web_index += 1;
                self.sources.add(result);
                self.close_block(out);
                let block = searched::result(block, &id, result);
                self.write_start(str::from_utf8(&block).unwrap_or_default(), out);
                self.open = Some(OpenBlock::Whole);
                self.close_block(out);
            }
            _ => {}
        }
    }

    /// Writes citations of the pages that the open block's text names.
    fn cite(&mut self, out: &mut Vec<u8>) {
        for citation in searched::citations(&self.sources, &self.text) {
            let _ = write!(
                out,
                "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\
                 \"index\":{},\"delta\":{{\"type\":\"citations_delta\",\
                 \"citation\":{citation}}}}}\n\n",
                self.index
            );
        }
        self.text.clear();
    }

    /// Closes the open block, if there is one.
    fn close_block(&mut self, out: &mut Vec<u8>) {
        if !self.text.is_empty() {
            self.cite(out);
        }
        self.write_stop(out);
        if self.open.take().is_some() {
            self.index += 1;
        }
    }

    /// Writes the end of the open block, if there is one.
    fn write_stop(&self, out: &mut Vec<u8>) {
        if self.open.is_some() {
            let _ = write!(
                out,
                "event: content_block_stop\ndata: {{\"type\":\"content_block_stop\",\
                 \"index\":{}}}\n\n",
                self.index
            );
        }
    }

    fn open_block(&mut self, block: OpenBlock, out: &mut Vec<u8>) {
        let (start, delta, field) = match block {
            OpenBlock::Thinking => (
                r#"{"type":"thinking","thinking":"","signature":""}"#,
                "thinking_delta",
                "thinking",
            ),
            OpenBlock::Text | OpenBlock::Whole => {
                (r#"{"type":"text","text":""}"#, "text_delta", "text")
            }
        };
        self.write_start(start, out);
        let index = self.index;
        self.delta_head.clear();
        let _ = write!(
            self.delta_head,
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\
             \"index\":{index},\"delta\":{{\"type\":\"{delta}\",\"{field}\":"
        );
        self.open = Some(block);
    }
}

impl dialect::Encoder for Encoder {
    /// `message_start` and a `ping`.
    fn open(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.start);
        self.keep_alive(out);
    }

    /// A delta, with the start and end of blocks it needs; for a call a whole block.
    /// [`Event::End`] writes nothing: `close` does.
    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let (block, text) = match event {
            Event::Reasoning(text) => (OpenBlock::Thinking, text),
            Event::Text(text) => (OpenBlock::Text, text),
            Event::ToolCall { name, arguments } => return self.call(name, arguments, out),
            Event::WebCall { .. } | Event::WebResult(_) => return self.look(event, out),
            Event::End(_) => return,
        };
        if self.open != Some(block) {
            self.close_block(out);
            self.open_block(block, out);
        }
        if block == OpenBlock::Text && !self.sources.is_empty() {
            self.text.push_str(text);
        }
        out.extend_from_slice(&self.delta_head);
        json::write_text(out, text);
        out.extend_from_slice(b"}}\n\n");
    }

    /// Closes the open block and the message.
    fn close(&mut self, finish: &Finish, counted: Usage, out: &mut Vec<u8>) {
        self.close_block(out);
        let reason = stop_reason(finish);
        let _ = write!(
            out,
            "event: message_delta\ndata: {{\"type\":\"message_delta\",\"delta\":\
             {{\"stop_reason\":\"{reason}\",\"stop_sequence\":"
        );
        match stop_sequence(finish) {
            Some(text) => json::write_text(out, text),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"stop_details\":null,\"container\":null},\"usage\":");
        *out = counts(counted, &self.sources, mem::take(out)).end_bytes();
        out.extend_from_slice(b"}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    }

    /// The open block is closed first.
    fn abort(&self, error: &Error, out: &mut Vec<u8>) {
        self.write_stop(out);
        error::write_event(error, &self.request_id, out);
    }

    fn abort_form(&self) -> u32 {
        2 * self.index + u32::from(self.open.is_some())
    }

    /// A `ping`.
    fn keep_alive(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"event: ping\ndata: {\"type\":\"ping\"}\n\n");
    }

    fn held_bytes(&self) -> usize {
        self.sources.held_bytes() + self.text.capacity()
    }
}

fn id(stamp: &Stamp) -> String {
    format!("msg_{}", stamp.id)
}

/// A call's id up to its number.
fn call_id_head(stamp: &Stamp) -> String {
    format!("toolu_{}_", stamp.id.replace('-', ""))
}

fn stop_reason(finish: &Finish) -> &'static str {
    match finish {
        Finish::Stop => "end_turn",
        Finish::ToolCalls => "tool_use",
        Finish::StopSequence(_) => "stop_sequence",
        Finish::Length => "max_tokens",
        Finish::ContentFilter => "refusal",
    }
}

fn stop_sequence(finish: &Finish) -> Option<&str> {
    match finish {
        Finish::StopSequence(sequence) => Some(sequence),
        Finish::Stop | Finish::ToolCalls | Finish::Length | Finish::ContentFilter => None,
    }
}

/// Appends the tokens of an answer, as `message_delta` has them. Nothing is cached and the rest is
/// unknown, but the clients' types require every field, and programs add the counts up.
fn counts(counted: Usage, sources: &Sources, out: Vec<u8>) -> Writer {
    let details = match counted.reasoning_tokens {
        0 => "null".to_owned(),
        tokens => format!(r#"{{"thinking_tokens":{tokens}}}"#),
    };
    Writer::after(out)
        .number("input_tokens", counted.prompt_tokens)
        .number("output_tokens", counted.completion_tokens)
        .number("cache_creation_input_tokens", 0)
        .number("cache_read_input_tokens", 0)
        .raw("output_tokens_details", &details)
        .raw("server_tool_use", &searched::usage(sources))
}
