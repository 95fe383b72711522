//! The blocks of a message, and what each says to the model.
//!
//! A conversation that began at Anthropic also holds what its servers did: calls
//! and results of tools that nobody carries out here. They are told all the same,
//! as calls and results; what is encrypted, or lies on those servers, is left out.

use std::borrow::Cow;

use super::{
    tool_changes::Offer,
    wire::{self, Block, Inner},
};
use crate::{
    chat::{Part, Role, Source, ToolOutcome},
    dialect::rules,
    error::Error,
    json::{Content, Text},
};

/// What `content` says in a turn of `role`. `path` is made only where there is
/// something to complain about; it is `dyn` because content nests.
///
/// # Errors
/// [`Error::Invalid`] for a block that nobody knows, that misses what it needs, or
/// that has no place in a turn of `role`.
pub(super) fn read<'a>(
    content: Content<'a, Block<'a>>,
    role: Role,
    path: &dyn Fn() -> String,
) -> Result<Vec<Part<'a>>, Error> {
    match content {
        Content::Text(text) => Ok(vec![Part::Text(text)]),
        Content::Parts(blocks) => read_list(blocks, role, path),
    }
}

fn read_list<'a>(
    blocks: Vec<Block<'a>>,
    role: Role,
    path: &dyn Fn() -> String,
) -> Result<Vec<Part<'a>>, Error> {
    let mut parts = Vec::with_capacity(blocks.len());
    for (place, block) in blocks.into_iter().enumerate() {
        read_block(block, role, &|| format!("{}[{place}]", path()), &mut parts)?;
    }
    Ok(parts)
}

/// Adds to `parts` what `block` says. Some say nothing: earlier reasoning, which
/// no upstream takes back, and what is about servers that nobody asks here.
fn read_block<'a>(
    block: Block<'a>,
    role: Role,
    path: &dyn Fn() -> String,
    parts: &mut Vec<Part<'a>>,
) -> Result<(), Error> {
    let kind = block.kind.as_ref().map(Text::as_str).ok_or_else(|| missing(path, "type"))?;
    match kind {
        "text" => parts.push(Part::Text(block.text.ok_or_else(|| missing(path, "text"))?.0)),
        "image" => {
            rules::attachment(role, path)?;
            parts.push(Part::Image(read_source(block.source, path)?));
        }
        "document" => read_document(block, role, path, parts)?,
        "search_result" => parts.extend(read_search_result(block, role, path)?),
        "tool_use" | "server_tool_use" | "mcp_tool_use" => parts.push(Part::ToolCall {
            id: block.id.map_or(Cow::Borrowed(""), |id| id.0),
            name: block.name.ok_or_else(|| missing(path, "name"))?.0,
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
        | "advisor_tool_result" => parts.push(read_result(block, path)?),
        "web_search_result" => {
            let age = block.page_age.map_or(String::new(), |age| format!(" ({})", age.as_str()));
            let title = block.title.as_ref().map_or("", Text::as_str);
            let url = block.url.as_ref().map_or("", Text::as_str);
            parts.push(Part::Text(format!("{title}: {url}{age}").into()));
        }
        "tool_reference" => {
            let offer = Offer::of(&block).ok_or_else(|| missing(path, "tool_name"))?;
            parts.push(Part::Text(offer.in_words()));
        }
        "tool_addition" | "tool_removal" => {
            parts.extend(Offer::of(&block).map(|offer| Part::Text(offer.in_words())));
        }
        // A summary of what was said before.
        "compaction" => match block.content {
            Some(Inner::Text(text)) => parts.push(Part::Text(text)),
            Some(_) => return Err(wrong(path, "content", "This must be a string.")),
            None => {}
        },
        "thinking" | "redacted_thinking" | "container_upload" | "fallback" | "mcp_tool_listing" => {
        }
        other => {
            let message = format!("Blocks of type `{other}` are not supported.");
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
    block: Block<'a>,
    role: Role,
    path: &dyn Fn() -> String,
    parts: &mut Vec<Part<'a>>,
) -> Result<(), Error> {
    let title = block.title.map(|title| title.0);
    let about = block.context.map(|context| Part::Text(context.0));
    let within = |field: &str| format!("{}.source.{field}", path());
    match block.source {
        Some(Inner::Object(source)) if source.is("text") => {
            let data = source.data.ok_or_else(|| missing(path, "source.data"))?;
            parts.extend(title.map(Part::Text).into_iter().chain(about));
            parts.push(Part::Text(data.0));
        }
        Some(Inner::Object(source)) if source.is("content") => {
            let content = source.content.ok_or_else(|| missing(path, "source.content"))?;
            parts.extend(title.map(Part::Text).into_iter().chain(about));
            parts.extend(read(content, role, &|| within("content"))?);
        }
        source => {
            let source = read_source(source, path)?;
            rules::attachment(role, path)?;
            parts.extend(about);
            parts.push(Part::File { name: title, source });
        }
    }
    Ok(())
}

/// Its words are one text, so that it is seen where they end.
fn read_search_result<'a>(
    block: Block<'a>,
    role: Role,
    path: &dyn Fn() -> String,
) -> Result<Vec<Part<'a>>, Error> {
    let content = match block.content {
        None => Vec::new(),
        Some(Inner::Text(text)) => vec![Part::Text(text)],
        Some(Inner::Blocks(blocks)) => read_list(blocks, role, &|| format!("{}.content", path()))?,
        Some(Inner::Object(_)) => return Err(wrong(path, "content", "This must be a list.")),
    };
    let title = block.title.map(|title| title.0);
    let source = block.source.and_then(|source| match source {
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
    parts.insert(0, Part::Text(words.join("\n").into()));
    Ok(parts)
}

/// What a tool returned, whoever carried it out. A picture may be among it.
fn read_result<'a>(block: Block<'a>, path: &dyn Fn() -> String) -> Result<Part<'a>, Error> {
    let id = block.tool_use_id.ok_or_else(|| missing(path, "tool_use_id"))?.0;
    let is_the_clients = block.kind.is_some_and(|kind| kind.as_str() == "tool_result");
    let content_path = || format!("{}.content", path());
    let mut outcome =
        if block.is_error == Some(true) { ToolOutcome::Failed } else { ToolOutcome::Returned };
    let parts = match block.content {
        None => Vec::new(),
        Some(Inner::Text(text)) => vec![Part::Text(text)],
        Some(Inner::Blocks(blocks)) => read_list(blocks, Role::User, &content_path)?,
        Some(Inner::Object(_)) if is_the_clients => {
            return Err(wrong(path, "content", "This must be a string or a list of blocks."));
        }
        Some(Inner::Object(returned)) => {
            if returned.error_code.is_some() {
                outcome = ToolOutcome::Failed;
            }
            read_returned(*returned, &content_path)?
        }
    };
    Ok(Part::ToolResult { id, outcome, parts })
}

fn read_returned<'a>(
    returned: wire::Returned<'a>,
    path: &dyn Fn() -> String,
) -> Result<Vec<Part<'a>>, Error> {
    let kind = returned.kind.ok_or_else(|| missing(path, "type"))?;
    let texts = match kind.as_str() {
        "web_fetch_result" => {
            let url = returned.url.map(|url| Part::Text(url.0));
            let mut parts: Vec<Part<'a>> = url.into_iter().collect();
            if let Some(Inner::Object(document)) = returned.content {
                let path = || format!("{}.content", path());
                read_block(*document, Role::User, &path, &mut parts)?;
            }
            return Ok(parts);
        }
        "tool_search_tool_search_result" => {
            let references = returned.tool_references.unwrap_or_default();
            let path = || format!("{}.tool_references", path());
            return read_list(references, Role::User, &path);
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
            vec![Cow::Owned(lines.join("\n"))]
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
                let message = format!("Results of type `{kind}` are not supported.");
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

fn read_source<'a>(
    source: Option<Inner<'a, wire::Source<'a>>>,
    path: &dyn Fn() -> String,
) -> Result<Source<'a>, Error> {
    let Some(Inner::Object(source)) = source else {
        return Err(wrong(path, "source", "This block needs a `source` object."));
    };
    let kind = source.kind.ok_or_else(|| missing(path, "source.type"))?;
    let (field, rule) = match (kind.as_str(), source.media_type, source.data, source.url) {
        ("base64", Some(media_type), Some(data), _) => {
            return Ok(Source::Base64 { media_type: media_type.0, data: data.0 });
        }
        ("base64", None, ..) => ("media_type", "A base64 source needs `media_type`."),
        ("base64", ..) => ("data", "A base64 source needs `data`."),
        ("url", _, _, Some(url)) => {
            if rules::Scheme::of(url.as_str()) == Some(rules::Scheme::Web) {
                return Ok(Source::Url(url.0));
            }
            ("url", "This must be an http(s) address.")
        }
        ("url", ..) => ("url", "A url source needs `url`."),
        // A `file` is in a store that this gateway does not have.
        _ => {
            ("type", "Sources are of type base64 or url, those of documents also text or content.")
        }
    };
    Err(wrong(path, &format!("source.{field}"), rule))
}
