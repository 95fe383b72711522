//! The JSON of OpenAI's Chat Completions API, as its API reference gives it.
//!
//! Requests are read leniently: a field not named here is accepted whatever it
//! holds, and `null` is the same as absent.

use serde::{Deserialize, Serialize};

use crate::json::{Content, Text};

/// The body of `POST /chat/completions`.
#[derive(Debug, Deserialize)]
pub(crate) struct Request<'a> {
    #[serde(borrow)]
    pub(crate) model: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) messages: Option<Vec<Message<'a>>>,
    pub(crate) stream: Option<bool>,
    pub(crate) stream_options: Option<StreamOptions>,
    #[serde(borrow)]
    pub(crate) reasoning_effort: Option<Text<'a>>,
    /// Not OpenAI's own, but what clients of DeepSeek and DouBao send.
    #[serde(borrow)]
    pub(crate) thinking: Option<ThinkingMode<'a>>,
    /// Not OpenAI's own, but what clients of Qwen send.
    pub(crate) enable_thinking: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StreamOptions {
    pub(crate) include_usage: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ThinkingMode<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Message<'a> {
    #[serde(borrow)]
    pub(crate) role: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) content: Option<Content<'a, Part<'a>>>,
    #[serde(borrow)]
    pub(crate) tool_calls: Option<Vec<ToolCall<'a>>>,
    #[serde(borrow)]
    pub(crate) tool_call_id: Option<Text<'a>>,
    /// The function's name in the `function` role, which came before `tool`.
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Part<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) text: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) refusal: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) image_url: Option<ImageUrl<'a>>,
    #[serde(borrow)]
    pub(crate) file: Option<File<'a>>,
}

/// `{"url": …}`; some clients send the bare string.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected an object with a string `url`, or a string")]
pub(crate) enum ImageUrl<'a> {
    Object {
        #[serde(borrow)]
        url: Text<'a>,
    },
    Bare(#[serde(borrow)] Text<'a>),
}

#[derive(Debug, Deserialize)]
pub(crate) struct File<'a> {
    #[serde(borrow)]
    pub(crate) filename: Option<Text<'a>>,
    /// A `data:` URL.
    #[serde(borrow)]
    pub(crate) file_data: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ToolCall<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) function: Option<Function<'a>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Function<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) arguments: Option<Text<'a>>,
}

/// A whole answer.
#[derive(Debug, Serialize)]
pub(crate) struct Completion<'a> {
    pub(crate) id: &'a str,
    pub(crate) object: &'static str,
    pub(crate) created: u64,
    pub(crate) model: &'a str,
    pub(crate) usage: Usage,
    pub(crate) choices: [Choice<'a>; 1],
}

#[derive(Debug, Serialize)]
pub(crate) struct Choice<'a> {
    pub(crate) message: AnswerMessage<'a>,
    pub(crate) finish_reason: &'static str,
    pub(crate) index: u32,
    pub(crate) logprobs: Option<()>,
}

#[derive(Debug, Serialize)]
pub(crate) struct AnswerMessage<'a> {
    pub(crate) role: &'static str,
    pub(crate) content: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reasoning_content: Option<&'a str>,
    pub(crate) refusal: Option<()>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Usage {
    pub(crate) prompt_tokens: u64,
    pub(crate) completion_tokens: u64,
    pub(crate) total_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct CompletionDetails {
    pub(crate) reasoning_tokens: u64,
}
