//! What DeGPT says it offers: what of it is listed, and what can be asked.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what does not fit the test is to end it"
)]

use serde_json::Value;

use super::{
    attempts::OWN,
    deployment::{Answer, Ask, Deployment, KINDS},
    world::{Response, World},
};

const LIST: &str = "/api/v1/models";

/// A world in which `/api/config` is this, after so long.
fn world(config: &str, after_ms: u64) -> World {
    let config = config.to_owned();
    World::new(move |sent| {
        let is_config = sent.url.ends_with("/api/config");
        if is_config {
            Response::says(config.clone()).after_ms(after_ms)
        } else {
            Response::hello()
        }
    })
}

fn offering(models: &str) -> World {
    world(&format!(r#"{{"status":true,"default_models":{}}}"#, Value::from(models)), 0)
}

fn data(answer: &Answer) -> Vec<Value> {
    let list: Value = serde_json::from_str(&answer.body).unwrap();
    list["data"].as_array().unwrap().clone()
}

fn ids(answer: &Answer) -> Vec<String> {
    data(answer).iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect()
}

fn ask(model: &str) -> Ask {
    let mut ask = Ask::chat(KINDS[0]);
    ask.body = ask.body.replace("deepseek-chat", model);
    ask
}

fn configs(world: &World) -> usize {
    world.sent().iter().filter(|sent| sent.url.ends_with("/api/config")).count()
}

#[test]
fn entries_are_marked_and_what_is_new_is_added_at_the_end() {
    let world = offering("gpt-5.1, kimi-k3 ,qwen3-235b-a22b,gpt-4o-mini,kimi-k3,,bad id,x\"y");
    let deployment = Deployment::beside(&world, &[OWN]);
    let answer = deployment.ask_one(Ask::get(LIST));
    let live: Vec<String> = data(&answer)
        .iter()
        .filter(|model| model["live"] == true)
        .map(|model| model["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        live,
        ["qwen3-235b-a22b", "qwen3-235b-a22b-think", "gpt-5.1", "gpt-4o-mini", "kimi-k3"]
    );
    assert_eq!(data(&answer).len(), 26 + 2);
    assert!(data(&answer).iter().all(|model| model["live"].is_boolean()));
    let added = &data(&answer)[27];
    assert_eq!((&added["model"], &added["support"]), (&"kimi-k3".into(), &"text".into()));
    let page = deployment
        .ask_one(Ask::get("/v1/models?limit=100").with("anthropic-version", "2023-06-01"));
    assert_eq!(ids(&page), ids(&answer));
    let one = deployment.ask_one(Ask::get("/v1/models/kimi-k3"));
    let one: Value = serde_json::from_str(&one.body).unwrap();
    assert_eq!(&one, added);
    assert_eq!(configs(&world), 1);
}

#[test]
fn without_a_list_of_texts_nothing_is_said_of_it() {
    let off = [("MODELS_LIVE", "off")];
    let table: [(&str, &[(&str, &str)]); 9] = [
        (r#"{"status":true}"#, &[]),
        (r#"{"default_models":""}"#, &[]),
        (r#"{"default_models":" , ,"}"#, &[]),
        (r#"{"default_models":["gpt-5.1"]}"#, &[]),
        (r#"{"default_models":5}"#, &[]),
        (r#"{"default_models":null}"#, &[]),
        (r#"{"default_models":"<html> x, y z"}"#, &[]),
        ("<html>", &[]),
        (r#"{"default_models":"gpt-5.1,kimi-k3"}"#, &off),
    ];
    for (config, variables) in table {
        let deployment = Deployment::beside(&world(config, 0), &[&[OWN], variables].concat());
        let answer = deployment.ask_one(Ask::get(LIST));
        assert_eq!(data(&answer).len(), 26, "{config}");
        assert!(data(&answer).iter().all(|model| model.get("live").is_none()), "{config}");
        assert_eq!(deployment.ask_one(ask("kimi-k3")).status, 404, "{config}");
    }
}

#[test]
fn a_list_without_end_is_cut() {
    let many: Vec<String> = (0..1_000).map(|number| format!("m-{number}")).collect();
    let world = offering(&format!("{},{}", "x".repeat(81), many.join(",")));
    let deployment = Deployment::beside(&world, &[OWN]);
    let answer = deployment.ask_one(Ask::get(LIST));
    assert_eq!(data(&answer).len(), 26 + 200);
    assert!(!answer.body.contains("xxx"));
}

#[test]
fn what_only_degpt_knows_can_be_asked() {
    for kind in KINDS {
        let world = offering("Kimi-K3,kimi-think");
        let deployment = Deployment::beside(&world, &[OWN]);
        let mut ask = Ask::chat(kind);
        ask.body = ask.body.replace("deepseek-chat", "moonshot/kimi-k3");
        for _ in 0..3 {
            let answer = deployment.ask_one(ask.clone());
            assert_eq!((answer.status, answer.header("x-degpt-model")), (200, Some("Kimi-K3")));
        }
        assert_eq!(configs(&world), 1, "asked once");
        ask.body = ask.body.replace("moonshot/kimi-k3", "kimi-think");
        assert_eq!(deployment.ask_one(ask).header("x-degpt-model"), Some("kimi-think"));
    }
}

#[test]
fn a_chat_with_a_known_name_never_waits_for_it_and_an_unknown_one_not_long() {
    let world = world(r#"{"default_models":"kimi-k3"}"#, 60_000);
    let deployment = Deployment::beside(&world, &[OWN, ("MODEL_ALIASES", "k*=gpt-5.1")]);
    for name in ["gpt-5.1", "auto", "", "kimi-k3"] {
        let answer = deployment.ask_one(ask(name));
        assert_eq!((answer.status, answer.at_ms), (200, 0), "{name}");
    }
    assert_eq!(configs(&world), 0);
    let answer = deployment.ask_one(ask("nobody"));
    assert_eq!((answer.status, answer.at_ms), (404, 2_000));
    // The failure is kept for a while.
    let answer = deployment.ask_one(ask("nobody"));
    assert_eq!((answer.status, answer.at_ms), (404, 2_000));
}

#[test]
fn a_name_that_an_alias_covers_is_degpts_own_model_where_that_is_known() {
    let world = offering("gpt-6,gpt-6-think");
    let deployment = Deployment::beside(&world, &[OWN, ("MODEL_ALIASES", "gpt-6*=gpt-5.1")]);
    assert_eq!(deployment.ask_one(ask("gpt-6")).header("x-degpt-model"), Some("gpt-5.1"));
    deployment.ask_one(Ask::get(LIST));
    assert_eq!(deployment.ask_one(ask("gpt-6")).header("x-degpt-model"), Some("gpt-6"));
    assert_eq!(deployment.ask_one(ask("gpt-6-mini")).header("x-degpt-model"), Some("gpt-5.1"));
}
