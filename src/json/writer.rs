//! Writing an object field by field, where serde would have to read a value that is
//! JSON already before it wrote it.

use serde::Serialize;

/// An object that is being written.
pub(crate) struct Writer {
    out: Vec<u8>,
    /// Where in that the object begins.
    start: usize,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self::after(Vec::new())
    }

    /// An object that is written behind what is in `out`.
    pub(crate) fn after(mut out: Vec<u8>) -> Self {
        let start = out.len();
        out.push(b'{');
        Self { out, start }
    }

    pub(crate) fn field<T: Serialize + ?Sized>(mut self, name: &str, value: &T) -> Self {
        self.name(name);
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(&mut self.out, value);
        self
    }

    /// A field whose value is JSON.
    pub(crate) fn raw(mut self, name: &str, json: &str) -> Self {
        self.name(name);
        self.out.extend_from_slice(json.as_bytes());
        self
    }

    /// A field whose value is JSON that `write` appends.
    pub(crate) fn written(mut self, name: &str, write: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        self.name(name);
        self.out = write(self.out);
        self
    }

    pub(crate) fn end(self) -> String {
        String::from_utf8(self.end_bytes()).unwrap_or_default()
    }

    /// The object, and what is before it.
    pub(crate) fn end_bytes(mut self) -> Vec<u8> {
        self.out.push(b'}');
        self.out
    }

    /// `name` needs no escapes.
    fn name(&mut self, name: &str) {
        if self.out.len() > self.start + 1 {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }
}

/// How many bytes `text` takes within a JSON string. What is small is not looked at.
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
