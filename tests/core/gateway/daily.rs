//! The daily number of a visitor: asked for before each chat as the web client does, obeyed, and
//! never in the way.

use degpt_edge::error::Error;

use super::{
    attempts::{self, Outcome},
    deployment::{Ask, Deployment, HELLO, KINDS, Wants},
    world::{End, Response, Sent},
};

const ASK: (&str, &str) = ("DEGPT_DAILY", "ask");
const SIGN_IN: &str = "www.degpt.ai/printSignIn";
const COUNT: &str = "www.degpt.ai/refresh canary-1";
const CHAT: &str = "www.degpt.ai/proxy canary-1";
/// The world begins at 12:26:48 UTC.
const LEFT_OF_THE_DAY_S: u64 = 41_592;

fn passed() -> Response {
    Response::says(r#"{"passed": true, "data": [{"passed": true, "num": 1, "message": "ok"}]}"#)
}

fn used_up() -> Response {
    Response::says(
        r#"{"passed": true, "data": [{"passed": false, "num": 3, "message": "canary VIP"}]}"#,
    )
}

fn token() -> Response {
    Response::token("canary-1")
}

/// A deployment as a visitor that counts like this.
fn counting(count: impl Fn() -> Response + 'static) -> Deployment {
    Deployment::new(&[ASK], move |sent| answer(sent, &count))
}

fn answer(sent: &Sent, count: &dyn Fn() -> Response) -> Response {
    match () {
        () if sent.url.ends_with("/printSignIn") => token(),
        () if sent.url.ends_with("/api/v1/conversation/refresh") => count(),
        () => Response::hello(),
    }
}

fn counts(deployment: &Deployment) -> usize {
    deployment.world.log().iter().filter(|name| name.contains("/refresh")).count()
}

#[test]
fn it_is_asked_before_each_chat_as_the_web_client_does() {
    let exchange = [(SIGN_IN, token()), (COUNT, passed()), (CHAT, Response::hello())];
    attempts::check("passes", &[ASK], &exchange, &Outcome::Hello);
    let deployment = counting(passed);
    for _ in 0..2 {
        deployment.ask_one(Ask::chat(KINDS[0]));
    }
    assert_eq!(deployment.world.log(), [SIGN_IN, COUNT, CHAT, COUNT, CHAT]);
    // By the id that DeGPT knows the visitor by, which saves deriving it.
    let body = r#"{"model":"deepseek-chat","equip_id":"canary"}"#;
    assert_eq!(deployment.world.sent()[1].body, body);
}

#[test]
fn a_model_is_counted_by_the_name_that_the_web_client_has_for_it() {
    let deployment = counting(passed);
    let mut ask = Ask::chat(KINDS[0]);
    let picture = r#"[{"type":"image_url","image_url":{"url":"https://a.example/b.png"}}]"#;
    ask.body = ask.body.replace("deepseek-chat", "qwen3-235b-a22b-think");
    ask.body = ask.body.replace(r#""canary prompt""#, picture);
    assert_eq!(deployment.ask_one(ask).status, 200);
    let sent = deployment.world.sent();
    assert!(sent[1].body.contains(r#""model":"qwen3-235b-a22b""#), "{}", sent[1].body);
    assert!(sent[2].body.contains(r#""qvq-max""#), "{}", sent[2].body);
}

#[test]
fn an_id_that_degpt_does_not_repeat_is_left_empty() {
    let deployment = Deployment::new(&[ASK], |sent| {
        let no_id = || Response::says(r#"{"token": "canary-1"}"#);
        if sent.url.ends_with("/printSignIn") { no_id() } else { answer(sent, &passed) }
    });
    assert_eq!(deployment.ask_one(Ask::chat(KINDS[0])).status, 200);
    let body = r#"{"model":"deepseek-chat","equip_id":""}"#;
    assert_eq!(deployment.world.sent()[1].body, body);
}

#[test]
fn a_number_that_is_used_up_is_a_429_until_the_next_day() {
    let error = Error::UsedUp { retry_after_s: LEFT_OF_THE_DAY_S };
    let exchange = [(SIGN_IN, token()), (COUNT, used_up())];
    attempts::check("used up", &[ASK], &exchange, &Outcome::Refused(error));
    let deployment = counting(used_up);
    for (later_ms, retry_after) in [
        (0, "41592"),
        (999, "41592"),
        (41_590_001, "1"),
        // A new day.
        (1_000, "86400"),
    ] {
        deployment.world.pass_ms(later_ms);
        let answer = deployment.ask_one(Ask::chat(KINDS[0]));
        let header = (answer.status, answer.header("retry-after"), answer.header("x-should-retry"));
        assert_eq!(header, (429, Some(retry_after), Some("false")), "{later_ms}");
        assert!(answer.body.contains("in a day are used up"), "{}", answer.body);
    }
}

#[test]
fn if_it_cannot_be_asked_the_chat_goes_on() {
    let failures = [
        Response::status(400),
        Response::status(403),
        Response::status(404),
        Response::status(422),
        Response::status(429),
        Response::status(500),
        Response::refused(),
        Response::says(r#"{"passed": false, "message": "Failed"}"#),
        Response::says("<html>canary"),
        Response::says("[]"),
        Response::says(""),
        Response::says(r#"{"passed": true, "da"#).ending(End::Broken),
        Response::says("x".repeat(20_000)),
    ];
    for failure in failures {
        let name = format!("{failure:?}");
        let exchange = [(SIGN_IN, token()), (COUNT, failure), (CHAT, Response::hello())];
        attempts::check(&name, &[ASK], &exchange, &Outcome::Hello);
    }
}

#[test]
fn it_has_a_short_limit_of_its_own() {
    let slow = [
        passed().after_ms(1_000_000),
        used_up().after_ms(3_001),
        Response::says("").ending(End::Silent),
        (0..9).fold(Response::says("{"), |answer, _| answer.then(900, " ")),
        Response::says("").then(2_000, "{").then(2_000, "}").after_ms(2_000),
    ];
    for (place, count) in slow.into_iter().enumerate() {
        for kind in KINDS {
            let count = count.clone();
            let deployment = counting(move || count.clone());
            let answer = deployment.ask_one(Ask::chat(kind));
            assert_eq!((answer.status, answer.at_ms), (200, 3_000), "{place}");
        }
    }
    // And no more than the answer has.
    let variables = [ASK, ("FIRST_BYTE_TIMEOUT_MS", "2000")];
    let deployment =
        Deployment::new(&variables, |sent| answer(sent, &|| passed().after_ms(1_000_000)));
    let answer = deployment.ask_one(Ask::chat(KINDS[0]));
    assert_eq!((answer.status, answer.at_ms), (504, 2_000));
}

#[test]
fn a_chat_that_is_repeated_is_counted_once() {
    let empty = Response::says("data: [DONE]\n\n");
    let exchange =
        [(SIGN_IN, token()), (COUNT, passed()), (CHAT, empty), (CHAT, Response::hello())];
    attempts::check("once more", &[ASK], &exchange, &Outcome::Hello);
    let two = ("DEGPT_ORIGINS", "https://a.example,https://b.example");
    let exchange = [
        ("a.example/printSignIn", token()),
        ("a.example/refresh canary-1", passed()),
        ("a.example/proxy canary-1", Response::status(500)),
        ("b.example/printSignIn", Response::token("canary-2")),
        ("b.example/proxy canary-2", Response::hello()),
    ];
    attempts::check("next origin", &[ASK, two], &exchange, &Outcome::Hello);
    // A token that was refused counted nothing.
    let exchange = [
        (SIGN_IN, token()),
        (COUNT, Response::status(401)),
        (CHAT, Response::status(401)),
        (SIGN_IN, Response::token("canary-2")),
        ("www.degpt.ai/refresh canary-2", passed()),
        ("www.degpt.ai/proxy canary-2", Response::hello()),
    ];
    attempts::check("refused", &[ASK], &exchange, &Outcome::Hello);
    // One that was refused later did.
    let exchange = [
        (SIGN_IN, token()),
        (COUNT, passed()),
        (CHAT, Response::status(401)),
        (SIGN_IN, Response::token("canary-2")),
        ("www.degpt.ai/proxy canary-2", Response::hello()),
    ];
    attempts::check("refused later", &[ASK], &exchange, &Outcome::Hello);
}

#[test]
fn a_chat_that_is_corrected_is_counted_once() {
    for kind in KINDS {
        let deployment = counting(passed);
        let mut ask = Ask::chat(kind);
        let tool = match kind.0.name {
            "OpenAI" => {
                r#""tool_choice":"required","tools":[{"type":"function","function":{"name":"f"}}],"#
            }
            _ => {
                r#""tool_choice":{"type":"any"},"tools":[{"name":"f","input_schema":{"type":"object"}}],"#
            }
        };
        ask.body.insert_str(1, tool);
        deployment.ask_one(ask);
        assert_eq!(deployment.world.log(), [SIGN_IN, COUNT, CHAT, CHAT], "{kind:?}");
    }
}

#[test]
fn each_choice_is_a_chat() {
    for kind in KINDS.into_iter().filter(|kind| kind.0.name == "OpenAI") {
        let deployment = counting(passed);
        let mut ask = Ask::chat(kind);
        ask.body.insert_str(1, r#""n":3,"#);
        assert_eq!(deployment.ask_one(ask.clone()).status, 200);
        assert_eq!((counts(&deployment), deployment.world.sent().len()), (3, 7), "{kind:?}");
        // They are counted at the same time. One that is refused refuses all.
        let slow = counting(|| used_up().after_ms(500));
        let answer = slow.ask_one(ask);
        assert_eq!((answer.status, answer.at_ms, counts(&slow)), (429, 500, 3), "{kind:?}");
    }
}

#[test]
fn only_a_visitor_is_asked_for_it() {
    let own = [ASK, ("DEGPT_API_KEY", "canary-own")];
    let deployment = Deployment::new(&own, |_| Response::hello());
    deployment.ask_one(Ask::chat(KINDS[0]));
    assert_eq!(deployment.world.log(), ["www.degpt.ai/proxy canary-own"]);
    let guest = [ASK, ("CLIENT_DEGPT_KEYS", "pass")];
    let deployment = Deployment::new(&guest, |_| Response::hello());
    deployment.ask_one(Ask::chat(KINDS[0]).by_guest());
    assert_eq!(counts(&deployment), 0);
    let deployment = Deployment::new(&[("DEGPT_DAILY", "off")], |sent| answer(sent, &used_up));
    assert_eq!(deployment.ask_one(Ask::chat(KINDS[0])).status, 200);
    assert_eq!(counts(&deployment), 0);
}

#[test]
fn a_stream_waits_for_it_and_no_longer() {
    let late = || used_up().after_ms(2_000);
    let variables = [ASK, ("COMMIT_AFTER_MS", "1000")];
    let kind = KINDS[1];
    assert_eq!(kind.1, Wants::Stream);
    let deployment = Deployment::new(&variables, move |sent| answer(sent, &late));
    let streamed = deployment.ask_one(Ask::chat(kind));
    assert_eq!((streamed.status, streamed.at_ms), (200, 1_000));
    assert!(streamed.body.contains("used up") && !streamed.body.contains(HELLO));
}
