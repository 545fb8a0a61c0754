-- Deployments can be in sets of manifests.

ALTER TABLE manifest_set_member
    ADD COLUMN deployment_id uuid UNIQUE REFERENCES deployment ON DELETE CASCADE,
    DROP CONSTRAINT manifest_set_member_place,
    ADD CONSTRAINT manifest_set_member_place CHECK (
        CASE
            WHEN backbone_id IS NOT NULL THEN
                num_nonnulls(network_id, invitation_id, listener_id, connector_id, address, deployment_id) = 0
                AND num_nonnulls(backbone_site_id, link_id) <= 1
            ELSE
                network_id IS NOT NULL
                AND num_nonnulls(backbone_site_id, link_id) = 0
                AND num_nonnulls(invitation_id, listener_id, connector_id, address, deployment_id) <= 1
        END
    );

DROP INDEX manifest_set_member_network_key;
CREATE UNIQUE INDEX manifest_set_member_network_key ON manifest_set_member (network_id)
    WHERE num_nonnulls(invitation_id, listener_id, connector_id, address, deployment_id) = 0;
