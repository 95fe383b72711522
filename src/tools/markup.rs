//! Calls and results as text: in the instructions, in the history, and in answers.

use std::fmt::Write;

use crate::{
    chat::ToolOutcome,
    json::{self, Raw},
};

/// The tag around a call. Models write others too: see [`super::tags`].
const CALL_TAG: &str = "tool_call";

/// The tag around a result.
const RESULT_TAG: &str = "tool_response";

/// A call in the history, as text.
#[must_use]
pub fn call(id: &str, name: &str, arguments: &str) -> String {
    let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
    // It may be megabytes, and must not be copied as it grows.
    let mut out = Vec::with_capacity(arguments.len() + name.len() + id.len() + 128);
    out.extend_from_slice(format!("<{CALL_TAG}>\n").as_bytes());
    let mut call = json::Writer::after(out).field("name", name);
    call = match json::read(arguments.as_bytes()) {
        Ok(Raw(arguments)) => call.raw("arguments", arguments),
        // The client may send what another model wrote, which need not be JSON.
        Err(_) => call.field("arguments", arguments),
    };
    if !id.is_empty() {
        call = call.field("id", id);
    }
    let mut call = call.end();
    let _ = write!(call, "\n</{CALL_TAG}>");
    call
}

/// A tool's result in the history, as text. [`instruct`](super::instruct) has marked the
/// tags in it, so that none ends it early.
#[must_use]
pub fn result(id: &str, outcome: ToolOutcome, text: &str) -> String {
    let id = if id.is_empty() { String::new() } else { format!(" id={id:?}") };
    let status = match outcome {
        ToolOutcome::Returned => "",
        ToolOutcome::Failed => " status=\"error\"",
    };
    // It may be megabytes, and must not be copied as it grows.
    let mut result = String::with_capacity(text.len() + id.len() + 64);
    let _ = write!(result, "<{RESULT_TAG}{id}{status}>\n{text}\n</{RESULT_TAG}>");
    result
}
