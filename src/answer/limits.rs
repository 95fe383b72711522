//! Stop sequences, token limits and token counts. The gateway applies them, because DeGPT
//! ignores them.
//!
//! Stands between the upstream's events and a dialect's encoder. It holds back only text that
//! could be the start of a stop sequence, or that fits under the limit only if certain text
//! follows; never more. The result is the same for every way the text is split.

use std::rc::Rc;

use crate::{
    chat::{Event, Finish, Limits, Reasoning, Usage},
    tokens::{self, Counter},
};

/// Passes one answer's events on until a limit is reached.
#[derive(Debug, Clone)]
pub struct Limiter {
    stop: StopMatcher,
    max_text_tokens: Option<u64>,
    max_total_tokens: Option<u64>,
    prompt_tokens: u64,
    /// Whether to count tokens even if there is no limit.
    counting: Counting,
    /// Whether reasoning passes. It is counted either way.
    passes: Reasoning,
    reasoning: Gauge,
    text: Gauge,
    /// The tokens of the calls that were passed on.
    call_tokens: u64,
    called: bool,
}

/// Whether the [`Usage`] is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// It is needed.
    On,
    /// It is not needed, and the work is saved.
    Off,
}

impl Limiter {
    /// A limiter for the answer to a request of `prompt_tokens`.
    #[must_use]
    pub fn new(limits: &Limits, prompt_tokens: u64, counting: Counting) -> Self {
        Self {
            stop: StopMatcher::new(&limits.stop),
            max_text_tokens: limits.max_text_tokens,
            max_total_tokens: limits.max_total_tokens,
            prompt_tokens,
            counting,
            passes: Reasoning::Shown,
            reasoning: Gauge::default(),
            text: Gauge::default(),
            call_tokens: 0,
            called: false,
        }
    }

    /// The same, with reasoning or without.
    #[must_use]
    pub fn with(self, passes: Reasoning) -> Self {
        Self { passes, ..self }
    }

    /// Whether reasoning passes.
    #[must_use]
    pub fn passes(&self) -> Reasoning {
        self.passes
    }

    /// Takes an event, and calls `on_event` with what passes. If this emits an
    /// [`Event::End`], the answer ends there: the caller must ignore the output of later calls.
    pub fn push(&mut self, event: Event<'_>, on_event: &mut dyn FnMut(Event<'_>)) {
        match event {
            // Most answers have no limit.
            Event::Text(text) if self.is_free() => {
                self.text.count(text, self.counting);
                on_event(event);
            }
            Event::Reasoning(text) => {
                let limit = self.max_total_tokens;
                let is_shown = self.passes == Reasoning::Shown;
                let pass = &mut |text: &str| {
                    if is_shown {
                        on_event(Event::Reasoning(text));
                    }
                };
                if self.reasoning.push(text, limit, self.counting, pass) == Room::UsedUp {
                    on_event(Event::End(Finish::Length));
                }
            }
            // Reasoning was held back because it was over the limit, and no more reasoning came to
            // bring it under the limit again.
            Event::Text(_) if !self.reasoning.held.is_empty() => {
                on_event(Event::End(Finish::Length));
            }
            Event::Text(text) => {
                let limit = self.text_limit();
                let Self { stop, text: gauge, counting, .. } = self;
                let mut room = Room::Left;
                let found = stop.push(text, &mut |text| {
                    if room == Room::Left {
                        let pass = &mut |text: &str| on_event(Event::Text(text));
                        room = gauge.push(text, limit, *counting, pass);
                    }
                });
                match (room, found) {
                    (Room::UsedUp, _) => on_event(Event::End(Finish::Length)),
                    (Room::Left, Some(sequence)) => {
                        let finish = gauge.finish(Finish::StopSequence(sequence));
                        on_event(Event::End(self.because_of_calls(finish)));
                    }
                    (Room::Left, None) => {}
                }
            }
            Event::ToolCall { name, arguments } => {
                let is_over = self.flush(on_event) == Room::UsedUp
                    || !self.reasoning.held.is_empty()
                    || !self.text.held.is_empty();
                let fits = if is_over { None } else { self.call_fits(name, arguments) };
                if let Some(fits) = fits {
                    self.called = true;
                    let arguments = split(arguments, fits).0;
                    on_event(Event::ToolCall { name, arguments });
                }
                if fits != Some(arguments.len()) {
                    on_event(Event::End(Finish::Length));
                }
            }
            Event::WebCall { tool, input } => {
                let is_over = self.flush(on_event) == Room::UsedUp
                    || !self.reasoning.held.is_empty()
                    || !self.text.held.is_empty();
                let fits = if is_over { None } else { self.call_fits("", input) };
                if fits == Some(input.len()) {
                    on_event(Event::WebCall { tool, input });
                } else {
                    on_event(Event::End(Finish::Length));
                }
            }
            // It does not come from the model.
            Event::WebResult(_) => on_event(event),
            Event::End(finish) => {
                let finish = match self.flush(on_event) {
                    Room::UsedUp => Finish::Length,
                    Room::Left => self.text.finish(self.reasoning.finish(finish)),
                };
                on_event(Event::End(self.because_of_calls(finish)));
            }
        }
    }

    /// Prepares for what follows the results of calls, which the model gets as `told`.
    pub fn heed(&mut self, told: &str) {
        if self.counting == Counting::On {
            self.prompt_tokens += tokens::count(told);
        }
    }

    /// Whether nothing can end the text but its end.
    fn is_free(&self) -> bool {
        let has_limit = self.max_text_tokens.is_some() || self.max_total_tokens.is_some();
        !has_limit && self.stop.sequences.is_empty()
    }

    /// Call this when the text is interrupted or ends: what was held as a possible start of a
    /// stop sequence is plain text.
    fn flush(&mut self, on_event: &mut dyn FnMut(Event<'_>)) -> Room {
        let limit = self.text_limit();
        let rest = self.stop.flush();
        let pass = &mut |text: &str| on_event(Event::Text(text));
        self.text.push(&rest, limit, self.counting, pass)
    }

    /// Counts a call as far as it fits under the limit: returns how many bytes of its arguments
    /// do, and `None` if not even its name does.
    fn call_fits(&mut self, name: &str, arguments: &str) -> Option<usize> {
        let limit = self.text_limit();
        if limit.is_none() && self.counting == Counting::Off {
            return Some(arguments.len());
        }
        let name_tokens = tokens::count(name);
        let used = self.text.counter.total() + name_tokens;
        let left = limit.map_or(Some(u64::MAX), |limit| limit.checked_sub(used))?;
        let mut counter = Counter::default();
        let fits = counter.push_up_to(arguments, left);
        self.call_tokens += name_tokens + counter.total();
        Some(fits)
    }

    /// The finish reason. If the answer has calls, they are the reason: clients look for calls
    /// only then.
    fn because_of_calls(&self, finish: Finish) -> Finish {
        match finish {
            Finish::Stop | Finish::StopSequence(_) if self.called => Finish::ToolCalls,
            other => other,
        }
    }

    /// The tokens of everything passed on so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let reasoning_tokens = self.reasoning.counter.total();
        Usage {
            prompt_tokens: self.prompt_tokens,
            completion_tokens: reasoning_tokens + self.text.counter.total() + self.call_tokens,
            reasoning_tokens,
        }
    }

    /// The most tokens that the text may have, after subtracting the reasoning and the calls
    /// before it.
    fn text_limit(&mut self) -> Option<u64> {
        let left = self.max_total_tokens.map(|limit| limit.saturating_sub(self.reasoning.total()));
        let limit = match (self.max_text_tokens, left) {
            (Some(text), Some(left)) => Some(text.min(left)),
            (limit, None) | (None, limit) => limit,
        };
        limit.map(|limit| limit.saturating_sub(self.call_tokens))
    }
}

/// Whether the limit leaves room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    Left,
    UsedUp,
}

/// Counts a text and cuts it at a limit: it passes the longest prefix of the text that has at
/// most that many tokens.
///
/// The number of tokens can fall when a text grows (`'r` is two tokens, `'re` is one). So
/// text over the limit is held back until it is certain to stay over it.
#[derive(Debug, Clone, Default)]
struct Gauge {
    /// Has counted what was passed on.
    counter: Counter,
    /// The counter's total, if it has been computed since the last change.
    total: Option<u64>,
    /// The text after that. It is over the limit as it stands.
    held: String,
}

impl Gauge {
    /// No token is nearly this long: a text that is over the limit for this many bytes does
    /// not come under it again.
    const WINDOW_BYTES: usize = 512;

    fn push(
        &mut self,
        text: &str,
        limit: Option<u64>,
        counting: Counting,
        pass: &mut dyn FnMut(&str),
    ) -> Room {
        let Some(limit) = limit else {
            self.count(text, counting);
            if !text.is_empty() {
                pass(text);
            }
            return Room::Left;
        };
        self.total = None;
        let mut text = text;
        if self.held.is_empty() {
            // Almost always everything fits, and nothing is held or copied.
            let (window, _) = split(text, Self::WINDOW_BYTES);
            let fits = self.counter.push_up_to(window, limit);
            let (head, rest) = split(text, fits);
            if !head.is_empty() {
                pass(head);
            }
            text = rest;
        }
        self.held.push_str(text);
        loop {
            let (window, _) = split(&self.held, Self::WINDOW_BYTES);
            let fits = self.counter.push_up_to(window, limit);
            if fits == 0 {
                break;
            }
            pass(split(&self.held, fits).0);
            self.held.drain(..fits);
        }
        if self.held.is_empty() {
            return Room::Left;
        }
        let mut ahead = self.counter.clone();
        ahead.push(&self.held);
        if ahead.settled() > limit || self.held.len() >= Self::WINDOW_BYTES {
            self.held.clear();
            Room::UsedUp
        } else {
            Room::Left
        }
    }

    /// Counts a text without a limit, which passes.
    fn count(&mut self, text: &str, counting: Counting) {
        self.total = None;
        if counting == Counting::On {
            self.counter.push(text);
        }
    }

    /// The tokens of what was passed on.
    fn total(&mut self) -> u64 {
        let Self { counter, total, .. } = self;
        *total.get_or_insert_with(|| counter.total())
    }

    /// The finish reason: the limit, if text is still held back because it did not fit.
    fn finish(&self, finish: Finish) -> Finish {
        if self.held.is_empty() { finish } else { Finish::Length }
    }
}

/// Finds the first of several sequences in a text that arrives in pieces. It uses the
/// algorithm of Knuth, Morris and Pratt for each sequence, which looks at every byte once.
#[derive(Debug, Clone)]
struct StopMatcher {
    sequences: Vec<Sequence>,
    /// The end of the text so far that is the start of a sequence.
    held: String,
}

#[derive(Debug, Clone)]
struct Sequence {
    text: Rc<str>,
    /// For each position, the length of the longest proper prefix of the sequence that ends
    /// there.
    fallback: Vec<usize>,
    /// How many bytes of the sequence the text so far ends with.
    matched: usize,
}

impl StopMatcher {
    fn new(sequences: &[String]) -> Self {
        Self {
            sequences: sequences.iter().map(|text| Sequence::new(text)).collect(),
            held: String::new(),
        }
    }

    /// Resets the matcher, and returns what it held.
    fn flush(&mut self) -> String {
        for sequence in &mut self.sequences {
            sequence.matched = 0;
        }
        std::mem::take(&mut self.held)
    }

    /// Passes on the text that certainly does not belong to a sequence. Returns the sequence
    /// that was completed first; the longest, if several were completed at once. Everything
    /// before it has been passed on then.
    fn push(&mut self, text: &str, pass: &mut dyn FnMut(&str)) -> Option<Rc<str>> {
        if self.sequences.is_empty() {
            pass(text);
            return None;
        }
        let mut found: Option<Rc<str>> = None;
        let mut seen = 0;
        for byte in text.bytes() {
            seen += 1;
            for sequence in &mut self.sequences {
                let is_longer =
                    found.as_ref().is_none_or(|other| sequence.text.len() > other.len());
                if sequence.advance(byte) && is_longer {
                    found = Some(Rc::clone(&sequence.text));
                }
            }
            if found.is_some() {
                break;
            }
        }
        let end = match &found {
            Some(sequence) => sequence.len(),
            None => self.sequences.iter().map(|sequence| sequence.matched).max().unwrap_or(0),
        };
        // The position up to which the text may pass, counted from the start of what was held.
        let free = (self.held.len() + seen).saturating_sub(end);
        let (head, _) = split(&self.held, free);
        if !head.is_empty() {
            pass(head);
        }
        let from_text = free.saturating_sub(self.held.len());
        let (head, rest) = split(text, from_text);
        if !head.is_empty() {
            pass(head);
        }
        if found.is_none() {
            self.held.drain(..free.min(self.held.len()));
            self.held.push_str(rest);
        } else {
            self.held.clear();
        }
        found
    }
}

impl Sequence {
    fn new(text: &str) -> Self {
        let mut sequence = Self { text: text.into(), fallback: vec![0], matched: 0 };
        for byte in text.bytes().skip(1) {
            sequence.step(byte);
            sequence.fallback.push(sequence.matched);
        }
        sequence.matched = 0;
        sequence
    }

    /// Takes a byte of the text, and returns whether the sequence is complete.
    fn advance(&mut self, byte: u8) -> bool {
        self.step(byte);
        self.matched == self.text.len()
    }

    fn step(&mut self, byte: u8) {
        while self.text.as_bytes().get(self.matched) != Some(&byte) {
            if self.matched == 0 {
                return;
            }
            self.matched = self.fallback.get(self.matched - 1).copied().unwrap_or(0);
        }
        self.matched += 1;
    }
}

/// Splits `text` at `place`, or at the nearest character boundary before it.
fn split(text: &str, place: usize) -> (&str, &str) {
    text.split_at_checked(text.floor_char_boundary(place)).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests;
