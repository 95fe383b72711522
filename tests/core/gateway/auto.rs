//! Requests that leave a choice of models: which of them are asked, in which order, for how
//! long, and what the client and other requests learn of it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what does not fit the test is to end it"
)]

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use degpt_edge::error::Error;
use proptest::{collection::vec, prelude::*};

use super::{
    attempts::OWN,
    deployment::{Answer, Ask, Deployment, HELLO, KINDS, Wants, stamp},
    world::{End, Response, World},
};

/// The models that `auto` stands for if the deployment does not say.
const CHAT: &str = "deepseek-chat";
const DOUBAO: &str = "doubao-seed-1-6-250615";
const QWEN: &str = "qwen3-max-preview";
const GPT: &str = "gpt-5.1";
const ALL: [&str; 4] = [CHAT, DOUBAO, QWEN, GPT];

const SENTENCE: &str = "data: {\"choices\": [{\"delta\": {\"content\": \
    \"Sorry, you don't have sufficient access rights at the moment.\"}}]}\n\ndata: [DONE]\n\n";

/// Variables of a deployment.
type Variables = &'static [(&'static str, &'static str)];

fn declined() -> Response {
    Response::says(SENTENCE)
}

/// A world in which these models do this, and all others answer.
fn world(models: &[(&'static str, Response)]) -> World {
    let models: HashMap<_, _> = models.iter().cloned().collect();
    World::new(move |sent| {
        let body: serde_json::Value = serde_json::from_str(&sent.body).unwrap_or_default();
        let model = body["model"].as_str().unwrap_or_default();
        models.get(model).cloned().unwrap_or_else(Response::hello)
    })
}

/// The models that were asked since the last `taken` requests, each once for a row of attempts.
fn asked(world: &World, taken: usize) -> Vec<String> {
    let mut names = Vec::new();
    for sent in world.sent().iter().skip(taken) {
        let body: serde_json::Value = serde_json::from_str(&sent.body).unwrap();
        names.push(body["model"].as_str().unwrap().to_owned());
    }
    names.dedup();
    names
}

fn ask(kind: (&'static degpt_edge::dialect::Api, Wants), model: &str) -> Ask {
    let mut ask = Ask::chat(kind);
    ask.body = ask.body.replace(CHAT, model);
    ask
}

fn assert_hello(answer: &Answer, model: &str, attempts: Option<&str>) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("Hello"), "{}", answer.body);
    assert!(answer.body.contains(&format!("\"model\":\"{model}\"")), "{}", answer.body);
    assert_eq!(answer.header("x-degpt-model"), Some(model));
    assert_eq!(answer.header("x-degpt-attempts"), attempts);
}

#[test]
fn the_third_answers_if_two_are_down_and_the_next_request_does_not_ask_those() {
    let failures = [
        declined(),
        Response::says("data: [DONE]\n\n"),
        Response::says(""),
        Response::says("data: canary\n\n"),
        Response::says("data: {\"error\": \"canary\"}\n\n"),
        Response::status(403),
        Response::status(404),
        Response::status(429),
        Response::status(500),
    ];
    for kind in KINDS {
        for failure in &failures {
            let world = world(&[(CHAT, failure.clone()), (DOUBAO, failure.clone())]);
            let deployment = Deployment::beside(&world, &[OWN]);
            assert_hello(&deployment.ask_one(ask(kind, "auto")), QWEN, Some("3"));
            assert_eq!(asked(&world, 0), [CHAT, DOUBAO, QWEN], "{failure:?}");
            let taken = world.sent().len();
            assert_hello(&deployment.ask_one(ask(kind, "")), QWEN, Some("1"));
            assert_eq!(asked(&world, taken), [QWEN], "{failure:?}");
            // They rest for five minutes.
            world.pass_ms(299_000);
            let taken = world.sent().len();
            deployment.ask_one(ask(kind, "auto"));
            assert_eq!(asked(&world, taken), [QWEN]);
            world.pass_ms(1_001);
            let taken = world.sent().len();
            deployment.ask_one(ask(kind, "auto"));
            assert_eq!(asked(&world, taken)[0], CHAT);
            assert_eq!(deployment.bytes_in_flight(), 0);
        }
    }
}

#[test]
fn a_model_rests_as_long_as_degpt_says() {
    for kind in KINDS {
        let limited = Response { retry_after: Some("17"), ..Response::status(429) };
        let world = world(&[(CHAT, limited)]);
        let deployment = Deployment::beside(&world, &[OWN]);
        for (later_ms, models) in
            [(0, vec![CHAT, DOUBAO]), (16_900, vec![DOUBAO]), (101, vec![CHAT, DOUBAO])]
        {
            world.pass_ms(later_ms);
            let taken = world.sent().len();
            assert_eq!(deployment.ask_one(ask(kind, "auto")).status, 200);
            assert_eq!(asked(&world, taken), models, "{later_ms}");
        }
    }
}

#[test]
fn what_is_the_requests_fault_or_the_credentials_is_not_asked_of_others() {
    let too_long = "data: {\"error\": {\"code\": \"context_length_exceeded\"}}\n\n";
    let table = [
        (Response::status(400), Error::UpstreamRejects),
        (Response::status(422), Error::UpstreamRejects),
        (Response::status(413), Error::UpstreamTooLarge),
        (Response::status(401), Error::DeploymentKeyRefused),
        (Response::status(302), Error::Unavailable),
        (Response::refused(), Error::Unavailable),
        (Response::says(too_long), Error::PromptTooLong),
    ];
    for kind in KINDS {
        for (failure, error) in &table {
            let world = world(&[(CHAT, failure.clone())]);
            let deployment = Deployment::beside(&world, &[OWN]);
            for _ in 0..2 {
                let taken = world.sent().len();
                let answer = deployment.ask_one(ask(kind, "auto"));
                assert_eq!(answer.body, kind.0.error_body(error, &stamp().id));
                assert_eq!(asked(&world, taken), [CHAT]);
            }
            assert!(world.kept().is_empty());
        }
    }
}

#[test]
fn an_answer_that_breaks_after_its_first_word_is_not_begun_by_another() {
    for kind in KINDS {
        let world = world(&[(CHAT, Response::says(HELLO))]);
        let deployment = Deployment::beside(&world, &[OWN]);
        deployment.ask_one(ask(kind, "auto"));
        assert_eq!(asked(&world, 0), [CHAT]);
    }
}

#[test]
fn a_model_asked_by_name_is_not_swapped_and_pays_nothing() {
    for kind in KINDS {
        let world = world(&[(CHAT, declined())]);
        let deployment = Deployment::beside(&world, &[OWN]);
        for _ in 0..2 {
            let answer = deployment.ask_one(ask(kind, CHAT));
            assert_eq!(answer.body, kind.0.error_body(&Error::Declined, &stamp().id));
            assert_eq!(answer.header("x-degpt-attempts"), None);
        }
        assert_eq!(asked(&world, 0), [CHAT]);
        assert_eq!(world.recalled(), 0);
        assert!(world.kept().is_empty());
    }
}

#[test]
fn fallbacks_answer_in_place_of_a_model_that_is_named() {
    let fallbacks = "gpt-5*=o3; gpt-5 = deepseek-chat , qwen3-235b-a22b;claude*=gpt-5.1";
    let sonnet = "claude-sonnet-4-5-20250929";
    for kind in KINDS {
        let table = [
            ("gpt-5", vec!["gpt-5", CHAT, "qwen3-235b-a22b"]),
            ("openai/GPT-5-latest", vec!["gpt-5", CHAT, "qwen3-235b-a22b"]),
            ("gpt-5.2", vec!["gpt-5.2", "o3"]),
            (sonnet, vec![sonnet, GPT]),
        ];
        for (name, models) in table {
            let (last, failing) = models.split_last().unwrap();
            let failing: Vec<_> = failing.iter().map(|model| (*model, declined())).collect();
            let world = world(&failing);
            let deployment = Deployment::beside(&world, &[OWN, ("MODEL_FALLBACKS", fallbacks)]);
            let answer = deployment.ask_one(ask(kind, name));
            assert_hello(&answer, last, Some(&models.len().to_string()));
            assert_eq!(asked(&world, 0), models);
            let taken = world.sent().len();
            deployment.ask_one(ask(kind, name));
            assert_eq!(asked(&world, taken), [*last]);
        }
        let world = world(&[("o3", declined())]);
        let deployment = Deployment::beside(&world, &[OWN, ("MODEL_FALLBACKS", fallbacks)]);
        assert_eq!(deployment.ask_one(ask(kind, "o3")).status, 502);
    }
}

#[test]
fn if_none_answers_the_error_says_so_and_none_rests() {
    let limited = Response { retry_after: Some("7"), ..Response::status(429) };
    for kind in KINDS {
        let declined_all = ALL.map(|model| (model, declined()));
        let mut one_limited = declined_all.clone();
        one_limited[2].1 = limited.clone();
        for (models, error, wait) in [
            (declined_all, Error::Declined, None),
            (one_limited, Error::RateLimited { retry_after: Some("7".to_owned()) }, Some("7")),
            (ALL.map(|model| (model, Response::status(503))), Error::Unavailable, None),
            (ALL.map(|model| (model, Response::status(404))), Error::UpstreamLacks, None),
        ] {
            let world = world(&models);
            let deployment = Deployment::beside(&world, &[OWN]);
            for _ in 0..2 {
                let taken = world.sent().len();
                let answer = deployment.ask_one(ask(kind, "auto"));
                let error = Error::NoneAnswers { asked: 4, first: Box::new(error.clone()) };
                assert_eq!(answer.body, kind.0.error_body(&error, &stamp().id));
                assert_eq!(answer.status, error.facts().status);
                assert_eq!(answer.header("retry-after"), wait);
                assert_eq!(asked(&world, taken), ALL);
            }
            assert!(world.kept().is_empty(), "what all refuse is the request's fault");
        }
    }
}

#[test]
fn if_all_rest_the_one_that_rests_the_shortest_is_asked_first() {
    let kind = KINDS[0];
    let down = std::rc::Rc::new(std::cell::RefCell::new(vec![CHAT]));
    let world = {
        let down = std::rc::Rc::clone(&down);
        World::new(move |sent| {
            let is_down =
                down.borrow().iter().any(|model| sent.body.contains(&format!("\"{model}\"")));
            if is_down { declined() } else { Response::hello() }
        })
    };
    let variables = [OWN, ("AUTO_MODELS", "deepseek-chat,gpt-5.1")];
    let deployment = Deployment::beside(&world, &variables);
    deployment.ask_one(ask(kind, "auto"));
    world.pass_ms(10_000);
    *down.borrow_mut() = vec![GPT];
    // One rests, the other fails: the first is asked although it rests, and does not rest then.
    let taken = world.sent().len();
    assert_hello(&deployment.ask_one(ask(kind, "auto")), CHAT, Some("2"));
    assert_eq!(asked(&world, taken), [GPT, CHAT]);
    let taken = world.sent().len();
    assert_hello(&deployment.ask_one(ask(kind, "auto")), CHAT, Some("1"));
    assert_eq!(asked(&world, taken), [CHAT]);
}

#[test]
fn isolates_tell_each_other_and_seldom_look() {
    for kind in KINDS {
        let world = world(&[(CHAT, declined())]);
        let [one, other] = [(); 2].map(|()| Deployment::beside(&world, &[OWN]));
        other.ask_one(ask(kind, GPT));
        one.ask_one(ask(kind, "auto"));
        let taken = world.sent().len();
        for _ in 0..5 {
            assert_hello(&other.ask_one(ask(kind, "auto")), DOUBAO, Some("1"));
        }
        assert_eq!(asked(&world, taken), [DOUBAO]);
        assert_eq!(world.recalled(), 2, "one look of each");
        world.pass_ms(10_000);
        other.ask_one(ask(kind, "auto"));
        assert_eq!(world.recalled(), 3);
    }
}

#[test]
fn a_guest_teaches_nobody_and_does_not_ask_all_models_with_a_bad_key() {
    let variables = [OWN, ("CLIENT_DEGPT_KEYS", "pass")];
    for kind in KINDS {
        let declining = world(&[(CHAT, declined())]);
        let deployment = Deployment::beside(&declining, &variables);
        assert_hello(&deployment.ask_one(ask(kind, "auto").by_guest()), DOUBAO, Some("2"));
        assert!(declining.kept().is_empty());
        let taken = declining.sent().len();
        deployment.ask_one(ask(kind, "auto"));
        assert_eq!(asked(&declining, taken), [CHAT, DOUBAO]);

        let failing = world(&ALL.map(|model| (model, Response::status(500))));
        let deployment = Deployment::beside(&failing, &variables);
        assert_eq!(deployment.ask_one(ask(kind, "auto").by_guest()).status, 502);
        assert_eq!(failing.sent().len(), 1);
    }
}

#[test]
fn pictures_choose_among_those_that_take_them() {
    let picture = r#"[{"type":"text","text":"canary"},{"type":"image_url","image_url":{"url":"https://a.example/canary.png"}}]"#;
    let mut ask = ask(KINDS[0], "auto");
    ask.body = ask.body.replace("\"canary prompt\"", picture);
    let table: [(Variables, &[&str]); 4] = [
        (&[], &[DOUBAO, "qvq-max", GPT]),
        (&[("VISION_MODEL", "gpt-5.1")], &[GPT, DOUBAO, "qvq-max"]),
        (&[("VISION_MODEL", "off")], &[DOUBAO, "qvq-max", GPT]),
        (&[("AUTO_MODELS", "off")], &[DOUBAO]),
    ];
    for (variables, models) in table {
        let world = world(&[DOUBAO, "qvq-max", GPT].map(|model| (model, declined())));
        let deployment = Deployment::beside(&world, &[&[OWN], variables].concat());
        assert_eq!(deployment.ask_one(ask.clone()).status, 502);
        assert_eq!(asked(&world, 0), models, "{variables:?}");
    }
}

#[test]
fn the_default_model_leads_the_list() {
    let table: [(Variables, &[&str]); 5] = [
        (&[], &ALL),
        (&[("DEFAULT_MODEL", "gpt-5.1")], &[GPT, CHAT, DOUBAO, QWEN]),
        (&[("AUTO_MODELS", "gpt-5.1, o3")], &[GPT, "o3"]),
        (&[("DEFAULT_MODEL", "gpt-5.2"), ("AUTO_MODELS", "off")], &["gpt-5.2"]),
        (&[("AUTO_MODELS", "off")], &[CHAT]),
    ];
    for (variables, models) in table {
        let world = World::new(|_| declined());
        let deployment = Deployment::beside(&world, &[&[OWN], variables].concat());
        deployment.ask_one(ask(KINDS[0], "auto"));
        assert_eq!(asked(&world, 0), models, "{variables:?}");
    }
}

#[test]
fn a_silent_model_leaves_time_for_the_next() {
    let silences = [
        Response::hello().after_ms(500_000),
        Response::says("").ending(End::Silent),
        Response::says(": canary\n\n").ending(End::Silent),
    ];
    for kind in KINDS {
        for silence in &silences {
            let both = world(&[(CHAT, silence.clone()), (DOUBAO, silence.clone())]);
            let deployment = Deployment::beside(&both, &[OWN]);
            let answer = deployment.ask_one(ask(kind, "auto"));
            assert!(answer.body.contains("Hello") && answer.body.contains(QWEN), "{}", answer.body);
            // Half of what is left, each time; a timer may be a second late.
            let times: Vec<u64> = both.sent().iter().map(|sent| sent.at_ms).collect();
            assert_eq!(times.len(), 3, "{times:?}");
            assert!((60_000..=61_000).contains(&times[1]), "{times:?}");
            assert!((90_000..=93_000).contains(&times[2]), "{times:?}");

            let all = world(&ALL.map(|model| (model, silence.clone())));
            let deployment = Deployment::beside(&all, &[OWN]);
            let answer = deployment.ask_one(ask(kind, "auto"));
            let over_ms = all.since_start_ms();
            assert!((119_000..=121_000).contains(&over_ms), "{over_ms}");
            let error = Error::NoneAnswers { asked: 4, first: Box::new(Error::Timeout) };
            assert!(answer.body.contains(&error.message()), "{}", answer.body);
            assert_eq!(asked(&all, 0), ALL);
        }
    }
}

#[test]
fn headers_that_go_out_early_name_no_model_and_the_answer_does() {
    for kind in KINDS.into_iter().filter(|kind| kind.1 == Wants::Stream) {
        let world = world(&[(CHAT, Response::status(500).after_ms(26_000))]);
        let deployment = Deployment::beside(&world, &[OWN]);
        let answer = deployment.ask_one(ask(kind, "auto"));
        assert_eq!((answer.status, answer.at_ms), (200, 10_000));
        assert_eq!(answer.header("x-degpt-model"), None);
        assert_eq!(answer.header("x-degpt-attempts"), None);
        assert!(answer.body.starts_with(": keep-alive\n\n: keep-alive\n\n"), "{}", answer.body);
        assert!(answer.body.contains("Hello") && !answer.body.contains(CHAT), "{}", answer.body);
        assert!(answer.body.contains(&format!("\"model\":\"{DOUBAO}\"")), "{}", answer.body);
    }
}

#[test]
fn all_choices_of_an_answer_are_of_one_model() {
    for wants in [Wants::Whole, Wants::Stream] {
        let mut ask = ask((KINDS[0].0, wants), "auto");
        ask.body = ask.body.replacen('{', "{\"n\":3,", 1);
        let down = world(&[(CHAT, declined())]);
        let deployment = Deployment::beside(&down, &[OWN]);
        assert_hello(&deployment.ask_one(ask.clone()), DOUBAO, Some("2"));
        let answer = deployment.ask_one(ask.clone());
        assert_hello(&answer, DOUBAO, Some("1"));
        assert_eq!(answer.body.matches("Hello").count(), 3);
        assert_eq!(deployment.bytes_in_flight(), 0);

        // One choice fails, the others flow: no second model joins in.
        let count = std::cell::Cell::new(0);
        let one = World::new(move |_| {
            count.set(count.get() + 1);
            if count.get() == 1 || count.get() > 3 {
                Response::status(404)
            } else {
                Response::hello().then(5, "")
            }
        });
        let deployment = Deployment::beside(&one, &[OWN]);
        deployment.ask_one(ask);
        if wants == Wants::Stream {
            assert_eq!(asked(&one, 0), [CHAT]);
        }
    }
}

#[test]
fn tools_asked_again_are_asked_of_the_model_that_answered() {
    let tools =
        r#"{"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required","#;
    for wants in [Wants::Whole, Wants::Stream] {
        let mut ask = ask((KINDS[0].0, wants), "auto");
        ask.body = ask.body.replacen('{', tools, 1);
        let world = world(&[(CHAT, declined())]);
        let deployment = Deployment::beside(&world, &[OWN]);
        let answer = deployment.ask_one(ask);
        assert_hello(&answer, DOUBAO, Some("2"));
        let sent = world.sent();
        let doubao = sent.iter().filter(|sent| sent.body.contains(DOUBAO));
        assert_eq!(doubao.count(), 2, "once, and once more for the call");
    }
}

#[test]
fn a_model_that_cannot_take_the_request_is_passed_over() {
    // Only DeepSeek goes on from an assistant's turn.
    let messages = r#""messages":[{"role":"user","content":"canary"},{"role":"assistant","content":"canary"}]"#;
    let mut ask = ask(KINDS[0], "auto");
    let start = ask.body.find("\"messages\"").unwrap();
    ask.body.truncate(start);
    ask.body += "\"continue_final_message\":true,";
    ask.body += messages;
    ask.body += "}";
    let variables = [OWN, ("AUTO_MODELS", "gpt-5.1,deepseek-chat")];
    let world = world(&[]);
    let deployment = Deployment::beside(&world, &variables);
    let answer = deployment.ask_one(ask);
    assert_eq!(answer.status, 200, "{}", answer.body);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_model_that_works_answers_whatever_the_others_do(
        requests in vec((vec(0..8_usize, 4), 0..400_000_u64, 0..4_usize), 1..8),
    ) {
        let states = Rc::new(RefCell::new(vec![0; 4]));
        let world = {
            let states = Rc::clone(&states);
            World::new(move |sent| {
                let place = ALL.iter().position(|model| sent.body.contains(&format!("\"{model}\"")));
                match states.borrow()[place.unwrap()] {
                    0..=2 => Response::hello(),
                    3 => declined(),
                    4 => Response::status(404),
                    5 => Response { retry_after: Some("40"), ..Response::status(429) },
                    6 => Response::says("").ending(End::Broken),
                    _ => Response::status(503),
                }
            })
        };
        let deployment = Deployment::beside(&world, &[OWN]);
        for (now, later_ms, kind) in requests {
            let works: Vec<&str> =
                ALL.into_iter().zip(&now).filter(|(_, state)| **state <= 2).map(|(model, _)| model).collect();
            *states.borrow_mut() = now;
            let taken = world.sent().len();
            let answer = deployment.ask_one(ask(KINDS[kind], "auto"));
            let asked = asked(&world, taken);
            prop_assert_eq!(answer.status == 200, !works.is_empty());
            let (last, before) = asked.split_last().unwrap();
            prop_assert_eq!(works.contains(&last.as_str()), !works.is_empty());
            prop_assert!(before.iter().all(|model| !works.contains(&model.as_str())));
            let mut once = asked.clone();
            once.sort();
            once.dedup();
            prop_assert_eq!(once.len(), asked.len(), "none is asked twice");
            prop_assert_eq!(deployment.bytes_in_flight(), 0);
            world.pass_ms(later_ms);
        }
    }
}
