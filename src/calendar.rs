//! Days and times, in UTC and the proleptic Gregorian calendar.

/// A time of RFC 3339 from seconds since 1970-01-01 UTC: years are counted from March, so that the leap day ends one.
#[must_use]
pub fn rfc3339(unix_s: u64) -> String {
    let (days, seconds) = (unix_s / 86_400, unix_s % 86_400);
    let since_march_0000 = days + 719_468;
    let (era, day_of_era) = (since_march_0000 / 146_097, since_march_0000 % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// A day like `2027-01-31`, counted from 1970-01-01.
#[must_use]
pub fn date(day: u64) -> String {
    let mut date = rfc3339(day.saturating_mul(86_400));
    date.truncate("2027-01-31".len());
    date
}

/// The time of a date (its first second), or of a date and time of RFC 3339 in UTC.
#[must_use]
pub fn unix_s(text: &str) -> Option<u64> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, time.strip_suffix('Z')?),
        None => (text, "00:00:00"),
    };
    let [year, month, day] = three(date, '-')?;
    let [hour, minute, second] = three(time, ':')?;
    let is_time = hour < 24 && minute < 60 && second < 60;
    let is_date = (1970..=9999).contains(&year) && (1..=12).contains(&month) && day >= 1;
    if !is_time || !is_date {
        return None;
    }
    let february = 28 + leap_days(year + 1) - leap_days(year);
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (before, from) = lengths.split_at_checked(usize::try_from(month - 1).ok()?)?;
    if from.first().is_none_or(|length| day > *length) {
        return None;
    }
    let days = 365 * (year - 1970) + leap_days(year) - leap_days(1970);
    let days = days + before.iter().sum::<u64>() + day - 1;
    Some(86_400 * days + 3_600 * hour + 60 * minute + second)
}

/// How many leap days there were before `year`, in this calendar.
fn leap_days(year: u64) -> u64 {
    let before = year - 1;
    before / 4 - before / 100 + before / 400
}

/// Three numbers with `mark` between them.
fn three(text: &str, mark: char) -> Option<[u64; 3]> {
    let mut parts = text.split(mark).map(|part| {
        let is_plain = part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| is_plain)
    });
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three)
}

#[cfg(test)]
mod tests {
    use super::{date, rfc3339, unix_s};

    #[test]
    fn times_are_written_as_rfc_3339() {
        let table = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_755_952_008, "2025-08-23T12:26:48Z"),
            (1_770_595_200, "2026-02-09T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ];
        for (unix_s, text) in table {
            assert_eq!(rfc3339(unix_s), text);
        }
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        let table = [
            ("1970-01-01", Some(0)),
            ("2000-02-29", Some(951_782_400)),
            ("2000-03-01T00:00:01Z", Some(951_868_801)),
            ("2026-11-17T23:59:59Z", Some(1_794_959_999)),
            ("2100-03-01", Some(4_107_542_400)),
            ("2100-02-29", None),
            ("2026-13-01", None),
            ("2026-00-01", None),
            ("2026-01-00", None),
            ("2026-1-1T24:00:00Z", None),
            ("2026-01-01T00:00:00", None),
            ("2026-01-01T00:00:00+01:00", None),
            ("2026-01", None),
            ("2026-01-01-01", None),
            ("+2026-01-01", None),
        ];
        for (text, expected) in table {
            assert_eq!(unix_s(text), expected, "{text}");
        }
    }

    #[test]
    fn a_day_is_written_as_it_is_read() {
        for day in [0, 11_016, 20_784, 47_541] {
            assert_eq!(unix_s(&date(day)), Some(day * 86_400));
        }
    }
}
