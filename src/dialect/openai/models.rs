//! OpenAI's list of models, with additional fields of DeGPT's web client.

use crate::{
    catalog::{self, Images, Listed, Service},
    json::Writer,
};

/// The list, with DeGPT's name, version and status.
pub(super) fn list(listing: &[Listed], service: &Service) -> String {
    let data = |mut out: Vec<u8>| {
        let mut separator = b'[';
        for listed in listing {
            out.push(separator);
            out = written(listed, out);
            separator = b',';
        }
        out.push(b']');
        out
    };
    Writer::after(Vec::new())
        .field("object", "list")
        .written("data", data)
        .field("version", &service.version)
        .raw("provider", "\"DeGPT\"")
        .field("name", &service.name)
        .field("default_locale", &service.default_locale)
        .raw("status", if service.status { "true" } else { "false" })
        .raw("time", &catalog::DATE.to_string())
        .end()
}

/// One entry of the list.
pub(super) fn entry(listed: &Listed) -> String {
    String::from_utf8(written(listed, Vec::new())).unwrap_or_default()
}

/// Appends an entry: OpenAI's fields, those of DeGPT's web client, and some of `OpenRouter`'s list.
fn written(Listed { model, live }: &Listed, out: Vec<u8>) -> Vec<u8> {
    let mut entry = Writer::after(out)
        .field("id", &model.id)
        .field("object", "model")
        .field("model", &model.text_model)
        .raw("created", &model.created.to_string());
    for (name, text) in [
        ("owned_by", &model.owned_by),
        ("name", &model.name),
        ("description", &model.description),
        ("support", &model.support),
        ("tip", &model.tip),
    ] {
        entry = entry.field(name, text);
    }
    let takes = match model.images {
        Images::None => r#"{"input_modalities":["text"],"output_modalities":["text"]}"#,
        Images::OpenAi | Images::Anthropic => {
            r#"{"input_modalities":["text","image","file"],"output_modalities":["text"]}"#
        }
    };
    let does = r#"["max_tokens","stop","tools","tool_choice","parallel_tool_calls","response_format","structured_outputs","reasoning","include_reasoning"]"#;
    entry = entry
        .raw("thinking", if model.think { "true" } else { "false" })
        .raw("tier", &model.tier.to_string())
        .raw("architecture", takes)
        .raw("supported_parameters", does);
    if let Some(length) = model.context_length {
        entry = entry.raw("context_length", &length.to_string());
    }
    if let Some(live) = live {
        entry = entry.raw("live", if *live { "true" } else { "false" });
    }
    entry.end_bytes()
}
