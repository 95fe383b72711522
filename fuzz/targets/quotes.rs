//! Texts that a model repeats: no call is nobody's.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| degpt_edge_fuzz::quotes(data));
