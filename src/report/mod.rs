//! What operators and clients read of the ledgers: usage by day and model, as JSON and CSV, and metrics
//! in Prometheus' text format.

mod metrics;
mod row;
mod usage;

pub use metrics::metrics;
pub use row::Row;
pub use usage::{Days, Usage};
