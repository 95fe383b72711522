//! What is true of the calls that are found in a model's words, whatever the words are:
//! one function for each promise, in the way of `units.rs`.
#![allow(unreachable_pub, reason = "the fuzz targets use it as a library")]
#![expect(clippy::unwrap_used, reason = "a broken promise is to end the test")]

use super::apis;
use degpt_edge::{
    chat::{Event, Part, Prompt, Quotes},
    tools::{Stage, instruct},
};
use serde_json::{Value, json};

const NAMES: [&str; 3] = ["get_weather", "write_file", "a"];

/// A request with these tools, which holds `text` in every place there is for one.
fn request(text: &str) -> String {
    let tool = |name: &&str| {
        let schema = json!({"type": "object", "description": text});
        json!({"type": "function", "function": {"name": name, "description": text, "parameters": schema}})
    };
    let call = json!({"id": text, "type": "function", "function": {"name": "look", "arguments": json!({"a": text}).to_string()}});
    json!({
        "messages": [
            {"role": "system", "content": text},
            {"role": "user", "content": [{"type": "text", "text": text}]},
            {"role": "assistant", "content": text, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": text, "content": text},
            {"role": "user", "content": text},
        ],
        "tools": NAMES.iter().map(tool).collect::<Vec<_>>(),
    })
    .to_string()
}

/// The events of an answer in these pieces, with neighbouring texts joined.
pub fn events(prompt: &Prompt<'_>, pieces: &[&str]) -> Vec<String> {
    events_of(&NAMES, prompt, pieces)
}

/// The same where tools with these names are declared.
pub fn events_of(names: &[&str], prompt: &Prompt<'_>, pieces: &[&str]) -> Vec<String> {
    let mut stage = Stage::new(prompt).unwrap();
    let mut seen: Vec<String> = Vec::new();
    let mut ended = false;
    let mut on_event = |event: Event<'_>| {
        assert!(!ended, "something after the end");
        match event {
            Event::Text(text) => {
                assert_ne!(text, "", "nothing said");
                match seen.last_mut().filter(|last| last.starts_with('T')) {
                    Some(last) => last.push_str(text),
                    None => seen.push(format!("T{text}")),
                }
            }
            Event::ToolCall { name, arguments } => {
                assert!(names.contains(&name), "{name} was not declared");
                let read: Value = serde_json::from_str(arguments).unwrap();
                assert!(read.is_object(), "{arguments}");
                seen.push(format!("C{name} {arguments}"));
            }
            Event::WebCall { tool, input } => seen.push(format!("W{tool:?} {input}")),
            Event::End(_) => ended = true,
            Event::Reasoning(_) | Event::WebResult(_) => {}
        }
    };
    for piece in pieces {
        stage.push(Event::Text(piece), &mut on_event);
    }
    stage.push(Event::End(degpt_edge::chat::Finish::Stop), &mut on_event);
    seen
}

/// The same texts and calls for every cut; each call is of what is declared, with an
/// object. The first byte says what the conversation quotes, the second a place to cut.
pub fn calls(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut chars = text.chars();
    let [what, place] = [chars.next(), chars.next()].map(|ch| ch.map_or(0, u32::from));
    let words = chars.as_str();
    if words.is_empty() {
        return;
    }
    let body = request("Hi");
    let mut prompt = apis::openai(body.as_bytes()).unwrap();
    if let Some(tools) = &mut prompt.tools {
        tools.quotes = Quotes { tags: what & 1 == 1, objects: what & 2 == 2 };
    }
    let whole = events(&prompt, &[words]);
    let characters: Vec<&str> = words.split_inclusive(|_| true).collect();
    assert_eq!(events(&prompt, &characters), whole);
    let place = words.floor_char_boundary(place as usize % (words.len() + 1));
    let (head, tail) = words.split_at(place);
    assert_eq!(events(&prompt, &[head, tail]), whole);
    if what & 1 == 0 && whole.iter().all(|event| event.starts_with('T')) {
        assert_eq!(whole, [format!("T{words}")]);
    }
}

/// Wherever a text stands in a conversation: a model that repeats it calls nothing, and
/// the client reads what it wrote.
pub fn quotes(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let body = request(&text);
    let Ok(mut prompt) = apis::openai(body.as_bytes()) else {
        return;
    };
    instruct(&mut prompt);
    let shown: Vec<&str> = prompt.turns.iter().flat_map(|turn| texts(&turn.parts)).collect();
    // The instructions are the second text of the system's turn.
    let [first, instructions, others @ ..] = shown.as_slice() else {
        unreachable!("{shown:?}");
    };
    assert!(instructions.contains("# Tools"), "{shown:?}");
    assert_eq!(others.len(), 4);
    let is_marked = prompt.tools.as_ref().is_some_and(|tools| tools.quotes.tags);
    for seen in others.iter().chain([first]) {
        assert_eq!(*seen == text, !is_marked);
        echo(&prompt, seen, &text);
        echo(&prompt, &format!("It says:\n\n{seen}"), &format!("It says:\n\n{text}"));
        echo(&prompt, &format!("```\n{seen}\n```"), &format!("```\n{text}\n```"));
    }
    for line in instructions.lines().filter(|line| line.starts_with('{')) {
        assert!(calls_of(&events(&prompt, &[line])).is_empty(), "{line}");
    }
}

fn echo(prompt: &Prompt<'_>, words: &str, expected: &str) {
    if words.is_empty() {
        return;
    }
    let seen = events(prompt, &[words]);
    assert!(calls_of(&seen).is_empty(), "nobody's call: {seen:?} of {words:?}");
    assert_eq!(seen, [format!("T{expected}")]);
}

fn calls_of(events: &[String]) -> Vec<&String> {
    events.iter().filter(|event| event.starts_with('C')).collect()
}

fn texts<'p>(parts: &'p [Part<'_>]) -> Vec<&'p str> {
    let texts = parts.iter().flat_map(|part| match part {
        Part::Text(text) => vec![text.as_ref()],
        Part::ToolResult { parts, .. } => texts(parts),
        _ => Vec::new(),
    });
    texts.collect()
}
