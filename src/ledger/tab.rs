//! What one request takes, on the gateway's side.

use std::{cell::RefCell, fmt, rc::Rc};

use super::message::Settle;
use crate::chat::Usage;

/// What one request takes. Each part of the request has a clone of it, as long as it may still
/// take something. When the last of them is dropped, the request is settled.
#[derive(Clone)]
pub struct Tab(Rc<Sheet>);

struct Sheet {
    settle: RefCell<Settle>,
    send: Box<dyn Fn(&str)>,
}

impl Tab {
    /// The tab of a request. `send` gets the message for the ledger at its end; `settle` is what it
    /// says if nothing happens until then.
    #[must_use]
    pub fn new(settle: Settle, send: Box<dyn Fn(&str)>) -> Self {
        Self(Rc::new(Sheet { settle: RefCell::new(settle), send }))
    }

    /// Notes that the model with this id is asked, in place of the one before.
    pub fn answered_by(&self, model: &str) {
        model.clone_into(&mut self.0.settle.borrow_mut().model);
    }

    /// Adds what an answer took. Several answers to one request share its prompt.
    pub fn add(&self, usage: Usage) {
        let mut settle = self.0.settle.borrow_mut();
        settle.prompt_tokens = usage.prompt_tokens;
        settle.completion_tokens += usage.completion_tokens;
        settle.reasoning_tokens += usage.reasoning_tokens;
    }

    /// Notes that the client gets an error.
    pub fn fail(&self) {
        self.0.settle.borrow_mut().has_failed = true;
    }
}

impl Drop for Sheet {
    fn drop(&mut self) {
        (self.send)(&self.settle.get_mut().text());
    }
}

impl fmt::Debug for Tab {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tab")
    }
}
