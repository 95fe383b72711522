//! Everything that reads what comes from outside, on made-up input: streams like
//! DeGPT's with anything odd or broken in them, requests like a client's, the
//! fixtures with bytes changed, and bytes without any sense.
//!
//! What is to hold is in `support/units.rs`, which the fuzz targets share.

use crate::support::units;
use crate::support::{answers, apis, contract, json as reader, requests::Parse};
use std::{fs, time::Duration};

use degpt_edge::{
    answer::Translator,
    answer::{Client, Relay, Step},
    chat::{Stamp, UsageReport},
    config::Timing,
    error::Error,
};
use proptest::{collection::vec, prelude::*, sample};
use serde_json::{Map, Value, json};

/// Found failures become lines of [`what_was_found_once`], not files that nobody reads.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn streams_of_any_bytes(data in vec(any::<u8>(), 0..400)) {
        units::decoder(&data);
        units::translator(&data);
    }

    #[test]
    fn streams_like_degpts(head in any::<[u8; 2]>(), events in vec(event(), 0..12)) {
        let data = [head.to_vec(), events.concat()].concat();
        units::decoder(&data);
        units::translator(&data);
    }

    #[test]
    fn chunks_in_the_usual_form_or_nearly(head in any::<[u8; 2]>(), chunks in vec(usual(), 0..6)) {
        let data = [head.to_vec(), chunks.concat()].concat();
        units::decoder(&data);
        units::translator(&data);
    }

    #[test]
    fn fixtures_with_bytes_changed(data in changed(fixtures())) {
        units::decoder(&data);
        units::translator(&data);
    }

    #[test]
    fn requests_of_any_bytes(data in vec(any::<u8>(), 0..400)) {
        units::requests(&data);
    }

    #[test]
    fn requests_like_a_clients(request in request()) {
        units::requests(request.to_string().as_bytes());
    }

    #[test]
    fn fields_that_nobody_knows_are_named(extra in vec(any::<(sample::Index, u8)>(), 0..40), name in "[a-z_]{0,9}") {
        for (parse, seed) in [
            (apis::openai as Parse, openai_request()),
            (apis::anthropic, anthropic_request()),
            (apis::responses, responses_request()),
        ] {
            named(parse, seed, &extra, &name);
        }
    }

    #[test]
    fn requests_with_bytes_changed(data in changed(requests())) {
        units::requests(&data);
    }

    #[test]
    fn bodies_are_read_as_serde_json_reads_them(
        request in request(),
        changed in changed(requests()),
        value in json_like(),
    ) {
        reader::json(request.to_string().as_bytes());
        reader::json(&changed);
        reader::json(value.as_bytes());
    }

    #[test]
    fn calls_are_the_same_however_an_answer_is_cut(text in words()) {
        answers::calls(text.as_bytes());
    }

    #[test]
    fn what_a_model_repeats_is_no_call(text in words()) {
        answers::quotes(text.as_bytes());
    }

    #[test]
    fn configurations_of_any_text(text in "([a-q][ -~]{0,20}\n){0,6}", bytes in vec(any::<u8>(), 0..99)) {
        units::config(text.as_bytes());
        units::config(&bytes);
    }

    #[test]
    fn configurations_like_a_deployments(lines in vec(variable(), 0..8)) {
        units::config(lines.join("\n").as_bytes());
    }

    #[test]
    fn answers_in_any_order_of_time(
        limits in any::<[u16; 4]>(),
        happenings in vec((any::<u32>(), 0..9_u8), 0..40),
    ) {
        relay(limits, &happenings);
    }
}

#[test]
fn what_was_found_once() {
    // A chunk that goes over the limit was dropped with all that was within it.
    units::translator(
        b"\x00\x80data: {\"choices\": [{\"delta\": {\"content\": \"Hi\"}}]}\n\n\
          data: {\"choices\": [{\"delta\": {\"content\": \" there\"}}]}\n\ndata: [DONE]\n\n",
    );
    // The same text as a key and as a page's origin.
    units::config(b"ahttps://chat.example\njhttps://chat.example");
    // Tools in all forms, and what has two.
    reader::json(
        br#"{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","tool_calls":[
        {"id":"c","custom":{"name":"g","input":"x"},"function":{"name":"f","arguments":"{}"}}]}],"tools":[
        {"name":"f","input_schema":{"a":1},"parameters":{"b":1}},{"type":"custom","custom":{"name":"g"}},
        {"function":{"name":"h","input_schema":{"a":1},"parameters":{"b":1}}},{"type":"bash_20250124","name":"bash"},
        {"custom":{"name":"i","description":"A tool","parameters":{"c":1}}}]}"#,
    );
    // A conversation that the server is to keep is refused, too.
    units::requests(br#"{"thread":true,"messages":[{"role":"user","content":"Hi"}]}"#);
}

/// With unknown fields put into the objects of `request`, each is named, once, in the
/// request's order, and nothing else is.
fn named(parse: Parse, mut request: Value, extra: &[(sample::Index, u8)], name: &str) {
    let count = objects(&mut request, &mut |_| {});
    for (place, kind) in extra {
        // What the last of these lead to: a control character, a comma, no ASCII, one that is long.
        let names = ["", "", "a", "b", "c", "\r\n", ",", "模型", &"x".repeat(90)];
        let suffix = names.get(usize::from(*kind) % names.len()).copied().unwrap_or_default();
        let values = [json!(1), json!([{"a": 1}]), json!({"b": {"c": 2}}), json!("x")];
        let value = values.get(usize::from(*kind) % 4).cloned().unwrap_or_default();
        let mut left = place.index(count);
        objects(&mut request, &mut |object| {
            if left == 0 {
                object.insert(format!("zz{name}{suffix}"), value.clone());
            }
            left = left.wrapping_sub(1);
        });
    }
    let mut expected = Vec::new();
    paths(&request, "", &mut expected);
    let body = request.to_string();
    let prompt = parse(body.as_bytes()).unwrap_or_else(|error| unreachable!("{error:?} {body}"));
    assert_eq!(prompt.notes.ignored(), expected, "{body}");
}

/// What is handed on as it came, or has no meaning here.
const OPAQUE: [&str; 5] = ["parameters", "input_schema", "schema", "input", "metadata"];

/// Calls `visit` for each object of a request. Returns how many there are.
fn objects(value: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) -> usize {
    match value {
        Value::Object(fields) => {
            visit(fields);
            let known = fields.iter_mut();
            let known =
                known.filter(|(name, _)| !is_extra(name) && !OPAQUE.contains(&name.as_str()));
            1 + known.map(|(_, value)| objects(value, visit)).sum::<usize>()
        }
        Value::Array(list) => list.iter_mut().map(|value| objects(value, visit)).sum(),
        _ => 0,
    }
}

fn is_extra(name: &str) -> bool {
    name.starts_with("zz")
}

/// The paths of the unknown fields, each once.
fn paths(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                if is_extra(name) {
                    let end = if name.chars().count() > 64 { "..." } else { "" };
                    let is_plain = |ch: &char| matches!(ch, '!'..='~') && *ch != ',';
                    let clean =
                        name.chars().take(64).map(|ch| if is_plain(&ch) { ch } else { '?' });
                    let path = format!("{path}{dot}{}{end}", clean.collect::<String>());
                    if !found.contains(&path) {
                        found.push(path);
                    }
                } else if !OPAQUE.contains(&name.as_str()) {
                    paths(value, &format!("{path}{dot}{name}"), found);
                }
            }
        }
        Value::Array(list) => {
            for value in list {
                paths(value, &format!("{path}[]"), found);
            }
        }
        _ => {}
    }
}

/// Objects at every level that OpenAI's requests have, all of them obeyed.
fn openai_request() -> Value {
    let picture =
        json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0K"}});
    let file =
        json!({"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0x"}});
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let custom = json!({"id": "d", "type": "custom", "custom": {"name": "g", "input": "x"}});
    let schema = json!({"type": "object"});
    let allowed =
        json!({"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]});
    json!({
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Look:"}, picture, file]},
            {"role": "assistant", "content": null, "tool_calls": [call, custom]},
            {"role": "tool", "tool_call_id": "c", "content": "Rain."},
            {"role": "tool", "tool_call_id": "d", "content": [{"type": "text", "text": "Rain."}]},
            {"role": "assistant", "content": "Hm", "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "Rain."},
        ],
        "metadata": {"a": "b"},
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}},
        "stream": true,
        "stream_options": {"include_usage": true},
        "system": [{"type": "text", "text": "Be brief."}],
        "tool_choice": {"type": "allowed_tools", "allowed_tools": allowed},
        "tools": [
            {"type": "function", "function": {"name": "f", "parameters": schema}},
            {"type": "custom", "custom": {"name": "g"}},
        ],
    })
}

/// Objects at every level that Anthropic's requests have, all of them obeyed.
fn anthropic_request() -> Value {
    let source = json!({"type": "base64", "media_type": "image/png", "data": "iVBORw0K"});
    let words = json!({"type": "content", "content": [{"type": "text", "text": "a"}]});
    let fetched = json!({"type": "web_fetch_result", "url": "https://a.example",
        "content": {"type": "document", "source": {"type": "text", "data": "x"}}});
    let schema = json!({"type": "object"});
    json!({
        "max_tokens": 9,
        "messages": [
            {"role": "user", "content": [
                {"type": "image", "source": source},
                {"type": "document", "source": words, "citations": {"enabled": false}},
            ]},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "t", "name": "f", "input": {}},
                {"type": "web_fetch_tool_result", "tool_use_id": "w", "content": fetched},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image", "source": source}]},
                {"type": "tool_addition", "tool": {"type": "tool_definition", "definition":
                    {"name": "h", "input_schema": schema}}},
            ]},
        ],
        "metadata": {"a": "b"},
        "output_config": {"format": {"type": "json_schema", "schema": schema}},
        "system": [{"type": "text", "text": "Be brief."}],
        "tool_choice": {"type": "tool", "name": "f"},
        "tools": [{"name": "f", "input_schema": schema}],
    })
}

/// Objects at every level that requests of the Responses API have, all of them obeyed.
fn responses_request() -> Value {
    let picture = json!({"type": "input_image", "image_url": "data:image/png;base64,iVBORw0K"});
    let file = json!({"type": "input_file", "file_data": "data:application/pdf;base64,JVBERi0x"});
    let schema = json!({"type": "object"});
    let words = json!([{"type": "input_text", "text": "Rain."}]);
    let f = json!({"type": "function", "name": "f", "parameters": schema});
    json!({
        "input": [
            {"type": "additional_tools", "role": "developer", "tools": [f]},
            {"role": "user", "content": [{"type": "input_text", "text": "Look:"}, picture, file]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hm"}]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "custom_tool_call", "call_id": "d", "namespace": "n", "name": "g", "input": "x"},
            {"type": "function_call_output", "call_id": "c", "output": words},
            {"type": "custom_tool_call_output", "call_id": "d", "output": "Rain."},
            {"type": "tool_search_output", "call_id": "e", "tools": [f]},
        ],
        "metadata": {"a": "b"},
        "stream": true,
        "system": [{"type": "text", "text": "Be brief."}],
        "text": {"format": {"type": "json_schema", "name": "n", "schema": schema}},
        "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
        "tools": [f, {"type": "namespace", "name": "n", "tools": [{"type": "custom", "name": "g"}]}],
    })
}

/// Whatever happens when: there is no panic, the timer comes again, and after the
/// ending nothing is written.
fn relay(limits: [u16; 4], happenings: &[(u32, u8)]) {
    let [commit_after, first_byte, idle, keep_alive] =
        limits.map(|limit| Duration::from_millis(u64::from(limit) + 1));
    let max_answer = 4 * idle;
    let timing = Timing { commit_after, first_byte, idle, keep_alive, max_answer };
    let stamp = Stamp { id: "x".to_owned(), unix_s: 0 };
    for dialect in contract::DIALECTS {
        let encoder = apis::encoder(dialect, UsageReport::Included, "m", &stamp, 0);
        let translator = Translator::new(encoder, contract::stages(), 1 << 20);
        let mut relay = Relay::new(translator, timing, 1_000);
        let mut out = Vec::new();
        let mut length_at_end = None;
        for (time, what) in happenings {
            let now_ms = u64::from(time % 200_000);
            let text = b"data: {\"choices\": [{\"delta\": {\"content\": \"Hi\"}}]}\n\n";
            let step = match what {
                0 => relay.push(text, now_ms, &mut out),
                1 => relay.push(b": comment\n\n", now_ms, &mut out),
                2 => relay.push(b"data: [DONE]\n\n", now_ms, &mut out),
                3 => relay.push(b"data: {\"ch", now_ms, &mut out),
                4 => relay.upstream_ended(&mut out),
                5 => relay.fail(Error::Internal, &mut out),
                _ => {
                    let client = if what % 2 == 0 { Client::Busy } else { Client::Reading };
                    let (step, next_ms) = relay.tick(now_ms, client, &mut out);
                    assert!(next_ms > 0, "the timer would never rest");
                    step
                }
            };
            if let Some(length) = length_at_end {
                assert_eq!(out.len(), length, "written after the ending");
            }
            match step {
                Step::Close(_) => length_at_end = Some(out.len()),
                Step::Fail(_) | Step::AskAgain | Step::Errands => relay.restart(now_ms),
                Step::Hold => assert!(out.is_empty(), "written before the headers"),
                Step::Send => {}
            }
        }
    }
}

fn event() -> impl Strategy<Value = Vec<u8>> {
    let sentence = "Sorry, you don't have sufficient access rights at the moment.";
    let words = prop_oneof![
        any::<String>(),
        "[a-z ]{0,9}",
        (0..=sentence.len()).prop_map(move |end| sentence.chars().take(end).collect::<String>()),
        Just(String::new()),
    ];
    let finish = sample::select(vec![Value::Null, json!("stop"), json!("length"), json!("?")]);
    let field = sample::select(vec!["content", "reasoning_content"]);
    let chunk = (words, finish, field).prop_map(|(words, finish, field)| {
        let choice = json!({"index": 0, "delta": {field: words}, "finish_reason": finish});
        format!("data: {}\n\n", json!({"id": "x", "choices": [choice]}))
    });
    let odd = sample::select(vec![
        "data: [DONE]\n\n",
        "data: {\"choices\": []}\n\n",
        "data: {\"choices\": [{\"delta\": {\"content\": null}}]}\n\n",
        "data: {\"error\": null}\r\n\r\n",
        "data: {\"error\": \"context window\"}\n\n",
        ": comment\n\n",
        "event: x\ndata\n\n",
        "\u{feff}",
        "\r",
        "\n",
        "data: {\"choices\":\ndata: [{\"delta\": {\"content\": \"two lines\"}}]}\n\n",
        "data: <html>\n\n",
        "data: [DON",
    ]);
    prop_oneof![6 => chunk, 2 => odd.prop_map(str::to_owned)].prop_map(String::into_bytes)
}

/// Chunks as DeGPT writes them, of words that need escapes, mostly right ones; some
/// with a byte changed.
fn usual() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => "[ -~]{0,12}".prop_map(|text| text.replace(['"', '\\'], "")),
        2 => sample::select(vec![
            "\\u6211", "\\uFF0c", "\\ud83d\\ude0a", "\\n", "\\\"", "\\\\", "\\/", "\\t", "\\u0000", "é",
        ]).prop_map(str::to_owned),
        1 => sample::select(vec![
            "\\ud83d", "\\ude0a", "\\ud83d\\u0041", "\\x", "\\u12", "\\", "\"", "\t", "\u{7f}",
        ]).prop_map(str::to_owned),
    ];
    let field = sample::select(vec!["content", "content", "reasoning_content", "role"]);
    let created = sample::select(vec!["1755954793", "1795417190.435244", "0", "-1", "1.", "null"]);
    let finish = sample::select(vec!["null", "null", "null", "\"stop\"", "\"length\""]);
    let words = vec(piece, 0..4).prop_map(|pieces| pieces.concat());
    let chunk = (field, words, created, finish).prop_map(|(field, words, created, finish)| {
        format!(
            "data: {{\"id\": \"1a-2b\", \"object\": \"chat.completion.chunk\", \"created\": \
             {created}, \"model\": \"deepseek-chat\", \"choices\": [{{\"index\": 0, \"delta\": \
             {{\"{field}\": \"{words}\"}}, \"logprobs\": null, \"finish_reason\": {finish}}}]}}\n\n"
        )
    });
    let change = prop::option::weighted(0.3, (any::<sample::Index>(), any::<u8>()));
    (chunk, change).prop_map(|(chunk, change)| {
        let mut bytes = chunk.into_bytes();
        if let Some((place, byte)) = change {
            let place = place.index(bytes.len());
            bytes.iter_mut().skip(place).take(1).for_each(|here| *here = byte);
        }
        bytes
    })
}

fn request() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        sample::select(vec![
            "",
            " ",
            "user",
            "assistant",
            "system",
            "tool",
            "text",
            "image",
            "image_url",
            "base64",
            "tool_use",
            "tool_result",
            "input_text",
            "input_image",
            "input_file",
            "function_call",
            "custom_tool_call",
            "function_call_output",
            "tool_search_output",
            "additional_tools",
            "namespace",
            "document",
            "file",
            "url",
            "https://a.example/b",
            "data:image/png;base64,iVBORw0K",
            "enabled",
            "high",
            "…",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    let leaf = prop_oneof![
        6 => word.prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    let key = sample::select(vec![
        "role",
        "content",
        "type",
        "text",
        "image_url",
        "url",
        "source",
        "data",
        "media_type",
        "id",
        "name",
        "input",
        "tool_use_id",
        "tool_calls",
        "function",
        "arguments",
        "file",
        "file_data",
        "thinking",
        "title",
        "is_error",
        "call_id",
        "namespace",
        "output",
        "summary",
        "tools",
        "parameters",
        "format",
    ]);
    let value = leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((key.clone(), inner), 0..5)
                .prop_map(|fields| fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    });
    // Mostly a message in its outline, so that what is inside is read at all.
    let role = sample::select(vec!["user", "assistant", "system", "tool"]);
    let message = prop_oneof![
        4 => (role, value.clone())
            .prop_map(|(role, content)| json!({"role": role, "content": content})),
        1 => value.clone(),
    ];
    (vec(message, 0..5), value.clone(), value, 0..4_u8).prop_map(
        |(messages, system, thinking, form)| match form {
            0 => json!({"messages": messages}),
            1 => json!({"messages": messages, "system": system, "thinking": thinking, "stream": true}),
            2 => json!({"input": messages}),
            _ => json!({"input": messages, "text": thinking, "tools": [system], "stream": true}),
        },
    )
}

/// Words of which much could be a call.
fn words() -> impl Strategy<Value = String> {
    let call = r#"{"name": "get_weather", "arguments": {"city": "Paris"}}"#;
    let pieces = sample::select(vec![
        "<tool_call>",
        "</tool_call>",
        "<tool_calls>",
        "</tool_calls>",
        "<function_call>",
        "</function_call>",
        "<tool_response id=\"1\">",
        "</ tool_response>",
        "<~tool_call>",
        "<~",
        "&lt;tool_use&gt;",
        "\\u003ctool_call\\u003e",
        "＜TOOL-CALL＞",
        "<invoke name=\"a\">",
        "<invoke name=\\\"a\\\">",
        "</invoke>",
        "<function=a>",
        "< FUNCTION name='a'>",
        "</function>",
        "<parameter name=\"x\">",
        "<parameter=x>",
        "</parameter>",
        "<function_calls>",
        "</function_calls>",
        "<xai:function_call name=a>",
        "<｜DSML｜tool_calls>",
        "<｜DSML｜invoke name=\"a\">",
        "</｜DSML｜invoke>",
        "<｜｜DSML｜｜ tool name=a>",
        "<|DSML|parameter name=\"x\" string=\"false\">",
        "<｜tool▁calls▁begin｜>",
        "<｜tool▁call▁begin｜>",
        "<｜tool▁sep｜>",
        "<｜tool▁call▁end｜>",
        "<|channel|>",
        "<|start|>assistant ",
        "commentary to=functions.a ",
        "to=a",
        "<|message|>",
        "<|call|>",
        "<|python_tag|>",
        "[TOOL_CALLS]",
        "[a(x=1)]",
        "[{'name': 'a'}]",
        "default_api.a(",
        "print(",
        "functions.a:0",
        "a(",
        "a",
        "x='",
        ")",
        "'",
        "{\"tool_uses\": [",
        "\"recipient_name\"",
        "\"multi_tool_use.parallel\"",
        "\"arguments\": {}",
        "```tool_code\n",
        "```PYTHON\n",
        "<arg_key>",
        "</arg_key>",
        "<arg_value>",
        "<",
        ">",
        "/",
        "~",
        call,
        call,
        "{\"name\":\"a\"}",
        "{\\\"name\\\": \\\"a\\\"",
        "{\n  \"name\" : \"functions.write_file\",",
        "{",
        "}",
        "[",
        "]",
        "\"name\"",
        ":",
        "\"a\"",
        ",",
        "```json\n",
        "```",
        "~~~\n",
        "\n",
        "\n\n",
        "    ",
        "\t",
        " ",
        "`",
        "tool_call",
        "Hm",
        "é",
        "\\",
        "\"",
    ]);
    vec(prop_oneof![8 => pieces.prop_map(str::to_owned), 1 => any::<String>()], 0..10)
        .prop_map(|pieces| pieces.concat())
}

/// Nearly JSON.
fn json_like() -> impl Strategy<Value = String> {
    let pieces = sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\\",
        "\\u00e9",
        "\\ud83d\\ude0a",
        "\\ud83d",
        "\\n",
        "\\x",
        "null",
        "true",
        "0",
        "-1",
        "1e5",
        "1.",
        "01",
        " ",
        "\n",
        "\t",
        "é",
        "[[[[",
        "{\"a\":",
        "\"type\":\"text\"",
        "\"text\":",
        "[{\"type\":\"text\",\"text\":\"a\"}]",
    ]);
    vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

fn variable() -> impl Strategy<Value = String> {
    let place = sample::select(('a'..='q').collect::<Vec<_>>());
    let value = sample::select(vec![
        "",
        "*",
        "off",
        "pass",
        "1024",
        "0",
        "99999999999999999999",
        "https://a.example",
        "https://a.example/,http://b.example:8080",
        "gpt-4o",
        "a=gpt-4o, b*=o3,*=o3",
        "=",
        "[]",
        "[{\"id\":\"x\"}]",
        "[{\"id\":\"\"}]",
        "[{\"id\":\"gpt-4o\",\"created\":18446744073709551615}]",
        "key-one-which-is-long, key-two",
        "degpt-key",
        "\u{e9}",
        "a b",
    ]);
    (place, value).prop_map(|(place, value)| format!("{place}{value}"))
}

/// One of `seeds` with some bytes replaced, put in or taken out.
fn changed(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changes = vec((any::<sample::Index>(), any::<u8>(), 0..3), 0..6);
    (sample::select(seeds), changes).prop_map(|(mut bytes, changes)| {
        for (place, byte, how) in changes {
            let place = place.index(bytes.len() + 1);
            match (how, bytes.get_mut(place)) {
                (0, Some(here)) => *here = byte,
                (1, Some(_)) => drop(bytes.remove(place)),
                (_, _) => bytes.insert(place, byte),
            }
        }
        bytes
    })
}

/// The upstream's side of the fixtures, behind two bytes that choose the cuts.
fn fixtures() -> Vec<Vec<u8>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    let cases = fs::read_dir(root).into_iter().flatten().flatten();
    let streams = cases.filter_map(|case| fs::read(case.path().join("upstream.sse")).ok());
    let seeds: Vec<_> = streams.map(|stream| [b"  ".to_vec(), stream].concat()).collect();
    assert!(!seeds.is_empty(), "no fixtures in {root}");
    seeds
}

/// A request of each dialect with most that it can hold.
fn requests() -> Vec<Vec<u8>> {
    let picture =
        json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0K"}});
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let source = json!({"type": "base64", "media_type": "image/png", "data": "iVBORw0K"});
    [
        json!({"model": "gpt-4o", "stream": true, "stream_options": {"include_usage": true},
        "reasoning_effort": "high", "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Look:"}, picture]},
            {"role": "assistant", "content": null, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "Rain."},
        ]}),
        json!({"model": "claude-opus-4-20250514", "max_tokens": 9, "stream": true,
        "thinking": {"type": "enabled"}, "system": [{"type": "text", "text": "Be brief."}],
        "messages": [
            {"role": "user", "content": [{"type": "image", "source": source}]},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "t", "name": "f", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t", "content": [
                    {"type": "document", "title": "a", "source": source},
                ]},
            ]},
        ]}),
        responses_request(),
    ]
    .map(|request| request.to_string().into_bytes())
    .to_vec()
}
