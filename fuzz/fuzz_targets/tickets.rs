#![no_main]

#[path = "../outside.rs"]
mod outside;

// As a text that arrives, and as the content of one that arrived whole: a fuzzer does not find a check line that agrees.
libfuzzer_sys::fuzz_target!(|input: &str| {
    outside::ticket(input);
    outside::ticket_content(input.as_bytes());
});
