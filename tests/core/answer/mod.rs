//! Answers on their way to a client.

mod ends;
mod exchange;
mod pace;
mod relay;
mod thoughts;
mod translate;
