//! One request, from start to end.
//!
//! [`handle`] never fails: every error becomes an answer in the caller's dialect. Everything
//! it needs from outside, it takes from a [`Runtime`].

mod admin;
mod bound;
mod candidates;
mod cors;
mod deployment;
mod health;
mod job;
mod keys;
mod line;
mod parts;
mod registry;
mod reply;
mod route;
mod searching;
mod service;
mod spare;
mod streamed;
mod together;
mod usage;
mod whole;

use std::{pin::Pin, rc::Rc};

use crate::{
    answer::Patience,
    auth::Caller,
    catalog::{self, Catalog, Service, Target},
    chat::{Delivery, Prompt, Stamp},
    config::{Config, Cors, LogRequests},
    degpt,
    dialect::{self, Api, List, Table},
    error::Error,
    in_flight::{self, Held, Share},
    prompt_tokens,
    record::Record,
    runtime::Runtime,
    upload::{self, Length},
};
use bound::Bound;
use candidates::Candidates;
pub use deployment::Gateway;
use job::{Job, Strictness};
pub use reply::{Body, Reply};
use route::Route;

/// A client's request.
pub struct Request<'a, U> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The path of the URL.
    pub path: &'a str,
    /// The query of the URL, without the question mark.
    pub query: &'a str,
    /// Looks up a header by its lowercase name.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The body, not yet read. What is still unread once there is an answer stays unread.
    pub body: &'a mut U,
}

/// Answers one request to one of `apis`. `gateway` is an error if the deployment's
/// configuration is invalid.
pub async fn handle<E: Runtime>(
    apis: Table,
    gateway: &Result<Rc<Gateway>, Error>,
    edge: &E,
    request: Request<'_, E::Upload>,
    stamp: &Stamp,
) -> Reply<E::Stream> {
    let is_served = |route: &Route| gateway.as_ref().map_or(true, |it| route.is_served(&it.config));
    let route = Route::at(request.path, apis).filter(is_served);
    let api = route.as_ref().and_then(Route::api);
    let api = api.unwrap_or_else(|| dialect::of(apis, request.header));
    let cors = match gateway {
        Ok(gateway) => cors::of(&gateway.config.cors, route.as_ref()),
        // Otherwise a page could not read the error message.
        Err(_) => &Cors::Any,
    };
    let what = gateway.as_ref().map_or(LogRequests::All, |gateway| gateway.config.log_requests);
    let record = line::record(edge, what);
    {
        let mut question = record.question();
        question.dialect = api.name;
        question.route = route.as_ref().map(Route::name);
    }
    let is_head = request.method == "HEAD";
    let mut headers = cors::allowed(cors, (request.header)("origin").as_deref());
    let mut reply = match (request.method, &route) {
        ("OPTIONS", _) => cors::preflight(route.as_ref(), request.header),
        _ => match answer(gateway, edge, request, route, api, &record, stamp).await {
            Ok(reply) => reply,
            Err(error) => {
                record.fails(&error);
                reply::error(&error, api, stamp)
            }
        },
    };
    record.replies(reply.status);
    headers.push(("x-request-id", stamp.id.clone()));
    headers.push(("request-id", stamp.id.clone()));
    reply.headers.append(&mut headers);
    if is_head {
        reply.body = Body::Empty;
    }
    reply
}

/// The body of the error response for a failure of the gateway itself, for a request to
/// this path with these headers.
#[must_use]
pub fn failure_body(
    apis: Table,
    path: &str,
    header: &dyn Fn(&str) -> Option<String>,
    stamp: &Stamp,
) -> String {
    let api = Route::at(path, apis).as_ref().and_then(Route::api);
    let api = api.unwrap_or_else(|| dialect::of(apis, header));
    api.error_body(&Error::Internal, &stamp.id)
}

/// An answer that is seldom asked for. Boxed, for the code of a state machine within others is larger.
type Cold<'a, E> = Pin<Box<dyn Future<Output = Result<Reply<<E as Runtime>::Stream>, Error>> + 'a>>;

async fn answer<E: Runtime>(
    gateway: &Result<Rc<Gateway>, Error>,
    edge: &E,
    request: Request<'_, E::Upload>,
    route: Option<Route>,
    api: &'static Api,
    record: &Record,
    stamp: &Stamp,
) -> Result<Reply<E::Stream>, Error> {
    let route = route.ok_or_else(|| Error::UnknownPath(request.path.to_owned()))?;
    let allow = route.allow();
    if !allow.split(", ").any(|method| method == request.method) {
        return Err(Error::WrongMethod { allow });
    }
    let gateway = gateway.as_ref().map_err(Clone::clone)?;
    let catalog = &gateway.config.catalog;
    // The models are open to everyone, but programs check a key by them.
    let mut policy = None;
    if matches!(route, Route::Models | Route::Model(_)) {
        match bound::admit(gateway, edge, request.header, record).await {
            Err(wrong @ (Error::WrongKey | Error::KeyExpired)) => return Err(wrong),
            Ok((_, Some(bound))) => policy = Some(bound.policy),
            _ => {}
        }
    }
    let body = match route {
        Route::Hello => return Ok(reply::hello()),
        Route::Models => {
            let live = service::live(gateway, edge).await;
            let service = match api.list {
                List::WithService => service::service(gateway, edge).await,
                List::ModelsOnly => Service::default(),
            };
            let mut listing = catalog.listing(live.as_deref());
            if let Some(policy) = policy {
                listing.retain(|listed| policy.allows(&listed.model.id));
            }
            (api.models)(&listing, request.query, &service)?
        }
        Route::Model(id) => {
            let live = service::live(gateway, edge).await;
            (api.model)(&catalog.listed(&id, live.as_deref())?)
        }
        Route::Health => {
            let checked = service::check(gateway, edge).await;
            if let Err(error) = &checked {
                record.fails(error);
            }
            return Ok(reply::health(checked));
        }
        Route::Icon => return Ok(reply::nothing()),
        Route::Robots => return Ok(reply::robots()),
        Route::Keys(id) => {
            let asked: Cold<'_, E> = Box::pin(admin::answer(gateway, edge, request, id, stamp));
            return asked.await;
        }
        Route::Report(report) => {
            let asked: Cold<'_, E> =
                Box::pin(usage::answer(gateway, edge, request, report, record));
            return asked.await;
        }
        Route::Answer(_) | Route::Count(_) => {
            return answer_question(gateway, edge, request, &route, api, record, stamp).await;
        }
    };
    Ok(reply::json(200, body, None))
}

/// Reads and parses a request. Then answers it, or counts its tokens.
async fn answer_question<E: Runtime>(
    gateway: &Rc<Gateway>,
    edge: &E,
    request: Request<'_, E::Upload>,
    route: &Route,
    api: &'static Api,
    record: &Record,
    stamp: &Stamp,
) -> Result<Reply<E::Stream>, Error> {
    let config = &gateway.config;
    let (caller, bound) = bound::admit(gateway, edge, request.header, record).await?;
    let is_answer = matches!(route, Route::Answer(_));
    let tab = bound.as_ref().filter(|_| is_answer).map(|it| it.open(gateway, edge, record, stamp));
    let share = match &caller {
        Caller::Member(_) => Share::Members,
        Caller::Guest(_) => Share::Guests,
    };
    let mut held = gateway.in_flight.hold(share);
    let header = request.header;
    let body = read_body(edge, request, body_limit(config, share, route), &mut held).await?;
    // Strings with escapes are copied. The copies are never longer than the body.
    in_flight::probe(body.len())?;
    let mut asked = (api.parse)(&body)?;
    let strictness = match header("x-degpt-strict") {
        Some(value) if value.trim() == "true" => Strictness::Strict,
        _ => Strictness::Lenient,
    };
    let targets = targets(gateway, edge, &asked.prompt, record).await?;
    let targets = match &bound {
        Some(bound) => bound.allowed(targets)?,
        None => targets,
    };
    edge.asked(&line::question(&record.question()));
    // Tool tags that are quoted in the texts are marked in copies.
    in_flight::probe(body.len() + body.len() / 8)?;
    if let (Some(count), Route::Count(_)) = (&api.count, route) {
        if let Some(target) = targets.first() {
            job::ready(&mut asked.prompt, target, strictness, config.web_search)?;
        }
        // The count is the same for every model.
        return Ok(reply::json(200, (count.body)(prompt_tokens::count(&asked.prompt)), None));
    }
    let targets = match targets.len() {
        1 => targets,
        _ => gateway.health.in_order(config, edge, targets).await,
    };
    let patience = Patience::new(&config.timing, edge.now_ms());
    let until_ms = patience.begins_by_ms();
    let mut candidates = Candidates::new(
        api,
        (strictness, config.web_search),
        caller,
        targets,
        until_ms,
        record.clone(),
        bound.as_ref().map(Bound::terms),
    );
    let (job, question) = candidates.first(asked, &body, &mut held)?;
    // The body may be megabytes, and an answer may take minutes: it is freed now, unless another
    // model may have to be asked.
    let spare_held = held.another();
    held.set(job.held_bytes(&question))?;
    candidates.keep(body, spare_held);
    let (standing, reserved) = match tab {
        Some(tab) => tab.reserve(config, edge, &job).await,
        None => (None, Ok(())),
    };
    let replied = match reserved {
        // Boxed, for the code of a state machine within others is larger.
        Ok(()) => {
            let carried =
                carry_out(gateway, edge, candidates, job, question, held, patience, stamp);
            Box::pin(carried).await
        }
        Err(error) => Err(error),
    };
    let Some(standing) = standing else {
        return replied;
    };
    let reply = replied.unwrap_or_else(|error| {
        record.fails(&error);
        reply::error(&error, api, stamp)
    });
    Ok(reply.limited((api.limits)(&standing, edge.now_ms() / 1_000)))
}

/// Reads the body of a request, decompressed if it has to be. `held` counts its memory.
async fn read_body<E: Runtime>(
    edge: &E,
    request: Request<'_, E::Upload>,
    limit_bytes: usize,
    held: &mut Held,
) -> Result<Vec<u8>, Error> {
    let encoding = (request.header)("content-encoding");
    let length = match upload::format(encoding.as_deref())? {
        None => Length::of((request.header)("content-length").as_deref()),
        Some(_) => Length::Compressed,
    };
    upload::read(edge, request.body, length, limit_bytes, held).await
}

/// The models that may answer `prompt`, in the deployment's order.
async fn targets<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    prompt: &Prompt<'_>,
    record: &Record,
) -> Result<Vec<Target>, Error> {
    let catalog = &gateway.config.catalog;
    let (name, thinking) = (prompt.model.as_deref(), prompt.thinking);
    let needs = catalog::needs(prompt);
    record.question().is_stream = Some(prompt.delivery != Delivery::Whole);
    let mut live = service::known(gateway, edge);
    let mut found = catalog.candidates(name, live.as_deref(), thinking, &needs);
    if let (Err(Error::UnknownModel { .. }), None) = (&found, &live) {
        // DeGPT may offer it.
        live = service::live(gateway, edge).await;
        found = catalog.candidates(name, live.as_deref(), thinking, &needs);
    }
    // The client's own text is not noted.
    record.question().model = Some(match catalog.find(name, live.as_deref()) {
        _ if Catalog::is_auto(name) => "auto".to_owned(),
        Ok(model) => model.id.clone(),
        Err(_) => "unknown".to_owned(),
    });
    found
}

/// Asks DeGPT, and returns the reply for the client.
#[expect(clippy::too_many_arguments, reason = "this is where all of them meet")]
async fn carry_out<E: Runtime>(
    gateway: &Rc<Gateway>,
    edge: &E,
    candidates: Candidates,
    job: Job,
    body: degpt::Body,
    held: Held,
    patience: Patience,
    stamp: &Stamp,
) -> Result<Reply<E::Stream>, Error> {
    let call = candidates.call(&job, body, held, edge.now_ms());
    match job.delivery {
        Delivery::Whole => {
            whole::answer(gateway, edge, candidates, call, job, patience, stamp).await
        }
        Delivery::Stream { usage } => {
            streamed::answer(gateway, edge, candidates, call, &job, usage, stamp).await
        }
    }
}

/// The largest request body, in bytes. Only DeGPT can tell whether a guest's key is valid,
/// so guests get less, and least where DeGPT is not asked (counting tokens).
fn body_limit(config: &Config, share: Share, route: &Route) -> usize {
    const OF_GUESTS: usize = 8 << 20;
    const OF_GUESTS_UNASKED: usize = 1 << 20;
    let most = match (share, route) {
        (Share::Members, _) => usize::MAX,
        (Share::Guests, Route::Count(_)) => OF_GUESTS_UNASKED,
        (Share::Guests, _) => OF_GUESTS,
    };
    config.max_body_bytes.min(most)
}
