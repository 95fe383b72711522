//! Answers of which the client wants something: a JSON object, or a call. What of
//! the model's words is left, and when it is asked again.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends where something is not as it must be"
)]

use crate::support::{
    apis::{self, ANTHROPIC, OPENAI},
    requests::{Parse, body},
    streams::{stages, upstream},
};
use std::fmt::Write as _;

use degpt_edge::dialect::Api;
use degpt_edge::{
    answer::{self, Progress, Translator},
    chat::{Limits, Phase, Stamp, UsageReport},
    degpt,
    error::Error,
    tools::{self, Fit, Stage, Strict, Wanted},
};
use proptest::prelude::*;
use serde_json::{Value, json};

const FAR: usize = 16 << 20;

fn weather() -> Value {
    json!([{"type": "function", "function": {"name": "weather"}}])
}

#[test]
fn of_an_answer_in_json_the_object_is_left() {
    // What the model writes, what is left, and whether that is JSON.
    let table = [
        (r#"{"a": 1}"#, r#"{"a": 1}"#, true),
        ("{}", "{}", true),
        ("{ \n}", "{ \n}", true),
        (" \n{\"a\": 1}\n", "{\"a\": 1}", true),
        ("```json\n{\"a\": 1}\n```", "{\"a\": 1}", true),
        ("```\n{\n  \"a\": [1, {}]\n}\n```\n", "{\n  \"a\": [1, {}]\n}", true),
        ("Here you are:\n{\"a\": 1}\nAnything else?", "{\"a\": 1}", true),
        ("In {braces}: {\"a\": 1}", "{\"a\": 1}", true),
        ("{{\"a\": 1}", "{\"a\": 1}", true),
        (r#"{"a": "}\" {[", "b": {"c": "\\"}} tail"#, r#"{"a": "}\" {[", "b": {"c": "\\"}}"#, true),
        (r#"{"中": "😀"} 好"#, r#"{"中": "😀"}"#, true),
        (r#"{"a": 1}{"b": 2}"#, r#"{"a": 1}{"b": 2}"#, false),
        (r#" {"a": 1} or {"a": 2} ?"#, r#"{"a": 1} or {"a": 2} ?"#, false),
        (r#"{"a": 1} or {"a": "#, r#"{"a": 1} or {"a": "#, false),
        (r#"{"a": 1} as in [1] and {a}"#, r#"{"a": 1}"#, true),
        (r#"No {"a": 1}, but {"a": 2}"#, r#"No {"a": 1}, but {"a": 2}"#, false),
        (r#"First {"a": 1}, and again {"a": 1}"#, r#"{"a": 1}"#, true),
        (r#"As in {"a: 1}"#, r#"{"a: 1}"#, false),
        (r#"See [{"a": 1}]: {"b": 2}"#, r#"{"b": 2}"#, true),
        (r#"[{"a": 1}]"#, r#"[{"a": 1}]"#, false),
        ("I cannot do that.\n", "I cannot do that.\n", false),
        ("I cannot {do} that {", "I cannot {do} that {", false),
        (r#"{"a": 1"#, r#"{"a": 1"#, false),
        (r#"{"a": 1,}"#, r#"{"a": 1,}"#, false),
        ("[1, 2]", "[1, 2]", false),
    ];
    let body = body(&json!({"response_format": {"type": "json_object"}}));
    let prompt = apis::openai(&body).unwrap();
    let wanted = Wanted::by(&prompt);
    for (words, left, is_json) in table {
        let places = words.char_indices().map(|(place, _)| words.split_at(place).into());
        for pieces in places.chain([<[&str; 2]>::from((words, ""))]) {
            let answer =
                answer::whole(&upstream(&pieces, None), stages(&prompt, &Limits::default()))
                    .unwrap();
            assert_eq!(answer.text, left, "{pieces:?}");
            let fit =
                wanted.fit(&answer, &Strict::default(), &|_, _| unreachable!("there is no schema"));
            assert_eq!(fit == Fit::Fits, is_json, "{words}");
            assert_eq!(fit.header().is_none(), is_json, "{words}");
            assert_eq!(wanted.correction(&answer, &fit).is_none(), is_json, "{words}");
        }
    }
}

#[test]
fn an_object_before_any_words_flows_as_it_comes() {
    let body = body(&json!({"response_format": {"type": "json_object"}}));
    let prompt = apis::openai(&body).unwrap();
    let mut stage = Stage::new(&prompt).unwrap();
    let mut said = String::new();
    for (piece, expected) in [
        (" ``", ""),
        ("`json\n", ""),
        ("{", ""),
        ("\"a", "{\"a"),
        ("\": [", "{\"a\": ["),
        ("1]} ok", "{\"a\": [1]}"),
    ] {
        stage.push(degpt_edge::chat::Event::Text(piece), &mut |event| {
            if let degpt_edge::chat::Event::Text(text) = event {
                said.push_str(text);
            }
        });
        assert_eq!(said, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_words_and_values_one_value_is_left_or_all(
        words in prop::collection::vec("[a-z .,{`\n]{0,9}", 4),
        values in prop::collection::vec(
            prop::sample::select(vec!["{}", "{ \"a\": [1, {}] }", "{\"}\": \"\\\"{\"}"]),
            0..3,
        ),
        cuts in prop::collection::vec(0..40_usize, 0..4),
    ) {
        // A point, so that no bracket among the words takes a value for its own.
        let values_then_none = values.iter().copied().chain(std::iter::repeat(""));
        let text = words.iter().zip(values_then_none).fold(String::new(), |text, (words, value)| {
            format!("{text}{words}. {value}")
        });
        let prompt_body = body(&json!({"response_format": {"type": "json_object"}}));
        let prompt = apis::openai(&prompt_body).unwrap();
        let reduce = |pieces: &[&str]| {
            let stages = stages(&prompt, &Limits::default());
            answer::whole(&upstream(pieces, None), stages).unwrap().text
        };
        let whole = reduce(&[&text]);
        let mut distinct = values.clone();
        distinct.dedup();
        prop_assert_eq!(&whole, if let [only] = distinct.as_slice() { only } else { text.as_str() });
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        for cut in cuts {
            let (piece, more) = rest.split_at(rest.floor_char_boundary(cut));
            pieces.push(piece);
            rest = more;
        }
        pieces.push(rest);
        prop_assert_eq!(reduce(&pieces), whole);
    }
}

#[test]
fn a_model_with_tools_and_a_form_may_do_either() {
    let fields = json!({"tools": weather(), "response_format": {"type": "json_object"}});
    let body = body(&fields);
    let prompt = apis::openai(&body).unwrap();
    let call = "Look:\n<tool_call>{\"name\": \"weather\"}</tool_call>";
    let answer =
        answer::whole(&upstream(&[call], None), stages(&prompt, &Limits::default())).unwrap();
    assert_eq!((answer.text.as_str(), answer.calls.len()), ("Look:", 1));
    let fit = Wanted::by(&prompt)
        .fit(&answer, &Strict::default(), &|_, _| unreachable!("a call is not judged"));
    assert_eq!(fit, Fit::Fits);
    let answer =
        answer::whole(&upstream(&["Ok: {\"a\": 1}."], None), stages(&prompt, &Limits::default()))
            .unwrap();
    assert_eq!((answer.text.as_str(), answer.calls.len()), ("{\"a\": 1}", 0));
}

#[test]
fn the_form_is_read_in_both_dialects() {
    /// A reader, a form, and whether it is strict, if there is one, or what is wrong.
    type Row = (Parse, Value, Result<Option<bool>, &'static str>);

    let schema = json!({"type": "object", "properties": {}});
    let json_schema = json!({"type": "json_schema", "schema": schema});
    let table: [Row; 12] = [
        (apis::openai, json!({"response_format": null}), Ok(None)),
        (apis::openai, json!({"response_format": {"type": "text"}}), Ok(None)),
        (apis::openai, json!({"response_format": {"type": "json_object"}}), Ok(Some(false))),
        (
            apis::openai,
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "strict": true, "schema": schema}}}),
            Ok(Some(true)),
        ),
        (
            apis::openai,
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}),
            Err("response_format.json_schema.schema"),
        ),
        (apis::openai, json!({"response_format": {"type": "yaml"}}), Err("response_format.type")),
        (apis::anthropic, json!({"output_config": {"format": null}}), Ok(None)),
        (apis::anthropic, json!({"output_config": {"format": json_schema}}), Ok(Some(true))),
        (apis::anthropic, json!({"output_format": json_schema}), Ok(Some(true))),
        (
            apis::anthropic,
            json!({"output_format": {"type": "json_schema"}}),
            Err("output_format.schema"),
        ),
        (
            apis::anthropic,
            json!({"output_config": {"format": {"type": "x"}}}),
            Err("output_config.format.type"),
        ),
        (apis::anthropic, json!({}), Ok(None)),
    ];
    for (parse, fields, expected) in table {
        let body = body(&fields);
        let read = match parse(&body) {
            Ok(mut prompt) => {
                let format = prompt.format.map(|format| format.schema.is_some());
                tools::instruct(&mut prompt);
                assert_eq!(prompt.turns.len(), if format.is_some() { 2 } else { 1 });
                Ok(format)
            }
            Err(Error::Invalid { param: Some(param), .. }) => Err(param),
            Err(error) => unreachable!("{error:?}"),
        };
        assert_eq!(read, expected.map_err(str::to_owned), "{fields}");
    }
    let effort = body(&json!({"output_config": {"effort": "high"}}));
    assert_eq!(apis::anthropic(&effort).unwrap().notes.ignored(), ["output_config.effort"]);
}

/// A translator that waits for a call, and what it has written.
struct Waiting {
    translator: Translator,
    out: Vec<u8>,
}

impl Waiting {
    fn new(dialect: &'static Api) -> Self {
        let body = body(&json!({"tools": weather(), "tool_choice": "required"}));
        let prompt = apis::openai(&body).unwrap();
        let stamp = Stamp { id: "s".to_owned(), unix_s: 1 };
        let encoder = apis::encoder(dialect, UsageReport::Included, "m", &stamp, 0);
        let translator = Translator::new(encoder, stages(&prompt, &Limits::default()), FAR);
        Self { translator: translator.wait_for_call(), out: Vec::new() }
    }

    fn push(&mut self, pieces: &[&str]) -> Progress {
        let bytes = upstream(pieces, None);
        let end = bytes.len() - "data: [DONE]\n\n".len();
        self.translator.push(&bytes[..end], &mut self.out)
    }

    fn done(&mut self) -> Progress {
        self.translator.push(b"data: [DONE]\n\n", &mut self.out)
    }

    /// All texts of the stream in one, a call as its name in brackets, and the end.
    fn said(&self) -> String {
        let text = String::from_utf8(self.out.clone()).unwrap();
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        let mut said = String::new();
        for event in data.filter(|data| *data != "[DONE]") {
            let event: Value = serde_json::from_str(event).unwrap();
            let choice = &event["choices"][0];
            said.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
            said.push_str(event["delta"]["text"].as_str().unwrap_or_default());
            let call = &choice["delta"]["tool_calls"][0]["function"]["name"];
            let call = call.as_str().or(event["content_block"]["name"].as_str());
            let end = choice["finish_reason"].as_str().or(event["delta"]["stop_reason"].as_str());
            let _ = [call, end].map(|word| word.map(|word| write!(said, "[{word}]")));
        }
        said
    }
}

const CALL: &str = "<tool_call>{\"name\": \"weather\"}</tool_call>";

#[test]
fn a_stream_waits_for_its_call() {
    let ends = [(OPENAI, "tool_calls", "stop"), (ANTHROPIC, "tool_use", "end_turn")];
    for (dialect, called, stopped) in ends {
        // A call comes, and what was said before it comes with it.
        let mut stream = Waiting::new(dialect);
        assert_eq!(stream.push(&["Let me see.\n"]), Progress::Waiting);
        assert_eq!((stream.out.len(), stream.translator.phase()), (0, Phase::Waiting));
        assert_eq!(stream.push(&[CALL]), Progress::Flowing);
        assert_eq!(stream.done(), Progress::Ended);
        assert_eq!(stream.said(), format!("Let me see.[weather][{called}]"));

        // None comes: asked again, and then any answer will do.
        for (second, expected) in [
            (CALL, format!("[weather][{called}]")),
            ("I will not.", format!("I will not.[{stopped}]")),
        ] {
            let mut stream = Waiting::new(dialect);
            assert_eq!(stream.push(&["No."]), Progress::Waiting);
            assert_eq!(stream.done(), Progress::NoCall);
            assert_eq!((stream.out.len(), stream.translator.phase()), (0, Phase::Waiting));
            stream.translator.restart();
            assert_eq!(stream.push(&[second]), Progress::Flowing);
            assert_eq!(stream.done(), Progress::Ended);
            assert_eq!(stream.said(), expected);
        }

        // The second time DeGPT fails: the first answer is better than none.
        let mut stream = Waiting::new(dialect);
        stream.push(&["No."]);
        stream.done();
        stream.translator.restart();
        assert_eq!(stream.translator.finish(&mut stream.out), Progress::Failed(Error::Truncated));
        assert_eq!(stream.translator.fail(Error::Truncated, &mut stream.out), Progress::Ended);
        assert_eq!(stream.said(), format!("No.[{stopped}]"));

        // DeGPT breaks off while nothing is written: that can be asked again as ever.
        let mut stream = Waiting::new(dialect);
        stream.push(&["N"]);
        assert_eq!(stream.translator.finish(&mut stream.out), Progress::Failed(Error::Truncated));
        stream.translator.restart();
        stream.push(&["Look: ", CALL]);
        assert_eq!(stream.done(), Progress::Ended);
        assert_eq!(stream.said(), format!("Look:[weather][{called}]"));

        // The client's headers go out: no more waiting.
        let mut stream = Waiting::new(dialect);
        stream.push(&["Well. "]);
        stream.translator.commit(&mut stream.out);
        assert_eq!(stream.translator.phase(), Phase::Flowing);
        stream.push(&["I will not."]);
        assert_eq!(stream.done(), Progress::Ended);
        assert_eq!(stream.said(), format!("Well. I will not.[{stopped}]"));
    }
}

#[test]
fn asking_again_adds_two_turns() {
    let catalog =
        degpt_edge::catalog::Catalog::new("", "", "deepseek-chat", "doubao-seed-1-6-250615");
    let catalog = catalog.unwrap_or_else(|fault| unreachable!("{fault:?}"));
    let hostile = "],\"project\":\"x\" \\";
    let request = body(&json!({"messages": [{"role": "user", "content": hostile}]}));
    let prompt = apis::openai(&request).unwrap();
    let attachment = degpt_edge::catalog::Attachments::Absent;
    let target = catalog.resolve(None, prompt.thinking, attachment).unwrap();
    for (said, told) in [("No\n\"never\".", "No\n\"never\"."), (" ", "…")] {
        let mut sent = degpt::body(&prompt, &target).unwrap();
        let mut expected: Value = serde_json::from_slice(sent.bytes()).unwrap();
        sent.ask_again(said, "Do.").unwrap();
        sent.ask_again("Now.", "Again.").unwrap();
        let messages = expected["messages"].as_array_mut().unwrap();
        messages.push(json!({"role": "assistant", "content": told}));
        messages.push(json!({"role": "user", "content": "Do."}));
        messages.push(json!({"role": "assistant", "content": "Now."}));
        messages.push(json!({"role": "user", "content": "Again."}));
        assert_eq!(serde_json::from_slice::<Value>(sent.bytes()).unwrap(), expected);
    }
}
