//! Reads the calls in a block: lenient about its form, strict about its meaning.

use std::borrow::Cow;

use super::{
    Declared,
    markup::{CALL_TAGS, LIST_TAG},
};
use crate::json::{self, Care, Outcome, Raw, Read, Reader, Text};

/// A call to a declared tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ParsedCall {
    pub(super) name: String,
    /// The JSON text of an object.
    pub(super) arguments: String,
}

/// The calls in `block`: JSON objects, or lists of them, between tags and code fences.
/// `None` if the block has anything else in it, or calls a tool that is not declared.
///
/// Of a block that was cut off, the last call has only the beginning of its arguments, one that
/// can be closed, or nothing.
pub(super) fn read(
    block: &str,
    declared: &Declared<'_>,
    ending: Ending,
) -> Option<Vec<ParsedCall>> {
    read_strictly(block, declared, Ending::Whole)
        .or_else(|| read_strictly(&tidy(block), declared, ending))
}

/// Whether a block has its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Whole,
    Cut,
}

/// What is wrong with `block`, in which no call can be read, in words for a model.
pub(super) fn fault(block: &str) -> &'static str {
    if json::close(block).is_some_and(|(closed, kept)| closed.len() == kept) {
        "It calls no tool that you have, or is not of the form."
    } else {
        "It is no valid JSON."
    }
}

fn read_strictly(block: &str, declared: &Declared<'_>, ending: Ending) -> Option<Vec<ParsedCall>> {
    let mut calls = Vec::new();
    let mut rest = block;
    loop {
        rest = rest.trim_start_matches(|ch: char| ch.is_ascii_whitespace() || ch == ',');
        if rest.is_empty() {
            return (!calls.is_empty()).then_some(calls);
        }
        if rest.starts_with('<') {
            rest = after_tag(rest)?;
        } else if rest.starts_with(['`', '~']) {
            rest = rest
                .trim_start_matches(['`', '~'])
                .trim_start_matches(|ch: char| ch.is_ascii_alphanumeric() || ch == '_');
        } else {
            let closed;
            let (value, more, kept) = match json::read_first(rest, Care::Strict) {
                Ok((Raw(value), more)) => (value, more, value.len()),
                Err(_) if ending == Ending::Cut => {
                    closed = json::close(rest)?;
                    (closed.0.as_str(), "", closed.1)
                }
                Err(_) => return None,
            };
            rest = more;
            if value.starts_with('[') {
                let list: Vec<Raw<'_>> = json::read(value.as_bytes()).ok()?;
                for value in list {
                    calls.push(read_call(value.0, declared)?);
                }
            } else {
                calls.push(read_call(value, declared)?);
            }
            cut(&mut calls, value, kept)?;
        }
    }
}

/// Leaves of the last call's arguments what the model wrote, which is up to `kept` of the value
/// `closed`. `None` if the name may go on.
fn cut(calls: &mut [ParsedCall], closed: &str, kept: usize) -> Option<()> {
    let (written, added) = closed.split_at_checked(kept)?;
    let call = calls.last_mut()?;
    match closed.find(&call.arguments) {
        Some(start) if start + call.arguments.len() > kept => {
            written.get(start..)?.clone_into(&mut call.arguments);
        }
        _ if added.starts_with('"') && written.ends_with(&call.name) => return None,
        None if call.arguments == "{}" && !added.is_empty() => call.arguments.clear(),
        _ => {}
    }
    Some(())
}

/// What follows the tag that `text` begins with. An answer may end in the middle of its
/// last tag.
fn after_tag(text: &str) -> Option<&str> {
    let known = |name: &str| {
        let name = name.strip_prefix('/').unwrap_or(name);
        name == LIST_TAG || CALL_TAGS.contains(&name)
    };
    match text.split_once('>') {
        Some((tag, rest)) => tag.strip_prefix('<').filter(|name| known(name)).map(|_| rest),
        None => is_cut_close_tag(text).then_some(""),
    }
}

/// Whether `text` is the beginning of a closing tag.
fn is_cut_close_tag(text: &str) -> bool {
    text.strip_prefix('<').is_some_and(|text| {
        text.is_empty()
            || text.strip_prefix('/').is_some_and(|text| {
                CALL_TAGS.iter().chain([&LIST_TAG]).any(|tag| tag.starts_with(text))
            })
    })
}

/// Reads one call, in any of the forms that models have learned:
/// `{"name", "arguments"}`, with `parameters` or `input` in place of `arguments`, and
/// OpenAI's `{"type": "function", "function": {…}}`.
fn read_call(json: &str, declared: &Declared<'_>) -> Option<ParsedCall> {
    let mut fields: Fields<'_> = json::read(json.as_bytes()).ok()?;
    if let Some(inner) = fields.find(&["function"]).filter(|inner| inner.starts_with('{')) {
        fields = json::read(inner.as_bytes()).ok()?;
    }
    // With a description it is the definition of a tool.
    if fields.find(&["description"]).is_some() {
        return None;
    }
    let name = fields.find(&["name", "function", "tool"])?;
    let Text(name) = json::read(name.as_bytes()).ok()?;
    let name = declared.find(&name)?.to_owned();
    let arguments = match fields.find(&["arguments", "parameters", "input"]) {
        Some("null") => "{}".to_owned(),
        Some(object) if object.starts_with('{') => object.to_owned(),
        Some(string) => {
            let Text(text) = json::read(string.as_bytes()).ok()?;
            read_object(&text)?
        }
        // Any other field could be meant as the arguments.
        None => {
            let known = |(name, _): &(Text<'_>, Raw<'_>)| {
                matches!(name.as_str(), "name" | "function" | "tool" | "type" | "id")
            };
            fields.0.iter().all(known).then(|| "{}".to_owned())?
        }
    };
    Some(ParsedCall { name, arguments })
}

/// The object whose JSON `text` is. Models pass arguments as a string too.
fn read_object(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return Some("{}".to_owned());
    }
    let is_object = |text: &str| text.starts_with('{') && json::is_valid(text);
    [Cow::Borrowed(text), Cow::Owned(tidy(text))]
        .into_iter()
        .find(|text| is_object(text))
        .map(Cow::into_owned)
}

/// The fields of an object, in order.
pub(super) struct Fields<'a>(pub(super) Vec<(Text<'a>, Raw<'a>)>);

impl<'a> Fields<'a> {
    /// The JSON text of the first field that has one of these names.
    pub(super) fn find(&self, names: &[&str]) -> Option<&'a str> {
        let has_name = |(name, _): &&(Text<'a>, Raw<'a>)| names.contains(&name.as_str());
        self.0.iter().find(has_name).map(|(_, value)| value.0)
    }
}

impl<'a> Read<'a> for Fields<'a> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        let mut fields = Vec::new();
        reader.object("an object", &mut |reader, name| {
            fields.push((name.clone(), Read::read(reader)?));
            Ok(())
        })?;
        Ok(Self(fields))
    }
}

/// Repairs what models often get wrong in JSON: line breaks and single backslashes in
/// strings (`\d`, `C:\users`, `\'`), commas before a closing bracket, and closing brackets
/// that are missing before a tag.
fn tidy(block: &str) -> String {
    let mut out = String::with_capacity(block.len() + 16);
    let mut open = Vec::new();
    let mut in_string = false;
    let mut escaped = false;
    for (place, ch) in block.char_indices() {
        if in_string {
            if escaped && !is_escape(block.get(place..).unwrap_or_default()) {
                if ch == '\'' {
                    out.pop();
                } else {
                    out.push('\\');
                }
                escaped = false;
            }
            in_string = escaped || ch != '"';
            escaped = !escaped && ch == '\\';
            match ch {
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                _ => out.push(ch),
            }
            continue;
        }
        match ch {
            '"' => in_string = true,
            '{' => open.push('}'),
            '[' => open.push(']'),
            '}' | ']' => {
                open.pop();
                drop_comma(&mut out);
            }
            '<' => {
                drop_comma(&mut out);
                while let Some(bracket) = open.pop() {
                    out.push(bracket);
                }
            }
            _ => {}
        }
        out.push(ch);
    }
    out
}

/// Whether a backslash before `text` is an escape in JSON.
fn is_escape(text: &str) -> bool {
    match text.strip_prefix('u') {
        Some(digits) => digits
            .get(..4)
            .is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit())),
        None => text.starts_with(['"', '\\', '/', 'b', 'f', 'n', 'r', 't']),
    }
}

fn drop_comma(out: &mut String) {
    let end = out.trim_end_matches(|ch: char| ch.is_ascii_whitespace());
    if let Some(text) = end.strip_suffix(',') {
        out.truncate(text.len());
    }
}
