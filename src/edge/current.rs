//! Which request is running, so that a fault can be attributed to it.
//!
//! An isolate handles many requests concurrently, one step at a time. Every call into the
//! gateway says which request it is for.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    pin::pin,
};

use worker::wasm_bindgen::{self, prelude::wasm_bindgen};

thread_local! {
    static CURRENT: Cell<u32> = const { Cell::new(0) };
}

/// The number of the running request; 0 if there is none or it is not known. This reads
/// nothing else, so that it can be called on an instance that has failed.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn current_call() -> u32 {
    CURRENT.get()
}

/// Marks a request as running while this value lives. Then the previous request is running
/// again, because the runtime may call back from within a call.
pub(super) struct AtWork {
    before: u32,
}

impl AtWork {
    pub(super) fn on(call_number: u32) -> Self {
        Self { before: CURRENT.replace(call_number) }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        CURRENT.set(self.before);
    }
}

/// Runs `future`, and marks the request as running during each poll.
pub(super) async fn work_on<F: Future>(call_number: u32, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let _at_work = AtWork::on(call_number);
        future.as_mut().poll(context)
    })
    .await
}
