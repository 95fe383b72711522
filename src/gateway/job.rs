//! What is kept of a request once it has been parsed.

use std::rc::Rc;

use super::spare::Spare;
use crate::{
    answer::{Counting, Limiter, Stages},
    catalog::Target,
    chat::{Delivery, Limits, Prompt, Reasoning, Role, Stamp, UsageReport},
    config::WebSearch,
    degpt,
    dialect::{self, Asked},
    error::Error,
    headers,
    in_flight::BASE_BYTES,
    in_flight::Held,
    notes::Wish,
    prompt_tokens,
    tools::{self, Stage, Strict, Wanted},
    web::Session,
};

/// Whether a client wants an error for what has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    Strict,
    Lenient,
}

/// Readies `prompt` for the model `target`: takes notes on the switches of reasoning that it does
/// not obey and on tools of the web that are turned off, and adds what the model is told.
///
/// # Errors
/// [`Error::Invalid`], if something has no effect and the client is strict.
pub(super) fn ready(
    prompt: &mut Prompt<'_>,
    target: &Target,
    strictness: Strictness,
    web: WebSearch,
) -> Result<(), Error> {
    // A model that goes on from a text of its own cannot be asked with more turns after it.
    let goes_on = prompt.turns.last().is_some_and(|turn| turn.role == Role::Assistant);
    if web == WebSearch::Off || goes_on {
        dialect::turn_web_off(prompt)?;
    }
    let switches = [Wish::On, Wish::Off, Wish::Effort, Wish::NoEffort];
    prompt.notes.settle(&switches, target.obeys(prompt.thinking));
    if let (Strictness::Strict, Some(path)) = (strictness, prompt.notes.ignored().first()) {
        // What is added to a path says what is wrong.
        let (path, wrong) = path.split_once(' ').unwrap_or((path, "has no effect"));
        return Err(Error::invalid(path, format!("`{path}` {wrong}.")));
    }
    tools::instruct(prompt);
    Ok(())
}

/// One request to DeGPT and its answer, without the body of DeGPT's request. Of the
/// client's request it keeps only what the answer needs.
pub(super) struct Job {
    pub(super) target: Target,
    pub(super) delivery: Delivery,
    /// How the answer is written.
    pub(super) reply: Box<dyn dialect::Reply>,
    limits: Limits,
    stage: Option<Stage>,
    pub(super) prompt_tokens: u64,
    pub(super) wanted: Wanted<'static>,
    /// The JSON schema that the answer should match.
    pub(super) schema: Option<String>,
    /// The tools whose calls are held to their schemas.
    pub(super) strict: Rc<Strict>,
    reasoning: Reasoning,
    /// What each answer may look for on the web.
    pub(super) session: Option<Session>,
    /// What it takes to ask another model.
    pub(super) spare: Spare,
    /// What the answer goes on from.
    prefix: Rc<str>,
    /// What has no effect, as a header; empty if everything has one.
    pub(super) ignored: String,
}

impl Job {
    /// The job for `asked` with `target`, and the body of DeGPT's request. `held` counts the bytes of
    /// that body.
    ///
    /// # Errors
    /// [`Error::Invalid`], and [`Error::Overloaded`] if there is no memory for it.
    pub(super) fn new(
        target: Target,
        asked: Asked<'_>,
        held: &mut Held,
    ) -> Result<(Self, degpt::Body), Error> {
        let Asked { prompt, reply } = asked;
        held.set(held.bytes().saturating_add(degpt::size_hint(&prompt)))?;
        let wanted = Wanted::by(&prompt);
        // A streamed answer is not checked against the schema; only the model is told about it.
        let schema = match prompt.delivery {
            Delivery::Whole => wanted.format.and_then(|format| format.schema),
            Delivery::Stream { .. } => None,
        };
        let body = degpt::body(&prompt, &target)?;
        let job = Self {
            target,
            delivery: prompt.delivery,
            reply,
            stage: Stage::new(&prompt),
            prompt_tokens: match prompt.delivery {
                Delivery::Stream { usage: UsageReport::Omitted } => 0,
                _ => prompt_tokens::count(&prompt),
            },
            wanted: wanted.with_schema(None),
            schema: schema.map(str::to_owned),
            strict: Rc::new(Strict::by(&prompt)),
            session: Session::of(&prompt),
            limits: prompt.limits,
            reasoning: prompt.reasoning,
            spare: Spare::default(),
            prefix: body.prefix(),
            ignored: headers::shortened(&crate::text::joined(&prompt.notes.ignored(), ", ")),
        };
        Ok((job, body))
    }

    /// How much memory it takes, together with `body`, in bytes.
    pub(super) fn held_bytes(&self, body: &degpt::Body) -> usize {
        let schemas = self.schema.as_ref().map_or(0, String::capacity) + self.strict.held_bytes();
        let session = self.session.as_ref().map_or(0, Session::held_bytes);
        let each = (BASE_BYTES + session) * self.reply.choices() as usize;
        each + body.held_bytes() + self.prefix.len() + schemas + self.reply.held_bytes()
    }

    /// The most tokens of its prompt and its answers; `guess` for each answer without a limit, and for
    /// reasoning without one.
    pub(super) fn most_tokens(&self, guess: u64) -> u64 {
        let Limits { max_text_tokens, max_total_tokens, .. } = self.limits;
        let each = match (max_text_tokens, max_total_tokens) {
            (None, None) => guess,
            (Some(text), None) if self.target.model.think => text.saturating_add(guess),
            (Some(text), Some(all)) if !self.target.model.think => text.min(all),
            (_, Some(limit)) | (Some(limit), None) => limit,
        };
        let all = each.saturating_mul(self.reply.choices().into());
        self.prompt_tokens.saturating_add(all)
    }

    /// The writer of a streamed answer to that choice.
    pub(super) fn encoder(&self, choice: u32, stamp: &Stamp) -> Box<dyn dialect::Encoder> {
        self.reply.encoder(choice, &self.target.model.id, stamp, self.prompt_tokens)
    }

    /// The stages that one answer goes through.
    pub(super) fn stages(&self, counting: Counting) -> Stages {
        let most_tokens = degpt::most_tokens(&self.target);
        let counting = if most_tokens.is_some() { Counting::On } else { counting };
        let limiter = Limiter::new(&self.limits, self.prompt_tokens, counting);
        let stages = Stages::new(self.stage.clone(), limiter.with(self.reasoning));
        stages.after(Rc::clone(&self.prefix)).at_most(most_tokens)
    }
}
