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
//!
//! A call that cannot be read is lacking too, and so is one that does not fit the schema of its
//! strict tool.

use std::borrow::Cow;

use super::{
    fit::{Fit, Judgement},
    form::Root,
    markup, quote,
    strict::Strict,
};
use crate::chat::{Answer, Finish, Format, Prompt, Role, ToolChoice};

/// The longest answer that a model is asked to do better than, in bytes.
pub const LONGEST_BYTES: usize = 1 << 20;

/// The most calls of a whole answer that are judged: each may take its time.
const MOST_JUDGED_CALLS: usize = 16;

/// Whether an answer that ended like this can be asked for again. One that was cut short
/// would be cut short again.
#[must_use]
pub fn ended_by_itself(finish: &Finish) -> bool {
    matches!(finish, Finish::Stop | Finish::ToolCalls)
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

    /// Whether a streamed answer may be asked for again, and so is held back until it has what
    /// is wanted.
    #[must_use]
    pub fn holds_stream(self) -> bool {
        self.may_ask_again && (self.call || self.format.is_some() || self.has_tools)
    }

    /// What is asked if a streamed answer has not what is wanted. `fit` is what was found of its
    /// calls.
    #[must_use]
    pub fn stream_correction(self, fit: &Fit) -> Correction<'static> {
        let lack = match fit {
            Fit::MisfitCall(_) | Fit::Unreadable(_) => None,
            _ if self.call => Some(Fit::NoCall),
            _ => Some(Fit::NotJson),
        };
        Correction { answer: "".into(), text: self.lack(lack.as_ref().unwrap_or(fit)) }
    }

    /// What is asked after a whole `answer`, which is of this `fit`; `None` if it is not
    /// asked for again.
    #[must_use]
    pub fn correction<'t>(self, answer: &'t Answer, fit: &Fit) -> Option<Correction<'t>> {
        let is_long = answer.text.len() > LONGEST_BYTES;
        if !ended_by_itself(&answer.finish) || !self.may_ask_again || is_long {
            return None;
        }
        let fit = if self.lacks_call(answer) && !matches!(fit, Fit::Unreadable(_)) {
            &Fit::NoCall
        } else {
            fit
        };
        if !fit.is_wrong() {
            return None;
        }
        let said = answer.text.as_str();
        let is_marked = self.has_tools && !matches!(fit, Fit::Unreadable(_));
        let mut said = if is_marked { quote::mark(said) } else { said.into() };
        for call in &answer.calls {
            said = format!("{said}{}\n", markup::call("", &call.name, &call.arguments)).into();
        }
        Some(Correction { answer: said, text: self.lack(fit) })
    }

    fn lacks_call(self, answer: &Answer) -> bool {
        self.call && answer.calls.is_empty()
    }

    /// How `answer` fits, with its calls of the tools that are `strict`. `judge` says whether a
    /// text, its second argument, fits a schema, and is asked about JSON alone.
    #[must_use]
    pub fn fit(
        self,
        answer: &Answer,
        strict: &Strict,
        judge: &dyn Fn(&str, &str) -> Judgement,
    ) -> Fit {
        if let Some(why) = answer.unreadable {
            return Fit::Unreadable(why);
        }
        let mut worst = Fit::Fits;
        for call in answer.calls.iter().take(MOST_JUDGED_CALLS) {
            let fit = strict.fit(&call.name, &call.arguments, judge);
            if worst.is_better_than(&fit) {
                worst = fit;
            }
        }
        let Some(format) = self.format.filter(|_| answer.calls.is_empty()) else {
            return if self.lacks_call(answer) { Fit::NoCall } else { worst };
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
    pub fn settle(self, answer: &mut Answer, judge: &dyn Fn(&str, &str) -> Judgement) {
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

    /// What to say to a model whose answer is of this `fit`.
    fn lack(self, fit: &Fit) -> Cow<'static, str> {
        let value = self.root.name();
        let (start, what, end, which) = match fit {
            Fit::NoCall => {
                return "You did not call a tool. Call one now, in exactly the form you were given, \
                        and write nothing else."
                    .into();
            }
            Fit::MisfitCall(why) => {
                return call_again("Arguments do not fit the JSON schema of the tool", &brief(why));
            }
            Fit::Unreadable(why) => return call_again("Your call cannot be read", why),
            Fit::Misfit(why) => {
                ("That does not fit the JSON schema: ", &*brief(why), "", "that fits it")
            }
            Fit::Several => ("There is more than one ", value, " in that.", "that is right"),
            // Nobody asks about one that fits.
            _ => ("That is no valid ", value, ".", "of the form you were given"),
        };
        let text =
            format!("{start}{what}{end} Answer again, with one {value} {which} and nothing else.");
        text.into()
    }
}

fn call_again(wrong: &str, why: &str) -> Cow<'static, str> {
    let text = format!(
        "{wrong}: {why} Make all your calls again, in exactly the form you were given, and write \
         nothing else."
    );
    text.into()
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
