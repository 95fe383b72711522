//! What is Anthropic's own in a request's tools: those that its servers carry out,
//! those that its models know by heart, and those that are found on the way.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where something is not as it must be"
)]

use crate::support::{apis::anthropic as parse, requests::wrong_field};
use degpt_edge::{
    chat::{Domains, Part, ToolChoice, WebTool},
    error::Error,
    tools,
};
use serde_json::{Value, json};

/// A request with these tools and these fields.
fn body(tools: &Value, fields: &Value) -> Vec<u8> {
    let mut body = json!({"messages": [{"role": "user", "content": "Hi"}], "tools": tools});
    for (name, value) in fields.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body.to_string().into_bytes()
}

/// The lines in which the model is told of its tools.
fn told(body: &[u8]) -> Vec<Value> {
    let mut prompt = parse(body).unwrap();
    tools::instruct(&mut prompt);
    let Part::Text(text) = &prompt.turns[0].parts[0] else { panic!("{prompt:?}") };
    let lines = text.lines().filter(|line| line.starts_with("{\"name\":\""));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn tools_of_anthropics_servers_are_named_as_ignored() {
    let program = json!({"type": "code_execution_20250825", "name": "code_execution"});
    let own = json!({"name": "time", "input_schema": {"type": "object"}});
    let of_the_server = body(&json!([program]), &json!({}));
    let nothing = body(&json!([]), &json!({"tool_choice": {"type": "any"}}));
    assert_eq!(wrong_field(parse, &nothing).0, "tool_choice");
    let with_another = body(&json!([program, own]), &json!({}));
    let prompt = parse(&of_the_server).unwrap();
    assert_eq!((prompt.tools, prompt.notes.ignored()), (None, vec!["tools.code_execution"]));
    let prompt = parse(&with_another).unwrap();
    assert_eq!(prompt.tools.unwrap().list.len(), 1);
    assert_eq!(prompt.notes.ignored(), ["tools.code_execution"]);
}

#[test]
fn tools_of_the_web_are_the_gateways_own() {
    let search = json!({"type": "web_search_20250305", "name": "web_search", "max_uses": 3,
        "allowed_domains": ["a.example"], "user_location": {"type": "approximate"}});
    let fetch = json!({"type": "web_fetch_20250910", "name": "web_fetch", "max_content_tokens": 10,
        "citations": {"enabled": true}});
    let body = body(&json!([search, fetch, search]), &json!({}));
    let prompt = parse(&body).unwrap();
    assert_eq!(prompt.notes.ignored(), ["tools[].user_location", "tools[].citations"]);
    let tools = prompt.tools.unwrap();
    let names: Vec<_> = tools.list.iter().map(|tool| tool.name.as_ref()).collect();
    assert_eq!(names, ["web_search", "web_fetch"]);
    let [search, fetch] = &tools.web[..] else { panic!("{:?}", tools.web) };
    assert_eq!((search.tool, search.most_uses), (WebTool::Search, 3));
    assert_eq!(search.domains, Domains::Only(vec!["a.example".to_owned()]));
    assert_eq!((fetch.tool, fetch.most_uses, fetch.most_bytes), (WebTool::Fetch, 5, 40));
    assert_eq!(fetch.domains, Domains::Any);
}

/// A type, its name, its commands and its arguments.
type Row = (&'static str, &'static str, Vec<&'static str>, Vec<&'static str>);

#[test]
fn tools_that_anthropics_models_know_by_heart_are_described() {
    let editor = ["view", "create", "str_replace", "insert"];
    let edited = ["path", "view_range", "file_text", "old_str", "new_str", "insert_line"];
    let with = |some: &[&'static str], more: &[&'static str]| [some, more].concat();
    let table: [Row; 7] = [
        ("bash_20241022", "bash", vec![], vec!["command", "restart"]),
        ("bash_20250124", "bash", vec![], vec!["command", "restart"]),
        (
            "text_editor_20241022",
            "str_replace_editor",
            with(&editor, &["undo_edit"]),
            with(&["command"], &edited),
        ),
        (
            "text_editor_20250124",
            "str_replace_editor",
            with(&editor, &["undo_edit"]),
            with(&["command"], &edited),
        ),
        (
            "text_editor_20250429",
            "str_replace_based_edit_tool",
            editor.to_vec(),
            with(&["command"], &edited),
        ),
        (
            "text_editor_20250728",
            "str_replace_based_edit_tool",
            editor.to_vec(),
            with(&["command", "insert_text"], &edited),
        ),
        (
            "memory_20250818",
            "memory",
            with(&editor, &["delete", "rename"]),
            with(&["command", "insert_text", "old_path", "new_path"], &edited),
        ),
    ];
    for (kind, name, commands, mut arguments) in table {
        let tool = json!({"type": kind, "name": name, "max_characters": 100});
        let request = body(&json!([tool]), &json!({"tool_choice": {"type": "tool", "name": name}}));
        let prompt = parse(&request).unwrap();
        assert!(prompt.notes.ignored().is_empty(), "{kind}: {:?}", prompt.notes.ignored());
        let tools = prompt.tools.unwrap();
        assert_eq!((tools.list.len(), tools.choice), (1, ToolChoice::Required), "{kind}");
        let lines = told(&request);
        let [line] = lines.as_slice() else { panic!("{kind}: {lines:?}") };
        assert_eq!(line["name"], name);
        let properties = line["parameters"]["properties"].as_object().unwrap();
        let mut names: Vec<&str> = properties.keys().map(String::as_str).collect();
        names.sort_unstable();
        arguments.sort_unstable();
        assert_eq!(names, arguments, "{kind}");
        let description = line["description"].as_str().unwrap();
        for command in &commands {
            assert!(description.contains(&format!("`{command}`")), "{kind}: {description}");
        }
        let listed = properties["command"]["enum"].as_array().cloned().unwrap_or_default();
        assert_eq!(listed, commands, "{kind}");
        let tokens = degpt_edge::tokens::count(&line.to_string());
        assert!(tokens < 320, "{kind}: {tokens} tokens");
    }
}

#[test]
fn a_known_tool_may_be_held_back_and_bring_a_schema_of_its_own() {
    let bash = json!({"type": "bash_20250124", "name": "bash", "defer_loading": true});
    let own = json!({"name": "own", "input_schema": {"type": "object"}});
    let names: Vec<Value> = told(&body(&json!([bash, own]), &json!({})))
        .into_iter()
        .map(|line| line["name"].clone())
        .collect();
    assert_eq!(names, ["own"]);
    let mut bash = bash;
    bash["defer_loading"] = json!(false);
    bash["input_schema"] = json!({"type": "object", "properties": {"script": {}}});
    bash["description"] = json!("Mine.");
    let [line] = told(&body(&json!([bash]), &json!({}))).try_into().unwrap();
    let parameters = bash["input_schema"].clone();
    assert_eq!(line, json!({"name": "bash", "description": "Mine.", "parameters": parameters}));
}

#[test]
fn examples_of_arguments_are_told() {
    let examples = json!([{"city": "Bonn"}, {"city": "Rome"}]);
    let tool = json!({"name": "weather", "input_schema": {}, "input_examples": examples});
    let [line] = told(&body(&json!([tool]), &json!({}))).try_into().unwrap();
    let expected =
        json!({"name": "weather", "description": "", "parameters": {}, "examples": examples});
    assert_eq!(line, expected);
}

#[test]
fn tools_that_nobody_knows_are_refused_by_their_type() {
    let table = [
        ("computer_20241022", "tools[0].type"),
        ("computer_20250124", "tools[0].type"),
        ("computer_20251124", "tools[0].type"),
        ("computer_toolset_20260801", "tools[0].type"),
        ("browser_toolset_20260801", "tools[0].type"),
        ("bash_20990101", "tools[0].type"),
        ("text_editor_20990101", "tools[0].type"),
        ("telepathy", "tools[0].type"),
    ];
    for (kind, field) in table {
        let tool = json!({"type": kind, "name": "x", "display_width_px": 800});
        let (param, message) = wrong_field(parse, &body(&json!([tool]), &json!({})));
        assert_eq!(param, field, "{kind}");
        assert!(message.contains(&format!("`{kind}`")), "{message}");
    }
    let custom = json!({"type": "computer_shop", "name": "x", "input_schema": {}});
    assert_eq!(told(&body(&json!([custom]), &json!({}))).len(), 1);
}

/// A conversation with a tool that is held back, a search for it, and what follows.
fn with_deferred(turns: &Value, more: &Value) -> Vec<u8> {
    let tool = |name: &str| json!({"name": name, "input_schema": {"type": "object"}});
    let mut tools = vec![tool("search"), tool("time")];
    tools[1]["defer_loading"] = json!(true);
    tools.extend(more.as_array().cloned().into_iter().flatten());
    let mut messages = vec![json!({"role": "user", "content": "Hi"})];
    messages.extend(turns.as_array().cloned().into_iter().flatten());
    json!({"messages": messages, "tools": tools}).to_string().into_bytes()
}

#[test]
fn deferred_tools_are_told_of_once_they_are_found() {
    let reference = json!({"type": "tool_reference", "tool_name": "time"});
    let found = json!([
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "search", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [reference]}]},
    ]);
    let system = |block: Value| json!([{"role": "system", "content": [block]}]);
    let by_name = json!({"type": "tool_reference", "name": "time"});
    let by_server = json!({"type": "mcp_tool_reference", "server_name": "s", "name": "time"});
    let defined = json!({"name": "weather", "input_schema": {"type": "object"}});
    let defined = json!({"type": "tool_definition", "definition": defined});
    let search_of_the_server = json!([{"type": "tool_search_tool_regex_20251119", "name": "x"}]);
    let add = |tool: &Value| system(json!({"type": "tool_addition", "tool": tool}));
    let remove = |name: &str| {
        let tool = json!({"type": "tool_reference", "name": name});
        system(json!({"type": "tool_removal", "tool": tool}))
    };
    let none = json!([]);
    // A search of Anthropic's servers, and a summary of what was said.
    let searched =
        json!({"type": "tool_search_tool_search_result", "tool_references": [reference]});
    let searched = json!([{"role": "assistant", "content": [
        {"type": "tool_search_tool_result", "tool_use_id": "s", "content": searched}
    ]}]);
    let changes = json!([{"type": "tool_addition", "tool": by_name}]);
    let summed = json!([{"role": "assistant", "content": [
        {"type": "compaction", "content": "Summary.", "tool_changes": changes}
    ]}]);
    let table: [(Value, &Value, &[&str], &[&str]); 11] = [
        (searched, &none, &["search", "time"], &["search", "time"]),
        (summed, &none, &["search", "time"], &["search", "time"]),
        (json!([]), &none, &["search"], &["search", "time"]),
        (found, &none, &["search", "time"], &["search", "time"]),
        (add(&by_name), &none, &["search", "time"], &["search", "time"]),
        (add(&by_server), &none, &["search"], &["search", "time"]),
        (add(&defined), &none, &["search", "weather"], &["search", "time", "weather"]),
        (remove("time"), &none, &["search"], &["search"]),
        // Else there would be nothing to tell of, or nobody to find it.
        (remove("search"), &none, &["time"], &["time"]),
        (json!([]), &search_of_the_server, &["search", "time"], &["search", "time"]),
        (json!([{"role": "user", "content": "x"}]), &none, &["search"], &["search", "time"]),
    ];
    for (turns, more, told, declared) in table {
        let body = with_deferred(&turns, more);
        let mut prompt = parse(&body).unwrap();
        let tools = prompt.tools.as_ref().unwrap();
        let names: Vec<&str> = tools.list.iter().map(|tool| tool.name.as_ref()).collect();
        assert_eq!(names, declared, "{turns}");
        tools::instruct(&mut prompt);
        let Part::Text(text) = &prompt.turns[0].parts[0] else { panic!("{prompt:?}") };
        for name in ["search", "time", "weather"] {
            let is_told = text.contains(&format!("{{\"name\":\"{name}\""));
            assert_eq!(is_told, told.contains(&name), "{name} {turns}: {text}");
        }
    }
}

#[test]
fn what_becomes_of_a_tool_on_the_way_is_said_in_words() {
    let block = |kind: &str, tool: Value| json!({"type": kind, "tool": tool});
    let by_name = json!({"type": "tool_reference", "name": "time"});
    let of_a_server = json!({"type": "mcp_toolset_reference", "server_name": "s"});
    let defined = json!({"name": "weather", "input_schema": {"type": "object"}});
    let turns = json!([
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [
            {"type": "tool_reference", "tool_name": "time"}
        ]}]},
        {"role": "system", "content": [
            block("tool_removal", by_name),
            block("tool_removal", of_a_server),
            block("tool_addition", json!({"type": "tool_definition", "definition": defined})),
        ]},
    ]);
    let body = with_deferred(&turns, &json!([]));
    let prompt = parse(&body).unwrap();
    let Part::ToolResult { parts, .. } = &prompt.turns[1].parts[0] else { panic!("{prompt:?}") };
    let text = |text: &str| Part::Text(text.to_owned().into());
    assert_eq!(parts, &[text("The tool `time` can be called from here on.")]);
    let said = [
        text("The tool `time` can no longer be called."),
        text("The tool `weather` can be called from here on."),
    ];
    assert_eq!(prompt.turns[2].parts, said);

    let nameless = json!([{"role": "user", "content": [{"type": "tool_reference"}]}]);
    let schemaless = json!([{"role": "system", "content": [
        block("tool_addition", json!({"type": "tool_definition", "definition": {"name": "x"}}))
    ]}]);
    for (turns, field) in [
        (nameless, "messages[1].content[0].tool_name"),
        (schemaless, "messages[1].content[0].tool.definition.input_schema"),
    ] {
        let body = with_deferred(&turns, &json!([]));
        let error = parse(&body).map(|_| ()).unwrap_err();
        let named = matches!(&error, Error::Invalid { param: Some(param), .. } if param == field);
        assert!(named, "{field}: {error:?}");
    }
}
