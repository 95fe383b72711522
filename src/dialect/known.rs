//! Which fields are known, and what becomes of each: for the documentation, and the tests
//! that compare it with the code. No request is answered with it.

use super::{fields, request, thinking, tool_wire};
use crate::json::{Known, Row};

/// The known fields of one API's requests.
#[derive(Debug, Default)]
pub struct Fields(Vec<(String, String)>);

/// One thing that the gateway can do, and all paths by which clients ask for it. Each API
/// takes all of them.
pub const SPELLINGS: &[(&str, &[&str])] = &[
    ("the system text", &["system", "instructions"]),
    ("stop sequences", &["stop", "stop_sequences"]),
    ("the most tokens, with the reasoning", &["max_completion_tokens", "max_output_tokens"]),
    ("JSON", &["response_format", "output_config.format", "output_format", "text.format"]),
    (
        "the JSON's schema",
        &[
            "response_format.json_schema.schema",
            "response_format.schema",
            "output_config.format.schema",
            "output_format.schema",
            "text.format.schema",
        ],
    ),
    ("a tool", &["tools[].function.name", "tools[].name"]),
    (
        "a tool's arguments",
        &[
            "tools[].function.parameters",
            "tools[].function.input_schema",
            "tools[].parameters",
            "tools[].input_schema",
        ],
    ),
    (
        "the tool that must be called",
        &["tool_choice.function.name", "tool_choice.custom.name", "tool_choice.name"],
    ),
    ("one call at most", &["parallel_tool_calls", "tool_choice.disable_parallel_tool_use"]),
    (
        "reasoning on or off",
        &[
            "thinking",
            "enable_thinking",
            "reasoning.enabled",
            "chat_template_kwargs.thinking",
            "chat_template_kwargs.enable_thinking",
            "extra_body.thinking",
            "extra_body.enable_thinking",
        ],
    ),
    (
        "its effort",
        &[
            "reasoning_effort",
            "reasoning.effort",
            "reasoning.max_tokens",
            "chat_template_kwargs.reasoning_effort",
            "extra_body.reasoning_effort",
        ],
    ),
    ("no reasoning in the answer", &["include_reasoning", "reasoning.exclude", "thinking.display"]),
];

impl Fields {
    /// The fields that all APIs have, beside those of an API's own `Request`.
    pub(super) fn common<Request: Known>() -> Self {
        let mut all = Self::default();
        all.add::<Request>("");
        for name in fields::DROPPED {
            all.put("", name, "named".to_owned());
        }
        all.add::<thinking::Mode<'_>>("thinking");
        all.rows("reasoning", thinking::REASONING);
        all.rows("chat_template_kwargs", thinking::SWITCHES);
        all.rows("extra_body", thinking::SWITCHES);
        all.add::<request::FormatParam<'_>>("response_format");
        all.add::<request::JsonSchema<'_>>("response_format.json_schema");
        all.add::<request::OutputConfig<'_>>("output_config");
        all.add::<request::FormatParam<'_>>("output_config.format");
        all.add::<request::FormatParam<'_>>("output_format");
        all.add::<request::TextParam<'_>>("text");
        all.add::<request::FormatParam<'_>>("text.format");
        all.add::<tool_wire::Tool<'_>>("tools[]");
        all.add::<tool_wire::Filters<'_>>("tools[].filters");
        all.add::<tool_wire::WebOptions<'_>>("web_search_options");
        all.add::<tool_wire::Filters<'_>>("web_search_options.filters");
        all.add::<tool_wire::Spec<'_>>("tools[].function");
        all.add::<tool_wire::Spec<'_>>("tools[].custom");
        all.add::<tool_wire::ToolChoiceObject<'_>>("tool_choice");
        all.add::<tool_wire::Named<'_>>("tool_choice.function");
        all.add::<tool_wire::Named<'_>>("tool_choice.custom");
        all.add::<tool_wire::AllowedTools<'_>>("tool_choice.allowed_tools");
        all.add::<tool_wire::AllowedTool<'_>>("tool_choice.allowed_tools.tools[]");
        all
    }

    /// Adds the fields of the object at `path`, which is read as a `T`.
    pub(super) fn add<T: Known>(&mut self, path: &str) {
        for name in T::NAMES {
            self.put(path, name, "obeyed".to_owned());
        }
        for rows in T::OTHERS {
            self.rows(path, rows);
        }
    }

    /// Says that the field at `path`, which is read, is refused.
    pub(super) fn refuse(&mut self, path: &str) {
        for (_, fate) in self.0.iter_mut().filter(|(known, _)| known == path) {
            "refused".clone_into(fate);
        }
    }

    fn rows(&mut self, path: &str, rows: &[Row]) {
        for (name, asks) in rows {
            self.put(path, name, asks.fate());
        }
    }

    fn put(&mut self, path: &str, name: &str, fate: String) {
        let dot = if path.is_empty() { "" } else { "." };
        let path = format!("{path}{dot}{name}");
        // What a type has is not looked up in the tables.
        if !self.0.iter().any(|(known, _)| *known == path) {
            self.0.push((path, fate));
        }
    }

    /// Paths (`tools[].function.strict`), and what becomes of each field.
    #[must_use]
    pub fn all(&self) -> &[(String, String)] {
        &self.0
    }
}
