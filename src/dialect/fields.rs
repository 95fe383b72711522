//! The fields of a request that are known though nothing reads them, for every API: each
//! understands its neighbours' too. A field that is in no table has no effect, and is named
//! like those that are here as [`Asks::Something`].

use super::thinking;
use crate::json::{
    Asks::{self, Nothing, NothingIf, Refused, Something},
    Outcome, Read, Reader, Row, Text,
};

/// The outermost object.
pub(super) const REQUEST: &[Row] = &[
    // For the provider's books, its caches and its safety team.
    ("anthropic_version", Nothing),
    ("billing_policy", Nothing),
    ("cache_control", Nothing),
    ("diagnostics", Nothing),
    ("fallback_credit_token", Nothing),
    ("metadata", Nothing),
    ("prompt_cache_key", Nothing),
    ("prompt_cache_options", Nothing),
    ("prompt_cache_retention", Nothing),
    ("safety_identifier", Nothing),
    ("stream_options", Nothing),
    ("user", Nothing),
    ("user_profile_id", Nothing),
    // What only some values ask for.
    ("logprobs", NothingIf(&["false"])),
    ("mcp_servers", NothingIf(&["[]"])),
    ("n", NothingIf(&["1", "1.0"])),
    ("service_tier", NothingIf(&["\"auto\"", "\"default\"", "\"standard_only\""])),
    ("speed", NothingIf(&["\"standard\""])),
    ("store", NothingIf(&["false"])),
    ("top_logprobs", NothingIf(&["0"])),
    // An answer of another shape would be misread.
    ("audio", Refused("must be left out: audio answers are not available")),
    ("modalities", Asks::Read(modalities)),
    // Objects with switches in them.
    ("chat_template_kwargs", Asks::Read(|reader| reader.rows(&[thinking::SWITCHES]))),
    ("extra_body", Asks::Read(|reader| reader.rows(&[REQUEST, thinking::SWITCHES]))),
];

/// Fields of it that DeGPT drops. They need no row, as nobody knows them here.
pub(super) const DROPPED: &[&str] = &[
    "compaction",
    "container",
    "context_management",
    "fallbacks",
    "frequency_penalty",
    "inference_geo",
    "logit_bias",
    "min_p",
    "moderation",
    "prediction",
    "presence_penalty",
    "repetition_penalty",
    "seed",
    "temperature",
    "thinking_budget",
    "top_k",
    "top_p",
    "verbosity",
];

fn modalities(reader: &mut Reader<'_>) -> Outcome<()> {
    let list = Vec::<Text<'_>>::read(reader)?;
    if list.iter().all(|modality| modality.as_str() == "text") {
        return Ok(());
    }
    Err(reader.wrong("must be `[\"text\"]`: answers are text only".to_owned()))
}

/// A tool, and the object in it that describes a function.
pub(super) const TOOL: &[Row] = &[
    ("allowed_callers", NothingIf(&["[\"direct\"]"])),
    ("cache_control", Nothing),
    ("eager_input_streaming", Nothing),
    // Who searches for tools is told by whether it has parameters.
    ("execution", Nothing),
    // For the program that runs the editor.
    ("max_characters", Nothing),
];

/// A part of a message's content.
pub(super) const PART: &[Row] = &[("cache_control", Nothing), ("prompt_cache_breakpoint", Nothing)];

/// The configuration of the output.
pub(super) const OUTPUT: &[Row] = &[("effort", Something), ("task_budget", Something)];

/// The text of the output.
pub(super) const TEXT: &[Row] = &[("verbosity", NothingIf(&["\"medium\""]))];

/// The form of the answer.
pub(super) const FORMAT: &[Row] = &[
    ("name", Nothing),
    // Whole answers are held to their schema.
    ("strict", Nothing),
];
