//! Reads the body of a messages request.

use super::{blocks, encode::Reply, tools, wire};
use crate::{
    chat::{Delivery, Part, Role, Turn, UsageReport},
    dialect::{Asked, request::Own, rules},
    error::Error,
    json::{self, Text},
    notes::Notes,
};

/// The API reference names no limit.
const MOST_STOP_SEQUENCES: usize = 64;

/// Reads the body of a messages request.
///
/// # Errors
/// [`Error::Invalid`], naming the field; [`Error::NoThreads`].
pub(super) fn parse(body: &[u8]) -> Result<Asked<'_>, Error> {
    let (request, mut notes): (wire::Request<'_>, Notes) = json::parse(body)?;
    let wire::Request { messages, system, thread, mut common } = request;
    if thread.is_some() {
        return Err(Error::NoThreads("thread"));
    }
    // Anthropic's streams always report their usage.
    let delivery = if common.stream == Some(true) {
        Delivery::Stream { usage: UsageReport::Included }
    } else {
        Delivery::Whole
    };
    let mut messages = rules::messages(messages, &notes)?;
    let tools = tools::read(&mut common, &messages, &mut notes)?;
    let mut turns = Vec::with_capacity(messages.len() + 1);
    turns.extend(common.instructions());
    if let Some(system) = system {
        let parts = blocks::read(system, Role::System, &|| "system".to_owned(), &mut notes)?;
        turns.push(Turn { role: Role::System, parts });
    }
    let last_of_the_user = messages.iter().rposition(wire::Message::is_of_the_user);
    for (index, message) in messages.iter_mut().enumerate() {
        if message.is_for_one_turn() && Some(index) < last_of_the_user {
            continue;
        }
        push_turns(&mut turns, index, message, &mut notes)?;
    }
    let own = Own { turns, tools, delivery, most_stops: MOST_STOP_SEQUENCES };
    Ok(Asked { prompt: common.into_prompt(own, notes)?, reply: Box::new(Reply) })
}

/// Adds the turns of a message. A result of a server tool stands within the assistant's
/// message. It becomes a user turn of its own, like other results: a model that finds
/// results in its own turns begins to make them up.
fn push_turns<'a>(
    turns: &mut Vec<Turn<'a>>,
    index: usize,
    message: &mut wire::Message<'a>,
    notes: &mut Notes,
) -> Result<(), Error> {
    let role = match message.role.as_ref().map(Text::as_str) {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        // Not in the reference, but agents send it.
        Some("system" | "developer") => Role::System,
        Some(other) => {
            let param = format!("messages[{index}].role");
            return Err(rules::unknown(param, "role", other, &["user", "assistant"]));
        }
        None => return Err(rules::missing(&format!("messages[{index}]"), "role")),
    };
    let parts = match message.content.take() {
        None => Vec::new(),
        Some(content) => {
            blocks::read(content, role, &|| format!("messages[{index}].content"), notes)?
        }
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
