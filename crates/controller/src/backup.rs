//! Backup and restore of a whole installation: its database, and if asked for, its keys.
//!
//! A backup is made beside a controller that runs, or while none does. It is restored into an empty place only; the sites
//! come back by themselves, and what their routers remember beyond the state that was restored stays so
//! (`trust::recall`).

mod archive;
pub mod fuzzing;
mod keys;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use model::Clock as _;
use pki::{Kek, SystemClock};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use store::{
    Context, Store, StoreError, chain,
    chain::Verdict,
    dump::{self, DumpError},
    event::{Event, ObjectKind},
    installation,
    private::{PrivateError, PrivateServer},
    replica, status,
};
use tempfile::NamedTempFile;

pub use self::archive::{KeysIn, Manifest};
use self::{archive::Archive, keys::Keys};
use crate::{
    Config, DataDirError,
    data_dir::{self, DataDir},
    key_file::KeyFile,
};

/// Which keys go into a backup.
#[derive(Debug)]
pub enum WithKeys {
    /// None: they are kept elsewhere.
    No,
    /// As they are.
    Plain,
    /// Sealed under this passphrase.
    Sealed(SecretString),
}

/// What was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// Whether the audit chain in it is as it was recorded.
    pub intact: bool,
    /// The newest event now: that it was restored.
    pub head: i64,
}

/// Why a backup was not made or not restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// There is nothing to back up.
    #[error("there is no installation in {}: no controller has ever started there", .0.display())]
    NoInstallation(PathBuf),
    /// The place to restore into is not empty.
    #[error("{} is not empty: there is {found} in it; a backup is restored into an empty directory only", directory.display())]
    DirectoryNotEmpty {
        /// The directory.
        directory: PathBuf,
        /// Something in it.
        found: String,
    },
    /// The database to restore into is not empty.
    #[error("the database is not empty; a backup is restored into an empty one only")]
    DatabaseNotEmpty,
    /// It is another file.
    #[error("this is no backup of an installation")]
    NoBackup,
    /// It is not what was written.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// A newer program has written it, in a form that this one does not know.
    #[error("the backup was written in form {0}, by a newer program than this; restore it with that one")]
    NewerForm(u32),
    /// A newer program has made the database.
    #[error(
        "the backup was made by skx {software}, whose database this older program does not know; restore it with that version or a newer one"
    )]
    NewerSchema {
        /// The version of the program that made it.
        software: String,
    },
    /// The keys are sealed.
    #[error("the keys in the backup are sealed under a passphrase; give it with --passphrase-file")]
    PassphraseNeeded,
    /// The passphrase does not open the keys.
    #[error("the passphrase is not the one the keys in the backup are sealed under")]
    WrongPassphrase,
    /// A passphrase could be guessed.
    #[error("the passphrase is too short; give one of {0} characters at least")]
    WeakPassphrase(usize),
    /// The key is not at hand.
    #[error("the private keys in the database are sealed with the key-encryption key {needed}, which is not in {file}")]
    NoKey {
        /// The id of the key.
        needed: String,
        /// Where it was looked for.
        file: String,
    },
    /// The backup has no keys, and none was given.
    #[error(
        "there are no keys in the backup; its private keys are sealed with the key-encryption key {needed}: name the file with that key with --key-file, or put it into {file}"
    )]
    KeyNeeded {
        /// The id of the key.
        needed: String,
        /// Where it may be put.
        file: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The controller's directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The private PostgreSQL does not start.
    #[error("the private PostgreSQL does not start: {0}")]
    Private(#[from] PrivateError),
    /// The database cannot be copied.
    #[error("the database cannot be copied")]
    Dump(#[from] DumpError),
    /// The database cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
}

/// A database within reach.
enum Database {
    /// Somebody else keeps it running.
    At(String),
    /// Started for this, and stopped after it.
    Started(PrivateServer),
}

impl Database {
    fn url(&self) -> &str {
        match self {
            Self::At(url) => url,
            Self::Started(server) => server.url(),
        }
    }

    async fn end(self) {
        if let Self::Started(server) = self {
            server.stop().await;
        }
    }
}

/// Writes a backup of the installation to `output`, which nobody else can read. A controller may run meanwhile.
///
/// # Errors
///
/// Each [`BackupError`] says what is wrong; there is no file then, or the one there was before.
pub async fn backup(config: &Config, output: &Path, with: WithKeys) -> Result<Manifest, BackupError> {
    let directory = archive::directory(output);
    let copy = NamedTempFile::new_in(&directory).map_err(|source| BackupError::Io { path: directory, source });
    let mut copy = copy?;
    let database = existing(config).await?;
    let dumped = dump::dump(database.url(), Arc::new(SystemClock), copy.path()).await;
    database.end().await;
    let dumped = dumped.map_err(|error| match error {
        DumpError::NoInstallation => BackupError::NoInstallation(config.data_dir.clone()),
        error => error.into(),
    })?;
    let collect = || Keys::collect(&kek(config, &dumped.kek_id)?, &config.data_dir);
    let (keys_in, keys) = match with {
        WithKeys::No => (KeysIn::Absent, None),
        WithKeys::Plain => (KeysIn::Plain, Some(collect()?.plain())),
        WithKeys::Sealed(passphrase) => (KeysIn::Sealed, Some(collect()?.seal(&passphrase)?.into())),
    };
    let manifest = Manifest::new(SystemClock.now(), dumped, keys_in);
    archive::write(output, &manifest, copy.as_file_mut(), keys.as_deref().map(Vec::as_slice))?;
    Ok(manifest)
}

/// The installation's database: the one given, or the private one, whether it runs or not.
async fn existing(config: &Config) -> Result<Database, BackupError> {
    if let Some(url) = &config.database_url {
        return Ok(Database::At(url.expose_secret().to_owned()));
    }
    let dir = private_dir(&config.data_dir);
    if !PrivateServer::exists(&dir) {
        return Err(BackupError::NoInstallation(config.data_dir.clone()));
    }
    match PrivateServer::start(&dir).await {
        Ok(server) => Ok(Database::Started(server)),
        // A controller runs on it.
        Err(PrivateError::InUse { .. }) => Ok(Database::At(PrivateServer::url_of_running(&dir)?)),
        Err(error) => Err(error.into()),
    }
}

fn private_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("pg")
}

/// The key with this id, from where a controller would take it.
fn kek(config: &Config, id: &str) -> Result<Kek, BackupError> {
    let file = match &config.key_file {
        Some(file) => data_dir::named_key_file(file)?,
        None => KeyFile::new(config.data_dir.join("kek")),
    };
    let no_key = || BackupError::NoKey { needed: id.to_owned(), file: file.path().display().to_string() };
    file.find(id)?.ok_or_else(no_key)
}

/// Restores the backup in `file` into an empty directory and database, and brings it to this program's schema. A controller
/// that is started there goes on from it.
///
/// # Errors
///
/// Each [`BackupError`] says what is wrong; the directory is as empty then as it was. A database that was given is, too,
/// unless its schema cannot be brought forward.
pub async fn restore(config: &Config, file: &Path, passphrase: Option<&SecretString>) -> Result<Restored, BackupError> {
    is_empty(&config.data_dir)?;
    let data = DataDir::open(&config.data_dir)?;
    let archive = archive::read(file, data.path())?;
    let manifest = &archive.manifest;
    if manifest.schema > dump::newest_schema() {
        return Err(BackupError::NewerSchema { software: manifest.software.clone() });
    }
    let keys = keys(&archive, passphrase)?;
    let (key_file, kek) = key_for(config, &data, manifest, keys.as_ref())?;

    data.begin_restore()?;
    let restored = into_database(config, &archive).await;
    let laid = restored.and_then(|restored| {
        keys.iter().try_for_each(|keys| keys.lay_out(&data))?;
        if key_file.key()?.is_none() {
            key_file.lay(&kek)?;
        }
        Ok(restored)
    });
    if laid.is_err() && config.database_url.is_none() {
        let path = private_dir(data.path());
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                // The marker stays, and with it the refusal to start here.
                tracing::error!(directory = %path.display(), %error, "what was restored in part cannot be removed");
                return laid;
            }
            _ => {}
        }
    }
    data.end_restore()?;
    laid
}

/// Refuses a directory in which there is anything but a key that was put there for this.
fn is_empty(directory: &Path) -> Result<(), BackupError> {
    let io = |source| BackupError::Io { path: directory.to_owned(), source };
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(error)),
    };
    for entry in entries {
        let found = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
        if !matches!(found.as_str(), "kek" | "lock") {
            return Err(BackupError::DirectoryNotEmpty { directory: directory.to_owned(), found });
        }
    }
    Ok(())
}

fn keys(archive: &Archive, passphrase: Option<&SecretString>) -> Result<Option<Keys>, BackupError> {
    match (&archive.keys, archive.manifest.keys) {
        (Some(bytes), KeysIn::Sealed) => Keys::open(bytes, passphrase.ok_or(BackupError::PassphraseNeeded)?).map(Some),
        (Some(bytes), _) => Keys::read(bytes).map(Some),
        (None, _) => Ok(None),
    }
}

/// Where the key-encryption key belongs, and the key: the one in the backup, or else one that is there already.
fn key_for(
    config: &Config,
    data: &DataDir,
    manifest: &Manifest,
    keys: Option<&Keys>,
) -> Result<(KeyFile, Kek), BackupError> {
    let file = match &config.key_file {
        Some(file) => KeyFile::new(file.clone()),
        None => data.key_file(),
    };
    let there = file.find(&manifest.kek)?;
    let needed = manifest.kek.clone();
    let place = file.path().display().to_string();
    match (there, keys) {
        (Some(kek), _) => Ok((file, kek)),
        // Another key is not written over.
        (None, _) if file.key()?.is_some() => Err(BackupError::NoKey { needed, file: place }),
        (None, Some(keys)) => {
            let kek = keys.kek()?;
            if kek.id() == needed {
                Ok((file, kek))
            } else {
                Err(BackupError::Damaged("its key is another one".to_owned()))
            }
        }
        (None, None) => Err(BackupError::KeyNeeded { needed, file: place }),
    }
}

async fn into_database(config: &Config, archive: &Archive) -> Result<Restored, BackupError> {
    let database = match &config.database_url {
        Some(url) => Database::At(url.expose_secret().to_owned()),
        None => Database::Started(PrivateServer::start(&private_dir(&config.data_dir)).await?),
    };
    let restored = fill(database.url(), archive).await;
    database.end().await;
    restored
}

async fn fill(url: &str, archive: &Archive) -> Result<Restored, BackupError> {
    let manifest = &archive.manifest;
    if !dump::is_empty(url).await? {
        return Err(BackupError::DatabaseNotEmpty);
    }
    dump::restore(url, archive.database.path()).await?;
    let store = Store::connect(url, Arc::new(SystemClock)).await?;
    store.migrate().await?;
    let found =
        installation::get(&store).await?.ok_or_else(|| BackupError::Damaged("its database is empty".to_owned()))?;
    let intact = matches!(chain::verify(&store, 1).await?, Verdict::Intact { .. });
    // Nobody of then is there now.
    for gone in replica::list(&store).await? {
        status::forget_controller(&store, gone.replica.id).await?;
        replica::remove(&store, gone.replica.id).await?;
    }
    let mut tx = store.begin(&Context::new("restore")).await?;
    let after = json!({ "created": manifest.created, "software": manifest.software, "head": manifest.head });
    let event = Event::new("installation.restore", ObjectKind::Installation, found.id);
    tx.record(Event { after: Some(after), ..event });
    let head = tx.commit().await?.unwrap_or_default();
    store.close().await;
    Ok(Restored { manifest: manifest.clone(), intact, head })
}
