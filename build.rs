//! Bounds the memory of the worker.

/// The most that the worker's memory may grow to, in bytes. Cloudflare ends an isolate of
/// more than 128 MB, with all its requests; here it is one allocation that fails. The
/// rest is for JavaScript and for what the runtime holds.
const MAX_MEMORY_BYTES: u32 = 96 << 20;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo::rustc-link-arg-cdylib=--max-memory={MAX_MEMORY_BYTES}");
    }
}
