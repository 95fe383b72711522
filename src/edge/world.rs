//! The world as the Workers runtime has it.

use std::{future::Future, pin::pin, time::Duration};

use futures_util::future::{Either, select};
use worker::{
    Cache, Delay, Headers, ResponseBody, ResponseBuilder,
    js_sys::{self, Date, Object, Reflect, Uint8Array},
    wasm_bindgen::{JsCast, JsValue},
    wasm_bindgen_futures::{JsFuture, spawn_local},
    web_sys,
};

use super::{
    js::{ByobReader, ReadResult},
    outlet::Outlet,
};
use crate::{
    edge_api::{Edge, Incoming, Outgoing},
    error::Error,
    relay::Relay,
    translate::Failure,
};

/// The runtime. Holds nothing: it is all global there.
#[derive(Debug, Clone, Copy)]
pub(super) struct World;

/// An upstream's answer whose body has not been read.
pub(super) struct Download {
    pub(super) body: Option<web_sys::ReadableStream>,
    /// Ends the connection, whatever waits for it. Nothing else does while the
    /// upstream is silent: a pipe's own signal is heeded at the next chunk.
    pub(super) abort: web_sys::AbortController,
}

/// How this gateway names itself to the upstream.
const USER_AGENT: &str = concat!("degpt-edge/", env!("CARGO_PKG_VERSION"));

/// The host of the addresses under which values are kept in the cache. Not a
/// real one: the cache wants addresses, and only this worker uses these.
const CACHE_ORIGIN: &str = "https://degpt-edge.invalid/";

impl Edge for World {
    type Upload = web_sys::Request;
    type Download = Download;
    type Stream = web_sys::ReadableStream;
    type Outlet = Outlet;

    fn now_ms(&self) -> u64 {
        now_ms()
    }

    async fn sleep_ms(&self, duration_ms: u64) {
        Delay::from(Duration::from_millis(duration_ms)).await;
    }

    async fn read(&self, upload: Self::Upload, limit_bytes: usize) -> Result<Vec<u8>, Error> {
        let too_large = Error::BodyTooLarge { limit_bytes };
        let length = upload.headers().get("content-length").ok().flatten();
        if let Some(length) = length.and_then(|length| length.parse::<usize>().ok()) {
            if length > limit_bytes {
                return Err(too_large);
            }
            let promise = upload.array_buffer().map_err(|_| Error::BodyUnreadable)?;
            let buffer = JsFuture::from(promise).await.map_err(|_| Error::BodyUnreadable)?;
            return Ok(Uint8Array::new(&buffer).to_vec());
        }
        let Some(body) = upload.body() else {
            return Ok(Vec::new());
        };
        read_all(&body, limit_bytes).await
    }

    async fn send(
        &self,
        request: Outgoing<'_>,
        timeout_ms: u64,
    ) -> Result<Incoming<Self::Download>, Error> {
        let abort = web_sys::AbortController::new().map_err(|_| Error::Internal)?;
        let init = request_init(&request, &abort).map_err(|_| Error::Internal)?;
        let global: web_sys::WorkerGlobalScope = js_sys::global().unchecked_into();
        let fetch = JsFuture::from(global.fetch_with_str_and_init(request.url, &init));
        let Some(response) = within(timeout_ms, fetch).await else {
            abort.abort();
            return Err(Error::Timeout);
        };
        // The reason (DNS, TLS, refused) is the runtime's to log, and the same to a client.
        let response: web_sys::Response =
            response.map_err(|_| Error::Unavailable)?.unchecked_into();
        Ok(Incoming {
            status: response.status(),
            retry_after: response.headers().get("retry-after").ok().flatten(),
            body: Download { body: response.body(), abort },
        })
    }

    async fn collect(
        &self,
        download: Self::Download,
        limit_bytes: usize,
        idle_ms: u64,
    ) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let mut is_too_large = false;
        self.pour(download, idle_ms, |piece| {
            is_too_large = bytes.len() + piece.len() > limit_bytes;
            if is_too_large {
                return None;
            }
            bytes.extend_from_slice(piece);
            Some(idle_ms)
        })
        .await?;
        if is_too_large { Err(Error::AnswerTooLarge) } else { Ok(bytes) }
    }

    async fn pour(
        &self,
        download: Self::Download,
        wait_ms: u64,
        take: impl FnMut(&[u8]) -> Option<u64>,
    ) -> Result<(), Error> {
        match download.body {
            Some(body) => pour(&body, wait_ms, take).await,
            None => Ok(()),
        }
    }

    fn discard(&self, download: Self::Download) {
        if let Some(body) = download.body {
            settle(body.cancel());
        }
    }

    fn outlet(&self, relay: Relay) -> Result<Outlet, Error> {
        Outlet::new(relay).map_err(|_| Error::Internal)
    }

    async fn feed(&self, outlet: &Outlet, download: Self::Download) -> Result<(), Failure> {
        outlet.feed(download).await
    }

    async fn stream(
        &self,
        outlet: Outlet,
        pump: impl Future<Output = Result<(), Error>> + 'static,
    ) -> Result<Self::Stream, Error> {
        outlet.stream(pump).await
    }

    async fn recall(&self, key: &str) -> Option<Vec<u8>> {
        let address = format!("{CACHE_ORIGIN}{key}");
        Cache::default().get(address, false).await.ok()??.bytes().await.ok()
    }

    async fn remember(&self, key: &str, value: Vec<u8>, seconds: u64) {
        let headers = Headers::new();
        let cache_control = format!("max-age={seconds}");
        if headers.set("cache-control", &cache_control).is_err() {
            return;
        }
        let response = ResponseBuilder::new().with_headers(headers).body(ResponseBody::Body(value));
        // Where there is no cache, each isolate signs in for itself.
        let _ = Cache::default().put(format!("{CACHE_ORIGIN}{key}"), response).await;
    }
}

/// The runtime's clock. It stands still between two events from outside.
pub(super) fn now_ms() -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "milliseconds since 1970 are whole, positive and below 2^53"
    )]
    let now_ms = Date::now() as u64;
    now_ms
}

fn request_init(
    request: &Outgoing<'_>,
    abort: &web_sys::AbortController,
) -> Result<web_sys::RequestInit, JsValue> {
    let headers = web_sys::Headers::new()?;
    headers.set("user-agent", USER_AGENT)?;
    for (name, value) in request.headers {
        headers.set(name, value)?;
    }
    let init = web_sys::RequestInit::new();
    init.set_method(request.method);
    init.set_headers(&headers);
    init.set_redirect(web_sys::RequestRedirect::Manual);
    init.set_signal(Some(&abort.signal()));
    if let Some(body) = request.body {
        init.set_body(&Uint8Array::from(body));
    }
    Ok(init)
}

/// `None` if `future` takes longer than `timeout_ms`.
async fn within<F: Future>(timeout_ms: u64, future: F) -> Option<F::Output> {
    let delay = Delay::from(Duration::from_millis(timeout_ms));
    match select(pin!(future), pin!(delay)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

/// Lets a promise settle whose outcome is of no interest.
fn settle(promise: js_sys::Promise) {
    spawn_local(async move {
        let _ = JsFuture::from(promise).await;
    });
}

/// Bytes that one read takes at most.
const VIEW_BYTES: u32 = 64 << 10;

/// Reads what has not been read of an upload that is answered by an error, and
/// forgets it. A client that is still sending when its connection ends reports
/// that, and never sees the answer.
pub(super) async fn discard_rest(upload: &web_sys::Request) {
    /// What Cloudflare lets through at most on its ordinary plans.
    const MAX_BYTES: usize = 100 << 20;
    const TIMEOUT_MS: u64 = 30_000;
    const VIEW_BYTES: u32 = 1 << 20;
    let length = upload.headers().get("content-length").ok().flatten();
    let length = length.and_then(|length| length.parse::<usize>().ok()).unwrap_or(0);
    // `locked`: somebody else has read it, to its end.
    let Some(body) = upload.body().filter(|body| length <= MAX_BYTES && !body.locked()) else {
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

fn byob_reader(body: &web_sys::ReadableStream) -> ByobReader {
    let options = Object::new();
    let _ = Reflect::set(&options, &"mode".into(), &"byob".into());
    body.get_reader_with_options(options.unchecked_ref()).unchecked_into()
}

/// Reads a client's body to its end.
///
/// Each read waits for an eighth of what has come so far: a body in thousands of
/// small pieces takes tens of reads instead of thousands.
async fn read_all(body: &web_sys::ReadableStream, limit_bytes: usize) -> Result<Vec<u8>, Error> {
    let reader = byob_reader(body);
    let mut bytes = Vec::new();
    let mut view = Uint8Array::new_with_length(VIEW_BYTES);
    loop {
        let eighth = u32::try_from(bytes.len() / 8).unwrap_or(VIEW_BYTES);
        let min = eighth.clamp(1, VIEW_BYTES);
        let read = JsFuture::from(reader.read_at_least(min, &view)).await;
        let read: ReadResult = read.map_err(|_| Error::BodyUnreadable)?.unchecked_into();
        if let Some(value) = read.value() {
            let start = bytes.len();
            let length = value.length() as usize;
            if start + length > limit_bytes {
                // What follows is `discard_rest`'s.
                let _ = reader.release_lock();
                return Err(Error::BodyTooLarge { limit_bytes });
            }
            bytes.resize(start + length, 0);
            if let Some(space) = bytes.get_mut(start..) {
                value.copy_to(space);
            }
            view = Uint8Array::new(&value.buffer());
        }
        if read.done() {
            return Ok(bytes);
        }
    }
}

/// See [`Edge::pour`].
///
/// One read for each piece that comes, though a read of several would be cheaper:
/// it would hide whether the last of them was the end mark, and whether the
/// upstream is silent or slow.
async fn pour(
    body: &web_sys::ReadableStream,
    mut wait_ms: u64,
    mut take: impl FnMut(&[u8]) -> Option<u64>,
) -> Result<(), Error> {
    /// How long the end of a body may take after the end of the answer. A body
    /// that is read to its end leaves a connection that can be used again.
    const LINGER_MS: u64 = 20;
    let reader = byob_reader(body);
    let mut view = Uint8Array::new_with_length(VIEW_BYTES);
    let mut piece = Vec::new();
    let mut has_enough = false;
    let mut since_ms = now_ms();
    let mut timer = delay(wait_ms);
    loop {
        let mut read = JsFuture::from(reader.read_at_least(1, &view));
        let read = loop {
            match select(&mut read, &mut timer).await {
                Either::Left((read, _)) => break Some(read),
                Either::Right(_) => {
                    // Set anew only when it rings, not for each piece.
                    match wait_ms.saturating_sub(now_ms().saturating_sub(since_ms)) {
                        0 => break None,
                        left_ms => timer = delay(left_ms),
                    }
                }
            }
        };
        let Some(read) = read else {
            settle(reader.cancel());
            return if has_enough { Ok(()) } else { Err(Error::Stalled) };
        };
        let read: ReadResult = match read {
            Ok(read) => read.unchecked_into(),
            Err(_) if has_enough => return Ok(()),
            Err(_) => return Err(Error::Truncated),
        };
        if read.done() {
            return Ok(());
        }
        if has_enough {
            settle(reader.cancel());
            return Ok(());
        }
        let Some(value) = read.value() else { continue };
        piece.resize(value.length() as usize, 0);
        value.copy_to(&mut piece);
        view = Uint8Array::new(&value.buffer());
        since_ms = now_ms();
        let next_wait_ms = take(&piece);
        if next_wait_ms.is_none() {
            has_enough = true;
            timer = delay(LINGER_MS);
        }
        wait_ms = next_wait_ms.unwrap_or(LINGER_MS);
    }
}

fn delay(duration_ms: u64) -> Delay {
    Delay::from(Duration::from_millis(duration_ms))
}
