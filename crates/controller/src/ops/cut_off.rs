//! Changes that would cut off what runs: refused unless that is what is wanted.

use jiff::Timestamp;
use model::{AccessKind, BackboneId, BackboneSiteId};
use std::collections::BTreeSet;
use store::{Page, Tx, access_point, network, status};

use super::{OpError, layout::Layout};

/// Whether a change is made even if it cuts off what runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Even {
    /// Only if it cuts off nothing.
    #[default]
    Never,
    /// Even then.
    CutOff,
}

/// The ways to what runs on a backbone, before a change.
#[derive(Debug)]
pub(crate) struct Ways {
    backbone: BackboneId,
    reached: BTreeSet<BackboneSiteId>,
    attachable: bool,
}

impl Ways {
    /// Reads them, first thing in the transaction that makes the change.
    pub(crate) async fn read(tx: &mut Tx, backbone: BackboneId) -> Result<Self, OpError> {
        let reached = Layout::read_in(tx, backbone).await?.within_reach();
        Ok(Self { backbone, reached, attachable: attachable(tx, backbone).await? })
    }

    /// Last thing in the transaction: refuses the change when controllers cannot reach a deployed site any more that
    /// they could reach before, or when members have nowhere to attach any more.
    pub(crate) async fn unless_lost(&self, tx: &mut Tx, even_if: Even) -> Result<(), OpError> {
        if even_if == Even::CutOff {
            return Ok(());
        }
        let layout = Layout::read_in(tx, self.backbone).await?;
        let after = layout.within_reach();
        let lost: BTreeSet<&str> =
            self.reached.difference(&after).filter_map(|id| Some(layout.sites.get(id)?.name.as_str())).collect();
        if !lost.is_empty() {
            return Err(OpError::precondition(
                format!(
                    "it is the last way by which controllers reach {}",
                    lost.into_iter().collect::<Vec<_>>().join(", ")
                ),
                "make another way first (an access point of the kind manage, or a link), or use --force: what is cut off runs on by what it was told last, and learns of no changes",
            ));
        }
        if self.attachable && !attachable(tx, self.backbone).await? {
            let members = members(tx, self.backbone).await?;
            if members > 0 {
                let who =
                    if members == 1 { "a member site uses".to_owned() } else { format!("{members} member sites use") };
                return Err(OpError::precondition(
                    format!("it is the last access point for members in service, and {who} the backbone"),
                    "add another access point of the kind member first, so that they learn of it, or use --force",
                ));
            }
        }
        Ok(())
    }
}

async fn attachable(tx: &mut Tx, backbone: BackboneId) -> Result<bool, OpError> {
    Ok(!access_point::in_service(&mut *tx, backbone, &[AccessKind::Member]).await?.is_empty())
}

/// How many live member sites the networks of a backbone have.
async fn members(tx: &mut Tx, backbone: BackboneId) -> Result<u64, OpError> {
    let mut members = 0;
    for network in network::list(&mut *tx, Some(backbone), Page::ALL).await?.items {
        members += status::count_of_network(&mut *tx, network.id, Timestamp::UNIX_EPOCH).await?.members;
    }
    Ok(members)
}
