//! The decoder of event streams, and DeGPT's reader behind it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| degpt_edge_fuzz::decoder(data));
