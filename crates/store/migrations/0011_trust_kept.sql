-- What evictions are judged by, and what those cut are told, after the object itself is gone.

-- Which trust document a site has in force, exactly: a version alone may mean another document, once a database was
-- restored to an older state.
ALTER TABLE site_status ADD COLUMN trust_digest bytea CHECK (octet_length(trust_digest) = 32);

-- The authorities (DER) of a denied network that was deleted: without them routers could not even tell its sites why.
ALTER TABLE trust_denial ADD COLUMN authorities bytea[] NOT NULL DEFAULT '{}';

-- A denial that was taken back from a trust document does not say which network a site or invitation was in.
ALTER TABLE trust_denial DROP CONSTRAINT trust_denial_scope;
ALTER TABLE trust_denial ADD CONSTRAINT trust_denial_scope CHECK (
    (network_id IS NULL OR kind IN ('network', 'site', 'invitation'))
    AND (network_id IS NOT NULL OR kind <> 'network')
    AND (backbone_id IS NOT NULL) = (kind <> 'controller'));

COMMENT ON TABLE key_tombstone IS 'Keys that members gave up, by renewal or with their membership: they never become members again.';

-- Keys that were renewed away before they were kept here.
INSERT INTO key_tombstone (network_id, key_digest, member_id, reason, created)
SELECT DISTINCT ON (member.network_id, certificate.key_digest)
    member.network_id, certificate.key_digest, member.id,
    CASE member.state WHEN 'member' THEN 'renewed' ELSE member.state END, certificate.created
FROM certificate
    JOIN authority ON authority.id = certificate.issuer
    JOIN member ON member.network_id = authority.network_id
        AND certificate.subject LIKE '%/network/' || member.network_id || '/site/' || member.id
WHERE certificate.key_digest <> member.key_digest
ORDER BY member.network_id, certificate.key_digest, certificate.created
ON CONFLICT DO NOTHING;
