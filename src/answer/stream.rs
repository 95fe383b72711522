//! An answer as a stream.

use super::Input;
use crate::{
    answer::Limiter,
    chat::{Event, Finish, Phase, Usage},
    dialect::Encoder,
    error::Error,
    tools::{LONGEST_BYTES, ended_by_itself},
};

/// Where a stream stands after a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Nothing of the answer has come yet, so all can still be undone.
    Waiting,
    /// The answer flows.
    Flowing,
    /// The ending has been written, a good or a bad one.
    Ended,
    /// It failed before any of it had come, and nothing was written: the caller
    /// tries again, or ends it with [`Translator::fail`].
    Failed(Error),
    /// It ended without the call that is wanted, and nothing was written: the caller asks
    /// for another, or ends it with [`Translator::fail`].
    NoCall,
}

/// Rewrites one streamed answer.
#[derive(Debug)]
pub struct Translator {
    input: Input,
    limiter: Limiter,
    output: Box<dyn Encoder>,
    max_answer_bytes: usize,
    /// Whether the dialect's opening has been written.
    committed: bool,
    ended: bool,
    /// Holds the answer back until it makes the call that is wanted.
    hold: Option<Hold>,
}

/// An answer that must make a call, and has not so far.
#[derive(Debug)]
struct Hold {
    said: Vec<Said>,
    /// For another answer, which has limits of its own.
    fresh: Limiter,
    attempt: Attempt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// The first answer comes, and is held.
    First,
    /// It has ended, without a call: it is the answer if there is no other.
    Missed(Usage),
}

/// A piece of an answer that is held.
#[derive(Debug)]
enum Said {
    Reasoning(String),
    Text(String),
}

impl Hold {
    fn keep(&mut self, event: &Event<'_>) {
        match (event, self.said.last_mut()) {
            (Event::Reasoning(text), Some(Said::Reasoning(said)))
            | (Event::Text(text), Some(Said::Text(said))) => said.push_str(text),
            (Event::Reasoning(text), _) => self.said.push(Said::Reasoning((*text).to_owned())),
            (Event::Text(text), _) => self.said.push(Said::Text((*text).to_owned())),
            (Event::ToolCall { .. } | Event::End(_), _) => {}
        }
    }

    fn held_bytes(&self) -> usize {
        let bytes = self.said.iter().map(|said| match said {
            Said::Reasoning(text) | Said::Text(text) => text.capacity(),
        });
        bytes.sum()
    }

    fn release(&self, output: &mut dyn Encoder, out: &mut Vec<u8>) {
        for said in &self.said {
            let event = match said {
                Said::Reasoning(text) => Event::Reasoning(text),
                Said::Text(text) => Event::Text(text),
            };
            output.event(&event, out);
        }
    }
}

impl Translator {
    /// For one answer, which `output` writes.
    #[must_use]
    pub fn new(output: Box<dyn Encoder>, limiter: Limiter, max_answer_bytes: usize) -> Self {
        Self {
            input: Input::new(max_answer_bytes),
            output,
            limiter,
            max_answer_bytes,
            committed: false,
            ended: false,
            hold: None,
        }
    }

    /// Waits for a call as long as nothing is written. An answer that ends without
    /// one is [`Progress::NoCall`]; after [`Translator::restart`] any
    /// other will do, and if there is none, the first will.
    #[must_use]
    pub fn wait_for_call(mut self) -> Self {
        let fresh = self.limiter.clone();
        self.hold = Some(Hold { said: Vec::new(), fresh, attempt: Attempt::First });
        self
    }

    /// Reads what has come and appends what it means to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Progress {
        if self.ended {
            return Progress::Ended;
        }
        let Self { input, limiter, output, committed, ended, hold, .. } = self;
        let mut missed = None;
        let result = input.push(bytes, &mut |event| {
            if *ended || missed.is_some() {
                return;
            }
            let mut end = None;
            limiter.push(event, &mut |event| {
                if end.is_some() {
                    return;
                }
                if let Some(waiting) = hold.as_mut().filter(|hold| hold.attempt == Attempt::First) {
                    waiting.keep(&event);
                    let is_said = matches!(event, Event::Reasoning(_) | Event::Text(_));
                    // One that says so much is the answer.
                    if is_said && waiting.held_bytes() > LONGEST_BYTES {
                        if !*committed {
                            *committed = true;
                            output.open(out);
                        }
                        waiting.release(output.as_mut(), out);
                        *hold = None;
                        return;
                    }
                    if is_said {
                        return;
                    }
                    if let Event::End(finish) = &event
                        && ended_by_itself(finish)
                    {
                        end = Some(Finish::Stop);
                        return;
                    }
                }
                if !*committed {
                    *committed = true;
                    output.open(out);
                }
                if let Some(Hold { attempt: Attempt::First, .. }) = hold
                    && let Some(waited) = hold.take()
                {
                    waited.release(output.as_mut(), out);
                }
                // Another answer has begun, so the first is none.
                *hold = None;
                match event {
                    Event::End(finish) => end = Some(finish),
                    event => output.event(&event, out),
                }
            });
            match (end, hold.as_ref()) {
                (Some(_), Some(_)) => missed = Some(limiter.usage()),
                (Some(finish), None) => {
                    *ended = true;
                    output.close(&finish, limiter.usage(), out);
                }
                (None, _) => {}
            }
        });
        if let (Some(usage), Some(hold)) = (missed, hold) {
            hold.attempt = Attempt::Missed(usage);
            return Progress::NoCall;
        }
        match result {
            Err(error) => self.upstream_failed(error, out),
            Ok(()) => self.progress(),
        }
    }

    /// The upstream's body has ended: an error, unless the answer had ended before.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Progress {
        self.upstream_failed(Error::Truncated, out)
    }

    /// The upstream has failed. While nothing of the answer has come, nothing is
    /// written: another upstream may still do better.
    pub fn upstream_failed(&mut self, error: Error, out: &mut Vec<u8>) -> Progress {
        if self.phase() == Phase::Flowing || self.ended {
            self.fail(error, out)
        } else {
            Progress::Failed(error)
        }
    }

    /// Ends the answer with `error`, for good: with an event where the client has
    /// seen the opening, with [`Progress::Failed`] where it has not.
    pub fn fail(&mut self, error: Error, out: &mut Vec<u8>) -> Progress {
        if self.ended {
            return Progress::Ended;
        }
        if let Some(hold) = self.hold.take()
            && let Attempt::Missed(usage) = hold.attempt
        {
            self.commit(out);
            hold.release(self.output.as_mut(), out);
            self.output.close(&Finish::Stop, usage, out);
            self.ended = true;
            return Progress::Ended;
        }
        if !self.committed {
            return Progress::Failed(error);
        }
        self.ended = true;
        self.output.abort(&error, out);
        Progress::Ended
    }

    /// Writes the opening, so that the client sees a stream begin whatever the
    /// upstream does. Does nothing the second time.
    pub fn commit(&mut self, out: &mut Vec<u8>) {
        if !self.committed {
            self.committed = true;
            self.output.open(out);
        }
        if let Some(hold) = self.hold.take_if(|hold| hold.attempt == Attempt::First) {
            hold.release(self.output.as_mut(), out);
        }
    }

    /// Writes what tells a client that the stream is alive; nothing once it has ended.
    pub fn keep_alive(&self, out: &mut Vec<u8>) {
        if !self.ended {
            self.output.keep_alive(out);
        }
    }

    /// How much memory is held for what has not gone out, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let hold = self.hold.as_ref().map_or(0, Hold::held_bytes);
        self.input.held_bytes() + self.limiter.held_bytes() + hold
    }

    /// Lets go of that: nothing more will be said.
    pub fn let_go(&mut self) {
        self.input = Input::new(0);
        self.hold = None;
    }

    /// Whether any of the answer itself has come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        Phase::of(self.input.begun && self.hold.is_none())
    }

    /// Whether an event was complete in what was read last.
    #[must_use]
    pub fn heard(&self) -> bool {
        self.input.heard
    }

    /// Changes whenever [`Translator::last_words`] do; `None` until there are any.
    #[must_use]
    pub fn last_words_form(&self) -> Option<u32> {
        (self.committed && !self.ended).then(|| self.output.abort_form())
    }

    /// What ends the stream, as it stands, if the gateway itself fails.
    pub fn last_words(&self, out: &mut Vec<u8>) {
        self.output.abort(&Error::Internal, out);
    }

    /// Whether the upstream has said all that it had to say.
    #[must_use]
    pub fn upstream_ended(&self) -> bool {
        self.input.ended
    }

    /// Forgets what an upstream sent that failed before the answer began, so
    /// that another can be read in its place.
    pub fn restart(&mut self) {
        self.input = Input::new(self.max_answer_bytes);
        if let Some(hold) = &mut self.hold {
            self.limiter = hold.fresh.clone();
            if hold.attempt == Attempt::First {
                hold.said.clear();
            }
        }
    }

    fn progress(&self) -> Progress {
        if self.ended {
            Progress::Ended
        } else if self.phase() == Phase::Flowing {
            Progress::Flowing
        } else {
            Progress::Waiting
        }
    }
}
