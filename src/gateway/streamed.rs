//! A streamed answer: it is sent to the client while DeGPT sends it.

use std::{cell::RefCell, rc::Rc};

use super::{
    candidates::{Candidates, Next},
    deployment::Gateway,
    job::Job,
    reply::{Body, Reply},
    together,
};
use crate::{
    answer::{Counting, Exchange, Fed, Found, Relay, Translator, Watch},
    chat::{Stamp, UsageReport},
    error::Error,
    runtime::Runtime,
    tools::{Correction, Fit, Wanted},
    upstream::{self, Call, Failed, Served},
};

/// Asks DeGPT, for each choice, one model after the other. Asks a model once more if the answer
/// ended without a call or a value that is wanted, or with one that is wrong, before anything was
/// sent.
pub(super) async fn answer<E: Runtime>(
    gateway: &Rc<Gateway>,
    edge: &E,
    candidates: Candidates,
    call: Call<'static>,
    job: &Job,
    usage: UsageReport,
    stamp: &Stamp,
) -> Result<Reply<E::Stream>, Error> {
    let config = &gateway.config;
    let counting = match usage {
        UsageReport::Included => Counting::On,
        UsageReport::Omitted => Counting::Off,
    };
    let now_ms = edge.now_ms();
    let mut found = Vec::new();
    let mut relay = |choice| {
        let (judge, strict) = (edge.clone(), Rc::clone(&job.strict));
        let judge = move |name: &str, arguments: &str| {
            strict.fit(name, arguments, &|schema, text| judge.judge(schema, text))
        };
        let watch = Watch::new(Box::new(judge));
        found.push(watch.found());
        let encoder = job.encoder(choice, stamp);
        let mut translator =
            Translator::new(encoder, job.stages(counting), config.max_answer_bytes).watched(watch);
        if let Some(tab) = &job.tab {
            translator = translator.billed(tab.clone());
        }
        if job.wanted.holds_stream() {
            translator = translator.wait_for_call();
        }
        if candidates.may_go_on() {
            translator = translator.open_with_answer();
        }
        Relay::new(translator, config.timing, now_ms).counted(call.held.another())
    };
    let mut exchange = Exchange::new(relay(0), config.gather_ms);
    let choices = job.reply.choices();
    for choice in 1..choices {
        exchange.add(relay(choice));
    }
    if candidates.may_go_on() {
        exchange.begin_by(call.deadline_ms);
    }
    let outlet = edge.outlet(exchange)?;
    let candidates = Rc::new(RefCell::new(candidates));
    let pump = Pump {
        gateway: Rc::clone(gateway),
        edge: edge.clone(),
        outlet: outlet.clone(),
        candidates: Rc::clone(&candidates),
        wanted: job.wanted,
        found: found.clone(),
        choices,
        stamp: stamp.clone(),
    };
    let (stream, phase) = edge.stream(outlet, Box::pin(pump.run(call))).await?;
    let mut headers = vec![
        ("content-type", "text/event-stream; charset=utf-8".to_owned()),
        ("cache-control", "no-cache".to_owned()),
    ];
    // The worst that was found before anything was sent.
    let mut worst = Fit::Fits;
    for fit in found.iter().map(Found::fit) {
        if worst.is_better_than(&fit) {
            worst = fit;
        }
    }
    headers.extend(worst.header().map(|(name, value)| (name, value.to_owned())));
    headers.append(&mut candidates.borrow().headers(phase));
    Ok(Reply { status: 200, headers, body: Body::Stream(stream) })
}

/// What asks DeGPT until all choices flow.
struct Pump<E: Runtime> {
    gateway: Rc<Gateway>,
    edge: E,
    outlet: E::Outlet,
    candidates: Rc<RefCell<Candidates>>,
    wanted: Wanted<'static>,
    /// What was found, by choice.
    found: Vec<Found>,
    choices: u32,
    stamp: Stamp,
}

impl<E: Runtime> Pump<E> {
    /// Asks with `call`, and then other models as long as none answers any choice. An error ends
    /// the choices that have no answer.
    async fn run(self, mut call: Call<'static>) {
        loop {
            let failed = self.ask(call).await;
            let Some((_, first)) = failed.first() else {
                break;
            };
            let next = self.candidates.borrow_mut().next(first.clone(), self.edge.now_ms());
            match next {
                Ok(next) => call = self.go_on(next),
                Err(error) => {
                    for (choice, _) in failed {
                        self.edge.fail(&self.outlet, choice, error.clone());
                    }
                    return;
                }
            }
        }
        let lesson = self.candidates.borrow_mut().lesson();
        if let Some((failed, answered)) = lesson {
            let Self { gateway, edge, .. } = &self;
            gateway.health.learn(&gateway.config, edge, failed, &answered).await;
        }
    }

    /// Has all choices written as answers of the next model.
    fn go_on(&self, next: Next) -> Call<'static> {
        for choice in 0..self.choices {
            let encoder = next.job.encoder(choice, &self.stamp);
            self.edge.answered_by(&self.outlet, choice, encoder, next.call.deadline_ms);
        }
        next.call
    }

    /// Asks one model for all choices. Returns the choices that failed before their first word, if
    /// another model may be asked; else an error has ended them.
    async fn ask(&self, call: Call<'_>) -> Vec<(u32, Failed)> {
        let failed = RefCell::new(Vec::new());
        let may_go_on = self.candidates.borrow().may_go_on();
        let work = async |choice: u32, call: Call<'_>| {
            if let Err(error) = self.choice(choice, call).await {
                if may_go_on {
                    failed.borrow_mut().push((choice, error));
                } else {
                    let now_ms = self.edge.now_ms();
                    let error = self.candidates.borrow_mut().last(error, now_ms);
                    self.edge.fail(&self.outlet, choice, error);
                }
            }
            Ok(())
        };
        // None fails: each choice ends with its own error.
        let _ = together::each(self.choices, call, work).await;
        failed.into_inner()
    }

    /// Asks for one choice until its answer flows.
    ///
    /// # Errors
    /// What was wrong before the first word of an answer.
    async fn choice(&self, choice: u32, mut call: Call<'_>) -> Result<(), Failed> {
        let Self { edge, outlet, .. } = self;
        let Gateway { config, upstream, .. } = &*self.gateway;
        let consume = async |download| edge.feed(outlet, choice, download).await;
        let Served { answer, .. } = upstream::ask(upstream, config, edge, &call, consume).await?;
        self.candidates.borrow().begun();
        if answer == Fed::NoCall {
            let fit = self.found.get(choice as usize).map(Found::fit).unwrap_or_default();
            let correction: Correction<'static> = self.wanted.stream_correction(&fit);
            // If this fails, the client gets the first answer.
            let again = match call.ask_again(&correction.answer, &correction.text) {
                Ok(()) => upstream::ask(upstream, config, edge, &call, consume).await,
                Err(error) => Err(error.into()),
            };
            if let Err(failed) = again {
                edge.fail(outlet, choice, failed.error);
            }
        }
        Ok(())
    }
}
