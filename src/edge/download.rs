//! An upstream's answer on its way in.

use worker::web_sys;

/// An upstream's answer whose body has not been read.
pub(super) struct Download {
    pub(super) body: Option<web_sys::ReadableStream>,
    /// Ends the connection at once. While a read waits nothing else does: the signal
    /// of a pipe and the cancelling of a reader are heeded at the next chunk.
    pub(super) abort: web_sys::AbortController,
}
