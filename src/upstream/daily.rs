//! The daily number of a visitor: how many chats with a model DeGPT gives it in a day.
//!
//! DeGPT's chat does not ask for it. The web client does, before each chat, and this asks as the
//! web client does: once for each chat, and so for each choice of an answer, but not again when the
//! chat is repeated or corrected. If it cannot be asked, the chat goes on.

use super::call::Call;
use crate::{
    config::{Config, Daily},
    degpt::{self, Token},
    error::Error,
    runtime::{Incoming, Outgoing, Runtime},
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
) -> Result<(), Error> {
    if config.daily == Daily::Off || call.is_counted.replace(true) {
        return Ok(());
    }
    let limit_ms = call.left_ms(edge.now_ms())?.min(TIMEOUT_MS);
    let body = degpt::count_body(call.body.model(), &token.visitor_id);
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
    match edge.fetch(request, limit_ms, MAX_ANSWER_BYTES).await {
        Ok(Incoming { status: 200, body, .. }) if degpt::is_used_up(&body) => {
            Err(Error::UsedUp { retry_after_s: DAY_S - edge.now_ms() / 1_000 % DAY_S })
        }
        Ok(Incoming { status: 401, .. }) => {
            // The visitor signs in again because of the chat, and this can be asked then.
            call.is_counted.set(false);
            Ok(())
        }
        _ => Ok(()),
    }
}
