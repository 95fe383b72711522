//! DeGPT's origins, and the order in which they are tried.

use std::cell::Cell;

use super::{
    accounts::Accounts,
    visitor::{DerivedId, Visitor},
};
use crate::config::Config;

/// What one isolate knows about DeGPT's origins, and about the deployment's accounts there.
#[derive(Debug)]
pub struct Upstream {
    /// In the order of the configuration; never empty.
    pub(crate) origins: Vec<Origin>,
    /// Which of the deployment's own credentials rest.
    pub(super) accounts: Accounts,
    /// The visitor's id, if it is derived from the keys.
    pub(super) visitor_id: DerivedId,
}

/// One origin of DeGPT.
#[derive(Debug)]
pub(crate) struct Origin {
    /// Its URL, without a slash at the end.
    pub(crate) address: String,
    /// When it last failed, in milliseconds; 0 for never.
    failed_at_ms: Cell<u64>,
    /// The deployment's visitor there.
    pub(super) visitor: Visitor,
}

/// How long an origin that failed is tried last, in milliseconds.
const AVOID_MS: u64 = 30_000;

impl Upstream {
    /// A fresh state: no origin has failed, and no account rests.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let origins = config.origins.iter().map(|address| Origin {
            address: address.clone(),
            failed_at_ms: Cell::new(0),
            visitor: Visitor::default(),
        });
        Self {
            origins: origins.collect(),
            accounts: Accounts::default(),
            visitor_id: DerivedId::new(),
        }
    }

    /// The origins in the order to try them: those that failed recently come last.
    pub(crate) fn in_order(&self, now_ms: u64) -> Vec<&Origin> {
        let failed_lately = |origin: &&Origin| {
            let failed_at_ms = origin.failed_at_ms.get();
            failed_at_ms > 0 && now_ms.saturating_sub(failed_at_ms) < AVOID_MS
        };
        let (last, mut origins): (Vec<_>, Vec<_>) = self.origins.iter().partition(failed_lately);
        origins.extend(last);
        origins
    }
}

impl Origin {
    /// Records a failure: this origin is tried last for a while.
    pub(super) fn failed(&self, now_ms: u64) {
        self.failed_at_ms.set(now_ms);
    }

    /// Records an answer: this origin is no longer avoided.
    pub(super) fn answered(&self) {
        self.failed_at_ms.set(0);
    }
}
