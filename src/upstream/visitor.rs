//! The deployment as a visitor of DeGPT: one stable id, one token for as long
//! as it is good, shared by all requests and, where the runtime can, all isolates.

use std::cell::{Cell, OnceCell};

use crate::{
    cached::{Cached, Lasting},
    config::{Config, VisitorId},
    degpt::{self, Token},
    error::Error,
    runtime::{Outgoing, Runtime},
    secret::{self, Secret},
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
pub(super) type DerivedId = OnceCell<String>;

/// The deployment's visitor at one origin.
#[derive(Debug, Default)]
pub(super) struct Visitor {
    token: Cached<Token>,
    /// Whether its last token was refused, so that a kept one is not believed.
    refused: Cell<bool>,
}

impl Visitor {
    /// Its token at the origin at `address`; signs in if there is none that is good.
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
    ) -> Result<Token, Error> {
        let make = async || {
            let now_s = edge.now_ms() / 1_000;
            match self.sign_in(config, edge, address, derived, now_s).await {
                Ok(token) => {
                    let for_s = token.expires_unix_s.saturating_sub(now_s + MARGIN_S).max(1);
                    // A token may claim to be good for longer than milliseconds can count.
                    Lasting { result: Ok(token), for_ms: for_s.saturating_mul(1_000) }
                }
                Err(error) => Lasting { result: Err(error), for_ms: FAILURE_HOLDS_MS },
            }
        };
        // A sign-in and the reading of its answer may take this long each.
        self.token.get(edge, 2 * TIMEOUT_MS, make).await
    }

    /// DeGPT refused `secret`. If others have replaced the token in the meantime, theirs
    /// is tried.
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
    ) -> Result<Token, Error> {
        let key = storage_key(config, address);
        // What another isolate has kept is believed once: a token that turns out bad
        // is forgotten here and replaced there.
        if !self.refused.take()
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
        let answer = edge.send(request, TIMEOUT_MS).await?;
        let refusal = match answer.status {
            200 => None,
            400 | 401 | 403 | 422 => Some(Error::DeploymentKeyRefused),
            429 => Some(Error::RateLimited { retry_after: None }),
            _ => Some(Error::Unavailable),
        };
        if let Some(error) = refusal {
            edge.discard(answer.body);
            return Err(error);
        }
        let body = edge.collect(answer.body, MAX_ANSWER_BYTES, TIMEOUT_MS).await;
        let body = body.map_err(|_| Error::Unavailable)?;
        let token = degpt::token(&body, now_s).ok_or(Error::Unavailable)?;
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
                // Another sign-in, at another origin, may have been faster: with the same.
                let _ = derived.set(secret::hex(&bytes));
            }
            Ok(degpt::sign_in_body(derived.get().ok_or(Error::Internal)?))
        }
    }
}

/// Where the token is kept: a name that says nothing of the visitor to anyone who sees
/// it, and that no other origin and no other id that is set shares.
///
/// Nothing of the keys is in it: a quick digest of them could be guessed at without the
/// slow derivation, and a slow one would have to be made for a token that is there. So
/// deployments without an id that share a cache share a visitor, too, and one whose keys
/// change goes on with its visitor's token for as long as that is good.
fn storage_key(config: &Config, address: &str) -> String {
    let id = match &config.visitor_id {
        VisitorId::Set(id) => id,
        VisitorId::OfKeys(_) => "",
    };
    format!("visitor/{}", secret::digest(&format!("{id}\n{address}")))
}
