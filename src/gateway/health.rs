//! Which models failed lately. Such a model is asked last, by requests that leave a choice.
//!
//! A failure counts once another model has answered the same request: what all models decline is
//! likely the request's fault. So no request can put all models to rest.

use std::cell::{Cell, RefCell};

use crate::{catalog::Target, config::Config, error::Error, runtime::Runtime, secret, upstream};

/// How long a model that failed rests, in milliseconds, if DeGPT does not say how long.
const REST_MS: u64 = 300_000;
/// The longest rest.
const LONGEST_MS: u64 = 86_400_000;
/// How long an isolate does not look at what others have learned.
const LOOK_AGAIN_MS: u64 = 10_000;

/// What one isolate knows of the models' health.
#[derive(Debug, Default)]
pub(super) struct Health {
    rests: RefCell<Vec<Rest>>,
    /// When it last looked at what others have learned, in milliseconds; 0 for never.
    looked_ms: Cell<u64>,
}

/// A model that rests.
#[derive(Debug)]
pub(super) struct Rest {
    /// Its name at DeGPT, which has no spaces.
    upstream: String,
    until_ms: u64,
}

impl Rest {
    /// That of a model that failed with `error`.
    pub(super) fn new(upstream: &str, error: &Error, now_ms: u64) -> Self {
        let for_ms = match error {
            Error::RateLimited { retry_after: Some(value) } => upstream::wait_ms(value, now_ms),
            Error::UsedUp { retry_after_s } => Some(retry_after_s.saturating_mul(1_000)),
            _ => None,
        };
        let for_ms = for_ms.unwrap_or(REST_MS).clamp(1_000, LONGEST_MS);
        Self { upstream: upstream.to_owned(), until_ms: now_ms.saturating_add(for_ms) }
    }
}

impl Health {
    /// `targets` in the order to ask them: those that rest come last, the shortest rest first.
    /// Looks every few seconds at what other isolates have learned.
    pub(super) async fn in_order<E: Runtime>(
        &self,
        config: &Config,
        edge: &E,
        targets: Vec<Target>,
    ) -> Vec<Target> {
        let now_ms = edge.now_ms();
        let looked_ms = self.looked_ms.get();
        if looked_ms == 0 || now_ms.saturating_sub(looked_ms) >= LOOK_AGAIN_MS {
            // Others need not wait for this look.
            self.looked_ms.set(now_ms);
            if let Some(kept) = edge.recall(&storage_key(config)).await {
                self.read(&kept);
            }
        }
        let now_ms = edge.now_ms();
        let rests = self.rests.borrow();
        let rests_until = |target: &Target| {
            let is_its = |rest: &&Rest| rest.upstream == target.upstream && rest.until_ms > now_ms;
            rests.iter().find(is_its).map_or(0, |rest| rest.until_ms)
        };
        // Few, and the standard library's sort would add 7 KB.
        let mut ordered: Vec<Target> = Vec::with_capacity(targets.len());
        for target in targets {
            let until_ms = rests_until(&target);
            let place = ordered.partition_point(|other| rests_until(other) <= until_ms);
            ordered.insert(place, target);
        }
        ordered
    }

    /// Learns that the model `answered` has answered a request, which `failed` could not. Tells
    /// other isolates, if it is new.
    pub(super) async fn learn<E: Runtime>(
        &self,
        config: &Config,
        edge: &E,
        failed: Vec<Rest>,
        answered: &str,
    ) {
        let now_ms = edge.now_ms();
        let told = {
            let mut rests = self.rests.borrow_mut();
            let before = rests.len();
            rests.retain(|rest| rest.upstream != answered && rest.until_ms > now_ms);
            if failed.is_empty() && rests.len() == before {
                return;
            }
            for rest in failed {
                add(&mut rests, rest);
            }
            written(&rests)
        };
        edge.remember(&storage_key(config), told, LONGEST_MS / 1_000).await;
    }

    /// Adds what another isolate has learned.
    fn read(&self, kept: &[u8]) {
        let mut rests = self.rests.borrow_mut();
        for line in str::from_utf8(kept).unwrap_or_default().lines() {
            if let Some((until_ms, upstream)) = line.split_once(' ')
                && let Ok(until_ms) = until_ms.parse()
            {
                add(&mut rests, Rest { upstream: upstream.to_owned(), until_ms });
            }
        }
    }
}

/// Adds `rest`, or makes that of the same model longer.
fn add(rests: &mut Vec<Rest>, rest: Rest) {
    match rests.iter_mut().find(|known| known.upstream == rest.upstream) {
        Some(known) => known.until_ms = known.until_ms.max(rest.until_ms),
        None => rests.push(rest),
    }
}

/// A line for each: until when, and who.
fn written(rests: &[Rest]) -> Vec<u8> {
    let mut text = String::new();
    for Rest { upstream, until_ms } in rests {
        text.push_str(&until_ms.to_string());
        text.push(' ');
        text.push_str(upstream);
        text.push('\n');
    }
    text.into_bytes()
}

/// The cache key: other origins are another DeGPT.
fn storage_key(config: &Config) -> String {
    format!("health/{}", secret::digest(&crate::text::joined(&config.origins, "\n")))
}
