//! What one request takes, on the gateway's side.

use std::{cell::RefCell, fmt, rc::Rc};

use super::message::Settle;
use crate::{chat::Usage, error::Error};

/// What one request takes. Each part of the request has a clone of it, as long as it may still
/// take something. When the last of them is dropped, the request is settled.
#[derive(Clone)]
pub struct Tab(Rc<Sheet>);

struct Sheet {
    settle: RefCell<Settle>,
    /// The origin that the answer comes from.
    origin: RefCell<String>,
    clock: Box<dyn Fn() -> u64>,
    started_ms: u64,
    send: Box<dyn Fn(&str)>,
}

/// What the error is until the answer has ended.
const LEFT: &str = "client_left";

/// How many failed attempts are told at most.
const MOST_MISSED: usize = 16;

impl Tab {
    /// The tab of a request that began at `started_ms` of `clock`. `send` gets the message for the
    /// ledger at its end; `settle` is what it says if nothing happens until then.
    #[must_use]
    pub fn new(
        mut settle: Settle,
        clock: Box<dyn Fn() -> u64>,
        started_ms: u64,
        send: Box<dyn Fn(&str)>,
    ) -> Self {
        LEFT.clone_into(&mut settle.error);
        let (settle, origin) = (RefCell::new(settle), RefCell::default());
        Self(Rc::new(Sheet { settle, origin, clock, started_ms, send }))
    }

    /// Adds what an answer took. Several answers to one request share its prompt.
    pub fn add(&self, usage: Usage) {
        let mut settle = self.0.settle.borrow_mut();
        settle.prompt_tokens = usage.prompt_tokens;
        settle.completion_tokens += usage.completion_tokens;
        settle.reasoning_tokens += usage.reasoning_tokens;
    }

    /// Notes that an attempt at `origin` failed.
    pub fn miss(&self, origin: &str, error: &Error) {
        let mut settle = self.0.settle.borrow_mut();
        if settle.status > 0 && settle.missed.len() < 2 * MOST_MISSED {
            let error = error.facts().kind.name();
            settle.missed.extend([origin, error].map(str::to_owned));
        }
    }

    /// Notes that the answer of `origin` flows.
    pub fn flows_from(&self, origin: &str) {
        origin.clone_into(&mut self.0.origin.borrow_mut());
    }

    /// Notes that the client gets status 200.
    pub fn open(&self) {
        let mut settle = self.0.settle.borrow_mut();
        if settle.status > 0 {
            settle.status = 200;
        }
    }

    /// Notes that the client gets the first of a streamed answer, if it is that.
    pub fn begin(&self) {
        let mut settle = self.0.settle.borrow_mut();
        if settle.first_ms == 0 {
            settle.first_ms = self.0.elapsed_ms();
        }
    }

    /// Notes that an answer is complete.
    pub fn close(&self) {
        let mut settle = self.0.settle.borrow_mut();
        if settle.error == LEFT {
            settle.error.clear();
        }
    }

    /// Notes that the client gets an error: an answer that flowed broke, or there is none.
    pub fn fail(&self, error: &Error) {
        let facts = error.facts();
        let origin = self.0.origin.take();
        if !origin.is_empty() {
            self.miss(&origin, error);
        }
        let mut settle = self.0.settle.borrow_mut();
        settle.has_failed = true;
        facts.kind.name().clone_into(&mut settle.error);
        if ![0, 200].contains(&settle.status) {
            settle.status = facts.status.into();
        }
    }
}

impl Sheet {
    /// At least 1.
    fn elapsed_ms(&self) -> u64 {
        (self.clock)().saturating_sub(self.started_ms).max(1)
    }
}

impl Drop for Sheet {
    fn drop(&mut self) {
        let all_ms = self.elapsed_ms();
        let settle = self.settle.get_mut();
        settle.all_ms = all_ms;
        (self.send)(&settle.text());
    }
}

impl fmt::Debug for Tab {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tab")
    }
}
