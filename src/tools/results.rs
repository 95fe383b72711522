//! What the gateway's own tools returned, as the model gets it.

use super::{markup, quote};
use crate::{
    chat::{ToolOutcome, WebResult, WebTool},
    json::Writer,
};

/// What follows the results.
const GO_ON: &str = "Go on with your answer from here. Do not repeat what you have said.";

/// What the model said, with its calls after the text, and what it gets as their results: each with
/// the name of the tool, and in words. The tags in them are marked, so that none is one here.
#[must_use]
pub fn results(said: &str, results: &[(&str, &WebResult, String)]) -> (String, String) {
    let mut said = quote::mark(said).into_owned();
    let mut told = String::new();
    for (name, result, words) in results {
        let field = match result.tool {
            WebTool::Search => "query",
            WebTool::Fetch => "url",
        };
        let input = quote::mark(&result.input);
        let arguments = Writer::after(Vec::new()).field(field, &input).end();
        let outcome =
            if result.outcome.is_ok() { ToolOutcome::Returned } else { ToolOutcome::Failed };
        for (text, block) in [
            (&mut said, markup::call("", name, &arguments)),
            (&mut told, markup::result("", outcome, &quote::mark(words))),
        ] {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&block);
        }
    }
    told.push_str("\n\n");
    told.push_str(GO_ON);
    (said, told)
}
