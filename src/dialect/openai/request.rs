//! Reads the body of a chat completions request.

use std::borrow::Cow;

use super::{encode::Reply, tools, wire};
use crate::{
    chat::{
        Delivery, Limits, Part, Prefill, Prompt, Role, Source, Thinking, ToolOutcome, Turn,
        UsageReport,
    },
    dialect::{
        Asked,
        rules::{self, Scheme},
    },
    error::Error,
    json::{self, Content, Text},
};

/// As many as OpenAI allows.
const MOST_STOP_SEQUENCES: usize = 4;

/// Reads the body of a chat completions request.
///
/// # Errors
/// [`Error::Invalid`], naming the field.
pub(super) fn parse(body: &[u8]) -> Result<Asked<'_>, Error> {
    let (mut request, mended): (wire::Request<'_>, _) = json::parse(body)?;
    let (tools, form) = tools::read(&mut request)?;
    let format = tools::read_format(request.response_format.as_ref())?;
    let thinking = thinking(&request);
    refuse_impossible(&request)?;
    let ignored = request.ignored();
    let limits = Limits {
        stop: rules::stop_sequences(listed(request.stop), MOST_STOP_SEQUENCES, "stop")?,
        max_text_tokens: rules::token_limit(request.max_tokens, "max_tokens")?,
        max_total_tokens: rules::token_limit(
            request.max_completion_tokens,
            "max_completion_tokens",
        )?,
    };
    let included = request.stream_options.and_then(|options| options.include_usage);
    let usage = match included {
        Some(true) => UsageReport::Included,
        Some(false) | None => UsageReport::Omitted,
    };
    let delivery = match request.stream {
        Some(true) => Delivery::Stream { usage },
        Some(false) | None => Delivery::Whole,
    };
    let messages = rules::messages(request.messages)?;
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(messages.len() + 1);
    for (index, message) in messages.into_iter().enumerate() {
        let mut turn = turn(index, message)?;
        match turns.last_mut() {
            // The results of several calls are one turn.
            Some(last) if holds_results(last) && holds_results(&turn) => {
                last.parts.append(&mut turn.parts);
            }
            _ => turns.push(turn),
        }
    }
    let prompt = Prompt {
        model: request.model.map(|model| model.0),
        turns,
        thinking,
        delivery,
        limits,
        prefill: Prefill::AskToContinue,
        tools,
        format,
        ignored,
        mended,
    };
    Ok(Asked { prompt, reply: Box::new(Reply { form, usage }) })
}

/// Refuses what is not available and would change the answer's shape: a client that asked
/// for it would misread the answer.
fn refuse_impossible(request: &wire::Request<'_>) -> Result<(), Error> {
    let audio_asked = |modalities: &Vec<Text<'_>>| modalities.iter().any(|m| m.as_str() != "text");
    let table = [
        ("n", request.n.is_some_and(|n| n != 1), "Must be 1: only one choice is available."),
        (
            "logprobs",
            request.logprobs == Some(true),
            "Must be `false`: log probabilities are not available.",
        ),
        (
            "top_logprobs",
            request.top_logprobs.is_some_and(|number| number > 0),
            "Must be 0: log probabilities are not available.",
        ),
        ("audio", request.audio.is_some(), "Leave it out: audio answers are not available."),
        (
            "modalities",
            request.modalities.as_ref().is_some_and(audio_asked),
            "Must be `[\"text\"]`: answers are text only.",
        ),
    ];
    match table.into_iter().find(|(_, is_asked, _)| *is_asked) {
        Some((param, _, message)) => Err(Error::invalid(param, message)),
        None => Ok(()),
    }
}

/// `stop`, which may be one string, as a list.
fn listed<'a>(stop: Option<Content<'a, Text<'a>>>) -> Vec<Text<'a>> {
    match stop {
        None => Vec::new(),
        Some(Content::Text(sequence)) => vec![Text(sequence)],
        Some(Content::Parts(list)) => list,
    }
}

fn thinking(request: &wire::Request<'_>) -> Thinking {
    let effort = request.reasoning_effort.as_ref().map(Text::as_str);
    let mode = request.thinking.as_ref().and_then(|mode| mode.kind.as_ref()).map(Text::as_str);
    let on = effort.is_some_and(|effort| !matches!(effort, "none" | "minimal"))
        || mode.is_some_and(|mode| matches!(mode, "enabled" | "adaptive" | "auto"))
        || request.enable_thinking == Some(true);
    if on { Thinking::On } else { Thinking::Off }
}

fn holds_results(turn: &Turn<'_>) -> bool {
    matches!(turn.parts.as_slice(), [Part::ToolResult { .. }, ..])
}

/// The turn that the message `messages[index]` becomes.
fn turn(index: usize, message: wire::Message<'_>) -> Result<Turn<'_>, Error> {
    let path = || format!("messages[{index}]");
    let Some(name) = message.role else {
        return Err(rules::missing(&path(), "role"));
    };
    let role = match name.as_str() {
        "system" | "developer" => Role::System,
        "assistant" => Role::Assistant,
        _ => Role::User,
    };
    let parts = match message.content {
        None => Vec::new(),
        Some(Content::Text(text)) => vec![Part::Text(text)],
        Some(Content::Parts(parts)) => read_parts(parts, role, index)?,
    };
    match name.as_str() {
        "system" | "developer" | "user" => Ok(Turn { role, parts }),
        "assistant" => {
            if message.audio.is_some() {
                let message = "Leave it out: audio answers are not available.";
                return Err(Error::invalid(format!("{}.audio", path()), message));
            }
            let legacy = message
                .function_call
                .map(|function| wire::ToolCall { id: None, function: Some(function) });
            let calls = message.tool_calls.unwrap_or_default().into_iter().chain(legacy);
            let calls = calls.enumerate().map(|(place, call)| {
                tool_call(call, || format!("messages[{index}].tool_calls[{place}]"))
            });
            let refusal = message.refusal.filter(|text| !text.as_str().is_empty());
            let words = parts.into_iter().chain(refusal.map(|text| Part::Text(text.0)));
            let parts = words.map(Ok).chain(calls).collect::<Result<_, _>>()?;
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

/// The parts of the message `messages[index]` of `role`.
fn read_parts(
    parts: Vec<wire::Part<'_>>,
    role: Role,
    index: usize,
) -> Result<Vec<Part<'_>>, Error> {
    let parts = parts.into_iter().enumerate().map(|(place, part)| {
        let path = || format!("messages[{index}].content[{place}]");
        let part = read_part(part, path)?;
        if part.is_attachment() {
            rules::attachment(role, &path)?;
        }
        Ok(part)
    });
    parts.collect()
}

fn tool_call(call: wire::ToolCall<'_>, path: impl Fn() -> String) -> Result<Part<'_>, Error> {
    let Some(wire::Function { name: Some(name), arguments }) = call.function else {
        return Err(rules::missing(&path(), "function.name"));
    };
    Ok(Part::ToolCall {
        id: call.id.map_or(Cow::Borrowed(""), |id| id.0),
        name: name.0,
        arguments: arguments.map_or(Cow::Borrowed("{}"), |arguments| arguments.0),
    })
}

fn read_part(part: wire::Part<'_>, path: impl Fn() -> String) -> Result<Part<'_>, Error> {
    let missing = |field: &str| rules::missing(&path(), field);
    match part.kind.as_ref().map(Text::as_str) {
        Some("text") => part.text.map(|text| Part::Text(text.0)).ok_or_else(|| missing("text")),
        Some("refusal") => {
            part.refusal.map(|text| Part::Text(text.0)).ok_or_else(|| missing("refusal"))
        }
        Some("image_url") => {
            let url = part.image_url.ok_or_else(|| missing("image_url"))?.url.0;
            check_url(&url, || format!("{}.image_url.url", path()))?;
            Ok(Part::Image(Source::Url(url)))
        }
        Some("file") => {
            let file = part.file.ok_or_else(|| missing("file"))?;
            // A `file_id` is in a store that this gateway does not have.
            let data = file.file_data.ok_or_else(|| missing("file.file_data"))?.0;
            check_url(&data, || format!("{}.file.file_data", path()))?;
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
fn check_url(url: &str, path: impl Fn() -> String) -> Result<(), Error> {
    match Scheme::of(url) {
        Some(Scheme::Web | Scheme::Data) => Ok(()),
        None => Err(Error::invalid(
            path(),
            "Must be an http(s) URL or a data URL like `data:image/png;base64,…`.",
        )),
    }
}
