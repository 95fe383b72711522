//! The JSON of OpenAI's Responses API, as its API reference gives it.
//!
//! `null` is the same as absent. Fields that are not named here are in [`mod@fields`], or have no
//! effect.

use crate::{
    dialect::{content::Part, fields, request::Common, thinking, tool_wire::ToolList},
    json::{
        Asks::{self, Nothing, NothingIf, Refused, Something},
        Content, Kind, Known, Outcome, Raw, Read, Reader, Row, Seen, Text, fields,
    },
};

/// The body of `POST /responses`.
#[derive(Debug, Default)]
pub(crate) struct Request<'a> {
    pub(crate) input: Option<Content<'a, Item<'a>>>,
    /// Anthropic's place of the system text.
    pub(crate) system: Option<Content<'a, Part<'a>>>,
    /// A conversation that the server would keep.
    pub(crate) previous_response_id: Option<Raw<'a>>,
    pub(crate) conversation: Option<Raw<'a>>,
    pub(crate) common: Common<'a>,
}

fields!(
    Request<'a> { input, system, previous_response_id, conversation }
        in common: Common
        + REQUEST, fields::REQUEST, thinking::SWITCHES
);

const REQUEST: &[Row] = &[
    ("background", Asks::Read(background)),
    // Codex's own.
    ("client_metadata", Nothing),
    ("frequency_penalty", Something),
    ("include", NothingIf(&["[]", r#"["web_search_call.action.sources"]"#])),
    ("max_tool_calls", Something),
    ("presence_penalty", Something),
    ("prompt", Refused("must be left out: no prompts are kept here")),
    ("temperature", Something),
    ("top_p", Something),
    ("truncation", NothingIf(&["\"disabled\""])),
];

fn background(reader: &mut Reader<'_>) -> Outcome<()> {
    if bool::read(reader)? {
        return Err(reader.wrong("must be `false`: no answer is kept to be fetched".to_owned()));
    }
    Ok(())
}

/// An item of any type: the fields of all types, each optional.
#[derive(Debug, Default)]
pub(crate) struct Item<'a> {
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) role: Option<Text<'a>>,
    pub(crate) content: Option<Content<'a, Part<'a>>>,
    /// Of reasoning.
    pub(crate) summary: Option<Content<'a, Part<'a>>>,
    pub(crate) call_id: Option<Text<'a>>,
    pub(crate) name: Option<Text<'a>>,
    pub(crate) namespace: Option<Text<'a>>,
    /// JSON, or a string with it.
    pub(crate) arguments: Option<Raw<'a>>,
    /// Of a custom tool's call.
    pub(crate) input: Option<Text<'a>>,
    /// What a shell's call is to do.
    pub(crate) action: Option<Raw<'a>>,
    pub(crate) output: Option<Returned<'a>>,
    pub(crate) tools: Option<ToolList<'a>>,
}

fields!(
    Item<'a> {
        kind = "type", role, content, summary, call_id, name, namespace, arguments, input, action,
        output, tools,
    } + ITEM => check
);

const ITEM: &[Row] = &[
    ("id", Nothing),
    ("status", Nothing),
    ("execution", Nothing),
    // In Codex's messages: whether more follow in this turn.
    ("phase", Nothing),
];

impl Item<'_> {
    /// Its type. A message need not say it.
    pub(crate) fn kind(&self) -> &str {
        self.kind.as_ref().map_or("message", Text::as_str)
    }

    fn check(&self, reader: &mut Reader<'_>, seen: Seen) {
        let known: &[&str] = match self.kind() {
            "message" | "agent_message" => &["type", "role", "content"],
            "function_call" => &["type", "call_id", "name", "namespace", "arguments"],
            "custom_tool_call" => &["type", "call_id", "name", "namespace", "input"],
            "tool_search_output" => &["type", "call_id", "tools"],
            "additional_tools" => &["type", "role", "tools"],
            "reasoning" => &["type", "summary", "content"],
            "web_search_call" => &["type", "action"],
            kind if kind.ends_with("_output") => &["type", "call_id", "name", "output"],
            kind if kind.ends_with("_call") && self.call_id.is_some() => {
                &["type", "call_id", "name", "arguments", "action"]
            }
            // The item as a whole has no effect.
            _ => return reader.forget_notes(seen),
        };
        reader.note_others(seen, Self::NAMES, known);
    }
}

/// What a tool returned: a text, a list of parts, or JSON that only its tool has.
#[derive(Debug)]
pub(crate) enum Returned<'a> {
    Content(Content<'a, Part<'a>>),
    Json(&'a str),
}

impl<'a> Read<'a> for Returned<'a> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        match reader.kind() {
            Kind::Text | Kind::List => Content::read(reader).map(Self::Content),
            _ => Raw::read(reader).map(|raw| Self::Json(raw.0)),
        }
    }
}
