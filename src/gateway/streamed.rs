//! A streamed answer: it is sent to the client while DeGPT sends it.

use std::rc::Rc;

use super::{
    deployment::Gateway,
    job::Job,
    reply::{Body, Reply},
    searching::Search,
    together,
};
use crate::{
    answer::{Counting, Errands, Exchange, Fed, Found, Patience, Relay, Round, Translator, Watch},
    chat::{Event, Finish, Stamp, UsageReport},
    error::Error,
    runtime::Runtime,
    tools::{Correction, Fit},
    upstream::{self, Call},
    web::Session,
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
    let mut errands = Vec::new();
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
        if wanted.holds_stream() {
            translator = translator.wait_for_call();
        }
        if job.session.is_some() {
            let own = Errands::default();
            errands.push(own.clone());
            translator = translator.leaving(own);
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
        let (found, session) = (found.clone(), job.session.clone());
        let patience = Patience::new(&config.timing, started_ms);
        async move {
            let work = async |choice: u32, call: Call<'_>| {
                let correct = || {
                    let fit = found.get(choice as usize).map(Found::fit).unwrap_or_default();
                    wanted.stream_correction(&fit)
                };
                let search = |session: &Session| {
                    let search =
                        Search { gateway: &gateway, edge: &edge, session: session.clone() };
                    Some((search, errands.get(choice as usize)?.clone(), patience))
                };
                let search = session.as_ref().and_then(search);
                pump(&gateway, &edge, (&outlet, choice), call, &correct, search).await
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

/// Asks DeGPT for one choice until its answer flows, or, if its parts may end with calls of the
/// gateway's own tools, until its last part has ended. An error ends that choice.
async fn pump<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    (outlet, choice): (&E::Outlet, u32),
    mut call: Call<'_>,
    correct: &dyn Fn() -> Correction<'static>,
    mut search: Option<(Search<'_, E>, Errands, Patience)>,
) -> Result<(), Error> {
    let Gateway { config, upstream, .. } = gateway;
    let consume = async |download| edge.feed(outlet, choice, download).await;
    loop {
        let asked = upstream::ask(upstream, config, edge, &call, consume).await;
        let again = match (asked, &mut search) {
            (Ok(Fed::NoCall), _) => {
                let correction = correct();
                // If this fails, the client gets the first answer.
                call.ask_again(&correction.answer, &correction.text).map(|()| true)
            }
            (Ok(Fed::Errands), Some((search, errands, patience))) => {
                let round = errands.take();
                let tell = |event: &Event<'_>| edge.tell(outlet, choice, event);
                Box::pin(carry_out(search, patience, &mut call, round, &tell)).await
            }
            (asked, _) => asked.map(|_| false),
        };
        match again {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => {
                edge.fail(outlet, choice, error);
                return Ok(());
            }
        }
    }
}

/// Carries out the calls of `round` and tells the client and the model what came of them. Returns
/// whether the model is to go on.
async fn carry_out<E: Runtime>(
    search: &mut Search<'_, E>,
    patience: &mut Patience,
    call: &mut Call<'_>,
    round: Round,
    tell: &dyn Fn(&Event<'_>),
) -> Result<bool, Error> {
    let mut results = Vec::new();
    for (tool, input) in &round.calls {
        tell(&Event::WebCall { tool: *tool, input });
        let result = search.look(call, patience, *tool, input).await;
        tell(&Event::WebResult(&result));
        results.push(result);
    }
    if round.is_last {
        tell(&Event::End(Finish::ToolCalls));
        return Ok(false);
    }
    search.go_on(call, patience, &round.said, &results)?;
    Ok(true)
}
