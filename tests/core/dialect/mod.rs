//! The client APIs: their requests, and how they spell errors.

mod anthropic_history;
mod anthropic_tools;
mod bad_requests;
mod errors;
mod fields;
mod parameters;
mod tool_requests;
