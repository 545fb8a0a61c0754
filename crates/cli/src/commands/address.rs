//! The addresses of a network: how they pick among those who serve them, who serves and uses them, and what flowed.

use api::{AddressPolicy, AddressPolicySet, AddressUse, Flow, FlowDirection, OpenFlow, ServiceAddress};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use model::{Address, Name, SiteId, router::AddressPolicy as Policy};
use serde::Serialize;

use crate::{
    client::LOOK_AGAIN,
    commands::{Session, narrow::Narrow},
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
    #[command(after_help = "Example:\n  skx network address list exercise --search till")]
    List {
        /// The network.
        network: Name,
        #[command(flatten)]
        narrow: Narrow,
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
    after_help = "A flow is told of by both sites it touches. Connections that have ended, and came out alike within a \
    second, are one line; the last 10000 lines of a network are kept. Behind them come the connections that are open, with \
    what they have carried so far, as their sites said within the last seconds. With --follow these are shown again \
    whenever they have changed. In JSON and YAML, what has ended has the field closed. With --follow and -o json, every \
    line is one object.\n\nExample:\n  skx network flows exercise --address till.api --follow"
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
        AddressCommand::List { network, narrow } => {
            let path = format!("/networks/{network}/address-policies");
            session.output.list(&client.list::<AddressPolicy>(&path, &narrow.query()).await?)
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

pub(crate) async fn addresses(network: &Name, narrow: &Narrow, session: &Session) -> Result<(), Failure> {
    let path = format!("/networks/{network}/addresses");
    session.output.list(&session.client()?.list::<ServiceAddress>(&path, &narrow.query()).await?)
}

pub(crate) async fn flows(args: Flows, session: &Session) -> Result<(), Failure> {
    let Flows { network, site, address, follow } = args;
    let path = format!("/networks/{network}/flows");
    let open = format!("{path}/open");
    let site = site.as_ref().map(|site| ("site", site.as_str()));
    let address = address.as_ref().map(|address| ("address", address.as_str()));
    let filter: Vec<_> = site.into_iter().chain(address).collect();
    let client = session.client()?;
    let (mut position, mut shown) = (None, vec![]);
    loop {
        let ended: Vec<Flow> = client.list_after(&path, &filter, position.clone()).await?;
        let open: Vec<OpenFlow> = client.list(&open, &filter).await?;
        if !follow {
            let lines = ended.into_iter().map(Line::Ended).chain(open.into_iter().map(Line::Open));
            return session.output.list(&lines.collect::<Vec<_>>());
        }
        for flow in ended {
            position = Some(flow.position.to_string());
            session.output.line(&Line::Ended(flow))?;
        }
        for flow in open.iter().filter(|flow| !shown.iter().any(|before| same(before, flow))) {
            session.output.line(&Line::Open(flow.clone()))?;
        }
        shown = open;
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// What flowed, and what flows.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Line {
    Ended(Flow),
    Open(OpenFlow),
}

/// Whether nothing has happened to connections between two looks at them.
fn same(before: &OpenFlow, now: &OpenFlow) -> bool {
    *before == OpenFlow { observed: before.observed, ..now.clone() }
}

impl Show for AddressPolicy {
    const HEADINGS: &'static [&'static str] = &["address", "policy", "updated"];

    fn row(&self) -> Vec<String> {
        vec![self.address.to_string(), self.policy.to_string(), time(self.updated)]
    }

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
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

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }
}

impl Show for Line {
    const HEADINGS: &'static [&'static str] =
        &["ended", "address", "from", "to", "told by", "connections", "bytes to server", "to client", "error"];

    fn row(&self) -> Vec<String> {
        match self {
            Self::Ended(flow) => row(
                time(flow.closed),
                &flow.address,
                (flow.direction, &flow.site, flow.peer.as_ref(), flow.peer_id),
                [flow.connections, flow.bytes_to_server, flow.bytes_to_client],
                flow.error.clone(),
            ),
            Self::Open(flow) => row(
                format!("open since {}", time(flow.opened)),
                &flow.address,
                (flow.direction, &flow.site, flow.peer.as_ref(), flow.peer_id),
                [flow.connections, flow.bytes_to_server, flow.bytes_to_client],
                None,
            ),
        }
    }
}

fn row(
    when: String,
    address: &Address,
    (direction, site, peer, peer_id): (FlowDirection, &Name, Option<&Name>, Option<SiteId>),
    numbers: [u64; 3],
    error: Option<String>,
) -> Vec<String> {
    let peer = match (peer, peer_id) {
        (Some(name), _) => name.to_string(),
        (None, Some(id)) => id.to_string(),
        (None, None) => "-".to_owned(),
    };
    let told_by = site.to_string();
    let (from, to) = match direction {
        FlowDirection::In => (told_by.clone(), peer),
        FlowDirection::Out => (peer, told_by.clone()),
    };
    let mut row = vec![when, address.to_string(), from, to, told_by];
    row.extend(numbers.map(|number| number.to_string()));
    row.push(error.unwrap_or_default());
    row
}
