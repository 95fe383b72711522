//! The [`Runtime`] trait, implemented with the Workers runtime.

use std::{future::Future, time::Duration};

use worker::{
    Delay, console_warn,
    js_sys::{self, Uint8Array},
    wasm_bindgen::{JsCast, JsValue},
    wasm_bindgen_futures::JsFuture,
    web_sys,
};

use super::{
    bodies::{Upload, pour, within},
    clock::now_ms,
    download::Download,
    js,
    js::{Call, FetchInit},
    outlet::Outlet,
};
use crate::{
    answer::{Exchange, Fed, Stages, UpstreamBody},
    chat::{Event, Failure, Phase},
    dialect::Encoder,
    error::Error,
    json,
    runtime::{Incoming, Outgoing, Runtime},
    tools::Judgement,
};

/// The Workers runtime. It is global, except for the request that it serves.
#[derive(Clone)]
pub(super) struct Workers {
    pub(super) call: Call,
    pub(super) call_number: u32,
}

/// The `user-agent` that DeGPT sees.
const USER_AGENT: &str = concat!("degpt-edge/", env!("CARGO_PKG_VERSION"));

impl Runtime for Workers {
    type Upload = Upload;
    type Download = Download;
    type Stream = web_sys::ReadableStream;
    type Outlet = Outlet;

    fn now_ms(&self) -> u64 {
        now_ms()
    }

    async fn sleep_ms(&self, duration_ms: u64) {
        Delay::from(Duration::from_millis(duration_ms)).await;
    }

    async fn read_on(
        &self,
        upload: &mut Upload,
        at_least: usize,
        wait_ms: u64,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Error> {
        upload.read_on(at_least, wait_ms, bytes).await
    }

    async fn send(
        &self,
        request: Outgoing<'_>,
        timeout_ms: u64,
    ) -> Result<Incoming<Self::Download>, Error> {
        let abort = web_sys::AbortController::new().map_err(|_| Error::Internal)?;
        let init = request_init(&request, &abort).map_err(|_| Error::Internal)?;
        let global: web_sys::WorkerGlobalScope = js_sys::global().unchecked_into();
        if let Some(body) = request.body {
            // This must come last before the fetch: the view is valid only until memory grows.
            init.unchecked_ref::<FetchInit>().set_body(body);
        }
        let fetch = JsFuture::from(global.fetch_with_str_and_init(request.url, &init));
        let Some(response) = within(timeout_ms, fetch).await else {
            abort.abort();
            return Err(Error::Timeout);
        };
        // The runtime logs the reason (DNS, TLS, refused). To a client it makes no difference.
        let response: web_sys::Response =
            response.map_err(|_| Error::Unavailable)?.unchecked_into();
        #[cfg(feature = "provoke")]
        super::provoke::here("send");
        Ok(Incoming {
            status: response.status(),
            retry_after: response.headers().get("retry-after").ok().flatten(),
            body: Download { body: response.body(), abort },
        })
    }

    async fn pour(
        &self,
        download: Self::Download,
        wait_ms: u64,
        take: impl FnMut(&[u8]) -> Option<u64>,
    ) -> Result<(), Error> {
        let Download { body: Some(body), abort } = download else {
            return Ok(());
        };
        let poured = pour(&body, wait_ms, take).await;
        if poured != Ok(UpstreamBody::Finished) {
            abort.abort();
        }
        poured.map(|_| ())
    }

    fn discard(&self, download: Self::Download) {
        download.abort.abort();
    }

    fn outlet(&self, exchange: Exchange) -> Result<Outlet, Error> {
        Outlet::new(exchange, &self.call, self.call_number).map_err(|_| Error::Internal)
    }

    async fn feed(
        &self,
        outlet: &Outlet,
        choice: u32,
        download: Self::Download,
    ) -> Result<Fed, Failure> {
        outlet.feed(choice, download).await
    }

    fn tell(&self, outlet: &Outlet, choice: u32, event: &Event<'_>) {
        outlet.tell(choice, event);
    }

    fn answered_by(
        &self,
        outlet: &Outlet,
        choice: u32,
        encoder: Box<dyn Encoder>,
        stages: Stages,
        by_ms: u64,
    ) {
        outlet.answered_by(choice, encoder, stages, by_ms);
    }

    fn fail(&self, outlet: &Outlet, choice: u32, error: Error) {
        outlet.fail(choice, &error);
    }

    async fn stream(
        &self,
        outlet: Outlet,
        pump: impl Future<Output = ()> + 'static,
    ) -> Result<(Self::Stream, Phase), Error> {
        outlet.stream(pump).await
    }

    fn judge(&self, schema: &str, json: &str) -> Judgement {
        // A longer text could not be checked in time, so it is not even copied.
        const MAX_BYTES: usize = 256 * 1024;
        if schema.len().max(json.len()) > MAX_BYTES {
            return Judgement::Unknown;
        }
        let is_mark = |byte: &u8| matches!(byte, b'{' | b'[' | b':');
        let marks = schema.bytes().chain(json.bytes()).filter(is_mark).count();
        match js::misfit(schema, json, u32::try_from(marks).unwrap_or(u32::MAX)) {
            None => Judgement::Unknown,
            Some(why) if why.is_empty() => Judgement::Fits,
            Some(why) => Judgement::Misfit(why),
        }
    }

    fn warn(&self, line: &str) {
        console_warn!("degpt-edge: {line}");
    }

    fn log(&self, line: &str) {
        self.call.log(line);
    }

    fn asked(&self, question: &str) {
        self.call.set_question(question);
    }

    async fn stretch(&self, password: &str, salt: &str, rounds: u32) -> Result<[u8; 16], Error> {
        let bytes = JsFuture::from(js::stretch(password, salt, rounds)).await;
        let bytes: Uint8Array = bytes.map_err(|_| Error::Internal)?.unchecked_into();
        let mut stretched = [0; 16];
        bytes.copy_to(&mut stretched);
        Ok(stretched)
    }

    async fn reserve(&self, label: &str, message: &str, lost: &str) -> Option<String> {
        let asked = JsFuture::from(self.call.reserve(label, message, lost));
        asked.await.ok().and_then(|answer| answer.as_string())
    }

    fn settle(&self, label: &str, message: Option<&str>) {
        self.call.settle(label, message);
    }

    fn note(&self, label: &str, message: &str) {
        self.call.note(label, message);
    }

    async fn query(
        &self,
        objects: &[String],
        statement: &str,
        values: &[String],
    ) -> Option<String> {
        let asked = self.call.query(&json::list(objects), statement, &json::list(values));
        JsFuture::from(asked).await.ok().and_then(|answer| answer.as_string())
    }

    fn random_id(&self) -> String {
        js::random_id()
    }

    async fn recall(&self, key: &str) -> Option<Vec<u8>> {
        let found = JsFuture::from(js::recall(key)).await.ok()?;
        found.dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec())
    }

    async fn remember(&self, key: &str, value: Vec<u8>, seconds: u64) {
        // Without a cache, each isolate signs in for itself.
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
        let _ = JsFuture::from(js::remember(key, &value, seconds)).await;
    }
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
    Ok(init)
}
