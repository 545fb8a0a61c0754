//! Memberships given up, over the session of the site they belong to.

use model::trust::Denial;
use store::{Tx, backbone_site, denial, denial::Denied, link, member};

use super::renew::{begin, identity};
use crate::{App, issue, ops::OpError, sessions::Party};

/// Why it is not known that a site has left.
#[derive(Debug)]
pub(super) enum NotLeft {
    /// Nothing was changed.
    Not(OpError),
    /// It was being committed: it may have happened or not.
    Unclear(OpError),
}

/// Gives up a place by the site's own wish: for good, and nobody else can use what it held.
pub(super) async fn leave(app: &App, party: Party, reason: &str) -> Result<(), NotLeft> {
    let tx = prepare(app, party, reason).await.map_err(NotLeft::Not)?;
    tx.commit().await.map_err(|error| NotLeft::Unclear(error.into()))?;
    Ok(())
}

async fn prepare(app: &App, party: Party, reason: &str) -> Result<Tx, OpError> {
    let mut tx = begin(app, party).await?;
    let (denied, backbone) = match party {
        Party::Backbone(backbone, site) => {
            backbone_site::evict(&mut tx, site, None).await?;
            for link in link::list(&mut tx, backbone).await? {
                if link.from == site || link.to == site {
                    link::delete(&mut tx, link.id, None).await?;
                }
            }
            (Denied::BackboneSite(site), backbone)
        }
        Party::Member(backbone, network, site) => {
            let reason: String = reason.chars().filter(|c| !c.is_control()).take(256).collect();
            member::leave(&mut tx, site, &reason).await?;
            (Denied::Site(network, site), backbone)
        }
    };
    if let Some(until) = issue::last_expiry(app, &mut tx, [identity(party)]).await? {
        denial::insert(&mut tx, denied, Some(backbone), Denial::Ended, Some(until)).await?;
    }
    Ok(tx)
}
