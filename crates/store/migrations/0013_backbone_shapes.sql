-- Backbone sites that drain, what their bundles are good for, and access points whose host is not known yet.

ALTER TABLE backbone_site
    -- Others go around it: it is about to be taken away.
    ADD COLUMN draining       boolean     NOT NULL DEFAULT false,
    -- Where the last bundle tells the site to listen and whom to dial, as `listen SOCKET` and `dial HOST:PORT`.
    ADD COLUMN bundle_ways    text[]      NOT NULL DEFAULT '{}',
    -- Until when its credential is good.
    ADD COLUMN bundle_expires timestamptz,
    -- Sites tell under which hosts they are known with everything else they observe.
    DROP COLUMN discovered_host;

COMMENT ON COLUMN access_point.advertised IS 'Where others dial it, as HOST:PORT; as :PORT as long as the host is not known.';
