//! The few parts of the runtime that `worker::web_sys` has no types for.

use worker::{
    js_sys::{Function, Object, Promise, Uint8Array},
    wasm_bindgen::{self, JsValue, prelude::wasm_bindgen},
    web_sys::{ReadableStream, ResponseInit, WritableStream},
};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = randomUUID)]
    pub(super) fn random_uuid() -> String;

    /// `Response`, with a body of any kind.
    pub(super) type Response;

    #[wasm_bindgen(constructor, catch)]
    pub(super) fn new(body: &JsValue, init: &ResponseInit) -> Result<Response, JsValue>;

    /// `TransformStream`, with its strategies.
    pub(super) type TransformStream;

    #[wasm_bindgen(constructor, catch)]
    pub(super) fn new(
        transformer: &Object,
        writable_strategy: &JsValue,
        readable_strategy: &JsValue,
    ) -> Result<TransformStream, JsValue>;

    #[wasm_bindgen(method, getter)]
    pub(super) fn readable(this: &TransformStream) -> ReadableStream;

    #[wasm_bindgen(method, getter)]
    pub(super) fn writable(this: &TransformStream) -> WritableStream;

    /// `TransformStreamDefaultController`.
    pub(super) type Controller;

    /// Throws when the client has gone.
    #[wasm_bindgen(method, catch)]
    pub(super) fn enqueue(this: &Controller, chunk: &Uint8Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(super) fn terminate(this: &Controller) -> Result<(), JsValue>;

    #[wasm_bindgen(method, getter, js_name = desiredSize)]
    pub(super) fn desired_size(this: &Controller) -> Option<f64>;

    /// `promise.then(callback, callback)`.
    #[wasm_bindgen(js_namespace = ["Promise", "prototype", "then"], js_name = call)]
    pub(super) fn then(this: &Promise, done: &Function, failed: &Function) -> Promise;

    /// `function.bind(context, argument)`.
    #[wasm_bindgen(js_namespace = ["Function", "prototype", "bind"], js_name = call)]
    pub(super) fn bind(this: &JsValue, context: &JsValue, argument: &JsValue) -> Function;

    /// `ReadableStreamBYOBReader`.
    pub(super) type ByobReader;

    /// Workers' own extension: resolves when `min` bytes are there, or the end is.
    #[wasm_bindgen(method, js_name = readAtLeast)]
    pub(super) fn read_at_least(this: &ByobReader, min: u32, view: &Uint8Array) -> Promise;

    #[wasm_bindgen(method)]
    pub(super) fn cancel(this: &ByobReader) -> Promise;

    #[wasm_bindgen(method, catch, js_name = releaseLock)]
    pub(super) fn release_lock(this: &ByobReader) -> Result<(), JsValue>;

    /// What a read resolves to.
    pub(super) type ReadResult;

    #[wasm_bindgen(method, getter)]
    pub(super) fn done(this: &ReadResult) -> bool;

    #[wasm_bindgen(method, getter)]
    pub(super) fn value(this: &ReadResult) -> Option<Uint8Array>;
}
