//! One workload as a service.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use model::Clock;

use super::{
    bus::Known,
    unit_file::{Described, Mark, environment},
    units::{Units, replace, words},
};
use crate::{
    probe::Beside,
    process::{
        place::Place,
        program::{Program, run_to_end},
    },
    supervise::{End, Started, Unit},
};

/// The codes by which systemd says why it could not run a program.
const NO_PROGRAM: i32 = 203;
const NO_GROUP: i32 = 216;
const NO_USER: i32 = 217;

/// One workload as a service.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) units: Arc<Units>,
    pub(super) unit: String,
    pub(super) mark: Mark,
    pub(super) program: Program,
    pub(super) place: Place,
    /// Where it is noted since when it is there.
    pub(super) since: PathBuf,
    pub(super) clock: Arc<dyn Clock>,
    /// The run that was seen last.
    pub(super) seen: Mutex<Vec<u8>>,
}

impl Service {
    fn environment(&self) -> PathBuf {
        self.place.workload(&self.program.deployment, &self.program.name).join("environment")
    }

    fn text(&self) -> Result<String, String> {
        let described = Described {
            mark: &self.mark,
            runnable: &self.program.runnable,
            user: self.program.runnable.user.filter(|user| *user != rustix::process::geteuid().as_raw()),
            workdir: &self.program.workdir(),
            environment: &self.environment(),
            grace: self.units.grace,
            pause: self.units.pause,
            wanted_by: self.units.wanted_by(),
        };
        described.text()
    }

    /// Whether systemd has read just what it was given, and nothing besides.
    fn is_as_made(&self, known: &Known, found: Option<&str>) -> bool {
        let own = format!("{}.d", self.unit);
        // What is added to all services is somebody else's business.
        let added = known.drop_ins.iter().any(|it| it.parent().is_some_and(|dir| dir.ends_with(&own)));
        let read = known.load == "loaded" && known.file.ends_with(&self.unit) && !known.outdated;
        found.is_some_and(|text| self.mark.is_on(text)) && read && !added
    }

    async fn begin(&self) -> Result<Started, String> {
        let text = self.text()?;
        let file = self.units.file(&self.unit);
        let found = self.units.text(&self.unit).map_err(|error| format!("{}: {error}", file.display()))?;
        let whose = found.as_deref().map(Mark::of);
        if whose.is_some_and(|mark| mark.is_none_or(|mark| mark.site != self.mark.site)) {
            return Err(format!("there is a unit {} of somebody else", self.unit));
        }
        let known = self.units.know(&self.unit).await.map_err(words)?;
        let as_made = self.is_as_made(&known, found.as_deref());
        if as_made && (known.active == "active" || has_ended(&known) && !self.program.runnable.restart) {
            self.keep_enabled(&known).await?;
            return Ok(Started { anew: self.is_another(known.invocation), image: None });
        }
        self.units.stop(&self.unit).await.or_else(|why| if known.load == "loaded" { Err(why) } else { Ok(()) })?;
        self.furnish()?;
        if !as_made {
            self.units.write(&self.unit, &text).await?;
        }
        if self.program.runnable.restart {
            self.units.enable(&self.unit).await?;
        }
        let done = self.units.start(&self.unit).await?;
        let known = self.units.know(&self.unit).await.map_err(words)?;
        if done != "done" {
            return Err(self.why_not(&known));
        }
        self.is_another(known.invocation);
        Ok(Started { anew: true, image: None })
    }

    /// Puts in place what it finds when it starts.
    fn furnish(&self) -> Result<(), String> {
        let it = &self.program;
        self.place.furnish(&it.deployment, &it.name, &it.runnable, &it.secrets)?;
        let at = self.environment();
        replace(&at, &environment(&it.environment())?, 0o600).map_err(|error| format!("{}: {error}", at.display()))?;
        if self.since.exists() {
            return Ok(());
        }
        let now = self.clock.now().to_string();
        replace(&self.since, &now, 0o600).map_err(|error| format!("{}: {error}", self.since.display()))
    }

    /// Why its program was not run at all, in words.
    fn why_not(&self, known: &Known) -> String {
        let program = self.program.words().next().map_or("", String::as_str);
        match (known.load.as_str(), known.status, self.program.runnable.user) {
            ("loaded", NO_PROGRAM, _) => {
                format!("{program} cannot be run: it is not there, or not for everybody to run")
            }
            ("loaded", NO_USER | NO_GROUP, Some(user)) => {
                format!("there is no user {user} on this machine that could run {program}")
            }
            ("loaded", code, _) => format!("{program} cannot be run: systemd gave up with {} {code}", known.result),
            (load, ..) => format!("systemd cannot read the unit {}: it is {load}", self.unit),
        }
    }

    /// Whether it is another run than the one that was seen last.
    fn is_another(&self, invocation: Vec<u8>) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let another = !seen.is_empty() && *seen != invocation;
        *seen = invocation;
        another
    }

    /// Has it started with the machine, also if somebody said otherwise.
    async fn keep_enabled(&self, known: &Known) -> Result<(), String> {
        if self.program.runnable.restart && known.enabled != "enabled" {
            self.units.enable(&self.unit).await?;
        }
        Ok(())
    }

    /// How it ended, if it does not run as it should.
    async fn end(&self) -> Option<End> {
        let otherwise = |words: &str| Some(End::Otherwise(words.to_owned()));
        let known = match self.units.know(&self.unit).await {
            Ok(known) => known,
            Err(error) => return Some(End::Otherwise(words(error))),
        };
        let Ok(found) = self.units.text(&self.unit) else { return otherwise("its unit cannot be read") };
        if !self.is_as_made(&known, found.as_deref()) {
            return otherwise("somebody changed it");
        }
        match (known.active.as_str(), known.sub.as_str()) {
            ("active", "exited") => Some(End::Code(0)),
            ("active", _) => match self.keep_enabled(&known).await {
                Ok(()) => None,
                Err(why) => Some(End::Otherwise(why)),
            },
            _ if has_ended(&known) => Some(ended(&known)),
            ("inactive", _) => otherwise("somebody stopped it"),
            // On the way to another state, of which is told.
            _ => None,
        }
    }
}

/// Whether it ran, and does not run any more.
fn has_ended(known: &Known) -> bool {
    let again = known.sub == "auto-restart";
    !known.busy && (again || known.active == "failed" || known.sub == "exited")
}

fn ended(known: &Known) -> End {
    match known.how {
        1 => End::Code(known.status.into()),
        _ if known.result == "oom-kill" => End::Killed("it used more memory than it may".to_owned()),
        2 | 3 => End::Killed(format!("it was ended by signal {}", known.status)),
        _ => End::Otherwise(format!("systemd gave up: {}", known.result)),
    }
}

impl Beside for Service {
    fn run<'a>(&'a self, words: &'a [String]) -> BoxFuture<'a, Result<(), String>> {
        async move {
            let program = words.first().map_or("", String::as_str);
            run_to_end(self.program.command(words.iter())?, program).await
        }
        .boxed()
    }
}

impl Unit for Service {
    fn start<'a>(&'a self, _say: &'a (dyn Fn(String) + Sync)) -> BoxFuture<'a, Result<Started, String>> {
        self.begin().boxed()
    }

    fn ended(&self) -> BoxFuture<'_, End> {
        self.units.look.until(|| self.end()).boxed()
    }

    fn stop(&self) -> BoxFuture<'_, ()> {
        async {
            if let Err(why) = self.units.stop(&self.unit).await {
                tracing::debug!(unit = self.unit, why, "it was not stopped");
            }
        }
        .boxed()
    }
}
