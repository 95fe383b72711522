//! The calls in a model's answer: however it is cut.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| degpt_edge_fuzz::calls(data));
