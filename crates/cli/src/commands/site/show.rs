//! How the site's objects are shown to people.

use api::local::{AddressStatus, Connector, LinkStatus, Listener, SiteStatus};
use model::HostPort;

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
            ("consent", maybe(self.consent.as_ref())),
            ("links", self.links.iter().map(link).collect::<Vec<_>>().join("\n")),
            ("access points", points.collect::<Vec<_>>().join("\n")),
            ("session", if self.running { session } else { String::new() }),
            ("warnings", self.warnings.join("\n")),
        ]
    }
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

fn author(author: &str, authored: Option<&HostPort>, adaptable: bool) -> String {
    match authored {
        Some(was) => format!("{author}, adapted (there: {was})"),
        None if adaptable => author.to_owned(),
        None => format!("{author}, fixed"),
    }
}

impl Show for Listener {
    const HEADINGS: &'static [&'static str] = &["address", "listens at", "author", "state"];

    fn row(&self) -> Vec<String> {
        let author = author(self.author.as_str(), self.authored_bind.as_ref(), self.adaptable);
        vec![self.address.to_string(), self.bind.to_string(), author, state(self.ready, self.error.as_ref())]
    }
}

impl Show for Connector {
    const HEADINGS: &'static [&'static str] = &["address", "connects to", "author", "state"];

    fn row(&self) -> Vec<String> {
        let author = author(self.author.as_str(), self.authored_target.as_ref(), self.adaptable);
        vec![self.address.to_string(), self.target.to_string(), author, state(self.ready, self.error.as_ref())]
    }
}

impl Show for AddressStatus {
    const HEADINGS: &'static [&'static str] = &["address", "reachable sites", "used here", "served here", "policy"];

    fn row(&self) -> Vec<String> {
        vec![
            self.address.to_string(),
            self.reachable.to_string(),
            yes(self.used),
            yes(self.served),
            self.policy.to_string(),
        ]
    }
}
