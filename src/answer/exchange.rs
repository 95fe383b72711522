//! One streamed answer as a state machine: all that is decided while a client gets it.
//!
//! It does no I/O and has no clock. The runtime reports what happens, and carries out the
//! [`Orders`] that are returned. Times are in milliseconds of one clock.
//!
//! Several upstreams may be tried for one answer. Each has a number, and what arrives of an
//! earlier one is ignored.
//!
//! An answer may have several choices. Each has a [`Relay`] and upstreams of its own. They share the
//! client: its headers, its keep-alives, and its body, which ends with the last of them, or with an
//! error of any.

use super::{
    pace::Pace,
    relay::{Client, Relay, Step, UpstreamBody},
};
use crate::{
    chat::{Failure, Phase},
    dialect::Encoder,
    error::Error,
};

/// What the runtime does after a call: first it sends the bytes that the call wrote, then this,
/// from top to bottom.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// Send the client's headers, or fail with the error. Given once, with whether an answer has
    /// begun.
    pub status: Option<Result<Phase, Error>>,
    /// Report how the upstream of a choice did. Given once for each upstream.
    pub fed: Option<(u32, Result<Fed, Failure>)>,
    /// Abort the upstreams of these choices: a bit for each.
    pub abort: u32,
    /// Close the client's body.
    pub close: bool,
    /// Read the next piece of the upstream that the call was about, after this many milliseconds.
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

/// When to look again after an upstream was given up.
const SOON_MS: u64 = 10;

/// How far apart the numbers of two choices' upstreams are.
const CHOICE: u32 = 1 << 16;

/// The choice that the upstream of this number is for.
fn choice_of(number: u32) -> u32 {
    number / CHOICE
}

/// One streamed answer.
#[derive(Debug)]
pub struct Exchange {
    first: Choice,
    /// The other choices, if several are asked for.
    others: Vec<Choice>,
    choices: u32,
    gather_ms: u32,
    state: State,
    is_decided: bool,
}

/// How far the client's body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The upstream's body of this choice has ended, and the client's body takes the rest.
    Draining(u32),
    /// The client's body has ended, or the client has left.
    Over,
}

/// One choice.
#[derive(Debug)]
struct Choice {
    relay: Relay,
    upstream: Option<Upstream>,
    /// The number of the upstream.
    number: u32,
    /// When an upstream that has not begun is given up, because another model may answer. Without
    /// one, whoever asks minds the time.
    begins_by_ms: u64,
    is_over: bool,
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

impl Choice {
    fn new(number: u32, relay: Relay) -> Self {
        Self { relay, upstream: None, number, begins_by_ms: u64::MAX, is_over: false }
    }

    /// A bit for this choice.
    fn bit(&self) -> u32 {
        1 << choice_of(self.number)
    }

    /// Ends it. Releases the memory it holds, too: the runtime may keep the exchange for long.
    /// Returns its bit if it has an upstream.
    fn end(&mut self) -> u32 {
        self.is_over = true;
        self.relay.let_go();
        self.drop_upstream()
    }

    /// How many milliseconds its upstream has left to begin; `None` if that does not matter.
    fn begins_within_ms(&self, now_ms: u64) -> Option<u64> {
        let is_waiting = self.upstream.is_some() && self.relay.phase() == Phase::Waiting;
        is_waiting.then(|| self.begins_by_ms.saturating_sub(now_ms))
    }

    fn drop_upstream(&mut self) -> u32 {
        if self.upstream.take().is_some() { self.bit() } else { 0 }
    }

    /// The report on the upstream, unless there has been one.
    fn report(&mut self, outcome: Result<Fed, Failure>) -> Option<(u32, Result<Fed, Failure>)> {
        let upstream = self.upstream.as_mut().filter(|upstream| !upstream.is_reported)?;
        upstream.is_reported = true;
        Some((choice_of(self.number), outcome))
    }
}

impl Exchange {
    /// The exchange for the answer of `relay`. Reads are at most `gather_ms` apart.
    #[must_use]
    pub fn new(relay: Relay, gather_ms: u32) -> Self {
        let (state, is_decided) = (State::Open, false);
        Self {
            first: Choice::new(0, relay),
            others: Vec::new(),
            choices: 1,
            gather_ms,
            state,
            is_decided,
        }
    }

    /// Adds a choice. Its index is the number of choices there were.
    pub fn add(&mut self, relay: Relay) {
        self.choices += 1;
        self.others.push(Choice::new((self.choices - 1) * CHOICE, relay));
    }

    /// Call this when an upstream's body is there, for that choice. Returns its number and the
    /// first read.
    pub fn begin(&mut self, choice: u32) -> (u32, Orders) {
        let pace = Pace::new(self.gather_ms);
        let is_open = self.state == State::Open;
        let choice = self.choice(choice);
        let is_open = is_open && !choice.is_over;
        choice.upstream =
            is_open.then_some(Upstream { pace, is_reading: true, is_reported: false });
        choice.number += 1;
        let orders = if is_open {
            Orders { read_after_ms: Some(0), ..Orders::default() }
        } else {
            Orders { abort: choice.bit(), ..Orders::default() }
        };
        (choice.number, orders)
    }

    /// Call this when a read has returned `bytes`. Appends the client's bytes to `out`.
    pub fn piece(&mut self, number: u32, bytes: &[u8], now_ms: u64, out: &mut Vec<u8>) -> Orders {
        let mut orders = Orders::default();
        let Some((relay, upstream)) = self.current(number) else {
            return orders;
        };
        upstream.is_reading = false;
        upstream.pace.piece(now_ms);
        let before = out.len();
        let step = relay.push(bytes, now_ms, out);
        if out.len() > before {
            self.sent(now_ms);
        }
        self.order(&mut orders, choice_of(number), step, out);
        orders
    }

    /// Call this when a read has found the end of the upstream's body, complete or broken off.
    pub fn upstream_ended(&mut self, number: u32, out: &mut Vec<u8>) -> Orders {
        let mut orders = Orders::default();
        let Some((relay, _)) = self.current(number) else {
            return orders;
        };
        if relay.phase() == Phase::Flowing {
            self.state = State::Draining(choice_of(number));
            orders.drain = true;
            return orders;
        }
        let step = relay.upstream_ended(out);
        self.order(&mut orders, choice_of(number), step, out);
        orders
    }

    /// Call this when the client's body has taken all pieces of the upstream.
    pub fn drained(&mut self, out: &mut Vec<u8>) -> Orders {
        let mut orders = Orders::default();
        if let State::Draining(choice) = self.state {
            let step = self.choice(choice).relay.upstream_ended(out);
            self.order(&mut orders, choice, step, out);
        }
        orders
    }

    /// Call this when the client's body has taken the last piece of that upstream and has room
    /// for another.
    pub fn client_ready(&mut self, number: u32, now_ms: u64) -> Orders {
        let read_after_ms = match self.current(number) {
            Some((_, upstream)) if !upstream.is_reading => {
                upstream.is_reading = true;
                Some(upstream.pace.wait_ms(now_ms))
            }
            _ => None,
        };
        Orders { read_after_ms, ..Orders::default() }
    }

    /// Call this when the time has come that [`Orders::wake_after_ms`] gave.
    pub fn tick(&mut self, now_ms: u64, client: Client, out: &mut Vec<u8>) -> Orders {
        let mut orders = Orders::default();
        let mut next_ms = u64::MAX;
        for index in 0..self.choices {
            let choice = self.choice(index);
            if choice.is_over {
                continue;
            }
            if orders.fed.is_some() {
                // One report at a time.
                next_ms = 0;
                break;
            }
            let before = out.len();
            let begins_within_ms = choice.begins_within_ms(now_ms).unwrap_or(u64::MAX);
            let (step, wait_ms) = match begins_within_ms {
                0 => (choice.relay.give_up(out), SOON_MS),
                _ => choice.relay.tick(now_ms, client, out),
            };
            next_ms = next_ms.min(wait_ms).min(begins_within_ms.max(SOON_MS));
            if out.len() > before {
                self.sent(now_ms);
            }
            self.order(&mut orders, index, step, out);
        }
        if self.state != State::Over {
            orders.wake_after_ms = Some(next_ms);
        }
        orders
    }

    /// Call this when no upstream is left to try for that choice.
    pub fn fail(&mut self, choice: u32, error: Error, out: &mut Vec<u8>) -> Orders {
        let mut orders = Orders::default();
        if self.state != State::Over {
            if self.is_decided {
                // The client has its headers: the error is an event.
                self.choice(choice).relay.open_for_error(out);
            }
            let step = self.choice(choice).relay.fail(error, out);
            self.order(&mut orders, choice, step, out);
        }
        orders
    }

    /// Call this when the client has left.
    pub fn client_left(&mut self) -> Orders {
        Orders { abort: self.end(), ..Orders::default() }
    }

    /// Has each upstream given up that has not begun by `by_ms`: another model may answer.
    pub fn begin_by(&mut self, by_ms: u64) {
        for index in 0..self.choices {
            self.choice(index).begins_by_ms = by_ms;
        }
    }

    /// Has `encoder` write that choice: another model is asked for it, which must begin by `by_ms`.
    /// See [`Relay::answered_by`].
    pub fn answered_by(&mut self, choice: u32, encoder: Box<dyn Encoder>, by_ms: u64) {
        let choice = self.choice(choice);
        choice.relay.answered_by(encoder);
        choice.begins_by_ms = by_ms;
    }

    /// Prepares for another upstream, after one that failed or made no call.
    pub fn restart(&mut self, choice: u32, now_ms: u64) {
        self.choice(choice).relay.restart(now_ms);
    }

    /// Whether the client's body has ended, or the client has left.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// A [`Failure`] with `error`, at this point of that choice.
    #[must_use]
    pub fn failure(&mut self, choice: u32, error: Error) -> Failure {
        self.choice(choice).relay.failure(error)
    }

    /// See [`Relay::last_words_form`].
    #[must_use]
    pub fn last_words_form(&self) -> Option<u32> {
        let form = |choice: &Choice| choice.relay.last_words_form();
        form(&self.first).or_else(|| self.others.iter().find_map(form))
    }

    /// See [`Relay::last_words`].
    pub fn last_words(&self, out: &mut Vec<u8>) {
        self.first.relay.last_words(out);
    }

    fn choice(&mut self, index: u32) -> &mut Choice {
        let other = (index as usize).checked_sub(1);
        other.and_then(|other| self.others.get_mut(other)).unwrap_or(&mut self.first)
    }

    /// The upstream of that number, if it is one that is being read, and its choice.
    fn current(&mut self, number: u32) -> Option<(&mut Relay, &mut Upstream)> {
        let is_open = self.state == State::Open;
        let choice = self.choice(choice_of(number));
        let is_current = is_open && choice.number == number;
        let upstream = choice.upstream.as_mut().filter(|_| is_current)?;
        Some((&mut choice.relay, upstream))
    }

    /// Notes that the client was sent something.
    fn sent(&mut self, now_ms: u64) {
        for index in 0..self.choices {
            self.choice(index).relay.sent(now_ms);
        }
    }

    /// Adds to `orders` what `step` of that choice means.
    fn order(&mut self, orders: &mut Orders, index: u32, step: Step, out: &mut Vec<u8>) {
        if matches!(step, Step::Send | Step::Close(_)) && !self.is_decided {
            self.is_decided = true;
            orders.status = Some(Ok(self.choice(index).relay.phase()));
            for other in &mut self.others {
                // An error of any is then an event.
                other.relay.open(out);
                self.first.relay.open(out);
            }
        }
        let choice = self.choice(index);
        if choice.relay.phase() == Phase::Flowing {
            orders.fed = choice.report(Ok(Fed::Flows));
        }
        match step {
            Step::Hold | Step::Send => return,
            Step::Close(body) => {
                let is_broken = choice.relay.is_broken();
                let abort = choice.end();
                // An upstream that has sent everything leaves a connection that can be reused.
                if body == UpstreamBody::Ongoing {
                    orders.abort |= abort;
                }
                let mut others = self.others.iter();
                let is_last = self.first.is_over && others.all(|other| other.is_over);
                if !is_broken && !is_last {
                    return;
                }
                orders.close = true;
            }
            Step::AskAgain => {
                orders.fed = choice.report(Ok(Fed::NoCall));
                orders.abort |= choice.drop_upstream();
                return;
            }
            Step::Fail(error) => {
                let failure = choice.relay.failure(error.clone());
                orders.fed = choice.report(Err(failure));
                orders.abort |= choice.drop_upstream();
                if orders.fed.is_some() {
                    return;
                }
                if self.is_decided {
                    let choice = self.choice(index);
                    if choice.relay.phase() == Phase::Flowing {
                        // Of what flowed nothing was written, not even the opening.
                        choice.relay.open(out);
                        let step = choice.relay.fail(error, out);
                        self.order(orders, index, step, out);
                    }
                    return;
                }
                self.is_decided = true;
                orders.status = Some(Err(error));
            }
        }
        orders.abort |= self.end();
    }

    /// Ends all. Returns the choices that have an upstream.
    fn end(&mut self) -> u32 {
        self.state = State::Over;
        let mut abort = 0;
        for index in 0..self.choices {
            abort |= self.choice(index).end();
        }
        abort
    }
}
