//! What is retried, mapped and given up: the table itself, and each of its rows
//! carried out, for both dialects, whole and streamed.

use crate::support::apis::{self, OPENAI};
use degpt_edge::dialect::Api;
use degpt_edge::{
    error::Error,
    upstream::{
        Fault::{self, Account, Model, Origin, Request},
        Remedy::{
            self, GiveUp, NextAccount, NextAccountOrOnceMore, NextOrigin, OnceMore, OtherOrigin,
            SignInAgain,
        },
        Rest, Symptom, Verdict,
        Whose::{self, Client, Deployment as Own, Visitor},
        judge,
    },
};

use super::{
    deployment::{Answer, Ask, Deployment, HELLO, KINDS, Wants, exactly, stamp},
    world::{End, Response},
};

/// The deployment's own credential, so that no sign-in comes before.
pub(crate) const OWN: (&str, &str) = ("DEGPT_API_KEY", "canary-own");
const TWO: (&str, &str) = ("DEGPT_ORIGINS", "https://a.example,https://b.example");
const CHAT: &str = "www.degpt.ai/proxy canary-own";
const CHAT_A: &str = "a.example/proxy canary-own";
const CHAT_B: &str = "b.example/proxy canary-own";
const SENTENCE: &str = "data: {\"choices\": [{\"delta\": {\"content\": \
    \"Sorry, you don't have sufficient access rights at the moment.\"}}]}\n\ndata: [DONE]\n\n";

/// What a client gets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// The answer.
    Hello,
    /// The error's status and body.
    Refused(Error),
    /// Likewise; but a stream, whose headers have gone out, ends with the error's event.
    Late(Error),
}

use Outcome::{Hello, Late, Refused};

pub(crate) fn check(
    name: &str,
    variables: &[(&str, &str)],
    exchange: &[(&'static str, Response)],
    outcome: &Outcome,
) {
    for kind in KINDS {
        check_kind(name, kind, variables, exchange, outcome);
    }
}

fn check_wants(wants: Wants, name: &str, exchange: &[(&'static str, Response)], outcome: &Outcome) {
    for kind in KINDS.into_iter().filter(|kind| kind.1 == wants) {
        check_kind(name, kind, &[OWN], exchange, outcome);
    }
}

fn check_kind(
    name: &str,
    kind: (&'static Api, Wants),
    variables: &[(&str, &str)],
    exchange: &[(&'static str, Response)],
    outcome: &Outcome,
) {
    let (script, left) = exactly(exchange);
    let deployment = Deployment::new(variables, script);
    let answer = deployment.ask_one(Ask::chat(kind));
    assert!(left.borrow().is_empty(), "{name} {kind:?}: not asked: {:?}", left.borrow());
    assert_outcome(&format!("{name} {kind:?}"), kind, &answer, outcome);
}

fn assert_outcome(name: &str, kind: (&'static Api, Wants), answer: &Answer, outcome: &Outcome) {
    let (api, wants) = kind;
    match (outcome, wants) {
        (Hello, _) => {
            assert_eq!(answer.status, 200, "{name}: {}", answer.body);
            assert!(answer.body.contains("Hello"), "{name}: {}", answer.body);
            let end = match wants {
                Wants::Whole => "}",
                Wants::Stream if api == OPENAI => "[DONE]\n\n",
                Wants::Stream => "{\"type\":\"message_stop\"}\n\n",
            };
            assert!(answer.body.ends_with(end), "{name}: {}", answer.body);
        }
        (Late(error), Wants::Stream) => {
            let frame = apis::frame(api, error, &stamp().id);
            let frame = String::from_utf8(frame).unwrap_or_default();
            assert_eq!(answer.status, 200, "{name}: {}", answer.body);
            assert!(answer.body.ends_with(&frame), "{name}: {}", answer.body);
        }
        (Refused(error) | Late(error), _) => {
            assert_eq!(answer.body, api.error_body(error, &stamp().id), "{name}");
            let facts = error.facts();
            assert_eq!(answer.status, facts.status, "{name}");
            let should_retry = facts.should_retry.map(|retry| retry.to_string());
            assert_eq!(answer.header("x-should-retry"), should_retry.as_deref(), "{name}");
        }
    }
}

#[test]
fn the_table_is_this() {
    let status = |status| Symptom::Status { status, retry_after: None };
    let limited = || Error::RateLimited { retry_after: None };
    let all = [Client, Own, Visitor];
    let ours = [Own, Visitor];
    let others = [Client, Visitor];
    let next = NextAccount;
    let mut rows: Vec<(Symptom, &[Whose], Remedy, Fault, Error)> = vec![
        (status(401), &[Visitor], SignInAgain, Account, Error::DeploymentKeyRefused),
        (status(401), &[Own], next(Rest::Refused), Account, Error::DeploymentKeyRefused),
        (status(401), &[Client], GiveUp, Account, Error::ClientKeyRefused),
        (status(400), &all, GiveUp, Request, Error::UpstreamRejects),
        (status(403), &others, GiveUp, Model, Error::UpstreamForbids),
        (status(403), &[Own], next(Rest::ForModel), Model, Error::UpstreamForbids),
        (status(404), &all, GiveUp, Model, Error::UpstreamLacks),
        (status(413), &all, GiveUp, Request, Error::UpstreamTooLarge),
        (status(422), &all, GiveUp, Request, Error::UpstreamRejects),
        (status(429), &others, GiveUp, Account, limited()),
        (status(429), &[Own], next(Rest::Limited), Account, limited()),
    ];
    for other in [0, 100, 201, 204, 301, 302, 304, 402, 405, 408, 418, 600, 999] {
        rows.push((status(other), &ours, NextOrigin, Origin, Error::Unavailable));
        rows.push((status(other), &[Client], OtherOrigin, Origin, Error::Unavailable));
    }
    for other in [500, 502, 503, 504, 520, 599] {
        rows.push((status(other), &ours, NextOrigin, Model, Error::Unavailable));
        rows.push((status(other), &[Client], OtherOrigin, Origin, Error::Unavailable));
    }
    let mut failed = |whose, remedy, fault, error: Error| {
        rows.push((Symptom::Failed(error.clone()), whose, remedy, fault, error));
    };
    failed(&all, NextOrigin, Origin, Error::Unavailable);
    failed(&others, OnceMore, Model, Error::Declined);
    failed(&[Own], NextAccountOrOnceMore(Rest::ForModel), Model, Error::Declined);
    for error in [Error::Truncated, Error::Garbled] {
        failed(&all, OnceMore, Model, error);
    }
    let used_up = Error::UsedUp { retry_after_s: 7 };
    for error in [Error::Timeout, Error::Stalled, Error::AnswerTooLarge, used_up] {
        failed(&all, GiveUp, Model, error);
    }
    for error in [Error::PromptTooLong, Error::Internal, Error::Overloaded] {
        failed(&all, GiveUp, Request, error);
    }
    for error in [Error::Unavailable, Error::Timeout] {
        rows.push((Symptom::SignIn(error.clone()), &[Visitor], NextOrigin, Origin, error));
    }
    for error in [Error::DeploymentKeyRefused, limited()] {
        rows.push((Symptom::SignIn(error.clone()), &[Visitor], GiveUp, Account, error));
    }
    for (symptom, whose, remedy, fault, error) in rows {
        for &whose in whose {
            let verdict = Verdict { remedy, fault, error: error.clone() };
            assert_eq!(judge(&symptom, whose), verdict, "{symptom:?} {whose:?}");
        }
    }
}

#[test]
fn only_a_sound_retry_after_is_passed_on() {
    let table = [
        ("7", Some("7")),
        (" 120 ", Some("120")),
        ("Wed, 21 Oct 2026 07:28:00 GMT", Some("Wed, 21 Oct 2026 07:28:00 GMT")),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("1\r\nset-cookie: x", None),
        ("999999999999999999999999999999999999", None),
        ("a word about quota GMT", None),
    ];
    for (value, passed_on) in table {
        let symptom = Symptom::Status { status: 429, retry_after: Some(value.to_owned()) };
        let Verdict { error, .. } = judge(&symptom, Own);
        let retry_after = passed_on.map(str::to_owned);
        assert_eq!(error, Error::RateLimited { retry_after }, "{value:?}");
    }
}

#[test]
fn an_answer_is_asked_for_once() {
    check("answer", &[OWN], &[(CHAT, Response::hello())], &Hello);
    check("two origins", &[OWN, TWO], &[(CHAT_A, Response::hello())], &Hello);
}

#[test]
fn refusals_are_mapped_and_not_repeated() {
    let table = [
        (400, Error::UpstreamRejects),
        (401, Error::DeploymentKeyRefused),
        (403, Error::UpstreamForbids),
        (404, Error::UpstreamLacks),
        (413, Error::UpstreamTooLarge),
        (422, Error::UpstreamRejects),
        (429, Error::RateLimited { retry_after: None }),
    ];
    for (status, error) in table {
        let name = status.to_string();
        let exchange = [(CHAT, Response::status(status))];
        check(&name, &[OWN], &exchange, &Refused(error.clone()));
        // Nor at another origin.
        check(&name, &[OWN, TWO], &[(CHAT_A, Response::status(status))], &Refused(error));
    }
}

#[test]
fn a_rate_limit_says_how_long() {
    for kind in KINDS {
        let limited = Response { retry_after: Some("17"), ..Response::status(429) };
        let deployment = Deployment::new(&[OWN], move |_| limited.clone());
        let answer = deployment.ask_one(Ask::chat(kind));
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("17")));
    }
}

#[test]
fn a_refused_key_is_told_to_whom_it_belongs() {
    let variables = [OWN, ("CLIENT_DEGPT_KEYS", "pass")];
    for kind in KINDS {
        let (script, left) =
            exactly(&[("www.degpt.ai/proxy degpt-canary-guest-0123456789", Response::status(401))]);
        let deployment = Deployment::new(&variables, script);
        let answer = deployment.ask_one(Ask::chat(kind).by_guest());
        assert!(left.borrow().is_empty());
        assert_outcome("guest", kind, &answer, &Refused(Error::ClientKeyRefused));
        assert_eq!(answer.status, 401);
    }
    check(
        "own",
        &variables,
        &[(CHAT, Response::status(401))],
        &Refused(Error::DeploymentKeyRefused),
    );
}

#[test]
fn an_origin_that_fails_gives_way_to_the_next() {
    let failures = [
        Response::refused(),
        Response::status(500),
        Response::status(503),
        Response::status(302),
        Response::status(204),
    ];
    for bad in failures {
        let name = format!("{:?}", bad.status);
        let good = Response::hello();
        check(&name, &[OWN, TWO], &[(CHAT_A, bad.clone()), (CHAT_B, good)], &Hello);
        let both = [(CHAT_A, bad.clone()), (CHAT_B, bad.clone())];
        check(&name, &[OWN, TWO], &both, &Refused(Error::Unavailable));
        check(&name, &[OWN], &[(CHAT, bad)], &Refused(Error::Unavailable));
    }
}

#[test]
fn nothing_that_looks_like_an_answer_is_one_and_it_is_asked_once_more() {
    let empties = [
        ("fake success", Response::says(SENTENCE), Error::Declined),
        ("done at once", Response::says("data: [DONE]\n\n"), Error::Declined),
        (
            "error line",
            Response::says("data: {\"error\": {\"message\": \"canary\"}}\n\n"),
            Error::Declined,
        ),
        ("no body", Response::says(""), Error::Truncated),
        ("html", Response::says("<html>canary</html>\n\n"), Error::Truncated),
        ("json", Response::says("{\"detail\": \"canary\"}"), Error::Truncated),
        ("garbage", Response::says("data: canary\n\n"), Error::Garbled),
    ];
    for (name, empty, error) in empties {
        let twice = [(CHAT, empty.clone()), (CHAT, empty.clone())];
        check(name, &[OWN], &twice, &Refused(error.clone()));
        check(name, &[OWN], &[(CHAT, empty.clone()), (CHAT, Response::hello())], &Hello);
        let two = [(CHAT_A, empty.clone()), (CHAT_B, empty.clone())];
        check(name, &[OWN, TWO], &two, &Refused(error));
        check(name, &[OWN, TWO], &[(CHAT_A, empty.clone()), (CHAT_B, Response::hello())], &Hello);
        // The last origin that is left is asked twice itself.
        let last = [(CHAT_A, Response::status(500)), (CHAT_B, empty), (CHAT_B, Response::hello())];
        check(name, &[OWN, TWO], &last, &Hello);
    }
}

#[test]
fn a_prompt_that_is_too_long_stays_so() {
    let error =
        "data: {\"error\": {\"code\": \"context_length_exceeded\", \"message\": \"canary\"}}\n\n";
    let exchange = [(CHAT, Response::says(error))];
    check("too long", &[OWN], &exchange, &Refused(Error::PromptTooLong));
}

#[test]
fn an_answer_that_has_begun_is_never_begun_again() {
    let after = |rest: &str, end| {
        let answer = Response::says(HELLO).then(5, rest).ending(end);
        [(CHAT_A, answer)]
    };
    let table = [
        ("ends", after("", End::Closed), Error::Truncated),
        ("breaks", after("", End::Broken), Error::Truncated),
        ("garbage", after("data: <html>canary\n\n", End::Closed), Error::Garbled),
        ("error", after("data: {\"error\": \"canary\"}\n\n", End::Closed), Error::Declined),
        ("falls silent", after("", End::Silent), Error::Stalled),
    ];
    for (name, exchange, error) in table {
        check(name, &[OWN, TWO], &exchange, &Late(error));
    }
}

#[test]
fn a_connection_that_breaks_before_any_word_is_repeated() {
    let broken = Response::says("").ending(End::Broken);
    for wants in [Wants::Stream, Wants::Whole] {
        let exchange = [(CHAT, broken.clone()), (CHAT, Response::hello())];
        check_wants(wants, "broken", &exchange, &Hello);
    }
}

#[test]
fn the_body_is_closed_after_the_end_mark_even_if_the_upstreams_is_not() {
    for wants in [Wants::Stream, Wants::Whole] {
        let open = [(CHAT, Response::hello().ending(End::Silent))];
        check_wants(wants, "kept open", &open, &Hello);
    }
}

#[test]
fn an_answer_over_the_limit_is_an_error() {
    let long = Response::says(HELLO.repeat(40)).then(0, "data: [DONE]\n\n");
    let variables = [OWN, ("MAX_ANSWER_BYTES", "1024")];
    check("long", &variables, &[(CHAT, long)], &Late(Error::AnswerTooLarge));
}

#[test]
fn an_origin_that_failed_is_tried_last_for_half_a_minute() {
    let (script, left) = exactly(&[
        (CHAT_A, Response::refused()),
        (CHAT_B, Response::hello()),
        (CHAT_B, Response::hello()),
        (CHAT_B, Response::status(500)),
        (CHAT_A, Response::refused()),
        // Both failed: the configuration's order again.
        (CHAT_A, Response::refused()),
        (CHAT_B, Response::hello()),
        // Half a minute later it is as if nothing had been.
        (CHAT_A, Response::hello()),
    ]);
    let deployment = Deployment::new(&[OWN, TWO], script);
    let statuses = [(0, 200), (29_000, 200), (900, 502), (0, 200), (30_000, 200)];
    for (later_ms, status) in statuses {
        deployment.world.pass_ms(later_ms);
        assert_eq!(deployment.ask_one(Ask::chat(KINDS[0])).status, status, "{later_ms}");
    }
    assert!(left.borrow().is_empty());
}

#[test]
fn a_guests_bad_key_makes_nobody_avoid_an_origin() {
    let (script, left) = exactly(&[
        ("a.example/proxy degpt-canary-guest-0123456789", Response::status(500)),
        ("b.example/proxy degpt-canary-guest-0123456789", Response::status(500)),
        (CHAT_A, Response::hello()),
    ]);
    let variables = [OWN, TWO, ("CLIENT_DEGPT_KEYS", "pass")];
    let deployment = Deployment::new(&variables, script);
    assert_eq!(deployment.ask_one(Ask::chat(KINDS[0]).by_guest()).status, 502);
    assert_eq!(deployment.ask_one(Ask::chat(KINDS[0])).status, 200);
    assert!(left.borrow().is_empty());
}

#[test]
fn a_success_ends_the_avoidance_at_once() {
    let (script, left) = exactly(&[
        (CHAT_A, Response::refused()),
        (CHAT_B, Response::status(500)),
        (CHAT_A, Response::hello()),
        (CHAT_A, Response::hello()),
    ]);
    let deployment = Deployment::new(&[OWN, TWO], script);
    for status in [502, 200, 200] {
        assert_eq!(deployment.ask_one(Ask::chat(KINDS[0])).status, status);
    }
    assert!(left.borrow().is_empty());
}
