-- Who may do what: roles that are held by grants, who owns a network, and how much there may be of what.

-- A network is owned by a subject. What was made before there were any belongs to the installation itself.
ALTER TABLE network
    DROP CONSTRAINT network_owner_check,
    ALTER COLUMN owner TYPE uuid USING '00000000-0000-0000-0000-000000000000'::uuid;

CREATE INDEX network_owner ON network (owner);

CREATE TABLE access_grant (
    id               uuid        PRIMARY KEY,
    subject_id       uuid,
    group_id         uuid,
    role             text        NOT NULL CHECK (
        role IN ('service-administrator', 'backbone-administrator', 'user', 'operator', 'viewer')
    ),
    -- Where it is held; everywhere, when both are absent.
    backbone_id      uuid        REFERENCES backbone ON DELETE CASCADE,
    network_id       uuid        REFERENCES network ON DELETE CASCADE,
    -- Whether networks are made on this backbone when none is named.
    default_backbone boolean     NOT NULL,
    created          timestamptz NOT NULL,
    CONSTRAINT access_grant_to CHECK (num_nonnulls(subject_id, group_id) = 1),
    CONSTRAINT access_grant_scope CHECK (
        CASE
            WHEN role = 'service-administrator' THEN num_nonnulls(backbone_id, network_id) = 0
            WHEN role IN ('backbone-administrator', 'user') THEN backbone_id IS NOT NULL AND network_id IS NULL
            ELSE network_id IS NOT NULL AND backbone_id IS NULL
        END
    ),
    CONSTRAINT access_grant_default CHECK (NOT default_backbone OR backbone_id IS NOT NULL),
    CONSTRAINT access_grant_once UNIQUE NULLS NOT DISTINCT (subject_id, group_id, role, backbone_id, network_id)
);

CREATE UNIQUE INDEX access_grant_default_once ON access_grant (subject_id, group_id) NULLS NOT DISTINCT
    WHERE default_backbone;
CREATE INDEX access_grant_group ON access_grant (group_id);
CREATE INDEX access_grant_backbone ON access_grant (backbone_id);
CREATE INDEX access_grant_network ON access_grant (network_id);
CREATE INDEX access_grant_page ON access_grant (created, id);

COMMENT ON TABLE access_grant IS 'A role that a subject or a group holds, everywhere, on a backbone or in a network.';

CREATE TABLE quota (
    id          uuid        PRIMARY KEY,
    -- Of what: networks are counted for each owner, members and invitations in each network.
    resource    text        NOT NULL CHECK (resource IN ('networks', 'members', 'invitations')),
    -- Where it holds: the narrower one counts, and one that says nothing of this holds everywhere.
    backbone_id uuid        REFERENCES backbone ON DELETE CASCADE,
    network_id  uuid        REFERENCES network ON DELETE CASCADE,
    subject_id  uuid,
    most        bigint      NOT NULL CHECK (most >= 0),
    created     timestamptz NOT NULL,
    updated     timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    CONSTRAINT quota_scope CHECK (
        CASE
            WHEN resource = 'networks' THEN num_nonnulls(backbone_id, network_id) = 0
            ELSE subject_id IS NULL AND num_nonnulls(backbone_id, network_id) <= 1
        END
    ),
    CONSTRAINT quota_once UNIQUE NULLS NOT DISTINCT (resource, backbone_id, network_id, subject_id)
);

CREATE INDEX quota_page ON quota (created, id);

COMMENT ON TABLE quota IS 'How much there may be of something.';
