//! A conversation that began at Anthropic and goes on here: what its servers did and
//! said becomes words, calls and results that any model understands.
#![expect(clippy::panic, reason = "a test ends where something is not as it must be")]

use crate::support::{apis::anthropic as parse, requests::wrong_field};
use degpt_edge::chat::{Data, Part, Role, Source, ToolOutcome};
use serde_json::{Value, json};

/// Who says what, a part a line.
fn said(messages: &Value) -> Vec<(Role, String)> {
    let body = json!({"messages": messages}).to_string();
    let prompt = parse(body.as_bytes()).unwrap_or_else(|error| panic!("{error:?}: {body}"));
    let lines = |parts: &[Part<'_>]| parts.iter().map(line).collect::<Vec<_>>().join("\n");
    prompt.turns.iter().map(|turn| (turn.role, lines(&turn.parts))).collect()
}

fn line(part: &Part<'_>) -> String {
    match part {
        Part::Text(text) => text.to_string(),
        Part::Image(source) => format!("[picture {}]", place(source)),
        Part::File { name, source } => {
            format!("[file {} {}]", name.as_deref().unwrap_or("-"), place(source))
        }
        Part::ToolCall { id, name, arguments } => format!("{id} = {name}({arguments})"),
        Part::ToolResult { id, outcome, parts } => {
            let sign = if *outcome == ToolOutcome::Failed { "!" } else { "" };
            format!("{id}{sign} -> {}", parts.iter().map(line).collect::<Vec<_>>().join(" / "))
        }
    }
}

fn place<'a>(source: &'a Source<'a>) -> &'a str {
    match &source.data {
        Data::Address(text) | Data::Base64 { text, .. } => text,
    }
}

fn turn(role: &str, blocks: &[Value]) -> Value {
    json!({"role": role, "content": blocks})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn call(id: &str, name: &str, input: &Value) -> Value {
    json!({"type": "server_tool_use", "id": id, "name": name, "input": input})
}

#[test]
fn what_anthropics_servers_did_is_told_as_calls_and_results() {
    let found = |title: &str, more: Value| {
        let mut found = json!({"type": "web_search_result", "title": title,
            "url": "https://a.example/x", "encrypted_content": "SECRET"});
        found.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        found
    };
    let results = [found("One", json!({"page_age": "3 days"})), found("Two", json!({}))];
    let result = |id: &str, content: &Value| json!({"type": "web_search_tool_result", "tool_use_id": id, "content": content});
    let cited = json!({"type": "text", "text": "It is so.",
        "citations": [{"type": "web_search_result_location", "cited_text": "x"}]});
    let messages = json!([
        turn("user", &[text("News?")]),
        turn(
            "assistant",
            &[
                json!({"type": "redacted_thinking", "data": "SECRET"}),
                text("I look."),
                call("s1", "web_search", &json!({"query": "a"})),
                call("s2", "web_search", &json!({"query": "b"})),
                result("s1", &json!(results)),
                result("s2", &json!([])),
                cited,
                json!({"type": "tool_use", "id": "t1", "name": "save", "input": {}}),
            ]
        ),
        turn("user", &[json!({"type": "tool_result", "tool_use_id": "t1", "content": "Saved."})]),
    ]);
    let expected = [
        (Role::User, "News?"),
        (
            Role::Assistant,
            "I look.\ns1 = web_search({\"query\":\"a\"})\ns2 = web_search({\"query\":\"b\"})",
        ),
        // What is returned is never said by the assistant: it would learn to make it up.
        (Role::User, "s1 -> One: https://a.example/x (3 days) / Two: https://a.example/x\ns2 -> "),
        (Role::Assistant, "It is so.\nt1 = save({})"),
        (Role::User, "t1 -> Saved."),
    ];
    assert_eq!(said(&messages), expected.map(|(role, said)| (role, said.to_owned())));
}

#[test]
fn every_kind_of_result_is_told() {
    let pdf = json!({"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"});
    let words = json!({"type": "text", "media_type": "text/plain", "data": "Words."});
    let fetched = |source: &Value| {
        let document = json!({"type": "document", "title": "A page", "source": source,
            "citations": {"enabled": false}});
        json!({"type": "web_fetch_result", "url": "https://a.example", "content": document,
            "retrieved_at": "2026-01-01T00:00:00Z"})
    };
    let ran = |kind: &str, code: i32| {
        json!({"type": format!("{kind}_result"), "stdout": "out", "stderr": "err",
            "return_code": code, "content": [{"type": format!("{kind}_output"), "file_id": "f"}]})
    };
    let quiet = json!({"type": "bash_code_execution_result", "stdout": "", "stderr": "",
        "return_code": 0, "content": []});
    let encrypted = json!({"type": "encrypted_code_execution_result", "encrypted_stdout": "SECRET",
        "stderr": "err", "return_code": 0, "content": []});
    let failed = |kind: &str| json!({"type": format!("{kind}_tool_result_error"), "error_code": "unavailable"});
    let edited = |kind: &str, more: Value| {
        let mut edited = json!({"type": format!("text_editor_code_execution_{kind}")});
        edited.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        edited
    };
    let viewed = edited("view_result", json!({"file_type": "text", "content": "1: a"}));
    let replaced = json!({"lines": ["-a", "+b"], "old_start": 1});
    let not_found = json!({"error_code": "file_not_found", "error_message": "No a.txt."});
    let references = json!([{"type": "tool_reference", "tool_name": "time"}]);
    let table = [
        ("web_fetch", fetched(&words), "c -> https://a.example / A page / Words."),
        ("web_fetch", fetched(&pdf), "c -> https://a.example / [file A page JVBERi0x]"),
        ("web_fetch", failed("web_fetch"), "c! -> unavailable"),
        ("web_search", failed("web_search"), "c! -> unavailable"),
        ("code_execution", ran("code_execution", 0), "c -> out / err"),
        ("code_execution", encrypted, "c -> err"),
        ("code_execution", failed("code_execution"), "c! -> unavailable"),
        ("bash_code_execution", ran("bash_code_execution", 2), "c -> out / err / Exit code 2."),
        ("bash_code_execution", quiet, "c -> "),
        ("text_editor_code_execution", viewed, "c -> 1: a"),
        (
            "text_editor_code_execution",
            edited("create_result", json!({"is_file_update": false})),
            "c -> The file was created.",
        ),
        (
            "text_editor_code_execution",
            edited("create_result", json!({"is_file_update": true})),
            "c -> The file was replaced.",
        ),
        ("text_editor_code_execution", edited("str_replace_result", replaced), "c -> -a\n+b"),
        ("text_editor_code_execution", edited("str_replace_result", json!({})), "c -> "),
        (
            "text_editor_code_execution",
            edited("tool_result_error", not_found),
            "c! -> file_not_found: No a.txt.",
        ),
        (
            "tool_search",
            json!({"type": "tool_search_tool_search_result", "tool_references": references}),
            "c -> The tool `time` can be called from here on.",
        ),
        ("advisor", json!({"type": "advisor_result", "text": "Do it."}), "c -> Do it."),
        (
            "advisor",
            json!({"type": "advisor_redacted_result", "encrypted_content": "SECRET"}),
            "c -> ",
        ),
        ("mcp", json!("Rain."), "c -> Rain."),
        ("mcp", json!([text("Rain."), text("Wind.")]), "c -> Rain. / Wind."),
    ];
    for (kind, content, expected) in table {
        let result =
            json!({"type": format!("{kind}_tool_result"), "tool_use_id": "c", "content": content});
        let messages = json!([turn("assistant", &[result])]);
        assert_eq!(said(&messages), [(Role::User, expected.to_owned())], "{kind} {content}");
    }
    let failed = json!({"type": "mcp_tool_result", "tool_use_id": "c", "is_error": true});
    assert_eq!(said(&json!([turn("assistant", &[failed])])), [(Role::User, "c! -> ".to_owned())]);
}

#[test]
fn calls_on_other_servers_are_calls() {
    let call = json!({"type": "mcp_tool_use", "id": "m", "name": "rain", "server_name": "s",
        "input": {"city": "Bonn"}});
    let expected = (Role::Assistant, "m = rain({\"city\":\"Bonn\"})".to_owned());
    assert_eq!(said(&json!([turn("assistant", &[call])])), [expected]);
}

#[test]
fn what_says_nothing_is_left_out() {
    let info = json!({"model": "a"});
    let silent = [
        json!({"type": "thinking", "thinking": "Hm.", "signature": "s"}),
        json!({"type": "redacted_thinking", "data": "SECRET"}),
        json!({"type": "compaction", "content": null, "encrypted_content": "SECRET"}),
        json!({"type": "fallback", "from": info, "to": info, "trigger": {"type": "refusal"}}),
        json!({"type": "mcp_tool_listing", "mcp_server_name": "s",
            "tools": [{"name": "x", "input_schema": {}}]}),
    ];
    for block in silent {
        let messages = json!([turn("user", &[block.clone(), text("Hi")])]);
        assert_eq!(said(&messages), [(Role::User, "Hi".to_owned())], "{block}");
    }
    // What the assistant thought would be of use.
    for kind in ["thinking", "redacted_thinking", "mcp_tool_listing"] {
        let thought = turn("assistant", &[json!({"type": kind}), text("Hi")]);
        let body = json!({"messages": [turn("user", &[text("Hi")]), thought]}).to_string();
        let prompt = parse(body.as_bytes()).unwrap();
        assert_eq!(prompt.notes.ignored(), [format!("messages[].content[].{kind}")]);
    }
    let summary = json!({"type": "compaction", "content": "We spoke of rain."});
    let expected = (Role::Assistant, "We spoke of rain.".to_owned());
    assert_eq!(said(&json!([turn("assistant", &[summary])])), [expected]);
}

#[test]
fn documents_and_search_results_say_all_they_hold() {
    let picture = json!({"type": "image", "source": {"type": "url", "url": "https://a.example/p"}});
    let document = |source: Value, more: Value| {
        let mut document = json!({"type": "document", "source": source});
        document.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        document
    };
    let words = json!({"type": "text", "media_type": "text/plain", "data": "Words."});
    let pdf = json!({"type": "url", "url": "https://a.example/a.pdf"});
    let plain = json!({"type": "content", "content": "Words."});
    let mixed = json!({"type": "content", "content": [text("See:"), picture]});
    let titled = json!({"title": "T", "context": "Of 1900."});
    let found = |content: Value| {
        json!({"type": "search_result", "source": "https://a.example", "title": "News",
            "content": content})
    };
    let table = [
        (document(words.clone(), json!({})), "Words."),
        (document(words.clone(), json!({"title": null, "context": null})), "Words."),
        (document(words, titled.clone()), "T\nOf 1900.\nWords."),
        (document(plain.clone(), json!({})), "Words."),
        (document(plain, titled.clone()), "T\nOf 1900.\nWords."),
        (document(mixed, json!({"title": "T"})), "T\nSee:\n[picture https://a.example/p]"),
        (document(pdf, titled), "Of 1900.\n[file T https://a.example/a.pdf]"),
        (found(json!([text("Sun."), text("Wind.")])), "News\nhttps://a.example\nSun.\nWind."),
        (found(json!([])), "News\nhttps://a.example"),
    ];
    for (block, expected) in table {
        let messages = json!([turn("user", std::slice::from_ref(&block))]);
        assert_eq!(said(&messages), [(Role::User, expected.to_owned())], "{block}");
        let result = json!({"type": "tool_result", "tool_use_id": "t", "content": [block]});
        let expected = format!("t -> {expected}");
        let [(_, returned)] = said(&json!([turn("user", &[result])])).try_into().unwrap();
        assert_eq!(returned.replace(" / ", "\n"), expected, "{block}");
    }
}

#[test]
fn pictures_and_files_stand_in_the_users_turns_and_in_results_alone() {
    let picture = json!({"type": "image", "source": {"type": "url", "url": "https://a.example/p"}});
    let pdf = json!({"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"});
    let file = json!({"type": "document", "source": pdf});
    let holding = json!({"type": "document",
        "source": {"type": "content", "content": [text("See:"), picture]}});
    let within = ".source.content[].image";
    for (block, within) in [(&picture, ".image"), (&file, ".document"), (&holding, within)] {
        let left_out = |body: Value| {
            let body = body.to_string();
            let prompt = parse(body.as_bytes()).unwrap();
            assert!(degpt_edge::catalog::needs(&prompt).is_empty(), "{body}");
            prompt.notes.ignored().join(", ")
        };
        for role in ["assistant", "system"] {
            let messages =
                json!([turn("user", &[text("Hi")]), turn(role, &[text("x"), block.clone()])]);
            let found = left_out(json!({"messages": messages}));
            assert_eq!(found, format!("messages[].content[]{within}"), "{role} {block}");
        }
        let found = left_out(json!({"system": [block], "messages": [turn("user", &[text("Hi")])]}));
        assert_eq!(found, format!("system[]{within}"), "{block}");
        let result = json!({"type": "tool_result", "tool_use_id": "t", "content": [block]});
        let shown = said(&json!([turn("user", &[block.clone(), result])]));
        let places = shown[0].1.matches("[picture").count() + shown[0].1.matches("[file").count();
        assert_eq!(places, 2, "{shown:?}");
    }
    // Words are no picture, wherever they come from.
    let words = json!({"type": "document", "source": {"type": "text", "data": "Words."}});
    let expected = (Role::Assistant, "Words.".to_owned());
    assert_eq!(said(&json!([turn("assistant", &[words])])), [expected]);
}

#[test]
fn unknown_blocks_are_named() {
    let result = |content: Value| json!({"type": "bash_code_execution_tool_result", "tool_use_id": "c", "content": content});
    let document = |source: Value| json!({"type": "document", "source": source});
    let table = [
        (json!({"type": "telepathy"}), ".type"),
        (json!({"type": "web_search_tool_result", "content": []}), ".tool_use_id"),
        (json!({"type": "server_tool_use", "id": "c"}), ".name"),
        (json!({"type": "mcp_tool_use", "id": "c"}), ".name"),
        (result(json!({"type": "telepathy"})), ".content.type"),
        (result(json!({})), ".content.type"),
        (result(json!([{"type": "telepathy"}])), ".content[0].type"),
        (result(json!(5)), ".content"),
        (
            json!({"type": "tool_result", "tool_use_id": "t", "content": {"type": "text"}}),
            ".content",
        ),
        (document(json!({"type": "file", "file_id": "f"})), ".source.type"),
        (document(json!({"type": "content"})), ".source.content"),
        (
            document(json!({"type": "content", "content": [{"type": "x"}]})),
            ".source.content[0].type",
        ),
        (document(json!({"type": "text"})), ".source.data"),
        (document(json!({})), ".source.type"),
        (document(json!([])), ".source"),
    ];
    for (block, field) in table {
        let (param, message) = {
            // A file of the assistant's is left out, whatever it is.
            let role = if block["type"] == "document" { "user" } else { "assistant" };
            let body = json!({"messages": [turn(role, std::slice::from_ref(&block))]});
            wrong_field(parse, body.to_string().as_bytes())
        };
        assert_eq!(param, format!("messages[0].content[0]{field}"), "{block}");
        if block.to_string().contains("telepathy") {
            assert!(message.contains("`telepathy`"), "{message}");
        }
    }
}

#[test]
fn citations_are_named_as_ignored_where_they_are_asked_for() {
    let words = json!({"type": "text", "data": "Words."});
    let document =
        |citations: Value| json!({"type": "document", "source": words, "citations": citations});
    let asked = document(json!({"enabled": true}));
    let in_result = json!({"type": "tool_result", "tool_use_id": "t", "content": [asked]});
    let cited = json!({"type": "text", "text": "x", "citations": [{"enabled": true}]});
    let table: [(Value, &[&str]); 5] = [
        (asked, &["messages[].content[].citations.enabled"]),
        (in_result, &["messages[].content[].content[].citations.enabled"]),
        (document(json!({"enabled": false})), &[]),
        (document(Value::Null), &[]),
        (cited, &[]),
    ];
    for (block, ignored) in table {
        let body = json!({"messages": [turn("user", std::slice::from_ref(&block))]}).to_string();
        assert_eq!(parse(body.as_bytes()).unwrap().notes.ignored(), ignored, "{block}");
    }
}
