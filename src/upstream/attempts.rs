//! The attempts of one request: carries out what [`judge`] says.
//!
//! All but the reading of the answer is here, so that it is compiled once and not for each kind of
//! answer.

use super::{
    Failed, accounts,
    call::Call,
    daily,
    origins::{Origin, Upstream},
    retry::{Fault, Remedy, Rest, Symptom, Verdict, Whose, judge},
};
use crate::{
    auth::Caller,
    config::Config,
    degpt,
    error::Error,
    runtime::{Incoming, Outgoing, Runtime},
    secret::{Secret, Tag},
};

/// What one request has tried, and what it tries next.
pub(super) struct Attempts<'a, E> {
    upstream: &'a Upstream,
    config: &'a Config,
    edge: &'a E,
    call: &'a Call<'a>,
    origins: Vec<&'a Origin>,
    /// How many of the origins have been left.
    left: usize,
    /// The places of the deployment's credentials that have been used, in this order.
    accounts: Vec<usize>,
    whose: Whose,
    /// What the last attempt was made with.
    secret: Option<Secret>,
    asked_ms: u64,
    has_signed_in_again: bool,
    has_repeated: bool,
    /// What the client gets if nothing helps.
    failed: Option<Failed>,
}

impl<'a, E: Runtime> Attempts<'a, E> {
    pub(super) fn new(
        upstream: &'a Upstream,
        config: &'a Config,
        edge: &'a E,
        call: &'a Call<'a>,
    ) -> Self {
        Self {
            upstream,
            config,
            edge,
            call,
            origins: upstream.in_order(edge.now_ms()),
            left: 0,
            accounts: Vec::new(),
            whose: match &call.caller {
                Caller::Guest(_) => Whose::Client,
                Caller::Member(_) if config.degpt_keys.is_empty() => Whose::Visitor,
                Caller::Member(_) => Whose::Deployment,
            },
            secret: None,
            asked_ms: 0,
            has_signed_in_again: false,
            has_repeated: false,
            failed: None,
        }
    }

    /// Makes attempts until one has the status 200, and returns that body.
    pub(super) async fn download(&mut self) -> Result<E::Download, Failed> {
        loop {
            match self.attempt().await {
                Ok(download) => return Ok(download),
                Err(symptom) => self.act(&symptom)?,
            }
        }
    }

    async fn attempt(&mut self) -> Result<E::Download, Symptom> {
        let origin = self.origin().ok_or(Symptom::Failed(Error::Unavailable))?;
        let secret = self.credential(origin).await?;
        self.asked_ms = self.edge.now_ms();
        let sent = send(self.edge, self.call, origin, &secret).await;
        self.secret = Some(secret);
        match sent.map_err(Symptom::Failed)? {
            Incoming { status: 200, body, .. } => Ok(body),
            Incoming { status, retry_after, body } => {
                self.edge.discard(body);
                Err(Symptom::Status { status, retry_after })
            }
        }
    }

    /// The credential for the next attempt. A visitor's chat is counted first.
    async fn credential(&mut self, origin: &Origin) -> Result<Secret, Symptom> {
        let Self { upstream, config, edge, call, .. } = *self;
        match (&call.caller, self.whose) {
            (Caller::Guest(own), _) => Ok(own.clone()),
            (Caller::Member(client), Whose::Deployment) => {
                if self.accounts.is_empty() {
                    self.use_next_account(*client);
                }
                let account = self.accounts.last().and_then(|place| config.degpt_keys.get(*place));
                account.cloned().ok_or(Symptom::Failed(Error::Internal))
            }
            (Caller::Member(_), _) => {
                let left_ms = call.left_ms(edge.now_ms()).map_err(Symptom::Failed)?;
                let (address, derived) = (&origin.address, &upstream.visitor_id);
                let token = origin.visitor.token(config, edge, address, derived, left_ms).await;
                let token = token.map_err(Symptom::SignIn)?;
                let counted = daily::count(config, edge, call, address, &token).await;
                counted.map(|()| token.secret).map_err(Symptom::Failed)
            }
        }
    }

    /// Does what [`judge`] says about `symptom`.
    ///
    /// # Errors
    /// The failure for the client, if nothing is left to do.
    pub(super) fn act(&mut self, symptom: &Symptom) -> Result<(), Failed> {
        let Verdict { remedy, fault, error } = judge(symptom, self.whose);
        let goes_on = match remedy {
            Remedy::GiveUp => false,
            Remedy::SignInAgain => self.sign_in_again(),
            Remedy::NextOrigin => {
                if let Some(origin) = self.origin() {
                    origin.failed(self.edge.now_ms());
                }
                self.leave_origin()
            }
            Remedy::OtherOrigin => self.leave_origin(),
            Remedy::OnceMore => self.repeat(),
            Remedy::NextAccount(rest) => self.leave_account(rest, &error),
            Remedy::NextAccountOrOnceMore(rest) => {
                self.leave_account(rest, &error) || (self.accounts.len() == 1 && self.repeat())
            }
        };
        let failed = self.failed(error, fault);
        if goes_on {
            self.failed = Some(failed);
            return Ok(());
        }
        Err(failed)
    }

    /// The failure for the client after one more error: the newest, unless an earlier one says how
    /// long to wait, which would help, and that is shorter.
    fn failed(&mut self, error: Error, fault: Fault) -> Failed {
        let now_ms = self.edge.now_ms();
        let wait_ms = |error: &Error| accounts::wait_ms(error, now_ms);
        let earlier = self.failed.take().filter(|_| fault != Fault::Request);
        let helpful = earlier.filter(|failed| {
            let earlier_ms = wait_ms(&failed.error);
            earlier_ms < u64::MAX && earlier_ms <= wait_ms(&error)
        });
        helpful.unwrap_or_else(|| Failed { error, fault, account: self.account() })
    }

    /// Records that there is an answer. Returns the number of the credential.
    pub(super) fn answered(&self) -> Option<usize> {
        if let Some(origin) = self.origin() {
            origin.answered();
        }
        if let (Some(place), 2..) = (self.accounts.last(), self.config.degpt_keys.len()) {
            self.upstream.accounts.answered(*place, self.model(), self.asked_ms);
        }
        self.account()
    }

    fn model(&self) -> Tag {
        Tag::of(self.call.body.model())
    }

    fn origin(&self) -> Option<&'a Origin> {
        self.origins.get(self.left).copied()
    }

    /// The number of the deployment's credential that is used, counted from 1.
    pub(super) fn account(&self) -> Option<usize> {
        self.accounts.last().map(|place| place + 1)
    }

    fn sign_in_again(&mut self) -> bool {
        if self.has_signed_in_again {
            return false;
        }
        self.has_signed_in_again = true;
        if let (Some(origin), Some(secret)) = (self.origin(), &self.secret) {
            origin.visitor.refuse(secret);
        }
        true
    }

    fn leave_origin(&mut self) -> bool {
        self.has_signed_in_again = false;
        self.left += 1;
        self.left < self.origins.len()
    }

    fn repeat(&mut self) -> bool {
        if self.has_repeated {
            return false;
        }
        self.has_repeated = true;
        // At the same origin if it is the last one.
        if self.left + 1 < self.origins.len() {
            self.leave_origin();
        }
        true
    }

    fn use_next_account(&mut self, client: Tag) -> bool {
        let (keys, tried) = (&self.config.degpt_keys, &self.accounts);
        let next = if keys.len() == 1 {
            tried.is_empty().then_some(0)
        } else {
            let (accounts, now_ms) = (&self.upstream.accounts, self.edge.now_ms());
            accounts.next(keys, client, self.model(), tried, now_ms)
        };
        let Some(place) = next else {
            return false;
        };
        self.accounts.push(place);
        true
    }

    fn leave_account(&mut self, rest: Rest, error: &Error) -> bool {
        let (Some(&place), Caller::Member(client)) = (self.accounts.last(), &self.call.caller)
        else {
            return false;
        };
        // The only one there is never rests: nothing else could be asked.
        if self.config.degpt_keys.len() == 1 {
            return false;
        }
        let (accounts, now_ms) = (&self.upstream.accounts, self.edge.now_ms());
        if let Some(rests_ms) = accounts.rest(place, rest, self.model(), error, now_ms) {
            let (number, seconds) = (place + 1, rests_ms / 1_000);
            let why = match rest {
                Rest::Refused => "DeGPT refuses it",
                Rest::Limited => "DeGPT limits its rate",
                Rest::ForModel => "it had no answer from one model, for which it rests",
            };
            self.edge.warn(&format!("DEGPT_API_KEY number {number} rests for {seconds} s: {why}"));
        }
        self.use_next_account(*client)
    }
}

async fn send<E: Runtime>(
    edge: &E,
    call: &Call<'_>,
    origin: &Origin,
    credential: &Secret,
) -> Result<Incoming<E::Download>, Error> {
    let timeout_ms = call.left_ms(edge.now_ms())?;
    let authorization = format!("Bearer {}", credential.reveal());
    let request = Outgoing {
        method: "POST",
        url: &format!("{}{}", origin.address, degpt::CHAT_PATH),
        headers: &[
            ("authorization", &authorization),
            ("content-type", "application/json"),
            ("accept", call.accept),
        ],
        body: Some(call.body.bytes()),
    };
    // The runtime copies the body to send it: count the copy.
    let mut copy = call.held.another();
    copy.set(call.body.bytes().len())?;
    edge.send(request, timeout_ms).await
}
