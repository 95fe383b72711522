//! Waits for the call that an answer must make.
//!
//! Stands between the limits and a dialect's encoder. What comes before the call is held,
//! so that nothing has gone out if none comes and another answer is asked for. When that
//! is asked for, [`ask_again`](crate::tools) decides.

use std::mem;

use crate::{
    chat::{Event, Finish, Usage},
    tools::{LONGEST_BYTES, ended_by_itself},
};

/// Lets an answer pass, or holds it.
#[derive(Debug)]
pub(super) enum CallGate {
    /// Everything passes: no call is wanted, or none is waited for any longer.
    Open,
    /// A call is waited for, and nothing passes.
    Holding(Said),
    /// The answer has ended without a call. Nothing passes until another is asked for.
    Missed(Answer),
    /// Another answer is asked for, and whatever it says passes. Until it says something,
    /// the first is the answer.
    AskedAgain(Answer),
}

/// An answer without a call, whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) said: Said,
    pub(super) usage: Usage,
}

/// What has been said and is held.
#[derive(Debug, Default)]
pub(super) struct Said(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Reasoning(String),
    Text(String),
}

impl CallGate {
    /// Waits for a call.
    pub(super) fn closed() -> Self {
        Self::Holding(Said::default())
    }

    /// Takes what is said or called, and passes on what may go out now.
    pub(super) fn push(&mut self, event: &Event<'_>, pass: &mut impl FnMut(&Event<'_>)) {
        match self {
            Self::Open => pass(event),
            Self::Missed(_) => {}
            Self::AskedAgain(_) => {
                *self = Self::Open;
                pass(event);
            }
            Self::Holding(said) => {
                if matches!(event, Event::ToolCall { .. }) {
                    self.open(pass);
                    pass(event);
                    return;
                }
                said.keep(event);
                // An answer that says so much is not asked for again.
                if said.held_bytes() > LONGEST_BYTES {
                    self.open(pass);
                }
            }
        }
    }

    /// The answer has ended, and this is its usage. It is whole unless it is
    /// [missed](Self::Missed) now.
    pub(super) fn end(&mut self, finish: &Finish, usage: Usage, pass: &mut impl FnMut(&Event<'_>)) {
        match self {
            Self::Holding(said) if ended_by_itself(finish) => {
                *self = Self::Missed(Answer { said: mem::take(said), usage });
            }
            Self::Holding(_) => self.open(pass),
            Self::AskedAgain(_) => *self = Self::Open,
            Self::Open | Self::Missed(_) => {}
        }
    }

    /// Waits no longer: what is held of an answer that goes on passes.
    pub(super) fn open(&mut self, pass: &mut impl FnMut(&Event<'_>)) {
        if let Self::Holding(said) = self {
            let said = mem::take(said);
            *self = Self::Open;
            said.release(pass);
        }
    }

    /// Gets ready for another answer.
    pub(super) fn restart(&mut self) {
        *self = match mem::replace(self, Self::Open) {
            Self::Open => Self::Open,
            Self::Holding(_) => Self::closed(),
            Self::Missed(first) | Self::AskedAgain(first) => Self::AskedAgain(first),
        };
    }

    /// Gives up the wait for another answer: the first, if there is one.
    pub(super) fn take_first(&mut self) -> Option<Answer> {
        match mem::replace(self, Self::Open) {
            Self::Missed(first) | Self::AskedAgain(first) => Some(first),
            other => {
                *self = other;
                None
            }
        }
    }

    /// Whether everything passes.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// Whether the answer has ended without its call.
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
    /// Keeps words; a call or an end is not kept.
    fn keep(&mut self, event: &Event<'_>) {
        match (event, self.0.last_mut()) {
            (Event::Reasoning(text), Some(Piece::Reasoning(said)))
            | (Event::Text(text), Some(Piece::Text(said))) => said.push_str(text),
            (Event::Reasoning(text), _) => self.0.push(Piece::Reasoning((*text).to_owned())),
            (Event::Text(text), _) => self.0.push(Piece::Text((*text).to_owned())),
            (Event::ToolCall { .. } | Event::End(_), _) => {}
        }
    }

    fn held_bytes(&self) -> usize {
        let bytes = self.0.iter().map(|piece| match piece {
            Piece::Reasoning(text) | Piece::Text(text) => text.capacity(),
        });
        bytes.sum()
    }

    /// Passes on all of it.
    pub(super) fn release(&self, pass: &mut impl FnMut(&Event<'_>)) {
        for piece in &self.0 {
            pass(&match piece {
                Piece::Reasoning(text) => Event::Reasoning(text),
                Piece::Text(text) => Event::Text(text),
            });
        }
    }
}
