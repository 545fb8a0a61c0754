-- Sets of manifests: what was applied under a name, so that what leaves the set can be removed.

CREATE TABLE manifest_set_member (
    set_name         text        NOT NULL CHECK (set_name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    -- The backbone or network that is the member, or that the member is in.
    backbone_id      uuid        REFERENCES backbone ON DELETE CASCADE,
    network_id       uuid        REFERENCES network ON DELETE CASCADE,
    -- At most one of these: the member itself.
    backbone_site_id uuid        UNIQUE REFERENCES backbone_site ON DELETE CASCADE,
    link_id          uuid        UNIQUE REFERENCES link ON DELETE CASCADE,
    invitation_id    uuid        UNIQUE REFERENCES invitation ON DELETE CASCADE,
    listener_id      uuid        UNIQUE REFERENCES listener ON DELETE CASCADE,
    connector_id     uuid        UNIQUE REFERENCES connector ON DELETE CASCADE,
    address          text,
    created          timestamptz NOT NULL,
    CONSTRAINT manifest_set_member_address_fkey
        FOREIGN KEY (network_id, address) REFERENCES address_policy (network_id, address) ON DELETE CASCADE,
    CONSTRAINT manifest_set_member_address_key UNIQUE (network_id, address),
    CONSTRAINT manifest_set_member_place CHECK (
        CASE
            WHEN backbone_id IS NOT NULL THEN
                num_nonnulls(network_id, invitation_id, listener_id, connector_id, address) = 0
                AND num_nonnulls(backbone_site_id, link_id) <= 1
            ELSE
                network_id IS NOT NULL
                AND num_nonnulls(backbone_site_id, link_id) = 0
                AND num_nonnulls(invitation_id, listener_id, connector_id, address) <= 1
        END
    )
);

-- An object is in one set.
CREATE UNIQUE INDEX manifest_set_member_backbone_key ON manifest_set_member (backbone_id)
    WHERE num_nonnulls(backbone_site_id, link_id) = 0;
CREATE UNIQUE INDEX manifest_set_member_network_key ON manifest_set_member (network_id)
    WHERE num_nonnulls(invitation_id, listener_id, connector_id, address) = 0;
CREATE INDEX manifest_set_member_of_set ON manifest_set_member (set_name);
CREATE INDEX manifest_set_member_in_backbone ON manifest_set_member (backbone_id);
CREATE INDEX manifest_set_member_in_network ON manifest_set_member (network_id);

COMMENT ON TABLE manifest_set_member IS 'What was applied as manifests under the name of a set; it goes with the object.';
