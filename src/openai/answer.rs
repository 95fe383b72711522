//! The answer side of the OpenAI dialect.

use std::io::Write;

use super::wire;
use crate::{
    chat::{Event, Finish, Stamp, Usage, UsageReport},
    translate::Answer,
};

/// A whole answer as JSON.
#[must_use]
pub fn completion(answer: &Answer, model: &str, stamp: &Stamp) -> String {
    let message = wire::AnswerMessage {
        role: "assistant",
        content: &answer.text,
        reasoning_content: (!answer.reasoning.is_empty()).then_some(answer.reasoning.as_str()),
        refusal: None,
    };
    let completion = wire::Completion {
        id: &id(stamp),
        object: "chat.completion",
        created: stamp.unix_s,
        model,
        usage: usage(answer.usage),
        choices: [wire::Choice {
            message,
            finish_reason: finish_reason(&answer.finish),
            index: 0,
            logprobs: None,
        }],
    };
    serde_json::to_string(&completion).unwrap_or_default()
}

/// Writes one streamed answer: a role chunk, content chunks, a finish chunk,
/// the usage if asked for, `[DONE]`.
///
/// What is the same in every chunk is made once: a content chunk costs two
/// copies and the escaping of its text.
#[derive(Debug)]
pub struct Encoder {
    /// A chunk up to and with `"delta":{`.
    head: Vec<u8>,
    /// The rest of a chunk that is not the last, after the delta's last value.
    tail: &'static [u8],
    usage: UsageReport,
}

impl Encoder {
    /// For one answer by the model that clients know as `model`.
    #[must_use]
    pub fn new(model: &str, stamp: &Stamp, usage: UsageReport) -> Self {
        let mut head = common(model, stamp);
        head.extend_from_slice(br#""choices":[{"index":0,"delta":{"#);
        let tail: &[u8] = match usage {
            UsageReport::Omitted => b"},\"logprobs\":null,\"finish_reason\":null}]}\n\n",
            UsageReport::Included => {
                b"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n"
            }
        };
        Self { head, tail, usage }
    }

    /// The role chunk.
    pub fn open(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(br#""role":"assistant","content":"","refusal":null"#);
        out.extend_from_slice(self.tail);
    }

    /// A content chunk, or nothing for [`Event::End`], which is [`Encoder::close`]'s.
    pub fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let (field, text): (&[u8], &str) = match event {
            Event::Text(text) => (br#""content":"#, text),
            Event::Reasoning(text) => (br#""reasoning_content":"#, text),
            Event::End(_) => return,
        };
        out.extend_from_slice(&self.head);
        out.extend_from_slice(field);
        // Writing a string to memory cannot fail.
        let _ = serde_json::to_writer(&mut *out, text);
        out.extend_from_slice(self.tail);
    }

    /// The finish chunk, the usage chunk where one was asked for, and `[DONE]`.
    pub fn close(&mut self, finish: &Finish, counted: Usage, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        let reason = finish_reason(finish);
        let _ = write!(out, r#"}},"logprobs":null,"finish_reason":"{reason}"}}]"#);
        match self.usage {
            UsageReport::Omitted => out.extend_from_slice(b"}\n\n"),
            UsageReport::Included => {
                out.extend_from_slice(b",\"usage\":null}\n\n");
                let choices = br#""choices":[{"index":0,"delta":{"#;
                let common = self.head.strip_suffix(choices).unwrap_or_default();
                out.extend_from_slice(common);
                out.extend_from_slice(br#""choices":[],"usage":"#);
                let _ = serde_json::to_writer(&mut *out, &usage(counted));
                out.extend_from_slice(b"}\n\n");
            }
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    /// A comment, which every client passes over.
    pub fn keep_alive(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b": keep-alive\n\n");
    }
}

/// A chunk's `data: {` with the fields every chunk shares, in the order OpenAI sends them.
fn common(model: &str, stamp: &Stamp) -> Vec<u8> {
    let mut out = br#"data: {"id":"#.to_vec();
    let _ = serde_json::to_writer(&mut out, &id(stamp));
    let _ = write!(out, r#","object":"chat.completion.chunk","created":{},"model":"#, stamp.unix_s);
    let _ = serde_json::to_writer(&mut out, model);
    out.push(b',');
    out
}

fn id(stamp: &Stamp) -> String {
    format!("chatcmpl-{}", stamp.id)
}

fn finish_reason(finish: &Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::StopSequence(_) => "stop",
        Finish::Length => "length",
        Finish::ContentFilter => "content_filter",
    }
}

fn usage(counted: Usage) -> wire::Usage {
    let Usage { prompt_tokens, completion_tokens, reasoning_tokens } = counted;
    wire::Usage {
        prompt_tokens,
        completion_tokens,
        total_tokens: prompt_tokens + completion_tokens,
        completion_tokens_details: (reasoning_tokens > 0)
            .then_some(wire::CompletionDetails { reasoning_tokens }),
    }
}
