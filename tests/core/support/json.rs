//! How the gateway reads JSON, against `serde_json`: it takes what that takes, and
//! finds the same values in it.

#![allow(unreachable_pub, reason = "the fuzz targets use it as a library")]
use std::borrow::Cow;

use super::apis;
use degpt_edge::{
    chat::{Part, Prompt},
    error::Error,
};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// A body of any bytes, and bodies in which they are one value.
pub fn json(data: &[u8]) {
    read(data);
    for (before, after) in [
        (r#"{"messages":[{"role":"user","content":"#, "}]}"),
        (r#"{"model":"#, r#","messages":[{"role":"user","content":"Hi"}]}"#),
        (
            r#"{"messages":[{"role":"user","content":"Hi"}],"tools":[{"function":{"name":"f","parameters":"#,
            "}}]}",
        ),
        (r#"{"messages":[{"role":"user","content":"Hi"}],"unknown":"#, "}"),
        (r#"{"max_tokens":"#, r#","messages":[{"role":"user","content":"Hi"}]}"#),
    ] {
        read(&[before.as_bytes(), data, after.as_bytes()].concat());
    }
}

fn read(body: &[u8]) {
    let is_json = serde_json::from_slice::<IgnoredAny>(body).is_ok();
    let value = serde_json::from_slice::<Value>(body);
    match apis::openai(body) {
        Ok(prompt) => {
            assert!(is_json, "taken, and no JSON");
            if let Ok(value) = value {
                same(&prompt, &value);
            }
        }
        Err(Error::Invalid { param: None, message }) if message.contains("not valid JSON") => {
            let known = message.contains("nests too deeply") || message.contains("Unicode text");
            assert!(!is_json || known && value.is_err(), "JSON, and refused: {message}");
        }
        Err(error) => assert!(matches!(error, Error::Invalid { .. }), "{error:?}"),
    }
}

fn same(prompt: &Prompt<'_>, value: &Value) {
    assert_eq!(json!(prompt.model), value["model"]);
    let texts: Vec<&str> = prompt.turns.iter().flat_map(|turn| texts_of(&turn.parts)).collect();
    // The system text beside the messages comes first.
    let mut expected: Vec<Cow<'_, str>> =
        value["instructions"].as_str().map(Cow::Borrowed).into_iter().collect();
    expected.extend(texts_of_content(&value["system"]));
    let messages = value["messages"].as_array().into_iter().flatten();
    expected.extend(messages.flat_map(texts_in));
    assert_eq!(texts, expected);
    let (found, written) = (json!(prompt.limits.max_text_tokens), &value["max_tokens"]);
    // A whole number may be written as a float.
    let is_same = found == *written || written.is_f64() && found.as_f64() == written.as_f64();
    assert!(is_same, "{found} is another number than {written}");
    let Some(tools) = &prompt.tools else {
        return;
    };
    let listed = |field: &str| value[field].as_array().into_iter().flatten().map(spec_in);
    let listed: Vec<&Value> = match listed("tools").collect::<Vec<_>>() {
        // What came before `tools`.
        none if none.is_empty() => listed("functions").collect(),
        tools => tools,
    };
    for tool in &tools.list {
        let has_all = |written: &&&Value| {
            let schema = given(written, &["input_schema", "parameters"]);
            let found = tool.schema.map(serde_json::from_str::<Value>);
            // The gateway has some of its own.
            let is_same = |what: &Value, found| what.is_null() || *what == found;
            written["name"] == *tool.name
                && is_same(&written["description"], json!(tool.description))
                && is_same(schema, found.map_or(Value::Null, Result::unwrap_or_default))
        };
        assert!(listed.iter().find(has_all).is_some(), "{tool:?} is none of {listed:?}");
    }
}

/// What describes a tool: an object in it, or itself.
fn spec_in(tool: &Value) -> &Value {
    match given(tool, &["function", "custom"]) {
        Value::Null => tool,
        spec => spec,
    }
}

/// The first of these fields that has a value.
fn given<'v>(value: &'v Value, fields: &[&str]) -> &'v Value {
    let mut values = fields.iter().map(|field| &value[*field]);
    values.find(|value| !value.is_null()).unwrap_or(&Value::Null)
}

fn texts_of<'p>(parts: &'p [Part<'_>]) -> Vec<&'p str> {
    let texts = parts.iter().flat_map(|part| match part {
        Part::Text(text) => vec![text.as_ref()],
        Part::ToolCall { name, arguments, .. } => vec![name.as_ref(), arguments.as_ref()],
        Part::ToolResult { parts, .. } => texts_of(parts),
        _ => Vec::new(),
    });
    texts.collect()
}

/// The texts of a message in the order in which they are read.
fn texts_in(message: &Value) -> Vec<Cow<'_, str>> {
    let mut texts = texts_of_content(&message["content"]);
    if message["role"] == "assistant" {
        let refusal = message["refusal"].as_str().filter(|text| !text.is_empty());
        texts.extend(refusal.map(Cow::Borrowed));
        let calls = message["tool_calls"].as_array().into_iter().flatten().map(|call| {
            let custom = Some(&call["custom"]).filter(|custom| !custom.is_null());
            (custom.is_some(), custom.unwrap_or(&call["function"]))
        });
        let legacy = Some((false, &message["function_call"])).filter(|(_, call)| !call.is_null());
        for (takes_text, call) in calls.chain(legacy) {
            texts.extend(call["name"].as_str().map(Cow::Borrowed));
            texts.push(if takes_text {
                json!({"input": call["input"].as_str().unwrap_or_default()}).to_string().into()
            } else {
                call["arguments"].as_str().unwrap_or("{}").into()
            });
        }
    }
    texts
}

fn texts_of_content(content: &Value) -> Vec<Cow<'_, str>> {
    match content {
        Value::String(text) => vec![text.into()],
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| match part["type"].as_str() {
                Some(field @ ("text" | "refusal")) => part[field].as_str(),
                _ => None,
            });
            texts.map(Cow::Borrowed).collect()
        }
        _ => Vec::new(),
    }
}
