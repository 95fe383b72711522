//! One request, from start to end.
//!
//! [`handle`] never fails: every error becomes an answer in the caller's dialect. Everything
//! it needs from outside, it takes from a [`Runtime`].

mod admin;
mod bound;
mod cors;
mod deployment;
mod job;
mod keys;
mod registry;
mod reply;
mod route;
mod service;
mod streamed;
mod together;
mod usage;
mod whole;

use std::{borrow::Cow, pin::Pin, rc::Rc};

use crate::{
    answer::Patience,
    auth::Caller,
    catalog::Service,
    chat::{Delivery, Stamp},
    config::{Config, Cors},
    degpt,
    dialect::{self, Api, Count, List, Table},
    error::Error,
    headers,
    in_flight::{self, Held, Share},
    notes::Notes,
    prompt_tokens,
    runtime::Runtime,
    tools,
    upload::{self, Length},
    upstream::Call,
};
use bound::Bound;
pub use deployment::Gateway;
use job::Job;
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
    let is_head = request.method == "HEAD";
    let mut headers = cors::allowed(cors, (request.header)("origin").as_deref());
    let mut reply = match (request.method, &route) {
        ("OPTIONS", _) => cors::preflight(route.as_ref(), request.header),
        _ => match answer(gateway, edge, request, route, api, stamp).await {
            Ok(reply) => reply,
            Err(error) => reply::error(&error, api, stamp),
        },
    };
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

/// An answer that is seldom asked for.
type Cold<'a, E> = Pin<Box<dyn Future<Output = Result<Reply<<E as Runtime>::Stream>, Error>> + 'a>>;

async fn answer<E: Runtime>(
    gateway: &Result<Rc<Gateway>, Error>,
    edge: &E,
    request: Request<'_, E::Upload>,
    route: Option<Route>,
    api: &Api,
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
    if matches!(route, Route::Models | Route::Model(_)) {
        let admitted = bound::admit(gateway, edge, request.header).await;
        if let Err(wrong @ (Error::WrongKey | Error::KeyExpired)) = admitted {
            return Err(wrong);
        }
    }
    let body = match route {
        Route::Hello => r#"{"name":"degpt-edge","status":"ok"}"#.to_owned(),
        Route::Models => {
            let service = match api.list {
                List::WithService => service::service(gateway, edge).await,
                List::ModelsOnly => Service::default(),
            };
            (api.models)(catalog, request.query, &service)?
        }
        Route::Model(id) => (api.model)(catalog.find(Some(&id))?),
        // Boxed: they are seldom asked, and this is compiled for each first request.
        Route::Keys(id) => {
            let asked: Cold<'_, E> = Box::pin(admin::answer(gateway, edge, request, id, stamp));
            return asked.await;
        }
        Route::Report(report) => {
            let asked: Cold<'_, E> = Box::pin(usage::answer(gateway, edge, request, report));
            return asked.await;
        }
        Route::Answer(_) | Route::Count(_) => {
            return answer_question(gateway, edge, request, &route, api, stamp).await;
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
    api: &Api,
    stamp: &Stamp,
) -> Result<Reply<E::Stream>, Error> {
    let config = &gateway.config;
    let (caller, bound) = bound::admit(gateway, edge, request.header).await?;
    let share = match &caller {
        Caller::Member => Share::Members,
        Caller::Guest(_) => Share::Guests,
    };
    let mut held = gateway.in_flight.hold(share);
    let limit_bytes = body_limit(config, share, route);
    let count = api.count.as_ref().filter(|_| matches!(route, Route::Count(_)));
    let asking = Asking { api, count, bound: bound.as_ref(), limit_bytes };
    let prepared = match prepare(config, edge, request, &asking, &mut held).await {
        Ok(prepared) => prepared,
        Err(error) => {
            if let Some(bound) = bound.filter(|_| count.is_none()) {
                bound.note(config, edge, &error, stamp);
            }
            return Err(error);
        }
    };
    let (mut job, question) = match prepared {
        Prepared::Counted(body) => return Ok(reply::json(200, body, None)),
        Prepared::Question(job, question) => (*job, question),
    };
    let (standing, tab) = match bound {
        Some(bound) => bound.reserve(config, edge, &job, stamp).await,
        None => (None, Ok(None)),
    };
    let replied = match tab {
        Ok(tab) => {
            job.tab.clone_from(&tab);
            let replied = carry_out(gateway, edge, caller, job, question, held, stamp).await;
            match (&replied, tab) {
                (Ok(Reply { body, .. }), Some(tab)) => {
                    tab.open();
                    if !matches!(body, Body::Stream(_)) {
                        tab.close();
                    }
                }
                (Err(error), Some(tab)) => tab.fail(error),
                (_, None) => {}
            }
            replied
        }
        Err(error) => Err(error),
    };
    let Some(standing) = standing else {
        return replied;
    };
    let reply = replied.unwrap_or_else(|error| reply::error(&error, api, stamp));
    Ok(reply.limited((api.limits)(&standing, edge.now_ms() / 1_000)))
}

/// What is known of a request before its body is read.
struct Asking<'a> {
    api: &'a Api,
    /// How its tokens are counted, if that is what it asks for.
    count: Option<&'a Count>,
    bound: Option<&'a Bound>,
    limit_bytes: usize,
}

/// A request that has been read.
enum Prepared<'a> {
    /// The body of the answer that says how much it counts.
    Counted(String),
    /// What DeGPT is to be asked.
    Question(Box<Job<'a>>, degpt::Body),
}

/// Reads and parses a request. `held` counts its memory.
async fn prepare<'a, E: Runtime>(
    config: &'a Config,
    edge: &E,
    request: Request<'_, E::Upload>,
    asking: &Asking<'_>,
    held: &mut Held,
) -> Result<Prepared<'a>, Error> {
    let header = request.header;
    let body = read_body(edge, request, asking.limit_bytes, held).await?;
    // Strings with escapes are copied. The copies are never longer than the body.
    in_flight::probe(body.len())?;
    let mut asked = (asking.api.parse)(&body)?;
    let target = job::target(config, &mut asked.prompt)?;
    if let Some(bound) = asking.bound {
        bound.apply(&mut asked.prompt, &target)?;
    }
    check_strict(&asked.prompt.notes, header)?;
    // Tool tags that are quoted in the texts are marked in copies.
    in_flight::probe(body.len() + body.len() / 8)?;
    tools::instruct(&mut asked.prompt);
    if let Some(count) = asking.count {
        // The count is the same for every model.
        return Ok(Prepared::Counted((count.body)(prompt_tokens::count(&asked.prompt))));
    }
    let (job, question) = Job::new(target, asked, held)?;
    // The body may be megabytes, and an answer may take minutes: free it now.
    drop(body);
    held.set(job.held_bytes(&question))?;
    Ok(Prepared::Question(Box::new(job), question))
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

/// Asks DeGPT, and returns the reply for the client.
async fn carry_out<E: Runtime>(
    gateway: &Rc<Gateway>,
    edge: &E,
    caller: Caller,
    job: Job<'_>,
    body: degpt::Body,
    held: Held,
    stamp: &Stamp,
) -> Result<Reply<E::Stream>, Error> {
    let started_ms = edge.now_ms();
    let patience = Patience::new(&gateway.config.timing, started_ms);
    let call = Call {
        caller,
        body: Cow::Owned(body),
        held,
        accept: match job.delivery {
            Delivery::Whole => "*/*",
            Delivery::Stream { .. } => "text/event-stream",
        },
        deadline_ms: patience.begins_by_ms(),
        tab: job.tab.clone(),
    };
    let mut reply = match job.delivery {
        Delivery::Whole => whole::answer(gateway, edge, call, &job, patience, stamp).await?,
        Delivery::Stream { usage } => {
            streamed::answer(gateway, edge, call, &job, usage, started_ms, stamp).await?
        }
    };
    reply.headers.push(("x-degpt-model", headers::fitting(job.target.upstream)));
    if !job.ignored.is_empty() {
        reply.headers.push(("x-degpt-ignored", job.ignored));
    }
    Ok(reply)
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

/// Refuses a request that has a field without effect, if the client is strict.
fn check_strict(notes: &Notes, header: &dyn Fn(&str) -> Option<String>) -> Result<(), Error> {
    match notes.ignored().first() {
        Some(path) if header("x-degpt-strict").is_some_and(|value| value.trim() == "true") => {
            // What is added to a path says what is wrong.
            let (path, wrong) = path.split_once(' ').unwrap_or((path, "has no effect"));
            Err(Error::invalid(path, format!("`{path}` {wrong}.")))
        }
        _ => Ok(()),
    }
}
