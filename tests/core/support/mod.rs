//! What tests share. `fuzz` and `benches` use files of it by their paths.

pub(crate) mod answers;
pub(crate) mod apis;
pub(crate) mod contract;
pub(crate) mod json;
pub(crate) mod requests;
pub(crate) mod streams;
pub(crate) mod units;
