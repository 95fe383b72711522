//! A deployment in a scripted world, and clients of both dialects that ask it.
//!
//! Every secret and every word of a prompt has [`CANARY`] in it, and so has all
//! that DeGPT says beside its answers: no reply may show it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what does not fit the test is to end it")]

use crate::support::apis::{ANTHROPIC, OPENAI};
use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use degpt_edge::dialect::{self, Api, Table};
use degpt_edge::{
    chat::Stamp,
    config::Config,
    error::Error,
    gateway::{self, Body, Gateway, Reply, Request},
};

use super::{
    outlet::Outlet,
    world::{End, Response, Sent, Upload, World},
};

pub(crate) const CANARY: &str = "canary";
/// The client's key for the deployment.
const KEY: &str = "canary-key";
/// The client's own key for DeGPT.
pub(crate) const GUEST_KEY: &str = "degpt-canary-guest-0123456789";

pub(crate) struct Deployment {
    pub(crate) world: World,
    apis: Table,
    gateway: Result<Rc<Gateway>, Error>,
}

/// A client's request.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: String,
}

/// What a client got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// All of it: a stream has been read to its end.
    pub(crate) body: String,
    /// When the status was there, since the world began.
    pub(crate) at_ms: u64,
}

/// How a client of each dialect asks for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wants {
    Whole,
    Stream,
}

pub(crate) const KINDS: [(&Api, Wants); 4] = [
    (OPENAI, Wants::Whole),
    (OPENAI, Wants::Stream),
    (ANTHROPIC, Wants::Whole),
    (ANTHROPIC, Wants::Stream),
];

impl Deployment {
    pub(crate) fn new(
        variables: &[(&str, &str)],
        script: impl FnMut(&Sent) -> Response + 'static,
    ) -> Self {
        Self::beside(&World::new(script), variables)
    }

    /// Another isolate of the same deployment.
    pub(crate) fn beside(world: &World, variables: &[(&str, &str)]) -> Self {
        let lookup = |name: &str| {
            let set = variables.iter().find(|variable| variable.0 == name);
            let value = set.map(|variable| variable.1).or(match name {
                "API_KEYS" => Some(KEY),
                // What it adds to a visitor's exchange is tested in `daily`.
                "DEGPT_DAILY" => Some("off"),
                _ => None,
            });
            value.map(str::to_owned)
        };
        Self::of(world, Config::from_lookup(lookup))
    }

    /// The same, for these client APIs.
    pub(crate) fn serving(self, apis: Table) -> Self {
        Self { apis, ..self }
    }

    pub(crate) fn of(world: &World, config: Result<Config, Error>) -> Self {
        let gateway = config.map(|config| Rc::new(Gateway::new(config)));
        Self { world: world.clone(), apis: dialect::ALL, gateway }
    }

    pub(crate) fn bytes_in_flight(&self) -> usize {
        self.gateway.as_ref().map_or(0, |gateway| gateway.bytes_in_flight())
    }

    /// Asks at once, and waits until everything is over.
    pub(crate) fn ask_all(&self, asks: &[Ask]) -> Vec<Answer> {
        let replies = self.world.run(asks.iter().map(|ask| self.ask(ask)).collect());
        assert_eq!(self.world.open_bodies(), 0, "an upstream's body is left open");
        replies.into_iter().map(|(at_ms, reply)| read(at_ms, reply)).collect()
    }

    pub(crate) fn ask_one(&self, ask: Ask) -> Answer {
        self.ask_all(&[ask]).pop().unwrap()
    }

    pub(crate) async fn ask(&self, ask: &Ask) -> (u64, Reply<Rc<Outlet>>) {
        let header = |name: &str| {
            let found = ask.headers.iter().find(|header| header.0 == name);
            found.map(|header| header.1.to_owned())
        };
        let (path, query) = ask.path.split_once('?').unwrap_or((ask.path, ""));
        let mut upload = Upload::of(ask.body.clone());
        let body = &mut upload;
        let request = Request { method: ask.method, path, query, header: &header, body };
        let reply = gateway::handle(self.apis, &self.gateway, &self.world, request, &stamp()).await;
        (self.world.since_start_ms(), reply)
    }
}

pub(crate) fn stamp() -> Stamp {
    Stamp { id: "stamp-1".to_owned(), unix_s: 0 }
}

fn read(at_ms: u64, reply: Reply<Rc<Outlet>>) -> Answer {
    let body = match &reply.body {
        Body::Empty => String::new(),
        Body::Text(text, _) => text.clone(),
        Body::Stream(outlet) => {
            assert!(outlet.is_closed(), "a client's body is left open");
            outlet.text()
        }
    };
    let shown = format!("{:?} {body}", reply.headers);
    assert!(!shown.contains(CANARY), "a secret is shown: {shown}");
    Answer { status: reply.status, headers: reply.headers, body, at_ms }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|header| header.0 == name);
        header.map(|header| header.1.as_str())
    }
}

impl Ask {
    pub(crate) fn get(path: &'static str) -> Self {
        Self { method: "GET", path, headers: Vec::new(), body: String::new() }
    }

    pub(crate) fn chat((dialect, wants): (&'static Api, Wants)) -> Self {
        let (path, key) = match dialect.name {
            "OpenAI" => ("/api/v1/chat/completions", ("authorization", "Bearer canary-key")),
            _ => ("/v1/messages", ("x-api-key", KEY)),
        };
        let is_stream = wants == Wants::Stream;
        let body = format!(
            r#"{{"model":"deepseek-chat","max_tokens":9,"stream":{is_stream},
                "messages":[{{"role":"user","content":"canary prompt"}}]}}"#
        );
        Self { method: "POST", path, headers: vec![key], body }
    }

    /// With a client's own key for DeGPT in place of the deployment's.
    pub(crate) fn by_guest(mut self) -> Self {
        self.headers = vec![("x-api-key", GUEST_KEY)];
        self
    }

    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.retain(|header| header.0 != name);
        self.headers.push((name, value));
        self
    }
}

impl Response {
    pub(crate) fn status(status: u16) -> Self {
        let pieces = vec![(0, format!(r#"{{"detail":"canary {status}"}}"#))];
        Self { after_ms: 0, status: Some(status), retry_after: None, pieces, end: End::Closed }
    }

    /// No connection.
    pub(crate) fn refused() -> Self {
        Self { status: None, ..Self::status(0) }
    }

    /// Status 200 and then this.
    pub(crate) fn says(text: impl Into<String>) -> Self {
        Self { pieces: vec![(0, text.into())], ..Self::status(200) }
    }

    /// An answer.
    pub(crate) fn hello() -> Self {
        Self::says(format!("{HELLO}data: [DONE]\n\n"))
    }

    /// A sign-in's.
    pub(crate) fn token(token: &str) -> Self {
        Self::says(format!(r#"{{"token": "{token}", "token_type": "Bearer", "id": "canary"}}"#))
    }

    pub(crate) fn after_ms(self, after_ms: u64) -> Self {
        Self { after_ms, ..self }
    }

    pub(crate) fn then(mut self, after_ms: u64, text: &str) -> Self {
        self.pieces.push((after_ms, text.to_owned()));
        self
    }

    pub(crate) fn ending(self, end: End) -> Self {
        Self { end, ..self }
    }
}

pub(crate) const HELLO: &str = "data: {\"choices\": [{\"delta\": {\"content\": \"Hello\"}}]}\n\n";

/// A script that wants exactly these requests in this order, each as
/// [`World::log`](super::world::World::log) shows it.
pub(crate) fn exactly(
    exchange: &[(&'static str, Response)],
) -> (impl FnMut(&Sent) -> Response + 'static, Rc<RefCell<VecDeque<&'static str>>>) {
    let expected: VecDeque<_> = exchange.iter().map(|(request, _)| *request).collect();
    let left = Rc::new(RefCell::new(expected));
    let mut responses: VecDeque<_> =
        exchange.iter().map(|(_, response)| response.clone()).collect();
    let script = {
        let left = Rc::clone(&left);
        move |sent: &Sent| {
            let expected = left.borrow_mut().pop_front();
            assert_eq!(expected, Some(sent.name().as_str()), "{}", sent.body);
            responses.pop_front().unwrap_or_else(|| panic!("one request more"))
        }
    };
    (script, left)
}
