//! The stages that an answer's events pass before they are encoded: first thoughts, then what
//! repeats the text that is gone on from, then tools and JSON output, if they were requested, then
//! the limits.

use std::rc::Rc;

use super::{overlap::Overlap, thoughts::Thoughts};
use crate::{
    answer::Limiter,
    chat::{Event, Finish, Reasoning, Usage},
    tokens,
    tools::Stage,
};

/// The stages of one answer, in order.
#[derive(Debug, Clone)]
pub struct Stages {
    /// Finds the reasoning at the beginning of the text.
    thoughts: Thoughts,
    rest: Rest,
    /// The most tokens that the model can write, if it does not tell when it ends there.
    most_tokens: Option<u64>,
    /// The tokens that were written before, in parts of the answer that the model ended.
    earlier_tokens: u64,
    /// What has come, as long as no word of the answer itself has.
    said: Said,
    /// Whether the answer ended without one.
    is_unanswered: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    /// Reasoning, and perhaps white space after it.
    Thoughts,
    /// White space alone, which counts as an answer.
    Words,
}

/// The stages after thoughts.
#[derive(Debug, Clone)]
struct Rest {
    /// Cuts what repeats the text that is gone on from, until that is certain.
    overlap: Option<Overlap>,
    /// Finds tool calls and the JSON object, if they were requested.
    tools: Option<Stage>,
    /// Limits and counts the output of `tools`.
    limiter: Limiter,
}

impl Stages {
    /// First thoughts, then `tools`, if the answer needs them, then `limiter`.
    #[must_use]
    pub fn new(tools: Option<Stage>, limiter: Limiter) -> Self {
        Self {
            thoughts: Thoughts::new(),
            rest: Rest { overlap: None, tools, limiter },
            most_tokens: None,
            earlier_tokens: 0,
            said: Said::Nothing,
            is_unanswered: false,
        }
    }

    /// The same for an answer that goes on from a text that ends with `prefix`, if there is one.
    #[must_use]
    pub fn after(mut self, prefix: Rc<str>) -> Self {
        self.rest.overlap = (!prefix.is_empty()).then(|| Overlap::new(prefix));
        self
    }

    /// The same for a model that can write this many tokens, and does not tell when it ends there.
    /// `limiter` must count.
    #[must_use]
    pub fn at_most(self, most_tokens: Option<u64>) -> Self {
        Self { most_tokens, ..self }
    }

    /// Takes an event, and calls `on_event` with what passes. If this emits an
    /// [`Event::End`], the answer ends there: nothing follows it within this call, and the
    /// caller must ignore the output of later calls.
    pub fn push(&mut self, event: Event<'_>, on_event: &mut dyn FnMut(Event<'_>)) {
        match event {
            Event::Reasoning(_) => {
                self.said = Said::Thoughts;
                self.rest.push(event, on_event);
            }
            Event::Text(_) if self.thoughts.is_over() => self.rest.push(event, on_event),
            other => self.push_early_or_last(other, on_event),
        }
    }

    /// The same for a text before the answer itself has begun, and for the end.
    fn push_early_or_last(&mut self, event: Event<'_>, on_event: &mut dyn FnMut(Event<'_>)) {
        let is_stop = matches!(event, Event::End(Finish::Stop));
        let event = if is_stop && self.is_cut() { Event::End(Finish::Length) } else { event };
        let Self { thoughts, rest, said, .. } = self;
        let has_begun = thoughts.is_over();
        let mut ended = false;
        // A limit or a stop sequence may end it as well.
        let mut by_model = false;
        let mut pass = |event: Event<'_>| {
            if !ended {
                ended = matches!(event, Event::End(_));
                by_model = is_stop && matches!(event, Event::End(Finish::Stop));
                on_event(event);
            }
        };
        thoughts.push(event, &mut |event| {
            *said = match (&event, *said) {
                (Event::Reasoning(_), _) => Said::Thoughts,
                (Event::Text(_), Said::Nothing) => Said::Words,
                (_, said) => said,
            };
            rest.push(event, &mut pass);
        });
        self.is_unanswered = by_model && !has_begun && self.said != Said::Words;
    }

    /// Prepares these unused stages for what the model says after `before`, which ended with calls
    /// that are carried out next. What was counted counts on.
    pub fn go_on(&mut self, before: &Self) {
        self.rest.limiter = before.rest.limiter.clone();
        self.earlier_tokens = before.usage().completion_tokens;
        if let Some(tools) = &mut self.rest.tools {
            tools.go_on();
        }
    }

    /// Takes note of a result, which the model gets in these words.
    pub fn heed(&mut self, told: &str) {
        self.rest.limiter.heed(told);
        if let Some(tools) = &mut self.rest.tools {
            tools.heed(told);
        }
    }

    /// Whether the model ended the answer and had said nothing but reasoning and white space.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        self.is_unanswered
    }

    /// Whether nothing has come but reasoning that does not pass.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.hides_reasoning() && (self.is_unanswered || !self.thoughts.is_over())
    }

    /// Whether reasoning does not pass.
    #[must_use]
    pub fn hides_reasoning(&self) -> bool {
        self.rest.limiter.passes() == Reasoning::Hidden
    }

    /// See [`Stage::may_go_out`].
    #[must_use]
    pub fn may_go_out(&self) -> bool {
        self.rest.tools.as_ref().is_some_and(Stage::may_go_out)
    }

    /// See [`Stage::unreadable`].
    #[must_use]
    pub fn unreadable(&self) -> Option<&'static str> {
        self.rest.tools.as_ref()?.unreadable()
    }

    /// How much memory is held for text that is not decided yet, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let tools = self.rest.tools.as_ref().map_or(0, Stage::held_bytes);
        self.thoughts.held_bytes()
            + tools
            + self.rest.overlap.as_ref().map_or(0, Overlap::held_bytes)
    }

    /// The tokens of everything passed on so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.rest.limiter.usage()
    }

    /// Whether an answer that ends now was probably cut off at the most that the model can write.
    ///
    /// That is counted in another tokenizer than the model's own, which makes up to a third more
    /// tokens of a text. So it is cut off if it has three quarters of them, and does not end with
    /// what is visibly complete: a call, or the JSON value.
    fn is_cut(&self) -> bool {
        let Some(most) = self.most_tokens else {
            return false;
        };
        let held = match &self.rest.tools {
            Some(tools) if tools.is_complete() => return false,
            Some(tools) => tools.held().map(tokens::count).iter().sum(),
            None => 0,
        };
        let written = self.usage().completion_tokens.saturating_sub(self.earlier_tokens);
        written + held >= most / 4 * 3
    }
}

impl Rest {
    fn push(&mut self, event: Event<'_>, on_event: &mut dyn FnMut(Event<'_>)) {
        if self.overlap.is_some() && matches!(event, Event::Text(_) | Event::End(_)) {
            return self.push_early(event, on_event);
        }
        limit(self.tools.as_mut(), &mut self.limiter, event, on_event);
    }

    /// Takes a text that may be a repetition, or the end after one.
    #[cold]
    fn push_early(&mut self, event: Event<'_>, on_event: &mut dyn FnMut(Event<'_>)) {
        let Some(mut held) = self.overlap.take() else {
            return;
        };
        let end = match event {
            Event::Text(text) => {
                if !held.push(text) {
                    self.overlap = Some(held);
                    return;
                }
                None
            }
            end => {
                held.finish();
                Some(end)
            }
        };
        let mut ended = false;
        let mut pass = |event: Event<'_>| {
            if !ended {
                ended = matches!(event, Event::End(_));
                on_event(event);
            }
        };
        let text = Some(Event::Text(held.rest())).filter(|_| !held.rest().is_empty());
        for event in text.into_iter().chain(end) {
            self.push(event, &mut pass);
        }
    }
}

/// Passes an event through `tools`, if the answer needs them, and `limiter`.
fn limit(
    tools: Option<&mut Stage>,
    limiter: &mut Limiter,
    event: Event<'_>,
    on_event: &mut dyn FnMut(Event<'_>),
) {
    let Some(tools) = tools else {
        return limiter.push(event, on_event);
    };
    let mut ended = false;
    tools.push(event, &mut |event| {
        limiter.push(event, &mut |event| {
            if !ended {
                ended = matches!(event, Event::End(_));
                on_event(event);
            }
        });
    });
}
