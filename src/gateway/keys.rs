//! What an isolate knows of the keys of the registry: a bounded number of them.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use crate::{cached::Cached, error::Error, policy::Policy, secret::ApiKey};

/// How many keys that an isolate has not seen it asks about, in so many milliseconds. Those that turn out
/// right do not count.
const MOST_NEW: u32 = 100;
const NEW_WITHIN_MS: u64 = 10_000;

/// How many keys an isolate remembers, right or wrong.
const MOST_KEPT: usize = 1_000;

/// What a key of the registry is good for.
#[derive(Debug)]
pub(super) struct Holder {
    pub(super) label: String,
    /// Its own policy.
    pub(super) policy: Option<Rc<Policy>>,
}

/// What an isolate knows of the keys.
#[derive(Debug, Default)]
pub(super) struct Keys {
    kept: RefCell<Vec<Rc<Slot>>>,
    /// When it began to count new keys, and how many there were since.
    new: Cell<(u64, u32)>,
}

/// What an isolate knows of one key.
#[derive(Debug)]
pub(super) struct Slot {
    digest: ApiKey,
    pub(super) cached: Cached<Option<Rc<Holder>>>,
    /// Who held it when the registry was last asked.
    pub(super) last: RefCell<Option<Rc<Holder>>>,
}

impl Keys {
    /// A new key is right.
    pub(super) fn was_right(&self) {
        let (since_ms, count) = self.new.get();
        self.new.set((since_ms, count.saturating_sub(1)));
    }

    /// What is known of the key of this digest.
    ///
    /// # Errors
    /// [`Error::LedgerFailed`], if there are too many new ones.
    pub(super) fn slot(&self, digest: ApiKey, now_ms: u64) -> Result<Rc<Slot>, Error> {
        let mut kept = self.kept.borrow_mut();
        for slot in kept.iter() {
            if slot.digest.is(&digest).into() {
                return Ok(Rc::clone(slot));
            }
        }
        let (since_ms, count) = match self.new.get() {
            (since_ms, count) if now_ms < since_ms.saturating_add(NEW_WITHIN_MS) => {
                (since_ms, count)
            }
            _ => (now_ms, 0),
        };
        if count >= MOST_NEW {
            return Err(Error::LedgerFailed);
        }
        self.new.set((since_ms, count + 1));
        if kept.len() >= MOST_KEPT {
            let is_wrong = |slot: &Rc<Slot>| slot.last.borrow().is_none();
            let place = kept.iter().position(is_wrong).unwrap_or_default();
            kept.remove(place);
        }
        let slot = Slot { digest, cached: Cached::default(), last: RefCell::default() };
        let slot = Rc::new(slot);
        kept.push(Rc::clone(&slot));
        Ok(slot)
    }
}
