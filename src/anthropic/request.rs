//! The request side of the Anthropic dialect.

use std::borrow::Cow;

use super::{offers::Offer, tools, wire};
use crate::{
    chat::{
        Delivery, Limits, Part, Prefill, Prompt, Role, Source, Thinking, ToolOutcome, Turn,
        UsageReport,
    },
    error::Error,
    json::{self, Content, Text},
};

/// Reads the body of a messages request.
///
/// # Errors
/// [`Error::Invalid`], naming the field; [`Error::NoThreads`].
pub fn parse(body: &[u8]) -> Result<Prompt<'_>, Error> {
    let request: wire::Request<'_> = json::parse(body)?;
    if request.thread.is_some() {
        return Err(Error::NoThreads);
    }
    let mode = request.thinking.as_ref().and_then(|mode| mode.kind.as_ref()).map(Text::as_str);
    let thinking = match mode {
        Some("enabled" | "adaptive") => Thinking::On,
        _ => Thinking::Off,
    };
    // Anthropic's streams always tell their usage.
    let delivery = if request.stream == Some(true) {
        Delivery::Stream { usage: UsageReport::Included }
    } else {
        Delivery::Whole
    };
    let mut ignored = request.ignored();
    let messages = request.messages.unwrap_or_default();
    let tools = tools::read(request.tools, request.tool_choice, &messages, &mut ignored)?;
    let format = tools::read_format(request.output_config, request.output_format)?;
    let limits = Limits {
        stop: stop_sequences(request.stop_sequences.unwrap_or_default())?,
        max_text_tokens: match request.max_tokens {
            Some(0) => return Err(Error::invalid("max_tokens", "This must be at least 1.")),
            other => other,
        },
        max_total_tokens: None,
    };
    if messages.is_empty() {
        return Err(Error::invalid("messages", "messages: at least one message is needed."));
    }
    let mut turns = Vec::with_capacity(messages.len() + 1);
    if let Some(system) = request.system {
        let parts = read_content(system, &|| "system".to_owned())?;
        turns.push(Turn { role: Role::System, parts });
    }
    for (index, message) in messages.into_iter().enumerate() {
        turns.push(turn(index, message)?);
    }
    Ok(Prompt {
        model: request.model.map(|model| model.0),
        turns,
        thinking,
        delivery,
        limits,
        prefill: Prefill::Refuse,
        tools,
        format,
        ignored,
    })
}

fn stop_sequences(list: Vec<Text<'_>>) -> Result<Vec<String>, Error> {
    const MOST: usize = 64;
    if list.len() > MOST {
        return Err(Error::invalid("stop_sequences", "There may be at most 64 stop sequences."));
    }
    if list.iter().any(|sequence| sequence.as_str().is_empty()) {
        return Err(Error::invalid("stop_sequences", "A stop sequence must not be empty."));
    }
    Ok(list.into_iter().map(|sequence| sequence.0.into_owned()).collect())
}

fn turn(index: usize, message: wire::Message<'_>) -> Result<Turn<'_>, Error> {
    let role = match message.role.as_ref().map(Text::as_str) {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        // Not in the reference, but agents send it.
        Some("system") => Role::System,
        Some(other) => {
            return Err(Error::invalid(
                format!("messages[{index}].role"),
                format!("The role `{other}` is neither user nor assistant."),
            ));
        }
        None => {
            return Err(Error::invalid(format!("messages[{index}].role"), "The role is missing."));
        }
    };
    let parts = match message.content {
        None => Vec::new(),
        Some(content) => read_content(content, &|| format!("messages[{index}].content"))?,
    };
    Ok(Turn { role, parts })
}

/// `path` is made only where there is something to complain about. It is `dyn`
/// because content nests: a tool's result holds content again.
fn read_content<'a>(
    content: Content<'a, wire::Block<'a>>,
    path: &dyn Fn() -> String,
) -> Result<Vec<Part<'a>>, Error> {
    match content {
        Content::Text(text) => Ok(vec![Part::Text(text)]),
        Content::Parts(blocks) => blocks
            .into_iter()
            .enumerate()
            .filter_map(|(place, block)| {
                read_block(block, &|| format!("{}[{place}]", path())).transpose()
            })
            .collect(),
    }
}

/// `None` for a block that has nothing to say to the model: earlier reasoning,
/// which no upstream takes back, and tools on servers that nobody asks here.
fn read_block<'a>(
    block: wire::Block<'a>,
    path: &dyn Fn() -> String,
) -> Result<Option<Part<'a>>, Error> {
    let missing = |field: &str| {
        Error::invalid(format!("{}.{field}", path()), format!("This block needs `{field}`."))
    };
    let part = match block.kind.as_ref().map(Text::as_str) {
        Some("text") => Part::Text(block.text.ok_or_else(|| missing("text"))?.0),
        Some("image") => Part::Image(source(block.source, path)?),
        Some("document") => {
            let name = block.title.map(|title| title.0);
            match block.source {
                Some(wire::Source::Object { kind, data: Some(data), .. })
                    if kind.as_str() == "text" =>
                {
                    Part::Text(data.0)
                }
                other => Part::File { name, source: source(other, path)? },
            }
        }
        Some("thinking" | "redacted_thinking") => return Ok(None),
        Some("tool_use") => Part::ToolCall {
            id: block.id.map_or(Cow::Borrowed(""), |id| id.0),
            name: block.name.ok_or_else(|| missing("name"))?.0,
            arguments: Cow::Borrowed(block.input.map_or("{}", |input| input.get())),
        },
        Some("tool_result") => Part::ToolResult {
            id: block.tool_use_id.ok_or_else(|| missing("tool_use_id"))?.0,
            outcome: if block.is_error == Some(true) {
                ToolOutcome::Failed
            } else {
                ToolOutcome::Returned
            },
            parts: match block.content {
                None => Vec::new(),
                Some(content) => read_content(content, &|| format!("{}.content", path()))?,
            },
        },
        Some("tool_reference") => {
            Part::Text(Offer::of(&block).ok_or_else(|| missing("tool_name"))?.in_words())
        }
        Some("tool_addition" | "tool_removal") => {
            return Ok(Offer::of(&block).map(|offer| Part::Text(offer.in_words())));
        }
        Some("search_result") => {
            let parts = match block.content {
                None => Vec::new(),
                Some(content) => read_content(content, &|| format!("{}.content", path()))?,
            };
            let texts = parts.iter().filter_map(|part| match part {
                Part::Text(text) => Some(text.as_ref()),
                _ => None,
            });
            let title = block.title.as_ref().map(Text::as_str);
            Part::Text(title.into_iter().chain(texts).collect::<Vec<_>>().join("\n").into())
        }
        Some(other) => {
            return Err(Error::invalid(
                format!("{}.type", path()),
                format!("Blocks of type `{other}` are not supported."),
            ));
        }
        None => return Err(missing("type")),
    };
    Ok(Some(part))
}

fn source<'a>(
    source: Option<wire::Source<'a>>,
    path: &dyn Fn() -> String,
) -> Result<Source<'a>, Error> {
    let wrong = |field: &str, rule: &str| {
        Err(Error::invalid(format!("{}.source{field}", path()), rule.to_owned()))
    };
    let Some(wire::Source::Object { kind, media_type, data, url }) = source else {
        return wrong("", "This block needs a `source` object.");
    };
    match (kind.as_str(), media_type, data, url) {
        ("base64", Some(media_type), Some(data), _) => {
            Ok(Source::Base64 { media_type: media_type.0, data: data.0 })
        }
        ("base64", None, ..) => wrong(".media_type", "A base64 source needs `media_type`."),
        ("base64", ..) => wrong(".data", "A base64 source needs `data`."),
        ("url", _, _, Some(url)) => {
            if url.as_str().starts_with("https://") || url.as_str().starts_with("http://") {
                Ok(Source::Url(url.0))
            } else {
                wrong(".url", "This must be an http(s) address.")
            }
        }
        ("url", ..) => wrong(".url", "A url source needs `url`."),
        _ => wrong(".type", "Sources of type base64 and url are supported."),
    }
}
