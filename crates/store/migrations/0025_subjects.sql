-- Who can sign in, and with what.

CREATE TABLE subject (
    id           uuid        PRIMARY KEY,
    kind         text        NOT NULL CHECK (kind IN ('person', 'service')),
    name         text        NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    display_name text        CHECK (length(display_name) BETWEEN 1 AND 200),
    email        text        CHECK (length(email) BETWEEN 3 AND 254),
    -- Of whom an identity provider has signed in: who it says they are. Its words for that never change.
    issuer       text,
    external_id  text,
    -- Since when nothing of it is accepted.
    disabled     timestamptz,
    created      timestamptz NOT NULL,
    updated      timestamptz NOT NULL,
    revision     bigint      NOT NULL DEFAULT 1,
    CONSTRAINT subject_name_key UNIQUE (name),
    CONSTRAINT subject_external UNIQUE (issuer, external_id),
    CONSTRAINT subject_external_whole CHECK ((issuer IS NULL) = (external_id IS NULL)),
    CONSTRAINT subject_external_person CHECK (issuer IS NULL OR kind = 'person')
);

CREATE INDEX subject_page ON subject (created, id);

COMMENT ON TABLE subject IS 'Who can sign in: a person, or a service (a pipeline, say).';

CREATE TABLE credential (
    subject_id uuid        PRIMARY KEY REFERENCES subject ON DELETE CASCADE,
    -- argon2id, in the PHC form.
    verifier   text        NOT NULL,
    -- Of a password for one use: until when. It opens nothing but the choice of another.
    one_time   timestamptz,
    changed    timestamptz NOT NULL
);

COMMENT ON TABLE credential IS 'The passwords of persons, as what they are checked against.';

CREATE TABLE subject_group (
    id            uuid        PRIMARY KEY,
    name          text        NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    -- The group of the identity provider whose members it has, beside those that were added.
    external_name text        CHECK (length(external_name) BETWEEN 1 AND 200),
    created       timestamptz NOT NULL,
    updated       timestamptz NOT NULL,
    revision      bigint      NOT NULL DEFAULT 1,
    CONSTRAINT subject_group_name_key UNIQUE (name),
    CONSTRAINT subject_group_external UNIQUE (external_name)
);

CREATE INDEX subject_group_page ON subject_group (created, id);

COMMENT ON TABLE subject_group IS 'Groups of subjects.';

CREATE TABLE group_member (
    group_id   uuid    NOT NULL REFERENCES subject_group ON DELETE CASCADE,
    subject_id uuid    NOT NULL REFERENCES subject ON DELETE CASCADE,
    -- Whether the identity provider says so, or somebody here has.
    provided   boolean NOT NULL DEFAULT false,
    PRIMARY KEY (group_id, subject_id)
);

CREATE INDEX group_member_subject ON group_member (subject_id);

COMMENT ON TABLE group_member IS 'Who is in which group.';

CREATE TABLE api_token (
    id          uuid        PRIMARY KEY,
    subject_id  uuid        NOT NULL REFERENCES subject ON DELETE CASCADE,
    name        text        NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    -- SHA-256 of the token, which is 256 random bits.
    digest      bytea       NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    -- What it takes away from what its subject may do.
    read_only   boolean     NOT NULL,
    backbone_id uuid        REFERENCES backbone ON DELETE CASCADE,
    network_id  uuid        REFERENCES network ON DELETE CASCADE,
    expires     timestamptz NOT NULL,
    -- To the minute.
    last_used   timestamptz,
    created     timestamptz NOT NULL,
    CONSTRAINT api_token_name_key UNIQUE (subject_id, name),
    CONSTRAINT api_token_within CHECK (backbone_id IS NULL OR network_id IS NULL)
);

CREATE INDEX api_token_page ON api_token (created, id);

COMMENT ON TABLE api_token IS 'Tokens for the API, as their digests. What is revoked is gone.';

CREATE TABLE sign_in (
    id         uuid        PRIMARY KEY,
    subject_id uuid        NOT NULL REFERENCES subject ON DELETE CASCADE,
    digest     bytea       NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    method     text        NOT NULL CHECK (method IN ('password', 'provider')),
    -- Whence: an address, or an IPv6 network.
    source     text        NOT NULL,
    created    timestamptz NOT NULL,
    expires    timestamptz NOT NULL,
    ended      timestamptz
);

CREATE INDEX sign_in_subject ON sign_in (subject_id, created);
CREATE INDEX sign_in_created ON sign_in (created);

COMMENT ON TABLE sign_in IS 'Sessions of persons. Those that are over are kept a month: who comes from where they did is not slowed down by strangers.';

CREATE TABLE setup (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- SHA-256 of what the setup link carries, until it is used.
    digest   bytea   CHECK (octet_length(digest) = 32),
    deadline timestamptz,
    -- When the first administrator had signed in: the first-start token opens no API on the network any more.
    done     timestamptz
);

INSERT INTO setup DEFAULT VALUES;

COMMENT ON TABLE setup IS 'The one-time link by which the first account is made. One row.';

-- What is given to somebody goes with them.
ALTER TABLE access_grant
    ADD CONSTRAINT access_grant_subject_fkey FOREIGN KEY (subject_id) REFERENCES subject ON DELETE CASCADE,
    ADD CONSTRAINT access_grant_group_fkey FOREIGN KEY (group_id) REFERENCES subject_group ON DELETE CASCADE;
ALTER TABLE quota
    ADD CONSTRAINT quota_subject_fkey FOREIGN KEY (subject_id) REFERENCES subject ON DELETE CASCADE;
