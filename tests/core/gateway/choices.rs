//! Several choices of one request: what each asks of DeGPT, what they hold, and how one of them
//! ends the others.

use crate::support::apis::OPENAI;

use super::{
    attempts::OWN,
    deployment::{Ask, Deployment, HELLO, Wants},
    world::{End, Response, Sent},
};

const WANTS: [Wants; 2] = [Wants::Whole, Wants::Stream];

fn ask(choices: u32, wants: Wants) -> Ask {
    let mut ask = Ask::chat((OPENAI, wants));
    ask.body = ask.body.replacen('{', &format!(r#"{{"n":{choices},"#), 1);
    ask
}

/// Answers the requests in turn with `responses`, and then with the last of them.
fn in_turn(responses: Vec<Response>) -> impl FnMut(&Sent) -> Response + 'static {
    let mut next = 0;
    move |_| {
        next += 1;
        responses.iter().take(next).next_back().cloned().unwrap_or_else(Response::hello)
    }
}

#[test]
fn one_that_fails_before_its_first_word_is_retried_alone() {
    for wants in WANTS {
        let script = in_turn(vec![Response::says("data: [DONE]\n\n"), Response::hello()]);
        let deployment = Deployment::new(&[OWN], script);
        let answer = deployment.ask_one(ask(3, wants));
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body.matches("Hello").count(), 3, "{}", answer.body);
        assert_eq!(deployment.world.log().len(), 4);
        assert_eq!(deployment.bytes_in_flight(), 0);
    }
}

/// That no body is left open, `ask_all` checks.
#[test]
fn one_that_fails_ends_all_and_nothing_is_held() {
    let hangs = || Response::says(HELLO).ending(End::Silent);
    let breaks = Response::says(HELLO).then(500, HELLO).ending(End::Broken);
    for (failing, status, error) in [
        (breaks, 200, "upstream_truncated"),
        (Response::status(429), 429, "rate_limit_exceeded"),
        (Response::status(429).after_ms(400), 200, "rate_limit_exceeded"),
    ] {
        for wants in WANTS {
            let script =
                in_turn(vec![hangs().after_ms(200), failing.clone(), hangs().after_ms(900)]);
            let deployment = Deployment::new(&[OWN], script);
            let answer = deployment.ask_one(ask(3, wants));
            let is_event = wants == Wants::Stream && status == 200;
            assert_eq!(answer.status == 200, is_event, "{}", answer.body);
            assert!(answer.body.contains(error), "{}", answer.body);
            assert_eq!(answer.body.matches(r#""error":"#).count(), 1, "{}", answer.body);
            assert!(!answer.body.contains("[DONE]"));
            assert!(deployment.world.since_start_ms() < 2_000, "the others were waited for");
            assert_eq!(deployment.bytes_in_flight(), 0);
        }
    }
}

#[test]
fn each_counts_as_an_answer_in_memory() {
    for wants in WANTS {
        let room = [OWN, ("MAX_IN_FLIGHT_BYTES", "400000")];
        for (choices, status) in [(1, 200), (3, 200), (8, 503)] {
            let deployment = Deployment::new(&room, |_| Response::hello());
            let answer = deployment.ask_one(ask(choices, wants));
            assert_eq!(answer.status, status, "{choices}: {}", answer.body);
            assert_eq!(deployment.bytes_in_flight(), 0);
        }
    }
}
