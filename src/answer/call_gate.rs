//! Waits for the tool call that an answer must make.
//!
//! Stands between the limits and a dialect's encoder. It holds back what comes before the
//! call, so that nothing has been sent if the answer ends without one and another answer is
//! requested. [`ask_again`](crate::tools) decides when that happens.

use std::mem;

use crate::{
    chat::{Event, Finish, Usage},
    tools::{LONGEST_BYTES, ended_by_itself},
};

/// Passes an answer on, or holds it back.
#[derive(Debug)]
pub(super) enum CallGate {
    /// Everything passes: no call is required, or the gate no longer waits for one.
    Open,
    /// The gate waits for a call, and nothing passes.
    Holding(Said),
    /// The answer has ended without a call. Nothing passes until another answer is requested.
    Missed(Answer),
    /// Another answer has been requested, and it passes whatever it contains. Until its first
    /// event, the first answer still counts.
    AskedAgain(Answer),
}

/// A complete answer without the call that is wanted.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) said: Said,
    pub(super) finish: Finish,
    pub(super) usage: Usage,
}

/// What is held back: reasoning, text, and calls with which something is wrong.
#[derive(Debug, Default)]
pub(super) struct Said(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Reasoning(String),
    Text(String),
    Call(String, String),
}

impl CallGate {
    /// Waits for a call.
    pub(super) fn closed() -> Self {
        Self::Holding(Said::default())
    }

    /// Takes an event, and passes on what may be sent now.
    pub(super) fn push(&mut self, event: &Event<'_>, pass: &mut dyn FnMut(&Event<'_>)) {
        match self {
            Self::Open => pass(event),
            Self::Missed(_) => {}
            Self::AskedAgain(_) => {
                *self = Self::Open;
                pass(event);
            }
            Self::Holding(said) => {
                let is_call = matches!(event, Event::ToolCall { .. } | Event::WebCall { .. });
                if is_call && !said.has_call() {
                    self.open(pass);
                    pass(event);
                    return;
                }
                said.keep(event);
                // An answer this long is not requested again.
                if said.held_bytes() > LONGEST_BYTES {
                    self.open(pass);
                }
            }
        }
    }

    /// Call this at the answer's end. The answer is complete unless the gate is
    /// [`Missed`](Self::Missed) afterwards.
    pub(super) fn end(&mut self, finish: &Finish, usage: Usage, pass: &mut dyn FnMut(&Event<'_>)) {
        match self {
            Self::Holding(said) if ended_by_itself(finish) => {
                let (said, finish) = (mem::take(said), finish.clone());
                *self = Self::Missed(Answer { said, finish, usage });
            }
            Self::Holding(_) => self.open(pass),
            Self::AskedAgain(_) => *self = Self::Open,
            Self::Open | Self::Missed(_) => {}
        }
    }

    /// Stops waiting for a call: what is held of an unfinished answer passes.
    pub(super) fn open(&mut self, pass: &mut dyn FnMut(&Event<'_>)) {
        if let Self::Holding(said) = self {
            let said = mem::take(said);
            *self = Self::Open;
            said.release(pass);
        }
    }

    /// Prepares for another answer.
    pub(super) fn restart(&mut self) {
        *self = match mem::replace(self, Self::Open) {
            Self::Open => Self::Open,
            Self::Holding(_) => Self::closed(),
            Self::Missed(first) | Self::AskedAgain(first) => Self::AskedAgain(first),
        };
    }

    /// Stops waiting for another answer, and returns the first one, if there is one.
    pub(super) fn take_first(&mut self) -> Option<Answer> {
        match mem::replace(self, Self::Open) {
            Self::Missed(first) | Self::AskedAgain(first) => Some(first),
            other => {
                *self = other;
                None
            }
        }
    }

    /// Keeps a call with which something is wrong, if the gate waits for a call. Then nothing
    /// passes before the end.
    pub(super) fn hold(&mut self, call: &Event<'_>) -> bool {
        match self {
            Self::Holding(said) => said.keep(call),
            _ => return false,
        }
        true
    }

    /// Whether such a call is held.
    pub(super) fn holds_call(&self) -> bool {
        matches!(self, Self::Holding(said) if said.has_call())
    }

    /// Whether anything is held of an answer that has not ended.
    pub(super) fn has_said(&self) -> bool {
        matches!(self, Self::Holding(said) if !said.0.is_empty())
    }

    /// Whether another answer has been requested, and nothing of it has come.
    pub(super) fn has_asked(&self) -> bool {
        matches!(self, Self::AskedAgain(_))
    }

    /// Whether everything passes.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// Whether the answer has ended without the required call.
    pub(super) fn is_missed(&self) -> bool {
        matches!(self, Self::Missed(_))
    }

    /// How much memory is held, in bytes.
    pub(super) fn held_bytes(&self) -> usize {
        match self {
            Self::Open => 0,
            Self::Holding(said)
            | Self::Missed(Answer { said, .. })
            | Self::AskedAgain(Answer { said, .. }) => said.held_bytes(),
        }
    }
}

impl Said {
    /// Keeps reasoning, text and calls. Ends are not kept.
    pub(super) fn keep(&mut self, event: &Event<'_>) {
        match (event, self.0.last_mut()) {
            (Event::Reasoning(text), Some(Piece::Reasoning(said)))
            | (Event::Text(text), Some(Piece::Text(said))) => said.push_str(text),
            (Event::Reasoning(text), _) => self.0.push(Piece::Reasoning((*text).to_owned())),
            (Event::Text(text), _) => self.0.push(Piece::Text((*text).to_owned())),
            (Event::ToolCall { name, arguments }, _) => {
                self.0.push(Piece::Call((*name).to_owned(), (*arguments).to_owned()));
            }
            (Event::WebCall { .. } | Event::WebResult(_) | Event::End(_), _) => {}
        }
    }

    fn has_call(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Call(..)))
    }

    pub(super) fn held_bytes(&self) -> usize {
        let bytes = self.0.iter().map(|piece| match piece {
            Piece::Reasoning(text) | Piece::Text(text) => text.capacity(),
            Piece::Call(name, arguments) => name.capacity() + arguments.capacity(),
        });
        bytes.sum()
    }

    /// Passes on all of it.
    pub(super) fn release(&self, pass: &mut dyn FnMut(&Event<'_>)) {
        for piece in &self.0 {
            pass(&match piece {
                Piece::Reasoning(text) => Event::Reasoning(text),
                Piece::Text(text) => Event::Text(text),
                Piece::Call(name, arguments) => Event::ToolCall { name, arguments },
            });
        }
    }
}
