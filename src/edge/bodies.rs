//! Reading the bodies of clients' requests and of upstreams' answers.

use std::{future::Future, pin::pin, time::Duration};

use futures_util::future::{Either, select};
use worker::{
    Delay,
    js_sys::{Object, Reflect, Uint8Array},
    wasm_bindgen::JsCast,
    wasm_bindgen_futures::JsFuture,
    web_sys,
};

use super::{
    js::{ByobReader, Gathering, ReadResult},
    world::now_ms,
};
#[cfg(doc)]
use crate::edge_api::Edge;
use crate::error::Error;

/// Reads a client's body to its end, into a vector of its own: what the runtime
/// would collect it into takes three times as much memory.
///
/// Of a body of unknown length each read waits for an eighth of what has come so far:
/// one in thousands of small pieces takes tens of reads instead of thousands.
pub(super) async fn read_all(
    upload: &web_sys::Request,
    limit_bytes: usize,
) -> Result<Vec<u8>, Error> {
    /// Bytes that one read takes at most.
    const VIEW_BYTES: usize = 64 << 10;
    let too_large = Error::BodyTooLarge { limit_bytes };
    let length = content_length(upload);
    if length.is_some_and(|length| length > limit_bytes) {
        return Err(too_large);
    }
    let Some(body) = upload.body() else {
        return Ok(Vec::new());
    };
    let reader = byob_reader(&body);
    let mut bytes = Vec::with_capacity(length.unwrap_or(0));
    let view_bytes = length.map_or(VIEW_BYTES, |length| length.clamp(1, VIEW_BYTES));
    let mut view = Uint8Array::new_with_length(as_u32(view_bytes));
    loop {
        let wanted = length.map_or(bytes.len() / 8, |length| length.saturating_sub(bytes.len()));
        let min = as_u32(wanted.clamp(1, view_bytes));
        let read = JsFuture::from(reader.read_at_least(min, &view)).await;
        let read: ReadResult = read.map_err(|_| Error::BodyUnreadable)?.unchecked_into();
        if let Some(value) = read.value() {
            let start = bytes.len();
            let end = start + value.length() as usize;
            if end > limit_bytes {
                // What follows is `discard_rest`'s.
                let _ = reader.release_lock();
                return Err(too_large);
            }
            bytes.resize(end, 0);
            if let Some(space) = bytes.get_mut(start..) {
                value.copy_to(space);
            }
            view = Uint8Array::new(&value.buffer());
        }
        if read.done() || length == Some(bytes.len()) {
            return Ok(bytes);
        }
    }
}

fn as_u32(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn content_length(upload: &web_sys::Request) -> Option<usize> {
    upload.headers().get("content-length").ok()??.parse().ok()
}

/// Reads what has not been read of an upload that is answered by an error, and
/// forgets it. A client that is still sending when its connection ends reports
/// that, and never sees the answer.
pub(super) async fn discard_rest(upload: &web_sys::Request) {
    /// What Cloudflare lets through at most on its ordinary plans.
    const MAX_BYTES: usize = 100 << 20;
    const TIMEOUT_MS: u64 = 30_000;
    const VIEW_BYTES: u32 = 1 << 20;
    let is_small = content_length(upload).is_none_or(|length| length <= MAX_BYTES);
    // `locked`: somebody else has read it, to its end.
    let Some(body) = upload.body().filter(|body| is_small && !body.locked()) else {
        return;
    };
    let reader = byob_reader(&body);
    let discard = async {
        let mut view = Uint8Array::new_with_length(VIEW_BYTES);
        let mut bytes_left = MAX_BYTES;
        while let Ok(read) = JsFuture::from(reader.read_at_least(VIEW_BYTES, &view)).await {
            let read: ReadResult = read.unchecked_into();
            let Some(value) = read.value().filter(|_| !read.done()) else {
                return;
            };
            let Some(left) = bytes_left.checked_sub(value.length() as usize) else {
                return;
            };
            bytes_left = left;
            view = Uint8Array::new(&value.buffer());
        }
    };
    within(TIMEOUT_MS, discard).await;
}

/// Whether there may be more of a body than was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rest {
    None,
    Some,
}

/// See [`Edge::pour`]. Unless there is no rest, the caller ends the connection.
pub(super) async fn pour(
    body: &web_sys::ReadableStream,
    wait_ms: u64,
    mut take: impl FnMut(&[u8]) -> Option<u64>,
) -> Result<Rest, Error> {
    /// How long the end of a body may take after the end of the answer. A body
    /// that is read to its end leaves a connection that can be used again.
    const LINGER_MS: u64 = 20;
    let gathering = Gathering::new(body).map_err(|_| Error::Truncated)?;
    let started_ms = now_ms();
    let mut piece = Vec::new();
    let mut has_enough = false;
    let mut alarm = Alarm::after(wait_ms);
    loop {
        let gap_ms = if has_enough { 0 } else { gap_ms(now_ms().saturating_sub(started_ms)) };
        let mut read = JsFuture::from(gathering.read(gap_ms));
        let read = match select(&mut read, pin!(alarm.rings())).await {
            Either::Left((read, _)) => Some(read),
            Either::Right(_) => None,
        };
        if matches!(&read, Some(Ok(read)) if read.is_undefined()) {
            return Ok(Rest::None);
        }
        if has_enough {
            return Ok(Rest::Some);
        }
        let read = read.ok_or(Error::Stalled)?.map_err(|_| Error::Truncated)?;
        let value: Uint8Array = read.dyn_into().map_err(|_| Error::Truncated)?;
        piece.resize(value.length() as usize, 0);
        value.copy_to(&mut piece);
        #[cfg(feature = "provoke")]
        super::provoke::here("pour");
        let next_wait_ms = take(&piece);
        has_enough = next_wait_ms.is_none();
        alarm.put_off(next_wait_ms.unwrap_or(LINGER_MS));
    }
}

/// How far apart the reads of a body are that nobody sees before its end, after it
/// has flowed for `flowed_ms`: so far that an answer comes a hundredth later at most.
fn gap_ms(flowed_ms: u64) -> u32 {
    const SHARE: u64 = 100;
    const MOST_MS: u64 = 100;
    u32::try_from((flowed_ms / SHARE).clamp(1, MOST_MS)).unwrap_or(1)
}

/// `None` if `future` takes longer than `timeout_ms`.
pub(super) async fn within<F: Future>(timeout_ms: u64, future: F) -> Option<F::Output> {
    match select(pin!(future), delay(timeout_ms)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

fn byob_reader(body: &web_sys::ReadableStream) -> ByobReader {
    let options = Object::new();
    let _ = Reflect::set(&options, &"mode".into(), &"byob".into());
    body.get_reader_with_options(options.unchecked_ref()).unchecked_into()
}

fn delay(duration_ms: u64) -> Delay {
    Delay::from(Duration::from_millis(duration_ms))
}

/// A timer that is put off often and rings seldom: it is set anew only when it
/// has rung too early, or would ring too late.
struct Alarm {
    rings_at_ms: u64,
    timer: Delay,
    timer_ends_at_ms: u64,
}

impl Alarm {
    fn after(wait_ms: u64) -> Self {
        let rings_at_ms = now_ms().saturating_add(wait_ms);
        let timer = Delay::from(Duration::from_millis(wait_ms));
        Self { rings_at_ms, timer, timer_ends_at_ms: rings_at_ms }
    }

    fn put_off(&mut self, wait_ms: u64) {
        self.rings_at_ms = now_ms().saturating_add(wait_ms);
        if self.rings_at_ms < self.timer_ends_at_ms {
            *self = Self::after(wait_ms);
        }
    }

    async fn rings(&mut self) {
        loop {
            (&mut self.timer).await;
            match self.rings_at_ms.saturating_sub(now_ms()) {
                0 => return,
                left_ms => *self = Self::after(left_ms),
            }
        }
    }
}
