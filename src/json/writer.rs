//! Writes an object field by field. A value that is JSON already is copied. With serde it
//! would have to be read first.

use serde::Serialize;

/// An object that is being written.
pub(crate) struct Writer {
    out: Vec<u8>,
    /// Where the object begins in `out`.
    start: usize,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self::after(Vec::new())
    }

    /// An object that is written to the end of `out`.
    pub(crate) fn after(mut out: Vec<u8>) -> Self {
        let start = out.len();
        out.push(b'{');
        Self { out, start }
    }

    /// Writes a field.
    pub(crate) fn field<T: Serialize + ?Sized>(mut self, name: &str, value: &T) -> Self {
        self.name(name);
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(&mut self.out, value);
        self
    }

    /// Writes a field whose value is JSON.
    pub(crate) fn raw(mut self, name: &str, json: &str) -> Self {
        self.name(name);
        self.out.extend_from_slice(json.as_bytes());
        self
    }

    /// Writes a field whose value `write` appends as JSON.
    pub(crate) fn written(mut self, name: &str, write: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        self.name(name);
        self.out = write(self.out);
        self
    }

    /// Ends the object, and returns all that was written.
    pub(crate) fn end(self) -> String {
        String::from_utf8(self.end_bytes()).unwrap_or_default()
    }

    /// Ends the object. Returns it, with what was in `out` before it.
    pub(crate) fn end_bytes(mut self) -> Vec<u8> {
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

/// How many bytes `text` takes in a JSON string. For a small text it is an estimate.
pub(crate) fn escaped_bytes(text: &str) -> usize {
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
