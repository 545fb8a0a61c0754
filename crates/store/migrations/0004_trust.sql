-- Certificate authorities, certificates, trust documents, denials.

CREATE TABLE authority (
    id          uuid        PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind IN ('root', 'backbone', 'network')),
    -- Whose authority it is; both absent for the root.
    backbone_id uuid        REFERENCES backbone ON DELETE CASCADE,
    network_id  uuid        REFERENCES network ON DELETE CASCADE,
    generation  integer     NOT NULL CHECK (generation >= 1),
    -- pending: a key waits for its certificate. retired: trusted as long as it is valid, but issues nothing new.
    state       text        NOT NULL CHECK (state IN ('pending', 'active', 'retired')),
    certificate bytea,
    -- The certificates above it up to the external root, nearest first; empty when it is the root itself.
    chain       bytea[]     NOT NULL DEFAULT '{}',
    -- The private key, sealed under the installation's key-encryption key; absent when it was destroyed.
    sealed_key  bytea,
    not_before  timestamptz,
    not_after   timestamptz,
    created     timestamptz NOT NULL,
    updated     timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    CONSTRAINT authority_owner CHECK (CASE kind
        WHEN 'root' THEN backbone_id IS NULL AND network_id IS NULL
        WHEN 'backbone' THEN backbone_id IS NOT NULL AND network_id IS NULL
        ELSE backbone_id IS NULL AND network_id IS NOT NULL END),
    CONSTRAINT authority_certificate CHECK (
        (state = 'pending') = (certificate IS NULL)
        AND (certificate IS NULL) = (not_before IS NULL) AND (certificate IS NULL) = (not_after IS NULL)
        AND not_after > not_before),
    CONSTRAINT authority_key CHECK (sealed_key IS NOT NULL OR state = 'retired')
);

CREATE UNIQUE INDEX authority_root_generation_key ON authority (generation) WHERE kind = 'root';
CREATE UNIQUE INDEX authority_backbone_generation_key ON authority (backbone_id, generation) WHERE kind = 'backbone';
CREATE UNIQUE INDEX authority_network_generation_key ON authority (network_id, generation) WHERE kind = 'network';
-- At most one key of the root waits for its certificate.
CREATE UNIQUE INDEX authority_root_pending_key ON authority (kind) WHERE kind = 'root' AND state = 'pending';

COMMENT ON TABLE authority IS 'One generation of a certificate authority.';

CREATE TABLE certificate (
    id            uuid        PRIMARY KEY,
    -- The identity, as SPIFFE URI.
    subject       text        NOT NULL CHECK (subject LIKE 'spiffe://%'),
    serial        text        NOT NULL CHECK (serial ~ '^[0-9a-f]+$'),
    issuer        uuid        NOT NULL REFERENCES authority ON DELETE CASCADE,
    generation    integer     NOT NULL CHECK (generation >= 1),
    key_digest    bytea       NOT NULL CHECK (octet_length(key_digest) = 32),
    not_before    timestamptz NOT NULL,
    not_after     timestamptz NOT NULL CHECK (not_after > not_before),
    superseded_by uuid        REFERENCES certificate ON DELETE SET NULL,
    der           bytea       NOT NULL,
    created       timestamptz NOT NULL,
    updated       timestamptz NOT NULL,
    revision      bigint      NOT NULL DEFAULT 1,
    CONSTRAINT certificate_issuer_serial_key UNIQUE (issuer, serial)
);

CREATE INDEX certificate_subject ON certificate (subject, generation);
CREATE INDEX certificate_page ON certificate (created, id);
CREATE INDEX certificate_superseded_by ON certificate (superseded_by) WHERE superseded_by IS NOT NULL;

COMMENT ON TABLE certificate IS 'Every leaf certificate the installation has issued.';

CREATE TABLE trust_document (
    backbone_id uuid        NOT NULL REFERENCES backbone ON DELETE CASCADE,
    version     bigint      NOT NULL CHECK (version >= 1),
    -- The exact signed bytes, the signature, and the certificate (DER) of the signer.
    document    bytea       NOT NULL,
    signature   bytea       NOT NULL,
    signer      bytea       NOT NULL,
    valid_until timestamptz NOT NULL,
    created     timestamptz NOT NULL,
    PRIMARY KEY (backbone_id, version)
);

COMMENT ON TABLE trust_document IS 'What each backbone trusts: the highest version is the one in force.';

CREATE TABLE trust_denial (
    kind        text        NOT NULL CHECK (kind IN ('network', 'site', 'invitation', 'backbone-site', 'controller')),
    -- Who is denied. No foreign key: a denial outlives what it denies.
    id          uuid        NOT NULL,
    -- The backbone that denies it; every backbone when absent.
    backbone_id uuid        REFERENCES backbone ON DELETE CASCADE,
    -- The network it belongs to, for sites and invitations.
    network_id  uuid,
    reason      text        NOT NULL CHECK (reason IN ('evicted', 'ended', 'superseded')),
    -- When the last certificate it could hold has expired; for good when absent.
    until       timestamptz,
    created     timestamptz NOT NULL,
    PRIMARY KEY (kind, id),
    CONSTRAINT trust_denial_scope CHECK (
        (network_id IS NOT NULL) = (kind IN ('network', 'site', 'invitation'))
        AND (backbone_id IS NOT NULL) = (kind <> 'controller'))
);

CREATE INDEX trust_denial_backbone ON trust_denial (backbone_id);
CREATE INDEX trust_denial_network ON trust_denial (network_id) WHERE network_id IS NOT NULL;

COMMENT ON TABLE trust_denial IS 'Ids that are refused whatever their certificate says.';
