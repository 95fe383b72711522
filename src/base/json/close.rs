//! Makes a value of the beginning of one.

use super::is_valid;

/// The longest beginning of `text` that closing quotes and brackets make a value of, closed, and
/// how many bytes of `text` are in it. A key, an escape, a number or a word that is cut off is
/// left out. `None` if there is no such beginning.
#[must_use]
pub fn close(text: &str) -> Option<(String, usize)> {
    /// Just after a backslash. Then it counts the digits that are left.
    const ESCAPED: u8 = 5;
    let mut open = Vec::new();
    let mut end = 0;
    // In a string: whether that is a key.
    let mut string: Option<bool> = None;
    let mut is_key = false;
    let mut escape = 0;
    for (place, byte) in text.bytes().enumerate() {
        let next = place + 1;
        if let Some(is_key) = string {
            match byte {
                b'u' if escape == ESCAPED => escape = 4,
                _ if escape == ESCAPED => escape = 0,
                _ if escape > 0 => escape -= 1,
                b'\\' => escape = ESCAPED,
                b'"' => string = None,
                _ => {}
            }
            if !is_key && escape == 0 && text.is_char_boundary(next) {
                end = next;
            }
            continue;
        }
        match byte {
            b'"' => {
                string = Some(is_key);
                if is_key {
                    continue;
                }
            }
            b'{' | b'[' => {
                is_key = byte == b'{';
                open.push(if is_key { '}' } else { ']' });
            }
            b'}' | b']' => {
                open.pop();
            }
            b',' => {
                end = place;
                is_key = open.last() == Some(&'}');
                continue;
            }
            b':' => {
                is_key = false;
                continue;
            }
            _ => continue,
        }
        end = next;
    }
    let mut closed = text.get(..end)?.to_owned();
    if string == Some(false) {
        closed.push('"');
    }
    while let Some(bracket) = open.pop() {
        closed.push(bracket);
    }
    is_valid(&closed).then_some((closed, end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::close;

    proptest! {
        #[test]
        fn every_beginning_of_an_object_can_be_closed(key in ".{0,6}", text in ".{0,9}", number: i32, cut: usize) {
            let value = json!({&key: [number, {"a": &text, "b": null}, []], "c": {"d": text}});
            for whole in [value.to_string(), format!("{value:#}")] {
                let cut = whole.floor_char_boundary(1 + cut % whole.len());
                let beginning = whole.get(..cut.max(1)).unwrap_or_default();
                let Some((closed, kept)) = close(beginning) else {
                    return Err(TestCaseError::fail(beginning.to_owned()));
                };
                prop_assert!(serde_json::from_str::<Value>(&closed).is_ok());
                prop_assert_eq!(closed.get(..kept), beginning.get(..kept));
            }
        }
    }

    #[test]
    fn a_beginning_is_closed_where_it_can_be() {
        let cases = [
            (r#"{"a": "b"#, r#"{"a": "b"}"#),
            (r#"{"a": ""#, r#"{"a": ""}"#),
            (r#"{"a": "b\"#, r#"{"a": "b"}"#),
            (r#"{"a": "b\u00"#, r#"{"a": "b"}"#),
            (r#"{"a": "b\u00e9"#, r#"{"a": "b\u00e9"}"#),
            (r#"{"a": "b\"c"#, r#"{"a": "b\"c"}"#),
            (r#"{"a": "b", "c"#, r#"{"a": "b"}"#),
            (r#"{"a": "b", "c": tru"#, r#"{"a": "b"}"#),
            (r#"{"a": 12"#, "{}"),
            (r#"{"a": 12, "#, r#"{"a": 12}"#),
            (r#"{"a": [1, {"b": [true, "c"#, r#"{"a": [1, {"b": [true, "c"]}]}"#),
            (r#"{"a": {"b": 1}"#, r#"{"a": {"b": 1}}"#),
            (r#"{"a": 1} and"#, r#"{"a": 1}"#),
            ("{", "{}"),
            ("[", "[]"),
            ("\"a", "\"a\""),
        ];
        for (text, closed) in cases {
            assert_eq!(close(text).map(|(closed, _)| closed).as_deref(), Some(closed), "{text}");
        }
        for text in ["", "12", "{\"a\": \"\n", "}", "[1}"] {
            assert_eq!(close(text), None, "{text}");
        }
    }
}
