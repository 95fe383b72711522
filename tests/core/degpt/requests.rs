//! From a client's request to DeGPT's: which messages come out for each family of
//! models, and in which form pictures do.

use crate::support::apis;
use degpt_edge::{
    catalog::{Attachments, Catalog},
    chat::{Delivery, Prompt, UsageReport},
    degpt,
    error::Error,
};
use serde_json::{Value, json};

const DEEPSEEK: &str = "deepseek-chat";
const CLAUDE: &str = "claude-opus-4-20250514";
const GPT: &str = "gpt-4o";
const QWEN: &str = "qwen3-235b-a22b";

type Parse = for<'a> fn(&'a [u8]) -> Result<Prompt<'a>, Error>;

/// What DeGPT is sent for `body`.
fn sent(parse: Parse, body: &str) -> Result<Value, Error> {
    let prompt = parse(body.as_bytes())?;
    let catalog = Catalog::new("", "", DEEPSEEK, "doubao-seed-1-6-250615");
    let catalog = catalog.unwrap_or_else(|fault| unreachable!("{fault:?}"));
    let attachment =
        if prompt.has_attachment() { Attachments::Present } else { Attachments::Absent };
    let target = catalog.resolve(prompt.model.as_deref(), prompt.thinking, attachment)?;
    let body = degpt::body(&prompt, &target)?;
    Ok(serde_json::from_slice(body.bytes()).unwrap_or_else(|error| unreachable!("{error}")))
}

/// The messages DeGPT is sent for those a client sends to `model`.
fn check(parse: Parse, model: &str, messages: &Value, expected: &Value) {
    let body = json!({"model": model, "max_tokens": 9, "messages": messages}).to_string();
    let sent = sent(parse, &body).unwrap_or_else(|error| unreachable!("{error:?}: {body}"));
    assert_eq!(sent.get("messages"), Some(expected), "{model}: {body}");
}

fn user(content: impl Into<Value>) -> Value {
    json!({"role": "user", "content": content.into()})
}

fn assistant(content: impl Into<Value>) -> Value {
    json!({"role": "assistant", "content": content.into()})
}

fn system(content: impl Into<Value>) -> Value {
    json!({"role": "system", "content": content.into()})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

#[test]
fn a_request_has_these_fields_and_no_others() {
    let body = json!({"messages": [user("Hi")], "temperature": 2, "tools": [], "stop": "x"});
    let expected = |model: &str, think: bool| {
        json!({
            "model": model, "messages": [user("Hi")], "project": "DecentralGPT", "stream": true,
            "enable_thinking": think,
        })
    };
    assert_eq!(sent(apis::openai, &body.to_string()), Ok(expected(DEEPSEEK, false)));
    assert_eq!(sent(apis::anthropic, &body.to_string()), Ok(expected(DEEPSEEK, false)));
    let thinking = [
        (apis::openai as Parse, json!({"reasoning_effort": "high"}), true),
        (apis::openai, json!({"reasoning_effort": "minimal"}), false),
        (apis::openai, json!({"reasoning_effort": "none"}), false),
        (apis::openai, json!({"thinking": {"type": "enabled"}}), true),
        (apis::openai, json!({"thinking": {"type": "disabled"}}), false),
        (apis::openai, json!({"enable_thinking": true}), true),
        (apis::anthropic, json!({"thinking": {"type": "enabled", "budget_tokens": 1024}}), true),
        (apis::anthropic, json!({"thinking": {"type": "adaptive"}}), true),
        (apis::anthropic, json!({"thinking": {"type": "disabled"}}), false),
    ];
    for (parse, mut body, think) in thinking {
        body["messages"] = json!([user("Hi")]);
        body["model"] = json!(QWEN);
        assert_eq!(sent(parse, &body.to_string()), Ok(expected(QWEN, think)), "{body}");
    }
}

#[test]
fn openais_roles_stay_where_the_family_knows_them() {
    let messages = json!([
        system("Be kind."), {"role": "developer", "content": "Be brief."}, user("Hi"),
        user("You there?"), assistant("Yes."), system("Now in German."), user("Who?"),
    ]);
    let plain = json!([
        system("Be kind."),
        system("Be brief."),
        user("Hi"),
        user("You there?"),
        assistant("Yes."),
        system("Now in German."),
        user("Who?"),
    ]);
    for model in [DEEPSEEK, GPT, QWEN] {
        check(apis::openai, model, &messages, &plain);
    }
    // Claude: instructions in the first user turn, turns of one role merged.
    let claude = json!([
        user("Be kind.\n\nBe brief.\n\nHi\n\nYou there?"),
        assistant("Yes."),
        user("Now in German.\n\nWho?"),
    ]);
    check(apis::openai, CLAUDE, &messages, &claude);
}

#[test]
fn anthropics_system_text_is_the_first_message() {
    for system_text in [json!("Be kind."), json!([text("Be kind.")])] {
        let body = |model| {
            json!({"model": model, "system": system_text, "messages": [user("Hi")]}).to_string()
        };
        let messages =
            |model| sent(apis::anthropic, &body(model)).map(|sent| sent["messages"].clone());
        assert_eq!(messages(GPT), Ok(json!([system("Be kind."), user("Hi")])));
        assert_eq!(messages(CLAUDE), Ok(json!([user("Be kind.\n\nHi")])));
    }
}

#[test]
fn claude_gets_the_users_turn_first_and_nothing_blank() {
    let messages =
        json!([assistant("Hello."), user(" \n"), user("Hi"), assistant(""), user("Hm?")]);
    let expected = json!([user("…"), assistant("Hello."), user("Hi\n\nHm?")]);
    check(apis::openai, CLAUDE, &messages, &expected);
    check(apis::anthropic, CLAUDE, &messages, &expected);
}

#[test]
fn empty_messages_are_left_out() {
    let messages = json!([
        user(""), user("Hi"), {"role": "assistant"}, assistant(Value::Null), assistant(json!([])),
        assistant(json!([text("")])), user(json!([text(""), text("Who?")])),
    ]);
    let expected = json!([user("Hi"), user("Who?")]);
    for parse in [apis::openai as Parse, apis::anthropic] {
        check(parse, DEEPSEEK, &messages, &expected);
        check(parse, GPT, &messages, &expected);
        check(parse, CLAUDE, &messages, &json!([user("Hi\n\nWho?")]));
    }
}

#[test]
fn a_request_without_a_word_is_refused() {
    let none = ["[]", "[{\"role\":\"user\",\"content\":\"\"}]", "[{\"role\":\"user\"}]", "null"];
    for messages in none {
        for model in [DEEPSEEK, CLAUDE, GPT] {
            for parse in [apis::openai as Parse, apis::anthropic] {
                let body = format!("{{\"model\":\"{model}\",\"messages\":{messages}}}");
                let error = sent(parse, &body);
                let is_it = matches!(&error, Err(Error::Invalid { param: Some(param), .. })
                    if param == "messages");
                assert!(is_it, "{body}: {error:?}");
            }
        }
    }
}

#[test]
fn words_in_parts_become_one_string() {
    let parts = json!([text("One."), text("Two.")]);
    let messages = json!([system(parts.clone()), assistant(parts.clone()), user(parts)]);
    let joined = "One.\nTwo.";
    let expected = json!([system(joined), assistant(joined), user(joined)]);
    for model in [DEEPSEEK, GPT] {
        check(apis::openai, model, &messages, &expected);
    }
    let refusal = json!([assistant(json!([{"type": "refusal", "refusal": "No."}])), user("Hi")]);
    check(apis::openai, GPT, &refusal, &json!([assistant("No."), user("Hi")]));
    // As an answer has it.
    let refusal = json!([
        {"role": "assistant", "content": null, "refusal": "No.", "audio": null},
        {"role": "assistant", "content": "Yes.", "refusal": null},
        {"role": "assistant", "content": "So.", "refusal": ""},
        user("Hi"),
    ]);
    let expected = json!([assistant("No."), assistant("Yes."), assistant("So."), user("Hi")]);
    check(apis::openai, GPT, &refusal, &expected);
}

#[test]
fn a_last_turn_of_the_assistant_is_continued_where_the_model_can() {
    const QWEN: &str = "qwen3-235b-a22b";
    let messages = json!([user("Count."), assistant("One, two,")]);
    let body =
        |model: &str| json!({"model": model, "max_tokens": 9, "messages": messages}).to_string();
    let asked = "Continue exactly where your last message ends, without repeating any of it.";
    // model, whether it goes on by itself
    let table = [
        (DEEPSEEK, true),
        ("deepseek-reasoner", true),
        (QWEN, true),
        ("qwen3-235b-a22b-think", false),
        (GPT, false),
        (CLAUDE, false),
        ("gemini-2.5-pro", false),
    ];
    for (model, goes_on) in table {
        let from_openai = sent(apis::openai, &body(model)).unwrap();
        let last = from_openai["messages"].as_array().unwrap().last().unwrap().clone();
        let from_anthropic = sent(apis::anthropic, &body(model));
        if goes_on {
            assert_eq!(
                (&from_openai["reload"], last),
                (&json!(true), assistant("One, two,")),
                "{model}"
            );
            assert_eq!(from_anthropic.as_ref(), Ok(&from_openai), "{model}");
        } else {
            assert_eq!((&from_openai["reload"], last), (&Value::Null, user(asked)), "{model}");
            let error = from_anthropic.unwrap_err();
            assert!(matches!(&error, Error::Invalid { .. }) && error.message().contains(model));
        }
    }
}

#[test]
fn pictures_take_the_form_of_the_family() {
    let data = "data:image/png;base64,iVBO";
    let openai_part = |url: &str| json!({"type": "image_url", "image_url": {"url": url}});
    let url = "https://pictures.example/a.png";
    let claude_url = json!({"type": "image", "source": {"type": "url", "url": url}});
    let claude_data = |media_type: &str| {
        let source = json!({"type": "base64", "media_type": media_type, "data": "iVBO"});
        json!({"type": "image", "source": source})
    };
    let detailed = json!({"type": "image_url", "image_url": {"url": data, "detail": "low"}});
    let bare = json!({"type": "image_url", "image_url": data});
    let openai: [(Value, Value, Value); 5] = [
        (openai_part(url), openai_part(url), claude_url.clone()),
        (openai_part(data), openai_part(data), claude_data("image/png")),
        (detailed, openai_part(data), claude_data("image/png")),
        (bare, openai_part(data), claude_data("image/png")),
        (
            openai_part("DATA:image/jpg;charset=x;base64,iVBO"),
            openai_part("DATA:image/jpg;charset=x;base64,iVBO"),
            claude_data("image/jpeg"),
        ),
    ];
    let look = |picture: &Value| json!([user(json!([text("Look:"), picture, text("And?")]))]);
    for (picture, plain, claude) in &openai {
        check(apis::openai, GPT, &look(picture), &look(plain));
        check(apis::openai, QWEN, &look(picture), &look(plain));
        check(apis::openai, CLAUDE, &look(picture), &look(claude));
    }
    let anthropic = [
        (claude_url.clone(), openai_part(url), claude_url),
        (claude_data("image/png"), openai_part(data), claude_data("image/png")),
        (
            claude_data("image/jpg"),
            openai_part("data:image/jpg;base64,iVBO"),
            claude_data("image/jpeg"),
        ),
    ];
    for (picture, plain, claude) in &anthropic {
        check(apis::anthropic, GPT, &look(picture), &look(plain));
        check(apis::anthropic, CLAUDE, &look(picture), &look(claude));
    }
}

#[test]
fn a_picture_for_a_blind_model_goes_to_one_that_sees() {
    let picture = json!({"type": "image_url", "image_url": {"url": "https://a.example/b"}});
    let model = |model: &str| {
        let messages = json!([user(json!([picture]))]);
        let sent = sent(apis::openai, &json!({"model": model, "messages": messages}).to_string());
        sent.map(|sent| sent["model"].clone())
    };
    assert_eq!(model(DEEPSEEK), Ok(json!("doubao-seed-1-6-250615")));
    assert_eq!(model(QWEN), Ok(json!("qwen-vl-plus")));
    assert_eq!(model(CLAUDE), Ok(json!(CLAUDE)));
}

#[test]
fn documents_take_the_form_of_the_family() {
    let data = "data:application/pdf;base64,JVBE";
    let file = |name: &str| json!({"type": "file", "file": {"filename": name, "file_data": data}});
    let source = json!({"type": "base64", "media_type": "application/pdf", "data": "JVBE"});
    let document = json!({"type": "document", "source": source, "title": "a.pdf"});
    let nameless = json!({"type": "document", "source": source});
    let read = |part: &Value| json!([user(json!([part]))]);
    check(apis::openai, GPT, &read(&file("a.pdf")), &read(&file("a.pdf")));
    check(apis::openai, CLAUDE, &read(&file("a.pdf")), &read(&document));
    check(apis::anthropic, GPT, &read(&document), &read(&file("a.pdf")));
    check(apis::anthropic, CLAUDE, &read(&document), &read(&document));
    check(apis::anthropic, GPT, &read(&nameless), &read(&file("file")));
    check(apis::anthropic, CLAUDE, &read(&nameless), &read(&nameless));
    let words = json!({"type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": "Words."}});
    check(apis::anthropic, CLAUDE, &read(&words), &json!([user("Words.")]));
}

#[test]
fn openais_tool_calls_and_results_are_told_in_words() {
    let call = json!({"id": "c1", "type": "function",
        "function": {"name": "weather", "arguments": "{\"city\":\"Bonn\"}"}});
    let messages = json!([
        user("Weather?"),
        {"role": "assistant", "content": null, "tool_calls": [call, {"function": {"name": "time"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "Rain."},
        {"role": "function", "name": "time", "content": [text("Noon."), text("UTC.")]},
        {"role": "tool", "tool_call_id": "c2"},
    ]);
    // What several calls returned is one turn.
    let calls = [
        "<tool_call>\n{\"name\":\"weather\",\"arguments\":{\"city\":\"Bonn\"},\"id\":\"c1\"}\n</tool_call>",
        "<tool_call>\n{\"name\":\"time\",\"arguments\":{}}\n</tool_call>",
    ];
    let results = [
        "<tool_response id=\"c1\">\nRain.\n</tool_response>",
        "<tool_response id=\"time\">\nNoon.\nUTC.\n</tool_response>",
        "<tool_response id=\"c2\">\n\n</tool_response>",
    ];
    let expected =
        json!([user("Weather?"), assistant(calls.join("\n")), user(results.join("\n")),]);
    check(apis::openai, GPT, &messages, &expected);
    let merged = results.join("\n\n");
    let expected = json!([user("Weather?"), assistant(calls.join("\n\n")), user(merged)]);
    check(apis::openai, CLAUDE, &messages, &expected);
}

#[test]
fn anthropics_tool_calls_and_results_are_told_in_words() {
    let source = json!({"type": "url", "url": "https://a.example/b.png"});
    let messages = json!([
        user("Weather?"),
        assistant(json!([
            {"type": "thinking", "thinking": "Hm.", "signature": "s"},
            {"type": "redacted_thinking", "data": "x"},
            text("Let me look."),
            {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Bonn"}},
        ])),
        user(json!([
            {"type": "tool_result", "tool_use_id": "t1", "content": "Rain."},
            {"type": "tool_result", "tool_use_id": "t2", "is_error": true,
             "content": [text("No"), {"type": "image", "source": source}]},
            {"type": "tool_result", "tool_use_id": "t3"},
            {"type": "search_result", "source": "https://a.example", "title": "News",
             "content": [text("Sun."), text("Wind.")]},
        ])),
    ]);
    let image = json!({"type": "image_url", "image_url": {"url": "https://a.example/b.png"}});
    let expected = json!([
        user("Weather?"),
        assistant(
            "Let me look.\n<tool_call>\n\
             {\"name\":\"weather\",\"arguments\":{\"city\":\"Bonn\"},\"id\":\"t1\"}\n</tool_call>",
        ),
        user(json!([
            text("<tool_response id=\"t1\">\nRain.\n</tool_response>"),
            text("<tool_response id=\"t2\" status=\"error\">\nNo\n</tool_response>"),
            image,
            text("<tool_response id=\"t3\">\n\n</tool_response>"),
            text("News\nhttps://a.example\nSun.\nWind."),
        ])),
    ]);
    check(apis::anthropic, GPT, &messages, &expected);
}

#[test]
fn delivery_is_what_the_client_asks_for() {
    let stream = |usage| Delivery::Stream { usage };
    let (with, without) = (stream(UsageReport::Included), stream(UsageReport::Omitted));
    let table = [
        ("", Delivery::Whole, Delivery::Whole),
        (",\"stream\":null", Delivery::Whole, Delivery::Whole),
        (",\"stream\":false,\"stream_options\":null", Delivery::Whole, Delivery::Whole),
        (",\"stream\":true", without, with),
        (",\"stream\":true,\"stream_options\":{}", without, with),
        (",\"stream\":true,\"stream_options\":{\"include_usage\":false}", without, with),
        (",\"stream\":true,\"stream_options\":{\"include_usage\":true}", with, with),
    ];
    for (field, openai, anthropic) in table {
        let body = format!("{{\"messages\":[{{\"role\":\"user\",\"content\":\"x\"}}]{field}}}");
        let delivery = |parse: Parse| parse(body.as_bytes()).map(|prompt| prompt.delivery);
        assert_eq!(delivery(apis::openai), Ok(openai), "{body}");
        assert_eq!(delivery(apis::anthropic), Ok(anthropic), "{body}");
    }
}
