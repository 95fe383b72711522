//! How requests' JSON is read, against serde_json.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| degpt_edge_fuzz::json(data));
