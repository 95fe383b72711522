//! An upstream's response.

use worker::web_sys;

/// An upstream's response whose body has not been read.
pub(super) struct Download {
    pub(super) body: Option<web_sys::ReadableStream>,
    /// Ends the connection at once, even while a read is pending. Nothing else does: a pipe's
    /// abort signal and a reader's `cancel` take effect only at the next chunk.
    pub(super) abort: web_sys::AbortController,
}
