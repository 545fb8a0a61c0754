//! The units of a site: their names, their files, and what is asked of systemd.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{sync::Mutex, time::timeout};
use zbus::{Connection, wire::DynamicType};

use super::{
    bus::{self, Bus, Known},
    unit_file::Mark,
};
use crate::{DriverError, Options, look::Look, owner_prefix, process};

/// What the machine's systemd reads that people make.
const OF_MACHINE: &str = "/etc/systemd/system";
/// How much longer than its grace the end of a unit may take.
const LATE: Duration = Duration::from_secs(30);

/// The units of a site.
#[derive(Debug)]
pub(super) struct Units {
    bus: Bus,
    connection: Mutex<Option<Connection>>,
    /// Who changes files and has systemd read them holds it: systemd reads all at once.
    files: Mutex<()>,
    pub(super) dir: PathBuf,
    pub(super) site: String,
    prefix: String,
    pub(super) look: Look,
    pub(super) grace: Duration,
    pub(super) pause: Duration,
}

/// What systemd says to no.
pub(super) fn words(error: zbus::Error) -> String {
    match error {
        zbus::Error::MethodError(_, Some(said), _) => format!("systemd says: {said}"),
        zbus::Error::FDO(said) => format!("systemd says: {said}"),
        error => format!("systemd does not answer: {error}"),
    }
}

impl Units {
    /// Those of the site, if systemd answers.
    pub(super) async fn open(options: &Options) -> Result<Self, DriverError> {
        let of_user = !rustix::process::geteuid().is_root();
        let dir = match &options.units {
            Some(dir) => dir.clone(),
            None if of_user => of_the_user().ok_or_else(|| DriverError::plain("there is no home for units"))?,
            None => OF_MACHINE.into(),
        };
        let bus = Bus { socket: options.socket.clone(), of_user };
        let absent = |error| DriverError::new("systemd is not here", error);
        let connection = bus.connect().await.map_err(absent)?;
        fs::create_dir_all(&dir).map_err(|error| process::failed(&dir, error))?;
        let prefix = format!("{}-", owner_prefix(&options.site));
        Ok(Self {
            look: bus::look(bus.clone(), &prefix, options.pace.look),
            bus,
            connection: Mutex::new(Some(connection)),
            files: Mutex::default(),
            dir,
            site: options.site.clone(),
            prefix,
            grace: options.pace.grace,
            pause: options.pace.longest_pause,
        })
    }

    pub(super) fn of_user(&self) -> bool {
        self.bus.of_user
    }

    /// Of whose start units are part.
    pub(super) fn wanted_by(&self) -> &'static str {
        if self.bus.of_user { "default.target" } else { "multi-user.target" }
    }

    pub(super) fn name(&self, deployment: &str, workload: &str) -> String {
        format!("{}{deployment}.{workload}.service", self.prefix)
    }

    pub(super) fn file(&self, unit: &str) -> PathBuf {
        self.dir.join(unit)
    }

    /// The text of a unit's file; none, if there is none.
    pub(super) fn text(&self, unit: &str) -> io::Result<Option<String>> {
        match fs::read(self.file(unit)) {
            Ok(text) => Ok(Some(String::from_utf8_lossy(&text).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The site's units, each with its mark.
    pub(super) fn owned(&self) -> Result<Vec<(String, Mark)>, DriverError> {
        let all = process::names(&self.dir)?;
        let named = all.into_iter().filter(|name| name.starts_with(&self.prefix) && name.ends_with(".service"));
        let marked = named.filter_map(|name| {
            let mark = Mark::of(&self.text(&name).ok()??)?;
            (mark.site == self.site).then_some((name, mark))
        });
        Ok(marked.collect())
    }

    async fn connection(&self) -> zbus::Result<Connection> {
        let mut kept = self.connection.lock().await;
        match &*kept {
            Some(connection) => Ok(connection.clone()),
            None => Ok(kept.insert(self.bus.connect().await?).clone()),
        }
    }

    /// What was answered; a connection by which nothing is answered is not used again.
    async fn answered<T>(&self, result: zbus::Result<T>) -> zbus::Result<T> {
        if let Err(error) = &result
            && !matches!(error, zbus::Error::MethodError(..))
        {
            *self.connection.lock().await = None;
        }
        result
    }

    async fn ask<B: serde::Serialize + DynamicType>(&self, method: &str, body: &B) -> zbus::Result<()> {
        let connection = self.connection().await?;
        let answer = bus::ask(&connection, method, body).await;
        self.answered(answer).await.map(drop)
    }

    pub(super) async fn know(&self, unit: &str) -> zbus::Result<Known> {
        let connection = self.connection().await?;
        let known = bus::know(&connection, unit).await;
        self.answered(known).await
    }

    /// Puts a unit's file in place, whatever else was made of the unit, and has systemd read it.
    pub(super) async fn write(&self, unit: &str, text: &str) -> Result<(), String> {
        let _alone = self.files.lock().await;
        // Nothing is there to be undone where there was no such unit.
        let _ = self.ask("RevertUnitFiles", &([unit].as_slice())).await;
        let file = self.file(unit);
        replace(&file, text, 0o644).map_err(|error| format!("{}: {error}", file.display()))?;
        self.ask("Reload", &()).await.map_err(words)
    }

    /// Has a unit started whenever the machine is.
    pub(super) async fn enable(&self, unit: &str) -> Result<(), String> {
        let _alone = self.files.lock().await;
        self.ask("EnableUnitFiles", &([unit].as_slice(), false, true)).await.map_err(words)?;
        self.ask("Reload", &()).await.map_err(words)
    }

    /// Starts a unit, and waits until systemd has done so, or could not: `done`, `failed` and others.
    pub(super) async fn start(&self, unit: &str) -> Result<String, String> {
        let connection = self.connection().await.map_err(words)?;
        let result = bus::start(&connection, unit).await;
        self.answered(result).await.map_err(words)
    }

    /// Stops a unit, and waits until it is. That it does not run is no error.
    pub(super) async fn stop(&self, unit: &str) -> Result<(), String> {
        let stops = async || match self.know(unit).await.map_err(words) {
            Ok(known) if known.busy || !matches!(known.active.as_str(), "inactive" | "failed") => None,
            known => Some(known.map(drop)),
        };
        let stopped = async {
            self.ask("StopUnit", &(unit, "replace")).await.map_err(words)?;
            self.look.until(&stops).await
        };
        match timeout(self.grace + LATE, stopped).await {
            Ok(stopped) => stopped,
            Err(_) => Err(format!("{unit} does not end")),
        }
    }

    /// Stops units and removes them.
    pub(super) async fn remove(&self, units: &[&str]) -> Result<(), String> {
        for unit in units {
            let known = self.know(unit).await.map_err(words)?;
            if !matches!(known.active.as_str(), "inactive" | "failed") {
                self.stop(unit).await?;
            }
        }
        if units.is_empty() {
            return Ok(());
        }
        let _alone = self.files.lock().await;
        self.ask("DisableUnitFiles", &(units, false)).await.map_err(words)?;
        for unit in units {
            let _ = self.ask("RevertUnitFiles", &([*unit].as_slice())).await;
            let file = self.file(unit);
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(format!("{}: {error}", file.display()));
                }
                _ => {}
            }
        }
        self.ask("Reload", &()).await.map_err(words)?;
        for unit in units {
            // What did not fail is not remembered as failed.
            let _ = self.ask("ResetFailedUnit", unit).await;
        }
        Ok(())
    }
}

/// Where the user's own systemd reads what people make.
fn of_the_user() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|dir| dir.is_absolute());
    let config = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(config.join("systemd/user"))
}

/// Puts a file in place, all of it at once.
pub(super) fn replace(file: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut new = file.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut out = std::os::unix::fs::OpenOptionsExt::mode(fs::OpenOptions::new().write(true).create_new(true), 0o600)
        .open(&new)?;
    io::Write::write_all(&mut out, text.as_bytes())?;
    out.set_permissions(fs::Permissions::from_mode(mode))?;
    out.sync_all()?;
    fs::rename(&new, file)
}
