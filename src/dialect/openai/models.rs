//! OpenAI's list of models, with additional fields of DeGPT's web client.

use serde::Serialize;

use crate::{
    catalog::{self, Catalog, Images, Model, Service},
    json::to_text,
};

/// The list, with DeGPT's name, version and status.
pub(super) fn list(catalog: &Catalog, service: &Service) -> String {
    #[derive(Serialize)]
    struct List<'a> {
        object: &'static str,
        data: Vec<Listed<'a>>,
        version: &'a str,
        provider: &'static str,
        name: &'a str,
        default_locale: &'a str,
        status: bool,
        time: u32,
    }
    to_text(&List {
        object: "list",
        data: catalog.models().iter().map(Listed::from).collect(),
        version: &service.version,
        provider: "DeGPT",
        name: &service.name,
        default_locale: &service.default_locale,
        status: service.status,
        time: catalog::DATE,
    })
}

/// One entry of the list.
pub(super) fn entry(model: &Model) -> String {
    to_text(&Listed::from(model))
}

/// An entry: OpenAI's fields, and those of DeGPT's web client.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    id: &'a str,
    object: &'static str,
    model: &'a str,
    created: u64,
    owned_by: &'a str,
    name: &'a str,
    description: &'a str,
    support: &'a str,
    tip: &'a str,
    thinking: bool,
    tier: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_length: Option<u64>,
    architecture: Architecture,
    supported_parameters: &'static [&'static str],
}

/// What it takes and gives, as OpenRouter's list has it.
#[derive(Debug, Serialize)]
struct Architecture {
    input_modalities: &'static [&'static str],
    output_modalities: [&'static str; 1],
}

/// What every model does here: in OpenRouter's words. The last is only of those that reason.
const PARAMETERS: &[&str] = &[
    "max_tokens",
    "stop",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "response_format",
    "structured_outputs",
    "include_reasoning",
];

impl<'a> From<&'a Model> for Listed<'a> {
    fn from(model: &'a Model) -> Self {
        let modalities: &[&str] = &["text", "image", "file"];
        let takes = if model.images == Images::None { 1 } else { modalities.len() };
        let does = PARAMETERS.len() - usize::from(!model.think);
        Self {
            id: &model.id,
            object: "model",
            model: &model.text_model,
            created: model.created,
            owned_by: &model.owned_by,
            name: &model.name,
            description: &model.description,
            support: &model.support,
            tip: &model.tip,
            thinking: model.think,
            tier: model.tier,
            context_length: model.context_length,
            architecture: Architecture {
                input_modalities: modalities.get(..takes).unwrap_or_default(),
                output_modalities: ["text"],
            },
            supported_parameters: PARAMETERS.get(..does).unwrap_or_default(),
        }
    }
}
