use api::{AddressMode, Class, ClassCreate, Eviction, NetworkCreate, NetworkSet};
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use model::{Name, lifecycle::Window};

use crate::{
    commands::{
        Session,
        address::{self, AddressCommand, Flows},
        eviction, grant,
        narrow::Narrow,
        socket,
    },
    confirm::Consent,
    failure::Failure,
    output::{Show, joined, time},
    values::{self, TimeOrNever},
    wait::Wait,
};

/// `skx network …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Network {
    /// Creates an application network, with its certificate authority.
    Create(Create),
    /// Moves the start or end of a network, while it runs too; or hands it over to another user.
    Set(Set),
    /// Lists application networks.
    #[command(after_help = "Example:\n  skx network list --search exercise --filter state=open --sort -start")]
    List(Narrow),
    /// Shows an application network.
    #[command(after_help = "Example:\n  skx network show exercise")]
    Show {
        /// The network.
        name: Name,
    },
    /// Evicts a network: every connection of every site in it ends, for good.
    #[command(after_help = "Example:\n  skx network evict exercise --yes --wait=10s")]
    Evict {
        /// The network.
        name: Name,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        wait: Wait,
    },
    /// Deletes a network; one that is not over is evicted by it. Sites that come back later are told so.
    #[command(after_help = "Example:\n  skx network delete exercise --yes --wait=10s")]
    Delete {
        /// The network.
        name: Name,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        wait: Wait,
    },
    /// The classes of sites: a class must be declared before it is used.
    #[command(subcommand, after_help = "Example:\n  skx network class add exercise store")]
    Class(ClassCommand),
    /// Others who may look at a network, or work with what is in it.
    #[command(subcommand, after_help = "Example:\n  skx network share add exercise --user bob --role viewer")]
    Share(grant::ShareCommand),
    /// How addresses pick among the sites that serve them.
    #[command(subcommand, after_help = "Example:\n  skx network address set exercise till.api --policy balanced")]
    Address(AddressCommand),
    /// Lists what flowed in a network lately, and what flows.
    Flows(Flows),
    /// Lists the addresses seen in a network, who serves and who uses them.
    #[command(after_help = "Example:\n  skx network addresses exercise --filter served=false")]
    Addresses {
        /// The network.
        network: Name,
        #[command(flatten)]
        narrow: Narrow,
    },
    /// Listeners: local sockets at member sites whose connections enter the network at an address.
    #[command(
        subcommand,
        after_help = "Example:\n  skx network listener add exercise till.api 127.0.0.1:8080 --site store-1"
    )]
    Listener(socket::ListenerCommand),
    /// Connectors: where connections to an address leave the network, at member sites.
    #[command(
        subcommand,
        after_help = "Example:\n  skx network connector add exercise till.api 127.0.0.1:9090 --class store"
    )]
    Connector(socket::ConnectorCommand),
}

/// `skx network create`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  skx network create exercise --backbone europe --start +1h --end +7d")]
pub(crate) struct Create {
    /// Its name.
    name: Name,
    /// The backbone; unless given, the default one of your grants, or the only one you may use.
    #[arg(long, value_name = "NAME")]
    backbone: Option<Name>,
    /// When it starts; at once, unless given.
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true)]
    start: Option<Timestamp>,
    /// When it ends; never, unless given.
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true)]
    end: Option<Timestamp>,
    /// How long connections live on after the end.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = values::seconds)]
    grace: u64,
    /// Who may serve addresses: open (every member), or assigned (members with a central connector for it).
    #[arg(long, value_name = "MODE", default_value = "open", value_parser = addresses)]
    addresses: AddressMode,
}

fn addresses(text: &str) -> Result<AddressMode, String> {
    match values::choice(text, &["open", "assigned"], &[])?.as_str() {
        "assigned" => Ok(AddressMode::Assigned),
        _ => Ok(AddressMode::Open),
    }
}

/// `skx network set`.
#[derive(Args, Debug)]
#[command(
    after_help = "Moving the start beyond now, or the end to now or before, takes a running network from its members: at a \
    terminal you are asked.\n\nExamples:\n  skx network set exercise --end +2h\n  skx network set exercise --end +0s --yes\n  \
    skx network set exercise --owner bob"
)]
pub(crate) struct Set {
    /// The network.
    name: Name,
    /// When it starts.
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true)]
    start: Option<Timestamp>,
    /// When it ends, or never.
    #[arg(long, value_name = "TIME|never")]
    end: Option<TimeOrNever>,
    /// How long connections live on after the end.
    #[arg(long, value_name = "DURATION", value_parser = values::seconds)]
    grace: Option<u64>,
    /// Who may serve addresses: open (every member), or assigned (members with a central connector for it).
    #[arg(long, value_name = "MODE", value_parser = addresses)]
    addresses: Option<AddressMode>,
    /// The user who is to own it from now on: somebody who may make networks on its backbone.
    #[arg(long, value_name = "USER")]
    owner: Option<Name>,
    #[command(flatten)]
    consent: Consent,
}

/// `skx network class …`.
#[derive(Subcommand, Debug)]
pub(crate) enum ClassCommand {
    /// Declares a class of sites.
    #[command(after_help = "Example:\n  skx network class add exercise store")]
    Add {
        /// The network.
        network: Name,
        /// The class.
        class: Name,
    },
    /// Lists the declared classes.
    #[command(after_help = "Example:\n  skx network class list exercise --sort -members")]
    List {
        /// The network.
        network: Name,
        #[command(flatten)]
        narrow: Narrow,
    },
    /// Withdraws a class that nothing uses.
    #[command(after_help = "Example:\n  skx network class remove exercise store --yes")]
    Remove {
        /// The network.
        network: Name,
        /// The class.
        class: Name,
        #[command(flatten)]
        consent: Consent,
    },
}

/// How much a network lets its members do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lets {
    Nothing,
    /// Those who are in it stay, for its grace.
    Stay,
    Join,
}

fn lets(window: Window, now: Timestamp) -> Lets {
    if now < window.opens() || window.closes().is_some_and(|closes| closes <= now) {
        Lets::Nothing
    } else if window.end.is_some_and(|end| end <= now) {
        Lets::Stay
    } else {
        Lets::Join
    }
}

/// What a change takes from the members of a network that runs at `now`, as "This …" is completed.
fn taken(found: &api::Network, change: &NetworkSet, now: Timestamp) -> Option<String> {
    let seconds = |seconds: u64| SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    let before = Window { start: found.start, end: found.end, grace: seconds(found.grace_seconds) };
    let after = Window {
        start: change.start.unwrap_or(before.start),
        end: change.end.unwrap_or(before.end),
        grace: change.grace_seconds.map_or(before.grace, seconds),
    };
    if lets(after, now) >= lets(before, now) {
        return None;
    }
    let (name, connected) = (&found.name, found.connected);
    Some(if now < after.opens() {
        let opens = time(after.opens());
        format!("closes network {name} until {opens}: the connections of its {connected} connected members end now")
    } else {
        let closes = time(after.closes().unwrap_or(now).max(now));
        format!(
            "ends network {name}: nobody joins it any more, and the connections of its {connected} connected members end {closes}, for good"
        )
    })
}

pub(crate) async fn run(command: Network, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        Network::Create(Create { name, backbone, start, end, grace, addresses }) => {
            let input = NetworkCreate { name, backbone, start, end, grace_seconds: grace, addresses, classes: vec![] };
            let network: api::Network = client.create("/networks", &input).await?;
            let name = &network.name;
            session
                .output
                .done(&format!("created network {name} ({}); next: skx invite {name}", network.state), &network)
        }
        Network::Set(Set { name, start, end, grace, addresses, owner, consent }) => {
            let input = NetworkSet { start, end: end.map(TimeOrNever::time), grace_seconds: grace, addresses, owner };
            if input == NetworkSet::default() {
                let options = "--start, --end, --grace, --addresses or --owner";
                return Err(Failure::usage(format_args!("nothing to change; give {options}")));
            }
            if !consent.yes && (input.start.is_some() || input.end.is_some() || input.grace_seconds.is_some()) {
                let found: api::Network = client.get(&format!("/networks/{name}")).await?;
                if let Some(taken) = taken(&found, &input, Timestamp::now()) {
                    consent.ask(&taken)?;
                }
            }
            let network: api::Network = client.patch(&format!("/networks/{name}"), &input).await?;
            let end = network.end.map_or("it never ends".to_owned(), |end| format!("it ends {}", time(end)));
            let owner = input.owner.and(network.owner.as_ref()).map(|owner| format!("; {owner} owns it now"));
            let owner = owner.unwrap_or_default();
            session.output.done(
                &format!("network {name} is {}: it starts {}, {end}{owner}", network.state, time(network.start)),
                &network,
            )
        }
        Network::List(narrow) => session.output.list(&client.list::<api::Network>("/networks", &narrow.query()).await?),
        Network::Show { name } => {
            session.output.object(&client.get::<api::Network>(&format!("/networks/{name}")).await?)
        }
        Network::Evict { name, consent, wait } => {
            consent.ask(&format!("evicts network {name} for good: every connection of every site in it ends"))?;
            let eviction: Eviction = client.act(&format!("/networks/{name}/evict"), &[]).await?;
            eviction::finish(&format!("evicted network {name}"), eviction, wait, session).await
        }
        Network::Delete { name, consent, wait } => {
            consent.ask(&format!("deletes network {name} with its sites and invitations, for good"))?;
            let eviction: Eviction = client.remove(&format!("/networks/{name}")).await?;
            eviction::finish(&format!("deleted network {name}"), eviction, wait, session).await
        }
        Network::Share(command) => grant::share(command, session).await,
        Network::Class(ClassCommand::Add { network, class }) => {
            let input = ClassCreate { name: class };
            let class: Class = client.create(&format!("/networks/{network}/classes"), &input).await?;
            session.output.done(&format!("declared class {} in {network}", class.name), &class)
        }
        Network::Class(ClassCommand::Remove { network, class, consent }) => {
            consent.ask(&format!("withdraws class {class} of {network}"))?;
            client.delete(&format!("/networks/{network}/classes/{class}")).await?;
            session.output.gone(&format!("withdrew class {class} of {network}"))
        }
        Network::Class(ClassCommand::List { network, narrow }) => {
            let path = format!("/networks/{network}/classes");
            session.output.list(&client.list::<Class>(&path, &narrow.query()).await?)
        }
        Network::Address(command) => address::run(command, session).await,
        Network::Flows(args) => address::flows(args, session).await,
        Network::Addresses { network, narrow } => address::addresses(&network, &narrow, session).await,
        Network::Listener(command) => socket::listener(command, session).await,
        Network::Connector(command) => socket::connector(command, session).await,
    }
}

impl Show for api::Network {
    const HEADINGS: &'static [&'static str] = &["name", "backbone", "state", "start", "end", "members", "connected"];

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.name.to_string(),
            self.backbone.to_string(),
            self.state.to_string(),
            time(self.start),
            self.end.map_or("never".to_owned(), time),
            self.members.to_string(),
            self.connected.to_string(),
        ]
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts: Vec<_> = Self::HEADINGS.iter().copied().zip(self.row()).collect();
        facts.extend([
            ("owner", self.owner.as_ref().map_or("the installation".to_owned(), Name::to_string)),
            ("grace", format!("{} s", self.grace_seconds)),
            (
                "addresses",
                match self.addresses {
                    AddressMode::Open => "open".to_owned(),
                    AddressMode::Assigned => "assigned".to_owned(),
                },
            ),
            ("classes", joined(&self.classes)),
            ("created", time(self.created)),
            ("id", self.id.to_string()),
        ]);
        facts
    }
}

impl Show for Class {
    const HEADINGS: &'static [&'static str] = &["name", "members"];

    fn row(&self) -> Vec<String> {
        vec![self.name.to_string(), self.members.to_string()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_before_a_change_takes_a_network_from_those_who_are_in_it() {
        let now: Timestamp = "2027-01-31T12:00:00Z".parse().expect("a time");
        let hour = SignedDuration::from_hours(1);
        let network = |start, end| api::Network { start, end, grace_seconds: 60, connected: 3, ..example() };
        let asks = |found: &api::Network, change: NetworkSet| taken(found, &change, now);
        let start = |time| NetworkSet { start: Some(time), ..NetworkSet::default() };
        let end = |time| NetworkSet { end: Some(time), ..NetworkSet::default() };
        let second = SignedDuration::from_secs(1);
        let open = network(now - hour, Some(now + hour));

        let asked = asks(&open, start(now + hour)).expect("it closes");
        assert!(asked.contains("3 connected members") && asked.contains("until"), "{asked}");
        assert_eq!(asks(&open, start(now + Window::LEAD)), None, "it still lets everybody in");
        assert!(asks(&open, start(now + Window::LEAD + second)).is_some());
        let asked = asks(&open, end(Some(now))).expect("it ends");
        assert!(asked.contains("3 connected members") && asked.contains("for good"), "{asked}");
        for unasked in [end(Some(now + second)), end(None), start(now), NetworkSet::default()] {
            assert_eq!(asks(&open, unasked), None);
        }
        let closing = network(now - hour, Some(now - second));
        assert_eq!(asks(&closing, end(Some(now - second * 59))), None, "its connections go on for a second");
        assert!(asks(&closing, end(Some(now - second * 60))).is_some());
        assert!(asks(&closing, NetworkSet { grace_seconds: Some(1), ..NetworkSet::default() }).is_some());
        let scheduled = network(now + hour, None);
        assert_eq!(asks(&scheduled, start(now + hour * 2)), None, "nobody is in it");
    }

    fn example() -> api::Network {
        let time = "2027-01-31T09:00:00Z";
        serde_json::from_value(serde_json::json!({
            "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f03", "name": "exercise", "backbone": "europe", "state": "open",
            "start": time, "grace_seconds": 0, "addresses": "open", "classes": [], "members": 4, "connected": 0,
            "created": time, "updated": time, "revision": 1
        }))
        .expect("a network")
    }
}
