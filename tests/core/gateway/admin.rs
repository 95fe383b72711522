//! Keys that are made without a deployment: who may, what is told and logged, how soon isolates learn
//! of a change, and that wrong keys cost little.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what does not fit the test is to end it"
)]

use crate::support::apis::{ANTHROPIC, OPENAI};
use serde_json::Value;

use super::{
    attempts::OWN,
    deployment::{Answer, Ask, Deployment, KINDS, Wants},
    world::Response,
};

const ADMIN: (&str, &str) = ("ADMIN_KEY", "canary-key-of-the-operator");
const AS_ADMIN: &str = "Bearer canary-key-of-the-operator";
const KEYS: &str = "/api/v1/admin/keys";

fn deployment(more: &[(&str, &str)]) -> Deployment {
    Deployment::new(&[&[OWN, ADMIN], more].concat(), |_| Response::hello())
}

fn leaked(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn call(method: &'static str, path: &str, body: &str) -> Ask {
    let headers = vec![("authorization", AS_ADMIN)];
    Ask { method, path: leaked(path), headers, body: body.to_owned() }
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

/// Makes a key, and returns it and its id.
fn make(deployment: &Deployment, body: &str) -> (&'static str, String) {
    let answer = deployment.ask_one(call("POST", KEYS, body));
    assert_eq!(answer.status, 201, "{}", answer.body);
    let made = json(&answer);
    (leaked(made["key"].as_str().unwrap()), made["id"].as_str().unwrap().to_owned())
}

fn chat(key: &'static str) -> Ask {
    Ask::chat((ANTHROPIC, Wants::Whole)).with("x-api-key", key)
}

/// The status of an answer to a question with this key.
fn status(deployment: &Deployment, key: &'static str) -> u16 {
    deployment.ask_one(chat(key)).status
}

#[test]
fn without_the_operators_key_nothing_is_there() {
    let plain = Deployment::new(&[OWN], |_| Response::hello());
    let (own, nowhere) = (
        plain.ask_one(call("GET", KEYS, "")),
        plain.ask_one(call("GET", "/api/v1/admin/none", "")),
    );
    assert_eq!((own.status, own.headers), (404, nowhere.headers));
    let looks_made = leaked(&format!("sk-edge-{}", "0".repeat(64)));
    assert_eq!(status(&plain, looks_made), 401);
    assert_eq!(plain.world.registry_calls(), 0);
}

#[test]
fn a_key_is_told_once_and_works_in_all_dialects() {
    let deployment = deployment(&[]);
    let (key, id) = make(&deployment, r#"{"label":"alice"}"#);
    for kind in KINDS {
        let bearer = leaked(&format!("Bearer {key}"));
        let ask = Ask::chat(kind).with("x-api-key", "").with("authorization", bearer);
        assert_eq!(deployment.ask_one(ask).status, 200);
    }
    assert_eq!(deployment.world.ledger("alice").entries.len(), KINDS.len());
    let one = deployment.ask_one(call("GET", &format!("{KEYS}/{id}"), ""));
    let all = deployment.ask_one(call("GET", KEYS, ""));
    assert!(!one.body.contains("sk-edge") && !all.body.contains("sk-edge"));
    assert_eq!(json(&all)["data"][0], json(&one));
    let log = deployment.world.lines().join("\n");
    assert!(
        log.contains(r#""admin":"create","label":"alice""#) && !log.contains("sk-edge"),
        "{log}"
    );
    assert!(!log.contains("canary"), "{log}");
}

#[test]
fn only_the_operator_may() {
    let deployment = deployment(&[]);
    for (key, expected) in [("Bearer canary-key", 401), ("Bearer wrong", 401), ("", 401)] {
        for method in ["GET", "POST", "HEAD"] {
            let ask = call(method, KEYS, r#"{"label":"a"}"#).with("authorization", key);
            assert_eq!(deployment.ask_one(ask).status, expected, "{key}");
        }
    }
    assert_eq!(deployment.world.registry_calls(), 0);
    // Who may make keys may not chat.
    assert_eq!(status(&deployment, "canary-key-of-the-operator"), 401);
    assert!(deployment.world.lines().iter().all(|line| line.contains(r#""status":401"#)));
}

#[test]
fn a_policy_is_read_as_those_of_the_deployment_are() {
    let deployment = deployment(&[("KEY_POLICIES", r#"{"alice":{"max_tokens":3}}"#)]);
    let table = [
        (r#"{"label":"alice","policy":{"models":["o3",5]}}"#, "policy.models[1]"),
        (r#"{"label":"alice","policy":{"concurrent":0}}"#, "policy.concurrent"),
        (r#"{"label":"alice","policy":{"expires":"soon"}}"#, "policy.expires"),
        (r#"{"label":"alice","policy":{"rpm":1}}"#, "policy.rpm"),
        (r#"{"label":"alice","policy":5}"#, "policy"),
        (r#"{"label":"a b"}"#, "label"),
        (r#"{"label":"*"}"#, "label"),
        ("{}", "label"),
        (r#"{"label":"alice","key":"sk-mine"}"#, "key"),
    ];
    for (body, place) in table {
        let answer = deployment.ask_one(call("POST", KEYS, body));
        assert_eq!((answer.status, json(&answer)["error"]["param"].as_str()), (400, Some(place)));
    }
    let (key, id) = make(&deployment, r#"{"label":"alice","policy":{"models":["o3"]}}"#);
    let forbidden = deployment.ask_one(chat(key));
    assert_eq!(forbidden.status, 403);
    // Within a minute, whatever the isolate remembers.
    let path = format!("{KEYS}/{id}");
    let changed = deployment.ask_one(call("PATCH", &path, r#"{"policy":null}"#));
    assert_eq!((changed.status, &json(&changed)["policy"]), (200, &Value::Null));
    deployment.world.pass_ms(10_000);
    assert_eq!(status(&deployment, key), 200);
    let expired = r#"{"policy":{"expires":"1970-01-02"}}"#;
    assert_eq!(deployment.ask_one(call("PATCH", &path, expired)).status, 200);
    deployment.world.pass_ms(10_000);
    assert_eq!(status(&deployment, key), 401);
    for (body, place) in [("{}", "policy"), (r#"{"label":"bob","policy":null}"#, "label")] {
        let answer = deployment.ask_one(call("PATCH", &path, body));
        assert_eq!((answer.status, json(&answer)["error"]["param"].as_str()), (400, Some(place)));
    }
}

#[test]
fn a_revoked_key_is_refused_in_all_isolates_within_ten_seconds() {
    let one = deployment(&[]);
    let other = Deployment::beside(&one.world, &[OWN, ADMIN]);
    let (key, id) = make(&one, r#"{"label":"alice"}"#);
    assert_eq!((status(&one, key), status(&other, key)), (200, 200));
    let path = format!("{KEYS}/{id}");
    assert_eq!(one.ask_one(call("DELETE", &path, "")).status, 200);
    one.world.pass_ms(10_000);
    assert_eq!((status(&one, key), status(&other, key)), (401, 401));
    for method in ["GET", "PATCH", "DELETE"] {
        let answer = one.ask_one(call(method, &path, r#"{"policy":null}"#));
        assert_eq!(answer.status, 404);
    }
    assert_eq!(one.ask_one(call("GET", &format!("{KEYS}/' OR 1"), "")).status, 404);
}

#[test]
fn what_a_slow_registry_says_is_old_when_it_comes() {
    let deployment = deployment(&[]);
    let (key, _) = make(&deployment, r#"{"label":"alice"}"#);
    deployment.world.slow_ledgers(4_000);
    assert_eq!(status(&deployment, key), 200);
    deployment.world.slow_ledgers(0);
    // It took 4 seconds, as the ledger did: the registry looked 9.5 seconds ago.
    deployment.world.pass_ms(1_500);
    let before = deployment.world.registry_calls();
    assert_eq!(status(&deployment, key), 200);
    assert_eq!(deployment.world.registry_calls(), before + 1);
}

#[test]
fn many_requests_with_a_key_ask_the_registry_once() {
    let deployment = deployment(&[]);
    let (key, _) = make(&deployment, r#"{"label":"alice"}"#);
    let before = deployment.world.registry_calls();
    let asks: Vec<Ask> = (0..200).map(|_| chat(key)).collect();
    assert!(deployment.ask_all(&asks).iter().all(|answer| answer.status == 200));
    assert_eq!(deployment.world.registry_calls(), before + 1);
}

#[test]
fn many_right_keys_at_a_time_are_no_flood() {
    let deployment = deployment(&[]);
    let keys: Vec<_> = (0..150).map(|_| make(&deployment, r#"{"label":"alice"}"#).0).collect();
    for key in keys {
        assert_eq!(status(&deployment, key), 200);
    }
}

#[test]
fn a_flood_of_wrong_keys_is_bounded() {
    let deployment = deployment(&[]);
    let (key, _) = make(&deployment, r#"{"label":"alice"}"#);
    assert_eq!(status(&deployment, key), 200);
    let before = deployment.world.registry_calls();
    let wrong: Vec<Ask> = (0..2_000).map(|n| chat(leaked(&format!("sk-edge-{n:064x}")))).collect();
    let mut statuses = [0, 0];
    for answer in deployment.ask_all(&wrong) {
        match answer.status {
            401 => statuses[0] += 1,
            503 => statuses[1] += 1,
            other => unreachable!("{other}"),
        }
    }
    assert_eq!((statuses, deployment.world.registry_calls() - before), ([100, 1_900], 100));
    // What does not look like a key of the registry never costs anything, and those that are known go on.
    assert_eq!((status(&deployment, "sk-edge-0f"), status(&deployment, key)), (401, 200));
    // One that was wrong is not asked about again soon.
    let first = leaked(&format!("sk-edge-{:064x}", 0));
    let before = deployment.world.registry_calls();
    assert_eq!((status(&deployment, first), status(&deployment, first)), (401, 401));
    assert_eq!(deployment.world.registry_calls(), before);
}

#[test]
fn while_the_registry_cannot_be_reached() {
    for (fails, expected) in [("open", 200), ("closed", 503)] {
        let deployment = deployment(&[("LEDGER_FAILS", fails)]);
        let (key, _) = make(&deployment, r#"{"label":"alice"}"#);
        assert_eq!(status(&deployment, key), 200);
        deployment.world.pass_ms(10_000);
        deployment.world.lose_ledgers();
        assert_eq!(status(&deployment, key), expected, "{fails}");
        // Nobody gets in who was not in before.
        assert_eq!(status(&deployment, leaked(&format!("sk-edge-{}", "1".repeat(64)))), 503);
        assert_eq!(deployment.ask_one(call("GET", KEYS, "")).status, 503);
        deployment.world.find_ledgers();
        deployment.world.pass_ms(10_000);
        assert_eq!(status(&deployment, key), 200);
    }
}

#[test]
fn the_operators_key_alone_makes_a_deployment() {
    let deployment = deployment(&[("API_KEYS", "")]);
    let error = deployment.ask_one(Ask::chat((OPENAI, Wants::Whole)));
    assert_eq!(
        (error.status, json(&error)["error"]["code"].as_str()),
        (401, Some("invalid_api_key"))
    );
    let (key, _) = make(&deployment, r#"{"label":"alice"}"#);
    assert_eq!(status(&deployment, key), 200);
}

#[test]
fn pages_of_anybody_cannot_call() {
    let origin = "https://chat.example";
    for (allowed, expected) in [("*", None), (origin, Some(origin))] {
        let deployment = deployment(&[("CORS_ORIGINS", allowed)]);
        for method in ["OPTIONS", "GET"] {
            let answer = deployment.ask_one(call(method, KEYS, "").with("origin", origin));
            assert_eq!(answer.header("access-control-allow-origin"), expected, "{method}");
        }
    }
}
