//! Asking DeGPT: with which credential, at which origin, how often, and what
//! its failures mean.
//!
//! [`judge`] is the one table of what is retried, mapped and given up; README
//! shows it. [`ask`] carries it out.

use std::cell::Cell;

use crate::{
    auth::{Caller, Secret},
    config::Config,
    degpt,
    edge_api::{Edge, Incoming, Outgoing},
    error::Error,
    in_flight::Held,
    shared::Shared,
    translate::{Begun, Failure},
    visitor::{self, DerivedId},
};

/// DeGPT as one isolate knows it.
#[derive(Debug)]
pub struct Upstream {
    /// In the order of the configuration; never empty.
    pub(crate) origins: Vec<Origin>,
    /// The visitor's id, where it is derived.
    visitor_id: DerivedId,
}

/// One place where DeGPT is.
#[derive(Debug)]
pub(crate) struct Origin {
    /// Its address, without a slash at the end.
    pub(crate) address: String,
    /// When it last failed, in milliseconds; 0 for never.
    failed_at_ms: Cell<u64>,
    /// The deployment's visitor there.
    pub(crate) visitor: Shared<degpt::Token>,
    /// Whether its last token was refused, so that a kept one is not believed.
    pub(crate) visitor_refused: Cell<bool>,
}

/// How long an origin that failed is tried last.
const AVOID_MS: u64 = 30_000;

impl Upstream {
    /// Nothing known yet.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let origins = config.origins.iter().map(|address| Origin {
            address: address.clone(),
            failed_at_ms: Cell::new(0),
            visitor: Shared::default(),
            visitor_refused: Cell::new(false),
        });
        Self { origins: origins.collect(), visitor_id: DerivedId::new() }
    }

    /// The origins in the order to try them: those that failed lately last.
    pub(crate) fn in_order(&self, now_ms: u64) -> Vec<&Origin> {
        let failed_lately = |origin: &&Origin| {
            let failed_at_ms = origin.failed_at_ms.get();
            failed_at_ms > 0 && now_ms.saturating_sub(failed_at_ms) < AVOID_MS
        };
        let (last, mut origins): (Vec<_>, Vec<_>) = self.origins.iter().partition(failed_lately);
        origins.extend(last);
        origins
    }
}

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
    /// Once more, at the next origin if there is one; the second time nothing.
    OnceMore,
}

/// The table: what is done about a symptom, and what the client hears if that is
/// not possible or does not help.
#[must_use]
pub fn judge(symptom: &Symptom, whose: Whose) -> (Remedy, Error) {
    use Remedy::{GiveUp, NextOrigin, OnceMore, SignInAgain};
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

/// A chat request, ready to be sent as often as it takes.
#[derive(Debug)]
pub struct Call {
    /// By what right.
    pub caller: Caller,
    /// The body.
    pub body: Vec<u8>,
    /// Its bytes, counted.
    pub held: Held,
    /// What of the answer will be read.
    pub accept: &'static str,
    /// The time by which the answer has to begin, in milliseconds.
    pub deadline_ms: u64,
}

/// Asks until `consume` has got an answer out of a response's body, or the table
/// says that there will be none.
///
/// # Errors
/// The last attempt's, as [`judge`] puts it.
pub async fn ask<E: Edge, T>(
    upstream: &Upstream,
    config: &Config,
    edge: &E,
    call: &Call,
    mut consume: impl AsyncFnMut(E::Download) -> Result<T, Failure>,
) -> Result<T, Error> {
    let mut origins = upstream.in_order(edge.now_ms()).into_iter().peekable();
    let mut may_sign_in_again = true;
    let mut may_repeat = true;
    let mut last_error = Error::Unavailable;
    while let Some(&origin) = origins.peek() {
        let (whose, credential) = match credential(upstream, config, edge, call, origin).await {
            Ok(credential) => credential,
            Err(Error::Unavailable | Error::Timeout) => {
                origin.failed_at_ms.set(edge.now_ms());
                origins.next();
                continue;
            }
            Err(error) => return Err(error),
        };
        let symptom = match attempt(edge, call, origin, &credential).await {
            Ok(Incoming { status: 200, body, .. }) => match consume(body).await {
                Ok(answer) => {
                    origin.failed_at_ms.set(0);
                    return Ok(answer);
                }
                Err(Failure { error, begun: Begun::Yes }) => return Err(error),
                Err(Failure { error, begun: Begun::No }) => Symptom::Failed(error),
            },
            Ok(Incoming { status, retry_after, body }) => {
                edge.discard(body);
                Symptom::Status { status, retry_after }
            }
            Err(error) => Symptom::Failed(error),
        };
        let (remedy, error) = judge(&symptom, whose);
        last_error = error;
        match remedy {
            Remedy::SignInAgain if may_sign_in_again => {
                may_sign_in_again = false;
                // If others have replaced the token in the meantime, theirs is tried.
                if origin.visitor.forget_if(|token| token.secret == credential) {
                    origin.visitor_refused.set(true);
                }
            }
            Remedy::NextOrigin => {
                origin.failed_at_ms.set(edge.now_ms());
                origins.next();
            }
            Remedy::OnceMore if may_repeat => {
                may_repeat = false;
                // At the same origin if there is no other left.
                if origins.len() > 1 {
                    origins.next();
                }
            }
            Remedy::GiveUp | Remedy::SignInAgain | Remedy::OnceMore => break,
        }
    }
    Err(last_error)
}

async fn credential<E: Edge>(
    upstream: &Upstream,
    config: &Config,
    edge: &E,
    call: &Call,
    origin: &Origin,
) -> Result<(Whose, Secret), Error> {
    match (&call.caller, &config.degpt_key) {
        (Caller::Guest(own), _) => Ok((Whose::Client, own.clone())),
        (Caller::Member, Some(key)) => Ok((Whose::Deployment, key.clone())),
        (Caller::Member, None) => {
            let token = visitor::token(config, edge, origin, &upstream.visitor_id).await?;
            Ok((Whose::Visitor, token.secret))
        }
    }
}

async fn attempt<E: Edge>(
    edge: &E,
    call: &Call,
    origin: &Origin,
    credential: &Secret,
) -> Result<Incoming<E::Download>, Error> {
    let timeout_ms = call.deadline_ms.saturating_sub(edge.now_ms());
    if timeout_ms == 0 {
        return Err(Error::Timeout);
    }
    let authorization = format!("Bearer {}", credential.reveal());
    let request = Outgoing {
        method: "POST",
        url: &format!("{}{}", origin.address, degpt::CHAT_PATH),
        headers: &[
            ("authorization", &authorization),
            ("content-type", "application/json"),
            ("accept", call.accept),
        ],
        body: Some(&call.body),
    };
    // The runtime sends a copy.
    let mut copy = call.held.another();
    copy.set(call.body.len())?;
    edge.send(request, timeout_ms).await
}
