//! OpenAI's Chat Completions API: reads its requests into a [`Prompt`], writes events as
//! its answers.

mod encode;
mod error;
mod models;
mod request;
mod tool_choice;
mod tools;
mod wire;

use super::{Api, List};
#[cfg(doc)]
use crate::chat::Prompt;
pub use encode::CallForm;

/// `POST /api/v1/chat/completions`, and the list of models that OpenAI's clients read.
pub static API: Api = Api {
    name: "OpenAI",
    path: "chat/completions",
    count: None,
    sign: None,
    list: List::WithService,
    parse: request::parse,
    models: |catalog, _, service| Ok(models::list(catalog, service)),
    model: models::entry,
    error: error::write,
};
