//! `GET /health`: whether DeGPT answers, asked by anybody and as often as they like.

use super::{
    deployment::{Ask, Deployment},
    world::{End, Response, Sent},
};

const HEALTH: &str = "/health";
const ABOUT: &str = r#"{"status":true,"name":"DeGPT"}"#;
const TWO: (&str, &str) = ("DEGPT_ORIGINS", "https://a.example,https://b.example");

#[test]
fn degpt_is_asked_once_in_half_a_minute_however_many_ask() {
    for (response, status) in [(Response::says(ABOUT), 200), (Response::status(500), 503)] {
        let response = response.after_ms(100);
        let deployment = Deployment::new(&[], move |_| response.clone());
        for answer in deployment.ask_all(&vec![Ask::get(HEALTH); 100]) {
            assert_eq!(answer.status, status, "{}", answer.body);
        }
        assert_eq!(deployment.world.log(), ["www.degpt.ai/config"]);
        for (later_ms, requests) in [(29_000, 1), (1_000, 2)] {
            deployment.world.pass_ms(later_ms);
            assert_eq!(deployment.ask_one(Ask::get("/v1/health")).status, status);
            assert_eq!(deployment.world.sent().len(), requests);
        }
    }
}

#[test]
fn it_says_what_is_wrong() {
    let table = [
        (Response::refused(), "upstream_unavailable", 0),
        (Response::status(403), "upstream_unavailable", 0),
        (Response::says("<html>canary"), "upstream_garbled", 0),
        (Response::says(r#"{"status":false,"name":"canary"}"#), "upstream_unavailable", 0),
        (Response::says(ABOUT).after_ms(60_000), "upstream_timeout", 2_000),
        (Response::says("").ending(End::Silent), "upstream_timeout", 2_000),
    ];
    for (response, error, waited_ms) in table {
        let deployment = Deployment::new(&[], move |_| response.clone());
        let answer = deployment.ask_one(Ask::get(HEALTH));
        assert_eq!((answer.status, answer.at_ms), (503, waited_ms), "{}", answer.body);
        assert!(answer.body.contains(&format!("\"error\":\"{error}\"")), "{}", answer.body);
        let head = deployment.ask_one(Ask { method: "HEAD", ..Ask::get(HEALTH) });
        assert_eq!((head.status, head.body.as_str()), (503, ""));
    }
}

#[test]
fn one_origin_that_answers_is_enough() {
    let script = |sent: &Sent| {
        if sent.url.contains("a.example") { Response::refused() } else { Response::says(ABOUT) }
    };
    let deployment = Deployment::new(&[TWO], script);
    let answer = deployment.ask_one(Ask::get(HEALTH));
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"status":"ok"}"#));
    let head = deployment.ask_one(Ask { method: "HEAD", ..Ask::get(HEALTH) });
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(deployment.world.log(), ["a.example/config", "b.example/config"]);
}

#[test]
fn a_wrong_configuration_is_named() {
    let deployment = Deployment::new(&[("GATHER_MS", "canary")], |_| Response::refused());
    let answer = deployment.ask_one(Ask::get(HEALTH));
    assert_eq!(answer.status, 500);
    assert!(answer.body.contains("GATHER_MS"), "{}", answer.body);
}

#[test]
fn browsers_and_robots_have_an_answer() {
    let deployment = Deployment::new(&[], |_| Response::refused());
    let icon = deployment.ask_one(Ask::get("/favicon.ico"));
    assert_eq!((icon.status, icon.body.as_str()), (204, ""));
    let robots = deployment.ask_one(Ask::get("/robots.txt"));
    assert_eq!(robots.body, "User-agent: *\nDisallow: /\n");
    assert_eq!(robots.header("content-type"), Some("text/plain"));
    let posted = deployment.ask_one(Ask { method: "POST", ..Ask::get(HEALTH) });
    assert_eq!((posted.status, posted.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
    assert!(deployment.world.sent().is_empty());
}
