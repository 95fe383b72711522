//! The tools that a provider's own servers run. This gateway runs those of the web. Without the
//! others the model answers, and the client is told that they had no effect.

use crate::chat::WebTool;

/// A tool that a provider's own servers run, by its type without the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ServerTool(&'static str);

/// Their types. A version may follow.
const TYPES: [&str; 11] = [
    "web_search_preview",
    "web_search",
    "web_fetch",
    "code_execution",
    "code_interpreter",
    "file_search",
    "image_generation",
    SEARCH_OF_TOOLS,
    "mcp_toolset",
    "mcp",
    "advisor",
];

const SEARCH_OF_TOOLS: &str = "tool_search_tool";

impl ServerTool {
    /// The one that finds tools which are held back.
    pub(super) const SEARCH_OF_TOOLS: Self = Self(SEARCH_OF_TOOLS);

    /// The server tool of this type.
    pub(super) fn find(kind: &str) -> Option<Self> {
        let is_it = |name: &&str| {
            kind.strip_prefix(*name).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        };
        TYPES.into_iter().find(is_it).map(Self)
    }

    /// The tool of the web that it is.
    pub(super) fn web(self) -> Option<WebTool> {
        match self.0 {
            "web_search" | "web_search_preview" => Some(WebTool::Search),
            "web_fetch" => Some(WebTool::Fetch),
            _ => None,
        }
    }

    /// Its name in the list of what has no effect.
    pub(super) fn name(self) -> &'static str {
        self.0
    }
}
