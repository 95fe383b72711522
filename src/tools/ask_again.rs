//! What a request wants beyond words, and whether it got it.

use std::borrow::Cow;

use crate::{
    chat::{Answer, Finish, Format, Prompt, Role, ToolChoice},
    json,
};

/// The longest answer that a model is told to do better than, in bytes.
const LONGEST_BYTES: usize = 1 << 20;

/// What an answer must have. A model that misses it is asked once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// A call.
    pub call: bool,
    /// A text of this form.
    pub format: Option<Format<'a>>,
    /// Whether there is a way to ask again.
    may_ask_again: bool,
}

/// What is found of a JSON text that is to fit a JSON schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It fits.
    Fits,
    /// It does not, and this is why, in words for a model.
    Misfit(String),
    /// That cannot be told, or not soon.
    Unknown,
}

/// How the text of an answer fits the form that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// It does.
    Fits,
    /// It is a JSON object, and whether that fits the schema cannot be told.
    Unjudged,
    /// It is a JSON object that does not fit the schema, and this is why.
    Misfit(String),
    /// It is no JSON object.
    NotJson,
}

impl Fit {
    /// Whether it is closer to what is wanted than `other` is.
    #[must_use]
    pub fn is_better_than(&self, other: &Self) -> bool {
        match self {
            Self::Fits => *other != Self::Fits,
            Self::Unjudged => matches!(other, Self::Misfit(_) | Self::NotJson),
            Self::Misfit(_) => *other == Self::NotJson,
            Self::NotJson => false,
        }
    }

    /// What the header `x-degpt-json` says of it; `None` if there is nothing to say.
    #[must_use]
    pub fn header(&self) -> Option<&'static str> {
        match self {
            Self::Fits => None,
            Self::Unjudged => Some("unjudged"),
            Self::Misfit(_) | Self::NotJson => Some("invalid"),
        }
    }
}

impl<'a> Wanted<'a> {
    /// What `prompt` wants.
    #[must_use]
    pub fn by(prompt: &Prompt<'a>) -> Self {
        Self {
            call: prompt.tools.as_ref().is_some_and(|tools| tools.choice == ToolChoice::Required),
            format: prompt.format,
            // Where the model goes on from a text, that has to stay the last.
            may_ask_again: prompt.turns.last().is_some_and(|turn| turn.role != Role::Assistant),
        }
    }

    /// The same with the schema, if there is one, in another place.
    #[must_use]
    pub fn with_schema(self, schema: Option<&str>) -> Wanted<'_> {
        let Self { call, format, may_ask_again } = self;
        let format = format.map(|_| Format { schema, description: None });
        Wanted { call, format, may_ask_again }
    }

    /// What to say to a stream's model that made no call; `None` if none is wanted.
    #[must_use]
    pub fn call_correction(self) -> Option<&'static str> {
        (self.call && self.may_ask_again).then_some(
            "You did not call a tool. Call one now, in exactly the form you were given, and \
             write nothing else.",
        )
    }

    /// What to say to a model that gave `answer`, which is of this `fit`; `None` if
    /// there is nothing to say.
    #[must_use]
    pub fn correction(self, answer: &Answer, fit: &Fit) -> Option<Cow<'static, str>> {
        let is_long = answer.text.len() > LONGEST_BYTES;
        if answer.finish != Finish::Stop || !self.may_ask_again || is_long {
            return None;
        }
        if let Some(correction) = self.call_correction() {
            return Some(correction.into());
        }
        match fit {
            // To ask again would be to ask for what nobody knows to be wrong.
            Fit::Fits | Fit::Unjudged => None,
            Fit::Misfit(why) => Some(
                format!(
                    "That does not fit the JSON schema: {} Answer again, with one JSON object \
                     that fits it and nothing else.",
                    brief(why)
                )
                .into(),
            ),
            Fit::NotJson => Some(
                "That is no valid JSON object. Answer again, with one JSON object of the form \
                 you were given and nothing else."
                    .into(),
            ),
        }
    }

    /// How `answer` fits. `judge` says whether a text, its second argument, fits a
    /// schema, and is asked about JSON objects alone.
    #[must_use]
    pub fn fit(self, answer: &Answer, judge: impl FnOnce(&str, &str) -> Judgement) -> Fit {
        let Some(format) = self.format.filter(|_| answer.calls.is_empty()) else {
            return Fit::Fits;
        };
        if !is_object(&answer.text) {
            return Fit::NotJson;
        }
        match format.schema.map(|schema| judge(schema, &answer.text)) {
            None | Some(Judgement::Fits) => Fit::Fits,
            Some(Judgement::Misfit(why)) => Fit::Misfit(why),
            Some(Judgement::Unknown) => Fit::Unjudged,
        }
    }
}

fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{') && json::is_valid(text)
}

/// One short line of a reason, which may quote a key or a list of any length.
fn brief(why: &str) -> String {
    const MAX_CHARS: usize = 200;
    let words = why.split(|ch: char| ch.is_whitespace() || ch.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
