//! Watches the calls of a streamed answer, for who asks again and for who writes the headers.

use std::{cell::RefCell, fmt, rc::Rc};

use crate::{chat::Event, tools::Fit};

/// The worst that was found of the calls of an answer.
#[derive(Debug, Clone, Default)]
pub struct Found(Rc<RefCell<Fit>>);

impl Found {
    /// That, so far.
    #[must_use]
    pub fn fit(&self) -> Fit {
        self.0.borrow().clone()
    }
}

/// How a call fits, by the name of its tool and its arguments.
pub type Judge = Box<dyn Fn(&str, &str) -> Fit>;

/// Judges calls, and keeps the worst that it finds.
pub struct Watch {
    judge: Judge,
    found: Found,
}

impl fmt::Debug for Watch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Watch")
    }
}

impl Watch {
    /// One that has found nothing yet.
    #[must_use]
    pub fn new(judge: Judge) -> Self {
        Self { judge, found: Found::default() }
    }

    /// Where to see what it finds.
    #[must_use]
    pub fn found(&self) -> Found {
        self.found.clone()
    }

    /// Whether `event` is a call with which something is wrong.
    pub(super) fn is_wrong(&self, event: &Event<'_>) -> bool {
        let Event::ToolCall { name, arguments } = event else {
            return false;
        };
        let fit = (self.judge)(name, arguments);
        let is_wrong = fit.is_wrong();
        self.note(fit);
        is_wrong
    }

    pub(super) fn note(&self, fit: Fit) {
        let mut found = self.found.0.borrow_mut();
        if found.is_better_than(&fit) {
            *found = fit;
        }
    }

    /// What was found is of an answer that does not count.
    pub(super) fn forget(&self) {
        *self.found.0.borrow_mut() = Fit::Fits;
    }
}
