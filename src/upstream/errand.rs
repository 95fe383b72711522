//! Asking DeGPT's other endpoints for a client's answer: the search of the web, and pages.

use super::{Upstream, attempts::Attempts, call::Call};
use crate::{config::Config, error::Error, runtime::Runtime};

/// Posts the JSON `body` to `path` with the credential of `call`, and returns the answer. It must be
/// there when the call's answer must have begun.
///
/// # Errors
/// The error of the last attempt. [`Error::Overloaded`] if there is no memory for an answer.
pub async fn post<E: Runtime>(
    upstream: &Upstream,
    config: &Config,
    edge: &E,
    call: &Call<'_>,
    path: &str,
    body: &[u8],
) -> Result<Vec<u8>, Error> {
    /// The largest answer, in bytes.
    const MAX_BYTES: usize = 1 << 20;
    let mut held = call.held.another();
    held.set(MAX_BYTES)?;
    let mut attempts = Attempts::new(upstream, config, edge, call);
    loop {
        match attempts.post(path, body, MAX_BYTES).await {
            Ok(answer) => return Ok(answer),
            Err(symptom) => attempts.act_aside(&symptom)?,
        }
    }
}
