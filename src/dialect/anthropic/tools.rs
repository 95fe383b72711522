//! The tools of a request, which of them must be called, and the form of the answer.

use std::borrow::Cow;

use super::{
    builtin_tools,
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

/// The tools that Anthropic's servers carry out themselves, by how their types
/// begin. Nobody does it here, and the model does without.
const SERVER_TOOLS: [(&str, &str); 6] = [
    ("web_search_", "tools.web_search"),
    ("web_fetch_", "tools.web_fetch"),
    ("code_execution_", "tools.code_execution"),
    ("tool_search_tool_", TOOL_SEARCH),
    ("mcp_toolset", "tools.mcp_toolset"),
    ("advisor_", "tools.advisor"),
];

/// The tools that need a model which finds its way about a screen, by how their types begin.
const SCREEN_TOOLS: [&str; 3] = ["computer_2", "computer_toolset_", "browser_toolset_"];

const TOOL_SEARCH: &str = "tools.tool_search_tool";

/// The tools and the choice of a request, as they are at the end of `messages`;
/// `None` if there are none, or none may be called. Names in `ignored` what has no
/// effect.
///
/// # Errors
/// [`Error::Invalid`] for a tool that nobody knows, and for a choice that there is
/// not, or that nobody can fulfil.
pub(super) fn read<'a>(
    tools: Option<Vec<wire::Tool<'a>>>,
    choice: Option<wire::ToolChoice<'a>>,
    messages: &[wire::Message<'a>],
    ignored: &mut Vec<&'static str>,
) -> Result<Option<Tools<'a>>, Error> {
    let parameters = ignored.len();
    let tools = tools.unwrap_or_default();
    tool_rules::check_number(tools.len(), "tools")?;
    let mut list = Vec::new();
    for (index, tool) in tools.into_iter().enumerate() {
        list.extend(read_tool(tool, || format!("tools[{index}]"), ignored)?);
    }
    let mut stock = Stock::of(list);
    for ([index, place], offer) in tool_changes::all(messages) {
        match offer {
            Offer::Load(name) => stock.load(name),
            Offer::Add(tool) => {
                let path = || format!("messages[{index}].content[{place}].tool.definition");
                if let Some(tool) = read_tool(tool.clone(), path, ignored)? {
                    stock.add(Tool { deferred: false, ..tool });
                }
            }
            Offer::Remove(name) => stock.remove(name),
        }
        tool_rules::check_number(stock.len(), "tools")?;
    }
    let mut list = stock.into_list();
    tool_rules::check_size(&list, "tools")?;
    // Nobody finds them here.
    if ignored.contains(&TOOL_SEARCH) {
        for tool in &mut list {
            tool.deferred = false;
        }
    }
    let kind = choice.as_ref().and_then(|choice| choice.kind.as_ref()).map(Text::as_str);
    if list.is_empty() {
        // Else the model would make up what the tool returns.
        if kind.is_some_and(|kind| matches!(kind, "any" | "tool")) && ignored.len() > parameters {
            return Err(Error::invalid(
                "tool_choice",
                "This asks for a tool that Anthropic's servers carry out, and nobody does here.",
            ));
        }
        return Ok(None);
    }
    let calls = match choice.as_ref().and_then(|choice| choice.disable_parallel_tool_use) {
        Some(true) => Calls::One,
        _ => Calls::Many,
    };
    let required = match kind {
        Some("none") => return Ok(None),
        None | Some("auto") => ToolChoice::Auto,
        Some("any") => ToolChoice::Required,
        Some("tool") => {
            let name = choice.and_then(|choice| choice.name);
            let name = name.ok_or_else(|| rules::missing("tool_choice", "name"))?;
            tool_rules::choose(&mut list, name.as_str(), "tools", "tool_choice.name")?
        }
        Some(_) => {
            return Err(rules::must_be("tool_choice.type", &["auto", "any", "tool", "none"]));
        }
    };
    Ok(Some(Tools { list, choice: required, calls, quotes: Quotes::default() }))
}

/// `None`, and its name in `ignored`, for one that Anthropic's servers carry out.
fn read_tool<'a>(
    tool: wire::Tool<'a>,
    path: impl Fn() -> String,
    ignored: &mut Vec<&'static str>,
) -> Result<Option<Tool<'a>>, Error> {
    let kind = tool.kind.as_ref().map_or("custom", Text::as_str);
    if let Some((_, name)) = SERVER_TOOLS.iter().find(|(prefix, _)| kind.starts_with(prefix)) {
        if !ignored.contains(name) {
            ignored.push(name);
        }
        return Ok(None);
    }
    if SCREEN_TOOLS.iter().any(|prefix| kind.starts_with(prefix)) {
        return Err(Error::invalid(
            format!("{}.type", path()),
            format!(
                "A tool of type `{kind}` is not supported: DeGPT's models do not find their way \
                 about a screen."
            ),
        ));
    }
    let known = builtin_tools::find(kind);
    let schema = tool.input_schema.map(|schema| schema.0).or(known.map(|known| known.schema));
    let Some(schema) = schema else {
        return Err(Error::invalid(
            format!("{}.input_schema", path()),
            format!("A tool of type `{kind}` is known to nobody here: it needs a schema."),
        ));
    };
    Ok(Some(Tool {
        name: tool_rules::name(tool.name, &path)?,
        description: tool
            .description
            .map(|text| text.0)
            .or(known.map(|known| Cow::Borrowed(known.description))),
        schema: Some(schema),
        examples: tool.input_examples.map(|examples| examples.0),
        deferred: tool.defer_loading == Some(true),
    }))
}

/// The form the answer is to have; `None` for plain text.
///
/// # Errors
/// [`Error::Invalid`] for a form that nobody knows, and for a schema that is missing.
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
