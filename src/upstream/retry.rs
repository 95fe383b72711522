//! The one table of what is retried, mapped and given up. README shows it.

use crate::error::Error;

/// Whose credential is used.
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
    /// Status 200, or none at all, and then this before any of the answer came.
    Failed(Error),
}

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing: the error is the client's answer.
    GiveUp,
    /// Another token for the visitor, and once more; the second time nothing.
    SignInAgain,
    /// The next origin, while there is one; this one is avoided for a while.
    NextOrigin,
    /// Likewise, but this one is not avoided: what went wrong may be the client's doing.
    OtherOrigin,
    /// Once more, at the next origin if there is one; the second time nothing.
    OnceMore,
}

/// The table: what is done about a symptom, and what the client hears if that is
/// not possible or does not help.
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
            // DeGPT answers so to a key that it does not know: a guest could have the
            // origin avoided for everybody.
            (_, Whose::Client) => (OtherOrigin, Error::Unavailable),
            // 5xx, redirects, and what no one has seen yet.
            _ => (NextOrigin, Error::Unavailable),
        },
        Symptom::Failed(error) => match error {
            Error::Unavailable => (NextOrigin, Error::Unavailable),
            // An answer with nothing in it, in whatever form: DeGPT is there,
            // and another try may do better.
            Error::Declined | Error::Truncated | Error::Garbled => (OnceMore, error.clone()),
            // No time left, or no hope.
            other => (GiveUp, other.clone()),
        },
    }
}

/// A `retry-after` in seconds or as a date (RFC 9110, section 10.2.3); nothing
/// else is passed on, for it would be the upstream's own words.
fn sound_retry_after(value: &str) -> Option<String> {
    let value = value.trim();
    let is_seconds = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    // `Wed, 21 Oct 2015 07:28:00 GMT`, every such date being as long as this one.
    let shape = b"aaa, 00 aaa 0000 00:00:00 GMT";
    let is_date = value.len() == shape.len()
        && value.bytes().zip(shape).all(|(byte, shape)| match shape {
            b'a' => byte.is_ascii_alphabetic(),
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        });
    ((is_seconds && value.len() <= 9) || is_date).then(|| value.to_owned())
}
