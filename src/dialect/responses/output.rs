//! The items of an answer, as JSON that grows: an answer's end repeats all of it.

use std::io::Write;

use super::tools::{CallForm, Special};
use crate::{in_flight, json::Writer};

/// What an item is, and how its JSON and its events are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// What its id begins with.
    pub(super) prefix: &'static str,
    /// The fields before its text.
    fields: &'static str,
    /// The name of the list that its text stands in, and the part around it; else the name of its
    /// text.
    pub(super) field: &'static str,
    pub(super) part: &'static str,
    /// What begins and ends a part: `response.{part_event}.added`, `….done`.
    pub(super) part_event: &'static str,
    /// What brings text: `response.{text_event}.delta`, `….done`.
    pub(super) text_event: &'static str,
    /// The name of the text in its last event.
    pub(super) text: &'static str,
    /// Further fields of those events: the index of the part, and what only the text's events have.
    pub(super) index: &'static str,
    pub(super) more: &'static str,
}

pub(super) const MESSAGE: Kind = Kind {
    prefix: "msg",
    fields: r#","type":"message","role":"assistant""#,
    field: "content",
    part: r#"{"type":"output_text","annotations":[],"logprobs":[],"text":"#,
    part_event: "content_part",
    text_event: "output_text",
    text: "text",
    index: r#","content_index":0"#,
    more: r#","logprobs":[]"#,
};

pub(super) const REASONING: Kind = Kind {
    prefix: "rs",
    fields: r#","type":"reasoning""#,
    field: "summary",
    part: r#"{"type":"summary_text","text":"#,
    part_event: "reasoning_summary_part",
    text_event: "reasoning_summary_text",
    text: "text",
    index: r#","summary_index":0"#,
    more: "",
};

const FUNCTION: Kind = Kind {
    prefix: "fc",
    fields: r#","type":"function_call""#,
    field: "arguments",
    part: "",
    part_event: "",
    text_event: "function_call_arguments",
    text: "arguments",
    index: "",
    more: "",
};

const CUSTOM: Kind = Kind {
    prefix: "ctc",
    fields: r#","type":"custom_tool_call""#,
    field: "input",
    text_event: "custom_tool_call_input",
    text: "input",
    ..FUNCTION
};

const SEARCH: Kind = Kind {
    prefix: "tsc",
    fields: r#","type":"tool_search_call","execution":"client""#,
    // Its arguments are no text: no event brings them.
    text_event: "",
    ..FUNCTION
};

impl Kind {
    pub(super) fn of(form: CallForm) -> Self {
        match form {
            CallForm::Function => FUNCTION,
            CallForm::Custom => CUSTOM,
            CallForm::Search => SEARCH,
        }
    }
}

/// The item that is being written.
pub(super) struct Open {
    pub(super) kind: Kind,
    pub(super) id: String,
    /// What it is before its text comes.
    pub(super) added: Vec<u8>,
    /// Where it begins, and where its part and its text do.
    start: usize,
    part: usize,
    text: usize,
}

/// All items so far, without the brackets of their list.
#[derive(Default)]
pub(super) struct Output {
    json: Vec<u8>,
    /// What ids have in common.
    stamp: String,
    /// How many are complete.
    pub(super) count: usize,
    calls: usize,
    pub(super) open: Option<Open>,
}

/// The places of an item that was closed.
pub(super) struct Closed<'a> {
    pub(super) item: &'a [u8],
    pub(super) part: &'a [u8],
    pub(super) text: &'a [u8],
}

impl Output {
    /// No items yet. They are written to the end of `json`.
    pub(super) fn after(json: Vec<u8>, stamp: &str) -> Self {
        Self { json, stamp: stamp.replace('-', ""), ..Self::default() }
    }

    /// The complete items, and what stood before them.
    pub(super) fn json(&self) -> &[u8] {
        &self.json
    }

    pub(super) fn into_json(self) -> Vec<u8> {
        self.json
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.json.capacity()
    }

    /// Adds an item, unless its text is empty.
    pub(super) fn say(&mut self, kind: Kind, text: &str, status: &str) {
        if !text.is_empty() {
            self.begin(kind, "");
            self.push(text);
            self.end(status);
        }
    }

    /// Begins an item. `more` are further fields.
    pub(super) fn begin(&mut self, kind: Kind, more: &str) {
        let Self { json, stamp, count, .. } = self;
        if *count > 0 {
            json.push(b',');
        }
        let start = json.len();
        let id = format!("{}_{stamp}_{count}", kind.prefix);
        let Kind { fields, field, part, .. } = kind;
        let _ = write!(json, r#"{{"id":"{id}"{fields}{more},"{field}":"#);
        let empty = match (part, kind.text_event) {
            ("", "") => "{}",
            ("", _) => r#""""#,
            _ => "[]",
        };
        let mut added = json.get(start..).unwrap_or_default().to_vec();
        added.extend_from_slice(empty.as_bytes());
        added.extend_from_slice(br#","status":"in_progress"}"#);
        if !part.is_empty() {
            json.push(b'[');
        }
        let part_start = json.len();
        json.extend_from_slice(part.as_bytes());
        let text = json.len();
        self.open = Some(Open { kind, id, added, start, part: part_start, text });
    }

    /// Begins the item of a call, and tells its form.
    pub(super) fn begin_call(&mut self, name: &str, special: Option<&Special>) -> CallForm {
        let call_id = format!("call_{}_{}", self.stamp, self.calls);
        self.calls += 1;
        let mut fields = Writer::new().field("call_id", &call_id);
        let form = special.map_or(CallForm::Function, |special| special.form);
        if form != CallForm::Search {
            fields = fields.field("name", special.map_or(name, |special| special.name.as_str()));
        }
        if let Some(namespace) = special.and_then(|special| special.namespace.as_deref()) {
            fields = fields.field("namespace", namespace);
        }
        let fields = fields.end();
        let fields = fields.strip_prefix('{').and_then(|fields| fields.strip_suffix('}'));
        self.begin(Kind::of(form), &format!(",{}", fields.unwrap_or_default()));
        form
    }

    /// Adds to the text of the open item. Returns what was added, as it stands in JSON.
    pub(super) fn push(&mut self, text: &str) -> &[u8] {
        let Self { json, open, .. } = self;
        // If there is no room, the next line says so.
        let _ = in_flight::make_room(json, text.len() + text.len() / 8 + 2);
        let is_first = open.as_ref().is_none_or(|open| open.text == json.len());
        if !is_first {
            json.pop();
        }
        let at = json.len();
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(&mut *json, text);
        if !is_first {
            json.remove(at);
        }
        let from = if is_first { at + 1 } else { at };
        json.get(from..json.len().saturating_sub(1)).unwrap_or_default()
    }

    /// Sets the value of the open item, which is JSON. No event brings it.
    pub(super) fn set(&mut self, value: &str) -> &[u8] {
        self.json.extend_from_slice(value.as_bytes());
        b""
    }

    /// Ends the open item.
    pub(super) fn end(&mut self, status: &str) -> Option<(Open, Closed<'_>)> {
        let open = self.open.take()?;
        self.count += 1;
        let json = &mut self.json;
        let text_end = json.len();
        let has_part = !open.kind.part.is_empty();
        if has_part {
            json.extend_from_slice(b"}]");
        }
        let _ = write!(json, r#","status":"{status}"}}"#);
        let part_end = text_end + usize::from(has_part);
        let at = |from: usize, to: usize| self.json.get(from..to).unwrap_or_default();
        let closed = Closed {
            item: at(open.start, self.json.len()),
            part: at(open.part, part_end),
            text: at(open.text, text_end),
        };
        Some((open, closed))
    }
}
