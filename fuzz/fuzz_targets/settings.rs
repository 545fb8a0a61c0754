#![no_main]

#[path = "../settings.rs"]
mod settings;

libfuzzer_sys::fuzz_target!(|input: &[u8]| drop(settings::local(input)));
