//! The body of a chat request: it knows where its messages end, so that more of them
//! can follow.

use super::wire;
use crate::{error::Error, in_flight};

/// The body of a chat request.
#[derive(Debug, Clone)]
pub struct Body {
    bytes: Vec<u8>,
    /// Where the bracket is that closes the list of messages. There is at least one.
    messages_end: usize,
}

impl Body {
    /// Writes `question` and `options`, which take about `size_hint` bytes.
    ///
    /// # Errors
    /// [`Error::Overloaded`], when the memory is used up.
    pub(super) fn write(
        question: &wire::Question<'_>,
        options: &wire::Options,
        size_hint: usize,
    ) -> Result<Self, Error> {
        // One allocation for a picture of megabytes instead of one at each doubling.
        let mut bytes = in_flight::to_json(question, size_hint)?;
        let mut options = in_flight::to_json(options, OPTIONS_BYTES)?;
        // One object of two.
        bytes.pop();
        if let Some(brace) = options.first_mut() {
            *brace = b',';
        }
        let messages_end = bytes.len().saturating_sub(1);
        in_flight::make_room(&mut bytes, options.len())?;
        bytes.append(&mut options);
        Ok(Self { bytes, messages_end })
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
        let messages = turns.map(|(role, text)| wire::Message {
            role,
            content: wire::Content::Text(vec![text.into()], ""),
        });
        let mut more = in_flight::to_json(&messages, answer.len() + correction.len() + 128)?;
        in_flight::make_room(&mut self.bytes, more.len())?;
        // From a list of its own to the end of another.
        more.pop();
        if let Some(bracket) = more.first_mut() {
            *bracket = b',';
        }
        let end = self.messages_end;
        self.messages_end += more.len();
        self.bytes.splice(end..end, more);
        Ok(())
    }
}

/// About how many bytes the options take, a little too many rather than too few.
const OPTIONS_BYTES: usize = 128;
