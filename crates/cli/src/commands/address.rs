//! The addresses of a network: how they pick among those who serve them, who serves and uses them, and what flowed.

use std::collections::BTreeMap;

use api::{AddressPolicy, AddressPolicySet, AddressUse, Flow, FlowDirection, OpenFlow, ServiceAddress};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use model::{
    Address, Name, SiteId,
    router::{AddressPolicyKind as Kind, Weight},
};
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
        balanced spreads connections over all sites, those farther away getting fewer. weighted spreads them in proportion \
        to weights, however far sites are and however long connections live: a site that is not named has the weight 1, one of \
        weight 0 gets nothing as long as another can be reached, and the share of those that cannot be reached goes to the \
        others. failover takes the first site in the order that can be reached, and goes back when a better one is there again; \
        sites that are not named come after the named ones, the closest first.\n\n\
        What is given takes the place of what was set before, and reaches the sites at once. Connections that are open stay \
        where they are. A site that is renamed keeps its place.\n\n\
        Examples:\n  \
        skx network address set exercise till.api --policy balanced\n  \
        skx network address set exercise till.api --policy weighted --weight store-1=3 --weight store-2=1\n  \
        skx network address set exercise till.api --policy failover --order hq-a,hq-b"
    )]
    Set {
        /// The network.
        network: Name,
        /// The address.
        address: Address,
        /// How it picks: closest, balanced, weighted or failover.
        #[arg(long, value_name = "POLICY", value_parser = policy)]
        policy: Kind,
        /// The weight of a member site, 0 to 1000. May be given more than once. With --policy weighted.
        #[arg(long, value_name = "SITE=WEIGHT", value_parser = weight)]
        weight: Vec<(Name, Weight)>,
        /// The member sites it goes through, the first one first. With --policy failover.
        #[arg(long, value_name = "SITE,SITE…", value_delimiter = ',')]
        order: Vec<Name>,
    },
    /// Shows the policy that is set for an address.
    #[command(after_help = "Example:\n  skx network address show exercise till.api -o yaml")]
    Show {
        /// The network.
        network: Name,
        /// The address.
        address: Address,
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

fn policy(text: &str) -> Result<Kind, String> {
    values::choice(text, &Kind::ALL.map(Kind::as_str), &[])?.parse::<Kind>().map_err(|error| error.to_string())
}

fn weight(text: &str) -> Result<(Name, Weight), String> {
    let (site, weight) = text.split_once('=').ok_or_else(|| format!("{text:?} has no weight; write SITE=WEIGHT"))?;
    let site = site.parse::<Name>().map_err(|error| error.to_string())?;
    Ok((site, weight.parse::<Weight>().map_err(|error| error.to_string())?))
}

/// Weights by site, each given once.
fn weights(given: Vec<(Name, Weight)>) -> Result<BTreeMap<Name, Weight>, Failure> {
    let mut weights = BTreeMap::new();
    for (site, weight) in given {
        if weights.insert(site.clone(), weight).is_some() {
            return Err(Failure::usage(format_args!("--weight: {site} is given more than one weight")));
        }
    }
    Ok(weights)
}

pub(crate) async fn run(command: AddressCommand, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        AddressCommand::Set { network, address, policy, weight, order } => {
            let input = AddressPolicySet { policy, weights: weights(weight)?, order };
            let set: AddressPolicy = client.put(&path(&network, &address), &input).await?;
            let sites = if sites(&set).is_empty() { String::new() } else { format!(" ({})", sites(&set)) };
            session.output.done(&format!("{address} in {network} picks by {policy} now{sites}"), &set)
        }
        AddressCommand::Show { network, address } => {
            session.output.object(&client.get::<AddressPolicy>(&path(&network, &address)).await?)
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

/// The sites a policy names, with their weights.
fn sites(policy: &AddressPolicy) -> String {
    let weights = policy.weights.iter().map(|(site, weight)| format!("{site}={weight}"));
    weights.chain(policy.order.iter().map(Name::to_string)).collect::<Vec<_>>().join(", ")
}

impl Show for AddressPolicy {
    const HEADINGS: &'static [&'static str] = &["address", "policy", "sites", "updated"];

    fn row(&self) -> Vec<String> {
        vec![self.address.to_string(), self.policy.to_string(), sites(self), time(self.updated)]
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
