//! What a request may not be: refused, with the wrong field named by its path, as
//! clients show it to people.

use crate::support::apis;
use degpt_edge::{chat::Prompt, error::Error};

type Parse = for<'a> fn(&'a [u8]) -> Result<Prompt<'a>, Error>;

/// The field that is named for `body`, or `-` for the body as a whole.
fn wrong_field(parse: Parse, body: &str) -> String {
    match parse(body.as_bytes()) {
        Err(Error::Invalid { param, message }) => {
            assert!(!message.is_empty());
            param.unwrap_or_else(|| "-".to_owned())
        }
        other => unreachable!("{body}: {other:?}"),
    }
}

#[test]
fn what_both_dialects_cannot_read_is_named_by_its_field() {
    let message = |fields: &str| format!("{{\"messages\":[{{\"role\":\"user\",{fields}}}]}}");
    let part = |fields: &str| {
        message(&format!("\"content\":[{{\"type\":\"text\",\"text\":\"x\"}},{fields}]"))
    };
    let table = [
        (String::new(), "-"),
        ("{".to_owned(), "-"),
        ("[]".to_owned(), "-"),
        ("null".to_owned(), "-"),
        ("{} {}".to_owned(), "-"),
        ("{\"messages\":[{\"role\":\"user\",\"content\":\"\\u12\"}]}".to_owned(), "-"),
        ("{\"model\":5}".to_owned(), "model"),
        ("{\"stream\":\"yes\"}".to_owned(), "stream"),
        ("{\"messages\":{}}".to_owned(), "messages"),
        ("{\"messages\":[5]}".to_owned(), "messages[0]"),
        ("{\"messages\":[{}]}".to_owned(), "messages[0].role"),
        ("{\"messages\":[{\"role\":\"robot\"}]}".to_owned(), "messages[0].role"),
        ("{\"messages\":[{\"role\":1}]}".to_owned(), "messages[0].role"),
        (message("\"content\":5"), "messages[0].content"),
        (message("\"content\":{}"), "messages[0].content"),
        (part("5"), "messages[0].content[1]"),
        (part("{}"), "messages[0].content[1].type"),
        (part("{\"type\":\"video\"}"), "messages[0].content[1].type"),
        (part("{\"type\":\"text\"}"), "messages[0].content[1].text"),
        (part("{\"type\":\"text\",\"text\":5}"), "messages[0].content[1].text"),
    ];
    for (body, field) in table {
        assert_eq!(wrong_field(apis::openai, &body), field, "{body}");
        assert_eq!(wrong_field(apis::anthropic, &body), field, "{body}");
    }
}

#[test]
fn what_one_dialect_cannot_read_is_named_by_its_field() {
    let openai = [
        ("{\"type\":\"image_url\"}", ".image_url"),
        ("{\"type\":\"image_url\",\"image_url\":5}", ".image_url"),
        ("{\"type\":\"image_url\",\"image_url\":{}}", ".image_url"),
        ("{\"type\":\"image_url\",\"image_url\":{\"url\":\"a.png\"}}", ".image_url.url"),
        ("{\"type\":\"image_url\",\"image_url\":\"data:image/png,x\"}", ".image_url.url"),
        ("{\"type\":\"image_url\",\"image_url\":\"data:image/png;base64,\"}", ".image_url.url"),
        ("{\"type\":\"image_url\",\"image_url\":\"data:image/png;base64,!\"}", ".image_url.url"),
        ("{\"type\":\"file\"}", ".file"),
        ("{\"type\":\"file\",\"file\":{\"file_id\":\"f\"}}", ".file.file_data"),
        ("{\"type\":\"file\",\"file\":{\"file_data\":\"JVBERi0x\"}}", ".file.file_data"),
        ("{\"type\":\"refusal\"}", ".refusal"),
    ];
    let anthropic = [
        ("{\"type\":\"image\"}", ".source"),
        ("{\"type\":\"image\",\"source\":\"x\"}", ".source"),
        ("{\"type\":\"image\",\"source\":{\"type\":\"file\"}}", ".source.type"),
        ("{\"type\":\"image\",\"source\":{\"type\":\"url\"}}", ".source.url"),
        ("{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"data:,\"}}", ".source.url"),
        ("{\"type\":\"image\",\"source\":{\"type\":\"base64\"}}", ".source.media_type"),
        (
            "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\"}}",
            ".source.data",
        ),
        (
            "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"\"}}",
            ".source.data",
        ),
        (
            "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"png\",\"data\":\"AAAA\"}}",
            ".source.media_type",
        ),
        ("{\"type\":\"container_upload\",\"file_id\":\"f\"}", ".type"),
        ("{\"type\":\"tool_use\"}", ".name"),
        ("{\"type\":\"tool_result\"}", ".tool_use_id"),
        (
            "{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":\"text\"}]}",
            ".content[0].text",
        ),
    ];
    let check = |parse: Parse, part: &str, field: &str| {
        let body = format!("{{\"messages\":[{{\"role\":\"user\",\"content\":[{part}]}}]}}");
        assert_eq!(wrong_field(parse, &body), format!("messages[0].content[0]{field}"), "{body}");
    };
    for (part, field) in openai {
        check(apis::openai, part, field);
    }
    for (part, field) in anthropic {
        check(apis::anthropic, part, field);
    }
    let call = "{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\"}]}]}";
    assert_eq!(wrong_field(apis::openai, call), "messages[0].tool_calls[0].function.name");
    let system = "{\"system\":[{\"type\":\"text\"}],\"messages\":[{\"role\":\"user\"}]}";
    assert_eq!(wrong_field(apis::anthropic, system), "system[0].text");
}

#[test]
fn pictures_and_files_of_anyone_but_the_user_are_left_out_and_named() {
    let picture = "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://a.example/p\"}}";
    let data = "data:application/pdf;base64,JVBERi0x";
    let file = format!("{{\"type\":\"file\",\"file\":{{\"file_data\":\"{data}\"}}}}");
    for (part, kind) in [(picture, "image_url"), (&file, "file")] {
        let body = |role: &str| {
            format!(
                "{{\"messages\":[{{\"role\":\"user\",\"content\":\"x\"}},{{\"role\":\"{role}\",\
                 \"content\":[{{\"type\":\"text\",\"text\":\"x\"}},{part}]}}]}}"
            )
        };
        for role in ["system", "developer", "assistant"] {
            let body = body(role);
            let named = apis::openai(body.as_bytes()).map(|prompt| {
                assert!(degpt_edge::catalog::needs(&prompt).is_empty(), "{body}");
                prompt.notes.ignored().join(", ")
            });
            assert_eq!(named, Ok(format!("messages[].content[].{kind}")), "{body}");
        }
        for role in ["user", "tool", "function"] {
            let body = body(role);
            let prompt = apis::openai(body.as_bytes());
            assert!(
                prompt.is_ok_and(|prompt| !degpt_edge::catalog::needs(&prompt).is_empty()),
                "{role} {part}"
            );
        }
    }
    let audio = "{\"messages\":[{\"role\":\"assistant\",\"audio\":{\"id\":\"a\"}}]}";
    assert_eq!(wrong_field(apis::openai, audio), "messages[0].audio");
}

/// No form of it is known that DeGPT passes on for certain, so it never gets as far.
#[test]
fn sound_is_refused_by_its_name() {
    let data = "\"data\":\"UklGRg==\",\"format\":\"wav\"";
    let parts = [
        format!("{{\"type\":\"input_audio\",\"input_audio\":{{{data}}}}}"),
        format!("{{\"type\":\"audio\",\"audio\":{{{data}}}}}"),
        "{\"type\":\"audio_url\",\"audio_url\":{\"url\":\"https://a.example/a.wav\"}}".to_owned(),
    ];
    for (part, role) in parts.iter().flat_map(|part| ["user", "system"].map(|role| (part, role))) {
        let list = format!("[{{\"role\":\"{role}\",\"content\":[{part}]}}]");
        let apis: [(Parse, &str); 2] = [(apis::openai, "messages"), (apis::responses, "input")];
        for (parse, name) in apis {
            let body = format!("{{\"model\":\"gpt-4o-audio-preview\",\"{name}\":{list}}}");
            assert_eq!(wrong_field(parse, &body), format!("{name}[0].content[0].type"), "{body}");
            let said = parse(body.as_bytes()).map_err(|error| error.message());
            assert!(said.is_err_and(|said| said.contains("No model takes sound")), "{body}");
        }
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let table = [
        ("{\"model\":5}", "`model` must be a string (line 1, column 10)."),
        ("{\n\"stream\": \"yes\"}", "`stream` must be `true` or `false` (line 2, column 15)."),
        (
            "{\"max_tokens\":1.5}",
            "`max_tokens` must be a whole number, 0 or more (line 1, column 17).",
        ),
        (
            "{\"max_tokens\":2e99}",
            "`max_tokens` must be a whole number, 0 or more (line 1, column 18).",
        ),
        (
            "{\"max_tokens\":-1}",
            "`max_tokens` must be a whole number, 0 or more (line 1, column 16).",
        ),
        (
            "{\"max_tokens\":18446744073709551616}",
            "`max_tokens` must be a whole number, 0 or more (line 1, column 34).",
        ),
        ("{\"messages\":[[]]}", "`messages[0]` must be an object (line 1, column 13)."),
        ("{\"messages\":5}", "`messages` must be a list (line 1, column 13)."),
        ("[]", "The request body must be an object (line 1, column 0)."),
        (
            "{\"messages\":[{\"content\":true}]}",
            "`messages[0].content` must be a string or a list of parts (line 1, column 28).",
        ),
        (
            "{\"messages\":[{\"role\":\"user\",\"role\":\"user\"}]}",
            "`messages[0].role` is given twice (line 1, column 35).",
        ),
        (
            "{\"model\" \"x\"}",
            "The request body is not valid JSON: expected `:` at line 1 column 10.",
        ),
        (
            "{\"metadata\":[1,]}",
            "The request body is not valid JSON: expected value at line 1 column 16.",
        ),
        (
            "{\"model\":\"x\"",
            "The request body is not valid JSON: EOF while parsing an object at line 1 column 12.",
        ),
    ];
    for (body, expected) in table {
        for parse in [apis::openai as Parse, apis::anthropic] {
            let message = parse(body.as_bytes()).map_err(|error| error.message());
            assert_eq!(message.err().as_deref(), Some(expected), "{body}");
        }
    }
}

#[test]
fn too_deep_is_told_from_no_text() {
    // Blocks within blocks: nothing else of a request nests as deeply as one likes.
    let open = "[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":".repeat(200);
    let close = "}]".repeat(200);
    let body = format!("{{\"messages\":[{{\"role\":\"user\",\"content\":{open}\"\"{close}}}]}}");
    let message = apis::anthropic(body.as_bytes()).map_err(|error| error.message()).err();
    let message = message.unwrap_or_default();
    // The grammar's own limit is reached at the same depth.
    assert!(
        message.contains("nests too deeply") || message.contains("recursion limit"),
        "{message}"
    );
    assert!(message.contains("line 1"), "{message}");
}

#[test]
fn nesting_without_end_is_refused_and_not_followed() {
    let deep = "[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":".repeat(10_000);
    let body = format!("{{\"messages\":[{{\"role\":\"user\",\"content\":{deep}");
    assert_eq!(wrong_field(apis::anthropic, &body), "-");
    let arrays = format!("{{\"messages\":[{{\"role\":\"user\",\"content\":{}", "[".repeat(100_000));
    for parse in [apis::openai as Parse, apis::anthropic] {
        wrong_field(parse, &arrays);
    }
}
