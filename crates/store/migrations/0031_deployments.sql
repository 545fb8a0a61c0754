-- Releases placed on the sites of networks.

CREATE TABLE deployment (
    id         uuid        PRIMARY KEY,
    network_id uuid        NOT NULL REFERENCES network ON DELETE CASCADE,
    name       text        NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    -- As it was given: kind Deployment, as JSON.
    document   text        NOT NULL,
    -- The release that is to be placed now.
    release_id uuid        NOT NULL REFERENCES release,
    -- What every site shall have: the last plan; none before the first.
    plan       text,
    -- What the planner could not do, in words for people.
    trouble    text,
    -- Where the rollout is.
    rollout    text,
    -- It is being taken away: sites are offered nothing of it any more.
    removing   boolean     NOT NULL DEFAULT false,
    created    timestamptz NOT NULL,
    updated    timestamptz NOT NULL,
    revision   bigint      NOT NULL DEFAULT 1,
    UNIQUE (network_id, name)
);

CREATE INDEX deployment_created ON deployment (created, id);
CREATE INDEX deployment_release ON deployment (release_id);

COMMENT ON TABLE deployment IS 'A release placed on the sites of a network, for as long as it stands.';
COMMENT ON COLUMN deployment.plan IS 'compose::deploy::Plan. It follows from what else is stored, and is kept because the next one follows from it, too.';
COMMENT ON COLUMN deployment.revision IS 'Grows with every change a person makes, not with what follows from it.';

CREATE TABLE deployment_site (
    deployment_id uuid        NOT NULL REFERENCES deployment ON DELETE CASCADE,
    member_id     uuid        NOT NULL REFERENCES member ON DELETE CASCADE,
    -- What the site is offered: compose::deploy::Offer.
    offer         text,
    offer_digest  text,
    -- Whether the site gets nothing by it.
    offer_empty   boolean     NOT NULL DEFAULT true,
    offered       timestamptz,
    -- What it was offered before, to go back to.
    kept          text,
    kept_digest   text,
    kept_empty    boolean     NOT NULL DEFAULT true,
    -- What the participant decided and filled in; outlives sessions.
    declined      jsonb       NOT NULL DEFAULT '[]',
    locals        jsonb       NOT NULL DEFAULT '{}',
    -- What the site last said became of it: ops::deployment::Report.
    report        jsonb,
    observed      timestamptz,
    PRIMARY KEY (deployment_id, member_id)
);

CREATE INDEX deployment_site_member ON deployment_site (member_id);

COMMENT ON TABLE deployment_site IS 'What one site is offered of a deployment, what its participant decided, and what became of it.';
