//! Secrets that are not printed, and digests that do not reveal their input.

use std::fmt::{self, Write};

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// A credential. Its `Debug` output does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a credential.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The credential itself. Use it only to send it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// One of `API_KEYS`, as its SHA-256. So keys of different lengths compare in the same time, and
/// the key itself is not kept.
#[derive(Clone, Copy)]
pub struct ApiKey([u8; 32]);

impl ApiKey {
    /// The digest of `key`.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }

    /// Whether this is the same key as `other`, in constant time.
    #[must_use]
    pub fn is(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey(…)")
    }
}

/// The SHA-256 of `text`, in hexadecimal digits: a name that does not reveal `text`.
#[must_use]
pub(crate) fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// `bytes` in hexadecimal digits.
#[must_use]
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::{ApiKey, Secret};

    #[test]
    fn secrets_do_not_print_themselves() {
        let shown = format!("{:?} {:?}", Secret::new("hush"), ApiKey::of("hush"));
        assert_eq!(shown, "Secret(…) ApiKey(…)");
    }
}
