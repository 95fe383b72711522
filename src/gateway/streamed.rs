//! A streamed answer: it is sent to the client while DeGPT sends it.

use std::rc::Rc;

use super::{
    deployment::Gateway,
    exchange::Exchange,
    reply::{Body, Reply},
};
use crate::{
    answer::Counting,
    answer::Relay,
    answer::Translator,
    chat::{Stamp, UsageReport},
    error::Error,
    runtime::{Fed, Runtime},
    upstream::{self, Call},
};

/// Asks DeGPT. Asks once more if a tool call is required and the answer ended without one
/// before anything was sent.
pub(super) async fn answer<E: Runtime>(
    gateway: &Rc<Gateway>,
    edge: &E,
    mut call: Call,
    exchange: &Exchange<'_>,
    usage: UsageReport,
    started_ms: u64,
    stamp: &Stamp,
) -> Result<Reply<E::Stream>, Error> {
    let config = &gateway.config;
    let counting = match usage {
        UsageReport::Included => Counting::On,
        UsageReport::Omitted => Counting::Off,
    };
    let model = exchange.target.model.id.as_str();
    let encoder = exchange.reply.encoder(model, stamp, exchange.prompt_tokens);
    let mut translator =
        Translator::new(encoder, exchange.stages(counting), config.max_answer_bytes);
    let correction = exchange.wanted.call_correction();
    if correction.is_some() {
        translator = translator.wait_for_call();
    }
    let relay = Relay::new(translator, config.timing, started_ms).counted(call.held.another());
    let outlet = edge.outlet(relay)?;
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
