//! Reduces a text to the JSON object in it.

use std::mem;

use super::MAX_HELD_BYTES;
use crate::chat::Event;

/// Passes on the first object of a text as it comes, and drops the text around it. A text
/// without an object passes whole, at its end: it may say why.
#[derive(Debug, Clone, Default)]
pub(super) struct JsonOnly {
    /// The text before the object, perhaps with the object's first bracket.
    held: String,
    /// Where the bracket is in `held`, if nothing but white space follows it.
    bracket: Option<usize>,
    /// What goes out after the current piece of text.
    ready: String,
    state: ObjectState,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum ObjectState {
    #[default]
    Before,
    Inside {
        depth: usize,
        in_string: bool,
        escaped: bool,
    },
    After,
    /// More text came than may be held, and no object.
    Missing,
}

impl JsonOnly {
    /// How much memory it holds, in bytes.
    pub(super) fn held_bytes(&self) -> usize {
        self.held.capacity() + self.ready.capacity()
    }

    pub(super) fn push(&mut self, event: Event<'_>, on_event: &mut impl FnMut(Event<'_>)) {
        match event {
            Event::Text(text) => {
                for ch in text.chars() {
                    self.step(ch);
                }
                if !self.ready.is_empty() {
                    on_event(Event::Text(&self.ready));
                    self.ready.clear();
                }
            }
            Event::Reasoning(_) => on_event(event),
            Event::ToolCall { .. } | Event::End(_) => {
                let held = mem::take(&mut self.held);
                self.bracket = None;
                if !held.is_empty() {
                    on_event(Event::Text(&held));
                }
                on_event(event);
            }
        }
    }

    fn step(&mut self, ch: char) {
        match &mut self.state {
            ObjectState::Before => self.before(ch),
            ObjectState::Missing => self.ready.push(ch),
            ObjectState::Inside { depth, in_string, escaped } => {
                self.ready.push(ch);
                match ch {
                    _ if *escaped => *escaped = false,
                    '\\' if *in_string => *escaped = true,
                    '"' => *in_string = !*in_string,
                    _ if *in_string => {}
                    '{' | '[' => *depth += 1,
                    '}' | ']' => *depth -= 1,
                    _ => {}
                }
                if *depth == 0 {
                    self.state = ObjectState::After;
                }
            }
            ObjectState::After => {}
        }
    }

    /// Takes a character before the object is certain to have begun.
    fn before(&mut self, ch: char) {
        match (ch, self.bracket) {
            ('{', _) => self.bracket = Some(self.held.len()),
            ('"' | '}', Some(start)) => {
                self.ready.push_str(self.held.get(start..).unwrap_or_default());
                self.ready.push(ch);
                self.held = String::new();
                self.state = match ch {
                    '"' => ObjectState::Inside { depth: 1, in_string: true, escaped: false },
                    _ => ObjectState::After,
                };
                return;
            }
            _ if ch.is_ascii_whitespace() => {}
            _ => self.bracket = None,
        }
        self.held.push(ch);
        if self.held.len() > MAX_HELD_BYTES {
            self.ready.push_str(&mem::take(&mut self.held));
            self.state = ObjectState::Missing;
        }
    }
}
