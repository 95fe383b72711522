//! The client's body, kept while another model may have to be asked.

use std::{cell::RefCell, rc::Rc};

use crate::in_flight::Held;

/// A client's body, while another model may be asked. It is let go of at the first word of an
/// answer: then no other model is asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Spare(Rc<RefCell<Option<Kept>>>);

/// The body, and its count.
type Kept = (Vec<u8>, Held);

impl Spare {
    /// Keeps `body`, and counts it in `held`. Without memory for it, it is not kept.
    pub(super) fn keep(&self, body: Vec<u8>, mut held: Held) {
        if held.set(body.capacity()).is_ok() {
            self.0.replace(Some((body, held)));
        }
    }

    /// Call this when an answer has begun, or when no other model is left to ask.
    pub(super) fn let_go(&self) {
        self.0.take();
    }

    /// The body, and its count. It is not kept any more.
    pub(super) fn take(&self) -> Option<Kept> {
        self.0.take()
    }

    /// Whether it is kept.
    pub(super) fn is_there(&self) -> bool {
        self.0.borrow().is_some()
    }
}
