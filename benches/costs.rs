//! What the core costs, as pieces of work for `scripts/costs.mjs`, which has valgrind count
//! their instructions: `costs CASE` does one, `costs` names them all.
//!
//! Nothing here depends on the time, on chance or on the machine, so a count repeats. What
//! only makes a piece of work ready is done before [`counted`], which is all that is counted.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for the tests")]

use std::hint::black_box;

use degpt_edge::{
    answer::{Counting, Limiter, Stages},
    answer::{Translator, Whole},
    catalog::{Catalog, Service},
    chat::{Limits, Stamp, UsageReport},
    degpt,
    dialect::Api,
    tools::Stage,
};
use serde_json::json;

#[path = "../tests/core/support/apis.rs"]
mod apis;
#[path = "../tests/core/support/chunks.rs"]
mod chunks;

use apis::{ANTHROPIC, OPENAI, RESPONSES};

use chunks::{chunk, words};

/// A piece of work, to be done once; returns the length of what it made, so that it
/// has to make it.
type Work = Box<dyn FnMut() -> usize>;

/// The name of a case, and what makes its work ready.
type Case = (&'static str, fn() -> Work);

const CASES: [Case; 15] = [
    ("openai", || stream(OPENAI, &Asked::default(), 1)),
    ("openai-together", || stream(OPENAI, &Asked::default(), 30)),
    ("openai-usage", || stream(OPENAI, &Asked { usage: true, ..Asked::default() }, 1)),
    ("openai-stop", || stream(OPENAI, &Asked { stop: true, ..Asked::default() }, 1)),
    ("openai-tools", || stream(OPENAI, &Asked { tools: true, ..Asked::default() }, 1)),
    ("openai-everything", || stream(OPENAI, &EVERYTHING, 1)),
    // Anthropic's streams always tell their usage.
    ("anthropic", || stream(ANTHROPIC, &Asked { usage: true, ..Asked::default() }, 1)),
    ("anthropic-together", || stream(ANTHROPIC, &Asked { usage: true, ..Asked::default() }, 30)),
    ("anthropic-everything", || stream(ANTHROPIC, &EVERYTHING, 1)),
    ("responses", || stream(RESPONSES, &Asked { usage: true, ..Asked::default() }, 1)),
    ("responses-together", || stream(RESPONSES, &Asked { usage: true, ..Asked::default() }, 30)),
    ("whole", whole),
    ("openai-request-5mb", || request(OPENAI)),
    ("anthropic-request-5mb", || request(ANTHROPIC)),
    ("models", model_lists),
];

fn main() {
    // cargo adds an option of its own.
    let name = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let Some(name) = name else {
        for (name, _) in CASES {
            println!("{name}");
        }
        return;
    };
    let (_, make_ready) = CASES.into_iter().find(|(known, _)| *known == name).unwrap();
    // It is dropped only after the count.
    let mut work = make_ready();
    println!("{}", counted(&mut work));
}

/// Does the work. Its name tells valgrind what to count.
#[inline(never)]
fn counted(work: &mut Work) -> usize {
    black_box(work())
}

/// What a client asks for beside the answer.
#[derive(Default)]
struct Asked {
    usage: bool,
    stop: bool,
    tools: bool,
}

const EVERYTHING: Asked = Asked { usage: true, stop: true, tools: true };

const CHUNKS: usize = 2_000;
const FAR: usize = 16 << 20;

/// Reads a stream of [`CHUNKS`], so many at once as the network brings `together`.
fn stream(dialect: &'static Api, asked: &Asked, together: usize) -> Work {
    let chunks = answer();
    let pieces: Vec<Vec<u8>> = chunks.chunks(together).map(<[_]>::concat).collect();
    let usage = if asked.usage { UsageReport::Included } else { UsageReport::Omitted };
    let encoder = apis::encoder(dialect, usage, "deepseek-chat", &stamp(), 7);
    let stages = stages(asked);
    let mut translator = Translator::new(encoder, stages, FAR);
    let mut out = Vec::with_capacity(1 << 16);
    Box::new(move || {
        let mut written = 0;
        for piece in &pieces {
            out.clear();
            translator.push(piece, &mut out);
            written += out.len();
        }
        written
    })
}

/// The same as one JSON answer.
fn whole() -> Work {
    let chunks = answer();
    let stamp = stamp();
    let asked = Asked { usage: true, ..Asked::default() };
    let reply = apis::reply(OPENAI, UsageReport::Included);
    let mut whole = Some(Whole::new(stages(&asked), FAR));
    Box::new(move || {
        let mut whole = whole.take().unwrap();
        for chunk in &chunks {
            let _ = whole.push(chunk);
        }
        let answer = whole.finish(Ok(())).unwrap();
        reply.whole(&answer, &[], "deepseek-chat", &stamp).len()
    })
}

/// Reads a request with a picture of 5 MB and writes DeGPT's.
fn request(dialect: &'static Api) -> Work {
    let picture = "iVBORw0K".repeat((5 << 20) / 8);
    let text = json!({"type": "text", "text": "What is in this picture?"});
    let (model, image) = if dialect == OPENAI {
        let url = format!("data:image/png;base64,{picture}");
        ("gpt-4o", json!({"type": "image_url", "image_url": {"url": url}}))
    } else {
        let source = json!({"type": "base64", "media_type": "image/png", "data": picture});
        ("claude-opus-4-20250514", json!({"type": "image", "source": source}))
    };
    let messages = json!([{"role": "user", "content": [text, image]}]);
    let body = json!({"model": model, "max_tokens": 1024, "stream": true, "messages": messages});
    let body = body.to_string().into_bytes();
    let catalog = catalog();
    Box::new(move || {
        let prompt = (dialect.parse)(&body).unwrap().prompt;
        let attachment = degpt_edge::catalog::Attachments::Present;
        let model = prompt.model.as_deref();
        let target = catalog.resolve(model, prompt.thinking, attachment).unwrap();
        degpt::body(&prompt, &target).unwrap().bytes().len()
    })
}

/// Writes both lists of the models.
fn model_lists() -> Work {
    let catalog = catalog();
    Box::new(move || {
        let listing = catalog.listing(None);
        let openai = (OPENAI.models)(&listing, "", &Service::default()).unwrap();
        let anthropic = (ANTHROPIC.models)(&listing, "limit=1000", &Service::default()).unwrap();
        openai.len() + anthropic.len()
    })
}

fn catalog() -> Catalog {
    Catalog::new("", "", "deepseek-chat", "doubao-seed-1-6-250615").unwrap()
}

fn stamp() -> Stamp {
    Stamp { id: "23c16a0b-5e2f-4d0c-9a53-7f1d5f0e8c11".to_owned(), unix_s: 1_755_954_793 }
}

fn stages(asked: &Asked) -> Stages {
    let stop = ["\nUser:", "<|end|>", "停止回答"].map(str::to_owned);
    let limits = Limits {
        stop: if asked.stop { stop.to_vec() } else { Vec::new() },
        max_text_tokens: asked.stop.then_some(100_000),
        max_total_tokens: None,
    };
    let counting = if asked.usage { Counting::On } else { Counting::Off };
    let tool = |name: &str| json!({"type": "function", "function": {"name": name}});
    let mut request = json!({"messages": [{"role": "user", "content": "Hi"}]});
    if asked.tools {
        request = json!({
            "messages": [{"role": "user", "content": "Hi"}],
            "tools": [tool("get_weather"), tool("write_file"), tool("search")],
        });
    }
    let body = request.to_string().into_bytes();
    Stages::new(Stage::new(&apis::openai(&body).unwrap()), Limiter::new(&limits, 7, counting))
}

/// What DeGPT sends, each as a network chunk: some reasoning, then the answer, then the end.
fn answer() -> Vec<Vec<u8>> {
    let words = words();
    let reasoning = CHUNKS / 4;
    let words = words.iter().cycle().take(CHUNKS).enumerate();
    let mut chunks: Vec<Vec<u8>> = words
        .map(|(place, word)| {
            let field = if place < reasoning { "reasoning_content" } else { "content" };
            chunk(field, word)
        })
        .collect();
    chunks.push(b"data: [DONE]\n\n".to_vec());
    chunks
}
