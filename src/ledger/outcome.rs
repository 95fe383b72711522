//! How requests ended: what is summed up for each model, status and error.

use super::{form, message::Settle};
use crate::json;

/// A sum: requests to a model that ended with a status and an error. Or, with the status 0, attempts
/// at an origin (in `model`) that failed with an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The model's id; empty if the request named none that exists.
    pub model: String,
    /// The status.
    pub status: u64,
    /// The name of the error's kind; empty if there was none.
    pub error: String,
    /// What is added: how many there were, then what [`Times`] says. What is missing at the end is 0.
    pub n: Vec<u64>,
}

/// The numbers of an [`Outcome`] after the first, by their place.
#[derive(Debug, Clone, Copy)]
pub struct Times;

impl Times {
    /// Tokens: of the prompt, of the answer, of its reasoning.
    pub const TOKENS: usize = 1;
    /// The times to the first byte of streams, and of requests from start to end: their sums, in
    /// milliseconds, and how many took up to 250 ms, 500 ms and so on, each twice as long; the last
    /// how many took longer.
    pub const SUMS: [usize; 2] = [4, 5];
    /// See [`Times::SUMS`].
    pub const BUCKETS: [usize; 2] = [6, 6 + Self::COUNT];
    /// How many buckets there are.
    pub const COUNT: usize = 13;
}

impl Outcome {
    /// One request.
    pub(super) fn of(settle: &Settle) -> Self {
        let Settle { prompt_tokens, completion_tokens, reasoning_tokens, .. } = *settle;
        let mut n = vec![1, prompt_tokens, completion_tokens, reasoning_tokens];
        let times = [settle.first_ms, settle.all_ms];
        n.extend(times);
        for time_ms in times {
            for place in 0..Times::COUNT {
                n.push((time_ms > 0 && place == bucket(time_ms)).into());
            }
        }
        Self { n, ..Self::one(&settle.model, settle.status, &settle.error) }
    }

    /// One of which nothing else is known.
    pub(super) fn one(model: &str, status: u64, error: &str) -> Self {
        Self { model: model.to_owned(), status, error: error.to_owned(), n: vec![1] }
    }

    /// The numbers `before`, as JSON, with these added.
    #[must_use]
    pub fn added(&self, before: &str) -> String {
        let mut sums: Vec<u64> = json::read(before.as_bytes()).unwrap_or_default();
        sums.resize(sums.len().max(self.n.len()), 0);
        for (sum, more) in sums.iter_mut().zip(&self.n) {
            *sum = sum.saturating_add(*more);
        }
        String::from_utf8(form::list(Vec::new(), &sums)).unwrap_or_default()
    }
}

/// The place of the bucket for a time.
fn bucket(time_ms: u64) -> usize {
    let last = Times::COUNT - 1;
    (0..last).find(|place| time_ms <= 250 << place).unwrap_or(last)
}
