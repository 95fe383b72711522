//! The account of one label: what its keys have taken, and what is reserved.

use super::{
    form::{self, Form},
    message::{Gauge, LIMITED, Message, Refusal, Reserve, Settle, Standing, Verdict},
    outcome::Outcome,
    window::{LASTS_MS, Slot, Window},
};
use crate::{
    chat::Usage,
    error::Kind,
    json::{self, Writer, fields},
};

const DAY_MS: u64 = 86_400_000;

/// How long a reservation can still be settled after it has lapsed.
const REMEMBERED_MS: u64 = 3_600_000;

/// How soon to ask again if the end of another request is waited for: nobody knows when that is.
const SOON_MS: u64 = 2_000;

/// The most requests that are reserved at once, whatever the limits are: each is kept.
const MOST_OPEN: u64 = 10_000;

/// What a ledger does about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acted {
    /// What is kept from now on; `None` if that has not changed.
    pub state: Option<String>,
    /// What is added to the usage by day and model.
    pub entries: Vec<Entry>,
    /// What is added to how requests ended.
    pub outcomes: Vec<Outcome>,
    /// The answer: the JSON of a [`Verdict`], or an empty object.
    pub answer: String,
}

/// What is added to the usage of a day and a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The day of UTC, counted from 1970-01-01.
    pub day: u64,
    /// The model's id.
    pub model: String,
    /// How many requests ended.
    pub requests: u64,
    /// How many of them with an error, or never.
    pub failures: u64,
    /// What they took.
    pub usage: Usage,
}

/// Does what `message` says, at `now_ms` of the ledger's clock. `state` is what was kept before,
/// and empty at first. `None` if either cannot be read: then nothing is done.
#[must_use]
pub fn act(state: &str, message: &str, now_ms: u64) -> Option<Acted> {
    let message = Message::read(message)?;
    let mut account = Account::read(state)?;
    let mut outcomes = Vec::new();
    let mut entries = account.tidy(now_ms, &mut outcomes);
    let (answer, has_changed) = match message {
        Message::Reserve(reserve) => {
            let (model, is_watched) = (reserve.model.clone(), reserve.is_watched);
            let verdict = account.reserve(reserve, now_ms);
            let is_taken = verdict.refusal.is_none();
            if is_watched && !is_taken {
                outcomes.push(Outcome::one(&model, 429, Kind::RateLimit.code()));
            }
            (verdict.text(), is_taken)
        }
        Message::Settle(settle) => {
            let is_watched = settle.status > 0;
            let outcome = Outcome::of(&settle);
            let missed = settle.missed.clone();
            let entry = account.settle(settle, now_ms);
            let is_new = entry.is_some();
            if is_new && is_watched {
                outcomes.push(outcome);
                for pair in missed.chunks_exact(2) {
                    if let [origin, error] = pair {
                        outcomes.push(Outcome::one(origin, 0, error));
                    }
                }
            }
            entries.extend(entry);
            ("{}".to_owned(), is_new)
        }
        Message::Note(settle) => {
            outcomes.push(Outcome::one(&settle.model, settle.status, &settle.error));
            ("{}".to_owned(), false)
        }
    };
    let has_changed = has_changed || !entries.is_empty();
    Some(Acted { state: has_changed.then(|| account.write()), entries, outcomes, answer })
}

/// What is kept of an account.
#[derive(Debug, Default)]
struct Account {
    /// What was used in the last minute.
    window: Window,
    /// The reservations that are not settled, the oldest first.
    open: Vec<Open>,
    /// The last day on which something happened, and the tokens that were settled on it.
    day: u64,
    day_tokens: u64,
}

/// A reservation.
#[derive(Debug)]
struct Open {
    id: String,
    model: String,
    tokens: u64,
    lapses_ms: u64,
    is_watched: bool,
}

/// An account as it is written: the numbers are the day, its tokens, and the window.
#[derive(Default)]
struct Written {
    open: Vec<Form>,
    n: Vec<u64>,
}

fields!(Written { open, n });

impl Account {
    fn read(state: &str) -> Option<Self> {
        if state.is_empty() {
            return Some(Self::default());
        }
        let Written { open, n } = json::read(state.as_bytes()).ok()?;
        let mut account = Self::default();
        for form in open {
            let [tokens, lapses_ms, is_watched] = form.numbers();
            let (id, model, is_watched) = (form.id, form.model, is_watched != 0);
            account.open.push(Open { id, model, tokens, lapses_ms, is_watched });
        }
        if let [day, day_tokens, window @ ..] = &n[..] {
            (account.day, account.day_tokens) = (*day, *day_tokens);
            account.window = Window::of(window);
        }
        Some(account)
    }

    fn write(&self) -> String {
        let open = |mut out: Vec<u8>| {
            out.push(b'[');
            for (place, open) in self.open.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                let numbers = [open.tokens, open.lapses_ms, open.is_watched.into()];
                form::append(&mut out, &open.id, &open.model, &numbers);
            }
            out.push(b']');
            out
        };
        let mut numbers = vec![self.day, self.day_tokens];
        self.window.append(&mut numbers);
        let writer = Writer::after(Vec::new()).written("open", open);
        writer.written("n", |out| form::list(out, &numbers)).end()
    }
}

/// How a limit stands before a request.
struct Use {
    what: &'static str,
    limit: u64,
    /// What counts towards it, and what the request would add.
    used: u64,
    more: u64,
    /// How long until enough of it no longer counts.
    wait_ms: u64,
    reset_ms: u64,
}

impl Use {
    fn refusal(&self) -> Option<Refusal> {
        let is_over = self.used.saturating_add(self.more) > self.limit;
        is_over.then(|| Refusal {
            what: self.what,
            limit: self.limit,
            wait_ms: (self.more <= self.limit).then_some(self.wait_ms),
        })
    }

    /// How it stands after the request if that is `taken`, else as it is.
    fn gauge(&self, taken: bool) -> Gauge {
        let used = if taken { self.used.saturating_add(self.more) } else { self.used };
        let reset_ms = if used == 0 { 0 } else { self.reset_ms };
        Gauge { limit: self.limit, remaining: self.limit.saturating_sub(used), reset_ms }
    }
}

impl Account {
    /// Forgets what no longer counts. Returns what was never settled.
    fn tidy(&mut self, now_ms: u64, outcomes: &mut Vec<Outcome>) -> Vec<Entry> {
        self.window.forget(now_ms);
        let day = now_ms / DAY_MS;
        if self.day != day {
            (self.day, self.day_tokens) = (day, 0);
        }
        let mut lost = Vec::new();
        let is_lost = |open: &Open| open.lapses_ms.saturating_add(REMEMBERED_MS) <= now_ms;
        while self.open.first().is_some_and(is_lost) {
            let Open { model, is_watched, .. } = self.open.remove(0);
            if is_watched {
                outcomes.push(Outcome::one(&model, 500, "lost"));
            }
            let usage = Usage::default();
            lost.push(Entry { day, model, requests: 1, failures: 1, usage });
        }
        lost
    }

    fn reserve(&mut self, reserve: Reserve, now_ms: u64) -> Verdict {
        let Reserve { id, model, tokens, lasts_ms, quota, is_watched } = reserve;
        let (mut at_once, mut reserved) = (0, 0_u64);
        for open in self.open.iter().filter(|open| open.lapses_ms > now_ms) {
            at_once += 1;
            reserved = reserved.saturating_add(open.tokens);
        }
        let [per_minute, tokens_per_minute, tokens_per_day, requests_at_once] = LIMITED;
        let at_once = Use {
            what: requests_at_once,
            limit: quota.concurrent.unwrap_or(MOST_OPEN).min(MOST_OPEN),
            used: at_once,
            more: 1,
            wait_ms: SOON_MS,
            reset_ms: SOON_MS,
        };
        let window = &self.window;
        let uses = [
            quota
                .requests_per_minute
                .map(|limit| minute(window, per_minute, limit, 0, 1, |slot| slot.requests, now_ms)),
            quota.tokens_per_minute.map(|limit| {
                let of = |slot: &Slot| slot.tokens;
                minute(window, tokens_per_minute, limit, reserved, tokens, of, now_ms)
            }),
            quota
                .tokens_per_day
                .map(|limit| self.day(tokens_per_day, limit, reserved, tokens, now_ms)),
            Some(at_once),
        ];
        // The one that takes longest to wait for.
        let mut refusal: Option<Refusal> = None;
        for found in uses.iter().flatten().filter_map(Use::refusal) {
            let wait = |refusal: &Refusal| refusal.wait_ms.unwrap_or(u64::MAX);
            if refusal.as_ref().is_none_or(|other| wait(&found) > wait(other)) {
                refusal = Some(found);
            }
        }
        let is_taken = refusal.is_none();
        if is_taken {
            self.window.add(now_ms, 1, 0);
            let lapses_ms = now_ms.saturating_add(lasts_ms);
            self.open.push(Open { id, model, tokens, lapses_ms, is_watched });
        }
        let gauge = |used: &Option<Use>| used.as_ref().map(|used| used.gauge(is_taken));
        let [requests, minute, day, _] = &uses;
        let (requests, minute, day) = (gauge(requests), gauge(minute), gauge(day));
        let tokens = match (minute, day) {
            (Some(minute), Some(day)) if day.remaining < minute.remaining => Some(day),
            (minute, day) => minute.or(day),
        };
        Verdict { refusal, standing: Standing { requests, tokens } }
    }

    /// How a limit of a day stands. `reserved` counts too, for as long as it is.
    fn day(&self, what: &'static str, limit: u64, reserved: u64, more: u64, now_ms: u64) -> Use {
        let settled = self.day_tokens;
        let reset_ms = DAY_MS - now_ms % DAY_MS;
        let is_settled = settled.saturating_add(more) > limit;
        let wait_ms = if is_settled { reset_ms } else { SOON_MS };
        let used = settled.saturating_add(reserved);
        Use { what, limit, used, more, wait_ms, reset_ms }
    }

    fn settle(&mut self, settle: Settle, now_ms: u64) -> Option<Entry> {
        let Settle { id, model, is_new, has_failed, .. } = settle;
        let Settle { prompt_tokens, completion_tokens, reasoning_tokens, .. } = settle;
        match self.open.iter().position(|open| open.id == id) {
            Some(place) => drop(self.open.remove(place)),
            None if is_new => self.window.add(now_ms, 1, 0),
            None => return None,
        }
        let tokens = prompt_tokens.saturating_add(completion_tokens);
        self.window.add(now_ms, 0, tokens);
        self.day_tokens = self.day_tokens.saturating_add(tokens);
        let usage = Usage { prompt_tokens, completion_tokens, reasoning_tokens };
        Some(Entry { day: self.day, model, requests: 1, failures: has_failed.into(), usage })
    }
}

/// How a limit of a minute stands.
fn minute(
    window: &Window,
    what: &'static str,
    limit: u64,
    reserved: u64,
    more: u64,
    of: fn(&Slot) -> u64,
    now_ms: u64,
) -> Use {
    let used = window.sum(of).saturating_add(reserved);
    let excess = used.saturating_add(more).saturating_sub(limit);
    let wait_ms = window.frees_ms(excess, of, now_ms).unwrap_or(SOON_MS);
    Use { what, limit, used, more, wait_ms, reset_ms: LASTS_MS }
}
