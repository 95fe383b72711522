//! The deployment's own credentials at DeGPT (`DEGPT_API_KEY`), and which of them rest.
//!
//! A client stays with one of them as long as it works, so that the limits and caches of each
//! serve as few clients as possible. A rest is an order of preference and never a ban: if all
//! rest, one of them is still asked. So no client can keep others from DeGPT by requests that
//! every account fails at.

use std::{cell::RefCell, cmp::Reverse};

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

/// All credentials, in the order of the configuration, and the rests of each.
#[derive(Debug)]
pub(super) struct Accounts {
    /// With the tag that decides which clients prefer it. Who does not know the credential cannot
    /// tell.
    secrets: Vec<(Secret, Tag)>,
    /// One for each account and model at most; those that are over are written over.
    rests: RefCell<Vec<Resting>>,
}

#[derive(Debug)]
struct Resting {
    place: usize,
    /// `None` if it rests for all models.
    model: Option<String>,
    since_ms: u64,
    until_ms: u64,
}

impl Accounts {
    pub(super) fn new(keys: &[Secret]) -> Self {
        let secrets = keys.iter().map(|secret| (secret.clone(), Tag::of(secret.reveal())));
        Self { secrets: secrets.collect(), rests: RefCell::default() }
    }

    /// The credential in this place.
    pub(super) fn secret(&self, place: usize) -> Option<&Secret> {
        self.secrets.get(place).map(|(secret, _)| secret)
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
        let mut best = None;
        for (place, (_, tag)) in self.secrets.iter().enumerate() {
            let rests_ms = self.rests_ms(place, None, now_ms);
            let rests_for_model = self.rests_ms(place, Some(model), now_ms) > 0;
            let rank = (rests_ms, rests_for_model, Reverse(client.with(*tag)), place);
            if !tried.contains(&place) && best.is_none_or(|best| rank < best) {
                best = Some(rank);
            }
        }
        let (rests_ms, rests_for_model, _, place) = best?;
        let rests = rests_ms > 0 || rests_for_model;
        (tried.is_empty() || !rests).then_some(place)
    }

    /// Puts one to rest after `error`. Returns for how long, in milliseconds, if it did not rest
    /// before. The only one there is never rests.
    pub(super) fn rest(
        &self,
        place: usize,
        rest: Rest,
        model: &str,
        error: &Error,
        now_ms: u64,
    ) -> Option<u64> {
        if self.secrets.len() < 2 {
            return None;
        }
        let (model, for_ms) = match rest {
            Rest::Refused => (None, REFUSED_MS),
            Rest::Limited => (None, wait_ms(error, now_ms).clamp(1_000, MOST_MS)),
            Rest::ForModel => (Some(model.to_owned()), FOR_MODEL_MS),
        };
        let until_ms = now_ms.saturating_add(for_ms);
        let mut rests = self.rests.borrow_mut();
        for resting in rests.iter_mut() {
            if resting.is_of(place, model.as_deref()) {
                let rested = resting.until_ms > now_ms;
                (resting.since_ms, resting.until_ms) = (now_ms, until_ms);
                return (!rested).then_some(for_ms);
            }
        }
        rests.push(Resting { place, model, since_ms: now_ms, until_ms });
        Some(for_ms)
    }

    /// One has answered a request that was sent at `asked_ms`: its rests end that are older. If it
    /// rested for the model, the model answers again, and all others are tried for it again too.
    pub(super) fn answered(&self, place: usize, model: &str, asked_ms: u64) {
        let answers_again = self.rests_ms(place, Some(model), asked_ms) > 0;
        for resting in self.rests.borrow_mut().iter_mut() {
            let is_of_model = resting.model.as_deref() == Some(model) && answers_again;
            if resting.since_ms <= asked_ms && (resting.is_of(place, None) || is_of_model) {
                resting.until_ms = 0;
            }
        }
    }

    /// How long one still rests for `model` alone, or for all if `None`, in milliseconds.
    fn rests_ms(&self, place: usize, model: Option<&str>, now_ms: u64) -> u64 {
        let rests = self.rests.borrow();
        let resting = rests.iter().find(|resting| resting.is_of(place, model));
        resting.map_or(0, |resting| resting.until_ms.saturating_sub(now_ms))
    }
}

impl Resting {
    fn is_of(&self, place: usize, model: Option<&str>) -> bool {
        self.place == place && self.model.as_deref() == model
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
