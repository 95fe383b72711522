//! A streamed answer: it is sent to the client while DeGPT sends it.

use std::rc::Rc;

use super::{
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
    tools::{Correction, Fit},
    upstream::{self, Call},
};

/// Asks DeGPT, for each choice. Asks once more if the answer ended without a call or a value that
/// is wanted, or with one that is wrong, before anything was sent.
pub(super) async fn answer<E: Runtime>(
    gateway: &Rc<Gateway>,
    edge: &E,
    call: Call<'static>,
    job: &Job<'_>,
    usage: UsageReport,
    started_ms: u64,
    stamp: &Stamp,
) -> Result<Reply<E::Stream>, Error> {
    let config = &gateway.config;
    let counting = match usage {
        UsageReport::Included => Counting::On,
        UsageReport::Omitted => Counting::Off,
    };
    let model = job.target.model.id.as_str();
    let wanted = job.wanted;
    let mut found = Vec::new();
    let mut relay = |choice| {
        let (judge, strict) = (edge.clone(), Rc::clone(&job.strict));
        let judge = move |name: &str, arguments: &str| {
            strict.fit(name, arguments, &|schema, text| judge.judge(schema, text))
        };
        let watch = Watch::new(Box::new(judge));
        found.push(watch.found());
        let encoder = job.reply.encoder(choice, model, stamp, job.prompt_tokens);
        let mut translator =
            Translator::new(encoder, job.stages(counting), config.max_answer_bytes).watched(watch);
        if let Some(tab) = &job.tab {
            translator = translator.billed(tab.clone());
        }
        if wanted.holds_stream() {
            translator = translator.wait_for_call();
        }
        Relay::new(translator, config.timing, started_ms).counted(call.held.another())
    };
    let mut exchange = Exchange::new(relay(0), config.gather_ms);
    let choices = job.reply.choices();
    for choice in 1..choices {
        exchange.add(relay(choice));
    }
    let outlet = edge.outlet(exchange)?;
    let pump = {
        let (gateway, edge, outlet) = (Rc::clone(gateway), edge.clone(), outlet.clone());
        let found = found.clone();
        async move {
            let work = async |choice: u32, call: Call<'_>| {
                let correct = || {
                    let fit = found.get(choice as usize).map(Found::fit).unwrap_or_default();
                    wanted.stream_correction(&fit)
                };
                pump(&gateway, &edge, &outlet, choice, call, &correct).await
            };
            // None fails: each choice ends with its own error.
            let _ = together::each(choices, call, work).await;
        }
    };
    let stream = edge.stream(outlet, pump).await?;
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
    Ok(Reply { status: 200, headers, body: Body::Stream(stream) })
}

/// Asks DeGPT for one choice until its answer flows. An error ends that choice.
async fn pump<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    outlet: &E::Outlet,
    choice: u32,
    mut call: Call<'_>,
    correct: &dyn Fn() -> Correction<'static>,
) -> Result<(), Error> {
    let Gateway { config, upstream, .. } = gateway;
    let consume = async |download| edge.feed(outlet, choice, download).await;
    let mut asked = upstream::ask(upstream, config, edge, &call, consume).await;
    if let Ok(Fed::NoCall) = &asked {
        let correction = correct();
        // If this fails, the client gets the first answer.
        asked = match call.ask_again(&correction.answer, &correction.text) {
            Ok(()) => upstream::ask(upstream, config, edge, &call, consume).await,
            Err(error) => Err(error),
        };
    }
    if let Err(error) = asked {
        edge.fail(outlet, choice, error);
    }
    Ok(())
}
