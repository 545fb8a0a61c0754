use api::{Controller, Eviction};
use clap::Subcommand;
use model::ControllerId;

use crate::{
    commands::{Session, eviction, narrow::Narrow},
    confirm::Consent,
    failure::Failure,
    output::{Show, time, yes},
    wait::Wait,
};

/// `skx replica …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Replica {
    /// Lists the controllers that are heard of.
    #[command(after_help = "Example:\n  skx replica list")]
    List(Narrow),
    /// Evicts a controller for good: its id is denied at every backbone, and it stops.
    #[command(after_help = "For a machine that was lost or taken over. Who held its data directory may hold its key \
        file, too: give the others a new one, and end what that key has sealed.\n\n\
        Example:\n  skx replica evict 0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00 --yes --wait=10s")]
    Evict {
        /// The controller's id, from skx replica list.
        controller: ControllerId,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        wait: Wait,
    },
}

pub(crate) async fn run(command: Replica, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        Replica::List(narrow) => {
            session.output.list(&client.list::<Controller>("/controllers", &narrow.query()).await?)
        }
        Replica::Evict { controller, consent, wait } => {
            consent.ask(&format!("evicts controller {controller} for good; it stops"))?;
            let eviction: Eviction = client.act(&format!("/controllers/{controller}/evict"), &[]).await?;
            eviction::finish(&format!("evicted controller {controller}"), eviction, wait, session).await
        }
    }
}

impl Show for Controller {
    const HEADINGS: &'static [&'static str] = &["id", "host", "software", "started", "last seen", "answering"];

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.hostname.clone(),
            self.software.clone(),
            time(self.started),
            time(self.last_seen),
            yes(self.answering),
        ]
    }
}
