//! What was found on the web in an answer, and where its text names it.

use crate::{
    chat::{Page, WebResult, WebTool},
    json::Writer,
    web,
};

/// The most of a page that a citation has, in characters. Anthropic's have as many.
const CITED_CHARS: usize = 150;

/// The pages that an answer may name.
#[derive(Debug, Default)]
pub(super) struct Sources {
    list: Vec<Source>,
    /// How many calls of each tool were carried out.
    pub(super) searches: u64,
    pub(super) fetches: u64,
}

/// A page.
#[derive(Debug)]
pub(super) struct Source {
    key: String,
    pub(super) url: String,
    pub(super) title: String,
    /// The beginning of its text.
    pub(super) cited: String,
}

/// A place in a text that names a page, in characters.
pub(super) struct Mention<'s> {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) source: &'s Source,
}

impl Sources {
    /// Those of all `results`.
    pub(super) fn of(results: &[(usize, WebResult)]) -> Self {
        let mut sources = Self::default();
        for (_, result) in results {
            sources.add(result);
        }
        sources
    }

    pub(super) fn add(&mut self, result: &WebResult) {
        if result.outcome.is_ok() {
            match result.tool {
                WebTool::Search => self.searches += 1,
                WebTool::Fetch => self.fetches += 1,
            }
        }
        for Page { url, title, text } in result.pages() {
            let key = web::key(url);
            if self.list.iter().any(|source| source.key == key) {
                continue;
            }
            let cited = text.chars().take(CITED_CHARS).collect();
            self.list.push(Source { key, url: url.clone(), title: title.clone(), cited });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn held_bytes(&self) -> usize {
        let bytes = |source: &Source| source.key.len() + 2 * source.url.len() + CITED_CHARS;
        self.list.iter().map(bytes).sum()
    }

    /// Where `text` names the pages, in order.
    pub(super) fn mentions(&self, text: &str) -> Vec<Mention<'_>> {
        let mut mentions = Vec::new();
        let (mut at, mut chars) = (0, 0);
        let count = |from: usize, to: usize| {
            text.get(from..to).map_or(0, |text| text.chars().count() as u64)
        };
        if self.is_empty() {
            return mentions;
        }
        web::addresses(text, &mut |start, url| {
            let key = web::key(url);
            if let Some(source) = self.list.iter().find(|source| source.key == key) {
                chars += count(at, start);
                let end = start + url.len();
                let length = count(start, end);
                mentions.push(Mention { start: chars, end: chars + length, source });
                chars += length;
                at = end;
            }
        });
        mentions
    }
}

impl Mention<'_> {
    /// Appends OpenAI's citation to the object in `out`.
    pub(super) fn write(&self, citation: Writer) -> Writer {
        citation
            .number("start_index", self.start)
            .number("end_index", self.end)
            .field("title", &self.source.title)
            .field("url", &self.source.url)
    }
}
