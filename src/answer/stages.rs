//! The stages that an answer's events pass before they are encoded: first tools and JSON
//! output, if they were requested, then the limits.

use crate::{
    answer::Limiter,
    chat::{Event, Usage},
    tools::Stage,
};

/// The stages of one answer, in order.
#[derive(Debug, Clone)]
pub struct Stages {
    /// Finds tool calls and the JSON object, if they were requested.
    tools: Option<Stage>,
    /// Limits and counts the output of `tools`.
    limiter: Limiter,
}

impl Stages {
    /// First `tools`, if the answer needs them, then `limiter`.
    #[must_use]
    pub fn new(tools: Option<Stage>, limiter: Limiter) -> Self {
        Self { tools, limiter }
    }

    /// Takes an event, and calls `on_event` with what passes. If this emits an
    /// [`Event::End`], the answer ends there: nothing follows it within this call, and the
    /// caller must ignore the output of later calls.
    pub fn push(&mut self, event: Event<'_>, on_event: &mut dyn FnMut(Event<'_>)) {
        let Self { tools, limiter } = self;
        let Some(tools) = tools else {
            limiter.push(event, on_event);
            return;
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

    /// See [`Stage::may_go_out`].
    #[must_use]
    pub fn may_go_out(&self) -> bool {
        self.tools.as_ref().is_some_and(Stage::may_go_out)
    }

    /// How much memory is held for text that is not decided yet, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.tools.as_ref().map_or(0, Stage::held_bytes)
    }

    /// The tokens of everything passed on so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.limiter.usage()
    }
}
