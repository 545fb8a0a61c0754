// What the fuzz target does with the file of a backup. An ordinary test includes this file as well.

use std::{fs, sync::LazyLock};

use controller::{
    KeysIn,
    fuzzing::{Backup, read, write},
};

/// A backup as it ought to be, and what is in it.
pub struct Genuine {
    pub bytes: Vec<u8>,
    backup: Backup,
}

const PLAIN: &[u8] = br#"{"kek":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n","files":{"ca.crt":"a certificate"}}"#;
const SEALED: &[u8] =
    br#"{"kdf":"argon2id","memory_kib":65536,"passes":3,"lanes":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","sealed":"AAAA"}"#;

/// Backups without keys, with plain keys and with sealed ones.
pub static GENUINE: LazyLock<Vec<Genuine>> = LazyLock::new(|| {
    let of = |(keys, bytes): (KeysIn, Option<&[u8]>)| {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("backup");
        write(&file, keys, bytes).expect("a backup is written");
        let bytes = fs::read(file).expect("it is there");
        let backup = read(&bytes, dir.path()).expect("what is written is read");
        Genuine { bytes, backup }
    };
    [(KeysIn::Absent, None), (KeysIn::Plain, Some(PLAIN)), (KeysIn::Sealed, Some(SEALED))].map(of).into()
});

/// Reads bytes as a backup: they are refused, or hold what was written.
pub fn backup(bytes: &[u8]) {
    let Ok(found) = read(bytes, &std::env::temp_dir()) else { return };
    assert!(GENUINE.iter().any(|genuine| genuine.backup == found), "this was never written: {:?}", found.manifest);
}
