//! Where in a JSON text something is wrong: the path of the value that stands there.
//!
//! A reader that keeps the path as it goes has to be compiled once more for every
//! type there is. This one goes through the text again, once it is known to be wrong.

use super::Text;

/// What leads from a value into it.
enum Step<'a> {
    Element(usize),
    /// The name as it is written, with its quotes.
    Field(&'a [u8]),
    /// To a field whose name has not come yet.
    Nameless,
}

/// The path (`messages[0].content`) of the innermost value that begins, goes on or
/// has just ended after `column` bytes of the line `line`, which counts from 1, and
/// an empty one for the whole. Up to there, `json` has to be JSON.
pub(super) fn path(json: &[u8], line: usize, column: usize) -> String {
    let lines = json.split_inclusive(|&byte| byte == b'\n');
    let place = lines.take(line.saturating_sub(1)).map(<[u8]>::len).sum::<usize>() + column;

    let mut steps: Vec<Step<'_>> = Vec::new();
    let mut at = 0;
    // Whether the last step leads to the value, and not on from it.
    let is_there = loop {
        let rest = json.get(at..).unwrap_or_default();
        let Some(&byte) = rest.first() else {
            break false;
        };
        let is_punctuation =
            matches!(byte, b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\n' | b'\r');
        let is_name = matches!(steps.last(), Some(Step::Nameless));
        if at >= place {
            break at == place && !is_punctuation && !is_name;
        }
        at += 1;
        match byte {
            b'{' => steps.push(Step::Nameless),
            b'[' => steps.push(Step::Element(0)),
            b'}' | b']' => {
                steps.pop();
                if at == place {
                    break true;
                }
            }
            b',' => match steps.last_mut() {
                Some(Step::Element(index)) => *index += 1,
                Some(step) => *step = Step::Nameless,
                None => {}
            },
            _ if is_punctuation => {}
            _ => {
                let (scalar, _) = rest.split_at(scalar_length(rest));
                at += scalar.len() - 1;
                match steps.last_mut() {
                    Some(step @ Step::Nameless) => *step = Step::Field(scalar),
                    _ if at >= place => break true,
                    _ => {}
                }
            }
        }
    };
    if !is_there {
        steps.pop();
    }
    written(&steps)
}

/// The length of the string, number or word that `json` begins with.
fn scalar_length(json: &[u8]) -> usize {
    let is_string = json.starts_with(b"\"");
    let mut is_escaped = false;
    let is_end = |&byte: &u8| {
        if is_string {
            let is_end = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        } else {
            matches!(byte, b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\n' | b'\r')
        }
    };
    // The first byte belongs to it, and so does a closing quote.
    let inner = json.iter().skip(1).position(is_end);
    inner.map_or(json.len(), |inner| 1 + inner + usize::from(is_string))
}

fn written(steps: &[Step<'_>]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Element(index) => {
                path.push('[');
                path.push_str(&index.to_string());
                path.push(']');
            }
            Step::Field(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                let name = serde_json::from_slice::<Text<'_>>(name);
                path.push_str(name.as_ref().map_or("?", Text::as_str));
            }
            Step::Nameless => {}
        }
    }
    path
}
