//! The deployment as a visitor of DeGPT: one stable id, and one token until it expires. All
//! requests share it, and all isolates too if the runtime has a cache.

use std::cell::{Cell, OnceCell};

use super::retry;
use crate::{
    cached::{Cached, Lasting},
    config::{Config, VisitorId},
    degpt::{self, Token},
    error::Error,
    runtime::{Incoming, Outgoing, Runtime},
    secret::{self, Secret},
};

/// How long a sign-in may take.
const TIMEOUT_MS: u64 = 15_000;
/// How long requests share a failed sign-in before one of them tries again.
const FAILURE_HOLDS_MS: u64 = 1_000;
/// How long before it expires a token is no longer used.
const MARGIN_S: u64 = 60;
/// The largest answer to a sign-in, in bytes.
const MAX_ANSWER_BYTES: usize = 64 << 10;
/// The salt of the derived id. It is fixed, because all isolates must derive the same id.
/// The number of rounds is the most that `workerd` allows: some hundredths of a second of
/// CPU.
const SALT: &str = "degpt-edge visitor";
const ROUNDS: u32 = 100_000;

/// The derived id of this isolate's deployment, once it has been needed.
pub(super) type DerivedId = OnceCell<String>;

/// The deployment's visitor at one origin.
#[derive(Debug, Default)]
pub(super) struct Visitor {
    token: Cached<Token>,
    /// Whether DeGPT refused its last token. If so, a token from the cache is not used.
    refused: Cell<bool>,
}

impl Visitor {
    /// The visitor's token at the origin `address`. Signs in if there is no valid token, for
    /// `limit_ms` at most.
    ///
    /// # Errors
    /// [`Error::DeploymentKeyRefused`], [`Error::RateLimited`], [`Error::Unavailable`]
    /// or [`Error::Timeout`].
    pub(super) async fn token<E: Runtime>(
        &self,
        config: &Config,
        edge: &E,
        address: &str,
        derived: &DerivedId,
        limit_ms: u64,
    ) -> Result<Token, Error> {
        let limit_ms = limit_ms.min(TIMEOUT_MS);
        let make = async || {
            let now_s = edge.now_ms() / 1_000;
            match self.sign_in(config, edge, address, derived, now_s, limit_ms).await {
                Ok(token) => {
                    let for_s = token.expires_unix_s.saturating_sub(now_s + MARGIN_S).max(1);
                    // A token may claim an expiry too far away to count in milliseconds.
                    Lasting { result: Ok(token), for_ms: for_s.saturating_mul(1_000) }
                }
                Err(error) => Lasting { result: Err(error), for_ms: FAILURE_HOLDS_MS },
            }
        };
        self.token.get(edge, limit_ms, make).await
    }

    /// Call this when DeGPT has refused `secret`. If another request has replaced the token
    /// since, the new token is tried.
    pub(super) fn refuse(&self, secret: &Secret) {
        if self.token.forget_if(|token| token.secret == *secret) {
            self.refused.set(true);
        }
    }

    async fn sign_in<E: Runtime>(
        &self,
        config: &Config,
        edge: &E,
        address: &str,
        derived: &DerivedId,
        now_s: u64,
        limit_ms: u64,
    ) -> Result<Token, Error> {
        let key = storage_key(config, address);
        // A token that another isolate has cached is used once. If DeGPT refuses it, it is
        // forgotten here and replaced in the cache.
        if !self.refused.get()
            && let Some(kept) = edge.recall(&key).await
            && let Some(token) = degpt::token(&kept, now_s)
            && token.expires_unix_s > now_s + MARGIN_S
        {
            return Ok(token);
        }
        let body = sign_in_body(config, edge, derived).await?;
        let request = Outgoing {
            method: "POST",
            url: &format!("{address}{}", degpt::SIGN_IN_PATH),
            headers: &[("content-type", "application/json"), ("accept", "application/json")],
            body: Some(&body),
        };
        let Incoming { status, retry_after, body } =
            edge.fetch(request, limit_ms, MAX_ANSWER_BYTES).await?;
        match status {
            200 => {}
            400 | 401 | 403 | 422 => return Err(Error::DeploymentKeyRefused),
            429 => return Err(retry::limited(retry_after.as_deref())),
            _ => return Err(Error::Unavailable),
        }
        let token = degpt::token(&body, now_s).ok_or(Error::Unavailable)?;
        self.refused.set(false);
        edge.remember(&key, body, token.expires_unix_s.saturating_sub(now_s)).await;
        Ok(token)
    }
}

async fn sign_in_body<E: Runtime>(
    config: &Config,
    edge: &E,
    derived: &DerivedId,
) -> Result<Vec<u8>, Error> {
    match &config.visitor_id {
        VisitorId::Set(id) => Ok(degpt::sign_in_body(id)),
        VisitorId::OfKeys(keys) => {
            if derived.get().is_none() {
                let bytes = edge.stretch(keys.reveal(), SALT, ROUNDS).await?;
                // A sign-in at another origin may have set it first: to the same value.
                let _ = derived.set(secret::hex(&bytes));
            }
            Ok(degpt::sign_in_body(derived.get().ok_or(Error::Internal)?))
        }
    }
}

/// The cache key of the token. It reveals nothing about the visitor. It differs between
/// origins, and between ids that are set.
///
/// It is not derived from the API keys. A fast digest of them would let an attacker guess them
/// without the slow derivation, and the slow derivation would run even if a token is cached.
/// So deployments that have no id and share a cache also share a visitor. And a deployment
/// whose keys change keeps using its visitor's token until that expires.
fn storage_key(config: &Config, address: &str) -> String {
    let id = match &config.visitor_id {
        VisitorId::Set(id) => id,
        VisitorId::OfKeys(_) => "",
    };
    format!("visitor/{}", secret::digest(&format!("{id}\n{address}")))
}
