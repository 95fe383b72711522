//! Server-sent events: bytes into events' data, and events into bytes.
//!
//! Reads event streams as the HTML standard defines them (section 9.2.6), as far as an
//! upstream needs it: `data` fields are joined by newlines, and a blank line dispatches
//! them. `event`, `id`, `retry` and comments are skipped. No JSON here.

use std::ops::ControlFlow;

use crate::scan::line_break;

/// Decodes a byte stream into events. They do not depend on how it is cut into chunks.
///
/// A line and an event have at most [`Decoder::MAX_LINE_BYTES`]. Between two calls it holds
/// at most twice that.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The beginning of a line that has not ended.
    line: Vec<u8>,
    /// The data of the event being read.
    data: Vec<u8>,
    /// Whether the event being read has a `data` field. An empty one counts too.
    has_data: bool,
    /// Whether the last byte was a carriage return. Its line feed may follow.
    after_carriage_return: bool,
    /// Whether the first line has come. It may begin with a byte order mark.
    begun: bool,
}

/// A line or an event is longer than [`Decoder::MAX_LINE_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

impl Decoder {
    /// The longest line, and the longest data of one event, in bytes.
    pub const MAX_LINE_BYTES: usize = 1 << 20;

    /// How much memory it holds, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.line.capacity() + self.data.capacity()
    }

    /// Reads `bytes` and calls `on_data` with each event's data, until it breaks.
    ///
    /// Do not use the decoder after a break or an error.
    ///
    /// # Errors
    /// [`TooLong`], if a line or an event is longer than [`Self::MAX_LINE_BYTES`].
    // Within its caller it would be built for size.
    #[inline(never)]
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        on_data: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, TooLong> {
        while let Some(end) = line_break(bytes) {
            let (head, tail) = bytes.split_at(end);
            let (&terminator, rest) = tail.split_first().unwrap_or((&b'\n', &[]));
            bytes = rest;
            let ends_crlf = self.after_carriage_return && terminator == b'\n' && head.is_empty();
            self.after_carriage_return = terminator == b'\r';
            if ends_crlf {
                continue;
            }
            if self.line.len() + head.len() > Self::MAX_LINE_BYTES {
                return Err(TooLong);
            }
            let flow = if self.line.is_empty() {
                self.take_line(head, on_data)?
            } else {
                self.line.extend_from_slice(head);
                let mut line = std::mem::take(&mut self.line);
                let flow = self.take_line(&line, on_data)?;
                // Keep the buffer for the next line that arrives in pieces.
                line.clear();
                self.line = line;
                flow
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        if !bytes.is_empty() {
            self.after_carriage_return = false;
        }
        if self.line.len() + bytes.len() > Self::MAX_LINE_BYTES {
            return Err(TooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(ControlFlow::Continue(()))
    }

    /// Reads a whole line.
    fn take_line(
        &mut self,
        mut line: &[u8],
        on_data: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, TooLong> {
        if !self.begun {
            self.begun = true;
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if line.is_empty() {
            if !self.has_data {
                return Ok(ControlFlow::Continue(()));
            }
            self.has_data = false;
            let flow = on_data(&self.data);
            self.data.clear();
            return Ok(flow);
        }
        let Some(value) = line.strip_prefix(b"data") else {
            return Ok(ControlFlow::Continue(()));
        };
        let value = match value {
            [] => value,
            [b':', b' ', value @ ..] | [b':', value @ ..] => value,
            // Another field, whose name begins with `data`.
            _ => return Ok(ControlFlow::Continue(())),
        };
        if self.data.len() + value.len() >= Self::MAX_LINE_BYTES {
            return Err(TooLong);
        }
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
        self.data.extend_from_slice(value);
        Ok(ControlFlow::Continue(()))
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::{Decoder, TooLong};

    fn read(pieces: &[&[u8]]) -> Result<Vec<String>, TooLong> {
        let mut decoder = Decoder::default();
        let mut events = Vec::new();
        for piece in pieces {
            let _ = decoder.push(piece, &mut |data| {
                events.push(String::from_utf8_lossy(data).into_owned());
                ControlFlow::Continue(())
            })?;
        }
        Ok(events)
    }

    #[test]
    fn every_cut_of_every_form_gives_the_same_events() {
        let table: [(&str, &[&str]); 13] = [
            ("data: a\n\n", &["a"]),
            ("data:a\n\ndata: b\n\n", &["a", "b"]),
            ("data:  a\n\n", &[" a"]),
            ("data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"]),
            ("data: a\r\rdata: b\r\r", &["a", "b"]),
            ("data: a\ndata: b\n\n", &["a\nb"]),
            ("\u{feff}data: a\n\n", &["a"]),
            (": comment\n\ndata: a\n\n", &["a"]),
            ("event: x\nid: 1\ndata: a\n\n", &["a"]),
            ("data\n\n", &[""]),
            ("database: a\n\ndata: b\n\n", &["b"]),
            ("\n\n\ndata: 模😊\n\n\n", &["模😊"]),
            ("data: never dispatched\n", &[]),
        ];
        for (stream, events) in table {
            let bytes = stream.as_bytes();
            assert_eq!(read(&[bytes]).unwrap_or_default(), events, "{stream:?} whole");
            for cut in 0..=bytes.len() {
                let (head, tail) = bytes.split_at(cut);
                assert_eq!(read(&[head, tail]).unwrap_or_default(), events, "{stream:?} at {cut}");
            }
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(read(&single).unwrap_or_default(), events, "{stream:?} bytewise");
        }
    }

    #[test]
    fn a_line_over_the_bound_is_an_error_before_it_ends() {
        let long = vec![b'x'; Decoder::MAX_LINE_BYTES + 1];
        assert_eq!(read(&[&long]), Err(TooLong));
        assert_eq!(read(&[b"data: ", &long]), Err(TooLong));
        let (head, tail) = long.split_at(long.len() / 2);
        assert_eq!(read(&[head, tail]), Err(TooLong));
    }

    #[test]
    fn an_event_of_many_lines_over_the_bound_is_an_error() {
        let line = [b"data: ".as_slice(), &vec![b'x'; Decoder::MAX_LINE_BYTES / 2], b"\n"].concat();
        assert_eq!(read(&[&line, &line, &line]), Err(TooLong));
    }

    #[test]
    fn nothing_is_read_after_a_break() {
        let mut seen = 0;
        let flow = Decoder::default().push(b"data: a\n\ndata: b\n\n", &mut |_| {
            seen += 1;
            ControlFlow::Break(())
        });
        assert_eq!((flow, seen), (Ok(ControlFlow::Break(())), 1));
    }
}
