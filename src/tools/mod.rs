//! Tools and structured output, for an upstream that supports neither.
//!
//! DeGPT drops `tools` and `response_format`. So [`instruct`] describes in the prompt the
//! tools and the form of a call (one block,
//! `<tool_call>{"name": …, "arguments": {…}}</tool_call>`), [`markup`] writes the calls and
//! results of the history in the same form, and [`Stage`] finds the calls in the answer.
//! `quote` marks calls that a text only quotes.

mod arguments;
mod ask_again;
mod bare;
mod block;
mod call_json;
mod calls;
mod code_fences;
mod declared;
mod fit;
mod form;
mod instructions;
mod json_only;
pub mod markup;
mod mend;
mod parser;
mod quote;
mod results;
mod strict;
mod tags;

use crate::{
    chat::{Calls, Event, Finish, Prompt, ToolChoice, WebTool},
    json::{self, Text},
};
pub use ask_again::{Correction, LONGEST_BYTES, Wanted, ended_by_itself};
use call_json::Fields;
use declared::Declared;
pub use fit::{Fit, Judgement};
use form::Root;
pub use instructions::instruct;
use json_only::JsonOnly;
pub use results::results;
pub use strict::Strict;

/// The most that is held back until it is certain what it is, in bytes. No model writes
/// a call as large: what is longer is text.
const MAX_HELD_BYTES: usize = 1 << 20;

/// A stage between the upstream's events and the limits: text goes in, text and calls come
/// out. They do not depend on how the text was cut into events.
#[derive(Debug, Clone)]
pub struct Stage {
    calls: Option<parser::Parser>,
    json_only: Option<JsonOnly>,
    only_one: bool,
    awaited: Awaited,
    ended: bool,
    /// The tools that the gateway itself carries out.
    web: Vec<(String, WebTool)>,
    /// Whether one of them was called.
    has_errand: bool,
}

/// What an answer must have before any of it may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Call,
    /// The JSON value.
    Value,
    /// Nothing: the reasoning goes out as it comes.
    Nothing,
}

impl Stage {
    /// The stage for the answer to `prompt`. `None` if it asks for neither tools nor a format.
    #[must_use]
    pub fn new(prompt: &Prompt<'_>) -> Option<Self> {
        let tools = prompt.tools.as_ref();
        if tools.is_none() && prompt.format.is_none() {
            return None;
        }
        let calls =
            tools.map(|tools| parser::Parser::new(Declared::owned(&tools.list), tools.quotes));
        Some(Self {
            calls,
            json_only: prompt.format.map(|format| JsonOnly::new(Root::of(format))),
            only_one: tools.is_some_and(|tools| tools.calls == Calls::One),
            awaited: match tools.map(|tools| tools.choice) {
                Some(ToolChoice::Required) => Awaited::Call,
                _ => Awaited::Value,
            },
            ended: false,
            web: tools.map_or_else(Vec::new, |tools| {
                tools.web.iter().map(|web| (web.name.clone(), web.tool)).collect()
            }),
            has_errand: false,
        })
    }

    /// Prepares an unused stage for what the model says once its calls of the gateway's own tools
    /// were carried out: that need not have another call.
    pub fn go_on(&mut self) {
        if self.awaited == Awaited::Call {
            self.awaited = Awaited::Value;
        }
    }

    /// Takes note of a `text` that the model gets, and may quote.
    pub fn heed(&mut self, text: &str) {
        if let Some(calls) = &mut self.calls {
            calls.heed(text);
        }
    }

    /// Whether what has passed may go out, but for calls, which may. At the end of the answer:
    /// whether it has what it must have.
    #[must_use]
    pub fn may_go_out(&self) -> bool {
        match (self.awaited, &self.json_only) {
            (Awaited::Call, _) => false,
            (Awaited::Value, Some(json_only)) => json_only.has_value(),
            (Awaited::Value, None) | (Awaited::Nothing, _) => self.unreadable().is_none(),
        }
    }

    /// What is wrong with a call that could not be read and became text.
    #[must_use]
    pub fn unreadable(&self) -> Option<&'static str> {
        self.calls.as_ref()?.unreadable
    }

    /// Whether the text so far ends with what is visibly complete: a call, or the JSON value.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.calls.as_ref().is_some_and(parser::Parser::ends_with_call)
            || self.json_only.as_ref().is_some_and(JsonOnly::is_complete)
    }

    /// The texts that are not certain yet.
    #[must_use]
    pub fn held(&self) -> [&str; 2] {
        let json = self.json_only.as_ref().map_or("", JsonOnly::held);
        [self.calls.as_ref().map_or("", parser::Parser::held), json]
    }

    /// How much memory is held for what is not certain yet, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let calls = self.calls.as_ref().map_or(0, parser::Parser::held_bytes);
        calls + self.json_only.as_ref().map_or(0, JsonOnly::held_bytes)
    }

    /// Takes an event, and calls `on_event` with the events that it becomes. Nothing comes
    /// after an [`Event::End`].
    pub fn push(&mut self, event: Event<'_>, on_event: &mut dyn FnMut(Event<'_>)) {
        let Self { calls, json_only, only_one, awaited, ended, web, has_errand } = self;
        if *ended {
            return;
        }
        if *awaited == Awaited::Value && matches!(event, Event::Reasoning(_)) {
            *awaited = Awaited::Nothing;
        }
        let at_end = matches!(event, Event::End(Finish::Length));
        let mut pass = |event: Event<'_>| {
            if *ended {
                return;
            }
            let is_last =
                *only_one && matches!(event, Event::ToolCall { .. } | Event::WebCall { .. });
            *ended = matches!(event, Event::End(_)) || is_last;
            let mut send = |event: Event<'_>| match json_only {
                Some(json_only) => json_only.push(event, on_event),
                None => on_event(event),
            };
            send(event);
            if is_last {
                // It may have been cut off.
                send(Event::End(if at_end { Finish::Length } else { Finish::Stop }));
            }
        };
        let mut run_errands;
        let mut pass: &mut dyn FnMut(Event<'_>) = &mut pass;
        if !web.is_empty() {
            run_errands = |event: Event<'_>| {
                let mut input = String::new();
                if let Some(event) = errand(event, web, has_errand, &mut input) {
                    pass(event);
                }
            };
            pass = &mut run_errands;
        }
        match (event, calls) {
            (Event::Text(text), Some(calls)) => calls.push(text, pass),
            (Event::End(finish), Some(calls)) => {
                calls.finish(&finish, pass);
                pass(Event::End(finish));
            }
            (other, _) => pass(other),
        }
    }
}

/// What becomes of an event where the tools `web` are carried out here: their calls are errands, with
/// what they are about in `input`.
#[cold]
#[inline(never)]
fn errand<'e>(
    event: Event<'e>,
    web: &[(String, WebTool)],
    has_errand: &mut bool,
    input: &'e mut String,
) -> Option<Event<'e>> {
    match event {
        Event::ToolCall { name, arguments } => {
            let Some((_, tool)) = web.iter().find(|(known, _)| known == name) else {
                return Some(event);
            };
            *has_errand = true;
            *input = input_of(arguments);
            Some(Event::WebCall { tool: *tool, input })
        }
        // It is made up: the result is not there yet.
        Event::Text(text) if *has_errand && text.trim().is_empty() => None,
        Event::Text(_) if *has_errand => Some(Event::End(Finish::Stop)),
        other => Some(other),
    }
}

/// What a call of a tool of the web is about: its one argument, by any of the names that models give
/// it; empty if there is none.
fn input_of(arguments: &str) -> String {
    const NAMES: [&str; 4] = ["query", "url", "q", "uri"];
    let found = Fields::of(arguments).and_then(|fields| fields.find(&NAMES));
    let text = found.and_then(|json| json::read::<Text<'_>>(json.as_bytes()).ok());
    text.map_or_else(String::new, |text| text.0.into_owned())
}
