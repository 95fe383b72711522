//! Anthropic's Messages API: reads its requests into a [`Prompt`], writes events as its
//! answers.
//!
//! Serves both versions of the API in use, `2023-06-01` and `2026-10-21`. Where they
//! differ (the header of the key, `?beta=true`, a few request fields), both forms are
//! accepted.

mod blocks;
mod encode;
mod error;
mod models;
mod request;
mod searched;
mod stock;
mod tool_changes;
mod tools;
mod wire;

use super::{Api, Count, Fields, List, limits};
use crate::calendar;
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
    limits: |standing, now_s| limits::anthropic(standing, now_s, calendar::rfc3339),
};

/// The fields of its requests that are known.
#[must_use]
pub fn known() -> Fields {
    let mut all = Fields::common::<wire::Request<'_>>();
    all.refuse("thread");
    all.add::<wire::Block<'_>>("system[]");
    all.add::<wire::Message<'_>>("messages[]");
    all.add::<wire::Block<'_>>("messages[].content[]");
    all.add::<wire::Source<'_>>("messages[].content[].source");
    all.add::<wire::ChangedTool<'_>>("messages[].content[].tool");
    all.add::<wire::Returned<'_>>("messages[].content[].content");
    all
}
