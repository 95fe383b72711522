//! How long to wait for an answer of DeGPT: for its start, for its next event, for its end.
//!
//! This has no clock: the caller passes times in milliseconds of one clock, which may be set
//! back.

use std::time::Duration;

use crate::{chat::Phase, config::Timing, error::Error};

/// The time limits of one answer, and when its events arrived.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    first_byte: u64,
    idle: u64,
    max_answer: u64,
    started_ms: u64,
    asked_ms: u64,
    heard_ms: u64,
}

impl Patience {
    /// The limits for the answer to a request that arrived at `now_ms`.
    #[must_use]
    pub fn new(timing: &Timing, now_ms: u64) -> Self {
        Self {
            first_byte: millis(timing.first_byte),
            idle: millis(timing.idle),
            max_answer: millis(timing.max_answer),
            started_ms: now_ms,
            asked_ms: now_ms,
            heard_ms: now_ms,
        }
    }

    /// Call this when the upstream is asked for another answer. That answer gets as much time
    /// to begin as the first one, but the limit on the whole request stays the same.
    pub fn ask_again(&mut self, now_ms: u64) {
        self.asked_ms = now_ms;
    }

    /// Call this when a model is asked that must begin by `by_ms`.
    pub fn begin_by(&mut self, by_ms: u64, now_ms: u64) {
        self.asked_ms = now_ms;
        self.first_byte = by_ms.saturating_sub(now_ms);
    }

    /// The time by which the answer must begin, in milliseconds of the clock.
    #[must_use]
    pub fn begins_by_ms(&self) -> u64 {
        let by_ms = self.asked_ms.saturating_add(self.first_byte);
        by_ms.min(self.started_ms.saturating_add(self.max_answer))
    }

    /// Call this when the upstream has sent an event, or cannot send because its body is not
    /// being read. Comments and incomplete events do not count as progress.
    pub fn hear(&mut self, now_ms: u64) {
        self.heard_ms = now_ms;
    }

    /// How many more milliseconds to wait, at least 1.
    ///
    /// # Errors
    /// [`Error::Timeout`] if the answer has not begun in time, [`Error::Stalled`] if no event
    /// follows in time, [`Error::Overdue`] if it does not end in time.
    pub fn left_ms(&self, begun: Phase, now_ms: u64) -> Result<u64, Error> {
        let left = |limit: u64, since_ms: u64| {
            limit.checked_sub(now_ms.saturating_sub(since_ms)).filter(|left| *left > 0)
        };
        let (next, error) = match begun {
            Phase::Waiting => (left(self.first_byte, self.asked_ms), Error::Timeout),
            Phase::Flowing => (left(self.idle, self.heard_ms), Error::Stalled),
        };
        let next_ms = next.ok_or(error)?;
        match (left(self.max_answer, self.started_ms), begun) {
            (Some(last_ms), _) => Ok(next_ms.min(last_ms)),
            (None, Phase::Waiting) => Err(Error::Timeout),
            (None, Phase::Flowing) => Err(Error::Overdue),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Patience;
    use crate::{chat::Phase, config::Timing, error::Error};

    #[test]
    fn each_limit_ends_an_answer_in_its_own_way() {
        let timing = Timing {
            commit_after: Duration::from_millis(1),
            first_byte: Duration::from_millis(100),
            idle: Duration::from_millis(50),
            keep_alive: Duration::from_millis(1),
            max_answer: Duration::from_millis(300),
        };
        let mut patience = Patience::new(&timing, 1_000);
        assert_eq!(patience.left_ms(Phase::Waiting, 1_000), Ok(100));
        assert_eq!(patience.left_ms(Phase::Waiting, 1_099), Ok(1));
        assert_eq!(patience.left_ms(Phase::Waiting, 1_100), Err(Error::Timeout));
        patience.hear(1_090);
        assert_eq!(patience.left_ms(Phase::Flowing, 1_100), Ok(40));
        assert_eq!(patience.left_ms(Phase::Flowing, 1_140), Err(Error::Stalled));
        patience.hear(1_280);
        assert_eq!(patience.left_ms(Phase::Flowing, 1_290), Ok(10));
        assert_eq!(patience.left_ms(Phase::Flowing, 1_300), Err(Error::Overdue));
        patience.ask_again(1_250);
        assert_eq!(patience.left_ms(Phase::Waiting, 1_260), Ok(40));
        assert_eq!(patience.left_ms(Phase::Waiting, 1_300), Err(Error::Timeout));
        // A clock that was set back ends nothing.
        assert_eq!(patience.left_ms(Phase::Flowing, 10), Ok(50));
    }
}
