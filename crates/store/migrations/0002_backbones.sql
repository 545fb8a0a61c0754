-- The installation and its backbones.
--
-- Conventions of every object: an id made by the program, times of creation and last change, and a revision that
-- grows with every change (optimistic concurrency). Names are DNS labels, unique within the parent.

CREATE TABLE installation (
    id       uuid        PRIMARY KEY,
    -- Which key-encryption key seals the private keys in this database.
    kek_id   text        NOT NULL CHECK (kek_id <> ''),
    created  timestamptz NOT NULL,
    updated  timestamptz NOT NULL,
    revision bigint      NOT NULL DEFAULT 1,
    only_row boolean     NOT NULL DEFAULT true UNIQUE CHECK (only_row)
);

COMMENT ON TABLE installation IS 'This installation: the trust domain of every identity in it. One row.';

CREATE TABLE backbone (
    id         uuid        PRIMARY KEY,
    name       text        NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    data_plane text        NOT NULL CHECK (data_plane IN ('native', 'skupper')),
    created    timestamptz NOT NULL,
    updated    timestamptz NOT NULL,
    revision   bigint      NOT NULL DEFAULT 1
);

COMMENT ON TABLE backbone IS 'A constellation of relay sites.';

CREATE TABLE backbone_site (
    id                uuid        PRIMARY KEY,
    backbone_id       uuid        NOT NULL REFERENCES backbone,
    name              text        NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    state             text        NOT NULL DEFAULT 'defined' CHECK (state IN ('defined', 'deployed', 'evicted')),
    -- How often its bootstrap bundle was rendered, and the serial of the only bootstrap certificate that is good.
    bundle_generation integer     NOT NULL DEFAULT 0 CHECK (bundle_generation >= 0),
    bundle_serial     text,
    -- SHA-256 of the public key the site enrolled with. The first key wins.
    key_digest        bytea       CHECK (octet_length(key_digest) = 32),
    -- What the site told of its machine and program.
    platform          jsonb,
    -- Where the site found itself to be reachable, when that is not known beforehand.
    discovered_host   text,
    enrolled          timestamptz,
    created           timestamptz NOT NULL,
    updated           timestamptz NOT NULL,
    revision          bigint      NOT NULL DEFAULT 1,
    UNIQUE (backbone_id, name),
    UNIQUE (backbone_id, id),
    CHECK ((bundle_serial IS NULL) = (bundle_generation = 0)),
    CHECK (state <> 'deployed' OR (key_digest IS NOT NULL AND enrolled IS NOT NULL))
);

COMMENT ON TABLE backbone_site IS 'A relay site of a backbone.';

CREATE TABLE access_point (
    id       uuid        PRIMARY KEY,
    site_id  uuid        NOT NULL REFERENCES backbone_site ON DELETE CASCADE,
    name     text        NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    -- Whom it admits: peer, member, claim, manage; in this order, separated by commas.
    kinds    text        NOT NULL CHECK (kinds ~ '^(peer|member|claim|manage)(,(peer|member|claim|manage)){0,3}$'),
    -- Where others dial it, as HOST:PORT.
    advertised text      NOT NULL CHECK (advertised ~ ':[0-9]{1,5}$'),
    -- Where the router listens; every address at the advertised port unless given.
    bind     text        CHECK (bind ~ ':[0-9]{1,5}$'),
    created  timestamptz NOT NULL,
    updated  timestamptz NOT NULL,
    revision bigint      NOT NULL DEFAULT 1,
    UNIQUE (site_id, name),
    UNIQUE (site_id, id)
);

COMMENT ON TABLE access_point IS 'Where a backbone site listens, and for whom.';

CREATE TABLE link (
    id              uuid        PRIMARY KEY,
    backbone_id     uuid        NOT NULL REFERENCES backbone,
    from_site       uuid        NOT NULL,
    to_site         uuid        NOT NULL,
    to_access_point uuid        NOT NULL,
    cost            integer     NOT NULL CHECK (cost >= 1),
    transport       text        NOT NULL CHECK (transport IN ('direct', 'tls')),
    created         timestamptz NOT NULL,
    updated         timestamptz NOT NULL,
    revision        bigint      NOT NULL DEFAULT 1,
    -- Both ends belong to the link's backbone, and the access point to the far end.
    CONSTRAINT link_from_site_fkey FOREIGN KEY (backbone_id, from_site) REFERENCES backbone_site (backbone_id, id),
    CONSTRAINT link_to_site_fkey FOREIGN KEY (backbone_id, to_site) REFERENCES backbone_site (backbone_id, id),
    CONSTRAINT link_to_access_point_fkey FOREIGN KEY (to_site, to_access_point) REFERENCES access_point (site_id, id),
    CONSTRAINT link_ends_differ CHECK (from_site <> to_site),
    CONSTRAINT link_from_site_to_access_point_key UNIQUE (from_site, to_access_point)
);

CREATE INDEX link_backbone ON link (backbone_id);
CREATE INDEX link_to_site ON link (to_site, to_access_point);

COMMENT ON TABLE link IS 'Which backbone site dials which peer access point.';
