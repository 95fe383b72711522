//! The body of a chat request: it knows where its messages end, so that more of them
//! can follow.

use super::wire;
use crate::{
    error::Error,
    in_flight::{self, Growing},
};

/// The body of a chat request.
#[derive(Debug, Clone)]
pub struct Body {
    bytes: Vec<u8>,
    model: String,
    /// Where the bracket is that closes the list of messages. There is at least one.
    messages_end: usize,
}

impl Body {
    /// Writes `question` to `model`, which takes about `size_hint` bytes.
    ///
    /// # Errors
    /// [`Error::Overloaded`], when the memory is used up.
    pub(super) fn write(
        question: &wire::Question<'_>,
        model: &str,
        size_hint: usize,
    ) -> Result<Self, Error> {
        // One allocation for a picture of megabytes instead of one at each doubling.
        let mut out = Growing::with_room(size_hint);
        let messages_end = question.write(&mut out);
        Ok(Self { bytes: out.into_bytes()?, model: model.to_owned(), messages_end })
    }

    /// The model's name at DeGPT, as the web client calls it whatever the messages hold: DeGPT
    /// counts a visitor's chats by it.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The JSON text.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How much memory it takes, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// Adds what the model answered, and what it is told about it.
    ///
    /// # Errors
    /// [`Error::Overloaded`], when the memory is used up. Then it stays as it was.
    pub fn ask_again(&mut self, answer: &str, correction: &str) -> Result<(), Error> {
        // Families that take no empty turn, and those that want turns to alternate.
        let answer = if answer.trim().is_empty() { "…" } else { answer };
        let turns = [(wire::ASSISTANT, answer), (wire::USER, correction)];
        let mut more = Growing::with_room(answer.len() + correction.len() + 128);
        for (role, text) in turns {
            let content = wire::Content::Text(vec![text.into()], "");
            wire::Message { role, content }.write(more.json(","));
        }
        let more = more.into_bytes()?;
        in_flight::make_room(&mut self.bytes, more.len())?;
        let end = self.messages_end;
        self.messages_end += more.len();
        self.bytes.splice(end..end, more);
        Ok(())
    }
}
