//! The file of a backup: a tar archive whose first member says what it is, and whose last holds the digest of every other
//! one, as `sha256sum` writes and checks them. Ordinary tools open it.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use model::InstallationId;
use ring::digest;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::BackupError;

const FORMAT: &str = "skx-backup";
/// The newest version of the file's form that this program knows, which it writes.
const VERSION: u32 = 1;

const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "database.dump";
const KEYS: &str = "keys";
const SUMS: &str = "SHA256SUMS";
/// The largest member but the database.
const MEMBER_MAX: u64 = 1 << 20;

/// What a backup is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: String,
    version: u32,
    /// When it was made.
    pub created: Timestamp,
    /// The version of the program that made it.
    pub software: String,
    /// The installation.
    pub installation: InstallationId,
    /// The newest migration of its database.
    pub schema: i64,
    /// The newest event in it.
    pub head: i64,
    /// Its hash, in hexadecimal.
    pub head_hash: String,
    /// The key-encryption key that seals the private keys in it.
    pub kek: String,
    /// Whether that key, and what else is secret, is in it.
    pub keys: KeysIn,
}

/// How the keys are in a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeysIn {
    /// They are not.
    Absent,
    /// As they are: who reads the file holds the installation.
    Plain,
    /// Sealed under a passphrase.
    Sealed,
}

impl Manifest {
    pub(super) fn new(created: Timestamp, dumped: store::dump::Dumped, keys: KeysIn) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            created,
            software: env!("CARGO_PKG_VERSION").to_owned(),
            installation: dumped.installation,
            schema: dumped.schema,
            head: dumped.head,
            head_hash: HEXLOWER.encode(&dumped.head_hash),
            kek: dumped.kek_id,
            keys,
        }
    }

    fn read(bytes: &[u8]) -> Result<Self, BackupError> {
        #[derive(Deserialize)]
        struct Form {
            format: String,
            version: u32,
        }
        let form: Form = serde_json::from_slice(bytes).map_err(|_| BackupError::NoBackup)?;
        if form.format != FORMAT {
            return Err(BackupError::NoBackup);
        }
        if form.version > VERSION {
            return Err(BackupError::NewerForm(form.version));
        }
        serde_json::from_slice(bytes).map_err(|error| damaged(format!("{MANIFEST}: {error}")))
    }
}

fn damaged(reason: impl Into<String>) -> BackupError {
    BackupError::Damaged(reason.into())
}

/// A backup that was read and checked.
#[derive(Debug)]
pub(super) struct Archive {
    pub(super) manifest: Manifest,
    pub(super) keys: Option<Zeroizing<Vec<u8>>>,
    /// The copy of the database. Nobody else can read it.
    pub(super) database: NamedTempFile,
}

/// Writes a backup so that there is the whole file or, after a crash, the one there was before. Nobody but its owner can
/// read it.
pub(super) fn write(
    output: &Path,
    manifest: &Manifest,
    database: &mut File,
    keys: Option<&[u8]>,
) -> Result<(), BackupError> {
    let io = |source| BackupError::Io { path: output.to_owned(), source };
    let mut work = || {
        let mut file = NamedTempFile::new_in(directory(output))?;
        let mut archive = tar::Builder::new(file.as_file_mut());
        let mut sums = String::new();
        let manifest_json = serde_json::to_vec_pretty(manifest).expect("a manifest has a JSON form");
        append(&mut archive, &mut sums, MANIFEST, &mut &*manifest_json, manifest_json.len() as u64)?;
        if let Some(keys) = keys {
            append(&mut archive, &mut sums, KEYS, &mut &*keys, keys.len() as u64)?;
        }
        database.rewind()?;
        let length = database.metadata()?.len();
        append(&mut archive, &mut sums, DATABASE, database, length)?;
        let sums = sums.into_bytes();
        append(&mut archive, &mut String::new(), SUMS, &mut &*sums, sums.len() as u64)?;
        archive.into_inner()?.flush()?;
        file.as_file().sync_all()?;
        file.persist(output)?;
        File::open(directory(output))?.sync_all()
    };
    work().map_err(io)
}

/// The directory a file is in.
pub(super) fn directory(path: &Path) -> PathBuf {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

fn append(
    archive: &mut tar::Builder<&mut File>,
    sums: &mut String,
    name: &str,
    content: &mut dyn Read,
    length: u64,
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(length);
    header.set_mode(0o600);
    header.set_entry_type(tar::EntryType::Regular);
    let mut content = Hashing::new(content);
    archive.append_data(&mut header, name, &mut content)?;
    sums.push_str(&format!("{}  {name}\n", content.finish()));
    Ok(())
}

/// Reads a backup and holds every member to its digest, before anything is done with it. The database is copied beside
/// `near`.
pub(super) fn read(path: &Path, near: &Path) -> Result<Archive, BackupError> {
    let file = File::open(path).map_err(|source| BackupError::Io { path: path.to_owned(), source })?;
    read_from(file, near)
}

/// The same of what is read from somewhere.
pub(super) fn read_from(file: impl Read, near: &Path) -> Result<Archive, BackupError> {
    let mut archive = tar::Archive::new(file);
    let (mut manifest, mut keys, mut database, mut sums) = (None, None, None, None);
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for entry in archive.entries().map_err(|_| BackupError::NoBackup)? {
        let cut_off = |error: io::Error| damaged(format!("it cannot be read to its end ({error})"));
        let unreadable = |error| if found.is_empty() { BackupError::NoBackup } else { cut_off(error) };
        let mut entry = entry.map_err(unreadable)?;
        let name = entry.path().map_err(cut_off)?.to_string_lossy().into_owned();
        if sums.is_some() || found.contains_key(&name) {
            return Err(damaged(format!("{name} should not be there")));
        }
        if found.is_empty() && name != MANIFEST {
            return Err(BackupError::NoBackup);
        }
        let size = entry.size();
        let mut content = Hashing::new(&mut entry);
        if name == DATABASE {
            let mut copy =
                NamedTempFile::new_in(near).map_err(|source| BackupError::Io { path: near.to_owned(), source })?;
            let copied = io::copy(&mut content, copy.as_file_mut()).map_err(cut_off)?;
            if copied != size {
                return Err(damaged("it ends in the middle of the database"));
            }
            database = Some(copy);
        } else {
            if size > MEMBER_MAX {
                return Err(damaged(format!("{name} is too large")));
            }
            let mut bytes = Zeroizing::new(Vec::new());
            content.read_to_end(&mut bytes).map_err(cut_off)?;
            match name.as_str() {
                MANIFEST => manifest = Some(Manifest::read(&bytes)?),
                KEYS => keys = Some(bytes),
                SUMS => sums = Some(bytes),
                _ => return Err(damaged(format!("{name} should not be there"))),
            }
        }
        if sums.is_none() {
            found.insert(name, content.finish());
        }
    }
    let manifest = manifest.ok_or(BackupError::NoBackup)?;
    let sums = sums.ok_or_else(|| damaged("its end is missing"))?;
    let listed: String = listing(&String::from_utf8_lossy(&sums));
    if listed != found.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect::<String>() {
        return Err(damaged("what is in it is not what was written: the digests differ"));
    }
    if keys.is_some() == (manifest.keys == KeysIn::Absent) {
        return Err(damaged("it does not hold the keys it speaks of"));
    }
    let database = database.ok_or_else(|| damaged("the database is missing"))?;
    Ok(Archive { manifest, keys, database })
}

/// The lines of a list of digests, by name.
fn listing(sums: &str) -> String {
    let mut lines: Vec<(&str, &str)> = sums.lines().map(|line| line.split_once("  ").unwrap_or((line, ""))).collect();
    lines.sort_by_key(|(_, name)| *name);
    lines.into_iter().map(|(sum, name)| format!("{sum}  {name}\n")).collect()
}

/// What is read through it is hashed.
struct Hashing<'a> {
    inner: &'a mut dyn Read,
    digest: digest::Context,
}

impl<'a> Hashing<'a> {
    fn new(inner: &'a mut dyn Read) -> Self {
        Self { inner, digest: digest::Context::new(&digest::SHA256) }
    }

    fn finish(self) -> String {
        HEXLOWER.encode(self.digest.finish().as_ref())
    }
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.digest.update(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use model::GenericUuid as _;
    use uuid::Uuid;

    use super::*;

    fn manifest() -> Manifest {
        let dumped = store::dump::Dumped {
            installation: InstallationId::from_untyped_uuid(Uuid::from_u128(1)),
            kek_id: "0123".to_owned(),
            schema: 7,
            head: 9,
            head_hash: [3; 32],
        };
        Manifest::new(Timestamp::UNIX_EPOCH, dumped, KeysIn::Plain)
    }

    fn written(dir: &Path) -> PathBuf {
        let path = dir.join("a.backup");
        let mut database = tempfile::tempfile_in(dir).expect("a file");
        database.write_all(&[7; 10_000]).expect("writes");
        write(&path, &manifest(), &mut database, Some(b"secret")).expect("written");
        path
    }

    #[test]
    fn what_was_written_is_read_and_nobody_else_can() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = written(dir.path());
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let archive = read(&path, dir.path()).expect("sound");
        assert_eq!((archive.manifest, archive.keys.as_deref().map(Vec::as_slice)), (manifest(), Some(&b"secret"[..])));
        assert_eq!(std::fs::read(archive.database.path()).expect("there"), [7; 10_000]);
    }

    #[test]
    fn a_backup_that_was_cut_off_or_altered_anywhere_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = written(dir.path());
        let whole = std::fs::read(&path).expect("there");
        // What follows the last member is filling.
        let end = whole.iter().rposition(|byte| *byte != 0).expect("not empty");
        for length in (0..end).step_by(97) {
            std::fs::write(&path, &whole[..length]).expect("writes");
            assert!(read(&path, dir.path()).is_err(), "cut off at {length}");
        }
        for at in (0..end).step_by(41) {
            let mut altered = whole.clone();
            altered[at] ^= 0x10;
            std::fs::write(&path, &altered).expect("writes");
            if let Ok(archive) = read(&path, dir.path()) {
                // Only what says nothing of the content, such as filling and times of members, may differ.
                assert_eq!(
                    (archive.manifest, archive.keys.as_deref().map(Vec::as_slice)),
                    (manifest(), Some(&b"secret"[..]))
                );
                assert_eq!(std::fs::read(archive.database.path()).expect("there"), [7; 10_000], "altered at {at}");
            }
        }
    }

    #[test]
    fn what_is_none_and_what_is_newer_is_refused_in_words() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("other");
        std::fs::write(&path, "hello").expect("writes");
        assert!(matches!(read(&path, dir.path()), Err(BackupError::NoBackup)));
        let newer = br#"{"format":"skx-backup","version":2,"surprise":true}"#;
        assert!(matches!(Manifest::read(newer), Err(BackupError::NewerForm(2))));
    }
}
