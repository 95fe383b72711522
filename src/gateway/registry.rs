//! The registry: the keys that were made without a deployment. It is one more Durable Object of the
//! ledger's class; its statements are in `edge/ledger.mjs`.
//!
//! It keeps the SHA-256 of each key, never the key. An isolate asks it about a key once, and again
//! when what it learned is [`LASTS_MS`] old. Wrong keys are bounded twice: only what looks like a
//! key of the registry is asked about, and only so many new ones in a while (`keys.rs`).

use std::rc::Rc;

use super::{deployment::Gateway, keys::Holder};
use crate::{
    cached::Lasting,
    config::LedgerFails,
    error::Error,
    json::{self, fields},
    policy::Own,
    runtime::Runtime,
    secret::{self, ApiKey},
};

/// The name of the object. No label is like it.
const NAME: &str = "*";

/// How long a key is good without asking, in milliseconds: a revoked one is refused within 10 s.
const LASTS_MS: u64 = 9_000;

/// How long a key is known to be wrong, in milliseconds.
const WRONG_FOR_MS: u64 = 60_000;

/// A key, without the key itself.
#[derive(Debug, Default)]
pub(super) struct Key {
    /// The beginning of its SHA-256.
    pub(super) id: String,
    pub(super) label: String,
    /// The JSON of its own policy; empty if it has none.
    pub(super) policy: String,
    /// In seconds since 1970-01-01 UTC.
    pub(super) created: u64,
}

fields!(Key { id, label, policy, created });

/// Runs a statement about keys.
///
/// # Errors
/// [`Error::LedgerFailed`].
pub(super) async fn query<E: Runtime>(
    edge: &E,
    statement: &str,
    values: &[&str],
) -> Result<Vec<Key>, Error> {
    let rows = edge.query(&[NAME], statement, values).await.ok_or(Error::LedgerFailed)?;
    let rows: Option<Vec<Vec<Key>>> = json::read(rows.as_bytes()).ok();
    rows.and_then(|mut rows| rows.pop()).ok_or(Error::LedgerFailed)
}

/// Who holds `key`, if anybody does.
///
/// # Errors
/// [`Error::LedgerFailed`], if that cannot be found out.
pub(super) async fn holder<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    key: &str,
) -> Result<Option<Rc<Holder>>, Error> {
    const LEASE_MS: u64 = 6_000;
    let slot = gateway.keys.slot(ApiKey::of(key), edge.now_ms())?;
    let make = async || {
        let found = find(edge, key).await;
        let last = slot.last.borrow().clone();
        let is_open = gateway.config.ledger_fails == LedgerFails::Open;
        let result = match found {
            Err(_) if last.is_some() && is_open => Ok(last),
            found => found,
        };
        if let Ok(found) = &result {
            slot.last.replace(found.clone());
        }
        let for_ms = match &result {
            Ok(Some(_)) => LASTS_MS,
            Ok(None) => WRONG_FOR_MS,
            Err(_) => 1_000,
        };
        Lasting { result, for_ms }
    };
    slot.cached.get(edge, LEASE_MS, make).await
}

async fn find<E: Runtime>(edge: &E, key: &str) -> Result<Option<Rc<Holder>>, Error> {
    let found = query(edge, "find", &[&secret::digest(key)]).await?.pop();
    let Some(Key { label, policy, .. }) = found else {
        return Ok(None);
    };
    let policy = if policy.is_empty() {
        None
    } else {
        // One that a later version wrote is not ignored.
        let own: Own = json::read(policy.as_bytes()).map_err(|_| Error::LedgerFailed)?;
        Some(own.policy)
    };
    Ok(Some(Rc::new(Holder { label, policy })))
}
