//! The deployment's own credentials at DeGPT (`DEGPT_API_KEY`), and which of them rest.
//!
//! A client stays with one of them as long as it works, so that the limits and caches of each
//! serve as few clients as possible. A rest is an order of preference and never a ban: if all
//! rest, one of them is still asked. So no client can keep others from DeGPT by requests that
//! every account fails at.

use std::{cell::RefCell, cmp::Reverse, rc::Rc};

use super::{retry::Rest, retry_after};
use crate::{
    error::Error,
    secret::{Secret, Tag},
};

/// How long a credential rests that DeGPT does not know. Its operator has to act.
const REFUSED_MS: u64 = 600_000;
/// How long one rests for a model that did not answer it.
const FOR_MODEL_MS: u64 = 300_000;
/// How long one rests that was used too often, where DeGPT does not say.
const LIMITED_MS: u64 = 60_000;
/// The longest rest that DeGPT can ask for: its numbers are counted by the day.
const MOST_MS: u64 = 86_400_000;

/// All credentials, in the order of the configuration.
#[derive(Debug)]
pub(super) struct Accounts(Vec<Account>);

#[derive(Debug)]
struct Account {
    secret: Secret,
    /// Decides which clients prefer it. Who does not know the credential cannot tell.
    tag: Tag,
    rests: RefCell<Vec<Resting>>,
}

#[derive(Debug)]
struct Resting {
    /// `None` if it rests for all models.
    model: Option<Rc<str>>,
    since_ms: u64,
    until_ms: u64,
}

impl Accounts {
    pub(super) fn new(keys: &[Secret]) -> Self {
        let account = |secret: &Secret| Account {
            secret: secret.clone(),
            tag: Tag::of(secret.reveal()),
            rests: RefCell::default(),
        };
        Self(keys.iter().map(account).collect())
    }

    /// The credential in this place.
    pub(super) fn secret(&self, place: usize) -> Option<&Secret> {
        self.0.get(place).map(|account| &account.secret)
    }

    /// The place of the next credential for a request of `client` to `model`, of which those in
    /// `tried` have failed. The first one is always there, even if all rest: then it is one that
    /// rests for this model alone, or else the one whose rest ends first.
    pub(super) fn next(
        &self,
        client: Tag,
        model: &str,
        tried: &[usize],
        now_ms: u64,
    ) -> Option<usize> {
        let untried = self.0.iter().enumerate().filter(|(place, _)| !tried.contains(place));
        let ranked = untried.map(|(place, account)| {
            let rests_until_ms = account.rests_until_ms(None, now_ms);
            let rests_for_model = account.rests_until_ms(Some(model), now_ms) > 0;
            ((rests_until_ms, rests_for_model, Reverse(client.with(account.tag))), place)
        });
        let ((rests_until_ms, rests_for_model, _), place) = ranked.min()?;
        let rests = rests_until_ms > 0 || rests_for_model;
        (tried.is_empty() || !rests).then_some(place)
    }

    /// Puts one to rest after `error`. Returns for how long, in milliseconds, if it did not rest
    /// before. The only one there is never rests.
    pub(super) fn rest(
        &self,
        place: usize,
        rest: Rest,
        model: &Rc<str>,
        error: &Error,
        now_ms: u64,
    ) -> Option<u64> {
        let account = self.0.get(place).filter(|_| self.0.len() > 1)?;
        let (model, for_ms) = match rest {
            Rest::Refused => (None, REFUSED_MS),
            Rest::Limited => (None, wait_ms(error, now_ms).clamp(1_000, MOST_MS)),
            Rest::ForModel => (Some(Rc::clone(model)), FOR_MODEL_MS),
        };
        let rested = account.rests_until_ms(model.as_deref(), now_ms) > 0;
        let mut rests = account.rests.borrow_mut();
        rests.retain(|resting| resting.until_ms > now_ms && resting.model != model);
        rests.push(Resting { model, since_ms: now_ms, until_ms: now_ms.saturating_add(for_ms) });
        (!rested).then_some(for_ms)
    }

    /// One has answered a request that was sent at `asked_ms`: its rests end that are older. If it
    /// rested for the model, the model answers again, and all others are tried for it again too.
    pub(super) fn answered(&self, place: usize, model: &str, asked_ms: u64) {
        let Some(account) = self.0.get(place) else {
            return;
        };
        account.end_rest(None, asked_ms);
        if account.end_rest(Some(model), asked_ms) {
            for other in &self.0 {
                other.end_rest(Some(model), asked_ms);
            }
        }
    }
}

impl Account {
    /// When it is no longer at rest for `model` alone, or for all if `None`; 0 if it does not rest.
    fn rests_until_ms(&self, model: Option<&str>, now_ms: u64) -> u64 {
        let rests = self.rests.borrow();
        let mut rests = rests.iter().filter(|resting| resting.until_ms > now_ms);
        let resting = rests.find(|resting| resting.model.as_deref() == model);
        resting.map_or(0, |resting| resting.until_ms)
    }

    /// Ends the rest for `model`, or for all if `None`, if it had begun by `asked_ms`. Returns
    /// whether it did.
    fn end_rest(&self, model: Option<&str>, asked_ms: u64) -> bool {
        let mut rests = self.rests.borrow_mut();
        let before = rests.len();
        rests.retain(|resting| resting.model.as_deref() != model || resting.since_ms > asked_ms);
        rests.len() < before
    }
}

/// How long the client has to wait after `error`, in milliseconds; the most there is if waiting
/// does not help.
pub(super) fn wait_ms(error: &Error, now_ms: u64) -> u64 {
    match error {
        Error::RateLimited { retry_after } => {
            let wait_ms =
                retry_after.as_deref().and_then(|value| retry_after::wait_ms(value, now_ms));
            wait_ms.unwrap_or(LIMITED_MS)
        }
        _ => u64::MAX,
    }
}
