use api::{Connector, ConnectorCreate, Listener, ListenerCreate};
use clap::{Args, Subcommand};
use model::{Address, HostPort, Name};
use serde::de::DeserializeOwned;

use crate::{
    commands::{Session, narrow::Narrow},
    confirm::Consent,
    failure::{Code, Failure},
    output::{Show, time},
};

/// `skx network listener …`.
#[derive(Subcommand, Debug)]
pub(crate) enum ListenerCommand {
    /// Adds a listener, at a member site or at every site of a class.
    #[command(after_help = "Example:\n  skx network listener add exercise till.api 127.0.0.1:8080 --site store-1")]
    Add(Add),
    /// Lists the centrally authored listeners of a network.
    #[command(after_help = "Example:\n  skx network listener list exercise")]
    List(List),
    /// Removes a listener.
    #[command(after_help = "Example:\n  skx network listener remove exercise till.api --site store-1 --yes")]
    Remove(Remove),
}

/// `skx network connector …`.
#[derive(Subcommand, Debug)]
pub(crate) enum ConnectorCommand {
    /// Adds a connector, at a member site or at every site of a class.
    #[command(after_help = "Example:\n  skx network connector add exercise till.api 127.0.0.1:9090 --class store")]
    Add(Add),
    /// Lists the centrally authored connectors of a network.
    #[command(after_help = "Example:\n  skx network connector list exercise")]
    List(List),
    /// Removes a connector.
    #[command(after_help = "Example:\n  skx network connector remove exercise till.api --class store --yes")]
    Remove(Remove),
}

/// For which sites.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct Place {
    /// For this member site.
    #[arg(long)]
    site: Option<Name>,
    /// For every member site of this class.
    #[arg(long)]
    class: Option<Name>,
}

/// What to add.
#[derive(Args, Debug)]
pub(crate) struct Add {
    /// The network.
    network: Name,
    /// The address.
    address: Address,
    /// Where the site listens, or what it connects to.
    #[arg(value_name = "HOST:PORT")]
    socket: HostPort,
    #[command(flatten)]
    place: Place,
    /// The participant may choose another host and port at their site; so it is, unless --fixed is given.
    #[arg(long, conflicts_with = "fixed")]
    adaptable: bool,
    /// Host and port stay as they are given here.
    #[arg(long)]
    fixed: bool,
}

/// What to list.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// The network.
    network: Name,
    #[command(flatten)]
    narrow: Narrow,
}

/// What to remove.
#[derive(Args, Debug)]
pub(crate) struct Remove {
    /// The network.
    network: Name,
    /// The address.
    address: Address,
    /// The socket, when there are several at the address.
    #[arg(value_name = "HOST:PORT")]
    socket: Option<HostPort>,
    /// The member site it is for, when there are several.
    #[arg(long, conflicts_with = "class")]
    site: Option<Name>,
    /// The class it is for, when there are several.
    #[arg(long)]
    class: Option<Name>,
    #[command(flatten)]
    consent: Consent,
}

pub(crate) async fn listener(command: ListenerCommand, session: &Session) -> Result<(), Failure> {
    match command {
        ListenerCommand::Add(Add { network, address, socket, place: Place { site, class }, adaptable: _, fixed }) => {
            let input = ListenerCreate { address, bind: socket, site, class, adaptable: !fixed };
            add::<_, Listener>(&network, &input, session).await
        }
        ListenerCommand::List(args) => list::<Listener>(&args, session).await,
        ListenerCommand::Remove(args) => remove::<Listener>(args, session).await,
    }
}

pub(crate) async fn connector(command: ConnectorCommand, session: &Session) -> Result<(), Failure> {
    match command {
        ConnectorCommand::Add(Add { network, address, socket, place: Place { site, class }, adaptable: _, fixed }) => {
            let input = ConnectorCreate { address, target: socket, site, class, adaptable: !fixed };
            add::<_, Connector>(&network, &input, session).await
        }
        ConnectorCommand::List(args) => list::<Connector>(&args, session).await,
        ConnectorCommand::Remove(args) => remove::<Connector>(args, session).await,
    }
}

/// What listeners and connectors have in common.
trait Socket: Show + DeserializeOwned {
    const WORD: &'static str;
    fn id(&self) -> String;
    fn socket(&self) -> &HostPort;
    fn site(&self) -> Option<&Name>;
    fn class(&self) -> Option<&Name>;

    fn place(&self) -> String {
        match (self.site(), self.class()) {
            (Some(site), _) => format!("site {site}"),
            (None, Some(class)) => format!("class {class}"),
            (None, None) => String::new(),
        }
    }
}

macro_rules! socket {
    ($t:ty, $word:literal, $field:ident, $heading:literal) => {
        impl Socket for $t {
            const WORD: &'static str = $word;

            fn id(&self) -> String {
                self.id.to_string()
            }

            fn socket(&self) -> &HostPort {
                &self.$field
            }

            fn site(&self) -> Option<&Name> {
                self.site.as_ref()
            }

            fn class(&self) -> Option<&Name> {
                self.class.as_ref()
            }
        }

        impl Show for $t {
            const HEADINGS: &'static [&'static str] = &["address", $heading, "for", "host and port", "created", "id"];

            fn standing(&self) -> Option<api::Standing> {
                self.standing.clone()
            }

            fn row(&self) -> Vec<String> {
                vec![
                    self.address.to_string(),
                    self.$field.to_string(),
                    self.place(),
                    if self.adaptable { "adaptable" } else { "fixed" }.to_owned(),
                    time(self.created),
                    self.id.to_string(),
                ]
            }
        }
    };
}

socket!(Listener, "listener", bind, "listens at");
socket!(Connector, "connector", target, "connects to");

async fn add<I: serde::Serialize, T: Socket>(network: &Name, input: &I, session: &Session) -> Result<(), Failure> {
    let made: T = session.client()?.create(&format!("/networks/{network}/{}s", T::WORD), input).await?;
    session.output.done(&format!("added the {} at {} for {}", T::WORD, made.socket(), made.place()), &made)
}

async fn list<T: Socket>(List { network, narrow }: &List, session: &Session) -> Result<(), Failure> {
    let path = format!("/networks/{network}/{}s", T::WORD);
    session.output.list(&session.client()?.list::<T>(&path, &narrow.query()).await?)
}

async fn remove<T: Socket>(args: Remove, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    let Remove { network, address, socket, site, class, consent } = args;
    let path = format!("/networks/{network}/{}s", T::WORD);
    let mut found: Vec<T> = client.list(&path, &[("address", address.as_str())]).await?;
    found.retain(|item| {
        socket.as_ref().is_none_or(|socket| item.socket() == socket)
            && site.as_ref().is_none_or(|site| item.site() == Some(site))
            && class.as_ref().is_none_or(|class| item.class() == Some(class))
    });
    match found.as_slice() {
        [] => Err(Failure::new(
            Code::NotFound,
            format_args!("there is no such central {} of {address} in {network}", T::WORD),
        )),
        [one] => {
            let what = format!("the {} of {address} at {} for {}", T::WORD, one.socket(), one.place());
            consent.ask(&format!("removes {what}, and ends its connections"))?;
            client.delete(&format!("{path}/{}", one.id())).await?;
            session.output.gone(&format!("removed {what}"))
        }
        many => {
            let all: Vec<String> = many.iter().map(|item| format!("{} for {}", item.socket(), item.place())).collect();
            Err(Failure::usage(format_args!("{address} has several {}s: {}", T::WORD, all.join(", ")))
                .how("say which one: HOST:PORT, --site or --class"))
        }
    }
}
