//! The one table of failures: what is retried, whose fault it is, and which error the client
//! gets. docs/behaviour.md shows it.

use super::retry_after;
use crate::{error::Error, record::Why};

/// Who owns the credential that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The client's own.
    Client,
    /// One of the deployment's `DEGPT_API_KEY`.
    Deployment,
    /// The deployment's visitor.
    Visitor,
}

/// What went wrong with one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Symptom {
    /// The visitor could not sign in.
    SignIn(Error),
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

impl Symptom {
    /// What is noted of it.
    pub(super) fn why(&self) -> Why {
        match self {
            Self::SignIn(error) => Why::SignIn(error.facts().kind),
            Self::Status { status, .. } => Why::Status(*status),
            Self::Failed(error) => Why::Failed(error.facts().kind),
        }
    }
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Give up: the client gets the error.
    GiveUp,
    /// Get a new token for the visitor and try again, once at each origin.
    SignInAgain,
    /// Try the next origin, if there is one. Avoid this one for a while.
    NextOrigin,
    /// Try the next origin, but do not avoid this one: the client may have caused the failure.
    OtherOrigin,
    /// Try again, once, at the next origin if there is one.
    OnceMore,
    /// Put the credential to rest, and try the next one of the deployment's, if there is one.
    NextAccount(Rest),
    /// The same. If the deployment has no other credential, try again as with
    /// [`Remedy::OnceMore`].
    NextAccountOrOnceMore(Rest),
}

/// How a credential rests. `accounts.rs` says for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// DeGPT does not know it.
    Refused,
    /// It has been used too often. It rests for as long as the error says.
    Limited,
    /// It had no answer from this model. The model or the request may be the reason, so it rests
    /// for this model alone.
    ForModel,
}

/// Whose fault a failure is: who else might have answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request's, or the gateway's: nobody would answer it.
    Request,
    /// The model's: another model might answer.
    Model,
    /// The credential's: it is refused, or used up for now.
    Account,
    /// DeGPT cannot be reached.
    Origin,
    /// The answer broke after its first words, so nothing else may be tried.
    Answer,
}

/// What [`judge`] says about a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What to do about it.
    pub remedy: Remedy,
    /// Whose fault it is.
    pub fault: Fault,
    /// The error that the client gets if the remedy is not possible or does not help.
    pub error: Error,
}

/// The table.
#[must_use]
pub fn judge(symptom: &Symptom, whose: Whose) -> Verdict {
    use Fault::{Account, Model, Origin, Request};
    use Remedy::{
        GiveUp, NextAccount, NextAccountOrOnceMore, NextOrigin, OnceMore, OtherOrigin, SignInAgain,
    };
    use Whose::{Client, Deployment, Visitor};
    let (remedy, fault, error) = match symptom {
        Symptom::SignIn(error) => match error {
            Error::Unavailable | Error::Timeout => (NextOrigin, Origin, error.clone()),
            other => (GiveUp, Account, other.clone()),
        },
        Symptom::Status { status, retry_after } => match (status, whose) {
            (401, Visitor) => (SignInAgain, Account, Error::DeploymentKeyRefused),
            (401, Deployment) => (NextAccount(Rest::Refused), Account, Error::DeploymentKeyRefused),
            (401, Client) => (GiveUp, Account, Error::ClientKeyRefused),
            (403, Deployment) => (NextAccount(Rest::ForModel), Model, Error::UpstreamForbids),
            (403, _) => (GiveUp, Model, Error::UpstreamForbids),
            (404, _) => (GiveUp, Model, Error::UpstreamLacks),
            (413, _) => (GiveUp, Request, Error::UpstreamTooLarge),
            (400 | 422, _) => (GiveUp, Request, Error::UpstreamRejects),
            (429, Deployment) => {
                (NextAccount(Rest::Limited), Account, limited(retry_after.as_deref()))
            }
            (429, _) => (GiveUp, Account, limited(retry_after.as_deref())),
            // DeGPT also answers like this to a key that it does not know. If the origin were
            // avoided, one guest could have it avoided for all clients.
            (_, Client) => (OtherOrigin, Origin, Error::Unavailable),
            // One server answers for all models, and may fail for one of them alone.
            (500..=599, _) => (NextOrigin, Model, Error::Unavailable),
            // Redirects, and any other status.
            _ => (NextOrigin, Origin, Error::Unavailable),
        },
        Symptom::Failed(error) => {
            let (remedy, fault) = match (error, whose) {
                (Error::Unavailable, _) => (NextOrigin, Origin),
                // DeGPT can be reached, and another account or another attempt may succeed.
                (Error::Declined, Deployment) => (NextAccountOrOnceMore(Rest::ForModel), Model),
                // An empty answer, in any form: likewise.
                (Error::Declined | Error::Truncated | Error::Garbled, _) => (OnceMore, Model),
                // There is no time left, or another attempt would fail too.
                (
                    Error::Timeout | Error::Stalled | Error::AnswerTooLarge | Error::UsedUp { .. },
                    _,
                ) => (GiveUp, Model),
                _ => (GiveUp, Request),
            };
            (remedy, fault, error.clone())
        }
    };
    Verdict { remedy, fault, error }
}

/// The error of a 429.
pub(super) fn limited(retry_after: Option<&str>) -> Error {
    Error::RateLimited { retry_after: retry_after.and_then(retry_after::sound) }
}
