//! An answer that is collected as a whole.

use std::ops::ControlFlow;

use super::Input;
use crate::{
    answer::Stages,
    chat::{Answer, Call, Event, Failure, Finish, Phase},
    error::Error,
    in_flight,
};

/// Collects a whole answer of DeGPT.
///
/// # Errors
/// [`Failure`], which says whether the answer had begun.
pub fn whole(upstream: &[u8], stages: Stages) -> Result<Answer, Failure> {
    let mut whole = Whole::new(stages, upstream.len());
    let _ = whole.push(upstream);
    whole.finish(Ok(()))
}

/// A whole answer while it arrives. It keeps the answer, not the stream's bytes.
#[derive(Debug)]
pub struct Whole {
    input: Input,
    answer: Answer,
    stages: Stages,
    /// The result, once it is known.
    outcome: Option<Result<(), Error>>,
}

impl Whole {
    /// An empty answer. It ends where `stages` end it, at the latest.
    #[must_use]
    pub fn new(stages: Stages, max_answer_bytes: usize) -> Self {
        Self {
            input: Input::new(max_answer_bytes),
            answer: Answer::default(),
            stages,
            outcome: None,
        }
    }

    /// Reads `bytes` from the upstream. Breaks when nothing that follows can matter: at the end
    /// mark, at a limit, or at an error.
    pub fn push(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        let Self { input, answer, stages, outcome } = self;
        if outcome.is_some() {
            return ControlFlow::Break(());
        }
        let failed = &mut None;
        let result = input.push(bytes, &mut |event| {
            // Events after the end, in the same chunk, are neither kept nor counted.
            if outcome.is_some() {
                return;
            }
            let mut say = |said: &mut String, text: &str| match in_flight::push_str(said, text) {
                Ok(()) => {}
                Err(error) => *failed = Some(error),
            };
            stages.push(event, &mut |event| match event {
                Event::Reasoning(text) => say(&mut answer.reasoning, text),
                Event::Text(text) => say(&mut answer.text, text),
                Event::ToolCall { name, arguments } => answer.calls.push(Call {
                    name: name.to_owned(),
                    arguments: arguments.to_owned(),
                    place: answer.text.len(),
                }),
                Event::WebCall { tool, input } => answer.errands.push((tool, input.to_owned())),
                Event::WebResult(_) => {}
                Event::End(finish) => {
                    if let (Finish::Length, Some(call)) = (&finish, answer.calls.last_mut()) {
                        call.close();
                    }
                    answer.finish = finish;
                    *outcome = Some(Ok(()));
                }
            });
            if stages.is_unanswered() {
                *outcome = Some(Err(Error::Declined));
            }
        });
        if let (Err(error), None) = (result, &outcome) {
            *outcome = Some(Err(error));
        }
        if let Some(error) = failed.take() {
            *outcome = Some(Err(error));
        }
        if outcome.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// How much memory it holds, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.input.held_bytes() + self.stages.held_bytes() + self.answer.held_bytes()
    }

    /// Ends it with `error`: a partial answer is not returned.
    pub fn fail(&mut self, error: Error) {
        self.outcome = Some(Err(error));
    }

    /// Whether the answer has begun to arrive. One that ended with its reasoning has not.
    #[must_use]
    pub fn phase(&self) -> Phase {
        Phase::of(self.input.begun && !self.stages.is_unanswered())
    }

    /// Whether the last read completed an event.
    #[must_use]
    pub fn heard(&self) -> bool {
        self.input.heard
    }

    /// The answer, once the upstream's body is over. `upstream` says how the body ended; after
    /// the end mark that does not matter.
    ///
    /// # Errors
    /// [`Failure`], which says whether the answer had begun.
    pub fn finish(self, upstream: Result<(), Error>) -> Result<Answer, Failure> {
        self.finish_part(upstream).map(|(answer, _)| answer)
    }

    /// The same, and the used stages: more of the answer may follow.
    ///
    /// # Errors
    /// As [`Whole::finish`].
    pub fn finish_part(mut self, upstream: Result<(), Error>) -> Result<(Answer, Stages), Failure> {
        let phase = self.phase();
        let result = self.outcome.unwrap_or(match (upstream, phase) {
            (Ok(()), _) => Err(Error::Truncated),
            // A silence before the first event means that the answer did not begin in time.
            (Err(Error::Stalled), Phase::Waiting) => Err(Error::Timeout),
            (Err(error), _) => Err(error),
        });
        result.map_err(|error| Failure { error, phase })?;
        self.answer.usage = self.stages.usage();
        self.answer.unreadable = self.stages.unreadable();
        Ok((self.answer, self.stages))
    }
}
