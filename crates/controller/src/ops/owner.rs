//! Who owns networks: handing them over, so that none is without somebody who manages it.

use authz::{Acting, INSTALLATION, Reach, Standing, SubjectKind, Target};
use model::{Name, SubjectId};
use store::{Tx, backbone, grant, grant::Held, group, network, network::Network, subject, subject::Subject};

use super::{Actor, OpError, Ref, find, network::within_quota};

/// How many networks a refusal names.
const NAMED: usize = 5;

/// Whoever is about to own something is there until the end of the transaction.
pub(super) async fn keep(tx: &mut Tx, owner: SubjectId) -> Result<(), OpError> {
    if owner != INSTALLATION {
        subject::keep(tx, owner).await?;
    }
    Ok(())
}

/// Hands a network over to another user, who must be able to manage it.
pub(super) async fn hand_over(
    tx: &mut Tx,
    actor: &Actor,
    network: &Network,
    to: &Ref,
    if_revision: Option<i64>,
) -> Result<Network, OpError> {
    let heir = Heir::find(tx, to).await?;
    heir.takes(tx, actor, network, if_revision).await
}

/// Hands over all networks of a user, those that are over included.
pub(super) async fn hand_over_all(tx: &mut Tx, actor: &Actor, from: &Subject, to: &Ref) -> Result<(), OpError> {
    let heir = Heir::find(tx, to).await?;
    if heir.subject.id == from.id {
        return Err(OpError::invalid("networks_to", "that is the user who is deleted; give another one"));
    }
    for network in network::owned_by(&mut *tx, from.id).await? {
        heir.takes(tx, actor, &network, None).await?;
    }
    Ok(())
}

/// Refuses, for who owns networks, and says which, and what to do.
pub(super) async fn unless_owner(tx: &mut Tx, user: &Subject) -> Result<(), OpError> {
    let owned = network::owned_by(&mut *tx, user.id).await?;
    if owned.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = owned.iter().take(NAMED).map(|network| network.name.as_str()).collect();
    let more = if owned.len() > NAMED { ", …" } else { "" };
    let (name, count) = (&user.name, owned.len());
    let what = if count == 1 { "a network".to_owned() } else { format!("{count} networks") };
    Err(OpError::precondition(
        format!("{name} owns {what}: {}{more}", names.join(", ")),
        format!(
            "hand them over with `skx user delete {name} --networks-to NAME`, or one by one with \
             `skx network set NETWORK --owner NAME`, or delete them"
        ),
    ))
}

/// Somebody who is to own networks.
struct Heir {
    subject: Subject,
    reach: Reach,
}

impl Heir {
    async fn find(tx: &mut Tx, named: &Ref) -> Result<Self, OpError> {
        let found = find::subject(&mut *tx, named).await?;
        let subject = subject::keep(tx, found.id).await?;
        if subject.disabled.is_some() {
            return Err(OpError::precondition(
                format!("{} is disabled, and manages nothing", subject.name),
                format!("choose another user, or enable them first: `skx user enable {}`", subject.name),
            ));
        }
        let groups = group::of_subjects(&mut *tx, &[subject.id]).await?;
        let acting = Acting {
            subject: subject.id,
            name: subject.name.to_string(),
            kind: SubjectKind::Person,
            groups: groups.into_iter().map(|(_, group, _)| group).collect(),
            limit: None,
        };
        let held = grant::of(&mut *tx, acting.subject, acting.groups.iter().copied()).await?;
        let grants: Vec<_> = held.iter().map(Held::grant).collect();
        let reach = Reach::new(&acting, &grants);
        Ok(Self { subject, reach })
    }

    async fn takes(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        network: &Network,
        if_revision: Option<i64>,
    ) -> Result<Network, OpError> {
        let owner = self.subject.id;
        if network.owner == owner {
            return Ok(network.clone());
        }
        let theirs = Target::Network { id: network.id, backbone: network.backbone, owner };
        if self.reach.standing(&theirs) < Standing::Owns {
            let backbone = backbone::get(&mut *tx, network.backbone).await?.name;
            return Err(self.could_not_manage(&network.name, &backbone));
        }
        within_quota(tx, actor, owner, &format!("{} owns", self.subject.name)).await?;
        Ok(network::hand_over(tx, network.id, if_revision, owner).await?)
    }

    fn could_not_manage(&self, network: &Name, backbone: &Name) -> OpError {
        let name = &self.subject.name;
        OpError::precondition(
            format!("{name} may not use the backbone {backbone}, and could not manage {network}"),
            format!(
                "let a service administrator give them that first: \
                 `skx grant create --user {name} --role user --backbone {backbone}`"
            ),
        )
    }
}
