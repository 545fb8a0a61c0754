//! `skx compose`: applications out of blocks, on files alone or with the library of the service.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs, io,
    path::{Component, Path, PathBuf},
};

use api::{DocumentKind, IN_LIBRARY, LibraryReference, LibraryResolve, LibraryResolved, LibraryText};
use clap::{Args, Subcommand, ValueEnum};
use compose::{
    Library, Problems, Source,
    build::build,
    diff::diff,
    graph::{self, draw},
    release::Release,
    render::{Content, Facts, Object, Rendered, render},
};
use serde::Serialize;

use crate::{
    client::Client,
    commands::{
        Session,
        library::{self, segment},
    },
    failure::{Code, Failure},
    output::{self, Format, Output},
};

/// `skx compose`.
#[derive(Subcommand, Debug)]
pub(crate) enum Compose {
    /// Builds an application into a release, or says everything that is wrong.
    #[command(
        after_help = "Example:\n  skx compose build library/ shop.yaml --output shop.json\n  skx compose build shop.yaml --from-service\n  skx compose build shop@1.2.0"
    )]
    Build(Build),
    /// Draws an application or a release.
    #[command(
        after_help = "Example:\n  skx compose graph library/ shop.yaml --format svg > shop.svg\n  skx compose graph shop@^1"
    )]
    Graph(Graph),
    /// Says what differs between two applications or releases.
    #[command(
        after_help = "Example:\n  skx compose diff shop-1.json shop-2.json\n  skx compose diff shop@sha256:9f3c4b5a6978 shop@1.3.0"
    )]
    Diff(Diff),
    /// Shows exactly what a site would get.
    #[command(
        after_help = "Example:\n  skx compose render library/ shop.yaml --site store-017.yaml --explain\n  skx compose render shop@1.2.0 --site store-017.yaml"
    )]
    Render(Render),
}

/// What is read.
#[derive(Args, Debug)]
pub(crate) struct Inputs {
    /// Files, directories (every .yaml, .yml and .json in them), or - for the standard input; or one release. Or, of the
    /// service: an application NAME@VERSION or NAME@RANGE, or a release NAME@sha256:DIGEST.
    #[arg(required = true, value_name = "FILE|DIR|-|NAME@VERSION")]
    paths: Vec<PathBuf>,
    /// Takes the blocks and interface types that the files lack from the library of the service.
    #[arg(long)]
    from_service: bool,
    /// The application, where the files have more than one.
    #[arg(long, value_name = "NAME")]
    application: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Build {
    #[command(flatten)]
    inputs: Inputs,
    /// Where the release is written.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Graph {
    #[command(flatten)]
    inputs: Inputs,
    /// The form of the drawing.
    #[arg(long, value_enum, default_value_t)]
    format: Drawing,
}

/// The form of a drawing.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Drawing {
    #[default]
    Mermaid,
    Dot,
    Svg,
}

#[derive(Args, Debug)]
pub(crate) struct Diff {
    /// The one: a release, a file or directory to build, or an application or release of the service.
    from: PathBuf,
    /// The other.
    to: PathBuf,
    /// Takes the blocks and interface types that the files lack from the library of the service.
    #[arg(long)]
    from_service: bool,
    /// The application, where the files have more than one.
    #[arg(long, value_name = "NAME")]
    application: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Render {
    #[command(flatten)]
    inputs: Inputs,
    /// What is known of the site: a document with `site: {name: …, platform: …}`.
    #[arg(long, value_name = "FILE")]
    site: PathBuf,
    /// Says why each object is there, instead of what is in it.
    #[arg(long)]
    explain: bool,
    /// Where the objects are written, one file each.
    #[arg(long, value_name = "DIR", conflicts_with = "explain")]
    output: Option<PathBuf>,
}

pub(crate) async fn run(command: Compose, session: &Session) -> Result<(), Failure> {
    let output = session.output;
    match command {
        Compose::Build(args) => {
            let release = args.inputs.release(session, Keep::Yes).await?;
            if let Some(path) = &args.output {
                let text = serde_json::to_string_pretty(&release).map_err(Failure::failed)?;
                fs::write(path, text + "\n").map_err(|error| Failure::file(path, &error))?;
            }
            let count = release.spec.instances.len();
            output.done(&format!("built {} with {count} instances", release.name()), &Built::of(&release))
        }
        Compose::Graph(args) => {
            let format = match args.format {
                Drawing::Mermaid => graph::Format::Mermaid,
                Drawing::Dot => graph::Format::Dot,
                Drawing::Svg => graph::Format::Svg,
            };
            output::text(&draw(&args.inputs.release(session, Keep::No).await?, format))
        }
        Compose::Diff(args) => {
            let one = async |path| {
                let Diff { application, from_service, .. } = &args;
                let (application, from_service) = (application.clone(), *from_service);
                Inputs { paths: vec![path], from_service, application }.release(session, Keep::No).await
            };
            let difference = diff(&one(args.from.clone()).await?, &one(args.to.clone()).await?);
            match output.format {
                Format::Table => output::text(&difference.text()),
                Format::Json | Format::Yaml => output.value(&difference),
            }
        }
        Compose::Render(args) => {
            let release = args.inputs.release(session, Keep::No).await?;
            let facts = source(&args.site)?;
            let facts = Facts::read(&facts).map_err(|problems| wrong(&problems, &[facts], output))?;
            let rendered = render(&release, &facts).map_err(|problems| wrong(&problems, &[], output))?;
            if let Some(folder) = &args.output {
                write(&rendered, folder)?;
            }
            match output.format {
                Format::Table if args.explain => output::text(&rendered.explain()),
                Format::Table if args.output.is_some() => {
                    output::text(&format!("wrote {} objects\n", rendered.objects.len()))
                }
                Format::Table => output::text(&shown(&rendered)?),
                Format::Json | Format::Yaml => output.value(&rendered),
            }
        }
    }
}

/// A build as programs are told of it.
#[derive(Serialize)]
struct Built<'r> {
    name: String,
    digest: String,
    release: &'r Release,
}

impl<'r> Built<'r> {
    fn of(release: &'r Release) -> Self {
        Self { name: release.name(), digest: release.digest(), release }
    }
}

/// Whether the service is to keep the release it builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    Yes,
    No,
}

impl Inputs {
    pub(super) fn of(paths: Vec<PathBuf>, from_service: bool, application: Option<String>) -> Self {
        Self { paths, from_service, application }
    }

    /// The release that was given, or that the files or the service build; the service keeps none for it.
    pub(super) async fn release_of(&self, session: &Session) -> Result<Release, Failure> {
        self.release(session, Keep::No).await
    }

    /// The release that was given, or that the files or the service build.
    async fn release(&self, session: &Session, keep: Keep) -> Result<Release, Failure> {
        let output = session.output;
        match self.paths.as_slice() {
            [only] => {
                if let Some(name) = of_service(only) {
                    return service_release(name, session, keep).await;
                }
            }
            many => {
                if let Some(name) = many.iter().find_map(|path| of_service(path)) {
                    return Err(Failure::usage(format_args!(
                        "{name} is of the service, and cannot be mixed with files"
                    ))
                    .how("give it alone; or give files only, with --from-service for what they lack"));
                }
            }
        }
        let mut sources = files(&self.paths)?;
        if let [only] = sources.as_slice()
            && let Ok(release) = Release::read(&only.text)
        {
            return Ok(release);
        }
        if self.from_service {
            let client = session.client()?;
            let lacking = lacking(&sources);
            sources.extend(lacking.fetch(&client).await?);
        }
        let (library, problems) = Library::load(&sources);
        let name = match &self.application {
            Some(name) => name.clone(),
            None => {
                let mut names: Vec<String> =
                    library.applications().map(|a| a.document.metadata.name.to_string()).collect();
                names.dedup();
                match names.as_slice() {
                    [only] => only.clone(),
                    // Which application is meant can be asked once the documents are in order.
                    _ if !problems.is_empty() => return Err(wrong(&problems, &sources, output)),
                    [] => return Err(Failure::usage("the files have no application")),
                    many => {
                        return Err(Failure::usage("the files have more than one application")
                            .how(format_args!("choose with --application: {}", many.join(", "))));
                    }
                }
            }
        };
        // What is wrong with the documents is said together with what is wrong with the application.
        build(&library, &name).map_err(|problems| {
            let lacks = problems.iter().any(|d| matches!(d.code, compose::Code::UnknownBlock | compose::Code::UnknownType));
            let failure = wrong(&problems, &sources, output);
            if !lacks || self.from_service {
                return failure;
            }
            failure.how("what the files lack may be in others: give those, too, or --from-service for the library of the service")
        })
    }
}

/// What a path names in the service: it has the form NAME@…, and there is no such file.
fn of_service(path: &Path) -> Option<&str> {
    let text = path.to_str()?;
    let (name, _) = text.split_once('@')?;
    (name.parse::<model::Name>().is_ok() && !path.exists()).then_some(text)
}

/// A release of the service, or what it builds of an application.
async fn service_release(name: &str, session: &Session, keep: Keep) -> Result<Release, Failure> {
    let client = session.client()?;
    let explained = |failure| library::explained(failure, &[], session.output);
    let path = |of: &str| format!("/{of}/{}", segment(name));
    let content = if name.contains("@sha256:") {
        client.get::<api::Release>(&path("releases")).await?.release
    } else if keep == Keep::Yes {
        let input = api::ReleaseCreate { application: name.to_owned() };
        let made: api::Release = client.create("/releases", &input).await.map_err(explained)?;
        client.get::<api::Release>(&format!("/releases/{}", made.id)).await?.release
    } else {
        let path = format!("{}/build", path("applications"));
        let built: api::Built = client.act(&path, &[]).await.map_err(explained)?;
        Some(built.release)
    };
    let release = serde_json::from_value(content.unwrap_or_default());
    release.map_err(|error| {
        Failure::failed(format_args!("the service answered with something that is no release: {error}"))
            .how("its version differs, perhaps: compare with skx version")
    })
}

/// What documents name and do not have.
struct Lacking {
    /// The kinds and names they have.
    have: BTreeSet<(String, String)>,
    references: BTreeSet<LibraryReference>,
}

/// Finds what some texts name and do not have. A name that they have in any version is theirs.
fn lacking(sources: &[Source]) -> Lacking {
    let documents: Vec<_> = sources.iter().flat_map(compose::documents).collect();
    let have = documents.iter().map(|d| (d.kind.to_owned(), d.name.clone())).collect::<BTreeSet<_>>();
    let named = documents.iter().flat_map(|document| compose::references(&document.json));
    let references = named.filter_map(|(kind, reference)| {
        let name = reference.split('@').next().unwrap_or_default().to_owned();
        let lacks = !have.contains(&(kind.to_owned(), name));
        let kind = if kind == "Block" { DocumentKind::Block } else { DocumentKind::InterfaceType };
        lacks.then_some(LibraryReference { kind, reference })
    });
    let references = references.collect();
    Lacking { have, references }
}

impl Lacking {
    /// Takes it from the library of the service, with what it needs in turn. What is not there either, the build says.
    async fn fetch(self, client: &Client) -> Result<Vec<Source>, Failure> {
        if self.references.is_empty() {
            return Ok(Vec::new());
        }
        let input = LibraryResolve { references: self.references.into_iter().collect() };
        let found: LibraryResolved = client.post("/library/resolve", &input).await?;
        let theirs = found.documents.into_iter().filter(|text| {
            let kind = if text.kind == DocumentKind::Block { "Block" } else { "InterfaceType" };
            !self.have.contains(&(kind.to_owned(), text.name.to_string()))
        });
        let named = |text: &LibraryText| format!("{IN_LIBRARY}{} {}@{}", text.kind.as_str(), text.name, text.version);
        Ok(theirs.map(|text| Source::new(named(&text), text.source)).collect())
    }
}

/// Reads files, and every document file below directories.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    let (mut sources, mut seen) = (Vec::new(), BTreeSet::new());
    paths.iter().try_for_each(|path| gather(path, true, &mut seen, &mut sources))?;
    Ok(sources)
}

/// Reads a file, or every document file below a directory in the order of their names. A directory is read once, however many
/// links lead to it, also from within.
fn gather(path: &Path, named: bool, seen: &mut BTreeSet<PathBuf>, sources: &mut Vec<Source>) -> Result<(), Failure> {
    let fail = |error: &io::Error| Failure::file(path, error);
    if !path.is_dir() {
        if named || path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json") {
            sources.push(source(path)?);
        }
        return Ok(());
    }
    if !seen.insert(fs::canonicalize(path).map_err(|error| fail(&error))?) {
        return Ok(());
    }
    let mut inner: Vec<PathBuf> = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(|error| fail(&error))?;
    inner.sort();
    inner.iter().filter(|p| !hidden(p)).try_for_each(|path| gather(path, false, seen, sources))
}

fn hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

pub(super) fn source(path: &Path) -> Result<Source, Failure> {
    let fail = |error: io::Error| Failure::file(path, &error);
    if path == Path::new("-") {
        return Ok(Source::new("<stdin>", io::read_to_string(io::stdin()).map_err(fail)?));
    }
    Ok(Source::new(path.display().to_string(), fs::read_to_string(path).map_err(fail)?))
}

/// Says everything that is wrong: to people with the lines it is about, to programs as a list.
pub(crate) fn wrong(problems: &Problems, sources: &[Source], output: Output) -> Failure {
    #[derive(Serialize)]
    struct Items<'p> {
        items: &'p Problems,
    }
    let text = |name: &str| sources.iter().find(|s| s.name == name).map(|s| s.text.as_str());
    let said = match output.format {
        Format::Table => {
            eprintln!("{}", problems.render(text));
            Ok(())
        }
        Format::Json | Format::Yaml => output.value(&Items { items: problems }),
    };
    said.err().unwrap_or_else(|| Failure::new(Code::Usage, "the documents are not in order"))
}

/// The objects one after the other, as what they are.
fn shown(rendered: &Rendered) -> Result<String, Failure> {
    let mut out = String::new();
    for listener in &rendered.listeners {
        let _ = writeln!(out, "# listener {} at {}:{}", listener.address, listener.host, listener.port);
    }
    for connector in &rendered.connectors {
        let _ = writeln!(out, "# connector {} to {}:{}", connector.address, connector.host, connector.port);
    }
    for object in &rendered.objects {
        let _ = write!(out, "---\n# {} {}\n{}", object.kind, object.name, content(object)?);
    }
    Ok(out)
}

fn content(object: &Object) -> Result<String, Failure> {
    let mut text = match &object.content {
        Content::Text(text) => text.clone(),
        Content::Structure(value) => serde_saphyr::to_string(value).map_err(Failure::failed)?,
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// Writes each object into a file of its own.
fn write(rendered: &Rendered, folder: &Path) -> Result<(), Failure> {
    for object in &rendered.objects {
        let name = match object.content {
            Content::Text(_) => object.name.clone(),
            Content::Structure(_) if object.kind == "compose" => object.name.clone(),
            Content::Structure(_) => format!("{}-{}.yaml", object.kind.to_lowercase(), object.name),
        };
        // Names come from documents: none may lead out of the folder.
        if !Path::new(&name).components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(Failure::failed(format_args!("{name:?} is no name for a file")));
        }
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        let text = content(object)?;
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| Failure::file(&path, &error))?;
    }
    Ok(())
}
