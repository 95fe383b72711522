//! What a request wants beyond words, whether it got it, and when the model is asked
//! once more: all of that rule.
//!
//! An answer is asked for again if it ended by itself, is not too long, and lacks what is
//! wanted, unless the model was to go on from a text of its own. Which answer counts then
//! depends on how it is delivered:
//!
//! - A whole answer can lack a call or the form ([`Wanted::correction`]). The model is told
//!   what it said. Of both answers the better one counts, the second if they are alike.
//! - A streamed one can lack a call alone ([`Wanted::call_correction`]), and only as long
//!   as nothing of it has gone out. The second answer counts if there is one.

use std::borrow::Cow;

use super::quote;
use crate::{
    chat::{Answer, Finish, Format, Prompt, Role, ToolChoice},
    json,
};

/// The longest answer that a model is asked to do better than, in bytes.
pub const LONGEST_BYTES: usize = 1 << 20;

/// Whether an answer that ended like this can be asked for again. One that was cut short
/// would be cut short again.
#[must_use]
pub fn ended_by_itself(finish: &Finish) -> bool {
    *finish == Finish::Stop
}

/// What is asked when an answer lacks what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction<'a> {
    /// What the model said; empty if it is not told.
    pub answer: Cow<'a, str>,
    /// What it is told about that.
    pub text: Cow<'static, str>,
}

/// What an answer must have. A model that misses it is asked once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// A call.
    pub call: bool,
    /// A text of this form.
    pub format: Option<Format<'a>>,
    /// Whether the model was told of tools, and so how to quote calls.
    has_tools: bool,
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
            has_tools: prompt.tools.is_some(),
            // Where the model goes on from a text, that has to stay the last.
            may_ask_again: prompt.turns.last().is_some_and(|turn| turn.role != Role::Assistant),
        }
    }

    /// The same with the schema, if there is one, in another place.
    #[must_use]
    pub fn with_schema(self, schema: Option<&str>) -> Wanted<'_> {
        let Self { call, format, has_tools, may_ask_again } = self;
        let format = format.map(|_| Format { schema, description: None });
        Wanted { call, format, has_tools, may_ask_again }
    }

    /// What is asked if a streamed answer has no call; `None` if none is wanted.
    #[must_use]
    pub fn call_correction(self) -> Option<Correction<'static>> {
        self.lacks_call().map(|text| Correction { answer: "".into(), text: text.into() })
    }

    /// What is asked after a whole `answer`, which is of this `fit`; `None` if it is not
    /// asked for again.
    #[must_use]
    pub fn correction<'t>(self, answer: &'t Answer, fit: &Fit) -> Option<Correction<'t>> {
        let is_long = answer.text.len() > LONGEST_BYTES;
        if !ended_by_itself(&answer.finish) || !self.may_ask_again || is_long {
            return None;
        }
        let text = self.lacks_call().map(Cow::Borrowed).or_else(|| lacks_form(fit))?;
        let said = answer.text.as_str();
        let answer = if self.has_tools { quote::mark(said) } else { said.into() };
        Some(Correction { answer, text })
    }

    /// What to say to a model that made no call; `None` if none is wanted.
    fn lacks_call(self) -> Option<&'static str> {
        (self.call && self.may_ask_again).then_some(
            "You did not call a tool. Call one now, in exactly the form you were given, and \
             write nothing else.",
        )
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

/// What to say to a model whose answer is of this `fit`; `None` if it is fine.
fn lacks_form(fit: &Fit) -> Option<Cow<'static, str>> {
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
