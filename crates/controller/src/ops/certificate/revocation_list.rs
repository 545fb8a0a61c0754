//! Revocation lists, for others: what is of this system goes by trust documents.

use data_encoding::HEXLOWER_PERMISSIVE;
use jiff::{SignedDuration, Timestamp};
use model::{AuthorityId, GenericUuid as _};
use pki::Validity;
use store::{
    Page, StoreError,
    authority::{self, Authority, AuthorityState},
    certificate, denial,
};
use uuid::Uuid;

use super::{read, standing::denied_since};
use crate::{App, issue, ops::OpError};

/// How long a list is good: whoever goes by lists asks for one a day.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(24);

/// A revocation list that was made now.
#[derive(Debug)]
pub struct RevocationList {
    /// How many certificates are on it.
    pub entries: u64,
    /// From when, and until when it is good.
    pub validity: Validity,
    /// The list, signed.
    pub pem: String,
}

/// Makes the revocation list of a certificate authority: of what it has issued and is not over by itself, what is denied.
pub async fn revocation_list(app: &App, id: Uuid) -> Result<RevocationList, OpError> {
    let row = match authority::get(app.store(), AuthorityId::from_untyped_uuid(id)).await {
        Ok(row) => row,
        Err(StoreError::NotFound { .. }) => {
            return Err(OpError::precondition(
                "this certificate issues nothing",
                "name a certificate authority: `skx certificate list --tree` shows them",
            ));
        }
        Err(error) => return Err(error.into()),
    };
    if row.sealed_key.is_none() || row.certificate.is_none() {
        return Err(OpError::precondition(
            "this certificate authority signs nothing: it has no certificate yet, or its key is destroyed",
            "accept nothing that it has issued",
        ));
    }
    let now = app.now();
    let mut revoked = leaves(app, &row, now).await?;
    revoked.extend(authorities(app, &row, now).await?);
    let validity = Validity { not_before: now, not_after: now.saturating_add(GOOD_FOR).unwrap_or(Timestamp::MAX) };
    let issuer = issue::open(app, row)?;
    let pem = issuer
        .authority
        .revocation_list(&revoked, now.as_second().unsigned_abs(), validity)
        .map_err(|error| OpError::precondition(error.to_string(), "have its root let it sign revocation lists"))?;
    Ok(RevocationList { entries: u64::try_from(revoked.len()).unwrap_or(u64::MAX), validity, pem })
}

type Revoked = Vec<(Vec<u8>, Timestamp)>;

async fn leaves(app: &App, row: &Authority, now: Timestamp) -> Result<Revoked, OpError> {
    let denials = denial::list_all(app.store()).await?;
    let issued = certificate::list(app.store(), Some(row.id), Page::ALL).await?.items;
    let living = issued.iter().filter(|leaf| !issue::is_over(leaf.shown_until(), now));
    let denied = living.filter_map(|leaf| Some((&leaf.serial, denied_since(&denials, &leaf.subject.identity)?)));
    denied.map(|(serial, since)| Ok((number(serial)?, since))).collect()
}

async fn authorities(app: &App, row: &Authority, now: Timestamp) -> Result<Revoked, OpError> {
    let mut revoked = vec![];
    for below in authority::list_all(app.store()).await? {
        let withdrawn = below.issuer == Some(row.id) && below.state == AuthorityState::Withdrawn;
        if withdrawn
            && let Some(der) = &below.certificate
            && !below.not_after.is_some_and(|ends| issue::is_over(ends, now))
        {
            revoked.push((number(&read(der)?.serial)?, below.since));
        }
    }
    Ok(revoked)
}

/// A serial number as it stands in certificates.
fn number(serial: &str) -> Result<Vec<u8>, OpError> {
    HEXLOWER_PERMISSIVE
        .decode(serial.as_bytes())
        .map_err(OpError::internal("the serial number of a certificate in the database is damaged"))
}
