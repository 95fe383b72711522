//! degpt-edge: a Cloudflare Worker that lets OpenAI and Anthropic clients talk to DeGPT.
//!
//! ```text
//!            client                                              DeGPT
//!              │ request                                           ▲ request
//!              ▼                                                   │
//!  route ─▶ auth ─▶ openai / anthropic ─▶ Prompt ─▶ catalog ─▶ degpt::body
//!                                                                  │
//!              ▲ answer                                            ▼ stream
//!              │                                                   │
//!  relay ◀─ openai / anthropic ◀──────── Event ◀─────── sse ─▶ degpt::Reader
//!           └──────────────── translate::Translator ───────────────┘
//! ```
//!
//! The gateway is a pure function of a request, a [`chat::Stamp`] and an
//! [`edge_api::Edge`], which is all it knows of the world. A thin shell, `edge`,
//! compiled for wasm32 alone, is that world in the Workers runtime; tests bring
//! their own. Everything else runs natively, without a clock or randomness.
//!
//! Layers, lowest first: a module uses what stands below its own line, and a test
//! reads this list (`tests/core/layers.rs`).
//!
//! 0. `scan`, `names`, `headers`, [`error`], [`tokens`]: bytes, look-ups, what may stand
//!    in a header, failures, and how much a text counts.
//! 1. [`json`], [`sse`], [`secret`], [`chat`]: the two formats, credentials, and the
//!    neutral middle in which client APIs and DeGPT meet.
//! 2. [`prompt_tokens`], [`catalog`]: how much a request counts, which models there are.
//! 3. [`config`]: the deployment's variables.
//! 4. [`auth`], [`tools`], [`patience`]: who may use the deployment; tool calls over plain
//!    text: the instructions, and the calls in an answer; how long one is waited for.
//! 5. [`dialect`], [`degpt`], [`limits`]: the client APIs; the upstream's language and
//!    its oddities; where an answer ends.
//! 6. [`route`], [`translate`]: from a path to a route; from DeGPT's bytes to a client's.
//! 7. [`relay`]: one streamed answer in time.
//! 8. [`edge_api`]: the seam between all this and the world.
//! 9. [`shared`]: what requests of an isolate share.
//! 10. [`upstream`]: credentials, failover, retries.
//! 11. [`gateway`]: one request, top to bottom.
//! 12. `edge`: the Workers runtime, the only code that knows wasm.
//!
//! Invariants: dependencies run downward in that list; `openai`, `anthropic` and
//! `degpt` know only `chat`, never each other (and `degpt` how [`tools::markup`]
//! spells a call); nothing of a request (prompt, key, picture) is logged or enters
//! an error message of the gateway's own, but for a model's, a role's or a part's
//! name and the path; no input from outside can make it panic.

pub mod auth;
pub mod catalog;
pub mod chat;
pub mod config;
pub mod degpt;
pub mod dialect;
pub mod edge_api;
pub mod error;
pub mod gateway;
mod headers;
pub mod json;
pub mod limits;
mod names;
pub mod patience;
pub mod prompt_tokens;
pub mod relay;
pub mod route;
mod scan;
pub mod secret;
pub mod shared;
pub mod sse;
pub mod tokens;
pub mod tools;
pub mod translate;
pub mod upstream;

#[cfg(target_arch = "wasm32")]
mod edge;
