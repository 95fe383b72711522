//! How many bytes all requests of an isolate hold at once, and may hold.
//!
//! Cloudflare ends an isolate that takes more than 128 MB, and every request in it.
//! So whatever of a request grows with what others send is counted here before it
//! grows: a client's body, DeGPT's made of it, an answer. What does not fit is an
//! [`Error::Overloaded`].

use std::{cell::Cell, hint::black_box, io, rc::Rc};

use serde::Serialize;

use crate::error::Error;

/// What an answer takes in any case while it comes: the buffers between it and two
/// connections, in bytes.
pub const BASE_BYTES: usize = 64 << 10;

/// The count of an isolate.
#[derive(Debug, Clone)]
pub struct InFlight(Rc<Count>);

#[derive(Debug)]
struct Count {
    limit_bytes: usize,
    bytes: Cell<usize>,
    /// What of them guests hold.
    guest_bytes: Cell<usize>,
}

impl InFlight {
    /// Nothing is held yet, and `limit_bytes` may be.
    #[must_use]
    pub fn new(limit_bytes: usize) -> Self {
        Self(Rc::new(Count { limit_bytes, bytes: Cell::new(0), guest_bytes: Cell::new(0) }))
    }

    /// What one request holds: nothing so far.
    #[must_use]
    pub fn hold(&self, whose: Share) -> Held {
        Held { count: self.clone(), bytes: 0, whose }
    }

    /// How much is held, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.bytes.get()
    }
}

/// Share request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// That of somebody with a key of this deployment.
    Members,
    /// That of somebody with a key that only DeGPT can tell from a made-up one. All of
    /// these together never get more than half of what there is.
    Guests,
}

/// What one request, or a part of it, holds. Counted until this is dropped.
#[derive(Debug)]
pub struct Held {
    count: InFlight,
    bytes: usize,
    whose: Share,
}

impl Held {
    /// How much it is, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Something else of the same request: nothing so far.
    #[must_use]
    pub fn another(&self) -> Self {
        Self { count: self.count.clone(), bytes: 0, whose: self.whose }
    }

    /// From now on it is `bytes`. Less always is; more, only where there is room for it.
    ///
    /// # Errors
    /// [`Error::Overloaded`], and then it stays as it was.
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
        // Nothing is always there.
        let _ = self.set(0);
    }
}

/// Makes room in `bytes` for `more`, by an eighth more than there was once that is
/// much: twice as much would be held for nothing.
///
/// # Errors
/// [`Error::Overloaded`], when the memory is used up.
pub(crate) fn make_room(bytes: &mut Vec<u8>, more: usize) -> Result<(), Error> {
    if bytes.capacity() - bytes.len() >= more {
        return Ok(());
    }
    let extra = more_room(bytes.len(), bytes.capacity(), more);
    bytes.try_reserve_exact(extra).map_err(|_| Error::Overloaded)
}

/// Appends `more`, in memory that grows as [`make_room`] has it.
///
/// # Errors
/// [`Error::Overloaded`], when the memory is used up.
pub(crate) fn push_str(text: &mut String, more: &str) -> Result<(), Error> {
    if text.capacity() - text.len() < more.len() {
        let extra = more_room(text.len(), text.capacity(), more.len());
        text.try_reserve_exact(extra).map_err(|_| Error::Overloaded)?;
    }
    text.push_str(more);
    Ok(())
}

/// Finds out whether there is memory for `bytes` in one piece. What is taken next, and
/// is no larger, gets it.
///
/// # Errors
/// [`Error::Overloaded`], if there is not.
pub(crate) fn probe(bytes: usize) -> Result<(), Error> {
    let mut room = Vec::<u8>::new();
    let probed = room.try_reserve_exact(bytes);
    // Else the compiler leaves out what nobody uses.
    black_box(&mut room);
    probed.map_err(|_| Error::Overloaded)
}

/// The JSON of `value`, which takes about `hint` bytes.
///
/// # Errors
/// [`Error::Overloaded`], when the memory is used up.
pub(crate) fn to_json(value: &impl Serialize, hint: usize) -> Result<Vec<u8>, Error> {
    let mut json = Vec::new();
    make_room(&mut json, hint)?;
    // It fails for no other reason: all keys are text, and nothing is read or sent.
    serde_json::to_writer(Growing(&mut json), value).map_err(|_| Error::Overloaded)?;
    Ok(json)
}

/// A buffer that is written to, and fails where an ordinary one would end the program.
struct Growing<'a>(&'a mut Vec<u8>);

impl io::Write for Growing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        make_room(self.0, bytes.len()).map_err(|_| io::ErrorKind::OutOfMemory)?;
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How much room to make in a buffer that has too little for `more`.
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
