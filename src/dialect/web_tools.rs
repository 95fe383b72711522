//! The tools of the web that a request asks for: the gateway carries them out for every model.

use std::borrow::Cow;

use super::{rules, server_tools::ServerTool, tool_wire};
use crate::{
    chat::{Domains, Prompt, Tool, ToolChoice, Web, WebTool},
    error::Error,
    json::Text,
};

/// How often each tool is used in an answer, unless the request says.
const USES: u32 = 5;
/// How often at most, whatever it says.
const MOST_USES: u32 = 20;
/// How much of a page is kept, in bytes, unless the request says.
const PAGE_BYTES: usize = 40_000;
/// How much at most, whatever it says.
const MOST_PAGE_BYTES: usize = 200_000;
/// How many bytes a token has, about.
const TOKEN_BYTES: u64 = 4;
/// The most sites that a tool may name.
const MOST_DOMAINS: usize = 100;

/// The tools that one of this type stands for: what OpenAI calls a search also opens pages.
///
/// # Errors
/// [`Error::Invalid`] for options that are not valid.
pub(super) fn read(
    server: ServerTool,
    kind: &str,
    options: &mut tool_wire::Tool<'_>,
    path: &dyn Fn() -> String,
) -> Result<Vec<Web>, Error> {
    let filters = options.filters.take().unwrap_or_default();
    let allowed = options.allowed_domains.take().or(filters.allowed_domains);
    let blocked = options.blocked_domains.take().or(filters.blocked_domains);
    let domains = domains(allowed, blocked, path)?;
    let uses = match options.max_uses {
        Some(0) => {
            return Err(Error::invalid(format!("{}.max_uses", path()), "Must be at least 1."));
        }
        Some(uses) => u32::try_from(uses).unwrap_or(MOST_USES).min(MOST_USES),
        None => USES,
    };
    let result_bytes = match options.search_context_size.as_ref().map(Text::as_str) {
        None | Some("medium") => 2_000,
        Some("low") => 700,
        Some("high") => 6_000,
        Some(_) => {
            let param = format!("{}.search_context_size", path());
            return Err(rules::must_be(param, &["low", "medium", "high"]));
        }
    };
    let page_bytes = options.max_content_tokens.map_or(PAGE_BYTES, |tokens| {
        let bytes = usize::try_from(tokens.saturating_mul(TOKEN_BYTES)).unwrap_or(usize::MAX);
        bytes.min(MOST_PAGE_BYTES)
    });
    let web = |tool, most_bytes| Web {
        tool,
        name: String::new(),
        field: String::new(),
        most_uses: uses,
        most_bytes,
        domains: domains.clone(),
    };
    let mut list = Vec::new();
    if server.web() == Some(WebTool::Search) {
        list.push(web(WebTool::Search, result_bytes));
    }
    let date = kind.rsplit('_').next().unwrap_or_default();
    let is_anthropics = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
    if server.web() == Some(WebTool::Fetch) || !is_anthropics {
        list.push(web(WebTool::Fetch, page_bytes));
    }
    Ok(list)
}

fn domains(
    allowed: Option<Vec<Text<'_>>>,
    blocked: Option<Vec<Text<'_>>>,
    path: &dyn Fn() -> String,
) -> Result<Domains, Error> {
    let is_given = |list: &Vec<Text<'_>>| !list.is_empty();
    let (list, name) = match (allowed.filter(is_given), blocked.filter(is_given)) {
        (None, None) => return Ok(Domains::Any),
        (Some(_), Some(_)) => {
            let message = "Must be left out beside `allowed_domains`.";
            return Err(Error::invalid(format!("{}.blocked_domains", path()), message));
        }
        (Some(list), None) => (list, "allowed_domains"),
        (None, Some(list)) => (list, "blocked_domains"),
    };
    if list.len() > MOST_DOMAINS {
        let param = format!("{}.{name}", path());
        return Err(Error::invalid(param, "Must have at most 100 domains."));
    }
    let list = list.into_iter().map(|domain| domain.0.into_owned()).collect();
    Ok(if name == "allowed_domains" { Domains::Only(list) } else { Domains::Not(list) })
}

/// Adds the tools of `web` to those of `list`, and gives each a name that none in it has. Of
/// several that do the same, only the first stays.
pub(super) fn add(web: &mut Vec<Web>, list: &mut Vec<Tool<'_>>) {
    let mut kept: Vec<Web> = Vec::new();
    for mut web in web.drain(..) {
        if kept.iter().any(|other| other.tool == web.tool) {
            continue;
        }
        let (name, description, schema) = told(web.tool);
        name.clone_into(&mut web.name);
        while list.iter().any(|tool| tool.name == web.name) {
            web.name.insert_str(0, "gateway_");
        }
        list.push(Tool {
            name: Cow::Owned(web.name.clone()),
            description: Some(Cow::Borrowed(description)),
            schema: Some(schema),
            examples: None,
            deferred: false,
            strict: false,
            takes_text: false,
        });
        kept.push(web);
    }
    *web = kept;
}

/// What the model is told of a tool: its name, its description, and the schema of its arguments.
fn told(tool: WebTool) -> (&'static str, &'static str, &'static str) {
    match tool {
        WebTool::Search => (
            "web_search",
            "Searches the web: titles, URLs and texts of pages. Use it for what is recent, and for \
             what you are not sure of. Where your answer rests on a page, give its URL.",
            r#"{"type":"object","properties":{"query":{"type":"string"}},"required":["query"]}"#,
        ),
        WebTool::Fetch => (
            "web_fetch",
            "Reads the web page at a URL that the user or a search result names.",
            r#"{"type":"object","properties":{"url":{"type":"string"}},"required":["url"]}"#,
        ),
    }
}

/// Takes the tools of the web out of `prompt`, with notes that they have no effect.
///
/// # Errors
/// [`Error::Invalid`] if one of them must be called, and there is no other.
pub fn turn_off(prompt: &mut Prompt<'_>) -> Result<(), Error> {
    let Some(tools) = &mut prompt.tools else {
        return Ok(());
    };
    for web in std::mem::take(&mut tools.web) {
        tools.list.retain(|tool| tool.name != web.name);
        prompt.notes.ignore(&web.field);
    }
    let is_empty = tools.list.is_empty();
    if is_empty && tools.choice == ToolChoice::Required {
        let message = "Must be `auto` or `none`: `tools` has no tool that can be called.";
        return Err(Error::invalid("tool_choice", message));
    }
    if is_empty {
        prompt.tools = None;
    }
    Ok(())
}
