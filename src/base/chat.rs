//! The neutral model of a conversation, independent of client dialects and of DeGPT.
//!
//! The client dialects and DeGPT meet only here. Each dialect maps its requests to a [`Prompt`],
//! and [`Event`]s to its own stream. `degpt` maps a `Prompt` to a request, and its stream to
//! events. There is no serde and no I/O here.

use std::{borrow::Cow, rc::Rc};

use crate::{error::Error, json, notes::Notes};

/// A parsed request for an answer. It borrows from the request body where it can: an image
/// is not copied when it is parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt<'a> {
    /// The requested model; `None` means the deployment's default.
    pub model: Option<Cow<'a, str>>,
    /// The messages so far, in order. Never empty.
    pub turns: Vec<Turn<'a>>,
    /// Whether the model should reason before it answers.
    pub thinking: Thinking,
    /// Whether the answer has the reasoning in it.
    pub reasoning: Reasoning,
    /// How the answer is delivered.
    pub delivery: Delivery,
    /// Stop sequences and token limits.
    pub limits: Limits,
    /// The tools that the model may call; `None` if it must not call any.
    pub tools: Option<Tools<'a>>,
    /// The required form of the text, if there is one.
    pub format: Option<Format<'a>>,
    /// The fields that were accepted but have no effect, and those of which that is not yet
    /// decided.
    pub notes: Notes,
}

/// The tools of a request. DeGPT does not support tools: the gateway instructs the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools<'a> {
    /// The tools that may be called. Never empty. If the client requires one tool by name, only
    /// that one.
    pub list: Vec<Tool<'a>>,
    /// Whether one must be called.
    pub choice: ToolChoice,
    /// How many calls an answer may make.
    pub calls: Calls,
    /// What the conversation quotes. Set when the instructions are added.
    pub quotes: Quotes,
    /// Those in the list that the gateway itself carries out.
    pub web: Vec<Web>,
}

/// A tool of the web, which the gateway itself carries out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebTool {
    /// Searches the web.
    Search,
    /// Reads a page.
    Fetch,
}

/// A tool of the web in a request, and what the request allows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Web {
    /// What it does.
    pub tool: WebTool,
    /// The name by which the model calls it.
    pub name: String,
    /// The field that asks for it, as a path.
    pub field: String,
    /// The most calls of an answer.
    pub most_uses: u32,
    /// The most bytes of each text that it finds.
    pub most_bytes: usize,
    /// Where it may look.
    pub domains: Domains,
}

/// Which sites a tool of the web may use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Domains {
    /// All.
    #[default]
    Any,
    /// These, with what is below them.
    Only(Vec<String>),
    /// All but these.
    Not(Vec<String>),
}

/// A call of a tool of the web, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebResult {
    /// The tool.
    pub tool: WebTool,
    /// What was looked for, or the address of the page; empty if the call has none.
    pub input: String,
    /// What was found, or why nothing was.
    pub outcome: Result<Vec<Page>, WebFault>,
}

/// What was found at one address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The address.
    pub url: String,
    /// Its title; may be empty.
    pub title: String,
    /// Its text, or some of it.
    pub text: String,
}

/// Why a tool of the web found nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebFault {
    /// The call has not what the tool needs.
    InvalidInput,
    /// What is looked for is too long.
    QueryTooLong,
    /// The address is too long.
    UrlTooLong,
    /// The request or this gateway does not allow the address.
    UrlNotAllowed,
    /// Neither the conversation nor a result has the address.
    UrlUnknown,
    /// The page cannot be read.
    UrlNotAccessible,
    /// The answer has made as many calls as it may.
    MaxUses,
    /// The service refuses, for there were too many calls.
    TooManyRequests,
    /// The service does not answer, or not in time.
    Unavailable,
}

impl WebResult {
    /// The pages that were found.
    #[must_use]
    pub fn pages(&self) -> &[Page] {
        self.outcome.as_deref().unwrap_or_default()
    }

    /// How much memory it holds, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let bytes = |page: &Page| {
            page.url.capacity() + page.title.capacity() + page.text.capacity() + size_of::<Page>()
        };
        self.input.capacity() + self.pages().iter().map(bytes).sum::<usize>()
    }
}

/// What the texts of a conversation contain that a model may repeat, although it does not
/// mean to call a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quotes {
    /// Tags of calls and results. They are marked in the texts that the model gets.
    pub tags: bool,
    /// A JSON object that looks like a call of one of the tools, without tags.
    pub objects: bool,
}

/// One tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its description.
    pub description: Option<Cow<'a, str>>,
    /// The JSON schema of its arguments, as the client wrote it.
    pub schema: Option<&'a str>,
    /// A JSON list of examples of its arguments, as the client wrote it.
    pub examples: Option<&'a str>,
    /// Whether the model does not see it until a tool search finds it.
    pub deferred: bool,
    /// Whether its arguments must fit the schema.
    pub strict: bool,
    /// Whether its arguments are one text, which its schema calls `input`.
    pub takes_text: bool,
}

impl Tool<'_> {
    /// The longest name, in bytes. OpenAI allows 64 and Anthropic 128.
    pub const LONGEST_NAME: usize = 256;
}

/// Whether a tool must be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolChoice {
    /// The model decides.
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

/// The required form of an answer's text: one JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format<'a> {
    /// The JSON schema that it must match, as the client wrote it.
    pub schema: Option<&'a str>,
    /// Its description: a JSON string, as the client wrote it.
    pub description: Option<&'a str>,
}

/// Where an answer must end. DeGPT does not support these limits: the gateway applies them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// The answer ends before the first of these sequences. None of them is empty.
    pub stop: Vec<String>,
    /// The most tokens of text, without the reasoning.
    pub max_text_tokens: Option<u64>,
    /// The most tokens of reasoning and text together.
    pub max_total_tokens: Option<u64>,
}

impl Limits {
    /// Whether there is no limit at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How the answer is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// One JSON object.
    Whole,
    /// Server-sent events.
    Stream {
        /// Whether the stream reports its token counts.
        usage: UsageReport,
    },
}

/// Whether a stream reports its token counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageReport {
    /// It reports them at its end.
    Included,
    /// It does not report them.
    Omitted,
}

/// Whether the model should reason before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thinking {
    /// The request turns it on.
    On,
    /// The request turns it off.
    Off,
    /// The request does not say: its model decides.
    Unsaid,
}

/// Whether an answer has the model's reasoning in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reasoning {
    /// It has.
    Shown,
    /// It has only what the model says in the end.
    Hidden,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Instructions (`system` and `developer`).
    System,
    /// The user, and tool results.
    User,
    /// The model.
    Assistant,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn<'a> {
    /// Who speaks.
    pub role: Role,
    /// Its content, in order. May be empty. Only the user's messages hold images and files, except
    /// those in tool results: no model takes them from another role.
    pub parts: Vec<Part<'a>>,
}

impl Turn<'_> {
    /// Whether it begins with a tool's result.
    #[must_use]
    pub fn holds_results(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::ToolResult { .. }, ..])
    }
}

/// One part of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Part<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// An image.
    Image(Source<'a>),
    /// A document.
    File {
        /// Its name, where the client gave one.
        name: Option<Cow<'a, str>>,
        /// Its content.
        source: Source<'a>,
    },
    /// An earlier tool call of the model.
    ToolCall {
        /// The call's id.
        id: Cow<'a, str>,
        /// The tool's name.
        name: Cow<'a, str>,
        /// The arguments, as JSON text.
        arguments: Cow<'a, str>,
    },
    /// A tool result.
    ToolResult {
        /// The id of the call.
        id: Cow<'a, str>,
        /// Whether the tool failed.
        outcome: ToolOutcome,
        /// The content of the result: texts, images and files.
        parts: Vec<Part<'a>>,
    },
}

impl Part<'_> {
    /// Whether this is an image or a file, or a tool result with one.
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
    /// It succeeded.
    Returned,
    /// It reported an error.
    Failed,
}

/// Where an image or a file comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Source<'a> {
    /// The field of the request that holds it, like `messages[0].content[1].image_url.url`.
    pub field: Box<str>,
    /// Its content.
    pub data: Data<'a>,
}

/// The content of an image or a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Data<'a> {
    /// It is at this http(s) address.
    Address(Cow<'a, str>),
    /// It is in the request.
    Base64 {
        /// The media type, like `image/png`, by its first bytes.
        media_type: &'static str,
        /// The bytes, in base64 as every decoder takes it.
        text: Cow<'a, str>,
    },
}

/// One event of an answer. In order: reasoning, text and calls, then one end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// A piece of the model's reasoning, never empty.
    Reasoning(&'a str),
    /// A piece of the answer's text, never empty.
    Text(&'a str),
    /// A tool call. It is complete, unless [`Finish::Length`] follows: that may have cut off the
    /// last call of the answer.
    ToolCall {
        /// The tool's name.
        name: &'a str,
        /// The arguments: the JSON text of an object, or the beginning of one.
        arguments: &'a str,
    },
    /// A call of a tool of the web. It is complete, and is carried out next.
    WebCall {
        /// The tool.
        tool: WebTool,
        /// What is looked for, or the address of the page.
        input: &'a str,
    },
    /// What came of the last [`Event::WebCall`].
    WebResult(&'a WebResult),
    /// The answer is complete.
    End(Finish),
}

/// The finish reason: why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Finish {
    /// The model ended the answer.
    #[default]
    Stop,
    /// The model called tools.
    ToolCalls,
    /// The answer reached this stop sequence of the request.
    StopSequence(Rc<str>),
    /// The answer reached a token limit of the model or of the request.
    Length,
    /// The provider's content filter ended it.
    ContentFilter,
}

/// The token counts of one request and its answer. The gateway counts: DeGPT reports none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Tokens of the request.
    pub prompt_tokens: u64,
    /// Tokens of the answer, including its reasoning.
    pub completion_tokens: u64,
    /// Tokens of the reasoning alone.
    pub reasoning_tokens: u64,
}

/// A whole answer.
#[derive(Debug, Default)]
pub struct Answer {
    /// The model's reasoning; empty if there was none.
    pub reasoning: String,
    /// The text.
    pub text: String,
    /// The tools it calls, in order.
    pub calls: Vec<Call>,
    /// The calls of the gateway's own tools that it ended with: what it is about, and the text.
    pub errands: Vec<(WebTool, String)>,
    /// Those that were carried out, in order, and how many bytes of the text come before each.
    /// They stand before all `calls`.
    pub web: Vec<(usize, WebResult)>,
    /// What is wrong with a call in its text that cannot be read, if there is one.
    pub unreadable: Option<&'static str>,
    /// The finish reason.
    pub finish: Finish,
    /// The token counts.
    pub usage: Usage,
}

impl Answer {
    /// How much memory it holds, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let calls = self.calls.iter().map(|call| call.name.capacity() + call.arguments.capacity());
        let web = self.web.iter().map(|(_, result)| result.held_bytes());
        self.reasoning.capacity() + self.text.capacity() + calls.sum::<usize>() + web.sum::<usize>()
    }

    /// An upper bound, and a close one, of its size in bytes as JSON, in either dialect.
    #[must_use]
    pub fn json_bytes(&self) -> usize {
        let calls = self.calls.iter();
        let calls = calls.map(|call| json::escaped_bytes(&call.arguments) + call.name.len() + 256);
        // Some dialects have the texts in base64, and each address again where it is named.
        let web = self.web.iter().map(|(_, result)| 2 * result.held_bytes() + 1_024);
        1_024
            + json::escaped_bytes(&self.reasoning)
            + json::escaped_bytes(&self.text)
            + calls.sum::<usize>()
            + web.sum::<usize>()
    }
}

/// A call in a whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The tool's name.
    pub name: String,
    /// The arguments: the JSON text of an object.
    pub arguments: String,
    /// How many bytes of the text come before it.
    pub place: usize,
}

impl Call {
    /// Makes an object of the arguments of a call that was cut off.
    pub fn close(&mut self) {
        let close = || json::close(&self.arguments).map(|(closed, _)| closed);
        if !json::is_valid(&self.arguments) {
            self.arguments = close().unwrap_or_else(|| "{}".to_owned());
        }
    }
}

/// The most choices that one request may ask for.
pub const MOST_CHOICES: u32 = 8;

/// An answer that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The error.
    pub error: Error,
    /// Whether any of the answer had arrived. If so, a retry would start a different answer.
    pub phase: Phase,
}

/// Whether any of an answer has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has arrived, so another attempt is possible.
    Waiting,
    /// Reasoning, text or a call has arrived.
    Flowing,
}

impl Phase {
    /// `Flowing` if `begun`.
    #[must_use]
    pub fn of(begun: bool) -> Self {
        if begun { Self::Flowing } else { Self::Waiting }
    }
}

/// The id and the time of one answer. `edge` creates it, because only the runtime has a clock
/// and randomness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Unique; letters, digits and hyphens. It is the request id, and with a prefix the
    /// answer's id.
    pub id: String,
    /// The time, in seconds since 1970-01-01 UTC.
    pub unix_s: u64,
}
