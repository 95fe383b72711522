//! Reads DeGPT's stream.
//!
//! Only `[DONE]` says that an answer is complete. The finish reason may be missing, lost or
//! repeated, so it counts only if it is not `stop`. If the model fails, DeGPT answers 200
//! with a fixed sentence and `[DONE]`.

use std::mem;

use super::wire::{self, Piece};
use crate::{
    chat::{Event, Finish},
    degpt_chunk,
    error::Error,
    json::{self, Text},
};

/// The whole text of an answer when the model failed.
const FAKE_SUCCESS: &str = "Sorry, you don't have sufficient access rights at the moment.";

/// How providers say that a conversation is longer than the model can take.
const TOO_LONG_PHRASES: [&str; 5] = [
    "context_length_exceeded",
    "maximum context length",
    "context window",
    "prompt is too long",
    "input is too long",
];

/// Turns the data of one answer's events into [`Event`]s.
#[derive(Debug, Default)]
pub struct Reader {
    finish: Finish,
    /// Whether any reasoning or text has come.
    begun: bool,
    text: TextSoFar,
    /// The first half of a character at the end of what has come. It is held back: the
    /// second half may follow.
    half: Option<(Said, u16)>,
    /// A buffer for the text of a chunk.
    words: String,
}

/// What a piece of an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Reasoning,
    Text,
}

/// Whether the text so far may be [`FAKE_SUCCESS`]. If so, it is held back.
#[derive(Debug, Clone, Copy)]
enum TextSoFar {
    /// It is this many bytes of the sentence.
    Sentence(usize),
    /// It is a real answer.
    Answer,
}

impl Default for TextSoFar {
    fn default() -> Self {
        Self::Sentence(0)
    }
}

impl Reader {
    /// How much memory it holds, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.words.capacity()
    }

    /// Reads one event's data. Calls `on_event` with its events. After an [`Event::End`]
    /// there is nothing more to read.
    ///
    /// # Errors
    /// [`Error::Garbled`], if it is not DeGPT's protocol; [`Error::Declined`] or
    /// [`Error::PromptTooLong`], if it says that there is no answer; [`Error::Overloaded`],
    /// if there is no memory to read it.
    pub fn read(&mut self, data: &[u8], on_event: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
        let mut words = mem::take(&mut self.words);
        let usual = match degpt_chunk::read(data, &mut words) {
            Some(Event::Reasoning(text)) => Some((Said::Reasoning, text)),
            Some(Event::Text(text)) => Some((Said::Text, text)),
            _ => None,
        };
        let read = match usual {
            Some((said, text)) => {
                self.piece(said, &Piece::whole(text), on_event);
                Ok(())
            }
            None => self.read_any(data, on_event),
        };
        self.words = words;
        read
    }

    /// Reads data in any form. Of what is odd in it, only that counts which is needed.
    fn read_any(&mut self, data: &[u8], on_event: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
        match data.trim_ascii() {
            b"" => return Ok(()),
            b"[DONE]" => return self.end(on_event),
            _ => {}
        }
        let read = json::read_loosely::<wire::Chunk<'_>>(data);
        let (chunk, is_odd) = read.map_err(|wrong| wrong.or(Error::Garbled))?;
        if let Some(error) = chunk.error.filter(|error| error.0 != "null") {
            return Err(read_error(error.0));
        }
        let choice = chunk.choices.and_then(|choices| choices.0).unwrap_or_default();
        let delta = choice.delta.unwrap_or_default();
        if is_odd && delta.reasoning_content.is_none() && delta.content.is_none() {
            return Err(Error::Garbled);
        }
        match choice.finish_reason.as_ref().map(Text::as_str) {
            Some("length") => self.finish = Finish::Length,
            Some("content_filter") => self.finish = Finish::ContentFilter,
            _ => {}
        }
        if let Some(reasoning) = &delta.reasoning_content {
            self.piece(Said::Reasoning, reasoning, on_event);
        }
        if let Some(text) = &delta.content {
            self.piece(Said::Text, text, on_event);
        }
        Ok(())
    }

    /// Takes a piece, which may begin and end within a character.
    fn piece(&mut self, said: Said, piece: &Piece<'_>, on_event: &mut dyn FnMut(Event<'_>)) {
        let mut text = piece.text.as_ref();
        if let Some((_, high)) = self.half.filter(|(of, _)| *of == said)
            && let Some(ch) = piece.first.and_then(|low| json::joined(high, low))
        {
            self.half = None;
            self.say(said, ch.encode_utf8(&mut [0; 4]), on_event);
            text = text.strip_prefix(json::REPLACEMENT).unwrap_or(text);
        }
        if text.is_empty() {
            return;
        }
        self.give_up_half(on_event);
        if let Some(high) = piece.last {
            text = text.strip_suffix(json::REPLACEMENT).unwrap_or(text);
            self.half = Some((said, high));
        }
        self.say(said, text, on_event);
    }

    /// Ends the wait for the second half of a character.
    fn give_up_half(&mut self, on_event: &mut dyn FnMut(Event<'_>)) {
        if let Some((said, _)) = self.half.take() {
            self.say(said, json::REPLACEMENT.encode_utf8(&mut [0; 4]), on_event);
        }
    }

    fn say(&mut self, said: Said, text: &str, on_event: &mut dyn FnMut(Event<'_>)) {
        match said {
            _ if text.is_empty() => {}
            Said::Reasoning => {
                self.begun = true;
                on_event(Event::Reasoning(text));
            }
            Said::Text => self.text(text, on_event),
        }
    }

    /// Takes a text that is not empty.
    fn text(&mut self, text: &str, on_event: &mut dyn FnMut(Event<'_>)) {
        self.begun = true;
        if let TextSoFar::Sentence(held) = self.text {
            let (head, rest) = FAKE_SUCCESS.split_at_checked(held).unwrap_or((FAKE_SUCCESS, ""));
            if rest.starts_with(text) {
                self.text = TextSoFar::Sentence(held + text.len());
                return;
            }
            self.text = TextSoFar::Answer;
            if !head.is_empty() {
                on_event(Event::Text(head));
            }
        }
        on_event(Event::Text(text));
    }

    fn end(&mut self, on_event: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
        self.give_up_half(on_event);
        // A reason for an empty answer is one.
        if !self.begun && self.finish == Finish::Stop {
            return Err(Error::Declined);
        }
        if let TextSoFar::Sentence(held) = self.text {
            if held == FAKE_SUCCESS.len() {
                return Err(Error::Declined);
            }
            if let Some(head) = FAKE_SUCCESS.get(..held).filter(|head| !head.is_empty()) {
                on_event(Event::Text(head));
            }
        }
        on_event(Event::End(self.finish.clone()));
        Ok(())
    }
}

/// The error that an `error` in the stream means. Its text never reaches the client.
fn read_error(error: &str) -> Error {
    let error = error.to_ascii_lowercase();
    if TOO_LONG_PHRASES.iter().any(|phrase| error.contains(phrase)) {
        Error::PromptTooLong
    } else {
        Error::Declined
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{FAKE_SUCCESS, Reader};
    use crate::{chat::Event, error::Error};

    /// Reads `lines` and shows the events: `r:` reasoning, `t:` text, `end:` the finish.
    fn read(lines: &[&str]) -> Result<Vec<String>, Error> {
        let mut reader = Reader::default();
        let mut seen = Vec::new();
        for line in lines {
            reader.read(line.as_bytes(), &mut |event| {
                seen.push(match event {
                    Event::Reasoning(text) => format!("r:{text}"),
                    Event::Text(text) => format!("t:{text}"),
                    Event::ToolCall { .. } | Event::WebCall { .. } | Event::WebResult(_) => {
                        "call".to_owned()
                    }
                    Event::End(finish) => format!("end:{finish:?}"),
                });
            })?;
        }
        Ok(seen)
    }

    fn delta(fields: &str) -> String {
        format!(r#"{{"choices": [{{"index": 0, "delta": {{{fields}}}, "finish_reason": null}}]}}"#)
    }

    fn content(text: &str) -> String {
        delta(&format!(r#""content": {}"#, serde_json::json!(text)))
    }

    #[test]
    fn oddities_are_read_as_what_they_mean() {
        let say = content("Hi");
        let cases: [(&str, &[&str], &[&str]); 9] = [
            (
                "null content",
                &[&delta(r#""content": null"#), &say, "[DONE]"],
                &["t:Hi", "end:Stop"],
            ),
            ("empty content", &[&content(""), &say, "[DONE]"], &["t:Hi", "end:Stop"]),
            (
                "no choices",
                &[r#"{"choices": []}"#, r#"{"x": 1}"#, &say, "[DONE]"],
                &["t:Hi", "end:Stop"],
            ),
            ("no delta", &[r#"{"choices": [{}]}"#, &say, "[DONE]"], &["t:Hi", "end:Stop"]),
            ("null error", &[r#"{"error": null}"#, &say, "[DONE]"], &["t:Hi", "end:Stop"]),
            (
                "reasoning only",
                &[&delta(r#""reasoning_content": "Hm""#), "[DONE]"],
                &["r:Hm", "end:Stop"],
            ),
            (
                "length, then nothing about it",
                &[
                    r#"{"choices": [{"delta": {"content": "Hi"}, "finish_reason": "length"}]}"#,
                    &content("!"),
                    "[DONE]",
                ],
                &["t:Hi", "t:!", "end:Length"],
            ),
            (
                "finish reason repeated",
                &[
                    r#"{"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}"#,
                    r#"{"choices": [{"delta": {"content": ""}, "finish_reason": "stop"}]}"#,
                    "[DONE]",
                ],
                &["t:Hi", "end:Stop"],
            ),
            ("spaces around the end mark", &[&say, " [DONE] "], &["t:Hi", "end:Stop"]),
        ];
        for (name, lines, events) in cases {
            assert_eq!(
                read(lines).as_deref(),
                Ok(events.iter().map(|e| (*e).to_owned()).collect::<Vec<_>>().as_slice()),
                "{name}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_text_is_the_same_wherever_it_is_cut(
            units in prop::collection::vec(
                prop_oneof![0x20..0x7f_u16, 0xd800..0xdc00_u16, 0xdc00..0xe000_u16, any::<u16>()],
                1..12,
            ),
            cuts in prop::collection::vec((1..4_usize, any::<bool>()), 12),
        ) {
            let mut rest = units.as_slice();
            let mut lines = Vec::new();
            for (length, is_usual) in cuts {
                let (piece, more) = rest.split_at(length.min(rest.len()));
                let piece = piece.iter().fold(String::new(), |json, unit| json + &format!("\\u{unit:04x}"));
                let delta = delta(&format!(r#""content": "{piece}""#));
                let before = r#"{"id": "1", "object": "", "created": 1, "model": "", "choices"#;
                lines.push(if is_usual {
                    let chunk = delta.replace(r#"{"choices"#, before);
                    chunk.replace(r#", "finish"#, r#", "logprobs": null, "finish"#)
                } else {
                    delta
                });
                rest = more;
            }
            lines.push("[DONE]".to_owned());
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let seen = read(&lines).unwrap_or_default();
            let text: String = seen.iter().filter_map(|event| event.strip_prefix("t:")).collect();
            prop_assert_eq!(text, String::from_utf16_lossy(&units));
        }
    }

    #[test]
    fn what_is_odd_and_not_needed_is_passed_over() {
        let text = r#""delta": {"content": "Hi"}"#;
        let table = [
            format!(r#"{{"created": NaN, "choices": [{{{text}}}]}}"#),
            format!(r#"{{"a": [1, {{"b": -Infinity, "]": "\"]"}}, x], "choices": [{{{text}}}]}}"#),
            format!(r#"{{"choices": [{{"index": 0, "index": 0, {text}, {text}}}]}}"#),
            format!(r#"{{"choices": 5, "choices": [{{{text}}}]}}"#),
            format!(r#"{{"choices": [{{"finish_reason": 5, {text}}}, 5, NaN]}}"#),
            r#"{"choices": [{"delta": {"content": "Hi", "reasoning_content": [5]}}]}"#.to_owned(),
            format!(r#"{{"choices": [{{{text}, "a": "\x \ud83d \u12"}}]}}"#),
        ];
        for line in &table {
            assert_eq!(read(&[line]).as_deref(), Ok(["t:Hi".to_owned()].as_slice()), "{line}");
        }
        assert_eq!(read(&["", " ", "\t"]), Ok(Vec::new()));
        let broken = [
            r#"{"choices": [{"delta": {"content": "Hi"}}]"#,
            r#"{"choices": [{"delta": {"content": "Hi"}}]}]"#,
            r#"{"choices": [{"delta": {"content": "Hi"}}], "a": }"#,
            r#"{"choices": [{"delta": {"content": "Hi"}}], "a": ]}"#,
            r#"{"choices": [{"delta": {"content": "Hi"}}], "a": "}"#,
            r#"{"choices": [{"delta": {"content": "Hi"}}], "a": [}"#,
            r#"{"choices": [{"delta": {"content": "H\x"}}]}"#,
            r#"{"choices": [{"delta": {"content": NaN}, "finish_reason": "length"}]}"#,
            r#"{"choices": [5]}"#,
            "5",
        ];
        for line in broken {
            assert_eq!(read(&[line]), Err(Error::Garbled), "{line}");
        }
    }

    #[test]
    fn the_sentence_of_a_failure_is_a_failure_however_it_is_cut() {
        for cut in 1..FAKE_SUCCESS.len() {
            let (head, tail) = FAKE_SUCCESS.split_at(cut);
            let lines = [content(head), content(tail), "[DONE]".to_owned()];
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            assert_eq!(read(&lines), Err(Error::Declined), "cut at {cut}");
        }
        assert_eq!(read(&[&content(FAKE_SUCCESS), "[DONE]"]), Err(Error::Declined));
    }

    #[test]
    fn an_answer_that_begins_like_the_sentence_is_an_answer() {
        let whole = |lines: &[&str]| {
            let seen = read(lines).unwrap_or_default();
            seen.iter().filter_map(|event| event.strip_prefix("t:")).collect::<String>()
        };
        assert_eq!(whole(&[&content("Sorry"), "[DONE]"]), "Sorry");
        assert_eq!(whole(&[&content("Sorry, "), &content("no."), "[DONE]"]), "Sorry, no.");
        let longer = format!("{FAKE_SUCCESS} But");
        assert_eq!(whole(&[&content(FAKE_SUCCESS), &content(" But"), "[DONE]"]), longer);
        assert_eq!(whole(&[&content(&longer), "[DONE]"]), longer);
        let quoted = format!("It says: {FAKE_SUCCESS}");
        assert_eq!(whole(&[&content("It says: "), &content(FAKE_SUCCESS), "[DONE]"]), quoted);
    }

    #[test]
    fn no_answer_is_an_error() {
        let table: [(&[&str], Error); 7] = [
            (&["[DONE]"], Error::Declined),
            (&[&content(""), "[DONE]"], Error::Declined),
            (&[r#"{"error": {"message": "quota"}}"#], Error::Declined),
            (
                &[r#"{"error": "This model's maximum context length is 8192 tokens"}"#],
                Error::PromptTooLong,
            ),
            (&["<html>"], Error::Garbled),
            (&[r#"{"choices": 5}"#], Error::Garbled),
            (&[r#"{"choices": [{"delta": {"content": 5}}]}"#], Error::Garbled),
        ];
        for (lines, error) in table {
            assert_eq!(read(lines), Err(error), "{lines:?}");
        }
    }
}
