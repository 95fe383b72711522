//! What the gateway needs from the runtime: the only interface between the two.
//!
//! `edge` implements it with the Workers runtime, tests implement it with scripted stand-ins.

use std::future::Future;

use crate::{
    answer::{Exchange, Fed, Stages},
    chat::{Event, Failure, Phase},
    dialect::Encoder,
    error::Error,
    tools::Judgement,
};

/// The runtime, for one request.
#[expect(async_fn_in_trait, reason = "workers are single-threaded: no future needs to be Send")]
pub trait Runtime: Clone + 'static {
    /// A client's request body that has not been read to its end.
    type Upload;
    /// An upstream's response body that has not been read.
    type Download;
    /// A client's response body that is still being written.
    type Stream;
    /// The writing end of such a body.
    type Outlet: Clone + 'static;

    /// The time, in milliseconds since 1970-01-01 UTC.
    fn now_ms(&self) -> u64;

    /// Waits.
    async fn sleep_ms(&self, duration_ms: u64);

    /// Continues reading a client's body. Appends to `bytes` as soon as `at_least` that many bytes
    /// have arrived, and never more than its spare capacity. Appends nothing at the body's end.
    ///
    /// # Errors
    /// [`Error::BodyTimeout`] after `wait_ms`, [`Error::BodyUnreadable`].
    async fn read_on(
        &self,
        upload: &mut Self::Upload,
        at_least: usize,
        wait_ms: u64,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Error>;

    /// Sends a request and waits for the response's headers. Redirects are not followed.
    ///
    /// # Errors
    /// [`Error::Unavailable`], or [`Error::Timeout`] after `timeout_ms`.
    async fn send(
        &self,
        request: Outgoing<'_>,
        timeout_ms: u64,
    ) -> Result<Incoming<Self::Download>, Error>;

    /// Reads a small upstream body to its end.
    ///
    /// # Errors
    /// [`Error::Truncated`] if it breaks off, [`Error::Stalled`] if it is not complete after
    /// `timeout_ms`, [`Error::AnswerTooLarge`].
    async fn collect(
        &self,
        download: Self::Download,
        limit_bytes: usize,
        timeout_ms: u64,
    ) -> Result<Vec<u8>, Error> {
        let until_ms = self.now_ms().saturating_add(timeout_ms);
        let mut bytes = Vec::new();
        let mut is_too_large = false;
        let left_ms = || until_ms.saturating_sub(self.now_ms());
        let take = |piece: &[u8]| {
            is_too_large = bytes.len() + piece.len() > limit_bytes;
            if is_too_large {
                return None;
            }
            bytes.extend_from_slice(piece);
            Some(left_ms()).filter(|left_ms| *left_ms > 0)
        };
        self.pour(download, timeout_ms, take).await?;
        match left_ms() {
            _ if is_too_large => Err(Error::AnswerTooLarge),
            0 => Err(Error::Stalled),
            _ => Ok(bytes),
        }
    }

    /// Sends a request and reads its small answer, all within `timeout_ms`. The body of any status
    /// but 200 is not read: it is empty.
    ///
    /// # Errors
    /// [`Error::Timeout`]; [`Error::Unavailable`] if no whole answer comes, or one that is larger.
    async fn fetch(
        &self,
        request: Outgoing<'_>,
        timeout_ms: u64,
        limit_bytes: usize,
    ) -> Result<Incoming<Vec<u8>>, Error> {
        let until_ms = self.now_ms().saturating_add(timeout_ms);
        let Incoming { status, retry_after, body } = self.send(request, timeout_ms).await?;
        if status != 200 {
            self.discard(body);
            return Ok(Incoming { status, retry_after, body: Vec::new() });
        }
        let left_ms = until_ms.saturating_sub(self.now_ms());
        match self.collect(body, limit_bytes, left_ms).await {
            Ok(body) => Ok(Incoming { status, retry_after, body }),
            Err(Error::Stalled) => Err(Error::Timeout),
            Err(_) => Err(Error::Unavailable),
        }
    }

    /// Passes an upstream's body to `take`, piece by piece. Waits `wait_ms` for the first piece.
    /// `take` returns how many milliseconds to wait for the next piece, or `None` when it needs
    /// no more: then the rest is discarded.
    ///
    /// # Errors
    /// [`Error::Truncated`] if the body breaks off, [`Error::Stalled`] if no piece arrives in
    /// time.
    async fn pour(
        &self,
        download: Self::Download,
        wait_ms: u64,
        take: impl FnMut(&[u8]) -> Option<u64>,
    ) -> Result<(), Error>;

    /// Aborts an upstream's body without reading it.
    fn discard(&self, download: Self::Download);

    /// The writing end of a new body for a client, which carries out the orders of `exchange`.
    ///
    /// # Errors
    /// [`Error::Internal`], if the runtime cannot make one.
    fn outlet(&self, exchange: Exchange) -> Result<Self::Outlet, Error>;

    /// Relays `download` to `outlet`, as that choice of the answer. Returns when the answer has begun, and relays the rest of
    /// it in the background; or when the answer has ended without the required call, or a part of it
    /// with calls to carry out. Where an answer may have such parts, it returns at the end of each.
    ///
    /// # Errors
    /// [`Failure`], if the upstream failed before that: another one may be tried.
    async fn feed(
        &self,
        outlet: &Self::Outlet,
        choice: u32,
        download: Self::Download,
    ) -> Result<Fed, Failure>;

    /// Writes what is done of the calls with which a part of that choice of the answer ended; see
    /// [`Exchange::tell`].
    fn tell(&self, outlet: &Self::Outlet, choice: u32, event: &Event<'_>);

    /// Has `encoder` write that choice of the answer, which goes through `stages`: another model is
    /// asked for it, which must begin by `by_ms` of the clock. Call this before anything of it is
    /// written.
    fn answered_by(
        &self,
        outlet: &Self::Outlet,
        choice: u32,
        encoder: Box<dyn Encoder>,
        stages: Stages,
        by_ms: u64,
    );

    /// Ends that choice of the answer: no upstream is left to try.
    fn fail(&self, outlet: &Self::Outlet, choice: u32, error: Error);

    /// The reading end of `outlet`, as soon as the client's status is decided: when the answer
    /// has begun, or when the headers must be sent in any case; and which of the two it is. `pump` calls [`Runtime::feed`] and
    /// [`Runtime::fail`], and continues after this returns.
    ///
    /// # Errors
    /// The error of [`Runtime::fail`], if it comes before the status is decided.
    async fn stream(
        &self,
        outlet: Self::Outlet,
        pump: impl Future<Output = ()> + 'static,
    ) -> Result<(Self::Stream, Phase), Error>;

    /// Whether the JSON text `json` matches the JSON schema `schema`. Takes at most 20 ms of CPU,
    /// whatever the texts are.
    fn judge(&self, schema: &str, json: &str) -> Judgement;

    /// Writes a line into the operator's log. It must not hold anything of a request.
    fn warn(&self, line: &str);

    /// Writes the line of the request, a JSON object, into the operator's log, with the time at
    /// which the request came and its id.
    fn log(&self, line: &str);

    /// The JSON object that begins the line of the request if the gateway itself fails.
    fn asked(&self, question: &str);

    /// Derives 128 bits from `password` with PBKDF2-HMAC-SHA-256 (RFC 8018, section 5.2). Each
    /// guess at the password costs `rounds` rounds of work.
    ///
    /// # Errors
    /// [`Error::Internal`], if the runtime cannot.
    async fn stretch(&self, password: &str, salt: &str, rounds: u32) -> Result<[u8; 16], Error>;

    /// Sends `message` to the ledger of `label`, and returns its answer; `None` if it does not come
    /// in time. From now on the request is not ended when its client leaves. If the gateway itself
    /// fails before [`Runtime::settle`], the ledger gets `lost`.
    async fn reserve(&self, label: &str, message: &str, lost: &str) -> Option<String>;

    /// Sends `message` to the ledger of `label`, in the background; or nothing, if the request
    /// reserved nothing. Call it once for each [`Runtime::reserve`].
    fn settle(&self, label: &str, message: Option<&str>);

    /// Sends `message` to the ledger of `label`, in the background, without a reservation.
    fn note(&self, label: &str, message: &str);

    /// Runs a statement of `edge/ledger.mjs` with `values` in each of these objects: the ledgers of
    /// labels, or the registry. Returns their rows as JSON, a list for each object; `None` if one
    /// does not answer in time.
    async fn query(&self, objects: &[String], statement: &str, values: &[String])
    -> Option<String>;

    /// 122 random bits and six that are not, in hexadecimal digits.
    fn random_id(&self) -> String;

    /// The value that [`Runtime::remember`] stored under `key`, perhaps in another isolate.
    async fn recall(&self, key: &str) -> Option<Vec<u8>>;

    /// Stores `value` for `seconds` where other isolates find it, if the runtime can.
    async fn remember(&self, key: &str, value: Vec<u8>, seconds: u64);
}

/// A request to an upstream.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// The method.
    pub method: &'static str,
    /// The URL.
    pub url: &'a str,
    /// The headers.
    pub headers: &'a [(&'static str, &'a str)],
    /// The body.
    pub body: Option<&'a [u8]>,
}

/// An upstream's response. Its body has not been read.
#[derive(Debug)]
pub struct Incoming<B> {
    /// The status.
    pub status: u16,
    /// Its `retry-after`, unchanged.
    pub retry_after: Option<String>,
    /// The body.
    pub body: B,
}
