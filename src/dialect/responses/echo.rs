//! The values of a request that its answer repeats.

use std::borrow::Cow;

use crate::{
    json::{self, Care, Outcome, Raw, Read, Reader},
    notes::Notes,
};

/// The most bytes that are repeated. What there is no room for stands there as if it were not in
/// the request: a stream has the values three times.
const MOST_BYTES: usize = 128 << 10;

/// The longest value that stands in the event of a failure, which is written anew after each piece.
const MOST_BRIEF_BYTES: usize = 128;

/// Names, and the JSON that stands for a value that is not given.
type Table = &'static [(&'static str, &'static str)];

const REQUEST: Table = &[
    ("instructions", "null"),
    ("tools", "[]"),
    ("tool_choice", r#""auto""#),
    ("parallel_tool_calls", "true"),
    ("text", r#"{"format":{"type":"text"},"verbosity":"medium"}"#),
    ("reasoning", r#"{"effort":null,"summary":null}"#),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("metadata", "{}"),
    ("truncation", r#""disabled""#),
    ("temperature", "1.0"),
    ("top_p", "1.0"),
    ("presence_penalty", "0.0"),
    ("frequency_penalty", "0.0"),
    ("top_logprobs", "0"),
    ("user", "null"),
    ("safety_identifier", "null"),
    ("prompt_cache_key", "null"),
];

const TEXT: Table = &[("format", r#"{"type":"text"}"#), ("verbosity", r#""medium""#)];

const FORMAT: Table = &[
    ("type", r#""json_schema""#),
    ("name", r#""""#),
    ("description", "null"),
    ("schema", "null"),
    ("strict", "false"),
];

const REASONING: Table = &[("effort", "null"), ("summary", "null")];

const FUNCTION: Table = &[
    ("type", r#""function""#),
    ("name", r#""""#),
    ("description", "null"),
    ("parameters", "null"),
    ("strict", "false"),
];

/// The fields of the answer that repeat the request: `"name":value,…`.
#[derive(Clone, Default)]
pub(super) struct Echo {
    pub(super) full: String,
    /// The same without long values.
    pub(super) brief: String,
}

impl Echo {
    /// The values of the request `body`, of which `notes` were taken.
    pub(super) fn of(body: &[u8], notes: &Notes) -> Self {
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let mut echo = Self::default();
        for (name, default) in REQUEST {
            let value = notes.start(name).and_then(|at| {
                let rest = str::from_utf8(body.get(at..)?).ok()?;
                let (Raw(json), _) = json::read_first(rest, Care::Strict).ok()?;
                let is_given = json != "null" && json.len() <= MOST_BYTES - echo.full.len();
                is_given.then(|| written(name, json))
            });
            let value = value.as_deref().unwrap_or(default);
            put(&mut echo.full, name, value);
            let is_long = value.len() > MOST_BRIEF_BYTES;
            put(&mut echo.brief, name, if is_long { default } else { value });
        }
        echo
    }
}

/// Appends a field.
fn put(fields: &mut String, name: &str, value: &str) {
    let comma = if fields.is_empty() { "" } else { "," };
    for part in [comma, "\"", name, "\":", value] {
        fields.push_str(part);
    }
}

/// The value of the field `name`, as the answer has it.
fn written(name: &str, json: &str) -> String {
    let value = match name {
        "text" => picked(json, TEXT),
        "reasoning" => picked(json, REASONING),
        "format" if json.contains(r#""json_schema""#) => picked(json, FORMAT),
        "tools" => tools(json),
        _ => None,
    };
    // An event's data is one line. In JSON, line breaks stand only between tokens.
    value.unwrap_or_else(|| json.to_owned()).replace(['\n', '\r'], " ")
}

fn tools(json: &str) -> Option<String> {
    let mut list = String::new();
    for Raw(tool) in json::read::<Vec<Raw<'_>>>(json.as_bytes()).ok()? {
        let comma = if list.is_empty() { "[" } else { "," };
        list.push_str(comma);
        let object = json::read::<Object<'_>>(tool.as_bytes()).ok()?;
        let is_function = object.find("type").is_none_or(|kind| kind == r#""function""#);
        if is_function && object.find("name").is_some() {
            list.push_str(&object.pick(FUNCTION));
        } else {
            list.push_str(tool);
        }
    }
    if list.is_empty() {
        return None;
    }
    list.push(']');
    Some(list)
}

fn picked(json: &str, table: Table) -> Option<String> {
    json::read::<Object<'_>>(json.as_bytes()).ok().map(|object| object.pick(table))
}

/// An object's fields and their JSON.
#[derive(Default)]
pub(super) struct Object<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl Object<'_> {
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        let field = self.0.iter().find(|(known, _)| known == name);
        field.map(|(_, json)| *json).filter(|json| *json != "null")
    }

    /// An object with the fields of `table`.
    fn pick(&self, table: Table) -> String {
        let mut fields = String::new();
        for (name, default) in table {
            let value = self.find(name).map(|json| written(name, json));
            put(&mut fields, name, value.as_deref().unwrap_or(default));
        }
        format!("{{{fields}}}")
    }
}

impl<'a> Read<'a> for Object<'a> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        let mut object = Self::default();
        reader.object("an object", &mut |reader, name| {
            let Raw(json) = Raw::read(reader)?;
            object.0.push((name.0.clone(), json));
            Ok(())
        })?;
        Ok(object)
    }
}
