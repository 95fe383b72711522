//! The routes beside the chat, and the errors that no upstream is asked for: what
//! they answer, in which dialect, and that no secret shows in any of it.

use crate::support::apis::OPENAI;
use degpt_edge::config::NAMES;
use serde_json::Value;

use super::{
    attempts::OWN,
    deployment::{Answer, Ask, CANARY, Deployment, KINDS},
    world::{End, Response},
};

const ABOUT: &str = r#"{"status":true,"name":"DeGPT","version":"9.9","default_locale":"de"}"#;
const LIST: &str = "/api/v1/models";

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_default()
}

#[test]
fn what_degpt_says_of_itself_is_asked_once_in_five_minutes() {
    let deployment = Deployment::new(&[], |_| Response::says(ABOUT).after_ms(100));
    let answers = deployment.ask_all(&vec![Ask::get(LIST); 100]);
    for answer in &answers {
        let list = json(answer);
        assert_eq!((&list["version"], &list["status"]), (&"9.9".into(), &true.into()));
        assert_eq!(list["data"].as_array().map(Vec::len), Some(26));
    }
    assert_eq!(deployment.world.log(), ["www.degpt.ai/config"]);
    for (later_ms, requests) in [(299_000, 1), (2_000, 2)] {
        deployment.world.pass_ms(later_ms);
        deployment.ask_one(Ask::get(LIST));
        assert_eq!(deployment.world.sent().len(), requests);
    }
}

#[test]
fn its_silence_is_waited_for_only_once_in_half_a_minute() {
    let silences = [
        (Response::refused(), 0),
        (Response::status(500), 0),
        (Response::says("<html>canary"), 0),
        (Response::says(ABOUT).after_ms(60_000), 2_000),
        (Response::says("").ending(End::Silent), 2_000),
        (Response::says(ABOUT).ending(End::Broken), 0),
    ];
    for (silence, waited_ms) in silences {
        let deployment = Deployment::new(&[], move |_| silence.clone());
        let answer = deployment.ask_one(Ask::get(LIST));
        assert_eq!((answer.status, answer.at_ms), (200, waited_ms));
        let list = json(&answer);
        assert_eq!((&list["version"], &list["status"]), (&"0.1.125".into(), &false.into()));
        for (later_ms, requests) in [(29_000, 1), (1_000, 2)] {
            deployment.world.pass_ms(later_ms);
            deployment.ask_one(Ask::get(LIST));
            assert_eq!(deployment.world.sent().len(), requests);
        }
    }
}

#[test]
fn other_routes_ask_no_upstream() {
    let none = |variables: &[(&str, &str)], ask: Ask| {
        let off = [("MODELS_LIVE", "off")];
        let variables = [&off[..], variables].concat();
        let deployment = Deployment::new(&variables, |_| Response::refused());
        let answer = deployment.ask_one(ask);
        assert_eq!(deployment.world.sent().len(), 0);
        answer
    };
    let anthropic = |path| Ask::get(path).with("anthropic-version", "2023-06-01");
    let count = Ask { path: "/v1/messages/count_tokens", ..Ask::chat(KINDS[2]) };
    let table = [
        (Ask::get("/"), 200, "\"status\":\"ok\""),
        (Ask::get("/api/v1/models/gpt-4o"), 200, "\"object\":\"model\""),
        (anthropic("/v1/models/gpt-4o"), 200, "\"type\":\"model\""),
        (anthropic("/v1/models?limit=1"), 200, "\"has_more\":true"),
        (anthropic("/v1/models?limit=0"), 400, "\"type\":\"error\""),
        (count, 200, "{\"input_tokens\":"),
        (Ask::get("/api/v1/models/nobody"), 404, "\"code\":\"model_not_found\""),
        (Ask::get("/nowhere"), 404, "\"code\":\"unknown_url\""),
        (anthropic("/nowhere"), 404, "\"type\":\"not_found_error\""),
        (Ask { method: "POST", ..Ask::get(LIST) }, 405, "\"code\":\"method_not_allowed\""),
        (Ask { method: "HEAD", ..Ask::get("/api/v1/models/nobody") }, 404, ""),
        (Ask { method: "OPTIONS", ..Ask::get("/nowhere") }, 204, ""),
        (Ask::chat(KINDS[0]).with("authorization", "Bearer canary-wrong"), 401, "invalid_api_key"),
        (Ask::chat(KINDS[2]).with("x-api-key", "canary-wrong"), 401, "authentication_error"),
    ];
    for (ask, status, part) in table {
        let name = format!("{ask:?}");
        let answer = none(&[OWN], ask);
        assert_eq!(answer.status, status, "{name}");
        assert!(answer.body.contains(part), "{name}: {}", answer.body);
        assert_eq!(answer.body.is_empty(), part.is_empty(), "{name}");
        for header in ["x-request-id", "request-id"] {
            assert_eq!(answer.header(header), Some("stamp-1"), "{name}");
        }
    }
    let answer = none(&[], Ask { method: "DELETE", ..Ask::get(LIST) });
    assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"));
}

#[test]
fn bad_requests_do_not_repeat_what_they_hold() {
    let openai = [
        "canary",
        "{\"messages\": canary}",
        "{\"messages\": \"canary\"}",
        "{\"messages\": [\"canary\"]}",
        "{\"messages\": [{\"role\": \"user\", \"content\": {\"canary\": \"canary\"}}]}",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}], \"stream\": \"canary\"}",
        "{\"messages\": [{\"role\": \"user\", \"content\": [\"canary\"]}]}",
        "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"image_url\": 5}]}]}",
        "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \
         \"image_url\": {\"url\": \"canary\"}}]}]}",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"canary",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"canary\\u12\"}]}",
        "{\"messages\": [], \"canary\": 1}",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"\", \"name\": [\"canary\"]}]}",
    ];
    for kind in KINDS {
        for body in openai {
            let deployment = Deployment::new(&[OWN], |_| Response::refused());
            let answer = deployment.ask_one(Ask { body: body.to_owned(), ..Ask::chat(kind) });
            assert_eq!(answer.status, 400, "{body}: {}", answer.body);
            let message = &json(&answer)["error"]["message"];
            assert!(message.as_str().is_some_and(|text| !text.is_empty()), "{body}");
        }
    }
}

#[test]
fn a_body_over_the_limit_is_refused() {
    for kind in KINDS {
        let deployment = Deployment::new(&[OWN, ("MAX_BODY_BYTES", "1024")], |_| Response::hello());
        let ask = Ask::chat(kind);
        let long = Ask { body: ask.body.replace(CANARY, &CANARY.repeat(200)), ..ask };
        assert_eq!(deployment.ask_one(long).status, 413);
    }
}

#[test]
fn a_bad_configuration_is_named_to_everybody_and_never_shown() {
    // An alias of the catalogue's own checks, and some of the others.
    let bad = [
        ("DEGPT_API_KEY", "canary canary"),
        ("MODEL_ALIASES", "canary"),
        ("MODELS_EXTRA", "canary"),
        ("DEGPT_ORIGINS", "canary"),
    ];
    for variable in bad {
        assert!(NAMES.contains(&variable.0));
        for ask in [Ask::chat(KINDS[0]), Ask::chat(KINDS[3]), Ask::get(LIST)] {
            let deployment = Deployment::new(&[variable], |_| Response::refused());
            let answer = deployment.ask_one(ask);
            assert_eq!((answer.status, answer.header("x-should-retry")), (500, Some("false")));
            assert!(answer.body.contains(variable.0), "{}", answer.body);
            assert_eq!(deployment.world.sent().len(), 0);
        }
    }
}

#[test]
fn a_deployment_without_keys_answers_nobody() {
    for kind in KINDS {
        let deployment = Deployment::new(&[OWN, ("API_KEYS", " ")], |_| Response::hello());
        let answer = deployment.ask_one(Ask::chat(kind));
        let is_openai = kind.0 == OPENAI;
        assert_eq!((answer.status, json(&answer)["type"].is_null()), (401, is_openai));
        assert_eq!(deployment.world.sent().len(), 0);
    }
}
