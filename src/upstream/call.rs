//! A chat request, ready to be sent.

use std::{borrow::Cow, cell::Cell};

use crate::{
    auth::Caller,
    degpt,
    error::Error,
    in_flight::{self, Held},
};

/// A chat request, ready to be sent once or several times.
#[derive(Debug)]
pub struct Call<'a> {
    /// Who asks, and with which credential.
    pub caller: Caller,
    /// The body; borrowed if several choices ask with it.
    pub body: Cow<'a, degpt::Body>,
    /// The count of its bytes, if it is not borrowed.
    pub held: Held,
    /// The `accept` header.
    pub accept: &'static str,
    /// The time by which the answer must begin, in milliseconds.
    pub deadline_ms: u64,
    /// Whether DeGPT has counted this chat as one of the visitor's.
    pub is_counted: Cell<bool>,
}

impl Call<'_> {
    /// The same request for one of several choices. Its body is not copied. DeGPT counts it as a
    /// chat of its own.
    #[must_use]
    pub fn share(&self) -> Call<'_> {
        Call {
            caller: self.caller.clone(),
            body: Cow::Borrowed(&self.body),
            held: self.held.another(),
            accept: self.accept,
            deadline_ms: self.deadline_ms,
            is_counted: Cell::new(false),
        }
    }

    /// Adds what the model answered, and what it is told about it.
    ///
    /// # Errors
    /// [`Error::Overloaded`]; the request then stays as it was.
    pub fn ask_again(&mut self, answer: &str, correction: &str) -> Result<(), Error> {
        if let Cow::Borrowed(body) = self.body {
            let bytes = body.held_bytes();
            self.held.set(bytes)?;
            in_flight::probe(bytes)?;
        }
        self.body.to_mut().ask_again(answer, correction)
    }

    /// How much time is left for the answer to begin, in milliseconds.
    ///
    /// # Errors
    /// [`Error::Timeout`] if there is none.
    pub(super) fn left_ms(&self, now_ms: u64) -> Result<u64, Error> {
        match self.deadline_ms.saturating_sub(now_ms) {
            0 => Err(Error::Timeout),
            left_ms => Ok(left_ms),
        }
    }
}
