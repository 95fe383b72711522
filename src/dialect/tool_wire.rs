//! The JSON of tools and of the choice among them, in every API's form.

use super::{fields, server_tools::ServerTool, tool_rules};
use crate::json::{Kind, Known, Outcome, Raw, Read, Reader, Seen, Text, fields};

/// The tools of a request. Those that are too many are not read, but for one.
#[derive(Debug, Default)]
pub(super) struct ToolList<'a>(pub(super) Vec<Tool<'a>>);

/// What is copied is one tool, never a namespace.
impl Clone for ToolList<'_> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<'a> Read<'a> for ToolList<'a> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        let mut list = Vec::new();
        reader.list("a list", &mut |reader| {
            if list.len() <= tool_rules::MOST {
                list.push(Tool::read(reader)?);
                return Ok(());
            }
            reader.skip()
        })?;
        Ok(Self(list))
    }
}

/// A tool that may be called, or that the provider runs.
///
/// OpenAI's form is `{"type": "function", "function": {…}}`, or the same with `custom`;
/// Anthropic's, and that of OpenAI's Responses API, has the description in the tool itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Tool<'a> {
    pub(super) kind: Option<Text<'a>>,
    pub(super) function: Option<Spec<'a>>,
    pub(super) custom: Option<Spec<'a>>,
    pub(super) flat: Spec<'a>,
    /// A list of example arguments, kept as the client wrote it.
    pub(super) input_examples: Option<Raw<'a>>,
    /// Whether a search must find it before it can be called.
    pub(super) defer_loading: Option<bool>,
    /// The tools of a namespace.
    pub(super) tools: Option<ToolList<'a>>,
    /// Of a tool of the web, like what follows: the most calls.
    pub(super) max_uses: Option<u64>,
    pub(super) allowed_domains: Option<Vec<Text<'a>>>,
    pub(super) blocked_domains: Option<Vec<Text<'a>>>,
    /// OpenAI's place of the domains.
    pub(super) filters: Option<Filters<'a>>,
    /// How much of each result the model gets: `low`, `medium` or `high`.
    pub(super) search_context_size: Option<Text<'a>>,
    /// How much of a page.
    pub(super) max_content_tokens: Option<u64>,
}

fields!(
    Tool<'a> {
        kind = "type", function, custom, input_examples, defer_loading, tools, max_uses,
        allowed_domains, blocked_domains, filters, search_context_size, max_content_tokens,
    } in flat: Spec + fields::TOOL => check
);

/// OpenAI's search beside the tools.
#[derive(Debug, Default)]
pub(super) struct WebOptions<'a> {
    pub(super) filters: Option<Filters<'a>>,
    pub(super) search_context_size: Option<Text<'a>>,
}

fields!(WebOptions<'a> { filters, search_context_size });

/// The fields of a tool of the web.
const WEB: &[&str] = &[
    "max_uses",
    "allowed_domains",
    "blocked_domains",
    "filters",
    "search_context_size",
    "max_content_tokens",
];

#[derive(Debug, Clone, Default)]
pub(super) struct Filters<'a> {
    pub(super) allowed_domains: Option<Vec<Text<'a>>>,
    pub(super) blocked_domains: Option<Vec<Text<'a>>>,
}

fields!(Filters<'a> { allowed_domains, blocked_domains });

impl<'a> Tool<'a> {
    /// What the model is told of it.
    pub(super) fn spec(&self) -> &Spec<'a> {
        self.function.as_ref().or(self.custom.as_ref()).unwrap_or(&self.flat)
    }

    fn check(&self, reader: &mut Reader<'_>, seen: Seen) {
        let kind = self.kind.as_ref().map_or("", Text::as_str);
        let server = ServerTool::find(kind);
        let nested: &[&str] = match (&self.function, &self.custom) {
            _ if server.is_some_and(|server| server.web().is_some()) => {
                let unused = |name: &&str| !["type", "name"].contains(name) && !WEB.contains(name);
                let unused: Vec<&str> = Self::NAMES.iter().copied().filter(unused).collect();
                return reader.note_these(seen, Self::NAMES, &unused);
            }
            // The tool as a whole has no effect.
            _ if server.is_some() => return reader.forget_notes(seen),
            (Some(_), _) => &["type", "input_examples", "defer_loading", "function"],
            (None, Some(_)) => &["type", "input_examples", "defer_loading", "custom"],
            (None, None) => {
                let has_tools = self.tools.is_some() && kind != "namespace";
                if has_tools {
                    reader.note_these(seen, Self::NAMES, &["tools"]);
                }
                reader.note_these(seen, Self::NAMES, WEB);
                return self.flat.note_unused(reader, seen, Self::NAMES);
            }
        };
        reader.note_others(seen, Self::NAMES, nested);
    }
}

/// What the model is told of a tool.
#[derive(Debug, Clone, Default)]
pub(super) struct Spec<'a> {
    pub(super) name: Option<Text<'a>>,
    pub(super) description: Option<Text<'a>>,
    /// A JSON schema, kept as the client wrote it.
    pub(super) input_schema: Option<Raw<'a>>,
    /// The same by another name.
    pub(super) parameters: Option<Raw<'a>>,
    /// Whether its arguments must fit that schema.
    pub(super) strict: Option<bool>,
    /// The form of a custom tool's text: `{"type": "text"}`, or with a grammar, kept as the client
    /// wrote it.
    pub(super) format: Option<Raw<'a>>,
}

fields!(
    Spec<'a> { name, description, input_schema, parameters, strict, format } + fields::TOOL => check
);

impl<'a> Spec<'a> {
    /// The JSON schema of its arguments.
    pub(super) fn schema(&self) -> Option<&'a str> {
        self.input_schema.or(self.parameters).map(|schema| schema.0)
    }

    fn check(&self, reader: &mut Reader<'_>, seen: Seen) {
        self.note_unused(reader, seen, Self::NAMES);
    }

    /// Takes notes in the object with the fields `names`: on `parameters` if it has two schemas, and
    /// on a `format` that is neither a grammar nor any text.
    fn note_unused(&self, reader: &mut Reader<'_>, seen: Seen, names: &[&str]) {
        if self.input_schema.is_some() {
            reader.note_these(seen, names, &["parameters"]);
        }
        let is_known =
            |format: Raw<'_>| ["grammar", "text"].iter().any(|word| format.0.contains(word));
        if !self.format.is_none_or(is_known) {
            reader.note_these(seen, names, &["format"]);
        }
        let is_known =
            |format: Raw<'_>| ["grammar", "text"].iter().any(|word| format.0.contains(word));
        if !self.format.is_none_or(is_known) {
            reader.note_these(seen, names, &["format"]);
        }
    }
}

/// Which tools may or must be called.
#[derive(Debug)]
pub(super) enum ToolChoiceParam<'a> {
    /// `"auto"`, `"none"`, `"required"` or `"any"`.
    Word(Text<'a>),
    Object(ToolChoiceObject<'a>),
}

/// One of the same words as its `type`; or a tool by its name, beside `type` or within
/// `function` or `custom`; or the tools that may be called: `{"type": "allowed_tools",
/// "allowed_tools": {"mode", "tools"}}`, in OpenAI's Responses API without the inner object.
#[derive(Debug, Default)]
pub(super) struct ToolChoiceObject<'a> {
    pub(super) kind: Option<Text<'a>>,
    pub(super) name: Option<Text<'a>>,
    pub(super) function: Option<Named<'a>>,
    pub(super) custom: Option<Named<'a>>,
    pub(super) allowed_tools: Option<AllowedTools<'a>>,
    pub(super) flat: AllowedTools<'a>,
    pub(super) disable_parallel_tool_use: Option<bool>,
}

fields!(
    ToolChoiceObject<'a> {
        kind = "type", name, function, custom, allowed_tools, disable_parallel_tool_use,
    } in flat: AllowedTools => check
);

impl ToolChoiceObject<'_> {
    fn check(&self, reader: &mut Reader<'_>, seen: Seen) {
        let own = match self.kind.as_ref().map(Text::as_str) {
            Some("allowed_tools") if self.allowed_tools.is_some() => "allowed_tools",
            // Its tools stand beside its mode.
            Some("allowed_tools") => "mode",
            None | Some("function" | "tool" | "custom") if self.function.is_some() => "function",
            None | Some("function" | "tool" | "custom") if self.custom.is_some() => "custom",
            None | Some("function" | "tool" | "custom") => "name",
            Some(_) => "",
        };
        let more = if own == "mode" { "tools" } else { "" };
        let known = ["type", "disable_parallel_tool_use", own, more];
        reader.note_others(seen, Self::NAMES, &known);
    }
}

#[derive(Debug, Default)]
pub(super) struct AllowedTools<'a> {
    pub(super) mode: Option<Text<'a>>,
    pub(super) tools: Option<Vec<AllowedTool<'a>>>,
}

fields!(AllowedTools<'a> { mode, tools });

/// A tool by its name: `{"function": {"name"}}` or `{"name"}`.
#[derive(Debug, Default)]
pub(super) struct AllowedTool<'a> {
    pub(super) kind: Option<Text<'a>>,
    pub(super) function: Option<Named<'a>>,
    pub(super) custom: Option<Named<'a>>,
    pub(super) name: Option<Text<'a>>,
}

fields!(AllowedTool<'a> { kind = "type", function, custom, name } => check);

impl AllowedTool<'_> {
    fn check(&self, reader: &mut Reader<'_>, seen: Seen) {
        let own = match (&self.function, &self.custom) {
            (Some(_), _) => "function",
            (None, Some(_)) => "custom",
            (None, None) => "name",
        };
        reader.note_others(seen, Self::NAMES, &["type", own]);
    }
}

#[derive(Debug, Default)]
pub(super) struct Named<'a> {
    pub(super) name: Option<Text<'a>>,
}

fields!(Named<'a> { name });

impl<'a> Read<'a> for ToolChoiceParam<'a> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        match reader.kind() {
            Kind::Text => Text::read(reader).map(Self::Word),
            Kind::Object => ToolChoiceObject::read(reader).map(Self::Object),
            _ => Err(reader.other_than("a string or an object")),
        }
    }
}
