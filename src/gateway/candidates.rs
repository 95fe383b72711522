//! The models that may answer one request, asked one after the other until one answers.
//!
//! DeGPT's request for another model may have another form, so the client's body is kept while
//! another model may be asked, and is read again for it.

use std::{borrow::Cow, cell::Cell, mem};

use super::{
    bound::Terms,
    health::Rest,
    job::{self, Job, Strictness},
    spare::Spare,
};
use crate::{
    auth::Caller,
    catalog::Target,
    chat::{Delivery, Phase},
    config::WebSearch,
    degpt,
    dialect::{Api, Asked},
    error::Error,
    headers,
    in_flight::{self, Held},
    record::Record,
    upstream::{Call, Failed, Fault},
};

/// The models that may answer one request.
pub(super) struct Candidates {
    pub(super) api: &'static Api,
    pub(super) strictness: Strictness,
    web: WebSearch,
    pub(super) caller: Caller,
    /// Those that have not been asked, the next one last.
    left: Vec<Target>,
    /// How many there were.
    all: usize,
    spare: Spare,
    /// When the answer must begin, whoever gives it, in milliseconds.
    until_ms: u64,
    failed: Vec<Rest>,
    /// What the client is told if none answers.
    error: Option<Error>,
    /// How many have been asked.
    asked: u32,
    has_begun: Cell<bool>,
    record: Record,
    /// What the policy of the key asks, if it has one.
    terms: Option<Terms>,
    /// The name at DeGPT of the one that is asked, and what has no effect with it.
    upstream: String,
    ignored: String,
}

/// The next model to ask.
pub(super) struct Next {
    pub(super) job: Job,
    pub(super) call: Call<'static>,
}

impl Candidates {
    /// `targets` for a request of `caller` in the form of `api`. One of them must begin to answer
    /// by `until_ms`. What comes of it is noted in `record`.
    pub(super) fn new(
        api: &'static Api,
        (strictness, web): (Strictness, WebSearch),
        caller: Caller,
        mut targets: Vec<Target>,
        until_ms: u64,
        record: Record,
        terms: Option<Terms>,
    ) -> Self {
        targets.reverse();
        Self {
            api,
            strictness,
            web,
            caller,
            all: targets.len(),
            left: targets,
            spare: Spare::default(),
            until_ms,
            failed: Vec::new(),
            error: None,
            asked: 0,
            has_begun: Cell::new(false),
            record,
            terms,
            upstream: String::new(),
            ignored: String::new(),
        }
    }

    /// What it takes to ask the first one that can take the request `asked`, which is parsed from
    /// `body`. `held` counts `body`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if none can take it, [`Error::Overloaded`].
    pub(super) fn first(
        &mut self,
        asked: Asked<'_>,
        body: &[u8],
        held: &mut Held,
    ) -> Result<(Job, degpt::Body), Error> {
        let api = self.api;
        let mut asked = Some(asked);
        self.make(&mut || asked.take().map_or_else(|| (api.parse)(body), Ok), held)
    }

    /// Keeps `body`, if there is another model to ask. Else it is freed.
    pub(super) fn keep(&self, body: Vec<u8>, held: Held) {
        if !self.left.is_empty() {
            self.spare.keep(body, held);
        }
    }

    /// The call with `body`, for the model that is asked.
    pub(super) fn call(
        &self,
        job: &Job,
        body: degpt::Body,
        held: Held,
        now_ms: u64,
    ) -> Call<'static> {
        Call {
            caller: self.caller.clone(),
            body: Cow::Owned(body),
            held,
            accept: match job.delivery {
                Delivery::Whole => "*/*",
                Delivery::Stream { .. } => "text/event-stream",
            },
            deadline_ms: now_ms.saturating_add(self.limit_ms(now_ms)),
            // DeGPT counts each model's chats.
            is_counted: Cell::new(false),
            record: self.record.clone(),
        }
    }

    /// How long the model that is asked has to begin, in milliseconds: half of what is left, if
    /// another one may be asked.
    fn limit_ms(&self, now_ms: u64) -> u64 {
        let left_ms = self.until_ms.saturating_sub(now_ms);
        if self.may_go_on() { left_ms.div_ceil(2) } else { left_ms }
    }

    /// Whether another model may be asked if the one that is asked fails.
    pub(super) fn may_go_on(&self) -> bool {
        self.spare.is_there()
    }

    /// Call this when an answer has begun: no other model is asked.
    pub(super) fn begun(&self) {
        self.spare.let_go();
        self.has_begun.set(true);
    }

    /// The next model, after the one that is asked has failed before its first word.
    ///
    /// # Errors
    /// The error for the client, if there is none.
    pub(super) fn next(&mut self, failed: Failed, now_ms: u64) -> Result<Next, Error> {
        let kept = self.spare.take().filter(|_| now_ms < self.until_ms && is_of_model(&failed));
        let Some((body, held)) = kept else {
            return Err(self.last(failed, now_ms));
        };
        self.record(&failed.error, now_ms);
        let mut call_held = held.another();
        match self.again(&body, &mut call_held) {
            Ok((job, question)) => {
                if !self.left.is_empty() {
                    self.spare.keep(body, held);
                }
                let call = self.call(&job, question, call_held, now_ms);
                Ok(Next { job, call })
            }
            // The others cannot take the request at all.
            Err(Error::Invalid { .. }) => Err(self.verdict(failed.error)),
            Err(error) => Err(error),
        }
    }

    /// The error for the client, after the last model that is asked has failed.
    pub(super) fn last(&mut self, failed: Failed, now_ms: u64) -> Error {
        if !is_of_model(&failed) {
            return failed.error;
        }
        self.record(&failed.error, now_ms);
        self.verdict(failed.error)
    }

    /// Notes that the model that is asked failed with `error`.
    fn record(&mut self, error: &Error, now_ms: u64) {
        self.failed.push(Rest::new(&self.upstream, error, now_ms));
        match &self.error {
            // How long to wait is what helps a client most.
            Some(first) if !is_limit(error) || is_limit(first) => {}
            _ => self.error = Some(error.clone()),
        }
    }

    fn again(&mut self, body: &[u8], held: &mut Held) -> Result<(Job, degpt::Body), Error> {
        // Strings with escapes are copied, and tool tags in texts marked in copies.
        in_flight::probe(body.len() + body.len() / 8)?;
        let api = self.api;
        let (job, question) = self.make(&mut || (api.parse)(body), held)?;
        held.set(job.held_bytes(&question))?;
        Ok((job, question))
    }

    /// What it takes to ask the next one that can take the request that `parse` reads.
    fn make<'b>(
        &mut self,
        parse: &mut dyn FnMut() -> Result<Asked<'b>, Error>,
        held: &mut Held,
    ) -> Result<(Job, degpt::Body), Error> {
        let before = held.bytes();
        let mut refused = None;
        while let Some(target) = self.left.pop() {
            held.set(before)?;
            let mut asked = parse()?;
            if let Some(terms) = self.terms {
                terms.bind(&mut asked.prompt);
            }
            let made = job::ready(&mut asked.prompt, &target, self.strictness, self.web);
            match made.and_then(|()| Job::new(target, asked, held)) {
                Ok((mut job, question)) => {
                    job.spare = self.spare.clone();
                    self.asked += 1;
                    self.record.is_for(&job.target.model.id);
                    self.upstream.clone_from(&job.target.upstream);
                    self.ignored.clone_from(&job.ignored);
                    return Ok((job, question));
                }
                // Another model may be able to go on from an assistant's turn, or to think.
                Err(error @ Error::Invalid { .. }) => _ = refused.get_or_insert(error),
                Err(error) => return Err(error),
            }
        }
        Err(refused.unwrap_or(Error::Internal))
    }

    /// The error when none has answered: of several, one of theirs.
    fn verdict(&mut self, last: Error) -> Error {
        match self.error.take() {
            Some(first) if self.asked > 1 => {
                Error::NoneAnswers { asked: self.asked, first: Box::new(first) }
            }
            _ => last,
        }
    }

    /// The rests of the models that failed before one has answered, and the name at DeGPT of that
    /// one; nothing if none has, or if the client asked with a key of its own. Given once.
    pub(super) fn lesson(&mut self) -> Option<(Vec<Rest>, String)> {
        let is_ours = matches!(self.caller, Caller::Member(_)) && self.all > 1;
        let is_lesson = is_ours && self.has_begun.get();
        is_lesson.then(|| (mem::take(&mut self.failed), self.upstream.clone()))
    }

    /// What the client's headers say of the model. If they go out before an answer has begun,
    /// nobody knows which one will answer.
    pub(super) fn headers(&self, phase: Phase) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        if phase == Phase::Flowing || !self.may_go_on() {
            headers.push(("x-degpt-model", headers::fitting(&self.upstream)));
            if self.all > 1 {
                headers.push(("x-degpt-attempts", self.asked.to_string()));
            }
        }
        if !self.ignored.is_empty() {
            headers.push(("x-degpt-ignored", self.ignored.clone()));
        }
        headers
    }
}

/// Whether another model may answer. It may also be open to an account that is limited.
fn is_of_model(failed: &Failed) -> bool {
    failed.fault == Fault::Model || is_limit(&failed.error)
}

fn is_limit(error: &Error) -> bool {
    matches!(error, Error::RateLimited { .. } | Error::UsedUp { .. })
}
