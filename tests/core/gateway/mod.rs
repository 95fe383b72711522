//! The gateway from a client's request to its answer, in a scripted world: what it
//! asks of DeGPT, how often and with which credential, and what the client gets.

mod accounts;
mod admin;
mod attempts;
mod auto;
mod choices;
mod configuration;
mod daily;
pub(crate) mod deployment;
mod health;
mod lines;
mod live;
mod outlet;
mod policies;
mod routes;
mod schema;
mod sign_in;
mod timing;
mod uploads;
mod usage;
mod web;
pub(crate) mod world;
