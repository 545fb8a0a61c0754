//! The library never changes what it has, and releases keep what they were built of.

use model::LibraryDocumentId;
use ring::digest;
use store::{
    StoreError, Tx,
    event::{self, Filter as EventFilter, ObjectKind},
    library::{self, Document, Interface, Kind, NewDocument},
    listing::Wanted,
    release::{self, NewRelease},
};

use crate::support::{fixture, id, name};

fn sha(text: &str) -> [u8; 32] {
    digest::digest(&digest::SHA256, text.as_bytes()).as_ref().try_into().unwrap()
}

fn block(called: &str, version: &str, content: &str) -> NewDocument {
    NewDocument {
        id: id(),
        kind: Kind::Block,
        name: name(called),
        version: version.parse().unwrap(),
        digest: sha(content),
        description: format!("Does what a {called} does."),
        block_type: Some("component".to_owned()),
        document: content.to_owned(),
        source: format!("# {called}\n{content}"),
        interfaces: vec![Interface { interface: "sql".into(), kind: "tcp".into(), role: "accept".into() }],
        references: vec![(Kind::InterfaceType, "tcp@^1".to_owned())],
    }
}

fn release_of(called: &str, content: &str, documents: Vec<LibraryDocumentId>) -> NewRelease {
    NewRelease {
        id: id(),
        name: name(called),
        version: "1.0.0".parse().unwrap(),
        digest: sha(content),
        document: content.to_owned(),
        instances: 2,
        documents,
    }
}

async fn add(tx: &mut Tx, called: &str, version: &str) -> Document {
    library::take(tx).await.unwrap();
    library::add(tx, &block(called, version, &format!("{called} {version}"))).await.unwrap()
}

#[tokio::test]
async fn what_is_in_the_library_never_changes() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let document = add(&mut tx, "database", "1.0.0").await;
    tx.commit().await.unwrap();
    let mut tx = fixture.begin().await;
    assert_eq!(library::take(&mut tx).await.unwrap(), 1);
    let again = library::add(&mut tx, &block("database", "1.0.0", "other")).await;
    assert!(matches!(again, Err(StoreError::Exists { .. })), "{again:?}");
    drop(tx);
    for change in ["UPDATE library_document SET document = 'x'", "UPDATE library_document SET version = '1.0.1'"] {
        let said = fixture.database.sql(change).await.unwrap_err().to_string();
        assert!(said.contains("never changes"), "{said}");
    }
    let content = library::content(&fixture.store, document.id).await.unwrap();
    assert_eq!((content.document.as_str(), content.source.as_str()), ("database 1.0.0", "# database\ndatabase 1.0.0"));
    assert_eq!(library::generation(&fixture.store).await.unwrap(), 1, "what was dropped has not happened");
}

#[tokio::test]
async fn whoever_takes_the_library_finds_what_others_have_committed() {
    let fixture = fixture().await;
    let mut first = fixture.begin().await;
    assert_eq!(library::take(&mut first).await.unwrap(), 0);
    let second = tokio::spawn({
        let mut tx = fixture.begin().await;
        async move { library::take(&mut tx).await.unwrap() }
    });
    add(&mut first, "database", "1.0.0").await;
    first.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), 2, "it waited for both changes of the first");
}

#[tokio::test]
async fn documents_are_found_by_what_they_are() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let database = add(&mut tx, "database", "1.0.0").await;
    let newer = add(&mut tx, "database", "1.10.0").await;
    let cache = NewDocument {
        description: "Keeps 100% of values.".to_owned(),
        block_type: Some("connector".to_owned()),
        interfaces: vec![Interface { interface: "keys".into(), kind: "tcp".into(), role: "connect".into() }],
        ..block("cache", "1.0.0", "cache")
    };
    let cache = library::add(&mut tx, &cache).await.unwrap();
    tx.commit().await.unwrap();
    let found = async |search: Option<&str>, filters: &[(&'static str, &str)]| {
        let filters = filters.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let wanted = Wanted { search: search.map(str::to_owned), filters, ..Wanted::default() };
        let items = library::page(&fixture.store, &wanted).await.unwrap().items;
        items.into_iter().map(|d| d.id).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(found(None, &[]).await.len(), 3);
    assert_eq!(found(None, &[("name", "database")]).await, [database.id, newer.id].into());
    assert_eq!(found(Some("KEEPS 100%"), &[]).await, [cache.id].into());
    assert_eq!(found(Some("database does"), &[]).await.len(), 2);
    assert!(found(Some("keeps does"), &[]).await.is_empty());
    assert_eq!(found(None, &[("type", "connector")]).await, [cache.id].into());
    assert_eq!(found(None, &[("role", "connect")]).await, [cache.id].into());
    assert_eq!(found(None, &[("interface", "tcp")]).await.len(), 3);
    assert_eq!(found(None, &[("role", "connect"), ("interface", "tcp")]).await, [cache.id].into());
    assert!(found(None, &[("role", "connect"), ("interface", "http")]).await.is_empty());
    assert!(found(None, &[("kind", Kind::Application.as_str())]).await.is_empty());
    let (known, references) = library::index(&fixture.store).await.unwrap();
    assert_eq!((known.len(), references.len()), (3, 3));
}

#[tokio::test]
async fn a_document_is_kept_as_long_as_a_release_was_built_of_it() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let document = add(&mut tx, "database", "1.0.0").await;
    let made = release::add(&mut tx, &release_of("shop", "{}", vec![document.id])).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = fixture.begin().await;
    let refused = library::delete(&mut tx, document.id).await;
    assert!(matches!(&refused, Err(StoreError::InUse { by }) if by.contains("release")), "{refused:?}");
    drop(tx);
    assert_eq!(release::built_of(&fixture.store, [document.id]).await.unwrap(), std::slice::from_ref(&made));
    assert!(fixture.database.sql("UPDATE release SET document = 'x'").await.is_err());
    let digits = hexadecimal(&made.digest);
    assert_eq!(release::by_digest(&fixture.store, &digits[..12]).await.unwrap(), std::slice::from_ref(&made));
    assert_eq!(release::document(&fixture.store, made.id).await.unwrap(), "{}");
    for (application, releases) in [("shop", 1), ("other", 0)] {
        let wanted = Wanted { filters: vec![("application", application.to_owned())], ..Wanted::default() };
        assert_eq!(release::page(&fixture.store, &wanted).await.unwrap().items.len(), releases);
    }
    let mut tx = fixture.begin().await;
    let again = release::add(&mut tx, &release_of("shop", "{}", vec![])).await;
    assert!(matches!(again, Err(StoreError::Exists { .. })), "{again:?}");
    drop(tx);

    let mut tx = fixture.begin().await;
    release::delete(&mut tx, made.id).await.unwrap();
    library::delete(&mut tx, document.id).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(library::get(&fixture.store, document.id).await, Err(StoreError::NotFound { .. })));
    let all = event::list(&fixture.store, &EventFilter::default(), 0, 100).await.unwrap();
    let told: Vec<_> = all.iter().map(|e| (e.action.as_str(), e.before.is_some(), e.after.is_some())).collect();
    assert_eq!(
        told,
        [
            ("library.import", false, true),
            ("release.create", false, true),
            ("release.delete", true, false),
            ("library.delete", true, false)
        ]
    );
    assert_eq!(all[0].object_kind, ObjectKind::LibraryDocument);
    assert_eq!(all[0].after.as_ref().unwrap()["digest"], hexadecimal(&document.digest));
}

fn hexadecimal(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
