//! The daily number of a visitor: how many chats with a model DeGPT gives it in a day.
//!
//! DeGPT's chat does not ask for it. The web client does, before each chat, and this asks as the
//! web client does: once for each chat, and so for each choice of an answer, but not again when the
//! chat is repeated or corrected. If it cannot be asked, the chat goes on.

use super::{
    call::Call,
    visitor::{self, DerivedId},
};
use crate::{
    config::{Config, Daily},
    degpt::{self, Token},
    error::Error,
    runtime::{Outgoing, Runtime},
};

/// How long it may take, in milliseconds. The chat waits for it.
const TIMEOUT_MS: u64 = 3_000;
/// The largest answer, in bytes.
const MAX_ANSWER_BYTES: usize = 16 << 10;
/// DeGPT counts by the date where its server runs. Its published container sets no time zone, so
/// that is UTC.
const DAY_S: u64 = 86_400;

/// Has `call` counted as one of the chats of the visitor with this token, at this address.
///
/// # Errors
/// [`Error::UsedUp`], [`Error::Timeout`].
pub(super) async fn count<E: Runtime>(
    config: &Config,
    edge: &E,
    call: &Call<'_>,
    address: &str,
    token: &Token,
    derived: &DerivedId,
) -> Result<(), Error> {
    if config.daily == Daily::Off || call.is_counted.replace(true) {
        return Ok(());
    }
    let limit_ms = call.left_ms(edge.now_ms())?.min(TIMEOUT_MS);
    let until_ms = edge.now_ms() + limit_ms;
    let id = match &token.visitor_id {
        Some(id) => id.clone(),
        None => visitor::id(config, edge, derived).await?,
    };
    let body = degpt::count_body(&call.model.counted_as, &id);
    let authorization = format!("Bearer {}", token.secret.reveal());
    let request = Outgoing {
        method: "POST",
        url: &format!("{address}{}", degpt::COUNT_PATH),
        headers: &[
            ("authorization", &authorization),
            ("content-type", "application/json"),
            ("accept", "application/json"),
        ],
        body: Some(&body),
    };
    let Ok(answer) = edge.send(request, limit_ms).await else {
        return Ok(());
    };
    if answer.status != 200 {
        edge.discard(answer.body);
        // The visitor signs in again because of the chat, and this can be asked then.
        call.is_counted.set(answer.status != 401);
        return Ok(());
    }
    let left_ms = until_ms.saturating_sub(edge.now_ms());
    match edge.collect(answer.body, MAX_ANSWER_BYTES, left_ms).await {
        Ok(answer) if degpt::is_used_up(&answer) => {
            Err(Error::UsedUp { retry_after_s: DAY_S - edge.now_ms() / 1_000 % DAY_S })
        }
        _ => Ok(()),
    }
}
