//! Makes the tables of the token counter.

#[path = "src/tokens/build/mod.rs"]
mod tokens;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/tokens/build");
    println!("cargo::rerun-if-changed=src/tokens/layout.rs");
    tokens::write()
}
