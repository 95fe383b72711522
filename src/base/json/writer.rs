//! Writes an object field by field. A value that is JSON already is copied. With serde it
//! would have to be read first.

use crate::scan;

/// An object that is being written.
pub struct Writer {
    out: Vec<u8>,
    /// Where the object begins in `out`.
    start: usize,
}

impl Writer {
    /// An object that is written to the end of `out`.
    #[must_use]
    pub fn after(mut out: Vec<u8>) -> Self {
        let start = out.len();
        out.push(b'{');
        Self { out, start }
    }

    /// Writes a field whose value is a string.
    #[must_use]
    pub fn field(mut self, name: &str, text: &str) -> Self {
        self.name(name);
        write_text(&mut self.out, text);
        self
    }

    /// Writes a field whose value is a string or `null`.
    #[must_use]
    pub fn maybe(self, name: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.field(name, text),
            None => self.raw(name, "null"),
        }
    }

    /// Writes a field whose value is a number.
    #[must_use]
    pub fn number(self, name: &str, number: u64) -> Self {
        self.raw(name, &number.to_string())
    }

    /// Writes a field whose value is JSON.
    #[must_use]
    pub fn raw(mut self, name: &str, json: &str) -> Self {
        self.name(name);
        self.out.extend_from_slice(json.as_bytes());
        self
    }

    /// Writes a field whose value `write` appends as JSON.
    #[must_use]
    pub fn written(mut self, name: &str, write: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        self.name(name);
        self.out = write(self.out);
        self
    }

    /// Ends the object, and returns all that was written.
    #[must_use]
    pub fn end(self) -> String {
        String::from_utf8(self.end_bytes()).unwrap_or_default()
    }

    /// Ends the object. Returns it, with what was in `out` before it.
    #[must_use]
    pub fn end_bytes(mut self) -> Vec<u8> {
        self.out.push(b'}');
        self.out
    }

    /// Writes the name of a field. It must need no escapes.
    fn name(&mut self, name: &str) {
        if self.out.len() > self.start + 1 {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }
}

/// Appends `text` to `out` as a JSON string.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escape(text, &mut |bytes| out.extend_from_slice(bytes));
    out.push(b'"');
}

/// Calls `write` with the pieces of `text` as the inside of a JSON string.
pub fn escape(text: &str, write: &mut dyn FnMut(&[u8])) {
    let mut rest = text.as_bytes();
    while let Some((plain, [byte, after @ ..])) =
        scan::special(rest).and_then(|place| rest.split_at_checked(place))
    {
        if !plain.is_empty() {
            write(plain);
        }
        let digit = |digit: u8| if digit < 10 { b'0' + digit } else { b'a' - 10 + digit };
        let long = [b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)];
        write(match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0x08 => b"\\b",
            0x0c => b"\\f",
            _ => &long,
        });
        rest = after;
    }
    if !rest.is_empty() {
        write(rest);
    }
}

/// How many bytes `text` takes in a JSON string. For a small text it is an estimate.
#[must_use]
pub fn escaped_bytes(text: &str) -> usize {
    const SMALL: usize = 16 << 10;
    if text.len() < SMALL {
        return text.len() + text.len() / 8;
    }
    let bytes = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        ..=0x1f => 6,
        _ => 1,
    });
    bytes.sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::write_text;

    proptest! {
        #[test]
        fn a_text_is_written_as_serde_does(text in "[\\x00-\\x7f]{0,20}|\\PC{0,20}") {
            let mut json = Vec::new();
            write_text(&mut json, &text);
            prop_assert_eq!(json, serde_json::to_vec(&text).unwrap());
        }
    }
}
