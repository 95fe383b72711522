//! The few parts of the runtime that `worker::web_sys` has no types for, and what of
//! the gateway is written in JavaScript.

use worker::{
    js_sys::{Function, Promise, Uint8Array},
    wasm_bindgen::{self, JsValue, prelude::wasm_bindgen},
    web_sys::{AbortController, ReadableStream, Request, ResponseInit},
};

#[wasm_bindgen]
extern "C" {
    /// `RequestInit`, with a body that is not copied for it: a view of the memory that
    /// holds it, which is good until that memory grows. `fetch` takes a copy at once,
    /// as the Fetch standard has it ("extract a body") and workerd was seen to do.
    pub(super) type FetchInit;

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_body(this: &FetchInit, body: &[u8]);

    /// `Response`, with a body of any kind.
    pub(super) type Response;

    #[wasm_bindgen(constructor, catch)]
    pub(super) fn new(body: &JsValue, init: &ResponseInit) -> Result<Response, JsValue>;

    /// What a `ReadableStream` is made around.
    pub(super) type StreamSource;

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_start(this: &StreamSource, start: &Function);

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_pull(this: &StreamSource, pull: &Function);

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_cancel(this: &StreamSource, cancel: &Function);

    /// `ReadableStreamDefaultController`.
    pub(super) type Controller;

    /// Throws when the client has gone.
    #[wasm_bindgen(method, catch)]
    pub(super) fn enqueue(this: &Controller, chunk: &Uint8Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, getter, js_name = desiredSize)]
    pub(super) fn desired_size(this: &Controller) -> Option<f64>;

    /// A request that is being answered, and what the callbacks of its client's body
    /// need of JavaScript.
    #[derive(Clone)]
    pub(super) type Call;

    /// What clients and the log know it by.
    #[wasm_bindgen(method, getter)]
    pub(super) fn id(this: &Call) -> String;

    /// What the gateway knows it by; never 0.
    #[wasm_bindgen(method, getter)]
    pub(super) fn number(this: &Call) -> u32;

    #[wasm_bindgen(method, getter)]
    pub(super) fn controller(this: &Call) -> Controller;

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_controller(this: &Call, controller: &Controller);

    /// Closes the client's body, in order.
    #[wasm_bindgen(method)]
    pub(super) fn close(this: &Call);

    /// The client has left.
    #[wasm_bindgen(method)]
    pub(super) fn forget(this: &Call);

    /// The block that an Anthropic client would see unended.
    #[wasm_bindgen(method, setter, js_name = openBlock)]
    pub(super) fn set_open_block(this: &Call, index: Option<u32>);

    #[wasm_bindgen(method, getter)]
    pub(super) fn tick(this: &Call) -> Function;

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_tick(this: &Call, tick: &Function);

    /// The upstream that flows in.
    #[wasm_bindgen(method, getter)]
    pub(super) fn source(this: &Call) -> Option<Source>;

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_source(this: &Call, source: Option<&Source>);

    /// An upstream that flows into a client's body.
    #[derive(Clone, PartialEq)]
    pub(super) type Source;

    #[wasm_bindgen(method, getter)]
    pub(super) fn call(this: &Source) -> Call;

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_call(this: &Source, call: &Call);

    #[wasm_bindgen(method, getter)]
    pub(super) fn gathering(this: &Source) -> Gathering;

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_gathering(this: &Source, gathering: &Gathering);

    /// Called with what a read resolves to.
    #[wasm_bindgen(method, getter)]
    pub(super) fn on_piece(this: &Source) -> Function;

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_on_piece(this: &Source, on_piece: &Function);

    #[wasm_bindgen(method, getter)]
    pub(super) fn abort(this: &Source) -> AbortController;

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_abort(this: &Source, abort: &AbortController);

    /// `promise.then(callback)`.
    #[wasm_bindgen(js_namespace = ["Promise", "prototype", "then"], js_name = call)]
    pub(super) fn then(this: &Promise, done: &Function) -> Promise;

    /// `function.bind(context, argument)`.
    #[wasm_bindgen(js_namespace = ["Function", "prototype", "bind"], js_name = call)]
    pub(super) fn bind(this: &JsValue, context: &JsValue, argument: &JsValue) -> Function;

    /// `ReadableStreamBYOBReader`.
    pub(super) type ByobReader;

    /// Workers' own extension: resolves when `min` bytes are there, or the end is.
    #[wasm_bindgen(method, js_name = readAtLeast)]
    pub(super) fn read_at_least(this: &ByobReader, min: u32, view: &Uint8Array) -> Promise;

    /// What a read resolves to.
    pub(super) type ReadResult;

    #[wasm_bindgen(method, getter)]
    pub(super) fn done(this: &ReadResult) -> bool;

    #[wasm_bindgen(method, getter)]
    pub(super) fn value(this: &ReadResult) -> Option<Uint8Array>;
}

// The build puts it beside the generated code: the entry imports the same.
#[wasm_bindgen(raw_module = "./calls.mjs")]
extern "C" {
    /// Tells the place of a panic, before it ends the instance.
    #[wasm_bindgen(js_name = panickedAt)]
    pub(super) fn panicked_at(place: &str);
}

#[wasm_bindgen(module = "/src/edge/gathering.mjs")]
extern "C" {
    /// An upstream's body as it is read.
    pub(super) type Gathering;

    /// Throws when the body is read by somebody else.
    #[wasm_bindgen(constructor, catch)]
    pub(super) fn new(body: &ReadableStream) -> Result<Gathering, JsValue>;

    /// Resolves to a `Uint8Array` that is valid until the next read, to `undefined`
    /// at the body's end, to `null` when it breaks. Never rejects.
    #[wasm_bindgen(method)]
    pub(super) fn read(this: &Gathering, gap_ms: u32) -> Promise;
}

#[wasm_bindgen(module = "/src/edge/last_words.mjs")]
extern "C" {
    /// Never throws, where `reader` is the one that locks the body, if one does.
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

#[wasm_bindgen(module = "/src/edge/schema.mjs")]
extern "C" {
    /// Why it does not fit; an empty text if it does, `None` if that cannot be told.
    /// `marks` is how many opening brackets and colons both have. Never throws.
    pub(super) fn misfit(schema: &str, json: &str, marks: u32) -> Option<String>;
}
