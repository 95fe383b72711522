//! The places where DeGPT is, and which of them is tried first.

use std::cell::Cell;

use super::visitor::{DerivedId, Visitor};
use crate::config::Config;

/// DeGPT as one isolate knows it.
#[derive(Debug)]
pub struct Upstream {
    /// In the order of the configuration; never empty.
    pub(crate) origins: Vec<Origin>,
    /// The visitor's id, where it is derived.
    pub(super) visitor_id: DerivedId,
}

/// One place where DeGPT is.
#[derive(Debug)]
pub(crate) struct Origin {
    /// Its address, without a slash at the end.
    pub(crate) address: String,
    /// When it last failed, in milliseconds; 0 for never.
    failed_at_ms: Cell<u64>,
    /// The deployment's visitor there.
    pub(super) visitor: Visitor,
}

/// How long an origin that failed is tried last.
const AVOID_MS: u64 = 30_000;

impl Upstream {
    /// Nothing known yet.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let origins = config.origins.iter().map(|address| Origin {
            address: address.clone(),
            failed_at_ms: Cell::new(0),
            visitor: Visitor::default(),
        });
        Self { origins: origins.collect(), visitor_id: DerivedId::new() }
    }

    /// The origins in the order to try them: those that failed lately last.
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
    /// It failed: for a while it is tried last.
    pub(super) fn failed(&self, now_ms: u64) {
        self.failed_at_ms.set(now_ms);
    }

    /// It answered.
    pub(super) fn answered(&self) {
        self.failed_at_ms.set(0);
    }
}
