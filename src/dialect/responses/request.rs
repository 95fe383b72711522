//! Reads the body of a request.

use super::{echo::Echo, encode::Reply, items, tools, wire};
use crate::{
    chat::{Delivery, Role, Turn, UsageReport},
    dialect::{Asked, content, request::Own},
    error::Error,
    json::{self, Content},
    notes::Notes,
};

/// As many as Chat Completions allows. This API has none of its own.
const MOST_STOP_SEQUENCES: usize = 4;

/// Reads the body of a request.
///
/// # Errors
/// [`Error::Invalid`], naming the field; [`Error::NoThreads`].
pub(super) fn parse(body: &[u8]) -> Result<Asked<'_>, Error> {
    let (request, mut notes): (wire::Request<'_>, Notes) = json::parse(body)?;
    let wire::Request { input, system, previous_response_id, conversation, mut common } = request;
    let kept = [("previous_response_id", previous_response_id), ("conversation", conversation)];
    if let Some((field, _)) = kept.into_iter().find(|(_, value)| value.is_some()) {
        return Err(Error::NoThreads(field));
    }
    let mut items = match input {
        Some(Content::Parts(items)) if !items.is_empty() => items,
        Some(Content::Text(text)) if !text.is_empty() => {
            vec![wire::Item { content: Some(Content::Text(text)), ..wire::Item::default() }]
        }
        None if notes.has_ignored("messages") => {
            return Err(Error::invalid(
                "messages",
                "This is a body of Chat Completions or of Anthropic's API: send it to \
                 /api/v1/chat/completions or /api/v1/messages. Here the conversation is in `input`.",
            ));
        }
        _ => return Err(Error::invalid("input", "Must be a text, or have at least one item.")),
    };
    let delivery = match common.stream {
        Some(true) => Delivery::Stream { usage: UsageReport::Included },
        Some(false) | None => Delivery::Whole,
    };
    let (tools, special) = tools::read(&mut common, &mut items, &mut notes)?;
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(items.len() + 1);
    turns.extend(common.instructions());
    if let Some(system) = system {
        let parts = content::read(system, Role::System, &|| "system".to_owned(), &mut notes)?;
        turns.push(Turn { role: Role::System, parts });
    }
    let before = turns.len();
    for (index, item) in items.iter_mut().enumerate() {
        if let Some(turn) = items::read(item, &|| format!("input[{index}]"), &mut notes)? {
            push(&mut turns, before, turn);
        }
    }
    if turns.len() == before {
        return Err(Error::invalid("input", "Must have at least one message."));
    }
    let reply = Reply::new(special, Echo::of(body, &notes));
    let own = Own { turns, tools, delivery, most_stops: MOST_STOP_SEQUENCES };
    Ok(Asked { prompt: common.into_prompt(own, notes)?, reply: Box::new(reply) })
}

/// Adds the turn of an item. What the model said in several items is one turn, and so are the
/// results of several calls.
fn push<'a>(turns: &mut Vec<Turn<'a>>, from: usize, mut turn: Turn<'a>) {
    let belongs = |last: &Turn<'a>| {
        last.role == turn.role
            && (turn.role == Role::Assistant || (last.holds_results() && turn.holds_results()))
    };
    match turns.get_mut(from..).and_then(<[_]>::last_mut) {
        Some(last) if belongs(last) => last.parts.append(&mut turn.parts),
        _ => turns.push(turn),
    }
}
