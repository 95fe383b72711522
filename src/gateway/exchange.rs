//! What is needed of a request once it has been read, and what comes of it.

use std::rc::Rc;

use super::{deployment::Gateway, reply::Reply, streamed, whole};
use crate::{
    auth::Caller,
    catalog::{Attachment, Target},
    chat::{Delivery, Limits, Stamp, UsageReport},
    config::Config,
    degpt,
    dialect::{self, Asked},
    edge_api::Edge,
    error::Error,
    headers,
    in_flight::{BASE_BYTES, Held},
    limits::{Counting, Limiter},
    patience::Patience,
    prompt_tokens,
    tools::{Stage, Wanted},
    upstream::Call,
};

/// One question to DeGPT and its answer: DeGPT's request, and nothing else of the
/// client's words.
pub(super) struct Exchange<'a> {
    pub(super) target: Target<'a>,
    body: Vec<u8>,
    delivery: Delivery,
    /// How the answer is written.
    pub(super) reply: Box<dyn dialect::Reply>,
    limits: Limits,
    stage: Option<Stage>,
    pub(super) prompt_tokens: u64,
    pub(super) wanted: Wanted<'static>,
    /// The schema of what is wanted.
    pub(super) schema: Option<String>,
    pub(super) has_tools: bool,
    ignored: Vec<&'static str>,
}

impl<'a> Exchange<'a> {
    /// What `asked` needs, of which `held` counts the bytes.
    ///
    /// # Errors
    /// [`Error::UnknownModel`], [`Error::Invalid`], and [`Error::Overloaded`] where there
    /// is no room for it.
    pub(super) fn new(
        config: &'a Config,
        asked: Asked<'_>,
        held: &mut Held,
    ) -> Result<Self, Error> {
        let Asked { prompt, reply } = asked;
        let attachment = if prompt.has_attachment() { Attachment::Some } else { Attachment::None };
        let target =
            config.catalog.resolve(prompt.model.as_deref(), prompt.thinking, attachment)?;
        held.set(held.bytes().saturating_add(degpt::size_hint(&prompt)))?;
        let wanted = Wanted::by(&prompt);
        // Of a stream it is told to the model alone.
        let schema = match prompt.delivery {
            Delivery::Whole => wanted.format.and_then(|format| format.schema),
            Delivery::Stream { .. } => None,
        };
        Ok(Self {
            target,
            body: degpt::body(&prompt, target)?,
            delivery: prompt.delivery,
            reply,
            stage: Stage::new(&prompt),
            prompt_tokens: match prompt.delivery {
                Delivery::Stream { usage: UsageReport::Omitted } => 0,
                _ => prompt_tokens::count(&prompt),
            },
            wanted: wanted.with_schema(None),
            schema: schema.map(str::to_owned),
            has_tools: prompt.tools.is_some(),
            limits: prompt.limits,
            ignored: prompt.ignored,
        })
    }

    /// How much memory it takes, in bytes.
    pub(super) fn held_bytes(&self) -> usize {
        BASE_BYTES + self.body.capacity() + self.schema.as_ref().map_or(0, String::capacity)
    }

    /// Keeps the limits of one answer.
    pub(super) fn limiter(&self, counting: Counting) -> Limiter {
        Limiter::new(&self.limits, self.prompt_tokens, counting).behind(self.stage.clone())
    }

    /// Asks DeGPT, and gives what the client gets.
    ///
    /// # Errors
    /// Whatever there was instead of an answer.
    pub(super) async fn carry_out<E: Edge>(
        mut self,
        gateway: &Rc<Gateway>,
        edge: &E,
        caller: Caller,
        held: Held,
        stamp: &Stamp,
    ) -> Result<Reply<E::Stream>, Error> {
        let started_ms = edge.now_ms();
        let patience = Patience::new(&gateway.config.timing, started_ms);
        let call = Call {
            caller,
            body: std::mem::take(&mut self.body),
            held,
            accept: match self.delivery {
                Delivery::Whole => "*/*",
                Delivery::Stream { .. } => "text/event-stream",
            },
            deadline_ms: patience.begins_by_ms(),
        };
        let mut reply = match self.delivery {
            Delivery::Whole => whole::answer(gateway, edge, call, &self, patience, stamp).await?,
            Delivery::Stream { usage } => {
                streamed::answer(gateway, edge, call, &self, usage, started_ms, stamp).await?
            }
        };
        reply.headers.push(("x-degpt-model", headers::fitting(self.target.upstream)));
        if !self.ignored.is_empty() {
            reply.headers.push(("x-degpt-ignored", headers::shortened(&self.ignored.join(", "))));
        }
        Ok(reply)
    }
}
