//! The library: interface types, blocks and applications, in versions that never change.

mod catalogue;
mod import;

use compose::model::Reference;
use model::{GenericUuid as _, LibraryDocumentId, Name};
use semver::Version;
use store::{
    Db, StoreError,
    library::{self, Content},
    release::{self, Release},
};
use uuid::Uuid;

pub(crate) use catalogue::Catalogue;
pub use import::{Import, Imported, Item, import};
pub use store::library::{Document, Kind};

use super::{Actor, Listing, OpError, Page};
use crate::App;

/// A document with everything there is to show of it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The document.
    pub document: Document,
    /// What it says.
    pub content: Content,
    /// The versions there are, newest first.
    pub versions: Vec<Version>,
}

/// A document of which only the newest version in some range is asked for, or one by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The newest in a range.
    Newest(Reference),
    /// This one.
    Id(LibraryDocumentId),
}

/// An application, as lists show it.
#[derive(Clone, Debug)]
pub struct Application {
    /// The document.
    pub document: Document,
    /// Its root block, pinned.
    pub root: String,
    /// The places it declares.
    pub places: Vec<String>,
    /// How many releases were built of it.
    pub releases: u64,
}

/// Who uses a document.
#[derive(Clone, Debug)]
pub struct Usage {
    /// The document.
    pub document: Document,
    /// The documents that use it, each with whether it does so itself.
    pub documents: Vec<(Document, bool)>,
    /// The releases that were built of it.
    pub releases: Vec<Release>,
}

/// What references lead to.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// The documents and their texts.
    pub documents: Vec<(Document, String)>,
    /// The references to which there is nothing.
    pub missing: Vec<(Kind, Reference)>,
}

impl std::str::FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(id) = Uuid::try_parse(text)
            && id.hyphenated().to_string() == text
        {
            return Ok(Self::Id(LibraryDocumentId::from_untyped_uuid(id)));
        }
        let form = || format!("{text:?} is not NAME, NAME@VERSION or NAME@RANGE, such as postgresql@^16");
        // One whole version means that one, whatever it would mean in a document.
        let exactly = text.split_once('@').filter(|(_, version)| version.parse::<Version>().is_ok());
        let exactly = exactly.map(|(name, version)| format!("{name}@={version}"));
        let reference: Reference = exactly.as_deref().unwrap_or(text).parse().map_err(|_| form())?;
        reference.name.as_str().parse::<Name>().map_err(|_| form())?;
        Ok(Self::Newest(reference))
    }
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Newest(reference) => reference.fmt(f),
            Self::Id(id) => id.fmt(f),
        }
    }
}

fn missing(kind: Kind, wanted: &Wanted) -> OpError {
    let kind = match kind {
        Kind::InterfaceType => "interface type",
        Kind::Block => "block",
        Kind::Application => "application",
    };
    OpError::NotFound { kind: format!("{kind} in the library"), name: wanted.to_string() }
}

/// The document that is wanted.
pub(crate) async fn find(db: impl Db, kind: Kind, wanted: &Wanted) -> Result<Document, OpError> {
    let found = match wanted {
        Wanted::Id(id) => match library::get(db, *id).await {
            Err(StoreError::NotFound { .. }) => None,
            found => Some(found?).filter(|document| document.kind == kind),
        },
        Wanted::Newest(reference) => match reference.name.as_str().parse::<Name>() {
            Ok(name) => {
                let mut versions = library::versions(db, kind, &name).await?;
                versions.retain(|document| reference.range.matches(&document.version));
                versions.into_iter().max_by(|a, b| a.version.cmp(&b.version))
            }
            Err(_) => None,
        },
    };
    found.ok_or_else(|| missing(kind, wanted))
}

/// Lists and searches documents.
pub async fn list(app: &App, page: &Page) -> Result<Listing<Document>, OpError> {
    let found = library::page(app.store(), &page.wanted(app)?).await?;
    Ok(Listing::of(found.items, found.next))
}

/// Shows a document.
pub async fn show(app: &App, kind: Kind, wanted: &Wanted) -> Result<Shown, OpError> {
    let document = find(app.store(), kind, wanted).await?;
    let content = library::content(app.store(), document.id).await?;
    let all = library::versions(app.store(), kind, &document.name).await?;
    let mut versions: Vec<Version> = all.into_iter().map(|document| document.version).collect();
    versions.sort_by(|a, b| b.cmp(a));
    Ok(Shown { document, content, versions })
}

/// Says who uses a document; with `transitive`, also by way of others.
pub async fn usage(app: &App, kind: Kind, wanted: &Wanted, transitive: bool) -> Result<Usage, OpError> {
    let mut at = app.store().snapshot().await?;
    let document = find(&mut at, kind, wanted).await?;
    let catalogue = Catalogue::read(&mut at).await?;
    let direct = catalogue.users(document.id);
    let users = if transitive { catalogue.all_users([document.id]) } else { direct.clone() };
    let contents = library::contents(&mut at, users).await?;
    let mut documents: Vec<_> = contents.into_iter().map(|(user, _)| (direct.contains(&user.id), user)).collect();
    documents.sort_by(|(a_direct, a), (b_direct, b)| {
        (!a_direct, a.kind, &a.name, &a.version).cmp(&(!b_direct, b.kind, &b.name, &b.version))
    });
    let documents = documents.into_iter().map(|(direct, user)| (user, direct)).collect();
    let releases = release::built_of(&mut at, [document.id]).await?;
    at.end().await?;
    Ok(Usage { document, documents, releases })
}

/// Gives the documents that references lead to, and what these lead to in turn.
pub async fn resolve(app: &App, references: Vec<(Kind, Reference)>) -> Result<Resolved, OpError> {
    let mut at = app.store().snapshot().await?;
    let catalogue = Catalogue::read(&mut at).await?;
    let missing = references.iter().filter(|(kind, of)| catalogue.newest(*kind, of).is_none()).cloned().collect();
    // What is near what is missing lets whoever builds say what was probably meant.
    let near = references.iter().flat_map(|(kind, reference)| catalogue.near(*kind, reference));
    let near: Vec<_> = near.filter_map(|id| catalogue.exactly(id)).collect();
    let closure = catalogue.closure(references.into_iter().chain(near));
    let contents = library::contents(&mut at, closure).await?;
    at.end().await?;
    let mut documents: Vec<_> = contents.into_iter().map(|(document, content)| (document, content.source)).collect();
    documents.sort_by(|(a, _), (b, _)| (a.kind, &a.name, &a.version).cmp(&(b.kind, &b.name, &b.version)));
    Ok(Resolved { documents, missing })
}

/// Deletes one version of a document. Refused as long as documents or releases use it: they are named.
pub async fn delete(app: &App, actor: &Actor, kind: Kind, wanted: &Wanted) -> Result<(), OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    library::take(&mut tx).await?;
    let found = match wanted {
        Wanted::Newest(reference) => exact(&mut tx, kind, reference).await?,
        Wanted::Id(_) => find(&mut tx, kind, wanted).await?,
    };
    let catalogue = Catalogue::read(&mut tx).await?;
    let mut users: Vec<String> = catalogue
        .users(found.id)
        .into_iter()
        .filter_map(|user| catalogue.get(user))
        .map(|user| format!("{} {}@{}", user.kind.to_string().replace('-', " "), user.name, user.version))
        .collect();
    users.sort();
    let releases = release::built_of(&mut tx, [found.id]).await?;
    users.extend(releases.iter().map(|release| format!("release {}", super::release::short_name(release))));
    if !users.is_empty() {
        let more = users.len().saturating_sub(10);
        users.truncate(10);
        let and = if more > 0 { format!(" and {more} more") } else { String::new() };
        return Err(OpError::precondition(
            format!("{}@{} is used by {}{and}", found.name, found.version, users.join(", ")),
            "delete those first, or leave it: what nobody names costs nothing",
        ));
    }
    library::delete(&mut tx, found.id).await?;
    tx.commit().await?;
    Ok(())
}

/// One version, said exactly: nobody deletes whatever happens to be the newest.
async fn exact(db: impl Db, kind: Kind, reference: &Reference) -> Result<Document, OpError> {
    let text = reference.to_string();
    let version = text.split_once("@=").and_then(|(_, version)| version.parse::<Version>().ok());
    let Some(version) = version else {
        return Err(OpError::invalid(
            "document",
            format!("{text:?} may be any version; say which, such as NAME@1.0.0"),
        ));
    };
    let wanted = Wanted::Newest(reference.clone());
    let Ok(name) = reference.name.as_str().parse::<Name>() else { return Err(missing(kind, &wanted)) };
    let all = library::versions(db, kind, &name).await?;
    all.into_iter().find(|document| document.version == version).ok_or_else(|| missing(kind, &wanted))
}

/// Lists applications, every version.
pub async fn applications(app: &App, page: &Page) -> Result<Listing<Application>, OpError> {
    let mut wanted = page.wanted(app)?;
    wanted.filters.push(("kind", Kind::Application.to_string()));
    let found = library::page(app.store(), &wanted).await?;
    let ids = || found.items.iter().map(|document| document.id);
    let releases: std::collections::BTreeMap<_, _> = release::counts(app.store(), ids()).await?.into_iter().collect();
    let contents: std::collections::BTreeMap<_, _> = library::contents(app.store(), ids())
        .await?
        .into_iter()
        .map(|(document, content)| (document.id, content))
        .collect();
    let items = found.items.into_iter().map(|document| {
        let said = contents.get(&document.id).map(|content| content.document.as_str()).unwrap_or_default();
        let releases = releases.get(&document.id).copied().unwrap_or_default();
        application(document, said, releases)
    });
    Ok(Listing::of(items.collect(), found.next))
}

/// Shows an application.
pub async fn show_application(app: &App, wanted: &Wanted) -> Result<(Application, Shown), OpError> {
    let shown = show(app, Kind::Application, wanted).await?;
    let counts = release::counts(app.store(), [shown.document.id]).await?;
    let releases = counts.first().map(|(_, count)| *count).unwrap_or_default();
    Ok((application(shown.document.clone(), &shown.content.document, releases), shown))
}

fn application(document: Document, said: &str, releases: u64) -> Application {
    let json: serde_json::Value = serde_json::from_str(said).unwrap_or_default();
    let root = json.pointer("/spec/root").and_then(|root| root.as_str()).unwrap_or_default().to_owned();
    let places = json.pointer("/spec/places").and_then(|places| places.as_object());
    let places = places.into_iter().flatten().map(|(name, _)| name.clone()).collect();
    Application { document, root, places, releases }
}
