//! How the site's objects are shown to people.

use api::local::{
    AddressStatus, Connector, ConsentPolicy, DeploymentBrief, LinkStatus, Listener, OpenAddress, SiteStatus,
};
use model::{HostPort, Name, terms::Consent};

use crate::output::{Show, maybe, time, yes};

impl Show for SiteStatus {
    const HEADINGS: &'static [&'static str] = &["name", "state", "links"];

    fn row(&self) -> Vec<String> {
        vec![maybe(self.name.as_ref()), self.state.to_string(), self.links.len().to_string()]
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let session = match &self.session.error {
            Some(error) if self.running => format!("{}: {error}", self.session.state.as_str()),
            _ => self.session.state.as_str().to_owned(),
        };
        let points = self.access_points.iter().map(|it| match &it.error {
            Some(error) => format!("{} at {}: {error}", it.name, it.bind),
            None => format!("{} at {}", it.name, it.bind),
        });
        vec![
            ("name", maybe(self.name.as_ref())),
            ("network", maybe(self.network.as_ref())),
            ("backbone", maybe(self.backbone.as_ref())),
            ("state", self.state.to_string()),
            ("reason", self.reason.clone().unwrap_or_default()),
            ("since", time(self.since)),
            ("next", self.next.clone()),
            ("waiting since", time(self.waiting_since)),
            ("running", yes(self.running)),
            ("start", time(self.start)),
            ("until", time(self.until)),
            ("certificate until", time(self.certificate_until)),
            ("renewable", self.renewable.map(yes).unwrap_or_default()),
            ("may serve", maybe(self.serve.as_ref())),
            ("may use", maybe(self.r#use.as_ref())),
            (
                "consent",
                maybe(self.asked.map(ConsentPolicy::as_str).or_else(|| self.consent.map(Consent::as_str)).as_ref()),
            ),
            ("logs", super::deployments::logs_words(self)),
            ("runs workloads on", self.runs.clone().unwrap_or_default()),
            ("deployments", self.deployments.iter().map(deployment).collect::<Vec<_>>().join("\n")),
            ("links", self.links.iter().map(link).collect::<Vec<_>>().join("\n")),
            ("access points", points.collect::<Vec<_>>().join("\n")),
            ("session", if self.running { session } else { String::new() }),
            ("warnings", self.warnings.join("\n")),
        ]
    }
}

fn deployment(it: &DeploymentBrief) -> String {
    let why = if it.message.is_empty() { String::new() } else { format!(": {}", it.message) };
    format!("{} {}{why}", it.name, it.state.as_str())
}

fn link(link: &LinkStatus) -> String {
    let rtt = link.rtt_ms.map(|rtt| format!(", {rtt:.1} ms")).unwrap_or_default();
    let error = link.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
    format!("{} {}{rtt}{error}", link.peer, link.state.as_str())
}

fn state(ready: bool, error: Option<&String>) -> String {
    match error {
        Some(error) => error.clone(),
        None if ready => "ready".to_owned(),
        None => "not running".to_owned(),
    }
}

fn author(
    author: &str,
    deployment: Option<(&Name, &[String])>,
    authored: Option<&HostPort>,
    adaptable: bool,
) -> String {
    if let Some((deployment, parts)) = deployment {
        return format!("deployment {deployment}: {}", parts.join(", "));
    }
    match authored {
        Some(was) => format!("{author}, adapted (there: {was})"),
        None if adaptable => author.to_owned(),
        None => format!("{author}, fixed"),
    }
}

impl Show for Listener {
    const HEADINGS: &'static [&'static str] = &["address", "listens at", "author", "state", "since", "next"];

    fn row(&self) -> Vec<String> {
        let deployment = self.deployment.as_ref().map(|it| (it, &self.parts[..]));
        let author = author(self.author.as_str(), deployment, self.authored_bind.as_ref(), self.adaptable);
        vec![
            self.address.to_string(),
            self.bind.to_string(),
            author,
            state(self.ready, self.error.as_ref()),
            time(self.since),
            maybe(self.next.as_ref()),
        ]
    }
}

impl Show for Connector {
    const HEADINGS: &'static [&'static str] = &["address", "connects to", "author", "state", "since", "next"];

    fn row(&self) -> Vec<String> {
        let deployment = self.deployment.as_ref().map(|it| (it, &self.parts[..]));
        let author = author(self.author.as_str(), deployment, self.authored_target.as_ref(), self.adaptable);
        vec![
            self.address.to_string(),
            self.target.to_string(),
            author,
            state(self.ready, self.error.as_ref()),
            time(self.since),
            maybe(self.next.as_ref()),
        ]
    }
}

fn opening(open: &OpenAddress) -> String {
    let what = format!("{} ({})", open.interface, open.role);
    if open.description.is_empty() { what } else { format!("{what}: {}", open.description) }
}

impl Show for AddressStatus {
    const HEADINGS: &'static [&'static str] =
        &["address", "reachable sites", "used here", "served here", "policy", "of", "open to you"];

    fn row(&self) -> Vec<String> {
        vec![
            self.address.to_string(),
            maybe(self.reachable.as_ref()),
            yes(self.used),
            yes(self.served),
            self.policy.to_string(),
            self.deployments.iter().map(|it| format!("deployment {it}")).collect::<Vec<_>>().join(", "),
            self.open.as_ref().map(opening).unwrap_or_default(),
        ]
    }
}
