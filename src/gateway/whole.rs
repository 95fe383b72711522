//! An answer as one JSON object: it is complete before the client gets any of it. Several choices
//! are asked for at once.

use std::cell::RefCell;

use super::{
    candidates::Candidates,
    deployment::Gateway,
    job::Job,
    reply::{self, Reply},
    spare::Spare,
    together,
};
use crate::{
    answer::Counting,
    answer::Patience,
    answer::Whole,
    chat::{Answer, Failure, Phase, Stamp},
    error::Error,
    in_flight::{self, Held},
    runtime::Runtime,
    tools::Fit,
    upstream::{self, Call, Failed},
};

/// Asks one model after the other for an answer to each choice, and encodes them.
pub(super) async fn answer<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    mut candidates: Candidates,
    mut call: Call<'_>,
    mut job: Job,
    mut patience: Patience,
    stamp: &Stamp,
) -> Result<Reply<E::Stream>, Error> {
    patience.begin_by(call.deadline_ms, edge.now_ms());
    let mut reply = loop {
        match choices(gateway, edge, call, &job, patience, stamp).await {
            Ok(reply) => break reply,
            Err(failed) => {
                let next = candidates.next(failed, edge.now_ms())?;
                (job, call) = (next.job, next.call);
                patience.begin_by(call.deadline_ms, edge.now_ms());
            }
        }
    };
    candidates.begun();
    if let Some((failed, answered)) = candidates.lesson() {
        gateway.health.learn(&gateway.config, edge, failed, &answered).await;
    }
    reply.headers.append(&mut candidates.headers(Phase::Flowing));
    Ok(reply)
}

/// Asks a model for an answer to each choice, and encodes them.
async fn choices<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    call: Call<'_>,
    job: &Job,
    patience: Patience,
    stamp: &Stamp,
) -> Result<Reply<E::Stream>, Failed> {
    let done = RefCell::new(Done::default());
    let work = async |_, call: Call<'_>| best(gateway, edge, call, job, patience, &done).await;
    together::each(job.reply.choices(), call, work).await?;
    let Done { first, others } = done.into_inner();
    let (answer, fit, held) = first.ok_or(Error::Internal)?;
    let mut bytes = answer.json_bytes() + job.reply.held_bytes();
    for other in &others {
        bytes += other.json_bytes();
    }
    let mut text_held = held.another();
    text_held.set(bytes)?;
    in_flight::probe(bytes)?;
    let text = job.reply.whole(&answer, &others, &job.target.model.id, stamp);
    if let Some(tab) = &job.tab {
        tab.add(answer.usage);
        for other in &others {
            tab.add(other.usage);
        }
    }
    let mut reply = reply::json(200, text, Some(text_held));
    reply.headers.extend(fit.header().map(|(name, value)| (name, value.to_owned())));
    Ok(reply)
}

/// The choices that are there.
#[derive(Default)]
struct Done {
    /// One of them, the worst fit, and the count of the memory of all.
    first: Option<(Answer, Fit, Held)>,
    others: Vec<Answer>,
}

impl Done {
    fn add(&mut self, answer: Answer, fit: Fit, held: Held) {
        let Some((_, worst, all_held)) = &mut self.first else {
            self.first = Some((answer, fit, held));
            return;
        };
        if worst.is_better_than(&fit) {
            *worst = fit;
        }
        let bytes = all_held.bytes() + held.bytes();
        drop(held);
        // This never fails: as much was counted before.
        let _ = all_held.set(bytes);
        self.others.push(answer);
    }
}

/// Asks DeGPT. If the answer does not have the required form, asks once more and adds to `done` the
/// better of the two answers.
async fn best<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    mut call: Call<'_>,
    job: &Job,
    mut patience: Patience,
    done: &RefCell<Done>,
) -> Result<(), Failed> {
    let wanted = job.wanted.with_schema(job.schema.as_deref());
    let judge_text = &|schema: &str, text: &str| edge.judge(schema, text);
    let judge = |answer: &Answer| wanted.fit(answer, &job.strict, judge_text);
    let (mut answer, mut held) = ask(gateway, edge, &call, job, patience).await?;
    let mut fit = judge(&answer);
    if let Some(correction) = wanted.correction(&answer, &fit)
        // If there is no memory for a second request, use the first answer.
        && call.ask_again(&correction.answer, &correction.text).is_ok()
    {
        patience.ask_again(edge.now_ms());
        call.deadline_ms = patience.begins_by_ms();
        // Keep the first answer if the second fails or fits less well.
        if let Ok((second, second_held)) = ask(gateway, edge, &call, job, patience).await {
            let second_fit = judge(&second);
            if !fit.is_better_than(&second_fit) {
                (answer, fit, held) = (second, second_fit, second_held);
            }
        }
    }
    if fit == Fit::Several {
        wanted.settle(&mut answer, judge_text);
    }
    done.borrow_mut().add(answer, fit, held);
    Ok(())
}

/// One answer, not checked, and the count of the memory it holds.
async fn ask<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    call: &Call<'_>,
    job: &Job,
    patience: Patience,
) -> Result<(Answer, Held), Failed> {
    let Gateway { config, upstream, .. } = gateway;
    let consume = async |download| {
        let whole = Whole::new(job.stages(Counting::On), config.max_answer_bytes);
        collect(edge, download, whole, call.held.another(), patience, &job.spare).await
    };
    let asked = upstream::ask(upstream, config, edge, call, consume).await;
    asked.map(|served| served.answer)
}

/// Reads an answer to its end. `held` counts the memory it takes.
async fn collect<E: Runtime>(
    edge: &E,
    download: E::Download,
    mut whole: Whole,
    mut held: Held,
    mut patience: Patience,
    spare: &Spare,
) -> Result<(Answer, Held), Failure> {
    let first_ms = patience.left_ms(Phase::Waiting, edge.now_ms()).unwrap_or(0);
    let take = |bytes: &[u8]| {
        let flow = whole.push(bytes);
        // A growing buffer is copied to a larger one, and the memory of the old one can seldom
        // be used again: count twice the size.
        if let Err(error) = held.set(2 * whole.held_bytes()) {
            whole.fail(error);
            return None;
        }
        if flow.is_break() {
            return None;
        }
        if whole.phase() == Phase::Flowing {
            spare.let_go();
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
    let answer = whole.finish(poured)?;
    // This never fails: the finished answer takes less than was counted.
    let _ = held.set(answer.held_bytes());
    Ok((answer, held))
}
