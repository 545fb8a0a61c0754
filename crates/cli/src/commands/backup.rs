//! Backup and restore of a whole installation.

use std::path::PathBuf;

use clap::Args;
use controller::{BackupError, DataDirError, KeysIn, Manifest, Restored, WithKeys};
use secrecy::SecretString;

use crate::{
    commands::{controller::Controller, join},
    context,
    failure::{Code, Failure},
    output::Output,
};

/// Where the installation is, or is to be: as `skx controller` is told.
#[derive(Args, Debug)]
struct Place {
    /// The controller's own directory.
    #[arg(long, env = "SKX_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// PostgreSQL, postgres://…; the private one in the data directory, unless given.
    #[arg(long, env = "SKX_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<SecretString>,
    /// The file with the key-encryption key; DIR/kek, unless given.
    #[arg(long, env = "SKX_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The configuration file of the controller, TOML.
    #[arg(long, env = "SKX_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    fn configuration(self) -> Result<controller::Config, Failure> {
        let Self { data_dir, database_url, key_file, config } = self;
        Controller::at(data_dir, database_url, key_file, config)
    }
}

/// `skx backup`.
#[derive(Args, Debug)]
#[command(
    after_help = "Run it where a controller runs, as its user; the controller goes on meanwhile. The backup is the \
    whole database at one moment. The private keys in it are sealed with the key-encryption key, which is not in the backup \
    unless you say so: keep a copy of it (DIR/kek) elsewhere, or give --passphrase-file, or --with-keys. Then DIR/admin.token, \
    DIR/metrics.token, DIR/ca.crt and DIR/api.key are in it, too, so that clients go on as before.\n\n\
    The file is a tar archive that nobody but you can read: manifest.json, database.dump (for pg_restore), keys, SHA256SUMS.\n\n\
    Example:\n  skx backup --data-dir /var/lib/skx/controller --passphrase-file passphrase --output skx.backup"
)]
pub(crate) struct Backup {
    #[command(flatten)]
    place: Place,
    /// The file to write; one that is there is replaced when the backup is whole.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Put the keys in, sealed under the passphrase in this file: one line, 12 characters at least.
    #[arg(long, value_name = "FILE", conflicts_with = "with_keys")]
    passphrase_file: Option<PathBuf>,
    /// Put the keys in as they are: who reads the file then holds the installation.
    #[arg(long)]
    with_keys: bool,
}

/// `skx restore`.
#[derive(Args, Debug)]
#[command(
    after_help = "The directory, and the database if one is given, must be empty; but the key-encryption key may be \
    there already, as DIR/kek. No other controller may go on with the same installation: stop what is left of it first.\n\n\
    Then start `skx controller` there. Sites come back by themselves; what was evicted since the backup stays out.\n\n\
    Example:\n  skx restore skx.backup --data-dir /var/lib/skx/controller --passphrase-file passphrase"
)]
pub(crate) struct Restore {
    /// The backup.
    file: PathBuf,
    #[command(flatten)]
    place: Place,
    /// A file with the passphrase under which the keys in the backup are sealed.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

fn passphrase(file: Option<PathBuf>) -> Result<Option<SecretString>, Failure> {
    let read = |file: PathBuf| context::secret_line(&file, "passphrase").map(|line| SecretString::from(line.as_str()));
    file.map(read).transpose()
}

pub(crate) async fn backup(args: Backup, output: Output) -> Result<(), Failure> {
    let Backup { place, output: file, passphrase_file, with_keys } = args;
    let keys = match passphrase(passphrase_file)? {
        Some(passphrase) => WithKeys::Sealed(passphrase),
        None if with_keys => WithKeys::Plain,
        None => WithKeys::No,
    };
    let manifest = controller::backup(&place.configuration()?, &file, keys).await.map_err(failed)?;
    let Manifest { installation, head, kek, .. } = &manifest;
    let keys = match manifest.keys {
        KeysIn::Absent => format!("it holds no keys: to restore it you need the key-encryption key {kek}"),
        KeysIn::Plain => "it holds the keys as they are: who reads it holds the installation".to_owned(),
        KeysIn::Sealed => "it holds the keys, sealed: to restore it you need the passphrase".to_owned(),
    };
    let file = file.display();
    output.done(&format!("wrote {file}: installation {installation}, up to event {head}\n{keys}"), &manifest)
}

pub(crate) async fn restore(args: Restore, output: Output) -> Result<(), Failure> {
    let Restore { file, place, passphrase_file } = args;
    let passphrase = passphrase(passphrase_file)?;
    let config = place.configuration()?;
    let Restored { manifest, intact, head } =
        controller::restore(&config, &file, passphrase.as_ref()).await.map_err(failed)?;
    if !intact {
        eprintln!("warning: the audit chain was broken when the backup was made; `skx audit verify` says where");
    }
    let sentence = format!(
        "restored installation {} as it was at {:.0}, event {head} being the newest now\nstart it: skx controller --data-dir {}",
        manifest.installation,
        manifest.created,
        config.data_dir.display()
    );
    output.done(&sentence, &manifest)
}

fn failed(error: BackupError) -> Failure {
    use BackupError as E;
    let code = match &error {
        E::PassphraseNeeded | E::WeakPassphrase(_) | E::NoBackup => Code::Usage,
        E::NoInstallation(_) | E::DataDir(DataDirError::NoKeyFile(_)) => Code::NotFound,
        E::DirectoryNotEmpty { .. }
        | E::DatabaseNotEmpty
        | E::Damaged(_)
        | E::NewerForm(_)
        | E::NewerSchema { .. }
        | E::WrongPassphrase
        | E::NoKey { .. }
        | E::KeyNeeded { .. }
        | E::DataDir(_) => Code::Conflict,
        E::Store(source) | E::Dump(controller::DumpError::Store(source)) if source.is_unavailable() => {
            Code::Unreachable
        }
        E::Io { path, source } => return Failure::file(path, source),
        _ => Code::Failed,
    };
    Failure::new(code, join::chain(&error))
}
