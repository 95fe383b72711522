//! Faults on demand, for tests of what happens after a fault. This module exists only with
//! the feature `provoke`, which is never deployed.
//!
//! A request asks for a fault with the header `x-provoke`: `KIND@PLACE`, or `KIND@PLACE*3`
//! for the third time that the request reaches that place.

use std::{cell::RefCell, collections::HashMap, hint::black_box, time::Duration};

use worker::{
    Delay,
    wasm_bindgen::{self, JsValue, prelude::wasm_bindgen},
};

use super::current::current_call;

#[wasm_bindgen]
extern "C" {
    /// This is not declared to throw, so if it does, it ends the instance.
    #[wasm_bindgen(js_namespace = JSON, js_name = parse)]
    fn parse_json(text: &str) -> JsValue;
}

thread_local! {
    /// By request number.
    static PLANS: RefCell<HashMap<u32, Plan>> = RefCell::default();
}

struct Plan {
    kind: String,
    place: String,
    times_left: u32,
}

/// Reads the header of the running request.
pub(super) fn plan(header: Option<&str>) {
    let Some((kind, place)) = header.and_then(|header| header.split_once('@')) else {
        return;
    };
    let (place, times) = place.split_once('*').unwrap_or((place, "1"));
    let times_left = times.parse().unwrap_or(1);
    let plan = Plan { kind: kind.to_owned(), place: place.to_owned(), times_left };
    PLANS.with_borrow_mut(|plans| plans.insert(current_call(), plan));
}

/// Waits a little if the fault is planned for after a timer.
pub(super) async fn wait() {
    const WAIT_MS: u64 = 100;
    let waits = PLANS
        .with_borrow(|plans| plans.get(&current_call()).is_some_and(|plan| plan.place == "timer"));
    if waits {
        Delay::from(Duration::from_millis(WAIT_MS)).await;
        here("timer");
    }
}

/// Causes the fault, if the running request has one planned for this place and time.
pub(super) fn here(place: &str) {
    let kind = PLANS.with_borrow_mut(|plans| {
        let plan = plans.get_mut(&current_call()).filter(|plan| plan.place == place)?;
        plan.times_left = plan.times_left.saturating_sub(1);
        (plan.times_left == 0).then(|| plan.kind.clone())
    });
    match kind.as_deref() {
        Some("panic") => panic(),
        Some("allocation") => use_up_memory(),
        Some("unreachable") => std::process::abort(),
        Some("recursion") => drop(black_box(recurse(&0))),
        Some("throw") => drop(parse_json("a text of the request that nobody may log")),
        _ => {}
    }
}

#[expect(clippy::panic, reason = "it is what this is for")]
fn panic() {
    panic!("a text of the request that nobody may log");
}

/// Allocates more than a WebAssembly memory can have, in pieces that Rust would allow.
fn use_up_memory() {
    const PIECE_BYTES: usize = 1 << 30;
    let pieces: Vec<Vec<u8>> = (0..4).map(|_| Vec::with_capacity(PIECE_BYTES)).collect();
    black_box(pieces);
}

/// Recurses until the stack is used up.
#[expect(unconditional_recursion, reason = "it is what this is for")]
fn recurse(depth: &u64) -> u64 {
    recurse(black_box(&(depth + 1))) + black_box(depth)
}
