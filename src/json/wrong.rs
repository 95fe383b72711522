//! What can be wrong with a JSON text.

use serde::de::IgnoredAny;

use crate::error::Error;

/// What reading a value comes to.
pub(crate) type Outcome<T> = Result<T, Wrong>;

/// Why a value was not read.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// It is no JSON.
    NotJson,
    /// It is not what should stand there.
    Value(Box<Misfit>),
}

/// Where and how a value is not what it should be.
#[derive(Debug)]
pub(crate) struct Misfit {
    /// What should stand there. What does stand there is left out: it may be the
    /// prompt, or a key in a wrong place.
    rule: String,
    /// How far the text was read.
    at: usize,
    /// The way from the top to the value: `messages[0].content`.
    path: String,
}

impl Wrong {
    #[cold]
    pub(super) fn value(rule: String, at: usize) -> Self {
        Self::Value(Box::new(Misfit { rule, at, path: String::new() }))
    }

    /// The same, seen from the value that `step` (a field's name or `[0]`) leads on from.
    #[cold]
    pub(super) fn within(mut self, step: &str) -> Self {
        if let Self::Value(misfit) = &mut self {
            if !misfit.path.is_empty() && !misfit.path.starts_with('[') {
                misfit.path.insert(0, '.');
            }
            misfit.path.insert_str(0, step);
        }
        self
    }

    /// The error that names the field of `body`.
    #[cold]
    pub(super) fn into_error(self, body: &[u8]) -> Error {
        match self {
            Self::NotJson => {
                let error = serde_json::from_slice::<IgnoredAny>(body).err();
                let why = error.map_or_else(
                    || "it nests too deeply, or a string in it is no Unicode text".to_owned(),
                    |error| error.to_string(),
                );
                let message = format!("The request body is not valid JSON: {why}.");
                Error::Invalid { param: None, message }
            }
            Self::Value(misfit) => {
                let Misfit { rule, at, path } = *misfit;
                let read = body.get(..at).unwrap_or(body);
                let lines = read.split(|&byte| byte == b'\n');
                let column = lines.clone().next_back().map_or(0, <[u8]>::len);
                let line = lines.count();
                let named = if path.is_empty() { "." } else { &path };
                let message = format!("{named}: {rule} at line {line} column {column}");
                Error::Invalid { param: (!path.is_empty()).then_some(path), message }
            }
        }
    }
}
