//! The rules that hold for requests of every API, and their messages.
//!
//! A message says what the field must be. It does not repeat the field's path, which
//! stands beside it in the error.

use crate::{
    chat::{Format, Role},
    error::Error,
    json::{Raw, Text},
};

/// The longest stop sequence, in bytes. No API names a limit; each byte takes several
/// of memory.
const LONGEST_STOP: usize = 4_096;

/// The error of the object at `path` that lacks `field`.
#[cold]
pub(super) fn missing(path: &str, field: &str) -> Error {
    Error::invalid(format!("{path}.{field}"), format!("`{field}` is missing."))
}

/// The error of `param`, which is none of `values`.
#[cold]
pub(super) fn must_be(param: impl Into<String>, values: &[&str]) -> Error {
    Error::invalid(param, format!("Must be {}.", alternatives(values)))
}

/// The error of `param`, which holds `found` and none of `values`. `what` says what it
/// is: a role, a tool type.
#[cold]
pub(super) fn unknown(param: impl Into<String>, what: &str, found: &str, values: &[&str]) -> Error {
    let message = format!("Unknown {what} `{found}`. Must be {}.", alternatives(values));
    Error::invalid(param, message)
}

/// These values as a text: `a`, `b` or `c`.
fn alternatives(values: &[&str]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// The stop sequences of a request, of which there may be `most`.
///
/// # Errors
/// [`Error::Invalid`] for `param` if there are more, or one is empty or too long.
pub(super) fn stop_sequences(
    list: Vec<Text<'_>>,
    most: usize,
    param: &str,
) -> Result<Vec<String>, Error> {
    let rule = if list.len() > most {
        format!("Must have at most {most} stop sequences.")
    } else if list.iter().any(|sequence| sequence.as_str().is_empty()) {
        "A stop sequence must not be empty.".to_owned()
    } else if list.iter().any(|sequence| sequence.as_str().len() > LONGEST_STOP) {
        "A stop sequence must have at most 4,096 bytes.".to_owned()
    } else {
        return Ok(list.into_iter().map(|sequence| sequence.0.into_owned()).collect());
    };
    Err(Error::invalid(param, rule))
}

/// A limit of tokens, where there is one.
///
/// # Errors
/// [`Error::Invalid`] for `param` if it is 0.
pub(super) fn token_limit(limit: Option<u64>, param: &str) -> Result<Option<u64>, Error> {
    match limit {
        Some(0) => Err(Error::invalid(param, "Must be at least 1.")),
        other => Ok(other),
    }
}

/// The messages of a request.
///
/// # Errors
/// [`Error::Invalid`] if there are none.
pub(super) fn messages<M>(list: Option<Vec<M>>) -> Result<Vec<M>, Error> {
    let list = list.filter(|list| !list.is_empty());
    list.ok_or_else(|| Error::invalid("messages", "`messages` must have at least one message."))
}

/// The names of the parameters that are there and have no effect.
pub(super) fn ignored(tables: [&[(&'static str, bool)]; 2]) -> Vec<&'static str> {
    let rows = tables.into_iter().flatten();
    rows.filter(|(_, is_there)| *is_there).map(|(name, _)| *name).collect()
}

/// The format that a JSON schema gives.
///
/// # Errors
/// [`Error::Invalid`] if there is none at `path`.
pub(super) fn schema_format<'a>(
    schema: Option<Raw<'a>>,
    description: Option<Raw<'a>>,
    path: &str,
) -> Result<Format<'a>, Error> {
    let schema = schema.ok_or_else(|| missing(path, "schema"))?;
    Ok(Format { schema: Some(schema.0), description: description.map(|raw| raw.0) })
}

/// Whether a message of `role` may have an image or a file; `path` leads to it. DeGPT's
/// models take none from anyone but the user, and would not say so.
///
/// # Errors
/// [`Error::Invalid`] if it may not.
pub(super) fn attachment(role: Role, path: &dyn Fn() -> String) -> Result<(), Error> {
    match role {
        Role::User => Ok(()),
        Role::System | Role::Assistant => Err(Error::invalid(
            format!("{}.type", path()),
            "Images and files are allowed only in user messages and tool results.",
        )),
    }
}

/// Where a URL leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// `http:` or `https:`.
    Web,
    /// `data:`, with base64 in it.
    Data,
}

impl Scheme {
    /// The scheme of `url`; `None` for one that DeGPT cannot load.
    pub(super) fn of(url: &str) -> Option<Self> {
        let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("http" | "https") => Some(Self::Web),
            Some("data") if url.contains(";base64,") => Some(Self::Data),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Scheme, alternatives};

    #[test]
    fn alternatives_are_listed() {
        assert_eq!(alternatives(&["a"]), "`a`");
        assert_eq!(alternatives(&["a", "b"]), "`a` or `b`");
        assert_eq!(alternatives(&["a", "b", "c"]), "`a`, `b` or `c`");
    }

    #[test]
    fn schemes_are_told_apart() {
        let table = [
            ("https://a.example/p", Some(Scheme::Web)),
            ("HTTP://a.example/p", Some(Scheme::Web)),
            ("data:image/png;base64,AA==", Some(Scheme::Data)),
            ("data:image/png,AA", None),
            ("ftp://a.example/p", None),
            ("a.png", None),
        ];
        for (url, scheme) in table {
            assert_eq!(Scheme::of(url), scheme, "{url}");
        }
    }
}
