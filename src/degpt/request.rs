//! A conversation in the shape each family of models takes.
//!
//! DeGPT hands messages on to each provider almost unchanged and answers a
//! shape the provider refuses with a fake success, so the shape is made right here.

use std::borrow::Cow;

use super::{
    body::Body,
    wire::{self, ASSISTANT, SYSTEM, USER},
};
use crate::{
    catalog::{Images, Target},
    chat::{Part, Prefill, Prompt, Role, Source, ToolOutcome, Turn},
    error::Error,
    in_flight, json,
    tools::markup,
};

/// The body of a chat request for `prompt`, answered by `target`.
///
/// # Errors
/// [`Error::Invalid`] when nothing is left to say once empty messages are left
/// out, or when the answer is to go on from a text and the model cannot;
/// [`Error::Overloaded`], when the memory is used up.
pub fn body(prompt: &Prompt<'_>, target: &Target) -> Result<Body, Error> {
    in_flight::probe(markup_bytes(prompt))?;
    let family = Family::of(&target.upstream);
    let mut messages = match family {
        Family::Claude => claude_messages(prompt),
        Family::DeepSeek | Family::Qwen | Family::Other => {
            plain_messages(prompt, target.model.images)
        }
    };
    let Some(last) = messages.last() else {
        return Err(Error::invalid("messages", "messages: there is no text in any of them."));
    };
    let unanswered = unanswered(prompt);
    let is_prefilled = last.role == ASSISTANT && unanswered.is_empty();
    let reload = is_prefilled && family.continues(target.model.think);
    if is_prefilled && !reload {
        match prompt.prefill {
            Prefill::Refuse => {
                let message = format!(
                    "messages: the last one is the assistant's, and `{}` cannot go on from it. \
                     Only DeepSeek models, and Qwen models that do not think, can.",
                    target.model.id
                );
                return Err(Error::invalid("messages", message));
            }
            Prefill::AskToContinue => messages.push(wire::Message {
                role: USER,
                content: wire::Content::Text(vec![CONTINUE.into()], ""),
            }),
        }
    }
    if !unanswered.is_empty() {
        let content = wire::Content::Text(unanswered, "\n");
        messages.push(wire::Message { role: USER, content });
    }
    let question = wire::Question {
        model: &target.upstream,
        messages: &messages,
        enable_thinking: target.model.think,
        reload,
    };
    Body::write(&question, &target.model.text_model, size_hint(prompt))
}

/// Asks a model that cannot continue a text to go on from one.
const CONTINUE: &str =
    "Continue exactly where your last message ends, without repeating any of it.";

/// The results of the calls that the last turn makes, in words. A model of any family that
/// went on from its own call would make up what it returned, so it is told that there is none.
fn unanswered<'a>(prompt: &Prompt<'_>) -> Vec<Cow<'a, str>> {
    let mut results = Vec::new();
    if let Some(Turn { role: Role::Assistant, parts }) = prompt.turns.last() {
        for part in parts {
            if let Part::ToolCall { id, .. } = part {
                let result = markup::result(id, ToolOutcome::Failed, "There is no result.");
                results.push(result.into());
            }
        }
    }
    results
}

/// Which provider's rules a model's messages follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Anthropic's API: no system role, turns that alternate, the user's first.
    Claude,
    /// OpenAI's chat shape; continues a last turn of the assistant.
    DeepSeek,
    /// Likewise, when it does not think.
    Qwen,
    /// OpenAI's chat shape.
    Other,
}

impl Family {
    fn of(upstream: &str) -> Self {
        let table = [("claude", Self::Claude), ("deepseek", Self::DeepSeek), ("qwen", Self::Qwen)];
        let known = table.into_iter().find(|(prefix, _)| upstream.starts_with(prefix));
        known.map_or(Self::Other, |(_, family)| family)
    }

    /// Whether it continues a last turn of the assistant (`reload`).
    fn continues(self, thinks: bool) -> bool {
        match self {
            Self::DeepSeek => true,
            Self::Qwen => !thinks,
            Self::Claude | Self::Other => false,
        }
    }
}

/// A piece of a message once tool calls and results have become text.
enum Piece<'a> {
    Text(Cow<'a, str>),
    Attachment(&'a Part<'a>),
}

impl Piece<'_> {
    fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

/// Messages in OpenAI's shape. Only user turns are ever lists: the other roles
/// hold words alone, and GPT models insist on it for the assistant's.
fn plain_messages<'a>(prompt: &'a Prompt<'a>, images: Images) -> Vec<wire::Message<'a>> {
    let turns = prompt.turns.iter().map(|turn| (turn.role, pieces(&turn.parts)));
    turns
        .filter_map(|(role, mut pieces)| {
            pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
            let role = match role {
                Role::System => SYSTEM,
                Role::User => USER,
                Role::Assistant => ASSISTANT,
            };
            (!pieces.is_empty())
                .then(|| wire::Message { role, content: content(pieces, images, "\n") })
        })
        .collect()
}

/// Messages in Anthropic's shape: instructions before the conversation are put
/// in front of the first user turn, later ones become user turns; consecutive
/// turns of one role are merged; the user comes first; nothing is blank.
fn claude_messages<'a>(prompt: &'a Prompt<'a>) -> Vec<wire::Message<'a>> {
    /// Stands where a conversation begins with the assistant.
    const OPENING: &str = "…";

    let mut turns: Vec<(Role, Vec<Piece<'a>>)> = Vec::new();
    for turn in &prompt.turns {
        let role = match turn.role {
            Role::System | Role::User => Role::User,
            Role::Assistant => Role::Assistant,
        };
        let mut pieces = pieces(&turn.parts);
        pieces.retain(|piece| !piece.is_blank());
        if pieces.is_empty() {
            continue;
        }
        match turns.last_mut() {
            Some((last, merged)) if *last == role => merged.append(&mut pieces),
            _ => turns.push((role, pieces)),
        }
    }
    if turns.first().is_some_and(|(role, _)| *role == Role::Assistant) {
        turns.insert(0, (Role::User, vec![Piece::Text(OPENING.into())]));
    }
    turns
        .into_iter()
        .map(|(role, pieces)| wire::Message {
            role: if role == Role::Assistant { ASSISTANT } else { USER },
            content: content(pieces, Images::Anthropic, "\n\n"),
        })
        .collect()
}

/// Words alone become one string: every family takes it. They are put together only
/// while they are written.
fn content<'a>(
    pieces: Vec<Piece<'a>>,
    images: Images,
    separator: &'static str,
) -> wire::Content<'a> {
    if pieces.iter().all(|piece| matches!(piece, Piece::Text(_))) {
        let texts = pieces.into_iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text),
            Piece::Attachment(_) => None,
        });
        return wire::Content::Text(texts.collect(), separator);
    }
    let parts = pieces.into_iter().filter_map(|piece| match piece {
        Piece::Text(text) => Some(wire::Part::Text { text }),
        Piece::Attachment(part) => attachment(part, images),
    });
    wire::Content::Parts(parts.collect())
}

fn attachment<'a>(part: &'a Part<'a>, images: Images) -> Option<wire::Part<'a>> {
    let (source, file_name) = match part {
        Part::Image(source) => (source, None),
        Part::File { name, source } => (source, Some(name.as_deref())),
        Part::Text(_) | Part::ToolCall { .. } | Part::ToolResult { .. } => return None,
    };
    Some(match (images, file_name) {
        (Images::Anthropic, None) => wire::Part::Image { source: anthropic_source(source) },
        (Images::Anthropic, Some(title)) => {
            wire::Part::Document { source: anthropic_source(source), title }
        }
        // A model that takes no pictures has handed over to one that does.
        (Images::OpenAi | Images::None, None) => wire::Part::ImageUrl { url: url(source) },
        (Images::OpenAi | Images::None, Some(name)) => {
            wire::Part::File { filename: name.unwrap_or("file"), file_data: url(source) }
        }
    })
}

fn url<'a>(source: &'a Source<'a>) -> wire::Url<'a> {
    match source {
        Source::Url(url) => wire::Url::Plain(url),
        Source::Base64 { media_type, data } => wire::Url::Data { media_type, data },
    }
}

fn anthropic_source<'a>(source: &'a Source<'a>) -> wire::Source<'a> {
    let (media_type, data) = match source {
        Source::Base64 { media_type, data } => (media_type.as_ref(), data.as_ref()),
        Source::Url(url) => match split_data_url(url) {
            Some(parts) => parts,
            None => return wire::Source::Url { url },
        },
    };
    // A common misspelling, which Anthropic refuses.
    let media_type = if media_type == "image/jpg" { "image/jpeg" } else { media_type };
    wire::Source::Base64 { media_type, data }
}

/// The media type and the base64 text of a `data:` URL (RFC 2397).
fn split_data_url(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    let (head, data) = rest.split_once(";base64,")?;
    let media_type = head.split_once(';').map_or(head, |(media_type, _)| media_type);
    scheme.eq_ignore_ascii_case("data").then_some((media_type, data))
}

/// A turn's parts with tool calls and results in words, in their places.
fn pieces<'a>(parts: &'a [Part<'a>]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Part::Text(text) => pieces.push(Piece::Text(Cow::Borrowed(text))),
            Part::Image(_) | Part::File { .. } => pieces.push(Piece::Attachment(part)),
            Part::ToolCall { id, name, arguments } => {
                pieces.push(Piece::Text(markup::call(id, name, arguments).into()));
            }
            Part::ToolResult { id, outcome, parts } => {
                let texts = parts.iter().filter_map(|part| match part {
                    Part::Text(text) => Some(text.as_ref()),
                    _ => None,
                });
                let text = match texts.collect::<Vec<_>>().as_slice() {
                    [text] => Cow::Borrowed(*text),
                    texts => Cow::Owned(crate::text::joined(texts, "\n")),
                };
                pieces.push(Piece::Text(markup::result(id, *outcome, &text).into()));
                let attachments = parts.iter().filter(|part| part.is_attachment());
                pieces.extend(attachments.map(Piece::Attachment));
            }
        }
    }
    pieces
}

/// How much memory it takes at most to put calls and results into words, about: that of
/// all words, and of the longest while it is written.
fn markup_bytes(prompt: &Prompt<'_>) -> usize {
    let parts = prompt.turns.iter().flat_map(|turn| &turn.parts);
    let sizes = parts.map(|part| match part {
        Part::ToolCall { arguments, .. } => arguments.len(),
        Part::ToolResult { parts, .. } => parts.iter().map(part_bytes).sum(),
        Part::Text(_) | Part::Image(_) | Part::File { .. } => 0,
    });
    let (all, longest) =
        sizes.fold((0, 0), |(all, longest), size: usize| (all + size, longest.max(size)));
    all + longest
}

/// About how many bytes the request will take, a little too many rather than too few.
#[must_use]
pub fn size_hint(prompt: &Prompt<'_>) -> usize {
    let parts = prompt.turns.iter().flat_map(|turn| &turn.parts);
    512 + parts.map(|part| part_bytes(part) + 128).sum::<usize>()
}

fn part_bytes(part: &Part<'_>) -> usize {
    match part {
        Part::Text(text) => json::escaped_bytes(text),
        Part::Image(source) | Part::File { source, .. } => match source {
            Source::Url(url) => url.len(),
            Source::Base64 { data, .. } => data.len(),
        },
        Part::ToolCall { arguments, .. } => json::escaped_bytes(arguments),
        Part::ToolResult { parts, .. } => parts.iter().map(part_bytes).sum(),
    }
}
