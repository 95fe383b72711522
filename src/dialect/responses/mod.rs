//! OpenAI's Responses API: reads its requests into a [`Prompt`], writes events as its answers.
//!
//! Nothing is kept: a request has the whole conversation in it.

mod echo;
mod encode;
mod error;
mod items;
mod output;
mod request;
mod template;
mod tools;
mod wire;

use super::{Api, Count, Fields, List, content, openai};
#[cfg(doc)]
use crate::chat::Prompt;

/// `POST /api/v1/responses`. The list of models and the errors before an answer are those of
/// OpenAI's other API.
pub static API: Api = Api {
    name: "Responses",
    path: "responses",
    count: Some(Count {
        path: "responses/input_tokens",
        body: |tokens| format!(r#"{{"object":"response.input_tokens","input_tokens":{tokens}}}"#),
    }),
    sign: None,
    list: List::WithService,
    parse: request::parse,
    models: openai::API.models,
    model: openai::API.model,
    error: openai::API.error,
    limits: openai::API.limits,
};

/// The fields of its requests that are known.
#[must_use]
pub fn known() -> Fields {
    let mut all = Fields::common::<wire::Request<'_>>();
    for field in ["previous_response_id", "conversation"] {
        all.refuse(field);
    }
    all.add::<content::Part<'_>>("system[]");
    all.add::<wire::Item<'_>>("input[]");
    all.add::<content::Part<'_>>("input[].content[]");
    all.add::<content::ImageObject<'_>>("input[].content[].image_url");
    all
}
