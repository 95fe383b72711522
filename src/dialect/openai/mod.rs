//! OpenAI's Chat Completions API: reads its requests into a [`Prompt`], writes events as
//! its answers.

mod encode;
mod error;
mod models;
mod request;
mod tools;
mod wire;

use super::{Api, Fields, List, content, limits, tool_wire};
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
    limits: limits::openai,
};

/// The fields of its requests that are known.
#[must_use]
pub fn known() -> Fields {
    let mut all = Fields::common::<wire::Request<'_>>();
    all.add::<wire::StreamOptions>("stream_options");
    all.add::<tool_wire::Spec<'_>>("functions[]");
    all.add::<content::Part<'_>>("system[]");
    all.add::<wire::Message<'_>>("messages[]");
    all.add::<content::Part<'_>>("messages[].content[]");
    all.add::<content::ImageObject<'_>>("messages[].content[].image_url");
    all.add::<content::File<'_>>("messages[].content[].file");
    all.add::<wire::ToolCall<'_>>("messages[].tool_calls[]");
    all.add::<wire::Function<'_>>("messages[].tool_calls[].function");
    all.add::<wire::Custom<'_>>("messages[].tool_calls[].custom");
    all.add::<wire::Function<'_>>("messages[].function_call");
    all
}
