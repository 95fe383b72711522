//! The policy that a request is bound by: what it may ask for, and its place in the ledger.

use super::job::Job;
use crate::{
    auth,
    catalog::Target,
    chat::{Delivery, Prompt, Stamp, UsageReport},
    config::{Config, LedgerFails},
    error::Error,
    ledger::{Refusal, Reserve, Settle, Standing, Tab, Verdict},
    policy::Policy,
    runtime::Runtime,
};

/// The policy that holds for a request, and the label of its key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound<'a> {
    label: &'a str,
    policy: &'a Policy,
}

impl<'a> Bound<'a> {
    /// The policy for the key in these headers, if there is one.
    ///
    /// # Errors
    /// [`Error::KeyExpired`].
    pub(super) fn of(
        config: &'a Config,
        header: &dyn Fn(&str) -> Option<String>,
        now_ms: u64,
    ) -> Result<Option<Self>, Error> {
        if config.policies.is_empty() {
            return Ok(None);
        }
        let (authorization, x_api_key) = (header("authorization"), header("x-api-key"));
        let label = auth::label(config, authorization.as_deref(), x_api_key.as_deref());
        let bound =
            label.and_then(|label| config.policies.of(label).map(|policy| Self { label, policy }));
        match bound {
            Some(bound) if bound.policy.has_expired(now_ms / 1_000) => Err(Error::KeyExpired),
            bound => Ok(bound),
        }
    }

    /// Those of `targets` that may answer.
    ///
    /// # Errors
    /// [`Error::ModelForbidden`] for the first, if none may.
    pub(super) fn allowed(&self, mut targets: Vec<Target>) -> Result<Vec<Target>, Error> {
        let first = targets.first().map(|target| target.model.id.clone());
        targets.retain(|target| self.policy.allows(&target.model.id));
        match first {
            Some(first) if targets.is_empty() => Err(Error::ModelForbidden(first)),
            _ => Ok(targets),
        }
    }

    /// What it asks of a prompt.
    pub(super) fn terms(&self) -> Terms {
        Terms { max_tokens: self.policy.max_tokens() }
    }

    /// Asks the ledger. Returns how the key stands, if that is known, and the tab of the request if
    /// it may go on.
    pub(super) async fn reserve<E: Runtime>(
        self,
        config: &Config,
        edge: &E,
        job: &Job,
        stamp: &Stamp,
    ) -> (Option<Standing>, Result<Option<Tab>, Error>) {
        let model = job.target.model.id.clone();
        let reserve = Reserve {
            id: stamp.id.clone(),
            model: model.clone(),
            tokens: job.most_tokens(config.reserve_tokens),
            lasts_ms: lasts_ms(config),
            quota: self.policy.quota(),
        };
        let mut settle = Settle { id: stamp.id.clone(), model, ..Settle::default() };
        let lost = Settle { has_failed: true, ..settle.clone() }.text();
        let answer = edge.reserve(self.label, &reserve.text(), &lost).await;
        let verdict = answer.and_then(|answer| Verdict::read(&answer));
        settle.is_new = verdict.is_none();
        let (standing, refusal) = match (verdict, config.ledger_fails) {
            (Some(verdict), _) => (Some(verdict.standing), verdict.refusal.map(over_limit)),
            (None, LedgerFails::Open) => (None, None),
            (None, LedgerFails::Closed) => (None, Some(Error::LedgerFailed)),
        };
        if let Some(error) = refusal {
            edge.settle(self.label, None);
            return (standing, Err(error));
        }
        let (edge, label) = (edge.clone(), self.label.to_owned());
        let send = move |message: &str| edge.settle(&label, Some(message));
        (standing, Ok(Some(Tab::new(settle, Box::new(send)))))
    }
}

/// What a policy asks of a prompt, whichever model gets it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    max_tokens: Option<u64>,
}

impl Terms {
    /// Limits the answer, and has its tokens counted.
    pub(super) fn bind(self, prompt: &mut Prompt<'_>) {
        let limit = &mut prompt.limits.max_total_tokens;
        *limit = match (*limit, self.max_tokens) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        // What the stream reports is the dialect's own decision, made before.
        if let Delivery::Stream { usage } = &mut prompt.delivery {
            *usage = UsageReport::Included;
        }
    }
}

fn over_limit(refusal: Refusal) -> Error {
    let Refusal { what, limit, wait_ms } = refusal;
    Error::OverLimit { what, limit, wait_s: wait_ms.map(|wait_ms| wait_ms.div_ceil(1_000)) }
}

/// How long a request can take, in milliseconds: the time for its answer, and some for its end.
fn lasts_ms(config: &Config) -> u64 {
    const FOR_ITS_END_MS: u64 = 30_000;
    let longest = config.timing.first_byte.max(config.timing.max_answer).as_millis();
    u64::try_from(longest).unwrap_or(u64::MAX).saturating_add(FOR_ITS_END_MS)
}
