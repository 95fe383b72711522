//! How answers end that DeGPT ends in order: without a word, at a limit that it does not tell, and
//! with a text that goes on from another.

use std::slice::from_ref;

use degpt_edge::{
    answer::{Counting, Limiter, Stages},
    chat::{Event, Finish, Limits, Reasoning},
    tools::Stage,
};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use crate::support::apis;

/// What comes out for a client: the text, the calls, the finish.
#[derive(Debug, Default, PartialEq)]
struct Said {
    text: String,
    calls: Vec<String>,
    finish: Option<Finish>,
}

fn stages(tools: Option<Stage>, limits: &Limits) -> Stages {
    Stages::new(tools, Limiter::new(limits, 0, Counting::On))
}

type Tools = fn() -> Option<Stage>;

/// Passes `events` and then the model's end.
fn pass(stages: &mut Stages, events: &[Event<'_>]) -> Said {
    let mut said = Said::default();
    let end = Event::End(Finish::Stop);
    for event in events.iter().chain([&end]) {
        stages.push(event.clone(), &mut |event| match event {
            Event::Text(text) => said.text.push_str(text),
            Event::ToolCall { name, arguments } => said.calls.push(format!("{name} {arguments}")),
            Event::End(finish) => said.finish = Some(finish),
            Event::Reasoning(_) | Event::WebCall { .. } | Event::WebResult(_) => {}
        });
        if said.finish.is_some() {
            break;
        }
    }
    said
}

fn stage(body: &Value) -> Option<Stage> {
    let body = body.to_string();
    Stage::new(&apis::openai(body.as_bytes()).unwrap_or_else(|error| unreachable!("{error:?}")))
}

fn with_tool() -> Option<Stage> {
    let tool = json!({"type": "function", "function": {"name": "write"}});
    let body = json!({"messages": [{"role": "user", "content": "Hi"}], "tools": [tool]});
    stage(&body)
}

fn with_format() -> Option<Stage> {
    let format = json!({"type": "json_object"});
    let messages = json!([{"role": "user", "content": "Hi"}]);
    let body = json!({"messages": messages, "response_format": format});
    stage(&body)
}

#[test]
fn an_answer_without_a_word_is_none_unless_a_limit_ended_it() {
    let think = Event::Reasoning("Let me think");
    let none = Limits::default();
    let stop = Limits { stop: vec!["\n".to_owned()], ..Limits::default() };
    let short = Limits { max_total_tokens: Some(2), ..Limits::default() };
    let long = Limits { max_total_tokens: Some(200), ..Limits::default() };
    let table: [(&[Event<'_>], &Limits, bool); 12] = [
        (&[], &none, true),
        (from_ref(&think), &none, true),
        (&[think.clone(), Event::Text(" \n")], &none, true),
        (&[Event::Text("<think>Hm</think>\n")], &none, true),
        (&[Event::Text("<think>Hm")], &none, true),
        (&[Event::Text("<|channel|>final<|message|>")], &none, true),
        (&[think.clone(), Event::Text("Yes")], &none, false),
        (&[Event::Text("<think>Hm</think>Yes")], &none, false),
        // White space alone was always an answer.
        (&[Event::Text(" \n")], &none, false),
        (&[think.clone(), Event::Text(" \n")], &stop, false),
        (from_ref(&think), &short, false),
        (from_ref(&think), &long, true),
    ];
    for (events, limits, expected) in table {
        for passes in [Reasoning::Shown, Reasoning::Hidden] {
            let limiter = Limiter::new(limits, 0, Counting::On).with(passes);
            let mut stages = Stages::new(None, limiter);
            pass(&mut stages, events);
            assert_eq!(stages.is_unanswered(), expected, "{events:?} {limits:?}");
        }
    }
    let mut stages = stages(with_tool(), &none);
    let call = "<tool_call>{\"name\": \"write\", \"arguments\": {}}</tool_call>";
    let said = pass(&mut stages, &[Event::Reasoning("Hm"), Event::Text(call)]);
    assert!(!stages.is_unanswered() && said.calls.len() == 1, "{said:?}");
}

#[test]
fn at_the_most_that_a_model_writes_an_answer_is_cut_off_unless_it_is_complete() {
    let words = "word ".repeat(800);
    let call = |end: &str| {
        format!("<tool_call>{{\"name\": \"write\", \"arguments\": {{\"text\": \"{words}{end}")
    };
    let none = || None;
    let table: [(&str, Tools, String, Finish, usize); 9] = [
        ("short", none, "word ".repeat(700), Finish::Stop, 0),
        ("long", none, words.clone(), Finish::Length, 0),
        ("longer", none, words.repeat(2), Finish::Length, 0),
        ("long with tools", with_tool, words.clone(), Finish::Length, 0),
        ("a whole call", with_tool, call("\"}}</tool_call>"), Finish::ToolCalls, 1),
        ("a whole call and space", with_tool, call("\"}}</tool_call>\n"), Finish::ToolCalls, 1),
        ("half a call", with_tool, call(""), Finish::Length, 1),
        ("a whole value", with_format, format!("{{\"a\": \"{words}\"}}"), Finish::Stop, 0),
        ("half a value", with_format, format!("{{\"a\": \"{words}"), Finish::Length, 0),
    ];
    for (name, tools, text, finish, calls) in table {
        for size in [7, text.len()] {
            let pieces: Vec<Event<'_>> = text
                .as_bytes()
                .chunks(size)
                .map(|piece| Event::Text(std::str::from_utf8(piece).unwrap_or_default()))
                .collect();
            let mut stages = stages(tools(), &Limits::default()).at_most(Some(1_000));
            let said = pass(&mut stages, &pieces);
            assert_eq!((said.finish, said.calls.len()), (Some(finish.clone()), calls), "{name}");
        }
    }
    let mut with_reasoning = stages(None, &Limits::default()).at_most(Some(1_000));
    let said = pass(&mut with_reasoning, &[Event::Reasoning(&words), Event::Text("So.")]);
    assert_eq!(said.finish, Some(Finish::Length));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_text_that_goes_on_is_the_same_for_every_cut(
        tail in "[ab\n é😀<]{0,20}",
        repeats in any::<bool>(),
        thinks in any::<bool>(),
        sizes in vec(1..9_usize, 1..4),
    ) {
        let prefix = "Once upon a time in b\u{e9}b\u{e9}";
        let answer = format!("{}{tail}", if repeats { prefix } else { "" });
        let answer = if thinks { format!("<think>Hm</think>{answer}") } else { answer };
        let chars: Vec<char> = answer.chars().collect();
        let mut pieces: Vec<String> = Vec::new();
        let mut rest = chars.as_slice();
        for size in sizes.iter().cycle() {
            let (piece, more) = rest.split_at((*size).min(rest.len()));
            pieces.push(piece.iter().collect());
            rest = more;
            if rest.is_empty() {
                break;
            }
        }
        pieces.retain(|piece| !piece.is_empty());
        let events: Vec<Event<'_>> = pieces.iter().map(|piece| Event::Text(piece)).collect();
        let limits = Limits { stop: vec!["a<".to_owned()], ..Limits::default() };
        let mut cut = stages(None, &limits).after(prefix.into());
        let mut whole = stages(None, &limits).after(prefix.into());
        let one = [Event::Text(answer.as_str())];
        let one = if answer.is_empty() { &[] } else { one.as_slice() };
        let said = pass(&mut cut, &events);
        prop_assert_eq!(&said, &pass(&mut whole, one));
        prop_assert!(!repeats || !said.text.contains("upon"), "{:?}", said);
    }
}
