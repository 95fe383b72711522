//! Random calls in every form: what is read is what was written, however it is cut. And random
//! markup that calls no tool: all of it is text, to the letter.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use std::fmt::Write;

use crate::support::{answers, apis};
use degpt_edge::{
    chat::{Event, Finish},
    tools::Stage,
};
use proptest::{collection::vec, prelude::*, sample};
use serde_json::{Map, Value, json};

type Arguments = Map<String, Value>;

/// How calls are written.
struct Form {
    name: &'static str,
    /// What stands before all calls, between two, and after them.
    around: [&'static str; 3],
    call: fn(&str, &Arguments) -> String,
    /// What no string may contain, in lower case: it would end the argument.
    ends: &'static str,
    /// Whether words may stand before it.
    after_words: bool,
}

fn object(arguments: &Arguments) -> String {
    Value::Object(arguments.clone()).to_string()
}

fn in_json(name: &str, arguments: &Arguments) -> String {
    json!({"name": name, "arguments": arguments}).to_string()
}

/// Each argument in a tag: a string as it is, all else in JSON.
fn in_tags(arguments: &Arguments, tag: impl Fn(&str, bool, &str) -> String) -> String {
    let tag = |(key, value): (&String, &Value)| match value {
        Value::String(text) => tag(key, true, text),
        other => tag(key, false, &other.to_string()),
    };
    arguments.iter().map(tag).collect()
}

fn dsml(name: &str, arguments: &Arguments, bar: &str) -> String {
    let inside = in_tags(arguments, |key, is_string, value| {
        format!(
            "<{bar}DSML{bar}parameter name=\"{key}\" string=\"{is_string}\">{value}</{bar}DSML{bar}parameter>\n"
        )
    });
    format!("<{bar}DSML{bar}invoke name=\"{name}\">\n{inside}</{bar}DSML{bar}invoke>")
}

fn python(name: &str, arguments: &Arguments, quote: char) -> String {
    let mut call = format!("{name}(");
    for (key, value) in arguments {
        let _ = write!(call, "{key}={}, ", literal(value, quote));
    }
    call + ")"
}

/// A value in Python.
fn literal(value: &Value, quote: char) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => {
            let text = text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t");
            format!("{quote}{}{quote}", text.replace(quote, &format!("\\{quote}")))
        }
        Value::Array(list) => {
            let list: Vec<String> = list.iter().map(|value| literal(value, quote)).collect();
            format!("[{}]", list.join(", "))
        }
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| {
                format!("{}: {}", literal(&json!(key), quote), literal(value, quote))
            };
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
    }
}

const FORMS: &[Form] = &[
    Form {
        name: "tool_call",
        around: ["", "\n", ""],
        call: |name, arguments| format!("<tool_call>\n{}\n</tool_call>", in_json(name, arguments)),
        ends: "\0",
        after_words: true,
    },
    Form {
        name: "arguments as a string, in Python",
        around: ["<tool_calls>[", ", ", "]</tool_calls>"],
        call: |name, arguments| {
            literal(&json!({"input": object(arguments), "tool_name": name}), '\'')
        },
        ends: "\0",
        after_words: true,
    },
    Form {
        name: "DSML",
        around: ["<｜DSML｜function_calls>\n", "\n", "\n</｜DSML｜function_calls>"],
        call: |name, arguments| dsml(name, arguments, "｜"),
        ends: "dsml",
        after_words: true,
    },
    Form {
        name: "DSML, bare, with other bars",
        around: ["", "", ""],
        call: |name, arguments| dsml(name, arguments, "||"),
        ends: "dsml",
        after_words: true,
    },
    Form {
        name: "DeepSeek V3",
        around: ["<｜tool▁calls▁begin｜>", "\n", "<｜tool▁calls▁end｜>"],
        call: |name, arguments| {
            let arguments = object(arguments);
            format!(
                "<｜tool▁call▁begin｜>function<｜tool▁sep｜>{name}\n```json\n{arguments}\n```<｜tool▁call▁end｜>"
            )
        },
        ends: "\0",
        after_words: true,
    },
    Form {
        name: "Kimi",
        around: ["<|tool_calls_section_begin|>", "", "<|tool_calls_section_end|>"],
        call: |name, arguments| {
            let arguments = object(arguments);
            format!(
                "<|tool_call_begin|>functions.{name}:12<|tool_call_argument_begin|>{arguments}<|tool_call_end|>"
            )
        },
        ends: "\0",
        after_words: true,
    },
    Form {
        name: "invoke",
        around: ["<function_calls>\n", "\n", "\n</function_calls>"],
        call: |name, arguments| {
            let inside = in_tags(arguments, |key, _, value| {
                format!("<parameter name=\"{key}\">{value}</parameter>\n")
            });
            format!("<invoke name=\"{name}\">\n{inside}</invoke>")
        },
        ends: "param",
        after_words: true,
    },
    Form {
        name: "Qwen",
        around: ["", "\n", ""],
        call: |name, arguments| {
            let inside = in_tags(arguments, |key, _, value| {
                format!("<parameter={key}>\n{value}\n</parameter>\n")
            });
            format!("<tool_call>\n<function={name}>\n{inside}</function>\n</tool_call>")
        },
        ends: "param",
        after_words: true,
    },
    Form {
        name: "GLM",
        around: ["", "\n", ""],
        call: |name, arguments| {
            let inside = in_tags(arguments, |key, _, value| {
                format!("<arg_key>{key}</arg_key>\n<arg_value>{value}</arg_value>\n")
            });
            format!("<tool_call>{name}\n{inside}</tool_call>")
        },
        ends: "arg",
        after_words: true,
    },
    Form {
        name: "Harmony",
        around: ["", "", ""],
        call: |name, arguments| {
            let arguments = object(arguments);
            format!(
                "<|start|>assistant<|channel|>commentary to=functions.{name} <|constrain|>json<|message|>{arguments}<|call|>"
            )
        },
        ends: "\0",
        after_words: true,
    },
    Form {
        name: "parallel",
        around: [
            "{\"recipient_name\": \"multi_tool_use.parallel\", \"parameters\": {\"tool_uses\": [",
            ", ",
            "]}}",
        ],
        call: |name, arguments| {
            json!({"recipient_name": format!("functions.{name}"), "parameters": arguments})
                .to_string()
        },
        ends: "\0",
        after_words: false,
    },
    Form {
        name: "a list in JSON",
        around: ["[", ",\n", "]"],
        call: in_json,
        ends: "\0",
        after_words: false,
    },
    Form {
        name: "a fence",
        around: ["```tool_call\n[", ",\n", "]\n```\n"],
        call: in_json,
        ends: "\0",
        after_words: true,
    },
    Form {
        name: "tool_code",
        around: ["```tool_code\nprint([", ", ", "])\n```"],
        call: |name, arguments| format!("default_api.{}", python(name, arguments, '\'')),
        ends: "\0",
        after_words: true,
    },
    Form {
        name: "a list in Python",
        around: ["[", ", ", "]"],
        call: |name, arguments| python(name, arguments, '"'),
        ends: "\0",
        after_words: false,
    },
    Form {
        name: "Mistral",
        around: ["[TOOL_CALLS]", "[TOOL_CALLS]", ""],
        call: |name, arguments| format!("{name}[ARGS]{}", object(arguments)),
        ends: "\0",
        after_words: true,
    },
];

const NAMES: [&str; 3] = ["get_weather", "write-file", "a.b"];

/// A request with tools of these names, with arguments of all types.
fn request() -> Vec<u8> {
    let properties = json!({
        "text": {"type": "string"},
        "code": {"$ref": "#/$defs/code"},
        "number": {"type": ["number", "null"]},
        "flag": {"type": "boolean"},
        "where": {"type": "object"},
        "list": {"anyOf": [{"type": "array"}, {"type": "null"}]},
    });
    let schema =
        json!({"type": "object", "properties": properties, "$defs": {"code": {"type": "string"}}});
    let tool =
        |name: &&str| json!({"type": "function", "function": {"name": name, "parameters": schema}});
    let tools: Vec<Value> = NAMES.iter().map(tool).collect();
    json!({"messages": [{"role": "user", "content": "Hi"}], "tools": tools})
        .to_string()
        .into_bytes()
}

/// Wherever a limit cuts a call in tags, the client gets the beginning of its arguments.
#[test]
fn a_call_in_tags_that_is_cut_off_has_the_beginning_of_its_arguments() {
    let body = request();
    let prompt = apis::openai(&body).unwrap();
    let arguments = r#"{"text":"Pa<b>\"","number":12,"flag":true}"#;
    let forms = [
        "<function_calls><invoke name=\"get_weather\"><parameter name=\"text\">Pa<b>\"</parameter><parameter name=\"number\">12</parameter><parameter name=\"flag\">true</parameter></invoke></function_calls>",
        "<tool_call>get_weather\n<arg_key>text</arg_key><arg_value>Pa<b>\"</arg_value><arg_key>number</arg_key><arg_value>12</arg_value><arg_key>flag</arg_key><arg_value>true</arg_value></tool_call>",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{\"text\":\"Pa<b>\\\"\",\"number\":12,\"flag\":true}\n```<｜tool▁call▁end｜>",
    ];
    for form in forms {
        let named = form.find("get_weather").unwrap() + "get_weather".len() + 2;
        for end in (named..=form.len()).filter(|end| form.is_char_boundary(*end)) {
            let cut = form.get(..end).unwrap();
            let mut seen = Vec::new();
            let mut stage = Stage::new(&prompt).unwrap();
            let mut on_event = |event: Event<'_>| match event {
                Event::ToolCall { name, arguments } => {
                    seen.push(format!("{name} {arguments}"));
                }
                Event::Text(text) => seen.push(text.to_owned()),
                _ => {}
            };
            stage.push(Event::Text(cut), &mut on_event);
            stage.push(Event::End(Finish::Length), &mut on_event);
            let [call] = seen.as_slice() else {
                unreachable!("{cut}: {seen:?}");
            };
            let written = call.strip_prefix("get_weather ").unwrap_or("no call");
            assert!(arguments.starts_with(written), "{cut}: {written}");
        }
    }
}

/// Markup of all forms, none of which calls one of these tools.
const MARKUP: [&str; 62] = [
    "<tool_call>",
    "</tool_call>",
    "<tool_calls>",
    "</tool_calls>",
    "<function_calls>",
    "<invoke name=\"rm\">",
    "</invoke>",
    "<function=rm>",
    "</function>",
    "<parameter=x>",
    "<parameter name=\"x\">",
    "</parameter>",
    "<｜DSML｜invoke name=\"rm\">",
    "<｜DSML｜function_calls>",
    "</｜DSML｜parameter>",
    "<｜tool▁calls▁begin｜>",
    "<｜tool▁sep｜>",
    "<|channel|>",
    "<|message|>",
    "<|call|>",
    "<|python_tag|>",
    "<arg_key>",
    "</arg_value>",
    "[TOOL_CALLS]",
    "[rm(x=1)]",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "rm",
    "rm(",
    "{\"name\": \"rm\"",
    "{\"name\": \"rm\", \"arguments\": {}}",
    "{'name': 'rm'}",
    "\"arguments\": {",
    "functions.rm",
    "to=functions.rm",
    "default_api.rm(",
    "print(",
    "function",
    "json",
    "\"",
    "'",
    "'''",
    "\\",
    "`",
    "```",
    "```json\n",
    "```tool_code\n",
    "~~~\n",
    "\n",
    "\n\n",
    "    ",
    " ",
    "<",
    ">",
    "</",
    "｜",
    "é",
    "Hm, ",
];

/// A text of words and markup.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => sample::select(&MARKUP[..]).prop_map(str::to_owned),
        1 => "[ -~]{0,6}",
        1 => any::<char>().prop_filter("none that JSON must escape", |ch| !ch.is_control()).prop_map(String::from),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec(("[a-z]{1,3}", inner), 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Arguments that fit the schema. What that does not know is no string.
fn arguments() -> impl Strategy<Value = Arguments> {
    let of = |kind: fn(&Value) -> bool| value().prop_filter("another type", kind);
    let field = prop_oneof![
        4 => (Just("text"), text().prop_map(Value::from)),
        2 => (Just("code"), text().prop_map(Value::from)),
        1 => (Just("number"), any::<i32>().prop_map(|number| json!(f64::from(number) / 8.0))),
        1 => (Just("flag"), any::<bool>().prop_map(Value::from)),
        1 => (Just("where"), vec(("[a-z]{1,3}", value()), 0..3)
            .prop_map(|fields| Value::Object(fields.into_iter().collect()))),
        1 => (Just("list"), vec(value(), 0..3).prop_map(Value::from)),
        1 => (Just("unknown"), of(|value| !value.is_string())),
    ];
    vec(field, 0..4).prop_map(|fields| {
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    })
}

/// `text` in pieces, cut at these places.
fn cut<'t>(text: &'t str, places: &[sample::Index]) -> Vec<&'t str> {
    let mut places: Vec<usize> =
        places.iter().map(|place| text.floor_char_boundary(place.index(text.len() + 1))).collect();
    places.extend([0, text.len()]);
    places.sort_unstable();
    places.dedup();
    let ends = places.iter().skip(1);
    places.iter().zip(ends).map(|(start, end)| text.get(*start..*end).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn calls_of_every_form_are_read_as_they_were_written(
        form in sample::select((0..FORMS.len()).collect::<Vec<_>>()),
        calls in vec((sample::select(&NAMES[..]), arguments()), 1..4),
        words in "([A-Z][a-z]{1,8}[.:]|好的。)?",
        places in vec(any::<sample::Index>(), 0..6),
    ) {
        let form = &FORMS[form];
        let ends = |arguments: &Arguments| object(arguments).to_lowercase().contains(form.ends);
        prop_assume!(!calls.iter().any(|(_, arguments)| ends(arguments)));
        let [before, between, after] = form.around;
        let written: Vec<String> =
            calls.iter().map(|(name, arguments)| (form.call)(name, arguments)).collect();
        let words = if form.after_words { words } else { String::new() };
        let line = if words.is_empty() { "" } else { "\n" };
        let answer = format!("{words}{line}{before}{}{after}", written.join(between));
        let body = request();
        let prompt = apis::openai(&body).unwrap();
        let seen = answers::events_of(&NAMES, &prompt, &cut(&answer, &places));
        let mut seen = seen.iter();
        if !words.is_empty() {
            prop_assert_eq!(seen.next().unwrap(), &format!("T{words}"), "{}", answer);
        }
        let read: Vec<_> = seen.map(|event| {
            let (name, arguments) = event.strip_prefix('C')?.split_once(' ')?;
            Some((name, serde_json::from_str::<Arguments>(arguments).unwrap()))
        }).collect();
        let expected: Vec<_> = calls.into_iter().map(Some).collect();
        prop_assert_eq!(read, expected, "{}: {}", form.name, answer);
    }

    #[test]
    fn markup_that_calls_no_tool_is_text_to_the_letter(
        text in vec(text(), 1..6).prop_map(|texts| texts.concat()),
        places in vec(any::<sample::Index>(), 0..6),
    ) {
        prop_assume!(!text.is_empty() && !text.to_lowercase().contains("a.b"));
        let body = request();
        let prompt = apis::openai(&body).unwrap();
        let seen = answers::events_of(&NAMES, &prompt, &cut(&text, &places));
        prop_assert_eq!(seen, [format!("T{text}")]);
    }
}
