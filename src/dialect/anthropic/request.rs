//! Reads the body of a messages request.

use super::{blocks, encode::Reply, tool_changes, tools, wire};
use crate::{
    chat::{Delivery, Limits, Part, Prefill, Prompt, Role, Thinking, Turn, UsageReport},
    dialect::{Asked, rules},
    error::Error,
    json::{self, Text},
};

/// The API reference names no limit.
const MOST_STOP_SEQUENCES: usize = 64;

/// Reads the body of a messages request.
///
/// # Errors
/// [`Error::Invalid`], naming the field; [`Error::NoThreads`].
pub(super) fn parse(body: &[u8]) -> Result<Asked<'_>, Error> {
    let (request, mended): (wire::Request<'_>, _) = json::parse(body)?;
    if request.thread.is_some() {
        return Err(Error::NoThreads);
    }
    let mode = request.thinking.as_ref().and_then(|mode| mode.kind.as_ref()).map(Text::as_str);
    let thinking = match mode {
        Some("enabled" | "adaptive") => Thinking::On,
        _ => Thinking::Off,
    };
    // Anthropic's streams always report their usage.
    let delivery = if request.stream == Some(true) {
        Delivery::Stream { usage: UsageReport::Included }
    } else {
        Delivery::Whole
    };
    let mut ignored = request.ignored();
    let messages = request.messages.unwrap_or_default();
    if messages.iter().flat_map(tool_changes::blocks_of).any(wire::Block::asks_for_citations) {
        ignored.push("citations");
    }
    let tools = tools::read(request.tools, request.tool_choice, &messages, &mut ignored)?;
    let format = tools::read_format(request.output_config, request.output_format)?;
    let stop_sequences = request.stop_sequences.unwrap_or_default();
    let limits = Limits {
        stop: rules::stop_sequences(stop_sequences, MOST_STOP_SEQUENCES, "stop_sequences")?,
        max_text_tokens: rules::token_limit(request.max_tokens, "max_tokens")?,
        max_total_tokens: None,
    };
    let messages = rules::messages(Some(messages))?;
    let mut turns = Vec::with_capacity(messages.len() + 1);
    if let Some(system) = request.system {
        let parts = blocks::read(system, Role::System, &|| "system".to_owned())?;
        turns.push(Turn { role: Role::System, parts });
    }
    let last_of_the_user = messages.iter().rposition(wire::Message::is_of_the_user);
    for (index, message) in messages.into_iter().enumerate() {
        if message.is_for_one_turn() && Some(index) < last_of_the_user {
            continue;
        }
        push_turns(&mut turns, index, message)?;
    }
    let prompt = Prompt {
        model: request.model.map(|model| model.0),
        turns,
        thinking,
        delivery,
        limits,
        prefill: Prefill::Refuse,
        tools,
        format,
        ignored,
        mended,
    };
    Ok(Asked { prompt, reply: Box::new(Reply) })
}

/// Adds the turns of a message. A result of a server tool stands within the assistant's
/// message. It becomes a user turn of its own, like other results: a model that finds
/// results in its own turns begins to make them up.
fn push_turns<'a>(
    turns: &mut Vec<Turn<'a>>,
    index: usize,
    message: wire::Message<'a>,
) -> Result<(), Error> {
    let role = match message.role.as_ref().map(Text::as_str) {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        // Not in the reference, but agents send it.
        Some("system") => Role::System,
        Some(other) => {
            let param = format!("messages[{index}].role");
            return Err(rules::unknown(param, "role", other, &["user", "assistant"]));
        }
        None => return Err(rules::missing(&format!("messages[{index}]"), "role")),
    };
    let parts = match message.content {
        None => Vec::new(),
        Some(content) => blocks::read(content, role, &|| format!("messages[{index}].content"))?,
    };
    if role != Role::Assistant || !parts.iter().any(is_result) {
        turns.push(Turn { role, parts });
        return Ok(());
    }
    let first = turns.len();
    for part in parts {
        let role = if is_result(&part) { Role::User } else { Role::Assistant };
        match turns.get_mut(first..).and_then(<[_]>::last_mut) {
            Some(turn) if turn.role == role => turn.parts.push(part),
            _ => turns.push(Turn { role, parts: vec![part] }),
        }
    }
    Ok(())
}

fn is_result(part: &Part<'_>) -> bool {
    matches!(part, Part::ToolResult { .. })
}
