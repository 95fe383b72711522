//! The client APIs, as the tests name them.
#![allow(dead_code, reason = "no test needs all of it")]
#![allow(clippy::unwrap_used, reason = "these requests are valid")]

use degpt_edge::{
    chat::{Prompt, Stamp, UsageReport},
    dialect::{self, Api, Asked, Encoder, Reply},
    error::Error,
};

pub(crate) const OPENAI: &Api = &dialect::openai::API;
pub(crate) const ANTHROPIC: &Api = &dialect::anthropic::API;

pub(crate) const RESPONSES: &Api = &dialect::responses::API;

/// Reads a request of OpenAI's.
pub(crate) fn openai(body: &[u8]) -> Result<Prompt<'_>, Error> {
    (OPENAI.parse)(body).map(|asked| asked.prompt)
}

/// Reads a request of Anthropic's.
pub(crate) fn anthropic(body: &[u8]) -> Result<Prompt<'_>, Error> {
    (ANTHROPIC.parse)(body).map(|asked| asked.prompt)
}

/// Reads a request of the Responses API.
pub(crate) fn responses(body: &[u8]) -> Result<Prompt<'_>, Error> {
    (RESPONSES.parse)(body).map(|asked| asked.prompt)
}

/// How answers to a plain streamed request are written.
pub(crate) fn reply(api: &Api, usage: UsageReport) -> Box<dyn Reply> {
    let options = match usage {
        UsageReport::Included => r#","stream_options":{"include_usage":true}"#,
        UsageReport::Omitted => "",
    };
    let list = if api == RESPONSES { "input" } else { "messages" };
    let request =
        format!(r#"{{"{list}":[{{"role":"user","content":"Hi"}}],"stream":true{options}}}"#);
    let Asked { reply, .. } = (api.parse)(request.as_bytes()).unwrap();
    reply
}

/// The writer of one streamed answer by the model `model`, to a request of `prompt_tokens`.
pub(crate) fn encoder(
    api: &Api,
    usage: UsageReport,
    model: &str,
    stamp: &Stamp,
    prompt_tokens: u64,
) -> Box<dyn Encoder> {
    reply(api, usage).encoder(0, model, stamp, prompt_tokens)
}

/// The event that ends a stream of the request `id` that failed before any block.
pub(crate) fn frame(api: &Api, error: &Error, id: &str) -> Vec<u8> {
    let stamp = Stamp { id: id.to_owned(), unix_s: 0 };
    let mut out = Vec::new();
    encoder(api, UsageReport::Omitted, "m", &stamp, 0).abort(error, &mut out);
    out
}

/// How the answer to a request with `functions`, which came before tools, is written.
pub(crate) fn reply_to_functions() -> Box<dyn Reply> {
    let request = br#"{"messages":[{"role":"user","content":"Hi"}],"functions":[{"name":"f"}],"stream":true,"stream_options":{"include_usage":true}}"#;
    (OPENAI.parse)(request).unwrap().reply
}
