use api::{BackboneStatus, Eviction, Network};
use model::Name;

use crate::{
    commands::Session,
    failure::Failure,
    wait::{Look, Wait},
};

/// Where the routers are that enforce an eviction.
pub(crate) enum Scope {
    Backbone(Name),
    Network(Name),
}

/// Says how far an eviction has come, and waits, when asked to, until every router enforces it.
pub(crate) async fn finish(
    sentence: &str,
    mut eviction: Eviction,
    scope: Scope,
    wait: Wait,
    session: &Session,
) -> Result<(), Failure> {
    if !eviction.complete && wait.wait.is_some() {
        let client = session.client()?;
        let backbone = match scope {
            Scope::Backbone(name) => name,
            Scope::Network(name) => client.get::<Network>(&format!("/networks/{name}")).await?.backbone,
        };
        let path = format!("/backbones/{backbone}/status");
        let (reached, complete) = wait
            .until(async || {
                let status: BackboneStatus = client.get(&path).await?;
                let mut routers = eviction.routers.clone();
                for router in &mut routers {
                    let version = status.sites.iter().find(|s| s.id == router.site_id).and_then(|s| s.trust_version);
                    router.acknowledged |= version.is_some_and(|version| version >= eviction.trust_version);
                }
                let late: Vec<&str> = routers.iter().filter(|r| !r.acknowledged).map(|r| r.site.as_str()).collect();
                Ok(if late.is_empty() {
                    Look::Done(routers)
                } else {
                    let missing = format!("not acknowledged yet by {}", late.join(", "));
                    Look::NotYet(routers, missing)
                })
            })
            .await?;
        eviction.routers = reached;
        eviction.complete = complete;
    }
    let late: Vec<&str> = eviction.routers.iter().filter(|r| !r.acknowledged).map(|r| r.site.as_str()).collect();
    let reach = match (eviction.routers.len(), late.as_slice()) {
        (0, _) => String::new(),
        (all, []) => format!("; acknowledged by all {all} routers"),
        (all, late) => format!(
            "; acknowledged by {} of {all} routers, not yet by {} (an unreachable router admits nobody once its trust \
             document has expired)",
            all - late.len(),
            late.join(", ")
        ),
    };
    session.output.done(&format!("{sentence}{reach}"), &eviction)?;
    if wait.wait.is_some() && !eviction.complete {
        return Err(Failure::failed("not every router has acknowledged in time; the eviction stands"));
    }
    Ok(())
}
