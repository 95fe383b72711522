//! The timing of one streamed answer: when to send the client's headers, when to send a
//! keep-alive, when a silence is too long, when the answer is over.
//!
//! This has no clock and no connection: the runtime reports what happened and when, and
//! carries out the [`Step`] that is returned. Times are in milliseconds of one clock.

use crate::{
    answer::Patience,
    answer::{Progress, Translator},
    chat::{Failure, Phase},
    config::Timing,
    dialect::Encoder,
    error::Error,
    in_flight::{BASE_BYTES, Held},
};

/// What the runtime does after a call, once it has sent the bytes that the call wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Wait: the client's status is not decided yet.
    Hold,
    /// Send the headers, if they have not been sent.
    Send,
    /// Send the headers, if they have not been sent, and close the client's body. Abort the
    /// upstream's body if it is still ongoing.
    Close(UpstreamBody),
    /// Abort this upstream. Nothing of its answer has arrived.
    Fail(Error),
    /// Abort this upstream and ask for another answer: this one lacks the required call, and
    /// is held back.
    AskAgain,
}

/// Whether an upstream has more to send after the end of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamBody {
    /// It may have: the answer ended at a limit, or failed.
    Ongoing,
    /// It has sent everything.
    Finished,
}

/// Whether the client reads what it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// It reads.
    Reading,
    /// Output is waiting for it. The upstream is then not read, so its silence means nothing.
    Busy,
}

/// One streamed answer.
#[derive(Debug)]
pub struct Relay {
    translator: Translator,
    patience: Patience,
    timing: Millis,
    started_ms: u64,
    last_output_ms: u64,
    committed: bool,
    /// The count of the memory that the answer holds, if that is counted.
    held: Option<Held>,
}

/// The parts of [`Timing`] that the relay needs, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Millis {
    commit_after: u64,
    idle: u64,
    keep_alive: u64,
}

impl Relay {
    /// The relay for the answer of `translator`, to a request that arrived at `now_ms`.
    #[must_use]
    pub fn new(translator: Translator, timing: Timing, now_ms: u64) -> Self {
        let millis =
            |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self {
            translator,
            patience: Patience::new(&timing, now_ms),
            timing: Millis {
                commit_after: millis(timing.commit_after),
                idle: millis(timing.idle),
                keep_alive: millis(timing.keep_alive),
            },
            started_ms: now_ms,
            last_output_ms: now_ms,
            committed: false,
            held: None,
        }
    }

    /// Counts in `held` the memory of the answer that has not been sent yet.
    #[must_use]
    pub fn counted(mut self, held: Held) -> Self {
        self.held = Some(held);
        self
    }

    /// Has `encoder` write the answer: another model is asked for it. See
    /// [`Translator::answered_by`].
    pub fn answered_by(&mut self, encoder: Box<dyn Encoder>) {
        self.translator.answered_by(encoder);
    }

    /// Gives up an upstream that does not begin to answer: another model has to be asked.
    pub fn give_up(&mut self, out: &mut Vec<u8>) -> Step {
        let progress = self.translator.upstream_failed(Error::Timeout, out);
        self.step(progress)
    }

    /// Releases the memory it holds: nothing more will be written.
    pub fn let_go(&mut self) {
        self.translator.let_go();
        self.held = None;
    }

    /// Call this when the upstream has sent `bytes`. Appends the client's bytes to `out`.
    pub fn push(&mut self, bytes: &[u8], now_ms: u64, out: &mut Vec<u8>) -> Step {
        let before = out.len();
        let mut progress = self.translator.push(bytes, out);
        if self.translator.heard() {
            self.patience.hear(now_ms);
        }
        if let Some(held) = &mut self.held
            && let Err(error) = held.set(BASE_BYTES + self.translator.held_bytes())
        {
            progress = self.translator.upstream_failed(error, out);
        }
        if out.len() > before {
            self.last_output_ms = now_ms;
        }
        self.step(progress)
    }

    /// Call this when the upstream's body has ended, either complete or broken off.
    pub fn upstream_ended(&mut self, out: &mut Vec<u8>) -> Step {
        let progress = self.translator.finish(out);
        self.step(progress)
    }

    /// Call this when time has passed. Returns the step, and in how many milliseconds to call
    /// it again.
    pub fn tick(&mut self, now_ms: u64, client: Client, out: &mut Vec<u8>) -> (Step, u64) {
        if client == Client::Busy {
            self.patience.hear(now_ms);
        }
        let mut next_ms = match self.patience.left_ms(self.translator.phase(), now_ms) {
            Ok(left_ms) => left_ms,
            Err(error) => {
                let progress = self.translator.upstream_failed(error, out);
                return (self.step(progress), AFTER_FAILURE_MS);
            }
        };
        // The clock may have been set back.
        let since = |then: u64| now_ms.saturating_sub(then);
        // The answer may begin before that, and then other limits apply.
        next_ms = next_ms.min(self.timing.idle).min(self.timing.keep_alive);
        if !self.committed {
            if let Some(wait_ms) = left(self.timing.commit_after, since(self.started_ms)) {
                return (Step::Hold, next_ms.min(wait_ms));
            }
            let before = out.len();
            self.translator.commit(out);
            self.committed = true;
            // The opening may have to wait. One keep-alive is enough for all choices.
            if out.len() == before && self.last_output_ms < now_ms {
                self.translator.keep_alive(out);
            }
            self.last_output_ms = now_ms;
        }
        let mut wait_ms = left(self.timing.keep_alive, since(self.last_output_ms));
        if wait_ms.is_none() {
            self.translator.keep_alive(out);
            self.last_output_ms = now_ms;
            wait_ms = Some(self.timing.keep_alive);
        }
        next_ms = next_ms.min(wait_ms.unwrap_or(next_ms));
        (Step::Send, next_ms)
    }

    /// Ends the answer with `error`, for good. Returns [`Step::Fail`] if the client has not got
    /// its headers yet.
    pub fn fail(&mut self, error: Error, out: &mut Vec<u8>) -> Step {
        let progress = self.translator.fail(error, out);
        self.step(progress)
    }

    /// Writes the opening: the client gets another choice of the same request.
    pub fn open(&mut self, out: &mut Vec<u8>) {
        self.translator.open(out);
    }

    /// Writes the opening, whatever it waits for: an error follows.
    pub fn open_for_error(&mut self, out: &mut Vec<u8>) {
        self.translator.open_for_error(out);
    }

    /// Call this when the client was sent something at `now_ms`, of any choice.
    pub fn sent(&mut self, now_ms: u64) {
        self.last_output_ms = now_ms;
    }

    /// Whether the answer has ended with an error event.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.translator.is_broken()
    }

    /// Prepares for another upstream, after [`Step::Fail`] or [`Step::AskAgain`].
    pub fn restart(&mut self, now_ms: u64) {
        self.translator.restart();
        self.patience.hear(now_ms);
    }

    /// Whether the answer has begun and is not held back.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.translator.phase()
    }

    /// See [`Translator::last_words_form`].
    #[must_use]
    pub fn last_words_form(&self) -> Option<u32> {
        self.translator.last_words_form()
    }

    /// See [`Translator::last_words`].
    pub fn last_words(&self, out: &mut Vec<u8>) {
        self.translator.last_words(out);
    }

    /// A [`Failure`] with `error`, at this point of the answer.
    #[must_use]
    pub fn failure(&self, error: Error) -> Failure {
        Failure { error, phase: self.translator.phase() }
    }

    fn step(&mut self, progress: Progress) -> Step {
        if progress == Progress::Ended {
            self.held = None;
        }
        match progress {
            Progress::Waiting if !self.committed => Step::Hold,
            Progress::Waiting => Step::Send,
            Progress::Flowing => {
                self.committed = true;
                Step::Send
            }
            Progress::Ended if self.translator.upstream_ended() => {
                Step::Close(UpstreamBody::Finished)
            }
            Progress::Ended => Step::Close(UpstreamBody::Ongoing),
            Progress::Failed(error) => Step::Fail(error),
            Progress::NoCall => Step::AskAgain,
        }
    }
}

/// When to call [`Relay::tick`] again after a failure, while the answer is being ended.
const AFTER_FAILURE_MS: u64 = 1_000;

/// The rest of `limit` after `spent`; `None` if nothing is left.
fn left(limit: u64, spent: u64) -> Option<u64> {
    limit.checked_sub(spent).filter(|left| *left > 0)
}
