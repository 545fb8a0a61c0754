//! Applying a ticket to a data directory.

use crashpoint::Point;
use jiff::Timestamp;
use model::{HostPort, Name, ticket::Ticket};
use pki::{Certificate, PrivateKey};
use zeroize::Zeroizing;

use crate::{
    certificate::{Life, life},
    state::{Joined, LockedDir, Origin, Phase, SecretText, StateError, StoredSite},
};

/// What a ticket was to the directory it was applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It began a site, or began it anew after a refusal.
    Began,
    /// It was applied before, and the site goes on from where it stands.
    Resumed,
}

/// How a ticket is applied.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// The name the participant wishes. Invitations only: a backbone site has its name already.
    pub name: Option<Name>,
    /// The passcode the invitation asks for. Invitations only.
    pub passcode: Option<Zeroizing<String>>,
    /// The access point to attach to first.
    pub prefer: Option<HostPort>,
}

/// What a participant has to say before a ticket can be applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// A name for the site.
    pub name: bool,
    /// The invitation's passcode.
    pub passcode: bool,
}

/// What `ticket` asks for that neither the wishes nor the directory hold.
pub fn needs(dir: &LockedDir, ticket: &Ticket, wishes: &Wishes, now: Timestamp) -> Result<Needs, StateError> {
    let Ticket::Invitation(invitation) = ticket else { return Ok(Needs::default()) };
    let stored = dir.dir().site()?.filter(|site| site.origin.is_same(&Origin::of(ticket)));
    let (name, passcode) = match stored.map(|site| site.phase) {
        Some(Phase::Joined(joined)) if life(&joined, now) == Life::Over => (false, false),
        Some(Phase::Joined(_)) => return Ok(Needs::default()),
        Some(Phase::Joining(joining)) => (joining.name.is_some(), joining.passcode.is_some()),
        Some(Phase::Over(over)) => (over.name.is_some(), false),
        None => (false, false),
    };
    Ok(Needs {
        name: invitation.interactive && !name && wishes.name.is_none(),
        passcode: invitation.passcode && !passcode && wishes.passcode.is_none(),
    })
}

/// Why a ticket is not applied. All of these are final until a person acts.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The directory holds another site.
    #[error(
        "{dir} already holds a site that came by {other}; to run this one beside it, give another directory with --data-dir; to give that one up, `skx site leave --data-dir {dir}`"
    )]
    Other {
        /// The directory.
        dir: String,
        /// What its site came by.
        other: String,
    },
    /// The site of this ticket is over.
    #[error("the site in {dir} is over: {reason}; to begin anew, `skx site leave --data-dir {dir}` and join again")]
    Over {
        /// The directory.
        dir: String,
        /// Why.
        reason: String,
    },
    /// The claim or bootstrap certificate has expired.
    #[error(
        "{ticket} expired at {until:.0}, and this machine's time is {now:.0}; check the clock; if it is right, ask for a new one"
    )]
    Expired {
        /// What it is.
        ticket: String,
        /// When its certificate expired.
        until: Timestamp,
        /// The time here.
        now: Timestamp,
    },
    /// The ticket's credential is damaged.
    #[error("{ticket} cannot be used: {why}; ask for a new one")]
    Unusable {
        /// What it is.
        ticket: String,
        /// What is wrong with it.
        why: String,
    },
    /// A wish cannot be granted.
    #[error("{0}")]
    Wish(String),
    /// The directory cannot be read or written.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Reads an invitation or a bundle from the text it was mailed, pasted or stored as.
///
/// # Errors
/// In plain words: damaged, cut off, of a newer format, or none at all.
pub fn read_ticket(text: &str) -> Result<Ticket, pki::ticket::TicketError> {
    pki::ticket::decode(text)
}

/// Applies `ticket` to the directory: makes the site's own key and stores it with the ticket, so that nothing is ever
/// sent for a key that could be lost. Applied again, it resumes.
pub fn apply(dir: &LockedDir, ticket: Ticket, wishes: Wishes, now: Timestamp) -> Result<Applied, JoinError> {
    let origin = Origin::of(&ticket);
    let shown = dir.dir().path().display().to_string();
    let stored = dir.dir().site()?;
    let passcode = wishes.passcode.clone().map(SecretText::from);
    let (key, name) = match stored {
        None => (None, None),
        // It never was a site: it may give way to any other ticket, and its key serves its own one again.
        Some(StoredSite { origin: old, phase: Phase::Over(over), .. }) if over.end == crate::state::End::Refused => {
            if old.is_same(&origin) {
                (over.key, over.name)
            } else {
                (None, None)
            }
        }
        // It can do nothing any more with what it has. Its key makes it the same member again, where that may be.
        Some(StoredSite { origin: old, phase: Phase::Joined(joined), .. })
            if gives_way(&old, &joined, &origin, now) =>
        {
            let renewable = joined.items.settings().is_none_or(|settings| settings.terms.renewable);
            (renewable.then_some(joined.next_key.unwrap_or(joined.key)), None)
        }
        Some(site) if !site.origin.is_same(&origin) => {
            return Err(JoinError::Other { dir: shown, other: site.origin.describe() });
        }
        Some(StoredSite { phase: Phase::Over(over), .. }) => {
            return Err(JoinError::Over { dir: shown, reason: over.reason });
        }
        Some(StoredSite { phase: Phase::Joined(_), .. }) => {
            prefer(dir, &ticket, wishes.prefer)?;
            return Ok(Applied::Resumed);
        }
        // The ticket may be newer than the stored one, as a bundle that was rendered again; the key stays.
        Some(StoredSite { phase: Phase::Joining(mut joining), epoch, .. }) => {
            check(&ticket, &origin, &wishes, now)?;
            prefer(dir, &ticket, wishes.prefer)?;
            joining.ticket = ticket.clone();
            joining.name = wishes.name.or(joining.name);
            joining.passcode = passcode.or(joining.passcode);
            let mut began = StoredSite::begin(ticket, joining.key, joining.name, joining.passcode, now);
            if let Phase::Joining(again) = &mut began.phase {
                again.since = joining.since;
                again.waiting = joining.waiting;
            }
            dir.save(&StoredSite { epoch, ..began })?;
            return Ok(Applied::Resumed);
        }
    };
    check(&ticket, &origin, &wishes, now)?;
    prefer(dir, &ticket, wishes.prefer)?;
    let key = key.unwrap_or_else(|| PrivateKey::generate().to_pem().into());
    dir.save(&StoredSite::begin(ticket, key, wishes.name.or(name), passcode, now))?;
    crashpoint::reached(Point::KeyStored);
    Ok(Applied::Began)
}

/// Whether a site whose certificate is of no use any more gives way to `other`: to what leads to the same place. What was
/// configured at it stays.
fn gives_way(origin: &Origin, joined: &Joined, other: &Origin, now: Timestamp) -> bool {
    life(joined, now) == Life::Over && origin.leads_to_the_same(other)
}

/// What can be known of a ticket without asking anybody.
fn check(ticket: &Ticket, origin: &Origin, wishes: &Wishes, now: Timestamp) -> Result<(), JoinError> {
    let credential = match ticket {
        Ticket::Invitation(ticket) => &ticket.claim,
        Ticket::Bootstrap(ticket) => &ticket.bootstrap,
    };
    if wishes.name.is_some() && matches!(ticket, Ticket::Bootstrap(_)) {
        return Err(JoinError::Wish("a backbone site has its name already: leave out --name".to_owned()));
    }
    if wishes.passcode.is_some() && !matches!(ticket, Ticket::Invitation(invitation) if invitation.passcode) {
        return Err(JoinError::Wish("no passcode is asked for here: leave out --passcode-file".to_owned()));
    }
    let unusable = |why: String| JoinError::Unusable { ticket: origin.describe(), why };
    let certificate = Certificate::from_pem(&credential.certificate).map_err(|error| unusable(error.to_string()))?;
    let key = PrivateKey::from_pem(&credential.key).map_err(|error| unusable(error.to_string()))?;
    if !certificate.is_for(&key) {
        return Err(unusable("its key does not belong to its certificate".to_owned()));
    }
    if now > certificate.not_after {
        return Err(expired(origin, certificate.not_after, now));
    }
    if let Ticket::Invitation(ticket) = ticket
        && ticket.access.is_empty()
    {
        return Err(unusable("it names no access point to attach to".to_owned()));
    }
    if let Ticket::Bootstrap(ticket) = ticket
        && ticket.listen.is_empty()
        && ticket.dial.is_empty()
    {
        return Err(unusable("it names neither where to listen nor whom to dial".to_owned()));
    }
    Ok(())
}

pub(crate) fn expired(origin: &Origin, until: Timestamp, now: Timestamp) -> JoinError {
    JoinError::Expired { ticket: origin.describe(), until, now }
}

fn prefer(dir: &LockedDir, ticket: &Ticket, prefer: Option<HostPort>) -> Result<(), JoinError> {
    let Some(prefer) = prefer else { return Ok(()) };
    let Ticket::Invitation(ticket) = ticket else {
        return Err(JoinError::Wish("a backbone site's links are configured centrally: leave out --prefer".to_owned()));
    };
    if !ticket.access.contains(&prefer) {
        let known: Vec<_> = ticket.access.iter().map(ToString::to_string).collect();
        let message = format!("{prefer} is none of the invitation's access points; they are {}", known.join(", "));
        return Err(JoinError::Wish(message));
    }
    let mut local = dir.dir().local()?;
    if local.prefer.as_ref() != Some(&prefer) {
        local.prefer = Some(prefer);
        dir.save_local(&local)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use model::{GenericUuid, InvitationId};
    use uuid::Uuid;

    use super::*;
    use crate::{
        fixture::{self, now},
        state::{DataDir, End, SecretPem},
    };

    fn locked() -> (tempfile::TempDir, LockedDir) {
        let temporary = tempfile::tempdir().expect("a temporary directory");
        let dir = DataDir::new(temporary.path().join("site")).lock().expect("nobody else has it");
        (temporary, dir)
    }

    fn invitation() -> Ticket {
        Ticket::Invitation(fixture::invitation_ticket())
    }

    fn other_invitation() -> Ticket {
        let mut ticket = fixture::invitation_ticket();
        ticket.invitation = InvitationId::from_untyped_uuid(Uuid::from_u128(99));
        Ticket::Invitation(ticket)
    }

    fn key(dir: &LockedDir) -> SecretPem {
        let Phase::Joining(joining) = dir.dir().site().expect("readable").expect("there").phase else {
            unreachable!("it joins")
        };
        joining.key
    }

    #[test]
    fn the_key_is_on_the_disk_before_anything_is_sent_and_stays_the_same() {
        let (_temporary, dir) = locked();
        assert_eq!(apply(&dir, invitation(), Wishes::default(), now()).expect("applies"), Applied::Began);
        let made = key(&dir);
        assert_eq!(apply(&dir, invitation(), Wishes::default(), now()).expect("applies"), Applied::Resumed);
        assert_eq!(key(&dir), made);
        // After a refusal the same ticket is tried with the same key: it may have been admitted without our knowing.
        let site = dir.dir().site().expect("readable").expect("there");
        dir.save(&site.over(End::Refused, "used up".to_owned(), now())).expect("saves");
        assert_eq!(apply(&dir, invitation(), Wishes::default(), now()).expect("applies"), Applied::Began);
        assert_eq!(key(&dir), made);
    }

    #[test]
    fn what_an_invitation_asks_for_is_asked_once() {
        let (_temporary, dir) = locked();
        let mut ticket = fixture::invitation_ticket();
        (ticket.interactive, ticket.passcode) = (true, true);
        let ticket = Ticket::Invitation(ticket);
        let asked = |wishes: &Wishes| needs(&dir, &ticket, wishes, now()).expect("readable");
        assert_eq!(asked(&Wishes::default()), Needs { name: true, passcode: true });
        let named = Wishes { name: Some("till".parse().expect("a name")), ..Wishes::default() };
        assert_eq!(asked(&named), Needs { name: false, passcode: true });
        let knowing = Wishes { passcode: Some("open sesame".to_owned().into()), ..named };
        assert_eq!(asked(&knowing), Needs::default());
        apply(&dir, ticket.clone(), knowing.clone(), now()).expect("applies");
        assert_eq!(asked(&Wishes::default()), Needs::default(), "it is kept");
        let site = dir.dir().site().expect("readable").expect("there");
        assert!(!format!("{site:?}").contains("sesame"), "and not seen in debug output");
        // What was refused may have been the passcode; the name stays.
        dir.save(&site.over(End::Refused, "wrong".to_owned(), now())).expect("saves");
        assert_eq!(asked(&Wishes::default()), Needs { name: false, passcode: true });
        let elsewhere = apply(&dir, invitation(), Wishes { name: None, ..knowing }, now());
        assert!(matches!(elsewhere, Err(JoinError::Wish(_))), "nobody asked for it: {elsewhere:?}");
    }

    #[test]
    fn another_invitation_needs_another_directory() {
        let (_temporary, dir) = locked();
        dir.save(&fixture::joined_member()).expect("saves");
        let error = apply(&dir, other_invitation(), Wishes::default(), now()).expect_err("another");
        assert!(error.to_string().contains("--data-dir"), "{error}");
        assert!(matches!(apply(&dir, invitation(), Wishes::default(), now()), Ok(Applied::Resumed)));
        // One that was refused never was a site and gives way.
        let refused = fixture::joining_member().over(End::Refused, "used up".to_owned(), now());
        dir.save(&refused).expect("saves");
        assert_eq!(apply(&dir, other_invitation(), Wishes::default(), now()).expect("applies"), Applied::Began);
    }

    #[test]
    fn what_was_evicted_says_so_again() {
        let (_temporary, dir) = locked();
        dir.save(&fixture::joined_member().over(End::Evicted, "it was evicted".to_owned(), now())).expect("saves");
        let error = apply(&dir, invitation(), Wishes::default(), now()).expect_err("over").to_string();
        assert!(error.contains("it was evicted") && error.contains("skx site leave"), "{error}");
    }

    #[test]
    fn an_expired_invitation_names_the_time_here_and_says_to_check_the_clock() {
        let (_temporary, dir) = locked();
        let late = fixture::time("2027-03-01T00:00:00Z");
        let error = apply(&dir, invitation(), Wishes::default(), late).expect_err("expired").to_string();
        for part in ["2027-02-28T18:00:00Z", "2027-03-01T00:00:00Z", "check the clock"] {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(dir.dir().site().expect("readable").is_none(), "nothing is left of it");
    }

    #[test]
    fn a_preferred_access_point_must_be_one_of_the_invitations() {
        let (_temporary, dir) = locked();
        let wish = |text: &str| Wishes { prefer: Some(text.parse().expect("ok")), ..Wishes::default() };
        let error = apply(&dir, invitation(), wish("10.9.9.9:1"), now()).expect_err("unknown").to_string();
        assert!(error.contains("10.0.0.2:5671"), "{error}");
        apply(&dir, invitation(), wish("10.0.0.2:5671"), now()).expect("applies");
        assert_eq!(dir.dir().local().expect("readable").prefer, Some("10.0.0.2:5671".parse().expect("ok")));
    }

    #[test]
    fn a_credential_that_does_not_fit_is_refused_before_anything_is_kept() {
        let (_temporary, dir) = locked();
        let mut ticket = fixture::invitation_ticket();
        ticket.claim.key = PrivateKey::generate().to_pem().to_string();
        let error = apply(&dir, Ticket::Invitation(ticket), Wishes::default(), now()).expect_err("refused");
        assert!(matches!(error, JoinError::Unusable { .. }), "{error}");
        let wishes = Wishes { name: Some("x".parse().expect("a name")), ..Wishes::default() };
        let error = apply(&dir, Ticket::Bootstrap(fixture::bootstrap_ticket()), wishes, now());
        assert!(matches!(error, Err(JoinError::Wish(_))));
        assert!(dir.dir().site().expect("readable").is_none());
    }
}
