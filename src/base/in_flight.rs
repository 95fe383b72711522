//! A limit on the memory that all requests of an isolate hold together.
//!
//! Cloudflare ends an isolate that takes more than 128 MB, and every request in it. So memory that
//! grows with input from outside is counted here before it grows: a client's body, the body of
//! DeGPT's request, an answer. If there is no room, the error is [`Error::Overloaded`].

use std::{cell::Cell, hint::black_box, rc::Rc};

use crate::{error::Error, json};

/// The memory that every answer takes while it arrives: the buffers between it and two
/// connections, in bytes.
pub const BASE_BYTES: usize = 64 << 10;

/// The memory count of an isolate.
#[derive(Debug, Clone)]
pub struct InFlight(Rc<Count>);

#[derive(Debug)]
struct Count {
    limit_bytes: usize,
    bytes: Cell<usize>,
    /// The part of them that guests hold.
    guest_bytes: Cell<usize>,
}

impl InFlight {
    /// A count with the limit `limit_bytes`. Nothing is held yet.
    #[must_use]
    pub fn new(limit_bytes: usize) -> Self {
        Self(Rc::new(Count { limit_bytes, bytes: Cell::new(0), guest_bytes: Cell::new(0) }))
    }

    /// The count of one request. It holds nothing yet.
    #[must_use]
    pub fn hold(&self, whose: Share) -> Held {
        Held { count: self.clone(), bytes: 0, whose }
    }

    /// How many bytes are held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.bytes.get()
    }
}

/// The share of the memory that a request counts towards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// The share of clients with a key of this deployment.
    Members,
    /// The share of clients with a key that only DeGPT can check. Together they never get more
    /// than half of the memory.
    Guests,
}

/// The memory that one request, or a part of it, holds. It is counted until this is dropped.
#[derive(Debug)]
pub struct Held {
    count: InFlight,
    bytes: usize,
    whose: Share,
}

impl Held {
    /// How many bytes it is.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// A count for another part of the same request. It holds nothing yet.
    #[must_use]
    pub fn another(&self) -> Self {
        Self { count: self.count.clone(), bytes: 0, whose: self.whose }
    }

    /// Changes the count to `bytes`. A smaller number always succeeds, a larger one only if there
    /// is room.
    ///
    /// # Errors
    /// [`Error::Overloaded`]; the count then stays as it was.
    pub fn set(&mut self, bytes: usize) -> Result<(), Error> {
        let Count { limit_bytes, bytes: all, guest_bytes: guests } = &*self.count.0;
        let after = |count: &Cell<usize>| (count.get() - self.bytes).saturating_add(bytes);
        let is_more = bytes > self.bytes;
        let fits = after(all) <= *limit_bytes
            && (self.whose == Share::Members || after(guests) <= limit_bytes / 2);
        if is_more && !fits {
            return Err(Error::Overloaded);
        }
        all.set(after(all));
        if self.whose == Share::Guests {
            guests.set(after(guests));
        }
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Setting 0 never fails.
        let _ = self.set(0);
    }
}

/// Makes room in `bytes` for `more`. A large buffer grows by an eighth: doubling it would hold
/// memory for nothing.
///
/// # Errors
/// [`Error::Overloaded`], if memory is exhausted.
pub fn make_room(bytes: &mut Vec<u8>, more: usize) -> Result<(), Error> {
    if bytes.capacity() - bytes.len() >= more {
        return Ok(());
    }
    let extra = more_room(bytes.len(), bytes.capacity(), more);
    bytes.try_reserve_exact(extra).map_err(|_| Error::Overloaded)
}

/// Appends `more`. The text grows as in [`make_room`].
///
/// # Errors
/// [`Error::Overloaded`], if memory is exhausted.
pub fn push_str(text: &mut String, more: &str) -> Result<(), Error> {
    if text.capacity() - text.len() < more.len() {
        let extra = more_room(text.len(), text.capacity(), more.len());
        text.try_reserve_exact(extra).map_err(|_| Error::Overloaded)?;
    }
    text.push_str(more);
    Ok(())
}

/// Checks that `bytes` can be allocated in one piece. The next allocation of at most that size
/// will succeed.
///
/// # Errors
/// [`Error::Overloaded`], if it cannot.
pub fn probe(bytes: usize) -> Result<(), Error> {
    let mut room = Vec::<u8>::new();
    let probed = room.try_reserve_exact(bytes);
    // Otherwise the compiler removes the unused allocation.
    black_box(&mut room);
    probed.map_err(|_| Error::Overloaded)
}

/// A JSON text that is being written. Where an ordinary buffer would abort, it remembers that there
/// is no memory.
#[derive(Debug)]
pub struct Growing {
    bytes: Vec<u8>,
    outcome: Result<(), Error>,
}

impl Growing {
    /// One with room for `hint` bytes.
    #[must_use]
    pub fn with_room(hint: usize) -> Self {
        let mut bytes = Vec::new();
        let outcome = make_room(&mut bytes, hint);
        Self { bytes, outcome }
    }

    /// Appends JSON.
    pub fn json(&mut self, json: &str) -> &mut Self {
        self.push(json.as_bytes());
        self
    }

    /// Appends `text` as the inside of a JSON string.
    pub fn escaped(&mut self, text: &str) -> &mut Self {
        json::escape(text, &mut |bytes| self.push(bytes));
        self
    }

    /// Appends `text` as a JSON string.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.json("\"").escaped(text).json("\"")
    }

    /// How many bytes were written.
    #[must_use]
    pub fn written(&self) -> usize {
        self.bytes.len()
    }

    /// All that was written.
    ///
    /// # Errors
    /// [`Error::Overloaded`], if memory was exhausted.
    pub fn into_bytes(self) -> Result<Vec<u8>, Error> {
        self.outcome.map(|()| self.bytes)
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.outcome.is_ok() {
            self.outcome = make_room(&mut self.bytes, bytes.len());
        }
        if self.outcome.is_ok() {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

/// How much to grow a buffer that has too little room for `more`.
fn more_room(len: usize, capacity: usize, more: usize) -> usize {
    const LARGE: usize = 1 << 20;
    let growth = if capacity < LARGE { capacity.max(64) } else { capacity / 8 };
    more.max(capacity - len + growth)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{InFlight, Share};
    use crate::error::Error;

    #[test]
    fn guests_get_half_and_nobody_more_than_all() {
        let all = InFlight::new(100);
        let mut guest = all.hold(Share::Guests);
        let mut other_guest = guest.another();
        let mut member = all.hold(Share::Members);
        assert_eq!(guest.set(51), Err(Error::Overloaded));
        assert_eq!(guest.set(30), Ok(()));
        assert_eq!(other_guest.set(21), Err(Error::Overloaded));
        assert_eq!(member.set(71), Err(Error::Overloaded));
        assert_eq!(member.set(70), Ok(()));
        assert_eq!(guest.set(31), Err(Error::Overloaded));
        assert_eq!(guest.set(29), Ok(()));
        drop(member);
        assert_eq!(all.bytes(), 29);
        drop((guest, other_guest));
        assert_eq!(all.bytes(), 0);
    }

    proptest! {
        #[test]
        fn the_count_is_the_sum_and_never_over_the_limit(
            steps in prop::collection::vec((0_usize..6, prop::option::of(any::<u16>())), 0..60),
        ) {
            let limit = 100_000;
            let all = InFlight::new(limit);
            let new = |place: usize| {
                all.hold(if place < 3 { Share::Members } else { Share::Guests })
            };
            let mut held: Vec<_> = (0..6).map(new).collect();
            for (place, bytes) in steps {
                match bytes {
                    Some(bytes) => {
                        let before = held[place].bytes();
                        let bytes = usize::from(bytes);
                        let set = held[place].set(bytes);
                        let expected = if set.is_ok() { bytes } else { before };
                        prop_assert_eq!(held[place].bytes(), expected);
                        prop_assert!(set.is_ok() || bytes > before);
                    }
                    None => held[place] = new(place),
                }
                let sums = [&held[..], &held[3..]]
                    .map(|part| part.iter().map(super::Held::bytes).sum::<usize>());
                prop_assert_eq!(all.bytes(), sums[0]);
                prop_assert!(sums[0] <= limit && sums[1] <= limit / 2);
            }
            drop(held);
            prop_assert_eq!(all.bytes(), 0);
        }
    }
}
