//! The deployment as a visitor: one sign-in for however many requests, its token
//! used as long as it is good, its failure shared and soon forgotten.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use degpt_edge::error::Error;

use super::{
    attempts::{self, Outcome},
    deployment::{Answer, Ask, Deployment, KINDS, Wants, exactly},
    world::{End, Response, START_MS, Sent, World},
};

const SIGN_IN: &str = "www.degpt.ai/printSignIn";
const FIRST: &str = "www.degpt.ai/proxy canary-1";
const SECOND: &str = "www.degpt.ai/proxy canary-2";

/// Signs visitors in with `canary-1`, `canary-2` and so on, a tenth of a second
/// each, and answers those of the newest token only.
fn newest_only(good_from: u32) -> impl FnMut(&Sent) -> Response {
    let mut newest = 0;
    let mut refused = 0;
    move |sent| {
        if is_sign_in(sent) {
            newest += 1;
            return Response::token(&format!("canary-{newest}")).after_ms(100);
        }
        refused += 1;
        let number = sent.credential.strip_prefix("canary-").and_then(|text| text.parse().ok());
        let is_good = number.is_some_and(|number: u32| number >= good_from);
        // Some of the refusals come when others have already signed in again.
        let refusal = || Response::status(401).after_ms(50 + refused % 7 * 50);
        if is_good { Response::hello() } else { refusal() }
    }
}

fn is_sign_in(sent: &Sent) -> bool {
    sent.url.ends_with("/api/v1/auths/printSignIn")
}

fn sign_ins(world: &World) -> usize {
    world.sent().iter().filter(|sent| is_sign_in(sent)).count()
}

/// A hundred requests, of all kinds.
fn hundred() -> Vec<Ask> {
    KINDS.into_iter().cycle().take(100).map(Ask::chat).collect()
}

fn jwt(expires_unix_s: f64) -> String {
    format!("canary.{}.x", URL_SAFE_NO_PAD.encode(format!(r#"{{"exp": {expires_unix_s:e}}}"#)))
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.dedup();
    statuses
}

#[test]
fn a_visitor_signs_in_once_and_with_a_stable_id() {
    let token = Response::token("canary-1");
    let exchange = [(SIGN_IN, token), (FIRST, Response::hello())];
    attempts::check("first", &[], &exchange, &Outcome::Hello);

    let id = |variables: &[(&str, &str)]| {
        let deployment = Deployment::new(variables, newest_only(0));
        deployment.ask_one(Ask::chat(KINDS[0]));
        deployment.ask_one(Ask::chat(KINDS[1]));
        assert_eq!(deployment.world.log(), [SIGN_IN, FIRST, FIRST]);
        deployment.world.sent().remove(0).body
    };
    assert_eq!(id(&[]), id(&[]));
    assert_eq!(id(&[("DEGPT_VISITOR_ID", "v-1")]), r#"{"id":"v-1","channel":""}"#);
}

#[test]
fn an_id_is_derived_once_and_only_where_it_is_needed() {
    let two = ("DEGPT_ORIGINS", "https://a.example,https://b.example");
    let keys = ("API_KEYS", "canary-key, canary-a");
    let mut is_first_down = false;
    let one = Deployment::new(&[keys, two], move |sent| {
        if is_sign_in(sent) {
            return Response::token("canary-1");
        }
        let is_down = is_first_down && sent.url.contains("a.example");
        is_first_down = true;
        if is_down { Response::status(500) } else { Response::hello() }
    });
    for _ in 0..2 {
        assert_eq!(statuses(&one.ask_all(&hundred())), [200]);
    }
    // One sign-in at each origin, with the one id.
    assert_eq!((sign_ins(&one.world), one.world.stretched().len()), (2, 1));
    assert_eq!(one.world.stretched(), ["canary-a\ncanary-key"]);
    // Another isolate finds the token, and needs no id.
    let other = Deployment::beside(&one.world, &[keys, two]);
    other.ask_one(Ask::chat(KINDS[0]));
    assert_eq!((sign_ins(&one.world), one.world.stretched().len()), (2, 1));
    // Where the id is set, or there is a credential, nothing is derived.
    for variable in [("DEGPT_VISITOR_ID", "v-1"), ("DEGPT_API_KEY", "canary-own")] {
        let set = Deployment::new(&[keys, variable], newest_only(0));
        set.ask_one(Ask::chat(KINDS[0]));
        assert_eq!(set.world.stretched().len(), 0, "{variable:?}");
    }
}

#[test]
fn the_name_under_which_a_token_is_kept_says_nothing_of_the_keys() {
    let names = |keys| {
        let deployment = Deployment::new(&[("API_KEYS", keys)], newest_only(0));
        deployment.ask_one(Ask::chat(KINDS[0]));
        deployment.world.kept()
    };
    assert_eq!(names("canary-key").len(), 1);
    assert_eq!(names("canary-key"), names("canary-key, canary-other"));
}

#[test]
fn a_sign_in_that_drips_is_given_up_in_time() {
    let dripping =
        (0..100).fold(Response::says("{\"token\": \""), |answer, _| answer.then(1_000, "x"));
    for kind in KINDS {
        let response = dripping.clone();
        let deployment = Deployment::new(&[], move |_| response.clone());
        let answer = deployment.ask_one(Ask::chat(kind));
        let is_stream = kind.1 == Wants::Stream;
        assert_eq!(
            (answer.status, answer.at_ms),
            if is_stream { (200, 10_000) } else { (504, 15_000) }
        );
        assert!(
            deployment.world.since_start_ms() <= 30_000,
            "{}",
            deployment.world.since_start_ms()
        );
    }
}

#[test]
fn only_a_deployment_without_a_credential_is_a_visitor() {
    let deployment = Deployment::new(&[("CLIENT_DEGPT_KEYS", "pass")], |_| Response::hello());
    deployment
        .ask_one(Ask::chat(KINDS[0]).with("authorization", "Bearer degpt-canary-guest-0123456789"));
    deployment.ask_one(Ask::chat(KINDS[2]).by_guest());
    assert_eq!(deployment.world.log(), ["www.degpt.ai/proxy degpt-canary-guest-0123456789"; 2]);
    let deployment = Deployment::new(&[("DEGPT_API_KEY", "canary-own")], |_| Response::hello());
    deployment.ask_one(Ask::chat(KINDS[0]));
    assert_eq!(deployment.world.log(), ["www.degpt.ai/proxy canary-own"]);
}

#[test]
fn a_hundred_at_once_sign_in_once() {
    let deployment = Deployment::new(&[], newest_only(0));
    let answers = deployment.ask_all(&hundred());
    assert_eq!(statuses(&answers), [200]);
    assert_eq!((sign_ins(&deployment.world), deployment.world.sent().len()), (1, 101));
    // Who waits looks again every few milliseconds.
    assert!(answers.iter().all(|answer| answer.at_ms <= 110), "{answers:?}");
}

#[test]
fn a_refused_token_is_replaced_once_for_all() {
    let deployment = Deployment::new(&[], newest_only(2));
    assert_eq!(statuses(&deployment.ask_all(&hundred())), [200]);
    assert_eq!((sign_ins(&deployment.world), deployment.world.sent().len()), (2, 202));
}

#[test]
fn a_visitor_refused_twice_is_a_refused_deployment() {
    let exchange = [
        (SIGN_IN, Response::token("canary-1")),
        (FIRST, Response::status(401)),
        (SIGN_IN, Response::token("canary-2")),
        (SECOND, Response::status(401)),
    ];
    attempts::check("twice", &[], &exchange, &Outcome::Refused(Error::DeploymentKeyRefused));
    let deployment = Deployment::new(&[], newest_only(u32::MAX));
    assert_eq!(statuses(&deployment.ask_all(&hundred())), [502]);
    assert!(sign_ins(&deployment.world) <= 3, "{}", sign_ins(&deployment.world));
}

#[test]
fn a_sign_in_that_fails_after_a_refusal_is_no_fault_of_the_credential() {
    let two = ("DEGPT_ORIGINS", "https://a.example,https://b.example");
    let again = |failure: Response| {
        [(SIGN_IN, Response::token("canary-1")), (FIRST, Response::status(401)), (SIGN_IN, failure)]
    };
    let table = [
        (Response::status(500), Error::Unavailable),
        (Response::status(503), Error::Unavailable),
        (Response::refused(), Error::Unavailable),
        (Response::says("<html>canary"), Error::Unavailable),
        (Response::status(429), Error::RateLimited { retry_after: None }),
        (Response::status(403), Error::DeploymentKeyRefused),
    ];
    for (failure, error) in table {
        attempts::check(&format!("{error:?}"), &[], &again(failure), &Outcome::Refused(error));
    }
    // It takes longer than the headers of a stream can wait.
    for (failure, error) in [
        (Response::token("canary-2").after_ms(15_001), Error::Timeout),
        (Response::says("{").ending(End::Silent), Error::Timeout),
    ] {
        attempts::check("late", &[], &again(failure), &Outcome::Late(error));
    }
    // Each origin has a visitor of its own, who may sign in again.
    let exchange = [
        ("a.example/printSignIn", Response::token("canary-1")),
        ("a.example/proxy canary-1", Response::status(401)),
        ("a.example/printSignIn", Response::status(500)),
        ("b.example/printSignIn", Response::token("canary-2")),
        ("b.example/proxy canary-2", Response::status(401)),
        ("b.example/printSignIn", Response::token("canary-3")),
        ("b.example/proxy canary-3", Response::hello()),
    ];
    attempts::check("another origin", &[two], &exchange, &Outcome::Hello);
}

#[test]
fn a_token_that_was_refused_is_not_used_again_whatever_became_of_the_sign_in() {
    let mut script = vec![
        Response::hello(),
        Response::token("canary-2"),
        Response::status(500),
        Response::status(401),
        Response::hello(),
        Response::token("canary-1"),
    ];
    let deployment = Deployment::new(&[], move |_| script.pop().unwrap_or(Response::refused()));
    for status in [200, 502, 200] {
        assert_eq!(deployment.ask_one(Ask::chat(KINDS[0])).status, status);
        deployment.world.pass_ms(1_000);
    }
    assert_eq!(deployment.world.log(), [SIGN_IN, FIRST, FIRST, SIGN_IN, SIGN_IN, SECOND]);
}

#[test]
fn a_sign_in_takes_no_longer_than_the_answer_may() {
    let variables = [("FIRST_BYTE_TIMEOUT_MS", "2000")];
    let exchange = [(SIGN_IN, Response::token("canary-1").after_ms(1_000_000))];
    attempts::check("hurried", &variables, &exchange, &Outcome::Refused(Error::Timeout));
    for kind in KINDS {
        let (script, _) = exactly(&exchange);
        let deployment = Deployment::new(&variables, script);
        assert_eq!(deployment.ask_one(Ask::chat(kind)).at_ms, 2_000);
    }
}

#[test]
fn a_limited_sign_in_says_how_long() {
    let limited = Response { retry_after: Some("17"), ..Response::status(429) };
    let deployment = Deployment::new(&[], move |_| limited.clone());
    let answer = deployment.ask_one(Ask::chat(KINDS[0]));
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("17")));
}

#[test]
fn a_failed_sign_in_is_shared_and_tried_again_a_second_later() {
    let failures = [
        (Response::status(403), Error::DeploymentKeyRefused),
        (Response::status(422), Error::DeploymentKeyRefused),
        (Response::status(429), Error::RateLimited { retry_after: None }),
        (Response::status(500), Error::Unavailable),
        (Response::refused(), Error::Unavailable),
        (Response::says("<html>canary"), Error::Unavailable),
        (Response::says("{\"token\": \"canary\nsplit\"}"), Error::Unavailable),
        (Response::says("").ending(End::Broken), Error::Unavailable),
    ];
    for (failure, error) in failures {
        let mut failure = Some(failure.after_ms(100));
        let deployment = Deployment::new(&[], move |sent| {
            let good =
                if is_sign_in(sent) { Response::token("canary-1") } else { Response::hello() };
            failure.take().unwrap_or(good)
        });
        let answers = deployment.ask_all(&hundred());
        assert_eq!(statuses(&answers), [error.facts().status], "{error:?}");
        assert_eq!(deployment.world.log(), [SIGN_IN], "{error:?}");
        deployment.world.pass_ms(900);
        assert_eq!(deployment.ask_one(Ask::chat(KINDS[0])).status, error.facts().status);
        deployment.world.pass_ms(100);
        assert_eq!(deployment.ask_one(Ask::chat(KINDS[0])).status, 200, "{error:?}");
        assert_eq!(sign_ins(&deployment.world), 2);
    }
}

#[test]
fn who_signs_in_and_leaves_is_relieved_when_its_lease_ends() {
    let deployment = Deployment::new(&[], newest_only(0));
    let asks = hundred();
    let world = deployment.world.clone();
    // The first one leaves in the middle of its sign-in, which takes 100 ms.
    let patience_ms = |place| if place == 0 { 50 } else { u64::MAX / 2 - START_MS };
    let asks = asks.iter().enumerate();
    let asks = asks.map(|(place, ask)| world.within(patience_ms(place), deployment.ask(ask)));
    let replies = world.run(asks.collect());
    assert!(replies[0].is_none());
    let mut late = replies.iter().skip(1).flatten();
    assert!(late.all(|(at_ms, reply)| reply.status == 200 && *at_ms <= 30_150));
    assert_eq!(replies.iter().flatten().count(), 99);
    assert_eq!((sign_ins(&world), world.sent().len()), (2, 101));
}

#[test]
fn a_failure_of_one_request_is_no_others() {
    let mut count = 0;
    let deployment = Deployment::new(&[], move |sent| {
        if is_sign_in(sent) {
            return Response::token("canary-1").after_ms(100);
        }
        count += 1;
        if count % 10 == 0 { Response::status(422) } else { Response::hello() }
    });
    let answers = deployment.ask_all(&hundred());
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(200), count(400), sign_ins(&deployment.world)), (90, 10, 1));
}

#[test]
fn a_sign_in_that_hangs_gives_way_to_the_next_origin() {
    let two = [("DEGPT_ORIGINS", "https://a.example,https://b.example")];
    let exchange = [
        ("a.example/printSignIn", Response::token("canary-1").after_ms(1_000_000)),
        ("b.example/printSignIn", Response::token("canary-2")),
        ("b.example/proxy canary-2", Response::hello()),
    ];
    attempts::check("hangs", &two, &exchange, &Outcome::Hello);
    for kind in KINDS {
        let (script, _) = exactly(&exchange);
        let deployment = Deployment::new(&two, script);
        deployment.ask_one(Ask::chat(kind));
        assert_eq!(deployment.world.sent()[1].at_ms, 15_000);
    }
}

#[test]
fn a_token_is_replaced_a_minute_before_it_expires() {
    #[expect(clippy::cast_precision_loss, reason = "the time is far below 2^53")]
    let expires = (START_MS / 1_000 + 3_600) as f64;
    let mut tokens = vec!["canary-2".to_owned(), jwt(expires)];
    let deployment = Deployment::new(&[], move |sent| {
        if is_sign_in(sent) {
            Response::token(&tokens.pop().unwrap_or_default())
        } else {
            Response::hello()
        }
    });
    for (later_ms, expected) in [(0, 1), (3_539_999, 1), (1, 2), (86_000_000, 2)] {
        deployment.world.pass_ms(later_ms);
        deployment.ask_one(Ask::chat(KINDS[0]));
        assert_eq!(sign_ins(&deployment.world), expected, "{later_ms}");
    }
}

#[test]
fn a_token_may_say_anything_of_its_expiry() {
    for expires in [0.0, -1.0, 1e300, 1.8e19] {
        let token = jwt(expires);
        let deployment = Deployment::new(&[], move |sent| {
            if is_sign_in(sent) { Response::token(&token) } else { Response::hello() }
        });
        assert_eq!(statuses(&deployment.ask_all(&hundred())), [200], "{expires}");
        assert_eq!(sign_ins(&deployment.world), 1, "{expires}");
    }
}

#[test]
fn isolates_share_a_token_and_replace_it_when_it_is_refused() {
    let one = Deployment::new(&[], newest_only(0));
    one.ask_one(Ask::chat(KINDS[0]));
    let other = Deployment::beside(&one.world, &[]);
    other.ask_one(Ask::chat(KINDS[0]));
    assert_eq!(one.world.log(), [SIGN_IN, FIRST, FIRST]);
    // Another visitor has another token.
    let stranger = Deployment::beside(&one.world, &[("DEGPT_VISITOR_ID", "v-2")]);
    stranger.ask_one(Ask::chat(KINDS[0]));
    assert_eq!(one.world.log()[3..], [SIGN_IN, SECOND]);

    let one = Deployment::new(&[], newest_only(2));
    one.ask_one(Ask::chat(KINDS[0]));
    let other = Deployment::beside(&one.world, &[]);
    other.ask_one(Ask::chat(KINDS[0]));
    assert_eq!(one.world.log(), [SIGN_IN, FIRST, SIGN_IN, SECOND, SECOND]);
}
