-- Secrets that deployments need at sites.

CREATE TABLE secret (
    id         uuid        PRIMARY KEY,
    network_id uuid        NOT NULL REFERENCES network ON DELETE CASCADE,
    name       text        NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    -- The names of its values.
    keys       text[]      NOT NULL,
    -- The values, by their names: JSON, sealed under the key-encryption key.
    sealed     bytea       NOT NULL,
    created    timestamptz NOT NULL,
    updated    timestamptz NOT NULL,
    revision   bigint      NOT NULL DEFAULT 1,
    UNIQUE (network_id, name)
);

CREATE INDEX secret_created ON secret (created, id);

COMMENT ON TABLE secret IS 'Values that sites need and that nobody reads here.';
