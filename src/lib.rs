//! degpt-edge: a Cloudflare Worker that lets clients of OpenAI and Anthropic talk to DeGPT.
//!
//! ```text
//!            client                                              DeGPT
//!              │ request                                           ▲ request
//!              ▼                                                   │
//!  gateway ─▶ auth ─▶ dialect (parse) ─▶ Prompt ─▶ catalog ─▶ degpt (request)
//!                                                                  │
//!              ▲ answer                                            ▼ stream
//!              │                                                   │
//!  answer ◀─ dialect (encode) ◀────────── Event ◀──────── degpt (stream) ◀─ sse
//! ```
//!
//! The gateway is a pure function of a request, a [`chat::Stamp`] and a
//! [`runtime::Runtime`], which is all it knows of the world. A thin shell, `edge`,
//! compiled for wasm32 alone, is that world in the Workers runtime; tests bring
//! their own. Everything else runs natively, without a clock or randomness.
//!
//! Layers, lowest first: a module uses what stands below its own line, and a test
//! reads this list (`tests/core/layers.rs`).
//!
//! 0. `scan`, `text`, `names`, `headers`, [`notes`], [`error`], [`tokens`]: bytes, look-ups, what may
//!    stand in a header, which fields have no effect, failures, and how much a text counts.
//! 1. [`json`], [`sse`], [`secret`], [`in_flight`]: the two formats, credentials, and how
//!    many bytes all requests hold.
//! 2. [`chat`]: the neutral middle, in which client APIs and DeGPT meet.
//! 3. [`prompt_tokens`], [`catalog`]: how much a request counts, which models there are.
//! 4. [`config`]: the deployment's variables.
//! 5. [`auth`], [`tools`]: who may use the deployment; tool calls over plain text: the
//!    instructions, and the calls in an answer.
//! 6. [`dialect`], [`degpt`]: the client APIs; the upstream's language and its oddities.
//! 7. [`answer`]: from DeGPT's bytes to a client's: where an answer ends, how long it is
//!    waited for, whole or streamed.
//! 8. [`runtime`]: the seam between all this and the world.
//! 9. [`cached`], [`upload`]: what requests of an isolate share; a client's body.
//! 10. [`upstream`]: credentials, failover, retries.
//! 11. [`gateway`]: one request, top to bottom.
//! 12. `edge`: the Workers runtime, the only code that knows wasm.
//!
//! Invariants: dependencies run downward in that list; the client APIs of [`dialect`]
//! and [`degpt`] meet only in [`chat`], never each other (and `degpt` how [`tools::markup`]
//! spells a call); nothing of a request (prompt, key, picture) is logged or enters
//! an error message of the gateway's own, but for a model's, a role's or a part's
//! name and the path; no input from outside can make it panic.

pub mod answer;
pub mod auth;
pub mod cached;
pub mod catalog;
pub mod chat;
pub mod config;
pub mod degpt;
pub mod dialect;
pub mod error;
pub mod gateway;
mod headers;
pub mod in_flight;
pub mod json;
mod names;
pub mod notes;
pub mod prompt_tokens;
pub mod runtime;
mod scan;
pub mod secret;
pub mod sse;
mod text;
pub mod tokens;
pub mod tools;
pub mod upload;
pub mod upstream;

#[cfg(target_arch = "wasm32")]
mod edge;
