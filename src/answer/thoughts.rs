//! The reasoning that some models write into their text, in tags at its beginning.
//!
//! Stands before all other stages, so that nothing in a thought is a call, a stop sequence or
//! the JSON answer. Only the beginning of a text is held, and only while it may be a tag. A tag
//! that opens later is text, and so is a closing tag alone: a stream has sent what stood before
//! it. The result is the same for every way the text is split.

use std::mem;

use crate::chat::Event;

/// Turns thoughts at the beginning of a text into reasoning.
#[derive(Debug, Clone)]
pub(super) struct Thoughts {
    state: State,
    /// The text that may be the beginning of a tag, with the white space before it.
    held: String,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// A thought may begin.
    Before,
    /// The same, after a thought or a mark.
    Between,
    /// A thought has begun, and nothing of it has come.
    Opened(Ends),
    /// In a thought.
    Inside(Ends),
    /// The answer itself has begun.
    Over,
}

/// The tags that end a thought.
type Ends = &'static [&'static str];

/// The tags that open a thought, and those that end it. Those without an end only stand before
/// an answer. The last four are those of gpt-oss.
const TAGS: [(&str, Ends); 7] = [
    ("<think>", &["</think>"]),
    ("<thinking>", &["</thinking>"]),
    ("<thought>", &["</thought>"]),
    ("<|channel|>analysis<|message|>", &["<|end|>", FINAL]),
    (FINAL, &[]),
    ("<|start|>assistant<|channel|>analysis<|message|>", &["<|end|>", FINAL]),
    ("<|start|>assistant<|channel|>final<|message|>", &[]),
];

const FINAL: &str = "<|channel|>final<|message|>";

/// The most that is held back, in bytes. No model writes so much white space before a tag.
const MOST_BYTES: usize = 256;

impl Thoughts {
    pub(super) fn new() -> Self {
        Self { state: State::Before, held: String::new() }
    }

    /// Whether everything passes as it is from now on.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// How much memory it holds, in bytes.
    pub(super) fn held_bytes(&self) -> usize {
        self.held.capacity()
    }

    /// Takes an event, and calls `on_event` with the events that it becomes.
    pub(super) fn push(&mut self, event: Event<'_>, on_event: &mut dyn FnMut(Event<'_>)) {
        match event {
            Event::Text(text) if self.held.is_empty() => {
                let rest = self.read(text, on_event);
                self.held.push_str(rest);
            }
            Event::Text(text) => {
                self.held.push_str(text);
                let mut held = mem::take(&mut self.held);
                let rest = self.read(&held, on_event).len();
                held.drain(..held.len() - rest);
                self.held = held;
            }
            Event::End(_) => {
                let held = mem::take(&mut self.held);
                match self.state {
                    State::Opened(_) | State::Inside(_) => say(&held, Event::Reasoning, on_event),
                    State::Between => say(held.trim_ascii_start(), Event::Text, on_event),
                    State::Before | State::Over => say(&held, Event::Text, on_event),
                }
                self.state = State::Over;
                on_event(event);
            }
            other => on_event(other),
        }
    }

    /// Passes on what is certain of `text`, and returns the rest.
    fn read<'t>(&mut self, mut text: &'t str, on_event: &mut dyn FnMut(Event<'_>)) -> &'t str {
        loop {
            match self.state {
                State::Before | State::Between => {
                    let inner = text.trim_ascii_start();
                    let mut is_tag = false;
                    let opened = TAGS.iter().find(|(tag, _)| {
                        is_tag |= tag.starts_with(inner);
                        inner.starts_with(tag)
                    });
                    if let Some((tag, ends)) = opened {
                        text = inner.get(tag.len()..).unwrap_or_default();
                        self.state =
                            if ends.is_empty() { State::Between } else { State::Opened(ends) };
                        continue;
                    }
                    if is_tag && text.len() <= MOST_BYTES {
                        return text;
                    }
                    if let State::Between = self.state {
                        text = inner;
                    }
                    self.state = State::Over;
                }
                State::Opened(ends) => {
                    text = text.trim_start_matches(['\n', '\r']);
                    if text.is_empty() {
                        return text;
                    }
                    self.state = State::Inside(ends);
                }
                State::Inside(ends) => {
                    let (free, rest) = text.split_at(place_of(ends, text));
                    say(free, Event::Reasoning, on_event);
                    let Some(after) = ends.iter().find_map(|end| rest.strip_prefix(end)) else {
                        return rest;
                    };
                    text = after;
                    self.state = State::Between;
                }
                State::Over => {
                    say(text, Event::Text, on_event);
                    return "";
                }
            }
        }
    }
}

/// Where in `text` one of `ends` begins, or may begin; else its length.
fn place_of(ends: Ends, text: &str) -> usize {
    let mut rest = text;
    while let Some(place) = rest.find('<') {
        rest = rest.get(place..).unwrap_or_default();
        if ends.iter().any(|end| rest.starts_with(end) || end.starts_with(rest)) {
            return text.len() - rest.len();
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    text.len()
}

fn say<'t>(text: &'t str, of: fn(&'t str) -> Event<'t>, on_event: &mut dyn FnMut(Event<'_>)) {
    if !text.is_empty() {
        on_event(of(text));
    }
}
