//! The keys in a backup: the key-encryption key, and the secrets of the controller's directory that clients know it by.

use std::{collections::BTreeMap, fs, io, path::Path};

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64;
use pki::Kek;
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::BackupError;
use crate::data_dir::DataDir;

/// The files of the directory that are the installation's: what clients pin, with its key, and the tokens they hold. What
/// is a replica's own, its id, key and epoch, is not: where a backup is restored, a new replica starts.
const FILES: [&str; 4] = ["admin.token", "metrics.token", "ca.crt", "api.key"];
/// The shortest passphrase, in characters.
const PASSPHRASE_MIN: usize = 12;
/// What deriving a key from a passphrase costs: 64 MiB, three times.
const COST: (u32, u32, u32) = (64 * 1024, 3, 1);
/// The most memory that a backup may ask for, in KiB, and the most passes.
const COST_MAX: (u32, u32, u32) = (1024 * 1024, 16, 16);
const BOUND_TO: &[u8] = b"skx-backup-keys-1";

/// The keys.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    kek: Zeroizing<String>,
    files: BTreeMap<String, Zeroizing<String>>,
}

/// Keys that are sealed under a passphrase.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    kdf: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    sealed: String,
}

impl Keys {
    /// The key that seals what is in the database, and what there is in the directory.
    pub(super) fn collect(kek: &Kek, dir: &Path) -> Result<Self, BackupError> {
        let mut files = BTreeMap::new();
        for name in FILES {
            let path = dir.join(name);
            match fs::read_to_string(&path) {
                Ok(text) => drop(files.insert(name.to_owned(), Zeroizing::new(text))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(BackupError::Io { path, source }),
            }
        }
        Ok(Self { kek: kek.to_file_text(), files })
    }

    pub(super) fn kek(&self) -> Result<Kek, BackupError> {
        Kek::from_file_text(&self.kek).map_err(|error| BackupError::Damaged(format!("its key: {error}")))
    }

    /// Lays the files into a directory, for its owner alone.
    pub(super) fn lay_out(&self, data: &DataDir) -> Result<(), BackupError> {
        for (name, text) in self.files.iter().filter(|(name, _)| FILES.contains(&name.as_str())) {
            data.lay(name, text)?;
        }
        Ok(())
    }

    pub(super) fn plain(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(serde_json::to_vec(self).expect("keys have a JSON form"))
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, BackupError> {
        serde_json::from_slice(bytes).map_err(|_| BackupError::Damaged("its keys cannot be read".to_owned()))
    }

    pub(super) fn seal(&self, passphrase: &SecretString) -> Result<Vec<u8>, BackupError> {
        if passphrase.expose_secret().chars().count() < PASSPHRASE_MIN {
            return Err(BackupError::WeakPassphrase(PASSPHRASE_MIN));
        }
        let mut salt = [0; 16];
        SystemRandom::new().fill(&mut salt).expect("the operating system provides random numbers");
        let key = derive(passphrase, &salt, COST)?;
        let sealed = Sealed {
            kdf: "argon2id".to_owned(),
            memory_kib: COST.0,
            passes: COST.1,
            lanes: COST.2,
            salt: BASE64.encode(&salt),
            sealed: BASE64.encode(&key.seal(&self.plain(), BOUND_TO)),
        };
        Ok(serde_json::to_vec(&sealed).expect("sealed keys have a JSON form"))
    }

    pub(super) fn open(bytes: &[u8], passphrase: &SecretString) -> Result<Self, BackupError> {
        let sealed = Sealed::read(bytes)?;
        let decode = |text: &str| BASE64.decode(text.as_bytes()).map_err(|_| Sealed::damaged());
        let key = derive(passphrase, &decode(&sealed.salt)?, (sealed.memory_kib, sealed.passes, sealed.lanes))?;
        let plain = key.open(&decode(&sealed.sealed)?, BOUND_TO).map_err(|_| BackupError::WrongPassphrase)?;
        Self::read(&plain)
    }
}

impl Sealed {
    fn damaged() -> BackupError {
        BackupError::Damaged("its sealed keys cannot be read".to_owned())
    }

    /// Reads sealed keys that can be opened with the work that a backup may ask for.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, BackupError> {
        let sealed: Self = serde_json::from_slice(bytes).map_err(|_| Self::damaged())?;
        let Self { memory_kib, passes, lanes, .. } = sealed;
        let sane = memory_kib <= COST_MAX.0 && passes <= COST_MAX.1 && lanes <= COST_MAX.2;
        if sealed.kdf == "argon2id" && sane { Ok(sealed) } else { Err(Self::damaged()) }
    }
}

fn derive(
    passphrase: &SecretString,
    salt: &[u8],
    (memory, passes, lanes): (u32, u32, u32),
) -> Result<Kek, BackupError> {
    let damaged = |error: argon2::Error| BackupError::Damaged(format!("its sealed keys: {error}"));
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(damaged)?;
    let mut key = Zeroizing::new([0u8; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose_secret().as_bytes(), salt, &mut *key)
        .map_err(damaged)?;
    let text = Zeroizing::new(BASE64.encode(&*key));
    Ok(Kek::from_file_text(&text).expect("32 bytes are a key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_keys_open_with_the_passphrase_and_with_no_other() {
        let kek = Kek::generate();
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("admin.token"), "token\n").expect("writes");
        let keys = Keys::collect(&kek, dir.path()).expect("readable");
        let sealed = keys.seal(&"correct horse battery".into()).expect("seals");
        let text = String::from_utf8_lossy(&sealed).into_owned();
        assert!(!text.contains(kek.to_file_text().trim()) && !text.contains("token\\n"), "{text}");
        let opened = Keys::open(&sealed, &"correct horse battery".into()).expect("opens");
        assert_eq!((opened.kek().expect("a key").id(), opened.files.len()), (kek.id(), 1));
        assert!(matches!(Keys::open(&sealed, &"another passphrase".into()), Err(BackupError::WrongPassphrase)));
        assert!(matches!(keys.seal(&"short".into()), Err(BackupError::WeakPassphrase(_))));
    }
}
