//! The arguments of a call whose form has no types: its tool's schema says what they are.

use super::{call_json::Fields, form::Root, mend};
use crate::json::{self, Raw};

/// The arguments of one call, so far.
#[derive(Debug)]
pub(super) struct Arguments<'s> {
    schema: &'s str,
    properties: Option<Fields<'s>>,
    /// How many parts of the schema may still be read.
    parts: usize,
    /// The JSON object, without its closing bracket.
    json: String,
}

impl<'s> Arguments<'s> {
    /// Those of a tool with this schema.
    #[inline(never)]
    pub(super) fn of(schema: Option<&'s str>) -> Self {
        /// How much of a schema is read for this, in bytes: an argument can come often.
        const MOST_BYTES: usize = 4 << 20;
        const LEAST_PARTS: usize = 64;
        let schema = schema.unwrap_or_default();
        let properties = Fields::of(schema);
        let properties = properties.and_then(|fields| fields.find(&["properties"]));
        Self {
            schema,
            properties: properties.and_then(Fields::of),
            parts: (MOST_BYTES / (schema.len() + 1)).max(LEAST_PARTS),
            json: String::from("{"),
        }
    }

    /// Adds an argument. `is_string` is what its tag says, if that says something.
    pub(super) fn add(&mut self, name: &str, value: &str, is_string: Option<bool>) {
        if self.json.len() > 1 {
            self.json.push(',');
        }
        self.json.push_str(&json::to_text(name));
        self.json.push(':');
        match self.typed(name, value, is_string) {
            Some(json) => self.json.push_str(&json),
            None => self.json.push_str(&json::to_text(value)),
        }
    }

    /// Whether it has all of those that the schema names.
    pub(super) fn is_full(&self) -> bool {
        /// Each is looked for among all.
        const MOST: usize = 256;
        let Some(properties) = self.properties.as_ref().filter(|all| all.0.len() <= MOST) else {
            return false;
        };
        let mut json = self.json.clone();
        json.push('}');
        Fields::of(&json).is_some_and(|fields| {
            properties.0.iter().all(|(name, _)| fields.find(&[name.as_str()]).is_some())
        })
    }

    /// What the schema says that the argument may be.
    fn root(&mut self, name: &str) -> Root {
        let schema = self.properties.as_ref().filter(|_| self.parts > 0);
        let schema = schema.and_then(|properties| properties.find(&[name]));
        let root = schema.map(|part| Root::of_part(part, self.schema, &mut self.parts));
        root.unwrap_or(Root::ANY)
    }

    /// The JSON of a value that is no string.
    #[inline(never)]
    fn typed(&mut self, name: &str, value: &str, is_string: Option<bool>) -> Option<String> {
        if is_string == Some(true) {
            return None;
        }
        let root = self.root(name);
        if !root.has_others() && is_string.is_none() {
            return None;
        }
        let text = value.trim_ascii();
        // Without quotes a string looks like any other value.
        let may_be_text = root.has_string() && is_string.is_none();
        let is_text = |json: &str| match json.as_bytes().first() {
            Some(b'{' | b'[' | b'n') => false,
            Some(b'"') => true,
            _ => root != Root::ANY,
        };
        let fits = |json: &str| root.has(json) && !(may_be_text && is_text(json));
        let read = json::read::<Raw<'_>>(text.as_bytes());
        if let Ok(Raw(json)) = read {
            return fits(json).then(|| json.to_owned());
        }
        // Only where it can be nothing else.
        if root.has_string() && is_string != Some(false) {
            return None;
        }
        let (mended, rest) = mend::mend(text)?;
        (rest.is_empty() && json::is_valid(&mended) && fits(&mended)).then_some(mended)
    }

    /// Adds an argument that was cut off, if it is a string.
    pub(super) fn add_cut(&mut self, name: &str, value: &str, is_string: Option<bool>) {
        // Of anything else nobody knows what it would have been.
        if is_string == Some(true) || !self.root(name).has_others() {
            self.add(name, value, Some(true));
            self.json.pop();
        }
    }

    /// The beginning of the JSON object.
    pub(super) fn cut(self) -> String {
        self.json
    }

    /// The JSON object.
    pub(super) fn end(mut self) -> String {
        self.json.push('}');
        self.json
    }
}
