//! What changes, as it does.

use api::{AuditEvent, Liveness, Traffic};
use clap::Args;
use model::Name;

use crate::{
    commands::Session,
    events::Told,
    failure::Failure,
    output::{Output, Show, time},
};

/// `skx events`.
#[derive(Args, Debug)]
#[command(
    after_help = "Each event of the audit chain has its position; --after goes on where another reader has ended. With \
    --follow, sites that come and go and what they carry are shown as well, without a position. With -o json, every line is \
    one object.\n\nExample:\n  skx events --network exercise --follow -o json"
)]
pub(crate) struct Events {
    /// Only what happens in this application network.
    #[arg(long, value_name = "NAME")]
    network: Option<Name>,
    /// Only what happens to objects of these kinds, such as invitation,site.
    #[arg(long, value_name = "KIND,…")]
    kind: Option<String>,
    /// Begin after the event with this position. With --follow: with what happens from now on, unless given.
    #[arg(long, value_name = "POSITION")]
    after: Option<u64>,
    /// Go on with what happens from now on.
    #[arg(long)]
    follow: bool,
}

pub(crate) async fn run(args: Events, session: &Session) -> Result<(), Failure> {
    let Events { network, kind, after, follow } = args;
    let after = after.or((!follow).then_some(0)).map(|position| position.to_string());
    let given = [
        ("network", network.as_ref().map(Name::as_str)),
        ("kind", kind.as_deref()),
        ("after", after.as_deref()),
        ("follow", (!follow).then_some("false")),
    ];
    let query: Vec<(&str, &str)> = given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    session.client()?.watch(&query, follow, |told| show(told, session.output)).await
}

fn show(told: &Told, output: Output) -> Result<(), Failure> {
    match told.event.as_str() {
        "change" => output.line(&read::<AuditEvent>(told)?),
        "liveness" => output.line(&read::<Liveness>(told)?),
        "traffic" => output.line(&read::<Traffic>(told)?),
        // A newer controller tells more.
        _ => Ok(()),
    }
}

/// What was told.
pub(crate) fn read<T: serde::de::DeserializeOwned>(told: &Told) -> Result<T, Failure> {
    serde_json::from_str(&told.data).map_err(|error| {
        Failure::failed(format_args!("the controller told something unexpected: {error}"))
            .how("its version differs, perhaps: compare with skx version")
    })
}

impl Show for Liveness {
    const HEADINGS: &'static [&'static str] = AuditEvent::HEADINGS;

    fn row(&self) -> Vec<String> {
        let what = if self.connected { "is connected" } else { "is gone" };
        vec![
            String::new(),
            time(self.last_seen),
            String::new(),
            what.to_owned(),
            format!("{} {}", self.object_kind, self.object_id),
            String::new(),
        ]
    }
}

impl Show for Traffic {
    const HEADINGS: &'static [&'static str] = AuditEvent::HEADINGS;

    fn row(&self) -> Vec<String> {
        vec![
            String::new(),
            String::new(),
            String::new(),
            format!("carries {} connections, {} bytes in, {} out", self.connections, self.bytes_in, self.bytes_out),
            format!("{} {}", self.object_kind, self.object_id),
            String::new(),
        ]
    }
}
