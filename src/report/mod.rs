//! What operators and clients read of the ledgers: usage by day and model, as JSON and CSV, and metrics
//! in Prometheus' text format. The rows are those of the statements in `edge/ledger.mjs`.

mod metrics;
mod usage;

pub use metrics::metrics;
pub use usage::{Days, Usage};
