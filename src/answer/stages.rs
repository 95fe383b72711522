//! The stages that an answer's events pass before they are encoded: first thoughts, then
//! tools and JSON output, if they were requested, then the limits.

use super::thoughts::Thoughts;
use crate::{
    answer::Limiter,
    chat::{Event, Usage},
    tools::Stage,
};

/// The stages of one answer, in order.
#[derive(Debug, Clone)]
pub struct Stages {
    /// Finds the reasoning at the beginning of the text.
    thoughts: Thoughts,
    /// Finds tool calls and the JSON object, if they were requested.
    tools: Option<Stage>,
    /// Limits and counts the output of `tools`.
    limiter: Limiter,
}

impl Stages {
    /// First thoughts, then `tools`, if the answer needs them, then `limiter`.
    #[must_use]
    pub fn new(tools: Option<Stage>, limiter: Limiter) -> Self {
        Self { thoughts: Thoughts::new(), tools, limiter }
    }

    /// Takes an event, and calls `on_event` with what passes. If this emits an
    /// [`Event::End`], the answer ends there: nothing follows it within this call, and the
    /// caller must ignore the output of later calls.
    pub fn push(&mut self, event: Event<'_>, on_event: &mut dyn FnMut(Event<'_>)) {
        let Self { thoughts, tools, limiter } = self;
        if thoughts.is_over() {
            return after_thoughts(tools.as_mut(), limiter, event, on_event);
        }
        let mut ended = false;
        let mut pass = |event: Event<'_>| {
            if !ended {
                ended = matches!(event, Event::End(_));
                on_event(event);
            }
        };
        thoughts.push(event, &mut |event| {
            after_thoughts(tools.as_mut(), limiter, event, &mut pass);
        });
    }

    /// Prepares these unused stages for what the model says after `before`, which ended with calls
    /// that are carried out next. What was counted counts on.
    pub fn go_on(&mut self, before: &Self) {
        self.limiter = before.limiter.clone();
        if let Some(tools) = &mut self.tools {
            tools.go_on();
        }
    }

    /// Takes note of a result, which the model gets in these words.
    pub fn heed(&mut self, told: &str) {
        self.limiter.heed(told);
        if let Some(tools) = &mut self.tools {
            tools.heed(told);
        }
    }

    /// See [`Stage::may_go_out`].
    #[must_use]
    pub fn may_go_out(&self) -> bool {
        self.tools.as_ref().is_some_and(Stage::may_go_out)
    }

    /// See [`Stage::unreadable`].
    #[must_use]
    pub fn unreadable(&self) -> Option<&'static str> {
        self.tools.as_ref()?.unreadable()
    }

    /// How much memory is held for text that is not decided yet, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.thoughts.held_bytes() + self.tools.as_ref().map_or(0, Stage::held_bytes)
    }

    /// The tokens of everything passed on so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.limiter.usage()
    }
}

/// Passes an event through `tools`, if the answer needs them, and `limiter`.
fn after_thoughts(
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
