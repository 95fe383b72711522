//! The client APIs that are served. Each is one folder here, and one row of [`ALL`].
//!
//! An [`Api`] is a value: where it is served, how its requests are read, and how its
//! answers, its errors and its list of models are written. What asks for an answer
//! and what carries it knows of no API by name, but goes by the one it was given.
//! The APIs know nothing of each other, nor of DeGPT: they meet it in [`chat`](crate::chat).

pub mod anthropic;
pub mod openai;
mod rules;
mod tool_rules;

use std::fmt::Debug;

use crate::{
    catalog::{Catalog, Model, Service},
    chat::{Answer, Event, Finish, Prompt, Stamp, Usage},
    error::Error,
};

/// Some APIs. The first is the one of a request that does not tell.
pub type Table = &'static [&'static Api];

/// All of them.
pub static ALL: Table = &[&openai::API, &anthropic::API];

/// One client API.
#[derive(Debug)]
pub struct Api {
    /// Its name, for people.
    pub name: &'static str,
    /// Where it answers, without what comes before (`/api`, `/v1`) and slashes
    /// around it.
    pub path: &'static str,
    /// How it counts the tokens of a request, if it does.
    pub count: Option<Count>,
    /// A header that its clients send, and no others: it tells whose a request is
    /// at an address that several share.
    pub sign: Option<&'static str>,
    /// Whether its list of models shows what DeGPT says of itself.
    pub list: List,
    /// Reads the body of a request.
    ///
    /// # Errors
    /// [`Error::Invalid`], naming the field; for Anthropic's, [`Error::NoThreads`].
    pub parse: for<'a> fn(&'a [u8]) -> Result<Asked<'a>, Error>,
    /// The body of the list of models. The text is the query of the address,
    /// without the question mark.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a query that asks for what there is not.
    pub models: fn(&Catalog, &str, &Service) -> Result<String, Error>,
    /// The body of one entry of that list.
    pub model: fn(&Model) -> String,
    /// Appends the body of an error. The text is the request's id.
    pub error: fn(&Error, &str, &mut Vec<u8>),
}

/// Counting the tokens of a request.
#[derive(Debug)]
pub struct Count {
    /// Where, likewise.
    pub path: &'static str,
    /// The body of the answer.
    pub body: fn(u64) -> String,
}

/// Whether a list of models shows what DeGPT says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// It does, so DeGPT is asked.
    WithService,
    /// It has the models alone.
    ModelsOnly,
}

/// A request, read.
#[derive(Debug)]
pub struct Asked<'a> {
    /// What is asked.
    pub prompt: Prompt<'a>,
    /// How the answer to this very request is written.
    pub reply: Box<dyn Reply>,
}

/// How the answer to one request is written: what of the request decides on that
/// stays with the dialect.
pub trait Reply: Debug {
    /// A whole answer by the model that clients know as `model`.
    fn whole(&self, answer: &Answer, model: &str, stamp: &Stamp) -> String;

    /// The writer of a streamed one, to a request of `prompt_tokens`.
    fn encoder(&self, model: &str, stamp: &Stamp, prompt_tokens: u64) -> Box<dyn Encoder>;
}

/// Writes one streamed answer as server-sent events. Called in this order: `open`
/// once, `event` as often as it takes, then either `close` or `abort` once; and
/// `keep_alive` at any time between.
pub trait Encoder: Debug {
    /// What comes before all else.
    fn open(&mut self, out: &mut Vec<u8>);

    /// What `event` says; nothing for [`Event::End`], which is `close`'s.
    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>);

    /// The end of an answer that is whole.
    fn close(&mut self, finish: &Finish, counted: Usage, out: &mut Vec<u8>);

    /// The end of an answer that failed.
    fn abort(&self, error: &Error, out: &mut Vec<u8>);

    /// A number that changes whenever `abort` would write something else than before.
    fn abort_form(&self) -> u32 {
        0
    }

    /// What tells a client that the stream is alive.
    fn keep_alive(&self, out: &mut Vec<u8>);
}

/// There is one of each.
impl PartialEq for Api {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Api {}

impl Api {
    /// The body of an error, for the request of this id.
    #[must_use]
    pub fn error_body(&self, error: &Error, request_id: &str) -> String {
        let mut out = Vec::new();
        (self.error)(error, request_id, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }
}

/// Whose a request is that came to an address which several of `apis` share.
/// `header` looks up a header by its name in small letters.
#[must_use]
pub fn of(apis: Table, header: &dyn Fn(&str) -> Option<String>) -> &'static Api {
    let signed = |api: &&&Api| api.sign.is_some_and(|name| header(name).is_some());
    apis.iter().find(signed).or(apis.first()).copied().unwrap_or(&openai::API)
}
