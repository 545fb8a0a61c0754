//! Turns how a site stands into lines about what changed.

use std::collections::BTreeMap;

use api::local::{ConnectionState, DeploymentState, SiteStatus};
use dataplane::Status;
use jiff::Timestamp;
use model::{Address, HostPort, Name};

use crate::{
    live::Live,
    progress::{Progress, Watcher},
    state::Phase,
    status, view,
};

/// What was said last.
#[derive(Debug, Default)]
pub(super) struct Reporter {
    joined: bool,
    links: BTreeMap<String, bool>,
    session: Option<bool>,
    session_error: Option<String>,
    reason: Option<String>,
    warnings: Vec<String>,
    listeners: BTreeMap<(Address, HostPort), Option<String>>,
    connectors: BTreeMap<(Address, HostPort), ()>,
    deployments: BTreeMap<Name, (DeploymentState, String)>,
}

impl Reporter {
    /// Says what is different from before.
    pub(super) fn report(&mut self, watcher: &Watcher, live: &Live, router: &Status, now: Timestamp) {
        let status = status::running(live, router, now);
        let joined = matches!(live.site.phase, Phase::Joined(_));
        if joined != self.joined {
            // The link of the invitation is replaced by the site's own: that is no loss.
            (self.joined, self.links) = (joined, BTreeMap::new());
        }
        self.links(watcher, &status);
        self.session(watcher, &status);
        self.words(watcher, &status);
        self.sockets(watcher, live, router);
        self.deployments(watcher, live);
    }

    fn deployments(&mut self, watcher: &Watcher, live: &Live) {
        let all = live.deployed.standings.iter();
        let now: BTreeMap<_, _> = all.map(|(name, it)| (name.clone(), (it.state, it.message.clone()))).collect();
        for (name, (state, message)) in now.iter().filter(|(name, stands)| self.deployments.get(*name) != Some(stands))
        {
            let (name, state, message) = (name.clone(), *state, message.clone());
            watcher.tell(&Progress::Deployment { name, state, message });
        }
        for name in self.deployments.keys().filter(|name| !now.contains_key(*name)) {
            watcher.tell(&Progress::DeploymentGone(name.clone()));
        }
        self.deployments = now;
    }

    fn links(&mut self, watcher: &Watcher, status: &SiteStatus) {
        let links: BTreeMap<String, bool> =
            status.links.iter().map(|link| (link.peer.clone(), link.state == ConnectionState::Up)).collect();
        for (peer, up) in &links {
            if *up && self.links.get(peer) != Some(up) {
                watcher.tell(&Progress::LinkUp(peer.clone()));
            }
        }
        for (peer, _) in self.links.iter().filter(|(peer, was_up)| **was_up && links.get(*peer) != Some(&true)) {
            let error = status.links.iter().find(|link| link.peer == *peer).and_then(|link| link.error.clone());
            watcher.tell(&Progress::LinkDown(peer.clone(), error.unwrap_or_else(|| "closed".to_owned())));
        }
        self.links = links;
    }

    fn session(&mut self, watcher: &Watcher, status: &SiteStatus) {
        let up = status.session.state == ConnectionState::Up;
        match (self.session, up) {
            (Some(true), false) => {
                let error = status.session.error.clone().unwrap_or_else(|| "ended".to_owned());
                watcher.tell(&Progress::SessionDown(error));
            }
            (Some(false) | None, true) => watcher.tell(&Progress::SessionUp),
            _ => {}
        }
        self.session = Some(up);
        if status.session.error != self.session_error {
            self.session_error.clone_from(&status.session.error);
            if let Some(error) = &status.session.error {
                tracing::debug!(error, "no session");
            }
        }
    }

    fn words(&mut self, watcher: &Watcher, status: &SiteStatus) {
        let changed = status.reason.as_deref().map(skeleton) != self.reason.as_deref().map(skeleton);
        if changed && let Some(reason) = &status.reason {
            watcher.tell(&Progress::Waiting(reason.clone()));
        }
        self.reason.clone_from(&status.reason);
        // The session and the sockets have lines of their own.
        let mut warnings = status.warnings.clone();
        warnings.retain(|warning| {
            !["no session with", "listener ", "connector ", "deployment "].iter().any(|own| warning.starts_with(own))
        });
        for warning in warnings.iter().filter(|warning| !self.warnings.contains(warning)) {
            watcher.tell(&Progress::Trouble(warning.clone()));
        }
        self.warnings = warnings;
    }

    fn sockets(&mut self, watcher: &Watcher, live: &Live, router: &Status) {
        let listeners: BTreeMap<_, _> = view::listeners(live, router)
            .into_iter()
            .filter(|it| it.ready || it.error.is_some())
            .map(|it| ((it.address, it.bind), it.error))
            .collect();
        for ((address, bind), error) in &listeners {
            if self.listeners.get(&(address.clone(), bind.clone())) != Some(error) {
                let (address, bind) = (address.clone(), bind.clone());
                watcher.tell(&match error {
                    None => Progress::ListenerReady(address, bind),
                    Some(error) => Progress::ListenerFailed(address, bind, error.clone()),
                });
            }
        }
        for (address, _) in self.listeners.keys().filter(|key| !listeners.contains_key(key)) {
            watcher.tell(&Progress::Gone("listener", address.clone()));
        }
        self.listeners = listeners;
        let connectors: BTreeMap<_, _> = view::connectors(live, router)
            .into_iter()
            .filter(|it| it.ready)
            .map(|it| ((it.address, it.target), ()))
            .collect();
        for (address, target) in connectors.keys().filter(|key| !self.connectors.contains_key(key)) {
            watcher.tell(&Progress::ConnectorReady(address.clone(), target.clone()));
        }
        for (address, _) in self.connectors.keys().filter(|key| !connectors.contains_key(key)) {
            watcher.tell(&Progress::Gone("connector", address.clone()));
        }
        self.connectors = connectors;
    }
}

/// The words without their numbers: a time that goes on is no news.
fn skeleton(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::{fixture, live::SessionLive};

    fn live() -> Live {
        Live {
            site: Arc::new(fixture::joining_member()),
            local: Arc::default(),
            kept: Arc::default(),
            deployed: Arc::default(),
            runs: None,
            attached: false,
            attempt: None,
            refused: None,
            logs_read: None,
            session: SessionLive { up: false, since: fixture::now(), error: None },
            stood: Default::default(),
            trouble: Default::default(),
        }
    }

    fn recorded() -> (Watcher, Arc<Mutex<Vec<String>>>) {
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = lines.clone();
        (Watcher::new(move |progress| sink.lock().expect("no panic").push(progress.to_string())), lines)
    }

    #[test]
    fn waiting_is_said_once_however_long_it_takes() {
        let (watcher, lines) = recorded();
        let mut reporter = Reporter::default();
        let status = Status::default();
        for second in 0..30 {
            let now = fixture::time(&format!("2027-01-31T07:00:{second:02}Z"));
            reporter.report(&watcher, &live(), &status, now);
        }
        let lines = lines.lock().expect("no panic").clone();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("starts 2027-01-31T08:00:00Z"), "{lines:?}");
    }

    #[test]
    fn a_session_has_a_line_when_it_comes_and_when_it_goes() {
        let (watcher, lines) = recorded();
        let mut reporter = Reporter::default();
        let mut live = Live { site: Arc::new(fixture::joined_member()), attached: true, ..live() };
        let status = Status::default();
        live.session.up = true;
        reporter.report(&watcher, &live, &status, fixture::now());
        reporter.report(&watcher, &live, &status, fixture::now());
        live.session = SessionLive { up: false, error: Some("gone".to_owned()), ..live.session };
        reporter.report(&watcher, &live, &status, fixture::now());
        let lines = lines.lock().expect("no panic").clone();
        let session: Vec<&String> = lines.iter().filter(|line| line.contains("session")).collect();
        assert_eq!(session, ["session with a controller up", "no session with a controller: gone"]);
    }
}
