//! The tools that Anthropic's own servers run. This gateway runs none: the model answers
//! without them, and the client is told which had no effect.

/// A tool that Anthropic's servers run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServerTool {
    WebSearch,
    WebFetch,
    CodeExecution,
    ToolSearch,
    McpToolset,
    Advisor,
}

/// How the type of each begins: what follows is a version or a variant.
const PREFIXES: [(&str, ServerTool); 6] = [
    ("web_search_", ServerTool::WebSearch),
    ("web_fetch_", ServerTool::WebFetch),
    ("code_execution_", ServerTool::CodeExecution),
    ("tool_search_tool_", ServerTool::ToolSearch),
    ("mcp_toolset", ServerTool::McpToolset),
    ("advisor_", ServerTool::Advisor),
];

impl ServerTool {
    /// The server tool of this type.
    pub(super) fn find(kind: &str) -> Option<Self> {
        let found = PREFIXES.iter().find(|(prefix, _)| kind.starts_with(prefix));
        found.map(|(_, tool)| *tool)
    }

    /// Its name in the list of what has no effect.
    pub(super) fn report_name(self) -> &'static str {
        match self {
            Self::WebSearch => "tools.web_search",
            Self::WebFetch => "tools.web_fetch",
            Self::CodeExecution => "tools.code_execution",
            Self::ToolSearch => "tools.tool_search_tool",
            Self::McpToolset => "tools.mcp_toolset",
            Self::Advisor => "tools.advisor",
        }
    }
}
