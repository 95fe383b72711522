//! A streamed answer.

use super::{
    Input,
    call_gate::{Answer, CallGate},
    watch::Watch,
};
use crate::{
    answer::Stages,
    chat::{Event, Finish, Phase, Usage},
    dialect::Encoder,
    error::Error,
    ledger::Tab,
    tools::Fit,
};

/// The state of a stream after a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Nothing of the answer has been passed on, so another upstream can still be tried.
    Waiting,
    /// The answer is arriving.
    Flowing,
    /// The ending has been written: the dialect's end mark or its error event.
    Ended,
    /// It failed before any of it had arrived, and nothing was written. The caller tries
    /// again, or ends it with [`Translator::fail`].
    Failed(Error),
    /// It ended without the required call, and nothing was written. The caller asks for
    /// another answer, or ends it with [`Translator::fail`].
    NoCall,
}

/// Translates one streamed answer.
#[derive(Debug)]
pub struct Translator {
    input: Input,
    stages: Stages,
    gate: CallGate,
    watch: Option<Watch>,
    output: Output,
    max_answer_bytes: usize,
    /// Unused stages for a second answer, if one may be requested.
    fresh: Option<Stages>,
}

/// The client's stream: an opening, the events, one ending.
#[derive(Debug)]
struct Output {
    encoder: Box<dyn Encoder>,
    state: State,
    /// Whether the ending is an error event.
    is_broken: bool,
    /// What the client got is noted there.
    tab: Option<Tab>,
}

/// How much of the stream has been written.
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
        if let Some(tab) = &self.tab {
            tab.begin();
        }
        self.encoder.event(event, out);
    }

    fn close(&mut self, finish: &Finish, usage: Usage, out: &mut Vec<u8>) {
        self.open(out);
        if let Some(tab) = &self.tab {
            tab.close();
        }
        self.bill(usage);
        self.state = State::Ended;
        self.encoder.close(finish, usage, out);
    }

    fn abort(&mut self, error: &Error, usage: Usage, out: &mut Vec<u8>) {
        if let Some(tab) = &self.tab {
            tab.fail(error);
        }
        self.bill(usage);
        self.state = State::Ended;
        self.is_broken = true;
        self.encoder.abort(error, out);
    }

    /// Notes what the client got, once, if it got anything.
    fn bill(&mut self, usage: Usage) {
        if let (Some(tab), State::Open) = (self.tab.take(), self.state) {
            tab.add(usage);
        }
    }
}

impl Translator {
    /// A translator for one answer, which `encoder` encodes.
    #[must_use]
    pub fn new(encoder: Box<dyn Encoder>, stages: Stages, max_answer_bytes: usize) -> Self {
        Self {
            input: Input::new(max_answer_bytes),
            stages,
            gate: CallGate::Open,
            watch: None,
            output: Output { encoder, state: State::Unopened, is_broken: false, tab: None },
            max_answer_bytes,
            fresh: None,
        }
    }

    /// Holds the answer back until it makes a tool call or until something has to be sent. An
    /// answer that ends without a call is [`Progress::NoCall`]. After [`Translator::restart`],
    /// any answer is accepted; if no second answer comes, the first is used.
    #[must_use]
    pub fn wait_for_call(mut self) -> Self {
        self.fresh = Some(self.stages.clone());
        self.gate = CallGate::closed();
        self
    }

    /// Notes on `tab` what the client gets.
    #[must_use]
    pub fn billed(mut self, tab: Tab) -> Self {
        self.output.tab = Some(tab);
        self
    }

    /// Has `watch` look at the calls of the answer. One with which something is wrong is not the
    /// call that [`Translator::wait_for_call`] waits for.
    #[must_use]
    pub fn watched(mut self, watch: Watch) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Reads `bytes` from the upstream, and appends the client's bytes to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Progress {
        let Self { input, stages, gate, watch, output, .. } = self;
        if output.state == State::Ended {
            return Progress::Ended;
        }
        let result = input.push(bytes, &mut |event| {
            // Events after the end, in the same chunk, are neither passed on nor counted.
            if output.state != State::Ended && !gate.is_missed() {
                pass_on(event, stages, gate, watch.as_ref(), output, out);
            }
        });
        match result {
            // An answer that has ended can no longer fail.
            Err(error) if !self.gate.is_missed() => self.upstream_failed(error, out),
            _ => {
                // The client gets its headers now, even if the beginning of the text is held.
                if self.phase() == Phase::Flowing {
                    self.output.open(out);
                }
                self.progress()
            }
        }
    }

    /// Call this when the upstream's body has ended. That is an error, unless the answer had
    /// ended before.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Progress {
        self.upstream_failed(Error::Truncated, out)
    }

    /// Call this when the upstream has failed. If nothing of the answer has arrived, nothing is
    /// written: another upstream may still succeed.
    pub fn upstream_failed(&mut self, error: Error, out: &mut Vec<u8>) -> Progress {
        if self.phase() == Phase::Flowing || self.output.state == State::Ended {
            self.output.open(out);
            self.fail(error, out)
        } else {
            Progress::Failed(error)
        }
    }

    /// Ends the answer with `error`, for good: with an error event if the client has got the
    /// opening, with [`Progress::Failed`] if it has not.
    pub fn fail(&mut self, error: Error, out: &mut Vec<u8>) -> Progress {
        if self.output.state == State::Ended {
            return Progress::Ended;
        }
        if let Some(Answer { said, finish, usage }) = self.gate.take_first() {
            said.release(&mut |event| self.output.event(event, out));
            self.output.close(&finish, usage, out);
            return Progress::Ended;
        }
        if self.output.state == State::Unopened {
            return Progress::Failed(error);
        }
        self.output.abort(&error, self.stages.usage(), out);
        Progress::Ended
    }

    /// Writes the opening, so that the client sees the stream begin, whatever the upstream
    /// does. A second call does nothing.
    pub fn commit(&mut self, out: &mut Vec<u8>) {
        self.output.open(out);
        self.gate.open(&mut |event| self.output.event(event, out));
    }

    /// Writes the opening alone: what is held back may still be replaced. A second call does
    /// nothing.
    pub fn open(&mut self, out: &mut Vec<u8>) {
        self.output.open(out);
    }

    /// Whether the answer has ended with an error event.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.output.is_broken
    }

    /// Writes a keep-alive; nothing once the stream has ended.
    pub fn keep_alive(&self, out: &mut Vec<u8>) {
        if self.output.state != State::Ended {
            self.output.encoder.keep_alive(out);
        }
    }

    /// How much memory is held for output that has not been sent, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let encoder = self.output.encoder.held_bytes();
        self.input.held_bytes() + self.stages.held_bytes() + self.gate.held_bytes() + encoder
    }

    /// Releases that memory: nothing more will be written.
    pub fn let_go(&mut self) {
        self.output.bill(self.stages.usage());
        self.input = Input::new(0);
        self.gate = CallGate::Open;
        self.fresh = None;
    }

    /// Whether the answer has begun and is not held back.
    #[must_use]
    pub fn phase(&self) -> Phase {
        Phase::of(self.input.begun && self.gate.is_open())
    }

    /// Whether the last read completed an event.
    #[must_use]
    pub fn heard(&self) -> bool {
        self.input.heard
    }

    /// Changes whenever [`Translator::last_words`] do; `None` until there are any.
    #[must_use]
    pub fn last_words_form(&self) -> Option<u32> {
        (self.output.state == State::Open).then(|| self.output.encoder.abort_form())
    }

    /// The bytes that end the stream, in its current state, if the gateway itself fails.
    pub fn last_words(&self, out: &mut Vec<u8>) {
        self.output.encoder.abort(&Error::Internal, out);
    }

    /// Whether the upstream has sent its end mark.
    #[must_use]
    pub fn upstream_ended(&self) -> bool {
        self.input.ended
    }

    /// Discards the input of an upstream that failed before the answer began, so that another
    /// one can be read instead.
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

/// Passes one upstream event through the stages and the gate to the client.
fn pass_on(
    event: Event<'_>,
    stages: &mut Stages,
    gate: &mut CallGate,
    watch: Option<&Watch>,
    output: &mut Output,
    out: &mut Vec<u8>,
) {
    if let Some(watch) = watch.filter(|_| gate.has_asked()) {
        watch.forget();
    }
    let mut end = None;
    stages.push(event, &mut |event| match event {
        Event::End(finish) => end = Some(finish),
        event => {
            let is_wrong = watch.is_some_and(|watch| watch.is_wrong(&event));
            if gate.is_open() {
                output.event(&event, out);
            } else if !(is_wrong && gate.hold(&event)) {
                gate.push(&event, &mut |event| output.event(event, out));
            }
        }
    });
    if let (Some(watch), Some(why)) = (watch, stages.unreadable()) {
        watch.note(Fit::Unreadable(why));
    }
    let may_go_out = stages.may_go_out() && !gate.holds_call();
    if may_go_out && (end.is_some() || gate.has_said()) {
        gate.open(&mut |event| output.event(event, out));
    }
    if let Some(finish) = end {
        let usage = stages.usage();
        gate.end(&finish, usage, &mut |event| output.event(event, out));
        if gate.is_open() {
            output.close(&finish, usage, out);
        }
    }
}
