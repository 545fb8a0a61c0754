use std::{
    io::{IsTerminal as _, Read as _, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::Args;
use jiff::Timestamp;
use model::{HostPort, Name, ticket::Ticket};
use pki::ticket::TicketError;
use site::{
    Options, Outcome, RunError,
    join::{Applied, JoinError, Needs, Wishes, apply, needs, read_ticket},
    progress::{Progress, Watcher},
    state::{DataDir, LockError, LockedDir, StateError},
};
use tokio::signal::unix::{Signal, SignalKind, signal};
use trace::{Endpoint, Tracer};

use crate::{
    commands::{
        proxy::ProxyArgs,
        site::{Dir, runs::RunsArgs},
    },
    confirm, context,
    failure::{Code, Failure},
    output::Output,
};

/// `skx join`.
#[derive(Args, Debug)]
#[command(
    after_help = "It goes on until it is told to end (Ctrl-C or SIGTERM). Run again, with the same invitation or \
    as `skx site run`, it resumes. A final refusal is exit code 5.\n\n\
    Example:\n  skx join exercise.invitation --name store-1\n  skx join exercise.invitation --proxy http://proxy.example.com:3128\n  skx join exercise.invitation --run process\n  skx join - < exercise.invitation"
)]
pub(crate) struct Join {
    /// The file with the invitation or bundle; - for standard input.
    #[arg(value_name = "FILE")]
    ticket: PathBuf,
    #[command(flatten)]
    answers: Answers,
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    local: LocalListen,
    #[command(flatten)]
    proxy: ProxyArgs,
    #[command(flatten)]
    runs: RunsArgs,
    #[command(flatten)]
    traces: Traces,
}

/// What the participant says to an invitation.
#[derive(Args, Debug)]
pub(crate) struct Answers {
    /// The name the site shall have in its network. Where the invitation lets you choose one, you are asked.
    #[arg(long, env = "SKX_SITE_NAME")]
    name: Option<Name>,
    /// The access point to attach to first, one of the invitation's.
    #[arg(long, value_name = "HOST:PORT")]
    prefer: Option<HostPort>,
    /// The file with the invitation's passcode. Where the invitation asks for one, so are you.
    #[arg(long, value_name = "FILE")]
    passcode_file: Option<PathBuf>,
}

/// Where the participant's own API listens.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct LocalListen {
    /// Where the site's local API listens, on this machine only; a free port, unless given.
    #[arg(
        long,
        env = "SKX_LOCAL_LISTEN",
        value_name = "IP:PORT",
        default_value = "127.0.0.1:0",
        hide_default_value = true,
        value_parser = crate::values::loopback
    )]
    local_listen: SocketAddr,
}

/// Who is told of the site's part in traces.
#[derive(Args, Clone, Debug)]
pub(crate) struct Traces {
    /// The collector that is told, by OTLP over HTTP, what the site made of changes; nobody is, unless given.
    #[arg(long, env = "SKX_OTLP_ENDPOINT", value_name = "URL")]
    otlp_endpoint: Option<Endpoint>,
}

impl Traces {
    fn tracer(&self) -> Result<Tracer, Failure> {
        let Some(endpoint) = &self.otlp_endpoint else { return Ok(Tracer::default()) };
        Tracer::start(endpoint, "skx-site", env!("CARGO_PKG_VERSION"), &[])
            .map_err(|error| Failure::failed(chain(&error)))
    }
}

pub(crate) async fn run(args: Join, _: Output) -> Result<(), Failure> {
    let ticket = read(&args.ticket)?;
    let dir = lock(args.dir.data_dir())?;
    say(match begin(&dir, ticket, args.answers)? {
        Applied::Began => Progress::KeyMade.to_string(),
        Applied::Resumed => format!("resuming the site in {}", dir.dir().path().display()),
    });
    args.runs.settle(&dir)?;
    serve(dir, args.local, args.proxy, args.traces, Watcher::new(|progress| say(progress))).await
}

/// Applies a ticket to a directory. Asks for what it wants to be told and is not answered yet.
pub(crate) fn begin(dir: &LockedDir, ticket: Ticket, answers: Answers) -> Result<Applied, Failure> {
    let Answers { name, prefer, passcode_file } = answers;
    let passcode = passcode_file.map(|file| context::secret_line(&file, "passcode")).transpose()?;
    let wishes = Wishes { name, passcode, prefer };
    let needs = needs(dir, &ticket, &wishes, Timestamp::now()).map_err(unusable_state)?;
    apply(dir, ticket, complete(wishes, needs)?, Timestamp::now()).map_err(not_applied)
}

/// Asks, where there is somebody to ask, for what the invitation wants to be told.
fn complete(mut wishes: Wishes, needs: Needs) -> Result<Wishes, Failure> {
    let missing = |what: &str, option: &str| {
        Failure::usage(format_args!("this invitation asks for {what}, and there is no terminal to ask at"))
            .how(format_args!("give {option}"))
    };
    let terminal = std::io::stdin().is_terminal();
    if needs.name {
        if !terminal {
            return Err(missing("a name for the site", "--name NAME"));
        }
        let name = confirm::line("What is this site to be called? ")?;
        let invalid = |error: model::name::InvalidName| Failure::usage(error);
        wishes.name = Some(name.parse().map_err(invalid)?);
    }
    if needs.passcode {
        if !terminal {
            return Err(missing("a passcode", "--passcode-file FILE"));
        }
        wishes.passcode = Some(confirm::secret("The invitation's passcode: ")?);
    }
    Ok(wishes)
}

/// Runs the site in a directory until it is told to end.
pub(crate) async fn serve(
    dir: LockedDir,
    local: LocalListen,
    proxy: ProxyArgs,
    traces: Traces,
    watcher: Watcher,
) -> Result<(), Failure> {
    let proxy = proxy.settle(&dir)?;
    let shutdown = stop_signal()?;
    let options = Options {
        local_listen: local.local_listen,
        proxy,
        watcher,
        tracer: traces.tracer()?,
        ..Options::new(concat!("skx/", env!("CARGO_PKG_VERSION")))
    };
    match site::run(dir, options, shutdown).await.map_err(not_run)? {
        Outcome::Stopped | Outcome::Left { .. } => Ok(()),
        Outcome::Over(over) => Err(Failure::new(Code::Conflict, over.reason)),
    }
}

/// Takes a data directory for this process.
pub(crate) fn lock(dir: PathBuf) -> Result<LockedDir, Failure> {
    DataDir::new(dir).lock().map_err(|error| match &error {
        LockError::Busy { .. } => Failure::new(Code::Conflict, &error),
        LockError::Unusable { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
            Failure::new(Code::Denied, chain(&error)).how("name a directory of your own with --data-dir")
        }
        LockError::Unusable { .. } => Failure::failed(chain(&error)),
    })
}

pub(crate) fn unusable_state(error: StateError) -> Failure {
    Failure::failed(chain(&error))
}

fn not_applied(error: JoinError) -> Failure {
    match error {
        JoinError::Wish(words) => Failure::usage(words),
        JoinError::State(error) => unusable_state(error),
        final_refusal => Failure::new(Code::Conflict, chain(&final_refusal)),
    }
}

fn not_run(error: RunError) -> Failure {
    let code = if matches!(error, RunError::Nothing(_)) { Code::NotFound } else { Code::Failed };
    Failure::new(code, chain(&error))
}

/// The invitation or bundle in a file; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<Ticket, Failure> {
    let text = if path.as_os_str() == "-" { pasted()? } else { context::read(path)? };
    read_ticket(&text).map_err(|error| {
        // What only a newer program reads is no mistake of who gave it.
        let newer = matches!(error, TicketError::UnknownKind(_) | TicketError::NewerFormat(_));
        Failure::new(if newer { Code::Conflict } else { Code::Usage }, chain(&error))
    })
}

fn pasted() -> Result<String, Failure> {
    if std::io::stdin().is_terminal() {
        eprintln!("paste the invitation, then press Ctrl-D:");
    }
    let mut text = String::new();
    let unreadable = |error| Failure::file(Path::new("standard input"), &error);
    std::io::stdin().lock().read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

/// One line for the person who watches. Nobody may be watching: that is no reason to end a site.
fn say(line: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Resolves when the process is asked to end.
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let (end, mut hangup) = (end_signal()?, received(SignalKind::hangup())?);
    Ok(async move {
        tokio::select! {
            () = end => {}
            _ = hangup.recv() => {}
        }
    })
}

/// The same, for what does something else at SIGHUP.
pub(crate) fn end_signal() -> Result<impl Future<Output = ()>, Failure> {
    let (mut interrupt, mut terminate) = (received(SignalKind::interrupt())?, received(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// A signal, from now on.
pub(crate) fn received(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|error| Failure::failed(format_args!("signals cannot be received: {error}")))
}

/// An error with everything that led to it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
