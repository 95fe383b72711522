//! Reads the body of a chat completions request.

use std::borrow::Cow;

use super::{encode::Reply, tools, wire};
use crate::{
    chat::{Delivery, MOST_CHOICES, Part, Role, ToolOutcome, Turn, UsageReport},
    dialect::{Asked, content, request::Own, rules, text_tools},
    error::Error,
    json::{self, Text},
    notes::Notes,
};

/// As many as OpenAI allows.
const MOST_STOP_SEQUENCES: usize = 4;

/// Reads the body of a chat completions request.
///
/// # Errors
/// [`Error::Invalid`], naming the field.
pub(super) fn parse(body: &[u8]) -> Result<Asked<'_>, Error> {
    let (mut request, mut notes): (wire::Request<'_>, Notes) = json::parse(body)?;
    let mut messages = rules::messages(request.messages.take(), &notes)?;
    let (tools, form) = tools::read(&mut request, &mut notes)?;
    let choices = request.n.unwrap_or(1);
    let choices = u32::try_from(choices).ok().filter(|n| (1..=MOST_CHOICES).contains(n));
    let choices = choices.ok_or_else(|| Error::invalid("n", "Must be from 1 to 8."))?;
    let wire::Request { system, stream_options, mut common, .. } = request;
    let usage = match stream_options.and_then(|options| options.include_usage) {
        Some(true) => UsageReport::Included,
        Some(false) | None => UsageReport::Omitted,
    };
    let delivery = match common.stream {
        Some(true) => Delivery::Stream { usage },
        Some(false) | None => Delivery::Whole,
    };
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(messages.len() + 1);
    turns.extend(common.instructions());
    if let Some(system) = system {
        let parts = content::read(system, Role::System, &|| "system".to_owned(), &mut notes)?;
        turns.push(Turn { role: Role::System, parts });
    }
    for (index, message) in messages.iter_mut().enumerate() {
        let mut turn = turn(index, message, &mut notes)?;
        match turns.last_mut() {
            // The results of several calls are one turn.
            Some(last) if last.holds_results() && turn.holds_results() => {
                last.parts.append(&mut turn.parts);
            }
            _ => turns.push(turn),
        }
    }
    let reply = Reply::new(form, usage, tools.as_ref(), choices);
    let own = Own { turns, tools, delivery, most_stops: MOST_STOP_SEQUENCES };
    Ok(Asked { prompt: common.into_prompt(own, notes)?, reply: Box::new(reply) })
}

/// The turn that the message `messages[index]` becomes.
fn turn<'a>(
    index: usize,
    message: &mut wire::Message<'a>,
    notes: &mut Notes,
) -> Result<Turn<'a>, Error> {
    let path = || format!("messages[{index}]");
    let Some(name) = message.role.take() else {
        return Err(rules::missing(&path(), "role"));
    };
    let role = match name.as_str() {
        "system" | "developer" => Role::System,
        "assistant" => Role::Assistant,
        _ => Role::User,
    };
    let mut parts = match message.content.take() {
        None => Vec::new(),
        Some(content) => {
            content::read(content, role, &|| format!("messages[{index}].content"), notes)?
        }
    };
    match name.as_str() {
        "system" | "developer" | "user" => Ok(Turn { role, parts }),
        "assistant" => {
            if let Some(Text(refusal)) = message.refusal.take()
                && !refusal.is_empty()
            {
                parts.push(Part::Text(refusal));
            }
            let mut calls = message.tool_calls.take().unwrap_or_default();
            if let Some(function) = message.function_call.take() {
                calls.push(wire::ToolCall { function: Some(function), ..Default::default() });
            }
            for (place, call) in calls.iter_mut().enumerate() {
                let path = || format!("messages[{index}].tool_calls[{place}]");
                parts.push(tool_call(call, &path)?);
            }
            Ok(Turn { role, parts })
        }
        "tool" | "function" => {
            let id = message.tool_call_id.take().or_else(|| message.name.take());
            let id = id.map_or(Cow::Borrowed(""), |id| id.0);
            let outcome = ToolOutcome::Returned;
            Ok(Turn { role, parts: vec![Part::ToolResult { id, outcome, parts }] })
        }
        other => {
            let roles = ["system", "developer", "user", "assistant", "tool"];
            Err(rules::unknown(format!("{}.role", path()), "role", other, &roles))
        }
    }
}

fn tool_call<'a>(
    call: &mut wire::ToolCall<'a>,
    path: &dyn Fn() -> String,
) -> Result<Part<'a>, Error> {
    let missing = |field: &str| rules::missing(&path(), field);
    let (name, arguments) = if let Some(custom) = call.custom.take() {
        let arguments = text_tools::arguments(custom.input.as_ref().map_or("", Text::as_str));
        (custom.name.ok_or_else(|| missing("custom.name"))?, Cow::Owned(arguments))
    } else {
        let function = call.function.take().unwrap_or_default();
        let arguments = function.arguments.map_or(Cow::Borrowed("{}"), |arguments| arguments.0);
        (function.name.ok_or_else(|| missing("function.name"))?, arguments)
    };
    let id = call.id.take().map_or(Cow::Borrowed(""), |id| id.0);
    Ok(Part::ToolCall { id, name: name.0, arguments })
}
