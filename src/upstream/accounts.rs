//! The deployment's own credentials at DeGPT (`DEGPT_API_KEY`), and which of them rest.
//!
//! A client stays with one of them as long as it works, so that the limits and caches of each
//! serve as few clients as possible. A rest is an order of preference and never a ban: if all
//! rest, one of them is still asked. So no client can keep others from DeGPT by requests that
//! every account fails at.

use std::cell::RefCell;

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

/// The rests of the credentials: one for each and a model at most. Those that are over are written
/// over.
#[derive(Debug, Default)]
pub(super) struct Accounts(RefCell<Vec<Resting>>);

#[derive(Debug)]
struct Resting {
    /// The place of the credential in the configuration.
    place: usize,
    /// The tag of the model, or [`ALL_MODELS`].
    model: Tag,
    since_ms: u64,
    until_ms: u64,
}

/// What stands for the model when a credential rests for all of them.
const ALL_MODELS: Tag = Tag::NONE;

impl Accounts {
    /// The place of the next of `keys` for a request of `client` to `model`, of which those in
    /// `tried` have failed. The first one is always there, even if all rest: then it is one that
    /// rests for this model alone, or else the one whose rest ends first.
    pub(super) fn next(
        &self,
        keys: &[Secret],
        client: Tag,
        model: Tag,
        tried: &[usize],
        now_ms: u64,
    ) -> Option<usize> {
        let mut best = None;
        for (place, key) in keys.iter().enumerate() {
            if tried.contains(&place) {
                continue;
            }
            let rests_ms = self.rests_ms(place, ALL_MODELS, now_ms);
            let rests_for_model = self.rests_ms(place, model, now_ms) > 0;
            // Who does not know the key cannot tell which clients prefer it.
            let preference = client.with(Tag::of(key.reveal()));
            let rank = (rests_ms << 1 | u64::from(rests_for_model), !preference);
            if best.is_none_or(|(best, _)| rank < best) {
                best = Some((rank, place));
            }
        }
        let ((rests, _), place) = best?;
        (tried.is_empty() || rests == 0).then_some(place)
    }

    /// Puts one to rest after `error`. Returns for how long, in milliseconds, if it did not rest
    /// before.
    pub(super) fn rest(
        &self,
        place: usize,
        rest: Rest,
        model: Tag,
        error: &Error,
        now_ms: u64,
    ) -> Option<u64> {
        let (model, for_ms) = match rest {
            Rest::Refused => (ALL_MODELS, REFUSED_MS),
            Rest::Limited => (ALL_MODELS, wait_ms(error, now_ms).clamp(1_000, MOST_MS)),
            Rest::ForModel => (model, FOR_MODEL_MS),
        };
        let new = Resting { place, model, since_ms: now_ms, until_ms: now_ms + for_ms };
        let mut rests = self.0.borrow_mut();
        let Some(old) = rests.iter_mut().find(|old| (old.place, old.model) == (place, model))
        else {
            rests.push(new);
            return Some(for_ms);
        };
        let rested = old.until_ms > now_ms;
        *old = new;
        (!rested).then_some(for_ms)
    }

    /// One has answered a request that was sent at `asked_ms`: its rests end that are older. If it
    /// rested for the model, the model answers again, and all others are tried for it again too.
    pub(super) fn answered(&self, place: usize, model: Tag, asked_ms: u64) {
        let answers_again = self.rests_ms(place, model, asked_ms) > 0;
        for resting in self.0.borrow_mut().iter_mut() {
            let is_its_own = (resting.place, resting.model) == (place, ALL_MODELS);
            let is_of_model = resting.model == model && answers_again;
            if resting.since_ms <= asked_ms && (is_its_own || is_of_model) {
                resting.until_ms = 0;
            }
        }
    }

    /// How long one still rests for this model alone, or for [`ALL_MODELS`], in milliseconds.
    fn rests_ms(&self, place: usize, model: Tag, now_ms: u64) -> u64 {
        let rests = self.0.borrow();
        let resting = rests.iter().find(|resting| (resting.place, resting.model) == (place, model));
        resting.map_or(0, |resting| resting.until_ms.saturating_sub(now_ms))
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
