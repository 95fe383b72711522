//! Keys with policies: what is asked of their ledger and when, what is refused, and that what is
//! settled is what the client was told.
#![expect(clippy::unwrap_used, reason = "what does not fit the test is to end it")]

use crate::support::apis::{ANTHROPIC, OPENAI};
use degpt_edge::{chat::Usage, dialect::Api, ledger::Entry};

use super::{
    attempts::OWN,
    deployment::{Answer, Ask, Deployment, HELLO, KINDS, Wants},
    world::{End, Response, Sent},
};

type Kind = (&'static Api, Wants);

const KEYS: (&str, &str) = ("API_KEYS", "alice=canary-key, bob=another-key");

fn deployment(policies: &str, script: impl FnMut(&Sent) -> Response + 'static) -> Deployment {
    Deployment::new(&[OWN, KEYS, ("KEY_POLICIES", policies)], script)
}

fn entries(deployment: &Deployment) -> Vec<Entry> {
    deployment.world.ledger("alice").entries
}

/// The one entry that there is.
fn entry(deployment: &Deployment) -> Entry {
    let [entry] = <[Entry; 1]>::try_from(entries(deployment)).unwrap();
    entry
}

/// The tokens that an answer tells of in its last `usage`.
fn told(answer: &Answer) -> (u64, u64) {
    let number = |names: [&str; 2]| {
        let found =
            names.iter().filter_map(|name| answer.body.rsplit_once(&format!("\"{name}\":")));
        let digits =
            found.map(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap());
        digits.fold("", |_, last| last).parse().unwrap()
    };
    let prompt = number(["prompt_tokens", "input_tokens"]);
    (prompt, number(["completion_tokens", "output_tokens"]))
}

/// A stream with its usage, a whole answer as it is.
fn ask(kind: Kind) -> Ask {
    let mut ask = Ask::chat(kind);
    if kind == (OPENAI, Wants::Stream) {
        let usage = r#"{"stream_options":{"include_usage":true},"#;
        ask.body = ask.body.replacen('{', usage, 1);
    }
    ask
}

#[test]
fn without_a_policy_no_ledger_is_asked() {
    for policies in ["", "{}"] {
        let deployment = deployment(policies, |_| Response::hello());
        let answers = deployment.ask_all(&KINDS.map(Ask::chat));
        assert!(answers.iter().all(|answer| answer.status == 200));
        assert_eq!(deployment.world.ledger("alice").calls, 0);
    }
    // With one, each label has a ledger: usage adds up.
    let deployment = deployment(r#"{"bob":{"concurrent":1}}"#, |_| Response::hello());
    assert!(deployment.ask_all(&KINDS.map(Ask::chat)).iter().all(|answer| answer.status == 200));
    assert_eq!(deployment.world.ledger("alice").calls, 2 * KINDS.len());
    assert_eq!(deployment.world.ledger("bob").calls, 0);
}

#[test]
fn what_is_settled_is_what_the_client_was_told() {
    for kind in KINDS {
        let deployment = deployment(r#"{"alice":{}}"#, |_| Response::hello());
        let answer = deployment.ask_one(ask(kind));
        let Entry { model, requests, failures, usage, .. } = entry(&deployment);
        assert_eq!((model.as_str(), requests, failures), ("deepseek-chat", 1, 0));
        let Usage { prompt_tokens, completion_tokens, .. } = usage;
        assert_eq!((prompt_tokens, completion_tokens), told(&answer), "{}", answer.body);
        assert_eq!(deployment.world.ledger("alice").calls, 2);
    }
    // A stream that does not tell is counted all the same.
    let deployment = deployment(r#"{"*":{}}"#, |_| Response::hello());
    let answer = deployment.ask_one(Ask::chat((OPENAI, Wants::Stream)));
    assert!(!answer.body.contains("prompt_tokens"));
    let usage = entry(&deployment).usage;
    assert!(usage.prompt_tokens > 0 && usage.completion_tokens == 1);
}

#[test]
fn choices_share_their_prompt() {
    for wants in [Wants::Whole, Wants::Stream] {
        let deployment = deployment(r#"{"alice":{}}"#, |_| Response::hello());
        let mut ask = ask((OPENAI, wants));
        ask.body = ask.body.replacen('{', r#"{"n":3,"#, 1);
        let answer = deployment.ask_one(ask);
        let usage = entry(&deployment).usage;
        assert_eq!((usage.prompt_tokens, usage.completion_tokens), told(&answer));
        assert_eq!(usage.completion_tokens, 3);
    }
}

#[test]
fn a_failure_takes_nothing_and_a_broken_answer_what_came_of_it() {
    for kind in KINDS {
        let failing = deployment(r#"{"alice":{}}"#, |_| Response::status(429));
        assert_eq!(failing.ask_one(ask(kind)).status, 429);
        let lost = entry(&failing);
        assert_eq!((lost.requests, lost.failures, lost.usage), (1, 1, Usage::default()));

        let breaks = |_: &Sent| Response::says(HELLO).then(5, HELLO).ending(End::Broken);
        let broken = deployment(r#"{"alice":{}}"#, breaks);
        broken.ask_one(ask(kind));
        let lost = entry(&broken);
        let is_stream = kind.1 == Wants::Stream;
        assert_eq!((lost.requests, lost.failures), (1, 1));
        assert_eq!(lost.usage.completion_tokens, if is_stream { 2 } else { 0 });
    }
}

#[test]
fn a_client_that_leaves_before_there_is_an_answer_gives_its_place_back() {
    let slow = |_: &Sent| Response::hello().after_ms(5_000);
    let deployment = deployment(r#"{"alice":{"concurrent":1}}"#, slow);
    let leaving = Ask::chat((OPENAI, Wants::Whole));
    let left = deployment.world.within(1_000, deployment.ask(&leaving));
    assert!(deployment.world.run(vec![left]).remove(0).is_none());
    let lost = entry(&deployment);
    assert_eq!((lost.requests, lost.failures, lost.usage), (1, 0, Usage::default()));
    assert_eq!(deployment.ask_one(leaving).status, 200);
}

#[test]
fn a_client_that_leaves_while_the_ledger_is_asked_gives_its_place_back() {
    let deployment = deployment(r#"{"alice":{"concurrent":1}}"#, |_| Response::hello());
    deployment.world.slow_ledgers(2_000);
    let leaving = Ask::chat((OPENAI, Wants::Whole));
    let left = deployment.world.within(1_000, deployment.ask(&leaving));
    assert!(deployment.world.run(vec![left]).remove(0).is_none());
    assert_eq!(entry(&deployment).requests, 1);
    assert_eq!(deployment.ask_one(leaving).status, 200);
}

#[test]
fn a_place_that_a_ledger_gave_too_late_is_given_back() {
    let policies = ("KEY_POLICIES", r#"{"alice":{"concurrent":1}}"#);
    let variables = [OWN, KEYS, policies, ("LEDGER_FAILS", "closed")];
    let deployment = Deployment::new(&variables, |_| Response::hello());
    deployment.world.slow_ledgers(60_000);
    assert_eq!(deployment.ask_one(ask((OPENAI, Wants::Whole))).status, 503);
    deployment.world.slow_ledgers(0);
    assert_eq!(deployment.ask_one(ask((OPENAI, Wants::Whole))).status, 200);
    assert_eq!(entries(&deployment).iter().map(|entry| entry.failures).sum::<u64>(), 1);
}

#[test]
fn over_a_limit_is_a_429_that_says_when() {
    let policy = r#"{"alice":{"requests_per_minute":2,"tokens_per_minute":1000}}"#;
    for kind in KINDS {
        let deployment = deployment(policy, |_| Response::hello());
        for left in ["1", "0"] {
            let answer = deployment.ask_one(ask(kind));
            assert_eq!(answer.status, 200);
            let names =
                ["x-ratelimit-remaining-requests", "anthropic-ratelimit-requests-remaining"];
            assert_eq!(names.iter().find_map(|name| answer.header(name)), Some(left));
        }
        deployment.world.pass_ms(10_500);
        let asked = deployment.world.log().len();
        let refused = deployment.ask_one(ask(kind));
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("50")));
        assert!(refused.body.contains("2 requests per minute. Please try again in 50s."));
        assert_eq!((refused.header("x-should-retry"), deployment.world.log().len()), (None, asked));
        deployment.world.pass_ms(50_000);
        assert_eq!(deployment.ask_one(ask(kind)).status, 200);
        assert_eq!(entries(&deployment).len(), 3);
    }
}

#[test]
fn more_than_a_limit_in_one_request_is_not_worth_a_retry() {
    let deployment = deployment(r#"{"alice":{"tokens_per_minute":10}}"#, |_| Response::hello());
    let refused = deployment.ask_one(ask((OPENAI, Wants::Whole)));
    assert_eq!((refused.status, refused.header("x-should-retry")), (429, Some("false")));
    assert_eq!(refused.header("retry-after"), None);
}

#[test]
fn without_max_tokens_the_guess_is_reserved() {
    let policies = ("KEY_POLICIES", r#"{"alice":{"tokens_per_day":600}}"#);
    for (guess, status) in [("500", 200), ("600", 429)] {
        let variables = [OWN, KEYS, policies, ("RESERVE_TOKENS", guess)];
        let deployment = Deployment::new(&variables, |_| Response::hello());
        let mut ask = ask((OPENAI, Wants::Whole));
        ask.body = ask.body.replace(r#""max_tokens":9,"#, "");
        assert_eq!(deployment.ask_one(ask).status, status);
    }
}

#[test]
fn reasoning_that_no_limit_covers_is_guessed() {
    let policies = ("KEY_POLICIES", r#"{"alice":{"tokens_per_day":600}}"#);
    // `max_tokens` is a limit of the text alone, `max_completion_tokens` one of all.
    let table = [
        ("deepseek-chat", r#""max_tokens":9,"#, 200),
        ("deepseek-reasoner", r#""max_tokens":9,"#, 429),
        ("deepseek-reasoner", r#""max_tokens":9,"max_completion_tokens":9,"#, 200),
        ("deepseek-reasoner", r#""max_tokens":9,"max_completion_tokens":700,"#, 429),
        ("deepseek-chat", r#""max_tokens":9,"max_completion_tokens":700,"#, 200),
        ("deepseek-reasoner", r#""max_completion_tokens":9,"#, 200),
    ];
    for (model, limits, status) in table {
        let variables = [OWN, KEYS, policies, ("RESERVE_TOKENS", "600")];
        let deployment = Deployment::new(&variables, |_| Response::hello());
        let mut ask = ask((OPENAI, Wants::Whole));
        ask.body = ask.body.replace(r#""max_tokens":9,"#, limits).replace("deepseek-chat", model);
        assert_eq!(deployment.ask_one(ask).status, status, "{model} {limits}");
    }
}

#[test]
fn a_policy_limits_models_and_answers() {
    let long = || Response::says(format!("{}data: [DONE]\n\n", HELLO.repeat(20)));
    let policy = r#"{"alice":{"models":["gpt-*","deepseek-c*"],"max_tokens":3}}"#;
    for kind in KINDS {
        let deployment = deployment(policy, move |_| long());
        let answer = deployment.ask_one(ask(kind));
        assert_eq!((answer.status, told(&answer).1), (200, 3));
        assert!(answer.body.contains("\"length\"") || answer.body.contains("\"max_tokens\""));
        let mut other = ask(kind);
        other.body = other.body.replace("deepseek-chat", "deepseek-reasoner");
        let asked = deployment.world.log().len();
        let refused = deployment.ask_one(other);
        assert_eq!(refused.status, 403);
        assert!(refused.body.contains("does not allow the model `deepseek-reasoner`"));
        assert_eq!(deployment.world.log().len(), asked);
    }
}

#[test]
fn an_expired_key_is_a_401() {
    let deployment = deployment(r#"{"alice":{"expires":"2025-08-23"}}"#, |_| Response::hello());
    let models = || Ask::get("/v1/models").with("authorization", "Bearer canary-key");
    for ask in [ask((OPENAI, Wants::Whole)), ask((ANTHROPIC, Wants::Whole)), models()] {
        let refused = deployment.ask_one(ask);
        assert_eq!(refused.status, 401);
        assert!(refused.body.contains("The API key has expired."));
    }
    let other = models().with("authorization", "Bearer another-key");
    assert_eq!(deployment.ask_one(other).status, 200);
    assert_eq!(deployment.ask_one(Ask::get("/v1/models")).status, 200);
}

#[test]
fn without_its_ledger_a_deployment_is_open_or_closed() {
    for (fails, status) in [("open", 200), ("closed", 503)] {
        let policies = ("KEY_POLICIES", r#"{"*":{"requests_per_minute":1}}"#);
        let variables = [OWN, KEYS, policies, ("LEDGER_FAILS", fails)];
        let deployment = Deployment::new(&variables, |_| Response::hello());
        deployment.world.lose_ledgers();
        for kind in KINDS {
            let answer = deployment.ask_one(ask(kind));
            assert_eq!(answer.status, status, "{}", answer.body);
            assert_eq!(answer.header("x-ratelimit-limit-requests"), None);
        }
    }
}

#[test]
fn a_policy_holds_for_every_model_that_is_asked_in_turn() {
    let policy = r#"{"alice":{"models":["gpt-*"],"max_tokens":3}}"#;
    let long = || Response::says(format!("{}data: [DONE]\n\n", HELLO.repeat(20)));
    for kind in KINDS {
        let script = move |sent: &Sent| {
            if sent.body.contains("gpt-4.1") { long() } else { Response::says("data: [DONE]\n\n") }
        };
        let fallbacks = ("MODEL_FALLBACKS", "gpt-5.1=o3,gpt-4.1");
        let variables = [OWN, KEYS, ("KEY_POLICIES", policy), fallbacks];
        let deployment = Deployment::new(&variables, script);
        let mut ask = ask(kind);
        ask.body = ask.body.replace("deepseek-chat", "gpt-5.1");
        let answer = deployment.ask_one(ask);
        assert_eq!((answer.status, told(&answer).1), (200, 3), "{}", answer.body);
        let sent = deployment.world.sent();
        assert!(!sent.iter().any(|sent| sent.body.contains("\"o3\"")), "o3 was asked");
        let entry = entry(&deployment);
        assert_eq!((entry.model.as_str(), entry.failures), ("gpt-4.1", 0));
        assert_eq!(entry.usage.completion_tokens, 3);
    }
}

#[test]
fn the_list_of_models_has_those_that_the_key_may_use() {
    let policies = r#"{"alice":{"models":["gpt-*","DeepSeek-chat"]}}"#;
    let deployment = deployment(policies, |_| Response::hello());
    let list = |key: &'static str| {
        let ask = Ask::get("/api/v1/models").with("authorization", key);
        let list: serde_json::Value = serde_json::from_str(&deployment.ask_one(ask).body).unwrap();
        let list = list["data"].as_array().unwrap().clone();
        list.iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (all, own) = (list("Bearer another-key"), list("Bearer canary-key"));
    let is_own = |id: &&String| id.starts_with("gpt-") || *id == "deepseek-chat";
    assert_eq!(own, all.iter().filter(is_own).cloned().collect::<Vec<_>>());
    assert!(own.len() > 1 && own.len() < all.len());
    assert_eq!(list("Bearer "), all);
    // Nothing is taken by a list.
    assert_eq!(deployment.world.ledger("alice").calls, 0);
}
