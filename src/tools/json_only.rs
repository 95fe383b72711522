//! Leaves of a text only the JSON object in it.

use std::mem;

use super::MAX_HELD_BYTES;
use crate::chat::Event;

/// Passes on the first object of a text as it comes, and drops what stands around
/// it. A text without one goes on as it is, at its end: it says why.
#[derive(Debug, Clone, Default)]
pub(super) struct Object {
    /// What came before the object, and perhaps its first bracket.
    held: String,
    /// Where in that the bracket is, if it ends with one.
    bracket: Option<usize>,
    /// What goes out as soon as the piece at hand is read.
    ready: String,
    place: Place,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Before,
    Inside {
        depth: usize,
        quoted: bool,
        escaped: bool,
    },
    After,
    /// There is none, as far as anyone will wait for it.
    Nowhere,
}

impl Object {
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
        match &mut self.place {
            Place::Before => {
                match (ch, self.bracket) {
                    ('{', _) => self.bracket = Some(self.held.len()),
                    ('"' | '}', Some(start)) => {
                        self.ready.push_str(self.held.get(start..).unwrap_or_default());
                        self.ready.push(ch);
                        self.held = String::new();
                        self.place = match ch {
                            '"' => Place::Inside { depth: 1, quoted: true, escaped: false },
                            _ => Place::After,
                        };
                        return;
                    }
                    _ if ch.is_ascii_whitespace() => {}
                    _ => self.bracket = None,
                }
                self.held.push(ch);
                if self.held.len() > MAX_HELD_BYTES {
                    self.ready.push_str(&mem::take(&mut self.held));
                    self.place = Place::Nowhere;
                }
            }
            Place::Nowhere => self.ready.push(ch),
            Place::Inside { depth, quoted, escaped } => {
                self.ready.push(ch);
                match ch {
                    _ if *escaped => *escaped = false,
                    '\\' if *quoted => *escaped = true,
                    '"' => *quoted = !*quoted,
                    _ if *quoted => {}
                    '{' | '[' => *depth += 1,
                    '}' | ']' => *depth -= 1,
                    _ => {}
                }
                if *depth == 0 {
                    self.place = Place::After;
                }
            }
            Place::After => {}
        }
    }
}
