//! The items of an answer, as JSON that grows: an answer's end repeats all of it.

use super::{
    template::fill,
    tools::{CallForm, Special},
};
use crate::{
    chat::{Page, WebResult, WebTool},
    dialect::sources::Sources,
    in_flight,
    json::{self, Text, Writer},
};

/// What an item is, and how its JSON and its events are written.
#[derive(Clone, Copy)]
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

/// What the gateway looks for on the web. No event brings its text.
pub(super) const WEB: Kind = Kind {
    prefix: "ws",
    fields: r#","type":"web_search_call""#,
    field: "action",
    text_event: "",
    ..FUNCTION
};

/// In the part of a message, what is said before its annotations.
const NOTES: &str = r#""annotations":["#;

/// Each has a prefix of its own.
impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.prefix == other.prefix
    }
}

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
    id: String,
    /// Its place among all items.
    pub(super) place: Vec<u8>,
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
    count: usize,
    calls: usize,
    pub(super) open: Option<Open>,
    /// What was found on the web.
    pub(super) sources: Sources,
}

/// The parts of an item that was closed.
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
        self.json.capacity() + self.sources.held_bytes()
    }

    /// The fields of an event that say of which item it is.
    pub(super) fn item_id(&self) -> Vec<u8> {
        let mut fields = Vec::new();
        if let Some(Open { id, place, .. }) = &self.open {
            fill(&mut fields, r#","item_id":"$a","output_index":$b"#, &[id.as_bytes(), place]);
        }
        fields
    }

    /// Adds an item, unless its text is empty. It stays open.
    pub(super) fn say(&mut self, kind: Kind, text: &str) {
        if !text.is_empty() {
            self.end("completed");
            self.continued(kind, text);
        }
    }

    /// Adds to the text of the open item, or of a new one of this kind, like [`Self::push`].
    pub(super) fn continued(&mut self, kind: Kind, text: &str) -> &[u8] {
        if self.open.is_none() {
            self.begin(kind, b"");
        }
        self.push(text)
    }

    /// Begins an item. `more` are further fields, each after a comma.
    fn begin(&mut self, kind: Kind, more: &[u8]) {
        let Self { json, stamp, count, .. } = self;
        if *count > 0 {
            json.push(b',');
        }
        let place = count.to_string();
        let start = json.len();
        let mut id = Vec::new();
        fill(&mut id, "$a_$b_$c", &[kind.prefix.as_bytes(), stamp.as_bytes(), place.as_bytes()]);
        let Kind { fields, field, part, .. } = kind;
        let [fields, field] = [fields, field].map(str::as_bytes);
        fill(json, r#"{"id":"$a"$b$c,"$d":"#, &[&id, fields, more, field]);
        let empty = match (part, kind.text_event) {
            ("", "") => "{}",
            ("", _) => r#""""#,
            _ => "[]",
        };
        let head = json.get(start..).unwrap_or_default();
        let mut added = Vec::new();
        fill(&mut added, r#"$a$b,"status":"in_progress"}"#, &[head, empty.as_bytes()]);
        if !part.is_empty() {
            json.push(b'[');
        }
        let part_start = json.len();
        json.extend_from_slice(part.as_bytes());
        let text = json.len();
        let id = String::from_utf8(id).unwrap_or_default();
        let place = place.into_bytes();
        self.open = Some(Open { kind, id, place, added, start, part: part_start, text });
    }

    /// Begins the item of a call, and tells its form.
    pub(super) fn begin_call(&mut self, name: &str, special: Option<&Special>) -> CallForm {
        self.end("completed");
        let call_id = format!("call_{}_{}", self.stamp, self.calls);
        self.calls += 1;
        let form = special.map_or(CallForm::Function, |special| special.form);
        // The writer sets commas after what is there.
        let mut fields = Writer::after(Vec::new()).field("call_id", &call_id);
        if form != CallForm::Search {
            fields = fields.field("name", special.map_or(name, Special::name));
        }
        if let Some(namespace) = special.and_then(Special::namespace) {
            fields = fields.field("namespace", namespace);
        }
        let mut fields = fields.end_bytes();
        fields.pop();
        if let Some(first) = fields.first_mut() {
            *first = b',';
        }
        self.begin(Kind::of(form), &fields);
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
        json::write_text(json, text);
        if !is_first {
            json.remove(at);
        }
        let from = if is_first { at + 1 } else { at };
        json.get(from..json.len().saturating_sub(1)).unwrap_or_default()
    }

    /// Begins the item of a search or of an opened page.
    pub(super) fn begin_web(&mut self, tool: WebTool, input: &str) {
        self.end("completed");
        self.begin(WEB, b"");
        if let Some(open) = &mut self.open {
            // It is told from the beginning.
            let head = open.added.strip_suffix(br#"{},"status":"in_progress"}"#);
            let mut added = head.unwrap_or_default().to_vec();
            added.extend_from_slice(action(tool, input, None).as_bytes());
            added.extend_from_slice(br#","status":"in_progress"}"#);
            open.added = added;
        }
    }

    /// Sets what came of the open search or page. Returns the status of its item.
    pub(super) fn set_web(&mut self, result: &WebResult) -> &'static str {
        self.set(&action(result.tool, &result.input, Some(result.pages())));
        self.sources.add(result);
        if result.outcome.is_ok() { "completed" } else { "failed" }
    }

    /// Writes into the open message where its text names what was found. Returns these places as
    /// JSON, each by itself.
    pub(super) fn annotate(&mut self) -> Vec<String> {
        let Self { json, open, sources, .. } = self;
        let Some(open) = open.as_ref().filter(|open| open.kind == MESSAGE && !sources.is_empty())
        else {
            return Vec::new();
        };
        let text = json.get(open.text..).unwrap_or_default();
        let text = json::read::<Text<'_>>(text).map(|text| text.0).unwrap_or_default();
        let mut notes = Vec::new();
        for mention in sources.mentions(&text) {
            let note = Writer::after(Vec::new()).field("type", "url_citation");
            notes.push(mention.write(note).end());
        }
        let all = crate::text::joined(&notes, ",");
        let part = MESSAGE.part.find(NOTES).map_or(0, |place| place + NOTES.len());
        let at = open.part + part;
        let length = all.len();
        json.splice(at..at, all.into_bytes());
        if let Some(open) = &mut self.open {
            open.text += length;
        }
        notes
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
        let (around, part_end) =
            if open.kind.part.is_empty() { ("", text_end) } else { ("}]", text_end + 1) };
        fill(json, r#"$a,"status":"$b"}"#, &[around.as_bytes(), status.as_bytes()]);
        let at = |from: usize, to: usize| self.json.get(from..to).unwrap_or_default();
        let closed = Closed {
            item: at(open.start, self.json.len()),
            part: at(open.part, part_end),
            text: at(open.text, text_end),
        };
        Some((open, closed))
    }
}

/// What was looked for, and, once it is known, where that was found.
fn action(tool: WebTool, input: &str, pages: Option<&[Page]>) -> String {
    let action = Writer::after(Vec::new());
    if tool == WebTool::Fetch {
        return action.field("type", "open_page").field("url", input).end();
    }
    let action = action.field("type", "search").field("query", input);
    let Some(pages) = pages else {
        return action.end();
    };
    let mut sources = Vec::new();
    for page in pages {
        let source = Writer::after(Vec::new()).field("type", "url");
        sources.push(source.field("url", &page.url).end());
    }
    action.raw("sources", &format!("[{}]", crate::text::joined(&sources, ","))).end()
}
