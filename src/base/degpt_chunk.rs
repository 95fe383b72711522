//! Reads the form in which DeGPT writes nearly every chunk of an answer.
//!
//! All text of an answer passes here, so this reader compares the fixed parts of a chunk
//! byte by byte. A chunk that differs in a single byte, JSON or not, goes to the general
//! reader. This one returns the same result or `None`.

use crate::{
    chat::Event,
    json::{Escaped, unescape},
    scan::{not_digit, not_plain},
};

/// Reads one event's data. `None` if it does not have the usual form. The text is unescaped
/// into `words`, whose memory is kept from chunk to chunk.
pub fn read<'a>(data: &[u8], words: &'a mut String) -> Option<Event<'a>> {
    let rest = after_string(data.strip_prefix(br#"{"id": ""#)?)?;
    let rest = after_string(rest.strip_prefix(br#", "object": ""#)?)?;
    let rest = after_number(rest.strip_prefix(br#", "created": "#)?)?;
    let rest = after_string(rest.strip_prefix(br#", "model": ""#)?)?;
    let rest = rest.strip_prefix(br#", "choices": [{"index": 0, "delta": {""#)?;
    let (rest, is_text) = match rest.strip_prefix(br#"content": ""#) {
        Some(rest) => (rest, true),
        None => (rest.strip_prefix(br#"reasoning_content": ""#)?, false),
    };
    words.clear();
    let rest = read_words(rest, words)?;
    if rest != br#"}, "logprobs": null, "finish_reason": null}]}"# {
        return None;
    }
    Some(if is_text { Event::Text(words) } else { Event::Reasoning(words) })
}

/// What follows a string, after its opening quote. `None` if it has escapes or is not ASCII.
fn after_string(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(not_plain(bytes)?..)?.strip_prefix(b"\"")
}

/// What follows a number as times are written: digits, perhaps with a fraction.
fn after_number(bytes: &[u8]) -> Option<&[u8]> {
    if !matches!(bytes.first()?, b'1'..=b'9') {
        return None;
    }
    let rest = bytes.get(not_digit(bytes)?..)?;
    let Some(fraction) = rest.strip_prefix(b".") else {
        return Some(rest);
    };
    let digits = not_digit(fraction).filter(|digits| *digits > 0)?;
    fraction.get(digits..)
}

/// Unescapes a string into `words`, from after its opening quote. Returns what follows it.
fn read_words<'a>(mut bytes: &'a [u8], words: &mut String) -> Option<&'a [u8]> {
    loop {
        let (plain, rest) = bytes.split_at_checked(not_plain(bytes)?)?;
        words.push_str(std::str::from_utf8(plain).ok()?);
        let escape = match rest {
            [b'"', rest @ ..] => return Some(rest),
            [b'\\', escape @ ..] => escape,
            _ => return None,
        };
        let (Escaped::Char(ch), rest) = unescape(escape)? else {
            return None;
        };
        words.push(ch);
        bytes = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::chat::Event;

    fn usual(field: &str, words: &str) -> String {
        format!(
            "{{\"id\": \"1a-2b\", \"object\": \"chat.completion.chunk\", \"created\": 1755954793, \
             \"model\": \"deepseek-chat\", \"choices\": [{{\"index\": 0, \"delta\": {{\"{field}\": \
             \"{words}\"}}, \"logprobs\": null, \"finish_reason\": null}}]}}"
        )
    }

    #[test]
    fn words_are_those_that_json_means() {
        let all = r#"a \"b\" \\ \/ \b\f\n\r\t \u0000 \u6211\uFF0c \ud83d\ude0a \uDBFF\uDFFF"#;
        for escaped in ["", "a", "longer than a word, by far", all, "\u{7f}", "\\u00e9t\\u00E9"] {
            let words: String = serde_json::from_str(&format!("\"{escaped}\"")).unwrap();
            let mut memory = "what was there before".to_owned();
            let text = usual("content", escaped);
            assert_eq!(read(text.as_bytes(), &mut memory), Some(Event::Text(&words)), "{text}");
            let reasoning = usual("reasoning_content", escaped);
            let event = Some(Event::Reasoning(&words));
            assert_eq!(read(reasoning.as_bytes(), &mut memory), event, "{reasoning}");
        }
    }

    #[test]
    fn every_family_has_the_usual_form() {
        let id = ("1a-2b", "msg_01");
        let object = ("chat.completion.chunk", "gpt-5");
        let created = ("1755954793", "1795417190.467204");
        for (was, is) in [id, object, created] {
            let chunk = usual("content", "Hi").replace(was, is);
            assert!(read(chunk.as_bytes(), &mut String::new()).is_some(), "{chunk}");
        }
    }

    #[test]
    fn what_is_in_another_form_is_left_to_the_general_reader() {
        let chunk = usual("content", "Hi");
        let changes = [
            ("{\"id", " {\"id"),
            ("\"1a-2b\"", "null"),
            ("1a-2b", "\\u0031"),
            ("1a-2b", "\u{e9}"),
            ("1a-2b", "\t"),
            ("1755954793", "01"),
            ("1755954793", "-1"),
            ("1755954793", "1."),
            ("1755954793", "1e9"),
            ("1755954793", ""),
            ("\"index\": 0", "\"index\":0"),
            ("\"content\"", "\"role\""),
            ("Hi", "\\x"),
            ("Hi", "\\u12g4"),
            ("Hi", "\\ud83d"),
            ("Hi", "\\ud83d\\u0041"),
            ("Hi", "\\ud83d\\ue000"),
            ("Hi", "\\ude0a"),
            ("Hi", "\n"),
            ("Hi", "\u{6211}"),
            ("Hi", "\", \"role\": \""),
            ("\"finish_reason\": null", "\"finish_reason\": \"length\""),
            ("}]}", "}]}}"),
            ("}]}", "}]"),
        ];
        for (was, is) in changes {
            let other = chunk.replacen(was, is, 1);
            assert_ne!(other, chunk);
            assert_eq!(read(other.as_bytes(), &mut String::new()), None, "{other}");
        }
    }
}
