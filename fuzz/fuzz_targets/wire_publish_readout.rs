#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| incamera_wire::fuzz::publish_readout(bytes));
