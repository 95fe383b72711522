//! One request, from top to bottom.
//!
//! [`handle`] never fails: what goes wrong becomes an answer in the caller's
//! dialect. It takes all it needs of the world from an [`Edge`].

use std::rc::Rc;

use crate::{
    anthropic,
    auth::{self, Caller},
    catalog::{Attachment, Target},
    chat::{CallForm, Delivery, Limits, Prompt, Stamp, UsageReport},
    config::{Config, Cors},
    degpt::{self, About},
    edge_api::{Edge, Outgoing},
    error::Error,
    headers,
    in_flight::{self, BASE_BYTES, Held, InFlight, Whose},
    limits::{Counting, Limiter},
    models, openai,
    patience::Patience,
    prompt_tokens,
    relay::Relay,
    route::{Dialect, HasAnthropicVersion, Route},
    shared::{Lasting, Shared},
    tools::{self, Fit, Stage, Wanted},
    translate::{Answer, Begun, Translator, Whole},
    upload::{self, Length},
    upstream::{self, Call, Upstream},
};

/// A deployment: its configuration, and what one isolate has learned.
#[derive(Debug)]
pub struct Gateway {
    config: Config,
    upstream: Upstream,
    about: Shared<About>,
    in_flight: InFlight,
}

impl Gateway {
    /// Made once per isolate.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            upstream: Upstream::new(&config),
            about: Shared::default(),
            in_flight: InFlight::new(config.max_in_flight_bytes),
            config,
        }
    }

    /// How many bytes its requests hold.
    #[must_use]
    pub fn bytes_in_flight(&self) -> usize {
        self.in_flight.bytes()
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
    /// The body, not yet read. What is left of it when there is an answer, nobody reads.
    pub body: &'a mut U,
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
    /// A text, which is there as a whole, and counted until the client has it.
    Text(String, Option<Held>),
    /// A body that is still being written.
    Stream(S),
}

/// Answers one request. `gateway` is the error of its configuration if that is bad.
pub async fn handle<E: Edge>(
    gateway: &Result<Rc<Gateway>, Error>,
    edge: &E,
    request: Request<'_, E::Upload>,
    stamp: &Stamp,
) -> Reply<E::Stream> {
    let route = Route::at(request.path);
    let anthropic_version = match (request.header)("anthropic-version") {
        Some(_) => HasAnthropicVersion::Yes,
        None => HasAnthropicVersion::No,
    };
    let dialect = match &route {
        Some(route) => route.dialect(anthropic_version),
        None => anthropic_version.dialect(),
    };
    let cors = match gateway {
        Ok(gateway) => &gateway.config.cors,
        // Else a page could not even read what is wrong.
        Err(_) => &Cors::Any,
    };
    let is_head = request.method == "HEAD";
    let mut headers = cors_headers(cors, (request.header)("origin").as_deref());
    let mut reply = match (request.method, &route) {
        ("OPTIONS", _) => preflight(route.as_ref(), request.header),
        _ => match answer(gateway, edge, request, route, dialect, stamp).await {
            Ok(reply) => reply,
            Err(error) => error_reply(&error, dialect, stamp),
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
    dialect: Dialect,
    stamp: &Stamp,
) -> Result<Reply<E::Stream>, Error> {
    let route = route.ok_or_else(|| Error::UnknownPath(request.path.to_owned()))?;
    let allow = route.allow();
    if !allow.split(", ").any(|method| method == request.method) {
        return Err(Error::WrongMethod { allow });
    }
    let gateway = gateway.as_ref().map_err(Clone::clone)?;
    let catalog = &gateway.config.catalog;
    let body = match (&route, dialect) {
        (Route::Hello, _) => r#"{"name":"degpt-edge","status":"ok"}"#.to_owned(),
        (Route::Models, Dialect::OpenAi) => {
            models::openai_list(catalog, &about(gateway, edge).await)
        }
        (Route::Models, Dialect::Anthropic) => models::anthropic_page(catalog, request.query)?,
        (Route::Model(id), dialect) => {
            let model = catalog.find(Some(id))?;
            match dialect {
                Dialect::OpenAi => models::openai_model(model),
                Dialect::Anthropic => models::anthropic_model(model),
            }
        }
        (Route::ChatCompletions | Route::Messages | Route::CountTokens, _) => {
            let authorization = (request.header)("authorization");
            let x_api_key = (request.header)("x-api-key");
            let caller =
                auth::admit(&gateway.config, authorization.as_deref(), x_api_key.as_deref())?;
            let whose = match &caller {
                Caller::Member => Whose::Members,
                Caller::Guest(_) => Whose::Guests,
            };
            let mut held = gateway.in_flight.hold(whose);
            let limit_bytes = body_limit(&gateway.config, whose, &route);
            let length = Length::of((request.header)("content-length").as_deref());
            let body = upload::read(edge, request.body, length, limit_bytes, &mut held).await?;
            let prompt = read_prompt(&body, dialect, request.header)?;
            if route != Route::CountTokens {
                let asked = Asked::new(&gateway.config, &prompt, &mut held)?;
                // They may be megabytes, and an answer takes minutes.
                drop(prompt);
                drop(body);
                held.set(asked.held_bytes())?;
                return chat(gateway, edge, caller, asked, held, dialect, stamp).await;
            }
            // The count is the same for every model, but a client should learn here
            // already that there is none of this name.
            catalog.find(prompt.model.as_deref())?;
            format!(r#"{{"input_tokens":{}}}"#, prompt_tokens::count(&prompt))
        }
    };
    Ok(json_reply(200, body))
}

/// The largest body, in bytes. Whether a guest's key is one, only DeGPT can tell: it
/// buys less, and least where DeGPT is not asked.
fn body_limit(config: &Config, whose: Whose, route: &Route) -> usize {
    const OF_GUESTS: usize = 8 << 20;
    const OF_GUESTS_UNASKED: usize = 1 << 20;
    let most = match (whose, route) {
        (Whose::Members, _) => usize::MAX,
        (Whose::Guests, Route::CountTokens) => OF_GUESTS_UNASKED,
        (Whose::Guests, _) => OF_GUESTS,
    };
    config.max_body_bytes.min(most)
}

fn read_prompt<'a>(
    body: &'a [u8],
    dialect: Dialect,
    header: &dyn Fn(&str) -> Option<String>,
) -> Result<Prompt<'a>, Error> {
    // The texts that have escapes in them are copied, and there are no more of them.
    in_flight::probe(body.len())?;
    let mut prompt = match dialect {
        Dialect::OpenAi => openai::parse(body)?,
        Dialect::Anthropic => anthropic::parse(body)?,
    };
    if let Some(param) = prompt.ignored.first()
        && header("x-degpt-strict").is_some_and(|value| value.trim() == "true")
    {
        let message = "This parameter has no effect with DeGPT's models.";
        return Err(Error::invalid(*param, message));
    }
    // What is quoted in them is marked in copies.
    in_flight::probe(body.len() + body.len() / 8)?;
    tools::instruct(&mut prompt);
    Ok(prompt)
}

/// What of a request is needed once it has been read: DeGPT's request, and nothing else
/// of its words.
struct Asked<'a> {
    target: Target<'a>,
    body: Vec<u8>,
    delivery: Delivery,
    limits: Limits,
    stage: Option<Stage>,
    prompt_tokens: u64,
    wanted: Wanted<'static>,
    /// The schema of what is wanted.
    schema: Option<String>,
    form: CallForm,
    has_tools: bool,
    ignored: Vec<&'static str>,
}

impl<'a> Asked<'a> {
    fn new(config: &'a Config, prompt: &Prompt<'_>, held: &mut Held) -> Result<Self, Error> {
        let attachment = if prompt.has_attachment() { Attachment::Some } else { Attachment::None };
        let target =
            config.catalog.resolve(prompt.model.as_deref(), prompt.thinking, attachment)?;
        held.set(held.bytes().saturating_add(degpt::size_hint(prompt)))?;
        let wanted = Wanted::by(prompt);
        // Of a stream it is told to the model alone.
        let schema = match prompt.delivery {
            Delivery::Whole => wanted.format.and_then(|format| format.schema),
            Delivery::Stream { .. } => None,
        };
        Ok(Self {
            target,
            body: degpt::body(prompt, target)?,
            delivery: prompt.delivery,
            limits: prompt.limits.clone(),
            stage: Stage::new(prompt),
            prompt_tokens: match prompt.delivery {
                Delivery::Stream { usage: UsageReport::Omitted } => 0,
                _ => prompt_tokens::count(prompt),
            },
            wanted: wanted.with_schema(None),
            schema: schema.map(str::to_owned),
            form: prompt.tools.as_ref().map_or(CallForm::default(), |tools| tools.form),
            has_tools: prompt.tools.is_some(),
            ignored: prompt.ignored.clone(),
        })
    }

    /// How much memory it takes, in bytes.
    fn held_bytes(&self) -> usize {
        BASE_BYTES + self.body.capacity() + self.schema.as_ref().map_or(0, String::capacity)
    }

    fn limiter(&self, counting: Counting) -> Limiter {
        Limiter::new(&self.limits, self.prompt_tokens, counting).behind(self.stage.clone())
    }
}

/// Asks DeGPT and translates.
async fn chat<E: Edge>(
    gateway: &Rc<Gateway>,
    edge: &E,
    caller: Caller,
    mut asked: Asked<'_>,
    held: Held,
    dialect: Dialect,
    stamp: &Stamp,
) -> Result<Reply<E::Stream>, Error> {
    let config = &gateway.config;
    let started_ms = edge.now_ms();
    let patience = Patience::new(&config.timing, started_ms);
    let answer_held = held.another();
    let mut call = Call {
        caller,
        body: std::mem::take(&mut asked.body),
        held,
        accept: match asked.delivery {
            Delivery::Whole => "*/*",
            Delivery::Stream { .. } => "text/event-stream",
        },
        deadline_ms: patience.begins_by_ms(),
    };
    let model = asked.target.model.id.as_str();
    let mut reply = match asked.delivery {
        Delivery::Whole => {
            let (answer, fit, held) = whole(gateway, edge, call, &asked, patience).await?;
            let mut reply = whole_reply(&answer, model, dialect, stamp, &held)?;
            if let Some(fit) = fit.header() {
                reply.headers.push(("x-degpt-json", fit.to_owned()));
            }
            reply
        }
        Delivery::Stream { usage } => {
            let counting = match usage {
                UsageReport::Included => Counting::On,
                UsageReport::Omitted => Counting::Off,
            };
            let limiter = asked.limiter(counting);
            let max_bytes = config.max_answer_bytes;
            let translator = Translator::new(dialect, usage, model, stamp, limiter, max_bytes);
            let mut translator = translator.call_form(asked.form);
            let correction = asked.wanted.call_correction();
            if correction.is_some() {
                translator = translator.wait_for_call();
            }
            let relay = Relay::new(translator, config.timing, started_ms).counted(answer_held);
            let outlet = edge.outlet(relay)?;
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
    reply.headers.push(("x-degpt-model", headers::fitting(asked.target.upstream)));
    if !asked.ignored.is_empty() {
        reply.headers.push(("x-degpt-ignored", headers::shortened(&asked.ignored.join(", "))));
    }
    Ok(reply)
}

/// A whole answer as the client gets it. `held` is what the answer itself holds.
fn whole_reply<S>(
    answer: &Answer,
    model: &str,
    dialect: Dialect,
    stamp: &Stamp,
    held: &Held,
) -> Result<Reply<S>, Error> {
    let bytes = answer.json_bytes();
    let mut text_held = held.another();
    text_held.set(bytes)?;
    in_flight::probe(bytes)?;
    let text = match dialect {
        Dialect::OpenAi => openai::completion(answer, model, stamp),
        Dialect::Anthropic => anthropic::message(answer, model, stamp),
    };
    let mut reply = json_reply(200, String::new());
    reply.body = Body::Text(text, Some(text_held));
    Ok(reply)
}

/// Asks for a whole answer; once more if the first is not what is wanted. Gives also
/// what the answer holds.
async fn whole<E: Edge>(
    gateway: &Gateway,
    edge: &E,
    mut call: Call,
    asked: &Asked<'_>,
    mut patience: Patience,
) -> Result<(Answer, Fit, Held), Error> {
    /// The longest answer that a model is told to do better than, in bytes.
    const AGAIN_BYTES: usize = 1 << 20;
    let Gateway { config, upstream, .. } = gateway;
    let ask = async |call: &Call, mut patience: Patience| {
        let consume = async |download| {
            let mut held = call.held.another();
            let mut whole = Whole::new(asked.limiter(Counting::On), config.max_answer_bytes);
            let first_ms = patience.left_ms(Begun::No, edge.now_ms()).unwrap_or(0);
            let take = |bytes: &[u8]| {
                let flow = whole.push(bytes);
                // What grows is copied as it grows, and what it leaves is seldom of use.
                if let Err(error) = held.set(2 * whole.held_bytes()) {
                    whole.fail(error);
                    return None;
                }
                if flow.is_break() {
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
            let answer = whole.finish(poured)?;
            // It is less.
            let _ = held.set(answer.held_bytes());
            Ok((answer, held))
        };
        upstream::ask(upstream, config, edge, call, consume).await
    };
    let wanted = asked.wanted.with_schema(asked.schema.as_deref());
    let judge = |answer: &Answer| wanted.fit(answer, |schema, text| edge.judge(schema, text));
    let (mut answer, mut held) = ask(&call, patience).await?;
    let mut fit = judge(&answer);
    if answer.text.len() <= AGAIN_BYTES
        && let Some(correction) = wanted.correction(&answer, &fit)
    {
        let text =
            if asked.has_tools { tools::quoted(&answer.text) } else { answer.text.as_str().into() };
        degpt::ask_again(&mut call.body, &text, &correction);
        patience.ask_again(edge.now_ms());
        call.deadline_ms = patience.begins_by_ms();
        // The first answer is better than none, and than one further off.
        if let Ok((second, second_held)) = ask(&call, patience).await {
            let second_fit = judge(&second);
            if !fit.is_better_than(&second_fit) {
                (answer, fit, held) = (second, second_fit, second_held);
            }
        }
    }
    answer.form = asked.form;
    Ok((answer, fit, held))
}

/// What DeGPT says of itself; kept for five minutes, and its silence for half a one.
async fn about<E: Edge>(gateway: &Gateway, edge: &E) -> About {
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
        degpt::about(&body).ok_or(Error::Garbled)
    };
    let make = async || match ask().await {
        Ok(about) => Lasting { result: Ok(about), for_ms: 300_000 },
        Err(error) => Lasting { result: Err(error), for_ms: 30_000 },
    };
    gateway.about.get(edge, 2 * TIMEOUT_MS, make).await.unwrap_or_default()
}

fn json_reply<S>(status: u16, body: String) -> Reply<S> {
    Reply {
        status,
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("cache-control", "no-store".to_owned()),
        ],
        body: Body::Text(body, None),
    }
}

/// When to come again where there is no room: about when some of the others are done.
const OVERLOADED_S: u64 = 2;

fn error_reply<S>(error: &Error, dialect: Dialect, stamp: &Stamp) -> Reply<S> {
    let facts = error.facts();
    let mut reply = json_reply(facts.status, error.body(dialect, &stamp.id));
    if let Some(should_retry) = facts.should_retry {
        reply.headers.push(("x-should-retry", should_retry.to_string()));
    }
    match error {
        Error::WrongMethod { allow } => reply.headers.push(("allow", (*allow).to_owned())),
        Error::Overloaded => reply.headers.push(("retry-after", OVERLOADED_S.to_string())),
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
