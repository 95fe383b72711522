//! The one table of failures: what is retried, and which error the client gets. README
//! shows it.

use crate::error::Error;

/// Who owns the credential that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The client's own.
    Client,
    /// The deployment's `DEGPT_API_KEY`.
    Deployment,
    /// The deployment's visitor.
    Visitor,
}

/// What went wrong with one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Symptom {
    /// Any status but 200.
    Status {
        /// The status.
        status: u16,
        /// Its `retry-after`.
        retry_after: Option<String>,
    },
    /// No response, or status 200 and then this error before any of the answer arrived.
    Failed(Error),
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Give up: the client gets the error.
    GiveUp,
    /// Get a new token for the visitor and try again, once.
    SignInAgain,
    /// Try the next origin, if there is one. Avoid this one for a while.
    NextOrigin,
    /// Try the next origin, but do not avoid this one: the client may have caused the failure.
    OtherOrigin,
    /// Try again, once, at the next origin if there is one.
    OnceMore,
}

/// The table: what to do about a symptom, and which error the client gets if that is not
/// possible or does not help.
#[must_use]
pub fn judge(symptom: &Symptom, whose: Whose) -> (Remedy, Error) {
    use Remedy::{GiveUp, NextOrigin, OnceMore, OtherOrigin, SignInAgain};
    match symptom {
        Symptom::Status { status, retry_after } => match (status, whose) {
            (401, Whose::Visitor) => (SignInAgain, Error::DeploymentKeyRefused),
            (401, Whose::Deployment) => (GiveUp, Error::DeploymentKeyRefused),
            (401, Whose::Client) => (GiveUp, Error::ClientKeyRefused),
            (403, _) => (GiveUp, Error::UpstreamForbids),
            (404, _) => (GiveUp, Error::UpstreamLacks),
            (413, _) => (GiveUp, Error::UpstreamTooLarge),
            (400 | 422, _) => (GiveUp, Error::UpstreamRejects),
            (429, _) => {
                let retry_after = retry_after.as_deref().and_then(sound_retry_after);
                (GiveUp, Error::RateLimited { retry_after })
            }
            // DeGPT also answers like this to a key that it does not know. If the origin were
            // avoided, one guest could have it avoided for all clients.
            (_, Whose::Client) => (OtherOrigin, Error::Unavailable),
            // 5xx, redirects, and any other status.
            _ => (NextOrigin, Error::Unavailable),
        },
        Symptom::Failed(error) => match error {
            Error::Unavailable => (NextOrigin, Error::Unavailable),
            // An empty answer, in any form: DeGPT can be reached, and another attempt may succeed.
            Error::Declined | Error::Truncated | Error::Garbled => (OnceMore, error.clone()),
            // There is no time left, or another attempt would fail too.
            other => (GiveUp, other.clone()),
        },
    }
}

/// A `retry-after` in seconds or as a date (RFC 9110, section 10.2.3). Any other value is
/// dropped: text written by DeGPT must not reach the client.
fn sound_retry_after(value: &str) -> Option<String> {
    let value = value.trim();
    let is_seconds = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    // Every such date is as long as `Wed, 21 Oct 2015 07:28:00 GMT`.
    let shape = b"aaa, 00 aaa 0000 00:00:00 GMT";
    let is_date = value.len() == shape.len()
        && value.bytes().zip(shape).all(|(byte, shape)| match shape {
            b'a' => byte.is_ascii_alphabetic(),
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        });
    ((is_seconds && value.len() <= 9) || is_date).then(|| value.to_owned())
}
