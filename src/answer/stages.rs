//! What an answer's events go through before they are written: the tools and the form
//! that were asked for, then the limits.

use crate::{
    answer::Limiter,
    chat::{Event, Usage},
    tools::Stage,
};

/// The stages of one answer, in order.
#[derive(Debug, Clone)]
pub struct Stages {
    /// Finds calls and the JSON object, where they are asked for.
    tools: Option<Stage>,
    /// Limits and counts what comes out of that.
    limiter: Limiter,
}

impl Stages {
    /// `tools`, if the answer needs them, and then `limiter`.
    #[must_use]
    pub fn new(tools: Option<Stage>, limiter: Limiter) -> Self {
        Self { tools, limiter }
    }

    /// Takes an event, and calls `on_event` with what of it goes on. An
    /// [`Event::End`] among that is the answer's, and nothing comes after it; what is
    /// pushed later is not to be passed on.
    pub fn push(&mut self, event: Event<'_>, on_event: &mut impl FnMut(Event<'_>)) {
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

    /// How much memory is held for what is not certain yet, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.tools.as_ref().map_or(0, Stage::held_bytes)
    }

    /// The tokens of what was passed on so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.limiter.usage()
    }
}
