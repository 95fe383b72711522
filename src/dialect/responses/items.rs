//! Reads the items of an input into turns.

use std::borrow::Cow;

use super::{
    echo::Object,
    tools,
    wire::{Item, Returned},
};
use crate::{
    chat::{Part, Role, ToolOutcome, Turn},
    dialect::{content, rules, text_tools},
    error::Error,
    json::{self, Content, Raw, Text},
    notes::{self, Notes},
};

/// The turn that the item at `path` becomes; `None` if it has nothing for the model.
///
/// # Errors
/// [`Error::Invalid`] for an item that is not complete, or that must be somewhere else.
pub(super) fn read<'a>(
    item: &mut Item<'a>,
    path: &dyn Fn() -> String,
    notes: &mut Notes,
) -> Result<Option<Turn<'a>>, Error> {
    let kind = item.kind.take();
    let kind = kind.as_ref().map_or("message", Text::as_str);
    if kind == "web_search_call"
        && let Some(turn) = item.action.and_then(searched)
    {
        return Ok(Some(turn));
    }
    let part = match kind {
        "message" | "agent_message" => return message(item, path, notes).map(Some),
        "item_reference" => {
            let message = "No items are kept here: send the item itself, as clients do that are told `store: false`.";
            return Err(Error::invalid(format!("{}.type", path()), message));
        }
        // Its tools have been read.
        "additional_tools" => return Ok(None),
        kind if kind.ends_with("_output") => {
            let path = || format!("{}.output", path());
            let parts = match item.output.take().ok_or_else(|| rules::missing(&path(), "output"))? {
                Returned::Content(content) => content::read(content, Role::User, &path, notes)?,
                Returned::Json(json) => vec![Part::Text(json.into())],
            };
            Part::ToolResult { id: id(item), outcome: ToolOutcome::Returned, parts }
        }
        // Those without are of the provider's own servers.
        kind if kind.ends_with("_call") && item.call_id.is_some() => call(kind, item, path)?,
        kind if asks_nothing(kind) => {
            notes.ignore(&format!("input[].{}", notes::clean(kind)));
            return Ok(None);
        }
        // Without it the model would answer another question.
        kind => {
            let types = ["message", "function_call", "function_call_output"];
            return Err(rules::unknown(format!("{}.type", path()), "type of item", kind, &types));
        }
    };
    let role = if matches!(part, Part::ToolCall { .. }) { Role::Assistant } else { Role::User };
    Ok(Some(Turn { role, parts: vec![part] }))
}

/// What the gateway, or another server, looked for on the web before: the model's next words are
/// the answer to it, and the texts that were found are not in it.
fn searched<'a>(action: Raw<'_>) -> Option<Turn<'a>> {
    let action: Object<'_> = json::read(action.0.as_bytes()).ok()?;
    let text =
        |json: &str| json::read::<Text<'_>>(json.as_bytes()).ok().map(|text| text.0.into_owned());
    let mut words = String::from("Before, the web was searched, or a page read: ");
    words.push_str(&action.find("query").or(action.find("url")).and_then(text)?);
    let sources = action.find("sources").unwrap_or("[]");
    for source in json::read::<Vec<Object<'_>>>(sources.as_bytes()).unwrap_or_default() {
        if let Some(url) = source.find("url").and_then(text) {
            words.push('\n');
            words.push_str(&url);
        }
    }
    let parts = vec![Part::Text(words.into())];
    let result = Part::ToolResult { id: "".into(), outcome: ToolOutcome::Returned, parts };
    Some(Turn { role: Role::User, parts: vec![result] })
}

/// Whether an item can be left out: earlier reasoning, what was made shorter and encrypted, and
/// what the provider's own servers did.
fn asks_nothing(kind: &str) -> bool {
    let is_of_server = kind.ends_with("_call") || kind.starts_with("mcp_");
    is_of_server || matches!(kind, "reasoning" | "compaction" | "compaction_trigger")
}

fn message<'a>(
    item: &mut Item<'a>,
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
    let content = item.content.take().unwrap_or(Content::Parts(Vec::new()));
    let parts = content::read(content, role, &|| format!("{}.content", path()), notes)?;
    Ok(Turn { role, parts })
}

/// A call of the model. One of a tool that Codex or another client has built in is told by its
/// type.
fn call<'a>(kind: &str, item: &mut Item<'a>, path: &dyn Fn() -> String) -> Result<Part<'a>, Error> {
    let name = match item.name.take() {
        Some(name) => tools::flat_name(item.namespace.as_ref().map(Text::as_str), name.0),
        None if matches!(kind, "function_call" | "custom_tool_call") => {
            return Err(rules::missing(&path(), "name"));
        }
        None => Cow::Owned(kind.strip_suffix("_call").unwrap_or(kind).to_owned()),
    };
    let arguments = match (item.input.take(), item.arguments.or(item.action)) {
        (Some(input), _) => Cow::Owned(text_tools::arguments(input.as_str())),
        (None, Some(Raw(json))) => {
            json::read::<Text<'_>>(json.as_bytes()).map_or(Cow::Borrowed(json), |text| text.0)
        }
        (None, None) => Cow::Borrowed("{}"),
    };
    Ok(Part::ToolCall { id: id(item), name, arguments })
}

fn id<'a>(item: &mut Item<'a>) -> Cow<'a, str> {
    item.call_id.take().map_or(Cow::Borrowed(""), |id| id.0)
}
