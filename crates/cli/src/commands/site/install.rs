//! A site as a service of systemd.

mod machine;

use std::path::{Path, PathBuf};

use clap::Args;
use render::{SERVICE, SERVICE_MARK, SERVICE_USER, service_unit, service_user};
use serde::Serialize;
use site::{
    join::Applied,
    state::{DataDir, Origin},
};

use crate::{
    commands::{
        join::{self, Answers, lock, unusable_state},
        proxy::ProxyArgs,
        site::runs::RunsArgs,
    },
    confirm::Consent,
    failure::{Code, Failure},
    output::Output,
};

use self::machine::{Change, Machine};

/// Where services keep what they store.
const STATE: &str = "/var/lib";
/// Where the service's own program is, unless this machine's packages brought one.
const PROGRAM: &str = "/usr/local/libexec/skx";
const USERS: &str = "/etc/sysusers.d/skx.conf";
const UNIT: &str = "/etc/systemd/system/skx-site.service";
/// What makes it start with the machine.
const WANTED: &str = "/etc/systemd/system/multi-user.target.wants/skx-site.service";

/// `skx site install`.
#[derive(Args, Debug)]
#[command(
    after_help = "It places the program, the unit skx-site.service of systemd and its user, and starts the service. Given again, it \
    changes what has changed: a newer program, for one. Without FILE there must be a site in the service's directory.\n\n\
    Example:\n  sudo skx site install exercise.invitation --name store-1\n  skx site install exercise.invitation --dry-run\n  \
    skx site install exercise.invitation --root /mnt/image"
)]
pub(crate) struct Install {
    /// The file with the invitation or bundle, as for skx join; - for standard input. None, for a site that has joined.
    #[arg(value_name = "FILE")]
    ticket: Option<PathBuf>,
    #[command(flatten)]
    answers: Answers,
    #[command(flatten)]
    proxy: ProxyArgs,
    #[command(flatten)]
    runs: RunsArgs,
    /// The site's own directory, below /var/lib.
    #[arg(long, env = "SKX_SITE_DATA_DIR", value_name = "DIR", default_value = "/var/lib/skx/site", value_parser = state_directory)]
    data_dir: String,
    #[command(flatten)]
    target: Target,
}

/// `skx site uninstall`.
#[derive(Args, Debug)]
#[command(
    after_help = "What the site stored, and the user skx, stay: to leave the network, run skx site leave before.\n\n\
    Example:\n  sudo skx site uninstall --yes"
)]
pub(crate) struct Uninstall {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    consent: Consent,
}

/// Which machine.
#[derive(Args, Debug)]
struct Target {
    /// Place files below this directory, as for an image of a machine, and start nothing.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What was done, or would be.
#[derive(Serialize)]
struct Report {
    service: &'static str,
    dry_run: bool,
    files: Vec<File>,
    /// Whether the service was started; it was not where systemd does not run.
    started: bool,
}

#[derive(Serialize)]
struct File {
    path: String,
    change: Change,
}

impl Report {
    fn new(machine: &Machine) -> Self {
        Self { service: SERVICE, dry_run: machine.dry_run(), files: Vec::new(), started: false }
    }

    fn add(&mut self, path: impl Into<String>, change: Change) {
        self.files.push(File { path: path.into(), change });
    }

    fn changed(&self) -> bool {
        self.files.iter().any(|file| file.change != Change::Kept)
    }

    fn show(&self, sentence: &str, output: Output) -> Result<(), Failure> {
        let files: String =
            self.files.iter().map(|file| format!("{:<8} {}\n", file.change.word(), file.path)).collect();
        let lead = if self.dry_run { "this is what would be done; nothing was\n" } else { "" };
        output.done(&format!("{lead}{files}{sentence}"), self)
    }
}

/// A directory below `/var/lib` whose name needs no quoting.
fn state_directory(text: &str) -> Result<String, String> {
    let below = text.strip_prefix(STATE).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
    let fine = |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(plain);
    if below.split('/').all(fine) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "a service keeps what it stores below {STATE}; move the directory there, and name it with letters, digits and ._-"
        ))
    }
}

fn plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-".contains(c)
}

pub(crate) fn install(args: Install, output: Output) -> Result<(), Failure> {
    let Install { ticket, answers, proxy, runs, data_dir, target } = args;
    runs.fit_service(SERVICE_USER)?;
    let machine = Machine::new(target.root, target.dry_run)?;
    let mut report = Report::new(&machine);
    let unit_there = machine.read(UNIT)?;
    if unit_there.is_some_and(|unit| !unit.starts_with(SERVICE_MARK)) {
        return Err(Failure::new(Code::Conflict, format_args!("{UNIT} was made by somebody else"))
            .how("remove it, or keep it and start the site with skx site run"));
    }
    let change = site(&machine, ticket.as_deref(), answers, (proxy, runs), &data_dir)?;
    report.add(&data_dir, change);
    let program = match machine.own_program() {
        Some(packaged) => packaged,
        None => {
            report.add(PROGRAM, machine.place_program(PROGRAM)?);
            PROGRAM.to_owned()
        }
    };
    let state = data_dir.strip_prefix(STATE).unwrap_or_default().trim_start_matches('/');
    report.add(USERS, machine.place(USERS, &service_user())?);
    report.add(UNIT, machine.place(UNIT, &service_unit(&program, state))?);
    report.add(WANTED, machine.link(WANTED, UNIT)?);
    if machine.runs() {
        machine.order("systemd-sysusers", &[USERS])?;
        machine.order("systemctl", &["daemon-reload"])?;
        machine.order("systemctl", &[if report.changed() { "restart" } else { "start" }, SERVICE])?;
        report.started = true;
    }
    let sentence = if report.started {
        format!(
            "the service {SERVICE} runs as the user {SERVICE_USER}; how it stands: sudo skx site status --data-dir {data_dir}"
        )
    } else {
        format!("the service {SERVICE} starts with the machine")
    };
    report.show(&sentence, output)
}

/// Applies the ticket to the service's directory, or sees that there is a site.
fn site(
    machine: &Machine,
    ticket: Option<&Path>,
    answers: Answers,
    (proxy, runs): (ProxyArgs, RunsArgs),
    data_dir: &str,
) -> Result<Change, Failure> {
    let dir = DataDir::new(machine.at(data_dir));
    let there = dir.site().map_err(unusable_state)?;
    let Some(ticket) = ticket else {
        return match there {
            Some(_) => Ok(Change::Kept),
            None => Err(Failure::new(Code::NotFound, format_args!("there is no site in {}", dir.path().display()))
                .how("give the invitation or bundle: skx site install FILE")),
        };
    };
    let ticket = join::read(ticket)?;
    let same = there.as_ref().is_some_and(|site| site.origin.is_same(&Origin::of(&ticket)));
    // The service that runs has its directory to itself, and has this ticket already.
    if machine.dry_run() || same && dir.is_running() {
        return Ok(if same { Change::Kept } else { Change::Made });
    }
    machine.make_parents(data_dir)?;
    let dir = lock(dir.path().to_owned())?;
    proxy.settle(&dir)?;
    let applied = join::begin(&dir, ticket, answers)?;
    runs.settle(&dir)?;
    Ok(match applied {
        Applied::Began => Change::Made,
        Applied::Resumed => Change::Kept,
    })
}

pub(crate) fn uninstall(args: Uninstall, output: Output) -> Result<(), Failure> {
    let Uninstall { target, consent } = args;
    let machine = Machine::new(target.root, target.dry_run)?;
    let Some(unit) = machine.read(UNIT)?.filter(|unit| unit.starts_with(SERVICE_MARK)) else {
        return Err(Failure::new(Code::NotFound, format_args!("there is no service {SERVICE} here"))
            .how("skx site install makes one"));
    };
    let stays = unit.lines().find_map(|line| line.strip_prefix("StateDirectory=")).unwrap_or_default();
    let stays = format!("what the site stored stays in {STATE}/{stays}");
    if !machine.dry_run() {
        consent.ask(&format!("stops the service {SERVICE} and takes it off this machine; {stays}"))?;
    }
    let mut report = Report::new(&machine);
    if machine.runs() {
        machine.order("systemctl", &["stop", SERVICE])?;
    }
    for path in [WANTED, UNIT, USERS, PROGRAM] {
        if machine.remove(path)? {
            report.add(path, Change::Removed);
        }
    }
    if machine.runs() {
        machine.order("systemctl", &["daemon-reload"])?;
    }
    report.show(&stays, output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_keeps_what_it_stores_below_var_lib() {
        for fine in ["/var/lib/skx/site", "/var/lib/site-2"] {
            assert_eq!(state_directory(fine).as_deref(), Ok(fine));
        }
        for bad in
            ["/home/me/site", "/var/lib", "/var/lib/", "/var/library", "/var/lib/../home", "/var/lib/a b", "site"]
        {
            assert!(state_directory(bad).expect_err(bad).contains("/var/lib"), "{bad}");
        }
    }
}
