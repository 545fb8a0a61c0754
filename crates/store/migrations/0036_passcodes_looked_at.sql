-- Passcodes that are being looked at, apart from wrong ones; and who has the setup link.

CREATE TABLE passcode_look (
    id            uuid        PRIMARY KEY,
    invitation_id uuid        NOT NULL REFERENCES invitation ON DELETE CASCADE,
    -- By the clock of the database.
    begun         timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX passcode_look_invitation ON passcode_look (invitation_id);

COMMENT ON TABLE passcode_look IS 'Passcodes that are being looked at: each has reserved one of the tries of its invitation, for a minute at most.';
COMMENT ON COLUMN invitation.passcode_tries IS 'How many wrong passcodes were tried since passcode_since; those that are being looked at are in passcode_look.';

ALTER TABLE setup ADD COLUMN controller_id uuid;

COMMENT ON COLUMN setup.controller_id IS 'The replica that has the link in its data directory.';
