//! The JSON of OpenAI's Chat Completions API, as its API reference gives it.
//!
//! Requests are read leniently: a field not named here is accepted whatever it
//! holds, and `null` is the same as absent.

use serde::{Serialize, de::IgnoredAny};

use super::tool_choice::ToolChoiceParam;
use crate::{
    dialect::rules,
    json::{Content, Kind, Outcome, Raw, Read, Reader, Text, fields},
};

/// The body of `POST /chat/completions`.
#[derive(Debug, Default)]
pub(crate) struct Request<'a> {
    pub(crate) model: Option<Text<'a>>,
    pub(crate) messages: Option<Vec<Message<'a>>>,
    pub(crate) stream: Option<bool>,
    pub(crate) stream_options: Option<StreamOptions>,
    pub(crate) reasoning_effort: Option<Text<'a>>,
    /// Not OpenAI's: clients of DeepSeek and DouBao send it.
    pub(crate) thinking: Option<ThinkingMode<'a>>,
    /// Not OpenAI's: clients of Qwen send it.
    pub(crate) enable_thinking: Option<bool>,
    pub(crate) stop: Option<Content<'a, Text<'a>>>,
    pub(crate) max_tokens: Option<u64>,
    pub(crate) max_completion_tokens: Option<u64>,

    pub(crate) tools: Option<Vec<Tool<'a>>>,
    pub(crate) tool_choice: Option<ToolChoiceParam<'a>>,
    pub(crate) parallel_tool_calls: Option<bool>,
    /// With `function_call`, the older form of `tools` and `tool_choice`.
    pub(crate) functions: Option<Vec<FunctionSpec<'a>>>,
    pub(crate) function_call: Option<ToolChoiceParam<'a>>,

    pub(crate) response_format: Option<ResponseFormat<'a>>,

    pub(crate) store: Option<bool>,
    pub(crate) service_tier: Option<Text<'a>>,

    // Refused: not available, and would change the answer's shape.
    pub(crate) n: Option<u64>,
    pub(crate) logprobs: Option<bool>,
    pub(crate) top_logprobs: Option<u64>,
    pub(crate) audio: Option<IgnoredAny>,
    pub(crate) modalities: Option<Vec<Text<'a>>>,

    // What has no effect.
    pub(crate) temperature: Option<IgnoredAny>,
    pub(crate) top_p: Option<IgnoredAny>,
    pub(crate) top_k: Option<IgnoredAny>,
    pub(crate) min_p: Option<IgnoredAny>,
    pub(crate) seed: Option<IgnoredAny>,
    pub(crate) frequency_penalty: Option<IgnoredAny>,
    pub(crate) presence_penalty: Option<IgnoredAny>,
    pub(crate) repetition_penalty: Option<IgnoredAny>,
    pub(crate) logit_bias: Option<IgnoredAny>,
    pub(crate) verbosity: Option<IgnoredAny>,
    pub(crate) prediction: Option<IgnoredAny>,
    pub(crate) web_search_options: Option<IgnoredAny>,
    pub(crate) moderation: Option<IgnoredAny>,
    pub(crate) thinking_budget: Option<IgnoredAny>,
}

fields!(Request<'a> {
    model, messages, stream, stream_options, reasoning_effort, thinking, enable_thinking, stop,
    max_tokens, max_completion_tokens, tools, tool_choice, parallel_tool_calls, functions,
    function_call, response_format, store, service_tier, n, logprobs, top_logprobs, audio,
    modalities, temperature, top_p, top_k, min_p, seed, frequency_penalty, presence_penalty,
    repetition_penalty, logit_bias, verbosity, prediction, web_search_options, moderation,
    thinking_budget,
});

impl Request<'_> {
    /// The parameters that are there and have no effect.
    pub(crate) fn ignored(&self) -> Vec<&'static str> {
        let table = [
            ("temperature", &self.temperature),
            ("top_p", &self.top_p),
            ("top_k", &self.top_k),
            ("min_p", &self.min_p),
            ("seed", &self.seed),
            ("frequency_penalty", &self.frequency_penalty),
            ("presence_penalty", &self.presence_penalty),
            ("repetition_penalty", &self.repetition_penalty),
            ("logit_bias", &self.logit_bias),
            ("verbosity", &self.verbosity),
            ("prediction", &self.prediction),
            ("web_search_options", &self.web_search_options),
            ("moderation", &self.moderation),
            ("thinking_budget", &self.thinking_budget),
        ];
        let table = table.map(|(name, value)| (name, value.is_some()));
        let tier = self.service_tier.as_ref().map_or("auto", Text::as_str);
        let messages = self.messages.as_deref().unwrap_or_default();
        // Parameters that only some values make ask for something, and nested ones.
        let others = [
            ("store", self.store == Some(true)),
            ("service_tier", !matches!(tier, "auto" | "default")),
            (
                "thinking.budget_tokens",
                self.thinking.as_ref().is_some_and(|mode| mode.budget_tokens.is_some()),
            ),
            ("messages.name", messages.iter().any(Message::names_its_speaker)),
            ("image_url.detail", messages.iter().any(Message::asks_for_detail)),
        ];
        rules::ignored([&table, &others])
    }
}

#[derive(Debug, Default)]
pub(crate) struct StreamOptions {
    pub(crate) include_usage: Option<bool>,
}

fields!(StreamOptions { include_usage });

#[derive(Debug, Default)]
pub(crate) struct ThinkingMode<'a> {
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) budget_tokens: Option<IgnoredAny>,
}

fields!(ThinkingMode<'a> { kind = "type", budget_tokens });

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
    pub(crate) audio: Option<IgnoredAny>,
}

fields!(Message<'a> {
    role, content, tool_calls, function_call, tool_call_id, name, refusal, audio,
});

impl Message<'_> {
    fn names_its_speaker(&self) -> bool {
        let role = self.role.as_ref().map_or("", Text::as_str);
        self.name.is_some() && !matches!(role, "tool" | "function")
    }

    fn asks_for_detail(&self) -> bool {
        let parts = match &self.content {
            Some(Content::Parts(parts)) => parts.as_slice(),
            Some(Content::Text(_)) | None => &[],
        };
        let mut details = parts.iter().filter_map(|part| part.image_url.as_ref()?.detail.as_ref());
        details.any(|detail| detail.as_str() != "auto")
    }
}

#[derive(Debug, Default)]
pub(crate) struct Part<'a> {
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) text: Option<Text<'a>>,
    pub(crate) refusal: Option<Text<'a>>,
    pub(crate) image_url: Option<ImageUrl<'a>>,
    pub(crate) file: Option<File<'a>>,
}

fields!(Part<'a> { kind = "type", text, refusal, image_url, file });

/// `{"url": …}`; some clients send the bare string.
#[derive(Debug)]
pub(crate) struct ImageUrl<'a> {
    pub(crate) url: Text<'a>,
    detail: Option<Text<'a>>,
}

impl<'a> Read<'a> for ImageUrl<'a> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        #[derive(Default)]
        struct Object<'a> {
            url: Option<Text<'a>>,
            detail: Option<Text<'a>>,
        }
        fields!(Object<'a> { url, detail });
        reader.shape("an object with a string `url`, or a string", |reader| {
            if reader.kind() != Kind::Object {
                return Text::read(reader).map(|url| Some(Self { url, detail: None }));
            }
            let Object { url, detail } = Object::read(reader)?;
            Ok(url.map(|url| Self { url, detail }))
        })
    }
}

#[derive(Debug, Default)]
pub(crate) struct File<'a> {
    pub(crate) filename: Option<Text<'a>>,
    /// A `data:` URL.
    pub(crate) file_data: Option<Text<'a>>,
}

fields!(File<'a> { filename, file_data });

#[derive(Debug, Default)]
pub(crate) struct ToolCall<'a> {
    pub(crate) id: Option<Text<'a>>,
    pub(crate) function: Option<Function<'a>>,
}

fields!(ToolCall<'a> { id, function });

#[derive(Debug, Default)]
pub(crate) struct Function<'a> {
    pub(crate) name: Option<Text<'a>>,
    pub(crate) arguments: Option<Text<'a>>,
}

fields!(Function<'a> { name, arguments });

/// A tool that may be called.
#[derive(Debug, Default)]
pub(crate) struct Tool<'a> {
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) function: Option<FunctionSpec<'a>>,
}

fields!(Tool<'a> { kind = "type", function });

#[derive(Debug, Default)]
pub(crate) struct FunctionSpec<'a> {
    pub(crate) name: Option<Text<'a>>,
    pub(crate) description: Option<Text<'a>>,
    /// A JSON schema, kept as the client wrote it.
    pub(crate) parameters: Option<Raw<'a>>,
}

fields!(FunctionSpec<'a> { name, description, parameters });

/// The format of the answer: `text`, `json_object` or `json_schema`.
#[derive(Debug, Default)]
pub(crate) struct ResponseFormat<'a> {
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) json_schema: Option<JsonSchema<'a>>,
}

fields!(ResponseFormat<'a> { kind = "type", json_schema });

#[derive(Debug, Default)]
pub(crate) struct JsonSchema<'a> {
    pub(crate) description: Option<Raw<'a>>,
    /// Kept as the client wrote it.
    pub(crate) schema: Option<Raw<'a>>,
}

fields!(JsonSchema<'a> { description, schema });

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
    /// `null` in an answer with calls only.
    pub(crate) content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reasoning_content: Option<&'a str>,
    pub(crate) refusal: Option<()>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tool_calls: Vec<AnswerCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) function_call: Option<AnswerFunction<'a>>,
}

#[derive(Debug, Serialize)]
pub(crate) struct AnswerCall<'a> {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) function: AnswerFunction<'a>,
}

#[derive(Debug, Serialize)]
pub(crate) struct AnswerFunction<'a> {
    pub(crate) name: &'a str,
    pub(crate) arguments: &'a str,
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
