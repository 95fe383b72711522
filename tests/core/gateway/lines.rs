//! The line in the log that each request has: one, at its end, with nothing of the client's in it.
//! That [`CANARY`](super::deployment::CANARY) never shows, `ask_all` checks for every test here.

use crate::support::apis::{ANTHROPIC, OPENAI};
use serde_json::{Value, json};

use super::{
    attempts::OWN,
    deployment::{Ask, Deployment, HELLO, KINDS, Wants},
    world::{End, Response, Sent, World},
};

const SENTENCE: &str = "data: {\"choices\": [{\"delta\": {\"content\": \
    \"Sorry, you don't have sufficient access rights at the moment.\"}}]}\n\ndata: [DONE]\n\n";
/// Nothing but one model, without another to ask.
const ALONE: [(&str, &str); 2] = [OWN, ("AUTO_MODELS", "off")];

fn lines(deployment: &Deployment) -> Vec<Value> {
    let lines = deployment.world.lines();
    lines.iter().map(|line| serde_json::from_str(line).unwrap_or_default()).collect()
}

/// The one line of a request.
fn line(deployment: &Deployment, ask: Ask) -> Value {
    let before = deployment.world.lines().len();
    deployment.ask_one(ask);
    let mut lines = lines(deployment);
    assert_eq!(lines.len(), before + 1, "{lines:?}");
    lines.pop().unwrap_or_default()
}

/// The members of `line` that `expected` has are these.
#[track_caller]
fn assert_has(line: &Value, expected: &Value) {
    for (name, value) in expected.as_object().into_iter().flatten() {
        assert_eq!(line.get(name), Some(value), "{name}: {line}");
    }
}

#[test]
fn an_answer_has_all_of_it() {
    let deployment = Deployment::new(&ALONE, |_| Response::hello().after_ms(70));
    let expected = json!({
        "key": "key1", "dialect": "OpenAI", "route": "answer", "stream": false,
        "asked": "deepseek-chat", "status": 200, "error": null, "model": "deepseek-chat",
        "origin": 1, "account": 1, "attempts": 1, "failed": [], "first_ms": 70, "ms": 70,
        "prompt_tokens": 9, "completion_tokens": 1, "ended": "complete",
    });
    assert_eq!(line(&deployment, Ask::chat((OPENAI, Wants::Whole))), expected);
    // Its beginning was left for the case that the gateway itself fails.
    let begin = deployment.world.questions().concat();
    let begin = begin.trim_end_matches('}');
    assert!(deployment.world.lines().concat().starts_with(begin), "{begin}");
    let stream = line(&deployment, Ask::chat((ANTHROPIC, Wants::Stream)));
    assert_has(
        &stream,
        &json!({
            "dialect": "Anthropic", "stream": true, "status": 200, "first_ms": 70, "ms": 70,
            "prompt_tokens": 9, "completion_tokens": 1, "ended": "complete",
        }),
    );
    // What this client is not told is not counted for the log.
    let uncounted = line(&deployment, Ask::chat((OPENAI, Wants::Stream)));
    assert_has(&uncounted, &json!({"prompt_tokens": null, "completion_tokens": null}));
}

#[test]
fn it_says_how_the_answer_ended() {
    let broken = || Response::says(HELLO).ending(End::Broken);
    let length = format!(
        "{HELLO}data: {{\"choices\": [{{\"finish_reason\": \"length\"}}]}}\n\ndata: [DONE]\n\n"
    );
    let silent = || Response::says(HELLO).ending(End::Silent);
    let table = [
        (Response::hello(), "complete", Value::Null),
        (Response::says(length), "limit", Value::Null),
        (broken(), "upstream_broke", json!("upstream_truncated")),
        (silent(), "upstream_broke", json!("upstream_stalled")),
        (Response::says(SENTENCE), "failed", json!("upstream_declined")),
        (Response::status(400), "failed", json!("upstream_rejected")),
        (Response::hello().after_ms(200_000), "failed", json!("upstream_timeout")),
    ];
    for (response, ended, error) in table {
        for kind in KINDS {
            let response = response.clone();
            let deployment = Deployment::new(&ALONE, move |_| response.clone());
            let line = line(&deployment, Ask::chat(kind));
            assert_has(&line, &json!({"ended": ended, "error": error}));
        }
    }
}

#[test]
fn it_counts_what_the_client_got_of_an_answer_that_broke() {
    let deployment =
        Deployment::new(&ALONE, |_| Response::says(HELLO).then(9, HELLO).ending(End::Broken));
    let line = line(&deployment, Ask::chat((ANTHROPIC, Wants::Stream)));
    assert_has(&line, &json!({"prompt_tokens": 9, "completion_tokens": 2, "status": 200}));
}

#[test]
fn a_client_that_leaves_before_its_status_is_noted() {
    for kind in KINDS {
        let deployment = Deployment::new(&ALONE, |_| Response::hello().after_ms(5_000));
        let (world, ask) = (&deployment.world, Ask::chat(kind));
        world.run(vec![world.within(1_000, deployment.ask(&ask))]);
        let lines = lines(&deployment);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_has(
            &lines[0],
            &json!({"status": 499, "ended": "client_left", "ms": 1_000, "attempts": 1}),
        );
    }
}

#[test]
fn it_says_why_each_attempt_failed() {
    let script = |sent: &Sent| {
        if sent.url.contains("a.example") {
            Response::refused()
        } else if sent.credential == "canary-1" {
            Response::status(429)
        } else {
            Response::hello()
        }
    };
    let variables = [
        ("DEGPT_API_KEY", "canary-1,canary-2"),
        ("DEGPT_ORIGINS", "https://a.example,https://b.example"),
        ("AUTO_MODELS", "off"),
    ];
    let mut seen = Vec::new();
    for kind in KINDS {
        let deployment = Deployment::new(&variables, script);
        let line = line(&deployment, Ask::chat(kind));
        assert_has(&line, &json!({"status": 200, "origin": 2, "account": 2, "ended": "complete"}));
        seen.push((line["attempts"].clone(), line["failed"].clone()));
    }
    seen.dedup();
    let failed = |origin, account, why| json!({"model": "deepseek-chat", "origin": origin, "account": account, "why": why});
    // The account that a client begins with follows from its key.
    let first = if seen[0].0 == 3 { 1 } else { 2 };
    let mut expected = vec![failed(1, first, "upstream_unavailable")];
    if first == 1 {
        expected.push(failed(2, 1, "429"));
    }
    assert_eq!(seen, [(json!(expected.len() + 1), json!(expected))]);
}

#[test]
fn it_has_the_models_that_failed_and_the_one_that_answered() {
    let script = |sent: &Sent| {
        if sent.body.contains("deepseek-chat") {
            Response::says(SENTENCE)
        } else {
            Response::hello()
        }
    };
    for kind in KINDS {
        let deployment = Deployment::new(&[OWN, ("AUTO_MODELS", "deepseek-chat,gpt-5.1")], script);
        let mut ask = Ask::chat(kind);
        ask.body = ask.body.replace("deepseek-chat", "auto");
        let line = line(&deployment, ask);
        assert_has(&line, &json!({"asked": "auto", "model": "gpt-5.1", "ended": "complete"}));
        assert_eq!(line["failed"][0]["model"], "deepseek-chat", "{line}");
        assert_eq!(line["failed"][0]["why"], "upstream_declined", "{line}");
    }
}

#[test]
fn a_visitor_that_cannot_sign_in_is_named() {
    let deployment = Deployment::new(&[("AUTO_MODELS", "off")], |_| Response::status(500));
    let line = line(&deployment, Ask::chat(KINDS[0]));
    assert_has(&line, &json!({"status": 502, "attempts": 0, "model": null, "account": null}));
    assert_eq!(line["failed"][0]["why"], "sign_in_upstream_unavailable", "{line}");
}

#[test]
fn a_name_that_nobody_knows_is_not_repeated() {
    let models = [
        ("nobody-knows", json!("unknown")),
        ("gpt-4-nobody-knows", json!("gpt-4.1")),
        ("nobody-knows/auto", json!("auto")),
        ("", json!("auto")),
        ("DeepSeek-Chat[1m]", json!("deepseek-chat")),
    ];
    let alias = ("MODEL_ALIASES", "gpt-4*=gpt-4.1");
    for (name, asked) in models {
        let deployment = Deployment::new(&[OWN, alias], |_| Response::hello());
        let mut ask = Ask::chat(KINDS[0]);
        ask.body = ask.body.replace("deepseek-chat", name);
        let line = line(&deployment, ask);
        assert_has(&line, &json!({ "asked": asked }));
        assert!(!line.to_string().contains("nobody"), "{line}");
    }
}

#[test]
fn each_choice_adds_what_it_took() {
    for wants in [Wants::Whole, Wants::Stream] {
        let deployment = Deployment::new(&ALONE, |_| Response::hello());
        let mut ask = Ask::chat((OPENAI, wants));
        let more = r#"{"n":3,"stream_options":{"include_usage":true},"#;
        let more = if wants == Wants::Stream { more } else { r#"{"n":3,"# };
        ask.body = ask.body.replacen('{', more, 1);
        let line = line(&deployment, ask);
        let expected = json!({"prompt_tokens": 9, "completion_tokens": 3, "attempts": 3});
        assert_has(&line, &expected);
    }
}

#[test]
fn every_other_request_has_one_too() {
    let table = [
        (Ask::get("/"), "hello", 200, Value::Null),
        (Ask::get("/v1/models"), "models", 200, Value::Null),
        (Ask::get("/v1/models/nobody"), "model", 404, json!("model_not_found")),
        (Ask::get("/favicon.ico"), "icon", 204, Value::Null),
        (Ask::get("/robots.txt"), "robots", 200, Value::Null),
        (Ask { method: "OPTIONS", ..Ask::get("/v1/models") }, "models", 204, Value::Null),
        (
            Ask { method: "PUT", ..Ask::get("/v1/models") },
            "models",
            405,
            json!("method_not_allowed"),
        ),
        (
            Ask::chat(KINDS[0]).with("authorization", "canary"),
            "answer",
            401,
            json!("invalid_api_key"),
        ),
        (
            Ask { body: "canary".to_owned(), ..Ask::chat(KINDS[0]) },
            "answer",
            400,
            json!("bad_request"),
        ),
    ];
    for (ask, route, status, error) in table {
        let deployment = Deployment::new(&[OWN], |_| Response::refused());
        let line = line(&deployment, ask);
        let ended = if error.is_null() { "complete" } else { "failed" };
        let expected = json!({"route": route, "status": status, "error": error, "ended": ended});
        assert_has(&line, &expected);
    }
    let deployment = Deployment::new(&[OWN], |_| Response::refused());
    let line = line(&deployment, Ask::get("/nobody?canary=canary"));
    assert_has(&line, &json!({"route": null, "status": 404, "error": "unknown_url", "key": null}));
}

#[test]
fn the_operator_says_which_are_logged() {
    let broken = || Response::says(HELLO).ending(End::Broken);
    let table = [
        // The response, and whether it is logged with `all`, `errors` and `off`.
        (Response::hello(), [true, false, false]),
        (Response::status(400), [true, true, false]),
        (Response::status(500), [true, true, true]),
        (broken(), [true, true, true]),
    ];
    for (response, expected) in table {
        for kind in KINDS {
            let logged = ["all", "errors", "off"].map(|setting| {
                let response = response.clone();
                let world = World::new(move |_| response.clone());
                let variables = [OWN, ("AUTO_MODELS", "off"), ("LOG_REQUESTS", setting)];
                let deployment = Deployment::beside(&world, &variables);
                deployment.ask_one(Ask::chat(kind));
                world.lines().len() == 1
            });
            assert_eq!(logged, expected, "{response:?} {kind:?}");
        }
    }
    // Nobody knows the setting then.
    let deployment = Deployment::new(&[("LOG_REQUESTS", "canary")], |_| Response::refused());
    let line = line(&deployment, Ask::chat(KINDS[0]));
    assert_has(&line, &json!({"status": 500, "error": "configuration_error"}));
}

#[test]
fn a_key_has_its_label_and_a_refused_one_that_of_its_policy() {
    let deployment = Deployment::new(
        &[
            OWN,
            ("AUTO_MODELS", "off"),
            ("API_KEYS", "alice=canary-key"),
            ("KEY_POLICIES", r#"{"alice":{"requests_per_minute":1}}"#),
        ],
        |_| Response::hello(),
    );
    let ask = || Ask::chat((OPENAI, Wants::Stream));
    // A key with a policy is counted, whatever the client wants to know.
    let counted =
        json!({"key": "alice", "status": 200, "prompt_tokens": 9, "completion_tokens": 1});
    assert_has(&line(&deployment, ask()), &counted);
    let refused = json!({
        "key": "alice", "status": 429, "error": "rate_limit_exceeded", "model": null,
        "attempts": 0, "ended": "failed",
    });
    assert_has(&line(&deployment, ask()), &refused);
    assert_eq!(deployment.world.ledger("alice").entries.len(), 1);
}
