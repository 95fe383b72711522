//! Makes the tables of the token counter.

#[path = "tokens/build/mod.rs"]
mod tokens;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=tokens/build");
    println!("cargo::rerun-if-changed=tokens/layout.rs");
    tokens::write()
}
