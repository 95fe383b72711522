//! How the gateway reads JSON, against `serde_json`: it takes what that takes, and
//! finds the same values in it.

#![allow(unreachable_pub, reason = "the fuzz targets use it as a library")]
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
    let mut expected: Vec<&str> = value["instructions"].as_str().into_iter().collect();
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
    let listed = value["tools"].as_array().into_iter().flatten().map(|tool| &tool["function"]);
    let listed: Vec<&Value> = match listed.collect::<Vec<_>>() {
        // What came before `tools`.
        none if none.is_empty() => value["functions"].as_array().into_iter().flatten().collect(),
        tools => tools,
    };
    for tool in &tools.list {
        let has_all = |written: &&&Value| {
            let schema = tool.schema.map(serde_json::from_str::<Value>);
            written["name"] == *tool.name
                && written["description"] == json!(tool.description)
                && written["parameters"] == schema.map_or(Value::Null, Result::unwrap_or_default)
        };
        assert!(listed.iter().find(has_all).is_some(), "{tool:?} is none of {listed:?}");
    }
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
fn texts_in(message: &Value) -> Vec<&str> {
    let mut texts = texts_of_content(&message["content"]);
    if message["role"] == "assistant" {
        texts.extend(message["refusal"].as_str().filter(|text| !text.is_empty()));
        let calls = message["tool_calls"].as_array().into_iter().flatten();
        let calls = calls.map(|call| &call["function"]);
        let legacy = Some(&message["function_call"]).filter(|call| !call.is_null());
        for call in calls.chain(legacy) {
            texts.extend(call["name"].as_str());
            texts.push(call["arguments"].as_str().unwrap_or("{}"));
        }
    }
    texts
}

fn texts_of_content(content: &Value) -> Vec<&str> {
    match content {
        Value::String(text) => vec![text],
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| match part["type"].as_str() {
                Some(field @ ("text" | "refusal")) => part[field].as_str(),
                _ => None,
            });
            texts.collect()
        }
        _ => Vec::new(),
    }
}
