//! The deployment as a visitor of DeGPT: one stable id, one token for as long
//! as it is good, shared by all requests and, where the runtime can, all isolates.

use std::cell::OnceCell;

use crate::{
    auth,
    config::{Config, VisitorId},
    degpt::{self, Token},
    edge_api::{Edge, Outgoing},
    error::Error,
    shared::Lasting,
    upstream::Origin,
};

/// How long a sign-in may take.
const TIMEOUT_MS: u64 = 15_000;
/// How long requests share the failure of a sign-in before one tries again.
const FAILURE_HOLDS_MS: u64 = 1_000;
/// How long before its expiry a token is no longer used.
const MARGIN_S: u64 = 60;
/// The largest answer to a sign-in, in bytes.
const MAX_ANSWER_BYTES: usize = 64 << 10;
/// What an id is derived with: fixed, for all isolates have to come to the same one.
/// The rounds are as many as `workerd` does, some hundredths of a second of CPU.
const SALT: &str = "degpt-edge visitor";
const ROUNDS: u32 = 100_000;

/// The derived id of this isolate's deployment, once it was needed.
pub(crate) type DerivedId = OnceCell<String>;

/// The token for `origin`; signs in if there is none that is good.
///
/// # Errors
/// [`Error::DeploymentKeyRefused`], [`Error::RateLimited`], [`Error::Unavailable`]
/// or [`Error::Timeout`].
pub(crate) async fn token<E: Edge>(
    config: &Config,
    edge: &E,
    origin: &Origin,
    derived: &DerivedId,
) -> Result<Token, Error> {
    let make = async || {
        let now_s = edge.now_ms() / 1_000;
        match sign_in(config, edge, origin, derived, now_s).await {
            Ok(token) => {
                let for_s = token.expires_unix_s.saturating_sub(now_s + MARGIN_S).max(1);
                // A token may claim to be good for longer than milliseconds can count.
                Lasting { result: Ok(token), for_ms: for_s.saturating_mul(1_000) }
            }
            Err(error) => Lasting { result: Err(error), for_ms: FAILURE_HOLDS_MS },
        }
    };
    // A sign-in and the reading of its answer may take this long each.
    origin.visitor.get(edge, 2 * TIMEOUT_MS, make).await
}

async fn sign_in<E: Edge>(
    config: &Config,
    edge: &E,
    origin: &Origin,
    derived: &DerivedId,
    now_s: u64,
) -> Result<Token, Error> {
    let key = storage_key(config, origin);
    // What another isolate has kept is believed once: a token that turns out bad
    // is forgotten here and replaced there.
    if !origin.visitor_refused.take()
        && let Some(kept) = edge.recall(&key).await
        && let Some(token) = degpt::token(&kept, now_s)
        && token.expires_unix_s > now_s + MARGIN_S
    {
        return Ok(token);
    }
    let body = match &config.visitor_id {
        VisitorId::Set(id) => degpt::sign_in_body(id),
        VisitorId::OfKeys(keys) => {
            if derived.get().is_none() {
                let bytes = edge.stretch(keys.reveal(), SALT, ROUNDS).await?;
                // Another sign-in, at another origin, may have been faster: with the same.
                let _ = derived.set(auth::hex(&bytes));
            }
            degpt::sign_in_body(derived.get().ok_or(Error::Internal)?)
        }
    };
    let request = Outgoing {
        method: "POST",
        url: &format!("{}{}", origin.address, degpt::SIGN_IN_PATH),
        headers: &[("content-type", "application/json"), ("accept", "application/json")],
        body: Some(&body),
    };
    let answer = edge.send(request, TIMEOUT_MS).await?;
    match answer.status {
        200 => {}
        400 | 401 | 403 | 422 => {
            edge.discard(answer.body);
            return Err(Error::DeploymentKeyRefused);
        }
        429 => {
            edge.discard(answer.body);
            return Err(Error::RateLimited { retry_after: None });
        }
        _ => {
            edge.discard(answer.body);
            return Err(Error::Unavailable);
        }
    }
    let body = edge.collect(answer.body, MAX_ANSWER_BYTES, TIMEOUT_MS).await;
    let body = body.map_err(|_| Error::Unavailable)?;
    let token = degpt::token(&body, now_s).ok_or(Error::Unavailable)?;
    edge.remember(&key, body, token.expires_unix_s.saturating_sub(now_s)).await;
    Ok(token)
}

/// Where the token is kept: a name that says nothing of the visitor to anyone who sees
/// it, and that no other origin and no other id that is set shares.
///
/// Nothing of the keys is in it: a quick digest of them could be guessed at without the
/// slow derivation, and a slow one would have to be made for a token that is there. So
/// deployments without an id that share a cache share a visitor, too, and one whose keys
/// change goes on with its visitor's token for as long as that is good.
fn storage_key(config: &Config, origin: &Origin) -> String {
    let id = match &config.visitor_id {
        VisitorId::Set(id) => id,
        VisitorId::OfKeys(_) => "",
    };
    format!("visitor/{}", auth::digest(&format!("{id}\n{}", origin.address)))
}
