//! Several choices at once.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use crate::error::Error;

/// The work for one choice.
pub(super) type Part<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>>;

/// Does all `parts` at the same time.
///
/// # Errors
/// The first error of any. The other parts are then dropped.
pub(super) async fn all(mut parts: Vec<Part<'_>>) -> Result<(), Error> {
    poll_fn(|context| {
        let mut failed = None;
        parts.retain_mut(|part| match part.as_mut().poll(context) {
            Poll::Ready(Err(error)) => {
                failed = Some(error);
                false
            }
            polled => polled.is_pending(),
        });
        match failed {
            Some(error) => Poll::Ready(Err(error)),
            None if parts.is_empty() => Poll::Ready(Ok(())),
            None => Poll::Pending,
        }
    })
    .await
}
