-- Signing in with an identity provider.

-- SHA-256 of what is signed of the ID token a session was begun with: each begins one. Tokens are refused long before
-- the row goes.
ALTER TABLE sign_in ADD COLUMN id_token bytea UNIQUE CHECK (octet_length(id_token) = 32);

-- Which groups of the provider are which here is said by the controllers' configuration.
ALTER TABLE subject_group DROP COLUMN external_name;
