//! The translator, in each dialect.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| degpt_edge_fuzz::translator(data));
