//! When a client's status is there, and what is given up by when.

use degpt_edge::error::Error;

use crate::{
    attempts::{self, OWN, Outcome},
    deployment::{Ask, Deployment, HELLO, KINDS, Wants},
    world::{End, Response},
};

const CHAT: &str = "www.degpt.ai/proxy canary-own";
const TWO: (&str, &str) = ("DEGPT_ORIGINS", "https://a.example,https://b.example");

/// Asks every kind and compares when its status came, in milliseconds.
fn check(name: &str, response: &Response, whole_ms: u64, stream_ms: u64, status: [u16; 2]) {
    for kind in KINDS {
        let response = response.clone();
        let deployment = Deployment::new(&[OWN], move |_| response.clone());
        let answer = deployment.ask_one(Ask::chat(kind));
        let expected = match kind.1 {
            Wants::Whole => (whole_ms, status[0]),
            Wants::Stream => (stream_ms, status[1]),
        };
        assert_eq!((answer.at_ms, answer.status), expected, "{name} {kind:?}: {}", answer.body);
    }
}

#[test]
fn a_status_comes_with_the_first_words_or_after_ten_seconds() {
    let slow =
        |headers_ms| Response::says(HELLO).then(3_000, "data: [DONE]\n\n").after_ms(headers_ms);
    check("words", &slow(500), 3_500, 500, [200; 2]);
    check("late words", &slow(11_000), 14_000, 10_000, [200; 2]);
    let comment = Response::says(": wait\n\n").then(4_000, HELLO).then(0, "data: [DONE]\n\n");
    check("comment first", &comment, 4_000, 4_000, [200; 2]);
    check("late refusal", &Response::status(403).after_ms(9_000), 9_000, 9_000, [403; 2]);
    check("later refusal", &Response::status(403).after_ms(11_000), 11_000, 10_000, [403, 200]);
}

#[test]
fn no_headers_within_the_first_byte_timeout_is_a_timeout() {
    let never = [(CHAT, Response::hello().after_ms(1_000_000))];
    attempts::check("never", &[OWN], &never, &Outcome::Late(Error::Timeout));
    check("never", &never[0].1, 120_000, 10_000, [504, 200]);
    let soon = [OWN, ("FIRST_BYTE_TIMEOUT_MS", "5000")];
    attempts::check("soon", &soon, &never, &Outcome::Refused(Error::Timeout));
}

#[test]
fn the_time_of_all_attempts_together_is_limited() {
    let slow = Response::status(500).after_ms(100_000);
    let silent = Response::hello().after_ms(1_000_000);
    let exchange = [("a.example/proxy canary-own", slow), ("b.example/proxy canary-own", silent)];
    attempts::check("slow, then silent", &[OWN, TWO], &exchange, &Outcome::Late(Error::Timeout));
    for kind in KINDS {
        let (script, _) = crate::deployment::exactly(&exchange);
        let deployment = Deployment::new(&[OWN, TWO], script);
        let answer = deployment.ask_one(Ask::chat(kind));
        let is_stream = kind.1 == Wants::Stream;
        assert_eq!(answer.at_ms, if is_stream { 10_000 } else { 120_000 });
        // A stream's own timer looks again a second after the limit at most.
        assert!(deployment.world.since_start_ms() <= 121_000);
    }
}

#[test]
fn a_stream_that_says_nothing_is_given_up_with_its_body() {
    let silent = Response::says(": wait\n\n").ending(End::Silent);
    for kind in KINDS.into_iter().filter(|kind| kind.1 == Wants::Stream) {
        let response = silent.clone();
        let deployment = Deployment::new(&[OWN], move |_| response.clone());
        let answer = deployment.ask_one(Ask::chat(kind));
        assert_eq!((answer.at_ms, deployment.world.since_start_ms()), (10_000, 120_000));
        let pings = answer.body.matches("ping\n").count() + answer.body.matches(": keep").count();
        // Every 15 s from the commit on; Anthropic's opening has one more.
        let opening = usize::from(answer.body.starts_with("event: message_start"));
        assert_eq!(pings, 7 + opening, "{}", answer.body);
    }
}

#[test]
fn a_slow_but_steady_answer_is_not_given_up() {
    let steady = (0..5).fold(Response::says(HELLO), |answer, _| answer.then(59_000, HELLO));
    let steady = steady.then(59_000, "data: [DONE]\n\n");
    attempts::check("steady", &[OWN], &[(CHAT, steady)], &Outcome::Hello);
}

#[test]
fn a_failure_after_the_headers_is_still_repaired_before_the_answer_begins() {
    let late = Response::says("data: [DONE]\n\n").after_ms(12_000);
    let exchange = [(CHAT, late), (CHAT, Response::hello().after_ms(12_000))];
    attempts::check("late", &[OWN], &exchange, &Outcome::Hello);
}

/// What never ends: each piece this long after the one before, for half an hour.
fn forever(every_ms: u64, piece: &str) -> Response {
    (0..1_800_000 / every_ms).fold(Response::says(HELLO), |answer, _| answer.then(every_ms, piece))
}

#[test]
fn an_answer_that_does_not_go_on_is_given_up_whatever_is_sent_meanwhile() {
    for piece in [": ping\n\n", "\n", "event: ping\n\n", "id: 1\n", "x", "data: {\n"] {
        let response = forever(1_000, piece);
        let outcome = Outcome::Late(Error::Stalled);
        attempts::check(piece, &[OWN], &[(CHAT, response.clone())], &outcome);
        for kind in KINDS {
            let response = response.clone();
            let deployment = Deployment::new(&[OWN], move |_| response.clone());
            deployment.ask_one(Ask::chat(kind));
            assert_eq!(deployment.world.since_start_ms(), 60_000, "{piece:?}");
        }
    }
}

#[test]
fn an_answer_that_never_ends_is_ended() {
    // A chunk that says nothing is a sign of life, too.
    for piece in [HELLO, "data: {\"choices\": [{\"delta\": {\"content\": \"\"}}]}\n\n"] {
        for (variables, ms) in
            [(vec![OWN], 900_000), (vec![OWN, ("MAX_ANSWER_MS", "100000")], 100_000)]
        {
            let response = forever(7_000, piece);
            for kind in KINDS {
                let response = response.clone();
                let deployment = Deployment::new(&variables, move |_| response.clone());
                let mut ask = Ask::chat(kind);
                ask.body = ask.body.replace("\"max_tokens\":9", "\"max_tokens\":999");
                let answer = deployment.ask_one(ask);
                let is_stream = kind.1 == Wants::Stream;
                assert_eq!(answer.status, if is_stream { 200 } else { 504 });
                assert!(answer.body.contains("took longer than this deployment allows"));
                assert_eq!(deployment.world.since_start_ms(), ms);
            }
        }
    }
}

#[test]
fn an_answer_that_is_asked_for_again_is_not_waited_for_any_longer() {
    let slow = Response::says(HELLO).then(50_000, "data: [DONE]\n\n");
    let variables = [OWN, ("MAX_ANSWER_MS", "60000")];
    let deployment = Deployment::new(&variables, move |_| slow.clone());
    let mut ask = Ask::chat(KINDS[0]);
    ask.body = ask.body.replacen('{', r#"{"response_format":{"type":"json_object"},"#, 1);
    let answer = deployment.ask_one(ask);
    // The first answer is no JSON, and the second does not come in time.
    assert_eq!((answer.status, answer.header("x-degpt-json")), (200, Some("invalid")));
    assert_eq!((deployment.world.log().len(), deployment.world.since_start_ms()), (2, 60_000));
}
