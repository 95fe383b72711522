//! The neutral middle: what a conversation is, whoever asks and whoever answers.
//!
//! The two client dialects and DeGPT meet only here: each dialect maps its
//! requests to a [`Prompt`] and [`Event`]s to its own stream, `degpt` maps a
//! `Prompt` to a request and its stream to events. No serde, no input, no output.

use std::{borrow::Cow, rc::Rc};

use crate::{error::Error, json};

/// A parsed request for an answer. Borrows from the request body where it can:
/// an image is never copied on its way in.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt<'a> {
    /// The model asked for; `None` leaves it to the deployment.
    pub model: Option<Cow<'a, str>>,
    /// What was said so far, in order. Never empty.
    pub turns: Vec<Turn<'a>>,
    /// Whether the model is to reason before it answers.
    pub thinking: Thinking,
    /// How the answer is to be delivered.
    pub delivery: Delivery,
    /// Where the answer is to end, if it goes on for so long.
    pub limits: Limits,
    /// What is done if the last turn is the assistant's and the model cannot go on from it.
    pub prefill: Prefill,
    /// The tools the model may call; `None` if it is to call none.
    pub tools: Option<Tools<'a>>,
    /// The form the text is to have, if it is to have one.
    pub format: Option<Format<'a>>,
    /// The parameters that were accepted and will have no effect.
    pub ignored: Vec<&'static str>,
}

/// The tools of a request. DeGPT knows none: the gateway teaches the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools<'a> {
    /// Those that may be called. Never empty; where the client names the one to
    /// call, that one alone.
    pub list: Vec<Tool<'a>>,
    /// Whether one must be called.
    pub choice: ToolChoice,
    /// How many calls an answer may make.
    pub calls: Calls,
    /// What the conversation quotes; known once the model has its instructions.
    pub quotes: Quotes,
}

/// What the texts of a conversation hold that a model may repeat, and that is no call
/// of its own then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quotes {
    /// Tags of calls and results. They carry a mark on their way to the model.
    pub tags: bool,
    /// A JSON object that calls a tool of the request, without tags.
    pub objects: bool,
}

/// One tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// What it is for.
    pub description: Option<Cow<'a, str>>,
    /// The JSON schema of its arguments, as the client wrote it.
    pub schema: Option<&'a str>,
    /// A JSON list of examples of its arguments, as the client wrote it.
    pub examples: Option<&'a str>,
    /// Whether the model is not told of it yet: a search has to find it first.
    pub deferred: bool,
}

impl Tool<'_> {
    /// The longest name, in bytes. OpenAI allows 64 and Anthropic 128.
    pub const LONGEST_NAME: usize = 256;
}

/// Whether a tool must be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolChoice {
    /// As the model sees fit.
    Auto,
    /// At least one.
    Required,
}

/// How many calls an answer may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// As many as the model likes.
    Many,
    /// One at most.
    One,
}

/// The form the text of an answer is to have: one JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format<'a> {
    /// The JSON schema it is to fit, as the client wrote it.
    pub schema: Option<&'a str>,
    /// What it is: a JSON string, as the client wrote it.
    pub description: Option<&'a str>,
}

impl Prompt<'_> {
    /// Whether any turn holds a picture or a file.
    #[must_use]
    pub fn has_attachment(&self) -> bool {
        self.turns.iter().flat_map(|turn| &turn.parts).any(Part::is_attachment)
    }
}

/// Where an answer is to end. DeGPT knows no such limits: the gateway keeps them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// The answer ends before the first of these. None is empty.
    pub stop: Vec<String>,
    /// The most tokens of what is said, not counting the reasoning.
    pub max_text_tokens: Option<u64>,
    /// The most tokens of reasoning and what is said together.
    pub max_total_tokens: Option<u64>,
}

impl Limits {
    /// Whether there is no limit at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What is done about a last turn of the assistant that the model cannot go on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefill {
    /// It is an error: the client relies on it.
    Refuse,
    /// The model is asked to go on.
    AskToContinue,
}

/// How the answer is to be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// One JSON object.
    Whole,
    /// Server-sent events.
    Stream {
        /// Whether the stream tells its token counts.
        usage: UsageReport,
    },
}

/// Whether a stream tells its token counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageReport {
    /// At its end.
    Included,
    /// Not at all.
    Omitted,
}

/// Whether the model is to reason before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thinking {
    /// The request asks for it.
    On,
    /// The request does not ask for it, or asks for none.
    Off,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Instructions (`system` and `developer`).
    System,
    /// The person, and what tools returned.
    User,
    /// The model.
    Assistant,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn<'a> {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order. May be empty. Pictures and files, but for those that
    /// tools returned, are the user's alone: no model takes them from anyone else.
    pub parts: Vec<Part<'a>>,
}

/// One piece of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Part<'a> {
    /// Words.
    Text(Cow<'a, str>),
    /// A picture.
    Image(Source<'a>),
    /// A document.
    File {
        /// Its name, where the client gave one.
        name: Option<Cow<'a, str>>,
        /// Its content.
        source: Source<'a>,
    },
    /// A call the model made earlier.
    ToolCall {
        /// The call's id.
        id: Cow<'a, str>,
        /// The tool's name.
        name: Cow<'a, str>,
        /// The arguments, as JSON text.
        arguments: Cow<'a, str>,
    },
    /// What a tool returned.
    ToolResult {
        /// The id of the call.
        id: Cow<'a, str>,
        /// Whether the tool failed.
        outcome: ToolOutcome,
        /// What it returned: texts, images and files.
        parts: Vec<Part<'a>>,
    },
}

impl Part<'_> {
    /// Whether this is, or a tool returned, a picture or a file.
    #[must_use]
    pub fn is_attachment(&self) -> bool {
        match self {
            Self::Image(_) | Self::File { .. } => true,
            Self::Text(_) | Self::ToolCall { .. } => false,
            Self::ToolResult { parts, .. } => parts.iter().any(Part::is_attachment),
        }
    }
}

/// Whether a tool failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolOutcome {
    /// It returned.
    Returned,
    /// It reported an error.
    Failed,
}

/// Where the bytes of a picture or file are.
#[derive(Debug, Clone, PartialEq)]
pub enum Source<'a> {
    /// At an address, which may be a `data:` URL.
    Url(Cow<'a, str>),
    /// In the request.
    Base64 {
        /// The media type, like `image/png`.
        media_type: Cow<'a, str>,
        /// The bytes, base64-encoded as the client sent them.
        data: Cow<'a, str>,
    },
}

/// What happens in an answer, in order: reasoning, text and calls, then one end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// A piece of the model's reasoning, never empty.
    Reasoning(&'a str),
    /// A piece of the answer, never empty.
    Text(&'a str),
    /// A call of a tool, whole.
    ToolCall {
        /// The tool's name.
        name: &'a str,
        /// The arguments: the JSON text of an object.
        arguments: &'a str,
    },
    /// The answer is complete.
    End(Finish),
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Finish {
    /// The model had said what it had to say.
    #[default]
    Stop,
    /// It had called what it had to call.
    ToolCalls,
    /// It came to one of the request's stop sequences: this one.
    StopSequence(Rc<str>),
    /// A limit of tokens was reached, the model's or the request's.
    Length,
    /// The provider's filter cut it.
    ContentFilter,
}

/// Tokens of one exchange, counted by this gateway: the upstream counts none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Tokens of the request.
    pub prompt_tokens: u64,
    /// Tokens of the answer, its reasoning included.
    pub completion_tokens: u64,
    /// Tokens of the reasoning alone.
    pub reasoning_tokens: u64,
}

/// A whole answer.
#[derive(Debug, Default)]
pub struct Answer {
    /// The model's reasoning; empty if there was none.
    pub reasoning: String,
    /// What the model said.
    pub text: String,
    /// The tools it calls, in order.
    pub calls: Vec<Call>,
    /// Why it ended.
    pub finish: Finish,
    /// The tokens it took.
    pub usage: Usage,
}

impl Answer {
    /// How much memory it holds, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let calls = self.calls.iter().map(|call| call.name.capacity() + call.arguments.capacity());
        self.reasoning.capacity() + self.text.capacity() + calls.sum::<usize>()
    }

    /// How many bytes it takes as JSON, in either dialect; a little more, or as many.
    #[must_use]
    pub fn json_bytes(&self) -> usize {
        let calls = self.calls.iter();
        let calls = calls.map(|call| json::escaped_bytes(&call.arguments) + call.name.len() + 256);
        1_024
            + json::escaped_bytes(&self.reasoning)
            + json::escaped_bytes(&self.text)
            + calls.sum::<usize>()
    }
}

/// A call in a whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The tool's name.
    pub name: String,
    /// The arguments: the JSON text of an object.
    pub arguments: String,
    /// How much of the text comes before it, in bytes.
    pub place: usize,
}

/// An answer that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How.
    pub error: Error,
    /// Whether any of the answer had come before: then asking again would
    /// begin another answer.
    pub phase: Phase,
}

/// Whether any of an answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has, so that all can still be undone.
    Waiting,
    /// Reasoning, text or a call has.
    Flowing,
}

impl Phase {
    /// `Flowing` if `begun`.
    #[must_use]
    pub fn of(begun: bool) -> Self {
        if begun { Self::Flowing } else { Self::Waiting }
    }
}

/// What identifies one answer. Made at the edge, where randomness and a clock
/// are; the core has neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Unique, of letters, digits and hyphens; the request id, and the answer's
    /// id behind a prefix.
    pub id: String,
    /// The time, in seconds since 1970-01-01 UTC.
    pub unix_s: u64,
}
