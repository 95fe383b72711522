//! The policy that a request is bound by: what it may ask for, and its place in the ledger.

use std::rc::Rc;

use super::{deployment::Gateway, job::Job, keys::Holder, registry};
use crate::{
    auth::{self, Caller},
    catalog::Target,
    chat::{Delivery, Prompt, Stamp, UsageReport},
    config::{Config, LedgerFails},
    error::{Error, Kind},
    ledger::{Refusal, Reserve, Settle, Standing, Tab, Verdict},
    policy::Policy,
    runtime::Runtime,
};

/// The policy that holds for a request, and the label of its key.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    pub(super) label: String,
    pub(super) policy: Rc<Policy>,
}

/// Who calls, by the keys in these headers, and what the call is bound by, if its key has a ledger.
///
/// # Errors
/// [`Error::MissingKey`], [`Error::WrongKey`], [`Error::NoKeysConfigured`], [`Error::KeyExpired`];
/// [`Error::LedgerFailed`] if the registry has to be asked and cannot.
pub(super) async fn admit<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    header: &dyn Fn(&str) -> Option<String>,
) -> Result<(Caller, Option<Bound>), Error> {
    let config = &gateway.config;
    let (authorization, x_api_key) = (header("authorization"), header("x-api-key"));
    let (authorization, x_api_key) = (authorization.as_deref(), x_api_key.as_deref());
    let (caller, label, own) = match auth::admit(config, authorization, x_api_key) {
        Ok(caller) if config.has_ledgers() => {
            (caller, auth::label(config, authorization, x_api_key).map(str::to_owned), None)
        }
        Err(Error::WrongKey) if config.admin_key.is_some() => {
            let holder = holder(gateway, edge, &auth::made(authorization, x_api_key)).await?;
            (Caller::Member, Some(holder.label.clone()), holder.policy.clone())
        }
        caller => return Ok((caller?, None)),
    };
    let Some(label) = label else {
        return Ok((caller, None));
    };
    let policy = own.or_else(|| config.policies.of(&label).cloned()).unwrap_or_default();
    if policy.has_expired(edge.now_ms() / 1_000) {
        return Err(Error::KeyExpired);
    }
    Ok((caller, Some(Bound { label, policy })))
}

/// Who holds one of these keys, by the registry.
async fn holder<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    keys: &[&str],
) -> Result<Rc<Holder>, Error> {
    for key in keys {
        if let Some(holder) = registry::holder(gateway, edge, key).await? {
            return Ok(holder);
        }
    }
    Err(Error::WrongKey)
}

impl Bound {
    /// Applies it to a prompt: limits the answer, and has its tokens counted.
    ///
    /// # Errors
    /// [`Error::ModelForbidden`].
    pub(super) fn apply(&self, prompt: &mut Prompt<'_>, target: &Target<'_>) -> Result<(), Error> {
        let model = &target.model.id;
        if !self.policy.allows(model) {
            return Err(Error::ModelForbidden(model.clone()));
        }
        let limit = &mut prompt.limits.max_total_tokens;
        *limit = least(*limit, self.policy.max_tokens());
        // What the stream reports is the dialect's own decision, made before.
        if let Delivery::Stream { usage } = &mut prompt.delivery {
            *usage = UsageReport::Included;
        }
        Ok(())
    }

    /// Asks the ledger. Returns how the key stands, if that is known, and the tab of the request if
    /// it may go on.
    pub(super) async fn reserve<E: Runtime>(
        self,
        config: &Config,
        edge: &E,
        job: &Job<'_>,
        stamp: &Stamp,
    ) -> (Option<Standing>, Result<Option<Tab>, Error>) {
        let model = job.target.model.id.clone();
        let is_watched = config.admin_key.is_some();
        let reserve = Reserve {
            id: stamp.id.clone(),
            model: model.clone(),
            tokens: job.most_tokens(config.reserve_tokens),
            lasts_ms: lasts_ms(config),
            quota: self.policy.quota(),
            is_watched,
        };
        let started_ms = edge.now_ms();
        let status = if is_watched { 499 } else { 0 };
        let mut settle = Settle { id: stamp.id.clone(), model, status, ..Settle::default() };
        let internal = Kind::Internal.name().to_owned();
        let status = if is_watched { 500 } else { 0 };
        let lost = Settle { has_failed: true, status, error: internal, ..settle.clone() }.text();
        let answer = edge.reserve(&self.label, &reserve.text(), &lost).await;
        let verdict = answer.and_then(|answer| Verdict::read(&answer));
        settle.is_new = verdict.is_none();
        let (standing, refusal) = match (verdict, config.ledger_fails) {
            (Some(verdict), _) => (Some(verdict.standing), verdict.refusal.map(over_limit)),
            (None, LedgerFails::Open) => (None, None),
            (None, LedgerFails::Closed) => (None, Some(Error::LedgerFailed)),
        };
        if let Some(error) = refusal {
            edge.settle(&self.label, None);
            return (standing, Err(error));
        }
        let (clock, edge, label) = (edge.clone(), edge.clone(), self.label);
        let send = move |message: &str| edge.settle(&label, Some(message));
        let clock = Box::new(move || clock.now_ms());
        (standing, Ok(Some(Tab::new(settle, clock, started_ms, Box::new(send)))))
    }

    /// Notes that a request was refused before it was known what it may take.
    pub(super) fn note<E: Runtime>(self, config: &Config, edge: &E, error: &Error, stamp: &Stamp) {
        if config.admin_key.is_none() {
            return;
        }
        let facts = error.facts();
        let (id, status, error) = (stamp.id.clone(), facts.status.into(), facts.kind.name());
        let settle = Settle { id, status, error: error.to_owned(), ..Settle::default() };
        edge.note(&self.label, &settle.note());
    }
}

/// The lower of two limits.
fn least(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn over_limit(refusal: Refusal) -> Error {
    let Refusal { what, limit, wait_ms } = refusal;
    Error::OverLimit { what, limit, wait_s: wait_ms.map(|wait_ms| wait_ms.div_ceil(1_000)) }
}

/// How long a request can take, in milliseconds: the time for its answer, and some for its end.
fn lasts_ms(config: &Config) -> u64 {
    const FOR_ITS_END_MS: u64 = 30_000;
    let longest = config.timing.first_byte.max(config.timing.max_answer).as_millis();
    u64::try_from(longest).unwrap_or(u64::MAX).saturating_add(FOR_ITS_END_MS)
}
