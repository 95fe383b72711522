//! Which parameters are named as having no effect, and which need not be: those that
//! ask nothing of the answer, and those with a value that asks for nothing.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use crate::support::{
    apis,
    requests::{Parse, body},
};
use degpt_edge::{notes::Wish, tools};
use serde_json::{Value, json};

fn check(parse: Parse, table: &[(Value, &[&str])]) {
    for (fields, ignored) in table {
        let body = body(fields);
        // The model could think, or not.
        let mut prompt = parse(&body).unwrap();
        prompt.notes.settle(&[Wish::On, Wish::Off, Wish::Effort, Wish::NoEffort], true);
        assert_eq!(prompt.notes.ignored(), *ignored, "{fields}");
    }
}

#[test]
fn openais_parameters_without_effect_are_named() {
    let picture = |detail: &str| {
        let url = json!({"url": "https://a.example/p", "detail": detail});
        json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": url}]}]})
    };
    let named = |role: &str, name: Value| json!({"messages": [{"role": role, "content": "Hi", "name": name}]});
    let table: [(Value, &[&str]); 35] = [
        (json!({"temperature": 1}), &["temperature"]),
        (json!({"top_p": 1}), &["top_p"]),
        (json!({"top_k": 1}), &["top_k"]),
        (json!({"min_p": 1}), &["min_p"]),
        (json!({"seed": 1}), &["seed"]),
        (json!({"frequency_penalty": 0}), &["frequency_penalty"]),
        (json!({"presence_penalty": 0}), &["presence_penalty"]),
        (json!({"repetition_penalty": 1}), &["repetition_penalty"]),
        (json!({"logit_bias": {}}), &["logit_bias"]),
        (json!({"verbosity": "low"}), &["verbosity"]),
        (json!({"prediction": {"type": "content", "content": "x"}}), &["prediction"]),
        (
            json!({"web_search_options": {"user_location": {}}}),
            &["web_search_options.user_location"],
        ),
        (json!({"moderation": {"model": "x"}}), &["moderation"]),
        (json!({"store": true}), &["store"]),
        (json!({"service_tier": "priority"}), &["service_tier"]),
        (json!({"service_tier": "flex"}), &["service_tier"]),
        (json!({"thinking": {"type": "enabled", "budget_tokens": 9}}), &["thinking.budget_tokens"]),
        (json!({"enable_thinking": true, "thinking_budget": 9}), &["thinking_budget"]),
        (picture("low"), &["messages[].content[].image_url.detail"]),
        (picture("high"), &["messages[].content[].image_url.detail"]),
        (named("user", json!("ann")), &["messages[].name"]),
        (named("system", json!("ann")), &["messages[].name"]),
        (named("assistant", json!("ann")), &["messages[].name"]),
        // Nothing that the answer could show.
        (named("tool", json!("weather")), &[]),
        (named("function", json!("weather")), &[]),
        (named("user", Value::Null), &[]),
        (picture("auto"), &[]),
        (json!({"store": false, "service_tier": "auto"}), &[]),
        (json!({"service_tier": "default"}), &[]),
        (json!({"user": "u", "safety_identifier": "s", "metadata": {"a": "b"}}), &[]),
        (json!({"prompt_cache_key": "k", "prompt_cache_retention": "24h"}), &[]),
        (json!({"stream": true, "stream_options": {"include_obfuscation": false}}), &[]),
        (json!({"reasoning_effort": "low", "parallel_tool_calls": true}), &[]),
        (json!({"temperature": null, "store": null, "service_tier": null}), &[]),
        (json!({"max_tokens": 9, "max_completion_tokens": 9, "stop": "x", "n": 1}), &[]),
    ];
    check(apis::openai, &table);
}

#[test]
fn anthropics_parameters_without_effect_are_named() {
    let edits = json!({"edits": [{"type": "clear_thinking_20251015"}]});
    let server = json!([{"type": "url", "url": "https://a.example", "name": "s"}]);
    let table: [(Value, &[&str]); 25] = [
        (json!({"thinking": {"type": "between_tools"}}), &["thinking"]),
        (json!({"temperature": 1}), &["temperature"]),
        (json!({"top_p": 1}), &["top_p"]),
        (json!({"top_k": 1}), &["top_k"]),
        (json!({"mcp_servers": server}), &["mcp_servers"]),
        (json!({"mcp_servers": []}), &[]),
        (json!({"container": "c"}), &["container"]),
        (json!({"context_management": edits}), &["context_management"]),
        (json!({"compaction": {"type": "summarize"}}), &["compaction"]),
        (json!({"fallbacks": "default"}), &["fallbacks"]),
        (json!({"inference_geo": "us"}), &["inference_geo"]),
        (json!({"speed": "fast"}), &["speed"]),
        (json!({"output_config": {"effort": "low"}}), &["output_config.effort"]),
        (
            json!({"output_config": {"task_budget": {"type": "tokens", "total": 9}}}),
            &["output_config.task_budget"],
        ),
        (
            json!({"thinking": {"type": "enabled", "budget_tokens": 1024}}),
            &["thinking.budget_tokens"],
        ),
        (json!({"thinking": {"type": "adaptive", "display": "full"}}), &["thinking.display"]),
        // Nothing that the answer could show.
        (json!({"thinking": {"type": "adaptive", "display": "summarized"}}), &[]),
        (json!({"thinking": {"type": "adaptive"}}), &[]),
        (json!({"thinking": {"type": "disabled"}}), &[]),
        (json!({"service_tier": "auto", "speed": "standard"}), &[]),
        (json!({"service_tier": "standard_only"}), &[]),
        (json!({"metadata": {"user_id": "u"}, "cache_control": {"type": "ephemeral"}}), &[]),
        (json!({"diagnostics": {"previous_message_id": "m"}, "user_profile_id": "u"}), &[]),
        (json!({"mcp_servers": null, "context_management": null, "speed": null}), &[]),
        (json!({"max_tokens": 9, "stop_sequences": ["x"], "stream": true}), &[]),
    ];
    check(apis::anthropic, &table);
}

#[test]
fn an_instruction_for_one_turn_is_gone_after_it() {
    let system =
        |clear_at: Value| json!({"role": "system", "content": "Be brief.", "clear_at": clear_at});
    let user = |text: &str| json!({"role": "user", "content": text});
    let said = |messages: Value| {
        let body = body(&json!({"messages": messages}));
        let prompt = apis::anthropic(&body).unwrap();
        assert!(prompt.notes.ignored().is_empty());
        prompt.turns.len()
    };
    let once = system(json!("next_user_message"));
    assert_eq!(said(json!([user("A"), once])), 2);
    let answer = json!({"role": "assistant", "content": "B"});
    assert_eq!(said(json!([user("A"), once, answer])), 3);
    assert_eq!(said(json!([user("A"), once, answer, user("C")])), 3);
    assert_eq!(said(json!([user("A"), system(json!("never")), answer, user("C")])), 4);
    assert_eq!(said(json!([user("A"), system(Value::Null), answer, user("C")])), 4);
}

#[test]
fn what_a_schema_is_for_is_told() {
    let format = json!({"type": "json_schema", "json_schema":
        {"name": "w", "description": "The \"weather\".", "schema": {"type": "object"}}});
    let body = body(&json!({"response_format": format}));
    let mut prompt = apis::openai(&body).unwrap();
    tools::instruct(&mut prompt);
    let told = format!("{:?}", prompt.turns.first().unwrap());
    assert!(told.replace('\\', "").contains("The \"weather\"."), "{told}");
}
