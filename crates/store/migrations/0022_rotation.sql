-- Rotation: how generations of authorities come and go, who is asked for a new certificate, and who knows of what.

-- announced: everybody is told of it, and nothing is issued by it yet. withdrawn: nobody trusts it any more.
ALTER TABLE authority DROP CONSTRAINT authority_state_check;
ALTER TABLE authority ADD CONSTRAINT authority_state_check
    CHECK (state IN ('pending', 'announced', 'active', 'retired', 'withdrawn'));
ALTER TABLE authority DROP CONSTRAINT authority_key;
ALTER TABLE authority ADD CONSTRAINT authority_key
    CHECK (CASE state WHEN 'withdrawn' THEN sealed_key IS NULL WHEN 'retired' THEN true ELSE sealed_key IS NOT NULL END);

-- Since when it is in its state.
ALTER TABLE authority ADD COLUMN since timestamptz;
UPDATE authority SET since = updated;
ALTER TABLE authority ALTER COLUMN since SET NOT NULL;
-- Why it was made, when it is not the first.
ALTER TABLE authority ADD COLUMN reason text;
-- Whether it begins to issue without waiting for those who are absent.
ALTER TABLE authority ADD COLUMN hurried boolean NOT NULL DEFAULT false;
-- The generation above it that has signed its certificate, when that is one of ours.
ALTER TABLE authority ADD COLUMN issuer uuid REFERENCES authority ON DELETE SET NULL;
CREATE INDEX authority_issuer ON authority (issuer) WHERE issuer IS NOT NULL;

UPDATE authority SET issuer = parent.id FROM authority parent
WHERE authority.kind = 'backbone' AND parent.kind = 'root' AND parent.state = 'active';
UPDATE authority SET issuer = parent.id FROM network JOIN authority parent ON parent.backbone_id = network.backbone_id
WHERE network.id = authority.network_id AND parent.state = 'active';

-- When somebody asked that the certificate be replaced before its time.
ALTER TABLE certificate ADD COLUMN renew_asked timestamptz;

-- The newest generations of its Backbone CA and network CA that a site says it trusts.
ALTER TABLE site_status ADD COLUMN backbone_generation integer CHECK (backbone_generation >= 1);
ALTER TABLE site_status ADD COLUMN network_generation integer CHECK (network_generation >= 1);

-- Who signs a backbone's trust document is a certain controller now: what was signed with names none.
DELETE FROM certificate WHERE subject ~ '^spiffe://[0-9a-f-]+/backbone/[0-9a-f-]+/trust$';
