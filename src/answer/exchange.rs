//! One streamed answer as a state machine: all that is decided while a client gets it.
//!
//! It does no I/O and has no clock. The runtime reports what happens, and carries out the
//! [`Orders`] that are returned. Times are in milliseconds of one clock.
//!
//! Several upstreams may be tried for one answer. Each has a number, and what arrives of an
//! earlier one is ignored.

use super::{
    pace::Pace,
    relay::{Client, Relay, Step, UpstreamBody},
};
use crate::{
    chat::{Failure, Phase},
    error::Error,
};

/// What the runtime does after a call: first it sends the bytes that the call wrote, then this,
/// from top to bottom.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// Send the client's headers, or fail with the error. Given once.
    pub status: Option<Result<(), Error>>,
    /// Report how the upstream did. Given once for each upstream.
    pub fed: Option<Result<Fed, Failure>>,
    /// Abort the upstream.
    pub abort: bool,
    /// Close the client's body.
    pub close: bool,
    /// Read the upstream's next piece, after this many milliseconds.
    pub read_after_ms: Option<u32>,
    /// Call [`Exchange::drained`] when the client's body has taken all pieces so far.
    pub drain: bool,
    /// Call [`Exchange::tick`] after this many milliseconds.
    pub wake_after_ms: Option<u64>,
}

/// How one upstream did, if it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fed {
    /// The answer has begun.
    Flows,
    /// The answer has ended without the required call. It is kept in case there is no other
    /// answer.
    NoCall,
}

/// One streamed answer.
#[derive(Debug)]
pub struct Exchange {
    relay: Relay,
    gather_ms: u32,
    state: State,
    is_decided: bool,
    upstream: Option<Upstream>,
    /// How many upstreams there have been.
    upstreams: u32,
}

/// How far the client's body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The upstream's body has ended, and the client's body takes the rest.
    Draining,
    /// The client's body has ended, or the client has left.
    Over,
}

/// The upstream that is being read.
#[derive(Debug)]
struct Upstream {
    pace: Pace,
    /// A read has been ordered and has not returned.
    is_reading: bool,
    /// Its outcome has been reported.
    is_reported: bool,
}

impl Exchange {
    /// The exchange for the answer of `relay`. Reads are at most `gather_ms` apart.
    #[must_use]
    pub fn new(relay: Relay, gather_ms: u32) -> Self {
        let (state, is_decided) = (State::Open, false);
        Self { relay, gather_ms, state, is_decided, upstream: None, upstreams: 0 }
    }

    /// Call this when an upstream's body is there. Returns its number and the first read.
    pub fn begin(&mut self) -> (u32, Orders) {
        let pace = Pace::new(self.gather_ms);
        let is_open = self.state == State::Open;
        self.upstream = is_open.then_some(Upstream { pace, is_reading: true, is_reported: false });
        self.upstreams += 1;
        let orders = if is_open {
            Orders { read_after_ms: Some(0), ..Orders::default() }
        } else {
            Orders { abort: true, ..Orders::default() }
        };
        (self.upstreams, orders)
    }

    /// Call this when a read has returned `bytes`. Appends the client's bytes to `out`.
    pub fn piece(&mut self, number: u32, bytes: &[u8], now_ms: u64, out: &mut Vec<u8>) -> Orders {
        let Some(upstream) = self.current(number) else {
            return Orders::default();
        };
        upstream.is_reading = false;
        upstream.pace.piece(now_ms);
        let step = self.relay.push(bytes, now_ms, out);
        self.orders(step)
    }

    /// Call this when a read has found the end of the upstream's body, complete or broken off.
    pub fn upstream_ended(&mut self, number: u32, out: &mut Vec<u8>) -> Orders {
        if self.current(number).is_none() {
            return Orders::default();
        }
        if self.relay.phase() == Phase::Flowing {
            self.state = State::Draining;
            return Orders { drain: true, ..Orders::default() };
        }
        let step = self.relay.upstream_ended(out);
        self.orders(step)
    }

    /// Call this when the client's body has taken all pieces of the upstream.
    pub fn drained(&mut self, out: &mut Vec<u8>) -> Orders {
        if self.state != State::Draining {
            return Orders::default();
        }
        let step = self.relay.upstream_ended(out);
        self.orders(step)
    }

    /// Call this when the client's body has taken the last piece of that upstream and has room
    /// for another.
    pub fn client_ready(&mut self, number: u32, now_ms: u64) -> Orders {
        let read_after_ms = match self.current(number) {
            Some(upstream) if !upstream.is_reading => {
                upstream.is_reading = true;
                Some(upstream.pace.wait_ms(now_ms))
            }
            _ => None,
        };
        Orders { read_after_ms, ..Orders::default() }
    }

    /// Call this when the time has come that [`Orders::wake_after_ms`] gave.
    pub fn tick(&mut self, now_ms: u64, client: Client, out: &mut Vec<u8>) -> Orders {
        if self.state == State::Over {
            return Orders::default();
        }
        let (step, wait_ms) = self.relay.tick(now_ms, client, out);
        let mut orders = self.orders(step);
        if self.state != State::Over {
            orders.wake_after_ms = Some(wait_ms);
        }
        orders
    }

    /// Call this when no upstream is left to try.
    pub fn fail(&mut self, error: Error, out: &mut Vec<u8>) -> Orders {
        if self.state == State::Over {
            return Orders::default();
        }
        let step = self.relay.fail(error, out);
        self.orders(step)
    }

    /// Call this when the client has left.
    pub fn client_left(&mut self) -> Orders {
        let abort = self.upstream.is_some() && self.state != State::Over;
        self.end();
        Orders { abort, ..Orders::default() }
    }

    /// Prepares for another upstream, after one that failed or made no call.
    pub fn restart(&mut self, now_ms: u64) {
        self.relay.restart(now_ms);
    }

    /// Whether the client's body has ended, or the client has left.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// A [`Failure`] with `error`, at this point of the answer.
    #[must_use]
    pub fn failure(&self, error: Error) -> Failure {
        self.relay.failure(error)
    }

    /// See [`Relay::last_words_form`].
    #[must_use]
    pub fn last_words_form(&self) -> Option<u32> {
        self.relay.last_words_form()
    }

    /// See [`Relay::last_words`].
    pub fn last_words(&self, out: &mut Vec<u8>) {
        self.relay.last_words(out);
    }

    /// The upstream of that number, if it is the one that is being read.
    fn current(&mut self, number: u32) -> Option<&mut Upstream> {
        let is_current = number == self.upstreams && self.state == State::Open;
        self.upstream.as_mut().filter(|_| is_current)
    }

    fn orders(&mut self, step: Step) -> Orders {
        let mut orders = Orders::default();
        if matches!(step, Step::Send | Step::Close(_)) && !self.is_decided {
            self.is_decided = true;
            orders.status = Some(Ok(()));
        }
        if self.relay.phase() == Phase::Flowing {
            orders.fed = self.report(Ok(Fed::Flows));
        }
        match step {
            Step::Hold | Step::Send => {}
            Step::Close(body) => {
                // An upstream that has sent everything leaves a connection that can be reused.
                orders.abort = self.upstream.is_some() && body == UpstreamBody::Ongoing;
                orders.close = true;
                self.end();
            }
            Step::AskAgain => {
                orders.fed = self.report(Ok(Fed::NoCall));
                orders.abort = self.upstream.take().is_some();
            }
            Step::Fail(error) => {
                let failure = self.relay.failure(error.clone());
                orders.fed = self.report(Err(failure));
                orders.abort = self.upstream.take().is_some();
                if orders.fed.is_none() && !self.is_decided {
                    self.is_decided = true;
                    orders.status = Some(Err(error));
                    self.end();
                }
            }
        }
        orders
    }

    /// The report on the upstream, unless there has been one.
    fn report(&mut self, outcome: Result<Fed, Failure>) -> Option<Result<Fed, Failure>> {
        let upstream = self.upstream.as_mut().filter(|upstream| !upstream.is_reported)?;
        upstream.is_reported = true;
        Some(outcome)
    }

    /// Releases the memory it holds, too: the runtime may keep the exchange for long.
    fn end(&mut self) {
        self.state = State::Over;
        self.upstream = None;
        self.relay.let_go();
    }
}
