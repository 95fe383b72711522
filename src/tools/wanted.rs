//! What a request wants beyond words, and whether it got it.

use serde_json::value::RawValue;

use crate::{
    chat::{Finish, Prompt, Role, ToolChoice},
    translate::Answer,
};

/// What an answer must have. A model that misses it is asked once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// A call.
    pub call: bool,
    /// A JSON object for a text.
    pub object: bool,
    /// Whether there is a way to ask again.
    may_ask_again: bool,
}

impl Wanted {
    /// What `prompt` wants.
    #[must_use]
    pub fn by(prompt: &Prompt<'_>) -> Self {
        Self {
            call: prompt.tools.as_ref().is_some_and(|tools| tools.choice == ToolChoice::Required),
            object: prompt.format.is_some(),
            // Where the model goes on from a text, that has to stay the last.
            may_ask_again: prompt.turns.last().is_some_and(|turn| turn.role != Role::Assistant),
        }
    }

    /// What to say to a stream's model that made no call; `None` if none is wanted.
    #[must_use]
    pub fn call_correction(self) -> Option<&'static str> {
        (self.call && self.may_ask_again).then_some(
            "You did not call a tool. Call one now, in exactly the form you were given, and \
             write nothing else.",
        )
    }

    /// What to say to a model that gave `answer`; `None` if there is nothing to say.
    #[must_use]
    pub fn correction(self, answer: &Answer) -> Option<&'static str> {
        if answer.finish != Finish::Stop {
            return None;
        }
        self.call_correction().or_else(|| {
            (self.may_ask_again && self.is_not_json(answer)).then_some(
                "That is no valid JSON object. Answer again, with one JSON object of the form \
                 you were given and nothing else.",
            )
        })
    }

    /// Whether the text was to be a JSON object and is none.
    #[must_use]
    pub fn is_not_json(self, answer: &Answer) -> bool {
        let is_object = |text: &str| {
            text.trim_start().starts_with('{') && serde_json::from_str::<&RawValue>(text).is_ok()
        };
        self.object && answer.calls.is_empty() && !is_object(&answer.text)
    }
}
