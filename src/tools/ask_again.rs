//! What a request wants beyond words, whether it got it, and when the model is asked
//! once more: all of that rule.
//!
//! An answer is asked for again if it ended by itself, is not too long, and lacks what is
//! wanted, unless the model was to go on from a text of its own. Which answer counts then
//! depends on how it is delivered:
//!
//! - A whole answer can lack a call or the form ([`Wanted::correction`]). The model is told
//!   what it said. Of both answers the better one counts, the second if they are alike. Of
//!   several values in that one the last counts, if possible one that fits the schema.
//! - A streamed one can lack a call or a value ([`Wanted::stream_correction`]), and only as
//!   long as nothing of it has gone out. The second answer counts if there is one.

use std::borrow::Cow;

use super::{form::Root, quote};
use crate::chat::{Answer, Finish, Format, Prompt, Role, ToolChoice};

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
    root: Root,
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
    /// It is a value of the right kind, and whether that fits the schema cannot be told.
    Unjudged,
    /// It is a value of the right kind that does not fit the schema, and this is why.
    Misfit(String),
    /// It has values of the right kind in it, and is none itself.
    Several,
    /// It is none.
    NotJson,
}

impl Fit {
    /// Whether it is closer to what is wanted than `other` is.
    #[must_use]
    pub fn is_better_than(&self, other: &Self) -> bool {
        let rank = |fit: &Self| match fit {
            Self::Fits => 0,
            Self::Unjudged => 1,
            Self::Misfit(_) => 2,
            Self::Several => 3,
            Self::NotJson => 4,
        };
        rank(self) < rank(other)
    }

    /// What the header `x-degpt-json` says of it; `None` if there is nothing to say.
    #[must_use]
    pub fn header(&self) -> Option<&'static str> {
        match self {
            Self::Fits => None,
            Self::Unjudged => Some("unjudged"),
            Self::Misfit(_) | Self::Several | Self::NotJson => Some("invalid"),
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
            root: prompt.format.map_or(Root::ANY, Root::of),
            has_tools: prompt.tools.is_some(),
            // Where the model goes on from a text, that has to stay the last.
            may_ask_again: prompt.turns.last().is_some_and(|turn| turn.role != Role::Assistant),
        }
    }

    /// The same with the schema, if there is one, in another place.
    #[must_use]
    pub fn with_schema(self, schema: Option<&str>) -> Wanted<'_> {
        let Self { call, format, root, has_tools, may_ask_again } = self;
        let format = format.map(|_| Format { schema, description: None });
        Wanted { call, format, root, has_tools, may_ask_again }
    }

    /// What is asked if a streamed answer has not what is wanted; `None` if it may have
    /// anything.
    #[must_use]
    pub fn stream_correction(self) -> Option<Correction<'static>> {
        let lacks_value = self.format.is_some() && self.may_ask_again;
        let text = self.lacks_call().map(Cow::Borrowed);
        let text = text.or_else(|| lacks_value.then(|| self.lacks_form(&Fit::NotJson))?)?;
        Some(Correction { answer: "".into(), text })
    }

    /// What is asked after a whole `answer`, which is of this `fit`; `None` if it is not
    /// asked for again.
    #[must_use]
    pub fn correction<'t>(self, answer: &'t Answer, fit: &Fit) -> Option<Correction<'t>> {
        let is_long = answer.text.len() > LONGEST_BYTES;
        if !ended_by_itself(&answer.finish) || !self.may_ask_again || is_long {
            return None;
        }
        let text = self.lacks_call().map(Cow::Borrowed).or_else(|| self.lacks_form(fit))?;
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
    /// schema, and is asked about JSON alone.
    #[must_use]
    pub fn fit(self, answer: &Answer, judge: impl FnOnce(&str, &str) -> Judgement) -> Fit {
        let Some(format) = self.format.filter(|_| answer.calls.is_empty()) else {
            return Fit::Fits;
        };
        if !self.root.is(&answer.text) {
            let has_several = self.root.values(&answer.text).len() > 1;
            return if has_several { Fit::Several } else { Fit::NotJson };
        }
        match format.schema.map(|schema| judge(schema, &answer.text)) {
            None | Some(Judgement::Fits) => Fit::Fits,
            Some(Judgement::Misfit(why)) => Fit::Misfit(why),
            Some(Judgement::Unknown) => Fit::Unjudged,
        }
    }

    /// Makes one of an answer of [`Fit::Several`] values: the last that fits the schema, or
    /// if none does, the last.
    pub fn settle(self, answer: &mut Answer, judge: impl Fn(&str, &str) -> Judgement) {
        /// Each may take its time.
        const MOST_JUDGED: usize = 3;
        let schema = self.format.and_then(|format| format.schema);
        let mut values = self.root.values(&answer.text);
        values.retain(|value| self.root.is(value));
        let fits =
            |value: &&&str| schema.is_none_or(|schema| judge(schema, value) == Judgement::Fits);
        if let Some(value) = values.iter().rev().take(MOST_JUDGED).find(fits).or(values.last()) {
            answer.text = (*value).to_owned();
        }
    }

    /// What to say to a model whose answer is of this `fit`; `None` if it is fine.
    fn lacks_form(self, fit: &Fit) -> Option<Cow<'static, str>> {
        let value = self.root.name();
        let (start, what, end, which) = match fit {
            // To ask again would be to ask for what nobody knows to be wrong.
            Fit::Fits | Fit::Unjudged => return None,
            Fit::Misfit(why) => {
                ("That does not fit the JSON schema: ", &*brief(why), "", "that fits it")
            }
            Fit::Several => ("There is more than one ", value, " in that.", "that is right"),
            Fit::NotJson => ("That is no valid ", value, ".", "of the form you were given"),
        };
        let text =
            format!("{start}{what}{end} Answer again, with one {value} {which} and nothing else.");
        Some(text.into())
    }
}

/// One short line of a reason, which may quote a key or a list of any length.
fn brief(why: &str) -> String {
    const MAX_CHARS: usize = 200;
    let words = why.split(|ch: char| ch.is_whitespace() || ch.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let line = crate::text::joined(&words, " ");
    match line.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
