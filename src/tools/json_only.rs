//! Reduces a text to the JSON value in it.

use std::mem;

use super::{MAX_HELD_BYTES, form::Root};
use crate::{chat::Event, json::Nesting};

/// Passes on the value that an answer may be, without the text around it.
///
/// A text that begins with a value, or with a code fence and a value, passes as it comes. If
/// words come first, all is held back to the end: the value may be a draft. A text with no
/// value or with several passes whole, and so is no JSON: nobody takes it for an answer.
#[derive(Debug, Clone)]
pub(super) struct JsonOnly {
    root: Root,
    /// The text that is not certain yet.
    held: String,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    /// The value may begin here.
    Before,
    /// Words have come.
    Words,
    /// In the value.
    Inside(Nesting),
    /// After the value.
    After,
    /// More text came than may be held.
    TooLong,
}

impl JsonOnly {
    pub(super) fn new(root: Root) -> Self {
        Self { root, held: String::new(), state: State::Before }
    }

    /// How much memory it holds, in bytes.
    pub(super) fn held_bytes(&self) -> usize {
        self.held.capacity()
    }

    /// Whether what has passed is the value, or its beginning.
    pub(super) fn has_value(&self) -> bool {
        matches!(self.state, State::Inside(_) | State::After)
    }

    /// Whether the value has ended.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self.state, State::After)
    }

    /// The text that is not certain yet.
    pub(super) fn held(&self) -> &str {
        &self.held
    }

    pub(super) fn push(&mut self, event: Event<'_>, on_event: &mut dyn FnMut(Event<'_>)) {
        match &event {
            Event::Text(text) => return self.text(text, on_event),
            Event::Reasoning(_) | Event::WebResult(_) => {}
            // Words before it are no part of the value, which is still to come.
            Event::WebCall { .. } => self.held.clear(),
            Event::ToolCall { .. } => say(&mem::take(&mut self.held), on_event),
            Event::End(_) => {
                let held = mem::take(&mut self.held);
                say(self.rest(&held), on_event);
            }
        }
        on_event(event);
    }

    fn text(&mut self, text: &str, on_event: &mut dyn FnMut(Event<'_>)) {
        match &mut self.state {
            State::TooLong => on_event(Event::Text(text)),
            State::Inside(nesting) => {
                let end = text.bytes().position(|byte| nesting.closes(byte));
                let (value, rest) =
                    end.and_then(|end| text.split_at_checked(end + 1)).unwrap_or((text, ""));
                say(value, on_event);
                if end.is_some() {
                    self.state = State::After;
                    self.text(rest, on_event);
                }
            }
            State::Before | State::Words | State::After => {
                self.held.push_str(text);
                if matches!(self.state, State::Before) {
                    match self.root.begins(&self.held) {
                        Some(true) => {
                            self.state = State::Inside(Nesting::default());
                            let held = mem::take(&mut self.held);
                            let start = held.find(['{', '[']).unwrap_or_default();
                            self.text(held.get(start..).unwrap_or_default(), on_event);
                        }
                        Some(false) => self.state = State::Words,
                        None => {}
                    }
                } else if self.held.len() > MAX_HELD_BYTES {
                    self.state = State::TooLong;
                    say(&mem::take(&mut self.held), on_event);
                }
            }
        }
    }

    /// What of `held` passes at the end.
    fn rest<'t>(&mut self, held: &'t str) -> &'t str {
        match (self.has_value(), self.root.values(held).as_slice()) {
            (true, []) => "",
            (false, [only]) => {
                self.state = State::After;
                only
            }
            _ => held,
        }
    }
}

fn say(text: &str, on_event: &mut dyn FnMut(Event<'_>)) {
    if !text.is_empty() {
        on_event(Event::Text(text));
    }
}
