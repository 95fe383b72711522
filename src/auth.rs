//! Authentication: who may use the deployment.

use subtle::{Choice, ConditionallySelectable};

use crate::{
    config::{ClientKeys, Config},
    error::Error,
    secret::{ApiKey, Secret, Tag},
};

/// Whether `key` can be one of DeGPT's own API keys. DeGPT's published source makes keys of
/// `degpt-` and 64 hexadecimal digits. Other forms are allowed too, but only with characters
/// that a header can hold, because the key is sent to DeGPT in one.
fn is_degpt_key(key: &str) -> bool {
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    key.strip_prefix("degpt-")
        .is_some_and(|rest| (16..=128).contains(&rest.len()) && rest.bytes().all(is_sound))
}

/// The caller of a request that may be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// It has one of the deployment's keys, with this tag. One of the deployment's credentials is
    /// used at DeGPT.
    Member(Tag),
    /// It has its own credential for DeGPT.
    Guest(Secret),
}

/// Checks the keys of a request, from its `Authorization` and `x-api-key` headers. Either may
/// be valid. The check takes the same time whichever of them is valid, and however much of a
/// key is right. A key of the deployment is never used as a DeGPT key.
///
/// Returns the position of a member's key in `API_KEYS`, too, counted from 1.
///
/// # Errors
/// [`Error::MissingKey`], [`Error::WrongKey`] or [`Error::NoKeysConfigured`].
pub fn admit(
    config: &Config,
    authorization: Option<&str>,
    x_api_key: Option<&str>,
) -> Result<(Caller, Option<u32>), Error> {
    let keys = keys(authorization, x_api_key);
    let mut known = Choice::from(0);
    let mut tag = Tag::NONE;
    let mut number = 0;
    for key in &keys {
        let digest = ApiKey::of(key);
        for (place, allowed) in (1..).zip(&config.api_keys) {
            let is_it = digest.is(allowed);
            known |= is_it;
            tag.become_if(digest.tag(), is_it);
            number.conditional_assign(&place, is_it);
        }
    }
    if bool::from(known) {
        return Ok((Caller::Member(tag), Some(number)));
    }
    if config.client_keys == ClientKeys::Pass
        && let Some(own) = keys.iter().find(|key| is_degpt_key(key))
    {
        return Ok((Caller::Guest(Secret::new(*own)), None));
    }
    if config.api_keys.is_empty() && config.admin_key.is_none() {
        return Err(Error::NoKeysConfigured);
    }
    Err(if keys.is_empty() { Error::MissingKey } else { Error::WrongKey })
}

/// Checks that the operator's key is in these headers, in the same time whichever of them has it.
///
/// # Errors
/// [`Error::MissingKey`] or [`Error::WrongKey`].
pub fn admit_operator(
    config: &Config,
    authorization: Option<&str>,
    x_api_key: Option<&str>,
) -> Result<(), Error> {
    let keys = keys(authorization, x_api_key);
    let mut known = Choice::from(0);
    for key in &keys {
        let digest = ApiKey::of(key);
        if let Some(admin_key) = &config.admin_key {
            known |= digest.is(admin_key);
        }
    }
    match bool::from(known) {
        true => Ok(()),
        false if keys.is_empty() => Err(Error::MissingKey),
        false => Err(Error::WrongKey),
    }
}

/// The keys in these headers that the registry may know: those that it has made look like this.
#[must_use]
pub fn made<'a>(authorization: Option<&'a str>, x_api_key: Option<&'a str>) -> Vec<&'a str> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let mut keys = keys(authorization, x_api_key);
    keys.retain(|key| {
        key.strip_prefix(MADE).is_some_and(|rest| rest.len() == 64 && rest.bytes().all(is_digit))
    });
    keys
}

/// What the keys that the registry makes begin with. 64 hexadecimal digits follow.
pub const MADE: &str = "sk-edge-";

/// The keys in these headers.
fn keys<'a>(authorization: Option<&'a str>, x_api_key: Option<&'a str>) -> Vec<&'a str> {
    let keys = [authorization.and_then(bearer), x_api_key.map(str::trim)];
    keys.into_iter().flatten().filter(|key| !key.is_empty()).collect()
}

/// The token of `Bearer <token>` (RFC 6750; the scheme in any case). People also leave the scheme
/// out, or write a tab.
fn bearer(authorization: &str) -> Option<&str> {
    let authorization = authorization.trim();
    let is_bearer = |scheme: &str| scheme.eq_ignore_ascii_case("bearer");
    match authorization.split_once([' ', '\t']) {
        Some((scheme, token)) => is_bearer(scheme).then(|| token.trim()),
        None => Some(authorization).filter(|token| !is_bearer(token)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Caller, admit, is_degpt_key};
    use crate::{
        config::Config,
        error::Error,
        secret::{Secret, Tag},
    };

    fn config(keys: &str, client_keys: &str) -> Config {
        let lookup = |name: &str| match name {
            "API_KEYS" => Some(keys.to_owned()),
            "CLIENT_DEGPT_KEYS" => Some(client_keys.to_owned()),
            _ => None,
        };
        Config::from_lookup(lookup).unwrap_or_else(|error| unreachable!("{error:?}"))
    }

    const OWN: &str = "degpt-0123456789abcdef0123456789abcdef";

    #[test]
    fn either_header_may_hold_the_right_key() {
        let guest = |key: &str| Ok((Caller::Guest(Secret::new(key)), None));
        let member =
            |key: &str| Ok((Caller::Member(Tag::of(key)), Some(if key == "a" { 1 } else { 2 })));
        let bearer = format!("Bearer {OWN}");
        let bearer = Some(bearer.as_str());
        let both = format!("a, {OWN}");
        let table = [
            ("a, b", "off", Some("Bearer a"), None, member("a")),
            ("a, b", "off", Some("bearer  b "), None, member("b")),
            ("a, b", "off", None, Some("b"), member("b")),
            ("a, b", "off", Some(" a "), None, member("a")),
            ("a, b", "off", Some("Bearer\tb"), None, member("b")),
            ("a, b", "off", Some("\tBearer \t a\t"), None, member("a")),
            ("a, b", "off", Some("BEARER"), None, Err(Error::MissingKey)),
            ("a, b", "off", Some("c"), None, Err(Error::WrongKey)),
            ("a, b", "off", Some("Basic\ta"), None, Err(Error::MissingKey)),
            ("a", "pass", Some(OWN), None, guest(OWN)),
            ("a, b", "off", Some("Bearer wrong"), Some("a"), member("a")),
            ("a, b", "off", Some("Bearer a"), Some("wrong"), member("a")),
            ("a, b", "off", Some("Bearer wrong"), Some("wrong"), Err(Error::WrongKey)),
            ("a, b", "off", Some("Basic a"), None, Err(Error::MissingKey)),
            ("a, b", "off", Some("Bearer "), Some(""), Err(Error::MissingKey)),
            ("a, b", "off", Some("Bearer a, b"), None, Err(Error::WrongKey)),
            ("", "off", Some("Bearer a"), None, Err(Error::NoKeysConfigured)),
            ("", "off", None, None, Err(Error::NoKeysConfigured)),
            ("a", "off", bearer, None, Err(Error::WrongKey)),
            ("a", "pass", bearer, None, guest(OWN)),
            ("", "pass", None, Some(OWN), guest(OWN)),
            ("a", "pass", Some("Bearer wrong"), Some(OWN), guest(OWN)),
            ("a", "pass", Some("Bearer a"), None, member("a")),
            // The deployment's own keys come first, whatever their form.
            ("a", "pass", Some("Bearer a"), Some(OWN), member("a")),
            (&both, "pass", bearer, None, member(OWN)),
            (&both, "off", bearer, None, member(OWN)),
            ("", "pass", Some("Bearer a"), None, Err(Error::NoKeysConfigured)),
            ("a", "pass", Some("Bearer degpt-"), None, Err(Error::WrongKey)),
        ];
        for (keys, client_keys, authorization, x_api_key, expected) in table {
            let found = admit(&config(keys, client_keys), authorization, x_api_key);
            assert_eq!(found, expected, "{keys} {client_keys} {authorization:?} {x_api_key:?}");
        }
    }

    #[test]
    fn a_degpt_key_has_the_shape_of_one() {
        let digits = "0123456789abcdef".repeat(4);
        for good in [&digits, "A-Za-z_0123456789", &"x".repeat(16), &"x".repeat(128)] {
            assert!(is_degpt_key(&format!("degpt-{good}")), "{good}");
        }
        let (short, long) = ("x".repeat(15), "x".repeat(129));
        let bad = [
            "",
            &short,
            &long,
            "sixteen characters",
            "with.a.dot-0123456789",
            "ключ-ключ-ключ-ключ",
        ];
        for bad in bad {
            assert!(!is_degpt_key(&format!("degpt-{bad}")), "{bad}");
        }
        assert!(!is_degpt_key(&digits) && !is_degpt_key(&format!("DEGPT-{digits}")));
    }
}
