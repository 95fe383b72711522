//! Reads the rows of the table of forms (`table.mjs`) as the gateway does, natively: one row
//! a line of JSON on stdin, what became of it a line on stdout.
//!
//! A row has `text`, what the model answers; `tools` (`{name, description, parameters}`); and
//! maybe `user`, what was asked. `{{user}}` in the text is that, as the model was shown it.
//! Of each row it writes:
//!
//! - `whole`: the text and the calls of the answer in one piece;
//! - `cut`: the first cut into two pieces, or into single characters (at 0), with which they are
//!   others, and these; else null;
//! - `early`: every list of calls that an answer which ends early makes, once, with the first
//!   place of such an end.
//!
//! Places are in bytes of the text.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for the tests")]

use std::io::{self, BufRead as _, Write as _};

use degpt_edge::{
    answer::{Counting, Limiter, Stages},
    chat::{Event, Finish, Limits, Part, Prompt, Role},
    tools::{Stage, instruct},
};
use serde_json::{Value, json};

#[path = "../../core/support/apis.rs"]
mod apis;

fn main() {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let row: Value = serde_json::from_str(&line.unwrap()).unwrap();
        writeln!(out, "{}", read(&row)).unwrap();
    }
}

fn read(row: &Value) -> Value {
    let body = request(row).to_string();
    let mut prompt = apis::openai(body.as_bytes()).unwrap();
    instruct(&mut prompt);
    let text = row["text"].as_str().unwrap().replace("{{user}}", &shown(&prompt));
    let start =
        Stages::new(Stage::new(&prompt), Limiter::new(&Limits::default(), 7, Counting::Off));
    let whole = Outcome::of(&start, &[&text]);
    json!({
        "id": row["id"],
        "whole": whole.json(),
        "cut": first_other(&start, &text, &whole),
        "early": early(&start, &text),
    })
}

fn request(row: &Value) -> Value {
    let tools: Vec<Value> = row["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| json!({"type": "function", "function": tool}))
        .collect();
    let user = row["user"].as_str().unwrap_or("What is the weather in Paris?");
    json!({"messages": [{"role": "user", "content": user}], "tools": tools})
}

/// What the model is shown of the user's words.
fn shown(prompt: &Prompt<'_>) -> String {
    let turn = prompt.turns.iter().find(|turn| turn.role == Role::User).unwrap();
    let texts = turn.parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_ref()),
        _ => None,
    });
    texts.collect()
}

/// What a client gets: its text, and its calls in order.
#[derive(Clone, Default, PartialEq)]
struct Outcome {
    text: String,
    calls: Vec<Value>,
    ended: bool,
}

impl Outcome {
    fn of(start: &Stages, pieces: &[&str]) -> Self {
        let (mut stages, mut outcome) = (start.clone(), Self::default());
        for piece in pieces {
            outcome.take(&mut stages, Event::Text(piece));
        }
        outcome.take(&mut stages, Event::End(Finish::Stop));
        outcome
    }

    /// Has `stages` take an event.
    fn take(&mut self, stages: &mut Stages, event: Event<'_>) {
        if self.ended {
            return;
        }
        stages.push(event, &mut |event| match event {
            Event::Text(text) => self.text.push_str(text),
            Event::ToolCall { name, arguments } => {
                let arguments: Value = serde_json::from_str(arguments).unwrap();
                self.calls.push(json!({"name": name, "arguments": arguments}));
            }
            Event::End(_) => self.ended = true,
            Event::Reasoning(_) | Event::WebCall { .. } | Event::WebResult(_) => {}
        });
    }

    fn json(&self) -> Value {
        json!({"text": self.text, "calls": self.calls})
    }
}

fn first_other(start: &Stages, text: &str, whole: &Outcome) -> Value {
    let characters: Vec<&str> = text.split_inclusive(|_| true).collect();
    let single = Outcome::of(start, &characters);
    if single != *whole {
        return json!({"at": 0, "got": single.json()});
    }
    for (at, _) in text.char_indices().skip(1) {
        let (head, tail) = text.split_at(at);
        let got = Outcome::of(start, &[head, tail]);
        if got != *whole {
            return json!({"at": at, "got": got.json()});
        }
    }
    Value::Null
}

/// Ends the answer after each character.
fn early(start: &Stages, text: &str) -> Vec<Value> {
    let (mut stages, mut outcome) = (start.clone(), Outcome::default());
    let mut seen: Vec<(usize, Vec<Value>)> = Vec::new();
    let mut at = 0;
    for piece in text.split_inclusive(|_| true) {
        at += piece.len();
        outcome.take(&mut stages, Event::Text(piece));
        let (mut stages, mut outcome) = (stages.clone(), outcome.clone());
        outcome.take(&mut stages, Event::End(Finish::Stop));
        if seen.iter().all(|(_, calls)| *calls != outcome.calls) {
            seen.push((at, outcome.calls));
        }
    }
    seen.into_iter().map(|(at, calls)| json!({"at": at, "calls": calls})).collect()
}
