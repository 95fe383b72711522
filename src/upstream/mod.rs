//! Asking DeGPT: with which credential, at which origin, and how often.
//!
//! [`judge`] is the table of what its failures mean. [`ask`] acts on it.

mod accounts;
mod attempts;
mod call;
mod daily;
mod origins;
mod retry;
mod retry_after;
mod visitor;

use crate::{
    chat::{Failure, Phase},
    config::Config,
    error::Error,
    runtime::Runtime,
};
use attempts::Attempts;
pub use call::Call;
pub use origins::Upstream;
pub use retry::{Fault, Remedy, Rest, Symptom, Verdict, Whose, judge};
pub(crate) use retry_after::wait_ms;

/// An answer, and who gave it.
#[derive(Debug)]
pub struct Served<T> {
    /// The answer.
    pub answer: T,
    /// Which of `DEGPT_API_KEY` it was asked for with, counted from 1. `None` if it was another
    /// credential.
    pub account: Option<usize>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The error for the client.
    pub error: Error,
    /// Whose fault it is.
    pub fault: Fault,
    /// Which of `DEGPT_API_KEY` was used last, as in [`Served::account`].
    pub account: Option<usize>,
}

impl From<Error> for Failed {
    /// A failure of the gateway's own.
    fn from(error: Error) -> Self {
        Self { error, fault: Fault::Request, account: None }
    }
}

/// Asks until `consume` has read an answer from a response's body, or until [`judge`]
/// says to give up.
///
/// # Errors
/// The error of the last attempt, from [`judge`]. But if DeGPT limits the rate of one of several
/// credentials, the error that asks for the shortest wait.
pub async fn ask<E: Runtime, T>(
    upstream: &Upstream,
    config: &Config,
    edge: &E,
    call: &Call<'_>,
    mut consume: impl AsyncFnMut(E::Download) -> Result<T, Failure>,
) -> Result<Served<T>, Failed> {
    let mut attempts = Attempts::new(upstream, config, edge, call);
    loop {
        let download = attempts.download().await?;
        match consume(download).await {
            Ok(answer) => return Ok(Served { answer, account: attempts.answered() }),
            Err(Failure { error, phase: Phase::Waiting }) => {
                attempts.act(&Symptom::Failed(error))?;
            }
            Err(Failure { error, phase: Phase::Flowing }) => {
                let account = attempts.account();
                return Err(Failed { error, fault: Fault::Answer, account });
            }
        }
    }
}
