//! Writes the tables that the token counter includes as bytes.
//!
//! The data comes from the public interfaces of two build dependencies: the ranks of
//! `cl100k_base` from tiktoken-rs, and the Unicode classes from regex-syntax, which tiktoken-rs
//! also uses. So no data is kept in the repository. Every fact that the reader relies on is checked
//! here: a table that would not be exact fails the build.

mod classes;
#[path = "../layout.rs"]
mod layout;
mod merges;
mod ranks;

use std::{env, error::Error, fs, path::PathBuf};

/// What can go wrong: a dependency's answer or a file.
type Outcome<T> = Result<T, Box<dyn Error>>;

/// Writes every table into the directory of build output.
pub(crate) fn write() -> Outcome<()> {
    let directory = PathBuf::from(env::var("OUT_DIR")?);
    // For `npm run bench:tokens`, which measures the start-up cost of the tables. A worker
    // without them counts wrongly.
    println!("cargo::rerun-if-env-changed=BENCH_WITHOUT_TABLES");
    let is_without = env::var_os("BENCH_WITHOUT_TABLES").is_some();
    let save = |name: &str, bytes: &[u8]| {
        // The smallest have a fixed size, and cost nothing.
        let is_left_out = is_without && bytes.len() > 256;
        fs::write(directory.join(name), if is_left_out { &[] } else { bytes })
    };

    let tokens = ranks::tokens()?;
    let table = merges::Table::of(&tokens)?;
    save("tokens_bytes.bin", &table.bytes)?;
    save("tokens_reach.bin", &table.reach)?;
    save("tokens_left_bits.bin", &table.left.bits)?;
    save("tokens_left_base.bin", &table.left.base)?;
    save("tokens_right_bits.bin", &table.right.bits)?;
    save("tokens_right_base.bin", &table.right.base)?;
    save("tokens_group_sizes.bin", &table.group_sizes)?;
    save("tokens_group_base.bin", &table.group_base)?;
    save("tokens_entry_low.bin", &table.entry_low)?;
    save("tokens_entry_high.bin", &table.entry_high)?;

    let classes = classes::Classes::of_reference()?;
    save("tokens_class_blocks.bin", &classes.blocks)?;
    save("tokens_class_bits.bin", &classes.bits)?;
    Ok(())
}

/// Fails with `message` unless `holds`.
fn check(holds: bool, message: &str) -> Outcome<()> {
    if holds { Ok(()) } else { Err(message.into()) }
}
