//! A streamed answer in time: what a [`Relay`] says to do, and writes, when.
//!
//! Each test is a table of what happens at which millisecond after the request,
//! what is then to be done, and what the client is then sent, as names of events.

use crate::support::apis::{self, ANTHROPIC, OPENAI};
use std::time::Duration;

use degpt_edge::{
    answer::Translator,
    answer::{Client, Relay, Step, UpstreamBody},
    answer::{Counting, Limiter, Stages},
    chat::{Limits, Reasoning, Stamp, UsageReport},
    config::Timing,
    error::Error,
};
use degpt_edge::{
    chat::Phase,
    dialect::{Api, Encoder},
};

/// The defaults: headers after 10 s, the first event within 120 s, no silence
/// over 60 s within an answer, keep-alives every 15 s.
const TIMING: Timing = Timing {
    commit_after: Duration::from_secs(10),
    first_byte: Duration::from_mins(2),
    idle: Duration::from_mins(1),
    keep_alive: Duration::from_secs(15),
    max_answer: Duration::from_mins(15),
};

/// Any time but 0.
const REQUEST_MS: u64 = 1_000_000;

/// What happens.
enum On {
    Push(&'static str),
    /// The timer, with how many milliseconds later it is to be called again.
    Tick(Client, u64),
    UpstreamEnds,
    /// The upstream is given up for good.
    Fail(Error),
    Restart,
}

use Client::{Busy, Reading};
use On::{Fail, Push, Restart, Tick, UpstreamEnds};
use Step::{Hold, Send};

/// The answer has ended, and the upstream with it.
const OVER: Step = Step::Close(UpstreamBody::Finished);
/// The answer has ended, and the upstream goes on.
const CLOSE: Step = Step::Close(UpstreamBody::Ongoing);

const TEXT: &str = "data: {\"choices\": [{\"delta\": {\"content\": \"Hi\"}}]}\n\n";
const DONE: &str = "data: [DONE]\n\n";
const TEXT_AND_DONE: &str =
    "data: {\"choices\": [{\"delta\": {\"content\": \"Hi\"}}]}\n\ndata: [DONE]\n\n";
const COMMENT: &str = ": thinking\n\n";
const EMPTY: &str = "data: {\"choices\": [{\"delta\": {\"content\": \"\"}}]}\n\n";
const SENTENCE: &str = "data: {\"choices\": [{\"delta\": {\"content\": \
    \"Sorry, you don't have sufficient access rights at the moment.\"}}]}\n\n";
const ERROR: &str = "data: {\"error\": {\"message\": \"quota\"}}\n\n";

fn encoder(api: &Api) -> Box<dyn Encoder> {
    let stamp = Stamp { id: "stamp-1".to_owned(), unix_s: 0 };
    apis::encoder(api, UsageReport::Omitted, "m", &stamp, 0)
}

fn stages() -> Stages {
    Stages::new(None, Limiter::new(&Limits::default(), 0, Counting::Off))
}

type Row = (u64, On, Step, &'static str);

fn check(rows: impl IntoIterator<Item = Row>) {
    check_with(TIMING, OPENAI, rows);
}

fn check_with(timing: Timing, api: &'static Api, rows: impl IntoIterator<Item = Row>) {
    check_stages(stages(), timing, api, rows);
}

fn check_stages(
    stages: Stages,
    timing: Timing,
    api: &'static Api,
    rows: impl IntoIterator<Item = Row>,
) {
    let translator = Translator::new(encoder(api), stages, 1 << 20);
    let mut relay = Relay::new(translator, timing, REQUEST_MS);
    for (row, (after_ms, on, expected, events)) in rows.into_iter().enumerate() {
        let now_ms = REQUEST_MS + after_ms;
        let mut out = Vec::new();
        let step = match on {
            Push(bytes) => relay.push(bytes.as_bytes(), now_ms, &mut out),
            Tick(client, again_ms) => {
                let (step, next_ms) = relay.tick(now_ms, client, &mut out);
                assert_eq!(next_ms, again_ms, "next call, row {row}, at {after_ms} ms");
                step
            }
            UpstreamEnds => relay.upstream_ended(&mut out),
            Fail(error) => relay.fail(error, &mut out),
            Restart => {
                relay.restart(now_ms);
                Hold
            }
        };
        assert_eq!(step, expected, "row {row}, at {after_ms} ms");
        assert_eq!(names(&out), events, "row {row}, at {after_ms} ms");
    }
}

/// The events in `out`, in a word each.
fn names(out: &[u8]) -> String {
    let text = String::from_utf8_lossy(out);
    let name = |block: &str| match block {
        ": keep-alive" => "alive",
        "data: [DONE]" => "done",
        block if block.starts_with("event: ping") => "alive",
        block if block.contains("\"error\":") => "error",
        block if block.contains("\"role\":\"assistant\"") => "open",
        block if block.contains("\"finish_reason\":\"") => "finish",
        block if block.contains("\"content\":") || block.contains("_delta\",\"text\":") => "text",
        block if block.starts_with("event: content_block_st") => "block",
        _ => "other",
    };
    text.split_terminator("\n\n").map(name).collect::<Vec<_>>().join(" ")
}

#[test]
fn headers_wait_for_the_first_words_and_the_body_ends_with_the_end_mark() {
    check([
        (0, Tick(Reading, 10_000), Hold, ""),
        (100, Push(COMMENT), Hold, ""),
        (200, Push(TEXT), Send, "open text"),
        (300, Push(TEXT), Send, "text"),
        (400, Push(DONE), OVER, "finish done"),
        (500, Push(TEXT), OVER, ""),
        (600, UpstreamEnds, OVER, ""),
    ]);
    check([(0, Push(TEXT_AND_DONE), OVER, "open text finish done")]);
}

#[test]
fn headers_go_out_after_the_wait_whatever_comes() {
    check([
        (0, Tick(Reading, 10_000), Hold, ""),
        (9_999, Tick(Reading, 1), Hold, ""),
        (10_000, Tick(Reading, 15_000), Send, "open"),
        (11_000, Push(COMMENT), Send, ""),
        (12_000, Push(TEXT), Send, "text"),
    ]);
}

#[test]
fn silence_towards_the_client_is_filled_from_the_commit_on() {
    check([
        (10_000, Tick(Reading, 15_000), Send, "open"),
        (24_999, Tick(Reading, 1), Send, ""),
        (25_000, Tick(Reading, 15_000), Send, "alive"),
        (30_000, Push(TEXT), Send, "text"),
        // What was written last counts, whatever it was.
        (40_000, Tick(Reading, 5_000), Send, ""),
        (45_000, Tick(Reading, 15_000), Send, "alive"),
        // Input that says nothing does not count.
        (50_000, Push(COMMENT), Send, ""),
        (60_000, Tick(Reading, 15_000), Send, "alive"),
        // A late timer does not write twice.
        (85_000, Tick(Reading, 5_000), Send, "alive"),
    ]);
}

#[test]
fn a_ping_is_never_within_an_event() {
    let (head, tail) = TEXT.split_at(TEXT.len() / 2);
    check_with(
        TIMING,
        ANTHROPIC,
        [
            (0, Push(TEXT), Send, "open alive block text"),
            (1_000, Push(head), Send, ""),
            (15_000, Tick(Reading, 15_000), Send, "alive"),
            (16_000, Push(tail), Send, "text"),
        ],
    );
}

#[test]
fn an_answer_that_begins_before_the_commit_is_kept_alive_from_there() {
    let timing = Timing { commit_after: Duration::from_mins(1), ..TIMING };
    check_with(
        timing,
        OPENAI,
        [
            (0, Tick(Reading, 15_000), Hold, ""),
            (1_000, Push(TEXT), Send, "open text"),
            (15_000, Tick(Reading, 1_000), Send, ""),
            (16_000, Tick(Reading, 15_000), Send, "alive"),
        ],
    );
}

#[test]
fn nothing_within_the_first_byte_timeout_is_a_failure() {
    let timeout = || Step::Fail(Error::Timeout);
    check([
        (10_000, Tick(Reading, 15_000), Send, "open"),
        (119_999, Tick(Reading, 1), Send, "alive"),
        (120_000, Tick(Reading, 1_000), timeout(), ""),
        (120_000, Fail(Error::Timeout), CLOSE, "error"),
    ]);
    // With headers that wait longer than that, the failure still gets its status.
    let timing = Timing { commit_after: Duration::from_mins(5), ..TIMING };
    check_with(
        timing,
        OPENAI,
        [
            // By the next keep-alive, for the answer may have begun.
            (0, Tick(Reading, 15_000), Hold, ""),
            (60_000, Push(COMMENT), Hold, ""),
            (120_000, Tick(Reading, 1_000), timeout(), ""),
            (120_000, Fail(Error::Timeout), timeout(), ""),
        ],
    );
}

#[test]
fn a_held_back_sentence_is_not_a_first_word() {
    check([
        (1_000, Push(SENTENCE), Hold, ""),
        (120_000, Tick(Reading, 1_000), Step::Fail(Error::Timeout), ""),
    ]);
}

#[test]
fn silence_within_an_answer_ends_it() {
    check([
        (1_000, Push(TEXT), Send, "open text"),
        (60_999, Tick(Reading, 1), Send, "alive"),
        (61_000, Tick(Reading, 1_000), CLOSE, "error"),
        (61_000, Push(TEXT), CLOSE, ""),
    ]);
    // An event is a sign of life, even if it says nothing; the first byte's time is over.
    check([
        (1_000, Push(TEXT), Send, "open text"),
        (60_000, Push(EMPTY), Send, ""),
        (119_999, Tick(Reading, 1), Send, "alive"),
        (120_000, Tick(Reading, 1_000), CLOSE, "error"),
    ]);
    // What is no event, or none yet, is no sign of life.
    for piece in [COMMENT, "\n", "event: ping\n\n", "data: {\"cho"] {
        check([
            (1_000, Push(TEXT), Send, "open text"),
            (60_000, Push(piece), Send, ""),
            (60_999, Tick(Reading, 1), Send, "alive"),
            (61_000, Tick(Reading, 1_000), CLOSE, "error"),
        ]);
    }
}

#[test]
fn an_answer_that_goes_on_for_too_long_is_ended() {
    let timing = Timing { max_answer: Duration::from_secs(100), ..TIMING };
    check_with(
        timing,
        OPENAI,
        [
            (0, Push(TEXT), Send, "open text"),
            (50_000, Push(TEXT), Send, "text"),
            (99_990, Push(TEXT), Send, "text"),
            (99_999, Tick(Reading, 1), Send, ""),
            (100_000, Tick(Reading, 1_000), CLOSE, "error"),
        ],
    );
    // Also for a client that takes nothing any more.
    check_with(
        timing,
        OPENAI,
        [
            (0, Push(TEXT), Send, "open text"),
            (99_000, Tick(Busy, 1_000), Send, "alive"),
            (100_000, Tick(Busy, 1_000), CLOSE, "error"),
        ],
    );
}

#[test]
fn an_upstream_that_is_not_read_is_not_silent() {
    check([
        (1_000, Push(TEXT), Send, "open text"),
        (50_000, Tick(Busy, 15_000), Send, "alive"),
        (100_000, Tick(Busy, 15_000), Send, "alive"),
        (159_999, Tick(Reading, 1), Send, "alive"),
        (160_000, Tick(Reading, 1_000), CLOSE, "error"),
    ]);
    // That does not hold for one that has not begun.
    check([(120_000, Tick(Busy, 1_000), Step::Fail(Error::Timeout), "")]);
}

const THOUGHT: &str = "data: {\"choices\": [{\"delta\": {\"reasoning_content\": \"Hm\"}}]}\n\n";

#[test]
fn reasoning_that_is_hidden_shows_that_an_answer_comes_and_is_none() {
    let limiter = Limiter::new(&Limits::default(), 0, Counting::Off);
    let hidden = Stages::new(None, limiter.with(Reasoning::Hidden));
    let declined = || Step::Fail(Error::Declined);
    let check = |rows: Vec<Row>| check_stages(hidden.clone(), TIMING, OPENAI, rows);
    check(vec![
        (1_000, Push(THOUGHT), Hold, ""),
        (2_000, Push(DONE), declined(), ""),
        (2_500, Restart, Hold, ""),
        (3_000, Push(THOUGHT), Hold, ""),
        (3_000, Push(TEXT), Send, "open text"),
        (3_000, Push(DONE), OVER, "finish done"),
    ]);
    // The headers go out in time, and it can still be repeated.
    check(vec![
        (1_000, Push(THOUGHT), Hold, ""),
        (10_000, Tick(Reading, 15_000), Send, "open"),
        (110_000, Push(THOUGHT), Send, ""),
        (121_000, Tick(Reading, 15_000), Send, "alive"),
        (122_000, Push(DONE), declined(), ""),
        (122_500, Restart, Hold, ""),
        (123_000, Push(TEXT_AND_DONE), OVER, "text finish done"),
    ]);
    // A silence of it is one within an answer.
    check(vec![
        (100_000, Push(THOUGHT), Hold, ""),
        (159_999, Tick(Reading, 1), Send, "open"),
        (160_000, Tick(Reading, 1_000), Step::Fail(Error::Stalled), ""),
        (160_000, Fail(Error::Stalled), CLOSE, "error"),
    ]);
}

#[test]
fn a_failure_before_the_headers_leaves_everything_open() {
    let declined = || Step::Fail(Error::Declined);
    check([
        (1_000, Push(SENTENCE), Hold, ""),
        (1_000, Push(DONE), declined(), ""),
        (1_500, Restart, Hold, ""),
        (2_000, Push(TEXT), Send, "open text"),
        (2_000, Push(DONE), OVER, "finish done"),
    ]);
    check([(1_000, Push(ERROR), declined(), ""), (1_000, Fail(Error::Declined), declined(), "")]);
    check([(1_000, UpstreamEnds, Step::Fail(Error::Truncated), "")]);
    check([(1_000, Fail(Error::Unavailable), Step::Fail(Error::Unavailable), "")]);
}

#[test]
fn a_failure_after_the_headers_and_before_the_answer_can_still_be_repaired() {
    check([
        (10_000, Tick(Reading, 15_000), Send, "open"),
        (20_000, Push("data: <html>\n\n"), Step::Fail(Error::Garbled), ""),
        (20_500, Restart, Hold, ""),
        (21_000, Push(TEXT), Send, "text"),
        (21_000, Push(DONE), OVER, "finish done"),
    ]);
    check([
        (10_000, Tick(Reading, 15_000), Send, "open"),
        (20_000, UpstreamEnds, Step::Fail(Error::Truncated), ""),
        (20_000, Fail(Error::Truncated), CLOSE, "error"),
        (20_000, Fail(Error::Internal), CLOSE, ""),
    ]);
}

#[test]
fn an_upstream_that_goes_on_after_a_limit_is_let_go() {
    let limits = Limits { stop: vec!["i".to_owned()], ..Limits::default() };
    let stages = Stages::new(None, Limiter::new(&limits, 0, Counting::Off));
    let translator = Translator::new(encoder(OPENAI), stages, 1 << 20);
    let mut relay = Relay::new(translator, TIMING, REQUEST_MS);
    assert_eq!(relay.push(TEXT.as_bytes(), REQUEST_MS, &mut Vec::new()), CLOSE);
}

#[test]
fn a_failure_within_the_answer_is_its_end() {
    for failure in [Push(ERROR), Push("data: <html>\n\n"), UpstreamEnds, Fail(Error::Internal)] {
        check([
            (1_000, Push(TEXT), Send, "open text"),
            (2_000, failure, CLOSE, "error"),
            (3_000, Push(TEXT), CLOSE, ""),
            (3_000, UpstreamEnds, CLOSE, ""),
            (3_000, Fail(Error::Internal), CLOSE, ""),
        ]);
    }
}

#[test]
fn a_clock_set_back_neither_ends_nor_floods_an_answer() {
    check([
        (50_000, Push(TEXT), Send, "open text"),
        (10_000, Tick(Reading, 15_000), Send, ""),
        (20_000, Tick(Reading, 15_000), Send, ""),
        (65_000, Tick(Reading, 15_000), Send, "alive"),
        (40_000, Push(DONE), OVER, "finish done"),
    ]);
}

#[test]
fn it_knows_whether_the_answer_has_begun() {
    let translator = Translator::new(encoder(OPENAI), stages(), 1 << 20);
    let mut relay = Relay::new(translator, TIMING, REQUEST_MS);
    let mut out = Vec::new();
    assert_eq!(relay.failure(Error::Garbled).phase, Phase::Waiting);
    relay.push(SENTENCE.as_bytes(), REQUEST_MS, &mut out);
    assert_eq!(relay.phase(), Phase::Waiting);
    relay.push(TEXT.as_bytes(), REQUEST_MS, &mut out);
    assert_eq!(relay.failure(Error::Garbled).phase, Phase::Flowing);
}
