#![no_main]

#[path = "../talk.rs"]
mod talk;

libfuzzer_sys::fuzz_target!(|input: &[u8]| talk::preface(input));
