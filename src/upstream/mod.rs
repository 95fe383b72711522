//! Asking DeGPT: with which credential, at which origin, and how often.
//!
//! [`judge`] is the table of what its failures mean. [`ask`] acts on it.

mod origins;
mod retry;
mod visitor;

use std::borrow::Cow;

use crate::{
    auth::Caller,
    chat::{Failure, Phase},
    config::Config,
    degpt,
    error::Error,
    in_flight::{self, Held},
    ledger::Tab,
    runtime::{Incoming, Outgoing, Runtime},
    secret::Secret,
};
pub(crate) use origins::Origin;
pub use origins::Upstream;
pub use retry::{Remedy, Symptom, Whose, judge};

/// A chat request, ready to be sent once or several times.
#[derive(Debug)]
pub struct Call<'a> {
    /// Who asks, and with which credential.
    pub caller: Caller,
    /// The body; borrowed if several choices ask with it.
    pub body: Cow<'a, degpt::Body>,
    /// The count of its bytes, if it is not borrowed.
    pub held: Held,
    /// The `accept` header.
    pub accept: &'static str,
    /// The time by which the answer must begin, in milliseconds.
    pub deadline_ms: u64,
    /// Failed attempts are noted there.
    pub tab: Option<Tab>,
}

impl Call<'_> {
    /// The same request for one of several choices. Its body is not copied.
    #[must_use]
    pub fn share(&self) -> Call<'_> {
        Call {
            caller: self.caller.clone(),
            body: Cow::Borrowed(&self.body),
            held: self.held.another(),
            tab: self.tab.clone(),
            ..*self
        }
    }

    /// Notes that an attempt failed.
    fn miss(&self, origin: &Origin, error: &Error) {
        if let Some(tab) = &self.tab {
            tab.miss(&origin.address, error);
        }
    }

    /// Adds what the model answered, and what it is told about it.
    ///
    /// # Errors
    /// [`Error::Overloaded`]; the request then stays as it was.
    pub fn ask_again(&mut self, answer: &str, correction: &str) -> Result<(), Error> {
        if let Cow::Borrowed(body) = self.body {
            let bytes = body.held_bytes();
            self.held.set(bytes)?;
            in_flight::probe(bytes)?;
        }
        self.body.to_mut().ask_again(answer, correction)
    }
}

/// Asks until `consume` has read an answer from a response's body, or until [`judge`]
/// says to give up.
///
/// # Errors
/// The error of the last attempt, from [`judge`].
pub async fn ask<E: Runtime, T>(
    upstream: &Upstream,
    config: &Config,
    edge: &E,
    call: &Call<'_>,
    mut consume: impl AsyncFnMut(E::Download) -> Result<T, Failure>,
) -> Result<T, Error> {
    let mut origins = upstream.in_order(edge.now_ms()).into_iter().peekable();
    let mut may_sign_in_again = true;
    let mut may_repeat = true;
    let mut last_error = Error::Unavailable;
    while let Some(&origin) = origins.peek() {
        let (whose, credential) = match credential(upstream, config, edge, call, origin).await {
            Ok(credential) => credential,
            Err(error @ (Error::Unavailable | Error::Timeout)) => {
                call.miss(origin, &error);
                origin.failed(edge.now_ms());
                origins.next();
                continue;
            }
            Err(error) => return Err(error),
        };
        let symptom = match attempt(edge, call, origin, &credential).await {
            Ok(Incoming { status: 200, body, .. }) => match consume(body).await {
                Ok(answer) => {
                    origin.answered();
                    if let Some(tab) = &call.tab {
                        tab.flows_from(&origin.address);
                    }
                    return Ok(answer);
                }
                Err(Failure { error, phase: Phase::Flowing }) => {
                    call.miss(origin, &error);
                    return Err(error);
                }
                Err(Failure { error, phase: Phase::Waiting }) => Symptom::Failed(error),
            },
            Ok(Incoming { status, retry_after, body }) => {
                edge.discard(body);
                Symptom::Status { status, retry_after }
            }
            Err(error) => Symptom::Failed(error),
        };
        let (remedy, error) = judge(&symptom, whose);
        call.miss(origin, &error);
        last_error = error;
        match remedy {
            Remedy::SignInAgain if may_sign_in_again => {
                may_sign_in_again = false;
                origin.visitor.refuse(&credential);
            }
            Remedy::NextOrigin => {
                origin.failed(edge.now_ms());
                origins.next();
            }
            Remedy::OtherOrigin => {
                origins.next();
            }
            Remedy::OnceMore if may_repeat => {
                may_repeat = false;
                // At the same origin if it is the last one.
                if origins.len() > 1 {
                    origins.next();
                }
            }
            Remedy::GiveUp | Remedy::SignInAgain | Remedy::OnceMore => break,
        }
    }
    Err(last_error)
}

async fn credential<E: Runtime>(
    upstream: &Upstream,
    config: &Config,
    edge: &E,
    call: &Call<'_>,
    origin: &Origin,
) -> Result<(Whose, Secret), Error> {
    match (&call.caller, &config.degpt_key) {
        (Caller::Guest(own), _) => Ok((Whose::Client, own.clone())),
        (Caller::Member, Some(key)) => Ok((Whose::Deployment, key.clone())),
        (Caller::Member, None) => {
            let token =
                origin.visitor.token(config, edge, &origin.address, &upstream.visitor_id).await?;
            Ok((Whose::Visitor, token.secret))
        }
    }
}

async fn attempt<E: Runtime>(
    edge: &E,
    call: &Call<'_>,
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
        body: Some(call.body.bytes()),
    };
    // The runtime copies the body to send it: count the copy.
    let mut copy = call.held.another();
    copy.set(call.body.bytes().len())?;
    edge.send(request, timeout_ms).await
}
