//! Backups: what was lost is restored elsewhere and goes on; what cannot be restored is refused, and nothing is left behind.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use pki::PrivateKey;
use store::event;
use tempfile::TempDir;
use testkit::postgres::{self, TestDatabase};

use super::fixture::{Fixture, admin, at, config};
use crate::{
    BackupError, Config, KeysIn, WithKeys, backup,
    ops::{audit, backbone, invitation::Uses},
    restore,
};

const PASSPHRASE: &str = "correct horse battery";

/// The configuration of a controller in `dir`, on this database.
fn on(dir: &TempDir, database: &TestDatabase) -> Config {
    Config { database_url: Some(database.url.as_str().into()), ..config(dir) }
}

async fn backed_up(fixture: &Fixture, with: WithKeys) -> (PathBuf, KeysIn) {
    let file = fixture.dir.path().join("skx.backup");
    let manifest = backup(&on(&fixture.dir, &fixture.database), &file, with).await.unwrap();
    assert_eq!(manifest.installation, fixture.app.installation());
    (file, manifest.keys)
}

/// An empty place, and what comes of restoring there.
struct Place {
    dir: Arc<TempDir>,
    database: Arc<TestDatabase>,
}

impl Place {
    async fn new() -> Self {
        Self { dir: Arc::new(tempfile::tempdir().unwrap()), database: Arc::new(postgres::database().await) }
    }

    async fn restore(&self, file: &Path, passphrase: Option<&str>) -> Result<crate::Restored, BackupError> {
        restore(&on(&self.dir, &self.database), file, passphrase.map(Into::into).as_ref()).await
    }

    async fn refuses(&self, file: &Path, passphrase: Option<&str>) -> BackupError {
        let error = self.restore(file, passphrase).await.expect_err("it is refused");
        let left = std::fs::read_dir(self.dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let left: Vec<_> = left.filter(|name| name != "lock" && name != "kek").collect();
        assert!(left.is_empty(), "{error}: {left:?}");
        error
    }
}

#[tokio::test]
async fn a_whole_installation_goes_on_from_where_it_was_restored() {
    let lost = Fixture::new().await;
    lost.backbone().await;
    lost.network().await;
    let ticket = lost.invitation("stores", Uses::Unlimited).await;
    let (file, keys) = backed_up(&lost, WithKeys::Plain).await;
    assert_eq!(keys, KeysIn::Plain);

    let place = Place::new().await;
    let restored = place.restore(&file, None).await.unwrap();
    assert!(restored.intact);
    assert_eq!(restored.head, restored.manifest.head + 1);
    for name in ["admin.token", "metrics.token", "kek"] {
        let read = |dir: &TempDir| std::fs::read_to_string(dir.path().join(name)).unwrap();
        assert_eq!(read(&place.dir), read(&lost.dir), "{name}");
    }
    let fixture = Fixture::at(Arc::clone(&place.dir), Arc::clone(&place.database)).await;
    assert_eq!(fixture.app.installation(), lost.app.installation());
    assert_ne!(fixture.app.controller(), lost.app.controller(), "a replica of its own");
    // The sealed keys can be used: who was invited before joins now.
    fixture.redeem(&ticket, &PrivateKey::generate(), "till").await.unwrap();
    let all = event::list(fixture.app.store(), &event::Filter::default(), restored.manifest.head, 10).await.unwrap();
    assert_eq!(all[0].action, "installation.restore");
    assert_eq!(audit::verify(&fixture.app).await.unwrap().faults, []);
}

#[tokio::test]
async fn keys_are_in_a_backup_only_as_they_were_asked_for() {
    let lost = Fixture::new().await;
    let (file, keys) = backed_up(&lost, WithKeys::No).await;
    assert_eq!(keys, KeysIn::Absent);
    let secret = std::fs::read_to_string(lost.dir.path().join("kek")).unwrap();
    let token = std::fs::read_to_string(lost.dir.path().join("admin.token")).unwrap();
    let holds = |file: &Path, text: &str| {
        let whole = std::fs::read(file).unwrap();
        whole.windows(text.trim().len()).any(|window| window == text.trim().as_bytes())
    };
    assert!(!holds(&file, &secret) && !holds(&file, &token));

    let place = Place::new().await;
    let error = place.refuses(&file, None).await;
    assert!(matches!(&error, BackupError::KeyNeeded { .. }), "{error}");
    let kek = place.dir.path().join("kek");
    std::fs::write(&kek, pki::Kek::generate().to_file_text().as_bytes()).unwrap();
    let error = place.refuses(&file, None).await;
    assert!(matches!(&error, BackupError::NoKey { .. }), "{error}");
    std::fs::write(&kek, &secret).unwrap();
    place.restore(&file, None).await.unwrap();

    let (file, keys) = backed_up(&lost, WithKeys::Sealed(PASSPHRASE.into())).await;
    assert_eq!(keys, KeysIn::Sealed);
    assert!(!holds(&file, &secret) && !holds(&file, &token));
    let place = Place::new().await;
    let error = place.refuses(&file, None).await;
    assert!(matches!(error, BackupError::PassphraseNeeded), "{error}");
    let error = place.refuses(&file, Some("correct horse")).await;
    assert!(matches!(error, BackupError::WrongPassphrase), "{error}");
    place.restore(&file, Some(PASSPHRASE)).await.unwrap();
}

#[tokio::test]
async fn a_backup_is_restored_into_an_empty_place_only() {
    let lost = Fixture::new().await;
    let (file, _) = backed_up(&lost, WithKeys::Plain).await;

    let place = Place::new().await;
    place.database.sql("CREATE TABLE something (n int)").await.unwrap();
    let error = place.refuses(&file, None).await;
    assert!(matches!(error, BackupError::DatabaseNotEmpty), "{error}");

    let place = Place::new().await;
    place.restore(&file, None).await.unwrap();
    let again = place.restore(&file, None).await.unwrap_err();
    assert!(matches!(&again, BackupError::DirectoryNotEmpty { .. }), "{again}");
}

#[tokio::test]
async fn a_backup_that_is_cut_off_or_damaged_is_refused_before_anything_is_changed() {
    let lost = Fixture::new().await;
    let (file, _) = backed_up(&lost, WithKeys::Plain).await;
    let whole = std::fs::read(&file).unwrap();
    let mut altered = whole.clone();
    altered[whole.len() / 2] ^= 1;
    let place = Place::new().await;
    for bytes in [&whole[..whole.len() / 2], &altered] {
        std::fs::write(&file, bytes).unwrap();
        let error = place.refuses(&file, None).await;
        assert!(matches!(error, BackupError::Damaged(_)), "{error}");
    }
    let tables = place.database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").await.unwrap();
    assert_eq!(tables.trim(), "0");
    std::fs::write(&file, &whole).unwrap();
    place.restore(&file, None).await.unwrap();
}

#[tokio::test]
async fn a_backup_of_a_newer_program_is_refused_and_an_empty_database_is_not_backed_up() {
    let lost = Fixture::new().await;
    let newer = "INSERT INTO _sqlx_migrations SELECT 999999, description, now(), true, checksum, 0
        FROM _sqlx_migrations WHERE version = 1";
    lost.database.sql(newer).await.unwrap();
    let (file, _) = backed_up(&lost, WithKeys::Plain).await;
    let place = Place::new().await;
    let error = place.refuses(&file, None).await;
    assert!(matches!(&error, BackupError::NewerSchema { .. }), "{error}");

    let error = backup(&on(&place.dir, &place.database), &place.dir.path().join("x"), WithKeys::No).await.unwrap_err();
    assert!(matches!(&error, BackupError::NoInstallation(_)), "{error}");
    assert!(!place.dir.path().join("x").exists());
}

#[tokio::test]
async fn a_backup_is_of_one_moment_whatever_is_done_meanwhile() {
    let lost = Fixture::new().await;
    let work = async {
        for n in 0..40 {
            let create = backbone::Create { name: format!("b{n}").parse().unwrap(), dataplane: None };
            backbone::create(&lost.app, &admin(), create).await.unwrap();
        }
    };
    let ((file, _), ()) = tokio::join!(backed_up(&lost, WithKeys::Plain), work);
    let place = Place::new().await;
    let restored = place.restore(&file, None).await.unwrap();
    assert!(restored.intact, "each change is there with its event, or not at all");
    let fixture = Fixture::at(Arc::clone(&place.dir), Arc::clone(&place.database)).await;
    backbone::show(&lost.app, &at("b39")).await.unwrap();
    assert_eq!(audit::verify(&fixture.app).await.unwrap().head, restored.head);
}
