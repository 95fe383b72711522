//! The JSON of Anthropic's Messages API, as its API reference gives it.
//!
//! Requests are read leniently: a field not named here is accepted whatever it
//! holds (`cache_control`, `metadata`, `signature`, …).

use std::borrow::Cow;

use serde::{Serialize, de::IgnoredAny};

use crate::{
    dialect::rules,
    json::{self, Content, Kind, Outcome, Raw, Read, Reader, Text, fields},
};

/// The body of `POST /v1/messages`.
#[derive(Debug, Default)]
pub(crate) struct Request<'a> {
    pub(crate) model: Option<Text<'a>>,
    pub(crate) system: Option<Content<'a, Block<'a>>>,
    pub(crate) messages: Option<Vec<Message<'a>>>,
    pub(crate) stream: Option<bool>,
    pub(crate) thinking: Option<ThinkingMode<'a>>,
    pub(crate) stop_sequences: Option<Vec<Text<'a>>>,
    pub(crate) max_tokens: Option<u64>,
    pub(crate) tools: Option<Vec<Tool<'a>>>,
    pub(crate) tool_choice: Option<ToolChoiceParam<'a>>,
    pub(crate) output_config: Option<OutputConfig<'a>>,
    /// The older name of `output_config.format`.
    pub(crate) output_format: Option<OutputFormat<'a>>,

    /// A conversation that the server would keep.
    pub(crate) thread: Option<IgnoredAny>,

    pub(crate) mcp_servers: Option<Vec<IgnoredAny>>,
    pub(crate) speed: Option<Text<'a>>,

    // What has no effect.
    pub(crate) temperature: Option<IgnoredAny>,
    pub(crate) top_p: Option<IgnoredAny>,
    pub(crate) top_k: Option<IgnoredAny>,
    pub(crate) container: Option<IgnoredAny>,
    pub(crate) context_management: Option<IgnoredAny>,
    pub(crate) compaction: Option<IgnoredAny>,
    pub(crate) fallbacks: Option<IgnoredAny>,
    pub(crate) inference_geo: Option<IgnoredAny>,
}

fields!(Request<'a> {
    model, system, messages, stream, thinking, stop_sequences, max_tokens, tools, tool_choice,
    output_config, output_format, thread, mcp_servers, speed, temperature, top_p, top_k,
    container, context_management, compaction, fallbacks, inference_geo,
});

impl Request<'_> {
    /// The parameters that are there and have no effect.
    pub(crate) fn ignored(&self) -> Vec<&'static str> {
        let table = [
            ("temperature", &self.temperature),
            ("top_p", &self.top_p),
            ("top_k", &self.top_k),
            ("container", &self.container),
            ("context_management", &self.context_management),
            ("compaction", &self.compaction),
            ("fallbacks", &self.fallbacks),
            ("inference_geo", &self.inference_geo),
        ];
        let table = table.map(|(name, value)| (name, value.is_some()));
        let output = self.output_config.as_ref();
        let thinking = self.thinking.as_ref();
        let mode = thinking.and_then(|mode| mode.kind.as_ref()).map(Text::as_str);
        let display = thinking.and_then(|mode| mode.display.as_ref()).map(Text::as_str);
        // Parameters that only some values make ask for something, and nested ones.
        let others = [
            ("mcp_servers", self.mcp_servers.as_ref().is_some_and(|list| !list.is_empty())),
            ("speed", self.speed.as_ref().is_some_and(|speed| speed.as_str() != "standard")),
            ("output_config.effort", output.is_some_and(|config| config.effort.is_some())),
            (
                "output_config.task_budget",
                output.is_some_and(|config| config.task_budget.is_some()),
            ),
            (
                "thinking",
                mode.is_some_and(|mode| !matches!(mode, "enabled" | "adaptive" | "disabled")),
            ),
            ("thinking.budget_tokens", thinking.is_some_and(|mode| mode.budget_tokens.is_some())),
            ("thinking.display", display.is_some_and(|display| display != "summarized")),
        ];
        rules::ignored([&table, &others])
    }
}

#[derive(Debug, Default)]
pub(crate) struct ThinkingMode<'a> {
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) budget_tokens: Option<IgnoredAny>,
    pub(crate) display: Option<Text<'a>>,
}

fields!(ThinkingMode<'a> { kind = "type", budget_tokens, display });

#[derive(Debug, Default)]
pub(crate) struct Message<'a> {
    pub(crate) role: Option<Text<'a>>,
    pub(crate) content: Option<Content<'a, Block<'a>>>,
    /// How long a system message is shown.
    pub(crate) clear_at: Option<Text<'a>>,
}

fields!(Message<'a> { role, content, clear_at });

impl Message<'_> {
    pub(crate) fn is_of_the_user(&self) -> bool {
        self.role.as_ref().is_some_and(|role| role.as_str() == "user")
    }

    /// Whether it is shown only until the next message of the user.
    pub(crate) fn is_for_one_turn(&self) -> bool {
        self.clear_at.as_ref().is_some_and(|end| end.as_str() == "next_user_message")
    }
}

/// A content block of any type: the fields of all types, each optional.
#[derive(Debug, Default)]
pub(crate) struct Block<'a> {
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) text: Option<Text<'a>>,
    /// For a search result, its URL.
    pub(crate) source: Option<Inner<'a, Source<'a>>>,
    pub(crate) title: Option<Text<'a>>,
    pub(crate) context: Option<Text<'a>>,
    /// For a document, whether citations are on; for a text, its citations.
    pub(crate) citations: Option<Raw<'a>>,
    pub(crate) url: Option<Text<'a>>,
    pub(crate) page_age: Option<Text<'a>>,
    pub(crate) id: Option<Text<'a>>,
    pub(crate) name: Option<Text<'a>>,
    /// A tool call's arguments, kept as the JSON the client sent.
    pub(crate) input: Option<Raw<'a>>,
    pub(crate) tool_use_id: Option<Text<'a>>,
    pub(crate) is_error: Option<bool>,
    /// For a tool result, what the tool returned.
    pub(crate) content: Option<Inner<'a, Returned<'a>>>,
    /// The tool that a search found.
    pub(crate) tool_name: Option<Text<'a>>,
    /// The tool that the block adds or removes.
    pub(crate) tool: Option<ChangedTool<'a>>,
    /// For a summary, the changes of tools in the part that it replaces.
    pub(crate) tool_changes: Option<Vec<Block<'a>>>,
}

fields!(Block<'a> {
    kind = "type", text, source, title, context, citations, url, page_age, id, name, input,
    tool_use_id, is_error, content, tool_name, tool, tool_changes,
});

impl Block<'_> {
    pub(crate) fn asks_for_citations(&self) -> bool {
        #[derive(Default)]
        struct Citations {
            enabled: Option<bool>,
        }
        fields!(Citations { enabled });
        let citations = self.citations.map(|raw| json::read::<Citations>(raw.0.as_bytes()));
        matches!(citations, Some(Ok(Citations { enabled: Some(true) })))
    }
}

/// A field of a block: a string, a list of blocks, or an object, read as a `T`.
#[derive(Debug)]
pub(crate) enum Inner<'a, T> {
    Text(Cow<'a, str>),
    Blocks(Vec<Block<'a>>),
    Object(Box<T>),
}

impl<'a, T: Read<'a>> Read<'a> for Inner<'a, T> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        match reader.kind() {
            Kind::Text => Text::read(reader).map(|text| Self::Text(text.0)),
            Kind::List => Vec::read(reader).map(Self::Blocks),
            Kind::Object => T::read(reader).map(|object| Self::Object(Box::new(object))),
            _ => Err(reader.other_than("a string, a list of blocks or an object")),
        }
    }
}

/// What a server tool returned: the fields of all types, each optional.
#[derive(Debug, Default)]
pub(crate) struct Returned<'a> {
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) error_code: Option<Text<'a>>,
    pub(crate) error_message: Option<Text<'a>>,
    /// For a fetched page.
    pub(crate) url: Option<Text<'a>>,
    /// The page, the text of a file, or the files that a program wrote.
    pub(crate) content: Option<Inner<'a, Block<'a>>>,
    pub(crate) stdout: Option<Text<'a>>,
    pub(crate) stderr: Option<Text<'a>>,
    pub(crate) return_code: Option<i64>,
    pub(crate) is_file_update: Option<bool>,
    /// The lines that an edit changed.
    pub(crate) lines: Option<Vec<Text<'a>>>,
    pub(crate) tool_references: Option<Vec<Block<'a>>>,
    pub(crate) text: Option<Text<'a>>,
}

fields!(Returned<'a> {
    kind = "type", error_code, error_message, url, content, stdout, stderr, return_code,
    is_file_update, lines, tool_references, text,
});

/// A tool of the request by its name, or a new one with its definition.
#[derive(Debug, Default)]
pub(crate) struct ChangedTool<'a> {
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) name: Option<Text<'a>>,
    pub(crate) definition: Option<Tool<'a>>,
}

fields!(ChangedTool<'a> { kind = "type", name, definition });

/// A tool that the client runs, or that Anthropic's servers run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tool<'a> {
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) name: Option<Text<'a>>,
    pub(crate) description: Option<Text<'a>>,
    /// A JSON schema, kept as the client wrote it.
    pub(crate) input_schema: Option<Raw<'a>>,
    /// A list of example arguments, kept as the client wrote it.
    pub(crate) input_examples: Option<Raw<'a>>,
    /// Whether a search must find it before it can be called.
    pub(crate) defer_loading: Option<bool>,
}

fields!(Tool<'a> { kind = "type", name, description, input_schema, input_examples, defer_loading });

#[derive(Debug, Default)]
pub(crate) struct ToolChoiceParam<'a> {
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) name: Option<Text<'a>>,
    pub(crate) disable_parallel_tool_use: Option<bool>,
}

fields!(ToolChoiceParam<'a> { kind = "type", name, disable_parallel_tool_use });

#[derive(Debug, Default)]
pub(crate) struct OutputConfig<'a> {
    pub(crate) format: Option<OutputFormat<'a>>,
    pub(crate) effort: Option<IgnoredAny>,
    pub(crate) task_budget: Option<IgnoredAny>,
}

fields!(OutputConfig<'a> { format, effort, task_budget });

/// The format of the answer. Its type is always `json_schema`.
#[derive(Debug, Default)]
pub(crate) struct OutputFormat<'a> {
    pub(crate) kind: Option<Text<'a>>,
    /// Kept as the client wrote it.
    pub(crate) schema: Option<Raw<'a>>,
}

fields!(OutputFormat<'a> { kind = "type", schema });

/// Where an image or document comes from: `base64`, `url`, `text` or `content`.
#[derive(Debug, Default)]
pub(crate) struct Source<'a> {
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) media_type: Option<Text<'a>>,
    pub(crate) data: Option<Text<'a>>,
    pub(crate) url: Option<Text<'a>>,
    pub(crate) content: Option<Content<'a, Block<'a>>>,
}

fields!(Source<'a> { kind = "type", media_type, data, url, content });

/// The tokens of an answer. Nothing is cached and the rest is unknown, but the clients'
/// types require every field, and programs add the counts up.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Usage {
    #[serde(flatten)]
    pub(crate) counts: DeltaUsage,
    pub(crate) cache_creation: Option<()>,
    pub(crate) inference_geo: Option<()>,
    pub(crate) service_tier: Option<()>,
    pub(crate) speed: Option<()>,
}

/// The part of it that `message_delta` has.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct DeltaUsage {
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    pub(crate) cache_creation_input_tokens: u64,
    pub(crate) cache_read_input_tokens: u64,
    pub(crate) output_tokens_details: Option<OutputDetails>,
    pub(crate) server_tool_use: Option<()>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct OutputDetails {
    pub(crate) thinking_tokens: u64,
}
