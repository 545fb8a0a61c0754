//! `skx library`: the library of the service.

use std::path::PathBuf;

use api::{
    DocumentKind, ImportOutcome, LibraryDocument, LibraryImport, LibraryImported, LibrarySource, LibraryUsage,
    LibraryUser,
};
use clap::{Args, Subcommand, ValueEnum};
use compose::{Problems, Source};
use semver::Version;

use crate::{
    client::Client,
    commands::{Session, compose::files, narrow::Narrow},
    confirm::Consent,
    failure::{Code, Failure},
    output::{self, Format, Output, Show, table, time, yes},
};

/// `skx library …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Library {
    /// Imports documents, all of them or none. What is there with the same content stays as it is.
    Import(Import),
    /// Lists every version of interface types, blocks and applications.
    #[command(after_help = "Example:\n  skx library list --kind block --role accept --interface http")]
    List(Filter),
    /// Searches names and descriptions.
    #[command(after_help = "Example:\n  skx library search database --kind block")]
    Search {
        /// Words, all of which are in the name or description.
        #[arg(required = true)]
        text: Vec<String>,
        #[command(flatten)]
        filter: Filter,
    },
    /// Shows a document: the newest version, or the newest in a range.
    #[command(after_help = "Example:\n  skx library show postgresql@^16")]
    Show(Named),
    /// Shows who uses a document: documents that name it, and releases that were built of it.
    #[command(after_help = "Example:\n  skx library usage tcp-connector@1.0.0 --transitive")]
    Usage {
        #[command(flatten)]
        named: Named,
        /// Also who uses it by way of others.
        #[arg(long)]
        transitive: bool,
    },
    /// Deletes one version of a document. Refused while anything uses it.
    #[command(after_help = "Example:\n  skx library delete cache@1.0.0 --yes")]
    Delete {
        #[command(flatten)]
        named: Named,
        #[command(flatten)]
        consent: Consent,
    },
}

/// `skx library import`.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  skx library import --starter\n  skx library import blocks/ shop.yaml --dry-run\n  cat shop.yaml | skx library import -"
)]
pub(crate) struct Import {
    /// Files, directories (every .yaml, .yml and .json in them), or - for the standard input.
    #[arg(value_name = "FILE|DIR|-", required_unless_present = "starter")]
    paths: Vec<PathBuf>,
    /// The starter library that ships with the controller.
    #[arg(long)]
    starter: bool,
    /// Only says what would happen.
    #[arg(long)]
    dry_run: bool,
}

/// What kind of document it is.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    InterfaceType,
    Block,
    Application,
}

impl From<Kind> for DocumentKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::InterfaceType => Self::InterfaceType,
            Kind::Block => Self::Block,
            Kind::Application => Self::Application,
        }
    }
}

/// Which documents are wanted.
#[derive(Args, Debug, Default)]
pub(crate) struct Filter {
    /// Only documents of this kind.
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Only documents of this name.
    #[arg(long)]
    name: Option<String>,
    /// Only blocks of this type: component, connector, mixed, ingress, egress, toplevel.
    #[arg(long = "type", value_name = "TYPE")]
    block_type: Option<String>,
    /// Only what has an interface of this type.
    #[arg(long, value_name = "TYPE")]
    interface: Option<String>,
    /// Only what has an interface in this role.
    #[arg(long)]
    role: Option<String>,
    #[command(flatten)]
    narrow: Narrow,
}

/// A document.
#[derive(Args, Debug)]
pub(crate) struct Named {
    /// NAME, NAME@VERSION, or NAME@RANGE for the newest version in a range.
    #[arg(value_name = "NAME[@VERSION]")]
    document: String,
    /// What kind of document it is, where several have the name.
    #[arg(long, value_enum)]
    kind: Option<Kind>,
}

pub(crate) async fn run(command: Library, session: &Session) -> Result<(), Failure> {
    let output = session.output;
    match command {
        Library::Import(args) => import(args, session).await,
        Library::List(filter) => list(&filter, None, session).await,
        Library::Search { text, filter } => list(&filter, Some(text.join(" ")), session).await,
        Library::Show(named) => {
            let client = session.client()?;
            output.object(&client.get::<LibraryDocument>(&named.path(&client).await?).await?)
        }
        Library::Usage { named, transitive } => {
            let client = session.client()?;
            let path = format!("{}/usage", named.path(&client).await?);
            let usage: LibraryUsage =
                client.query(&path, &[("transitive", if transitive { "true" } else { "false" })]).await?;
            match output.format {
                Format::Table if usage.users.is_empty() => {
                    output::text(&format!("nothing uses {}@{}\n", usage.name, usage.version))
                }
                Format::Table => {
                    let rows = usage.users.iter().map(row).collect();
                    output::text(&table(&["kind", "name", "direct"], rows))
                }
                _ => output.value(&usage),
            }
        }
        Library::Delete { named, consent } => {
            let client = session.client()?;
            if named.document.split_once('@').is_none_or(|(_, version)| version.parse::<Version>().is_err()) {
                return Err(Failure::usage(format_args!("{:?} says no one version", named.document))
                    .how("write NAME@VERSION, such as cache@1.0.0; skx library list shows the versions"));
            }
            let path = named.path(&client).await?;
            consent.ask(&format!("deletes {} from the library, for good", named.document))?;
            client.delete(&path).await?;
            output.gone(&format!("deleted {}", named.document))
        }
    }
}

fn row(user: &LibraryUser) -> Vec<String> {
    let name = match &user.digest {
        Some(digest) => format!("{}@sha256:{}", user.name, digest.get(..12).unwrap_or(digest)),
        None => format!("{}@{}", user.name, user.version),
    };
    vec![user.kind.clone(), name, yes(user.direct)]
}

async fn list(filter: &Filter, text: Option<String>, session: &Session) -> Result<(), Failure> {
    let kind = filter.kind.map(|kind| DocumentKind::from(kind).as_str());
    let given = [
        ("search", text.as_deref()),
        ("kind", kind),
        ("name", filter.name.as_deref()),
        ("type", filter.block_type.as_deref()),
        ("interface", filter.interface.as_deref()),
        ("role", filter.role.as_deref()),
    ];
    let mut query = filter.narrow.query();
    query.extend(given.into_iter().filter_map(|(name, value)| Some((name, value?))));
    let mut found: Vec<LibraryDocument> = session.client()?.list("/library", &query).await?;
    if !filter.narrow.is_sorted() {
        found.sort_by_cached_key(|d| (d.kind, d.name.clone(), d.version.parse::<Version>().ok()));
    }
    if found.is_empty() && query.is_empty() && matches!(session.output.format, Format::Table) {
        eprintln!("the library is empty; skx library import --starter brings a few blocks to begin with");
        return Ok(());
    }
    session.output.list(&found)
}

async fn import(args: Import, session: &Session) -> Result<(), Failure> {
    let sources = files(&args.paths)?;
    let texts = sources.iter().map(|s| LibrarySource { name: s.name.clone(), text: s.text.clone() });
    let input = LibraryImport { sources: texts.collect(), starter: args.starter, dry_run: args.dry_run };
    let imported: LibraryImported = session
        .client()?
        .post("/library/import", &input)
        .await
        .map_err(|failure| explained(failure, &sources, session.output))?;
    if !imported.affected.is_empty() {
        let affected: Problems = problems(&imported.affected);
        eprintln!("documents that were there before are not in order any more:\n{}", affected.render(|_| None));
    }
    let verb = if imported.dry_run { "would be " } else { "" };
    match session.output.format {
        Format::Table => {
            let mut text = String::new();
            for item in &imported.items {
                let outcome = match item.outcome {
                    ImportOutcome::Added => format!("{verb}added"),
                    ImportOutcome::Unchanged => "unchanged".to_owned(),
                };
                text.push_str(&format!("{} {}@{} {outcome}\n", item.kind.as_str(), item.name, item.version));
            }
            output::text(&text)
        }
        _ => session.output.value(&imported),
    }
}

/// Says everything the service found wrong with documents: to people with the lines it is about.
pub(crate) fn explained(failure: Failure, sources: &[Source], output: Output) -> Failure {
    let found = problems(failure.diagnostics());
    if found.is_empty() {
        return failure;
    }
    let code = failure.code();
    super::compose::wrong(&found, sources, output).with_code(code)
}

/// Diagnostics as the engine has them.
fn problems<'d>(diagnostics: impl IntoIterator<Item = &'d api::Diagnostic>) -> Problems {
    let mut problems = Problems::default();
    for found in diagnostics {
        let code = compose::Code::ALL.iter().copied().find(|code| code.as_str() == found.code);
        let mut diagnostic = compose::Diagnostic::new(code.unwrap_or(compose::Code::InvalidValue), &found.message)
            .block(&found.block)
            .expected(&found.expected)
            .at(found.at.as_ref().map(|at| compose::Position {
                source: at.source.clone(),
                line: at.line,
                column: at.column,
                length: at.length,
            }));
        diagnostic.nearest.clone_from(&found.nearest);
        problems.push(diagnostic);
    }
    problems
}

impl Named {
    /// Its path; which kind it is, is asked for when it was not said.
    async fn path(&self, client: &Client) -> Result<String, Failure> {
        let kind = match self.kind {
            Some(kind) => kind.into(),
            None => {
                let name = self.document.split('@').next().unwrap_or_default();
                let all: Vec<LibraryDocument> = client.list("/library", &[("name", name)]).await?;
                let mut kinds: Vec<DocumentKind> = all.iter().map(|document| document.kind).collect();
                kinds.sort();
                kinds.dedup();
                match kinds.as_slice() {
                    [] => {
                        return Err(Failure::new(Code::NotFound, format_args!("there is no {name:?} in the library"))
                            .how("skx library list shows what there is, skx library search finds"));
                    }
                    [only] => *only,
                    many => {
                        let kinds: Vec<&str> = many.iter().map(|kind| kind.as_str()).collect();
                        return Err(Failure::usage(format_args!("several kinds of document are called {name}"))
                            .how(format_args!("choose with --kind: {}", kinds.join(", "))));
                    }
                }
            }
        };
        Ok(format!("/library/{}s/{}", kind.as_str(), segment(&self.document)))
    }
}

/// A text as one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' | b':' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

impl Show for LibraryDocument {
    const HEADINGS: &'static [&'static str] = &["kind", "name", "version", "type", "description"];

    fn row(&self) -> Vec<String> {
        vec![
            self.kind.as_str().to_owned(),
            self.name.to_string(),
            self.version.clone(),
            self.block_type.clone().unwrap_or_default(),
            self.description.clone(),
        ]
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts: Vec<_> = Self::HEADINGS.iter().copied().zip(self.row()).collect();
        facts.extend([
            ("versions", self.versions.join(", ")),
            ("digest", self.digest.clone()),
            ("imported", time(self.created)),
            ("id", self.id.to_string()),
            ("source", self.source.clone().unwrap_or_default()),
        ]);
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_stay_one_segment_of_a_path() {
        assert_eq!(segment("shop@^1.2"), "shop@%5E1.2");
        assert_eq!(segment("a@>=1, <2/.."), "a@%3E%3D1%2C%20%3C2%2F..");
    }
}
