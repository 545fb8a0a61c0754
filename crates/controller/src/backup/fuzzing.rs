//! For fuzzing: what is private, made reachable. Nothing else may use it.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use jiff::Timestamp;
use model::{GenericUuid, InstallationId};
use store::dump::Dumped;
use uuid::Uuid;

use super::{
    BackupError, KeysIn, Manifest, archive,
    keys::{Keys, Sealed},
};

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The keys, as they are in it.
    pub keys: Option<Vec<u8>>,
    /// The copy of the database.
    pub database: Vec<u8>,
}

/// A backup as it is written to a file, with this for keys, and made-up bytes for a copy of the database.
pub fn write(path: &Path, keys: KeysIn, bytes: Option<&[u8]>) -> Result<(), BackupError> {
    let dumped = Dumped {
        installation: InstallationId::from_untyped_uuid(Uuid::from_u128(1)),
        kek_id: "0123456789abcdef".to_owned(),
        schema: 30,
        head: 7,
        head_hash: [7; 32],
    };
    let io = |source: io::Error| BackupError::Io { path: path.to_owned(), source };
    let mut database = tempfile::tempfile().map_err(io)?;
    database.write_all(b"a copy of the database").map_err(io)?;
    archive::write(path, &Manifest::new(Timestamp::UNIX_EPOCH, dumped, keys), &mut database, bytes)
}

/// Reads a backup up to where its keys would be opened and its database be restored.
pub fn read(bytes: &[u8], near: &Path) -> Result<Backup, BackupError> {
    let archive = archive::read_from(bytes, near)?;
    match (&archive.keys, archive.manifest.keys) {
        (Some(keys), KeysIn::Sealed) => drop(Sealed::read(keys)?),
        (Some(keys), _) => drop(Keys::read(keys)?.kek()?),
        (None, _) => {}
    }
    let path = archive.database.path();
    let database = fs::read(path).map_err(|source| BackupError::Io { path: path.to_owned(), source })?;
    Ok(Backup { manifest: archive.manifest, keys: archive.keys.map(|keys| keys.to_vec()), database })
}
