//! DeGPT's other endpoints: the visitor's sign-in and its daily number, and the service's config.

use std::rc::Rc;

use crate::{
    catalog::{Live, Service},
    json::{self, Outcome, Raw, Read, Reader, Text, Writer, fields},
    secret::Secret,
};

/// A visitor's token, and when it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The token.
    pub secret: Secret,
    /// When it expires, in seconds since 1970-01-01 UTC.
    pub expires_unix_s: u64,
    /// The visitor's id; empty if DeGPT does not repeat it.
    pub visitor_id: String,
}

/// The lifetime of a token that does not say when it expires.
const DEFAULT_LIFETIME_S: u64 = 24 * 60 * 60;

/// The body of a sign-in. The first one with an id creates an account, later ones use it.
#[must_use]
pub fn sign_in_body(visitor_id: &str) -> Vec<u8> {
    Writer::after(Vec::new()).field("id", visitor_id).field("channel", "").end_bytes()
}

/// What the answers to both questions may hold. What is not always read stays raw, so that no odd
/// value of it makes the rest unreadable.
#[derive(Default)]
struct Answer<'a> {
    token: Option<String>,
    id: Option<Raw<'a>>,
    passed: Option<Raw<'a>>,
    data: Option<Raw<'a>>,
}
fields!(Answer<'a> { token, id, passed, data });

/// The token in the answer to a sign-in. `None` if there is none that a header can hold.
#[must_use]
pub fn token(answer: &[u8], now_unix_s: u64) -> Option<Token> {
    let answer: Answer<'_> = json::read(answer).ok()?;
    let token = answer.token?;
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let expires_unix_s = expiry(&token).unwrap_or(now_unix_s + DEFAULT_LIFETIME_S);
    let id = answer.id.and_then(|id| id.0.strip_prefix('"')?.strip_suffix('"'));
    // The ids of the web client need no escapes.
    let visitor_id = id.filter(|id| !id.contains('\\')).unwrap_or_default().to_owned();
    Some(Token { secret: Secret::new(token), expires_unix_s, visitor_id })
}

/// The body of the question whether the visitor may chat with `model` once more today. DeGPT
/// counts one chat if it may.
#[must_use]
pub fn count_body(model: &str, visitor_id: &str) -> Vec<u8> {
    Writer::after(Vec::new()).field("model", model).field("equip_id", visitor_id).end_bytes()
}

/// Whether the answer says that it may not. `{"passed": false}` alone says that DeGPT failed to
/// count, which is no reason: a row of `data` has to say so.
#[must_use]
pub fn is_used_up(answer: &[u8]) -> bool {
    let Ok(Answer { passed: Some(Raw("true")), data: Some(rows), .. }) = json::read(answer) else {
        return false;
    };
    // Within a text the quotes would have backslashes before them, so this is a field. DeGPT writes no
    // spaces, and other programs one.
    rows.0.contains(r#""passed":false"#) || rows.0.contains(r#""passed": false"#)
}

/// The `exp` claim of a JSON Web Token (RFC 7519, section 4.1.4).
fn expiry(token: &str) -> Option<u64> {
    #[derive(Default)]
    struct Claims {
        exp: Option<Time>,
    }
    struct Time(u64);
    impl<'a> Read<'a> for Time {
        fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
            let seconds = whole_part(reader.number("a time")?);
            seconds.map(Self).ok_or_else(|| reader.wrong("must be a time".to_owned()))
        }
    }
    fields!(Claims { exp });
    let payload = token.split('.').nth(1)?;
    json::read::<Claims>(&decoded(payload)?).ok()?.exp.map(|time| time.0)
}

/// The bytes that `text` says in base64url (RFC 4648, section 5), with padding or without.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            let [.., byte] = (bits >> count).to_be_bytes();
            bytes.push(byte);
        }
    }
    Some(bytes)
}

/// The whole part of a JSON number, from its digits. Reading it as an `f64` would add tables
/// of 10 KB to the program.
fn whole_part(number: &str) -> Option<u64> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let point = exponent.parse::<isize>().ok()?.checked_add_unsigned(whole.len())?;
    let digits = whole.chars().chain(fraction.chars()).chain(std::iter::repeat('0'));
    // No `u64` has more than 20 digits.
    let digits: String = digits.take(usize::try_from(point).unwrap_or(0).min(21)).collect();
    if digits.is_empty() { Some(0) } else { digits.parse().ok() }
}

/// Reads the service's `/api/config`. A key that is missing keeps its default.
/// `None` if it is not an object.
#[must_use]
pub fn service(answer: &[u8]) -> Option<Service> {
    #[derive(Default)]
    struct Config<'a> {
        version: Option<String>,
        name: Option<String>,
        default_locale: Option<String>,
        status: Option<bool>,
        default_models: Option<Raw<'a>>,
    }
    fields!(Config<'a> { version, name, default_locale, status, default_models });
    let config: Config<'_> = json::read(answer).ok()?;
    let default = Service::default();
    // Nothing but a text is a list of models; whatever else it is does not matter.
    let models =
        config.default_models.and_then(|raw| json::read::<Text<'_>>(raw.0.as_bytes()).ok());
    Some(Service {
        version: config.version.unwrap_or(default.version),
        name: config.name.unwrap_or(default.name),
        default_locale: config.default_locale.unwrap_or(default.default_locale),
        status: config.status.unwrap_or(true),
        live: models.and_then(|models| Live::of(models.as_str())).map(Rc::new),
    })
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::{count_body, is_used_up, service, sign_in_body, token};
    use crate::catalog::Service;

    #[test]
    fn a_token_is_good_until_it_says() {
        let jwt = |claims: &str| format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims));
        let answer = |token: &str| format!(r#"{{"token": "{token}", "token_type": "Bearer"}}"#);
        let expiry =
            |text: &str| token(answer(text).as_bytes(), 1_000).map(|token| token.expires_unix_s);
        assert_eq!(expiry(&jwt(r#"{"exp": 2000}"#)), Some(2_000));
        assert_eq!(expiry(&jwt(r#"{"exp": 2000.7}"#)), Some(2_000));
        assert_eq!(expiry(&jwt(r#"{"exp": 2.0004567e3}"#)), Some(2_000));
        assert_eq!(expiry(&jwt(r#"{"exp": 2E+3}"#)), Some(2_000));
        assert_eq!(expiry(&jwt(r#"{"exp": 20000e-1}"#)), Some(2_000));
        assert_eq!(expiry(&jwt(r#"{"exp": 2e-9}"#)), Some(0));
        assert_eq!(expiry(&jwt(r#"{"exp": 1e99}"#)), Some(87_400));
        assert_eq!(expiry(&jwt(r#"{"exp": "2000"}"#)), Some(87_400));
        assert_eq!(expiry(&jwt(r#"{"id": "x"}"#)), Some(87_400));
        assert_eq!(expiry("opaque"), Some(87_400));
        assert_eq!(expiry(""), None);
        assert_eq!(expiry("line\\nbreak"), None);
        assert_eq!(token(b"{}", 0), None);
        assert_eq!(token(b"<html>", 0), None);
    }

    #[test]
    fn the_bodies_are_the_web_clients() {
        assert_eq!(sign_in_body("v\"1"), br#"{"id":"v\"1","channel":""}"#);
        assert_eq!(count_body("m", "v\"1"), br#"{"model":"m","equip_id":"v\"1"}"#);
    }

    #[test]
    fn an_id_that_is_no_text_is_none() {
        let id = |id: &str| {
            let answer = format!(r#"{{"token": "t", "id": {id}}}"#);
            token(answer.as_bytes(), 0).map(|token| token.visitor_id)
        };
        assert_eq!(id(r#""v-1""#).as_deref(), Some("v-1"));
        for other in ["null", "7", "{}", "[1]", "true"] {
            assert_eq!(id(other).as_deref(), Some(""), "{other}");
        }
    }

    #[test]
    fn only_a_row_says_that_the_number_is_used_up() {
        let table = [
            (r#"{"passed": true, "data": [{"passed": false, "model": "m", "num": 3}]}"#, true),
            (r#"{"passed": true, "data": [{"passed": true}, {"passed": false}]}"#, true),
            (r#"{"passed": true, "data": [{"passed": true, "num": 1, "message": "ok"}]}"#, false),
            (r#"{"passed": true, "data": []}"#, false),
            (r#"{"passed": true, "data": null}"#, false),
            (r#"{"passed": true}"#, false),
            (r#"{"passed": false, "message": "Failed"}"#, false),
            (r#"{"passed": false, "data": [{"passed": false}]}"#, false),
            (r#"{"data": [{"passed": false}]}"#, false),
            (r#"{"passed": true, "data": [{"passed": "no"}]}"#, false),
            (r#"{"passed":true,"data":[{"num":3,"passed":false}]}"#, true),
            (r#"{"passed": true, "data": [{"passed" : true, "message": "passed"}]}"#, false),
            (r#"{"passed": true, "data": [{"message": "\"passed\": false"}]}"#, false),
            (r#"{"passed": true, "data": ["passed", false]}"#, false),
            ("[]", false),
            ("null", false),
            ("<html>", false),
            ("", false),
        ];
        for (answer, expected) in table {
            assert_eq!(is_used_up(answer.as_bytes()), expected, "{answer}");
        }
    }

    #[test]
    fn a_sparse_config_keeps_the_defaults() {
        let read = service(br#"{"status": true, "version": "9", "features": {}}"#);
        let expected = Service { version: "9".into(), status: true, ..Service::default() };
        assert_eq!(read, Some(expected));
        assert_eq!(service(b"null"), None);
        assert_eq!(service(b"<html>"), None);
    }
}
