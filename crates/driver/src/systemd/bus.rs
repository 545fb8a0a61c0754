//! systemd by its D-Bus API.

use std::{
    collections::HashMap, num::NonZeroUsize, os::unix::net::UnixStream, path::PathBuf, sync::Arc, time::Duration,
};

use futures_util::{FutureExt as _, StreamExt as _, future::ready};
use zbus::{
    Connection, MatchRule, MessageStream, OwnedObjectPath, OwnedVariant, connection::Builder,
    message::Type as MessageType, wire::DynamicType,
};

use crate::look::{Events, Look};

const NAME: &str = "org.freedesktop.systemd1";
const ROOT: &str = "/org/freedesktop/systemd1";
const OVERSEER: &str = "org.freedesktop.systemd1.Manager";

/// How long systemd may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many signals wait until somebody cares.
const QUEUE: NonZeroUsize = NonZeroUsize::new(1024).expect("it is more than nothing");

type Properties = HashMap<String, OwnedVariant>;

/// Which systemd it is, and how it is reached.
#[derive(Clone, Debug)]
pub(super) struct Bus {
    /// Where its bus is. Where it usually is, if nothing is said.
    pub(super) socket: Option<PathBuf>,
    /// Whether it is the user's own, and not the machine's.
    pub(super) of_user: bool,
}

/// A unit as systemd knows it.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Whether its file was read: `loaded`, `not-found`, `masked` and others.
    pub(super) load: String,
    /// The file it was read from.
    pub(super) file: PathBuf,
    /// What was added to that file.
    pub(super) drop_ins: Vec<PathBuf>,
    /// Whether its file became another one since it was read.
    pub(super) outdated: bool,
    /// Whether it is started when the machine is: `enabled`, `disabled` and others.
    pub(super) enabled: String,
    /// `active`, `inactive`, `failed`, `activating` and others.
    pub(super) active: String,
    /// More than that: `running`, `exited`, `auto-restart` and others.
    pub(super) sub: String,
    /// Which of its runs it is.
    pub(super) invocation: Vec<u8>,
    /// Whether it is on the way to another state.
    pub(super) busy: bool,
    /// What came of it: `success`, `exit-code`, `signal`, `oom-kill` and others.
    pub(super) result: String,
    /// How its process ended: by itself (1), or killed (2 and 3).
    pub(super) how: i32,
    /// The code or the signal it ended with.
    pub(super) status: i32,
}

impl Bus {
    /// A connection. It is there for as long as somebody has it.
    pub(super) async fn connect(&self) -> zbus::Result<Connection> {
        let builder = match &self.socket {
            Some(socket) => Builder::unix_stream(UnixStream::connect(socket)?),
            None if self.of_user => Builder::session(),
            None => Builder::system(),
        };
        let connection = builder.method_timeout(PATIENCE).build().await?;
        // It says nothing of what happens to those who do not ask for it.
        ask(&connection, "Subscribe", &()).await?;
        Ok(connection)
    }
}

/// Asks systemd for something.
pub(super) async fn ask<B: serde::Serialize + DynamicType>(
    connection: &Connection,
    method: &str,
    body: &B,
) -> zbus::Result<zbus::Message> {
    connection.call_method(Some(NAME), ROOT, Some(OVERSEER), method, body).await
}

/// Starts a unit, and gives what came of it: `done`, `failed` and others.
pub(super) async fn start(connection: &Connection, unit: &str) -> zbus::Result<String> {
    let rule = signals().interface(OVERSEER).member("JobRemoved").build()?;
    let mut removed = MessageStream::for_match_rule(rule, connection, Some(QUEUE)).await?;
    let job: OwnedObjectPath = ask(connection, "StartUnit", &(unit, "replace")).await?.body().deserialize()?;
    while let Some(signal) = removed.next().await {
        let (_, of, _, result): (u32, OwnedObjectPath, String, String) = signal?.body().deserialize()?;
        if of == job {
            return Ok(result);
        }
    }
    Err(zbus::Error::Failure("its bus ended".to_owned()))
}

fn signals() -> zbus::match_rule::Builder<'static> {
    MatchRule::builder().msg_type(MessageType::Signal).sender(NAME)
}

/// A unit, as systemd knows it now.
pub(super) async fn know(connection: &Connection, unit: &str) -> zbus::Result<Known> {
    let answer = ask(connection, "LoadUnit", &(unit)).await?;
    let path: OwnedObjectPath = answer.body().deserialize()?;
    let mut all = properties(connection, &path, "Unit").await?;
    all.extend(properties(connection, &path, "Service").await?);
    let mut it = Read(all);
    // What is to be done next, if anything: its number is 0 if there is nothing.
    let job: (u32, OwnedObjectPath) = it.take("Job")?;
    Ok(Known {
        load: it.take("LoadState")?,
        file: it.take::<String>("FragmentPath")?.into(),
        drop_ins: it.take::<Vec<String>>("DropInPaths")?.into_iter().map(PathBuf::from).collect(),
        outdated: it.take("NeedDaemonReload")?,
        enabled: it.take("UnitFileState")?,
        active: it.take("ActiveState")?,
        sub: it.take("SubState")?,
        invocation: it.take("InvocationID")?,
        busy: job.0 != 0,
        result: it.take("Result")?,
        how: it.take("ExecMainCode")?,
        status: it.take("ExecMainStatus")?,
    })
}

async fn properties(connection: &Connection, path: &OwnedObjectPath, of: &str) -> zbus::Result<Properties> {
    let interface = format!("{NAME}.{of}");
    let answer = connection
        .call_method(Some(NAME), path, Some("org.freedesktop.DBus.Properties"), "GetAll", &(interface.as_str()))
        .await?;
    answer.body().deserialize()
}

/// Properties that are taken one by one.
struct Read(Properties);

impl Read {
    fn take<T>(&mut self, name: &'static str) -> zbus::Result<T>
    where
        T: TryFrom<OwnedVariant, Error = zbus::Error>,
    {
        let value = self.0.remove(name).ok_or_else(|| zbus::Error::Failure(format!("systemd does not say {name}")))?;
        value.try_into()
    }
}

/// Hears what happens to the units whose names begin with `prefix`.
pub(super) fn look(bus: Bus, prefix: &str, pace: Duration) -> Look {
    let paths: Arc<str> = format!("{ROOT}/unit/{}", escaped(prefix)).into();
    Look::new(pace, move || {
        let (bus, paths) = (bus.clone(), paths.clone());
        async move {
            let heard = events(&bus, paths).await;
            heard.inspect_err(|error| tracing::debug!(%error, "systemd does not tell what happens")).ok()
        }
        .boxed()
    })
}

/// What happens to the units below `paths`, and to systemd itself.
async fn events(bus: &Bus, paths: Arc<str>) -> zbus::Result<Events> {
    let connection = bus.connect().await?;
    let signals = MessageStream::for_match_rule(signals().build()?, &connection, Some(QUEUE)).await?;
    let ours = move |signal: zbus::Message| {
        let header = signal.header();
        let of = header.path().map_or("", |path| path.as_str());
        ready((of == ROOT || of.starts_with(&*paths)).then_some(()))
    };
    Ok(signals
        .take_while(|signal| ready(signal.is_ok()))
        .filter_map(|signal| ready(signal.ok()))
        .filter_map(ours)
        .boxed())
}

/// A name as it stands in the path of a unit.
fn escaped(name: &str) -> String {
    let one = |byte: u8| match byte {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(byte).to_string(),
        _ => format!("_{byte:02x}"),
    };
    name.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_of_units_are_known_by_their_names() {
        assert_eq!(super::escaped("skx-1a.b"), "skx_2d1a_2eb");
    }
}
