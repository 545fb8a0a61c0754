-- The event table: the outbox of the change feed and the audit chain in one.
--
-- Positions and hashes are assigned last in each transaction, under an advisory lock, so that position order is
-- commit order: a reader that has seen position N will never see a smaller one appear. Positions have no gaps, and
-- each hash covers its row and the hash before it.

CREATE TABLE event (
    position      bigint      PRIMARY KEY CHECK (position > 0),
    time          timestamptz NOT NULL,
    -- Who did it, and for whom if that is someone else.
    actor         text        NOT NULL CHECK (actor <> ''),
    on_behalf_of  text,
    -- What was done, as OBJECT.VERB.
    action        text        NOT NULL CHECK (action ~ '^[a-z-]+\.[a-z-]+$'),
    -- To what. No foreign keys: events outlive what they tell of.
    object_kind   text        NOT NULL CHECK (object_kind <> ''),
    object_id     uuid,
    -- Where it belongs, for readers who may see one network or backbone only.
    network_id    uuid,
    backbone_id   uuid,
    before        jsonb,
    after         jsonb,
    outcome       text        NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
    request_id    text,
    -- The network address the request came from.
    address       text,
    previous_hash bytea       NOT NULL CHECK (octet_length(previous_hash) = 32),
    hash          bytea       NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE INDEX event_network ON event (network_id, position) WHERE network_id IS NOT NULL;
CREATE INDEX event_backbone ON event (backbone_id, position) WHERE backbone_id IS NOT NULL;
CREATE INDEX event_object ON event (object_id, position) WHERE object_id IS NOT NULL;

COMMENT ON TABLE event IS 'Every change, in commit order: outbox of the change feed and hash-chained audit trail.';

-- The end of the chain, so that rows removed from it are missed. One row.
CREATE TABLE event_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint  NOT NULL CHECK (position >= 0),
    hash     bytea   NOT NULL CHECK (octet_length(hash) = 32)
);

INSERT INTO event_head (position, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

COMMENT ON TABLE event_head IS 'Position and hash of the newest event.';

CREATE FUNCTION event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed or removed' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION event_is_append_only();
