//! One request, from top to bottom.
//!
//! [`handle`] never fails: what goes wrong becomes an answer in the caller's
//! dialect. It takes all it needs of the world from an [`Edge`].

use std::rc::Rc;

use crate::{
    auth::{self, Caller},
    catalog::{Attachment, Service},
    chat::{Answer, Begun, Delivery, Prompt, Stamp, UsageReport},
    config::{Config, Cors},
    degpt,
    dialect::{self, Api, Asked, List, Table},
    edge_api::{Edge, Outgoing},
    error::Error,
    headers,
    limits::{Counting, Limiter},
    patience::Patience,
    prompt_tokens,
    relay::Relay,
    route::Route,
    shared::{Lasting, Shared},
    tools::{self, Fit, Stage, Wanted},
    translate::{Translator, Whole},
    upstream::{self, Call, Upstream},
};

/// A deployment: its configuration, and what one isolate has learned.
#[derive(Debug)]
pub struct Gateway {
    config: Config,
    upstream: Upstream,
    service: Shared<Service>,
}

impl Gateway {
    /// Made once per isolate.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { upstream: Upstream::new(&config), service: Shared::default(), config }
    }
}

/// A client's request.
pub struct Request<'a, U> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The path of the address.
    pub path: &'a str,
    /// The query of the address, without the question mark.
    pub query: &'a str,
    /// Looks up a header by its name in small letters.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The body, not yet read.
    pub body: U,
}

/// What a client gets.
#[derive(Debug)]
pub struct Reply<S> {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body<S>,
}

/// The body of a [`Reply`].
#[derive(Debug)]
pub enum Body<S> {
    /// None.
    Empty,
    /// A text, which is there as a whole.
    Text(String),
    /// A body that is still being written.
    Stream(S),
}

/// Answers one request to one of `apis`. `gateway` is the error of its configuration
/// if that is bad.
pub async fn handle<E: Edge>(
    apis: Table,
    gateway: &Result<Rc<Gateway>, Error>,
    edge: &E,
    request: Request<'_, E::Upload>,
    stamp: &Stamp,
) -> Reply<E::Stream> {
    let route = Route::at(request.path, apis);
    let api = route.as_ref().and_then(Route::api);
    let api = api.unwrap_or_else(|| dialect::of(apis, request.header));
    let cors = match gateway {
        Ok(gateway) => &gateway.config.cors,
        // Else a page could not even read what is wrong.
        Err(_) => &Cors::Any,
    };
    let is_head = request.method == "HEAD";
    let mut headers = cors_headers(cors, (request.header)("origin").as_deref());
    let mut reply = match (request.method, &route) {
        ("OPTIONS", _) => preflight(route.as_ref(), request.header),
        _ => match answer(gateway, edge, request, route, api, stamp).await {
            Ok(reply) => reply,
            Err(error) => error_reply(&error, api, stamp),
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

async fn answer<E: Edge>(
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
    let body = match &route {
        Route::Hello => r#"{"name":"degpt-edge","status":"ok"}"#.to_owned(),
        Route::Models => {
            let service = match api.list {
                List::WithService => service(gateway, edge).await,
                List::ModelsOnly => Service::default(),
            };
            (api.models)(catalog, request.query, &service)?
        }
        Route::Model(id) => (api.model)(catalog.find(Some(id))?),
        Route::Answer(_) | Route::Count(_) => {
            let authorization = (request.header)("authorization");
            let x_api_key = (request.header)("x-api-key");
            let caller =
                auth::admit(&gateway.config, authorization.as_deref(), x_api_key.as_deref())?;
            let body = edge.read(request.body, gateway.config.max_body_bytes).await?;
            let mut asked = (api.parse)(&body)?;
            let prompt = &mut asked.prompt;
            if let Some(param) = prompt.ignored.first()
                && (request.header)("x-degpt-strict").is_some_and(|value| value.trim() == "true")
            {
                let message = "This parameter has no effect with DeGPT's models.";
                return Err(Error::invalid(*param, message));
            }
            tools::instruct(prompt);
            let Some(count) = api.count.as_ref().filter(|_| matches!(route, Route::Count(_)))
            else {
                return chat(gateway, edge, caller, &asked, stamp).await;
            };
            // The count is the same for every model, but a client should learn here
            // already that there is none of this name.
            catalog.find(prompt.model.as_deref())?;
            (count.body)(prompt_tokens::count(prompt))
        }
    };
    Ok(json_reply(200, body))
}

/// Asks DeGPT and translates.
async fn chat<E: Edge>(
    gateway: &Rc<Gateway>,
    edge: &E,
    caller: Caller,
    asked: &Asked<'_>,
    stamp: &Stamp,
) -> Result<Reply<E::Stream>, Error> {
    let Asked { prompt, reply: writer } = asked;
    let config = &gateway.config;
    let attachment = if prompt.has_attachment() { Attachment::Some } else { Attachment::None };
    let target = config.catalog.resolve(prompt.model.as_deref(), prompt.thinking, attachment)?;
    let started_ms = edge.now_ms();
    let patience = Patience::new(&config.timing, started_ms);
    let mut call = Call {
        caller,
        body: degpt::body(prompt, target)?,
        accept: match prompt.delivery {
            Delivery::Whole => "*/*",
            Delivery::Stream { .. } => "text/event-stream",
        },
        deadline_ms: patience.begins_by_ms(),
    };
    let model = target.model.id.as_str();
    let wanted = Wanted::by(prompt);
    let mut reply = match prompt.delivery {
        Delivery::Whole => {
            let (answer, fit) = whole(gateway, edge, &mut call, prompt, wanted, patience).await?;
            let mut reply = json_reply(200, writer.whole(&answer, model, stamp));
            if let Some(fit) = fit.header() {
                reply.headers.push(("x-degpt-json", fit.to_owned()));
            }
            reply
        }
        Delivery::Stream { usage } => {
            let (prompt_tokens, counting) = match usage {
                UsageReport::Included => (prompt_tokens::count(prompt), Counting::On),
                UsageReport::Omitted => (0, Counting::Off),
            };
            let limiter = Limiter::new(&prompt.limits, prompt_tokens, counting);
            let limiter = limiter.behind(Stage::new(prompt));
            let encoder = writer.encoder(model, stamp, prompt_tokens);
            let mut translator = Translator::new(encoder, limiter, config.max_answer_bytes);
            let correction = wanted.call_correction();
            if correction.is_some() {
                translator = translator.wait_for_call();
            }
            let outlet = edge.outlet(Relay::new(translator, config.timing, started_ms))?;
            let pump = {
                let (gateway, edge, outlet) = (Rc::clone(gateway), edge.clone(), outlet.clone());
                async move {
                    let Gateway { config, upstream, .. } = &*gateway;
                    let consume = async |download| edge.feed(&outlet, download).await;
                    match (upstream::ask(upstream, config, &edge, &call, consume).await, correction)
                    {
                        (Err(Error::NoCall), Some(correction)) => {
                            degpt::ask_again(&mut call.body, "", correction);
                            upstream::ask(upstream, config, &edge, &call, consume).await
                        }
                        (result, _) => result,
                    }
                }
            };
            Reply {
                status: 200,
                headers: vec![
                    ("content-type", "text/event-stream; charset=utf-8".to_owned()),
                    ("cache-control", "no-cache".to_owned()),
                ],
                body: Body::Stream(edge.stream(outlet, pump).await?),
            }
        }
    };
    reply.headers.push(("x-degpt-model", headers::fitting(target.upstream)));
    if !prompt.ignored.is_empty() {
        reply.headers.push(("x-degpt-ignored", headers::shortened(&prompt.ignored.join(", "))));
    }
    Ok(reply)
}

/// Asks for a whole answer; once more if the first is not what is wanted.
async fn whole<E: Edge>(
    gateway: &Gateway,
    edge: &E,
    call: &mut Call,
    prompt: &Prompt<'_>,
    wanted: Wanted<'_>,
    mut patience: Patience,
) -> Result<(Answer, Fit), Error> {
    let Gateway { config, upstream, .. } = gateway;
    let prompt_tokens = prompt_tokens::count(prompt);
    let ask = async |call: &Call, mut patience: Patience| {
        let consume = async |download| {
            let limiter = Limiter::new(&prompt.limits, prompt_tokens, Counting::On);
            let limiter = limiter.behind(Stage::new(prompt));
            let mut whole = Whole::new(limiter, config.max_answer_bytes);
            let first_ms = patience.left_ms(Begun::No, edge.now_ms()).unwrap_or(0);
            let take = |bytes: &[u8]| {
                if whole.push(bytes).is_break() {
                    return None;
                }
                if whole.heard() {
                    patience.hear(edge.now_ms());
                }
                patience.left_ms(whole.begun(), edge.now_ms()).ok()
            };
            let poured = edge.pour(download, first_ms, take).await;
            // The time may be up without a silence: what comes all the time lets no timer ring.
            let poured = match (poured, patience.left_ms(whole.begun(), edge.now_ms())) {
                (Ok(()) | Err(Error::Stalled), Err(late)) => Err(late),
                (poured, _) => poured,
            };
            whole.finish(poured)
        };
        upstream::ask(upstream, config, edge, call, consume).await
    };
    let judge = |answer: &Answer| wanted.fit(answer, |schema, text| edge.judge(schema, text));
    let mut answer = ask(call, patience).await?;
    let mut fit = judge(&answer);
    if let Some(correction) = wanted.correction(&answer, &fit) {
        let text = match prompt.tools {
            Some(_) => tools::quoted(&answer.text),
            None => answer.text.as_str().into(),
        };
        degpt::ask_again(&mut call.body, &text, &correction);
        patience.ask_again(edge.now_ms());
        call.deadline_ms = patience.begins_by_ms();
        // The first answer is better than none, and than one further off.
        if let Ok(second) = ask(call, patience).await {
            let second_fit = judge(&second);
            if !fit.is_better_than(&second_fit) {
                (answer, fit) = (second, second_fit);
            }
        }
    }
    Ok((answer, fit))
}

/// What DeGPT says of itself; kept for five minutes, and its silence for half a one.
async fn service<E: Edge>(gateway: &Gateway, edge: &E) -> Service {
    const TIMEOUT_MS: u64 = 2_000;
    const MAX_BYTES: usize = 1 << 20;
    let ask = async || {
        let [origin, ..] = gateway.upstream.in_order(edge.now_ms())[..] else {
            return Err(Error::Unavailable);
        };
        let request = Outgoing {
            method: "GET",
            url: &format!("{}{}", origin.address, degpt::CONFIG_PATH),
            headers: &[("accept", "application/json")],
            body: None,
        };
        let answer = edge.send(request, TIMEOUT_MS).await?;
        if answer.status != 200 {
            edge.discard(answer.body);
            return Err(Error::Unavailable);
        }
        let body = edge.collect(answer.body, MAX_BYTES, TIMEOUT_MS).await?;
        degpt::service(&body).ok_or(Error::Garbled)
    };
    let make = async || match ask().await {
        Ok(service) => Lasting { result: Ok(service), for_ms: 300_000 },
        Err(error) => Lasting { result: Err(error), for_ms: 30_000 },
    };
    gateway.service.get(edge, 2 * TIMEOUT_MS, make).await.unwrap_or_default()
}

fn json_reply<S>(status: u16, body: String) -> Reply<S> {
    Reply {
        status,
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("cache-control", "no-store".to_owned()),
        ],
        body: Body::Text(body),
    }
}

fn error_reply<S>(error: &Error, api: &Api, stamp: &Stamp) -> Reply<S> {
    let facts = error.facts();
    let mut reply = json_reply(facts.status, api.error_body(error, &stamp.id));
    if let Some(should_retry) = facts.should_retry {
        reply.headers.push(("x-should-retry", should_retry.to_string()));
    }
    match error {
        Error::WrongMethod { allow } => reply.headers.push(("allow", (*allow).to_owned())),
        Error::RateLimited { retry_after: Some(retry_after) } => {
            reply.headers.push(("retry-after", retry_after.clone()));
        }
        _ => {}
    }
    reply
}

/// The answer to a browser that asks what a page may do (the Fetch standard's
/// CORS preflight), before any key is looked at: browsers send none with it.
fn preflight<S>(route: Option<&Route>, header: &dyn Fn(&str) -> Option<String>) -> Reply<S> {
    let methods = route.map_or("GET, HEAD, POST, OPTIONS", Route::allow);
    let mut headers = vec![
        ("allow", methods.to_owned()),
        ("access-control-allow-methods", methods.to_owned()),
        ("access-control-max-age", "86400".to_owned()),
    ];
    let asked = header("access-control-request-headers").map(|asked| headers::fitting(&asked));
    if let Some(asked) = asked.filter(|asked| !asked.is_empty()) {
        headers.push(("access-control-allow-headers", asked));
    }
    Reply { status: 204, headers, body: Body::Empty }
}

/// What lets a page of another origin read the answer.
fn cors_headers(cors: &Cors, origin: Option<&str>) -> Vec<(&'static str, String)> {
    const EXPOSED: &str = "x-request-id, request-id, x-degpt-model, x-degpt-ignored, \
                           x-degpt-json, x-should-retry, retry-after";
    let allowed = match cors {
        Cors::Any => vec![("access-control-allow-origin", "*".to_owned())],
        Cors::Only(origins) => {
            let vary = ("vary", "origin".to_owned());
            match origin.filter(|origin| origins.contains(&origin.to_ascii_lowercase())) {
                Some(origin) => vec![vary, ("access-control-allow-origin", origin.to_owned())],
                // Without these headers the browser keeps the answer from the page.
                None => return vec![vary],
            }
        }
    };
    let exposed = ("access-control-expose-headers", EXPOSED.to_owned());
    allowed.into_iter().chain([exposed]).collect()
}
