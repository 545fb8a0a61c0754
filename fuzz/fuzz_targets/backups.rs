#![no_main]

#[path = "../backups.rs"]
mod backups;

libfuzzer_sys::fuzz_target!(|input: &[u8]| backups::backup(input));
