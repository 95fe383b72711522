//! The gateway in the Workers runtime: the only code that knows wasm and JavaScript.
//!
//! It takes no decisions: it hands a request to [`gateway::handle`], is the
//! [`Edge`](crate::edge_api::Edge) that asks for, and turns the reply into a
//! response. Nothing of a request is logged here or anywhere.

mod bodies;
mod current;
mod js;
mod outlet;
#[cfg(feature = "provoke")]
mod provoke;
mod world;

use std::{cell::OnceCell, pin::pin, rc::Rc};

use futures_channel::oneshot;
use futures_util::future::{Either, pending, select};
use worker::{
    Context, Env, console_warn, event, js_sys,
    js_sys::Uint8Array,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys,
};

use crate::{
    chat::Stamp,
    config::{Config, Value},
    error::Error,
    gateway::{self, Body, Gateway, Reply, Request},
};
use bodies::Upload;
use current::work_on;
use js::Call;
use world::World;

/// What an isolate keeps: its deployment, or the error of its configuration.
type Deployment = Result<Rc<Gateway>, Error>;

thread_local! {
    /// Variables are the same for as long as an isolate lives, so they are read once.
    static DEPLOYMENT: OnceCell<Rc<Deployment>> = const { OnceCell::new() };
}

#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    context: Context,
) -> worker::Result<web_sys::Response> {
    let context: &JsValue = context.as_ref();
    let call: &Call = context.unchecked_ref();
    let world = World { call: call.clone(), call_number: call.number() };
    work_on(world.call_number, serve(request, env, world)).await
}

/// Answers one request.
async fn serve(
    request: web_sys::Request,
    env: Env,
    world: World,
) -> worker::Result<web_sys::Response> {
    let deployment = DEPLOYMENT.with(|cell| Rc::clone(cell.get_or_init(|| deploy(&env))));
    #[cfg(feature = "provoke")]
    {
        provoke::plan(request.headers().get("x-provoke").ok().flatten().as_deref());
        provoke::here("start");
        provoke::wait().await;
    }
    let stamp =
        Stamp { id: world.call.id(), unix_s: crate::edge_api::Edge::now_ms(&world) / 1_000 };
    let (method, url, headers) = (request.method(), request.url(), request.headers());
    let (path, query) = path_and_query(&url);
    let header = |name: &str| headers.get(name).ok().flatten();
    let left = client_left(&request);
    let mut upload = Upload::of(request);
    let request = Request { method: &method, path, query, header: &header, body: &mut upload };
    let reply = {
        let handled = pin!(gateway::handle(&deployment, &world, request, &stamp));
        match select(handled, pin!(left)).await {
            Either::Left((reply, _)) => reply,
            // Dropping what was going on is the point: nobody reads this.
            Either::Right(_) => Reply { status: 499, headers: Vec::new(), body: Body::Empty },
        }
    };
    respond(reply, &upload, &world.call)
}

/// Resolves when the client leaves before it has got a response. Without it, what
/// a request holds would stay in memory: the runtime then drops the promises it
/// waits for. Not each runtime notices: `workerd` by itself does only when it writes.
fn client_left(request: &web_sys::Request) -> impl Future<Output = ()> + use<> {
    let (sender, receiver) = oneshot::channel();
    let on_abort = Closure::once_into_js(move || {
        let _ = sender.send(());
    });
    let _ = request.signal().add_event_listener_with_callback("abort", on_abort.unchecked_ref());
    async {
        // A listener that is collected unheard means that nobody can leave any more.
        if receiver.await.is_err() {
            pending::<()>().await;
        }
    }
}

/// Has panics logged where every fault is, by their places alone: their messages can
/// hold what was being handled. Not at the start of an instance, where `worker` sets a
/// hook that logs them, after whatever is done there.
fn log_panics_by_place() {
    std::panic::set_hook(Box::new(|info| {
        js::panicked_at(&info.location().map(ToString::to_string).unwrap_or_default());
    }));
}

fn deploy(env: &Env) -> Rc<Deployment> {
    log_panics_by_place();
    let env: &JsValue = env.as_ref();
    let config = Config::from_values(&|name| {
        let value = js_sys::Reflect::get(env, &name.into()).ok()?;
        if value.is_null_or_undefined() {
            return None;
        }
        if let Some(text) = value.as_string() {
            return Some(Value::Text(text));
        }
        // wrangler.toml can hold lists and numbers. What has no JSON is no value at all.
        let json = js_sys::JSON::stringify(&value).ok().and_then(|json| json.as_string());
        Some(Value::Json(json.unwrap_or_else(|| "?".to_owned())))
    });
    if let Some(warning) = config.as_ref().ok().and_then(Config::warning) {
        console_warn!("degpt-edge: {warning}");
    }
    Rc::new(config.map(|config| Rc::new(Gateway::new(config))))
}

/// The path and the query of an absolute address.
fn path_and_query(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.find(['/', '?']).and_then(|start| rest.get(start..)).unwrap_or("/");
    let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
    rest.split_once('?').unwrap_or((rest, ""))
}

fn respond(
    reply: Reply<web_sys::ReadableStream>,
    upload: &Upload,
    call: &Call,
) -> worker::Result<web_sys::Response> {
    /// What is copied for the runtime as a whole.
    const SMALL_BYTES: usize = 64 << 10;
    let headers = web_sys::Headers::new()?;
    for (name, value) in &reply.headers {
        // One that the runtime does not take is left out: an answer without it is worth
        // more than the runtime's own plain text, which is what an error here would give.
        let _ = headers.append(name, value);
    }
    let init = web_sys::ResponseInit::new();
    init.set_status(reply.status);
    init.set_headers(&headers);
    let body: JsValue = match reply.body {
        Body::Empty => JsValue::NULL,
        Body::Text(text, Some(held)) if text.len() > SMALL_BYTES => {
            bodies::slowly(text, held, call)?.into()
        }
        Body::Text(text, _) if reply.status >= 400 => upload.last_words(&text),
        Body::Text(text, _) => Uint8Array::from(text.as_bytes()).into(),
        Body::Stream(stream) => stream.into(),
    };
    Ok(js::Response::new(&body, &init)?.unchecked_into())
}
