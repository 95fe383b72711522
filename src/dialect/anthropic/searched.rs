//! Writes what the gateway looked for on the web as Anthropic's servers do.

use crate::{
    chat::{Page, Stamp, WebFault, WebResult, WebTool},
    dialect::sources::Sources,
    json::Writer,
    web,
};

/// The id of a call up to its number. Anthropic's clients expect letters, digits and `_`.
pub(super) fn id_head(stamp: &Stamp) -> String {
    format!("srvtoolu_{}_", stamp.id.replace('-', ""))
}

fn name(tool: WebTool) -> &'static str {
    match tool {
        WebTool::Search => "web_search",
        WebTool::Fetch => "web_fetch",
    }
}

/// Writes the fields of a call but for its input.
pub(super) fn call(block: Writer, id: &str, tool: WebTool) -> Writer {
    let block = block.field("type", "server_tool_use").field("id", id);
    block.raw("caller", r#"{"type":"direct"}"#).field("name", name(tool))
}

/// The input of a call, as JSON.
pub(super) fn input(tool: WebTool, input: &str) -> String {
    let field = match tool {
        WebTool::Search => "query",
        WebTool::Fetch => "url",
    };
    object().field(field, input).end()
}

/// Ends a block with what came of the call of this id.
pub(super) fn result(block: Writer, id: &str, result: &WebResult) -> Vec<u8> {
    let kind = format!("{}_tool_result", name(result.tool));
    let block = block.field("type", &kind).field("tool_use_id", id);
    let block = block.raw("caller", r#"{"type":"direct"}"#);
    let content = match (&result.outcome, result.tool) {
        (Err(fault), _) => {
            let error = object().field("type", &format!("{kind}_error"));
            error.field("error_code", code(*fault)).end()
        }
        (Ok(pages), WebTool::Search) => {
            let list: Vec<String> = pages.iter().map(found).collect();
            format!("[{}]", crate::text::joined(&list, ","))
        }
        (Ok(pages), WebTool::Fetch) => pages.first().map_or("null".to_owned(), fetched),
    };
    block.raw("content", &content).end_bytes()
}

fn object() -> Writer {
    Writer::after(Vec::new())
}

fn found(page: &Page) -> String {
    object()
        .field("type", "web_search_result")
        .field("title", &page.title)
        .field("url", &page.url)
        .field("encrypted_content", &web::seal(&page.text))
        .raw("page_age", "null")
        .end()
}

fn fetched(page: &Page) -> String {
    let source = object()
        .field("type", "text")
        .field("media_type", "text/plain")
        .field("data", &page.text)
        .end();
    let document = object()
        .field("type", "document")
        .raw("source", &source)
        .field("title", &page.title)
        .raw("citations", "null")
        .end();
    object()
        .field("type", "web_fetch_result")
        .field("url", &page.url)
        .raw("content", &document)
        .raw("retrieved_at", "null")
        .end()
}

fn code(fault: WebFault) -> &'static str {
    match fault {
        WebFault::InvalidInput => "invalid_tool_input",
        WebFault::QueryTooLong => "query_too_long",
        WebFault::UrlTooLong => "url_too_long",
        WebFault::UrlNotAllowed => "url_not_allowed",
        WebFault::UrlUnknown => "url_not_in_prior_context",
        WebFault::UrlNotAccessible => "url_not_accessible",
        WebFault::MaxUses => "max_uses_exceeded",
        WebFault::TooManyRequests => "too_many_requests",
        WebFault::Unavailable => "unavailable",
    }
}

/// The citations of the pages that `text` names, each once, as JSON.
pub(super) fn citations(sources: &Sources, text: &str) -> Vec<String> {
    let mut citations = Vec::new();
    for mention in sources.mentions(text) {
        let source = mention.source;
        let citation = object()
            .field("type", "web_search_result_location")
            .field("cited_text", &source.cited)
            .field("url", &source.url)
            .field("title", &source.title)
            .field("encrypted_index", &web::seal(&source.url))
            .end();
        if !citations.contains(&citation) {
            citations.push(citation);
        }
    }
    citations
}

/// How often the tools were used, as JSON; `null` if they were not.
pub(super) fn usage(sources: &Sources) -> String {
    let Sources { searches, fetches, .. } = sources;
    match searches + fetches {
        0 => "null".to_owned(),
        _ => format!(r#"{{"web_search_requests":{searches},"web_fetch_requests":{fetches}}}"#),
    }
}
