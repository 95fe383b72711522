//! How far apart the pieces of an upstream's body are read.
//!
//! Each read costs about the same, however much it returns. So a body that flows is read at
//! intervals, and the runtime gathers what arrives in between. The first pieces are read at once,
//! and the interval grows with the time that the answer has been flowing. A body that is slower
//! than the interval is read as its pieces arrive, so a piece that follows a pause is never held.

/// The interval, as a share of the time that the answer has been flowing.
const SHARE: u64 = 12;

/// The least interval, in milliseconds. People do not notice it, and a burst of thousands of
/// chunks takes tens of reads.
const LEAST_MS: u64 = 1;

/// How many fast pieces it takes before gathering is worth it.
const MANY: u32 = 4;

/// The pace of one upstream's body.
#[derive(Debug, Clone)]
pub struct Pace {
    most_ms: u64,
    began_ms: Option<u64>,
    last_ms: u64,
    /// When the last read was due, and how long after the piece before.
    due_ms: u64,
    gap_ms: u64,
    fast: u32,
}

impl Pace {
    /// A pace with intervals of at most `most_ms`; at least of a millisecond where pieces come fast.
    #[must_use]
    pub fn new(most_ms: u32) -> Self {
        Self {
            most_ms: u64::from(most_ms).max(LEAST_MS),
            began_ms: None,
            last_ms: 0,
            due_ms: 0,
            gap_ms: 0,
            fast: 0,
        }
    }

    /// Call this when a piece has arrived.
    pub fn piece(&mut self, now_ms: u64) {
        if self.began_ms.is_some() {
            // A piece is fast if gathering at this interval would have held it.
            let is_fast = match self.gap_ms {
                0 => now_ms.saturating_sub(self.last_ms) < self.interval_ms(now_ms),
                gap_ms => now_ms.saturating_sub(self.due_ms) <= gap_ms / 4,
            };
            self.fast = if is_fast { self.fast.saturating_add(1) } else { 0 };
        }
        self.began_ms.get_or_insert(now_ms);
        self.last_ms = now_ms;
    }

    /// How many milliseconds to wait from `now_ms` until the next read.
    pub fn wait_ms(&mut self, now_ms: u64) -> u32 {
        self.gap_ms = if self.fast < MANY { 0 } else { self.interval_ms(now_ms) };
        self.due_ms = now_ms.max(self.last_ms.saturating_add(self.gap_ms));
        // The clock may have been set back.
        let wait_ms = self.due_ms.saturating_sub(now_ms).min(self.gap_ms);
        u32::try_from(wait_ms).unwrap_or(0)
    }

    fn interval_ms(&self, now_ms: u64) -> u64 {
        let flowed_ms = self.began_ms.map_or(0, |began_ms| now_ms.saturating_sub(began_ms));
        (flowed_ms / SHARE).clamp(LEAST_MS, self.most_ms)
    }
}
