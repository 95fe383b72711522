//! Reading one variable: its type, and what a valid value looks like.

use std::{borrow::Cow, ops::RangeInclusive};

use crate::error::Error;

/// A variable's value as the runtime passes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, as all secrets are.
    Text(String),
    /// Any other value that `wrangler.toml` can hold, as JSON.
    Json(String),
}

/// What a valid value of the variable `name` looks like.
fn rule(name: &str) -> &'static str {
    match name {
        "API_KEYS" => {
            "keys of visible ASCII characters without quotes or brackets, each perhaps with a label \
             before it (`alice=…`), comma-separated, in one text"
        }
        "DEGPT_API_KEY" => {
            "keys of visible ASCII characters without quotes or brackets, comma-separated, none \
             twice, in one text"
        }
        "DEGPT_VISITOR_ID" => {
            "a text of visible ASCII characters without spaces, quotes or brackets"
        }
        "ADMIN_KEY" => {
            "a key of 20 visible ASCII characters or more, without spaces, quotes or brackets, that \
             is none of API_KEYS"
        }
        "DEGPT_ORIGINS" => {
            "origins like `https://www.degpt.ai`, comma-separated, without a path, in one text"
        }
        "DEFAULT_MODEL" => "an id of the models list",
        "AUTO_MODELS" => "`off`, or ids of the models list, comma-separated, in one text",
        "VISION_MODEL" => "`off`, or the id of a model that takes pictures",
        "DOCUMENT_MODEL" => "`off`, or the id of a Claude model, which take PDFs",
        "MODEL_ALIASES" => {
            "`from=to`, comma-separated, each `to` an id of the models list, in one text"
        }
        "MODEL_FALLBACKS" => {
            "`from=to,to`, semicolon-separated, each `to` an id of the models list, in one text"
        }
        "MODELS_LIVE" | "WEB_SEARCH" => "`on` or `off`",
        "MODELS_EXTRA" => {
            "a JSON list of catalogue entries, each with an `id`, with DeGPT's names for models in \
             visible ASCII characters"
        }
        "CORS_ORIGINS" => {
            "`*`, or origins like `https://chat.example.com`, comma-separated, without a path, in \
             one text"
        }
        "DEGPT_DAILY" => "`ask` or `off`",
        "CLIENT_DEGPT_KEYS" => "`off` or `pass`",
        "LOG_PANICS" => "`place` or `full`",
        "LOG_REQUESTS" => "`all`, `errors` or `off`",
        "MAX_BODY_BYTES" | "MAX_IN_FLIGHT_BYTES" | "MAX_ANSWER_BYTES" => {
            "a whole number of bytes from 1024 to 104857600"
        }
        "LEDGER_FAILS" => "`open` or `closed`",
        "RESERVE_TOKENS" => "a whole number of tokens from 1 to 1000000",
        "GATHER_MS" => "a whole number of milliseconds from 0 to 250",
        _ => "a whole number of milliseconds from 1 to 3600000",
    }
}

/// The error for an invalid value of `name`. It says what the value must be, never what it is.
pub(super) fn bad(name: &'static str) -> Error {
    Error::Config { name, rule: Cow::Borrowed(rule(name)) }
}

/// The variables, by name. A blank variable counts as missing.
pub(super) struct Variables<'a>(pub(super) &'a dyn Fn(&str) -> Option<Value>);

impl Variables<'_> {
    /// The value of a variable that must be text, trimmed.
    pub(super) fn text(&self, name: &'static str, default: &str) -> Result<String, Error> {
        match (self.0)(name) {
            Some(Value::Json(_)) => Err(bad(name)),
            value => Ok(or_default(value, default)),
        }
    }

    /// The value of a variable that may be JSON or a text of JSON, trimmed.
    pub(super) fn json(&self, name: &'static str, default: &str) -> String {
        or_default((self.0)(name), default)
    }

    /// A whole number within `range`.
    pub(super) fn number(
        &self,
        name: &'static str,
        default: &str,
        range: RangeInclusive<u32>,
    ) -> Result<u32, Error> {
        let number = self.json(name, default).parse().ok();
        number.filter(|number| range.contains(number)).ok_or(bad(name))
    }

    /// A secret that is sent to DeGPT in a header or a body; `None` if it is not set.
    pub(super) fn credential(&self, name: &'static str) -> Result<Option<String>, Error> {
        let value = self.text(name, "")?;
        match value.as_str() {
            "" => Ok(None),
            _ if is_credential(&value) => Ok(Some(value)),
            _ => Err(bad(name)),
        }
    }
}

fn or_default(value: Option<Value>, default: &str) -> String {
    let Some(Value::Text(text) | Value::Json(text)) = value else {
        return default.to_owned();
    };
    let text = text.trim();
    if text.is_empty() { default } else { text }.to_owned()
}

/// The items of a comma-separated list, trimmed, without empty ones.
pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// The keys of a comma-separated list; `None` if one of them is no credential.
#[inline(never)]
pub(super) fn credentials(text: &str) -> Option<Vec<&str>> {
    let keys: Vec<&str> = list(text).collect();
    keys.iter().all(|key| is_credential(key)).then_some(keys)
}

/// Whether `text` can be sent in a header, and was meant as a key. The rest of a list, a quoted
/// text, or another program's word for a missing value would be a key that everybody can guess
/// or that no client knows.
pub(super) fn is_credential(text: &str) -> bool {
    let is_sound = |byte: u8| byte.is_ascii_graphic() && !b"\"'`[]{}".contains(&byte);
    !text.is_empty()
        && text.bytes().all(is_sound)
        && !["null", "undefined", "true", "false"].contains(&text)
}

/// An http(s) origin in lowercase, without a slash at the end.
pub(super) fn upstream_origin(text: &str) -> Option<String> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let (scheme, host) = text.split_once("://")?;
    (["https", "http"].contains(&scheme) && is_host(host)).then(|| text.to_ascii_lowercase())
}

/// A page's origin in lowercase. Pages of apps have other schemes (`app://…`).
pub(super) fn page_origin(text: &str) -> Option<String> {
    let (scheme, host) = text.split_once("://")?;
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let is_scheme = !scheme.is_empty() && scheme.bytes().all(is_sound);
    (is_scheme && is_host(host)).then(|| text.to_ascii_lowercase())
}

/// Whether `text` is a host, optionally with a port (RFC 3986, section 3.2).
fn is_host(text: &str) -> bool {
    let (name, more, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').unwrap_or_default();
            (address, b":.".as_slice(), port.strip_prefix(':').or(port.is_empty().then_some("0")))
        }
        None => match text.split_once(':') {
            Some((name, port)) => (name, b"-._".as_slice(), Some(port)),
            None => (text, b"-._".as_slice(), Some("0")),
        },
    };
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || more.contains(&byte);
    let is_port =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    !name.is_empty() && name.bytes().all(is_sound) && port.is_some_and(is_port)
}

#[cfg(test)]
mod tests {
    use super::{is_credential, is_host};

    #[test]
    fn a_credential_is_what_somebody_meant() {
        for good in ["k", "key-of-the-tests", "a.b~c+d/e=", "degpt-0f", "eyJ.x_y-z", "k#%&*()<>|"] {
            assert!(is_credential(good), "{good}");
        }
        let bad = [
            "",
            "[]",
            "{}",
            "null",
            "undefined",
            "true",
            "false",
            "[object Object]",
            "\"key\"",
            "'key'",
            "`key`",
            "[\"a\"",
            "\"b\"]",
            "a b",
            "a\nb",
            "a\tb",
            "a\u{7f}",
            "schlüssel",
            "\u{200b}key",
        ];
        for bad in bad {
            assert!(!is_credential(bad), "{bad}");
        }
    }

    #[test]
    fn a_host_is_one_that_an_address_can_hold() {
        for good in ["a", "a.example", "127.0.0.1:9", "[::1]", "[::1]:8080", "a_b-c:65535"] {
            assert!(is_host(good), "{good}");
        }
        let bad = [
            "",
            ":",
            ":80",
            "a:",
            "a:x",
            "a:+1",
            "a:65536",
            "a:1:2",
            "[",
            "[]",
            "[::1",
            "[::1]x",
            "[::1]:",
            "a/b",
            "a b",
            "a\nb",
            "u@a",
            "ä.example",
            "a?b",
            "a#b",
            "*.a",
            "a]",
            "\"a\"",
        ];
        for bad in bad {
            assert!(!is_host(bad), "{bad}");
        }
    }
}
