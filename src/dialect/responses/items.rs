//! Reads the items of an input into turns.

use std::borrow::Cow;

use super::{
    tools,
    wire::{Item, Json, Returned},
};
use crate::{
    chat::{Part, Role, ToolOutcome, Turn},
    dialect::{content, rules, text_tools, tool_wire::Tool},
    error::Error,
    json::{Content, Text},
    notes::{self, Notes},
};

/// The turn that the item at `path` becomes; `None` if it has nothing for the model.
///
/// # Errors
/// [`Error::Invalid`] for an item that is not complete, or that must be somewhere else.
pub(super) fn read<'a>(
    item: Item<'a>,
    path: &dyn Fn() -> String,
    notes: &mut Notes,
) -> Result<Option<Turn<'a>>, Error> {
    let kind = item.kind.clone();
    let part = match kind.as_ref().map_or("message", Text::as_str) {
        "message" | "agent_message" => return message(item, path, notes).map(Some),
        "item_reference" => {
            let message = "No items are kept here: send the item itself.";
            return Err(Error::invalid(format!("{}.type", path()), message));
        }
        // Its tools have been read.
        "additional_tools" => return Ok(None),
        // They are told in the result of the search.
        "tool_search_output" => {
            let names = item.tools.iter().flat_map(|list| &list.0).map(loaded);
            let text = names.collect::<Vec<_>>().join("\n");
            result(item.call_id, vec![Part::Text(text.into())])
        }
        kind if kind.ends_with("_output") => {
            let path = || format!("{}.output", path());
            let parts = match item.output.ok_or_else(|| rules::missing(&path(), "output"))? {
                Returned::Content(content) => content::read(content, Role::User, &path, notes)?,
                Returned::Json(json) => vec![Part::Text(json.into())],
            };
            result(item.call_id, parts)
        }
        // Those without are of the provider's own servers.
        kind if kind.ends_with("_call") && item.call_id.is_some() => call(kind, item, path)?,
        kind => {
            notes.ignore(&format!("input[].{}", notes::clean(kind)));
            return Ok(None);
        }
    };
    let role = if matches!(part, Part::ToolCall { .. }) { Role::Assistant } else { Role::User };
    Ok(Some(Turn { role, parts: vec![part] }))
}

fn message<'a>(
    item: Item<'a>,
    path: &dyn Fn() -> String,
    notes: &mut Notes,
) -> Result<Turn<'a>, Error> {
    let role = match item.role.as_ref().map_or("user", Text::as_str) {
        "system" | "developer" => Role::System,
        "assistant" => Role::Assistant,
        "user" => Role::User,
        other => {
            let roles = ["system", "developer", "user", "assistant"];
            return Err(rules::unknown(format!("{}.role", path()), "role", other, &roles));
        }
    };
    let content = item.content.unwrap_or(Content::Parts(Vec::new()));
    let parts = content::read(content, role, &|| format!("{}.content", path()), notes)?;
    Ok(Turn { role, parts })
}

/// A call of the model. One of a tool that Codex or another client has built in is told by its
/// type.
fn call<'a>(kind: &str, item: Item<'a>, path: &dyn Fn() -> String) -> Result<Part<'a>, Error> {
    let Item { call_id, name, namespace, arguments, input, action, .. } = item;
    let needs_name = matches!(kind, "function_call" | "custom_tool_call");
    let name = match name {
        Some(name) => tools::flat_name(namespace.map(|name| name.0), name.0),
        None if needs_name => return Err(rules::missing(&path(), "name")),
        None => Cow::Owned(kind.trim_end_matches("_call").to_owned()),
    };
    let arguments = match (input, arguments.or(action)) {
        (Some(input), _) => Cow::Owned(text_tools::arguments(input.as_str())),
        (None, Some(Json(arguments))) => arguments,
        (None, None) => Cow::Borrowed("{}"),
    };
    Ok(Part::ToolCall { id: call_id.map_or(Cow::Borrowed(""), |id| id.0), name, arguments })
}

fn result<'a>(call_id: Option<Text<'a>>, parts: Vec<Part<'a>>) -> Part<'a> {
    let id = call_id.map_or(Cow::Borrowed(""), |id| id.0);
    Part::ToolResult { id, outcome: ToolOutcome::Returned, parts }
}

/// What the model is told of a tool that a search has found.
fn loaded(tool: &Tool<'_>) -> String {
    let name = |tool: &Tool<'_>| tool.spec().name.as_ref().map_or("", Text::as_str).to_owned();
    let names = match &tool.tools {
        Some(tools) => {
            let of = name(tool);
            let names = tools.iter().map(|tool| {
                tools::flat_name(Some(of.clone().into()), name(tool).into()).into_owned()
            });
            names.collect::<Vec<_>>().join("`, `")
        }
        None => name(tool),
    };
    format!("The tool `{names}` can be called from here on.")
}
