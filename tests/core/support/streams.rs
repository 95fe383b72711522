//! What DeGPT streams, and how it is limited, for answers with tools or a format.

use std::fmt::Write as _;

use degpt_edge::{
    answer::{Counting, Limiter, Stages},
    chat::{Limits, Prompt},
    tools::Stage,
};
use serde_json::json;

/// DeGPT's stream of a text in these pieces.
pub(crate) fn upstream(pieces: &[&str], finish: Option<&str>) -> Vec<u8> {
    let mut out = String::new();
    for piece in pieces {
        let chunk = json!({"choices": [{"delta": {"content": piece}, "finish_reason": finish}]});
        let _ = write!(out, "data: {chunk}\n\n");
    }
    (out + "data: [DONE]\n\n").into_bytes()
}

/// The limits, behind the stage for the answer to `prompt`.
pub(crate) fn stages(prompt: &Prompt<'_>, limits: &Limits) -> Stages {
    Stages::new(Stage::new(prompt), Limiter::new(limits, 7, Counting::On))
}
