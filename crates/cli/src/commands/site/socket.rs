//! The site's listeners and connectors. A running site is asked; otherwise its files are changed, for the next start.

use api::local::{Author, Connector, ConnectorCreate, ConnectorSet, List, Listener, ListenerCreate, ListenerSet};
use clap::{Args, Subcommand};
use model::{Address, ConnectorId, GenericUuid as _, HostPort, ListenerId, router};
use serde::{Serialize, de::DeserializeOwned};
use site::{
    state::{Change, ChangeError, DataDir, Items, LocalConfig, Phase},
    view,
};
use uuid::Uuid;

use super::{Dir, client::LocalClient, nothing};
use crate::{
    commands::join::{lock, unusable_state},
    failure::{Code, Failure},
    output::{Output, Show},
};

/// `skx site listener …`.
#[derive(Subcommand, Debug)]
pub(crate) enum ListenerCommand {
    /// Adds a listener of the site's own.
    #[command(after_help = "Example:\n  skx site listener add till.api 127.0.0.1:8080")]
    Add(Socket),
    /// Moves a listener, a centrally authored one too.
    #[command(after_help = "Example:\n  skx site listener set till.api 127.0.0.1:8081")]
    Set(Socket),
    /// Lists the listeners of the site.
    #[command(after_help = "Example:\n  skx site listener list")]
    List(Dir),
    /// Removes a listener of the site's own.
    #[command(after_help = "Example:\n  skx site listener remove till.api")]
    Remove(Named),
}

/// `skx site connector …`.
#[derive(Subcommand, Debug)]
pub(crate) enum ConnectorCommand {
    /// Adds a connector of the site's own.
    #[command(after_help = "Example:\n  skx site connector add till.api 127.0.0.1:9090")]
    Add(Socket),
    /// Changes what a connector connects to, of a centrally authored one too.
    #[command(after_help = "Example:\n  skx site connector set till.api 127.0.0.1:9091")]
    Set(Socket),
    /// Lists the connectors of the site.
    #[command(after_help = "Example:\n  skx site connector list")]
    List(Dir),
    /// Removes a connector of the site's own.
    #[command(after_help = "Example:\n  skx site connector remove till.api")]
    Remove(Named),
}

/// An address with a socket.
#[derive(Args, Debug)]
pub(crate) struct Socket {
    /// The address.
    address: Address,
    /// Where the site listens, or what it connects to.
    #[arg(value_name = "HOST:PORT")]
    socket: HostPort,
    #[command(flatten)]
    dir: Dir,
}

/// An address.
#[derive(Args, Debug)]
pub(crate) struct Named {
    /// The address.
    address: Address,
    #[command(flatten)]
    dir: Dir,
}

pub(crate) async fn listener(command: ListenerCommand, output: Output) -> Result<(), Failure> {
    match command {
        ListenerCommand::Add(args) => add::<Listener>(args, output).await,
        ListenerCommand::Set(args) => set::<Listener>(args, output).await,
        ListenerCommand::List(dir) => output.list(&list::<Listener>(&dir.open()).await?),
        ListenerCommand::Remove(args) => remove::<Listener>(args, output).await,
    }
}

pub(crate) async fn connector(command: ConnectorCommand, output: Output) -> Result<(), Failure> {
    match command {
        ConnectorCommand::Add(args) => add::<Connector>(args, output).await,
        ConnectorCommand::Set(args) => set::<Connector>(args, output).await,
        ConnectorCommand::List(dir) => output.list(&list::<Connector>(&dir.open()).await?),
        ConnectorCommand::Remove(args) => remove::<Connector>(args, output).await,
    }
}

/// What listeners and connectors have in common.
trait LocalSocket: Show + DeserializeOwned {
    const WORD: &'static str;
    const PATH: &'static str;
    type Create: Serialize;
    type Set: Serialize;

    fn create(address: Address, socket: HostPort) -> Self::Create;
    fn set(socket: HostPort) -> Self::Set;
    fn configured(items: &Items, local: &LocalConfig) -> Vec<Self>;
    fn added(address: Address, socket: HostPort) -> Change;
    fn moved(&self, socket: HostPort) -> Change;
    fn removed(&self) -> Change;
    fn id(&self) -> String;
    fn address(&self) -> &Address;
    fn socket(&self) -> &HostPort;
    fn author(&self) -> Author;
}

impl LocalSocket for Listener {
    const WORD: &'static str = "listener";
    const PATH: &'static str = "/listeners";
    type Create = ListenerCreate;
    type Set = ListenerSet;

    fn create(address: Address, bind: HostPort) -> ListenerCreate {
        ListenerCreate { address, bind }
    }

    fn set(bind: HostPort) -> ListenerSet {
        ListenerSet { bind }
    }

    fn configured(items: &Items, local: &LocalConfig) -> Vec<Self> {
        view::configured_listeners(items, local)
    }

    fn added(address: Address, bind: HostPort) -> Change {
        Change::AddListener(router::Listener { id: ListenerId::from_untyped_uuid(Uuid::now_v7()), address, bind })
    }

    fn moved(&self, bind: HostPort) -> Change {
        Change::SetListener(self.id, bind)
    }

    fn removed(&self) -> Change {
        Change::RemoveListener(self.id)
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn address(&self) -> &Address {
        &self.address
    }

    fn socket(&self) -> &HostPort {
        &self.bind
    }

    fn author(&self) -> Author {
        self.author
    }
}

impl LocalSocket for Connector {
    const WORD: &'static str = "connector";
    const PATH: &'static str = "/connectors";
    type Create = ConnectorCreate;
    type Set = ConnectorSet;

    fn create(address: Address, target: HostPort) -> ConnectorCreate {
        ConnectorCreate { address, target }
    }

    fn set(target: HostPort) -> ConnectorSet {
        ConnectorSet { target }
    }

    fn configured(items: &Items, local: &LocalConfig) -> Vec<Self> {
        view::configured_connectors(items, local)
    }

    fn added(address: Address, target: HostPort) -> Change {
        Change::AddConnector(router::Connector { id: ConnectorId::from_untyped_uuid(Uuid::now_v7()), address, target })
    }

    fn moved(&self, target: HostPort) -> Change {
        Change::SetConnector(self.id, target)
    }

    fn removed(&self) -> Change {
        Change::RemoveConnector(self.id)
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn address(&self) -> &Address {
        &self.address
    }

    fn socket(&self) -> &HostPort {
        &self.target
    }

    fn author(&self) -> Author {
        self.author
    }
}

async fn list<S: LocalSocket>(dir: &DataDir) -> Result<Vec<S>, Failure> {
    match LocalClient::find(dir)? {
        Some(client) => Ok(client.get::<List<S>>(S::PATH).await?.items),
        None => stored(dir),
    }
}

/// What is configured in a directory whose site does not run.
fn stored<S: LocalSocket>(dir: &DataDir) -> Result<Vec<S>, Failure> {
    let local = dir.local().map_err(unusable_state)?;
    Ok(S::configured(&items(dir)?, &local))
}

fn items(dir: &DataDir) -> Result<Items, Failure> {
    let site = dir.site().map_err(unusable_state)?.ok_or_else(|| nothing(dir))?;
    let refuse = |message: &str| Failure::new(Code::Conflict, message);
    match site.phase {
        Phase::Joined(_) if site.origin.is_backbone() => {
            Err(refuse("a backbone site only relays: it has no listeners and connectors"))
        }
        Phase::Joined(joined) => Ok(joined.items),
        Phase::Joining(_) => Err(refuse("the site is no member of its network yet")),
        Phase::Over(over) => Err(Failure::new(Code::Conflict, format_args!("the site is over: {}", over.reason))),
    }
}

/// Changes the files of a site that does not run.
fn change_stored(dir: &DataDir, change: Change) -> Result<(), Failure> {
    let items = items(dir)?;
    // From here on no site starts while its configuration is being changed.
    let dir = lock(dir.path().to_owned())?;
    let local = dir.dir().local().map_err(unusable_state)?;
    let local = local.changed(&items, change).map_err(|error| {
        let code = if matches!(error, ChangeError::NotFound { .. }) { Code::NotFound } else { Code::Conflict };
        Failure::new(code, error)
    })?;
    dir.save_local(&local).map_err(unusable_state)
}

async fn add<S: LocalSocket>(args: Socket, output: Output) -> Result<(), Failure> {
    let dir = args.dir.open();
    let (address, socket) = (args.address, args.socket);
    let added: S = match LocalClient::find(&dir)? {
        Some(client) => client.post(S::PATH, &S::create(address, socket)).await?,
        None => {
            change_stored(&dir, S::added(address.clone(), socket))?;
            find(stored(&dir)?, &address, Some(Author::Local))?
        }
    };
    output.done(&format!("added {} {} at {}", S::WORD, added.address(), added.socket()), &added)
}

async fn set<S: LocalSocket>(args: Socket, output: Output) -> Result<(), Failure> {
    let dir = args.dir.open();
    let old: S = find(list(&dir).await?, &args.address, None)?;
    let set: S = match LocalClient::find(&dir)? {
        Some(client) => client.put(&format!("{}/{}", S::PATH, old.id()), &S::set(args.socket)).await?,
        None => {
            change_stored(&dir, old.moved(args.socket))?;
            find(stored(&dir)?, &args.address, Some(old.author()))?
        }
    };
    output.done(&format!("{} {} is at {} now", S::WORD, set.address(), set.socket()), &set)
}

async fn remove<S: LocalSocket>(args: Named, output: Output) -> Result<(), Failure> {
    let dir = args.dir.open();
    let old: S = find(list(&dir).await?, &args.address, None)?;
    match LocalClient::find(&dir)? {
        Some(client) => client.delete(&format!("{}/{}", S::PATH, old.id())).await?,
        None => change_stored(&dir, old.removed())?,
    }
    output.gone(&format!("removed {} {}", S::WORD, args.address))
}

/// The one for `address`: the site's own, when there is a central one beside it.
fn find<S: LocalSocket>(all: Vec<S>, address: &Address, author: Option<Author>) -> Result<S, Failure> {
    let mut found: Vec<S> = all.into_iter().filter(|it| it.address() == address).collect();
    if let Some(author) = author {
        found.retain(|it| it.author() == author);
    }
    if let Some(own) = found.iter().position(|it| it.author() == Author::Local) {
        return Ok(found.swap_remove(own));
    }
    if found.len() > 1 {
        let sockets: Vec<String> = found.iter().map(|it| it.socket().to_string()).collect();
        return Err(Failure::new(
            Code::Conflict,
            format_args!("the network has several {}s for {address} here: {}", S::WORD, sockets.join(", ")),
        )
        .how("change them one by one through the local API: skx site console"));
    }
    found
        .pop()
        .ok_or_else(|| Failure::new(Code::NotFound, format_args!("this site has no {} for address {address}", S::WORD)))
}
