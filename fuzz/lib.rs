//! What the fuzz targets call: the functions that the tests run, too.

#[path = "../tests/core/support/answers.rs"]
mod answers;
#[path = "../tests/core/support/apis.rs"]
mod apis;
#[path = "../tests/core/support/contract.rs"]
mod contract;
#[path = "../tests/core/support/json.rs"]
mod json;
#[path = "../tests/core/support/units.rs"]
mod units;

pub use answers::{calls, quotes};
pub use json::json;
pub use units::{config, decoder, requests, translator};
