//! The next certificate: asked for over the session while this one is valid, and by redemption when it has expired while the
//! site was away.

use std::time::Duration;

use pki::{Certificate, PrivateKey};
use site_proto::{Refusal, RenewRequest, site_message};
use tokio::time::Instant;

use super::{
    core::{Core, Work},
    events::with,
    keep::Pending,
};
use crate::{
    certificate::{self, is_due, last_third},
    live::{Attempt, Trouble},
    state::{End, Joined, Phase},
};

/// How long a certificate that was asked for may take, at most.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long to wait before a controller that has no time for it is asked again, at most.
const BUSY: Duration = Duration::from_secs(5);
/// Both are shorter where certificates live so shortly that there are fewer attempts than these in the last third of a life.
const TIMEOUTS: u32 = 2;
const ATTEMPTS: u32 = 10;

impl Core {
    /// Asks for the next certificate when this one has lived two thirds of its life, or a controller wishes it.
    pub(super) async fn renew_if_due(&mut self) {
        let live = self.live.borrow().clone();
        let Phase::Joined(joined) = &live.site.phase else { return };
        if !joined.items.settings().is_none_or(|settings| settings.terms.renewable) {
            return;
        }
        if !live.session.up || self.renewal.as_ref().is_some_and(|(_, again)| Instant::now() < *again) {
            return;
        }
        let Ok(leaf) = Certificate::parse(joined.certificate.as_bytes()) else { return };
        let closes = joined.items.network_trust().and_then(|scope| scope.closes);
        if !self.renew_now && !is_due(&leaf, closes, self.now()) {
            return;
        }
        let Some(key) = self.next_key().await else { return };
        let csr = key.csr();
        if self.send(site_message::Body::Renew(RenewRequest { csr })) {
            self.renewal = Some((key, Instant::now() + TIMEOUT.min(last_third(&leaf) / TIMEOUTS)));
        }
    }

    /// Begins to ask for another certificate in place of one that has expired.
    pub(super) async fn renew_expired(&mut self) {
        if self.standing.renews && matches!(self.work, Work::Nothing) && self.next_key().await.is_some() {
            self.begin_work();
        }
    }

    /// The key of the next certificate. It is on the disk before anything is asked for it: when the answer is lost, this site,
    /// and nobody who holds an older key of it, can ask again.
    async fn next_key(&mut self) -> Option<PrivateKey> {
        let site = self.newest();
        let Phase::Joined(joined) = &site.phase else { return None };
        if let Some(key) = joined.next_key.as_ref().and_then(|kept| PrivateKey::from_pem(kept.expose()).ok()) {
            // What waits to be stored is asked for later.
            return self.pending.is_none().then_some(key);
        }
        let key = PrivateKey::generate();
        let joined = Joined { next_key: Some(key.to_pem().into()), ..(**joined).clone() };
        self.adopt(Pending::of(with(&site, joined))).await;
        self.pending.is_none().then_some(key)
    }

    async fn forget_next_key(&mut self) {
        let site = self.newest();
        if let Phase::Joined(joined) = &site.phase {
            let joined = Joined { next_key: None, ..(**joined).clone() };
            self.adopt(Pending::of(with(&site, joined))).await;
        }
    }

    /// A certificate came over the session.
    pub(super) async fn renewed(&mut self, der: &[u8]) {
        // Only what was asked for is taken: a certificate needs its key.
        let Some((key, _)) = self.renewal.take() else { return };
        let site = self.newest();
        let Phase::Joined(joined) = &site.phase else { return };
        match certificate::renewed(&site.origin, joined, &key, der, self.now()) {
            Ok(joined) => {
                self.renew_now = false;
                self.adopt(Pending { renewed: true, ..Pending::of(with(&site, joined)) }).await;
            }
            Err(error) => self.not_renewed(&error.to_string()),
        }
    }

    /// The controller refuses what was asked for over the session.
    pub(super) async fn renewal_refused(&mut self, refusal: Refusal) {
        match refusal.code.as_str() {
            "busy" => self.renew_later(),
            code => {
                if code == "key-mismatch" {
                    self.forget_next_key().await;
                }
                self.not_renewed(&refusal.message);
            }
        }
    }

    /// The controller has no time for it.
    fn renew_later(&mut self) {
        let held = match &self.live.borrow().site.phase {
            Phase::Joined(joined) => Certificate::parse(joined.certificate.as_bytes()).ok(),
            Phase::Joining(_) | Phase::Over(_) => None,
        };
        let wait = held.map_or(BUSY, |held| BUSY.min(last_third(&held) / ATTEMPTS));
        self.renewal = self.renewal.take().map(|(key, _)| (key, Instant::now() + wait));
    }

    fn not_renewed(&self, why: &str) {
        let words = format!("the certificate could not be renewed: {why}");
        tracing::error!("{words}");
        self.trouble(Trouble::Renewal, Some(words));
    }

    /// The controller refuses a certificate in place of the one that has expired.
    pub(super) async fn expired_refused(&mut self, refusal: Refusal) {
        let Refusal { code, message, r#final, .. } = refusal;
        match (code.as_str(), r#final) {
            ("evicted", true) => return self.end_as(End::Evicted, &message).await,
            ("ended", true) => return self.end_as(End::Ended, &message).await,
            ("key-mismatch", _) => {
                // Another key is made, and asked for, with the next pulse.
                self.forget_next_key().await;
                self.work = Work::Nothing;
            }
            _ => {}
        }
        self.live.send_modify(|live| live.attempt = Some(Attempt::Refused { code, message }));
    }
}
