//! From DeGPT's bytes to a client's bytes.
//!
//! [`Translator`] does it as a stream, [`Whole`] in one piece. The translator's contract:
//!
//! 1. The output is the same for every way of cutting the input.
//! 2. There is exactly one ending: the dialect's end mark, or its error event.
//!    Input after it is ignored.
//! 3. Silence is an error: an upstream that ends without its own end mark
//!    yields an error, never a clean ending.
//! 4. Anthropic's blocks are balanced and contiguous from 0, also on error.
//! 5. Memory is bounded; the caller owns the output buffer.

use std::ops::ControlFlow;

use crate::{
    anthropic,
    chat::{CallForm, Event, Finish, Stamp, Usage, UsageReport},
    degpt,
    error::Error,
    limits::Limiter,
    openai,
    route::Dialect,
    sse,
};

/// A whole answer.
#[derive(Debug, Default)]
pub struct Answer {
    /// The model's reasoning; empty if there was none.
    pub reasoning: String,
    /// What the model said.
    pub text: String,
    /// The tools it calls, in order.
    pub calls: Vec<Call>,
    /// How its calls are shown.
    pub form: CallForm,
    /// Why it ended.
    pub finish: Finish,
    /// The tokens it took.
    pub usage: Usage,
}

/// A call in a whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The tool's name.
    pub name: String,
    /// The arguments: the JSON text of an object.
    pub arguments: String,
    /// How much of the text comes before it, in bytes.
    pub place: usize,
}

/// Puts a whole answer of DeGPT together.
///
/// # Errors
/// [`Failure`], which says whether the answer had begun.
pub fn whole(upstream: &[u8], limiter: Limiter) -> Result<Answer, Failure> {
    let mut whole = Whole::new(limiter, upstream.len());
    let _ = whole.push(upstream);
    whole.finish(Ok(()))
}

/// A whole answer while it comes. What it holds is the answer, not the stream.
#[derive(Debug)]
pub struct Whole {
    input: Input,
    answer: Answer,
    limiter: Limiter,
    /// How it went, once that is known.
    outcome: Option<Result<(), Error>>,
}

impl Whole {
    /// For an answer that ends where `limiter` says, at the latest.
    #[must_use]
    pub fn new(limiter: Limiter, max_answer_bytes: usize) -> Self {
        Self {
            input: Input::new(max_answer_bytes),
            answer: Answer::default(),
            limiter,
            outcome: None,
        }
    }

    /// Reads what has come. Breaks when nothing that may still come matters: at
    /// the end mark, at a limit, or at an error.
    pub fn push(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        let Self { input, answer, limiter, outcome } = self;
        if outcome.is_some() {
            return ControlFlow::Break(());
        }
        let result = input.push(bytes, &mut |event| {
            // What follows the end in the same piece neither is said nor counts.
            if outcome.is_some() {
                return;
            }
            limiter.push(event, &mut |event| match event {
                Event::Reasoning(text) => answer.reasoning.push_str(text),
                Event::Text(text) => answer.text.push_str(text),
                Event::ToolCall { name, arguments } => answer.calls.push(Call {
                    name: name.to_owned(),
                    arguments: arguments.to_owned(),
                    place: answer.text.len(),
                }),
                Event::End(finish) => {
                    answer.finish = finish;
                    *outcome = Some(Ok(()));
                }
            });
        });
        if let (Err(error), None) = (result, &outcome) {
            *outcome = Some(Err(error));
        }
        if outcome.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Whether any of the answer has come.
    #[must_use]
    pub fn begun(&self) -> Begun {
        Begun::of(self.input.begun)
    }

    /// The answer, when the upstream's body is over, `upstream` tells how. After
    /// its end mark that is all the same.
    ///
    /// # Errors
    /// [`Failure`], which says whether the answer had begun.
    pub fn finish(mut self, upstream: Result<(), Error>) -> Result<Answer, Failure> {
        let begun = self.begun();
        let result = self.outcome.unwrap_or(match (upstream, begun) {
            (Ok(()), _) => Err(Error::Truncated),
            // A silence before the answer is one in which it did not begin.
            (Err(Error::Stalled), Begun::No) => Err(Error::Timeout),
            (Err(error), _) => Err(error),
        });
        result.map_err(|error| Failure { error, begun })?;
        self.answer.usage = self.limiter.usage();
        Ok(self.answer)
    }
}

/// An answer that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How.
    pub error: Error,
    /// Whether any of the answer had come before: then asking again would
    /// begin another answer.
    pub begun: Begun,
}

/// Whether any of an answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// Reasoning or text has come.
    Yes,
    /// Nothing has.
    No,
}

impl Begun {
    fn of(begun: bool) -> Self {
        if begun { Self::Yes } else { Self::No }
    }
}

/// The reading half: bytes to events.
#[derive(Debug)]
struct Input {
    frames: sse::Decoder,
    reader: degpt::Reader,
    /// How many bytes the upstream may still send.
    bytes_left: usize,
    begun: bool,
}

impl Input {
    fn new(max_bytes: usize) -> Self {
        Self {
            frames: sse::Decoder::default(),
            reader: degpt::Reader::default(),
            bytes_left: max_bytes,
            begun: false,
        }
    }

    fn push(&mut self, bytes: &[u8], on_event: &mut impl FnMut(Event<'_>)) -> Result<(), Error> {
        // What is within the limit is read even where the same chunk goes over it:
        // the output must not depend on how the network cut the input.
        let (bytes, over) = bytes.split_at(bytes.len().min(self.bytes_left));
        self.bytes_left -= bytes.len();
        let Self { frames, reader, begun, .. } = self;
        let mut failed = None;
        let mut ended = false;
        let flow = frames.push(bytes, |data| {
            let read = reader.read(data, &mut |event| {
                *begun = true;
                ended = matches!(event, Event::End(_));
                on_event(event);
            });
            match read {
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
                Ok(()) if ended => ControlFlow::Break(()),
                Ok(()) => ControlFlow::Continue(()),
            }
        });
        match (failed, flow) {
            (Some(error), _) => Err(error),
            (None, Err(sse::TooLong)) => Err(Error::AnswerTooLarge),
            (None, Ok(_)) if !ended && !over.is_empty() => Err(Error::AnswerTooLarge),
            (None, Ok(_)) => Ok(()),
        }
    }
}

/// The writing half: events to a dialect's bytes.
#[derive(Debug)]
enum Output {
    OpenAi(openai::Encoder),
    Anthropic(anthropic::Encoder),
}

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
}

/// Rewrites one streamed answer.
#[derive(Debug)]
pub struct Translator {
    input: Input,
    limiter: Limiter,
    output: Output,
    dialect: Dialect,
    request_id: String,
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

    fn release(&self, output: &mut Output, out: &mut Vec<u8>) {
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
    /// For one answer by the model that clients know as `model`.
    #[must_use]
    pub fn new(
        dialect: Dialect,
        usage: UsageReport,
        model: &str,
        stamp: &Stamp,
        limiter: Limiter,
        max_answer_bytes: usize,
    ) -> Self {
        let Usage { prompt_tokens, .. } = limiter.usage();
        let output = match dialect {
            Dialect::OpenAi => Output::OpenAi(openai::Encoder::new(model, stamp, usage)),
            Dialect::Anthropic => {
                Output::Anthropic(anthropic::Encoder::new(model, stamp, prompt_tokens))
            }
        };
        Self {
            input: Input::new(max_answer_bytes),
            output,
            limiter,
            dialect,
            request_id: stamp.id.clone(),
            max_answer_bytes,
            committed: false,
            ended: false,
            hold: None,
        }
    }

    /// Waits for a call as long as nothing is written. An answer that ends without
    /// one has failed with [`Error::NoCall`]; after [`Translator::restart`] any
    /// other will do, and if there is none, the first will.
    #[must_use]
    pub fn wait_for_call(mut self) -> Self {
        let fresh = self.limiter.clone();
        self.hold = Some(Hold { said: Vec::new(), fresh, attempt: Attempt::First });
        self
    }

    /// Shows calls in `form`.
    #[must_use]
    pub fn call_form(mut self, form: CallForm) -> Self {
        if let Output::OpenAi(encoder) = &mut self.output {
            encoder.call_form(form);
        }
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
                    if matches!(event, Event::Reasoning(_) | Event::Text(_)) {
                        return;
                    }
                    if event == Event::End(Finish::Stop) {
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
                    waited.release(output, out);
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
            return Progress::Failed(Error::NoCall);
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
        if self.begun() == Begun::Yes || self.ended {
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
            hold.release(&mut self.output, out);
            self.output.close(&Finish::Stop, usage, out);
            self.ended = true;
            return Progress::Ended;
        }
        if !self.committed {
            return Progress::Failed(error);
        }
        self.ended = true;
        if let Output::Anthropic(encoder) = &mut self.output {
            encoder.close_block(out);
        }
        error.frame(self.dialect, &self.request_id, out);
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
            hold.release(&mut self.output, out);
        }
    }

    /// Writes what tells a client that the stream is alive; nothing once it has ended.
    pub fn keep_alive(&self, out: &mut Vec<u8>) {
        if self.ended {
            return;
        }
        match &self.output {
            Output::OpenAi(encoder) => encoder.keep_alive(out),
            Output::Anthropic(encoder) => encoder.keep_alive(out),
        }
    }

    /// Whether any of the answer itself has come.
    #[must_use]
    pub fn begun(&self) -> Begun {
        Begun::of(self.input.begun && self.hold.is_none())
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
        } else if self.begun() == Begun::Yes {
            Progress::Flowing
        } else {
            Progress::Waiting
        }
    }
}

impl Output {
    fn open(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::OpenAi(encoder) => encoder.open(out),
            Self::Anthropic(encoder) => encoder.open(out),
        }
    }

    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match self {
            Self::OpenAi(encoder) => encoder.event(event, out),
            Self::Anthropic(encoder) => encoder.event(event, out),
        }
    }

    fn close(&mut self, finish: &Finish, usage: Usage, out: &mut Vec<u8>) {
        match self {
            Self::OpenAi(encoder) => encoder.close(finish, usage, out),
            Self::Anthropic(encoder) => encoder.close(finish, usage, out),
        }
    }
}
