use api::{
    Application, DocumentKind, ImportOutcome, LibraryDocument, LibraryImport, LibraryImportItem, LibraryImported,
    LibraryReference, LibraryResolve, LibraryResolved, LibraryText, LibraryUsage, LibraryUser,
};
use axum::extract::{Path, State};
use compose::{Source, model::Reference};
use data_encoding::HEXLOWER;

use crate::{
    App,
    http::{
        answer::{Answer, digested, nothing, object, page},
        extract::{Body, By, Parameters},
        problem::{Refusal, diagnostic},
    },
    ops::library::{self, Document, Import, Kind, Shown, Wanted},
};

fn kind(kind: Kind) -> DocumentKind {
    match kind {
        Kind::InterfaceType => DocumentKind::InterfaceType,
        Kind::Block => DocumentKind::Block,
        Kind::Application => DocumentKind::Application,
    }
}

fn kind_in_store(kind: DocumentKind) -> Kind {
    match kind {
        DocumentKind::InterfaceType => Kind::InterfaceType,
        DocumentKind::Block => Kind::Block,
        DocumentKind::Application => Kind::Application,
    }
}

/// The kind that a path names.
fn kind_in_path(text: &str) -> Result<Kind, Refusal> {
    match text {
        "interface-types" => Ok(Kind::InterfaceType),
        "blocks" => Ok(Kind::Block),
        "applications" => Ok(Kind::Application),
        _ => Err(Refusal::not_found("kind of document (interface-types, blocks, applications)", text)),
    }
}

/// A document that a path names.
pub(super) fn wanted(field: &'static str, text: &str) -> Result<Wanted, Refusal> {
    text.chars().take(400).collect::<String>().parse().map_err(|message: String| Refusal::field(field, message))
}

fn line(found: Document) -> LibraryDocument {
    LibraryDocument {
        id: found.id,
        kind: kind(found.kind),
        name: found.name,
        version: found.version.to_string(),
        description: found.description,
        block_type: found.block_type,
        digest: HEXLOWER.encode(&found.digest),
        created: found.created,
        versions: vec![],
        source: None,
        document: None,
    }
}

fn view(shown: Shown) -> LibraryDocument {
    LibraryDocument {
        versions: shown.versions.iter().map(ToString::to_string).collect(),
        document: serde_json::from_str(&shown.content.document).ok(),
        source: Some(shown.content.source),
        ..line(shown.document)
    }
}

fn application(found: library::Application) -> Application {
    Application {
        id: found.document.id,
        name: found.document.name,
        version: found.document.version.to_string(),
        description: found.document.description,
        root: found.root,
        places: found.places,
        releases: found.releases,
        digest: HEXLOWER.encode(&found.document.digest),
        created: found.document.created,
        versions: vec![],
        source: None,
    }
}

pub(crate) async fn list(State(app): State<App>, parameters: Parameters) -> Answer {
    page(library::list(&app, &parameters.page()?).await?, line)
}

pub(crate) async fn import(State(app): State<App>, By(actor): By, Body(input): Body<LibraryImport>) -> Answer {
    let dry_run = input.dry_run;
    let sources = input.sources.into_iter().map(|source| Source::new(source.name, source.text));
    let input = Import { sources: sources.collect(), starter: input.starter, dry_run };
    let done = library::import(&app, &actor, input).await?;
    let items = done.items.into_iter().map(|item| LibraryImportItem {
        kind: kind(item.kind),
        name: item.name,
        version: item.version.to_string(),
        digest: item.digest,
        outcome: if item.added { ImportOutcome::Added } else { ImportOutcome::Unchanged },
    });
    object(LibraryImported {
        dry_run,
        items: items.collect(),
        affected: done.affected.iter().map(diagnostic).collect(),
    })
}

pub(crate) async fn resolve(State(app): State<App>, Body(input): Body<LibraryResolve>) -> Answer {
    let mut references = vec![];
    for (i, LibraryReference { kind, reference }) in input.references.into_iter().enumerate() {
        let reference: Reference = reference.parse().map_err(|error: compose::model::InvalidReference| {
            Refusal::field(format!("references[{i}].reference"), error.to_string())
        })?;
        references.push((kind_in_store(kind), reference));
    }
    let found = library::resolve(&app, references).await?;
    let documents = found.documents.into_iter().map(|(document, source)| LibraryText {
        kind: kind(document.kind),
        name: document.name,
        version: document.version.to_string(),
        digest: HEXLOWER.encode(&document.digest),
        source,
    });
    let missing = found
        .missing
        .into_iter()
        .map(|(of, reference)| LibraryReference { kind: kind(of), reference: reference.to_string() });
    object(LibraryResolved { documents: documents.collect(), missing: missing.collect() })
}

pub(crate) async fn show(State(app): State<App>, Path((kind, name)): Path<(String, String)>) -> Answer {
    let shown = view(library::show(&app, kind_in_path(&kind)?, &wanted("document", &name)?).await?);
    let digest = shown.digest.clone();
    digested(shown, &digest)
}

pub(crate) async fn usage(
    State(app): State<App>,
    Path((of, name)): Path<(String, String)>,
    parameters: Parameters,
) -> Answer {
    let transitive = match parameters.text("transitive") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Refusal::field("transitive", "give true or false")),
    };
    let found = library::usage(&app, kind_in_path(&of)?, &wanted("document", &name)?, transitive).await?;
    let documents = found.documents.into_iter().map(|(user, direct)| LibraryUser {
        kind: user.kind.to_string(),
        name: user.name,
        version: user.version.to_string(),
        digest: None,
        direct,
    });
    let releases = found.releases.into_iter().map(|release| LibraryUser {
        kind: "release".to_owned(),
        name: release.name,
        version: release.version.to_string(),
        digest: Some(HEXLOWER.encode(&release.digest)),
        direct: true,
    });
    object(LibraryUsage {
        kind: kind(found.document.kind),
        name: found.document.name,
        version: found.document.version.to_string(),
        users: documents.chain(releases).collect(),
    })
}

pub(crate) async fn delete(
    State(app): State<App>,
    By(actor): By,
    Path((kind, name)): Path<(String, String)>,
) -> Answer {
    library::delete(&app, &actor, kind_in_path(&kind)?, &wanted("document", &name)?).await?;
    nothing()
}

pub(crate) async fn application_list(State(app): State<App>, parameters: Parameters) -> Answer {
    page(library::applications(&app, &parameters.page()?).await?, application)
}

pub(crate) async fn application_show(State(app): State<App>, Path(name): Path<String>) -> Answer {
    let (found, shown) = library::show_application(&app, &wanted("application", &name)?).await?;
    let versions = shown.versions.iter().map(ToString::to_string).collect();
    let found = Application { versions, source: Some(shown.content.source), ..application(found) };
    let digest = found.digest.clone();
    digested(found, &digest)
}

pub(crate) async fn application_delete(State(app): State<App>, By(actor): By, Path(name): Path<String>) -> Answer {
    library::delete(&app, &actor, Kind::Application, &wanted("application", &name)?).await?;
    nothing()
}
