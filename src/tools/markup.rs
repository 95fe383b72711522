//! How calls and results are written as text: in the instructions, in the
//! history, and by the model.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::chat::ToolOutcome;

/// The tags that models put around a call. The first is the one they are taught.
pub(super) const CALL_TAGS: [&str; 3] = ["tool_call", "function_call", "tool_use"];

/// What some put around several of them.
pub(super) const LIST_TAG: &str = "tool_calls";

/// The tag around a result.
pub(super) const RESULT_TAG: &str = "tool_response";

/// A call of the model's in the history.
#[must_use]
pub fn call(id: &str, name: &str, arguments: &str) -> String {
    #[derive(Serialize)]
    struct Call<'a> {
        name: &'a str,
        arguments: Arguments<'a>,
        #[serde(skip_serializing_if = "str::is_empty")]
        id: &'a str,
    }
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Arguments<'a> {
        Json(&'a RawValue),
        /// Not JSON: a client hands back what a model wrote elsewhere.
        Text(&'a str),
    }
    let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
    let arguments =
        serde_json::from_str(arguments).map_or(Arguments::Text(arguments), Arguments::Json);
    let call = serde_json::to_string(&Call { name, arguments, id }).unwrap_or_default();
    let [tag, ..] = CALL_TAGS;
    format!("<{tag}>\n{call}\n</{tag}>")
}

/// What a tool returned. A result cannot end itself and go on as something else.
#[must_use]
pub fn result(id: &str, outcome: ToolOutcome, text: &str) -> String {
    let id = if id.is_empty() { String::new() } else { format!(" id={id:?}") };
    let status = match outcome {
        ToolOutcome::Returned => "",
        ToolOutcome::Failed => " status=\"error\"",
    };
    let end = format!("</{RESULT_TAG}");
    let text = if text.contains(&end) {
        Cow::Owned(text.replace(&end, &format!("<\\/{RESULT_TAG}")))
    } else {
        Cow::Borrowed(text)
    };
    format!("<{RESULT_TAG}{id}{status}>\n{text}\n</{RESULT_TAG}>")
}
