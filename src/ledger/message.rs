//! What the gateway and a ledger say to each other, and how it is written.

use super::form::Form;
use crate::{json, policy::Quota};

/// Asks whether a request may be answered, and reserves what it may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserve {
    /// The request's id.
    pub id: String,
    /// The model that is asked.
    pub model: String,
    /// The most tokens that it takes, of its prompt and its answer together; for an answer without
    /// a limit a guess.
    pub tokens: u64,
    /// How long it can take, in milliseconds: then the reservation lapses.
    pub lasts_ms: u64,
    /// The limits.
    pub quota: Quota,
    /// Whether it is counted how requests end.
    pub is_watched: bool,
}

/// Says what a request has taken. A second one for the same request changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settle {
    /// The request's id.
    pub id: String,
    /// The model that answered.
    pub model: String,
    /// Whether it counts even if the ledger does not know the id, because it could not be asked.
    pub is_new: bool,
    /// Whether the client got an error.
    pub has_failed: bool,
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tokens of the answer, including its reasoning.
    pub completion_tokens: u64,
    /// Tokens of the reasoning alone.
    pub reasoning_tokens: u64,
    /// The status that the client got, or 499 if it left before; 0 if it is not counted how requests
    /// end.
    pub status: u64,
    /// The name of the error's kind, or `client_left`; empty if the answer is complete.
    pub error: String,
    /// How long it took to the first byte of a streamed answer, in milliseconds; 0 if there was none.
    pub first_ms: u64,
    /// How long it took to its end, in milliseconds.
    pub all_ms: u64,
    /// The attempts that failed: origin and name of the error's kind, over and over.
    pub missed: Vec<String>,
}

/// A message to a ledger.
pub(super) enum Message {
    Reserve(Reserve),
    Settle(Settle),
    /// One that took nothing and reserved nothing: it was refused before.
    Note(Settle),
}

/// A limit, and how much of it is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge {
    /// The limit.
    pub limit: u64,
    /// How much of it may still be taken.
    pub remaining: u64,
    /// How long until all of it may be taken again if nothing more is, in milliseconds.
    pub reset_ms: u64,
}

/// How much the keys of a label may still take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Requests, if they are limited.
    pub requests: Option<Gauge>,
    /// Tokens, if they are limited: of several limits the one that leaves the least.
    pub tokens: Option<Gauge>,
}

/// Why a request may not be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// What is limited, as it follows the limit: `requests per minute`.
    pub what: &'static str,
    /// The limit.
    pub limit: u64,
    /// How long until it may be, in milliseconds; `None` if the request is larger than the limit.
    pub wait_ms: Option<u64>,
}

/// What can be limited, as it follows the limit.
pub(super) const LIMITED: [&str; 4] =
    ["requests per minute", "tokens per minute", "tokens per day", "requests at once"];

/// The answer to a [`Reserve`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Why the request may not be answered. If there is nothing here, it may, and its reservation
    /// is made.
    pub refusal: Option<Refusal>,
    /// How much may still be taken.
    pub standing: Standing,
}

/// The first number of a message: its kind.
const RESERVE: u64 = 0;
const SETTLE: u64 = 1;
const NOTE: u64 = 2;

impl Reserve {
    /// It as text.
    #[must_use]
    pub fn text(&self) -> String {
        let numbers = [
            RESERVE,
            self.tokens,
            self.lasts_ms,
            self.quota.requests_per_minute.unwrap_or_default(),
            self.quota.tokens_per_minute.unwrap_or_default(),
            self.quota.tokens_per_day.unwrap_or_default(),
            self.quota.concurrent.unwrap_or_default(),
            self.is_watched.into(),
        ];
        Form::write(&self.id, &self.model, &numbers)
    }
}

impl Settle {
    /// It as text.
    #[must_use]
    pub fn text(&self) -> String {
        self.written(SETTLE)
    }

    /// It as the text of a request that was refused before anything was reserved for it.
    #[must_use]
    pub fn note(&self) -> String {
        self.written(NOTE)
    }

    fn written(&self, kind: u64) -> String {
        let numbers = [
            kind,
            self.is_new.into(),
            self.has_failed.into(),
            self.prompt_tokens,
            self.completion_tokens,
            self.reasoning_tokens,
            self.status,
            self.first_ms,
            self.all_ms,
        ];
        let text = Form::write(&self.id, &self.model, &numbers);
        if self.status == 0 {
            return text;
        }
        let mut also = vec![self.error.clone()];
        also.extend_from_slice(&self.missed);
        let end = format!(",\"also\":{}}}", json::list(&also));
        text.strip_suffix('}').unwrap_or_default().to_owned() + &end
    }
}

impl Message {
    pub(super) fn read(text: &str) -> Option<Self> {
        let form = Form::read(text)?;
        let [kind, one, two, three, four, five, six, seven, eight] = form.numbers();
        let Form { id, model, mut also, .. } = form;
        match kind {
            RESERVE => Some(Self::Reserve(Reserve {
                id,
                model,
                tokens: one,
                lasts_ms: two,
                quota: Quota {
                    requests_per_minute: unless_0(three),
                    tokens_per_minute: unless_0(four),
                    tokens_per_day: unless_0(five),
                    concurrent: unless_0(six),
                },
                is_watched: seven != 0,
            })),
            SETTLE | NOTE => {
                let error = if also.is_empty() { String::new() } else { also.remove(0) };
                let settle = Settle {
                    id,
                    model,
                    is_new: one != 0,
                    has_failed: two != 0,
                    prompt_tokens: three,
                    completion_tokens: four,
                    reasoning_tokens: five,
                    status: six,
                    first_ms: seven,
                    all_ms: eight,
                    error,
                    missed: also,
                };
                Some(if kind == NOTE { Self::Note(settle) } else { Self::Settle(settle) })
            }
            _ => None,
        }
    }
}

impl Verdict {
    /// Reads it; `None` if `text` is none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let [refused, limit, wait_ms, requests @ .., t0, t1, t2] = Form::read(text)?.numbers::<9>();
        let refusal = refused.checked_sub(1).map(|place| {
            let what = usize::try_from(place).ok().and_then(|place| LIMITED.get(place));
            let what = what.copied().unwrap_or("requests");
            Refusal { what, limit, wait_ms: unless_0(wait_ms) }
        });
        let standing = Standing { requests: gauge(requests), tokens: gauge([t0, t1, t2]) };
        Some(Self { refusal, standing })
    }

    /// It as text.
    pub(super) fn text(&self) -> String {
        let [refused, limit, wait_ms] = self.refusal.map_or([0; 3], |refusal| {
            let place = (1..).zip(LIMITED).find(|(_, what)| *what == refusal.what);
            let place = place.map_or(0, |(place, _)| place);
            [place, refusal.limit, refusal.wait_ms.unwrap_or_default()]
        });
        let mut numbers = vec![refused, limit, wait_ms];
        for gauge in [self.standing.requests, self.standing.tokens] {
            let none = Gauge { limit: 0, remaining: 0, reset_ms: 0 };
            let Gauge { limit, remaining, reset_ms } = gauge.unwrap_or(none);
            for number in [limit, remaining, reset_ms] {
                numbers.push(number);
            }
        }
        Form::write("", "", &numbers)
    }
}

fn gauge([limit, remaining, reset_ms]: [u64; 3]) -> Option<Gauge> {
    (limit > 0).then_some(Gauge { limit, remaining, reset_ms })
}

/// No limit is 0, and no wait.
fn unless_0(number: u64) -> Option<u64> {
    (number > 0).then_some(number)
}
