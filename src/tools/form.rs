//! The form of an answer in JSON: what its value may be, and where that is in a text.

use super::{
    call_json::{self, Fields},
    tags,
};
use crate::{
    chat::Format,
    json::{self, Care, Raw},
};

/// The kinds of JSON values that an answer may be: those of its schema's root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Root(u8);

impl Root {
    const OBJECT: Self = Self(1);
    const LIST: Self = Self(2);
    /// A number, `true`, `false` or `null`.
    const SCALAR: Self = Self(4);
    const STRING: Self = Self(8);
    pub(super) const ANY: Self = Self(15);

    /// What an answer of this format may be. Without a schema it is an object.
    pub(super) fn of(format: Format<'_>) -> Self {
        /// How much of a schema is read for this, in bytes: a part of it can be referred to
        /// often.
        const MOST_BYTES: usize = 4 << 20;
        const MOST_PARTS: usize = 64;
        format.schema.map_or(Self::OBJECT, |schema| {
            let mut parts = (MOST_BYTES / (schema.len() + 1)).clamp(1, MOST_PARTS);
            Self::of_part(schema, schema, &mut parts)
        })
    }

    /// Whether a value may be a string.
    pub(super) fn has_string(self) -> bool {
        self.0 & Self::STRING.0 != 0
    }

    /// Whether a value may be anything but a string.
    pub(super) fn has_others(self) -> bool {
        self != Self::STRING
    }

    /// The names of types, with their quotes.
    const TYPES: &[(&str, Self)] = &[
        ("\"object\"", Self::OBJECT),
        ("\"array\"", Self::LIST),
        ("\"string\"", Self::STRING),
        ("\"number\"", Self::SCALAR),
        ("\"integer\"", Self::SCALAR),
        ("\"boolean\"", Self::SCALAR),
        ("\"null\"", Self::SCALAR),
    ];

    /// What fits `part` of `schema`, as far as `parts` more parts tell.
    pub(super) fn of_part(part: &str, schema: &str, parts: &mut usize) -> Self {
        let (Some(fields), Some(left)) = (Fields::of(part), parts.checked_sub(1)) else {
            return Self::ANY;
        };
        *parts = left;
        let mut root = Self::ANY.0;
        for (name, Raw(value)) in &fields.0 {
            let mut any = 0;
            match name.as_str() {
                // One name, or a list of them.
                "type" => {
                    for &(name, kind) in Self::TYPES {
                        any |= if value.contains(name) { kind.0 } else { 0 };
                    }
                }
                "const" => any = Self::of_value(value).0,
                "enum" | "anyOf" | "oneOf" | "allOf" => {
                    for Raw(value) in call_json::list(value).unwrap_or_default() {
                        any |= match name.as_str() {
                            "enum" => Self::of_value(value).0,
                            _ => Self::of_part(value, schema, parts).0,
                        };
                    }
                }
                "$ref" => {
                    let part = find(schema, value);
                    any = part.map_or(Self::ANY, |part| Self::of_part(part, schema, parts)).0;
                }
                "properties" if fields.find(&["type"]).is_none() => any = Self::OBJECT.0,
                "items" if fields.find(&["type"]).is_none() => any = Self::LIST.0,
                _ => any = Self::ANY.0,
            }
            root &= any;
        }
        // Nothing fits the schema: that is not for this to say.
        if root == 0 { Self::ANY } else { Self(root) }
    }

    /// The kind of this value, by its first byte.
    fn of_value(json: &str) -> Self {
        match json.as_bytes().first() {
            Some(b'{') => Self::OBJECT,
            Some(b'[') => Self::LIST,
            Some(b'"') => Self::STRING,
            _ => Self::SCALAR,
        }
    }

    /// What a model is told to write.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OBJECT => "JSON object",
            Self::LIST => "JSON array",
            _ => "JSON value",
        }
    }

    /// Whether a value may be of the kind that `json` begins with.
    pub(super) fn has(self, json: &str) -> bool {
        self.0 & Self::of_value(json).0 != 0
    }

    /// Whether `text` is one value that the answer may be.
    pub(super) fn is(self, text: &str) -> bool {
        self.has(text.trim_ascii_start()) && json::is_valid(text)
    }

    /// Whether `text` begins with a value that the answer may be, or with the first line of a
    /// code fence and a value. `None` if that cannot be told yet.
    pub(super) fn begins(self, text: &str) -> Option<bool> {
        /// Nobody waits longer.
        const LONGEST: usize = 256;
        let (before, value) = text.split_at(text.find(['{', '[']).unwrap_or(text.len()));
        let before = before.trim();
        let fence = tags::skip(before, |ch| ch == '`');
        let is_fence =
            fence.len() < before.len() && fence.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match can_begin(value) {
            _ if !before.is_empty() && !is_fence => Some(false),
            Some(begins) => Some(begins && self.has(value)),
            None => (text.len() > LONGEST).then_some(false),
        }
    }

    /// The values in `text` that the answer may be, in order; the last may have no end. They
    /// do not contain each other. Of several that are the same and follow each other, only
    /// one counts.
    pub(super) fn values(self, text: &str) -> Vec<&str> {
        let whole = unfenced(text);
        if self.is(whole) {
            return vec![whole];
        }
        let mut values = Vec::new();
        let mut rest = text;
        while let Some(value) = rest.find(['{', '[']).and_then(|start| rest.get(start..)) {
            if can_begin(value) != Some(true) {
                rest = value.get(1..).unwrap_or_default();
                continue;
            }
            let (whole, counts);
            if let Ok((Raw(found), after)) = json::read_first(value, Care::Loose) {
                (whole, rest) = (found, after);
                counts = self.is(found);
            } else {
                (whole, rest) = (value, "");
                counts = self.has(value);
            }
            if counts && values.last() != Some(&whole) {
                values.push(whole);
            }
        }
        values
    }
}

/// Whether a value can begin with the bracket that `text` begins with, by what follows it.
fn can_begin(text: &str) -> Option<bool> {
    let inside = text.get(1..)?.trim_ascii_start();
    let next = inside.bytes().next()?;
    Some(match next {
        b'"' => true,
        b'}' => text.starts_with('{'),
        b'{' | b'[' | b']' | b'-' | b'0'..=b'9' => text.starts_with('['),
        _ => false,
    })
}

/// What is in the code fence that `text` is; else the text itself.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inside = text.strip_prefix("```").and_then(|text| text.strip_suffix("```"));
    inside.and_then(|text| text.split_once('\n')).map_or(text, |(_, text)| text.trim())
}

/// The part of `schema` that a reference in JSON names, like `"#/$defs/Name"`.
fn find<'a>(schema: &'a str, reference: &str) -> Option<&'a str> {
    let mut names = reference.strip_prefix("\"#/")?.strip_suffix('"')?.split('/');
    names.try_fold(schema, |part, name| Fields::of(part)?.find(&[name]))
}
