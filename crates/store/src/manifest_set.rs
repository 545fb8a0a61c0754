//! Sets of manifests: which objects were applied under the name of which set. An object is in one set at most, and
//! leaves it when it is deleted.

use model::{
    Address, BackboneId, BackboneSiteId, ConnectorId, DeploymentId, InvitationId, LinkId, ListenerId, Name, NetworkId,
    id::GenericUuid,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind},
    sql::{Id, Opt, Text, at},
};

/// An object that can be in a set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// A backbone.
    Backbone(BackboneId),
    /// A site of a backbone.
    BackboneSite(BackboneId, BackboneSiteId),
    /// A link of a backbone.
    Link(BackboneId, LinkId),
    /// An application network.
    Network(NetworkId),
    /// An invitation to a network.
    Invitation(NetworkId, InvitationId),
    /// A listener in a network.
    Listener(NetworkId, ListenerId),
    /// A connector in a network.
    Connector(NetworkId, ConnectorId),
    /// How an address of a network picks.
    AddressPolicy(NetworkId, Address),
    /// A release placed on sites of a network.
    Deployment(NetworkId, DeploymentId),
}

impl Object {
    /// The backbone it is, or is in.
    pub fn backbone(&self) -> Option<BackboneId> {
        match self {
            Self::Backbone(id) | Self::BackboneSite(id, _) | Self::Link(id, _) => Some(*id),
            _ => None,
        }
    }

    /// The network it is, or is in.
    pub fn network(&self) -> Option<NetworkId> {
        match self {
            Self::Network(id)
            | Self::Invitation(id, _)
            | Self::Listener(id, _)
            | Self::Connector(id, _)
            | Self::AddressPolicy(id, _)
            | Self::Deployment(id, _) => Some(*id),
            _ => None,
        }
    }

    fn columns(&self) -> Columns<'_> {
        let mut columns = Columns {
            backbone: self.backbone().map(GenericUuid::into_untyped_uuid),
            network: self.network().map(GenericUuid::into_untyped_uuid),
            ..Columns::default()
        };
        match self {
            Self::Backbone(_) | Self::Network(_) => {}
            Self::BackboneSite(_, id) => columns.site = Some(id.into_untyped_uuid()),
            Self::Link(_, id) => columns.link = Some(id.into_untyped_uuid()),
            Self::Invitation(_, id) => columns.invitation = Some(id.into_untyped_uuid()),
            Self::Listener(_, id) => columns.listener = Some(id.into_untyped_uuid()),
            Self::Connector(_, id) => columns.connector = Some(id.into_untyped_uuid()),
            Self::AddressPolicy(_, address) => columns.address = Some(address.as_str()),
            Self::Deployment(_, id) => columns.deployment = Some(id.into_untyped_uuid()),
        }
        columns
    }

    fn event(&self) -> Event {
        const JOIN: &str = "manifest-set.join";
        let event = match self {
            Self::Backbone(id) => Event::new(JOIN, ObjectKind::Backbone, *id),
            Self::BackboneSite(_, id) => Event::new(JOIN, ObjectKind::BackboneSite, *id),
            Self::Link(_, id) => Event::new(JOIN, ObjectKind::Link, *id),
            Self::Network(id) => Event::new(JOIN, ObjectKind::Network, *id),
            Self::Invitation(_, id) => Event::new(JOIN, ObjectKind::Invitation, *id),
            Self::Listener(_, id) => Event::new(JOIN, ObjectKind::Listener, *id),
            Self::Connector(_, id) => Event::new(JOIN, ObjectKind::Connector, *id),
            Self::AddressPolicy(id, _) => Event::new(JOIN, ObjectKind::Address, *id),
            Self::Deployment(_, id) => Event::new(JOIN, ObjectKind::Deployment, *id),
        };
        Event { backbone: self.backbone(), network: self.network(), ..event }
    }
}

/// The columns that say which object it is.
#[derive(Default)]
struct Columns<'a> {
    backbone: Option<Uuid>,
    network: Option<Uuid>,
    site: Option<Uuid>,
    link: Option<Uuid>,
    invitation: Option<Uuid>,
    listener: Option<Uuid>,
    connector: Option<Uuid>,
    address: Option<&'a str>,
    deployment: Option<Uuid>,
}

/// An object in a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The name of the set.
    pub set: Name,
    /// The object.
    pub object: Object,
}

struct Row {
    set: Name,
    backbone: Option<BackboneId>,
    network: Option<NetworkId>,
    site: Option<BackboneSiteId>,
    link: Option<LinkId>,
    invitation: Option<InvitationId>,
    listener: Option<ListenerId>,
    connector: Option<ConnectorId>,
    address: Option<Address>,
    deployment: Option<DeploymentId>,
}

impl TryFrom<Row> for Member {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let Row { set, backbone, network, site, link, invitation, listener, connector, address, deployment } = row;
        let in_backbone = |id| match (site, link) {
            (Some(site), _) => Object::BackboneSite(id, site),
            (None, Some(link)) => Object::Link(id, link),
            (None, None) => Object::Backbone(id),
        };
        let in_network = |id| match (invitation, listener, connector, address, deployment) {
            (Some(invitation), ..) => Object::Invitation(id, invitation),
            (_, Some(listener), ..) => Object::Listener(id, listener),
            (_, _, Some(connector), ..) => Object::Connector(id, connector),
            (.., Some(address), _) => Object::AddressPolicy(id, address),
            (.., Some(deployment)) => Object::Deployment(id, deployment),
            (None, None, None, None, None) => Object::Network(id),
        };
        let object = backbone.map(in_backbone).or_else(|| network.map(in_network));
        let object = object.ok_or_else(|| StoreError::Invalid { what: "a member of no backbone or network".into() })?;
        Ok(Self { set, object })
    }
}

macro_rules! members {
    ($db:expr, $where:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT set_name AS "set: Text<_>", backbone_id AS "backbone!: Opt<Id<_>>",
                network_id AS "network!: Opt<Id<_>>", backbone_site_id AS "site!: Opt<Id<_>>",
                link_id AS "link!: Opt<Id<_>>", invitation_id AS "invitation!: Opt<Id<_>>",
                listener_id AS "listener!: Opt<Id<_>>", connector_id AS "connector!: Opt<Id<_>>",
                address AS "address!: Opt<Text<_>>", deployment_id AS "deployment!: Opt<Id<_>>" FROM manifest_set_member "# + $where $(, $arg)*
        )
        .fetch_all(&mut *$db)
        .await?
        .into_iter()
        .map(Member::try_from)
        .collect()
    };
}

/// What is in a set.
pub async fn members(mut db: impl Db, set: &Name) -> Result<Vec<Member>, StoreError> {
    let mut db = db.source().connection().await?;
    members!(db, "WHERE set_name = $1", set.as_str())
}

/// What is in any set, of what these backbones and networks are and have.
pub async fn within(
    mut db: impl Db,
    backbones: &[BackboneId],
    networks: &[NetworkId],
) -> Result<Vec<Member>, StoreError> {
    let backbones: Vec<Uuid> = backbones.iter().map(|id| id.into_untyped_uuid()).collect();
    let networks: Vec<Uuid> = networks.iter().map(|id| id.into_untyped_uuid()).collect();
    let mut db = db.source().connection().await?;
    members!(db, "WHERE backbone_id = ANY($1) OR network_id = ANY($2)", &backbones[..], &networks[..])
}

/// Lets what changes sets do so one at a time, until the end of the transaction.
pub async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('manifest sets', 2))").execute(tx.connection()).await?;
    Ok(())
}

/// Takes an object into a set, out of the one it is in.
pub async fn join(tx: &mut Tx, set: &Name, object: &Object) -> Result<(), StoreError> {
    let columns = object.columns();
    sqlx::query!(
        "DELETE FROM manifest_set_member WHERE backbone_id IS NOT DISTINCT FROM $1 AND network_id IS NOT DISTINCT FROM $2
            AND backbone_site_id IS NOT DISTINCT FROM $3 AND link_id IS NOT DISTINCT FROM $4
            AND invitation_id IS NOT DISTINCT FROM $5 AND listener_id IS NOT DISTINCT FROM $6
            AND connector_id IS NOT DISTINCT FROM $7 AND address IS NOT DISTINCT FROM $8
            AND deployment_id IS NOT DISTINCT FROM $9",
        columns.backbone,
        columns.network,
        columns.site,
        columns.link,
        columns.invitation,
        columns.listener,
        columns.connector,
        columns.address,
        columns.deployment,
    )
    .execute(tx.connection())
    .await?;
    let now = at(tx.now());
    sqlx::query!(
        "INSERT INTO manifest_set_member (set_name, backbone_id, network_id, backbone_site_id, link_id, invitation_id,
            listener_id, connector_id, address, deployment_id, created)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        set.as_str(),
        columns.backbone,
        columns.network,
        columns.site,
        columns.link,
        columns.invitation,
        columns.listener,
        columns.connector,
        columns.address,
        columns.deployment,
        now,
    )
    .execute(tx.connection())
    .await?;
    tx.changed(object.event(), None, Some(&json!({ "set": set })));
    Ok(())
}
