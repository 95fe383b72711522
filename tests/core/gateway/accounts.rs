//! Several credentials of the deployment's own: which of them a request uses, when one rests, and
//! that no client can take them from the others.

use std::collections::{BTreeMap, BTreeSet};

use degpt_edge::error::Error;

use super::{
    attempts::{self, Outcome},
    deployment::{Answer, Ask, Deployment, HELLO, KINDS, Wants},
    world::{End, Response, Sent},
};

const SENTENCE: &str = "data: {\"choices\": [{\"delta\": {\"content\": \
    \"Sorry, you don't have sufficient access rights at the moment.\"}}]}\n\ndata: [DONE]\n\n";
const THREE: (&str, &str) = ("DEGPT_API_KEY", "canary-a, canary-b,canary-c");
const NAMES: [&str; 3] = ["canary-a", "canary-b", "canary-c"];

/// A deployment with three credentials, which answers each request by its credential.
fn three(answer: impl Fn(&Sent) -> Response + 'static) -> Deployment {
    Deployment::new(&[THREE, KEYS], move |sent| answer(sent))
}

/// Thirty clients.
const KEYS: (&str, &str) = (
    "API_KEYS",
    "canary-key,k00,k01,k02,k03,k04,k05,k06,k07,k08,k09,k10,k11,k12,k13,k14,k15,k16,k17,k18,k19,\
     k20,k21,k22,k23,k24,k25,k26,k27,k28",
);

fn clients() -> Vec<&'static str> {
    KEYS.1.split(',').collect()
}

fn ask(client: &'static str) -> Ask {
    let mut ask = Ask::chat(KINDS[0]);
    ask.headers = vec![("x-api-key", client)];
    ask
}

fn by_model(ask: Ask, model: &str) -> Ask {
    Ask { body: ask.body.replace("deepseek-chat", model), ..ask }
}

/// The credentials that were used since, in order.
fn used(deployment: &Deployment, since: usize) -> Vec<String> {
    deployment.world.sent().iter().skip(since).map(|sent| sent.credential.clone()).collect()
}

/// The credentials in the order in which this client prefers them.
fn preferred(client: &'static str) -> Vec<String> {
    let deployment = three(|_| Response::status(429));
    assert_eq!(deployment.ask_one(ask(client)).status, 429);
    used(&deployment, 0)
}

#[test]
fn a_client_stays_with_one_and_all_have_clients() {
    let deployment = three(|_| Response::hello());
    let mut homes: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for _ in 0..3 {
        for client in clients() {
            let before = deployment.world.sent().len();
            assert_eq!(deployment.ask_one(ask(client)).status, 200);
            homes.entry(client).or_default().extend(used(&deployment, before));
        }
    }
    assert!(homes.values().all(|homes| homes.len() == 1), "{homes:?}");
    for name in NAMES {
        let count = homes.values().filter(|homes| homes.contains(name)).count();
        assert!(count >= 3, "{name} has {count} of 30 clients");
    }
    // Another isolate, and another order of the list, come to the same.
    let other = ("DEGPT_API_KEY", "canary-c,canary-a,canary-b");
    let other = Deployment::new(&[other, KEYS], |_| Response::hello());
    for client in clients() {
        other.ask_one(ask(client));
        let used = used(&other, other.world.sent().len() - 1);
        assert!(homes[client].contains(&used[0]), "{client}");
    }
    assert_eq!(deployment.world.warned(), [""; 0]);
}

#[test]
fn the_next_one_is_tried_within_the_request_and_none_twice() {
    let failures = [
        (Response::status(401), Error::DeploymentKeyRefused),
        (Response::status(403), Error::UpstreamForbids),
        (Response::status(429), Error::RateLimited { retry_after: None }),
        (Response::says(SENTENCE), Error::Declined),
        (Response::says("data: [DONE]\n\n"), Error::Declined),
    ];
    for (failure, error) in failures {
        for kind in KINDS {
            for bad in 0..=3 {
                let order = preferred("canary-key");
                let (order_of, failure) = (order.clone(), failure.clone());
                let deployment = three(move |sent| {
                    let place = order_of.iter().position(|name| *name == sent.credential);
                    if place < Some(bad) { failure.clone() } else { Response::hello() }
                });
                let name = format!("{error:?} {bad} {kind:?}");
                let answer = deployment.ask_one(Ask::chat(kind));
                let asked = 3.min(bad + 1);
                assert_eq!(used(&deployment, 0), order[..asked], "{name}");
                if bad == 3 {
                    assert_eq!(answer.status, error.facts().status, "{name}");
                } else {
                    assert!(answer.body.contains("Hello"), "{name}: {}", answer.body);
                }
                // Who failed rests, and the next request does not ask it.
                if (1..3).contains(&bad) {
                    let answer = deployment.ask_one(Ask::chat(kind));
                    assert_eq!(answer.status, 200, "{name}");
                    assert_eq!(used(&deployment, asked), order[bad..=bad], "{name}");
                }
            }
        }
    }
}

#[test]
fn what_is_no_fault_of_the_account_does_not_change_it() {
    let failures = [
        Response::status(400),
        Response::status(404),
        Response::status(413),
        Response::status(422),
        Response::status(500),
        Response::refused(),
        Response::says("data: canary\n\n"),
        Response::says("").ending(End::Broken),
        Response::says(HELLO).ending(End::Broken),
    ];
    for failure in failures {
        let name = format!("{failure:?}");
        let deployment = three(move |_| failure.clone());
        for _ in 0..3 {
            deployment.ask_one(ask("canary-key"));
        }
        let used: BTreeSet<String> = used(&deployment, 0).into_iter().collect();
        assert_eq!(used.len(), 1, "{name}");
        assert_eq!(deployment.world.warned(), [""; 0], "{name}");
    }
}

#[test]
fn after_the_first_word_no_other_is_tried() {
    let begun = Response::says(HELLO).then(5, "data: {\"error\": \"canary quota\"}\n\n");
    for kind in KINDS {
        let begun = begun.clone();
        let deployment = three(move |_| begun.clone());
        let answer = deployment.ask_one(Ask::chat(kind));
        assert_eq!(used(&deployment, 0).len(), 1);
        assert_eq!(answer.status, if kind.1 == Wants::Stream { 200 } else { 502 });
    }
}

/// What the preferred credential fails with, once; for how long it rests; and whether it rests for
/// another model too.
#[test]
fn a_rest_lasts_as_long_as_it_should() {
    let limited = |value| Response { retry_after: Some(value), ..Response::status(429) };
    let table = [
        (Response::status(401), 600_000, true),
        (Response::status(403), 300_000, false),
        (Response::says(SENTENCE), 300_000, false),
        (Response::status(429), 60_000, true),
        (limited("7"), 7_000, true),
        (limited("0"), 1_000, true),
        (limited("soon"), 60_000, true),
        (limited("999999999"), 86_400_000, true),
        // The world begins at 12:26:48.
        (limited("Sat, 23 Aug 2025 12:28:48 GMT"), 120_000, true),
        (limited("Sat, 23 Aug 2025 12:00:00 GMT"), 1_000, true),
    ];
    let order = preferred("canary-key");
    for (failure, rest_ms, is_for_all) in table {
        let name = format!("{failure:?}");
        let fails = std::cell::Cell::new(Some(failure));
        let deployment = three(move |_| fails.take().unwrap_or_else(Response::hello));
        let next = |model: &str| {
            let before = deployment.world.sent().len();
            assert_eq!(deployment.ask_one(by_model(ask("canary-key"), model)).status, 200);
            used(&deployment, before)
        };
        assert_eq!(next("deepseek-chat"), order[..2], "{name}");
        assert_eq!(next("deepseek-chat"), order[1..2], "{name}");
        let other = if is_for_all { &order[1..2] } else { &order[..1] };
        assert_eq!(next("gpt-5-mini"), *other, "{name}");
        deployment.world.pass_ms(rest_ms - 1);
        assert_eq!(next("deepseek-chat"), order[1..2], "{name}");
        deployment.world.pass_ms(1);
        assert_eq!(next("deepseek-chat"), order[..1], "{name}");
    }
}

#[test]
fn if_all_rest_one_is_still_asked() {
    // Of those that are limited, the one whose rest ends first.
    let waits = |credential: &str| match credential {
        "canary-a" => "90",
        "canary-b" => "30",
        _ => "60",
    };
    let deployment = three(move |sent| Response {
        retry_after: Some(waits(&sent.credential)),
        ..Response::status(429)
    });
    let ask_one = |client| -> Answer { deployment.ask_one(ask(client)) };
    // The client is told the shortest wait, whatever came last.
    for client in clients() {
        let before = deployment.world.sent().len();
        let answer = ask_one(client);
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("30")), "{client}");
        let used = used(&deployment, before);
        let expected = if before == 0 { 3 } else { 1 };
        assert_eq!(used.len(), expected, "{client}");
        assert!(before == 0 || used == ["canary-b"], "{client}: {used:?}");
    }
    assert_eq!(deployment.world.warned().len(), 3);
}

#[test]
fn an_answer_ends_a_rest() {
    let is_over = std::rc::Rc::new(std::cell::Cell::new(false));
    let is_limited = std::rc::Rc::clone(&is_over);
    let deployment = three(move |sent| match sent.credential.as_str() {
        "canary-b" if is_limited.get() => Response::hello(),
        _ => Response { retry_after: Some("600"), ..Response::status(429) },
    });
    assert_eq!(deployment.ask_one(ask("canary-key")).status, 429);
    is_over.set(true);
    // It is asked for all the same, answers, and is then asked by all.
    deployment.world.pass_ms(1);
    for client in ["k01", "k02", "k03", "k04"] {
        let mut answer = deployment.ask_one(ask(client));
        while answer.status == 429 {
            deployment.world.pass_ms(1_000);
            answer = deployment.ask_one(ask(client));
        }
        assert_eq!(used(&deployment, deployment.world.sent().len() - 1), ["canary-b"]);
    }
}

#[test]
fn a_hostile_client_keeps_nobody_from_an_account() {
    // Its requests have no answer from any account, as a picture that no model takes.
    for failure in [Response::says(SENTENCE), Response::status(403)] {
        let failure = failure.clone();
        let deployment =
            three(
                move |sent| {
                    if sent.body.contains("hostile") { failure.clone() } else { Response::hello() }
                },
            );
        let mut hostile = ask("k00");
        hostile.body = hostile.body.replace("canary prompt", "canary hostile");
        for _ in 0..20 {
            let before = deployment.world.sent().len();
            assert!(deployment.ask_one(hostile.clone()).status >= 400);
            // None is asked twice.
            let count = deployment.world.sent().len() - before;
            assert!(count <= 3, "{count} requests");
            let others = ["canary-key", "k01", "k02", "k03", "k04", "k05", "k06", "k07"];
            for client in others {
                let before = deployment.world.sent().len();
                assert_eq!(deployment.ask_one(ask(client)).status, 200, "{client}");
                // Each at its own account, but for the first that comes after.
                assert_eq!(used(&deployment, before).len(), 1, "{client}");
            }
            let before = deployment.world.sent().len();
            for client in others {
                deployment.ask_one(ask(client));
            }
            let homes: Vec<String> = others.map(|client| preferred(client)[0].clone()).to_vec();
            assert_eq!(used(&deployment, before), homes);
            // Another model is not touched at all.
            let before = deployment.world.sent().len();
            deployment.ask_one(by_model(ask("canary-key"), "gpt-5-mini"));
            assert_eq!(used(&deployment, before), preferred("canary-key")[..1]);
        }
    }
}

#[test]
fn the_log_names_an_account_by_its_number_once() {
    let table = [
        (Response::status(401), "rests for 600 s: DeGPT refuses it"),
        (Response::status(429), "rests for 60 s: DeGPT limits its rate"),
        (
            Response::says(SENTENCE),
            "rests for 300 s: it had no answer from one model, for which it rests",
        ),
    ];
    for (failure, what) in table {
        let deployment =
            three(
                move |sent| {
                    if sent.credential == "canary-b" { failure.clone() } else { Response::hello() }
                },
            );
        for client in clients() {
            assert_eq!(deployment.ask_one(ask(client)).status, 200);
        }
        assert_eq!(deployment.world.warned(), [format!("DEGPT_API_KEY number 2 {what}")]);
    }
    // The only one there is does not rest: nothing else could be asked.
    for failure in [401, 403, 429] {
        let variables = [("DEGPT_API_KEY", "canary-a")];
        let deployment = Deployment::new(&variables, move |_| Response::status(failure));
        for _ in 0..3 {
            deployment.ask_one(Ask::chat(KINDS[0]));
        }
        assert_eq!(deployment.world.log(), ["www.degpt.ai/proxy canary-a"; 3]);
        assert_eq!(deployment.world.warned(), [""; 0]);
    }
}

#[test]
fn origins_and_accounts_are_tried_one_after_the_other() {
    let order = preferred("canary-key");
    let two = ("DEGPT_ORIGINS", "https://a.example,https://b.example");
    let name = |origin: &str, place: usize| -> &'static str {
        format!("{origin}.example/proxy {}", order[place]).leak()
    };
    let exchange = [
        (name("a", 0), Response::status(429)),
        (name("a", 1), Response::status(500)),
        (name("b", 1), Response::status(401)),
        (name("b", 2), Response::hello()),
    ];
    attempts::check("one after the other", &[THREE, two], &exchange, &Outcome::Hello);
    // A request that nobody would answer is not tried elsewhere.
    let exchange = [(name("a", 0), Response::status(429)), (name("a", 1), Response::status(413))];
    let outcome = Outcome::Refused(Error::UpstreamTooLarge);
    attempts::check("too large", &[THREE, two], &exchange, &outcome);
}

#[test]
fn the_time_of_all_accounts_together_is_limited() {
    let slow = |_: &Sent| Response::status(429).after_ms(1_500);
    let deployment = Deployment::new(&[THREE, ("FIRST_BYTE_TIMEOUT_MS", "2000")], slow);
    let answer = deployment.ask_one(Ask::chat(KINDS[0]));
    // The wait that DeGPT asks for is more help than that it was late.
    assert_eq!((answer.status, answer.at_ms), (429, 2_000));
    assert_eq!(deployment.world.sent().len(), 2);
}

#[test]
fn a_guest_and_its_key_are_none_of_the_accounts() {
    let variables = [THREE, ("CLIENT_DEGPT_KEYS", "pass")];
    let deployment = Deployment::new(&variables, |_| Response::status(429));
    for _ in 0..3 {
        assert_eq!(deployment.ask_one(Ask::chat(KINDS[0]).by_guest()).status, 429);
    }
    assert!(deployment.world.log().iter().all(|name| name.contains("guest")));
    assert_eq!((deployment.world.sent().len(), deployment.world.warned().len()), (3, 0));
}
