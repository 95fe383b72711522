//! The gateway from a client's request to its answer, in a scripted world: what it
//! asks of DeGPT, how often and with which credential, and what the client gets.

mod admin;
mod attempts;
mod choices;
mod configuration;
pub(crate) mod deployment;
mod outlet;
mod policies;
mod routes;
mod schema;
mod sign_in;
mod timing;
mod uploads;
mod usage;
pub(crate) mod world;
