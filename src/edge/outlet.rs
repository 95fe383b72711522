//! A client's body while it is written: a `TransformStream` around a [`Relay`].
//!
//! The upstream's body is piped into it, so that the runtime moves the bytes and
//! a slow client slows the upstream down. One call into wasm per network chunk,
//! one chunk out per call, however many events it held.
//!
//! **Who owns what.** When a client leaves, the runtime cancels the stream and
//! drops all that was going on: promises never settle, and what waits for them
//! in Rust would stay for ever. So the pump ends when the stream is cancelled, and
//! once an answer flows, all of it hangs on JavaScript objects (the stream, the pipe, the timer), whose collection frees
//! the Rust side: the closures own the [`Shared`] state, and that holds no
//! JavaScript object that leads back to them. What the callbacks need of
//! JavaScript comes to them as an argument: `handle`, `{controller, tick}`.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::pin,
    rc::Rc,
};

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use worker::{
    js_sys::{self, Object, Reflect, Uint8Array},
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    wasm_bindgen_futures::{JsFuture, spawn_local},
    web_sys,
};

use super::{
    js::{Controller, TransformStream, bind, then},
    world::{Download, now_ms},
};
use crate::{
    error::Error,
    relay::{Client, Relay, Step},
    translate::{Begun, Failure},
};

/// The writing end of a client's body.
#[derive(Clone)]
pub(super) struct Outlet {
    shared: Rc<Shared>,
    handle: Object,
    readable: web_sys::ReadableStream,
    writable: web_sys::WritableStream,
}

struct Shared {
    relay: RefCell<Relay>,
    /// Buffers that are kept from call to call.
    input: RefCell<Vec<u8>>,
    output: RefCell<Vec<u8>>,
    /// Told once, when the client's status is decided.
    decided: Cell<Option<oneshot::Sender<Result<(), Error>>>>,
    feeding: Cell<Feeding>,
    /// Stops the pump when it is told or dropped.
    stop: Cell<Option<oneshot::Sender<()>>>,
    ended: Cell<bool>,
}

/// Whether an upstream's body flows in. What still comes of one that was given
/// up is passed over.
#[derive(Default)]
enum Feeding {
    /// None does.
    #[default]
    Off,
    /// One does, but nothing of the answer has come; who is told of either.
    Waiting(oneshot::Sender<Result<(), Failure>>),
    /// The answer flows.
    Begun,
}

impl Outlet {
    pub(super) fn new(relay: Relay) -> Result<Self, JsValue> {
        let shared = Rc::new(Shared {
            relay: RefCell::new(relay),
            input: RefCell::default(),
            output: RefCell::default(),
            decided: Cell::new(None),
            feeding: Cell::default(),
            stop: Cell::new(None),
            ended: Cell::new(false),
        });
        let handle = Object::new();

        let transformer = Object::new();
        let on_start = {
            let handle = handle.clone();
            Closure::once_into_js(move |controller: JsValue| {
                let _ = Reflect::set(&handle, &"controller".into(), &controller);
            })
        };
        Reflect::set(&transformer, &"start".into(), &on_start)?;
        let on_chunk = {
            let shared = Rc::clone(&shared);
            move |chunk: Uint8Array, controller: Controller| shared.chunk(&chunk, &controller)
        };
        let on_chunk = Closure::<dyn FnMut(Uint8Array, Controller)>::new(on_chunk).into_js_value();
        Reflect::set(&transformer, &"transform".into(), &on_chunk)?;

        let on_cancel = {
            let shared = Rc::clone(&shared);
            move || shared.leave()
        };
        let on_cancel = Closure::<dyn FnMut()>::new(on_cancel).into_js_value();
        Reflect::set(&transformer, &"cancel".into(), &on_cancel)?;

        // Room for one chunk, so that the upstream is read before the client
        // reads: the client's status depends on what comes.
        let strategy = Object::new();
        Reflect::set(&strategy, &"highWaterMark".into(), &1.into())?;
        let stream = TransformStream::new(&transformer, &JsValue::UNDEFINED, &strategy)?;

        let on_tick = {
            let shared = Rc::clone(&shared);
            move |handle: JsValue| shared.tick(&handle)
        };
        let on_tick = Closure::<dyn FnMut(JsValue)>::new(on_tick).into_js_value();
        let on_tick = bind(&on_tick, &JsValue::UNDEFINED, &handle);
        Reflect::set(&handle, &"tick".into(), &on_tick)?;
        set_timeout(&on_tick, 0);

        Ok(Self { shared, handle, readable: stream.readable(), writable: stream.writable() })
    }

    /// Lets an upstream's body flow in; see [`Edge::feed`](crate::edge_api::Edge::feed).
    pub(super) async fn feed(&self, download: Download) -> Result<(), Failure> {
        let failure = |error| self.shared.relay.borrow().failure(error);
        let Download { body, abort } = download;
        let body = body.ok_or_else(|| failure(Error::Truncated))?;
        let (sender, receiver) = oneshot::channel();
        self.shared.feeding.set(Feeding::Waiting(sender));
        let options = web_sys::StreamPipeOptions::new();
        // The body's end and its breaking are answers' endings: the relay writes them.
        options.set_prevent_close(true);
        options.set_prevent_abort(true);
        let pipe = body.pipe_to_with_options(&self.writable, &options);
        let on_end = {
            let shared = Rc::clone(&self.shared);
            move |handle: JsValue| shared.upstream_ended(&handle)
        };
        let on_end = Closure::<dyn FnMut(JsValue)>::new(on_end).into_js_value();
        let on_end = bind(&on_end, &JsValue::UNDEFINED, &self.handle);
        let settled = then(&pipe, &on_end, &on_end);

        match receiver.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(failure)) => {
                abort.abort();
                // Until then the writable end is locked.
                let _ = JsFuture::from(settled).await;
                self.shared.relay.borrow_mut().restart(now_ms());
                Err(failure)
            }
            Err(oneshot::Canceled) => Err(failure(Error::Internal)),
        }
    }

    /// See [`Edge::stream`](crate::edge_api::Edge::stream).
    pub(super) async fn stream(
        self,
        pump: impl Future<Output = Result<(), Error>> + 'static,
    ) -> Result<web_sys::ReadableStream, Error> {
        let (sender, decided) = oneshot::channel();
        self.shared.decided.set(Some(sender));
        let (sender, stopped) = oneshot::channel();
        self.shared.stop.set(Some(sender));
        let readable = self.readable.clone();
        let mut waiting = Waiting { shared: Rc::clone(&self.shared), is_over: false };
        spawn_local(async move {
            if let Either::Left((Err(error), _)) = select(pin!(pump), stopped).await {
                self.shared.fail(error, &self.handle);
            }
        });
        let decision = decided.await.unwrap_or(Err(Error::Internal));
        waiting.is_over = true;
        decision.map(|()| readable)
    }
}

/// A client that waits for its status. If it leaves, the future that holds this
/// is dropped, and what was going on for it ends.
struct Waiting {
    shared: Rc<Shared>,
    is_over: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.is_over {
            self.shared.leave();
        }
    }
}

impl Shared {
    fn chunk(&self, chunk: &Uint8Array, controller: &Controller) {
        if self.is_fed() {
            self.act(controller, |relay, output| {
                let mut input = self.input.borrow_mut();
                input.resize(chunk.length() as usize, 0);
                chunk.copy_to(&mut input);
                relay.push(&input, now_ms(), output)
            });
        }
    }

    fn upstream_ended(&self, handle: &JsValue) {
        if self.is_fed() {
            self.act(&controller(handle), Relay::upstream_ended);
        }
    }

    fn tick(&self, handle: &JsValue) {
        let controller = controller(handle);
        let has_room = controller.desired_size().is_some_and(|size| size > 0.0);
        let client = if has_room { Client::Reading } else { Client::Busy };
        let mut next_ms = 0;
        self.act(&controller, |relay, output| {
            let (step, wait_ms) = relay.tick(now_ms(), client, output);
            next_ms = wait_ms;
            step
        });
        if !self.ended.get()
            && let Ok(tick) = Reflect::get(handle, &"tick".into())
        {
            set_timeout(&tick, next_ms);
        }
    }

    fn fail(&self, error: Error, handle: &JsValue) {
        self.feeding.take();
        let failed = self.act(&controller(handle), |relay, output| relay.fail(error, output));
        if let Some(error) = failed {
            self.ended.set(true);
            tell(self.decided.take(), Err(error));
        }
    }

    /// The client has left.
    fn leave(&self) {
        self.ended.set(true);
        drop(self.stop.take());
    }

    fn is_fed(&self) -> bool {
        let feeding = self.feeding.take();
        let is_fed = !matches!(feeding, Feeding::Off);
        self.feeding.set(feeding);
        is_fed
    }

    /// Lets the relay go on, sends what it wrote, and does what it says. Returns
    /// the error of [`Step::Fail`] if no feeding waits to hear of it.
    fn act(
        &self,
        controller: &Controller,
        go_on: impl FnOnce(&mut Relay, &mut Vec<u8>) -> Step,
    ) -> Option<Error> {
        if self.ended.get() {
            return None;
        }
        let (step, begun) = {
            let mut relay = self.relay.borrow_mut();
            let step = go_on(&mut relay, &mut self.output.borrow_mut());
            (step, relay.begun())
        };
        // Copied out before anything is called that could call back.
        let chunk = {
            let mut output = self.output.borrow_mut();
            let chunk = (!output.is_empty()).then(|| Uint8Array::from(output.as_slice()));
            output.clear();
            chunk
        };
        if let Some(chunk) = chunk {
            // Fails when the client has gone; the pipe then ends by itself.
            let _ = controller.enqueue(&chunk);
        }
        if matches!(step, Step::Send | Step::Close) {
            tell(self.decided.take(), Ok(()));
        }
        if begun == Begun::Yes
            && let Feeding::Waiting(sender) = self.feeding.replace(Feeding::Begun)
        {
            tell(Some(sender), Ok(()));
        }
        match step {
            Step::Hold | Step::Send => None,
            Step::Close => {
                self.ended.set(true);
                // Closes the client's body and lets go of the upstream's.
                let _ = controller.terminate();
                None
            }
            Step::Fail(error) => match self.feeding.take() {
                Feeding::Waiting(sender) => {
                    tell(Some(sender), Err(self.relay.borrow().failure(error)));
                    None
                }
                Feeding::Off | Feeding::Begun => Some(error),
            },
        }
    }
}

/// Tells whoever waits, if somebody still does.
fn tell<T>(sender: Option<oneshot::Sender<T>>, message: T) {
    if let Some(sender) = sender {
        let _ = sender.send(message);
    }
}

fn controller(handle: &JsValue) -> Controller {
    Reflect::get(handle, &"controller".into()).unwrap_or_default().unchecked_into()
}

fn set_timeout(callback: &JsValue, delay_ms: u64) {
    let global: web_sys::WorkerGlobalScope = js_sys::global().unchecked_into();
    let delay_ms = i32::try_from(delay_ms).unwrap_or(i32::MAX);
    let _ = global
        .set_timeout_with_callback_and_timeout_and_arguments_0(callback.unchecked_ref(), delay_ms);
}
