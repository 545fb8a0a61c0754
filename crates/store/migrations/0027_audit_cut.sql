-- Retention of the audit chain. Events leave it from its beginning only, up to one for which there is a cut: a statement,
-- signed by the installation's certificate authority, of the hash that the first event that stays must name.

CREATE TABLE event_cut (
    -- The last event that left, and its hash.
    position  bigint      PRIMARY KEY CHECK (position > 0),
    hash      bytea       NOT NULL CHECK (octet_length(hash) = 32),
    time      timestamptz NOT NULL,
    -- What was signed, the signature, and the certificate of who signed.
    statement bytea       NOT NULL,
    signature bytea       NOT NULL,
    signer    bytea       NOT NULL
);

COMMENT ON TABLE event_cut IS 'Up to where events have left the audit chain, signed.';

DROP TRIGGER event_is_append_only ON event;

CREATE TRIGGER event_is_append_only BEFORE UPDATE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION event_is_append_only();

CREATE TRIGGER event_cut_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event_cut
    FOR EACH STATEMENT EXECUTE FUNCTION event_is_append_only();

CREATE FUNCTION event_leaves_by_cut() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM gone WHERE position > (SELECT coalesce(max(position), 0) FROM event_cut)) THEN
        RAISE EXCEPTION 'events are never changed or removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER event_leaves_by_cut AFTER DELETE ON event
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION event_leaves_by_cut();
