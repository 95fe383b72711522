//! The time.

use worker::js_sys::Date;

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
