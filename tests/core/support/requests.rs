//! Requests, and what is said about wrong ones.

use degpt_edge::{chat::Prompt, error::Error};
use serde_json::{Value, json};

/// Reads a request of one dialect.
pub(crate) type Parse = for<'a> fn(&'a [u8]) -> Result<Prompt<'a>, Error>;

/// A short conversation, valid in both dialects, with these fields added or replaced.
pub(crate) fn body(fields: &Value) -> Vec<u8> {
    let mut body = json!({"messages": [{"role": "user", "content": "Hi"}]});
    if let (Some(body), Some(fields)) = (body.as_object_mut(), fields.as_object()) {
        body.extend(fields.clone());
    }
    body.to_string().into_bytes()
}

/// The field that the error about `body` names, and its message.
pub(crate) fn wrong_field(parse: Parse, body: &[u8]) -> (String, String) {
    match parse(body) {
        Err(Error::Invalid { param: Some(param), message }) => (param, message),
        other => unreachable!("{}: {other:?}", String::from_utf8_lossy(body)),
    }
}
