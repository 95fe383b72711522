//! Why a JSON text was not read.

use serde::de::IgnoredAny;

use crate::error::Error;

/// A value, or why it was not read.
pub type Outcome<T> = Result<T, Wrong>;

/// Why a value was not read.
#[derive(Debug)]
pub enum Wrong {
    /// It is not JSON.
    NotJson,
    /// It nests too deeply, at this byte.
    TooDeep(usize),
    /// The string at this byte has an escape that is none, or bytes that are not UTF-8.
    NotUnicode(usize),
    /// There is no memory for it.
    NoMemory,
    /// It is not what its field takes.
    Value(Box<Misfit>),
}

/// Where and how a value is not what it should be.
#[derive(Debug)]
pub struct Misfit {
    /// The rule, as it follows the field's name: `must be a string`. It does not repeat the
    /// value, which may be a prompt, or a key in the wrong field.
    rule: String,
    /// How many bytes of the text were read.
    at: usize,
    /// The path of the field: `messages[0].content`.
    path: String,
}

impl Wrong {
    #[cold]
    pub(super) fn value(rule: String, at: usize) -> Self {
        Self::Value(Box::new(Misfit { rule, at, path: String::new() }))
    }

    /// Puts `step`, a field's name or an index (`[0]`), before the path.
    #[cold]
    #[must_use]
    pub fn within(mut self, step: &str) -> Self {
        if let Self::Value(misfit) = &mut self {
            if !misfit.path.is_empty() && !misfit.path.starts_with('[') {
                misfit.path.insert(0, '.');
            }
            misfit.path.insert_str(0, step);
        }
        self
    }

    /// The error for the client that sent `body`. It names the field.
    #[cold]
    pub(super) fn into_error(self, body: &[u8]) -> Error {
        let (param, message) = match self {
            Self::Value(misfit) => {
                let Misfit { rule, at, path } = *misfit;
                let param = (!path.is_empty()).then_some(path);
                let named = match &param {
                    Some(path) => format!("`{path}`"),
                    None => "The request body".to_owned(),
                };
                (param, format!("{named} {rule} ({}).", place(body, at)))
            }
            Self::NoMemory => return Error::Overloaded,
            other => (None, format!("The request body is not valid JSON: {}.", other.why(body))),
        };
        Error::Invalid { param, message }
    }

    /// [`Error::Overloaded`] if there was no memory, else `other`.
    #[cold]
    pub fn or(self, other: Error) -> Error {
        if matches!(self, Self::NoMemory) { Error::Overloaded } else { other }
    }

    /// Why `body` is not JSON. A fault of its grammar is named first.
    fn why(&self, body: &[u8]) -> String {
        // JSON begins with ASCII, which has a zero byte beside it there.
        if body.iter().take(2).any(|byte| matches!(byte, 0 | 0xfe | 0xff)) {
            return "it is in UTF-16 or UTF-32, and must be in UTF-8".to_owned();
        }
        if let Err(error) = serde_json::from_slice::<IgnoredAny>(body) {
            return error.to_string();
        }
        match self {
            Self::TooDeep(at) => format!("it nests too deeply ({})", place(body, *at)),
            Self::NotUnicode(at) => {
                format!("a string is not Unicode text ({})", place(body, *at))
            }
            Self::NotJson | Self::NoMemory | Self::Value(_) => "its end is missing".to_owned(),
        }
    }
}

/// The line and column after `at` bytes, as an editor shows them.
fn place(body: &[u8], at: usize) -> String {
    let read = body.get(..at).unwrap_or(body);
    let lines = read.split(|&byte| byte == b'\n');
    let column = lines.clone().next_back().map_or(0, <[u8]>::len);
    format!("line {}, column {column}", lines.count())
}

#[cfg(test)]
mod tests {
    use super::Wrong;
    use crate::error::Error;

    #[test]
    fn no_memory_is_not_a_fault_of_the_request() {
        assert_eq!(Wrong::NoMemory.within("messages").into_error(b"{}"), Error::Overloaded);
        assert_eq!(Wrong::NoMemory.or(Error::Garbled), Error::Overloaded);
        assert_eq!(Wrong::NotJson.or(Error::Garbled), Error::Garbled);
    }
}
