//! Secrets that are not printed, and digests that do not reveal their input.

use std::fmt::{self, Write};

use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

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

    /// Its tag.
    #[must_use]
    pub(crate) fn tag(&self) -> Tag {
        Tag(self.0.iter().take(8).fold(0, |tag, byte| tag << 8 | u64::from(*byte)))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey(…)")
    }
}

/// A short name of a secret or of a model, by which requests are spread: it differs between secrets, and is the
/// same in every isolate. It is made from a digest, and is never shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tag(u64);

impl Tag {
    /// The tag of no secret.
    pub(crate) const NONE: Self = Self(0);

    /// The tag of `secret`.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        ApiKey::of(secret).tag()
    }

    /// A number that follows from both tags, and from neither alone.
    #[must_use]
    pub(crate) fn with(self, other: Self) -> u64 {
        // The finalizer of MurmurHash3: each bit of the input changes half of the output.
        let mut mixed = self.0.wrapping_mul(31) ^ other.0;
        for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
            mixed = (mixed ^ mixed >> 33).wrapping_mul(factor);
        }
        mixed ^ mixed >> 33
    }

    /// Becomes `other` if `choice` is true, in constant time.
    pub(crate) fn become_if(&mut self, other: Self, choice: Choice) {
        self.0.conditional_assign(&other.0, choice);
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tag(…)")
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
    use super::{ApiKey, Secret, Tag};

    #[test]
    fn secrets_do_not_print_themselves() {
        let shown =
            format!("{:?} {:?} {:?}", Secret::new("hush"), ApiKey::of("hush"), Tag::of("hush"));
        assert_eq!(shown, "Secret(…) ApiKey(…) Tag(…)");
    }
}
