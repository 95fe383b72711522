//! The gateway in the Workers runtime: the only code that knows wasm and JavaScript.
//!
//! It makes no decisions. It passes a request to [`gateway::handle`], implements the
//! [`Runtime`](crate::runtime::Runtime) for it, and turns the reply into a response. No
//! content of a request is logged, here or elsewhere, but for what `panics` says.

mod bodies;
mod clock;
mod current;
mod download;
mod js;
mod ledger;
mod outlet;
mod panics;
#[cfg(feature = "provoke")]
mod provoke;
mod runtime;

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
    config::{Config, LogPanics, Value},
    dialect,
    error::Error,
    gateway::{self, Body, Gateway, Reply, Request},
};
use bodies::Upload;
use current::work_on;
use js::Call;
use runtime::Workers;

/// The state of an isolate: its deployment, or the error in its configuration.
type Deployment = Result<Rc<Gateway>, Error>;

thread_local! {
    /// Variables do not change while an isolate lives, so they are read once.
    static DEPLOYMENT: OnceCell<Rc<Deployment>> = const { OnceCell::new() };
}

#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    context: Context,
) -> worker::Result<web_sys::Response> {
    // Not when the instance starts: `worker` sets a hook then, after our code, that logs messages.
    if DEPLOYMENT.with(|cell| cell.get().is_none()) {
        panics::log(LogPanics::Place);
    }
    let context: &JsValue = context.as_ref();
    let call: &Call = context.unchecked_ref();
    let world = Workers { call: call.clone(), call_number: call.number() };
    work_on(world.call_number, serve(request, env, world)).await
}

/// Answers one request.
async fn serve(
    request: web_sys::Request,
    env: Env,
    world: Workers,
) -> worker::Result<web_sys::Response> {
    let stamp =
        Stamp { id: world.call.id(), unix_s: crate::runtime::Runtime::now_ms(&world) / 1_000 };
    let (method, url, headers) = (request.method(), request.url(), request.headers());
    let (path, query) = path_and_query(&url);
    let header = |name: &str| headers.get(name).ok().flatten();
    #[cfg(feature = "provoke")]
    {
        provoke::plan(header("x-provoke").as_deref());
        provoke::here("arrival");
    }
    world.call.set_failure_body(&gateway::failure_body(dialect::ALL, path, &header, &stamp));
    let deployment = DEPLOYMENT.with(|cell| Rc::clone(cell.get_or_init(|| deploy(&env))));
    #[cfg(feature = "provoke")]
    {
        provoke::here("start");
        provoke::wait().await;
    }
    let left = client_left(&request);
    let mut upload = Upload::of(request);
    let request = Request { method: &method, path, query, header: &header, body: &mut upload };
    let reply = {
        let handled = pin!(gateway::handle(dialect::ALL, &deployment, &world, request, &stamp));
        match select(handled, pin!(left)).await {
            Either::Left((reply, _)) => reply,
            // This drops the unfinished work. No client sees the reply.
            Either::Right(_) => Reply { status: 499, headers: Vec::new(), body: Body::Empty },
        }
    };
    respond(reply, &upload, &world.call)
}

/// Resolves when the client leaves before it has got a response. The runtime then drops the
/// promises of the request, and without this, the request's memory would never be freed.
/// Not every runtime notices: `workerd` on its own notices only when it writes.
fn client_left(request: &web_sys::Request) -> impl Future<Output = ()> + use<> {
    let (sender, receiver) = oneshot::channel();
    let on_abort = Closure::once_into_js(move || {
        let _ = sender.send(());
    });
    let _ = request.signal().add_event_listener_with_callback("abort", on_abort.unchecked_ref());
    async {
        // If the listener is garbage-collected without having been called, the client can no
        // longer leave.
        if receiver.await.is_err() {
            pending::<()>().await;
        }
    }
}

fn deploy(env: &Env) -> Rc<Deployment> {
    let env: &JsValue = env.as_ref();
    let config = Config::from_values(&|name| {
        let value = js_sys::Reflect::get(env, &name.into()).ok()?;
        if value.is_null_or_undefined() {
            return None;
        }
        if let Some(text) = value.as_string() {
            return Some(Value::Text(text));
        }
        // wrangler.toml can hold lists and numbers. A value that has no JSON is not valid.
        let json = js_sys::JSON::stringify(&value).ok().and_then(|json| json.as_string());
        Some(Value::Json(json.unwrap_or_else(|| "?".to_owned())))
    });
    if let Ok(config) = &config {
        panics::log(config.log_panics);
    }
    if let Some(warning) = config.as_ref().ok().and_then(Config::warning) {
        console_warn!("degpt-edge: {warning}");
    }
    Rc::new(config.map(|config| Rc::new(Gateway::new(config))))
}

/// The path and the query of an absolute URL.
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
    /// Texts up to this size are copied to the runtime as a whole.
    const SMALL_BYTES: usize = 64 << 10;
    let headers = web_sys::Headers::new()?;
    for (name, value) in &reply.headers {
        // A header that the runtime rejects is left out. An error here would replace the
        // answer with the runtime's own plain text.
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
