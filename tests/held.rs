//! What is held back of an answer until it is certain what it is: never much, whatever
//! comes, and none of it is lost or takes long.
#![expect(clippy::unwrap_used, reason = "what does not fit the test is to end it")]

use std::time::{Duration, Instant};

use degpt_edge::{chat::Event, tools};

#[path = "core/support/apis.rs"]
mod apis;
use serde_json::json;

/// Twice what may be held, for the growth of its buffers, and of several of them.
const MOST_HELD_BYTES: usize = 8 << 20;
const BYTES: usize = 6 << 20;

/// Says `start` and then `more` again and again; returns what came out as text.
fn say(request: &serde_json::Value, start: &str, more: &str) -> String {
    let body = request.to_string();
    let mut prompt = apis::openai(body.as_bytes()).unwrap();
    tools::instruct(&mut prompt);
    let mut stage = tools::Stage::new(&prompt).unwrap();
    let mut out = String::new();
    let mut most_bytes = 0;
    let piece = more.repeat(4_096 / more.len());
    let pieces = std::iter::once(start).chain(std::iter::repeat_n(piece.as_str(), BYTES / 4_096));
    for piece in pieces {
        stage.push(Event::Text(piece), &mut |event| {
            if let Event::Text(text) = event {
                out.push_str(text);
            }
        });
        most_bytes = most_bytes.max(stage.held_bytes());
    }
    assert!(most_bytes < MOST_HELD_BYTES, "{start:?} {more:?}: {most_bytes} bytes are held");
    out
}

#[test]
fn what_could_be_a_call_for_ever_is_text_in_the_end() {
    let tool = json!({"type": "function", "function": {"name": "f"}});
    let with_tools = json!({
        "messages": [{"role": "user", "content": "I saw <tool_call> somewhere."}],
        "tools": [tool],
    });
    let json_wanted = json!({
        "messages": [{"role": "user", "content": "a"}],
        "response_format": {"type": "json_object"},
    });
    let table = [
        (&with_tools, "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"", "x"),
        (&with_tools, "<tool_call>", "\n"),
        (&with_tools, "<tool_call>", "{\"a\":"),
        (&with_tools, "```json\n", " "),
        (&with_tools, "a", " "),
        (&with_tools, "a <", "~"),
        (&with_tools, "a <~", " "),
        (&json_wanted, "", "no object "),
        (&json_wanted, "{", " "),
    ];
    for (request, start, more) in table {
        let begin = Instant::now();
        let out = say(request, start, more);
        let spent = begin.elapsed();
        assert!(spent < Duration::from_secs(20), "{start:?} {more:?}: {spent:?}");
        // All but what is still held: at most a buffer's worth.
        assert!(out.len() + (2 << 20) > BYTES, "{start:?} {more:?}: {} bytes", out.len());
        assert!(out.starts_with(start), "{start:?} {more:?}");
    }
}
