//! DeGPT's search of the web, and its reader of pages.

use crate::{
    chat::{Page, WebFault},
    json::{self, Writer, fields},
};

/// The path of the search.
pub const SEARCH_PATH: &str = "/api/v1/third/search";
/// The path of the reader of pages.
pub const PAGE_PATH: &str = "/api/v1/third/check_web";

/// What stands for the text of a page that could not be read: "the content found by the web search
/// was not obtained".
const NOT_READ: &str = "未获取到网页搜索到的内容";

/// The body of a search. Of the engines that DeGPT knows, this one gives the longest texts.
#[must_use]
pub fn search_body(query: &str) -> Vec<u8> {
    Writer::after(Vec::new()).field("keyword", query).field("type", "tavily").end_bytes()
}

/// The body of a question for a page.
#[must_use]
pub fn page_body(url: &str) -> Vec<u8> {
    Writer::after(Vec::new()).field("url", url).end_bytes()
}

#[derive(Default)]
struct Answer {
    data: Option<Found>,
}

fields!(Answer { data });

/// What a search found, one of its results, or a page.
#[derive(Default)]
struct Found {
    web: Option<Vec<Found>>,
    title: Option<String>,
    url: Option<String>,
    content: Option<String>,
}

fields!(Found { web, title, url, content });

fn read(answer: &[u8]) -> Result<Found, WebFault> {
    let read = json::read_loosely::<Answer>(answer).ok();
    read.and_then(|(answer, _)| answer.data).ok_or(WebFault::Unavailable)
}

/// The results in the answer to a search.
///
/// # Errors
/// [`WebFault::Unavailable`] if it has no list of results.
pub fn found(answer: &[u8]) -> Result<Vec<Page>, WebFault> {
    let list = read(answer)?.web.ok_or(WebFault::Unavailable)?;
    let page = |found: Found| {
        let Found { title, url, content, .. } = found;
        let (title, text) = (title.unwrap_or_default(), content.unwrap_or_default());
        Some(Page { url: url?, title, text })
    };
    Ok(list.into_iter().filter_map(page).collect())
}

/// The page in the answer to the question for `url`.
///
/// # Errors
/// [`WebFault::UrlNotAccessible`] if the answer says that it could not be read,
/// [`WebFault::Unavailable`] if it says nothing.
pub fn page(answer: &[u8], url: &str) -> Result<Page, WebFault> {
    let Found { title, content, .. } = read(answer)?;
    let text = content.ok_or(WebFault::Unavailable)?;
    if text.trim().is_empty() || text.trim() == NOT_READ {
        return Err(WebFault::UrlNotAccessible);
    }
    Ok(Page { url: url.to_owned(), title: title.unwrap_or_default(), text })
}
