//! What one answer may still look for, and which addresses it knows.

use super::address::{addresses, allows, checked, key};
use crate::{
    chat::{Domains, Page, Part, Prompt, Role, Web, WebFault, WebTool},
    names::Names,
};

/// The longest text that is looked for, in bytes.
const LONGEST_QUERY: usize = 1_000;
/// The most results that are kept of a search.
const MOST_RESULTS: usize = 10;
/// The longest title that is kept, in bytes.
const LONGEST_TITLE: usize = 400;
/// The most bytes of addresses that are remembered of a conversation, the last ones.
const MOST_KNOWN_BYTES: usize = 128 << 10;
/// What remembering one takes beside its text, about.
const KEY_BYTES: usize = 64;
/// How many sites of a list are named to the search.
const MOST_NAMED_SITES: usize = 3;

/// The tools of the web in one answer.
#[derive(Debug, Clone)]
pub struct Session {
    tools: Vec<Web>,
    /// How often each tool was called.
    uses: Vec<u32>,
    /// The [`key`]s of the addresses that may be read.
    known: Names<'static>,
    known_bytes: usize,
}

impl Session {
    /// The tools of `prompt`; `None` if it has none of the web.
    #[must_use]
    pub fn of(prompt: &Prompt<'_>) -> Option<Self> {
        let tools = prompt.tools.as_ref().map(|tools| tools.web.clone()).unwrap_or_default();
        if tools.is_empty() {
            return None;
        }
        let uses = tools.iter().map(|_| 0).collect();
        let mut session = Self { tools, uses, known: Names::default(), known_bytes: 0 };
        if session.tools.iter().any(|web| web.tool == WebTool::Fetch) {
            for turn in prompt.turns.iter().rev() {
                session.read(&turn.parts, turn.role);
            }
        }
        Some(session)
    }

    /// How much memory it holds, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.known_bytes
    }

    /// The name by which the model calls `tool`.
    #[must_use]
    pub fn name(&self, tool: WebTool) -> &str {
        self.tools.iter().find(|web| web.tool == tool).map_or("", |web| &web.name)
    }

    /// What the model itself says does not count: it may have made up the address.
    fn read(&mut self, parts: &[Part<'_>], role: Role) {
        for part in parts {
            match part {
                Part::Text(text) if role != Role::Assistant => self.learn_all(text),
                Part::ToolResult { parts, .. } => self.read(parts, Role::User),
                _ => {}
            }
        }
    }

    fn learn_all(&mut self, text: &str) {
        addresses(text, &mut |_, url| self.learn(url));
    }

    fn learn(&mut self, url: &str) {
        let key = key(url);
        if self.known_bytes + key.len() <= MOST_KNOWN_BYTES && !self.known.has(&key) {
            self.known_bytes += key.len() + KEY_BYTES;
            self.known.insert(key.into(), 0);
        }
    }

    /// Begins a call of `tool` with `input`, and gives what DeGPT is asked.
    ///
    /// # Errors
    /// Why it is not carried out.
    pub fn begin(&mut self, tool: WebTool, input: &str) -> Result<String, WebFault> {
        let place = self.tools.iter().position(|web| web.tool == tool);
        let place = place.ok_or(WebFault::Unavailable)?;
        let (Some(web), Some(uses)) = (self.tools.get(place), self.uses.get_mut(place)) else {
            return Err(WebFault::Unavailable);
        };
        if *uses >= web.most_uses {
            return Err(WebFault::MaxUses);
        }
        *uses += 1;
        match (tool, input.trim()) {
            (_, "") => Err(WebFault::InvalidInput),
            (WebTool::Search, query) if query.len() > LONGEST_QUERY => Err(WebFault::QueryTooLong),
            (WebTool::Search, query) => Ok(with_sites(query, &web.domains)),
            (WebTool::Fetch, url) => {
                checked(url)?;
                if !allows(&web.domains, url) {
                    return Err(WebFault::UrlNotAllowed);
                }
                if !self.known.has(&key(url)) {
                    return Err(WebFault::UrlUnknown);
                }
                Ok(url.to_owned())
            }
        }
    }

    /// Leaves of `pages`, which `tool` found, what the request allows, and as much as it allows.
    pub fn keep(&mut self, tool: WebTool, pages: &mut Vec<Page>) {
        let web = self.tools.iter().find(|web| web.tool == tool);
        let Some(web) = web else { return };
        if tool == WebTool::Search {
            pages.retain(|page| checked(&page.url).is_ok() && allows(&web.domains, &page.url));
            pages.truncate(MOST_RESULTS);
        }
        for page in pages.iter_mut() {
            shorten(&mut page.title, LONGEST_TITLE);
            shorten(&mut page.text, web.most_bytes);
        }
        for page in pages {
            self.learn(&page.url);
            if tool == WebTool::Fetch {
                self.learn_all(&page.text);
            }
        }
    }
}

/// `query` with the sites that it is about, which the search may heed.
fn with_sites(query: &str, domains: &Domains) -> String {
    let mut query = query.to_owned();
    if let Domains::Only(list) = domains {
        for (place, site) in list.iter().take(MOST_NAMED_SITES).enumerate() {
            query.push_str(if place == 0 { " site:" } else { " OR site:" });
            query.push_str(site);
        }
    }
    query
}

fn shorten(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
        text.shrink_to_fit();
    }
}
