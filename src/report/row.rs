//! A row of any of the statements in `edge/ledger.mjs`. One type for all is a third of the code.

use crate::json::{self, fields};

/// A row. What its statement does not give is empty.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Of a key: the beginning of its SHA-256.
    pub id: String,
    /// Of a key.
    pub label: String,
    /// Of a key: the JSON of its own policy; empty if it has none.
    pub policy: String,
    /// Of a key: in seconds since 1970-01-01 UTC.
    pub created: u64,
    /// Of usage: counted from 1970-01-01.
    pub day: u64,
    /// Of usage and outcomes.
    pub model: String,
    /// Of usage.
    pub requests: u64,
    /// Of usage.
    pub failures: u64,
    /// Of usage, as all tokens.
    pub prompt: u64,
    /// Of usage.
    pub completion: u64,
    /// Of usage.
    pub reasoning: u64,
    /// Of outcomes.
    pub status: u64,
    /// Of outcomes.
    pub error: String,
    /// Of outcomes: numbers, as JSON.
    pub n: String,
}

fields!(Row {
    id,
    label,
    policy,
    created,
    day,
    model,
    requests,
    failures,
    prompt,
    completion,
    reasoning,
    status,
    error,
    n,
});

impl Row {
    /// Reads the rows of each object.
    #[must_use]
    pub fn lists(rows: &str) -> Option<Vec<Vec<Self>>> {
        json::read(rows.as_bytes()).ok()
    }
}
