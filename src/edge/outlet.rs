//! The response body of a streamed answer: a `ReadableStream` that a [`Relay`] writes to.
//!
//! An upstream's body is read piece by piece, as fast as the client reads the relay's
//! output. Each piece takes one call into wasm and gives one chunk, no matter how many
//! events it holds.
//!
//! The client's body is a `ReadableStream` that the relay writes to because this takes
//! fewer crossings between JavaScript and wasm for each network chunk: [`Gathering`] reads
//! the chunks that have arrived in the meantime as one piece.
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
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    wasm_bindgen_futures::spawn_local,
    web_sys,
};

use super::{
    clock::now_ms,
    current::{AtWork, work_on},
    download::Download,
    js::{Call, Controller, Gathering, Source, StreamSource, bind, then},
};
use crate::{
    answer::{Client, Relay, Step, UpstreamBody},
    chat::{Failure, Phase},
    error::Error,
    runtime::Fed,
};

/// The writing end of a client's body.
#[derive(Clone)]
pub(super) struct Outlet {
    shared: Rc<Shared>,
    call: Call,
    call_number: u32,
    readable: web_sys::ReadableStream,
}

struct Shared {
    relay: RefCell<Relay>,
    /// Buffers, reused for each call.
    input: RefCell<Vec<u8>>,
    output: RefCell<Vec<u8>>,
    /// Sends once, when the client's status is decided.
    decided: Cell<Option<oneshot::Sender<Result<(), Error>>>>,
    feeding: Cell<Feeding>,
    /// Whether the next read waits for the client to read.
    is_paused: Cell<bool>,
    /// Stops the pump when this sends or is dropped.
    stop: Cell<Option<oneshot::Sender<()>>>,
    ended: Cell<bool>,
    /// The version of the last events that JavaScript has for the client.
    last_words_form: Cell<Option<u32>>,
}

/// Whether an upstream's body is being read.
#[derive(Default)]
enum Feeding {
    /// No upstream is being read.
    #[default]
    Off,
    /// An upstream is being read, but the answer has not begun. The sender reports when it
    /// begins or fails.
    Waiting(oneshot::Sender<Result<Fed, Failure>>),
    /// The answer has begun.
    Flowing,
}

/// How far apart to read a body that arrives fast, in milliseconds. People do not notice,
/// and a burst of thousands of chunks takes tens of reads.
const GAP_MS: u32 = 1;

impl Outlet {
    pub(super) fn new(relay: Relay, call: &Call, call_number: u32) -> Result<Self, JsValue> {
        let shared = Rc::new(Shared {
            relay: RefCell::new(relay),
            input: RefCell::default(),
            output: RefCell::default(),
            decided: Cell::new(None),
            feeding: Cell::default(),
            is_paused: Cell::new(false),
            stop: Cell::new(None),
            ended: Cell::new(false),
            last_words_form: Cell::new(None),
        });
        let call = call.clone();
        let callback = |on_call: fn(&Shared, &Call)| {
            let shared = Rc::clone(&shared);
            let closure = move |call: Call| {
                let _at_work = AtWork::on(call_number);
                on_call(&shared, &call);
            };
            let closure = Closure::<dyn FnMut(Call)>::new(closure).into_js_value();
            bind(&closure, &JsValue::UNDEFINED, &call)
        };
        call.set_tick(&callback(Shared::tick));

        let on_start = {
            let call = call.clone();
            Closure::once_into_js(move |controller: Controller| call.set_controller(&controller))
        };
        let source: StreamSource = Object::new().unchecked_into();
        source.set_start(on_start.unchecked_ref());
        source.set_pull(&callback(Shared::client_reads));
        source.set_cancel(&callback(Shared::client_left));
        // The default queuing strategy has room for one chunk. So the upstream is read before
        // the client reads, which is needed because the client's status depends on the answer.
        let readable = web_sys::ReadableStream::new_with_underlying_source(source.unchecked_ref())?;
        Ok(Self { shared, call, call_number, readable })
    }

    /// Relays an upstream's body; see [`Runtime::feed`](crate::runtime::Runtime::feed).
    pub(super) async fn feed(&self, download: Download) -> Result<Fed, Failure> {
        let failure = |error| self.shared.relay.borrow().failure(error);
        let Download { body, abort } = download;
        let body = body.ok_or_else(|| failure(Error::Truncated))?;
        let (sender, receiver) = oneshot::channel();
        self.shared.feeding.set(Feeding::Waiting(sender));
        let source: Source = Object::new().unchecked_into();
        source.set_call(&self.call);
        source.set_abort(&abort);
        source.set_gathering(&Gathering::new(&body).map_err(|_| failure(Error::Internal))?);
        let on_piece = {
            let shared = Rc::clone(&self.shared);
            let call_number = self.call_number;
            move |source: Source, piece: Option<Uint8Array>| {
                let _at_work = AtWork::on(call_number);
                shared.piece(&source, piece.as_ref());
            }
        };
        let on_piece =
            Closure::<dyn FnMut(Source, Option<Uint8Array>)>::new(on_piece).into_js_value();
        source.set_on_piece(&bind(&on_piece, &JsValue::UNDEFINED, &source));
        self.call.set_source(Some(&source));
        // A failed attempt may have been paused. This attempt is not.
        self.shared.is_paused.set(false);
        read(&source);

        let Ok(fed) = receiver.await else {
            return Err(failure(Error::Internal));
        };
        if fed != Ok(Fed::Flows) {
            self.call.let_go();
            self.shared.relay.borrow_mut().restart(now_ms());
        }
        fed
    }

    /// See [`Runtime::stream`](crate::runtime::Runtime::stream).
    pub(super) async fn stream(
        self,
        pump: impl Future<Output = Result<(), Error>> + 'static,
    ) -> Result<web_sys::ReadableStream, Error> {
        let (sender, decided) = oneshot::channel();
        self.shared.decided.set(Some(sender));
        let (sender, stopped) = oneshot::channel();
        self.shared.stop.set(Some(sender));
        let readable = self.readable.clone();
        let mut waiting = Waiting { outlet: self.clone(), is_over: false };
        self.shared.tick(&self.call);
        spawn_local(work_on(self.call_number, async move {
            if let Either::Left((Err(error), _)) = select(pin!(pump), stopped).await {
                self.shared.fail(error, &self.call);
            }
        }));
        let decision = decided.await.unwrap_or(Err(Error::Internal));
        waiting.is_over = true;
        decision.map(|()| readable)
    }
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
    /// Handles the result of a read: a piece of the upstream's body, or its end.
    fn piece(&self, source: &Source, piece: Option<&Uint8Array>) {
        let call = source.call();
        // Ignore a read of an upstream that has been abandoned.
        if call.source().as_ref() != Some(source) {
            return;
        }
        #[cfg(feature = "provoke")]
        super::provoke::here("piece");
        let Some(piece) = piece else {
            self.act(&call, Relay::upstream_ended);
            return;
        };
        self.act(&call, |relay, output| {
            let mut input = self.input.borrow_mut();
            input.resize(piece.length() as usize, 0);
            piece.copy_to(&mut input);
            relay.push(&input, now_ms(), output)
        });
        if has_room(&call.controller()) {
            read_on(&call);
        } else {
            self.is_paused.set(true);
        }
    }

    fn client_reads(&self, call: &Call) {
        #[cfg(feature = "provoke")]
        super::provoke::here("pull");
        if self.is_paused.take() {
            read_on(call);
        }
    }

    fn client_left(&self, call: &Call) {
        #[cfg(feature = "provoke")]
        super::provoke::here("cancel");
        self.ended.set(true);
        self.relay.borrow_mut().let_go();
        call.forget();
        drop(self.stop.take());
        call.let_go();
    }

    fn tick(&self, call: &Call) {
        #[cfg(feature = "provoke")]
        super::provoke::here("tick");
        let client = if has_room(&call.controller()) { Client::Reading } else { Client::Busy };
        let mut next_ms = 0;
        self.act(call, |relay, output| {
            let (step, wait_ms) = relay.tick(now_ms(), client, output);
            next_ms = wait_ms;
            step
        });
        if !self.ended.get() {
            set_timeout(&call.tick(), next_ms);
        }
    }

    /// Gives JavaScript the events that end the stream if the instance fails. They change only
    /// a few times in an answer.
    fn leave_last_words(&self, call: &Call) {
        let relay = self.relay.borrow();
        let form = relay.last_words_form();
        if form.is_some() && self.last_words_form.replace(form) != form {
            let mut words = Vec::new();
            relay.last_words(&mut words);
            call.set_last_events(str::from_utf8(&words).unwrap_or_default());
        }
    }

    fn fail(&self, error: Error, call: &Call) {
        self.feeding.take();
        let failed = self.act(call, |relay, output| relay.fail(error, output));
        if let Some(error) = failed {
            self.ended.set(true);
            tell(self.decided.take(), Err(error));
        }
    }

    /// Calls the relay, sends the bytes it wrote, and carries out its step. Returns the error of
    /// [`Step::Fail`] if no [`Outlet::feed`] is waiting for it.
    fn act(
        &self,
        call: &Call,
        go_on: impl FnOnce(&mut Relay, &mut Vec<u8>) -> Step,
    ) -> Option<Error> {
        if self.ended.get() {
            return None;
        }
        let (step, begun) = {
            let mut relay = self.relay.borrow_mut();
            let step = go_on(&mut relay, &mut self.output.borrow_mut());
            (step, relay.phase())
        };
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
        if matches!(step, Step::Send | Step::Close(_)) {
            tell(self.decided.take(), Ok(()));
        }
        if begun == Phase::Flowing
            && let Feeding::Waiting(sender) = self.feeding.replace(Feeding::Flowing)
        {
            tell(Some(sender), Ok(Fed::Flows));
        }
        match step {
            Step::Hold | Step::Send => None,
            Step::Close(upstream) => {
                self.ended.set(true);
                call.close();
                // An upstream that has sent everything leaves a connection that can be reused.
                if upstream == UpstreamBody::Ongoing {
                    call.let_go();
                }
                None
            }
            Step::AskAgain => {
                if let Feeding::Waiting(sender) = self.feeding.take() {
                    tell(Some(sender), Ok(Fed::NoCall));
                }
                None
            }
            Step::Fail(error) => match self.feeding.take() {
                Feeding::Waiting(sender) => {
                    tell(Some(sender), Err(self.relay.borrow().failure(error)));
                    None
                }
                Feeding::Off | Feeding::Flowing => Some(error),
            },
        }
    }
}

/// Sends `message` to the receiver, if there still is one.
fn tell<T>(sender: Option<oneshot::Sender<T>>, message: T) {
    if let Some(sender) = sender {
        let _ = sender.send(message);
    }
}

impl Call {
    /// Aborts the upstream that is being read, if there is one.
    fn let_go(&self) {
        if let Some(source) = self.source() {
            source.abort().abort();
            self.set_source(None);
        }
    }
}

/// Continues reading, if there still is an upstream.
fn read_on(call: &Call) {
    if let Some(source) = call.source() {
        read(&source);
    }
}

fn read(source: &Source) {
    // The promise never rejects, and nothing depends on the returned one.
    let _ = then(&source.gathering().read(GAP_MS), &source.on_piece());
}

fn has_room(controller: &Controller) -> bool {
    controller.desired_size().is_some_and(|size| size > 0.0)
}

fn set_timeout(callback: &Function, delay_ms: u64) {
    let global: web_sys::WorkerGlobalScope = js_sys::global().unchecked_into();
    let delay_ms = i32::try_from(delay_ms).unwrap_or(i32::MAX);
    let _ = global.set_timeout_with_callback_and_timeout_and_arguments_0(callback, delay_ms);
}
