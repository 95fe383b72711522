//! Reads the body of a chat completions request.

use std::borrow::Cow;

use super::{encode::Reply, tools, wire};
use crate::{
    chat::{Delivery, MOST_CHOICES, Part, Prefill, Role, Source, ToolOutcome, Turn, UsageReport},
    dialect::{
        Asked,
        request::{Own, StopRule},
        rules::{self, Scheme},
    },
    error::Error,
    json::{self, Content, Text, Writer},
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
    let (tools, form) = tools::read(&mut request, &mut notes)?;
    let choices = request.n.unwrap_or(1);
    let choices = u32::try_from(choices).ok().filter(|n| (1..=MOST_CHOICES).contains(n));
    let choices = choices.ok_or_else(|| Error::invalid("n", "Must be from 1 to 8."))?;
    let wire::Request { messages, system, stream_options, mut common, .. } = request;
    let usage = match stream_options.and_then(|options| options.include_usage) {
        Some(true) => UsageReport::Included,
        Some(false) | None => UsageReport::Omitted,
    };
    let delivery = match common.stream {
        Some(true) => Delivery::Stream { usage },
        Some(false) | None => Delivery::Whole,
    };
    let messages = rules::messages(messages)?;
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(messages.len() + 1);
    turns.extend(common.instructions());
    if let Some(system) = system {
        let parts = read_content(system, Role::System, &|| "system".to_owned(), &mut notes)?;
        turns.push(Turn { role: Role::System, parts });
    }
    for (index, message) in messages.into_iter().enumerate() {
        let mut turn = turn(index, message, &mut notes)?;
        match turns.last_mut() {
            // The results of several calls are one turn.
            Some(last) if holds_results(last) && holds_results(&turn) => {
                last.parts.append(&mut turn.parts);
            }
            _ => turns.push(turn),
        }
    }
    let reply = Reply::new(form, usage, tools.as_ref(), choices);
    let stop = StopRule { most: MOST_STOP_SEQUENCES, param: "stop" };
    let own = Own { turns, tools, delivery, prefill: Prefill::AskToContinue, stop };
    Ok(Asked { prompt: common.into_prompt(own, notes)?, reply: Box::new(reply) })
}

fn holds_results(turn: &Turn<'_>) -> bool {
    matches!(turn.parts.as_slice(), [Part::ToolResult { .. }, ..])
}

/// The turn that the message `messages[index]` becomes.
fn turn<'a>(
    index: usize,
    message: wire::Message<'a>,
    notes: &mut Notes,
) -> Result<Turn<'a>, Error> {
    let path = || format!("messages[{index}]");
    let Some(name) = message.role else {
        return Err(rules::missing(&path(), "role"));
    };
    let role = match name.as_str() {
        "system" | "developer" => Role::System,
        "assistant" => Role::Assistant,
        _ => Role::User,
    };
    let mut parts = match message.content {
        None => Vec::new(),
        Some(content) => {
            read_content(content, role, &|| format!("messages[{index}].content"), notes)?
        }
    };
    match name.as_str() {
        "system" | "developer" | "user" => Ok(Turn { role, parts }),
        "assistant" => {
            if let Some(Text(refusal)) = message.refusal
                && !refusal.is_empty()
            {
                parts.push(Part::Text(refusal));
            }
            let mut calls = message.tool_calls.unwrap_or_default();
            if message.function_call.is_some() {
                calls
                    .push(wire::ToolCall { function: message.function_call, ..Default::default() });
            }
            for (place, call) in calls.into_iter().enumerate() {
                let path = || format!("messages[{index}].tool_calls[{place}]");
                parts.push(tool_call(call, &path)?);
            }
            Ok(Turn { role, parts })
        }
        "tool" | "function" => {
            let id = message.tool_call_id.or(message.name).map_or(Cow::Borrowed(""), |id| id.0);
            let outcome = ToolOutcome::Returned;
            Ok(Turn { role, parts: vec![Part::ToolResult { id, outcome, parts }] })
        }
        other => {
            let roles = ["system", "developer", "user", "assistant", "tool"];
            Err(rules::unknown(format!("{}.role", path()), "role", other, &roles))
        }
    }
}

/// The parts of the content at `path` in a message of `role`.
fn read_content<'a>(
    content: Content<'a, wire::Part<'a>>,
    role: Role,
    path: &dyn Fn() -> String,
    notes: &mut Notes,
) -> Result<Vec<Part<'a>>, Error> {
    let list = match content {
        Content::Text(text) => return Ok(vec![Part::Text(text)]),
        Content::Parts(list) => list,
    };
    let mut parts = Vec::with_capacity(list.len());
    for (place, part) in list.into_iter().enumerate() {
        let path = || format!("{}[{place}]", path());
        let part = read_part(part, &path)?;
        let kind = match part {
            Part::Image(_) => "image_url",
            Part::File { .. } => "file",
            _ => "",
        };
        if kind.is_empty() || rules::keeps_attachment(role, kind, &path, notes) {
            parts.push(part);
        }
    }
    Ok(parts)
}

fn tool_call<'a>(call: wire::ToolCall<'a>, path: &dyn Fn() -> String) -> Result<Part<'a>, Error> {
    let missing = |field: &str| rules::missing(&path(), field);
    let (name, arguments) = if let Some(custom) = call.custom {
        let input = custom.input.map_or(Cow::Borrowed(""), |input| input.0);
        let arguments = Writer::new().field("input", &input).end();
        (custom.name.ok_or_else(|| missing("custom.name"))?, Cow::Owned(arguments))
    } else {
        let function = call.function.unwrap_or_default();
        let arguments = function.arguments.map_or(Cow::Borrowed("{}"), |arguments| arguments.0);
        (function.name.ok_or_else(|| missing("function.name"))?, arguments)
    };
    let id = call.id.map_or(Cow::Borrowed(""), |id| id.0);
    Ok(Part::ToolCall { id, name: name.0, arguments })
}

fn read_part<'a>(part: wire::Part<'a>, path: &dyn Fn() -> String) -> Result<Part<'a>, Error> {
    let missing = |field: &str| rules::missing(&path(), field);
    match part.kind.as_ref().map(Text::as_str) {
        Some("text") => part.text.map(|text| Part::Text(text.0)).ok_or_else(|| missing("text")),
        Some("refusal") => {
            part.refusal.map(|text| Part::Text(text.0)).ok_or_else(|| missing("refusal"))
        }
        Some("image_url") => {
            let url = part.image_url.ok_or_else(|| missing("image_url"))?.url.0;
            check_url(&url, &|| format!("{}.image_url.url", path()))?;
            Ok(Part::Image(Source::Url(url)))
        }
        Some("file") => {
            let file = part.file.ok_or_else(|| missing("file"))?;
            // A `file_id` is in a store that this gateway does not have.
            let data = file.file_data.ok_or_else(|| missing("file.file_data"))?.0;
            check_url(&data, &|| format!("{}.file.file_data", path()))?;
            Ok(Part::File { name: file.filename.map(|name| name.0), source: Source::Url(data) })
        }
        Some(other) => {
            let types = ["text", "image_url", "file", "refusal"];
            Err(rules::unknown(format!("{}.type", path()), "part type", other, &types))
        }
        None => Err(missing("type")),
    }
}

/// Checks that an image or file has a URL that DeGPT can load. DeGPT would not report that
/// it cannot.
fn check_url(url: &str, path: &dyn Fn() -> String) -> Result<(), Error> {
    match Scheme::of(url) {
        Some(Scheme::Web | Scheme::Data) => Ok(()),
        None => Err(Error::invalid(
            path(),
            "Must be an http(s) URL or a data URL like `data:image/png;base64,…`.",
        )),
    }
}
