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

/// Whether `text` can be a media type, like `image/png`.
pub(super) fn is_media_type(text: &str) -> bool {
    text.split_once('/').is_some_and(|(kind, more)| !kind.is_empty() && !more.is_empty())
}

/// Whether `url` is an http(s) address.
pub(super) fn is_address(url: &str) -> bool {
    // It may be a data URL of megabytes.
    let (scheme, rest) = url.split_once(':').unwrap_or_default();
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let host = rest.strip_prefix("//").filter(|_| is_web);
    host.is_some_and(|host| !host.is_empty() && !host.starts_with(['/', ':', '?', '#', ' ']))
}

#[cfg(test)]
mod tests {
    use super::{alternatives, is_address};

    #[test]
    fn alternatives_are_listed() {
        assert_eq!(alternatives(&["a"]), "`a`");
        assert_eq!(alternatives(&["a", "b"]), "`a` or `b`");
        assert_eq!(alternatives(&["a", "b", "c"]), "`a`, `b` or `c`");
    }

    #[test]
    fn addresses_are_told_from_other_urls() {
        let table = [
            ("https://a.example/p", true),
            ("HTTP://a.example/p", true),
            ("https://[::1]/p", true),
            ("https:", false),
            ("https://", false),
            ("https:///p", false),
            ("https:a.example/p", false),
            ("https://?a", false),
            ("ftp://a.example/p", false),
            ("data:image/png;base64,AA==", false),
            ("a.png", false),
        ];
        for (url, expected) in table {
            assert_eq!(is_address(url), expected, "{url}");
        }
    }
}
