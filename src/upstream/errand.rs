//! Asking DeGPT's other endpoints for a client's answer: the search of the web, and pages.

use super::{Call, Symptom, Upstream, Whose, credential, judge, retry::Remedy};
use crate::{
    config::Config,
    error::Error,
    runtime::{Outgoing, Runtime},
};

/// The largest answer, in bytes.
const MAX_BYTES: usize = 1 << 20;
/// How often it is asked at most.
const ATTEMPTS: u32 = 2;

/// Posts the JSON `body` to `path` with the credential of `call`, and returns the answer. It must be
/// there after `timeout_ms`.
///
/// # Errors
/// The error of the last attempt.
pub async fn post<E: Runtime>(
    upstream: &Upstream,
    config: &Config,
    edge: &E,
    call: &Call<'_>,
    (path, body): (&str, &[u8]),
    timeout_ms: u64,
) -> Result<Vec<u8>, Error> {
    let until_ms = edge.now_ms().saturating_add(timeout_ms);
    let mut held = call.held.another();
    held.set(MAX_BYTES)?;
    let mut origins = upstream.in_order(edge.now_ms()).into_iter().peekable();
    let mut last_error = Error::Unavailable;
    for _ in 0..ATTEMPTS {
        let Some(&origin) = origins.peek() else { break };
        let (whose, secret) = credential(upstream, config, edge, call, origin).await?;
        let left_ms = until_ms.saturating_sub(edge.now_ms());
        if left_ms == 0 {
            return Err(Error::Timeout);
        }
        let authorization = format!("Bearer {}", secret.reveal());
        let request = Outgoing {
            method: "POST",
            url: &format!("{}{path}", origin.address),
            headers: &[
                ("authorization", &authorization),
                ("content-type", "application/json"),
                ("accept", "application/json"),
            ],
            body: Some(body),
        };
        let symptom = match edge.send(request, left_ms).await {
            Ok(answer) if answer.status == 200 => {
                let left_ms = until_ms.saturating_sub(edge.now_ms());
                match edge.collect(answer.body, MAX_BYTES, left_ms).await {
                    Ok(answer) => return Ok(answer),
                    Err(error) => Symptom::Failed(error),
                }
            }
            Ok(answer) => {
                edge.discard(answer.body);
                Symptom::Status { status: answer.status, retry_after: None }
            }
            Err(error) => Symptom::Failed(error),
        };
        let (remedy, error) = judge(&symptom, whose);
        last_error = error;
        match remedy {
            Remedy::SignInAgain if whose == Whose::Visitor => origin.visitor.refuse(&secret),
            // These endpoints may fail where the chat works: the origin is not avoided.
            Remedy::NextOrigin | Remedy::OtherOrigin => {
                origins.next();
            }
            Remedy::OnceMore => {}
            Remedy::GiveUp | Remedy::SignInAgain => break,
        }
    }
    Err(last_error)
}
