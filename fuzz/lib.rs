//! What the fuzz targets call: the functions that the tests run, too.

#[path = "../tests/core/support/apis.rs"]
mod apis;
#[path = "../tests/core/support/contract.rs"]
mod contract;
#[path = "../tests/core/support/units.rs"]
mod units;

pub use units::{config, decoder, requests, translator};
