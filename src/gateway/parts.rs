//! A whole answer in its parts: each but the last ends with calls of the gateway's own tools, and
//! the model goes on with what came of them.

use super::{deployment::Gateway, job::Job, searching::Search};
use crate::{
    answer::{Counting, Patience, Stages, Whole},
    chat::{Answer, Call as ToolCall, Failure, Phase},
    error::Error,
    in_flight::Held,
    runtime::Runtime,
    tools::ended_by_itself,
    upstream::{self, Call, Failed},
    web,
};

/// What it takes to ask for all parts of one answer.
pub(super) struct Parts<'a, E> {
    gateway: &'a Gateway,
    edge: &'a E,
    job: &'a Job,
    pub(super) patience: Patience,
    search: Option<Search<'a, E>>,
    /// For the next part.
    stages: Stages,
    /// All parts before it.
    earlier: Answer,
}

impl<'a, E: Runtime> Parts<'a, E> {
    pub(super) fn new(gateway: &'a Gateway, edge: &'a E, job: &'a Job, patience: Patience) -> Self {
        let search = job.session.clone().map(|session| Search { gateway, edge, session });
        let stages = job.stages(Counting::On);
        Self { gateway, edge, job, patience, search, stages, earlier: Answer::default() }
    }

    /// Whether anything was looked for.
    pub(super) fn has_looked(&self) -> bool {
        !self.earlier.web.is_empty()
    }

    /// The last part, not checked, and the count of the memory that it holds.
    ///
    /// # Errors
    /// What is wrong with a part, before its first word or after it.
    pub(super) async fn last(&mut self, call: &mut Call<'_>) -> Result<(Answer, Held), Failed> {
        loop {
            let (mut answer, stages, held) = self.ask(call).await?;
            let errands = std::mem::take(&mut answer.errands);
            let is_over = errands.is_empty() || !ended_by_itself(&answer.finish);
            let Some(search) = self.search.as_mut().filter(|_| !is_over) else {
                return Ok((answer, held));
            };
            // Few answers look for anything: the others need no room for it.
            let looking = search.look(call, &mut self.patience, errands, &|_| {});
            let results = Box::pin(looking).await;
            self.stages = self.job.stages(Counting::On);
            self.stages.go_on(&stages);
            for result in &results {
                self.stages.heed(&web::told(result));
            }
            // Tools of the client's were called, too: it is its turn.
            let is_last = !answer.calls.is_empty();
            if !is_last {
                search.go_on(call, &mut self.patience, &answer.text, &results)?;
            }
            let place = answer.text.len();
            answer.web = results.into_iter().map(|result| (place, result)).collect();
            if is_last {
                return Ok((answer, held));
            }
            if self.job.wanted.format.is_some() {
                // The value is still to come.
                answer.text.clear();
            }
            let earlier = std::mem::take(&mut self.earlier);
            self.earlier = joined(earlier, answer);
        }
    }

    /// One part.
    async fn ask(&self, call: &Call<'_>) -> Result<(Answer, Stages, Held), Failed> {
        let Gateway { config, upstream, .. } = self.gateway;
        let consume = async |download| {
            let whole = Whole::new(self.stages.clone(), config.max_answer_bytes);
            let held = call.held.another();
            let begins = || {
                self.job.spare.let_go();
                call.record.begins(self.edge.now_ms());
            };
            collect(self.edge, download, whole, held, self.patience, &begins).await
        };
        let asked = upstream::ask(upstream, config, self.edge, call, consume).await;
        asked.map(|served| served.answer)
    }

    /// All parts as one answer, of which `last` is the last.
    ///
    /// # Errors
    /// [`Error::Overloaded`].
    pub(super) fn all(self, last: Answer, held: &mut Held) -> Result<Answer, Error> {
        if self.earlier.web.is_empty() {
            return Ok(last);
        }
        held.set(self.earlier.held_bytes() + 2 * last.held_bytes())?;
        let all = joined(self.earlier, last);
        held.set(all.held_bytes())?;
        Ok(all)
    }
}

/// Two parts as one.
fn joined(mut first: Answer, mut then: Answer) -> Answer {
    let place = first.text.len();
    first.text.push_str(&then.text);
    if !first.reasoning.is_empty() && !then.reasoning.is_empty() {
        first.reasoning.push_str("\n\n");
    }
    first.reasoning.push_str(&then.reasoning);
    for (at, _) in &mut then.web {
        *at = place + (*at).min(then.text.len());
    }
    for ToolCall { place: at, .. } in &mut then.calls {
        *at += place;
    }
    first.web.append(&mut then.web);
    Answer { text: first.text, reasoning: first.reasoning, web: first.web, ..then }
}

/// Reads an answer to its end. `held` counts the memory it takes. Calls `begins` once it has begun.
async fn collect<E: Runtime>(
    edge: &E,
    download: E::Download,
    mut whole: Whole,
    mut held: Held,
    mut patience: Patience,
    begins: &dyn Fn(),
) -> Result<(Answer, Stages, Held), Failure> {
    let first_ms = patience.left_ms(Phase::Waiting, edge.now_ms()).unwrap_or(0);
    let take = |bytes: &[u8]| {
        let flow = whole.push(bytes);
        // A growing buffer is copied to a larger one, and the memory of the old one can seldom
        // be used again: count twice the size.
        if let Err(error) = held.set(2 * whole.held_bytes()) {
            whole.fail(error);
            return None;
        }
        if whole.phase() == Phase::Flowing {
            begins();
        }
        if flow.is_break() {
            return None;
        }
        if whole.heard() {
            patience.hear(edge.now_ms());
        }
        patience.left_ms(whole.phase(), edge.now_ms()).ok()
    };
    let poured = edge.pour(download, first_ms, take).await;
    // Check the time again: if bytes arrive all the time, no timer fires.
    let poured = match (poured, patience.left_ms(whole.phase(), edge.now_ms())) {
        (Ok(()) | Err(Error::Stalled), Err(late)) => Err(late),
        (poured, _) => poured,
    };
    let (answer, stages) = whole.finish_part(poured)?;
    // This never fails: the finished answer takes less than was counted.
    let _ = held.set(answer.held_bytes());
    Ok((answer, stages, held))
}
