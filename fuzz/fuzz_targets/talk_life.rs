#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| incamera_talk::fuzz::life_step(bytes));
