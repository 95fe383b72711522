//! Reads calls in JSON: lenient about their form, strict about their meaning.

use super::{
    declared::{Declared, PARALLEL},
    mend,
};
use crate::json::{self, Outcome, Raw, Read, Reader, Text};

/// A call to a declared tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ParsedCall {
    pub(super) name: String,
    /// The JSON text of an object.
    pub(super) arguments: String,
}

/// Whether a block has its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Whole,
    Cut,
}

/// What is wrong with `block`, in which no call can be read, in words for a model.
pub(super) fn fault(block: &str) -> &'static str {
    let is_json = json::close(block).is_some_and(|(closed, kept)| closed.len() == kept);
    if is_json || matches!(block.trim_ascii_start().as_bytes().first(), None | Some(b'<')) {
        "It calls no tool that you have, or is not of the form."
    } else {
        "It is no valid JSON."
    }
}

/// Leaves of the last call's arguments what the model wrote, which is up to `kept` of the value
/// `closed`. `None` if the name may go on.
pub(super) fn cut(calls: &mut [ParsedCall], closed: &str, kept: usize) -> Option<()> {
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

/// The fields that hold a tool's name, its arguments, or calls.
pub(super) const NAMES: [&str; 7] =
    ["name", "function", "tool", "tool_name", "function_name", "recipient_name", "action"];
pub(super) const ARGUMENTS: [&str; 7] =
    ["arguments", "parameters", "input", "args", "tool_input", "params", "action_input"];
pub(super) const CALLS: [&str; 5] =
    ["function", "tool_calls", "toolCalls", "tool_uses", "function_call"];
/// Those that say nothing of a call.
pub(super) const OTHERS: [&str; 5] = ["type", "id", "index", "call_id", "tool_call_id"];

/// Adds to `calls` those in `json`: an object, or a list of them. `None` if it has anything
/// else in it, or calls a tool that is not declared.
pub(super) fn read(json: &str, declared: &Declared<'_>, calls: &mut Vec<ParsedCall>) -> Option<()> {
    read_nested(json, declared, calls, 3)
}

fn read_nested(
    json: &str,
    declared: &Declared<'_>,
    calls: &mut Vec<ParsedCall>,
    depth: usize,
) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    if json.starts_with('[') {
        return list(json)?.iter().try_for_each(|Raw(json)| {
            read_nested(json, declared, calls, depth + 1).filter(|()| json.starts_with('{'))
        });
    }
    let fields = Fields::of(json)?;
    // With a description it is the definition of a tool.
    if fields.find(&["description"]).is_some() {
        return None;
    }
    let inner = fields.find(&CALLS).filter(|inner| inner.starts_with(['{', '[']));
    if let Some(inner) = inner {
        return read_nested(inner, declared, calls, depth);
    }
    // As it is with a schema for arguments.
    if fields.find(&["parameters"]).is_some_and(is_schema) {
        return None;
    }
    // Apertus has the name as the only key.
    if let [(name, Raw(arguments))] = fields.0.as_slice()
        && let Some(place) = declared.find(name.as_str())
        && arguments.starts_with('{')
    {
        add(calls, declared.name(place), (*arguments).to_owned());
        return Some(());
    }
    let Text(name) = text(fields.find(&NAMES)?)?;
    let arguments = fields.find(&ARGUMENTS);
    let Some(place) = declared.find(&name) else {
        let inner = arguments.filter(|_| name.trim() == PARALLEL)?;
        return read_nested(inner, declared, calls, depth);
    };
    let arguments = match arguments {
        Some("null") => "{}".to_owned(),
        Some(object) if object.starts_with('{') => object.to_owned(),
        Some(string) => {
            let Text(object) = text(string)?;
            read_object(&object)?
        }
        // Any other field could be meant as the arguments.
        None => {
            let known = |(name, _): &(Text<'_>, Raw<'_>)| {
                NAMES.contains(&name.as_str()) || OTHERS.contains(&name.as_str())
            };
            fields.0.iter().all(known).then(|| "{}".to_owned())?
        }
    };
    add(calls, declared.name(place), arguments);
    Some(())
}

#[inline(never)]
pub(super) fn add(calls: &mut Vec<ParsedCall>, name: &str, arguments: String) {
    calls.push(ParsedCall { name: name.to_owned(), arguments });
}

/// The values of a list.
#[inline(never)]
pub(super) fn list(json: &str) -> Option<Vec<Raw<'_>>> {
    json::read(json.as_bytes()).ok()
}

#[inline(never)]
fn text(json: &str) -> Option<Text<'_>> {
    json::read(json.as_bytes()).ok()
}

/// Whether this JSON is the schema of an object.
fn is_schema(json: &str) -> bool {
    let fields = Fields::of(json);
    let has = |fields: Fields<'_>| {
        fields.find(&["type"]) == Some("\"object\"") && fields.find(&["properties"]).is_some()
    };
    fields.is_some_and(has)
}

/// The object whose JSON `text` is. Models pass arguments as a string too.
pub(super) fn read_object(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return Some("{}".to_owned());
    }
    let object = if json::is_valid(text) {
        text.to_owned()
    } else {
        mend::mend(text).filter(|(json, rest)| rest.is_empty() && json::is_valid(json))?.0
    };
    object.starts_with('{').then_some(object)
}

/// The fields of an object, in order.
#[derive(Debug)]
pub(super) struct Fields<'a>(pub(super) Vec<(Text<'a>, Raw<'a>)>);

impl<'a> Fields<'a> {
    /// Those of this object.
    #[inline(never)]
    pub(super) fn of(json: &'a str) -> Option<Self> {
        json::read(json.as_bytes()).ok()
    }

    /// The JSON text of the first field that has one of these names.
    #[inline(never)]
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
