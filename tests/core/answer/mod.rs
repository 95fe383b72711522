//! Answers on their way to a client.

mod relay;
mod translate;
