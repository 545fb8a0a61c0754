//! Whether a site still has a place, and what it is to be.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::{
    AuthorityId, Name,
    desired::{Deployment, Item, Secret},
    lifecycle::{BackboneSiteState, MemberState, NetworkState},
};
use serde_json::Value;
use site_proto::Notice;
use store::{
    StoreError,
    authority::{Authority, AuthorityState},
    backbone_site, deployment, inputs,
    inputs::NetworkInputs,
    member,
    member::Member,
};

use crate::{
    App,
    desired::{self, Encoded},
    ops::{OpError, secret},
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
    /// The deployments of which nothing is kept that the site has said to what it is offered.
    pub(super) unheard: Vec<Name>,
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
                    unheard: vec![],
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
                MemberState::Member => {
                    let (desired, unheard) = desired_of(app, &state.inputs, member).await?;
                    Ok(Standing::Placed(Box::new(Placed {
                        desired,
                        closes: row.window().closes(),
                        trusts: Trusts {
                            backbone: newest(&state.inputs.backbone_authorities),
                            network: newest(&state.inputs.authorities),
                        },
                        // What is not renewed lasts as long as the generation that issued it is trusted.
                        overlap: overlap(&state.inputs.authorities).filter(|_| member.terms.renewable),
                        unheard,
                    })))
                }
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

/// What a member is to be, with what it is offered of deployments, and with the values of secrets that it needs of what its
/// participant has agreed to. Also the deployments of which nothing is kept that it has said to that.
async fn desired_of(app: &App, network: &NetworkInputs, member: &Member) -> Result<(Encoded, Vec<Name>), OpError> {
    let (mut items, mut unheard) = (desired::member(network, member), vec![]);
    if network.offered.contains(&member.id) {
        let mut needed = BTreeSet::new();
        for deployment::Offered { name, offer, kept, report } in deployment::offers_of(app.store(), member.id).await? {
            let read = |text: &str| serde_json::from_str(text);
            let offer: Value = read(&offer).map_err(OpError::internal("reading an offer of the database"))?;
            let kept: Option<Value> = kept.as_deref().map(read).transpose().unwrap_or_default();
            needed.extend(given(&offer, kept.as_ref(), report.as_ref()));
            if report.is_none() {
                unheard.push(name.clone());
            }
            items.push(Item::Deployment(Deployment { name, offer }));
        }
        let needed: Vec<Name> = needed.into_iter().collect();
        if !needed.is_empty() {
            let values = secret::values(app, network.network.id, &needed).await?;
            items.extend(told(needed, values));
        }
    }
    Ok((Encoded::new(&items), unheard))
}

/// The secrets whose values a site is told: those it says it needs, for what is in force there and what is agreed to, and only
/// what something that it was offered needs.
fn given(offer: &Value, kept: Option<&Value>, report: Option<&Value>) -> BTreeSet<Name> {
    let asked = report.and_then(|report| report.get("secrets")?.as_array());
    let asked: BTreeSet<&str> = asked.into_iter().flatten().filter_map(Value::as_str).collect();
    let may = secrets(offer).chain(kept.into_iter().flat_map(secrets));
    may.filter(|name| asked.contains(name.as_str())).collect()
}

/// What is told of secrets. Of one that is not there, or no more, that is said: without a word a site keeps what it was told.
fn told(needed: Vec<Name>, mut values: BTreeMap<Name, secret::Values>) -> Vec<Item> {
    let each = needed.into_iter().map(|name| Secret { values: values.remove(&name).unwrap_or_default(), name });
    each.map(Item::Secret).collect()
}

/// The secrets that what a site is offered needs.
fn secrets(offer: &Value) -> impl Iterator<Item = Name> {
    let needed = offer.pointer("/gets/secrets").and_then(Value::as_array);
    needed.into_iter().flatten().filter_map(|secret| secret.get("name")?.as_str()?.parse().ok())
}

fn over(kind: &str, message: &str) -> Standing {
    Standing::Over(Notice { kind: kind.to_owned(), message: message.to_owned() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn offer(secrets: &[&str]) -> Value {
        let needed: Vec<Value> = secrets.iter().map(|name| json!({"name": name, "why": []})).collect();
        json!({"gets": {"secrets": needed}})
    }

    #[test]
    fn a_site_is_told_the_values_that_it_asks_for_of_what_it_was_offered_and_no_others() {
        let offered = offer(&["database", "pin"]);
        let names = |given: BTreeSet<Name>| given.iter().map(Name::to_string).collect::<Vec<_>>();
        let asks = |secrets: Value| json!({"state": "awaiting-consent", "secrets": secrets});
        assert_eq!(names(given(&offered, None, None)), [""; 0], "nothing was agreed to yet");
        assert_eq!(names(given(&offered, None, Some(&asks(json!([]))))), [""; 0]);
        assert_eq!(names(given(&offered, None, Some(&asks(json!(["pin", "of-others"]))))), ["pin"]);
        // What is in force may be what it was offered before.
        let before = offer(&["old"]);
        assert_eq!(names(given(&offered, Some(&before), Some(&asks(json!(["old"]))))), ["old"]);
        assert_eq!(names(given(&offered, None, Some(&asks(json!(["old"]))))), [""; 0]);
    }

    #[test]
    fn that_a_secret_is_there_no_more_is_said() {
        let names: Vec<Name> = ["gone", "pin"].map(|name| name.parse().expect("as it is written")).into();
        let values = serde_json::from_value(json!({"pin": {"value": "1234"}})).expect("as it is written");
        let told = told(names, values);
        let said = serde_json::to_value(&told).expect("as it is written");
        assert_eq!(said[0], json!({"kind": "secret", "name": "gone", "values": {}}));
        assert_eq!(said[1]["values"], json!({"value": "1234"}));
    }
}
