//! Whether a site still has a place, and what it is to be.

use jiff::Timestamp;
use model::{
    AuthorityId,
    lifecycle::{BackboneSiteState, MemberState, NetworkState},
};
use site_proto::Notice;
use store::{
    StoreError,
    authority::{Authority, AuthorityState},
    backbone_site, inputs, member,
};

use crate::{
    App,
    desired::{self, Encoded},
    ops::OpError,
    sessions::Party,
};

/// How a site stands now.
#[derive(Debug)]
pub(super) enum Standing {
    /// It has a place.
    Placed(Box<Placed>),
    /// It has none any more: what it is told.
    Over(Notice),
}

/// What a site that has a place is to be.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) desired: Encoded,
    /// When its time is over, unless something changes.
    pub(super) closes: Option<Timestamp>,
    /// The newest generations of authorities it is to trust.
    pub(super) trusts: Trusts,
    /// The generation that issues for it, while certificates of another one may still be in use.
    pub(super) overlap: Option<Overlap>,
}

/// The newest generations of authorities a site trusts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trusts {
    pub(super) backbone: Option<u32>,
    pub(super) network: Option<u32>,
}

/// A generation that issues beside one that did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overlap {
    pub(super) issuer: AuthorityId,
    pub(super) since: Timestamp,
}

fn newest(rows: &[Authority]) -> Option<u32> {
    rows.iter().filter(|row| row.state.is_trusted()).map(|row| row.generation).max()
}

fn overlap(rows: &[Authority]) -> Option<Overlap> {
    rows.iter().find(|row| row.state == AuthorityState::Retired)?;
    let issuing = rows.iter().find(|row| row.state == AuthorityState::Active)?;
    Some(Overlap { issuer: issuing.id, since: issuing.since })
}

/// Reads how a site stands.
pub(super) async fn standing(app: &App, party: Party) -> Result<Standing, OpError> {
    match party {
        Party::Backbone(_, site) => match backbone_site::get(app.store(), site).await {
            Ok(row) if row.state == BackboneSiteState::Deployed => {
                let inputs = inputs::backbone_site_desired_inputs(app.store(), site).await?;
                Ok(Standing::Placed(Box::new(Placed {
                    desired: Encoded::new(&desired::backbone_site(&inputs)),
                    closes: None,
                    trusts: Trusts { backbone: newest(&inputs.authorities), network: None },
                    overlap: overlap(&inputs.authorities),
                })))
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
                MemberState::Member => Ok(Standing::Placed(Box::new(Placed {
                    desired: Encoded::new(&desired::member(&state.inputs, member)),
                    closes: row.window().closes(),
                    trusts: Trusts {
                        backbone: newest(&state.inputs.backbone_authorities),
                        network: newest(&state.inputs.authorities),
                    },
                    // What is not renewed lasts as long as the generation that issued it is trusted.
                    overlap: overlap(&state.inputs.authorities).filter(|_| member.terms.renewable),
                }))),
                MemberState::Evicted => Ok(over("evicted", "this site was evicted from the network")),
                MemberState::Left => Ok(over("evicted", "this site has left the network")),
                // Without a certificate there is no session.
                MemberState::Waiting | MemberState::Expired | MemberState::Refused => {
                    Ok(over("evicted", "this site is no member of the network"))
                }
            }
        }
    }
}

fn over(kind: &str, message: &str) -> Standing {
    Standing::Over(Notice { kind: kind.to_owned(), message: message.to_owned() })
}
