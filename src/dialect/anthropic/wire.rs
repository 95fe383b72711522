//! The JSON of Anthropic's Messages API, as its API reference gives it.
//!
//! `null` is the same as absent. Fields that are not named here are in [`mod@fields`], or have no
//! effect.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use crate::{
    dialect::{fields, request::Common, thinking, tool_wire},
    json::{
        Asks::{Nothing, NothingIf},
        Content, Kind, Known, Outcome, Raw, Read, Reader, Row, Seen, Text, fields,
    },
};

/// The body of `POST /v1/messages`.
#[derive(Debug, Default)]
pub(crate) struct Request<'a> {
    pub(crate) messages: Option<Vec<Message<'a>>>,
    pub(crate) system: Option<Content<'a, Block<'a>>>,
    /// A conversation that the server would keep.
    pub(crate) thread: Option<IgnoredAny>,
    pub(crate) common: Common<'a>,
}

fields!(
    Request<'a> { messages, system, thread }
        in common: Common
        + fields::REQUEST, thinking::SWITCHES
);

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
    pub(crate) citations: Option<Citations>,
    pub(crate) url: Option<Text<'a>>,
    pub(crate) page_age: Option<Text<'a>>,
    /// The text of a search result, if it was found here; else only its server can read it.
    pub(crate) encrypted_content: Option<Text<'a>>,
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
    kind = "type", text, source, title, context, citations, url, page_age, encrypted_content, id,
    name, input,
    tool_use_id, is_error, content, tool_name, tool, tool_changes,
} + BLOCK, fields::PART => check);

/// What only Anthropic's servers can use.
const BLOCK: &[Row] = &[
    ("caller", Nothing),
    ("retrieved_at", Nothing),
    ("server_name", Nothing),
    ("signature", Nothing),
    ("toolset_name", Nothing),
    ("transformations", Nothing),
];

impl Block<'_> {
    fn check(&self, reader: &mut Reader<'_>, seen: Seen) {
        let known: &[&str] = match self.kind.as_ref().map_or("", Text::as_str) {
            "text" => &["type", "text", "citations"],
            "image" => &["type", "source"],
            "document" => &["type", "source", "title", "context", "citations"],
            "search_result" => &["type", "source", "title", "content", "citations"],
            "tool_use" | "server_tool_use" | "mcp_tool_use" => &["type", "id", "name", "input"],
            "web_search_result" => &["type", "title", "url", "page_age", "encrypted_content"],
            "tool_reference" => &["type", "tool_name"],
            "tool_addition" | "tool_removal" => &["type", "tool"],
            "compaction" => &["type", "content", "tool_changes", "encrypted_content"],
            // The block as a whole is named, or asks nothing.
            "thinking" | "redacted_thinking" | "fallback" | "mcp_tool_listing" => {
                return reader.forget_notes(seen);
            }
            kind if kind.ends_with("tool_result") => {
                &["type", "tool_use_id", "content", "is_error"]
            }
            _ => return,
        };
        reader.note_others(seen, Self::NAMES, known);
    }
}

/// For a document, whether citations are on, which they never are; for a text, its own.
#[derive(Debug, Default)]
pub(crate) struct Citations;

const CITATIONS: &[Row] = &[("enabled", NothingIf(&["false"]))];

impl<'a> Read<'a> for Citations {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        match reader.kind() {
            Kind::Object => reader.rows(&[CITATIONS]).map(|()| Self),
            _ => reader.skip().map(|()| Self),
        }
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
} + RETURNED);

/// What asks nothing of a model that sees the result as text.
const RETURNED: &[Row] = &[
    ("encrypted_content", Nothing),
    ("encrypted_stdout", Nothing),
    ("file_type", Nothing),
    ("new_lines", Nothing),
    ("new_start", Nothing),
    ("num_lines", Nothing),
    ("old_lines", Nothing),
    ("old_start", Nothing),
    ("retrieved_at", Nothing),
    ("start_line", Nothing),
    ("stop_reason", Nothing),
    ("total_lines", Nothing),
];

/// A tool of the request by its name, or a new one with its definition.
#[derive(Debug, Default)]
pub(crate) struct ChangedTool<'a> {
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) name: Option<Text<'a>>,
    pub(crate) definition: Option<tool_wire::Tool<'a>>,
}

fields!(ChangedTool<'a> { kind = "type", name, definition } + CHANGED_TOOL);

const CHANGED_TOOL: &[Row] = &[("server_name", Nothing), ("mcp_server_name", Nothing)];

/// Where an image or document comes from: `base64`, `url`, `text` or `content`.
#[derive(Debug, Default)]
pub(crate) struct Source<'a> {
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) media_type: Option<Text<'a>>,
    pub(crate) data: Option<Text<'a>>,
    pub(crate) url: Option<Text<'a>>,
    pub(crate) content: Option<Content<'a, Block<'a>>>,
}

fields!(Source<'a> { kind = "type", media_type, data, url, content } => check);

impl Source<'_> {
    fn check(&self, reader: &mut Reader<'_>, seen: Seen) {
        let known: &[&str] = match self.kind.as_ref().map_or("", Text::as_str) {
            "base64" | "text" => &["type", "media_type", "data"],
            "url" => &["type", "url"],
            "content" => &["type", "content"],
            _ => return,
        };
        reader.note_others(seen, Self::NAMES, known);
    }
}
