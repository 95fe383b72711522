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
//! reads this list (`tests/core/layers.rs`). The first four are a crate of their own, in
//! `src/base/`: all bytes of an answer pass them, so they are built for speed. The rest, most
//! of the program, is built for size.
//!
//! 0. `scan`, `text`, `names`, `headers`, [`notes`], [`error`], [`tokens`]: bytes, look-ups, what may
//!    stand in a header, which fields have no effect, failures, and how much a text counts.
//! 1. [`json`], [`sse`], `base64`: the formats.
//! 2. [`chat`], [`in_flight`]: the neutral middle, in which client APIs and DeGPT meet; how many
//!    bytes all requests hold.
//! 3. `degpt_chunk`: the form of nearly every chunk of DeGPT's.
//! 4. [`prompt_tokens`], [`record`], [`catalog`], [`secret`], [`calendar`], [`web`]: how much a request
//!    counts, what became of it, which models there are, credentials, days and times, addresses and
//!    pages of the web.
//! 5. [`policy`]: what each key may do.
//! 6. [`config`]: the deployment's variables.
//! 7. [`auth`], [`ledger`], [`tools`]: who may use the deployment; what each key has taken; tool
//!    calls over plain text: the instructions, and the calls in an answer.
//! 8. [`dialect`], [`degpt`], [`report`]: the client APIs; the upstream's language and its oddities;
//!    usage and metrics, as they are read.
//! 9. [`answer`]: from DeGPT's bytes to a client's: where an answer ends, how long it is
//!    waited for, whole or streamed.
//! 10. [`runtime`]: the seam between all this and the world.
//! 11. [`cached`], [`upload`]: what requests of an isolate share; a client's body.
//! 12. [`upstream`]: credentials, failover, retries.
//! 13. [`gateway`]: one request, top to bottom.
//! 14. `edge`: the Workers runtime, the only code that knows wasm.
//!
//! Invariants: dependencies run downward in that list; the client APIs of [`dialect`]
//! and [`degpt`] meet only in [`chat`], never each other (and `degpt` how [`tools::markup`]
//! spells a call); nothing of a request (prompt, key, picture) is logged or enters
//! an error message of the gateway's own, but for a model's, a role's or a part's
//! name and the path; no input from outside can make it panic.

use degpt_edge_base::{base64, degpt_chunk, headers, names, text};
pub use degpt_edge_base::{chat, error, in_flight, json, notes, sse, tokens};

pub mod answer;
pub mod auth;
pub mod cached;
pub mod calendar;
pub mod catalog;
pub mod config;
pub mod degpt;
pub mod dialect;
pub mod gateway;
pub mod ledger;
pub mod policy;
pub mod prompt_tokens;
pub mod record;
pub mod report;
pub mod runtime;
pub mod secret;
pub mod tools;
pub mod upload;
pub mod upstream;
pub mod web;

#[cfg(target_arch = "wasm32")]
mod edge;
