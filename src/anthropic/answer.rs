//! The answer side of the Anthropic dialect.

use std::io::Write;

use super::wire;
use crate::{
    chat::{Event, Finish, Stamp, Usage},
    translate::Answer,
};

/// A whole answer as JSON.
#[must_use]
pub fn message(answer: &Answer, model: &str, stamp: &Stamp) -> String {
    let thinking = wire::AnswerBlock::Thinking { thinking: &answer.reasoning, signature: "" };
    let text = wire::AnswerBlock::Text { text: &answer.text };
    let content = [(&answer.reasoning, thinking), (&answer.text, text)]
        .into_iter()
        .filter_map(|(text, block)| (!text.is_empty()).then_some(block))
        .collect();
    let message = wire::Answer {
        id: &id(stamp),
        kind: "message",
        role: "assistant",
        content,
        model,
        stop_reason: Some(stop_reason(&answer.finish)),
        stop_sequence: stop_sequence(&answer.finish),
        stop_details: None,
        container: None,
        diagnostics: None,
        usage: wire::Usage { counts: counts(answer.usage), ..wire::Usage::default() },
    };
    serde_json::to_string(&message).unwrap_or_default()
}

/// Writes one streamed answer: `message_start`, `ping`, blocks that are balanced
/// and numbered from 0 without a gap, `message_delta`, `message_stop`.
#[derive(Debug)]
pub struct Encoder {
    start: Vec<u8>,
    open: Option<Block>,
    /// The index of the block that is open, or of the next one.
    index: u32,
    /// A delta event of the open block up to the text.
    delta_head: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Thinking,
    Text,
}

impl Encoder {
    /// For one answer by the model that clients know as `model`, to a request
    /// of `input_tokens`.
    #[must_use]
    pub fn new(model: &str, stamp: &Stamp, input_tokens: u64) -> Self {
        let message = wire::Answer {
            id: &id(stamp),
            kind: "message",
            role: "assistant",
            content: Vec::new(),
            model,
            stop_reason: None,
            stop_sequence: None,
            stop_details: None,
            container: None,
            diagnostics: None,
            usage: wire::Usage {
                counts: wire::DeltaUsage { input_tokens, ..wire::DeltaUsage::default() },
                ..wire::Usage::default()
            },
        };
        let mut start =
            b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":".to_vec();
        // Writing these shapes to memory cannot fail.
        let _ = serde_json::to_writer(&mut start, &message);
        start.extend_from_slice(b"}\n\n");
        Self { start, open: None, index: 0, delta_head: Vec::new() }
    }

    /// `message_start` and a `ping`.
    pub fn open(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.start);
        self.keep_alive(out);
    }

    /// A delta, with the block boundaries it needs; nothing for [`Event::End`],
    /// which is [`Encoder::close`]'s.
    pub fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let (block, text) = match event {
            Event::Reasoning(text) => (Block::Thinking, text),
            Event::Text(text) => (Block::Text, text),
            Event::End(_) => return,
        };
        if self.open != Some(block) {
            self.close_block(out);
            self.open_block(block, out);
        }
        out.extend_from_slice(&self.delta_head);
        let _ = serde_json::to_writer(&mut *out, text);
        out.extend_from_slice(b"}}\n\n");
    }

    /// Closes the open block and the message.
    pub fn close(&mut self, finish: &Finish, counted: Usage, out: &mut Vec<u8>) {
        self.close_block(out);
        let reason = stop_reason(finish);
        let _ = write!(
            out,
            "event: message_delta\ndata: {{\"type\":\"message_delta\",\"delta\":\
             {{\"stop_reason\":\"{reason}\",\"stop_sequence\":"
        );
        let _ = serde_json::to_writer(&mut *out, &stop_sequence(finish));
        out.extend_from_slice(b",\"stop_details\":null,\"container\":null},\"usage\":");
        let _ = serde_json::to_writer(&mut *out, &counts(counted));
        out.extend_from_slice(b"}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    }

    /// Closes the open block, if there is one: also before an error.
    pub fn close_block(&mut self, out: &mut Vec<u8>) {
        if self.open.take().is_some() {
            let _ = write!(
                out,
                "event: content_block_stop\ndata: {{\"type\":\"content_block_stop\",\
                 \"index\":{}}}\n\n",
                self.index
            );
            self.index += 1;
        }
    }

    /// A `ping`.
    pub fn keep_alive(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"event: ping\ndata: {\"type\":\"ping\"}\n\n");
    }

    fn open_block(&mut self, block: Block, out: &mut Vec<u8>) {
        let (start, delta, field) = match block {
            Block::Thinking => (
                r#"{"type":"thinking","thinking":"","signature":""}"#,
                "thinking_delta",
                "thinking",
            ),
            Block::Text => (r#"{"type":"text","text":""}"#, "text_delta", "text"),
        };
        let index = self.index;
        let _ = write!(
            out,
            "event: content_block_start\ndata: {{\"type\":\"content_block_start\",\
             \"index\":{index},\"content_block\":{start}}}\n\n"
        );
        self.delta_head.clear();
        let _ = write!(
            self.delta_head,
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\
             \"index\":{index},\"delta\":{{\"type\":\"{delta}\",\"{field}\":"
        );
        self.open = Some(block);
    }
}

fn id(stamp: &Stamp) -> String {
    format!("msg_{}", stamp.id)
}

fn stop_reason(finish: &Finish) -> &'static str {
    match finish {
        Finish::Stop => "end_turn",
        Finish::StopSequence(_) => "stop_sequence",
        Finish::Length => "max_tokens",
        Finish::ContentFilter => "refusal",
    }
}

fn stop_sequence(finish: &Finish) -> Option<&str> {
    match finish {
        Finish::StopSequence(sequence) => Some(sequence),
        Finish::Stop | Finish::Length | Finish::ContentFilter => None,
    }
}

fn counts(counted: Usage) -> wire::DeltaUsage {
    let Usage { prompt_tokens, completion_tokens, reasoning_tokens } = counted;
    wire::DeltaUsage {
        input_tokens: prompt_tokens,
        output_tokens: completion_tokens,
        output_tokens_details: (reasoning_tokens > 0)
            .then_some(wire::OutputDetails { thinking_tokens: reasoning_tokens }),
        ..wire::DeltaUsage::default()
    }
}
