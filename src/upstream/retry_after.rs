//! The header `retry-after`: seconds, or a date (RFC 9110, section 10.2.3).

/// How every such date is written: `Wed, 21 Oct 2015 07:28:00 GMT`.
const DATE: &[u8] = b"aaa, 00 aaa 0000 00:00:00 GMT";

/// The value, if it is one. Any other is dropped: text written by DeGPT must not reach the
/// client.
pub(super) fn sound(value: &str) -> Option<String> {
    let value = value.trim();
    let is_seconds =
        (1..=9).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = value.len() == DATE.len()
        && value.bytes().zip(DATE).all(|(byte, shape)| match shape {
            b'a' => byte.is_ascii_alphabetic(),
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        });
    (is_seconds || is_date).then(|| value.to_owned())
}

/// How long a sound value asks to wait, in milliseconds; 0 for a date that is over. `None` for a
/// date that there is not.
pub(crate) fn wait_ms(value: &str, now_ms: u64) -> Option<u64> {
    match value.parse::<u64>() {
        Ok(seconds) => Some(seconds * 1_000),
        Err(_) => Some(unix_s(value)?.saturating_mul(1_000).saturating_sub(now_ms)),
    }
}

/// The time of a date, in seconds since 1970-01-01 UTC.
fn unix_s(date: &str) -> Option<u64> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let number = |start: usize, end: usize| date.get(start..end)?.parse::<u64>().ok();
    let month = MONTHS.find(date.get(8..11)?)? as u64 / 3;
    let (year, day) = (number(12, 16)?, number(5, 7)?);
    // The year begins in March, so that a leap day is its last one.
    let (year, month) =
        if month < 2 { (year.checked_sub(1)?, month + 10) } else { (year, month - 2) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = year * 365 + leap_days + (month * 153 + 2) / 5 + day;
    // Counted like this, 1970-01-01 is day 719,469.
    let days = days.checked_sub(719_469)?;
    Some(((days * 24 + number(17, 19)?) * 60 + number(20, 22)?) * 60 + number(23, 25)?)
}

#[cfg(test)]
mod tests {
    use super::{sound, unix_s, wait_ms};

    #[test]
    fn a_date_is_a_time() {
        let table = [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Tue, 29 Feb 2000 23:59:59 GMT", Some(951_868_799)),
            ("Wed, 01 Mar 2000 00:00:00 GMT", Some(951_868_800)),
            ("Sat, 23 Aug 2025 12:26:48 GMT", Some(1_755_952_008)),
            ("Thu, 31 Dec 2026 23:59:59 GMT", Some(1_798_761_599)),
            ("Mon, 01 Mar 2100 00:00:00 GMT", Some(4_107_542_400)),
            ("Wed, 31 Dec 1969 23:59:59 GMT", None),
            ("Sat, 00 Jan 0000 00:00:00 GMT", None),
            ("Wed, 21 Oxt 2026 07:28:00 GMT", None),
        ];
        for (date, time) in table {
            assert_eq!(unix_s(date), time, "{date}");
            assert_eq!(sound(date).as_deref(), Some(date));
        }
    }

    #[test]
    fn a_wait_is_never_less_than_nothing() {
        assert_eq!(wait_ms("7", 99), Some(7_000));
        assert_eq!(wait_ms("999999999", 0), Some(999_999_999_000));
        assert_eq!(wait_ms("Thu, 01 Jan 1970 00:01:00 GMT", 1_000), Some(59_000));
        assert_eq!(wait_ms("Thu, 01 Jan 1970 00:00:00 GMT", 1_000), Some(0));
    }
}
