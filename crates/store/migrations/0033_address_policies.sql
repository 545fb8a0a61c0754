-- Addresses that pick by weights, or in an order of sites.

ALTER TABLE address_policy
    DROP CONSTRAINT address_policy_policy_check,
    -- '"closest"', '"balanced"', '{"weighted": {SITE: WEIGHT}}' or '{"failover": [SITE]}'.
    ALTER COLUMN policy TYPE jsonb USING to_jsonb(policy),
    ADD CONSTRAINT address_policy_policy_check
        CHECK (policy IN ('"closest"', '"balanced"')
            OR policy -> 'weighted' IS NOT NULL AND jsonb_typeof(policy -> 'weighted') = 'object'
            OR policy -> 'failover' IS NOT NULL AND jsonb_typeof(policy -> 'failover') = 'array');
