//! What the core asks of the world: the one seam between it and the runtime.
//!
//! `edge` implements it with the Workers runtime, tests with scripted stand-ins.

use std::future::Future;

use crate::{answer::Relay, chat::Failure, error::Error, tools::Judgement};

/// The world, for one request.
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

    /// Reads on in a client's body: appends to `bytes` what has come, as soon as that is
    /// `at_least` so many bytes, and never more than `bytes` has room for. Nothing, when
    /// the body is over.
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

    /// Sends a request and waits for the headers of the answer. Redirects are
    /// not followed.
    ///
    /// # Errors
    /// [`Error::Unavailable`], or [`Error::Timeout`] after `timeout_ms`.
    async fn send(
        &self,
        request: Outgoing<'_>,
        timeout_ms: u64,
    ) -> Result<Incoming<Self::Download>, Error>;

    /// Reads a small body of an upstream to its end.
    ///
    /// # Errors
    /// [`Error::Truncated`] if it breaks, [`Error::Stalled`] if not all of it has come
    /// after `timeout_ms`, [`Error::AnswerTooLarge`].
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

    /// Gives what comes of an upstream's body to `take`, piece by piece, and waits
    /// `wait_ms` for the first. `take` says how many milliseconds to wait for more,
    /// or `None` when it has enough: then the rest is let go.
    ///
    /// # Errors
    /// [`Error::Truncated`] if it breaks, [`Error::Stalled`] if nothing comes for
    /// that long.
    async fn pour(
        &self,
        download: Self::Download,
        wait_ms: u64,
        take: impl FnMut(&[u8]) -> Option<u64>,
    ) -> Result<(), Error>;

    /// Lets go of an upstream's body unread.
    fn discard(&self, download: Self::Download);

    /// The writing end of a new body for a client, which says what `relay` says.
    ///
    /// # Errors
    /// [`Error::Internal`], if the runtime cannot make one.
    fn outlet(&self, relay: Relay) -> Result<Self::Outlet, Error>;

    /// Lets `download` flow into `outlet`. Returns when the answer has begun, and then it
    /// flows on by itself; or when all of it has come without the call that is wanted.
    ///
    /// # Errors
    /// [`Failure`], if the upstream failed before that: another may be tried.
    async fn feed(&self, outlet: &Self::Outlet, download: Self::Download) -> Result<Fed, Failure>;

    /// The reading end of `outlet`, as soon as its status is decided: when the
    /// answer has begun, or when it is time to send headers in any case. `pump`
    /// does the feeding; it goes on after this returns. Its error ends the answer.
    ///
    /// # Errors
    /// `pump`'s, if it comes before the status was decided.
    async fn stream(
        &self,
        outlet: Self::Outlet,
        pump: impl Future<Output = Result<(), Error>> + 'static,
    ) -> Result<Self::Stream, Error>;

    /// Whether the JSON text `json` fits the JSON schema `schema`. Takes at most 20 ms
    /// of CPU, whatever they are.
    fn judge(&self, schema: &str, json: &str) -> Judgement;

    /// 128 bits that stand for `password`, by PBKDF2-HMAC-SHA-256 (RFC 8018, section 5.2):
    /// who wants to guess it from them has to do `rounds` rounds of work for each guess.
    ///
    /// # Errors
    /// [`Error::Internal`], if the runtime cannot.
    async fn stretch(&self, password: &str, salt: &str, rounds: u32) -> Result<[u8; 16], Error>;

    /// What [`Runtime::remember`] kept under `key`, perhaps by another isolate.
    async fn recall(&self, key: &str) -> Option<Vec<u8>>;

    /// Keeps `value` for `seconds` where other isolates find it, if possible.
    async fn remember(&self, key: &str, value: Vec<u8>, seconds: u64);
}

/// What came of an upstream's body that was let flow to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fed {
    /// The answer flows.
    Flows,
    /// The answer has ended without the call that is wanted. It is held, in case that no
    /// other comes.
    NoCall,
}

/// A request to an upstream.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// The method.
    pub method: &'static str,
    /// The address.
    pub url: &'a str,
    /// The headers.
    pub headers: &'a [(&'static str, &'a str)],
    /// The body.
    pub body: Option<&'a [u8]>,
}

/// An upstream's answer up to its body.
#[derive(Debug)]
pub struct Incoming<B> {
    /// The status.
    pub status: u16,
    /// Its `retry-after`, as it came.
    pub retry_after: Option<String>,
    /// The body.
    pub body: B,
}
