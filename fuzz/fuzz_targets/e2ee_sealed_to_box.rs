#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| incamera_e2ee::fuzz::sealed_to_box(bytes));
