//! A streamed answer as a state machine: what an [`Exchange`] orders when.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is written is text")]

use crate::support::apis::{self, ANTHROPIC, OPENAI};
use std::time::Duration;

use degpt_edge::{
    answer::{Client, Counting, Exchange, Fed, Limiter, Orders, Relay, Stages, Translator},
    chat::{Limits, Phase, Stamp, UsageReport},
    config::Timing,
    dialect::{Api, Encoder},
    error::Error,
};
use proptest::{collection::vec, prelude::any, proptest};

const TIMING: Timing = Timing {
    commit_after: Duration::from_secs(10),
    first_byte: Duration::from_secs(20),
    idle: Duration::from_secs(30),
    keep_alive: Duration::from_secs(15),
    max_answer: Duration::from_mins(15),
};

const TEXT: &[u8] = b"data: {\"choices\": [{\"delta\": {\"content\": \"Hi\"}}]}\n\n";
const COMMENT: &[u8] = b": thinking\n\n";
const DONE: &[u8] = b"data: [DONE]\n\n";

fn exchange(api: &'static Api, waits_for_call: bool) -> Exchange {
    let stamp = Stamp { id: "stamp-1".to_owned(), unix_s: 0 };
    let encoder = apis::encoder(api, UsageReport::Omitted, "m", &stamp, 0);
    Exchange::new(relay(encoder, waits_for_call), 40)
}

/// An exchange of several choices.
fn choices(count: u32, waits_for_call: bool) -> Exchange {
    let stamp = Stamp { id: "stamp-1".to_owned(), unix_s: 0 };
    let request = format!(r#"{{"messages":[{{"role":"user","content":"Hi"}}],"n":{count}}}"#);
    let reply = (OPENAI.parse)(request.as_bytes()).unwrap().reply;
    let relay = |choice| relay(reply.encoder(choice, "m", &stamp, 0), waits_for_call);
    let mut exchange = Exchange::new(relay(0), 40);
    (1..count).for_each(|choice| exchange.add(relay(choice)));
    exchange
}

fn relay(encoder: Box<dyn Encoder>, waits_for_call: bool) -> Relay {
    let stages = Stages::new(None, Limiter::new(&Limits::default(), 0, Counting::Off));
    let mut translator = Translator::new(encoder, stages, 1 << 20);
    if waits_for_call {
        translator = translator.wait_for_call();
    }
    Relay::new(translator, TIMING, 0)
}

/// An exchange whose first upstream has sent a word.
fn flowing(api: &'static Api) -> Exchange {
    let mut exchange = exchange(api, false);
    exchange.begin(0);
    exchange.piece(1, TEXT, 0, &mut Vec::new());
    exchange
}

fn nothing() -> Orders {
    Orders::default()
}

fn read() -> Orders {
    Orders { read_after_ms: Some(0), ..nothing() }
}

#[test]
fn an_answer_is_decided_reported_and_closed_once() {
    let mut exchange = exchange(OPENAI, false);
    let out = &mut Vec::new();
    assert_eq!(exchange.begin(0), (1, read()));
    assert_eq!(exchange.piece(1, COMMENT, 0, out), nothing());
    assert_eq!(exchange.client_ready(1, 0), read());
    let flows =
        Orders { status: Some(Ok(Phase::Flowing)), fed: Some((0, Ok(Fed::Flows))), ..nothing() };
    assert_eq!(exchange.piece(1, TEXT, 1, out), flows);
    assert_eq!(exchange.client_ready(1, 1), read());
    assert_eq!(exchange.piece(1, TEXT, 2, out), nothing());
    assert_eq!(exchange.piece(1, DONE, 3, out), Orders { close: true, ..nothing() });
    assert!(exchange.is_over());
    let length = out.len();
    for orders in [
        exchange.client_ready(1, 4),
        exchange.piece(1, TEXT, 4, out),
        exchange.upstream_ended(1, out),
        exchange.drained(out),
        exchange.tick(4, Client::Reading, out),
        exchange.fail(0, Error::Internal, out),
        exchange.client_left(),
    ] {
        assert_eq!(orders, nothing());
    }
    assert_eq!(out.len(), length);
}

#[test]
fn an_upstream_that_breaks_off_ends_the_stream_once_the_client_has_taken_all() {
    let (mut exchange, out) = (flowing(ANTHROPIC), &mut Vec::new());
    assert_eq!(exchange.upstream_ended(1, out), Orders { drain: true, ..nothing() });
    assert!(out.is_empty());
    let orders = exchange.drained(out);
    assert!(orders.close && exchange.is_over());
    let ending = String::from_utf8_lossy(out);
    assert!(ending.contains("event: error"), "{ending}");
}

/// Two reads at once made a healthy answer seem cut: what the client has taken of an
/// upstream that failed is not a reason to read the next one.
#[test]
fn an_upstream_is_read_once_at_a_time() {
    let mut exchange = exchange(OPENAI, false);
    let out = &mut Vec::new();
    exchange.begin(0);
    assert_eq!(exchange.client_ready(1, 0), nothing(), "the first read has not returned");
    exchange.piece(1, COMMENT, 0, out);
    // The client has not taken it when the upstream is given up.
    let orders = exchange.tick(20_000, Client::Reading, out);
    assert!(matches!(orders.fed, Some((0, Err(_)))) && orders.abort == 1, "{orders:?}");
    exchange.restart(0, 20_000);
    assert_eq!(exchange.begin(0), (2, read()));
    assert_eq!(exchange.client_ready(1, 20_001), nothing());
    assert_eq!(exchange.piece(1, TEXT, 20_001, out), nothing());
    assert_eq!(exchange.upstream_ended(1, out), nothing());
    assert_eq!(exchange.client_ready(2, 20_001), nothing());
    assert_eq!(exchange.piece(2, TEXT, 20_002, out).fed, Some((0, Ok(Fed::Flows))));
    assert_eq!(exchange.client_ready(2, 20_002), read());
    assert_eq!(exchange.client_ready(2, 20_002), nothing());
}

#[test]
fn a_failure_before_the_status_is_the_status() {
    let mut exchange = exchange(OPENAI, false);
    let out = &mut Vec::new();
    exchange.begin(0);
    let failure = exchange.failure(0, Error::Truncated);
    let failed = Orders { fed: Some((0, Err(failure))), abort: 1, ..nothing() };
    assert_eq!(exchange.upstream_ended(1, out), failed);
    let refused = Orders { status: Some(Err(Error::Unavailable)), ..nothing() };
    assert_eq!(exchange.fail(0, Error::Unavailable, out), refused);
    assert!(exchange.is_over() && out.is_empty());
}

#[test]
fn a_client_that_leaves_frees_the_upstream_and_no_other_is_read() {
    let (mut exchange, out) = (flowing(OPENAI), &mut Vec::new());
    assert_eq!(exchange.client_left(), Orders { abort: 1, ..nothing() });
    assert_eq!(exchange.client_left(), nothing());
    assert_eq!(exchange.begin(0), (2, Orders { abort: 1, ..nothing() }));
    assert_eq!(exchange.tick(1, Client::Reading, out), nothing());
}

proptest! {
    /// Whatever happens in whatever order: one status, one report for each upstream, one end;
    /// one read at a time of each, and none of an upstream that is over; nothing is written after
    /// the end, and the timer always comes again before it. A stream that is whole has all choices.
    #[test]
    fn any_order_of_events_is_one_answer(
        events in vec((any::<u8>(), 0_u64..9_000, 0_usize..3), 1..120),
        waits_for_call: bool,
        count in 1_u32..4,
    ) {
        Run::new(choices(count, waits_for_call), count).all(&events);
        Run::new(exchange(ANTHROPIC, waits_for_call), 1).all(&events);
    }
}

/// A runtime that carries out orders and checks them.
struct Run {
    exchange: Exchange,
    choices: Vec<Choice>,
    out: Vec<u8>,
    now_ms: u64,
    statuses: u32,
    wakes: bool,
    is_draining: bool,
    length_at_end: Option<usize>,
}

/// What is known of one choice.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "they are what is checked, each by itself")]
struct Choice {
    number: u32,
    upstreams: u32,
    reads: u32,
    /// A piece has been written and not taken by the client.
    is_writing: bool,
    has_upstream: bool,
    is_reported: bool,
    may_begin: bool,
    has_failed: bool,
}

impl Run {
    fn new(exchange: Exchange, count: u32) -> Self {
        let choice = |number: u32| Choice {
            number: number << 16,
            upstreams: 0,
            reads: 0,
            is_writing: false,
            has_upstream: false,
            is_reported: true,
            may_begin: true,
            has_failed: false,
        };
        Self {
            exchange,
            choices: (0..count).map(choice).collect(),
            out: Vec::new(),
            now_ms: 0,
            statuses: 0,
            wakes: false,
            is_draining: false,
            length_at_end: None,
        }
    }

    fn all(&mut self, events: &[(u8, u64, usize)]) {
        let orders = self.exchange.tick(0, Client::Reading, &mut self.out);
        self.carry_out(0, orders);
        let mut has_left = false;
        for (what, after_ms, index) in events {
            self.now_ms += after_ms;
            has_left |= self.happens(*what, index % self.choices.len());
        }
        let text = String::from_utf8(self.out.clone()).unwrap();
        if !has_left && self.exchange.is_over() && !text.is_empty() && text.contains("[DONE]") {
            assert_eq!(text.matches(r#""finish_reason":""#).count(), self.choices.len());
            assert_eq!(text.matches(r#""role":"#).count(), self.choices.len());
            assert!(text.ends_with("data: [DONE]\n\n") && !text.contains(r#""error":"#));
        } else if !has_left && self.exchange.is_over() && !text.contains("event: ") {
            assert_eq!(text.matches(r#""error":"#).count(), usize::from(!text.is_empty()));
        }
    }

    /// Returns whether the client has left.
    fn happens(&mut self, what: u8, index: usize) -> bool {
        let now_ms = self.now_ms;
        let out = &mut self.out;
        let choice = &mut self.choices[index];
        let can_read = choice.reads == 1 && choice.has_upstream;
        let mut number = choice.number;
        let mut has_left = false;
        let orders = match what % 12 {
            0 | 1 if choice.may_begin => {
                (choice.may_begin, choice.has_upstream, choice.is_reported) = (false, true, false);
                (choice.reads, choice.is_writing) = (0, false);
                choice.upstreams += 1;
                let index = u32::try_from(index).unwrap();
                let (begun, orders) = self.exchange.begin(index);
                assert!(begun > number, "numbers go up");
                choice.number = begun;
                orders
            }
            piece @ (2..=5) if can_read => {
                (choice.reads, choice.is_writing) = (0, true);
                let bytes = match piece {
                    2 => TEXT,
                    3 => COMMENT,
                    4 => DONE,
                    _ => b"data: {\"ch",
                };
                self.exchange.piece(number, bytes, now_ms, out)
            }
            6 if can_read => {
                choice.reads = 0;
                self.exchange.upstream_ended(number, out)
            }
            // The client may be ready at any time.
            8 => self.exchange.client_ready(number, now_ms),
            7 if choice.is_writing => {
                choice.is_writing = false;
                self.exchange.client_ready(number, now_ms)
            }
            // What an earlier upstream left behind.
            9 if choice.upstreams > 1 => {
                number -= 1;
                let late = self.exchange.piece(number, TEXT, now_ms, out);
                assert_eq!(late, nothing());
                assert_eq!(self.exchange.upstream_ended(number, out), nothing());
                self.exchange.client_ready(number, now_ms)
            }
            10 if what > 240 => {
                has_left = true;
                self.exchange.client_left()
            }
            11 if self.is_draining => self.exchange.drained(out),
            _ if self.wakes => {
                self.wakes = false;
                let client = if what > 127 { Client::Busy } else { Client::Reading };
                self.exchange.tick(now_ms, client, out)
            }
            _ => nothing(),
        };
        self.carry_out(index, orders);
        has_left
    }

    /// Carries out the orders of a call that was about the choice `index`.
    fn carry_out(&mut self, index: usize, orders: Orders) {
        let Orders { status, fed, abort, close, read_after_ms, drain, wake_after_ms } = orders;
        if let Some(length) = self.length_at_end {
            assert_eq!(self.out.len(), length, "written after the end");
            assert!(!close && status.is_none(), "ended twice");
        }
        self.statuses += u32::from(status.is_some());
        assert!(self.statuses <= 1, "decided twice");
        assert!(self.statuses == 1 || self.out.is_empty(), "written before the headers");
        if let Some((number, fed)) = fed {
            let choice = &mut self.choices[number as usize];
            assert!(!choice.is_reported, "reported twice");
            choice.is_reported = true;
            // Another upstream is tried twice at most; then the choice fails.
            if fed != Ok(Fed::Flows) {
                assert!(abort & (1 << number) != 0, "an upstream that is done with is let go of");
                self.exchange.restart(number, self.now_ms);
                choice.may_begin = choice.upstreams < 3;
            }
        }
        for (number, choice) in self.choices.iter_mut().enumerate() {
            if abort & (1 << number) != 0 {
                (choice.has_upstream, choice.reads) = (false, 0);
            }
        }
        if close || matches!(status, Some(Err(_))) || self.exchange.is_over() {
            self.length_at_end.get_or_insert(self.out.len());
            assert!(self.exchange.is_over());
        }
        if let Some(wait_ms) = read_after_ms {
            let choice = &mut self.choices[index];
            assert!(wait_ms <= 40, "read too late");
            choice.reads += 1;
            assert!(choice.reads == 1, "two reads at once");
            assert!(choice.has_upstream && !self.exchange.is_over(), "nothing to read");
        }
        self.is_draining |= drain;
        let is_alone = self.choices.len() == 1;
        self.wakes |= wake_after_ms.is_some_and(|wait_ms| wait_ms > 0 || !is_alone);
        let is_lost = |choice: &Choice| {
            choice.is_reported
                && choice.upstreams == 3
                && !choice.has_upstream
                && !choice.has_failed
        };
        let lost = self.choices.iter().position(is_lost);
        if let Some(lost) = lost.filter(|_| !self.exchange.is_over()) {
            // No other is tried.
            self.choices[lost].has_failed = true;
            let number = u32::try_from(lost).unwrap();
            let orders = self.exchange.fail(number, Error::Unavailable, &mut self.out);
            self.carry_out(lost, orders);
            assert!(self.exchange.is_over() || !is_alone, "it never ends");
        }
    }
}

#[test]
fn a_choice_that_ends_leaves_the_stream_to_the_others() {
    let (mut exchange, out) = (choices(2, false), &mut Vec::new());
    let (first, _) = exchange.begin(0);
    let (second, _) = exchange.begin(1);
    let orders = exchange.piece(second, &[TEXT, DONE].concat(), 0, out);
    assert_eq!(
        (orders.status, orders.fed, orders.close),
        (Some(Ok(Phase::Flowing)), Some((1, Ok(Fed::Flows))), false)
    );
    let text = String::from_utf8(std::mem::take(out)).unwrap();
    assert_eq!(text.matches(r#""role":"assistant""#).count(), 2, "both have begun: {text}");
    assert!(!exchange.is_over() && exchange.last_words_form().is_some());
    assert_eq!(exchange.piece(second, TEXT, 0, out), nothing());
    // One that has failed before its first word may still be replaced.
    assert_eq!(exchange.upstream_ended(first, out).abort, 1);
    exchange.restart(0, 0);
    let (again, orders) = exchange.begin(0);
    assert_eq!(orders, read());
    assert!(!exchange.piece(again, TEXT, 1, out).close);
    assert!(exchange.piece(again, DONE, 2, out).close && exchange.is_over());
    let text = String::from_utf8_lossy(out);
    assert!(text.ends_with("data: [DONE]\n\n") && text.matches("[DONE]").count() == 1, "{text}");
}

#[test]
fn a_choice_that_fails_for_good_ends_all() {
    let (mut exchange, out) = (choices(3, false), &mut Vec::new());
    let (first, _) = exchange.begin(0);
    exchange.begin(1);
    exchange.piece(first, TEXT, 0, out);
    out.clear();
    let orders = exchange.fail(2, Error::Unavailable, out);
    assert_eq!(orders, Orders { abort: 0b11, close: true, ..nothing() });
    let text = String::from_utf8_lossy(out);
    assert!(text.matches(r#""error":"#).count() == 1 && !text.contains("[DONE]"), "{text}");
}
