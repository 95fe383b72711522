//! What is true of everything the translator writes, whatever it has read: the
//! contract at the top of `translate`, checked on a client's side of it.
//!
//! Used by `translate.rs` on the fixtures, by `properties.rs` on made-up streams
//! and by the fuzz targets on anything.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken contract is to end the test"
)]

use super::apis::{self, ANTHROPIC, OPENAI, RESPONSES};
use degpt_edge::dialect::{Api, Encoder};
use degpt_edge::{
    answer::{self, Progress, Translator},
    answer::{Counting, Limiter, Stages},
    chat::{Answer, Failure, Finish, Limits, Phase, Stamp, UsageReport},
    error::Error,
};
use serde_json::{Value, json};

pub(crate) const MODEL: &str = "a-model";
pub(crate) const PROMPT_TOKENS: u64 = 7;
pub(crate) const DIALECTS: [&Api; 3] = [OPENAI, ANTHROPIC, RESPONSES];
const FAR: usize = 16 << 20;

pub(crate) fn stamp() -> Stamp {
    Stamp { id: "stamp-1".to_owned(), unix_s: 1_755_952_008 }
}

fn encoder(api: &Api, usage: UsageReport) -> Box<dyn Encoder> {
    apis::encoder(api, usage, MODEL, &stamp(), PROMPT_TOKENS)
}

/// Counts, and ends nothing early.
pub(crate) fn stages() -> Stages {
    Stages::new(None, Limiter::new(&Limits::default(), PROMPT_TOKENS, Counting::On))
}

/// Holds `upstream`, and each way in `cuts` of cutting it, against the contract.
pub(crate) fn holds<'a>(upstream: &'a [u8], cuts: impl Iterator<Item = Vec<&'a [u8]>>) {
    let whole = answer::whole(upstream, stages());
    let expected = DIALECTS.map(|dialect| {
        let bytes = stream(dialect, UsageReport::Included, FAR, &[upstream]);
        let client = read(dialect, UsageReport::Included, &bytes);
        agrees(dialect, &client, &whole);
        if !contains(upstream, b"[DONE]") {
            assert!(matches!(client.ending, Ending::Failed(_)), "a clean ending out of nothing");
        }
        held_back(dialect, upstream, &whole, &bytes);
        bytes
    });
    let without_usage = stream(OPENAI, UsageReport::Omitted, FAR, &[upstream]);
    let client = read(OPENAI, UsageReport::Omitted, &without_usage);
    same_answer(&client, &read(OPENAI, UsageReport::Included, &expected[0]));
    for pieces in cuts {
        for (dialect, expected) in DIALECTS.into_iter().zip(&expected) {
            let bytes = stream(dialect, UsageReport::Included, FAR, &pieces);
            assert!(&bytes == expected, "{dialect:?} depends on the cut {:?}", lengths(&pieces));
        }
    }
}

/// The same for an answer that may have `limit` bytes: all but what `whole` says,
/// which knows no limit.
pub(crate) fn holds_within<'a>(
    limit: usize,
    upstream: &'a [u8],
    cuts: impl Iterator<Item = Vec<&'a [u8]>>,
) {
    let expected =
        DIALECTS.map(|dialect| stream(dialect, UsageReport::Included, limit, &[upstream]));
    for (dialect, bytes) in DIALECTS.into_iter().zip(&expected) {
        read(dialect, UsageReport::Included, bytes);
    }
    for pieces in cuts {
        for (dialect, expected) in DIALECTS.into_iter().zip(&expected) {
            let bytes = stream(dialect, UsageReport::Included, limit, &pieces);
            assert!(&bytes == expected, "{dialect:?} depends on the cut {:?}", lengths(&pieces));
        }
    }
}

/// What a client gets whose headers were sent before anything came.
pub(crate) fn stream(
    dialect: &'static Api,
    usage: UsageReport,
    limit: usize,
    pieces: &[&[u8]],
) -> Vec<u8> {
    let mut translator = Translator::new(encoder(dialect, usage), stages(), limit);
    let mut out = Vec::new();
    translator.commit(&mut out);
    let mut progress = Progress::Waiting;
    for piece in pieces {
        progress = translator.push(piece, &mut out);
        if matches!(progress, Progress::Ended | Progress::Failed(_)) {
            break;
        }
    }
    if matches!(progress, Progress::Waiting | Progress::Flowing) {
        progress = translator.finish(&mut out);
    }
    if let Progress::Failed(error) = progress {
        progress = translator.fail(error, &mut out);
    }
    assert_eq!(progress, Progress::Ended);
    nothing_after_the_end(&mut translator, &mut out);
    out
}

/// Input after the ending is ignored, whatever it is.
fn nothing_after_the_end(translator: &mut Translator, out: &mut Vec<u8>) {
    let length = out.len();
    for bytes in ["data: [DONE]\n\n", "\n\ndata: {\"error\": 1}\n\n", "<html>"] {
        assert_eq!(translator.push(bytes.as_bytes(), out), Progress::Ended);
    }
    assert_eq!(translator.upstream_failed(Error::Stalled, out), Progress::Ended);
    assert_eq!(translator.fail(Error::Internal, out), Progress::Ended);
    assert_eq!(translator.finish(out), Progress::Ended);
    translator.commit(out);
    translator.keep_alive(out);
    assert_eq!(out.len(), length, "written after the ending");
}

/// A client whose headers wait for the answer: nothing is written before it
/// begins, and a failure before that is reported, not written.
fn held_back(
    dialect: &'static Api,
    upstream: &[u8],
    whole: &Result<Answer, Failure>,
    committed: &[u8],
) {
    let usage = UsageReport::Included;
    let mut translator = Translator::new(encoder(dialect, usage), stages(), FAR);
    let mut out = Vec::new();
    let mut progress = translator.push(upstream, &mut out);
    if matches!(progress, Progress::Waiting | Progress::Flowing) {
        progress = translator.finish(&mut out);
    }
    // Reasoning alone goes out all the same.
    let has_begun = !read(dialect, usage, committed).reasoning.is_empty();
    if let (Err(Failure { error, phase: Phase::Waiting }), false) = (whole, has_begun) {
        assert_eq!((&progress, out.len()), (&Progress::Failed(error.clone()), 0));
        assert_eq!(translator.phase(), Phase::Waiting);
        assert_eq!(translator.fail(error.clone(), &mut out), Progress::Failed(error.clone()));
        assert!(out.is_empty());
    } else {
        assert_eq!(progress, Progress::Ended);
        assert_eq!(translator.phase(), Phase::Flowing);
        assert!(out == committed, "the opening changes what follows");
    }
}

/// What a client has read.
#[derive(Debug, Default)]
struct Client {
    reasoning: String,
    text: String,
    ending: Ending,
}

#[derive(Debug, Default, PartialEq)]
enum Ending {
    #[default]
    None,
    /// With the finish reason and the usage.
    Clean(Value, Value),
    Failed(Value),
}

fn agrees(dialect: &'static Api, client: &Client, whole: &Result<Answer, Failure>) {
    match whole {
        Ok(answer) => {
            assert_eq!((&client.reasoning, &client.text), (&answer.reasoning, &answer.text));
            let has_reason = matches!(answer.finish, Finish::Length | Finish::ContentFilter);
            assert!(!answer.text.is_empty() || has_reason, "an empty answer");
            let usage = answer.usage;
            let total = usage.prompt_tokens + usage.completion_tokens;
            assert_eq!(usage.prompt_tokens, PROMPT_TOKENS);
            assert!(usage.reasoning_tokens <= usage.completion_tokens);
            let (finish, counted) = if dialect == OPENAI {
                let mut counted = json!({
                    "prompt_tokens": usage.prompt_tokens,
                    "completion_tokens": usage.completion_tokens,
                    "total_tokens": total,
                });
                if usage.reasoning_tokens > 0 {
                    counted["completion_tokens_details"] =
                        json!({"reasoning_tokens": usage.reasoning_tokens});
                }
                let finish = match answer.finish {
                    Finish::Stop | Finish::StopSequence(_) => "stop",
                    Finish::ToolCalls => "tool_calls",
                    Finish::Length => "length",
                    Finish::ContentFilter => "content_filter",
                };
                (finish, counted)
            } else if dialect == RESPONSES {
                let counted = json!({
                    "input_tokens": usage.prompt_tokens,
                    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                    "output_tokens": usage.completion_tokens,
                    "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
                    "total_tokens": total,
                });
                let finish = match answer.finish {
                    Finish::Length => "max_output_tokens",
                    Finish::ContentFilter => "content_filter",
                    Finish::Stop | Finish::ToolCalls | Finish::StopSequence(_) => "completed",
                };
                (finish, counted)
            } else {
                let details = (usage.reasoning_tokens > 0)
                    .then(|| json!({"thinking_tokens": usage.reasoning_tokens}));
                let counted = json!({
                    "input_tokens": usage.prompt_tokens,
                    "output_tokens": usage.completion_tokens,
                    "cache_creation_input_tokens": 0,
                    "cache_read_input_tokens": 0,
                    "output_tokens_details": details,
                    "server_tool_use": null,
                });
                let finish = match answer.finish {
                    Finish::Stop => "end_turn",
                    Finish::ToolCalls => "tool_use",
                    Finish::StopSequence(_) => "stop_sequence",
                    Finish::Length => "max_tokens",
                    Finish::ContentFilter => "refusal",
                };
                (finish, counted)
            };
            assert_eq!(client.ending, Ending::Clean(json!(finish), counted));
        }
        Err(Failure { error, phase }) => {
            if dialect == RESPONSES {
                let Ending::Failed(told) = &client.ending else { panic!("{client:?}") };
                assert_eq!(told["message"], error.message());
                assert!(told["code"].is_string());
            } else {
                let body: Value =
                    serde_json::from_str(&dialect.error_body(error, &stamp().id)).unwrap();
                assert_eq!(client.ending, Ending::Failed(body));
            }
            // Reasoning alone, which a stream has sent, is no answer: a whole one can be repeated.
            let is_alone = *error == Error::Declined && client.text.trim().is_empty();
            let has_words = !client.reasoning.is_empty() || !client.text.is_empty();
            // What came may have been held, as the possible beginning of a tag.
            assert!(!has_words || is_alone || *phase == Phase::Flowing);
        }
    }
}

fn same_answer(one: &Client, other: &Client) {
    assert_eq!((&one.reasoning, &one.text), (&other.reasoning, &other.text));
    match (&one.ending, &other.ending) {
        (Ending::Clean(one, _), Ending::Clean(other, _)) => assert_eq!(one, other),
        (one, other) => assert_eq!(one, other),
    }
}

/// Reads a stream as strictly as the strictest client.
fn read(dialect: &'static Api, usage: UsageReport, bytes: &[u8]) -> Client {
    let text = std::str::from_utf8(bytes).unwrap();
    let blocks = text.strip_suffix("\n\n").unwrap_or_else(|| panic!("no blank line at the end"));
    let blocks = blocks.split("\n\n").collect::<Vec<_>>();
    match dialect.name {
        "OpenAI" => read_openai(usage, &blocks),
        "Responses" => read_responses(&blocks),
        _ => read_anthropic(&blocks),
    }
}

fn read_openai(usage: UsageReport, blocks: &[&str]) -> Client {
    let mut client = Client::default();
    let mut finish = Value::Null;
    let mut counted = Value::Null;
    for (place, block) in blocks.iter().enumerate() {
        assert_eq!(client.ending, Ending::None, "something after the ending");
        let data = block.strip_prefix("data: ").unwrap();
        if data == "[DONE]" {
            assert!(finish.is_string(), "[DONE] without a finish reason");
            assert_eq!(counted.is_object(), usage == UsageReport::Included);
            client.ending = Ending::Clean(finish.clone(), counted.clone());
            continue;
        }
        let mut chunk: Value = serde_json::from_str(data).unwrap();
        if chunk["error"].is_object() {
            assert!(finish.is_null(), "an error after the finish reason");
            client.ending = Ending::Failed(chunk);
            continue;
        }
        let choices = chunk["choices"].take();
        let reported = chunk.as_object_mut().unwrap().remove("usage");
        let common = json!({
            "id": "chatcmpl-stamp-1", "object": "chat.completion.chunk",
            "created": 1_755_952_008, "model": MODEL, "choices": null,
        });
        assert_eq!(chunk, common);
        assert_eq!(reported.is_some(), usage == UsageReport::Included);
        let Some(choice) = choices.get(0) else {
            assert!(finish.is_string() && counted.is_null());
            counted = reported.unwrap();
            continue;
        };
        assert!(finish.is_null() && reported.unwrap_or_default().is_null());
        assert_eq!((&choice["index"], &choice["logprobs"]), (&json!(0), &Value::Null));
        finish = choice["finish_reason"].clone();
        let delta = choice["delta"].as_object().unwrap();
        if place == 0 {
            let role = json!({"role": "assistant", "content": "", "refusal": null});
            assert_eq!(choice["delta"], role);
        } else if finish.is_null() {
            assert_eq!(delta.len(), 1);
            client.text += delta.get("content").map_or("", |text| text.as_str().unwrap());
            let reasoning = delta.get("reasoning_content");
            client.reasoning += reasoning.map_or("", |text| text.as_str().unwrap());
            assert!(!delta.values().any(|text| text == ""), "an empty chunk");
        } else {
            assert!(delta.is_empty());
        }
    }
    assert_ne!(client.ending, Ending::None, "no ending");
    client
}

fn read_anthropic(blocks: &[&str]) -> Client {
    let mut client = Client::default();
    let mut open = None;
    let mut next_index = 0;
    let mut last = Value::Null;
    for (place, block) in blocks.iter().enumerate() {
        assert_eq!(client.ending, Ending::None, "something after the ending");
        let (name, data) = block.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
        let event: Value = serde_json::from_str(data).unwrap();
        assert_eq!(event["type"], name);
        assert_eq!(place == 0, name == "message_start");
        assert!(last.is_null() || name == "message_stop", "{name} after message_delta");
        match name {
            "message_start" => {
                let message = &event["message"];
                assert_eq!(message["id"], "msg_stamp-1");
                assert_eq!(
                    (&message["role"], &message["model"]),
                    (&json!("assistant"), &json!(MODEL))
                );
                assert_eq!(
                    (&message["type"], &message["content"]),
                    (&json!("message"), &json!([]))
                );
                assert_eq!(message["stop_reason"], Value::Null);
                assert_eq!(message["usage"]["input_tokens"], PROMPT_TOKENS);
            }
            "ping" => {}
            "content_block_start" => {
                assert_eq!((&open, &event["index"]), (&None, &json!(next_index)));
                let kind = event["content_block"]["type"].as_str().unwrap().to_owned();
                assert_eq!(event["content_block"][&kind], "");
                assert_eq!(event["content_block"]["signature"].is_string(), kind == "thinking");
                open = Some(kind);
            }
            "content_block_delta" => {
                let kind = open.as_deref().unwrap_or_else(|| panic!("a delta outside of a block"));
                assert_eq!(event["index"], next_index);
                assert_eq!(event["delta"]["type"], format!("{kind}_delta"));
                let text = event["delta"][kind].as_str().unwrap();
                assert_ne!(text, "");
                match kind {
                    "thinking" => client.reasoning += text,
                    "text" => client.text += text,
                    other => panic!("a block of type {other}"),
                }
            }
            "content_block_stop" => {
                assert!(open.take().is_some(), "a block is closed that was not open");
                assert_eq!(event["index"], next_index);
                next_index += 1;
            }
            "message_delta" => {
                assert_eq!((&open, &event["delta"]["stop_sequence"]), (&None, &Value::Null));
                last = event;
            }
            "message_stop" => {
                let reason = &last["delta"]["stop_reason"];
                client.ending = Ending::Clean(reason.clone(), last["usage"].clone());
            }
            "error" => {
                assert_eq!(open, None, "a block is left open");
                client.ending = Ending::Failed(event);
            }
            other => panic!("an event named {other}"),
        }
    }
    assert_ne!(client.ending, Ending::None, "no ending");
    client
}

/// Balanced items, numbers without a gap, one terminal event, and everything as often as it is to
/// be there.
fn read_responses(blocks: &[&str]) -> Client {
    let mut client = Client::default();
    let mut items: Vec<Value> = Vec::new();
    // The item that is open, whether its part is, and its text.
    let mut open: Option<(Value, bool, String)> = None;
    let mut number = 0;
    for block in blocks {
        if *block == ": keep-alive" {
            continue;
        }
        assert_eq!(client.ending, Ending::None, "something after the ending");
        let (name, data) = block.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
        let event: Value = serde_json::from_str(data).unwrap();
        assert_eq!((&event["type"], &event["sequence_number"]), (&json!(name), &json!(number)));
        let response = &event["response"];
        if response.is_object() {
            resource(response);
            assert_eq!(response["model"], MODEL);
        } else if let Some(index) = event.get("output_index") {
            assert_eq!(index, items.len());
        }
        if let (Some(id), Some((item, ..))) = (event.get("item_id"), &open) {
            assert_eq!(id, &item["id"]);
        }
        let kind = open.as_ref().map(|(item, ..)| item["type"].as_str().unwrap().to_owned());
        match (name, kind.as_deref()) {
            ("response.created" | "response.in_progress", None) => {
                let place = i32::from(name != "response.created");
                assert_eq!((number, &response["status"]), (place, &json!("in_progress")));
                assert_eq!(response["output"], json!([]));
            }
            ("response.output_item.added", None) => {
                assert_eq!(event["item"]["status"], "in_progress");
                open = Some((event["item"].clone(), false, String::new()));
            }
            ("response.content_part.added", Some("message"))
            | ("response.reasoning_summary_part.added", Some("reasoning")) => {
                let (_, has_part, _) = open.as_mut().unwrap();
                assert!(!*has_part && event["part"]["text"] == "");
                *has_part = true;
            }
            ("response.output_text.delta", Some("message"))
            | ("response.reasoning_summary_text.delta", Some("reasoning")) => {
                let (_, has_part, text) = open.as_mut().unwrap();
                assert!(*has_part);
                let delta = event["delta"].as_str().unwrap();
                assert_ne!(delta, "");
                *text += delta;
                let said = if kind.as_deref() == Some("message") {
                    &mut client.text
                } else {
                    &mut client.reasoning
                };
                *said += delta;
            }
            ("response.output_text.done", Some("message"))
            | ("response.reasoning_summary_text.done", Some("reasoning")) => {
                assert_eq!(event["text"], open.as_ref().unwrap().2.as_str());
            }
            ("response.content_part.done", Some("message"))
            | ("response.reasoning_summary_part.done", Some("reasoning")) => {
                let (_, has_part, text) = open.as_mut().unwrap();
                assert!(*has_part && event["part"]["text"] == text.as_str());
                *has_part = false;
            }
            ("response.output_item.done", Some(_)) => {
                let (item, has_part, text) = open.take().unwrap();
                let done = &event["item"];
                assert!(!has_part);
                assert_eq!((&item["id"], &item["type"]), (&done["id"], &done["type"]));
                let list = if item["type"] == "message" { "content" } else { "summary" };
                assert_eq!(done[list][0]["text"], text.as_str());
                items.push(done.clone());
            }
            ("response.failed", _) => {
                assert_eq!(response["status"], "failed");
                client.ending = Ending::Failed(response["error"].clone());
            }
            ("response.completed" | "response.incomplete", None) => {
                assert_eq!(format!("response.{}", response["status"].as_str().unwrap()), name);
                assert_eq!(response["output"], json!(items));
                let last = items.last().map(|item| &item["status"]);
                assert!(last.is_none_or(|status| *status == response["status"]));
                let finish = if name == "response.completed" {
                    assert!(response["incomplete_details"].is_null());
                    &response["status"]
                } else {
                    &response["incomplete_details"]["reason"]
                };
                client.ending = Ending::Clean(finish.clone(), response["usage"].clone());
            }
            (other, _) => panic!("an event named {other}"),
        }
        number += 1;
    }
    assert_ne!(client.ending, Ending::None, "no ending");
    client
}

/// Everything that a response must have.
pub(crate) fn resource(response: &Value) {
    const NEEDED: &str = "id object created_at completed_at status incomplete_details model \
        previous_response_id instructions output error tools tool_choice truncation \
        parallel_tool_calls text top_p presence_penalty frequency_penalty top_logprobs temperature \
        reasoning user usage max_output_tokens max_tool_calls store background service_tier \
        metadata safety_identifier prompt_cache_key";
    for field in NEEDED.split_whitespace() {
        assert!(response.get(field).is_some(), "{field} is missing");
    }
    assert_eq!((&response["object"], &response["store"]), (&json!("response"), &json!(false)));
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// The lengths of the first few pieces.
fn lengths(pieces: &[&[u8]]) -> Vec<usize> {
    pieces.iter().take(8).map(|piece| piece.len()).collect()
}
