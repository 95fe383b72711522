//! The choices of one request, at once.

use std::{
    array,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll},
};

use crate::{chat::MOST_CHOICES, error::Error, upstream::Call};

/// The work for one choice, until it is done.
type Work<'a> = Option<Pin<&'a mut (dyn Future<Output = Result<(), Error>> + 'a)>>;

/// Does `work` for each of `choices`, with the number of the choice and its call, all at the same
/// time. A single choice gets `call` as it is.
///
/// # Errors
/// The first error of any. The work for the others is then dropped.
pub(super) async fn each(
    choices: u32,
    call: Call<'_>,
    work: impl AsyncFn(u32, Call<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut shared = Some(call);
    let call = if choices == 1 { shared.take() } else { shared.as_ref().map(Call::share) };
    let first = pin!(async { work(0, call.ok_or(Error::Internal)?).await });
    let mut others = Vec::new();
    if let Some(call) = &shared {
        for choice in 1..choices {
            others.push(Box::pin(work(choice, call.share())));
        }
    }
    let mut others = others.iter_mut();
    let mut all: [Work<'_>; MOST_CHOICES as usize] =
        array::from_fn(|_| others.next().map(|work| work.as_mut() as _));
    // The others are too few to take this place.
    let [.., last] = &mut all;
    *last = Some(first);
    poll_fn(|context| poll(&mut all, context)).await
}

fn poll(all: &mut [Work<'_>], context: &mut Context<'_>) -> Poll<Result<(), Error>> {
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
