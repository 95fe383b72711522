//! Deployments of any configuration: a bad one is an error by name, and a good one
//! answers with headers that any runtime takes.
#![expect(clippy::unwrap_used, reason = "what does not fit the test is to end it")]

use std::collections::BTreeMap;

use degpt_edge::config::{Config, NAMES, Value};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};

use super::{
    deployment::{Answer, Ask, Deployment, KINDS},
    world::{Response, World},
};

/// What people mean by a variable. It is cut and mixed with what nobody means.
fn meant(name: &str) -> &'static [&'static str] {
    match name {
        "API_KEYS" => &[
            "canary-key",
            "canary-key, another-key-of-twenty-characters",
            "alice=canary-key, bob=another-key-of-twenty-characters",
            "degpt-0123456789abcdef",
        ],
        "DEGPT_API_KEY" => &["canary-own", "degpt-canary-0123456789, canary-own"],
        "DEGPT_VISITOR_ID" => &["canary-own", "degpt-canary-0123456789"],
        "DEGPT_DAILY" => &["ask", "off"],
        "DEGPT_ORIGINS" => &["https://a.example, https://b.example:8443/", "http://[::1]:8787"],
        "DOCUMENT_MODEL" => &["claude-sonnet-4-5-20250929", "off"],
        "DEFAULT_MODEL" | "VISION_MODEL" => &["deepseek-chat", "doubao-seed-1-6-250615", "off"],
        "AUTO_MODELS" => &["gpt-5.1,deepseek-chat, house", "off", "doubao-seed-1-6-250615"],
        "MODEL_FALLBACKS" => &["gpt-5=deepseek-chat,o3; *=gpt-5.1", "house=o3"],
        "MODELS_LIVE" | "WEB_SEARCH" => &["on", "off"],
        "MODEL_ALIASES" => &["gpt*=deepseek-chat, house=o3", "claude*=deepseek-chat"],
        "MODELS_EXTRA" => &[
            r#"[{"id":"house","text_model":"deepseek-chat","image_model":"a-picture","images":"openai"}]"#,
            r#"[{"id":"deepseek-chat"},{"id":"doubao-seed-1-6-250615","images":"anthropic"}]"#,
        ],
        "KEY_POLICIES" => &[
            r#"{"alice":{"requests_per_minute":2},"*":{"models":["gpt-*"],"max_tokens":5}}"#,
            r#"{"*":{"tokens_per_minute":2000,"concurrent":1,"expires":"2030-01-01"}}"#,
        ],
        "LEDGER_FAILS" => &["open", "closed"],
        "RESERVE_TOKENS" => &["1000"],
        "CORS_ORIGINS" => &["*", "https://chat.example, app://obsidian.md"],
        "CLIENT_DEGPT_KEYS" => &["off", "pass"],
        "LOG_PANICS" => &["place", "full"],
        "LOG_REQUESTS" => &["all", "errors", "off"],
        "GATHER_MS" => &["0", "40", "250"],
        _ => &["5000", "20971520"],
    }
}

const NOT_MEANT: [&str; 14] = [
    "\n",
    "\r\nx-more: 1",
    "\0",
    "\t",
    " ",
    "\u{7f}",
    "ÿ",
    "模型",
    "\\n",
    "\\u0000",
    "\"",
    "[]",
    "null",
    ",",
];

fn variable() -> impl Strategy<Value = (&'static str, Value)> {
    // The models twice: theirs are the names that become headers.
    let name = prop_oneof![3 => select(&NAMES[..]), 1 => Just("MODELS_EXTRA")];
    name.prop_flat_map(|name| {
        let good = || select(meant(name)).prop_map(str::to_owned);
        let mixed = (good(), any::<Index>(), select(&NOT_MEANT[..]));
        let mixed = mixed.prop_map(|(meant, place, other)| {
            let (head, tail) = meant.split_at(place.index(meant.len() + 1));
            format!("{head}{other}{tail}")
        });
        let text = prop_oneof![3 => good(), 6 => mixed, 1 => "\\PC{0,12}"];
        (Just(name), text, 0..6).prop_map(|(name, text, kind)| {
            let value = match kind {
                0 => Value::Json(text),
                1 => Value::Json(format!("[{text:?}]")),
                _ => Value::Text(text),
            };
            (name, value)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_configuration_is_refused_by_name_or_answers(variables in vec(variable(), 0..3)) {
        let key = ("API_KEYS", Value::Text("canary-key".to_owned()));
        let variables: BTreeMap<_, _> = [key].into_iter().chain(variables).collect();
        let config = Config::from_values(&|name| variables.get(name).cloned());
        let is_good = config.is_ok();
        let world = World::new(|sent| {
            let is_sign_in = sent.url.contains("printSignIn");
            if is_sign_in { Response::token("canary-1") } else { Response::hello() }
        });
        let deployment = Deployment::of(&world, config);
        let mut asks = vec![Ask::get("/v1/models"), Ask::get("/v1/nothing").with("origin", "app://obsidian.md")];
        for kind in KINDS {
            for model in ["auto", "house", "gpt-x", "doubao-seed-1-6-250615"] {
                let mut ask = Ask::chat(kind);
                ask.body = ask.body.replace("deepseek-chat", model);
                asks.push(ask);
            }
        }
        for answer in deployment.ask_all(&asks) {
            check(&answer, is_good);
        }
    }
}

fn check(answer: &Answer, is_good: bool) {
    for (name, value) in &answer.headers {
        let is_sound = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        assert!(is_sound, "{name}: {value:?}");
    }
    if !is_good && answer.status != 404 {
        assert_eq!(answer.status, 500);
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        let message = body.pointer("/error/message").unwrap().as_str().unwrap();
        assert!(NAMES.iter().any(|name| message.contains(name)), "{message}");
    }
}
