//! What a streamed answer leaves to be carried out, for the translator that finds it and for who
//! carries it out.

use std::{cell::RefCell, mem, rc::Rc};

use super::call_gate::Said;
use crate::chat::{Event, WebTool};

/// The calls of the gateway's own tools with which a part of an answer ended.
#[derive(Debug, Clone, Default)]
pub struct Errands(Rc<RefCell<Round>>);

/// Such a part of an answer.
#[derive(Debug, Default)]
pub struct Round {
    /// Its text.
    pub said: String,
    /// The calls, each with what it is about.
    pub calls: Vec<(WebTool, String)>,
    /// Whether tools of the client's are called, too: then the answer ends with them.
    pub is_last: bool,
}

impl Errands {
    /// What is to be carried out.
    #[must_use]
    pub fn take(&self) -> Round {
        self.0.take()
    }

    pub(super) fn set(&self, round: Round) {
        self.0.replace(round);
    }
}

/// The longest text that the model is told it said, in bytes.
const MOST_SAID_BYTES: usize = 64 << 10;

/// The part of a translator that looks out for such calls.
#[derive(Debug, Default)]
pub(super) struct Lookout {
    errands: Errands,
    round: Round,
    /// The client's calls that follow them. They go out after the results.
    after: Said,
    /// Whether the calls are being carried out.
    pub(super) is_away: bool,
}

impl Lookout {
    pub(super) fn new(errands: Errands) -> Self {
        Self { errands, ..Self::default() }
    }

    /// Whether `event` waits until the calls have been carried out.
    pub(super) fn holds(&mut self, event: &Event<'_>) -> bool {
        match event {
            Event::WebCall { tool, input } => self.round.calls.push((*tool, (*input).to_owned())),
            Event::Text(text) if self.round.said.len() + text.len() <= MOST_SAID_BYTES => {
                self.round.said.push_str(text);
            }
            Event::ToolCall { .. } => {
                self.round.is_last = true;
                let waits = self.has_calls();
                if waits {
                    self.after.keep(event);
                }
                return waits;
            }
            _ => {}
        }
        false
    }

    pub(super) fn has_calls(&self) -> bool {
        !self.round.calls.is_empty()
    }

    /// The part has ended with its calls.
    pub(super) fn send_away(&mut self) {
        self.is_away = true;
        self.errands.set(mem::take(&mut self.round));
    }

    /// Prepares for the part that is read next.
    pub(super) fn restart(&mut self) {
        self.is_away = false;
        self.round = Round::default();
    }

    /// Passes on the calls that were held.
    pub(super) fn release(&mut self, pass: &mut dyn FnMut(&Event<'_>)) {
        mem::take(&mut self.after).release(pass);
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.after.held_bytes() + self.round.said.capacity()
    }
}
