//! The response body of a streamed answer: the readable side of a `TransformStream`, whose
//! transformer is an [`Exchange`].
//!
//! An upstream's body is piped into the writable side, piece by piece (`piping.mjs`). Each piece
//! takes one call into wasm and gives one chunk, no matter how many events it holds. If an upstream
//! fails before its answer has begun, another one is piped into the same writable side.
//!
//! Nothing is decided here: JavaScript reports what happened, the exchange decides, and this carries
//! out its [`Orders`].
//!
//! **Ownership.** When a client leaves, the runtime cancels the stream and drops the
//! request's work. Its promises then never settle, and a Rust future that waits for one
//! would stay in memory for ever. So the pump ends when the stream is cancelled. Once the
//! answer has begun, only JavaScript objects (the stream, the reads, the timer) keep it
//! alive, and the Rust side is freed when they are garbage-collected: the closure owns the
//! [`Shared`] state, and that holds no JavaScript object that refers back to them. The
//! JavaScript objects that it needs are passed as an argument, the [`Call`].

use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::pin,
    rc::Rc,
};

use futures_channel::oneshot;
use futures_util::future::select;
use worker::{
    js_sys::Uint8Array,
    wasm_bindgen::{JsValue, closure::Closure},
    wasm_bindgen_futures::spawn_local,
    web_sys,
};

use super::{
    clock::now_ms,
    current::{AtWork, work_on},
    download::Download,
    js::{Call, Controller, Piping},
};
use crate::{
    answer::{Client, Exchange, Fed, Orders},
    chat::{Failure, MOST_CHOICES, Phase},
    dialect::Encoder,
    error::Error,
};

/// What can happen to a stream, by its number in `calls.mjs`.
const PIECE: u32 = 0;
const ENDED: u32 = 1;
const READY: u32 = 2;
const DRAINED: u32 = 3;
const LEFT: u32 = 4;
const TIME: u32 = 5;

/// The writing end of a client's body.
#[derive(Clone)]
pub(super) struct Outlet {
    shared: Rc<Shared>,
    call: Call,
    call_number: u32,
    readable: web_sys::ReadableStream,
}

/// Who waits for a message.
type Waiting<T> = Cell<Option<oneshot::Sender<T>>>;

struct Shared {
    exchange: RefCell<Exchange>,
    /// Buffers, reused for each call.
    input: RefCell<Vec<u8>>,
    output: RefCell<Vec<u8>>,
    /// Who waits for [`Orders::status`], and for each choice's [`Orders::fed`].
    status: Waiting<Result<Phase, Error>>,
    fed: [Waiting<Result<Fed, Failure>>; MOST_CHOICES as usize],
    /// Stops the pump when this sends or is dropped.
    stop: Waiting<()>,
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
            fed: Default::default(),
            stop: Cell::default(),
            last_words_form: Cell::new(None),
        });
        let act = {
            let shared = Rc::clone(&shared);
            move |call: Call, what: u32, number: u32, piece: Option<Uint8Array>| {
                let _at_work = AtWork::on(call_number);
                shared.happens(what, number, piece.as_ref(), &call);
            }
        };
        // One closure for all: each of them costs time to make and to collect. It may be called
        // from within itself, because carrying out orders can make something happen.
        let act = Closure::<dyn Fn(Call, u32, u32, Option<Uint8Array>)>::new(act);
        let readable = call.open(&act.into_js_value())?;
        Ok(Self { shared, call: call.clone(), call_number, readable })
    }

    /// Relays an upstream's body; see [`Runtime::feed`](crate::runtime::Runtime::feed).
    pub(super) async fn feed(&self, choice: u32, download: Download) -> Result<Fed, Failure> {
        let failure = |error| self.shared.exchange.borrow_mut().failure(choice, error);
        let Download { body, abort } = download;
        let body = body.ok_or_else(|| failure(Error::Truncated))?;
        let (sender, receiver) = oneshot::channel();
        let (number, orders) = self.shared.exchange.borrow_mut().begin(choice);
        let piping = Piping::new(&self.call, number, &body, &abort);
        piping.map_err(|_| failure(Error::Internal))?;
        if let Some(fed) = self.shared.fed.get(choice as usize) {
            fed.set(Some(sender));
        }
        self.shared.carry_out(orders, number, &self.call);
        let fed = receiver.await.map_err(|_| failure(Error::Internal))?;
        if fed != Ok(Fed::Flows) {
            self.shared.exchange.borrow_mut().restart(choice, now_ms());
        }
        fed
    }

    /// See [`Runtime::answered_by`](crate::runtime::Runtime::answered_by).
    pub(super) fn answered_by(&self, choice: u32, encoder: Box<dyn Encoder>, by_ms: u64) {
        let mut exchange = self.shared.exchange.borrow_mut();
        exchange.answered_by(choice, encoder, by_ms);
    }

    /// See [`Runtime::fail`](crate::runtime::Runtime::fail).
    pub(super) fn fail(&self, choice: u32, error: &Error) {
        let mut fail = |exchange: &mut Exchange, output: &mut Vec<u8>| {
            exchange.fail(choice, error.clone(), output)
        };
        self.shared.act(&self.call, 0, &mut fail);
    }

    /// See [`Runtime::stream`](crate::runtime::Runtime::stream).
    pub(super) async fn stream(
        self,
        pump: impl Future<Output = ()> + 'static,
    ) -> Result<(web_sys::ReadableStream, Phase), Error> {
        let (sender, decided) = oneshot::channel();
        self.shared.status.set(Some(sender));
        let (sender, stopped) = oneshot::channel();
        self.shared.stop.set(Some(sender));
        let readable = self.readable.clone();
        let mut waiting = Undecided { outlet: self.clone(), is_over: false };
        self.shared.tick(&self.call);
        spawn_local(work_on(self.call_number, async move {
            select(pin!(pump), stopped).await;
        }));
        let decision = decided.await.unwrap_or(Err(Error::Internal));
        waiting.is_over = true;
        decision.map(|phase| (readable, phase))
    }
}

/// A client that waits for its status. If it leaves, the future that holds this value is
/// dropped, and its work ends.
struct Undecided {
    outlet: Outlet,
    is_over: bool,
}

impl Drop for Undecided {
    fn drop(&mut self) {
        if !self.is_over {
            self.outlet.shared.client_left(&self.outlet.call);
        }
    }
}

impl Shared {
    /// Handles what `calls.mjs` reports.
    fn happens(&self, what: u32, number: u32, piece: Option<&Uint8Array>, call: &Call) {
        match (what, piece) {
            (PIECE, Some(piece)) => self.piece(number, piece, call),
            (ENDED, _) => self.upstream_ended(number, call),
            (READY, _) => self.client_ready(number, call),
            (DRAINED, _) => self.act(call, 0, &mut Exchange::drained),
            (LEFT, _) => self.client_left(call),
            (TIME, _) => self.tick(call),
            _ => {}
        }
    }

    fn piece(&self, number: u32, piece: &Uint8Array, call: &Call) {
        #[cfg(feature = "provoke")]
        super::provoke::here("piece");
        self.act(call, number, &mut |exchange, output| {
            let mut input = self.input.borrow_mut();
            input.resize(piece.length() as usize, 0);
            piece.copy_to(&mut input);
            exchange.piece(number, &input, now_ms(), output)
        });
    }

    fn upstream_ended(&self, number: u32, call: &Call) {
        self.act(call, number, &mut |exchange, output| exchange.upstream_ended(number, output));
    }

    fn client_ready(&self, number: u32, call: &Call) {
        #[cfg(feature = "provoke")]
        super::provoke::here("ready");
        self.act(call, number, &mut |exchange, _| exchange.client_ready(number, now_ms()));
    }

    fn client_left(&self, call: &Call) {
        #[cfg(feature = "provoke")]
        super::provoke::here("cancel");
        self.act(call, 0, &mut |exchange, _| exchange.client_left());
        call.forget();
        drop(self.stop.take());
        self.let_go();
    }

    /// Releases the buffers, because the closure that owns them is collected late.
    fn let_go(&self) {
        self.input.take();
        self.output.take();
    }

    fn tick(&self, call: &Call) {
        #[cfg(feature = "provoke")]
        super::provoke::here("tick");
        let client = if has_room(&call.controller()) { Client::Reading } else { Client::Busy };
        self.act(call, 0, &mut |exchange, output| exchange.tick(now_ms(), client, output));
    }

    /// Calls the exchange about the upstream of that number, sends the bytes it wrote, and carries
    /// out its orders.
    fn act(
        &self,
        call: &Call,
        number: u32,
        go_on: &mut dyn FnMut(&mut Exchange, &mut Vec<u8>) -> Orders,
    ) {
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
        self.carry_out(orders, number, call);
    }

    fn carry_out(&self, orders: Orders, number: u32, call: &Call) {
        let Orders { status, fed, abort, close, read_after_ms, drain, wake_after_ms } = orders;
        tell(&self.status, status);
        if let Some((choice, fed)) = fed
            && let Some(waiting) = self.fed.get(choice as usize)
        {
            tell(waiting, Some(fed));
        }
        if abort != 0 {
            call.abort(abort);
        }
        if close {
            call.close();
            // Other choices may still be asked for.
            drop(self.stop.take());
            self.let_go();
        }
        if let Some(wait_ms) = read_after_ms {
            call.read(number, wait_ms);
        }
        if drain {
            call.drain();
        }
        if let Some(wait_ms) = wake_after_ms {
            // A timer further away than this is never due: the limits are shorter.
            call.wake_after(i32::try_from(wait_ms).unwrap_or(i32::MAX));
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
fn tell<T>(sender: &Waiting<T>, message: Option<T>) {
    if let Some(message) = message
        && let Some(sender) = sender.take()
    {
        let _ = sender.send(message);
    }
}

fn has_room(controller: &Controller) -> bool {
    controller.desired_size().is_some_and(|size| size > 0.0)
}
