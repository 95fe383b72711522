//! A third client API, small and unlike the others: it is one folder and one row of a
//! table, and the gateway serves it, streamed and not, with its own spelling of errors.
//!
//! A request is text: `ask: …` or `stream: …`. An answer is text; a stream's events
//! are lines.

mod served;

use std::{borrow::Cow, fmt::Write as _, io::Write as _};

use degpt_edge::{
    catalog::{Listed, Service},
    chat::{
        Answer, Delivery, Event, Finish, Limits, Part, Prompt, Reasoning, Role, Stamp, Thinking,
        Turn, Usage, UsageReport,
    },
    dialect::{Api, Asked, Count, Encoder, List, Reply, anthropic, openai},
    error::Error,
    notes::Notes,
};

/// The table with the toy in it: its one row.
static WITH_TOY: &[&Api] = &[&openai::API, &anthropic::API, &TOY];

static TOY: Api = Api {
    name: "Toy",
    path: "toy/ask",
    count: Some(Count { path: "toy/count", body: |tokens| format!("{tokens} tokens") }),
    sign: Some("x-toy"),
    list: List::WithService,
    parse,
    models: |listing, _query, service| Ok(models(listing, service)),
    model: |listed| format!("* {}\n", listed.model.id),
    error: |error, id, out| {
        let _ = write!(
            out,
            "! {} {:?}: {} ({id})",
            error.facts().status,
            error.facts().kind,
            error.message()
        );
    },
    limits: |_standing, _now_s| Vec::new(),
};

fn parse(body: &[u8]) -> Result<Asked<'_>, Error> {
    let text = str::from_utf8(body).unwrap_or_default();
    let (verb, question) = text
        .split_once(": ")
        .ok_or_else(|| Error::invalid("verb", "Say `ask: …` or `stream: …`."))?;
    let delivery = match verb {
        "ask" => Delivery::Whole,
        "stream" => Delivery::Stream { usage: UsageReport::Included },
        _ => return Err(Error::invalid("verb", "Say `ask: …` or `stream: …`.")),
    };
    let parts = vec![Part::Text(Cow::Borrowed(question))];
    let prompt = Prompt {
        model: None,
        turns: vec![Turn { role: Role::User, parts }],
        thinking: Thinking::Unsaid,
        reasoning: Reasoning::Shown,
        delivery,
        limits: Limits::default(),
        tools: None,
        format: None,
        notes: Notes::default(),
    };
    // What of the request decides on the answer's form stays with the dialect.
    Ok(Asked { prompt, reply: Box::new(Echo { question: question.to_owned() }) })
}

fn models(listing: &[Listed], service: &Service) -> String {
    let mut list = format!("DeGPT {}\n", service.version);
    for Listed { model, .. } in listing {
        let _ = writeln!(list, "* {}", model.id);
    }
    list
}

#[derive(Debug)]
struct Echo {
    question: String,
}

impl Reply for Echo {
    fn whole(&self, answer: &Answer, _others: &[Answer], model: &str, _stamp: &Stamp) -> String {
        format!("{}? {model}: {}", self.question, answer.text)
    }

    fn encoder(
        &self,
        _choice: u32,
        model: &str,
        stamp: &Stamp,
        prompt_tokens: u64,
    ) -> Box<dyn Encoder> {
        let opening = format!("< {}? {model}, {prompt_tokens} tokens\n\n", self.question);
        Box::new(Lines { opening, id: stamp.id.clone() })
    }
}

#[derive(Debug)]
struct Lines {
    opening: String,
    id: String,
}

impl Encoder for Lines {
    fn open(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.opening.as_bytes());
    }

    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let _ = match event {
            Event::Text(text) => write!(out, "= {text}\n\n"),
            Event::Reasoning(text) => write!(out, "~ {text}\n\n"),
            Event::ToolCall { name, arguments } => write!(out, "@ {name} {arguments}\n\n"),
            Event::WebCall { .. } | Event::WebResult(_) | Event::End(_) => Ok(()),
        };
    }

    fn close(&mut self, finish: &Finish, counted: Usage, out: &mut Vec<u8>) {
        let _ = write!(out, "> {finish:?} {}\n\n", counted.completion_tokens);
    }

    fn abort(&self, error: &Error, out: &mut Vec<u8>) {
        (TOY.error)(error, &self.id, out);
        out.extend_from_slice(b"\n\n");
    }

    fn keep_alive(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b".\n\n");
    }
}
