-- Application networks, and how sites come to be in them.

CREATE TABLE network (
    id            uuid        PRIMARY KEY,
    backbone_id   uuid        NOT NULL REFERENCES backbone,
    name          text        NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    owner         text        NOT NULL CHECK (owner <> ''),
    start_at      timestamptz NOT NULL,
    end_at        timestamptz,
    -- How long connections live on after the end.
    grace_seconds bigint      NOT NULL CHECK (grace_seconds BETWEEN 0 AND 31622400),
    address_mode  text        NOT NULL CHECK (address_mode IN ('open', 'assigned')),
    -- Set once, for good.
    evicted       timestamptz,
    -- Set when the network's closing was carried out; cleared when its end is moved into the future.
    ended         timestamptz,
    created       timestamptz NOT NULL,
    updated       timestamptz NOT NULL,
    revision      bigint      NOT NULL DEFAULT 1,
    CONSTRAINT network_window CHECK (end_at > start_at)
);

CREATE INDEX network_backbone ON network (backbone_id);
CREATE INDEX network_page ON network (created, id);

COMMENT ON TABLE network IS 'An application network on a backbone.';

CREATE TABLE site_class (
    network_id uuid        NOT NULL REFERENCES network ON DELETE CASCADE,
    name       text        NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    created    timestamptz NOT NULL,
    PRIMARY KEY (network_id, name)
);

COMMENT ON TABLE site_class IS 'The declared classes of a network: sites, invitations, listeners and connectors may use no others.';

CREATE TABLE invitation (
    id                uuid        PRIMARY KEY,
    network_id        uuid        NOT NULL REFERENCES network ON DELETE CASCADE,
    name              text        NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    -- Absent: unlimited.
    uses_allowed      integer     CHECK (uses_allowed > 0),
    uses_spent        integer     NOT NULL DEFAULT 0 CHECK (uses_spent >= 0),
    deadline          timestamptz,
    -- Sites that wish no name are called PREFIX-1, PREFIX-2, …
    name_prefix       text        NOT NULL CHECK (name_prefix ~ '^[a-z0-9]([a-z0-9-]{0,51})$'),
    names_given       bigint      NOT NULL DEFAULT 0,
    closed            timestamptz,
    -- The claim credential, so that the invitation can be rendered again. The key is sealed.
    claim_certificate bytea       NOT NULL,
    sealed_claim_key  bytea       NOT NULL,
    created           timestamptz NOT NULL,
    updated           timestamptz NOT NULL,
    revision          bigint      NOT NULL DEFAULT 1,
    UNIQUE (network_id, name),
    UNIQUE (network_id, id),
    CONSTRAINT invitation_uses CHECK (uses_spent <= uses_allowed)
);

COMMENT ON TABLE invitation IS 'The right to become a member site, for whoever holds it.';

CREATE TABLE invitation_class (
    invitation_id uuid NOT NULL,
    network_id    uuid NOT NULL,
    class         text NOT NULL,
    PRIMARY KEY (invitation_id, class),
    CONSTRAINT invitation_class_invitation_fkey
        FOREIGN KEY (network_id, invitation_id) REFERENCES invitation (network_id, id) ON DELETE CASCADE,
    CONSTRAINT invitation_class_class_fkey FOREIGN KEY (network_id, class) REFERENCES site_class (network_id, name)
);

CREATE INDEX invitation_class_class ON invitation_class (network_id, class);

COMMENT ON TABLE invitation_class IS 'The classes an invitation gives.';

CREATE TABLE member (
    id            uuid        PRIMARY KEY,
    network_id    uuid        NOT NULL REFERENCES network ON DELETE CASCADE,
    name          text        NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    state         text        NOT NULL DEFAULT 'member' CHECK (state IN ('member', 'left', 'evicted')),
    -- The invitation it came by, as long as that exists.
    invitation_id uuid        REFERENCES invitation ON DELETE SET NULL,
    -- SHA-256 of the site's public key.
    key_digest    bytea       NOT NULL CHECK (octet_length(key_digest) = 32),
    -- What the site told of its machine and program.
    platform      jsonb       NOT NULL,
    labels        jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(labels) = 'object'),
    -- When, and why, it stopped being a member.
    ended         timestamptz,
    reason        text,
    created       timestamptz NOT NULL,
    updated       timestamptz NOT NULL,
    revision      bigint      NOT NULL DEFAULT 1,
    UNIQUE (network_id, id),
    CHECK ((state = 'member') = (ended IS NULL))
);

-- Names and keys are unique among live members; the names of those who left may be used again.
CREATE UNIQUE INDEX member_name_key ON member (network_id, name) WHERE state = 'member';
CREATE UNIQUE INDEX member_key_digest_key ON member (network_id, key_digest) WHERE state = 'member';
CREATE INDEX member_page ON member (network_id, created, id);
CREATE INDEX member_invitation ON member (invitation_id);

COMMENT ON TABLE member IS 'A member site of an application network.';

CREATE TABLE member_class (
    member_id  uuid NOT NULL,
    network_id uuid NOT NULL,
    class      text NOT NULL,
    PRIMARY KEY (member_id, class),
    CONSTRAINT member_class_member_fkey
        FOREIGN KEY (network_id, member_id) REFERENCES member (network_id, id) ON DELETE CASCADE,
    CONSTRAINT member_class_class_fkey FOREIGN KEY (network_id, class) REFERENCES site_class (network_id, name)
);

CREATE INDEX member_class_class ON member_class (network_id, class);

COMMENT ON TABLE member_class IS 'The classes of a member site.';

CREATE TABLE key_tombstone (
    network_id uuid        NOT NULL REFERENCES network ON DELETE CASCADE,
    key_digest bytea       NOT NULL CHECK (octet_length(key_digest) = 32),
    -- The member that held it. No foreign key: the tombstone outlives it.
    member_id  uuid        NOT NULL,
    reason     text        NOT NULL,
    created    timestamptz NOT NULL,
    PRIMARY KEY (network_id, key_digest)
);

COMMENT ON TABLE key_tombstone IS 'Keys of former members: they never become members again.';

CREATE TABLE listener (
    id         uuid        PRIMARY KEY,
    network_id uuid        NOT NULL REFERENCES network ON DELETE CASCADE,
    address    text        NOT NULL CHECK (address <> '' AND address NOT LIKE 'skx/%'),
    -- The local socket, as HOST:PORT.
    bind       text        NOT NULL CHECK (bind ~ ':[0-9]{1,5}$'),
    -- For one site, or for every site of a class.
    site_id    uuid,
    class      text,
    created    timestamptz NOT NULL,
    updated    timestamptz NOT NULL,
    revision   bigint      NOT NULL DEFAULT 1,
    CONSTRAINT listener_target CHECK (num_nonnulls(site_id, class) = 1),
    CONSTRAINT listener_site_fkey FOREIGN KEY (network_id, site_id) REFERENCES member (network_id, id) ON DELETE CASCADE,
    CONSTRAINT listener_class_fkey FOREIGN KEY (network_id, class) REFERENCES site_class (network_id, name)
);

-- One socket serves one address.
CREATE UNIQUE INDEX listener_site_bind_key ON listener (network_id, site_id, bind) WHERE site_id IS NOT NULL;
CREATE UNIQUE INDEX listener_class_bind_key ON listener (network_id, class, bind) WHERE class IS NOT NULL;

COMMENT ON TABLE listener IS 'A local socket at member sites whose connections enter the network at an address.';

CREATE TABLE connector (
    id         uuid        PRIMARY KEY,
    network_id uuid        NOT NULL REFERENCES network ON DELETE CASCADE,
    address    text        NOT NULL CHECK (address <> '' AND address NOT LIKE 'skx/%'),
    -- The local target, as HOST:PORT.
    target     text        NOT NULL CHECK (target ~ ':[0-9]{1,5}$'),
    site_id    uuid,
    class      text,
    created    timestamptz NOT NULL,
    updated    timestamptz NOT NULL,
    revision   bigint      NOT NULL DEFAULT 1,
    CONSTRAINT connector_target CHECK (num_nonnulls(site_id, class) = 1),
    CONSTRAINT connector_site_fkey FOREIGN KEY (network_id, site_id) REFERENCES member (network_id, id) ON DELETE CASCADE,
    CONSTRAINT connector_class_fkey FOREIGN KEY (network_id, class) REFERENCES site_class (network_id, name)
);

CREATE UNIQUE INDEX connector_site_target_key ON connector (network_id, site_id, address, target) WHERE site_id IS NOT NULL;
CREATE UNIQUE INDEX connector_class_target_key ON connector (network_id, class, address, target) WHERE class IS NOT NULL;

COMMENT ON TABLE connector IS 'Where connections to an address leave the network at member sites.';
