//! The tools of a request, which of them must be called, and the format of the answer.

use std::borrow::Cow;

use super::{
    builtin_tools,
    server_tools::ServerTool,
    stock::Stock,
    tool_changes::{self, Offer},
    wire,
};
use crate::{
    chat::{Calls, Format, Quotes, Tool, ToolChoice, Tools},
    dialect::{rules, tool_rules},
    error::Error,
    json::Text,
};

/// The tools that need a model which can use a screen, by how their types begin.
const SCREEN_TOOLS: [&str; 3] = ["computer_2", "computer_toolset_", "browser_toolset_"];

/// A tool of a request, by who runs it.
enum Declared<'a> {
    /// The client runs it: the model may call it.
    Callable(Tool<'a>),
    /// Anthropic's servers run it: it has no effect here.
    Server(ServerTool),
}

/// The tools of a request and of the changes in its conversation.
struct Collected<'a> {
    callable: Vec<Tool<'a>>,
    /// Each once.
    server: Vec<ServerTool>,
}

/// The tools and the choice of a request, as they are at the end of `messages`; `None`
/// if there are none, or none may be called. Adds to `ignored` the names of the tools
/// that have no effect.
///
/// # Errors
/// [`Error::Invalid`] for an unknown tool, and for a choice that is unknown or that no
/// tool can fulfil.
pub(super) fn read<'a>(
    tools: Option<Vec<wire::Tool<'a>>>,
    choice: Option<wire::ToolChoiceParam<'a>>,
    messages: &[wire::Message<'a>],
    ignored: &mut Vec<&'static str>,
) -> Result<Option<Tools<'a>>, Error> {
    let Collected { callable: mut list, server } = collect(tools, messages)?;
    tool_rules::check_size(&list, "tools")?;
    ignored.extend(server.iter().map(|tool| tool.report_name()));
    // Nothing searches here, so all can be called from the beginning.
    if server.contains(&ServerTool::ToolSearch) {
        for tool in &mut list {
            tool.deferred = false;
        }
    }
    let choice = choice.unwrap_or_default();
    if list.is_empty() {
        return match choice.kind.as_ref().map(Text::as_str) {
            // Without the server tool the model would make up what it returns.
            Some("any" | "tool") if !server.is_empty() => Err(Error::invalid(
                "tool_choice",
                "Must be `auto` or `none`: `tools` has only server tools, and this gateway runs \
                 none.",
            )),
            _ => Ok(None),
        };
    }
    let calls = match choice.disable_parallel_tool_use {
        Some(true) => Calls::One,
        Some(false) | None => Calls::Many,
    };
    let choice = read_choice(choice, &mut list)?;
    Ok(choice.map(|choice| Tools { list, choice, calls, quotes: Quotes::default() }))
}

/// Reads the tools that the request declares, then what its conversation changes.
fn collect<'a>(
    tools: Option<Vec<wire::Tool<'a>>>,
    messages: &[wire::Message<'a>],
) -> Result<Collected<'a>, Error> {
    let tools = tools.unwrap_or_default();
    tool_rules::check_number(tools.len(), "tools")?;
    let mut list = Vec::new();
    let mut server = Vec::new();
    for (index, tool) in tools.into_iter().enumerate() {
        match read_tool(tool, &|| format!("tools[{index}]"))? {
            Declared::Callable(tool) => list.push(tool),
            Declared::Server(tool) => note(tool, &mut server),
        }
    }
    let mut stock = Stock::of(list);
    for ([index, place], offer) in tool_changes::all(messages) {
        match offer {
            Offer::Load(name) => stock.load(name),
            Offer::Add(tool) => {
                let path = || format!("messages[{index}].content[{place}].tool.definition");
                match read_tool(tool.clone(), &path)? {
                    Declared::Callable(tool) => stock.add(Tool { deferred: false, ..tool }),
                    Declared::Server(tool) => note(tool, &mut server),
                }
            }
            Offer::Remove(name) => stock.remove(name),
        }
        tool_rules::check_number(stock.len(), "tools")?;
    }
    Ok(Collected { callable: stock.into_list(), server })
}

/// Adds `tool` to `list`, unless it is there.
fn note(tool: ServerTool, list: &mut Vec<ServerTool>) {
    if !list.contains(&tool) {
        list.push(tool);
    }
}

/// Whether one of `list` must be called; `None` if none may be. Leaves in `list` those
/// that may.
fn read_choice(
    choice: wire::ToolChoiceParam<'_>,
    list: &mut Vec<Tool<'_>>,
) -> Result<Option<ToolChoice>, Error> {
    match choice.kind.as_ref().map(Text::as_str) {
        Some("none") => Ok(None),
        None | Some("auto") => Ok(Some(ToolChoice::Auto)),
        Some("any") => Ok(Some(ToolChoice::Required)),
        Some("tool") => {
            let name = choice.name.ok_or_else(|| rules::missing("tool_choice", "name"))?;
            tool_rules::choose(list, name.as_str(), "tools", "tool_choice.name").map(Some)
        }
        Some(_) => Err(rules::must_be("tool_choice.type", &["auto", "any", "tool", "none"])),
    }
}

/// Reads the tool at `path`.
fn read_tool<'a>(tool: wire::Tool<'a>, path: &dyn Fn() -> String) -> Result<Declared<'a>, Error> {
    let kind = tool.kind.as_ref().map_or("custom", Text::as_str);
    if let Some(server) = ServerTool::find(kind) {
        return Ok(Declared::Server(server));
    }
    if SCREEN_TOOLS.iter().any(|prefix| kind.starts_with(prefix)) {
        let message =
            format!("Unsupported tool type `{kind}`: DeGPT's models cannot use a screen.");
        return Err(Error::invalid(format!("{}.type", path()), message));
    }
    let builtin = builtin_tools::find(kind);
    let schema = tool.input_schema.map(|schema| schema.0).or(builtin.map(|tool| tool.schema));
    let Some(schema) = schema else {
        if kind == "custom" {
            return Err(rules::missing(&path(), "input_schema"));
        }
        let message = format!("Unknown tool type `{kind}`. Add `input_schema`.");
        return Err(Error::invalid(format!("{}.input_schema", path()), message));
    };
    let description = tool.description.map(|text| text.0);
    Ok(Declared::Callable(Tool {
        name: tool_rules::name(tool.name, path)?,
        description: description.or(builtin.map(|tool| Cow::Borrowed(tool.description))),
        schema: Some(schema),
        examples: tool.input_examples.map(|examples| examples.0),
        deferred: tool.defer_loading == Some(true),
    }))
}

/// The format of the answer; `None` for plain text.
///
/// # Errors
/// [`Error::Invalid`] for an unknown type, and for a missing schema.
pub(super) fn read_format<'a>(
    config: Option<wire::OutputConfig<'a>>,
    older: Option<wire::OutputFormat<'a>>,
) -> Result<Option<Format<'a>>, Error> {
    let (param, format) = match config.and_then(|config| config.format) {
        Some(format) => ("output_config.format", format),
        None => match older {
            Some(format) => ("output_format", format),
            None => return Ok(None),
        },
    };
    match format.kind.as_ref().map(Text::as_str) {
        Some("json_schema") => rules::schema_format(format.schema, None, param).map(Some),
        _ => Err(rules::must_be(format!("{param}.type"), &["json_schema"])),
    }
}
