//! One function for each unit that reads what comes from outside. It takes any
//! bytes at all, and panics if the unit does not keep its promises.
//!
//! `properties.rs` drives them in every test run, the targets of `fuzz` for as
//! long as one likes.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken promise is to end the test"
)]
#![allow(unreachable_pub, reason = "the fuzz targets use it as a library")]
use super::apis::{self, ANTHROPIC, OPENAI, RESPONSES};
use std::{collections::BTreeMap, ops::ControlFlow};

use degpt_edge::{
    auth,
    catalog::{Catalog, Images},
    chat::{Event, Prompt},
    config::{Config, NAMES, VisitorId},
    degpt,
    error::Error,
    policy, prompt_tokens, sse,
};
use degpt_edge::{catalog::Service, dialect::Api};
use serde_json::Value;

use super::contract;

/// The decoder and the reader behind it: the same events for every cut, and one
/// end at most.
pub fn decoder(data: &[u8]) {
    let (stream, cuts) = cut(data);
    let expected = decode(&[stream]);
    for pieces in cuts {
        assert_eq!(decode(&pieces), expected);
    }
    let mut reader = degpt::Reader::default();
    let mut other = degpt::Reader::default();
    let mut ended = false;
    for data in expected.0 {
        let result = read(&mut reader, &data);
        // A space before it takes a chunk out of the form that is read the short way.
        let spaced = [b" ", data.as_slice()].concat();
        assert_eq!(result, read(&mut other, &spaced), "the form matters");
        let (events, read) = result;
        for event in &events {
            assert!(!ended, "something after the end");
            ended = event.starts_with("End");
            assert!(!event.ends_with("(\"\")"), "nothing said");
        }
        if read.is_err() || ended {
            break;
        }
    }
}

/// What `reader` makes of one event's data.
fn read(reader: &mut degpt::Reader, data: &[u8]) -> (Vec<String>, Result<(), Error>) {
    let mut events = Vec::new();
    let read = reader.read(data, &mut |event| {
        assert!(!matches!(event, Event::ToolCall { .. }), "DeGPT knows no calls");
        events.push(format!("{event:?}"));
    });
    (events, read)
}

fn decode(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, bool) {
    let mut decoder = sse::Decoder::default();
    let mut events = Vec::new();
    let mut is_sound = true;
    for piece in pieces {
        let pushed = decoder.push(piece, &mut |data| {
            assert!(!data.contains(&b'\r'), "a line end within a line");
            events.push(data.to_vec());
            ControlFlow::Continue(())
        });
        is_sound = pushed.is_ok();
        if !is_sound {
            break;
        }
    }
    (events, is_sound)
}

/// The translator, in each dialect: its contract.
pub fn translator(data: &[u8]) {
    let (stream, cuts) = cut(data);
    contract::holds(stream, cuts.clone().into_iter());
    let limit = stream.len() / 2 + usize::from(data.first().copied().unwrap_or_default());
    contract::holds_within(limit, stream, cuts.into_iter());
}

/// The request parsers, and what DeGPT would be sent, for every model.
pub fn requests(data: &[u8]) {
    for (dialect, prompt) in [
        (OPENAI, apis::openai(data)),
        (ANTHROPIC, apis::anthropic(data)),
        (RESPONSES, apis::responses(data)),
    ] {
        match prompt {
            Ok(prompt) => forward(&prompt),
            Err(error) => refused(&error, dialect),
        }
    }
}

fn refused(error: &Error, dialect: &'static Api) {
    assert!(matches!(error, Error::Invalid { .. } | Error::NoThreads(_)), "{error:?}");
    let body: Value = serde_json::from_str(&dialect.error_body(error, "id")).unwrap();
    assert!(body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
}

fn forward(prompt: &Prompt<'_>) {
    thread_local! {
        static CATALOG: Catalog =
            Catalog::new("", "", "deepseek-chat", "doubao-seed-1-6-250615")
                .and_then(|catalog| catalog.with_documents("claude-sonnet-4-5-20250929"))
                .unwrap();
    }
    CATALOG.with(|catalog| forward_by(catalog, prompt));
}

fn forward_by(catalog: &Catalog, prompt: &Prompt<'_>) {
    assert!(!prompt.turns.is_empty());
    let _ = prompt_tokens::count(prompt);
    let needs = degpt_edge::catalog::needs(prompt);
    for model in catalog.models() {
        let target = match catalog.resolve(Some(&model.id), prompt.thinking, &needs) {
            Ok(target) => target,
            Err(error) => {
                let field = error.param();
                assert!(needs.iter().any(|(_, own)| Some(*own) == field), "{error:?}");
                continue;
            }
        };
        if !needs.is_empty() {
            assert_ne!(target.model.images, Images::None);
        }
        let body = match degpt::body(prompt, &target) {
            Ok(body) => body,
            Err(error) => {
                assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
                continue;
            }
        };
        let body: Value = serde_json::from_slice(body.bytes()).unwrap();
        assert_eq!(
            (&body["stream"], &body["model"]),
            (&true.into(), &target.upstream.as_str().into())
        );
        assert_eq!(body["enable_thinking"], target.model.think);
        messages(&target.upstream, body["messages"].as_array().unwrap());
    }
}

/// What every family, and what Claude and GPT ask of messages.
fn messages(upstream: &str, messages: &[Value]) {
    assert!(!messages.is_empty());
    let is_claude = upstream.starts_with("claude");
    let mut last_role = "assistant";
    for message in messages {
        let role = message["role"].as_str().unwrap();
        assert!(["system", "user", "assistant"].contains(&role));
        match &message["content"] {
            Value::String(text) if is_claude => assert_ne!(text.trim(), ""),
            Value::String(text) => assert_ne!(text, ""),
            Value::Array(parts) => assert!(role == "user" && !parts.is_empty(), "{message}"),
            other => panic!("{other}"),
        }
        if is_claude {
            assert!(role != "system" && role != last_role, "{messages:?}");
        }
        last_role = role;
    }
}

/// The deployment's variables: lines of the variable's place in the list, as a
/// letter from `a` on, and its value.
pub fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut variables = BTreeMap::new();
    for line in text.split('\n') {
        let mut characters = line.chars();
        let place = characters.next().map_or(0, |letter| (letter as usize).wrapping_sub(97));
        variables.insert(NAMES[place % NAMES.len()], characters.as_str());
    }
    let lookup = |name: &str| variables.get(name).map(|value| (*value).to_owned());
    match Config::from_lookup(lookup) {
        Ok(config) => usable(&config, &variables),
        // Name and rule are the program's own words, but for the path in KEY_POLICIES.
        Err(error) => assert!(matches!(error, Error::Config { .. }), "{error:?}"),
    }
}

fn usable(config: &Config, variables: &BTreeMap<&str, &str>) {
    assert!(!config.origins.is_empty());
    for origin in &config.origins {
        assert!(origin.starts_with("http") && !origin.ends_with('/'), "{origin}");
    }
    if let VisitorId::Set(id) = &config.visitor_id {
        assert!(id.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    for model in config.catalog.models() {
        for name in [&model.text_model, &model.image_model] {
            assert!(name.bytes().all(|byte| byte.is_ascii_graphic()), "{name:?} is a header");
        }
    }
    assert!(!config.timing.idle.is_zero() && !config.timing.keep_alive.is_zero());
    config.catalog.find(None, None).unwrap();
    let listing = config.catalog.listing(None);
    let service = Service::default();
    let list = (OPENAI.models)(&listing, "", &service).unwrap();
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list["data"].as_array().unwrap().len(), listing.len());
    (ANTHROPIC.models)(&listing, "limit=1000", &service).unwrap();
    let keys = variables.get("API_KEYS").copied().unwrap_or_default();
    for item in keys.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let (_, key) = policy::label_and_key(item);
        auth::admit(config, None, Some(key)).unwrap();
        let shown = format!("{:?} {:?}", config.api_keys, config.degpt_keys);
        assert!(key.len() <= 16 || !shown.contains(key), "{shown}");
    }
}

/// The stream in `data`, and ways to cut it that its first two bytes choose.
fn cut(data: &[u8]) -> (&[u8], Vec<Vec<&[u8]>>) {
    let [size, place, stream @ ..] = data else {
        return (data, vec![data.chunks(1).collect()]);
    };
    let (head, tail) = stream.split_at(stream.len() * usize::from(*place) / 256);
    let pieces = stream.chunks(usize::from(*size % 32) + 1).collect();
    (stream, vec![stream.chunks(1).collect(), pieces, vec![head, &[], tail]])
}
