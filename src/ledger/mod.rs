//! The ledger: what the keys of each label have taken, and whether they may take more.
//!
//! ```text
//!  gateway ── Reserve ──▶ act ──▶ Verdict ──▶ gateway        before DeGPT is asked
//!  gateway ── Settle ───▶ act                                 when the answer is over
//! ```
//!
//! There is one ledger for each label that has a policy, and all isolates ask it: in Workers it is
//! a Durable Object (`edge/ledger.rs`), which keeps what [`act`] returns. This is a pure function of
//! what was kept, of a message and of the time: it has no clock and does no I/O. For a while after a
//! deployment an old worker talks to a new ledger, so what is not known is skipped (`form.rs`).
//!
//! - A request **reserves** its prompt's tokens, which are counted, and those that its answer may
//!   have. It is one message, and nothing is asked of DeGPT before the [`Verdict`].
//! - The request's [`Record`](crate::record::Record) knows what was used. The request **settles** when
//!   that is closed: at its end, after an error, or when the client has left. That does not hold up
//!   the answer.
//! - A reservation that is never settled (the isolate was ended) **lapses**: it no longer counts
//!   towards the limits. An hour later it is noted as a failure; until then it can be settled.
//!
//! Limits are exact: requests and settled tokens count for 60 to 61 seconds; what is reserved counts
//! until it is settled. So no 60 seconds have more than a limit, unless an answer or its reasoning is
//! without a limit and longer than the guess that was reserved for it, or the answer read the web.

mod account;
mod form;
mod message;
mod outcome;
mod window;

pub use account::{Acted, Entry, act};
pub use message::{Gauge, Refusal, Reserve, Settle, Standing, Verdict};
pub use outcome::{Outcome, Times};
