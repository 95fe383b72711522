//! Makes the tables of the token counter, and bounds the memory of the worker.

#[path = "src/tokens/build/mod.rs"]
mod tokens;

/// The most that the worker's memory may grow to, in bytes. Cloudflare ends an isolate of
/// more than 128 MB, with all its requests; here it is one allocation that fails. The
/// rest is for JavaScript and for what the runtime holds.
const MAX_MEMORY_BYTES: u32 = 96 << 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/tokens/build");
    println!("cargo::rerun-if-changed=src/tokens/layout.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo::rustc-link-arg-cdylib=--max-memory={MAX_MEMORY_BYTES}");
    }
    tokens::write()
}
