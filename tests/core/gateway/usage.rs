//! Usage, billing and metrics: who may read them, what is counted, and that each way a request can end is.

use crate::support::apis::OPENAI;
use serde_json::Value;

use super::{
    attempts::OWN,
    deployment::{Ask, Deployment, GUEST_KEY, HELLO, KINDS, Wants},
    world::{End, Response, Sent},
};

const ADMIN: (&str, &str) = ("ADMIN_KEY", "canary-key-of-the-operator");
const AS_ADMIN: (&str, &str) = ("authorization", "Bearer canary-key-of-the-operator");
const KEYS: (&str, &str) = ("API_KEYS", "alice=canary-key, bob=canary-other");

fn deployment(more: &[(&str, &str)], script: fn(&Sent) -> Response) -> Deployment {
    Deployment::new(&[&[OWN, ADMIN, KEYS], more].concat(), script)
}

fn get(path: &'static str, header: (&'static str, &'static str)) -> Ask {
    Ask::get(path).with(header.0, header.1)
}

/// The lines of the metrics that begin like this.
fn metrics(deployment: &Deployment, name: &str) -> Vec<String> {
    let answer = deployment.ask_one(get("/metrics", AS_ADMIN));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let lines = answer.body.lines().filter(|line| line.starts_with(name));
    lines.map(str::to_owned).collect()
}

#[test]
fn each_end_of_a_request_is_one_count() {
    type Case = (fn(&Sent) -> Response, [&'static str; 2], bool);
    let table: [Case; 4] = [
        (|_| Response::hello(), [r#"status="200",error="""#; 2], false),
        (|_| Response::status(503), [r#"status="502",error="upstream_unavailable""#; 2], true),
        (
            |_| Response::says(HELLO).then(5, HELLO).ending(End::Broken),
            [
                r#"status="502",error="upstream_truncated""#,
                r#"status="200",error="upstream_truncated""#,
            ],
            true,
        ),
        (|_| Response::refused(), [r#"status="502",error="upstream_unavailable""#; 2], true),
    ];
    for (script, ends, has_missed) in table {
        for kind in KINDS {
            let deployment = deployment(&[], script);
            deployment.ask_one(Ask::chat(kind));
            let end = ends[usize::from(kind.1 == Wants::Stream)];
            let expected = format!(
                r#"degpt_edge_requests_total{{label="alice",model="deepseek-chat",{end}}} 1"#
            );
            assert_eq!(metrics(&deployment, "degpt_edge_requests_total"), [expected]);
            let missed = metrics(&deployment, "degpt_edge_upstream_failures_total");
            assert_eq!(!missed.is_empty(), has_missed, "{missed:?}");
            let first = metrics(&deployment, "degpt_edge_first_byte_seconds_count");
            assert_eq!(first.len(), 1);
        }
    }
}

#[test]
fn a_client_that_leaves_and_one_that_is_refused_count_too() {
    let slow = |_: &Sent| Response::hello().after_ms(5_000);
    let deployment =
        deployment(&[("KEY_POLICIES", r#"{"alice":{"models":["deepseek-*"]}}"#)], slow);
    let leaving = Ask::chat((OPENAI, Wants::Whole));
    let left = deployment.world.within(1_000, deployment.ask(&leaving));
    assert!(deployment.world.run(vec![left]).remove(0).is_none());
    let mut forbidden = Ask::chat((OPENAI, Wants::Whole));
    forbidden.body = forbidden.body.replace("deepseek-chat", "o3");
    assert_eq!(deployment.ask_one(forbidden).status, 403);
    let ends = metrics(&deployment, "degpt_edge_requests_total").join("\n");
    assert!(
        ends.contains(r#"model="deepseek-chat",status="499",error="client_left"} 1"#),
        "{ends}"
    );
    assert!(
        ends.contains(r#"model="",status="403",error="insufficient_permissions"} 1"#),
        "{ends}"
    );
}

#[test]
fn a_key_sees_its_own_and_the_operator_all() {
    let deployment = deployment(&[], |_| Response::hello());
    deployment.ask_all(&KINDS.map(Ask::chat));
    deployment.ask_one(Ask::chat(KINDS[0]).with("authorization", "Bearer canary-other"));
    let data = |header| {
        let answer = deployment.ask_one(get("/api/v1/usage", header));
        let usage: Value = serde_json::from_str(&answer.body).unwrap();
        let rows = usage["data"].as_array().unwrap().clone();
        rows.iter().map(|row| row["label"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(data(("x-api-key", "canary-key")), ["alice"; 4]);
    assert_eq!(data(("x-api-key", "canary-other")), ["bob"]);
    assert_eq!(data(AS_ADMIN).len(), 5);
}

#[test]
fn the_usage_of_keys_that_were_taken_out_is_told_while_their_label_has_a_policy() {
    let before = deployment(&[], |_| Response::hello());
    before.ask_all(&KINDS.map(Ask::chat));
    let policies = ("KEY_POLICIES", r#"{"alice":{},"*":{},"no label":{},"bob":{}}"#);
    let keys = ("API_KEYS", "bob=canary-other");
    let after = Deployment::beside(&before.world, &[OWN, ADMIN, keys, policies]);
    let answer = after.ask_one(get("/api/v1/usage?format=csv", AS_ADMIN));
    assert_eq!(answer.body.matches(",alice,").count(), KINDS.len(), "{}", answer.body);
    assert_eq!(metrics(&after, "degpt_edge_requests_total").len(), 1);
}

#[test]
fn nothing_is_there_without_ledgers_and_nothing_for_strangers() {
    let paths =
        ["/api/v1/usage", "/v1/dashboard/billing/usage", "/v1/dashboard/billing/subscription"];
    let plain = Deployment::new(&[OWN], |_| Response::hello());
    let limited = Deployment::new(&[OWN, ("KEY_POLICIES", r#"{"bob":{}}"#)], |_| Response::hello());
    let pass = deployment(&[("CLIENT_DEGPT_KEYS", "pass")], |_| Response::hello());
    for path in paths {
        let status = |at: &Deployment, key| at.ask_one(get(path, ("x-api-key", key))).status;
        assert_eq!((status(&plain, "canary-key"), status(&limited, "canary-key")), (404, 200));
        assert_eq!((status(&limited, "canary-wrong"), status(&pass, GUEST_KEY)), (401, 401));
    }
    assert_eq!(limited.ask_one(get("/metrics", AS_ADMIN)).status, 404);
    assert_eq!(pass.ask_one(get("/metrics", ("x-api-key", "canary-key"))).status, 401);
    pass.world.lose_ledgers();
    assert_eq!(pass.ask_one(get("/metrics", AS_ADMIN)).status, 503);
}

#[test]
fn apps_ask_what_is_left() {
    let policies = ("KEY_POLICIES", r#"{"alice":{"tokens_per_day":1000,"expires":"2100-01-01"}}"#);
    let deployment = deployment(&[policies], |_| Response::hello());
    deployment.ask_all(&KINDS.map(Ask::chat));
    let ask = |path| {
        let answer = deployment.ask_one(get(path, ("x-api-key", "canary-key")));
        serde_json::from_str::<Value>(&answer.body).unwrap()
    };
    let entries = deployment.world.ledger("alice").entries;
    let tokens = |usage: degpt_edge::chat::Usage| usage.prompt_tokens + usage.completion_tokens;
    let used: u64 = entries.iter().map(|entry| tokens(entry.usage)).sum();
    assert_eq!(ask("/v1/dashboard/billing/usage")["total_usage"], 100 * used);
    let subscription = ask("/v1/dashboard/billing/subscription");
    assert_eq!(subscription["hard_limit_usd"], 30_000);
    assert_eq!(subscription["access_until"], 4_102_444_800_u64);
}

#[test]
fn without_the_operators_key_a_ledger_keeps_no_more_than_it_did() {
    let limited =
        Deployment::new(&[OWN, KEYS, ("KEY_POLICIES", "{\"*\":{}}")], |_| Response::hello());
    limited.ask_all(&KINDS.map(Ask::chat));
    let ledger = limited.world.ledger("alice");
    assert_eq!((ledger.entries.len(), ledger.outcomes.len()), (KINDS.len(), 0));
}
