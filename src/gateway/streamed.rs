//! A streamed answer: it is sent to the client while DeGPT sends it.

use std::rc::Rc;

use super::{
    deployment::Gateway,
    job::Job,
    reply::{Body, Reply},
    together,
};
use crate::{
    answer::{Counting, Exchange, Fed, Relay, Translator},
    chat::{Stamp, UsageReport},
    error::Error,
    runtime::Runtime,
    tools::Correction,
    upstream::{self, Call},
};

/// Asks DeGPT, for each choice. Asks once more if a tool call is required and the answer ended
/// without one before anything was sent.
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
    let correction = job.wanted.stream_correction();
    let relay = |choice| {
        let encoder = job.reply.encoder(choice, model, stamp, job.prompt_tokens);
        let mut translator =
            Translator::new(encoder, job.stages(counting), config.max_answer_bytes);
        if correction.is_some() {
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
        async move {
            let work = async |choice, call: Call<'_>| {
                pump(&gateway, &edge, &outlet, choice, call, correction.as_ref()).await
            };
            // None fails: each choice ends with its own error.
            let _ = together::each(choices, call, work).await;
        }
    };
    Ok(Reply {
        status: 200,
        headers: vec![
            ("content-type", "text/event-stream; charset=utf-8".to_owned()),
            ("cache-control", "no-cache".to_owned()),
        ],
        body: Body::Stream(edge.stream(outlet, pump).await?),
    })
}

/// Asks DeGPT for one choice until its answer flows. An error ends that choice.
async fn pump<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    outlet: &E::Outlet,
    choice: u32,
    mut call: Call<'_>,
    correction: Option<&Correction<'_>>,
) -> Result<(), Error> {
    let Gateway { config, upstream, .. } = gateway;
    let consume = async |download| edge.feed(outlet, choice, download).await;
    let mut asked = upstream::ask(upstream, config, edge, &call, consume).await;
    if let (Ok(Fed::NoCall), Some(correction)) = (&asked, correction) {
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
