//! The rules that hold for requests of every API, and their messages.
//!
//! A message says what the field must be. It does not repeat the field's path, which
//! stands beside it in the error.

use crate::{
    chat::{Format, Part, Role, Turn},
    error::Error,
    json::{Content, Raw, Text},
    notes::Notes,
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
        Some((last, rest)) if !rest.is_empty() => {
            format!("{} or {last}", crate::text::joined(rest, ", "))
        }
        _ => crate::text::joined(&quoted, ""),
    }
}

/// Adds the stop sequences `given` by `param`: one, or a list. An empty one is none, and is
/// noted.
///
/// # Errors
/// [`Error::Invalid`] for `param` if one is too long, or `list` then has more than `most`.
pub(super) fn add_stop_sequences<'a>(
    list: &mut Vec<String>,
    given: Option<Content<'a, Text<'a>>>,
    most: usize,
    param: &str,
    notes: &mut Notes,
) -> Result<(), Error> {
    let given = match given {
        None => return Ok(()),
        Some(Content::Text(sequence)) => vec![Text(sequence)],
        Some(Content::Parts(given)) => given,
    };
    for Text(sequence) in given {
        if sequence.len() > LONGEST_STOP {
            return Err(Error::invalid(param, "A stop sequence must have at most 4,096 bytes."));
        }
        if sequence.is_empty() {
            notes.ignore(param);
        } else {
            list.push(sequence.into_owned());
        }
    }
    if list.len() > most {
        return Err(Error::invalid(param, format!("Must have at most {most} stop sequences.")));
    }
    Ok(())
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

/// The messages of a request, of which `notes` were taken.
///
/// # Errors
/// [`Error::Invalid`] if there are none.
pub(super) fn messages<M>(list: Option<Vec<M>>, notes: &Notes) -> Result<Vec<M>, Error> {
    match list {
        Some(list) if !list.is_empty() => Ok(list),
        None if notes.has_ignored("input") => Err(Error::invalid(
            "input",
            "This is a body of the Responses API: send it to /api/v1/responses. Here the \
             conversation is in `messages`.",
        )),
        _ => Err(Error::invalid("messages", "`messages` must have at least one message.")),
    }
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

/// Whether the image or file at `path` in a message of `role` is looked at, and handed on. DeGPT's models
/// take none from anyone but the user. A client that repeats pictures that a model drew could
/// not mend its history, so others are left out, with a note on the `kind`.
pub(super) fn keeps_attachment(
    role: Role,
    kind: &str,
    path: &dyn Fn() -> String,
    notes: &mut Notes,
) -> bool {
    let is_kept = role == Role::User;
    if !is_kept {
        notes.ignore(&format!("{}.{kind}", path()));
    }
    is_kept
}

/// Takes the lines out of the system text that clients of Anthropic's write for its books.
pub(super) fn drop_billing_lines(turns: &mut [Turn<'_>]) {
    const START: &str = "x-anthropic-billing-header:";
    for turn in turns {
        if turn.role != Role::System {
            continue;
        }
        for part in &mut turn.parts {
            if let Part::Text(text) = part
                && text.contains(START)
            {
                let mut kept = String::new();
                for line in text.split_inclusive('\n') {
                    if !line.starts_with(START) {
                        kept.push_str(line);
                    }
                }
                *text = kept.into();
            }
        }
    }
}

/// Whether `data` can be base64 (RFC 4648, either alphabet, with line breaks or without). Of
/// a long one only the ends are looked at: the model's provider reads it all.
pub(super) fn is_base64(data: &str) -> bool {
    const END_BYTES: usize = 4_096;
    let padded = data.trim_ascii_end();
    let plain = padded.trim_end_matches('=').as_bytes();
    let is_wrapped = plain.iter().take(END_BYTES).any(|byte| matches!(byte, b'\r' | b'\n'));
    let is_known = |byte: &u8| match byte {
        b'+' | b'/' | b'-' | b'_' => true,
        b'\r' | b'\n' => is_wrapped,
        _ => byte.is_ascii_alphanumeric(),
    };
    let tail = plain.len().saturating_sub(END_BYTES);
    !plain.is_empty()
        && plain.iter().take(END_BYTES).all(is_known)
        && plain.iter().skip(tail).all(is_known)
        && padded.len() - plain.len() <= 2
        // Four letters are three bytes, so one letter alone is none.
        && (is_wrapped || plain.len() % 4 != 1)
}

/// Whether `text` can be a media type, like `image/png`.
pub(super) fn is_media_type(text: &str) -> bool {
    text.split_once('/').is_some_and(|(kind, more)| !kind.is_empty() && !more.is_empty())
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
        let (scheme, rest) = url.split_once(':')?;
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => {
                let host = rest.strip_prefix("//")?;
                let begins = host.bytes().next()?;
                (!matches!(begins, b'/' | b':' | b'?' | b'#' | b' ')).then_some(Self::Web)
            }
            "data" => {
                let (head, data) = rest.split_once(";base64,")?;
                (is_media_type(head) && is_base64(data)).then_some(Self::Data)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Scheme, alternatives, is_base64};

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
            ("data:image/png;base64,", None),
            ("data:;base64,AA==", None),
            ("data:image/;base64,AA==", None),
            ("https:", None),
            ("https:///p", None),
            ("https:a.example/p", None),
            ("https://[::1]/p", Some(Scheme::Web)),
            ("ftp://a.example/p", None),
            ("a.png", None),
        ];
        for (url, scheme) in table {
            assert_eq!(Scheme::of(url), scheme, "{url}");
        }
    }

    #[test]
    fn base64_is_told_from_what_is_not() {
        let long = "A".repeat(10_000);
        for data in ["AA", "AA==", "AAA", "AAA=", "AAAA\r\nAAAA\n", "-_+/", &long] {
            assert!(is_base64(data), "{data}");
        }
        let broken = [format!("!{long}"), format!("{long}!"), format!("{long}A")];
        let short = ["", "=", "\n", "A", "A=AA", "AA===", "A A", "é"];
        for data in broken.iter().map(String::as_str).chain(short) {
            assert!(!is_base64(data), "{data}");
        }
    }
}
