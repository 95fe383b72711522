//! The client APIs that are served. Each is one folder here, and one row of [`ALL`].
//!
//! An [`Api`] is a value: where it is served, how its requests are read, and how its
//! answers, its errors and its list of models are written. The rest of the gateway names
//! no API, but uses the one it was given. The APIs know nothing of each other, nor of
//! DeGPT: they meet it in [`chat`](crate::chat).
//!
//! Clients send one API's words to another, so all of them are read here, once: `request`,
//! `tools` and `thinking`, with their JSON in `tool_wire`, and in `fields` what no type reads.
//! Every field of a request is obeyed, named, or refused (`docs/fields.md`). The rules for
//! values are in `rules` and `tool_rules`.

pub mod anthropic;
mod builtin_tools;
mod content;
mod fields;
mod files;
mod known;
mod limits;
pub mod openai;
mod request;
pub mod responses;
mod rules;
mod server_tools;
mod sources;
mod text_tools;
mod thinking;
mod tool_rules;
mod tool_wire;
mod tools;
mod web_tools;

use std::fmt::Debug;

pub use known::{Fields, SPELLINGS};
pub use limits::Headers;
pub use web_tools::turn_off as turn_web_off;

use crate::{
    catalog::{Listed, Service},
    chat::{Answer, Event, Finish, Prompt, Stamp, Usage},
    error::Error,
    ledger::Standing,
};

/// A list of APIs. The first serves requests that no other claims.
pub type Table = &'static [&'static Api];

/// All APIs.
pub static ALL: Table = &[&openai::API, &anthropic::API, &responses::API];

/// One client API.
#[derive(Debug)]
pub struct Api {
    /// Its display name.
    pub name: &'static str,
    /// The path it is served at, without the prefix (`/api`, `/v1`) and outer slashes.
    pub path: &'static str,
    /// How it counts the tokens of a request, if it does.
    pub count: Option<Count>,
    /// A header that only its clients send. It tells the API of a request at a path that
    /// several APIs share.
    pub sign: Option<&'static str>,
    /// Whether its list of models has DeGPT's name, version and status.
    pub list: List,
    /// Reads the body of a request.
    ///
    /// # Errors
    /// [`Error::Invalid`], which names the field; Anthropic's also [`Error::NoThreads`].
    pub parse: for<'a> fn(&'a [u8]) -> Result<Asked<'a>, Error>,
    /// The body of the list of models. The text is the URL's query string, without the
    /// question mark.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an invalid query.
    pub models: fn(&[Listed], &str, &Service) -> Result<String, Error>,
    /// The body of one entry of that list.
    pub model: fn(&Listed) -> String,
    /// Appends the body of an error. The text is the request's id.
    pub error: fn(&Error, &str, &mut Vec<u8>),
    /// The headers that say how much a key may still take, at a time in seconds since 1970-01-01
    /// UTC.
    pub limits: fn(&Standing, u64) -> Headers,
}

/// Counting the tokens of a request.
#[derive(Debug)]
pub struct Count {
    /// The path it is served at, like [`Api::path`].
    pub path: &'static str,
    /// The body of the reply.
    pub body: fn(u64) -> String,
}

/// Whether a list of models has DeGPT's name, version and status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// It has, so DeGPT is asked for them.
    WithService,
    /// It has only the models.
    ModelsOnly,
}

/// A parsed request.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The request in neutral form.
    pub prompt: Prompt<'a>,
    /// How the answer to this request is written.
    pub reply: Box<dyn Reply>,
}

/// How the answer to one request is written. It keeps those parameters of the request
/// that only the answer's form depends on.
pub trait Reply: Debug {
    /// How many answers the request asks for, from 1 to [`MOST_CHOICES`](crate::chat::MOST_CHOICES).
    fn choices(&self) -> u32 {
        1
    }

    /// A whole answer by the model that clients know as `model`, and the `others` if the request
    /// asks for more than one.
    fn whole(&self, answer: &Answer, others: &[Answer], model: &str, stamp: &Stamp) -> String;

    /// The writer of a streamed answer to a request of `prompt_tokens`: of the choice with this
    /// number, from 0. All choices are written to one stream, which the last `close` ends.
    fn encoder(
        &self,
        choice: u32,
        model: &str,
        stamp: &Stamp,
        prompt_tokens: u64,
    ) -> Box<dyn Encoder>;

    /// How much memory it holds that grows with the request, in bytes.
    fn held_bytes(&self) -> usize {
        0
    }
}

/// Writes one streamed answer as server-sent events. Calls come in this order: `open`
/// once, `event` any number of times, then `close` or `abort` once. `keep_alive` may come
/// at any time between.
pub trait Encoder: Debug {
    /// Writes the beginning.
    fn open(&mut self, out: &mut Vec<u8>);

    /// Writes `event`; nothing for [`Event::End`], which `close` writes.
    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>);

    /// Writes the end of a complete answer.
    fn close(&mut self, finish: &Finish, counted: Usage, out: &mut Vec<u8>);

    /// Writes the end of a failed answer.
    fn abort(&self, error: &Error, out: &mut Vec<u8>);

    /// A number that changes whenever what `abort` would write changes.
    fn abort_form(&self) -> u32 {
        0
    }

    /// Writes what tells a client that the stream is alive.
    fn keep_alive(&self, out: &mut Vec<u8>);

    /// How much memory it holds, and needs for the end, in bytes.
    fn held_bytes(&self) -> usize {
        0
    }
}

/// Each API exists once, so two are equal if they are the same value.
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

/// The API of a request at a path that several of `apis` share. `header` looks up a header
/// by its lowercase name.
#[must_use]
pub fn of(apis: Table, header: &dyn Fn(&str) -> Option<String>) -> &'static Api {
    let signed = |api: &&&Api| api.sign.is_some_and(|name| header(name).is_some());
    apis.iter().find(signed).or(apis.first()).copied().unwrap_or(&openai::API)
}
