-- Since when what is so, is so.

ALTER TABLE member ADD COLUMN admitted timestamptz;

COMMENT ON COLUMN member.admitted IS 'When it was let in from a waiting room, if it has waited.';

-- Clocks of controllers may be wrong; there is one of the database.
ALTER TABLE controller ADD COLUMN heard timestamptz NOT NULL DEFAULT clock_timestamp();

COMMENT ON COLUMN controller.heard IS 'When it was last heard of, by the clock of the database.';
