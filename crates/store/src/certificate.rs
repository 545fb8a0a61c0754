//! Leaf certificates: every one the installation has issued.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{AuthorityId, BackboneId, CertificateId, Der, InstallationId, NetworkId, SpiffeId, id::GenericUuid};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Cursor, Db, Items, Page, StoreError, Tx,
    event::{Event, ObjectKind},
    listing::{KeyType, List, Listed, Wanted},
    sql::{DerBytes, Digest, Id, Num, Opt, Text, Time, at},
};

/// A leaf certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Its id.
    pub id: CertificateId,
    /// Whom it speaks for.
    pub subject: SpiffeId,
    /// Its serial number, in lower-case hexadecimal.
    pub serial: String,
    /// The authority that issued it.
    pub issuer: AuthorityId,
    /// The how-manieth of its subject, from 1.
    pub generation: u32,
    /// SHA-256 of its public key.
    #[serde(skip)]
    pub key_digest: [u8; 32],
    /// From when on it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Until when it may be renewed after it has expired.
    pub renewable_until: Option<Timestamp>,
    /// The certificate that took its place.
    pub superseded_by: Option<CertificateId>,
    /// When somebody asked that it be replaced before its time.
    pub renew_asked: Option<Timestamp>,
    /// The certificate itself.
    #[serde(skip)]
    pub der: Der,
    /// When it was issued.
    pub created: Timestamp,
    /// When its entry was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

impl Certificate {
    /// Until when it may be shown: to the end of its life, or to have it renewed after that.
    pub fn shown_until(&self) -> Timestamp {
        self.renewable_until.unwrap_or(self.not_after)
    }

    /// Its place in a list.
    pub fn cursor(&self) -> Cursor {
        Cursor { created: self.created, id: self.id.into_untyped_uuid() }
    }

    fn event(&self, action: &'static str) -> Event {
        let identity = self.subject.identity;
        Event {
            network: identity.network(),
            backbone: identity.backbone(),
            ..Event::new(action, ObjectKind::Certificate, self.id)
        }
    }
}

/// What is known of a certificate when it is issued.
#[derive(Clone, Debug)]
pub struct NewCertificate {
    /// Its id.
    pub id: CertificateId,
    /// Whom it speaks for.
    pub subject: SpiffeId,
    /// Its serial number, in lower-case hexadecimal.
    pub serial: String,
    /// The authority that issued it.
    pub issuer: AuthorityId,
    /// SHA-256 of its public key.
    pub key_digest: [u8; 32],
    /// From when on it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Until when it may be renewed after it has expired, if it may.
    pub renewable_until: Option<Timestamp>,
    /// The certificate itself.
    pub der: Der,
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Certificate,
            $before + r#" id AS "id: Id<_>", subject AS "subject: Text<_>", serial, issuer AS "issuer: Id<_>",
                generation AS "generation: Num<_>", key_digest AS "key_digest: Digest", not_before, not_after,
                renewable_until AS "renewable_until!: Opt<Time>", superseded_by AS "superseded_by!: Opt<Id<_>>", renew_asked AS "renew_asked!: Opt<Time>", der AS "der: DerBytes", created, updated, revision "#
                + $after $(, $arg)*
        )
    };
}

/// Authorities and what they have issued, with what they are for and whom they name.
const LIST: List = List {
    from: "(SELECT a.id, a.created, a.not_after, a.issuer, a.generation, '' AS serial, concat_ws(' ', b.name, n.name) AS subject, \
            COALESCE(a.network_id, a.backbone_id) AS place, \
            CASE a.kind WHEN 'root' THEN 'installation' WHEN 'backbone' THEN 'backbone-ca' ELSE 'network-ca' END AS kind \
        FROM authority a LEFT JOIN backbone b ON b.id = a.backbone_id LEFT JOIN network n ON n.id = a.network_id \
        WHERE a.certificate IS NOT NULL \
        UNION ALL \
        SELECT c.id, c.created, c.not_after, c.issuer, c.generation, c.serial, \
            concat_ws('/', n.name, b.name, m.name, i.name, s.name, c.subject), \
            NULLIF(split_part(c.subject, '/', 5), '')::uuid, \
            CASE split_part(c.subject, '/', 4) || '/' || split_part(c.subject, '/', 6) \
                WHEN 'network/site' THEN 'member' WHEN 'network/invitation' THEN 'invitation' \
                WHEN 'backbone/site' THEN 'backbone-site' WHEN 'backbone/bootstrap' THEN 'bootstrap' \
                WHEN 'backbone/trust' THEN 'trust-signer' ELSE 'controller' END \
        FROM certificate c \
            LEFT JOIN network n ON n.id::text = split_part(c.subject, '/', 5) \
            LEFT JOIN backbone b ON b.id::text = split_part(c.subject, '/', 5) \
            LEFT JOIN member m ON m.id = NULLIF(split_part(c.subject, '/', 7), '')::uuid \
            LEFT JOIN invitation i ON i.id = NULLIF(split_part(c.subject, '/', 7), '')::uuid \
            LEFT JOIN backbone_site s ON s.id = NULLIF(split_part(c.subject, '/', 7), '')::uuid) AS held",
    id: "held.id",
    // Of networks and backbones.
    only: Some("held.place = ANY({only})"),
    sorts: &[
        ("created", "held.created", KeyType::Time),
        ("not_after", "held.not_after", KeyType::Time),
        ("generation", "held.generation::bigint", KeyType::Number),
    ],
    filters: &[
        ("kind", "held.kind = {value}"),
        ("issuer", "held.issuer = {value}::uuid"),
        ("serial", "held.serial = {value}"),
        ("expires_before", "held.not_after < {value}::timestamptz"),
    ],
    search: &["held.subject", "held.serial"],
    ..List::PLAIN
};

/// A page of the ids of all authorities and certificates, in the order in which they were made.
pub async fn page(mut db: impl Db, wanted: &Wanted) -> Result<Listed<Uuid>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, None, wanted).await?;
    Ok(Listed { items: found.untyped(), next: found.next })
}

/// The certificates among these ids.
pub async fn among(mut db: impl Db, ids: &[Uuid]) -> Result<Vec<Certificate>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM certificate WHERE id = ANY($1)", ids).fetch_all(&mut *db).await?)
}

/// Adds a certificate as the next generation of its subject under the same owner's authority; earlier ones that nothing
/// superseded yet are superseded by it. A controller has one subject at every backbone: its certificate at one takes the
/// place of none at another.
pub async fn insert(tx: &mut Tx, new: NewCertificate) -> Result<Certificate, StoreError> {
    let subject = new.subject.to_string();
    // Generations of one subject are numbered one at a time.
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", subject).execute(tx.connection()).await?;
    let now = at(tx.now());
    let certificate = rows!(
        "INSERT INTO certificate (id, subject, serial, issuer, generation, key_digest, not_before, not_after, der,
            created, updated, renewable_until)
        VALUES ($1, $2, $3, $4, (SELECT coalesce(max(generation), 0) + 1 FROM certificate WHERE subject = $2
            AND issuer IN (SELECT same.id FROM authority this JOIN authority same ON same.kind = this.kind
                AND same.backbone_id IS NOT DISTINCT FROM this.backbone_id
                AND same.network_id IS NOT DISTINCT FROM this.network_id WHERE this.id = $4)),
            $5, $6, $7, $8, $9, $9, $10) RETURNING",
        "",
        new.id.into_untyped_uuid(),
        subject,
        new.serial,
        new.issuer.into_untyped_uuid(),
        &new.key_digest[..],
        at(new.not_before),
        at(new.not_after),
        new.der.0,
        now,
        new.renewable_until.map(at),
    )
    .fetch_one(tx.connection())
    .await?;
    sqlx::query!(
        "UPDATE certificate SET superseded_by = $1, updated = $3, revision = revision + 1
        WHERE subject = $2 AND id <> $1 AND superseded_by IS NULL
            AND issuer IN (SELECT same.id FROM authority this JOIN authority same ON same.kind = this.kind
                AND same.backbone_id IS NOT DISTINCT FROM this.backbone_id
                AND same.network_id IS NOT DISTINCT FROM this.network_id WHERE this.id = $4)",
        new.id.into_untyped_uuid(),
        subject,
        at(tx.now()),
        new.issuer.into_untyped_uuid(),
    )
    .execute(tx.connection())
    .await?;
    tx.changed(certificate.event("certificate.issue"), None, Some(&certificate));
    Ok(certificate)
}

/// A certificate by its id.
pub async fn get(mut db: impl Db, id: CertificateId) -> Result<Certificate, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM certificate WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "certificate" })
}

/// A certificate by its issuer and serial number.
pub async fn by_serial(mut db: impl Db, issuer: AuthorityId, serial: &str) -> Result<Option<Certificate>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM certificate WHERE issuer = $1 AND serial = $2", issuer.into_untyped_uuid(), serial)
        .fetch_optional(&mut *db)
        .await?)
}

/// The newest certificate of a subject. For subjects with one issuing owner: a controller has certificates of many.
pub async fn current(mut db: impl Db, subject: &SpiffeId) -> Result<Option<Certificate>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM certificate WHERE subject = $1 ORDER BY generation DESC LIMIT 1", subject.to_string())
        .fetch_optional(&mut *db)
        .await?)
}

/// The newest certificates of some subjects, each with one issuing owner. Those that have none are left out.
pub async fn newest(
    mut db: impl Db,
    subjects: impl IntoIterator<Item = SpiffeId>,
) -> Result<BTreeMap<SpiffeId, Certificate>, StoreError> {
    let subjects: Vec<String> = subjects.into_iter().map(|subject| subject.to_string()).collect();
    let mut db = db.source().connection().await?;
    let found = rows!(
        "SELECT DISTINCT ON (subject)",
        "FROM certificate WHERE subject = ANY($1) ORDER BY subject, generation DESC",
        &subjects,
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(found.into_iter().map(|certificate| (certificate.subject, certificate)).collect())
}

/// When the first certificate expires that is in use at a member whose membership is renewed, and that has a session and was heard
/// of since `since`. Those who are away have theirs renewed when they come back.
pub async fn first_expiry_of_members(
    mut db: impl Db,
    installation: InstallationId,
    since: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let mut db = db.source().connection().await?;
    let first = sqlx::query_scalar!(
        "SELECT min(not_after)
        FROM site_status JOIN member ON member.id = member_id
            JOIN certificate ON subject = $1 || member.network_id || '/site/' || member.id AND superseded_by IS NULL
        WHERE member.state = 'member' AND session IS NOT NULL AND last_seen >= $2
            AND coalesce((terms ->> 'renewable')::boolean, true)",
        format!("spiffe://{installation}/network/"),
        at(since),
    );
    Ok(first.fetch_one(&mut *db).await?.map(Into::into))
}

/// Every certificate of a subject, oldest first.
pub async fn list_of_subject(mut db: impl Db, subject: &SpiffeId) -> Result<Vec<Certificate>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM certificate WHERE subject = $1 ORDER BY generation, created, id", subject.to_string())
        .fetch_all(&mut *db)
        .await?)
}

/// The certificates of the installation, those of one issuer only if it is given.
pub async fn list(mut db: impl Db, issuer: Option<AuthorityId>, page: Page) -> Result<Items<Certificate>, StoreError> {
    let mut db = db.source().connection().await?;
    let items = rows!(
        "SELECT",
        "FROM certificate WHERE (created, id) > ($1, $2) AND ($3::uuid IS NULL OR issuer = $3)
        ORDER BY created, id LIMIT $4",
        at(page.after.created),
        page.after.id,
        issuer.map(GenericUuid::into_untyped_uuid),
        page.fetch(),
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(Items::new(items, page, Certificate::cursor))
}

/// Until when the last certificate of a subject may be shown: until then a denial of its id must be kept.
pub async fn last_expiry(mut db: impl Db, subject: &SpiffeId) -> Result<Option<Timestamp>, StoreError> {
    let mut db = db.source().connection().await?;
    let last = sqlx::query_scalar!(
        "SELECT max(greatest(not_after, renewable_until)) FROM certificate WHERE subject = $1",
        subject.to_string()
    )
    .fetch_one(&mut *db)
    .await?;
    Ok(last.map(Into::into))
}

/// Until when the last certificate may be shown in each network of a backbone that has closed by `now`: until then somebody
/// may come who is to be told.
pub async fn last_expiry_of_closed(
    mut db: impl Db,
    backbone: BackboneId,
    now: Timestamp,
) -> Result<Vec<(NetworkId, Timestamp)>, StoreError> {
    let mut db = db.source().connection().await?;
    let rows = sqlx::query!(
        r#"SELECT network.id, max(greatest(certificate.not_after, renewable_until)) AS "last!"
        FROM network JOIN authority ON authority.network_id = network.id
            JOIN certificate ON certificate.issuer = authority.id
        WHERE network.backbone_id = $1 AND end_at + make_interval(secs => grace_seconds) <= $2
        GROUP BY network.id"#,
        backbone.into_untyped_uuid(),
        at(now),
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(rows.into_iter().map(|row| (NetworkId::from_untyped_uuid(row.id), row.last.into())).collect())
}

/// Notes that somebody asks for the replacement of a certificate before its time.
pub async fn ask_to_renew(tx: &mut Tx, id: CertificateId) -> Result<Certificate, StoreError> {
    let before = get(&mut *tx, id).await?;
    let now = at(tx.now());
    let after = rows!(
        "UPDATE certificate SET renew_asked = $2, updated = $2, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        now,
    )
    .fetch_optional(tx.connection())
    .await?
    .ok_or(StoreError::NotFound { what: "certificate" })?;
    tx.changed(after.event("certificate.ask-to-renew"), Some(&before), Some(&after));
    Ok(after)
}

/// Says that one certificate took the place of another.
pub async fn supersede(tx: &mut Tx, old: CertificateId, new: CertificateId) -> Result<Certificate, StoreError> {
    let before = get(&mut *tx, old).await?;
    let now = at(tx.now());
    let after = rows!(
        "UPDATE certificate SET superseded_by = $2, updated = $3, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        old.into_untyped_uuid(),
        new.into_untyped_uuid(),
        now,
    )
    .fetch_optional(tx.connection())
    .await?
    .ok_or(StoreError::NotFound { what: "certificate" })?;
    tx.changed(after.event("certificate.supersede"), Some(&before), Some(&after));
    Ok(after)
}
