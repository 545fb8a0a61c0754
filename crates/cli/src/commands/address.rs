//! The addresses of a network: how they pick among those who serve them, who serves and uses them, and what flowed.

use api::{AddressPolicy, AddressPolicySet, AddressUse, Flow, FlowDirection, ServiceAddress};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use model::{Address, Name, router::AddressPolicy as Policy};

use crate::{
    commands::Session,
    confirm::Consent,
    failure::Failure,
    output::{Show, time},
    values,
};

/// `skx network address …`.
#[derive(Subcommand, Debug)]
pub(crate) enum AddressCommand {
    /// Sets how an address picks among the sites that serve it, for new connections.
    #[command(
        after_help = "closest picks the nearest site, and among equally near ones the one with the fewest connections. \
        balanced spreads connections over all sites, those farther away getting fewer.\n\n\
        Example:\n  skx network address set exercise till.api --policy balanced"
    )]
    Set {
        /// The network.
        network: Name,
        /// The address.
        address: Address,
        /// How it picks: closest or balanced.
        #[arg(long, value_name = "POLICY", value_parser = policy)]
        policy: Policy,
    },
    /// Lists the addresses for which a policy is set; all others pick the closest site.
    #[command(after_help = "Example:\n  skx network address list exercise")]
    List {
        /// The network.
        network: Name,
    },
    /// Lets an address pick the closest site again.
    #[command(after_help = "Example:\n  skx network address remove exercise till.api --yes")]
    Remove {
        /// The network.
        network: Name,
        /// The address.
        address: Address,
        #[command(flatten)]
        consent: Consent,
    },
}

/// `skx network flows`.
#[derive(Args, Debug)]
#[command(
    after_help = "A flow is told of by both sites it touches, once its connections have ended; connections that came out \
    alike within a second are one line. The last 10000 of a network are kept. With --follow and -o json, every line is \
    one object.\n\nExample:\n  skx network flows exercise --address till.api --follow"
)]
pub(crate) struct Flows {
    /// The network.
    network: Name,
    /// Only flows at this member site, or with it at the other end.
    #[arg(long)]
    site: Option<Name>,
    /// Only flows of this address.
    #[arg(long)]
    address: Option<Address>,
    /// Go on with what flows from now on.
    #[arg(long)]
    follow: bool,
}

fn policy(text: &str) -> Result<Policy, String> {
    values::choice(text, &["closest", "balanced"], &["weighted", "failover"])?
        .parse()
        .map_err(|error: model::router::InvalidAddressPolicy| error.to_string())
}

pub(crate) async fn run(command: AddressCommand, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        AddressCommand::Set { network, address, policy } => {
            let input = AddressPolicySet { policy };
            let set: AddressPolicy = client.put(&path(&network, &address), &input).await?;
            session.output.done(&format!("{address} in {network} picks by {policy} now"), &set)
        }
        AddressCommand::List { network } => {
            let path = format!("/networks/{network}/address-policies");
            session.output.list(&client.list::<AddressPolicy>(&path, &[]).await?)
        }
        AddressCommand::Remove { network, address, consent } => {
            consent.ask(&format!("lets {address} in {network} pick the closest site again"))?;
            client.delete(&path(&network, &address)).await?;
            session.output.gone(&format!("{address} in {network} picks the closest site again"))
        }
    }
}

/// Addresses may have slashes in them.
fn path(network: &Name, address: &Address) -> String {
    format!("/networks/{network}/address-policies/{}", address.as_str().replace('/', "%2F"))
}

pub(crate) async fn addresses(network: &Name, session: &Session) -> Result<(), Failure> {
    let path = format!("/networks/{network}/addresses");
    session.output.list(&session.client()?.list::<ServiceAddress>(&path, &[]).await?)
}

pub(crate) async fn flows(args: Flows, session: &Session) -> Result<(), Failure> {
    let Flows { network, site, address, follow } = args;
    let path = format!("/networks/{network}/flows");
    let site = site.as_ref().map(|site| ("site", site.as_str()));
    let address = address.as_ref().map(|address| ("address", address.as_str()));
    let filter: Vec<_> = site.into_iter().chain(address).collect();
    let client = session.client()?;
    if follow {
        return client.follow(&path, &filter, |flow: &Flow| flow.position, session.output).await;
    }
    session.output.list(&client.list::<Flow>(&path, &filter).await?)
}

impl Show for AddressPolicy {
    const HEADINGS: &'static [&'static str] = &["address", "policy", "updated"];

    fn row(&self) -> Vec<String> {
        vec![self.address.to_string(), self.policy.to_string(), time(self.updated)]
    }
}

impl Show for ServiceAddress {
    const HEADINGS: &'static [&'static str] = &["address", "policy", "served by", "used by"];

    fn row(&self) -> Vec<String> {
        let now = Timestamp::now();
        let uses = |uses: &[AddressUse]| {
            let text = |found: &AddressUse| {
                let state = if found.state == "ready" { String::new() } else { format!(", {}", found.state) };
                let since = found.since.map(|since| format!(", since {}", time(since))).unwrap_or_default();
                let age = now.duration_since(found.observed).as_secs().max(0);
                format!("{} ({}{state}{since}, seen {age} s ago)", found.site, found.socket)
            };
            uses.iter().map(text).collect::<Vec<_>>().join(", ")
        };
        vec![self.address.to_string(), self.policy.to_string(), uses(&self.served_by), uses(&self.used_by)]
    }
}

impl Show for Flow {
    const HEADINGS: &'static [&'static str] =
        &["ended", "address", "from", "to", "told by", "connections", "bytes to server", "to client", "error"];

    fn row(&self) -> Vec<String> {
        let peer = match (&self.peer, self.peer_id) {
            (Some(name), _) => name.to_string(),
            (None, Some(id)) => id.to_string(),
            (None, None) => "-".to_owned(),
        };
        let (from, to) = match self.direction {
            FlowDirection::In => (self.site.to_string(), peer),
            FlowDirection::Out => (peer, self.site.to_string()),
        };
        vec![
            time(self.closed),
            self.address.to_string(),
            from,
            to,
            self.site.to_string(),
            self.connections.to_string(),
            self.bytes_to_server.to_string(),
            self.bytes_to_client.to_string(),
            self.error.clone().unwrap_or_default(),
        ]
    }
}
