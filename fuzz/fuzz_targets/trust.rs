#![no_main]

#[path = "../outside.rs"]
mod outside;

// As what arrives, and as a document that was signed: a fuzzer does not find a signature.
libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    outside::trust(input);
    outside::trust_content(input);
});
