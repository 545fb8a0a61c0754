//! What is not well in an installation, and what to do about it.

use jiff::{SignedDuration, Timestamp};
use model::{
    Identity, SpiffeId,
    lifecycle::{BackboneSiteState, NetworkState},
};
use store::{
    authority,
    authority::{Authority, AuthorityState},
    certificate, deployment, status,
    status::Troubled,
};

use super::{
    Actor, LinkState, OpError,
    observed::{self, Report},
    status::{BackboneSiteStatus, BackboneStatus, Finding, LinkStatus, NetworkStatus},
};
use crate::{App, deploy::Rollout};

/// A certificate that ends sooner than this is about to end, however long it has lived.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);
/// This part of a life at its end is left only to what was not replaced in time: that begins with the last third.
const PART: i32 = 6;
/// The most members that are named, and the most deployments.
const MEMBERS: u32 = 100;

/// Whether what is valid from and until then should have been replaced before now.
pub(crate) fn is_late(from: Timestamp, until: Timestamp, now: Timestamp) -> bool {
    until.duration_since(now) < SOON.min(until.duration_since(from) / PART)
}

/// What is not well at a backbone. What follows from something else that is named is not named.
pub(crate) fn of_backbone(backbone: &BackboneStatus) -> Vec<Finding> {
    let finding =
        |message: String, how: Option<String>| Finding { subject: format!("backbone {}", backbone.name), message, how };
    if backbone.sites.is_empty() {
        let how = format!(
            "create one: `skx backbone site create {}/SITE --access main=peer,member,claim,manage@HOST:PORT`",
            backbone.name
        );
        return vec![finding("it has no sites".to_owned(), Some(how))];
    }
    let sites = backbone.sites.iter().filter_map(|site| {
        let message = match site.state {
            BackboneSiteState::Defined => format!("the site {} has not enrolled yet", site.name),
            BackboneSiteState::Deployed if !site.online => format!("the site {} is not heard of", site.name),
            BackboneSiteState::Deployed | BackboneSiteState::Evicted => return None,
        };
        Some(finding(message, site.next_step.clone()))
    });
    let failures = backbone.sites.iter().flat_map(|site| {
        site.failures.iter().map(|failure| {
            finding(
                format!("the site {} could not do what it was told: {failure}", site.name),
                Some("put that right there, or change it here; it is tried again by itself".to_owned()),
            )
        })
    });
    let links = backbone.links.iter().filter_map(|link| {
        let (from, to) = (end(backbone, link.from.as_str())?, end(backbone, link.to.as_str())?);
        let up = link.observed.state == LinkState::Up;
        (!up && is_up(from) && is_up(to)).then(|| {
            let why = link.observed.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
            finding(format!("the link from {} to {} is not up{why}", link.from, link.to), Some(mend(link, to)))
        })
    });
    let trust = backbone.trust_late.then(|| {
        finding(
            "its trust document is about to expire and was not renewed; then no new link is admitted".to_owned(),
            Some("the log of the controller says why".to_owned()),
        )
    });
    sites.chain(failures).chain(links).chain(trust).collect()
}

fn end<'a>(backbone: &'a BackboneStatus, name: &str) -> Option<&'a BackboneSiteStatus> {
    backbone.sites.iter().find(|site| site.name.as_str() == name)
}

fn is_up(site: &BackboneSiteStatus) -> bool {
    site.state == BackboneSiteState::Deployed && site.online
}

fn mend(link: &LinkStatus, to: &BackboneSiteStatus) -> String {
    to.next_step.clone().unwrap_or_else(|| {
        format!(
            "both sites run: see that {} can reach the access point {} of {} (its address, and what filters on the way)",
            link.from, link.access, link.to
        )
    })
}

/// The certificates that are about to end and were not replaced, of what somebody administers.
pub(crate) async fn of_certificates(
    app: &App,
    actor: &Actor,
    backbones: &[BackboneStatus],
    networks: &[NetworkStatus],
) -> Result<Vec<Finding>, OpError> {
    let now = app.now();
    let mut findings = vec![];
    for row in authority::list_all(app.store()).await?.iter().filter(|it| it.state == AuthorityState::Active) {
        let (Some(from), Some(until)) = (row.not_before, row.not_after) else { continue };
        if is_late(from, until, now)
            && let Some((subject, how)) = whose(row, actor, backbones, networks)
        {
            let message = format!("its certificate authority expires at {until:.0} and was not replaced");
            findings.push(Finding { subject, message, how: Some(how) });
        }
    }
    for backbone in backbones {
        for site in backbone.sites.iter().filter(|site| site.state == BackboneSiteState::Deployed) {
            let identity = Identity::BackboneSite { backbone: backbone.id, site: site.id };
            let subject = SpiffeId { installation: app.installation(), identity };
            let Some(held) = certificate::current(app.store(), &subject).await? else { continue };
            if is_late(held.not_before, held.not_after, now) {
                findings.push(Finding {
                    subject: format!("backbone {}", backbone.name),
                    message: format!(
                        "the certificate of the site {} expires at {:.0} and was not renewed",
                        site.name, held.not_after
                    ),
                    how: Some(
                        "it renews it itself over its session: `skx site status` there says what fails".to_owned(),
                    ),
                });
            }
        }
    }
    Ok(findings)
}

/// Whose authority it is and what to do about it, for somebody whom it concerns.
fn whose(
    row: &Authority,
    actor: &Actor,
    backbones: &[BackboneStatus],
    networks: &[NetworkStatus],
) -> Option<(String, String)> {
    let tree =
        "`skx certificate list --tree` shows what the next one waits for, and the log of the controller what fails";
    match (row.backbone, row.network) {
        (None, None) => actor.reach.is_everything().then(|| {
            let how = "have the next one signed by your root: `skx ca csr`, then `skx ca import CHAIN`";
            ("installation".to_owned(), how.to_owned())
        }),
        (Some(id), None) => {
            let backbone = backbones.iter().find(|backbone| backbone.id == id)?;
            Some((format!("backbone {}", backbone.name), tree.to_owned()))
        }
        // Its owner can do nothing about it.
        (_, Some(id)) => {
            let network = networks.iter().find(|network| network.id == id && actor.reach.is_everything())?;
            Some((format!("network {}", network.name), tree.to_owned()))
        }
    }
}

/// The networks that are open, and nobody is there.
pub(crate) fn of_networks(networks: &[NetworkStatus]) -> impl Iterator<Item = Finding> {
    let deserted = networks.iter().filter(|it| it.state == NetworkState::Open && it.members > 0 && it.connected == 0);
    deserted.map(|network| Finding {
        subject: format!("network {}", network.name),
        message: match network.members {
            1 => "its member is not connected".to_owned(),
            members => format!("none of its {members} members is connected"),
        },
        how: Some(format!(
            "`skx member list {} -o wide` says since when; `skx site status` at a member says what it waits for",
            network.name
        )),
    })
}

/// What deployments want looking at for.
pub(crate) async fn of_deployments(app: &App, networks: &[NetworkStatus]) -> Result<Vec<Finding>, OpError> {
    let ids: Vec<_> = networks.iter().map(|network| network.id).collect();
    let since = app.now().saturating_sub(observed::SILENCE).unwrap_or(Timestamp::MIN);
    let mut findings = vec![];
    for it in deployment::troubled(app.store(), &ids, since, MEMBERS).await? {
        let sites = match it.sites {
            0 => None,
            1 => Some("it does not run as it should at one site".to_owned()),
            sites => Some(format!("it does not run as it should at {sites} sites")),
        };
        let stuck = Rollout::read(it.rollout.as_deref())?.waits_for_a_person();
        let all: Vec<String> = it.trouble.into_iter().chain(sites).chain(stuck).collect();
        if !all.is_empty() {
            findings.push(Finding {
                subject: format!("deployment {}/{}", it.network, it.deployment),
                message: all.join("; "),
                how: Some(format!("`skx deploy status {}/{}` shows where", it.network, it.deployment)),
            });
        }
    }
    Ok(findings)
}

/// What members say they cannot do.
pub(crate) async fn of_members(app: &App, networks: &[NetworkStatus]) -> Result<Vec<Finding>, OpError> {
    let ids: Vec<_> = networks.iter().map(|network| network.id).collect();
    let since = app.now().saturating_sub(observed::SILENCE).unwrap_or(Timestamp::MIN);
    let troubled = status::troubled(app.store(), &ids, since, MEMBERS).await?;
    Ok(troubled.iter().filter_map(of_member).collect())
}

fn of_member(Troubled { network, site, report }: &Troubled) -> Option<Finding> {
    let report: Report = serde_json::from_value(report.clone()).unwrap_or_default();
    let failed = |kind: &'static str| {
        move |socket: &observed::Socket| {
            (socket.state == "failed")
                .then(|| format!("its {kind} for {} at {} fails: {}", socket.address, socket.socket, socket.error))
        }
    };
    let told = report.failures.first().map(|failure| {
        // What is inside the backbone is for its administrators, who see it of the member.
        if failure.key.starts_with("link/") {
            "it could not set up a link to the backbone".to_owned()
        } else {
            format!("it could not do what it was told: {}", failure.words())
        }
    });
    let listener = || report.listeners.iter().find_map(failed("listener"));
    let connector = || report.connectors.iter().find_map(failed("connector"));
    Some(Finding {
        subject: format!("member {network}/{site}"),
        message: told.or_else(listener).or_else(connector)?,
        how: Some("put that right there, or change it in the network; it is tried again by itself".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_should_have_been_replaced_is_late_in_the_last_sixth_of_its_life_and_a_month_before_its_end_at_the_earliest()
    {
        let from: Timestamp = "2027-01-01T00:00:00Z".parse().expect("a time");
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        for (life, left) in [(days(90), days(15)), (days(3_650), SOON)] {
            let until = from + life;
            let late = |at: Timestamp| is_late(from, until, at);
            assert!(!late(until - left));
            assert!(late(until - left + SignedDuration::from_secs(1)));
        }
    }
}
