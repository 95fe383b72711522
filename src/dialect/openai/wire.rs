//! The JSON of OpenAI's Chat Completions API, as its API reference gives it.
//!
//! `null` is the same as absent. Fields that are not named here are in [`mod@fields`], or have no
//! effect.

use crate::{
    dialect::{content::Part, fields, request::Common, thinking, tool_wire},
    json::{
        Asks::{Nothing, Refused, Something},
        Content, Known, Reader, Row, Seen, Text, fields,
    },
};

/// The body of `POST /chat/completions`.
#[derive(Debug, Default)]
pub(crate) struct Request<'a> {
    pub(crate) messages: Option<Vec<Message<'a>>>,
    /// Anthropic's place of the system text.
    pub(crate) system: Option<Content<'a, Part<'a>>>,
    pub(crate) stream_options: Option<StreamOptions>,
    pub(crate) n: Option<u64>,
    /// With `function_call`, the older form of `tools` and `tool_choice`.
    pub(crate) functions: Option<Vec<tool_wire::Spec<'a>>>,
    pub(crate) function_call: Option<tool_wire::ToolChoiceParam<'a>>,
    pub(crate) common: Common<'a>,
}

fields!(
    Request<'a> { messages, system, stream_options, n, functions, function_call }
        in common: Common
        + fields::REQUEST, thinking::SWITCHES
);

#[derive(Debug, Default)]
pub(crate) struct StreamOptions {
    pub(crate) include_usage: Option<bool>,
}

fields!(StreamOptions { include_usage } + STREAM_OPTIONS);

const STREAM_OPTIONS: &[Row] = &[("include_obfuscation", Nothing)];

#[derive(Debug, Default)]
pub(crate) struct Message<'a> {
    pub(crate) role: Option<Text<'a>>,
    pub(crate) content: Option<Content<'a, Part<'a>>>,
    pub(crate) tool_calls: Option<Vec<ToolCall<'a>>>,
    /// The older form of `tool_calls`.
    pub(crate) function_call: Option<Function<'a>>,
    pub(crate) tool_call_id: Option<Text<'a>>,
    /// In the role `function`, the older `tool`, the function's name; in others, the
    /// speaker's.
    pub(crate) name: Option<Text<'a>>,
    /// Why the assistant refused to answer.
    pub(crate) refusal: Option<Text<'a>>,
}

fields!(
    Message<'a> { role, content, tool_calls, function_call, tool_call_id, name, refusal } + MESSAGE => check
);

const MESSAGE: &[Row] = &[
    // In answers, which clients send back as they came.
    ("annotations", Nothing),
    ("parsed", Nothing),
    // No family of models is known to take earlier reasoning through DeGPT.
    ("reasoning", Something),
    ("reasoning_content", Something),
    ("reasoning_details", Something),
    ("audio", Refused("must be left out: audio answers are not available")),
];

impl Message<'_> {
    fn check(&self, reader: &mut Reader<'_>, seen: Seen) {
        let known: &[&str] = match self.role.as_ref().map_or("", Text::as_str) {
            "assistant" => &["role", "content", "tool_calls", "function_call", "refusal"],
            "tool" | "function" => &["role", "content", "tool_call_id", "name"],
            _ => &["role", "content"],
        };
        reader.note_others(seen, Self::NAMES, known);
    }
}

#[derive(Debug, Default)]
pub(crate) struct ToolCall<'a> {
    pub(crate) id: Option<Text<'a>>,
    pub(crate) function: Option<Function<'a>>,
    /// The call of a tool that takes any text.
    pub(crate) custom: Option<Custom<'a>>,
}

fields!(ToolCall<'a> { id, function, custom } + TOOL_CALL => check);

impl ToolCall<'_> {
    fn check(&self, reader: &mut Reader<'_>, seen: Seen) {
        if self.custom.is_some() {
            reader.note_these(seen, Self::NAMES, &["function"]);
        }
    }
}

const TOOL_CALL: &[Row] = &[("index", Nothing), ("type", Nothing)];

#[derive(Debug, Default)]
pub(crate) struct Function<'a> {
    pub(crate) name: Option<Text<'a>>,
    pub(crate) arguments: Option<Text<'a>>,
}

fields!(Function<'a> { name, arguments } + FUNCTION);

const FUNCTION: &[Row] = &[("parsed_arguments", Nothing)];

#[derive(Debug, Default)]
pub(crate) struct Custom<'a> {
    pub(crate) name: Option<Text<'a>>,
    pub(crate) input: Option<Text<'a>>,
}

fields!(Custom<'a> { name, input });
