//! The core, natively: one folder for each part of `src` that has a contract of its own.

mod answer;
mod degpt;
mod dialect;
mod gateway;
mod layers;
mod ledger;
mod properties;
mod support;
mod tools;
mod toy_dialect;
