//! A value that the requests of one isolate share. It is made once, however many requests need
//! it at the same time.
//!
//! A runtime like `workerd` ties I/O to the request that started it, so a request must not wait
//! for the promise of another one. If the value is being made, other requests poll every few
//! milliseconds, each with its own timer. If the request that makes the value is dropped (its
//! client left), its lease expires and another one takes over.

use std::cell::RefCell;

use crate::{error::Error, runtime::Runtime};

/// A value, or the error of the last attempt to make it, and how long it is valid.
#[derive(Debug)]
pub struct Cached<T>(RefCell<State<T>>);

#[derive(Debug, Clone)]
enum State<T> {
    Empty,
    Making { until_ms: u64 },
    Made { result: Result<T, Error>, until_ms: u64 },
}

/// Marks that a value is being made. If this is dropped early, because its request was, the
/// next request need not wait for the lease to expire.
struct Making<'a, T> {
    state: &'a RefCell<State<T>>,
    is_over: bool,
}

impl<T> Drop for Making<'_, T> {
    fn drop(&mut self) {
        // After the lease expired, another request may have taken over and finished.
        if !self.is_over && matches!(&*self.state.borrow(), State::Making { .. }) {
            self.state.replace(State::Empty);
        }
    }
}

/// A value, and how long it is valid.
#[derive(Debug)]
pub struct Lasting<T> {
    /// The value, or the error.
    pub result: Result<T, Error>,
    /// How long it is valid, in milliseconds.
    pub for_ms: u64,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(RefCell::new(State::Empty))
    }
}

impl<T: Clone> Cached<T> {
    /// The value. If there is no valid one, `make` makes it, which must take at most
    /// `lease_ms`.
    ///
    /// # Errors
    /// The error of `make`, for every request that waited for it.
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

    /// The value, if there is a valid one. Nothing is made.
    pub fn known(&self, now_ms: u64) -> Option<T> {
        match &*self.0.borrow() {
            State::Made { result: Ok(value), until_ms } if now_ms < *until_ms => {
                Some(value.clone())
            }
            _ => None,
        }
    }

    /// Discards the value if `is_bad` says so, and returns whether it did. A newer value stays.
    pub fn forget_if(&self, is_bad: impl Fn(&T) -> bool) -> bool {
        let mut state = self.0.borrow_mut();
        let forget = matches!(&*state, State::Made { result: Ok(value), .. } if is_bad(value));
        if forget {
            *state = State::Empty;
        }
        forget
    }
}
