//! Reads the content blocks of a message into parts.
//!
//! A conversation that began at Anthropic also holds calls and results of server tools.
//! The model gets them like other calls and results. What is encrypted, or stored on
//! Anthropic's servers, is left out.

use std::borrow::Cow;

use super::{
    tool_changes::Offer,
    wire::{self, Block, Inner},
};
use crate::{
    chat::{Part, Role, ToolOutcome},
    dialect::{files::Given, rules},
    error::Error,
    json::{Content, Text},
    notes::Notes,
    web,
};

/// The parts of `content` in a turn of `role`. `path` is called only for an error; it is
/// `dyn` because content nests.
///
/// # Errors
/// [`Error::Invalid`] for a block of an unknown type, one that lacks a field, and one
/// that a turn of `role` may not have.
pub(super) fn read<'a>(
    content: Content<'a, Block<'a>>,
    role: Role,
    path: &dyn Fn() -> String,
    notes: &mut Notes,
) -> Result<Vec<Part<'a>>, Error> {
    match content {
        Content::Text(text) => Ok(vec![Part::Text(text)]),
        Content::Parts(blocks) => read_list(blocks, role, path, notes),
    }
}

fn read_list<'a>(
    blocks: Vec<Block<'a>>,
    role: Role,
    path: &dyn Fn() -> String,
    notes: &mut Notes,
) -> Result<Vec<Part<'a>>, Error> {
    let mut parts = Vec::with_capacity(blocks.len());
    for (place, mut block) in blocks.into_iter().enumerate() {
        read_block(&mut block, role, &|| format!("{}[{place}]", path()), &mut parts, notes)?;
    }
    Ok(parts)
}

/// Adds the parts of `block` to `parts`. Some blocks have none: earlier reasoning, which
/// DeGPT does not accept, and what only Anthropic's servers can use.
fn read_block<'a>(
    block: &mut Block<'a>,
    role: Role,
    path: &dyn Fn() -> String,
    parts: &mut Vec<Part<'a>>,
    notes: &mut Notes,
) -> Result<(), Error> {
    let kind = block.kind.clone().ok_or_else(|| missing(path, "type"))?;
    let kind = kind.as_str();
    match kind {
        "text" => parts.push(Part::Text(block.text.take().ok_or_else(|| missing(path, "text"))?.0)),
        "image" => {
            if rules::keeps_attachment(role, kind, path, notes) {
                let (given, field) = read_source(block.source.take(), path)?;
                parts.push(given.image(&|| format!("{}.{field}", path()))?);
            }
        }
        "document" => read_document(block, role, path, parts, notes)?,
        "search_result" => parts.extend(read_search_result(block, role, path, notes)?),
        "tool_use" | "server_tool_use" | "mcp_tool_use" => parts.push(Part::ToolCall {
            id: block.id.take().map_or(Cow::Borrowed(""), |id| id.0),
            name: block.name.take().ok_or_else(|| missing(path, "name"))?.0,
            arguments: Cow::Borrowed(block.input.map_or("{}", |input| input.0)),
        }),
        "tool_result"
        | "mcp_tool_result"
        | "web_search_tool_result"
        | "web_fetch_tool_result"
        | "code_execution_tool_result"
        | "bash_code_execution_tool_result"
        | "text_editor_code_execution_tool_result"
        | "tool_search_tool_result"
        | "advisor_tool_result" => parts.push(read_result(block, path, notes)?),
        "web_search_result" => {
            let age =
                block.page_age.take().map_or(String::new(), |age| format!(" ({})", age.as_str()));
            let title = block.title.as_ref().map_or("", Text::as_str);
            let url = block.url.as_ref().map_or("", Text::as_str);
            let sealed = block.encrypted_content.as_ref().map_or("", Text::as_str);
            let text = web::unseal(sealed).map_or(String::new(), |text| format!("\n{text}"));
            parts.push(Part::Text(format!("{title}: {url}{age}{text}").into()));
        }
        "tool_reference" => {
            let offer = Offer::of(block).ok_or_else(|| missing(path, "tool_name"))?;
            parts.push(Part::Text(offer.in_words()));
        }
        "tool_addition" | "tool_removal" => {
            parts.extend(Offer::of(block).map(|offer| Part::Text(offer.in_words())));
        }
        // A summary of what was said before.
        "compaction" => match block.content.take() {
            Some(Inner::Text(text)) => parts.push(Part::Text(text)),
            Some(_) => return Err(wrong(path, "content", "Must be a string.")),
            None => {}
        },
        // No family of models is known to take earlier reasoning through DeGPT.
        "thinking" | "redacted_thinking" | "mcp_tool_listing" if role == Role::Assistant => {
            notes.ignore(&format!("{}.{kind}", path()));
        }
        "thinking" | "redacted_thinking" | "mcp_tool_listing" | "fallback" => {}
        other => {
            let message = format!("Unsupported block type `{other}`.");
            return Err(wrong(path, "type", message));
        }
    }
    Ok(())
}

fn missing(path: &dyn Fn() -> String, field: &str) -> Error {
    rules::missing(&path(), field)
}

fn wrong(path: &dyn Fn() -> String, field: &str, message: impl Into<String>) -> Error {
    Error::invalid(format!("{}.{field}", path()), message)
}

fn read_document<'a>(
    block: &mut Block<'a>,
    role: Role,
    path: &dyn Fn() -> String,
    parts: &mut Vec<Part<'a>>,
    notes: &mut Notes,
) -> Result<(), Error> {
    let title = block.title.take().map(|title| title.0);
    let about = block.context.take().map(|context| Part::Text(context.0));
    let within = |field: &str| format!("{}.source.{field}", path());
    match block.source.take() {
        Some(Inner::Object(source)) if source.is("text") => {
            let data = source.data.ok_or_else(|| missing(path, "source.data"))?;
            parts.extend(title.map(Part::Text).into_iter().chain(about));
            parts.push(Part::Text(data.0));
        }
        Some(Inner::Object(source)) if source.is("content") => {
            let content = source.content.ok_or_else(|| missing(path, "source.content"))?;
            parts.extend(title.map(Part::Text).into_iter().chain(about));
            parts.extend(read(content, role, &|| within("content"), notes)?);
        }
        source => {
            if rules::keeps_attachment(role, "document", path, notes) {
                let (given, field) = read_source(source, path)?;
                parts.extend(about);
                parts.push(given.file(title, &|| format!("{}.{field}", path()))?);
            }
        }
    }
    Ok(())
}

/// Title, source and texts become one text, which keeps the result together.
fn read_search_result<'a>(
    block: &mut Block<'a>,
    role: Role,
    path: &dyn Fn() -> String,
    notes: &mut Notes,
) -> Result<Vec<Part<'a>>, Error> {
    let content = match block.content.take() {
        None => Vec::new(),
        Some(Inner::Text(text)) => vec![Part::Text(text)],
        Some(Inner::Blocks(blocks)) => {
            read_list(blocks, role, &|| format!("{}.content", path()), notes)?
        }
        Some(Inner::Object(_)) => return Err(wrong(path, "content", "Must be a list of blocks.")),
    };
    let title = block.title.take().map(|title| title.0);
    let source = block.source.take().and_then(|source| match source {
        Inner::Text(name) => Some(name),
        Inner::Blocks(_) | Inner::Object(_) => None,
    });
    let mut words: Vec<Cow<'a, str>> = title.into_iter().chain(source).collect();
    let mut parts = Vec::new();
    for part in content {
        match part {
            Part::Text(text) => words.push(text),
            other => parts.push(other),
        }
    }
    parts.insert(0, Part::Text(crate::text::joined(&words, "\n").into()));
    Ok(parts)
}

/// What a tool returned, whether the client or a server ran it. It may hold images.
fn read_result<'a>(
    block: &mut Block<'a>,
    path: &dyn Fn() -> String,
    notes: &mut Notes,
) -> Result<Part<'a>, Error> {
    let id = block.tool_use_id.take().ok_or_else(|| missing(path, "tool_use_id"))?.0;
    let is_the_clients = block.kind.as_ref().is_some_and(|kind| kind.as_str() == "tool_result");
    let content_path = || format!("{}.content", path());
    let mut outcome =
        if block.is_error == Some(true) { ToolOutcome::Failed } else { ToolOutcome::Returned };
    let parts = match block.content.take() {
        None => Vec::new(),
        Some(Inner::Text(text)) => vec![Part::Text(text)],
        Some(Inner::Blocks(blocks)) => read_list(blocks, Role::User, &content_path, notes)?,
        Some(Inner::Object(_)) if is_the_clients => {
            return Err(wrong(path, "content", "Must be a string or a list of blocks."));
        }
        Some(Inner::Object(returned)) => {
            if returned.error_code.is_some() {
                outcome = ToolOutcome::Failed;
            }
            read_returned(*returned, &content_path, notes)?
        }
    };
    Ok(Part::ToolResult { id, outcome, parts })
}

fn read_returned<'a>(
    returned: wire::Returned<'a>,
    path: &dyn Fn() -> String,
    notes: &mut Notes,
) -> Result<Vec<Part<'a>>, Error> {
    let kind = returned.kind.ok_or_else(|| missing(path, "type"))?;
    let texts = match kind.as_str() {
        "web_fetch_result" => {
            let url = returned.url.map(|url| Part::Text(url.0));
            let mut parts: Vec<Part<'a>> = url.into_iter().collect();
            if let Some(Inner::Object(mut document)) = returned.content {
                let path = || format!("{}.content", path());
                read_block(&mut document, Role::User, &path, &mut parts, notes)?;
            }
            return Ok(parts);
        }
        "tool_search_tool_search_result" => {
            let references = returned.tool_references.unwrap_or_default();
            let path = || format!("{}.tool_references", path());
            return read_list(references, Role::User, &path, notes);
        }
        "code_execution_result"
        | "encrypted_code_execution_result"
        | "bash_code_execution_result" => {
            let code = returned.return_code.filter(|code| *code != 0);
            let code = code.map(|code| format!("Exit code {code}.").into());
            let printed = [returned.stdout, returned.stderr].into_iter().flatten();
            printed.map(|text| text.0).filter(|text| !text.is_empty()).chain(code).collect()
        }
        "text_editor_code_execution_view_result" => match returned.content {
            Some(Inner::Text(text)) => vec![text],
            _ => Vec::new(),
        },
        "text_editor_code_execution_create_result" => match returned.is_file_update {
            Some(true) => vec![Cow::Borrowed("The file was replaced.")],
            _ => vec![Cow::Borrowed("The file was created.")],
        },
        "text_editor_code_execution_str_replace_result" => {
            let lines = returned.lines.unwrap_or_default();
            let lines: Vec<&str> = lines.iter().map(Text::as_str).collect();
            vec![Cow::Owned(crate::text::joined(&lines, "\n"))]
        }
        "advisor_result" => returned.text.map(|text| text.0).into_iter().collect(),
        "advisor_redacted_result" => Vec::new(),
        _ => match (returned.error_code, returned.error_message) {
            (Some(code), Some(message)) => {
                vec![Cow::Owned(format!("{}: {}", code.as_str(), message.as_str()))]
            }
            (Some(code), None) => vec![code.0],
            (None, _) => {
                let kind = kind.as_str();
                let message = format!("Unsupported result type `{kind}`.");
                return Err(wrong(path, "type", message));
            }
        },
    };
    Ok(texts.into_iter().map(Part::Text).collect())
}

impl wire::Source<'_> {
    fn is(&self, kind: &str) -> bool {
        self.kind.as_ref().is_some_and(|own| own.as_str() == kind)
    }
}

/// What a source holds, and the field that it is in.
fn read_source<'a>(
    source: Option<Inner<'a, wire::Source<'a>>>,
    path: &dyn Fn() -> String,
) -> Result<(Given<'a>, &'static str), Error> {
    let source = match source {
        Some(Inner::Object(source)) => source,
        Some(_) => return Err(wrong(path, "source", "Must be an object.")),
        None => return Err(missing(path, "source")),
    };
    let kind = source.kind.ok_or_else(|| missing(path, "source.type"))?;
    match (kind.as_str(), source.media_type, source.data, source.url) {
        ("base64", Some(media_type), Some(data), _) => {
            if !rules::is_media_type(media_type.as_str()) {
                return Err(wrong(path, "source.media_type", "Must be like `image/png`."));
            }
            Ok((Given::Base64(data.0, media_type.0), "source.data"))
        }
        ("base64", None, ..) => Err(missing(path, "source.media_type")),
        ("base64", ..) => Err(missing(path, "source.data")),
        ("url", _, _, Some(url)) => {
            if rules::is_address(url.as_str()) {
                return Ok((Given::Address(url.0), "source.url"));
            }
            Err(wrong(path, "source.url", "Must be an http(s) URL."))
        }
        ("url", ..) => Err(missing(path, "source.url")),
        _ => {
            let rule = "Must be `base64` or `url`; in a document also `text` or `content`. No files \
                        are kept here, so a `file_id` leads to none.";
            Err(wrong(path, "source.type", rule))
        }
    }
}
