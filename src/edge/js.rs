//! Bindings: the parts of the runtime that `worker::web_sys` has no types for, and the
//! gateway's own JavaScript.

use worker::{
    js_sys::{Function, Promise, Uint8Array},
    wasm_bindgen::{self, JsValue, prelude::wasm_bindgen},
    web_sys::{AbortController, ReadableStream, Request, ResponseInit},
};

#[wasm_bindgen]
extern "C" {
    /// `RequestInit`, with a body that is not copied for it. The body is a view of wasm memory,
    /// which is valid until that memory grows. `fetch` copies it at once: the Fetch standard
    /// says so ("extract a body"), and workerd does it.
    pub(super) type FetchInit;

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_body(this: &FetchInit, body: &[u8]);

    /// `Response`, with a body of any kind.
    pub(super) type Response;

    #[wasm_bindgen(constructor, catch)]
    pub(super) fn new(body: &JsValue, init: &ResponseInit) -> Result<Response, JsValue>;

    /// The underlying source of a `ReadableStream`.
    pub(super) type StreamSource;

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_start(this: &StreamSource, start: &Function);

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_pull(this: &StreamSource, pull: &Function);

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_cancel(this: &StreamSource, cancel: &Function);

    /// The controller of the client's body: a `TransformStreamDefaultController` or a
    /// `ReadableStreamDefaultController`.
    pub(super) type Controller;

    /// Throws if the client has left.
    #[wasm_bindgen(method, catch)]
    pub(super) fn enqueue(this: &Controller, chunk: &Uint8Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, getter, js_name = desiredSize)]
    pub(super) fn desired_size(this: &Controller) -> Option<f64>;

    /// A request that is being answered. The callbacks of its client's body get it as an
    /// argument.
    #[derive(Clone)]
    pub(super) type Call;

    /// The request id that clients and the log see.
    #[wasm_bindgen(method, getter)]
    pub(super) fn id(this: &Call) -> String;

    /// The number that identifies it within the gateway; never 0.
    #[wasm_bindgen(method, getter)]
    pub(super) fn number(this: &Call) -> u32;

    #[wasm_bindgen(method, getter)]
    pub(super) fn controller(this: &Call) -> Controller;

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_controller(this: &Call, controller: &Controller);

    /// Closes the client's body normally.
    #[wasm_bindgen(method)]
    pub(super) fn close(this: &Call);

    /// Call this when the client has left.
    #[wasm_bindgen(method)]
    pub(super) fn forget(this: &Call);

    /// The body of the response if the instance fails before there is a response.
    #[wasm_bindgen(method, setter, js_name = failureBody)]
    pub(super) fn set_failure_body(this: &Call, body: &str);

    /// The events that end the client's stream if the instance fails.
    #[wasm_bindgen(method, setter, js_name = lastEvents)]
    pub(super) fn set_last_events(this: &Call, events: &str);

    /// The object that begins the request's line in the log if the instance fails.
    #[wasm_bindgen(method, setter, js_name = question)]
    pub(super) fn set_question(this: &Call, question: &str);

    /// Logs the line of the request, with when it came and its id.
    #[wasm_bindgen(method)]
    pub(super) fn log(this: &Call, line: &str);
    /// Sends `message` to the ledger of `label`. Resolves to its answer, or to `undefined` if none
    /// comes in time.
    #[wasm_bindgen(method)]
    pub(super) fn reserve(this: &Call, label: &str, message: &str, lost: &str) -> Promise;

    /// Sends `message`, if there is one, to the ledger of `label`. Call it once for each `reserve`.
    #[wasm_bindgen(method)]
    pub(super) fn settle(this: &Call, label: &str, message: Option<&str>);

    /// Sends `message` to the ledger of `label`, without a `reserve`.
    #[wasm_bindgen(method)]
    pub(super) fn note(this: &Call, label: &str, message: &str);

    /// Runs a statement of ledger.mjs in `objects`, with `values`, both lists as JSON. Resolves to a
    /// list of rows for each object as JSON, or to `undefined` if one gives no answer in time.
    #[wasm_bindgen(method)]
    pub(super) fn query(this: &Call, objects: &str, statement: &str, values: &str) -> Promise;

    /// Opens the client's body: the readable side of a `TransformStream` whose transformer is
    /// `act`.
    #[wasm_bindgen(method, catch)]
    pub(super) fn open(this: &Call, act: &JsValue) -> Result<ReadableStream, JsValue>;

    /// Reports the time, `wait_ms` from now.
    #[wasm_bindgen(method, js_name = wakeAfter)]
    pub(super) fn wake_after(this: &Call, wait_ms: i32);

    /// Closes the writable side: its pieces are transformed, then it is flushed.
    #[wasm_bindgen(method)]
    pub(super) fn drain(this: &Call);

    /// Reads the next piece of the upstream of that number, `wait_ms` from now.
    #[wasm_bindgen(method)]
    pub(super) fn read(this: &Call, number: u32, wait_ms: u32);

    /// Ends the connections to the upstreams of these choices: a bit for each.
    #[wasm_bindgen(method)]
    pub(super) fn abort(this: &Call, choices: u32);

    /// `function.bind(context, argument)`.
    #[wasm_bindgen(js_namespace = ["Function", "prototype", "bind"], js_name = call)]
    pub(super) fn bind(this: &JsValue, context: &JsValue, argument: &JsValue) -> Function;

    /// `ReadableStreamBYOBReader`.
    pub(super) type ByobReader;

    /// An extension of Workers: resolves when `min` bytes have arrived, or at the end.
    #[wasm_bindgen(method, js_name = readAtLeast)]
    pub(super) fn read_at_least(this: &ByobReader, min: u32, view: &Uint8Array) -> Promise;

    /// The result of a read.
    pub(super) type ReadResult;

    #[wasm_bindgen(method, getter)]
    pub(super) fn done(this: &ReadResult) -> bool;

    #[wasm_bindgen(method, getter)]
    pub(super) fn value(this: &ReadResult) -> Option<Uint8Array>;
}

// The build puts this file beside the generated code. The entry imports the same file.
#[wasm_bindgen(raw_module = "./calls.mjs")]
extern "C" {
    /// Reports the place of a panic, before it ends the instance.
    #[wasm_bindgen(js_name = panickedAt)]
    pub(super) fn panicked_at(place: &str);

    /// A random id in hexadecimal digits.
    #[wasm_bindgen(js_name = randomId)]
    pub(super) fn random_id() -> String;
}

#[wasm_bindgen(module = "/src/edge/gathering.mjs")]
extern "C" {
    /// Reads an upstream's body.
    pub(super) type Gathering;

    /// Throws if the body is locked by another reader.
    #[wasm_bindgen(constructor, catch)]
    pub(super) fn new(body: &ReadableStream) -> Result<Gathering, JsValue>;

    /// Resolves to a `Uint8Array` that is valid until the next read, to `undefined` at the
    /// body's end, or to `null` if the body breaks off. Never rejects.
    #[wasm_bindgen(method)]
    pub(super) fn read(this: &Gathering, wait_ms: u32) -> Promise;
}

#[wasm_bindgen(module = "/src/edge/piping.mjs")]
extern "C" {
    /// Pipes an upstream's body to a client.
    pub(super) type Piping;

    /// The `call` keeps it. Throws if the body is locked by a reader.
    #[wasm_bindgen(constructor, catch)]
    pub(super) fn new(
        call: &Call,
        number: u32,
        body: &ReadableStream,
        abort: &AbortController,
    ) -> Result<Piping, JsValue>;
}

#[wasm_bindgen(module = "/src/edge/reading.mjs")]
extern "C" {
    /// `None` if there is no body. Throws if it is locked by a reader.
    #[wasm_bindgen(js_name = readerOf, catch)]
    pub(super) fn reader_of(
        request: &Request,
        format: Option<&str>,
    ) -> Result<Option<ByobReader>, JsValue>;
}

#[wasm_bindgen(module = "/src/edge/last_words.mjs")]
extern "C" {
    /// Never throws, provided that `reader` is the reader that locks the body, if any does.
    #[wasm_bindgen(js_name = lastWords)]
    pub(super) fn last_words(
        bytes: &Uint8Array,
        request: &Request,
        reader: Option<&ByobReader>,
    ) -> JsValue;
}

#[wasm_bindgen(module = "/src/edge/stretch.mjs")]
extern "C" {
    /// Resolves to a `Uint8Array` of 16 bytes.
    pub(super) fn stretch(password: &str, salt: &str, rounds: u32) -> Promise;
}

#[wasm_bindgen(module = "/src/edge/cache.mjs")]
extern "C" {
    /// Resolves to the `Uint8Array` that was kept under `key`, or to `undefined`.
    pub(super) fn recall(key: &str) -> Promise;

    /// Keeps a copy of `value`. Resolves when that is done.
    pub(super) fn remember(key: &str, value: &[u8], seconds: u32) -> Promise;
}

#[wasm_bindgen(module = "/src/edge/schema.mjs")]
extern "C" {
    /// The reason why `json` does not match `schema`; an empty text if it does; `None` if that
    /// cannot be decided. `marks` is the number of opening brackets and colons in both. Never
    /// throws.
    pub(super) fn misfit(schema: &str, json: &str, marks: u32) -> Option<String>;
}
