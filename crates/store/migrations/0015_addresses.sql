-- How addresses choose among those who serve them, and what participants may adapt.

-- Whether the participant may choose another host and port at their site.
ALTER TABLE listener ADD COLUMN adaptable boolean NOT NULL DEFAULT true;
ALTER TABLE connector ADD COLUMN adaptable boolean NOT NULL DEFAULT true;

CREATE TABLE address_policy (
    network_id uuid        NOT NULL REFERENCES network ON DELETE CASCADE,
    address    text        NOT NULL CHECK (address <> '' AND address NOT LIKE 'skx/%'),
    policy     text        NOT NULL CHECK (policy IN ('closest', 'balanced')),
    created    timestamptz NOT NULL,
    updated    timestamptz NOT NULL,
    revision   bigint      NOT NULL DEFAULT 1,
    PRIMARY KEY (network_id, address)
);

COMMENT ON TABLE address_policy IS 'How new streams to an address are spread over the sites that serve it, where that is not the closest.';
