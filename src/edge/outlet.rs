//! The response body of a streamed answer: the readable side of a `TransformStream`, whose
//! transformer is an [`Exchange`].
//!
//! An upstream's body is piped into the writable side, piece by piece (`piping.mjs`). Each piece
//! takes one call into wasm and gives one chunk, no matter how many events it holds. If an upstream
//! fails before its answer has begun, another one is piped into the same writable side.
//!
//! Nothing is decided here: each callback tells the exchange what happened, and carries out its
//! [`Orders`].
//!
//! **Ownership.** When a client leaves, the runtime cancels the stream and drops the
//! request's work. Its promises then never settle, and a Rust future that waits for one
//! would stay in memory for ever. So the pump ends when the stream is cancelled. Once the
//! answer has begun, only JavaScript objects (the stream, the reads, the timer) keep it
//! alive, and the Rust side is freed when they are garbage-collected: the closures own the
//! [`Shared`] state, and that holds no JavaScript object that refers back to them. The
//! JavaScript objects that the callbacks need are passed as an argument, the [`Call`].

use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::pin,
    rc::Rc,
};

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use worker::{
    js_sys::{self, Function, Object, Uint8Array},
    wasm_bindgen::{
        JsCast, JsValue,
        closure::{Closure, IntoWasmClosure, WasmClosure},
    },
    wasm_bindgen_futures::spawn_local,
    web_sys,
};

use super::{
    clock::now_ms,
    current::{AtWork, work_on},
    download::Download,
    js::{Call, Controller, Piping, QueuingStrategy, TransformStream, Transformer, bind},
};
use crate::{
    answer::{Client, Exchange, Fed, Orders},
    chat::Failure,
    error::Error,
};

/// How many chunks the client's body holds before it counts as full. With more than one, the
/// stream need not stop and go on for each chunk.
const ROOM: f64 = 4.0;

/// The writing end of a client's body.
#[derive(Clone)]
pub(super) struct Outlet {
    shared: Rc<Shared>,
    call: Call,
    call_number: u32,
    readable: web_sys::ReadableStream,
}

struct Shared {
    exchange: RefCell<Exchange>,
    /// Buffers, reused for each call.
    input: RefCell<Vec<u8>>,
    output: RefCell<Vec<u8>>,
    /// Who waits for [`Orders::status`], and for [`Orders::fed`].
    status: Cell<Option<oneshot::Sender<Result<(), Error>>>>,
    fed: Cell<Option<oneshot::Sender<Result<Fed, Failure>>>>,
    /// Stops the pump when this sends or is dropped.
    stop: Cell<Option<oneshot::Sender<()>>>,
    /// The version of the last events that JavaScript has for the client.
    last_words_form: Cell<Option<u32>>,
}

impl Outlet {
    pub(super) fn new(exchange: Exchange, call: &Call, call_number: u32) -> Result<Self, JsValue> {
        let shared = Rc::new(Shared {
            exchange: RefCell::new(exchange),
            input: RefCell::default(),
            output: RefCell::default(),
            status: Cell::default(),
            fed: Cell::default(),
            stop: Cell::default(),
            last_words_form: Cell::new(None),
        });
        let plain = |on_call: fn(&Shared, &Call)| {
            let shared = Rc::clone(&shared);
            callback::<dyn FnMut(Call)>(call, move |call: Call| {
                let _at_work = AtWork::on(call_number);
                on_call(&shared, &call);
            })
        };
        let numbered = |on_call: fn(&Shared, &Call, u32)| {
            let shared = Rc::clone(&shared);
            callback::<dyn FnMut(Call, u32)>(call, move |call: Call, number| {
                let _at_work = AtWork::on(call_number);
                on_call(&shared, &call, number);
            })
        };
        call.set_tick(&plain(Shared::tick));
        call.set_ready(&numbered(Shared::client_ready));
        call.set_ended(&numbered(Shared::upstream_ended));

        let on_start = {
            let call = call.clone();
            Closure::once_into_js(move |controller: Controller| call.set_controller(&controller))
        };
        let on_piece = {
            let shared = Rc::clone(&shared);
            callback::<dyn FnMut(Call, Uint8Array)>(call, move |call: Call, piece: Uint8Array| {
                let _at_work = AtWork::on(call_number);
                shared.piece(&call, &piece);
            })
        };
        let transformer: Transformer = Object::new().unchecked_into();
        transformer.set_start(on_start.unchecked_ref());
        transformer.set_transform(&on_piece);
        transformer.set_flush(&plain(Shared::drained));
        transformer.set_cancel(&plain(Shared::client_left));
        let room: QueuingStrategy = Object::new().unchecked_into();
        room.set_high_water_mark(ROOM);
        let stream = TransformStream::new(&transformer, &JsValue::UNDEFINED, &room)?;
        call.set_writer(&stream.writable().get_writer()?);
        Ok(Self { shared, call: call.clone(), call_number, readable: stream.readable() })
    }

    /// Relays an upstream's body; see [`Runtime::feed`](crate::runtime::Runtime::feed).
    pub(super) async fn feed(&self, download: Download) -> Result<Fed, Failure> {
        let failure = |error| self.shared.exchange.borrow().failure(error);
        let Download { body, abort } = download;
        let body = body.ok_or_else(|| failure(Error::Truncated))?;
        let (sender, receiver) = oneshot::channel();
        let (number, orders) = self.shared.exchange.borrow_mut().begin();
        let source = Piping::new(&self.call, number, &body, &abort);
        self.call.set_source(Some(&source.map_err(|_| failure(Error::Internal))?));
        self.shared.fed.set(Some(sender));
        self.shared.carry_out(orders, &self.call);
        let fed = receiver.await.map_err(|_| failure(Error::Internal))?;
        if fed != Ok(Fed::Flows) {
            self.shared.exchange.borrow_mut().restart(now_ms());
        }
        fed
    }

    /// See [`Runtime::stream`](crate::runtime::Runtime::stream).
    pub(super) async fn stream(
        self,
        pump: impl Future<Output = Result<(), Error>> + 'static,
    ) -> Result<web_sys::ReadableStream, Error> {
        let (sender, decided) = oneshot::channel();
        self.shared.status.set(Some(sender));
        let (sender, stopped) = oneshot::channel();
        self.shared.stop.set(Some(sender));
        let readable = self.readable.clone();
        let mut waiting = Waiting { outlet: self.clone(), is_over: false };
        self.shared.tick(&self.call);
        spawn_local(work_on(self.call_number, async move {
            if let Either::Left((Err(error), _)) = select(pin!(pump), stopped).await {
                self.shared.act(&self.call, |exchange, output| exchange.fail(error, output));
            }
        }));
        let decision = decided.await.unwrap_or(Err(Error::Internal));
        waiting.is_over = true;
        decision.map(|()| readable)
    }
}

/// `closure` as a JavaScript function whose first argument is `call`.
fn callback<T: WasmClosure + ?Sized>(
    call: &Call,
    closure: impl IntoWasmClosure<T> + 'static,
) -> Function {
    let closure = Closure::<T>::new(closure).into_js_value();
    bind(&closure, &JsValue::UNDEFINED, call)
}

/// A client that waits for its status. If it leaves, the future that holds this value is
/// dropped, and its work ends.
struct Waiting {
    outlet: Outlet,
    is_over: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.is_over {
            self.outlet.shared.client_left(&self.outlet.call);
        }
    }
}

impl Shared {
    /// Handles a piece of the upstream's body.
    fn piece(&self, call: &Call, piece: &Uint8Array) {
        #[cfg(feature = "provoke")]
        super::provoke::here("piece");
        self.act(call, |exchange, output| {
            let mut input = self.input.borrow_mut();
            input.resize(piece.length() as usize, 0);
            piece.copy_to(&mut input);
            exchange.piece(call.piped(), &input, now_ms(), output)
        });
    }

    fn upstream_ended(&self, call: &Call, number: u32) {
        self.act(call, |exchange, output| exchange.upstream_ended(number, output));
    }

    fn client_ready(&self, call: &Call, number: u32) {
        #[cfg(feature = "provoke")]
        super::provoke::here("ready");
        self.act(call, |exchange, _| exchange.client_ready(number, now_ms()));
    }

    fn drained(&self, call: &Call) {
        self.act(call, Exchange::drained);
    }

    fn client_left(&self, call: &Call) {
        #[cfg(feature = "provoke")]
        super::provoke::here("cancel");
        self.act(call, |exchange, _| exchange.client_left());
        call.forget();
        drop(self.stop.take());
    }

    fn tick(&self, call: &Call) {
        #[cfg(feature = "provoke")]
        super::provoke::here("tick");
        let client = if has_room(&call.controller()) { Client::Reading } else { Client::Busy };
        self.act(call, |exchange, output| exchange.tick(now_ms(), client, output));
    }

    /// Calls the exchange, sends the bytes it wrote, and carries out its orders.
    fn act(&self, call: &Call, go_on: impl FnOnce(&mut Exchange, &mut Vec<u8>) -> Orders) {
        let orders = go_on(&mut self.exchange.borrow_mut(), &mut self.output.borrow_mut());
        // Copy the output before any call that could call back.
        let chunk = {
            let mut output = self.output.borrow_mut();
            let chunk = (!output.is_empty()).then(|| Uint8Array::from(output.as_slice()));
            output.clear();
            chunk
        };
        if let Some(chunk) = chunk {
            // This fails if the client has left; `client_left` handles that.
            let _ = call.controller().enqueue(&chunk);
        }
        self.leave_last_words(call);
        self.carry_out(orders, call);
    }

    fn carry_out(&self, orders: Orders, call: &Call) {
        let Orders { status, fed, abort, close, read_after_ms, drain, wake_after_ms } = orders;
        tell(&self.status, status);
        tell(&self.fed, fed);
        let source = call.source();
        if abort {
            call.set_source(None);
            source.as_ref().inspect(|source| source.abort());
        }
        if close {
            call.close();
        }
        if let (Some(wait_ms), Some(source)) = (read_after_ms, source) {
            source.read(wait_ms);
        }
        if drain {
            call.drain();
        }
        if let Some(wait_ms) = wake_after_ms {
            set_timeout(&call.tick(), wait_ms);
        }
    }

    /// Gives JavaScript the events that end the stream if the instance fails. They change only
    /// a few times in an answer.
    fn leave_last_words(&self, call: &Call) {
        let exchange = self.exchange.borrow();
        let form = exchange.last_words_form();
        if form.is_some() && self.last_words_form.replace(form) != form {
            let mut words = Vec::new();
            exchange.last_words(&mut words);
            call.set_last_events(str::from_utf8(&words).unwrap_or_default());
        }
    }
}

/// Sends `message`, if there is one, to whoever waits for it.
fn tell<T>(sender: &Cell<Option<oneshot::Sender<T>>>, message: Option<T>) {
    if let Some(message) = message
        && let Some(sender) = sender.take()
    {
        let _ = sender.send(message);
    }
}

fn has_room(controller: &Controller) -> bool {
    controller.desired_size().is_some_and(|size| size > 0.0)
}

fn set_timeout(callback: &Function, delay_ms: u64) {
    let global: web_sys::WorkerGlobalScope = js_sys::global().unchecked_into();
    let delay_ms = i32::try_from(delay_ms).unwrap_or(i32::MAX);
    let _ = global.set_timeout_with_callback_and_timeout_and_arguments_0(callback, delay_ms);
}
