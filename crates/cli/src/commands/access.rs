use api::{AccessPoint, AccessPointCreate, AccessPointSet};
use clap::{Args, Subcommand};
use model::{AccessPointSpec, Name};

use crate::{commands::Session, confirm::Consent, failure::Failure, values::Scoped};

/// `skx backbone access …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Access {
    /// Adds an access point to a site.
    #[command(after_help = "Example:\n  skx backbone access add europe/paris dmz=member,claim@edge.example.com:443")]
    Add(Point),
    /// Replaces what an access point is: whom it admits, where others dial it, where it listens. Who is connected there
    /// learns where it is now.
    #[command(after_help = "Example:\n  skx backbone access set europe/paris dmz=member@edge.example.com:443")]
    Set {
        #[command(flatten)]
        point: Point,
        #[command(flatten)]
        force: Force,
    },
    /// Removes an access point that no link dials.
    #[command(after_help = "Example:\n  skx backbone access remove europe/paris dmz --yes")]
    Remove {
        /// The site, BACKBONE/SITE.
        site: Scoped,
        /// The access point's name.
        #[arg(value_parser = name_of)]
        access: Name,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        force: Force,
    },
}

/// Consent to cutting off what runs.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Force {
    /// Even if controllers cannot reach a deployed site any more, or members have nowhere to attach.
    #[arg(long)]
    force: bool,
}

impl Force {
    /// What is to be added to the path of the request.
    pub(crate) fn query(self) -> &'static str {
        if self.force { "?force=true" } else { "" }
    }
}

/// A site and an access point of it.
#[derive(Args, Debug)]
pub(crate) struct Point {
    /// The site, BACKBONE/SITE.
    site: Scoped,
    /// The access point. KIND is peer, member, claim or manage. HOST may be left out as long as it is not known.
    #[arg(value_name = "NAME=KIND[,KIND…]@HOST:PORT[;bind=HOST:PORT]")]
    access: AccessPointSpec,
}

fn name_of(text: &str) -> Result<Name, String> {
    if text.contains('=') {
        return Err("give the name alone, without = and what follows it".to_owned());
    }
    text.parse().map_err(|error: model::name::InvalidName| error.to_string())
}

fn path(site: &Scoped) -> String {
    format!("/backbones/{}/sites/{}/access-points", site.parent, site.name)
}

pub(crate) async fn run(command: Access, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        Access::Add(Point { site, access }) => {
            let sentence = format!("added access point {access} to {site}");
            let point: AccessPoint = client.create(&path(&site), &AccessPointCreate::from(access)).await?;
            session.output.done(&sentence, &point)
        }
        Access::Set { point: Point { site, access }, force } => {
            let sentence = format!("access point {access} of {site} is set");
            let AccessPointSpec { name, kinds, advertised, bind } = access;
            let input = AccessPointSet { kinds, advertised, bind };
            let point: AccessPoint = client.put(&format!("{}/{name}{}", path(&site), force.query()), &input).await?;
            session.output.done(&sentence, &point)
        }
        Access::Remove { site, access, consent, force } => {
            consent.ask(&format!("removes access point {access} of {site}, and ends what is connected there"))?;
            client.delete(&format!("{}/{access}{}", path(&site), force.query())).await?;
            session.output.gone(&format!("removed access point {access} of {site}"))
        }
    }
}
