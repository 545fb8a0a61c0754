-- What flowed in application networks, lately: a window of bounded length, told by member sites of themselves.

CREATE TABLE flow (
    -- In the order of commits within a network: who has seen N never misses a smaller one.
    position        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    network_id      uuid        NOT NULL REFERENCES network ON DELETE CASCADE,
    member_id       uuid        NOT NULL,
    address         text        NOT NULL,
    -- Into the network at a listener, or out of it at a connector.
    direction       text        NOT NULL CHECK (direction IN ('in', 'out')),
    -- The member at the other end, when one was reached. No foreign key: flows are told of those who left, too.
    peer_id         uuid,
    connections     bigint      NOT NULL CHECK (connections > 0),
    bytes_to_server bigint      NOT NULL CHECK (bytes_to_server >= 0),
    bytes_to_client bigint      NOT NULL CHECK (bytes_to_client >= 0),
    -- Why they failed, if they did.
    error           text,
    opened          timestamptz NOT NULL,
    closed          timestamptz NOT NULL,
    reported        timestamptz NOT NULL
);

CREATE INDEX flow_network ON flow (network_id, position);

COMMENT ON TABLE flow IS 'Connections that ended lately in application networks, summed up by site, address and other end.';
