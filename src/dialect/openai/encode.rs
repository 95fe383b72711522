//! Writes answers as OpenAI's chat completions, whole and streamed.

use std::{borrow::Cow, io::Write};

use super::{error, wire};
use crate::{
    chat::{Answer, Call, Event, Finish, Stamp, Tools, Usage, UsageReport},
    dialect::{self, text_tools},
    error::Error,
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
}

impl Reply {
    pub(super) fn new(form: CallForm, usage: UsageReport, tools: Option<&Tools<'_>>) -> Self {
        let mut customs = Vec::new();
        for tool in tools.map_or(&[][..], |tools| &tools.list) {
            if tool.takes_text {
                customs.push(tool.name.clone().into_owned());
            }
        }
        Self { form, usage, customs }
    }

    /// The text of a call of the tool `name`, if it has one and no arguments.
    fn text_of<'a>(&self, name: &str, arguments: &'a str) -> Option<Cow<'a, str>> {
        let takes_text = self.customs.iter().any(|custom| custom == name);
        takes_text.then(|| text_tools::text_of(arguments))
    }
}

impl dialect::Reply for Reply {
    fn whole(&self, answer: &Answer, model: &str, stamp: &Stamp) -> String {
        completion(answer, self, model, stamp)
    }

    fn encoder(
        &self,
        model: &str,
        stamp: &Stamp,
        _prompt_tokens: u64,
    ) -> Box<dyn dialect::Encoder> {
        Box::new(Encoder::new(model, stamp, self.clone()))
    }
}

/// A whole answer as JSON.
fn completion(answer: &Answer, reply: &Reply, model: &str, stamp: &Stamp) -> String {
    let form = reply.form;
    let calls = answer
        .calls
        .iter()
        .map(|Call { name, arguments, .. }| wire::AnswerFunction { name, arguments });
    let (tool_calls, function_call) = match form {
        CallForm::Current => {
            let numbered = calls.enumerate().map(|(index, function)| {
                let text = reply.text_of(function.name, function.arguments);
                let custom = text.map(|input| wire::AnswerCustom { name: function.name, input });
                wire::AnswerCall {
                    id: call_id(stamp, index),
                    kind: if custom.is_some() { "custom" } else { "function" },
                    function: custom.is_none().then_some(function),
                    custom,
                }
            });
            (numbered.collect(), None)
        }
        CallForm::Legacy => (Vec::new(), calls.take(1).next()),
    };
    let is_only_calls = answer.text.is_empty() && !answer.calls.is_empty();
    let message = wire::AnswerMessage {
        role: "assistant",
        content: (!is_only_calls).then_some(answer.text.as_str()),
        reasoning_content: (!answer.reasoning.is_empty()).then_some(answer.reasoning.as_str()),
        refusal: None,
        tool_calls,
        function_call,
    };
    let completion = wire::Completion {
        id: &id(stamp),
        object: "chat.completion",
        created: stamp.unix_s,
        model,
        usage: usage(answer.usage),
        choices: [wire::Choice {
            message,
            finish_reason: finish_reason(&answer.finish, form),
            index: 0,
            logprobs: None,
        }],
    };
    let mut json = Vec::with_capacity(answer.json_bytes());
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(&mut json, &completion);
    String::from_utf8(json).unwrap_or_default()
}

/// Writes one streamed answer: a role chunk, content chunks, a finish chunk,
/// the usage if asked for, `[DONE]`.
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
}

impl Encoder {
    fn new(model: &str, stamp: &Stamp, reply: Reply) -> Self {
        let mut head = common(model, stamp);
        head.extend_from_slice(br#""choices":[{"index":0,"delta":{"#);
        let tail: &[u8] = match reply.usage {
            UsageReport::Omitted => b"},\"logprobs\":null,\"finish_reason\":null}]}\n\n",
            UsageReport::Included => {
                b"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n"
            }
        };
        Self { head, tail, reply, call_id: call_id_head(stamp), call_index: 0 }
    }

    /// A chunk that names the call, and one with its arguments.
    fn call(&mut self, name: &str, arguments: &str, out: &mut Vec<u8>) {
        let Self { call_id, call_index: index, reply, .. } = self;
        let text = reply.text_of(name, arguments);
        let (kind, field) =
            if text.is_some() { ("custom", "input") } else { ("function", "arguments") };
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
        let _ = serde_json::to_writer(&mut *out, name);
        let _ = write!(out, r#","{field}":"""#);
        out.extend_from_slice(end.as_bytes());
        out.extend_from_slice(self.tail);
        out.extend_from_slice(&self.head);
        out.extend_from_slice(then.as_bytes());
        let _ = write!(out, r#""{field}":"#);
        let _ = serde_json::to_writer(&mut *out, text.as_deref().unwrap_or(arguments));
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
            Event::End(_) => return,
        };
        out.extend_from_slice(&self.head);
        out.extend_from_slice(field);
        // Writing a string to memory cannot fail.
        let _ = serde_json::to_writer(&mut *out, text);
        out.extend_from_slice(self.tail);
    }

    /// The finish chunk, the usage chunk where one was asked for, and `[DONE]`.
    fn close(&mut self, finish: &Finish, counted: Usage, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        let reason = finish_reason(finish, self.reply.form);
        let _ = write!(out, r#"}},"logprobs":null,"finish_reason":"{reason}"}}]"#);
        match self.reply.usage {
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

    fn abort(&self, error: &Error, out: &mut Vec<u8>) {
        error::write_event(error, out);
    }

    /// A comment, which clients skip.
    fn keep_alive(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b": keep-alive\n\n");
    }
}

/// The beginning of every chunk: `data: {` and the shared fields, in OpenAI's order.
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

/// A call's id up to its number. Some servers allow 40 characters, so the
/// stamp's hyphens are left out.
fn call_id_head(stamp: &Stamp) -> String {
    format!("call_{}_", stamp.id.replace('-', ""))
}

fn call_id(stamp: &Stamp, index: usize) -> String {
    format!("{}{index}", call_id_head(stamp))
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
