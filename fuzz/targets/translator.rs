//! The translator, in both dialects.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| degpt_edge_fuzz::translator(data));
