//! A streamed answer: it is sent to the client while DeGPT sends it.

use std::rc::Rc;

use super::{
    deployment::Gateway,
    job::Job,
    reply::{Body, Reply},
};
use crate::{
    answer::{Counting, Exchange, Fed, Relay, Translator},
    chat::{Stamp, UsageReport},
    error::Error,
    runtime::Runtime,
    upstream::{self, Call},
};

/// Asks DeGPT. Asks once more if a tool call is required and the answer ended without one
/// before anything was sent.
pub(super) async fn answer<E: Runtime>(
    gateway: &Rc<Gateway>,
    edge: &E,
    mut call: Call,
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
    let encoder = job.reply.encoder(model, stamp, job.prompt_tokens);
    let mut translator = Translator::new(encoder, job.stages(counting), config.max_answer_bytes);
    let correction = job.wanted.stream_correction();
    if correction.is_some() {
        translator = translator.wait_for_call();
    }
    let relay = Relay::new(translator, config.timing, started_ms).counted(call.held.another());
    let outlet = edge.outlet(Exchange::new(relay, config.gather_ms))?;
    let pump = {
        let (gateway, edge, outlet) = (Rc::clone(gateway), edge.clone(), outlet.clone());
        async move {
            let Gateway { config, upstream, .. } = &*gateway;
            let consume = async |download| edge.feed(&outlet, download).await;
            let fed = upstream::ask(upstream, config, &edge, &call, consume).await?;
            if let (Fed::NoCall, Some(correction)) = (fed, correction) {
                // If this fails, the client gets the first answer.
                call.body.ask_again(&correction.answer, &correction.text)?;
                upstream::ask(upstream, config, &edge, &call, consume).await?;
            }
            Ok(())
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
