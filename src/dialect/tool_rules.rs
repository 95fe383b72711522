//! The rules that hold for the tools of every API.

use std::borrow::Cow;

use super::rules;
use crate::{
    chat::{Tool, ToolChoice},
    error::Error,
    json::Text,
};

/// The most tools that a request may declare: eight times what OpenAI allows, for agents
/// with many MCP servers do declare several hundred.
pub(super) const MOST: usize = 1_024;

/// The most bytes of their names, descriptions, schemas and examples: about 250,000
/// tokens, which leave no model room for a conversation.
const MOST_BYTES: usize = 1 << 20;

/// Whether a request may declare so many tools.
///
/// # Errors
/// [`Error::Invalid`] for `param` if not.
pub(super) fn check_number(number: usize, param: &str) -> Result<(), Error> {
    if number <= MOST {
        return Ok(());
    }
    Err(Error::invalid(param, "Must have at most 1,024 tools."))
}

/// Whether the tools in `list` may be so long.
///
/// # Errors
/// [`Error::Invalid`] for `param` if not.
pub(super) fn check_size(list: &[Tool<'_>], param: &str) -> Result<(), Error> {
    if list.iter().map(bytes).sum::<usize>() <= MOST_BYTES {
        return Ok(());
    }
    let message = "Names, descriptions and schemas must have at most 1,048,576 bytes together.";
    Err(Error::invalid(param, message))
}

fn bytes(tool: &Tool<'_>) -> usize {
    let texts = [tool.description.as_deref(), tool.schema, tool.examples];
    tool.name.len() + texts.into_iter().flatten().map(str::len).sum::<usize>()
}

/// The name of the tool at `path`.
///
/// # Errors
/// [`Error::Invalid`] if it is missing, empty or too long.
pub(super) fn name<'a>(
    name: Option<Text<'a>>,
    path: &dyn Fn() -> String,
) -> Result<Cow<'a, str>, Error> {
    let Text(name) = name.ok_or_else(|| rules::missing(&path(), "name"))?;
    let rule = match name.len() {
        0 => "Must not be empty.",
        1..=Tool::LONGEST_NAME => return Ok(name),
        _ => "Must have at most 256 bytes.",
    };
    Err(Error::invalid(format!("{}.name", path()), rule))
}

/// Leaves the tool in `list` that the request chose by its `name`, which then must be
/// called. `declared` is the parameter that lists the tools.
///
/// # Errors
/// [`Error::Invalid`] for `param` if there is no such tool.
pub(super) fn choose(
    list: &mut Vec<Tool<'_>>,
    name: &str,
    declared: &str,
    param: &str,
) -> Result<ToolChoice, Error> {
    list.retain(|tool| tool.name == name);
    if list.is_empty() {
        return Err(no_such_tool(declared, param));
    }
    Ok(ToolChoice::Required)
}

/// The error of `param`, which names a tool that `declared` does not list, or that nobody
/// here runs.
#[cold]
pub(super) fn no_such_tool(declared: &str, param: impl Into<String>) -> Error {
    Error::invalid(param, format!("No tool in `{declared}` that can be called has this name."))
}
