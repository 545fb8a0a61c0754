-- Waiting rooms, passcodes, and the terms on which sites are members.

ALTER TABLE invitation
    ADD COLUMN admission        text        NOT NULL DEFAULT 'automatic' CHECK (admission IN ('automatic', 'waiting-room')),
    -- How many wait to be admitted; each has reserved a use.
    ADD COLUMN waiting          integer     NOT NULL DEFAULT 0 CHECK (waiting BETWEEN 0 AND 500),
    -- Whether the participant is to name the site.
    ADD COLUMN interactive      boolean     NOT NULL DEFAULT false,
    -- What a passcode is checked against (argon2id); absent: none is asked for.
    ADD COLUMN passcode         text        CHECK (passcode LIKE '$argon2id$%'),
    -- How many wrong passcodes were tried since passcode_since.
    ADD COLUMN passcode_tries   integer     NOT NULL DEFAULT 0 CHECK (passcode_tries >= 0),
    ADD COLUMN passcode_since   timestamptz,
    -- What it lays down for its sites: model::terms::Terms.
    ADD COLUMN terms            jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(terms) = 'object'),
    DROP CONSTRAINT invitation_uses,
    ADD CONSTRAINT invitation_uses CHECK (uses_spent + waiting <= uses_allowed);

-- A site that waits has its name and its key as a member has, so that admitting it cannot fail for want of either.
ALTER TABLE member
    ADD COLUMN terms jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(terms) = 'object'),
    DROP CONSTRAINT member_state_check,
    ADD CONSTRAINT member_state_check CHECK (state IN ('waiting', 'member', 'left', 'evicted', 'refused')),
    DROP CONSTRAINT member_check,
    ADD CONSTRAINT member_ended CHECK ((state IN ('waiting', 'member')) = (ended IS NULL));

DROP INDEX member_name_key;
DROP INDEX member_key_digest_key;
CREATE UNIQUE INDEX member_name_key ON member (network_id, name) WHERE state IN ('waiting', 'member');
CREATE UNIQUE INDEX member_key_digest_key ON member (network_id, key_digest) WHERE state IN ('waiting', 'member');
CREATE INDEX member_waiting ON member (invitation_id) WHERE state = 'waiting';
