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
    json,
    policy::Own,
    report::Row,
    runtime::Runtime,
    secret::{self, ApiKey},
};

/// The name of the object. No label is like it.
const NAME: &str = "*";

/// How long a key is good without asking, in milliseconds: a revoked one is refused within 10 s.
const LASTS_MS: u64 = 9_000;

/// How long a key is known to be wrong, in milliseconds.
const WRONG_FOR_MS: u64 = 60_000;

/// Runs a statement about keys.
///
/// # Errors
/// [`Error::LedgerFailed`].
pub(super) async fn query<E: Runtime>(
    edge: &E,
    statement: &str,
    values: &[String],
) -> Result<Vec<Row>, Error> {
    let rows = edge.query(&[NAME.to_owned()], statement, values).await;
    let lists = rows.and_then(|rows| Row::lists(&rows));
    lists.and_then(|mut lists| lists.pop()).ok_or(Error::LedgerFailed)
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
        let asked_ms = edge.now_ms();
        let found = find(edge, key).await;
        let took_ms = edge.now_ms().saturating_sub(asked_ms);
        let last = slot.last.borrow().clone();
        let is_open = gateway.config.ledger_fails == LedgerFails::Open;
        let result = match found {
            Err(_) if last.is_some() && is_open => Ok(last),
            found => found,
        };
        if let Ok(found) = &result {
            if found.is_some() && slot.last.borrow().is_none() {
                gateway.keys.was_right();
            }
            slot.last.replace(found.clone());
        }
        let for_ms = match &result {
            Ok(Some(_)) => LASTS_MS.saturating_sub(took_ms),
            Ok(None) => WRONG_FOR_MS,
            Err(_) => 1_000,
        };
        Lasting { result, for_ms }
    };
    slot.cached.get(edge, LEASE_MS, make).await
}

async fn find<E: Runtime>(edge: &E, key: &str) -> Result<Option<Rc<Holder>>, Error> {
    let found = query(edge, "find", &[secret::digest(key)]).await?.pop();
    let Some(Row { label, policy, .. }) = found else {
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
