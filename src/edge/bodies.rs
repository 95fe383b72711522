//! Reading the bodies of clients' requests and of upstreams' responses, and sending large
//! texts.

use std::{cell::RefCell, future::Future, pin::pin, rc::Rc, time::Duration};

use futures_util::future::{Either, select};
use worker::{
    Delay,
    js_sys::{ArrayBuffer, Object, Uint8Array},
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    wasm_bindgen_futures::JsFuture,
    web_sys,
};

use super::{
    clock::now_ms,
    js::{
        ByobReader, Call, Controller, Gathering, ReadResult, StreamSource, bind, last_words,
        reader_of,
    },
};
#[cfg(doc)]
use crate::runtime::Runtime;
use crate::{answer::UpstreamBody, error::Error, in_flight::Held, upload, upload::PIECE_BYTES};

/// A client's request whose body is read piece by piece.
pub(super) struct Upload {
    request: web_sys::Request,
    reader: Option<ByobReader>,
    /// The buffer to read into, reused for each read.
    buffer: Option<ArrayBuffer>,
    alarm: Option<Alarm>,
    is_over: bool,
}

impl Upload {
    pub(super) fn of(request: web_sys::Request) -> Self {
        Self { request, reader: None, buffer: None, alarm: None, is_over: false }
    }

    /// See [`Runtime::read_on`].
    pub(super) async fn read_on(
        &mut self,
        at_least: usize,
        wait_ms: u64,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Error> {
        if self.reader.is_none() {
            let encoding = self.request.headers().get("content-encoding").ok().flatten();
            // The gateway has refused other encodings.
            let format = upload::format(encoding.as_deref()).unwrap_or_default();
            let reader = reader_of(&self.request, format);
            self.reader = reader.map_err(|_| Error::BodyUnreadable)?;
        }
        let Some(reader) = self.reader.as_ref().filter(|_| !self.is_over) else {
            return Ok(());
        };
        let size = as_u32((bytes.capacity() - bytes.len()).min(PIECE_BYTES));
        let buffer = self.buffer.take().filter(|buffer| buffer.byte_length() >= size);
        let buffer = buffer.unwrap_or_else(|| ArrayBuffer::new(size));
        let view = Uint8Array::new_with_byte_offset_and_length(&buffer, 0, size);
        let mut read = JsFuture::from(reader.read_at_least(as_u32(at_least), &view));
        let alarm = self.alarm.get_or_insert_with(|| Alarm::after(wait_ms));
        alarm.put_off(wait_ms);
        let read = match select(&mut read, pin!(alarm.rings())).await {
            Either::Left((read, _)) => read.map_err(|_| Error::BodyUnreadable)?,
            Either::Right(_) => return Err(Error::BodyTimeout),
        };
        let read: ReadResult = read.unchecked_into();
        self.is_over = read.done();
        if let Some(value) = read.value() {
            let start = bytes.len();
            // The capacity is there already: nothing is allocated.
            bytes.resize(start + value.length() as usize, 0);
            if let Some(space) = bytes.get_mut(start..) {
                value.copy_to(space);
            }
            self.buffer = Some(value.buffer());
        }
        Ok(())
    }

    /// The response body for `text`, when the response is sent before the end of this upload.
    pub(super) fn last_words(&self, text: &str) -> JsValue {
        let text = Uint8Array::from(text.as_bytes());
        if self.is_over {
            return text.into();
        }
        last_words(&text, &self.request, self.reader.as_ref())
    }
}

fn as_u32(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// A response body that sends `text` as fast as the client reads. The text stays in wasm
/// memory and is copied out in chunks, so that its bytes are counted until they are sent.
pub(super) fn slowly(
    text: String,
    held: Held,
    call: &Call,
) -> Result<web_sys::ReadableStream, JsValue> {
    const CHUNK_BYTES: usize = 64 << 10;
    let left = Rc::new(RefCell::new(Some((text, 0, held))));
    let pull = {
        let left = Rc::clone(&left);
        move |call: Call| {
            let mut left = left.borrow_mut();
            let Some((text, start, _)) = left.as_mut() else {
                return;
            };
            let rest = text.as_bytes().get(*start..).unwrap_or_default();
            let chunk = rest.get(..CHUNK_BYTES).unwrap_or(rest);
            *start += chunk.len();
            // This fails if the client has left; `cancel` handles that.
            let _ = call.controller().enqueue(&Uint8Array::from(chunk));
            if chunk.len() == rest.len() {
                *left = None;
                call.close();
            }
        }
    };
    let cancel = move |call: Call| {
        drop(left.take());
        call.forget();
    };
    let on_start = {
        let call = call.clone();
        Closure::once_into_js(move |controller: Controller| call.set_controller(&controller))
    };
    // As in `outlet`: the closures that own the text hold no JavaScript object that refers
    // back to them.
    let bound = |closure: JsValue| bind(&closure, &JsValue::UNDEFINED, call);
    let source: StreamSource = Object::new().unchecked_into();
    source.set_start(on_start.unchecked_ref());
    source.set_pull(&bound(Closure::<dyn FnMut(Call)>::new(pull).into_js_value()));
    source.set_cancel(&bound(Closure::<dyn FnMut(Call)>::new(cancel).into_js_value()));
    web_sys::ReadableStream::new_with_underlying_source(source.unchecked_ref())
}

/// See [`Runtime::pour`]. Unless the body is finished, the caller aborts the connection.
pub(super) async fn pour(
    body: &web_sys::ReadableStream,
    wait_ms: u64,
    mut take: impl FnMut(&[u8]) -> Option<u64>,
) -> Result<UpstreamBody, Error> {
    /// How long to wait for the end of a body after the end of the answer. Only a body that
    /// is read to its end leaves a connection that can be reused.
    const LINGER_MS: u64 = 20;
    /// How many pieces are read before the rest is gathered: the shortest answers have no more.
    const FEW: u32 = 2;
    let gathering = Gathering::new(body).map_err(|_| Error::Truncated)?;
    let started_ms = now_ms();
    let mut pieces = 0;
    let mut piece = Vec::new();
    let mut has_enough = false;
    let mut alarm = Alarm::after(wait_ms);
    loop {
        let gather_ms = if has_enough || pieces < FEW {
            0
        } else {
            gather_ms(now_ms().saturating_sub(started_ms))
        };
        pieces += 1;
        let mut read = JsFuture::from(gathering.read(gather_ms));
        let read = match select(&mut read, pin!(alarm.rings())).await {
            Either::Left((read, _)) => Some(read),
            Either::Right(_) => None,
        };
        if matches!(&read, Some(Ok(read)) if read.is_undefined()) {
            return Ok(UpstreamBody::Finished);
        }
        if has_enough {
            return Ok(UpstreamBody::Ongoing);
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

/// How long to gather before the next read of a body that the client does not see before its
/// end, after it has been arriving for `flowed_ms`. A body that ends is read at once. One that
/// goes on after the end of the answer makes it late by this time at most.
fn gather_ms(flowed_ms: u64) -> u32 {
    const SHARE: u64 = 25;
    const LEAST_MS: u64 = 20;
    const MOST_MS: u64 = 100;
    u32::try_from((flowed_ms / SHARE).clamp(LEAST_MS, MOST_MS)).unwrap_or(20)
}

/// `None` if `future` takes longer than `timeout_ms`.
pub(super) async fn within<F: Future>(timeout_ms: u64, future: F) -> Option<F::Output> {
    match select(pin!(future), delay(timeout_ms)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

fn delay(duration_ms: u64) -> Delay {
    Delay::from(Duration::from_millis(duration_ms))
}

/// A timer that is postponed often and fires seldom. It is set anew only if it fired too
/// early or would fire too late.
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
