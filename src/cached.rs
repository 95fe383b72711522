//! A value that requests of one isolate share: made once, however many ask at once.
//!
//! A runtime like `workerd` ties input and output to the request that began it,
//! so a request must not wait for another's promise. Who finds the value being
//! made looks again every few milliseconds by a timer of its own; if the maker
//! has gone (its client left), its lease runs out and the next one takes over.

use std::cell::RefCell;

use crate::{error::Error, runtime::Runtime};

/// A value, or the error of the last try to make it, and how long it holds.
#[derive(Debug)]
pub struct Cached<T>(RefCell<State<T>>);

#[derive(Debug, Clone)]
enum State<T> {
    Empty,
    Making { until_ms: u64 },
    Made { result: Result<T, Error>, until_ms: u64 },
}

/// The making of a value. If it is dropped before it is over, because its request
/// is, the next one need not wait for the lease to run out.
struct Making<'a, T> {
    state: &'a RefCell<State<T>>,
    is_over: bool,
}

impl<T> Drop for Making<'_, T> {
    fn drop(&mut self) {
        // Another may have taken over when the lease ran out, and be done.
        if !self.is_over && matches!(&*self.state.borrow(), State::Making { .. }) {
            self.state.replace(State::Empty);
        }
    }
}

/// A value and for how long it is good.
#[derive(Debug)]
pub struct Lasting<T> {
    /// The value, or why there is none.
    pub result: Result<T, Error>,
    /// For how long, in milliseconds.
    pub for_ms: u64,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(RefCell::new(State::Empty))
    }
}

impl<T: Clone> Cached<T> {
    /// The value; made by `make` if there is none that is good. `make` must be
    /// over within `lease_ms`.
    ///
    /// # Errors
    /// What `make` failed with, to everybody who waited for it.
    pub async fn get<E: Runtime>(
        &self,
        edge: &E,
        lease_ms: u64,
        make: impl AsyncFnOnce() -> Lasting<T>,
    ) -> Result<T, Error> {
        const LOOK_AGAIN_MS: u64 = 10;
        loop {
            let now_ms = edge.now_ms();
            let is_being_made = match &*self.0.borrow() {
                State::Made { result, until_ms } if now_ms < *until_ms => return result.clone(),
                State::Making { until_ms } => now_ms < *until_ms,
                State::Made { .. } | State::Empty => false,
            };
            if !is_being_made {
                break;
            }
            edge.sleep_ms(LOOK_AGAIN_MS).await;
        }
        self.0.replace(State::Making { until_ms: edge.now_ms().saturating_add(lease_ms) });
        let mut making = Making { state: &self.0, is_over: false };
        let Lasting { result, for_ms } = make().await;
        making.is_over = true;
        let until_ms = edge.now_ms().saturating_add(for_ms);
        self.0.replace(State::Made { result: result.clone(), until_ms });
        result
    }

    /// Forgets the value if it is the one that turned out bad, and returns whether
    /// it was. A newer one stays.
    pub fn forget_if(&self, is_bad: impl Fn(&T) -> bool) -> bool {
        let mut state = self.0.borrow_mut();
        let forget = matches!(&*state, State::Made { result: Ok(value), .. } if is_bad(value));
        if forget {
            *state = State::Empty;
        }
        forget
    }
}
