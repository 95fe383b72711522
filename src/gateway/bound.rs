//! The policy that a request is bound by: what it may ask for, and its place in the ledger.

use std::{cell::Cell, rc::Rc};

use super::{deployment::Gateway, job::Job, keys::Holder, registry};
use crate::{
    auth::{self, Caller},
    catalog::Target,
    chat::{Delivery, Prompt, Stamp, UsageReport},
    config::{Config, LedgerFails},
    error::{Error, Kind},
    ledger::{Refusal, Reserve, Settle, Standing, Verdict},
    policy::Policy,
    record::{Asked, Ending, Notes, Record, Why},
    runtime::Runtime,
    secret::Tag,
};

/// The policy that holds for a request, and the label of its key.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    pub(super) label: String,
    pub(super) policy: Rc<Policy>,
}

/// Who calls, by the keys in these headers, and what the call is bound by, if its key has a ledger.
/// Notes the label in `record`.
///
/// # Errors
/// [`Error::MissingKey`], [`Error::WrongKey`], [`Error::NoKeysConfigured`], [`Error::KeyExpired`];
/// [`Error::LedgerFailed`] if the registry has to be asked and cannot.
pub(super) async fn admit<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    header: &dyn Fn(&str) -> Option<String>,
    record: &Record,
) -> Result<(Caller, Option<Bound>), Error> {
    let config = &gateway.config;
    let (authorization, x_api_key) = (header("authorization"), header("x-api-key"));
    let (authorization, x_api_key) = (authorization.as_deref(), x_api_key.as_deref());
    let (caller, label, own) = match auth::admit(config, authorization, x_api_key) {
        Ok((caller, number)) => {
            let place = number.and_then(|number| (number as usize).checked_sub(1));
            (caller, place.and_then(|place| config.labels.get(place)).cloned(), None)
        }
        Err(Error::WrongKey) if config.admin_key.is_some() => {
            let made = auth::made(authorization, x_api_key);
            // Boxed: few requests come here, and this is compiled for each.
            let (tag, holder) = Box::pin(holder(gateway, edge, &made)).await?;
            (Caller::Member(tag), Some(holder.label.clone()), holder.policy.clone())
        }
        Err(error) => return Err(error),
    };
    record.question().key.clone_from(&label);
    let Some(label) = label.filter(|_| config.has_ledgers()) else {
        return Ok((caller, None));
    };
    let policy = own.or_else(|| config.policies.of(&label).cloned()).unwrap_or_default();
    if policy.has_expired(edge.now_ms() / 1_000) {
        return Err(Error::KeyExpired);
    }
    Ok((caller, Some(Bound { label, policy })))
}

/// Who holds one of these keys, by the registry, and the tag of that key.
async fn holder<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    keys: &[&str],
) -> Result<(Tag, Rc<Holder>), Error> {
    for key in keys {
        if let Some(holder) = registry::holder(gateway, edge, key).await? {
            return Ok((Tag::of(key), holder));
        }
    }
    Err(Error::WrongKey)
}

impl Bound {
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

    /// Opens the tab of a request: when `record` is closed, the ledger is told what became of it.
    pub(super) fn open<E: Runtime>(
        &self,
        gateway: &Rc<Gateway>,
        edge: &E,
        record: &Record,
        stamp: &Stamp,
    ) -> Tab {
        let Self { label, policy } = self.clone();
        let tab = Tab { label, policy, stage: Rc::default(), id: stamp.id.clone() };
        let (gateway, edge, own) = (Rc::clone(gateway), edge.clone(), tab.clone());
        record.at_end(Box::new(move |notes| {
            let mut settle = settled(notes, &own.id, &gateway.config);
            settle.all_ms = edge.now_ms().saturating_sub(notes.since_ms).max(1);
            match own.stage.get() {
                Stage::Reserved { is_known } => {
                    settle.is_new = !is_known;
                    edge.settle(&own.label, Some(&settle.text()));
                }
                // It has left, or was refused, before the ledger's answer: that may still come.
                Stage::Asked => edge.settle(&own.label, Some(&settle.text())),
                // It was refused before it was known what it may take.
                Stage::Open if settle.has_failed && settle.status > 0 => {
                    edge.note(&own.label, &settle.note());
                }
                Stage::Open | Stage::Refused => {}
            }
        }));
        tab
    }
}

/// What one request has with its ledger.
#[derive(Debug, Clone)]
pub(super) struct Tab {
    label: String,
    policy: Rc<Policy>,
    id: String,
    stage: Rc<Cell<Stage>>,
}

#[derive(Debug, Clone, Copy, Default)]
enum Stage {
    /// It has asked for nothing yet.
    #[default]
    Open,
    /// It has asked, and the answer has not come. The ledger may have reserved, or may do so later.
    Asked,
    /// It may go on. It is not known to the ledger if that could not be asked.
    Reserved { is_known: bool },
    /// It may not go on.
    Refused,
}

impl Tab {
    /// Asks the ledger. Returns how the key stands, if that is known.
    ///
    /// # Errors
    /// [`Error::OverLimit`], [`Error::LedgerFailed`], beside how the key stands.
    pub(super) async fn reserve<E: Runtime>(
        &self,
        config: &Config,
        edge: &E,
        job: &Job,
    ) -> (Option<Standing>, Result<(), Error>) {
        let model = job.target.model.id.clone();
        let is_watched = config.admin_key.is_some();
        let reserve = Reserve {
            id: self.id.clone(),
            model: model.clone(),
            tokens: job.most_tokens(config.reserve_tokens),
            lasts_ms: lasts_ms(config),
            quota: self.policy.quota(),
            is_watched,
        };
        let lost = Settle {
            id: self.id.clone(),
            model,
            has_failed: true,
            status: if is_watched { 500 } else { 0 },
            error: Kind::Internal.code().to_owned(),
            ..Settle::default()
        };
        self.stage.set(Stage::Asked);
        let answer = edge.reserve(&self.label, &reserve.text(), &lost.text()).await;
        let verdict = answer.and_then(|answer| Verdict::read(&answer));
        let is_known = verdict.is_some();
        if !is_known && config.ledger_fails == LedgerFails::Closed {
            return (None, Err(Error::LedgerFailed));
        }
        let standing = verdict.map(|verdict| verdict.standing);
        if let Some(refusal) = verdict.and_then(|verdict| verdict.refusal) {
            self.stage.set(Stage::Refused);
            edge.settle(&self.label, None);
            return (standing, Err(over_limit(refusal)));
        }
        self.stage.set(Stage::Reserved { is_known });
        (standing, Ok(()))
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

/// What the ledger is told of a request that is over.
fn settled(notes: &Notes, id: &str, config: &Config) -> Settle {
    /// The status that is counted if the client left before it got one.
    const LEFT: u16 = 499;
    let usage = notes.usage.unwrap_or_default();
    let mut settle = Settle {
        id: id.to_owned(),
        model: notes.entry.clone(),
        has_failed: notes.error.is_some(),
        prompt_tokens: usage.prompt_tokens,
        completion_tokens: usage.completion_tokens,
        reasoning_tokens: usage.reasoning_tokens,
        ..Settle::default()
    };
    if config.admin_key.is_none() {
        return settle;
    }
    settle.status = if notes.status == 0 { LEFT } else { notes.status }.into();
    let ending = notes.ending();
    let error = match (notes.error, ending) {
        (Some(error), _) => error.kind.code(),
        (None, Ending::ClientLeft) => ending.word(),
        (None, _) => "",
    };
    error.clone_into(&mut settle.error);
    if let (Some(true), Some(begun_ms)) = (notes.question.is_stream, notes.begun_ms) {
        settle.first_ms = begun_ms.saturating_sub(notes.since_ms).max(1);
    }
    let mut miss = |asked: &Asked, why: Why| {
        let origin = asked.origin.checked_sub(1).and_then(|place| config.origins.get(place));
        settle.missed.extend([origin.cloned().unwrap_or_default(), why.word()]);
    };
    for (asked, why) in &notes.failed {
        miss(asked, *why);
    }
    if let (Some(error), Some(answered), Ending::UpstreamBroke) =
        (notes.error, &notes.answered, ending)
    {
        miss(answered, Why::Failed(error.kind));
    }
    settle
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
