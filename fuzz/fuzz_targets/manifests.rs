#![no_main]

#[path = "../manifests.rs"]
mod manifests;

libfuzzer_sys::fuzz_target!(|input: &str| manifests::manifest(input));
