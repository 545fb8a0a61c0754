-- What runs: replicas, sessions, leases, requests. Passing status; none of it enters the event table.

CREATE TABLE controller (
    id        uuid        PRIMARY KEY,
    hostname  text        NOT NULL,
    software  text        NOT NULL,
    started   timestamptz NOT NULL,
    last_seen timestamptz NOT NULL
);

COMMENT ON TABLE controller IS 'The replicas of the management controller.';

CREATE TABLE site_status (
    backbone_site_id uuid        UNIQUE REFERENCES backbone_site ON DELETE CASCADE,
    member_id        uuid        UNIQUE REFERENCES member ON DELETE CASCADE,
    -- The session that reports, and the replica that holds it; absent while the site has none.
    session          uuid,
    controller_id    uuid,
    connected        timestamptz,
    last_seen        timestamptz NOT NULL,
    -- Which desired state the site has applied, and which trust document is in force there.
    applied_revision bigint,
    trust_version    bigint,
    -- The rest of what it observes.
    report           jsonb       NOT NULL,
    CHECK (num_nonnulls(backbone_site_id, member_id) = 1),
    CHECK ((session IS NULL) = (controller_id IS NULL) AND (session IS NULL) = (connected IS NULL))
);

CREATE INDEX site_status_controller ON site_status (controller_id) WHERE controller_id IS NOT NULL;

COMMENT ON TABLE site_status IS 'What each site last said of itself.';

CREATE TABLE lease (
    name    text        PRIMARY KEY CHECK (name <> ''),
    holder  uuid        NOT NULL,
    -- By the clock of the database, the only one all replicas share.
    expires timestamptz NOT NULL
);

COMMENT ON TABLE lease IS 'Work that must not run twice at once.';

CREATE TABLE idempotency_key (
    subject        text        NOT NULL,
    key            text        NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    -- SHA-256 of the request the key came with first.
    request_digest bytea       NOT NULL CHECK (octet_length(request_digest) = 32),
    -- What it was answered; absent only within the transaction that does the work.
    status         integer     CHECK (status BETWEEN 100 AND 599),
    response       bytea,
    created        timestamptz NOT NULL,
    PRIMARY KEY (subject, key),
    CHECK ((status IS NULL) = (response IS NULL))
);

CREATE INDEX idempotency_key_created ON idempotency_key (created);

COMMENT ON TABLE idempotency_key IS 'Requests that must not be carried out twice, and their answers.';
