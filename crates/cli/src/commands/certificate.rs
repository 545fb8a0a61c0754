use std::collections::{BTreeMap, BTreeSet};

use clap::Subcommand;
use model::CertificateId;

use crate::{
    commands::Session,
    failure::Failure,
    output::{self, Format, Show, maybe, table, time},
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
    },
    /// Shows a certificate.
    #[command(after_help = "Example:\n  skx certificate show 5d01")]
    Show {
        /// The record's id, or the serial number.
        #[arg(value_parser = id_or_serial)]
        certificate: String,
    },
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
        Certificate::List { tree: with_tree } => {
            let all: Vec<api::Certificate> = client.list("/certificates", &[]).await?;
            match session.output.format {
                Format::Table if with_tree => output::text(&tree(&all)),
                _ => session.output.list(&all),
            }
        }
        Certificate::Show { certificate } => {
            session.output.object(&client.get::<api::Certificate>(&format!("/certificates/{certificate}")).await?)
        }
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
    const HEADINGS: &'static [&'static str] = &["subject", "kind", "generation", "not after", "serial"];

    fn row(&self) -> Vec<String> {
        vec![
            self.subject.clone(),
            self.kind.as_str().to_owned(),
            self.generation.to_string(),
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
