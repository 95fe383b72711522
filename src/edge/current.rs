//! Which request is at work, so that a fault can be told to be its.
//!
//! Many requests are handled at once, a stretch at a time: whoever calls into the
//! gateway says for which of them.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    pin::pin,
};

use worker::wasm_bindgen::{self, prelude::wasm_bindgen};

thread_local! {
    static CURRENT: Cell<u32> = const { Cell::new(0) };
}

/// The number of the request that is at work; 0 if none is, or if it is not known.
/// It touches nothing else, so that it can be asked of an instance that has failed.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn current_call() -> u32 {
    CURRENT.get()
}

/// While this lives, a request is at work; afterwards the one that was before, for
/// the runtime may call back from within a call.
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

/// `future`, each stretch of which is work on that request.
pub(super) async fn work_on<F: Future>(call_number: u32, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let _at_work = AtWork::on(call_number);
        future.as_mut().poll(context)
    })
    .await
}
