//! What is logged of a panic. Its message may contain parts of a request.

use std::panic::set_hook;

use super::js;
use crate::config::LogPanics;

/// Says what is logged of a panic from now on. Replaces every other hook.
pub(super) fn log(what: LogPanics) {
    set_hook(Box::new(move |info| {
        // The place is logged with the line that every fault gets. It is passed on first: what
        // follows needs more memory, of which there may be none.
        js::panicked_at(&info.location().map(ToString::to_string).unwrap_or_default());
        if what == LogPanics::Full {
            console_error_panic_hook::hook(info);
        }
    }));
}
