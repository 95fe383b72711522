//! Answers that are to fit a schema: what is judged, what is asked again, and which of
//! two answers the client gets.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends where something is not as it must be"
)]

use crate::support::apis::{ANTHROPIC, OPENAI};
use degpt_edge::dialect::Api;
use serde_json::{Value, json};

use super::{
    attempts::OWN,
    deployment::{Answer, Ask, Deployment, KINDS, Wants},
    world::{Response, Sent},
};

const SCHEMA: &str = r#"{ "type": "object", "title": "of the client's own spelling" }"#;
const GOOD: &str = r#"{"good": 1}"#;
const BETTER: &str = r#"{"good": 2}"#;
const BAD: &str = r#"{"misfit": "at /misfit: reason 1."}"#;
const WORSE: &str = r#"{"misfit": "at /misfit: reason 2."}"#;
const UNKNOWN: &str = r#"{"misfit": null}"#;
const WORDS: &str = "I cannot.";
const CALL: &str = "<tool_call>{\"name\": \"look\"}</tool_call>";

fn says(text: &str) -> Response {
    let chunk = json!({"choices": [{"delta": {"content": text}}]});
    Response::says(format!("data: {chunk}\n\ndata: [DONE]\n\n"))
}

/// A request with these fields, too, for an answer that fits [`SCHEMA`].
fn ask(kind: (&'static Api, Wants), more: &Value) -> Ask {
    let mut ask = Ask::chat(kind);
    let mut body: Value = serde_json::from_str(&ask.body).unwrap();
    body["max_tokens"] = json!(999);
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let form = match kind.0.name {
        "OpenAI" => {
            r#""response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": @}}"#
        }
        _ => r#""output_config": {"format": {"type": "json_schema", "schema": @}}"#,
    };
    let body = body.to_string();
    ask.body = format!("{{{}, {}", form.replace('@', SCHEMA), body.trim_start_matches('{'));
    ask
}

/// What the client is told.
fn said(answer: &Answer) -> String {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let text = &body["choices"][0]["message"]["content"];
    text.as_str().or(body["content"][0]["text"].as_str()).unwrap_or_default().to_owned()
}

/// Asks, and DeGPT gives these answers one after the other. The last turns of the
/// conversations it was sent are returned, too.
fn exchange(ask: Ask, responses: Vec<Response>) -> (Answer, Deployment, Vec<String>) {
    let mut responses = responses.into_iter();
    let script = move |_: &Sent| responses.next().unwrap_or_else(|| Response::status(418));
    let deployment = Deployment::new(&[OWN], script);
    let answer = deployment.ask_one(ask);
    let last_turn = |sent: Sent| {
        let body: Value = serde_json::from_str(&sent.body).unwrap();
        let turns = body["messages"].as_array().unwrap();
        turns.last().unwrap()["content"].as_str().unwrap_or_default().to_owned()
    };
    let turns = deployment.world.sent().into_iter().map(last_turn).collect();
    (answer, deployment, turns)
}

fn wholes() -> impl Iterator<Item = (&'static Api, Wants)> {
    KINDS.into_iter().filter(|kind| kind.1 == Wants::Whole)
}

#[test]
fn the_answer_that_fits_best_is_the_clients() {
    type Row<'a> = (&'a str, Vec<Response>, usize, &'a str, Option<&'a str>, &'a [&'a str]);

    let invalid = Some("invalid");
    // What is answered, how often it is asked, what is left of it, and what was judged.
    let unjudged = Some("unjudged");
    let (several, bad) = (format!("{GOOD}{BAD}"), format!("So {WORSE}. No, {BAD}"));
    let table: [Row<'_>; 18] = [
        ("fits", vec![says(GOOD)], 1, GOOD, None, &[GOOD]),
        ("fits then", vec![says(BAD), says(GOOD)], 2, GOOD, None, &[BAD, GOOD]),
        ("fits at last", vec![says(WORDS), says(GOOD)], 2, GOOD, None, &[GOOD]),
        ("never fits", vec![says(BAD), says(WORSE)], 2, WORSE, invalid, &[BAD, WORSE]),
        ("is JSON then", vec![says(WORDS), says(BAD)], 2, BAD, invalid, &[BAD]),
        ("was JSON", vec![says(BAD), says(WORDS)], 2, BAD, invalid, &[BAD]),
        ("never is JSON", vec![says("No."), says(WORDS)], 2, WORDS, invalid, &[]),
        ("fails then", vec![says(BAD), Response::status(429)], 2, BAD, invalid, &[BAD]),
        ("breaks off then", vec![says(BAD), cut(BETTER)], 2, BAD, invalid, &[BAD]),
        ("cannot be judged", vec![says(UNKNOWN)], 1, UNKNOWN, unjudged, &[UNKNOWN]),
        (
            "cannot be judged then",
            vec![says(BAD), says(UNKNOWN)],
            2,
            UNKNOWN,
            unjudged,
            &[BAD, UNKNOWN],
        ),
        ("is JSON at last", vec![says(WORDS), says(UNKNOWN)], 2, UNKNOWN, unjudged, &[UNKNOWN]),
        ("in a fence", vec![says(&format!("So:\n```json\n{GOOD}\n```"))], 1, GOOD, None, &[GOOD]),
        ("several, then fits", vec![says(&several), says(GOOD)], 2, GOOD, None, &[GOOD]),
        ("several twice", vec![says(&several), says(&several)], 2, GOOD, invalid, &[BAD, GOOD]),
        ("several bad ones", vec![says(&bad), says(WORDS)], 2, BAD, invalid, &[BAD, WORSE]),
        ("several, then none that fits", vec![says(&several), says(BAD)], 2, BAD, invalid, &[BAD]),
        ("half", vec![says(r#"{"misfit": "a"#), says(BETTER)], 2, BETTER, None, &[BETTER]),
    ];
    for (name, responses, asked, left, header, judged) in table {
        for kind in wholes() {
            let (answer, deployment, turns) = exchange(ask(kind, &json!({})), responses.clone());
            assert_eq!((answer.status, said(&answer).as_str()), (200, left), "{name} {kind:?}");
            assert_eq!(answer.header("x-degpt-json"), header, "{name} {kind:?}");
            assert_eq!(turns.len(), asked, "{name} {kind:?}");
            let judged: Vec<_> = judged.iter().map(|text| [SCHEMA, *text]).collect();
            assert_eq!(deployment.world.judged(), judged, "{name} {kind:?}");
        }
    }
}

/// An answer that ends before its end mark.
fn cut(text: &str) -> Response {
    let chunk = json!({"choices": [{"delta": {"content": text}}]});
    Response::says(format!("data: {chunk}\n\n"))
}

#[test]
fn the_model_is_told_what_is_wrong_in_one_short_line() {
    let long = "é".repeat(300);
    let table = [
        ("at /a: no.".to_owned(), "at /a: no.".to_owned()),
        (" one\n\ttwo\u{0}\u{2028}three ".to_owned(), "one two three".to_owned()),
        ("x".repeat(200), "x".repeat(200)),
        (long, format!("{}…", "é".repeat(200))),
    ];
    for (why, told) in table {
        for kind in wholes() {
            let first = json!({"misfit": why}).to_string();
            let (_, _, turns) = exchange(ask(kind, &json!({})), vec![says(&first), says(GOOD)]);
            let expected = format!(
                "That does not fit the JSON schema: {told} Answer again, with one JSON object \
                 that fits it and nothing else."
            );
            assert_eq!(turns.last(), Some(&expected), "{kind:?}");
        }
    }
}

#[test]
fn what_has_gone_out_or_was_not_asked_for_is_not_judged() {
    let (open_ai, anthropic) = (OPENAI, ANTHROPIC);
    // A stream's text has gone out already.
    for dialect in [open_ai, anthropic] {
        let (answer, deployment, turns) =
            exchange(ask((dialect, Wants::Stream), &json!({})), vec![says(BETTER)]);
        assert_eq!((answer.status, turns.len()), (200, 1));
        assert_eq!(deployment.world.judged().len(), 0);
    }
    // A call is made instead.
    let tools = [
        (open_ai, json!({"tools": [{"type": "function", "function": {"name": "look"}}]})),
        (anthropic, json!({"tools": [{"name": "look", "input_schema": {"type": "object"}}]})),
    ];
    for (dialect, tools) in tools {
        let (answer, deployment, turns) =
            exchange(ask((dialect, Wants::Whole), &tools), vec![says(CALL)]);
        assert_eq!((answer.status, answer.header("x-degpt-json"), turns.len()), (200, None, 1));
        assert!(answer.body.contains("look"), "{}", answer.body);
        assert_eq!(deployment.world.judged().len(), 0);
    }
    // There is no schema.
    let object = json!({"response_format": {"type": "json_object"}});
    let mut plain = ask((open_ai, Wants::Whole), &json!({}));
    let mut body: Value = serde_json::from_str(&plain.body).unwrap();
    body["response_format"] = object["response_format"].clone();
    plain.body = body.to_string();
    let (answer, deployment, _) = exchange(plain, vec![says(GOOD)]);
    assert_eq!((said(&answer).as_str(), answer.header("x-degpt-json")), (GOOD, None));
    assert_eq!(deployment.world.judged().len(), 0);
}

#[test]
fn an_answer_that_was_cut_is_judged_and_not_asked_for_again() {
    for kind in wholes() {
        let few = json!({"max_tokens": 3});
        let (answer, _, turns) = exchange(ask(kind, &few), vec![says(BAD)]);
        assert_eq!((answer.header("x-degpt-json"), turns.len()), (Some("invalid"), 1));
    }
}

#[test]
fn a_text_that_is_gone_on_from_stays_the_last() {
    let turns = json!([
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Here it is:"},
    ]);
    for kind in wholes() {
        let prefilled = ask(kind, &json!({"messages": turns}));
        let (answer, deployment, turns) = exchange(prefilled, vec![says(BAD)]);
        assert_eq!((answer.header("x-degpt-json"), turns.len()), (Some("invalid"), 1));
        assert_eq!(deployment.world.judged().len(), 1);
    }
}
