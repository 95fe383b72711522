//! Anthropic's Messages API: reads its requests into a [`Prompt`], writes events as its
//! answers.
//!
//! Serves both versions of the API in use, `2023-06-01` and `2026-10-21`. Where they
//! differ (the header of the key, `?beta=true`, a few request fields), both forms are
//! accepted.

mod blocks;
mod builtin_tools;
mod encode;
mod error;
mod models;
mod request;
mod server_tools;
mod stock;
mod tool_changes;
mod tools;
mod wire;

use super::{Api, Count, List};
#[cfg(doc)]
use crate::chat::Prompt;

/// `POST /api/v1/messages`, and the list of models that Anthropic's clients read.
pub static API: Api = Api {
    name: "Anthropic",
    path: "messages",
    count: Some(Count {
        path: "messages/count_tokens",
        body: |tokens| format!(r#"{{"input_tokens":{tokens}}}"#),
    }),
    sign: Some("anthropic-version"),
    list: List::ModelsOnly,
    parse: request::parse,
    models: models::page,
    model: models::entry,
    error: error::write,
};
