//! An answer as a stream.

use super::{
    Input,
    call_gate::{Answer, CallGate},
};
use crate::{
    answer::Stages,
    chat::{Event, Finish, Phase, Usage},
    dialect::Encoder,
    error::Error,
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
    stages: Stages,
    gate: CallGate,
    output: Output,
    max_answer_bytes: usize,
    /// For another answer, where one may be asked for.
    fresh: Option<Stages>,
}

/// What the client gets: an opening, what is said, one ending.
#[derive(Debug)]
struct Output {
    encoder: Box<dyn Encoder>,
    state: State,
}

/// What of the stream has been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing.
    Unopened,
    /// The dialect's opening.
    Open,
    /// The ending.
    Ended,
}

impl Output {
    /// Writes the opening, if it has not been written.
    fn open(&mut self, out: &mut Vec<u8>) {
        if self.state == State::Unopened {
            self.state = State::Open;
            self.encoder.open(out);
        }
    }

    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        self.open(out);
        self.encoder.event(event, out);
    }

    fn close(&mut self, finish: &Finish, usage: Usage, out: &mut Vec<u8>) {
        self.open(out);
        self.state = State::Ended;
        self.encoder.close(finish, usage, out);
    }

    fn abort(&mut self, error: &Error, out: &mut Vec<u8>) {
        self.state = State::Ended;
        self.encoder.abort(error, out);
    }
}

impl Translator {
    /// For one answer, which `encoder` writes.
    #[must_use]
    pub fn new(encoder: Box<dyn Encoder>, stages: Stages, max_answer_bytes: usize) -> Self {
        Self {
            input: Input::new(max_answer_bytes),
            stages,
            gate: CallGate::Open,
            output: Output { encoder, state: State::Unopened },
            max_answer_bytes,
            fresh: None,
        }
    }

    /// Waits for a call as long as nothing is written. An answer that ends without
    /// one is [`Progress::NoCall`]; after [`Translator::restart`] any other will do,
    /// and if there is none, the first will.
    #[must_use]
    pub fn wait_for_call(mut self) -> Self {
        self.fresh = Some(self.stages.clone());
        self.gate = CallGate::closed();
        self
    }

    /// Reads what has come and appends what it means to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Progress {
        let Self { input, stages, gate, output, .. } = self;
        if output.state == State::Ended {
            return Progress::Ended;
        }
        let result = input.push(bytes, &mut |event| {
            // What follows the end in the same piece neither is said nor counts.
            if output.state != State::Ended && !gate.is_missed() {
                pass_on(event, stages, gate, output, out);
            }
        });
        match result {
            // An answer that has ended does not fail any more.
            Err(error) if !self.gate.is_missed() => self.upstream_failed(error, out),
            _ => self.progress(),
        }
    }

    /// The upstream's body has ended: an error, unless the answer had ended before.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Progress {
        self.upstream_failed(Error::Truncated, out)
    }

    /// The upstream has failed. While nothing of the answer has come, nothing is
    /// written: another upstream may still do better.
    pub fn upstream_failed(&mut self, error: Error, out: &mut Vec<u8>) -> Progress {
        if self.phase() == Phase::Flowing || self.output.state == State::Ended {
            self.fail(error, out)
        } else {
            Progress::Failed(error)
        }
    }

    /// Ends the answer with `error`, for good: with an event where the client has
    /// seen the opening, with [`Progress::Failed`] where it has not.
    pub fn fail(&mut self, error: Error, out: &mut Vec<u8>) -> Progress {
        if self.output.state == State::Ended {
            return Progress::Ended;
        }
        if let Some(Answer { said, usage }) = self.gate.take_first() {
            said.release(&mut |event| self.output.event(event, out));
            self.output.close(&Finish::Stop, usage, out);
            return Progress::Ended;
        }
        if self.output.state == State::Unopened {
            return Progress::Failed(error);
        }
        self.output.abort(&error, out);
        Progress::Ended
    }

    /// Writes the opening, so that the client sees a stream begin whatever the
    /// upstream does. Does nothing the second time.
    pub fn commit(&mut self, out: &mut Vec<u8>) {
        self.output.open(out);
        self.gate.open(&mut |event| self.output.event(event, out));
    }

    /// Writes what tells a client that the stream is alive; nothing once it has ended.
    pub fn keep_alive(&self, out: &mut Vec<u8>) {
        if self.output.state != State::Ended {
            self.output.encoder.keep_alive(out);
        }
    }

    /// How much memory is held for what has not gone out, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.input.held_bytes() + self.stages.held_bytes() + self.gate.held_bytes()
    }

    /// Lets go of that: nothing more will be said.
    pub fn let_go(&mut self) {
        self.input = Input::new(0);
        self.gate = CallGate::Open;
        self.fresh = None;
    }

    /// Whether any of the answer itself has come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        Phase::of(self.input.begun && self.gate.is_open())
    }

    /// Whether an event was complete in what was read last.
    #[must_use]
    pub fn heard(&self) -> bool {
        self.input.heard
    }

    /// Changes whenever [`Translator::last_words`] do; `None` until there are any.
    #[must_use]
    pub fn last_words_form(&self) -> Option<u32> {
        (self.output.state == State::Open).then(|| self.output.encoder.abort_form())
    }

    /// What ends the stream, as it stands, if the gateway itself fails.
    pub fn last_words(&self, out: &mut Vec<u8>) {
        self.output.encoder.abort(&Error::Internal, out);
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
        self.gate.restart();
        if let Some(fresh) = &self.fresh {
            self.stages.clone_from(fresh);
        }
    }

    fn progress(&self) -> Progress {
        if self.output.state == State::Ended {
            Progress::Ended
        } else if self.gate.is_missed() {
            Progress::NoCall
        } else if self.phase() == Phase::Flowing {
            Progress::Flowing
        } else {
            Progress::Waiting
        }
    }
}

/// Takes one event of the upstream's through the stages and the gate to the client.
fn pass_on(
    event: Event<'_>,
    stages: &mut Stages,
    gate: &mut CallGate,
    output: &mut Output,
    out: &mut Vec<u8>,
) {
    let mut end = None;
    stages.push(event, &mut |event| match event {
        Event::End(finish) => end = Some(finish),
        event => gate.push(&event, &mut |event| output.event(event, out)),
    });
    if let Some(finish) = end {
        let usage = stages.usage();
        gate.end(&finish, usage, &mut |event| output.event(event, out));
        if gate.is_open() {
            output.close(&finish, usage, out);
        }
    }
}
