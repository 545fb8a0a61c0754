//! `skx compose`: applications out of blocks, on files alone.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Component, Path, PathBuf},
};

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
    failure::{Code, Failure},
    output::{self, Format, Output},
};

/// `skx compose`.
#[derive(Subcommand, Debug)]
pub(crate) enum Compose {
    /// Builds an application into a release, or says everything that is wrong.
    #[command(after_help = "Example:\n  skx compose build library/ shop.yaml --output shop.json")]
    Build(Build),
    /// Draws an application or a release.
    #[command(after_help = "Example:\n  skx compose graph library/ shop.yaml --format svg > shop.svg")]
    Graph(Graph),
    /// Says what differs between two applications or releases.
    #[command(after_help = "Example:\n  skx compose diff shop-1.json shop-2.json")]
    Diff(Diff),
    /// Shows exactly what a site would get.
    #[command(after_help = "Example:\n  skx compose render library/ shop.yaml --site store-017.yaml --explain")]
    Render(Render),
}

/// What is read.
#[derive(Args, Debug)]
pub(crate) struct Inputs {
    /// Files, directories (every .yaml, .yml and .json in them), or - for the standard input; or one release.
    #[arg(required = true, value_name = "FILE|DIR|-")]
    paths: Vec<PathBuf>,
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
    /// The one: a release, or a file or directory to build.
    from: PathBuf,
    /// The other.
    to: PathBuf,
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

pub(crate) fn run(command: Compose, output: Output) -> Result<(), Failure> {
    match command {
        Compose::Build(args) => {
            let release = args.inputs.release(output)?;
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
            output::text(&draw(&args.inputs.release(output)?, format))
        }
        Compose::Diff(args) => {
            let one = |path| Inputs { paths: vec![path], application: args.application.clone() }.release(output);
            let difference = diff(&one(args.from)?, &one(args.to)?);
            match output.format {
                Format::Table => output::text(&difference.text()),
                Format::Json | Format::Yaml => output.value(&difference),
            }
        }
        Compose::Render(args) => {
            let release = args.inputs.release(output)?;
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

impl Inputs {
    /// The release that was given, or that the files build.
    fn release(&self, output: Output) -> Result<Release, Failure> {
        let mut sources = Vec::new();
        for path in &self.paths {
            gather(path, true, &mut sources)?;
        }
        if let [only] = sources.as_slice()
            && let Ok(release) = Release::read(&only.text)
        {
            return Ok(release);
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
        build(&library, &name).map_err(|problems| wrong(&problems, &sources, output))
    }
}

/// Reads a file, or every document file below a directory in the order of their names.
fn gather(path: &Path, named: bool, sources: &mut Vec<Source>) -> Result<(), Failure> {
    let fail = |error: &io::Error| Failure::file(path, error);
    if !path.is_dir() {
        if named || path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json") {
            sources.push(source(path)?);
        }
        return Ok(());
    }
    let mut inner: Vec<PathBuf> = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(|error| fail(&error))?;
    inner.sort();
    inner.iter().filter(|p| !hidden(p)).try_for_each(|path| gather(path, false, sources))
}

fn hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn source(path: &Path) -> Result<Source, Failure> {
    let fail = |error: io::Error| Failure::file(path, &error);
    if path == Path::new("-") {
        return Ok(Source::new("<stdin>", io::read_to_string(io::stdin()).map_err(fail)?));
    }
    Ok(Source::new(path.display().to_string(), fs::read_to_string(path).map_err(fail)?))
}

/// Says everything that is wrong: to people with the lines it is about, to programs as a list.
fn wrong(problems: &Problems, sources: &[Source], output: Output) -> Failure {
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
