//! What an answer's way through the gateway allocates: once it flows, nothing.
//!
//! The allocator counts for each thread alone, so the tests do not disturb each other.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends where something is not as it must be"
)]

use std::time::Duration;

use allocation_counter::measure;
use degpt_edge::{
    answer::{Counting, Limiter, Stages},
    answer::{Relay, Step},
    answer::{Translator, Whole},
    chat::{Prompt, Stamp, UsageReport},
    config::Timing,
    dialect::Api,
    tools::Stage,
};
use serde_json::{Value, json};

#[path = "core/support/apis.rs"]
mod apis;
#[path = "core/support/chunks.rs"]
mod chunks;

use apis::{ANTHROPIC, OPENAI, RESPONSES};

use chunks::{chunk, words};

/// How many chunks may allocate, as buffers grow, and how many may not after them.
const WARM_UP: usize = 1_000;
const CHUNKS: usize = 10_000;
const FAR: usize = 64 << 20;

/// A buffer that keeps all that is said doubles no more often while the chunks
/// become eleven times as many. There are two, of reasoning and of text.
const DOUBLINGS: u64 = 2 * 4;

/// What a request can ask of an answer. Each goes with each of the texts.
fn requests() -> [(&'static str, Value); 6] {
    let tool = |name: &str| json!({"type": "function", "function": {"name": name}});
    let tools = json!([tool("get_weather"), tool("write_file")]);
    let object = json!({"type": "json_object"});
    [
        ("nothing", json!({})),
        ("stop sequences", json!({"stop": ["\nUser:", "<|end|>", "停止回答"]})),
        ("limits", json!({"max_tokens": 1_000_000, "max_completion_tokens": 2_000_000})),
        ("tools", json!({"tools": tools})),
        ("an object", json!({"response_format": object})),
        (
            "everything",
            json!({
                "stop": ["\nUser:", "`````"], "max_tokens": 1_000_000, "tools": tools,
                "response_format": object,
            }),
        ),
    ]
}

/// What a model may say: pieces that come again and again.
fn texts() -> [(&'static str, Vec<Said>); 7] {
    let returns = words().into_iter().enumerate();
    let returns = returns.map(|(place, word)| {
        let field = if place / 7 % 2 == 0 { REASONING } else { CONTENT };
        (field, word)
    });
    let text = words().into_iter().cycle().take(WARM_UP + CHUNKS).collect();
    let long = [of(REASONING, vec!["abcdefghij".repeat(12)]), of(CONTENT, text)].concat();
    [
        ("reasoning", of(REASONING, words())),
        ("words", of(CONTENT, words())),
        ("reasoning that returns", returns.collect()),
        ("a long word before the text", long),
        ("a word without an end", of(CONTENT, vec!["abcdefgh".repeat(5), "我是深度求索".into()])),
        ("what could be a call", of(CONTENT, CANDIDATES.map(str::to_owned).to_vec())),
        (AN_OBJECT, of(CONTENT, OBJECT.map(str::to_owned).to_vec())),
    ]
}

/// A piece of what is said, with its field.
type Said = (&'static str, String);

const REASONING: &str = "reasoning_content";
const CONTENT: &str = "content";

/// Each is held until a later one shows that it is text.
const CANDIDATES: [&str; 24] = [
    "one <",
    "tool_ca",
    "binet> ",
    "<",
    "function_call",
    " is> `",
    "<tool_call>` ",
    "\n",
    "``",
    "`json\n",
    "{\"na",
    "me\": 5}\n",
    "```",
    "\n<tool_call>\n",
    "no {\"name\": \"f\", ",
    "<tool",
    "_box>",
    "</tool_call",
    "er>",
    "}, but",
    " no\n\n",
    "~~",
    "~python\n<tool_call>",
    "\n~~~\nUse",
];

/// The first of these opens an object that none closes.
const OBJECT: [&str; 5] =
    ["{\"a\": [\"b", "\\\" \\\\", " {[ ", "\"], \"c\": ", "{\"d\": 12, \"e\": \""];
const AN_OBJECT: &str = "an object";

fn of(field: &'static str, words: Vec<String>) -> Vec<Said> {
    words.into_iter().map(|word| (field, word)).collect()
}

/// The network's pieces before the flow is looked at, and then.
struct Stream {
    start: Vec<Vec<u8>>,
    flow: Vec<Vec<u8>>,
}

impl Stream {
    fn of(said: &[Said]) -> Self {
        let chunks = said.iter().cycle().take(WARM_UP + CHUNKS);
        let chunks: Vec<_> = chunks.map(|(field, word)| chunk(field, word)).collect();
        let (start, flow) = chunks.split_at(WARM_UP);
        Self { start: pieces(start), flow: pieces(flow) }
    }
}

/// Of each nine chunks three come alone, three in two pieces cut anywhere, and
/// three together.
fn pieces(chunks: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    for (place, three) in chunks.chunks(3).enumerate() {
        let bytes = three.concat();
        let (head, tail) = bytes.split_at(place * 31 % bytes.len());
        match place % 3 {
            0 => pieces.extend(three.iter().cloned()),
            1 => pieces.extend([head.to_vec(), tail.to_vec()]),
            _ => pieces.push(bytes),
        }
    }
    pieces
}

#[test]
fn an_openai_stream_that_flows_allocates_nothing() {
    streams(OPENAI);
}

#[test]
fn an_anthropic_stream_that_flows_allocates_nothing() {
    streams(ANTHROPIC);
}

/// Its end repeats all of the answer, which is kept for that. A new item has an id of its own.
#[test]
fn a_stream_of_responses_that_flows_only_doubles() {
    streams(RESPONSES);
}

fn streams(dialect: &'static Api) {
    let mut found = Vec::new();
    let kept = if dialect == RESPONSES { DOUBLINGS } else { 0 };
    for (what, said) in texts() {
        if dialect == RESPONSES && what == "reasoning that returns" {
            continue;
        }
        let stream = Stream::of(&said);
        for (asked, request) in requests() {
            // Text without an object is kept until the end.
            let is_kept = request.get("response_format").is_some() && what != AN_OBJECT;
            let most = kept + if is_kept { DOUBLINGS } else { 0 };
            let counting = if asked == "nothing" { Counting::Off } else { Counting::On };
            let count = allocations(translator(dialect, stages(request, counting)), &stream);
            if count > most {
                found.push(format!("{count}: {what}, {asked} asked"));
            }
        }
    }
    assert!(found.is_empty(), "allocations in {CHUNKS} chunks:\n{}", found.join("\n"));
}

#[test]
fn what_keeps_all_of_an_answer_only_doubles() {
    for (what, said) in texts() {
        let stream = Stream::of(&said);
        let [nothing, .., everything] = requests().map(|(_, request)| request);
        let mut whole = Whole::new(stages(everything, Counting::On), FAR);
        let mut push = |pieces: &[Vec<u8>]| {
            assert!(pieces.iter().all(|piece| whole.push(piece).is_continue()));
        };
        push(&stream.start);
        let count = measure(|| push(&stream.flow)).count_total;
        assert!(count <= DOUBLINGS, "{count}: {what}");

        // What must make a call is held. What returns is another piece each time.
        if what != "reasoning that returns" {
            let translator = translator(OPENAI, stages(nothing, Counting::On));
            let count = allocations(translator.wait_for_call(), &stream);
            assert!(count <= DOUBLINGS, "{count}: {what}, held for a call");
        }
    }
}

#[test]
fn an_allocation_is_seen() {
    let usual = chunk(CONTENT, "é");
    // In another form, its words are put together in new memory.
    let other = String::from_utf8(usual.clone()).unwrap().replace("\"index\": 0, ", "");
    let stream = Stream { start: vec![usual], flow: vec![other.into_bytes(); CHUNKS] };
    let translator = translator(OPENAI, stages(json!({}), Counting::Off));
    assert!(allocations(translator, &stream) >= CHUNKS as u64);
}

/// Those of the flow.
fn allocations(translator: Translator, stream: &Stream) -> u64 {
    let second = Duration::from_secs(1);
    let timing = Timing {
        commit_after: second,
        first_byte: second,
        idle: second,
        keep_alive: second,
        max_answer: second,
    };
    let mut relay = Relay::new(translator, timing, 0);
    let mut out = Vec::with_capacity(1 << 14);
    let mut push = |pieces: &[Vec<u8>]| {
        for piece in pieces {
            out.clear();
            let step = relay.push(piece, 0, &mut out);
            assert!(matches!(step, Step::Send | Step::Hold), "{step:?}");
        }
    };
    push(&stream.start);
    measure(|| push(&stream.flow)).count_total
}

fn translator(dialect: &'static Api, stages: Stages) -> Translator {
    let stamp = Stamp { id: "stamp-1".to_owned(), unix_s: 1_755_952_008 };
    let encoder = apis::encoder(dialect, UsageReport::Included, "a-model", &stamp, 7);
    Translator::new(encoder, stages, FAR)
}

fn stages(mut request: Value, counting: Counting) -> Stages {
    request["messages"] = json!([{"role": "user", "content": "Hi"}]);
    let body = request.to_string();
    let prompt: Prompt<'_> = apis::openai(body.as_bytes()).unwrap();
    Stages::new(Stage::new(&prompt), Limiter::new(&prompt.limits, 7, counting))
}
