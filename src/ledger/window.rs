//! What was used in the last minute, by the second.

/// How long what was used counts, in milliseconds.
pub(super) const LASTS_MS: u64 = 60_000;

/// What was used in one second. All of it counts as long as the last of it does: up to a second too
/// long, never too short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    last_ms: u64,
    pub(super) requests: u64,
    pub(super) tokens: u64,
}

impl Slot {
    /// When it no longer counts, in milliseconds of the clock.
    fn ends_ms(&self) -> u64 {
        self.last_ms.saturating_add(LASTS_MS)
    }
}

/// The seconds in which something was used, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Window(Vec<Slot>);

impl Window {
    /// The window of a flat list: last time, requests and tokens, over and over.
    pub(super) fn of(flat: &[u64]) -> Self {
        let mut slots = Vec::new();
        for slot in flat.chunks_exact(3) {
            if let &[last_ms, requests, tokens] = slot {
                slots.push(Slot { last_ms, requests, tokens });
            }
        }
        Self(slots)
    }

    /// Appends it as such a list.
    pub(super) fn append(&self, flat: &mut Vec<u64>) {
        for Slot { last_ms, requests, tokens } in &self.0 {
            for number in [last_ms, requests, tokens] {
                flat.push(*number);
            }
        }
    }

    /// Forgets what no longer counts at `now_ms`. After the clock was set back by more than a
    /// minute, nothing of before counts.
    pub(super) fn forget(&mut self, now_ms: u64) {
        let counts = |slot: &Slot| {
            slot.ends_ms() > now_ms && slot.last_ms <= now_ms.saturating_add(LASTS_MS)
        };
        while self.0.first().is_some_and(|slot| !counts(slot)) {
            self.0.remove(0);
        }
    }

    /// Adds what is used at `now_ms`.
    pub(super) fn add(&mut self, now_ms: u64, requests: u64, tokens: u64) {
        match self.0.last_mut() {
            Some(last) if last.last_ms / 1_000 >= now_ms / 1_000 => {
                last.last_ms = last.last_ms.max(now_ms);
                last.requests = last.requests.saturating_add(requests);
                last.tokens = last.tokens.saturating_add(tokens);
            }
            _ => self.0.push(Slot { last_ms: now_ms, requests, tokens }),
        }
    }

    /// How much was used.
    pub(super) fn sum(&self, of: fn(&Slot) -> u64) -> u64 {
        self.0.iter().map(of).fold(0, u64::saturating_add)
    }

    /// How long until `excess` of it no longer counts, in milliseconds; `None` if there is less.
    pub(super) fn frees_ms(&self, excess: u64, of: fn(&Slot) -> u64, now_ms: u64) -> Option<u64> {
        let mut freed = 0_u64;
        let last = self.0.iter().find(|slot| {
            freed = freed.saturating_add(of(slot));
            freed >= excess && of(slot) > 0
        });
        last.map(|slot| slot.ends_ms().saturating_sub(now_ms))
    }
}
