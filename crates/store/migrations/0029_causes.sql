-- In which trace events were committed, for those who act on them, in whichever replica. Not part of the audit chain: it
-- says nothing that is to be kept, and is gone after an hour.

CREATE TABLE event_trace (
    -- The events of one transaction, from the first to the last.
    first       bigint      NOT NULL CHECK (first > 0),
    last        bigint      PRIMARY KEY CHECK (last >= first),
    -- W3C Trace Context, version 00, of what committed them.
    traceparent text        NOT NULL CHECK (traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'),
    time        timestamptz NOT NULL
);

COMMENT ON TABLE event_trace IS 'In which trace events of the last hour were committed.';
