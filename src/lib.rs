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
//! In reading order:
//! - [`gateway`]: one request, top to bottom; `headers`: what of it an answer's repeat.
//! - [`route`], [`auth`], [`config`]: what is asked, by whom, of which deployment.
//! - [`upload`], [`in_flight`]: a client's body, and how much all requests hold.
//! - [`catalog`], [`models`]: which models there are, and the routes that list them.
//! - [`openai`], [`anthropic`]: the two dialects; [`json`]: how they read a body.
//! - [`chat`]: the neutral middle, in which all of them meet DeGPT.
//! - [`degpt`]: the upstream's language and its oddities; [`sse`]: event streams;
//!   `scan`: what both look for in them; `names`: looking names up.
//! - [`limits`]: where an answer ends, and what it counts.
//! - [`tools`]: tool calls over plain text: the instructions, and the calls in an answer.
//! - [`translate`], [`relay`]: its answers into the client's, whole or in time;
//!   [`patience`]: how long they are waited for.
//! - [`upstream`], `visitor`, [`shared`]: credentials, failover, what requests share.
//! - [`tokens`], [`prompt_tokens`]: how much an exchange counts.
//! - [`error`]: every failure, in both dialects.
//!
//! Invariants: dependencies run downward in that list; `openai`, `anthropic` and
//! `degpt` know only `chat`, never each other (and `degpt` how [`tools::markup`]
//! spells a call); nothing of a request (prompt, key, picture) is logged or enters
//! an error message of the gateway's own, but for a model's, a role's or a part's
//! name and the path; no input from outside can make it panic.

pub mod anthropic;
pub mod auth;
pub mod catalog;
pub mod chat;
pub mod config;
pub mod degpt;
pub mod edge_api;
pub mod error;
pub mod gateway;
mod headers;
pub mod in_flight;
pub mod json;
pub mod limits;
pub mod models;
mod names;
pub mod openai;
pub mod patience;
pub mod prompt_tokens;
pub mod relay;
pub mod route;
mod scan;
pub mod shared;
pub mod sse;
pub mod tokens;
pub mod tools;
pub mod translate;
pub mod upload;
pub mod upstream;
mod visitor;

#[cfg(target_arch = "wasm32")]
mod edge;
