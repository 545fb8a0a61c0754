-- Keys that tried to enrol as a relay site that is enrolled with another one.

CREATE TABLE enrolment_alarm (
    site_id    uuid        NOT NULL REFERENCES backbone_site ON DELETE CASCADE,
    key_digest bytea       NOT NULL CHECK (octet_length(key_digest) = 32),
    created    timestamptz NOT NULL,
    PRIMARY KEY (site_id, key_digest)
);

COMMENT ON TABLE enrolment_alarm IS 'For which keys an alarm was raised already: once each, and for the first few of a site only.';
