//! What the fuzz targets call: the functions that the tests run, too.

#[path = "../tests/support/answers.rs"]
mod answers;
#[path = "../tests/support/contract.rs"]
mod contract;
#[path = "../tests/support/json.rs"]
mod json;
#[path = "../tests/support/units.rs"]
mod units;

pub use answers::{calls, quotes};
pub use json::json;
pub use units::{config, decoder, requests, translator};
