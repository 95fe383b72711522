//! The toy through the whole gateway.

use degpt_edge::error::Error;

use super::WITH_TOY;
use crate::gateway::{
    deployment::{Ask, Deployment},
    world::{End, Response},
};

const HELLO: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\n";
const DONE: &str = "data: [DONE]\n\n";

fn ask(path: &'static str, body: &str) -> Ask {
    let headers = vec![("x-api-key", "canary-key")];
    Ask { method: "POST", path, headers, body: body.to_owned() }
}

fn served(path: &'static str, body: &str, response: Response) -> (u16, String) {
    let variables = [("DEGPT_API_KEY", "degpt-canary")];
    let deployment = Deployment::new(&variables, move |_| response.clone());
    let answer = deployment.serving(WITH_TOY).ask_one(ask(path, body));
    (answer.status, answer.body)
}

#[test]
fn it_is_answered_whole_and_streamed() {
    let hello = || Response::says(format!("{HELLO}{DONE}"));
    let (status, body) = served("/api/v1/toy/ask", "ask: Who", hello());
    assert_eq!((status, body.as_str()), (200, "Who? deepseek-chat: Hello"));
    let (status, body) = served("/toy/ask/", "stream: Who", hello());
    assert_eq!(
        (status, body.as_str()),
        (200, "< Who? deepseek-chat, 7 tokens\n\n= Hello\n\n> Stop 1\n\n")
    );
    let (status, body) = served("/v1/toy/count", "ask: Who", hello());
    assert_eq!((status, body.as_str()), (200, "7 tokens"));
}

#[test]
fn it_fails_in_its_own_words() {
    let broken = Response::says(HELLO).ending(End::Broken);
    let truncated = Error::Truncated.message();
    let (status, body) = served("/toy/ask", "ask: Who", broken.clone());
    assert_eq!((status, body), (502, format!("! 502 Truncated: {truncated} (stamp-1)")));
    let (status, body) = served("/toy/ask", "stream: Who", broken);
    assert_eq!(status, 200);
    assert!(
        body.ends_with(&format!("= Hello\n\n! 502 Truncated: {truncated} (stamp-1)\n\n")),
        "{body}"
    );
    let (status, body) = served("/toy/ask", "shout: Who", Response::refused());
    assert_eq!(status, 400);
    assert!(body.starts_with("! 400 BadRequest: "), "{body}");
}

#[test]
fn its_clients_see_its_list_where_several_share_an_address() {
    let deployment = Deployment::new(&[], |_| Response::says(r#"{"version":"9.9"}"#));
    let deployment = deployment.serving(WITH_TOY);
    let list = |headers| {
        let ask = Ask { headers, ..Ask::get("/api/v1/models") };
        deployment.ask_one(ask).body
    };
    assert!(list(vec![("x-toy", "1")]).starts_with("DeGPT 9.9\n* deepseek-chat\n"));
    assert!(
        list(vec![("anthropic-version", "2023-06-01")]).starts_with(r#"{"data":[{"type":"model""#)
    );
    assert!(list(Vec::new()).starts_with(r#"{"object":"list""#));
}
