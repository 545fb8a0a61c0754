//! Whether a site still has a place, and what it is to be.

use jiff::Timestamp;
use model::lifecycle::{BackboneSiteState, MemberState, NetworkState};
use site_proto::Notice;
use store::{StoreError, backbone_site, inputs, member};

use crate::{
    App,
    desired::{self, Encoded},
    ops::OpError,
    sessions::Party,
};

/// How a site stands now.
#[derive(Debug)]
pub(super) enum Standing {
    /// It has a place: what it is to be, and when its time is over unless something changes.
    Placed { desired: Encoded, closes: Option<Timestamp> },
    /// It has none any more: what it is told.
    Over(Notice),
}

/// Reads how a site stands.
pub(super) async fn standing(app: &App, party: Party) -> Result<Standing, OpError> {
    match party {
        Party::Backbone(_, site) => match backbone_site::get(app.store(), site).await {
            Ok(row) if row.state == BackboneSiteState::Deployed => {
                let inputs = inputs::backbone_site_desired_inputs(app.store(), site).await?;
                Ok(Standing::Placed { desired: Encoded::new(&desired::backbone_site(&inputs)), closes: None })
            }
            Ok(_) => Ok(over("evicted", "this site was evicted from its backbone")),
            Err(StoreError::NotFound { .. }) => Ok(over("evicted", "this site was removed from its backbone")),
            Err(error) => Err(error.into()),
        },
        Party::Member(_, network, site) => {
            let state = match app.desired().network(app.store(), network).await {
                Ok(state) => state,
                Err(StoreError::NotFound { .. }) => return Ok(over("evicted", "the network was removed")),
                Err(error) => return Err(error.into()),
            };
            let row = &state.inputs.network;
            match row.state(app.now()) {
                NetworkState::Evicted => {
                    return Ok(over("evicted", "the network was removed by its owner or an administrator"));
                }
                NetworkState::Ended => return Ok(over("ended", "the network has ended")),
                NetworkState::Scheduled | NetworkState::Open | NetworkState::Closing => {}
            }
            // One who has just joined may be newer than what was read of the network.
            let joined;
            let member = match state.member(site) {
                Some(member) => member,
                None => match member::get(app.store(), site).await {
                    Ok(row) => {
                        joined = row;
                        &joined
                    }
                    Err(StoreError::NotFound { .. }) => {
                        return Ok(over("evicted", "this site was removed from the network"));
                    }
                    Err(error) => return Err(error.into()),
                },
            };
            match member.state {
                MemberState::Member => Ok(Standing::Placed {
                    desired: Encoded::new(&desired::member(&state.inputs, member)),
                    closes: row.window().closes(),
                }),
                MemberState::Evicted => Ok(over("evicted", "this site was evicted from the network")),
                MemberState::Left => Ok(over("evicted", "this site has left the network")),
            }
        }
    }
}

fn over(kind: &str, message: &str) -> Standing {
    Standing::Over(Notice { kind: kind.to_owned(), message: message.to_owned() })
}
