use std::collections::{BTreeMap, BTreeSet};

use api::{CertificateRevocation, CertificateRevoke, CertificateRotate, InvitationDecision};
use clap::{Args, Subcommand};
use model::CertificateId;

use crate::{
    client::Client,
    commands::{Session, eviction, narrow::Narrow},
    confirm::Consent,
    failure::Failure,
    output::{self, Format, Show, maybe, table, time},
    wait::Wait,
};

/// `skx certificate …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Certificate {
    /// Lists the certificates the installation has issued.
    #[command(after_help = "Example:\n  skx certificate list --tree")]
    List {
        /// Show who issued what.
        #[arg(long)]
        tree: bool,
        #[command(flatten)]
        narrow: Narrow,
    },
    /// Shows a certificate.
    #[command(after_help = "Example:\n  skx certificate show 5d01")]
    Show {
        /// The record's id, or the serial number.
        #[arg(value_parser = id_or_serial)]
        certificate: String,
    },
    /// Prints the revocation list of a certificate authority, for others that check its certificates.
    #[command(
        after_help = "The list (RFC 5280, PEM) has what the authority has issued and is denied; it is made anew each time, \
        and good for a day. Skupper-X itself needs none: evictions are in force at once.\n\n\
        Example:\n  skx certificate revocation-list 5d01 > network.crl"
    )]
    RevocationList {
        /// The authority: the record's id, or the serial number.
        #[arg(value_parser = id_or_serial)]
        certificate: String,
    },
    /// Replaces a certificate before its time, at any level.
    #[command(
        after_help = "A site is asked for a new request as soon as it is connected; a controller replaces its own. Of a \
        certificate authority a new generation is made: everybody is told to trust it, then it issues, and the one before \
        goes when nothing it has issued is in use. skx certificate show says whom it waits for. No connection ends.\n\n\
        Example:\n  skx certificate rotate 5d01"
    )]
    Rotate {
        /// The record's id, or the serial number.
        #[arg(value_parser = id_or_serial)]
        certificate: String,
        /// Of a certificate authority: wait only for who is connected. Who comes too late needs a new invitation or bundle.
        #[arg(long)]
        now: bool,
    },
    /// Revokes a certificate: whom it speaks for is denied for good, with every certificate it holds.
    #[command(
        after_help = "Of a certificate authority, a generation that issues no more is trusted no longer; revoking the \
        one that issues for a network evicts the network.\n\nExample:\n  skx certificate revoke 5d01 --keep-invitation --yes"
    )]
    Revoke(Revoke),
}

/// `skx certificate revoke`.
#[derive(Args, Debug)]
pub(crate) struct Revoke {
    /// The record's id, or the serial number.
    #[arg(value_parser = id_or_serial)]
    certificate: String,
    /// Of a member site: close the invitation it came by.
    #[arg(long, conflicts_with = "keep_invitation")]
    close_invitation: bool,
    /// Of a member site: leave the invitation it came by as it is.
    #[arg(long)]
    keep_invitation: bool,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    wait: Wait,
}

fn id_or_serial(text: &str) -> Result<String, String> {
    let text = text.to_ascii_lowercase().replace(':', "");
    if !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
        Ok(text)
    } else {
        Err("give the record's id, or the serial number in hexadecimal, from skx certificate list".to_owned())
    }
}

pub(crate) async fn run(command: Certificate, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        Certificate::List { tree: with_tree, narrow } => {
            let all: Vec<api::Certificate> = client.list("/certificates", &narrow.query()).await?;
            match session.output.format {
                Format::Table if with_tree => output::text(&tree(&all)),
                _ => session.output.list(&all),
            }
        }
        Certificate::RevocationList { certificate } => {
            let path = format!("/certificates/{certificate}/revocation-list");
            let list: api::RevocationList = client.get(&path).await?;
            match session.output.format {
                Format::Table => output::as_it_is(&list.pem),
                _ => session.output.value(&list),
            }
        }
        Certificate::Rotate { certificate, now } => {
            let path = format!("/certificates/{certificate}/rotate");
            let found: api::Certificate = client.post(&path, &CertificateRotate { now }).await?;
            session.output.done(&format!("{} is {}; {}", what(&found), found.state.as_str(), found.next), &found)
        }
        Certificate::Revoke(args) => revoke(args, &client, session).await,
        Certificate::Show { certificate } => {
            session.output.object(&client.get::<api::Certificate>(&format!("/certificates/{certificate}")).await?)
        }
    }
}

async fn revoke(args: Revoke, client: &Client, session: &Session) -> Result<(), Failure> {
    let Revoke { certificate, close_invitation, keep_invitation, consent, wait } = args;
    let found: api::Certificate = client.get(&format!("/certificates/{certificate}")).await?;
    consent.ask(&format!("revokes {}, {}", what(&found), goes(&found)))?;
    let invitation = match (close_invitation, keep_invitation) {
        (true, _) => Some(InvitationDecision::Close),
        (_, true) => Some(InvitationDecision::Keep),
        _ => None,
    };
    let path = format!("/certificates/{}/revoke", found.id);
    let revoked: CertificateRevocation = client.post(&path, &CertificateRevoke { invitation }).await?;
    let sentence = format!("revoked {}; gone is {}", what(&found), revoked.gone);
    match revoked.eviction {
        Some(eviction) => eviction::finish(&sentence, eviction, wait, session).await,
        None => session.output.done(&sentence, &revoked),
    }
}

fn what(certificate: &api::Certificate) -> String {
    format!(
        "the {} certificate of {}, generation {}",
        certificate.kind.as_str(),
        certificate.subject,
        certificate.generation
    )
}

/// What goes with it.
fn goes(certificate: &api::Certificate) -> &'static str {
    use api::{CertificateKind as Kind, CertificateState as State};
    match (certificate.kind, certificate.state) {
        (Kind::NetworkCa, State::Current) => "and evicts the network for good, with every site and invitation in it",
        (Kind::Installation | Kind::BackboneCa | Kind::NetworkCa, _) => {
            "and whoever holds nothing but a certificate of this generation is refused from then on"
        }
        (Kind::Member, _) => "and evicts the site for good; every connection of it ends",
        (Kind::BackboneSite | Kind::Bootstrap, _) => "and evicts the backbone site for good, with its links",
        (Kind::Controller | Kind::TrustSigner, _) => "and evicts the controller for good; it stops",
        (Kind::Invitation, _) => "and evicts the invitation for good; sites that came by it stay",
    }
}

/// The certificates under those who issued them.
fn tree(all: &[api::Certificate]) -> String {
    let known: BTreeSet<CertificateId> = all.iter().map(|c| c.id).collect();
    let mut under: BTreeMap<Option<CertificateId>, Vec<&api::Certificate>> = BTreeMap::new();
    for certificate in all {
        let issuer = certificate.issuer.filter(|issuer| known.contains(issuer) && *issuer != certificate.id);
        under.entry(issuer).or_default().push(certificate);
    }
    let mut rows = vec![];
    let mut open: Vec<(usize, &api::Certificate)> = vec![];
    let push = |open: &mut Vec<_>, depth, of: &Option<CertificateId>| {
        open.extend(under.get(of).into_iter().flatten().rev().map(|c| (depth, *c)));
    };
    push(&mut open, 0, &None);
    while let Some((depth, certificate)) = open.pop() {
        let mut row = certificate.row();
        row[0] = format!("{}{}", "  ".repeat(depth), row[0]);
        rows.push(row);
        push(&mut open, depth + 1, &Some(certificate.id));
    }
    table(api::Certificate::HEADINGS, rows)
}

impl Show for api::Certificate {
    const HEADINGS: &'static [&'static str] = &["subject", "kind", "generation", "state", "not after", "serial"];

    fn standing(&self) -> Option<api::Standing> {
        let (state, why) = (self.state.as_str().to_owned(), self.why.clone());
        Some(api::Standing { state, since: self.since, why, next: self.next.clone() })
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.subject.clone(),
            self.kind.as_str().to_owned(),
            self.generation.to_string(),
            self.state.as_str().to_owned(),
            time(self.not_after),
            self.serial.clone(),
        ]
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        vec![
            ("subject", self.subject.clone()),
            ("kind", self.kind.as_str().to_owned()),
            ("identity", maybe(self.identity.as_ref())),
            ("serial", self.serial.clone()),
            ("generation", self.generation.to_string()),
            ("not before", time(self.not_before)),
            ("not after", time(self.not_after)),
            ("issuer", maybe(self.issuer.as_ref())),
            ("superseded by", maybe(self.superseded_by.as_ref())),
            ("id", self.id.to_string()),
            ("pem", maybe(self.pem.as_ref())),
        ]
    }
}

#[cfg(test)]
mod tests {
    use api::CertificateKind;
    use jiff::Timestamp;
    use model::GenericUuid as _;
    use uuid::Uuid;

    use super::*;

    fn certificate(id: u128, issuer: Option<u128>, subject: &str) -> api::Certificate {
        let id_of = |n| CertificateId::from_untyped_uuid(Uuid::from_u128(n));
        api::Certificate {
            id: id_of(id),
            kind: CertificateKind::Member,
            subject: subject.to_owned(),
            identity: None,
            serial: format!("{id:x}"),
            issuer: issuer.map(id_of),
            generation: 1,
            not_before: Timestamp::UNIX_EPOCH,
            not_after: Timestamp::UNIX_EPOCH,
            superseded_by: None,
            state: api::CertificateState::Current,
            since: Timestamp::UNIX_EPOCH,
            why: String::new(),
            next: String::new(),
            pem: None,
        }
    }

    #[test]
    fn a_tree_shows_every_certificate_once_under_its_issuer() {
        let all = [
            certificate(3, Some(2), "leaf"),
            certificate(1, None, "root"),
            certificate(2, Some(1), "authority"),
            certificate(4, Some(9), "stranger"),
            certificate(5, Some(5), "self"),
        ];
        let tree = tree(&all);
        let lines: Vec<&str> =
            tree.lines().skip(1).map(|l| l.split("  member").next().unwrap_or(l).trim_end()).collect();
        assert_eq!(lines, ["root", "  authority", "    leaf", "stranger", "self"]);
    }

    #[test]
    fn serials_are_accepted_as_other_tools_print_them() {
        assert_eq!(id_or_serial("5D:01"), Ok("5d01".to_owned()));
        assert!(id_or_serial("../x").is_err());
    }
}
