//! What becomes of a model's words when tools were declared: the calls in them, the
//! text that stays text, for both dialects, streamed and whole, however they are cut.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test ends where something is not as it must be"
)]

use crate::support::{
    answers,
    apis::{self, ANTHROPIC, OPENAI},
    streams::{stages, upstream},
};

use degpt_edge::dialect::Reply;
use degpt_edge::{
    answer::{self, Progress, Stages, Translator},
    chat::{Calls, Limits, Prompt, Stamp, Tools, UsageReport},
    tools,
};
use serde_json::{Value, json};

use super::{
    forms::FORMS,
    outputs::{Item, OUTPUTS},
};

const FAR: usize = 16 << 20;

fn stamp() -> Stamp {
    Stamp { id: "01ab-23cd".to_owned(), unix_s: 1_755_952_008 }
}

/// The request whose answers are read: with two tools.
fn request() -> Vec<u8> {
    let tool = |name: &str| json!({"type": "function", "function": {"name": name, "parameters": {"type": "object"}}});
    json!({
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [tool("get_weather"), tool("write_file")],
    })
    .to_string()
    .into_bytes()
}

/// The same with a schema.
fn typed_request() -> Vec<u8> {
    let schema = json!({
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "exact": {"type": "boolean"},
            "at": {"$ref": "#/$defs/place"},
            "tags": {"anyOf": [{"type": "array"}, {"type": "null"}]},
            "code": {"type": ["string", "null"]},
            "text": {"type": "string"},
        },
        "$defs": {"place": {"type": "object"}},
    });
    let request = String::from_utf8(request()).unwrap();
    request.replace(r#"{"type":"object"}"#, &schema.to_string()).into_bytes()
}

/// With the request's prompt, changed as wanted.
fn with_prompt<T>(change: impl Fn(&mut Tools<'_>), run: impl FnOnce(&Prompt<'_>) -> T) -> T {
    with_prompt_of(&request(), change, run)
}

fn with_prompt_of<T>(
    body: &[u8],
    change: impl Fn(&mut Tools<'_>),
    run: impl FnOnce(&Prompt<'_>) -> T,
) -> T {
    let mut prompt = apis::openai(body).unwrap_or_else(|error| unreachable!("{error:?}"));
    prompt.tools.iter_mut().for_each(change);
    run(&prompt)
}

/// Every cut into two, and into single characters.
fn cuts(text: &str) -> Vec<Vec<&str>> {
    let places = text.char_indices().map(|(place, _)| place);
    let mut cuts: Vec<Vec<&str>> =
        places.map(|place| <[&str; 2]>::from(text.split_at(place)).to_vec()).collect();
    cuts.push(text.split_inclusive(|_| true).collect());
    cuts
}

/// What a client reads: its items, with neighbouring texts joined, and the reason of the end.
type Seen = (Vec<Value>, String);

fn add_text(items: &mut Vec<Value>, text: &str) {
    match items.last_mut() {
        Some(Value::String(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => items.push(text.into()),
    }
}

fn events(stream: &[u8]) -> Vec<Value> {
    let text = String::from_utf8(stream.to_vec()).unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
}

/// An OpenAI client's reading: all text first, for its shape keeps no order.
fn read_openai_stream(stream: &[u8]) -> Seen {
    let (mut text, mut calls, mut finish) = (String::new(), Vec::<(String, String)>::new(), None);
    for event in events(stream) {
        let choice = &event["choices"][0];
        let delta = &choice["delta"];
        text.push_str(delta["content"].as_str().unwrap_or_default());
        for fragment in delta["tool_calls"].as_array().into_iter().flatten() {
            let index = usize::try_from(fragment["index"].as_u64().unwrap()).unwrap();
            let arguments = fragment["function"]["arguments"].as_str().unwrap();
            if let Some(name) = fragment["function"]["name"].as_str() {
                assert_eq!(index, calls.len(), "indexes are contiguous");
                assert_eq!(fragment["id"], format!("call_01ab23cd_{index}"));
                assert_eq!((&fragment["type"], arguments), (&json!("function"), ""));
                calls.push((name.to_owned(), String::new()));
            } else {
                assert_eq!(index + 1, calls.len(), "one call is finished before the next");
                assert!(fragment.get("id").is_none() && fragment.get("type").is_none());
                calls[index].1.push_str(arguments);
            }
        }
        if let Some(reason) = choice["finish_reason"].as_str() {
            finish = Some(reason.to_owned());
        }
    }
    (
        openai_items(&text, calls.iter().map(|(name, text)| (name.as_str(), text.as_str()))),
        finish.unwrap(),
    )
}

fn openai_items<'a>(text: &str, calls: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Value> {
    let mut items = Vec::new();
    add_text(&mut items, text);
    for (name, arguments) in calls {
        let arguments: Value = serde_json::from_str(arguments).expect("arguments are JSON");
        items.push(json!([name, arguments]));
    }
    items
}

fn read_openai(body: &str) -> Seen {
    let body: Value = serde_json::from_str(body).unwrap();
    let choice = &body["choices"][0];
    let message = &choice["message"];
    let calls = message["tool_calls"].as_array().cloned().unwrap_or_default();
    for (index, call) in calls.iter().enumerate() {
        assert_eq!(call["id"], format!("call_01ab23cd_{index}"));
        assert_eq!(call["type"], "function");
    }
    assert_eq!(
        message["content"].is_null(),
        !calls.is_empty() && message["content"].as_str().is_none_or(str::is_empty)
    );
    let calls = calls.iter().map(|call| {
        let function = &call["function"];
        (function["name"].as_str().unwrap(), function["arguments"].as_str().unwrap())
    });
    let text = message["content"].as_str().unwrap_or_default();
    (openai_items(text, calls), choice["finish_reason"].as_str().unwrap().to_owned())
}

fn read_anthropic_stream(stream: &[u8]) -> Seen {
    let (mut items, mut finish, mut index, mut calls) = (Vec::new(), None, 0, 0);
    let mut tool: Option<(Value, String)> = None;
    for event in events(stream) {
        match event["type"].as_str().unwrap() {
            "content_block_start" => {
                assert_eq!(event["index"], index, "blocks are contiguous");
                let block = &event["content_block"];
                if block["type"] == "tool_use" {
                    assert_eq!(block["id"], format!("toolu_01ab23cd_{calls}"));
                    assert_eq!(block["input"], json!({}));
                    calls += 1;
                    tool = Some((block["name"].clone(), String::new()));
                }
            }
            "content_block_delta" => {
                assert_eq!(event["index"], index);
                let delta = &event["delta"];
                match &mut tool {
                    Some((_, json)) => json.push_str(delta["partial_json"].as_str().unwrap()),
                    None => add_text(&mut items, delta["text"].as_str().unwrap()),
                }
            }
            "content_block_stop" => {
                assert_eq!(event["index"], index);
                index += 1;
                if let Some((name, input)) = tool.take() {
                    let input: Value = serde_json::from_str(&input).expect("input is JSON");
                    items.push(json!([name, input]));
                }
            }
            "message_delta" => finish = event["delta"]["stop_reason"].as_str().map(str::to_owned),
            _ => {}
        }
    }
    (items, finish.unwrap())
}

fn read_anthropic(body: &str) -> Seen {
    let body: Value = serde_json::from_str(body).unwrap();
    let mut items = Vec::new();
    let mut calls = 0;
    for block in body["content"].as_array().unwrap() {
        if block["type"] == "tool_use" {
            assert_eq!(block["id"], format!("toolu_01ab23cd_{calls}"));
            calls += 1;
            items.push(json!([block["name"], block["input"]]));
        } else {
            add_text(&mut items, block["text"].as_str().unwrap());
        }
    }
    (items, body["stop_reason"].as_str().unwrap().to_owned())
}

fn streamed(reply: &dyn Reply, stages: Stages, upstream: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut translator = Translator::new(reply.encoder(0, "m", &stamp(), 0), stages, FAR);
    assert_eq!(translator.push(upstream, &mut out), Progress::Ended);
    out
}

/// What each client sees: OpenAI's streamed and whole, Anthropic's streamed and whole.
fn seen(prompt: &Prompt<'_>, limits: &Limits, upstream: &[u8]) -> [Seen; 4] {
    let [openai, anthropic] =
        [OPENAI, ANTHROPIC].map(|api| apis::reply(api, UsageReport::Included));
    let stream = |reply: &dyn Reply| streamed(reply, stages(prompt, limits), upstream);
    let answer = answer::whole(upstream, stages(prompt, limits)).unwrap();
    [
        read_openai_stream(&stream(&*openai)),
        read_openai(&openai.whole(&answer, &[], "m", &stamp())),
        read_anthropic_stream(&stream(&*anthropic)),
        read_anthropic(&anthropic.whole(&answer, &[], "m", &stamp())),
    ]
}

fn value(item: &Item) -> Value {
    match item {
        Item::Text(text) => (*text).into(),
        Item::Call(name, arguments) => {
            json!([name, serde_json::from_str::<Value>(arguments).unwrap()])
        }
    }
}

/// The same items with all the text first.
fn text_first(items: &[Value]) -> Vec<Value> {
    let (texts, calls): (Vec<&Value>, Vec<&Value>) =
        items.iter().partition(|item| item.is_string());
    let mut sorted = Vec::new();
    for text in texts {
        add_text(&mut sorted, text.as_str().unwrap());
    }
    sorted.extend(calls.into_iter().cloned());
    sorted
}

#[test]
fn models_words_become_these_calls_and_texts_in_both_dialects_however_they_are_cut() {
    become_these(&request(), OUTPUTS, cuts);
    assert!(OUTPUTS.len() >= 60);
}

#[test]
fn calls_in_the_forms_of_other_models_are_read_in_both_dialects() {
    become_these(&typed_request(), FORMS, |words| {
        vec![vec![words], words.split_inclusive(|_| true).collect()]
    });
}

#[test]
fn calls_in_the_forms_of_other_models_are_read_however_they_are_cut() {
    with_prompt_of(
        &typed_request(),
        |_| {},
        |prompt| {
            for (name, words, expected) in FORMS {
                let expected: Vec<Value> = expected.iter().map(value).collect();
                for pieces in cuts(words) {
                    let seen = answers::events(prompt, &pieces);
                    let seen: Vec<Value> = seen.iter().map(|event| item(event)).collect();
                    assert_eq!(seen, expected, "{name}: {pieces:?}");
                }
            }
        },
    );
}

/// An event of [`answers::events`].
fn item(event: &str) -> Value {
    match event.strip_prefix('C').and_then(|call| call.split_once(' ')) {
        Some((name, arguments)) => {
            json!([name, serde_json::from_str::<Value>(arguments).unwrap()])
        }
        None => event.strip_prefix('T').into(),
    }
}

fn become_these<'t>(
    body: &[u8],
    outputs: &[(&str, &'t str, &[Item])],
    cuts: impl Fn(&'t str) -> Vec<Vec<&'t str>>,
) {
    let mut wrong = Vec::new();
    with_prompt_of(
        body,
        |_| {},
        |prompt| {
            for (name, words, expected) in outputs {
                let expected: Vec<Value> = expected.iter().map(value).collect();
                let called = expected.iter().any(Value::is_array);
                let reasons =
                    if called { ["tool_calls", "tool_use"] } else { ["stop", "end_turn"] };
                let in_order = (expected.clone(), reasons[1].to_owned());
                let sorted = (text_first(&expected), reasons[0].to_owned());
                for pieces in cuts(words) {
                    let seen = seen(prompt, &Limits::default(), &upstream(&pieces, None));
                    if seen != [sorted.clone(), sorted.clone(), in_order.clone(), in_order.clone()]
                    {
                        wrong.push(format!("{name}: {pieces:?}\n  {:?}\n  {:?}", seen[2], seen[0]));
                        break;
                    }
                }
            }
        },
    );
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What has gone out after each character, as an OpenAI client has read it.
#[test]
fn text_is_held_only_while_it_could_be_a_call() {
    let table = [
        ("plain", "x b", vec!["x", "x", "x b"]),
        ("a word that could lead to a call", "to b", vec!["", "", "to", "to b"]),
        ("less than", "x<b<", vec!["x", "x", "x<b", "x<b"]),
        ("a tag's beginning", "<to<tool", vec!["", "", "", "<to", "<to", "<to", "<to", "<to"]),
        ("prose about tags", "<tool_call> i", {
            let mut held = vec![""; 12];
            held.push("<tool_call> i");
            held
        }),
        ("backticks", "``x``", vec!["", "", "``x", "``x`", "``x``"]),
    ];
    with_prompt(
        |_| {},
        |prompt| {
            for (name, words, expected) in table {
                let stages = stages(prompt, &Limits::default());
                let encoder = apis::encoder(OPENAI, UsageReport::Omitted, "m", &stamp(), 0);
                let mut translator = Translator::new(encoder, stages, FAR);
                let (mut out, mut seen) = (Vec::new(), Vec::new());
                for ch in words.split_inclusive(|_| true) {
                    let chunk = json!({"choices": [{"delta": {"content": ch}}]});
                    translator.push(format!("data: {chunk}\n\n").as_bytes(), &mut out);
                    let texts = events(&out);
                    let texts =
                        texts.iter().filter_map(|e| e["choices"][0]["delta"]["content"].as_str());
                    seen.push(texts.collect::<String>());
                }
                assert_eq!(seen, expected, "{name}");
            }
        },
    );
}

const CALL: &str =
    r#"<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>"#;

#[test]
fn what_is_held_is_not_lost_at_a_limit() {
    let stop = |sequence: &str| Limits { stop: vec![sequence.to_owned()], ..Limits::default() };
    let tokens = |number| Limits { max_text_tokens: Some(number), ..Limits::default() };
    let paris = || json!(["get_weather", {"city": "Paris"}]);
    let table = [
        // A stop sequence in a call's arguments is none; one in what turned out to be text is.
        (CALL.to_owned(), stop("Paris"), None, vec![paris()], "tool_use"),
        (
            "<tool_call>{Paris".to_owned(),
            stop("Paris"),
            None,
            vec![json!("<tool_call>{")],
            "stop_sequence",
        ),
        (format!("So EN{CALL}"), stop("END"), None, vec![json!("So EN"), paris()], "tool_use"),
        (
            format!("{CALL} and END more"),
            stop("END"),
            None,
            vec![paris(), json!("and")],
            "tool_use",
        ),
        // A call whose name does not fit is left out.
        (format!("One two {CALL}"), tokens(3), None, vec![json!("One two")], "max_tokens"),
        (format!("One two {CALL}"), tokens(40), None, vec![json!("One two"), paris()], "tool_use"),
        // DeGPT's own end of tokens in the middle of a call.
        (
            "Hm <tool_call>{\"name\": \"get_we".to_owned(),
            Limits::default(),
            Some("length"),
            vec![json!("Hm <tool_call>{\"name\": \"get_we")],
            "max_tokens",
        ),
        (
            "<tool_call>{\"name\": \"get_weather\", \"arguments\": {*city: \"Pa".to_owned(),
            Limits::default(),
            Some("length"),
            vec![json!("<tool_call>{\"name\": \"get_weather\", \"arguments\": {*city: \"Pa")],
            "max_tokens",
        ),
        (
            "Wait \n".to_owned(),
            Limits::default(),
            Some("length"),
            vec![json!("Wait \n")],
            "max_tokens",
        ),
    ];
    with_prompt(
        |_| {},
        |prompt| {
            for (words, limits, finish, expected, reason) in table {
                for pieces in cuts(&words) {
                    let [.., streamed, whole] = seen(prompt, &limits, &upstream(&pieces, finish));
                    // White space before a stop sequence is text like any other.
                    assert_eq!(streamed, whole, "{pieces:?}");
                    let mut items = streamed.0.clone();
                    if let Some(Value::String(text)) = items.last_mut()
                        && expected.last().is_some_and(|last| last == "and")
                    {
                        *text = text.trim().to_owned();
                    }
                    assert_eq!(
                        (items, streamed.1),
                        (expected.clone(), reason.to_owned()),
                        "{pieces:?}"
                    );
                }
            }
        },
    );
}

#[test]
fn one_call_is_one_call_where_the_client_wants_one() {
    let words = format!("Look: {CALL}\n{CALL}\nDone.");
    with_prompt(
        |tools| tools.calls = Calls::One,
        |prompt| {
            for pieces in cuts(&words) {
                let expected = vec![json!("Look:"), json!(["get_weather", {"city": "Paris"}])];
                for (items, _) in seen(prompt, &Limits::default(), &upstream(&pieces, None)) {
                    assert_eq!(items, expected);
                }
            }
        },
    );
}

#[test]
fn calls_count_in_usage() {
    with_prompt(
        |_| {},
        |prompt| {
            let answer =
                answer::whole(&upstream(&["Hi ", CALL], None), stages(prompt, &Limits::default()))
                    .unwrap();
            let count = degpt_edge::tokens::count;
            let expected = count("Hi") + count("get_weather") + count(r#"{"city": "Paris"}"#);
            assert_eq!(answer.usage.completion_tokens, expected);
        },
    );
}

#[test]
fn a_client_of_functions_gets_a_function_call() {
    with_prompt(
        |tools| tools.calls = Calls::One,
        |prompt| {
            let upstream = upstream(&[CALL], None);
            let reply = apis::reply_to_functions();
            let limits = Limits::default();
            let stream = streamed(&*reply, stages(prompt, &limits), &upstream);
            let deltas: Vec<Value> = events(&stream)
                .iter()
                .map(|event| event["choices"][0]["delta"]["function_call"].clone())
                .filter(|call| !call.is_null())
                .collect();
            assert_eq!(
                deltas,
                [
                    json!({"name": "get_weather", "arguments": ""}),
                    json!({"arguments": "{\"city\": \"Paris\"}"}),
                ]
            );
            let answer = answer::whole(&upstream, stages(prompt, &limits)).unwrap();
            let body: Value =
                serde_json::from_str(&reply.whole(&answer, &[], "m", &stamp())).unwrap();
            assert_eq!(body["choices"][0]["finish_reason"], "function_call");
            assert_eq!(body["choices"][0]["message"]["function_call"]["name"], "get_weather");
        },
    );
}

/// Doubling the text doubles the time, more or less: ten times as much is far
/// from a hundred times.
#[test]
fn no_text_makes_it_slow() {
    let hostile = [
        "<tool_call>{",
        "<tool_call>",
        "<",
        "```json\n",
        "```\n<tool_call>{}</tool_call>\n```\n",
        "{\"name\": \"",
        "<tool_call>{\"a\": \"",
        " \n",
        "`",
        "<tool_calls>[",
        "}",
        ",",
        "<tool_call>{\"name\": [",
        "<tool_",
        "<｜DSML｜",
        "<invoke name=\"get_weather\">",
        "<parameter name=\"a\">x</function>",
        "<arg_key>a</arg_key><arg_value>",
        "</parameter",
        "[get_weather(",
        "get_weather ",
        "[",
        "1, ",
        "<|open|>call tool=",
        "<|open|>argument key=\"city\"<|sep|>",
        "<|\"|>",
        "<escape>",
        "<|python_tag|>{}\n",
        "<|tool_call|>[]\n.",
        "functools[",
        "call:get_weather{",
        "]<]minimax[>[",
    ];
    let time = |words: &str| {
        with_prompt(
            |_| {},
            |prompt| {
                let bytes = upstream(&[words], None);
                let start = std::time::Instant::now();
                let _ = answer::whole(&bytes, stages(prompt, &Limits::default()));
                start.elapsed().as_secs_f64()
            },
        )
    };
    for piece in hostile {
        let deep = "<tool_call>".to_owned() + &"[".repeat(20_000);
        let call = "<tool_call>{\"name\": \"get_weather\", ";
        for prefix in ["", call, "<invoke name=\"get_weather\">", &deep] {
            let few = time(&format!("{prefix}{}", piece.repeat(1_000)));
            let many = time(&format!("{prefix}{}", piece.repeat(10_000)));
            assert!(many < 50.0 * few + 0.5, "{prefix:.30}{piece:?}: {few} s, then {many} s");
        }
    }
}

#[test]
fn the_instructions_are_short_and_counted() {
    let body = request();
    let mut prompt = apis::openai(&body).unwrap();
    let before = degpt_edge::prompt_tokens::count(&prompt);
    tools::instruct(&mut prompt);
    let cost = degpt_edge::prompt_tokens::count(&prompt) - before;
    println!("{cost} tokens with two tools");
    assert!(cost < 250, "{cost}");
}
