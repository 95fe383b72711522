//! Tools whose calls have one text and no arguments. Models write every call with arguments, so the
//! text is the one argument `input`.

use std::borrow::Cow;

use crate::json::{self, Text, Writer, fields};

/// The JSON schema of the arguments.
pub(super) const SCHEMA: &str =
    r#"{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}"#;

/// The arguments of a call with this text.
pub(super) fn arguments(text: &str) -> String {
    Writer::after(Vec::new()).field("input", text).end()
}

/// The text of a call with these arguments. A model that wrote something else wrote that.
pub(super) fn text_of(arguments: &str) -> Cow<'_, str> {
    #[derive(Default)]
    struct Arguments<'a> {
        input: Option<Text<'a>>,
    }
    fields!(Arguments<'a> { input });
    // The call may have been cut off.
    let (closed, _) = json::close(arguments).unwrap_or_default();
    let read = json::read::<Arguments<'_>>(closed.as_bytes()).ok();
    let text = read.and_then(|read| read.input);
    text.map_or(Cow::Borrowed(arguments), |text| Cow::Owned(text.0.into_owned()))
}
