//! Releases: applications of the library, built.

use std::collections::BTreeSet;

use api::IN_LIBRARY;
use compose::{
    Library, Source,
    build::build_entry,
    diff::{Diff, diff as compare},
    graph::{self, draw},
    model::Reference,
    render::{Facts, Rendered, Renderer},
};
use data_encoding::HEXLOWER;
use model::{GenericUuid as _, LibraryDocumentId, ReleaseId};
use semver::Version;
use store::{
    Db, StoreError,
    library::Kind,
    release::{self, NewRelease},
};
use uuid::Uuid;

pub use store::release::Release;

use super::{
    Actor, Listing, OpError, Page, compute,
    library::{self, Catalogue, Wanted},
    once,
    once::Claimed,
};
use crate::App;

/// The least of a digest by which a release can be called.
const SHORTEST: usize = 8;

/// A release as a person calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReleaseRef {
    /// By its id.
    Id(ReleaseId),
    /// By the beginning of its digest, and perhaps its application's name.
    Digest {
        /// The application.
        application: Option<String>,
        /// Hexadecimal digits, at least eight.
        digits: String,
    },
}

/// An application, built.
#[derive(Clone, Debug)]
pub struct Built {
    /// The release.
    pub release: compose::release::Release,
    /// The documents of the library it was built of.
    pub documents: Vec<LibraryDocumentId>,
}

impl std::str::FromStr for ReleaseRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(id) = Uuid::try_parse(text)
            && id.hyphenated().to_string() == text
        {
            return Ok(Self::Id(ReleaseId::from_untyped_uuid(id)));
        }
        let (application, digest) = match text.split_once('@') {
            Some((application, digest)) => (Some(application.to_owned()), digest),
            None => (None, text),
        };
        let digits = digest.strip_prefix("sha256:").unwrap_or(digest);
        if (SHORTEST..=64).contains(&digits.len()) && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Ok(Self::Digest { application, digits: digits.to_owned() });
        }
        Err(format!("{text:?} is not the name of a release: NAME@sha256:DIGEST, of whose digits 8 are enough"))
    }
}

impl std::fmt::Display for ReleaseRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Digest { application: Some(name), digits } => write!(f, "{name}@sha256:{digits}"),
            Self::Digest { application: None, digits } => write!(f, "sha256:{digits}"),
        }
    }
}

/// The name of a release.
pub fn name(release: &Release) -> String {
    format!("{}@sha256:{}", release.name, HEXLOWER.encode(&release.digest))
}

/// The name of a release, as short as people say it.
pub(crate) fn short_name(release: &Release) -> String {
    format!("{}@sha256:{}", release.name, &HEXLOWER.encode(&release.digest)[..12])
}

pub(super) async fn find(db: impl Db, wanted: &ReleaseRef) -> Result<Release, OpError> {
    let missing = || OpError::NotFound { kind: "release".to_owned(), name: wanted.to_string() };
    match wanted {
        ReleaseRef::Id(id) => release::get(db, *id).await.map_err(|error| match error {
            StoreError::NotFound { .. } => missing(),
            error => error.into(),
        }),
        ReleaseRef::Digest { application, digits } => {
            let mut found = release::by_digest(db, digits).await?;
            found.retain(|release| application.as_deref().is_none_or(|name| name == release.name.as_str()));
            match found.len() {
                1 => found.pop().ok_or_else(missing),
                0 => Err(missing()),
                _ => Err(OpError::invalid("release", format!("several begin with {digits}; give more of the digits"))),
            }
        }
    }
}

/// Builds an application of the library: the newest version in a range.
pub async fn build(app: &App, wanted: &Wanted) -> Result<Built, OpError> {
    let mut at = app.store().snapshot().await?;
    let application = library::find(&mut at, Kind::Application, wanted).await?;
    let catalogue = Catalogue::read(&mut at).await?;
    let exactly: Reference = format!("{}@={}", application.name, application.version)
        .parse()
        .map_err(OpError::internal("reading a version that was read before"))?;
    let closure = catalogue.closure([(Kind::Application, exactly)]);
    let contents = store::library::contents(&mut at, closure).await?;
    at.end().await?;
    let sources: Vec<Source> = contents
        .into_iter()
        .map(|(document, content)| {
            let name = format!("{IN_LIBRARY}{} {}@{}", document.kind, document.name, document.version);
            Source::new(name, content.source)
        })
        .collect();
    let (name, version) = (application.name.clone(), application.version.clone());
    let release = compute::run(move |stop| {
        let (library, problems) = Library::load_until(&sources, stop);
        problems.or(()).map_err(OpError::Documents)?;
        let entry = library.applications().find(|entry| {
            let metadata = &entry.document.metadata;
            metadata.name.as_str() == name.as_str() && *metadata.version() == version
        });
        let entry =
            entry.ok_or_else(|| OpError::NotFound { kind: "application".to_owned(), name: name.to_string() })?;
        build_entry(&library, entry).map_err(OpError::Documents)
    })
    .await??;
    let mut documents = used(&catalogue, &release);
    documents.insert(application.id);
    Ok(Built { release, documents: documents.into_iter().collect() })
}

/// The documents of the library that a release has locked; what every library has by itself is not among them.
fn used(catalogue: &Catalogue, release: &compose::release::Release) -> BTreeSet<LibraryDocumentId> {
    let spec = &release.spec;
    let blocks = spec.blocks.iter().flat_map(|(name, lock)| std::iter::once(name).chain(&lock.extends));
    let named =
        blocks.map(|name| (Kind::Block, name)).chain(spec.interface_types.keys().map(|n| (Kind::InterfaceType, n)));
    let found = named.filter_map(|(kind, text)| {
        let (name, version) = text.split_once('@')?;
        Some(catalogue.version(kind, name, &version.parse::<Version>().ok()?)?.id)
    });
    found.collect()
}

/// Builds an application of the library and keeps the release: the one there is, when it has the same content.
pub async fn create(app: &App, actor: &Actor, wanted: &Wanted) -> Result<Release, OpError> {
    // A creation that is repeated is answered before anything is built.
    let tx = app.store().begin(&actor.context()).await?;
    let tx = match once::claim::<ReleaseId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(id) => return Ok(release::get(app.store(), id).await?),
    };
    // A build may take long: no connection is held for it, and the claim is made again afterwards.
    tx.rollback().await?;
    let Built { release: built, documents } = build(app, wanted).await?;
    let (digest, name, version) = (built.digest(), built.metadata.name.to_string(), built.metadata.version.clone());
    let mut bytes = [0; 32];
    HEXLOWER
        .decode_mut(digest.as_bytes(), &mut bytes)
        .map_err(|partial| OpError::internal("reading a digest")(partial.error))?;
    let new = NewRelease {
        id: ReleaseId::from_untyped_uuid(Uuid::now_v7()),
        name: name.parse().map_err(OpError::internal("reading the name of what was built"))?,
        version: version.parse().map_err(OpError::internal("reading the version of what was built"))?,
        digest: bytes,
        document: built.canonical(),
        instances: u32::try_from(built.spec.instances.len()).unwrap_or(u32::MAX),
        documents,
    };
    let tx = app.store().begin(&actor.context()).await?;
    let mut tx = match once::claim::<ReleaseId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(id) => return Ok(release::get(app.store(), id).await?),
    };
    // Whoever builds the same at the same time waits here.
    store::library::take(&mut tx).await?;
    let made = match release::by_digest(&mut tx, &digest).await?.pop() {
        Some(there) => there,
        None => release::add(&mut tx, &new).await.map_err(|error| match error {
            StoreError::Unknown { .. } => {
                OpError::precondition("a document it was built of has just been deleted", "build it again")
            }
            error => error.into(),
        })?,
    };
    once::complete(&mut tx, actor, made.id).await?;
    tx.commit().await?;
    Ok(made)
}

/// Lists releases.
pub async fn list(app: &App, page: &Page) -> Result<Listing<Release>, OpError> {
    let found = release::page(app.store(), &page.wanted(app)?).await?;
    Ok(Listing::of(found.items, found.next))
}

/// Shows a release, with what it says: JSON.
pub async fn show(app: &App, wanted: &ReleaseRef) -> Result<(Release, String), OpError> {
    let found = find(app.store(), wanted).await?;
    let document = release::document(app.store(), found.id).await?;
    Ok((found, document))
}

/// Deletes a release.
pub async fn delete(app: &App, actor: &Actor, wanted: &ReleaseRef) -> Result<(), OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = find(&mut tx, wanted).await?;
    release::delete(&mut tx, found.id).await?;
    tx.commit().await?;
    Ok(())
}

/// Says what differs between two releases.
pub async fn diff(app: &App, from: &ReleaseRef, to: &ReleaseRef) -> Result<Diff, OpError> {
    let (_, one) = show(app, from).await?;
    let (_, other) = show(app, to).await?;
    compute::run(move |_| Ok(compare(&read(&one)?, &read(&other)?))).await?
}

/// Draws a release.
pub async fn drawing(app: &App, wanted: &ReleaseRef, format: graph::Format) -> Result<(Release, String), OpError> {
    let (found, document) = show(app, wanted).await?;
    let text = compute::run(move |_| Ok::<_, OpError>(draw(&read(&document)?, format))).await??;
    Ok((found, text))
}

/// Says what a site would get of a release, by what is known of the site: a document in JSON.
pub async fn render(app: &App, wanted: &ReleaseRef, facts: String) -> Result<Rendered, OpError> {
    let (_, document) = show(app, wanted).await?;
    compute::run(move |stop| {
        let facts = Facts::read(&Source::new("facts", facts)).map_err(OpError::Documents)?;
        Renderer::until(&read(&document)?, stop).render(&facts).map_err(OpError::Documents)
    })
    .await?
}

pub(super) fn read(document: &str) -> Result<compose::release::Release, OpError> {
    compose::release::Release::read(document).map_err(OpError::internal("reading a release of the database"))
}
