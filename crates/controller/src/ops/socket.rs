//! Centrally authored listeners and connectors of member sites.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{Address, GenericUuid, HostPort, Name, NetworkId, SiteId, lifecycle::MemberState};
use store::{
    StoreError, Tx, connector, listener,
    listener::At,
    listing::{Place as InList, Wanted},
    member::{self, Member},
    network::Network,
    status,
};
use uuid::Uuid;

use super::{
    Actor, Listing, Meta, OpError, Page, Ref, classes, find, meta,
    network::unless_history,
    observed::{self, Report},
    once,
    once::Claimed,
};
use crate::App;

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A local socket whose connections enter the network at an address.
    Listener,
    /// A local target where connections to an address leave the network.
    Connector,
}

impl Kind {
    /// The kind in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Listener => "listener",
            Self::Connector => "connector",
        }
    }
}

/// Which sites a listener or connector is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceRef {
    /// One member site.
    Site(Ref),
    /// Every member site of a declared class.
    Class(Name),
}

/// Which sites a listener or connector is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// One member site.
    Site {
        /// Its id.
        id: SiteId,
        /// Its name.
        name: Name,
    },
    /// Every member site of a class, now and later.
    Class(Name),
}

/// A new listener or connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// The network.
    pub network: Ref,
    /// The address.
    pub address: Address,
    /// Where a listener listens, or what a connector connects to.
    pub socket: HostPort,
    /// For which sites.
    pub place: PlaceRef,
    /// Whether the participant may choose another host and port.
    pub adaptable: bool,
}

/// A listener or connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Its id.
    pub id: Uuid,
    /// The network.
    pub network: NetworkId,
    /// The network's name.
    pub network_name: Name,
    /// The address its connections go to, or that it serves.
    pub address: Address,
    /// Where it listens, or what it connects to.
    pub socket: HostPort,
    /// For which sites.
    pub place: Place,
    /// Whether the participant may choose another host and port.
    pub adaptable: bool,
    /// How it is where it is to be.
    pub seen: Seen,
    /// When it was made and changed.
    pub meta: Meta,
}

/// How a listener or connector is at the sites it is for, as they say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// For how many members it is.
    pub sites: usize,
    /// At how many of them it works.
    pub ready: usize,
    /// One at which it does not, and why.
    pub failed: Option<(Name, String)>,
    /// When this last became so at one of them.
    pub since: Option<Timestamp>,
}

/// A listener or connector as it is stored.
struct Row {
    id: Uuid,
    address: Address,
    socket: HostPort,
    site: Option<SiteId>,
    class: Option<Name>,
    adaptable: bool,
    created: Timestamp,
    updated: Timestamp,
    revision: i64,
}

macro_rules! row {
    ($stored:ty, $socket:ident) => {
        impl From<$stored> for Row {
            fn from(row: $stored) -> Self {
                Self {
                    id: row.id.into_untyped_uuid(),
                    address: row.address,
                    socket: row.$socket,
                    site: row.site,
                    class: row.class,
                    adaptable: row.adaptable,
                    created: row.created,
                    updated: row.updated,
                    revision: row.revision,
                }
            }
        }
    };
}

row!(listener::Listener, bind);
row!(connector::Connector, target);

async fn rows(
    app: &App,
    kind: Kind,
    network: NetworkId,
    wanted: &Wanted,
) -> Result<(Vec<Row>, Option<InList>), OpError> {
    Ok(match kind {
        Kind::Listener => {
            let found = listener::page(app.store(), network, wanted).await?;
            (found.items.into_iter().map(Row::from).collect(), found.next)
        }
        Kind::Connector => {
            let found = connector::page(app.store(), network, wanted).await?;
            (found.items.into_iter().map(Row::from).collect(), found.next)
        }
    })
}

/// The network, and for which sites of it a socket is to be.
async fn place(app: &App, tx: &mut Tx, input: &Create) -> Result<(Network, At), OpError> {
    let network = find::changeable_network(tx, &input.network, app.now()).await?;
    let place = match &input.place {
        PlaceRef::Site(site) => {
            let member = find::member(&mut *tx, network.id, site).await?;
            if member.state != MemberState::Member {
                let message = format!("the site {} is no member: it is {}", member.name, member.state);
                return Err(OpError::invalid("site", message));
            }
            At::Site(member.id)
        }
        PlaceRef::Class(name) => {
            classes::check_declared(tx, &network, "class", std::slice::from_ref(name)).await?;
            At::Class(name.clone())
        }
    };
    Ok((network, place))
}

/// Adds a listener or connector.
pub async fn add(app: &App, actor: &Actor, kind: Kind, input: Create) -> Result<Socket, OpError> {
    let tx = app.store().begin(&actor.context()).await?;
    let mut tx = match once::claim::<Uuid>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(id) => return show(app, kind, &input.network, id).await,
    };
    let (network, place) = place(app, &mut tx, &input).await?;
    let id = Uuid::new_v4();
    let Create { address, socket, adaptable, .. } = &input;
    let added: Row = match kind {
        Kind::Listener => {
            let id = GenericUuid::from_untyped_uuid(id);
            listener::add(&mut tx, id, network.id, &place, address, socket, *adaptable).await?.into()
        }
        Kind::Connector => {
            let id = GenericUuid::from_untyped_uuid(id);
            connector::add(&mut tx, id, network.id, &place, address, socket, *adaptable).await?.into()
        }
    };
    once::complete(&mut tx, actor, id).await?;
    tx.commit().await?;
    view(&network, added, &Sites::read(app, &network).await?)
}

/// Lists the listeners or connectors of a network, by address; those of `address` only, if that is given.
pub async fn list(app: &App, kind: Kind, network: &Ref, page: &Page) -> Result<Listing<Socket>, OpError> {
    let network = find::network(app.store(), network).await?;
    let (rows, next) = rows(app, kind, network.id, &page.wanted(app)?).await?;
    let sites = Sites::read(app, &network).await?;
    let items = rows.into_iter().map(|row| view(&network, row, &sites)).collect::<Result<_, _>>()?;
    Ok(Listing::of(items, next))
}

/// Shows a listener or connector.
pub async fn show(app: &App, kind: Kind, network: &Ref, id: Uuid) -> Result<Socket, OpError> {
    let network = find::network(app.store(), network).await?;
    let row = row_in(app, kind, &network, id).await?;
    view(&network, row, &Sites::read(app, &network).await?)
}

/// Removes a listener or connector.
pub async fn remove(
    app: &App,
    actor: &Actor,
    kind: Kind,
    network: &Ref,
    id: Uuid,
    if_revision: Option<i64>,
) -> Result<(), OpError> {
    let network = find::network(app.store(), network).await?;
    unless_history(&network, app.now())?;
    let row = row_in(app, kind, &network, id).await?;
    OpError::unless_at(if_revision, kind.as_str(), row.revision)?;
    let mut tx = app.store().begin(&actor.context()).await?;
    match kind {
        Kind::Listener => listener::remove(&mut tx, GenericUuid::from_untyped_uuid(id), if_revision).await?,
        Kind::Connector => connector::remove(&mut tx, GenericUuid::from_untyped_uuid(id), if_revision).await?,
    }
    tx.commit().await?;
    Ok(())
}

async fn row_in(app: &App, kind: Kind, network: &Network, id: Uuid) -> Result<Row, OpError> {
    let missing = || OpError::NotFound { kind: kind.as_str().to_owned(), name: id.to_string() };
    let found = match kind {
        Kind::Listener => {
            listener::get(app.store(), GenericUuid::from_untyped_uuid(id)).await.map(|row| (row.network, row.into()))
        }
        Kind::Connector => {
            connector::get(app.store(), GenericUuid::from_untyped_uuid(id)).await.map(|row| (row.network, row.into()))
        }
    };
    match found {
        Ok((of, row)) if of == network.id => Ok(row),
        Ok(_) | Err(StoreError::NotFound { .. }) => Err(missing()),
        Err(error) => Err(error.into()),
    }
}

/// The sites of a network, as far as listeners and connectors need to know them.
struct Sites {
    /// The names of all, former ones included: they keep what was made for them until it is removed.
    names: BTreeMap<SiteId, Name>,
    /// When those who are members no more ceased to be.
    ended: BTreeMap<SiteId, Timestamp>,
    /// The members, with what those say who have a session.
    members: Vec<(Member, Report)>,
}

impl Sites {
    async fn read(app: &App, network: &Network) -> Result<Self, OpError> {
        let mut statuses: BTreeMap<_, _> =
            status::list_of_network(app.store(), network.id).await?.into_iter().collect();
        let all = member::list(app.store(), network.id, true, store::Page::ALL).await?.items;
        let names = all.iter().map(|member| (member.id, member.name.clone())).collect();
        let ended = all.iter().filter_map(|member| Some((member.id, member.ended?))).collect();
        let members = all.into_iter().filter(|member| member.state == MemberState::Member).map(|member| {
            let status = statuses.remove(&member.id);
            (member, observed::report(status.as_ref(), app.now()).unwrap_or_default())
        });
        Ok(Self { names, ended, members: members.collect() })
    }

    /// What is said of a socket by those it is for.
    fn seen(&self, row: &Row) -> Seen {
        let id = row.id.to_string();
        let is_for = |member: &Member| {
            row.site == Some(member.id) || row.class.as_ref().is_some_and(|class| member.classes.contains(class))
        };
        let since = row.site.and_then(|site| self.ended.get(&site).copied());
        let mut seen = Seen { since, ..Seen::default() };
        for (member, report) in self.members.iter().filter(|(member, _)| is_for(member)) {
            seen.sites += 1;
            let said = report.listeners.iter().chain(&report.connectors).find(|socket| socket.id == id);
            let Some(said) = said.map(observed::Socket::observation) else { continue };
            seen.since = seen.since.max(said.since);
            seen.ready += usize::from(said.ready);
            if !said.ready && seen.failed.is_none() {
                seen.failed = Some((member.name.clone(), said.error.unwrap_or_default()));
            }
        }
        seen
    }
}

fn view(network: &Network, row: Row, sites: &Sites) -> Result<Socket, OpError> {
    let damaged = || OpError::Internal {
        context: "a listener or connector in the database is for no site",
        source: "neither a site of the network nor a class".into(),
    };
    let place = match (row.site, row.class.clone()) {
        (Some(id), _) => Place::Site { id, name: sites.names.get(&id).ok_or_else(damaged)?.clone() },
        (None, Some(class)) => Place::Class(class),
        (None, None) => return Err(damaged()),
    };
    Ok(Socket {
        seen: sites.seen(&row),
        id: row.id,
        network: network.id,
        network_name: network.name.clone(),
        place,
        adaptable: row.adaptable,
        meta: meta!(row),
        address: row.address,
        socket: row.socket,
    })
}
