//! What the fuzz targets call: the functions that the tests run, too.

#[path = "../tests/support/contract.rs"]
mod contract;
#[path = "../tests/support/units.rs"]
mod units;

pub use units::{config, decoder, requests, translator};
