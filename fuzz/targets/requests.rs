//! The request parsers, and DeGPT's request for every model.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| degpt_edge_fuzz::requests(data));
