//! The choices of one request, at once.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
};

use crate::upstream::{Call, Failed};

/// The work for one choice, until it is done.
type Work<'a> = Option<Pin<Box<dyn Future<Output = Result<(), Failed>> + 'a>>>;

/// Does `work` for each of `choices`, with the number of the choice and its call, all at the same
/// time. A single choice gets `call` as it is.
///
/// # Errors
/// The first error of any. The work for the others is then dropped.
pub(super) async fn each(
    choices: u32,
    call: Call<'_>,
    work: impl AsyncFn(u32, Call<'_>) -> Result<(), Failed>,
) -> Result<(), Failed> {
    if choices == 1 {
        return work(0, call).await;
    }
    let mut all: Vec<Work<'_>> = Vec::new();
    for choice in 0..choices {
        all.push(Some(Box::pin(work(choice, call.share()))));
    }
    poll_fn(|context| poll(&mut all, context)).await
}

fn poll(all: &mut [Work<'_>], context: &mut Context<'_>) -> Poll<Result<(), Failed>> {
    let mut is_pending = false;
    for work in all {
        match work.as_mut().map(|work| work.as_mut().poll(context)) {
            None => {}
            Some(Poll::Pending) => is_pending = true,
            Some(Poll::Ready(Ok(()))) => *work = None,
            Some(failed) => return failed,
        }
    }
    if is_pending { Poll::Pending } else { Poll::Ready(Ok(())) }
}
