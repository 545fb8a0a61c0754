-- A database with data, as skx 0.1.0 leaves it. Written by scripts/upgrade-fixture; not to be edited.

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE FUNCTION public.content_is_immutable() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'what is in the library never changes' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION public.event_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed or removed' USING ERRCODE = 'restrict_violation';
END
$$;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);

CREATE TABLE public.access_point (
    id uuid NOT NULL,
    site_id uuid NOT NULL,
    name text NOT NULL,
    kinds text NOT NULL,
    advertised text NOT NULL,
    bind text,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT access_point_advertised_check CHECK ((advertised ~ ':[0-9]{1,5}$'::text)),
    CONSTRAINT access_point_bind_check CHECK ((bind ~ ':[0-9]{1,5}$'::text)),
    CONSTRAINT access_point_kinds_check CHECK ((kinds ~ '^(peer|member|claim|manage)(,(peer|member|claim|manage)){0,3}$'::text)),
    CONSTRAINT access_point_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

COMMENT ON TABLE public.access_point IS 'Where a backbone site listens, and for whom.';

COMMENT ON COLUMN public.access_point.advertised IS 'Where others dial it, as HOST:PORT; as :PORT as long as the host is not known.';

CREATE TABLE public.address_policy (
    network_id uuid NOT NULL,
    address text NOT NULL,
    policy text NOT NULL,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT address_policy_address_check CHECK (((address <> ''::text) AND (address !~~ 'skx/%'::text))),
    CONSTRAINT address_policy_policy_check CHECK ((policy = ANY (ARRAY['closest'::text, 'balanced'::text])))
);

COMMENT ON TABLE public.address_policy IS 'How new streams to an address are spread over the sites that serve it, where that is not the closest.';

CREATE TABLE public.authority (
    id uuid NOT NULL,
    kind text NOT NULL,
    backbone_id uuid,
    network_id uuid,
    generation integer NOT NULL,
    state text NOT NULL,
    certificate bytea,
    chain bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    sealed_key bytea,
    not_before timestamp with time zone,
    not_after timestamp with time zone,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    since timestamp with time zone NOT NULL,
    reason text,
    hurried boolean DEFAULT false NOT NULL,
    issuer uuid,
    CONSTRAINT authority_certificate CHECK ((((state = 'pending'::text) = (certificate IS NULL)) AND ((certificate IS NULL) = (not_before IS NULL)) AND ((certificate IS NULL) = (not_after IS NULL)) AND (not_after > not_before))),
    CONSTRAINT authority_generation_check CHECK ((generation >= 1)),
    CONSTRAINT authority_key CHECK (
CASE state
    WHEN 'withdrawn'::text THEN (sealed_key IS NULL)
    WHEN 'retired'::text THEN true
    ELSE (sealed_key IS NOT NULL)
END),
    CONSTRAINT authority_kind_check CHECK ((kind = ANY (ARRAY['root'::text, 'backbone'::text, 'network'::text]))),
    CONSTRAINT authority_owner CHECK (
CASE kind
    WHEN 'root'::text THEN ((backbone_id IS NULL) AND (network_id IS NULL))
    WHEN 'backbone'::text THEN ((backbone_id IS NOT NULL) AND (network_id IS NULL))
    ELSE ((backbone_id IS NULL) AND (network_id IS NOT NULL))
END),
    CONSTRAINT authority_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'announced'::text, 'active'::text, 'retired'::text, 'withdrawn'::text])))
);

COMMENT ON TABLE public.authority IS 'One generation of a certificate authority.';

CREATE TABLE public.backbone (
    id uuid NOT NULL,
    name text NOT NULL,
    data_plane text NOT NULL,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT backbone_data_plane_check CHECK ((data_plane = ANY (ARRAY['native'::text, 'skupper'::text]))),
    CONSTRAINT backbone_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

COMMENT ON TABLE public.backbone IS 'A constellation of relay sites.';

CREATE TABLE public.backbone_site (
    id uuid NOT NULL,
    backbone_id uuid NOT NULL,
    name text NOT NULL,
    state text DEFAULT 'defined'::text NOT NULL,
    bundle_generation integer DEFAULT 0 NOT NULL,
    bundle_serial text,
    key_digest bytea,
    platform jsonb,
    enrolled timestamp with time zone,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    draining boolean DEFAULT false NOT NULL,
    bundle_ways text[] DEFAULT '{}'::text[] NOT NULL,
    bundle_expires timestamp with time zone,
    CONSTRAINT backbone_site_bundle_generation_check CHECK ((bundle_generation >= 0)),
    CONSTRAINT backbone_site_check CHECK (((bundle_serial IS NULL) = (bundle_generation = 0))),
    CONSTRAINT backbone_site_check1 CHECK (((state <> 'deployed'::text) OR ((key_digest IS NOT NULL) AND (enrolled IS NOT NULL)))),
    CONSTRAINT backbone_site_key_digest_check CHECK ((octet_length(key_digest) = 32)),
    CONSTRAINT backbone_site_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text)),
    CONSTRAINT backbone_site_state_check CHECK ((state = ANY (ARRAY['defined'::text, 'deployed'::text, 'evicted'::text])))
);

COMMENT ON TABLE public.backbone_site IS 'A relay site of a backbone.';

CREATE TABLE public.certificate (
    id uuid NOT NULL,
    subject text NOT NULL,
    serial text NOT NULL,
    issuer uuid NOT NULL,
    generation integer NOT NULL,
    key_digest bytea NOT NULL,
    not_before timestamp with time zone NOT NULL,
    not_after timestamp with time zone NOT NULL,
    superseded_by uuid,
    der bytea NOT NULL,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    renew_asked timestamp with time zone,
    CONSTRAINT certificate_check CHECK ((not_after > not_before)),
    CONSTRAINT certificate_generation_check CHECK ((generation >= 1)),
    CONSTRAINT certificate_key_digest_check CHECK ((octet_length(key_digest) = 32)),
    CONSTRAINT certificate_serial_check CHECK ((serial ~ '^[0-9a-f]+$'::text)),
    CONSTRAINT certificate_subject_check CHECK ((subject ~~ 'spiffe://%'::text))
);

COMMENT ON TABLE public.certificate IS 'Every leaf certificate the installation has issued.';

CREATE TABLE public.connector (
    id uuid NOT NULL,
    network_id uuid NOT NULL,
    address text NOT NULL,
    target text NOT NULL,
    site_id uuid,
    class text,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    adaptable boolean DEFAULT true NOT NULL,
    CONSTRAINT connector_address_check CHECK (((address <> ''::text) AND (address !~~ 'skx/%'::text))),
    CONSTRAINT connector_target CHECK ((num_nonnulls(site_id, class) = 1)),
    CONSTRAINT connector_target_check CHECK ((target ~ ':[0-9]{1,5}$'::text))
);

COMMENT ON TABLE public.connector IS 'Where connections to an address leave the network at member sites.';

CREATE TABLE public.controller (
    id uuid NOT NULL,
    hostname text NOT NULL,
    software text NOT NULL,
    started timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.controller IS 'The replicas of the management controller.';

CREATE TABLE public.enrolment_alarm (
    site_id uuid NOT NULL,
    key_digest bytea NOT NULL,
    created timestamp with time zone NOT NULL,
    CONSTRAINT enrolment_alarm_key_digest_check CHECK ((octet_length(key_digest) = 32))
);

COMMENT ON TABLE public.enrolment_alarm IS 'For which keys an alarm was raised already: once each, and for the first few of a site only.';

CREATE TABLE public.event (
    "position" bigint NOT NULL,
    "time" timestamp with time zone NOT NULL,
    actor text NOT NULL,
    on_behalf_of text,
    action text NOT NULL,
    object_kind text NOT NULL,
    object_id uuid,
    network_id uuid,
    backbone_id uuid,
    before jsonb,
    after jsonb,
    outcome text NOT NULL,
    request_id text,
    address text,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT event_action_check CHECK ((action ~ '^[a-z-]+\.[a-z-]+$'::text)),
    CONSTRAINT event_actor_check CHECK ((actor <> ''::text)),
    CONSTRAINT event_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT event_object_kind_check CHECK ((object_kind <> ''::text)),
    CONSTRAINT event_outcome_check CHECK ((outcome = ANY (ARRAY['done'::text, 'refused'::text, 'failed'::text]))),
    CONSTRAINT event_position_check CHECK (("position" > 0)),
    CONSTRAINT event_previous_hash_check CHECK ((octet_length(previous_hash) = 32))
);

COMMENT ON TABLE public.event IS 'Every change, in commit order: outbox of the change feed and hash-chained audit trail.';

CREATE TABLE public.event_head (
    only_row boolean DEFAULT true NOT NULL,
    "position" bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT event_head_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT event_head_only_row_check CHECK (only_row),
    CONSTRAINT event_head_position_check CHECK (("position" >= 0))
);

COMMENT ON TABLE public.event_head IS 'Position and hash of the newest event.';

CREATE TABLE public.flow (
    "position" bigint NOT NULL,
    network_id uuid NOT NULL,
    member_id uuid NOT NULL,
    address text NOT NULL,
    direction text NOT NULL,
    peer_id uuid,
    connections bigint NOT NULL,
    bytes_to_server bigint NOT NULL,
    bytes_to_client bigint NOT NULL,
    error text,
    opened timestamp with time zone NOT NULL,
    closed timestamp with time zone NOT NULL,
    reported timestamp with time zone NOT NULL,
    CONSTRAINT flow_bytes_to_client_check CHECK ((bytes_to_client >= 0)),
    CONSTRAINT flow_bytes_to_server_check CHECK ((bytes_to_server >= 0)),
    CONSTRAINT flow_connections_check CHECK ((connections > 0)),
    CONSTRAINT flow_direction_check CHECK ((direction = ANY (ARRAY['in'::text, 'out'::text])))
);

COMMENT ON TABLE public.flow IS 'Connections that ended lately in application networks, summed up by site, address and other end.';

ALTER TABLE public.flow ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.flow_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.idempotency_key (
    subject text NOT NULL,
    key text NOT NULL,
    request_digest bytea NOT NULL,
    status integer,
    response bytea,
    created timestamp with time zone NOT NULL,
    CONSTRAINT idempotency_key_check CHECK (((status IS NULL) = (response IS NULL))),
    CONSTRAINT idempotency_key_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255))),
    CONSTRAINT idempotency_key_request_digest_check CHECK ((octet_length(request_digest) = 32)),
    CONSTRAINT idempotency_key_status_check CHECK (((status >= 100) AND (status <= 599)))
);

COMMENT ON TABLE public.idempotency_key IS 'Requests that must not be carried out twice, and their answers.';

CREATE TABLE public.installation (
    id uuid NOT NULL,
    kek_id text NOT NULL,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    only_row boolean DEFAULT true NOT NULL,
    CONSTRAINT installation_kek_id_check CHECK ((kek_id <> ''::text)),
    CONSTRAINT installation_only_row_check CHECK (only_row)
);

COMMENT ON TABLE public.installation IS 'This installation: the trust domain of every identity in it. One row.';

CREATE TABLE public.invitation (
    id uuid NOT NULL,
    network_id uuid NOT NULL,
    name text NOT NULL,
    uses_allowed integer,
    uses_spent integer DEFAULT 0 NOT NULL,
    deadline timestamp with time zone,
    name_prefix text NOT NULL,
    names_given bigint DEFAULT 0 NOT NULL,
    closed timestamp with time zone,
    claim_certificate bytea NOT NULL,
    sealed_claim_key bytea NOT NULL,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    admission text DEFAULT 'automatic'::text NOT NULL,
    waiting integer DEFAULT 0 NOT NULL,
    interactive boolean DEFAULT false NOT NULL,
    passcode text,
    passcode_tries integer DEFAULT 0 NOT NULL,
    passcode_since timestamp with time zone,
    terms jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT invitation_admission_check CHECK ((admission = ANY (ARRAY['automatic'::text, 'waiting-room'::text]))),
    CONSTRAINT invitation_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text)),
    CONSTRAINT invitation_name_prefix_check CHECK ((name_prefix ~ '^[a-z0-9]([a-z0-9-]{0,51})$'::text)),
    CONSTRAINT invitation_passcode_check CHECK ((passcode ~~ '$argon2id$%'::text)),
    CONSTRAINT invitation_passcode_tries_check CHECK ((passcode_tries >= 0)),
    CONSTRAINT invitation_terms_check CHECK ((jsonb_typeof(terms) = 'object'::text)),
    CONSTRAINT invitation_uses CHECK (((uses_spent + waiting) <= uses_allowed)),
    CONSTRAINT invitation_uses_allowed_check CHECK ((uses_allowed > 0)),
    CONSTRAINT invitation_uses_spent_check CHECK ((uses_spent >= 0)),
    CONSTRAINT invitation_waiting_check CHECK (((waiting >= 0) AND (waiting <= 500)))
);

COMMENT ON TABLE public.invitation IS 'The right to become a member site, for whoever holds it.';

CREATE TABLE public.invitation_class (
    invitation_id uuid NOT NULL,
    network_id uuid NOT NULL,
    class text NOT NULL
);

COMMENT ON TABLE public.invitation_class IS 'The classes an invitation gives.';

CREATE TABLE public.key_tombstone (
    network_id uuid NOT NULL,
    key_digest bytea NOT NULL,
    member_id uuid NOT NULL,
    reason text NOT NULL,
    created timestamp with time zone NOT NULL,
    CONSTRAINT key_tombstone_key_digest_check CHECK ((octet_length(key_digest) = 32))
);

COMMENT ON TABLE public.key_tombstone IS 'Keys that members gave up, by renewal or with their membership: they never become members again.';

CREATE TABLE public.lease (
    name text NOT NULL,
    holder uuid NOT NULL,
    expires timestamp with time zone NOT NULL,
    CONSTRAINT lease_name_check CHECK ((name <> ''::text))
);

COMMENT ON TABLE public.lease IS 'Work that must not run twice at once.';

CREATE TABLE public.library (
    only_row boolean DEFAULT true NOT NULL,
    generation bigint NOT NULL,
    CONSTRAINT library_generation_check CHECK ((generation >= 0)),
    CONSTRAINT library_only_row_check CHECK (only_row)
);

COMMENT ON TABLE public.library IS 'How often the library was changed. One row.';

CREATE TABLE public.library_document (
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    digest bytea NOT NULL,
    description text NOT NULL,
    block_type text,
    document text NOT NULL,
    source text NOT NULL,
    created timestamp with time zone NOT NULL,
    CONSTRAINT library_document_block_type_check CHECK ((block_type = ANY (ARRAY['component'::text, 'connector'::text, 'mixed'::text, 'ingress'::text, 'egress'::text, 'toplevel'::text]))),
    CONSTRAINT library_document_check CHECK (((block_type IS NOT NULL) = (kind = 'block'::text))),
    CONSTRAINT library_document_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT library_document_kind_check CHECK ((kind = ANY (ARRAY['interface-type'::text, 'block'::text, 'application'::text]))),
    CONSTRAINT library_document_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text)),
    CONSTRAINT library_document_version_check CHECK (((version ~ '^[0-9]+\.[0-9]+\.[0-9]+'::text) AND (length(version) <= 256)))
);

COMMENT ON TABLE public.library_document IS 'One version of an interface type, a block or an application.';

CREATE TABLE public.library_interface (
    document_id uuid NOT NULL,
    interface text NOT NULL,
    type text NOT NULL,
    role text NOT NULL,
    CONSTRAINT library_interface_interface_check CHECK ((interface <> ''::text)),
    CONSTRAINT library_interface_role_check CHECK ((role <> ''::text)),
    CONSTRAINT library_interface_type_check CHECK ((type <> ''::text))
);

COMMENT ON TABLE public.library_interface IS 'What blocks can be linked by.';

CREATE TABLE public.library_reference (
    document_id uuid NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    CONSTRAINT library_reference_kind_check CHECK ((kind = ANY (ARRAY['interface-type'::text, 'block'::text]))),
    CONSTRAINT library_reference_reference_check CHECK ((reference <> ''::text))
);

COMMENT ON TABLE public.library_reference IS 'The names and ranges of versions by which documents name others.';

CREATE TABLE public.link (
    id uuid NOT NULL,
    backbone_id uuid NOT NULL,
    from_site uuid NOT NULL,
    to_site uuid NOT NULL,
    to_access_point uuid NOT NULL,
    cost integer NOT NULL,
    transport text NOT NULL,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT link_cost_check CHECK ((cost >= 1)),
    CONSTRAINT link_ends_differ CHECK ((from_site <> to_site)),
    CONSTRAINT link_transport_check CHECK ((transport = ANY (ARRAY['direct'::text, 'tls'::text])))
);

COMMENT ON TABLE public.link IS 'Which backbone site dials which peer access point.';

CREATE TABLE public.listener (
    id uuid NOT NULL,
    network_id uuid NOT NULL,
    address text NOT NULL,
    bind text NOT NULL,
    site_id uuid,
    class text,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    adaptable boolean DEFAULT true NOT NULL,
    CONSTRAINT listener_address_check CHECK (((address <> ''::text) AND (address !~~ 'skx/%'::text))),
    CONSTRAINT listener_bind_check CHECK ((bind ~ ':[0-9]{1,5}$'::text)),
    CONSTRAINT listener_target CHECK ((num_nonnulls(site_id, class) = 1))
);

COMMENT ON TABLE public.listener IS 'A local socket at member sites whose connections enter the network at an address.';

CREATE TABLE public.manifest_set_member (
    set_name text NOT NULL,
    backbone_id uuid,
    network_id uuid,
    backbone_site_id uuid,
    link_id uuid,
    invitation_id uuid,
    listener_id uuid,
    connector_id uuid,
    address text,
    created timestamp with time zone NOT NULL,
    CONSTRAINT manifest_set_member_place CHECK (
CASE
    WHEN (backbone_id IS NOT NULL) THEN ((num_nonnulls(network_id, invitation_id, listener_id, connector_id, address) = 0) AND (num_nonnulls(backbone_site_id, link_id) <= 1))
    ELSE ((network_id IS NOT NULL) AND (num_nonnulls(backbone_site_id, link_id) = 0) AND (num_nonnulls(invitation_id, listener_id, connector_id, address) <= 1))
END),
    CONSTRAINT manifest_set_member_set_name_check CHECK ((set_name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

COMMENT ON TABLE public.manifest_set_member IS 'What was applied as manifests under the name of a set; it goes with the object.';

CREATE TABLE public.member (
    id uuid NOT NULL,
    network_id uuid NOT NULL,
    name text NOT NULL,
    state text DEFAULT 'member'::text NOT NULL,
    invitation_id uuid,
    key_digest bytea NOT NULL,
    platform jsonb NOT NULL,
    labels jsonb DEFAULT '{}'::jsonb NOT NULL,
    ended timestamp with time zone,
    reason text,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    terms jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT member_ended CHECK (((state = ANY (ARRAY['waiting'::text, 'member'::text])) = (ended IS NULL))),
    CONSTRAINT member_key_digest_check CHECK ((octet_length(key_digest) = 32)),
    CONSTRAINT member_labels_check CHECK ((jsonb_typeof(labels) = 'object'::text)),
    CONSTRAINT member_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text)),
    CONSTRAINT member_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'member'::text, 'left'::text, 'evicted'::text, 'refused'::text]))),
    CONSTRAINT member_terms_check CHECK ((jsonb_typeof(terms) = 'object'::text))
);

COMMENT ON TABLE public.member IS 'A member site of an application network.';

CREATE TABLE public.member_class (
    member_id uuid NOT NULL,
    network_id uuid NOT NULL,
    class text NOT NULL
);

COMMENT ON TABLE public.member_class IS 'The classes of a member site.';

CREATE TABLE public.network (
    id uuid NOT NULL,
    backbone_id uuid NOT NULL,
    name text NOT NULL,
    owner text NOT NULL,
    start_at timestamp with time zone NOT NULL,
    end_at timestamp with time zone,
    grace_seconds bigint NOT NULL,
    address_mode text NOT NULL,
    evicted timestamp with time zone,
    ended timestamp with time zone,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT network_address_mode_check CHECK ((address_mode = ANY (ARRAY['open'::text, 'assigned'::text]))),
    CONSTRAINT network_grace_seconds_check CHECK (((grace_seconds >= 0) AND (grace_seconds <= 31622400))),
    CONSTRAINT network_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text)),
    CONSTRAINT network_owner_check CHECK ((owner <> ''::text)),
    CONSTRAINT network_window CHECK ((end_at > start_at))
);

COMMENT ON TABLE public.network IS 'An application network on a backbone.';

CREATE TABLE public.release (
    id uuid NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    digest bytea NOT NULL,
    document text NOT NULL,
    instances integer NOT NULL,
    created timestamp with time zone NOT NULL,
    CONSTRAINT release_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT release_instances_check CHECK ((instances >= 0)),
    CONSTRAINT release_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text)),
    CONSTRAINT release_version_check CHECK (((version ~ '^[0-9]+\.[0-9]+\.[0-9]+'::text) AND (length(version) <= 256)))
);

COMMENT ON TABLE public.release IS 'An application, built: named by its content.';

CREATE TABLE public.release_document (
    release_id uuid NOT NULL,
    document_id uuid NOT NULL
);

COMMENT ON TABLE public.release_document IS 'Which documents of the library a release was built of.';

CREATE TABLE public.site_class (
    network_id uuid NOT NULL,
    name text NOT NULL,
    created timestamp with time zone NOT NULL,
    CONSTRAINT site_class_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

COMMENT ON TABLE public.site_class IS 'The declared classes of a network: sites, invitations, listeners and connectors may use no others.';

CREATE TABLE public.site_status (
    backbone_site_id uuid,
    member_id uuid,
    session uuid,
    controller_id uuid,
    connected timestamp with time zone,
    last_seen timestamp with time zone NOT NULL,
    applied_revision bigint,
    trust_version bigint,
    report jsonb NOT NULL,
    trust_digest bytea,
    backbone_generation integer,
    network_generation integer,
    CONSTRAINT site_status_backbone_generation_check CHECK ((backbone_generation >= 1)),
    CONSTRAINT site_status_check CHECK ((num_nonnulls(backbone_site_id, member_id) = 1)),
    CONSTRAINT site_status_check1 CHECK ((((session IS NULL) = (controller_id IS NULL)) AND ((session IS NULL) = (connected IS NULL)))),
    CONSTRAINT site_status_network_generation_check CHECK ((network_generation >= 1)),
    CONSTRAINT site_status_trust_digest_check CHECK ((octet_length(trust_digest) = 32))
);

COMMENT ON TABLE public.site_status IS 'What each site last said of itself.';

CREATE TABLE public.trust_denial (
    kind text NOT NULL,
    id uuid NOT NULL,
    backbone_id uuid,
    network_id uuid,
    reason text NOT NULL,
    until timestamp with time zone,
    created timestamp with time zone NOT NULL,
    authorities bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    CONSTRAINT trust_denial_kind_check CHECK ((kind = ANY (ARRAY['network'::text, 'site'::text, 'invitation'::text, 'backbone-site'::text, 'controller'::text]))),
    CONSTRAINT trust_denial_reason_check CHECK ((reason = ANY (ARRAY['evicted'::text, 'ended'::text, 'superseded'::text]))),
    CONSTRAINT trust_denial_scope CHECK ((((network_id IS NULL) OR (kind = ANY (ARRAY['network'::text, 'site'::text, 'invitation'::text]))) AND ((network_id IS NOT NULL) OR (kind <> 'network'::text)) AND ((backbone_id IS NOT NULL) = (kind <> 'controller'::text))))
);

COMMENT ON TABLE public.trust_denial IS 'Ids that are refused whatever their certificate says.';

CREATE TABLE public.trust_document (
    backbone_id uuid NOT NULL,
    version bigint NOT NULL,
    document bytea NOT NULL,
    signature bytea NOT NULL,
    signer bytea NOT NULL,
    valid_until timestamp with time zone NOT NULL,
    created timestamp with time zone NOT NULL,
    CONSTRAINT trust_document_version_check CHECK ((version >= 1))
);

COMMENT ON TABLE public.trust_document IS 'What each backbone trusts: the highest version is the one in force.';

INSERT INTO public._sqlx_migrations VALUES (1, 'event', '2026-11-23 05:07:48.342895+00', true, '\x0bda29d5c9a865c5a4f45ef2fc8787021f075d7131cadb7e4681989603b13c51e2df779a5004ef29e8d3f70e771c4029', 54267479);
INSERT INTO public._sqlx_migrations VALUES (2, 'backbones', '2026-11-23 05:07:48.401025+00', true, '\x434e9026377e635106c859b789aab3d1d4771a8e3ed2b5a2abbdf975e5bf8725c2b3759a934ca2dad324e084720f8c4c', 124162090);
INSERT INTO public._sqlx_migrations VALUES (3, 'networks', '2026-11-23 05:07:48.529096+00', true, '\x3014c48a7b5aa94d43e99169845babe047f4bcbc7dcee7b259c28a882667f3085a250cd92f160257f70625f5b60d2c83', 316065944);
INSERT INTO public._sqlx_migrations VALUES (4, 'trust', '2026-11-23 05:07:48.853092+00', true, '\x001450a4e4fc87d7da536468dfc93dc5fda5d047aa9138c7dfab7f3af8b75fe198f1299446c3841389326de0f083439b', 164055506);
INSERT INTO public._sqlx_migrations VALUES (5, 'running', '2026-11-23 05:07:49.02112+00', true, '\x3dac00fd25697ebc4dfb2b2df313c9190fb9e93398e03f37c5cf35820646644335c772e3689fe7cee5b872c1586d6c5f', 76005595);
INSERT INTO public._sqlx_migrations VALUES (10, 'enrolment alarm', '2026-11-23 05:07:49.101088+00', true, '\x1426322b4bf49f12a208fdb78f404002e544a937699c8ad2f51593d6e8e0b12e3270364851e76143b74b89931aed52cf', 15956707);
INSERT INTO public._sqlx_migrations VALUES (11, 'trust kept', '2026-11-23 05:07:49.121139+00', true, '\xde55a0bcfb9a9e05ed6de97627143c5a35ca4546ff0a1fbba81a46c36dd483e552b90238f612c491eb3ad3d631eb3944', 11935684);
INSERT INTO public._sqlx_migrations VALUES (13, 'backbone shapes', '2026-11-23 05:07:49.133899+00', true, '\xb14accc573ccb98eea8bdc0ed58dd5f04bc64cddb9f2bd153454b5f0e7609df3781b56d36ddc17b0d82111897781084d', 11197596);
INSERT INTO public._sqlx_migrations VALUES (15, 'addresses', '2026-11-23 05:07:49.149059+00', true, '\x01f796c140b44de07d1294ce88215082a675e90665b0a94c422703d3ef81d31b9c888481c6210dbaa8a67ae7c95a3225', 32125249);
INSERT INTO public._sqlx_migrations VALUES (16, 'flow', '2026-11-23 05:07:49.185094+00', true, '\x06953a23d38b671796fa37e9eb0168f087146e62cf5ee7f1052ff5da50bde8f43a5a80f6e70945f1d5f8ddf0cbd4b275', 32059116);
INSERT INTO public._sqlx_migrations VALUES (17, 'library', '2026-11-23 05:07:49.221027+00', true, '\x73985927f16b84b0889582af03f40ea4656a049b4389fc12087d7914fc0c8422f72a7ade86b8cfa9fdc7b43d6e436b2c', 164291265);
INSERT INTO public._sqlx_migrations VALUES (20, 'manifest sets', '2026-11-23 05:07:49.389349+00', true, '\x170b8103ad45b2e48cee856acf59f9821831891b6f27c44a84b8a334eac09ad265977a634e7cf9ac2c26b7c1c6691c0a', 97872090);
INSERT INTO public._sqlx_migrations VALUES (21, 'meetings', '2026-11-23 05:07:49.497166+00', true, '\xbf2d7bb15da05cd29d9014fad96082a3d9750650cb3010419c97f922a8538cc52740aabb48d2d7e58ae570083933fef9', 36787320);
INSERT INTO public._sqlx_migrations VALUES (22, 'rotation', '2026-11-23 05:07:49.537074+00', true, '\x8917f5379c9eff83378e26ec03db67cf4b1e6eb53efee88245926038cf1dca9dfae276b7b804fd784035886ac6e6c289', 28033193);

INSERT INTO public.access_point VALUES ('e35b7258-a0e2-47c9-b9bf-b27397ee3639', '3281b7d9-6b1d-4f29-b077-5551a968c62d', 'main', 'peer,member,claim,manage', '127.0.0.1:34263', NULL, '2026-11-23 05:07:50.061878+00', '2026-11-23 05:07:50.061878+00', 1);
INSERT INTO public.access_point VALUES ('49ae965c-f4c0-449a-95da-dd1ee8db0aaa', '99e6ad6f-0139-45e8-b554-f1e7132431f6', 'main', 'peer,member,claim,manage', '127.0.0.1:45721', NULL, '2026-11-23 05:07:50.276822+00', '2026-11-23 05:07:50.276822+00', 1);

INSERT INTO public.address_policy VALUES ('ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'goods', 'balanced', '2026-11-23 05:07:56.579183+00', '2026-11-23 05:07:56.579183+00', 1);

INSERT INTO public.authority VALUES ('ce0c5257-50a4-4da3-b778-4ea3cc31db8f', 'root', NULL, NULL, 1, 'active', '\x30820238308201dea003020102021045c22f6e5f8c7a9f275428c4654a17b7300a06082a8648ce3d040302306a312d302b060355040a0c2431656263336635622d393735622d343436372d623430382d63393164313034623337656131143012060355040b0c0b646576656c6f706d656e743123302106035504030c1a536b75707065722d5820646576656c6f706d656e7420726f6f74301e170d3236313132333035303234395a170d3336313132303035303734395a306a312d302b060355040a0c2431656263336635622d393735622d343436372d623430382d63393164313034623337656131143012060355040b0c0b646576656c6f706d656e743123302106035504030c1a536b75707065722d5820646576656c6f706d656e7420726f6f743059301306072a8648ce3d020106082a8648ce3d030107034200040416d98cdf10c3d3398741f0ee8fa3460f4cf697781a55834ff308c08fddcddd603c9640032bcd0baa88abfba0475a6965799d163fd2916e4a3769774b1d6f4ba3663064301f0603551d23041830168014068f289326ed3ff7508bf1829a2c11356b934d4c300e0603551d0f0101ff040403020106301d0603551d0e04160414068f289326ed3ff7508bf1829a2c11356b934d4c30120603551d130101ff040830060101ff020102300a06082a8648ce3d040302034800304502207d981f77c3600319e4f4d37c5a65f3fd94537359c69693c7b2384026daae344b022100c5237a5c4955f4405bcd08577c186ed2eb9023de6848f8b835bcbef21e5f8f23', '{}', '\x01abebfe96221e0f516e361875d451d5c6b4290b3781a5b043be15b4a8591a54a4a951c0f6ce6c9b70f17dd73d9c94b167b99880026c4b7ee1ffa6aba68c692eb6b40401b59f5cf0d016bca94c05ac6085878e3c012ebd4010c671f4b49c111bc92705b06117da48e60d624b49464498865cb960db9f22faff0cfa4175da7bce8f5555eddb3adabcbb70a175d8265209ca80c093813b06f812b50ac80d4a30cd782892fb0fec4d53568f56db480804', '2026-11-23 05:02:49+00', '2036-11-20 05:07:49+00', '2026-11-23 05:07:49.813111+00', '2026-11-23 05:07:49.813111+00', 1, '2026-11-23 05:07:49.813111+00', NULL, false, NULL);
INSERT INTO public.authority VALUES ('f469835f-11b5-4b80-acdb-1ac0f161ec97', 'backbone', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, 1, 'active', '\x30820221308201c6a0030201020210652ae868e6cd798652021ccfc485646e300a06082a8648ce3d040302306a312d302b060355040a0c2431656263336635622d393735622d343436372d623430382d63393164313034623337656131143012060355040b0c0b646576656c6f706d656e743123302106035504030c1a536b75707065722d5820646576656c6f706d656e7420726f6f74301e170d3236313132333035303234395a170d3336313132303035303734395a3052312d302b060355040a0c2466356431303864382d643363302d346438382d616634612d3432333730313965373833623121301f06035504030c18536b75707065722d58206261636b626f6e652043412067313059301306072a8648ce3d020106082a8648ce3d030107034200043607755685609b09eb657ad6c3ba0ddb750900b91eef50c597ef80eff480a5f72bf125b614527c54e70a6f79f2bf5fcefb73f0407baeea96316ca2722685709ba3663064301f0603551d23041830168014068f289326ed3ff7508bf1829a2c11356b934d4c300e0603551d0f0101ff040403020106301d0603551d0e041604144209feaec5e6cf24fa707a342a138d5aec547d2030120603551d130101ff040830060101ff020101300a06082a8648ce3d0403020349003046022100babcd728c202a9a9a5625572ac1b3830acde6dda8c281d299dd127fd287dcae3022100ab1aea79b507f04f635eb36d88a5d5a97e4d43cfee50f0fddc091a2ccc9c7dfa', '{}', '\x01abebfe96221e0f518ebe67a99ca8904b807d54a8a313f4838c88fc8837ed4a806319a989137cbd26ad048056aff02e634122fe03cd251242416d6a633766562abb472bc34cf129bdee2976a03afcc5a7d980f5594966aee426aa0010e74ad0c956738c35c46b29548e3ec63479ce23118e98897367e6a9e406216eca139c3a0f9cee945a5b1aa9fb0ff73e4e7f97956ebe69c6cbcdb928cf315fb0bd8c71506bccc1b5cfc3001ed08bda821e215e', '2026-11-23 05:02:49+00', '2036-11-20 05:07:49+00', '2026-11-23 05:07:49.905684+00', '2026-11-23 05:07:49.905684+00', 1, '2026-11-23 05:07:49.905684+00', NULL, false, 'ce0c5257-50a4-4da3-b778-4ea3cc31db8f');
INSERT INTO public.authority VALUES ('36774ecf-cf88-4cd1-9e86-372f7f5a7ed6', 'network', NULL, 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 1, 'active', '\x30820208308201ada00302010202106f34855931bb61dab5ebfd5b2afdde68300a06082a8648ce3d0403023052312d302b060355040a0c2466356431303864382d643363302d346438382d616634612d3432333730313965373833623121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132333035303235325a170d3336313132303035303734395a3051312d302b060355040a0c2461623364306262392d396564312d343064372d393036652d6638356439346330613666303120301e06035504030c17536b75707065722d58206e6574776f726b2043412067313059301306072a8648ce3d020106082a8648ce3d03010703420004d5dbad3c50cf669d553898eba2695e43bfe4b1ff0f4f0fb2baac097a071ff4cef8097bcd7bf6ab4bb7a802b8a3f310b6120d991ef08371cef91f512339c7e912a3663064301f0603551d230418301680144209feaec5e6cf24fa707a342a138d5aec547d20300e0603551d0f0101ff040403020106301d0603551d0e04160414fb2eb9e4df728367532ed0b7e725cc65253a0b3c30120603551d130101ff040830060101ff020100300a06082a8648ce3d0403020349003046022100f1f3f7f8b40ec34de784584ceb292f4cb6942160b71bac059f085bf8aa7b984d022100e77b08e477eccd809708befa550757016eb9bb8dfc4a42accfb35cb327898830', '{}', '\x01abebfe96221e0f51705c3d64d5da3c8dad045d50f11b6bae9ea3c130e871b4ba6423e3c45bfa52c81478432acd684b96a85653a4c231606d39ec9f370faddfd0066bb07fac6c8758f1383ab72e579f4028cc1920f67cb90800a80d535a3236a629068ba21e8856fae7a2df0a1def193e8c0dfeb241dba596073b32fe114868f06c8ca2914b7512df845d840a0849511935eab598e8ccea8721cb4319fe6059b34cd9babc2acdd584fcfb743b37d3', '2026-11-23 05:02:52+00', '2036-11-20 05:07:49+00', '2026-11-23 05:07:52.73118+00', '2026-11-23 05:07:52.73118+00', 1, '2026-11-23 05:07:52.73118+00', NULL, false, 'f469835f-11b5-4b80-acdb-1ac0f161ec97');
INSERT INTO public.authority VALUES ('eb608afa-5408-46df-9296-96a80d3d80a8', 'network', NULL, '9cef2e85-ab36-460c-b014-db8674d91362', 1, 'withdrawn', '\x30820207308201ada0030201020210686125e12e8e59bab10460dd83810100300a06082a8648ce3d0403023052312d302b060355040a0c2466356431303864382d643363302d346438382d616634612d3432333730313965373833623121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132333035303235335a170d3336313132303035303734395a3051312d302b060355040a0c2439636566326538352d616233362d343630632d623031342d6462383637346439313336323120301e06035504030c17536b75707065722d58206e6574776f726b2043412067313059301306072a8648ce3d020106082a8648ce3d03010703420004b2ca9f5ee77842a284a158fff677a91fc62b082bfb6a1540854ecaa853fde3d838300905058b57b3526f4fa45477c919880585e98ce5fcfd9f85c0ca5d8e1e8aa3663064301f0603551d230418301680144209feaec5e6cf24fa707a342a138d5aec547d20300e0603551d0f0101ff040403020106301d0603551d0e04160414a841bd2b6308d1de0fcd1d6623c3edf6c25d3b1b30120603551d130101ff040830060101ff020100300a06082a8648ce3d04030203480030450220145bed5591eb0dd873a221cc83f74e5f81e8514da1c4f676751b553d5077600a022100c9b582105a980d66535042779cbfa274bac9cd40b7e93db42973eb9c8743a228', '{}', NULL, '2026-11-23 05:02:53+00', '2036-11-20 05:07:49+00', '2026-11-23 05:07:53.231193+00', '2026-11-23 05:07:57.357635+00', 3, '2026-11-23 05:07:57.357635+00', NULL, false, 'f469835f-11b5-4b80-acdb-1ac0f161ec97');

INSERT INTO public.backbone VALUES ('f5d108d8-d3c0-4d88-af4a-4237019e783b', 'east', 'native', '2026-11-23 05:07:49.905684+00', '2026-11-23 05:07:49.905684+00', 1);

INSERT INTO public.backbone_site VALUES ('3281b7d9-6b1d-4f29-b077-5551a968c62d', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', 'r1', 'deployed', 1, '6ed769981940ff6b87297ab170c61096', '\x359daee7371b93a27a475b88e37283d85294057c31271fee4e8225775ca20ae6', '{"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}', '2026-11-23 05:07:51.234034+00', '2026-11-23 05:07:50.061878+00', '2026-11-23 05:07:51.234034+00', 3, false, '{"listen 0.0.0.0:34263","listen 0.0.0.0:34263"}', '2026-12-23 05:07:50+00');
INSERT INTO public.backbone_site VALUES ('99e6ad6f-0139-45e8-b554-f1e7132431f6', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', 'r2', 'deployed', 1, '72cc5216ba796c5953e84561b4469f39', '\x350f7e20ff1057873c6490c97b459661256526058bb573d1c76a96a64a718746', '{"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}', '2026-11-23 05:07:51.521051+00', '2026-11-23 05:07:50.276822+00', '2026-11-23 05:07:51.521051+00', 3, false, '{"listen 0.0.0.0:45721","dial 127.0.0.1:34263"}', '2026-12-23 05:07:50+00');

INSERT INTO public.certificate VALUES ('ca47b673-61a2-4c70-a292-e1cb1403b211', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/controller/e1d7086e-ad11-417f-b330-8d05729cb68f', '592fc0e97eb24948df86a9651b61caa9', 'f469835f-11b5-4b80-acdb-1ac0f161ec97', 1, '\xd3c754ed4af33aa2e3ff1386fe43bd3a750fbfb8712a2fe1e3b16553ecb44636', '2026-11-23 05:02:49+00', '2026-12-23 05:07:49+00', NULL, '\x308202893082022fa0030201020210592fc0e97eb24948df86a9651b61caa9300a06082a8648ce3d0403023052312d302b060355040a0c2466356431303864382d643363302d346438382d616634612d3432333730313965373833623121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132333035303234395a170d3236313232333035303734395a304e312d302b060355040a0c2465316437303836652d616431312d343137662d623333302d386430353732396362363866311d301b06035504030c14536b75707065722d5820636f6e74726f6c6c65723059301306072a8648ce3d020106082a8648ce3d030107034200041fec99b73073dc61fef073464d03f9b779f04a19086e9321b1bc7a5a51487a46331d222540a71bfc86b431b89351f646013542fc706011341d6a74d567479c99a381ea3081e7301f0603551d230418301680144209feaec5e6cf24fa707a342a138d5aec547d2030680603551d110461305f865d7370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f636f6e74726f6c6c65722f65316437303836652d616431312d343137662d623333302d386430353732396362363866300e0603551d0f0101ff040403020780301d0603551d250416301406082b0601050507030206082b06010505070301301d0603551d0e04160414d3c754ed4af33aa2e3ff1386fe43bd3a750fbfb8300c0603551d130101ff04023000300a06082a8648ce3d0403020348003045022100bf0431806df739502fdc67ec7ac859061833cc44cec214436a0c2e9d109be017022024308e5abe152e53bd2473e0e2ef71bba31f358eab4e18bbd5a0932e35ea8b9e', '2026-11-23 05:07:49.905684+00', '2026-11-23 05:07:49.905684+00', 1, NULL);
INSERT INTO public.certificate VALUES ('9971c0f7-0fb6-48b0-9711-39169ce2ecec', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/backbone/f5d108d8-d3c0-4d88-af4a-4237019e783b/trust/e1d7086e-ad11-417f-b330-8d05729cb68f', '6cbededf8072e672d06ed568881f95ba', 'f469835f-11b5-4b80-acdb-1ac0f161ec97', 1, '\x237fd160a2a29d89187b9b81a50158fad134a78faa7346f33694135f631b1078', '2026-11-23 05:02:49+00', '2026-12-23 05:07:49+00', NULL, '\x308202993082023fa00302010202106cbededf8072e672d06ed568881f95ba300a06082a8648ce3d0403023052312d302b060355040a0c2466356431303864382d643363302d346438382d616634612d3432333730313965373833623121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132333035303234395a170d3236313232333035303734395a3050312d302b060355040a0c2465316437303836652d616431312d343137662d623333302d386430353732396362363866311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004a59c30a1ad57bfc6d66adde1c44a319b34c16ffbab305a5aaf073552235c77054b3a456c0ef0da40533842102102b1d694a6d8cef22a4b63f5b1db31d61e4c3ca381f83081f5301f0603551d230418301680144209feaec5e6cf24fa707a342a138d5aec547d203081940603551d1104818c3081898681867370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6261636b626f6e652f66356431303864382d643363302d346438382d616634612d3432333730313965373833622f74727573742f65316437303836652d616431312d343137662d623333302d386430353732396362363866300e0603551d0f0101ff040403020780301d0603551d0e04160414237fd160a2a29d89187b9b81a50158fad134a78f300c0603551d130101ff04023000300a06082a8648ce3d0403020348003045022100df61bfaefc362f529e8df1e56e2953c93e813e85ac33d2367515c5e7323e9d7d02207bceee647461837d44920f01d6a5535c50afffd2cc907ab68418fc1c35f6f09f', '2026-11-23 05:07:49.905684+00', '2026-11-23 05:07:49.905684+00', 1, NULL);
INSERT INTO public.certificate VALUES ('752741d7-4202-4156-8616-9f7d7a9f807c', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/backbone/f5d108d8-d3c0-4d88-af4a-4237019e783b/bootstrap/3281b7d9-6b1d-4f29-b077-5551a968c62d', '6ed769981940ff6b87297ab170c61096', 'f469835f-11b5-4b80-acdb-1ac0f161ec97', 1, '\xa9a3afc0367156a6d072a2c9d83da5599d47304af7d8cc988acb974786295583', '2026-11-23 05:02:50+00', '2026-12-23 05:07:50+00', NULL, '\x308202bb30820261a00302010202106ed769981940ff6b87297ab170c61096300a06082a8648ce3d0403023052312d302b060355040a0c2466356431303864382d643363302d346438382d616634612d3432333730313965373833623121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132333035303235305a170d3236313232333035303735305a304d312d302b060355040a0c2433323831623764392d366231642d346632392d623037372d353535316139363863363264311c301a06035504030c13536b75707065722d5820626f6f7473747261703059301306072a8648ce3d020106082a8648ce3d03010703420004ffa56330e264e7bf150cc85be14571baf2eb0367aabc9dc8bbed65f115385828c9e94ea25aec62197813b2a108de4d90a12074491092f9352ed517d6ed2b470da382011c30820118301f0603551d230418301680144209feaec5e6cf24fa707a342a138d5aec547d203081980603551d1104819030818d86818a7370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6261636b626f6e652f66356431303864382d643363302d346438382d616634612d3432333730313965373833622f626f6f7473747261702f33323831623764392d366231642d346632392d623037372d353535316139363863363264300e0603551d0f0101ff040403020780301d0603551d250416301406082b0601050507030206082b06010505070301301d0603551d0e04160414a9a3afc0367156a6d072a2c9d83da5599d47304a300c0603551d130101ff04023000300a06082a8648ce3d0403020348003045022100d87fb00b93c14d642fcabd66452bdf3600769330e1c681c3de5e6793e5902c4d022067c4cd55b81e43d5b93913b7fb94a9d3819d563fa43bb008f870498f7faac3a1', '2026-11-23 05:07:50.572019+00', '2026-11-23 05:07:50.572019+00', 1, NULL);
INSERT INTO public.certificate VALUES ('0cdba8c4-2314-4505-aa12-245b1173aad3', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/backbone/f5d108d8-d3c0-4d88-af4a-4237019e783b/bootstrap/99e6ad6f-0139-45e8-b554-f1e7132431f6', '72cc5216ba796c5953e84561b4469f39', 'f469835f-11b5-4b80-acdb-1ac0f161ec97', 1, '\x3144b7d2645446f1698107892deb48f1426d1556625c96dcd36e43ad238d33de', '2026-11-23 05:02:50+00', '2026-12-23 05:07:50+00', NULL, '\x308202bc30820261a003020102021072cc5216ba796c5953e84561b4469f39300a06082a8648ce3d0403023052312d302b060355040a0c2466356431303864382d643363302d346438382d616634612d3432333730313965373833623121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132333035303235305a170d3236313232333035303735305a304d312d302b060355040a0c2439396536616436662d303133392d343565382d623535342d663165373133323433316636311c301a06035504030c13536b75707065722d5820626f6f7473747261703059301306072a8648ce3d020106082a8648ce3d03010703420004b0f25120a670639f23d0d75d0cedb4379bf79d777a8d23ae1151450795287d6cdc0be2a3a2d1afe31ae2ffb1591495fb0733f5c3f4c1674dfb44ef3333d8eaa9a382011c30820118301f0603551d230418301680144209feaec5e6cf24fa707a342a138d5aec547d203081980603551d1104819030818d86818a7370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6261636b626f6e652f66356431303864382d643363302d346438382d616634612d3432333730313965373833622f626f6f7473747261702f39396536616436662d303133392d343565382d623535342d663165373133323433316636300e0603551d0f0101ff040403020780301d0603551d250416301406082b0601050507030206082b06010505070301301d0603551d0e041604143144b7d2645446f1698107892deb48f1426d1556300c0603551d130101ff04023000300a06082a8648ce3d0403020349003046022100af10e4b448418aeb7d8ca80eaba248608314bee20d9a8212726237182c2b86a90221008ca50a47ce310eb7f1895114c88360f7a73b1334aac79212107a99f44d4eeeae', '2026-11-23 05:07:50.897055+00', '2026-11-23 05:07:50.897055+00', 1, NULL);
INSERT INTO public.certificate VALUES ('c5270ac1-7c7e-4a78-860b-e7c36632dfb5', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/backbone/f5d108d8-d3c0-4d88-af4a-4237019e783b/site/3281b7d9-6b1d-4f29-b077-5551a968c62d', '6fb46d62c45e5b3ba19b024a72e15383', 'f469835f-11b5-4b80-acdb-1ac0f161ec97', 1, '\x359daee7371b93a27a475b88e37283d85294057c31271fee4e8225775ca20ae6', '2026-11-23 05:02:51+00', '2026-12-23 05:07:51+00', NULL, '\x308202b930820260a00302010202106fb46d62c45e5b3ba19b024a72e15383300a06082a8648ce3d0403023052312d302b060355040a0c2466356431303864382d643363302d346438382d616634612d3432333730313965373833623121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132333035303235315a170d3236313232333035303735315a3051312d302b060355040a0c2433323831623764392d366231642d346632392d623037372d3535353161393638633632643120301e06035504030c17536b75707065722d58206261636b626f6e6520736974653059301306072a8648ce3d020106082a8648ce3d03010703420004d153f77acf16258e8b81f6fd28a2ca0c2ef7341aaba617e24442052f2ce1039069e633976cfa8644b67eb55bc5d30bfcf8632ef1e29dd77a2f4054cb3058f64aa382011730820113301f0603551d230418301680144209feaec5e6cf24fa707a342a138d5aec547d203081930603551d1104818b3081888681857370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6261636b626f6e652f66356431303864382d643363302d346438382d616634612d3432333730313965373833622f736974652f33323831623764392d366231642d346632392d623037372d353535316139363863363264300e0603551d0f0101ff040403020780301d0603551d250416301406082b0601050507030206082b06010505070301301d0603551d0e04160414359daee7371b93a27a475b88e37283d85294057c300c0603551d130101ff04023000300a06082a8648ce3d040302034700304402204da9b9e79d113c7c246c99103b6cff0b37294a86fb895048e7024320826bdce5022073bff59541553d845ae0919b226a360862b1684edfca873c58a5d90579f971e9', '2026-11-23 05:07:51.234034+00', '2026-11-23 05:07:51.234034+00', 1, NULL);
INSERT INTO public.certificate VALUES ('bf4e5e71-ea37-4a6a-adb5-262218931793', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/backbone/f5d108d8-d3c0-4d88-af4a-4237019e783b/site/99e6ad6f-0139-45e8-b554-f1e7132431f6', '5aeb2f35f88415d69fc991b2b1beda30', 'f469835f-11b5-4b80-acdb-1ac0f161ec97', 1, '\x350f7e20ff1057873c6490c97b459661256526058bb573d1c76a96a64a718746', '2026-11-23 05:02:51+00', '2026-12-23 05:07:51+00', NULL, '\x308202ba30820260a00302010202105aeb2f35f88415d69fc991b2b1beda30300a06082a8648ce3d0403023052312d302b060355040a0c2466356431303864382d643363302d346438382d616634612d3432333730313965373833623121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132333035303235315a170d3236313232333035303735315a3051312d302b060355040a0c2439396536616436662d303133392d343565382d623535342d6631653731333234333166363120301e06035504030c17536b75707065722d58206261636b626f6e6520736974653059301306072a8648ce3d020106082a8648ce3d03010703420004cb0cc2f39e069321b1d38d6f5464296b485a6fd0c2f942a920ccc8b29a65e85809cc276a1a9c95f86192e50224af7b3c9e0914340be294e87c7a7b78b1a9a7c0a382011730820113301f0603551d230418301680144209feaec5e6cf24fa707a342a138d5aec547d203081930603551d1104818b3081888681857370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6261636b626f6e652f66356431303864382d643363302d346438382d616634612d3432333730313965373833622f736974652f39396536616436662d303133392d343565382d623535342d663165373133323433316636300e0603551d0f0101ff040403020780301d0603551d250416301406082b0601050507030206082b06010505070301301d0603551d0e04160414350f7e20ff1057873c6490c97b45966125652605300c0603551d130101ff04023000300a06082a8648ce3d04030203480030450221009dc3c5da86f6465bb0a032dfbf25c8f7332dfae10aa680d74b1e1f60ccd88f0c022034606cd226c4a765415136796a7c300119c9b06686a3be59fe4c3d5fd8a65cab', '2026-11-23 05:07:51.521051+00', '2026-11-23 05:07:51.521051+00', 1, NULL);
INSERT INTO public.certificate VALUES ('a196956c-12d9-49e2-a04a-62b0c50dbae4', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/network/ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0/invitation/82331111-3930-4a1c-8509-91310ba4e18f', '468c0014d10d6c0a4cfe5ad26b7a817e', '36774ecf-cf88-4cd1-9e86-372f7f5a7ed6', 1, '\x906c15996ed03b18ea43199286c11a7f1690e05df1cb1c6748b18f86197ee282', '2026-11-23 05:02:53+00', '2027-11-24 05:07:53+00', NULL, '\x308202b030820257a0030201020210468c0014d10d6c0a4cfe5ad26b7a817e300a06082a8648ce3d0403023051312d302b060355040a0c2461623364306262392d396564312d343064372d393036652d6638356439346330613666303120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132333035303235335a170d3237313132343035303735335a304e312d302b060355040a0c2438323333313131312d333933302d346131632d383530392d393133313062613465313866311d301b06035504030c14536b75707065722d5820696e7669746174696f6e3059301306072a8648ce3d020106082a8648ce3d03010703420004db2860a24a2d4ca6a1b0465e6e3cb2abfe6a1f4eb21866b933c0cfb1ee78e48829a000e9bc1d70897d302846b7f29895d614c3794ec7ddbb2b9322bb7fe6eeb5a38201123082010e301f0603551d23041830168014fb2eb9e4df728367532ed0b7e725cc65253a0b3c3081980603551d1104819030818d86818a7370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6e6574776f726b2f61623364306262392d396564312d343064372d393036652d6638356439346330613666302f696e7669746174696f6e2f38323333313131312d333933302d346131632d383530392d393133313062613465313866300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301d0603551d0e04160414906c15996ed03b18ea43199286c11a7f1690e05d300c0603551d130101ff04023000300a06082a8648ce3d0403020347003044022042c7b893b7d493763ee94ae9856275e0c4b1e4e821f056da9ac7635d247f188502203b67235e6d87e5e82fb37008252dcc423de431b8893639ba3d55392d38bb46a2', '2026-11-23 05:07:53.498178+00', '2026-11-23 05:07:53.498178+00', 1, NULL);
INSERT INTO public.certificate VALUES ('481a4ca9-3829-4cb1-974a-cb0aeeae8c41', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/network/ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0/invitation/35f2091d-3c31-41be-989b-d5b6aecf7898', '68ae61643df42de011c78340b1129e24', '36774ecf-cf88-4cd1-9e86-372f7f5a7ed6', 1, '\xcfc02346ae62aebe56192dd298e8960b977a0d71009bb5d45a57b2e2863877c6', '2026-11-23 05:02:53+00', '2027-11-24 05:07:53+00', NULL, '\x308202b230820257a003020102021068ae61643df42de011c78340b1129e24300a06082a8648ce3d0403023051312d302b060355040a0c2461623364306262392d396564312d343064372d393036652d6638356439346330613666303120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132333035303235335a170d3237313132343035303735335a304e312d302b060355040a0c2433356632303931642d336333312d343162652d393839622d643562366165636637383938311d301b06035504030c14536b75707065722d5820696e7669746174696f6e3059301306072a8648ce3d020106082a8648ce3d03010703420004f4be1553fcb56117e061b9357a78df570d1638bdbabd8c315bed6144c71a7a23d997bdf4a7187948972ed494d2dd9cc11f6b62478597765e9c41f9f8035ba616a38201123082010e301f0603551d23041830168014fb2eb9e4df728367532ed0b7e725cc65253a0b3c3081980603551d1104819030818d86818a7370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6e6574776f726b2f61623364306262392d396564312d343064372d393036652d6638356439346330613666302f696e7669746174696f6e2f33356632303931642d336333312d343162652d393839622d643562366165636637383938300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301d0603551d0e04160414cfc02346ae62aebe56192dd298e8960b977a0d71300c0603551d130101ff04023000300a06082a8648ce3d0403020349003046022100818eee76d1a8f06460aa460174ec13f47c84a89b7a967385b5e4bc202c7ad67a022100bb9409d0f15c7b1265c701f290f71da6b0f7aec265048b49a954ed2b3edb4978', '2026-11-23 05:07:53.910881+00', '2026-11-23 05:07:53.910881+00', 1, NULL);
INSERT INTO public.certificate VALUES ('e368b62d-ecf6-4c19-ba8a-8badc2e261de', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/network/ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0/invitation/3a5b29b6-ea87-4811-8409-6dfaba76a04e', '4f7ce42b25d9254bfbddec9b665229da', '36774ecf-cf88-4cd1-9e86-372f7f5a7ed6', 1, '\xf74f18148eec8332f9f1c81908821d9bbcbaf0298099c0bfd6430cf9cbf2b79c', '2026-11-23 05:02:54+00', '2027-11-24 05:07:54+00', NULL, '\x308202b130820257a00302010202104f7ce42b25d9254bfbddec9b665229da300a06082a8648ce3d0403023051312d302b060355040a0c2461623364306262392d396564312d343064372d393036652d6638356439346330613666303120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132333035303235345a170d3237313132343035303735345a304e312d302b060355040a0c2433613562323962362d656138372d343831312d383430392d366466616261373661303465311d301b06035504030c14536b75707065722d5820696e7669746174696f6e3059301306072a8648ce3d020106082a8648ce3d03010703420004e5f014cbaf78ba1507f8c82582847b102513bdd72c6e21a82187f1287d2fb01bbcb1b398ad8b65e83a2225c6fa97cdcf74baa4a50c4da7c7718250bb4e3df799a38201123082010e301f0603551d23041830168014fb2eb9e4df728367532ed0b7e725cc65253a0b3c3081980603551d1104819030818d86818a7370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6e6574776f726b2f61623364306262392d396564312d343064372d393036652d6638356439346330613666302f696e7669746174696f6e2f33613562323962362d656138372d343831312d383430392d366466616261373661303465300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301d0603551d0e04160414f74f18148eec8332f9f1c81908821d9bbcbaf029300c0603551d130101ff04023000300a06082a8648ce3d0403020348003045022100dd916f315bd7c19cfcde8e4aaeca070b17fe3027a143c655d52833d915861c61022019d79d1adce766ccc5bfeaf7a57ea5c9a44a89c5db8896d85c2c8b93bf676632', '2026-11-23 05:07:54.07412+00', '2026-11-23 05:07:54.07412+00', 1, NULL);
INSERT INTO public.certificate VALUES ('288c1576-ca71-4c9b-915b-76d5d7805451', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/network/ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0/site/80cd34c5-3070-4fcd-94f4-d83a9faed6bf', '761335b11aac6040e433e73909755495', '36774ecf-cf88-4cd1-9e86-372f7f5a7ed6', 1, '\xbae9790af9973f73223dccb479f18ec51c8b96cd49a87682f757cae87038a68b', '2026-11-23 05:02:55+00', '2026-12-23 05:07:55+00', NULL, '\x308202b73082025ca0030201020210761335b11aac6040e433e73909755495300a06082a8648ce3d0403023051312d302b060355040a0c2461623364306262392d396564312d343064372d393036652d6638356439346330613666303120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132333035303235355a170d3236313232333035303735355a304f312d302b060355040a0c2438306364333463352d333037302d346663642d393466342d643833613966616564366266311e301c06035504030c15536b75707065722d58206d656d62657220736974653059301306072a8648ce3d020106082a8648ce3d0301070342000437f0bdd395007f263299b6221f8ef8a2051dff5876011fa50982b24811b252bec0b0e2d49b88858febd9b63cf0f472e5a5e4ea8f0e18a0709730be52aa590e50a382011630820112301f0603551d23041830168014fb2eb9e4df728367532ed0b7e725cc65253a0b3c3081920603551d1104818a3081878681847370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6e6574776f726b2f61623364306262392d396564312d343064372d393036652d6638356439346330613666302f736974652f38306364333463352d333037302d346663642d393466342d643833613966616564366266300e0603551d0f0101ff040403020780301d0603551d250416301406082b0601050507030206082b06010505070301301d0603551d0e04160414bae9790af9973f73223dccb479f18ec51c8b96cd300c0603551d130101ff04023000300a06082a8648ce3d0403020349003046022100fcb79495610856518a9f35747c76ca330f299b4fbfa2afd9f5e309595721f927022100bf44186878077d11fde8c535b96760a0112a3c2f9d35e1b6812a661d654f5aa8', '2026-11-23 05:07:55.20428+00', '2026-11-23 05:07:55.20428+00', 1, NULL);
INSERT INTO public.certificate VALUES ('30089dcf-ed85-4adb-8fc2-1d61024330b3', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/network/ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0/site/0c1e7663-dd3c-4d1f-a922-d0ef330654d3', '4eb257732267293b880fb374f7cace5f', '36774ecf-cf88-4cd1-9e86-372f7f5a7ed6', 1, '\xc8f5643d7dd46cd7d064499df8367389f4cd4a120bc490be4236e354d226894d', '2026-11-23 05:02:55+00', '2026-12-23 05:07:55+00', NULL, '\x308202b73082025ca00302010202104eb257732267293b880fb374f7cace5f300a06082a8648ce3d0403023051312d302b060355040a0c2461623364306262392d396564312d343064372d393036652d6638356439346330613666303120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132333035303235355a170d3236313232333035303735355a304f312d302b060355040a0c2430633165373636332d646433632d346431662d613932322d643065663333303635346433311e301c06035504030c15536b75707065722d58206d656d62657220736974653059301306072a8648ce3d020106082a8648ce3d0301070342000470660743f9e1701a8466153e7b993a7e75e543bd0d165bcab6599e4005ae5223ad31cb67aae2946e4e26a31d08c393e13a642dd0dc14164db9cd4b91402d3a26a382011630820112301f0603551d23041830168014fb2eb9e4df728367532ed0b7e725cc65253a0b3c3081920603551d1104818a3081878681847370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6e6574776f726b2f61623364306262392d396564312d343064372d393036652d6638356439346330613666302f736974652f30633165373636332d646433632d346431662d613932322d643065663333303635346433300e0603551d0f0101ff040403020780301d0603551d250416301406082b0601050507030206082b06010505070301301d0603551d0e04160414c8f5643d7dd46cd7d064499df8367389f4cd4a12300c0603551d130101ff04023000300a06082a8648ce3d040302034900304602210096db8fc2fa8a5c8cc4d9ecbfaaf13213de6fe3b12eb428fb955de12d982b4a050221009b3e7bded1ad0eda1934989d0e9485475f9a224305abb532efec5ecb3861813c', '2026-11-23 05:07:55.190537+00', '2026-11-23 05:07:55.190537+00', 1, NULL);

INSERT INTO public.connector VALUES ('94667655-d14e-4ab5-bd84-ae33de6884f9', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'goods', '127.0.0.1:7000', '0c1e7663-dd3c-4d1f-a922-d0ef330654d3', NULL, '2026-11-23 05:07:56.181156+00', '2026-11-23 05:07:56.181156+00', 1, true);

INSERT INTO public.event VALUES (1, '2026-11-23 05:07:49.611803+00', 'controller/e1d7086e-ad11-417f-b330-8d05729cb68f', NULL, 'installation.create', 'installation', '1ebc3f5b-975b-4467-b408-c91d104b37ea', NULL, NULL, NULL, '{"id": "1ebc3f5b-975b-4467-b408-c91d104b37ea", "kek_id": "abebfe96221e0f51", "created": "2026-11-23T05:07:49.609464Z", "updated": "2026-11-23T05:07:49.609464Z", "revision": 1}', 'done', NULL, NULL, '\x0000000000000000000000000000000000000000000000000000000000000000', '\xd4ddbe10c74c28e9bea49ddc94f4ad9f383974897e077ff634aa452bb6bbc9ab');
INSERT INTO public.event VALUES (2, '2026-11-23 05:07:49.830713+00', 'admin', NULL, 'authority.create', 'authority', 'ce0c5257-50a4-4da3-b778-4ea3cc31db8f', NULL, NULL, NULL, '{"id": "ce0c5257-50a4-4da3-b778-4ea3cc31db8f", "since": "2026-11-23T05:07:49.813111Z", "state": "active", "issuer": null, "reason": null, "created": "2026-11-23T05:07:49.813111Z", "hurried": false, "network": null, "updated": "2026-11-23T05:07:49.813111Z", "backbone": null, "revision": 1, "not_after": "2036-11-20T05:07:49Z", "generation": 1, "not_before": "2026-11-23T05:02:49Z"}', 'done', '01a206cd-a3ae-7068-99aa-178fa62c9c9f', '127.0.0.1', '\xd4ddbe10c74c28e9bea49ddc94f4ad9f383974897e077ff634aa452bb6bbc9ab', '\x30a5d52e680111b079061ea555b7050e71916594aebea5455a3185e683c32dab');
INSERT INTO public.event VALUES (3, '2026-11-23 05:07:49.950293+00', 'admin', NULL, 'backbone.create', 'backbone', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "name": "east", "created": "2026-11-23T05:07:49.905684Z", "updated": "2026-11-23T05:07:49.905684Z", "revision": 1, "data_plane": "native"}', 'done', '01a206cd-a40f-7283-8ca2-f86b4e90982c', '127.0.0.1', '\x30a5d52e680111b079061ea555b7050e71916594aebea5455a3185e683c32dab', '\x963a2241dab40f80a1a27ada057827af758a9cdaa9b98796a0082aa6ab330abb');
INSERT INTO public.event VALUES (4, '2026-11-23 05:07:49.950293+00', 'admin', NULL, 'authority.create', 'authority', 'f469835f-11b5-4b80-acdb-1ac0f161ec97', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "f469835f-11b5-4b80-acdb-1ac0f161ec97", "since": "2026-11-23T05:07:49.905684Z", "state": "active", "issuer": "ce0c5257-50a4-4da3-b778-4ea3cc31db8f", "reason": null, "created": "2026-11-23T05:07:49.905684Z", "hurried": false, "network": null, "updated": "2026-11-23T05:07:49.905684Z", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "revision": 1, "not_after": "2036-11-20T05:07:49Z", "generation": 1, "not_before": "2026-11-23T05:02:49Z"}', 'done', '01a206cd-a40f-7283-8ca2-f86b4e90982c', '127.0.0.1', '\x963a2241dab40f80a1a27ada057827af758a9cdaa9b98796a0082aa6ab330abb', '\xb582375c4de5b18d39593081783c1ef4a0511ab39fe215ff4b8856f2b524522c');
INSERT INTO public.event VALUES (5, '2026-11-23 05:07:49.950293+00', 'admin', NULL, 'certificate.issue', 'certificate', 'ca47b673-61a2-4c70-a292-e1cb1403b211', NULL, NULL, NULL, '{"id": "ca47b673-61a2-4c70-a292-e1cb1403b211", "issuer": "f469835f-11b5-4b80-acdb-1ac0f161ec97", "serial": "592fc0e97eb24948df86a9651b61caa9", "created": "2026-11-23T05:07:49.905684Z", "subject": "spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/controller/e1d7086e-ad11-417f-b330-8d05729cb68f", "updated": "2026-11-23T05:07:49.905684Z", "revision": 1, "not_after": "2026-12-23T05:07:49Z", "generation": 1, "not_before": "2026-11-23T05:02:49Z", "renew_asked": null, "superseded_by": null}', 'done', '01a206cd-a40f-7283-8ca2-f86b4e90982c', '127.0.0.1', '\xb582375c4de5b18d39593081783c1ef4a0511ab39fe215ff4b8856f2b524522c', '\xd897f18324164c30675211c5ae14f07f88d1dc908310db7bd5f334282df0d010');
INSERT INTO public.event VALUES (6, '2026-11-23 05:07:49.950293+00', 'admin', NULL, 'certificate.issue', 'certificate', '9971c0f7-0fb6-48b0-9711-39169ce2ecec', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "9971c0f7-0fb6-48b0-9711-39169ce2ecec", "issuer": "f469835f-11b5-4b80-acdb-1ac0f161ec97", "serial": "6cbededf8072e672d06ed568881f95ba", "created": "2026-11-23T05:07:49.905684Z", "subject": "spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/backbone/f5d108d8-d3c0-4d88-af4a-4237019e783b/trust/e1d7086e-ad11-417f-b330-8d05729cb68f", "updated": "2026-11-23T05:07:49.905684Z", "revision": 1, "not_after": "2026-12-23T05:07:49Z", "generation": 1, "not_before": "2026-11-23T05:02:49Z", "renew_asked": null, "superseded_by": null}', 'done', '01a206cd-a40f-7283-8ca2-f86b4e90982c', '127.0.0.1', '\xd897f18324164c30675211c5ae14f07f88d1dc908310db7bd5f334282df0d010', '\xcdf67c3b62f5cde043c175c124b498706fef7ee59b2847f3ebcb4636a79a8f10');
INSERT INTO public.event VALUES (7, '2026-11-23 05:07:50.125199+00', 'admin', NULL, 'backbone-site.create', 'backbone-site', '3281b7d9-6b1d-4f29-b077-5551a968c62d', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "3281b7d9-6b1d-4f29-b077-5551a968c62d", "name": "r1", "state": "defined", "created": "2026-11-23T05:07:50.061878Z", "updated": "2026-11-23T05:07:50.061878Z", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "draining": false, "enrolled": null, "platform": null, "revision": 1, "bundle_ways": [], "bundle_serial": null, "bundle_expires": null, "bundle_generation": 0}', 'done', '01a206cd-a49d-722c-aa0c-cedd0d4a4f03', '127.0.0.1', '\xcdf67c3b62f5cde043c175c124b498706fef7ee59b2847f3ebcb4636a79a8f10', '\x5cd10d3c2b035b49bceed7c919cad9f66e2d6a8793e1d4274737055be2f3dcb8');
INSERT INTO public.event VALUES (8, '2026-11-23 05:07:50.125199+00', 'admin', NULL, 'access-point.create', 'access-point', 'e35b7258-a0e2-47c9-b9bf-b27397ee3639', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "e35b7258-a0e2-47c9-b9bf-b27397ee3639", "bind": null, "name": "main", "site": "3281b7d9-6b1d-4f29-b077-5551a968c62d", "kinds": ["peer", "member", "claim", "manage"], "created": "2026-11-23T05:07:50.061878Z", "updated": "2026-11-23T05:07:50.061878Z", "revision": 1, "advertised": "127.0.0.1:34263"}', 'done', '01a206cd-a49d-722c-aa0c-cedd0d4a4f03', '127.0.0.1', '\x5cd10d3c2b035b49bceed7c919cad9f66e2d6a8793e1d4274737055be2f3dcb8', '\xd8ba3c5d4d32d04b4c96b4ca18e5447ecdd1b39a75c39682e4681eee60e26a2e');
INSERT INTO public.event VALUES (9, '2026-11-23 05:07:50.13816+00', 'controller/e1d7086e-ad11-417f-b330-8d05729cb68f', NULL, 'trust.publish', 'trust', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"created": "2026-11-23T05:07:50.105671Z", "version": 1, "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "valid_until": "2026-11-24T05:07:50.096833Z"}', 'done', NULL, NULL, '\xd8ba3c5d4d32d04b4c96b4ca18e5447ecdd1b39a75c39682e4681eee60e26a2e', '\xb1904d54fe32763ab460dd4874a50041b6e5289cc2e7efb86dd68b7052f910b8');
INSERT INTO public.event VALUES (10, '2026-11-23 05:07:50.29386+00', 'admin', NULL, 'backbone-site.create', 'backbone-site', '99e6ad6f-0139-45e8-b554-f1e7132431f6', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "99e6ad6f-0139-45e8-b554-f1e7132431f6", "name": "r2", "state": "defined", "created": "2026-11-23T05:07:50.276822Z", "updated": "2026-11-23T05:07:50.276822Z", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "draining": false, "enrolled": null, "platform": null, "revision": 1, "bundle_ways": [], "bundle_serial": null, "bundle_expires": null, "bundle_generation": 0}', 'done', '01a206cd-a57e-7258-bb4a-88eeec0bbef6', '127.0.0.1', '\xb1904d54fe32763ab460dd4874a50041b6e5289cc2e7efb86dd68b7052f910b8', '\x1a0242e291b2e658bd35d44d9710994877b1273c768c702e32d4fb38fd4f2daf');
INSERT INTO public.event VALUES (11, '2026-11-23 05:07:50.29386+00', 'admin', NULL, 'access-point.create', 'access-point', '49ae965c-f4c0-449a-95da-dd1ee8db0aaa', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "49ae965c-f4c0-449a-95da-dd1ee8db0aaa", "bind": null, "name": "main", "site": "99e6ad6f-0139-45e8-b554-f1e7132431f6", "kinds": ["peer", "member", "claim", "manage"], "created": "2026-11-23T05:07:50.276822Z", "updated": "2026-11-23T05:07:50.276822Z", "revision": 1, "advertised": "127.0.0.1:45721"}', 'done', '01a206cd-a57e-7258-bb4a-88eeec0bbef6', '127.0.0.1', '\x1a0242e291b2e658bd35d44d9710994877b1273c768c702e32d4fb38fd4f2daf', '\x082db0d56e5200ac2b00897f3178fa9910c89f305cfa2c6ac79c61177ccb3355');
INSERT INTO public.event VALUES (12, '2026-11-23 05:07:50.446818+00', 'admin', NULL, 'link.create', 'link', '0212d059-c176-4e98-beed-45f72fe9b69a', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "0212d059-c176-4e98-beed-45f72fe9b69a", "to": "3281b7d9-6b1d-4f29-b077-5551a968c62d", "cost": 1, "from": "99e6ad6f-0139-45e8-b554-f1e7132431f6", "created": "2026-11-23T05:07:50.411005Z", "updated": "2026-11-23T05:07:50.411005Z", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "revision": 1, "transport": "direct", "access_point": "e35b7258-a0e2-47c9-b9bf-b27397ee3639"}', 'done', '01a206cd-a605-7674-b69c-e0f0cf53d4be', '127.0.0.1', '\x082db0d56e5200ac2b00897f3178fa9910c89f305cfa2c6ac79c61177ccb3355', '\x61b535b308065a2e2d8860227f2b5b5cf6b9291744fe6afe5f72c7cea4c191b3');
INSERT INTO public.event VALUES (13, '2026-11-23 05:07:50.644391+00', 'admin', NULL, 'certificate.issue', 'certificate', '752741d7-4202-4156-8616-9f7d7a9f807c', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "752741d7-4202-4156-8616-9f7d7a9f807c", "issuer": "f469835f-11b5-4b80-acdb-1ac0f161ec97", "serial": "6ed769981940ff6b87297ab170c61096", "created": "2026-11-23T05:07:50.572019Z", "subject": "spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/backbone/f5d108d8-d3c0-4d88-af4a-4237019e783b/bootstrap/3281b7d9-6b1d-4f29-b077-5551a968c62d", "updated": "2026-11-23T05:07:50.572019Z", "revision": 1, "not_after": "2026-12-23T05:07:50Z", "generation": 1, "not_before": "2026-11-23T05:02:50Z", "renew_asked": null, "superseded_by": null}', 'done', '01a206cd-a6a1-73d1-a156-cfa3ac082c6c', '127.0.0.1', '\x61b535b308065a2e2d8860227f2b5b5cf6b9291744fe6afe5f72c7cea4c191b3', '\xd2ea3ec355a469ef9a3f1f60c7a415a4b23354c9ff2ff0446349d64e981ea26f');
INSERT INTO public.event VALUES (14, '2026-11-23 05:07:50.644391+00', 'admin', NULL, 'backbone-site.render-bundle', 'backbone-site', '3281b7d9-6b1d-4f29-b077-5551a968c62d', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', '{"id": "3281b7d9-6b1d-4f29-b077-5551a968c62d", "name": "r1", "state": "defined", "created": "2026-11-23T05:07:50.061878Z", "updated": "2026-11-23T05:07:50.061878Z", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "draining": false, "enrolled": null, "platform": null, "revision": 1, "bundle_ways": [], "bundle_serial": null, "bundle_expires": null, "bundle_generation": 0}', '{"id": "3281b7d9-6b1d-4f29-b077-5551a968c62d", "name": "r1", "state": "defined", "created": "2026-11-23T05:07:50.061878Z", "updated": "2026-11-23T05:07:50.572019Z", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "draining": false, "enrolled": null, "platform": null, "revision": 2, "bundle_ways": ["listen 0.0.0.0:34263", "listen 0.0.0.0:34263"], "bundle_serial": "6ed769981940ff6b87297ab170c61096", "bundle_expires": "2026-12-23T05:07:50Z", "bundle_generation": 1}', 'done', '01a206cd-a6a1-73d1-a156-cfa3ac082c6c', '127.0.0.1', '\xd2ea3ec355a469ef9a3f1f60c7a415a4b23354c9ff2ff0446349d64e981ea26f', '\x94e5e5dfe3e4bbbed5977e4555ab4a7d7d1116ffb7f172160ffde34754c89e97');
INSERT INTO public.event VALUES (15, '2026-11-23 05:07:50.974071+00', 'admin', NULL, 'certificate.issue', 'certificate', '0cdba8c4-2314-4505-aa12-245b1173aad3', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "0cdba8c4-2314-4505-aa12-245b1173aad3", "issuer": "f469835f-11b5-4b80-acdb-1ac0f161ec97", "serial": "72cc5216ba796c5953e84561b4469f39", "created": "2026-11-23T05:07:50.897055Z", "subject": "spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/backbone/f5d108d8-d3c0-4d88-af4a-4237019e783b/bootstrap/99e6ad6f-0139-45e8-b554-f1e7132431f6", "updated": "2026-11-23T05:07:50.897055Z", "revision": 1, "not_after": "2026-12-23T05:07:50Z", "generation": 1, "not_before": "2026-11-23T05:02:50Z", "renew_asked": null, "superseded_by": null}', 'done', '01a206cd-a7ce-73ad-b047-eb4bd7f0ccc7', '127.0.0.1', '\x94e5e5dfe3e4bbbed5977e4555ab4a7d7d1116ffb7f172160ffde34754c89e97', '\xdaef73a13b8cb0a669f6be0cf6290b96148f802d436038e828f688b30993c596');
INSERT INTO public.event VALUES (16, '2026-11-23 05:07:50.974071+00', 'admin', NULL, 'backbone-site.render-bundle', 'backbone-site', '99e6ad6f-0139-45e8-b554-f1e7132431f6', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', '{"id": "99e6ad6f-0139-45e8-b554-f1e7132431f6", "name": "r2", "state": "defined", "created": "2026-11-23T05:07:50.276822Z", "updated": "2026-11-23T05:07:50.276822Z", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "draining": false, "enrolled": null, "platform": null, "revision": 1, "bundle_ways": [], "bundle_serial": null, "bundle_expires": null, "bundle_generation": 0}', '{"id": "99e6ad6f-0139-45e8-b554-f1e7132431f6", "name": "r2", "state": "defined", "created": "2026-11-23T05:07:50.276822Z", "updated": "2026-11-23T05:07:50.897055Z", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "draining": false, "enrolled": null, "platform": null, "revision": 2, "bundle_ways": ["listen 0.0.0.0:45721", "dial 127.0.0.1:34263"], "bundle_serial": "72cc5216ba796c5953e84561b4469f39", "bundle_expires": "2026-12-23T05:07:50Z", "bundle_generation": 1}', 'done', '01a206cd-a7ce-73ad-b047-eb4bd7f0ccc7', '127.0.0.1', '\xdaef73a13b8cb0a669f6be0cf6290b96148f802d436038e828f688b30993c596', '\x2eea10f971644d75bb52626da6995667587213fa208d4fcd3bbc61f5d3e14565');
INSERT INTO public.event VALUES (17, '2026-11-23 05:07:51.341522+00', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/backbone/f5d108d8-d3c0-4d88-af4a-4237019e783b/bootstrap/3281b7d9-6b1d-4f29-b077-5551a968c62d', NULL, 'backbone-site.enrol', 'backbone-site', '3281b7d9-6b1d-4f29-b077-5551a968c62d', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "3281b7d9-6b1d-4f29-b077-5551a968c62d", "name": "r1", "state": "deployed", "created": "2026-11-23T05:07:50.061878Z", "updated": "2026-11-23T05:07:51.234034Z", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "draining": false, "enrolled": "2026-11-23T05:07:51.234034Z", "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 3, "bundle_ways": ["listen 0.0.0.0:34263", "listen 0.0.0.0:34263"], "bundle_serial": "6ed769981940ff6b87297ab170c61096", "bundle_expires": "2026-12-23T05:07:50Z", "bundle_generation": 1}', 'done', NULL, NULL, '\x2eea10f971644d75bb52626da6995667587213fa208d4fcd3bbc61f5d3e14565', '\xc750a3ae093b2d77d75a331610c7563b170566d5266a80ad0643a69e9068de5a');
INSERT INTO public.event VALUES (18, '2026-11-23 05:07:51.341522+00', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/backbone/f5d108d8-d3c0-4d88-af4a-4237019e783b/bootstrap/3281b7d9-6b1d-4f29-b077-5551a968c62d', NULL, 'certificate.issue', 'certificate', 'c5270ac1-7c7e-4a78-860b-e7c36632dfb5', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "c5270ac1-7c7e-4a78-860b-e7c36632dfb5", "issuer": "f469835f-11b5-4b80-acdb-1ac0f161ec97", "serial": "6fb46d62c45e5b3ba19b024a72e15383", "created": "2026-11-23T05:07:51.234034Z", "subject": "spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/backbone/f5d108d8-d3c0-4d88-af4a-4237019e783b/site/3281b7d9-6b1d-4f29-b077-5551a968c62d", "updated": "2026-11-23T05:07:51.234034Z", "revision": 1, "not_after": "2026-12-23T05:07:51Z", "generation": 1, "not_before": "2026-11-23T05:02:51Z", "renew_asked": null, "superseded_by": null}', 'done', NULL, NULL, '\xc750a3ae093b2d77d75a331610c7563b170566d5266a80ad0643a69e9068de5a', '\xf1befe4a0617394bc97e03d7c4100fb7aa6ca91893fc2f765e8e0a2f26a2bd14');
INSERT INTO public.event VALUES (27, '2026-11-23 05:07:53.525074+00', 'controller/e1d7086e-ad11-417f-b330-8d05729cb68f', NULL, 'trust.publish', 'trust', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"created": "2026-11-23T05:07:53.487123Z", "version": 3, "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "valid_until": "2026-11-24T05:07:53.482971Z"}', 'done', NULL, NULL, '\x21915265a06c27e02471f7925ec9c7d80299ad395bf92bf1fda9751eeb9c33b3', '\x7bc512e65dd7dab7a5b7b4c33b18c54f2d295bd016b111210471b1479a293db8');
INSERT INTO public.event VALUES (40, '2026-11-23 05:07:56.341378+00', 'admin', NULL, 'listener.create', 'listener', '6535a673-783c-4ac0-a2b4-83dd7df669dc', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"id": "6535a673-783c-4ac0-a2b4-83dd7df669dc", "bind": "127.0.0.1:7001", "site": null, "class": "till", "address": "goods", "created": "2026-11-23T05:07:56.313435Z", "network": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "updated": "2026-11-23T05:07:56.313435Z", "revision": 1, "adaptable": true}', 'done', '01a206cd-bd0e-77c3-9789-6cb8a7df2274', '127.0.0.1', '\x18ae656d87f17125cb92345655be46ab0816ea3bb9ad6629d870074bcacd4c89', '\xc1107001468cacea6beca4e9e6ca221c93d6fd3d5b98a098e2d8eae8c563702b');
INSERT INTO public.event VALUES (41, '2026-11-23 05:07:56.584062+00', 'admin', NULL, 'address.set', 'address', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"policy": "balanced", "address": "goods", "created": "2026-11-23T05:07:56.579183Z", "network": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "updated": "2026-11-23T05:07:56.579183Z", "revision": 1}', 'done', '01a206cd-be1f-7655-9704-9643c368abe4', '127.0.0.1', '\xc1107001468cacea6beca4e9e6ca221c93d6fd3d5b98a098e2d8eae8c563702b', '\x3b894c120b6a3cc64a20b7b0e72e17016fa2076c0b3d84dd42c391a6c318211f');
INSERT INTO public.event VALUES (43, '2026-11-23 05:07:56.98838+00', 'admin', NULL, 'site.evict', 'site', '80cd34c5-3070-4fcd-94f4-d83a9faed6bf', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, '{"id": "80cd34c5-3070-4fcd-94f4-d83a9faed6bf", "name": "till2", "ended": null, "state": "member", "terms": {}, "labels": {}, "reason": null, "classes": ["till"], "created": "2026-11-23T05:07:55.20428Z", "network": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "updated": "2026-11-23T05:07:55.20428Z", "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 1, "invitation": "82331111-3930-4a1c-8509-91310ba4e18f"}', '{"id": "80cd34c5-3070-4fcd-94f4-d83a9faed6bf", "name": "till2", "ended": "2026-11-23T05:07:56.936683Z", "state": "evicted", "terms": {}, "labels": {}, "reason": "evicted", "classes": ["till"], "created": "2026-11-23T05:07:55.20428Z", "network": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "updated": "2026-11-23T05:07:56.936683Z", "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 2, "invitation": "82331111-3930-4a1c-8509-91310ba4e18f"}', 'done', '01a206cd-bf87-71a6-9fd6-59618ba8b106', '127.0.0.1', '\xcc202a3d67160d18848614271df81161dfdf89b27686bef5d269232f82cab8a3', '\x2d9a56d0ca713cb7f88454105f7319e2f2b27cef49a95067ee46c9a189d50e0e');
INSERT INTO public.event VALUES (44, '2026-11-23 05:07:56.98838+00', 'admin', NULL, 'denial.create', 'denial', '80cd34c5-3070-4fcd-94f4-d83a9faed6bf', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "80cd34c5-3070-4fcd-94f4-d83a9faed6bf", "kind": "site", "until": "2026-12-23T06:07:55Z", "reason": "evicted", "created": "2026-11-23T05:07:56.936683Z", "network": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b"}', 'done', '01a206cd-bf87-71a6-9fd6-59618ba8b106', '127.0.0.1', '\x2d9a56d0ca713cb7f88454105f7319e2f2b27cef49a95067ee46c9a189d50e0e', '\x459563c32b7da0f1e7212ca0bf9b50d1d1ed9f4ca46c971b04a5d215d6a67ab8');
INSERT INTO public.event VALUES (19, '2026-11-23 05:07:51.617283+00', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/backbone/f5d108d8-d3c0-4d88-af4a-4237019e783b/bootstrap/99e6ad6f-0139-45e8-b554-f1e7132431f6', NULL, 'backbone-site.enrol', 'backbone-site', '99e6ad6f-0139-45e8-b554-f1e7132431f6', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "99e6ad6f-0139-45e8-b554-f1e7132431f6", "name": "r2", "state": "deployed", "created": "2026-11-23T05:07:50.276822Z", "updated": "2026-11-23T05:07:51.521051Z", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "draining": false, "enrolled": "2026-11-23T05:07:51.521051Z", "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 3, "bundle_ways": ["listen 0.0.0.0:45721", "dial 127.0.0.1:34263"], "bundle_serial": "72cc5216ba796c5953e84561b4469f39", "bundle_expires": "2026-12-23T05:07:50Z", "bundle_generation": 1}', 'done', NULL, NULL, '\xf1befe4a0617394bc97e03d7c4100fb7aa6ca91893fc2f765e8e0a2f26a2bd14', '\x67c1638320dc68f03f0fc3c920fc6cefc951fa555cf65b09ebbef42fd1e68182');
INSERT INTO public.event VALUES (20, '2026-11-23 05:07:51.617283+00', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/backbone/f5d108d8-d3c0-4d88-af4a-4237019e783b/bootstrap/99e6ad6f-0139-45e8-b554-f1e7132431f6', NULL, 'certificate.issue', 'certificate', 'bf4e5e71-ea37-4a6a-adb5-262218931793', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "bf4e5e71-ea37-4a6a-adb5-262218931793", "issuer": "f469835f-11b5-4b80-acdb-1ac0f161ec97", "serial": "5aeb2f35f88415d69fc991b2b1beda30", "created": "2026-11-23T05:07:51.521051Z", "subject": "spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/backbone/f5d108d8-d3c0-4d88-af4a-4237019e783b/site/99e6ad6f-0139-45e8-b554-f1e7132431f6", "updated": "2026-11-23T05:07:51.521051Z", "revision": 1, "not_after": "2026-12-23T05:07:51Z", "generation": 1, "not_before": "2026-11-23T05:02:51Z", "renew_asked": null, "superseded_by": null}', 'done', NULL, NULL, '\x67c1638320dc68f03f0fc3c920fc6cefc951fa555cf65b09ebbef42fd1e68182', '\x610f61459c71bec4555670c311ad9e3cb043b26a84127ff8f804f4cb79b45a17');
INSERT INTO public.event VALUES (51, '2026-11-23 05:07:58.122275+00', 'controller/e1d7086e-ad11-417f-b330-8d05729cb68f', NULL, 'trust.publish', 'trust', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"created": "2026-11-23T05:07:57.974853Z", "version": 6, "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "valid_until": "2026-11-24T05:07:57.956197Z"}', 'done', NULL, NULL, '\x7db0523ac9e22f9e6b60de0ba90f6654e8289de695554fdf31b99b448d2847d3', '\x485a5047d421a69edba939747e94909b4a5854c4fd661b3848d156c7a5b019f4');
INSERT INTO public.event VALUES (21, '2026-11-23 05:07:52.79328+00', 'admin', NULL, 'network.create', 'network', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "end": null, "name": "shop", "ended": null, "grace": "PT0S", "owner": "admin", "start": "2026-11-23T05:07:52.750276Z", "created": "2026-11-23T05:07:52.73118Z", "evicted": null, "updated": "2026-11-23T05:07:52.73118Z", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "revision": 1, "address_mode": "open"}', 'done', '01a206cd-af12-73db-a021-0aab0c2b3914', '127.0.0.1', '\x610f61459c71bec4555670c311ad9e3cb043b26a84127ff8f804f4cb79b45a17', '\xce31b1883e957a0ee1088692c298684682a98fbada3db2f536ccfb6873041a1e');
INSERT INTO public.event VALUES (22, '2026-11-23 05:07:52.79328+00', 'admin', NULL, 'authority.create', 'authority', '36774ecf-cf88-4cd1-9e86-372f7f5a7ed6', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"id": "36774ecf-cf88-4cd1-9e86-372f7f5a7ed6", "since": "2026-11-23T05:07:52.73118Z", "state": "active", "issuer": "f469835f-11b5-4b80-acdb-1ac0f161ec97", "reason": null, "created": "2026-11-23T05:07:52.73118Z", "hurried": false, "network": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "updated": "2026-11-23T05:07:52.73118Z", "backbone": null, "revision": 1, "not_after": "2036-11-20T05:07:49Z", "generation": 1, "not_before": "2026-11-23T05:02:52Z"}', 'done', '01a206cd-af12-73db-a021-0aab0c2b3914', '127.0.0.1', '\xce31b1883e957a0ee1088692c298684682a98fbada3db2f536ccfb6873041a1e', '\xa02a775723bfa59233ccdbfa4f8fb19cea66010b14ab32eb744f70f6a59a0d89');
INSERT INTO public.event VALUES (36, '2026-11-23 05:07:55.282813+00', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/network/ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0/invitation/3a5b29b6-ea87-4811-8409-6dfaba76a04e', NULL, 'site.wait', 'site', 'dd01e001-c199-4285-b3ba-c4ac888624f1', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"id": "dd01e001-c199-4285-b3ba-c4ac888624f1", "name": "guest", "ended": null, "state": "waiting", "terms": {}, "labels": {}, "reason": null, "classes": [], "created": "2026-11-23T05:07:55.203711Z", "network": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "updated": "2026-11-23T05:07:55.203711Z", "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 1, "invitation": "3a5b29b6-ea87-4811-8409-6dfaba76a04e"}', 'done', NULL, NULL, '\xd4bb33d4e251a07b1d2cd2bb28a688a029cc9df3732928a024692bee6f75ae3a', '\x92f5ff60e6c0c839103819284f8e5fc6dcb05b8cf1733f2f8cdf0454cbf62353');
INSERT INTO public.event VALUES (45, '2026-11-23 05:07:57.092017+00', 'controller/e1d7086e-ad11-417f-b330-8d05729cb68f', NULL, 'trust.publish', 'trust', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"created": "2026-11-23T05:07:57.073086Z", "version": 4, "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "valid_until": "2026-11-24T05:07:57.063146Z"}', 'done', NULL, NULL, '\x459563c32b7da0f1e7212ca0bf9b50d1d1ed9f4ca46c971b04a5d215d6a67ab8', '\x79f89b3de439253cf832f042a3b8715506c555428a609db49ccb072896942c1c');
INSERT INTO public.event VALUES (73, '2026-11-23 05:08:00.287728+00', 'admin', NULL, 'manifest-set.join', 'network', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"set": "shop"}', 'done', '01a206cd-cc39-71e5-bf12-78db239da32e', '127.0.0.1', '\x92c44df372eba1a60341c4d40800ab847e61eb2b0894314adaf3e7974549d5e5', '\xadb4893036f1b4c4ba3041e19767ef56a44c2006a744ff0360235a387f5c57a4');
INSERT INTO public.event VALUES (23, '2026-11-23 05:07:52.999965+00', 'controller/e1d7086e-ad11-417f-b330-8d05729cb68f', NULL, 'trust.publish', 'trust', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"created": "2026-11-23T05:07:52.981425Z", "version": 2, "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "valid_until": "2026-11-24T05:07:52.973067Z"}', 'done', NULL, NULL, '\xa02a775723bfa59233ccdbfa4f8fb19cea66010b14ab32eb744f70f6a59a0d89', '\xe9f05eeec9e89aa274c75735cdec11f81cb26edd25e4a3d348b65b61887a6858');
INSERT INTO public.event VALUES (24, '2026-11-23 05:07:53.055101+00', 'admin', NULL, 'class.add', 'class', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"name": "till", "created": "2026-11-23T05:07:52.989577Z"}', 'done', '01a206cd-b011-75f8-a456-692325884307', '127.0.0.1', '\xe9f05eeec9e89aa274c75735cdec11f81cb26edd25e4a3d348b65b61887a6858', '\x7c7ecf4d8e74f82468efd757ba4bf4de1f283004697f3c66a8202f91ea89ab21');
INSERT INTO public.event VALUES (25, '2026-11-23 05:07:53.262318+00', 'admin', NULL, 'network.create', 'network', '9cef2e85-ab36-460c-b014-db8674d91362', '9cef2e85-ab36-460c-b014-db8674d91362', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "9cef2e85-ab36-460c-b014-db8674d91362", "end": null, "name": "gone", "ended": null, "grace": "PT0S", "owner": "admin", "start": "2026-11-23T05:07:53.242928Z", "created": "2026-11-23T05:07:53.231193Z", "evicted": null, "updated": "2026-11-23T05:07:53.231193Z", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "revision": 1, "address_mode": "open"}', 'done', '01a206cd-b10e-7313-b843-560d7b6827cf', '127.0.0.1', '\x7c7ecf4d8e74f82468efd757ba4bf4de1f283004697f3c66a8202f91ea89ab21', '\xc2c22499419f12ca9406eac13d33fe6de32ff97dd217fa9d02980c7691f72070');
INSERT INTO public.event VALUES (26, '2026-11-23 05:07:53.262318+00', 'admin', NULL, 'authority.create', 'authority', 'eb608afa-5408-46df-9296-96a80d3d80a8', '9cef2e85-ab36-460c-b014-db8674d91362', NULL, NULL, '{"id": "eb608afa-5408-46df-9296-96a80d3d80a8", "since": "2026-11-23T05:07:53.231193Z", "state": "active", "issuer": "f469835f-11b5-4b80-acdb-1ac0f161ec97", "reason": null, "created": "2026-11-23T05:07:53.231193Z", "hurried": false, "network": "9cef2e85-ab36-460c-b014-db8674d91362", "updated": "2026-11-23T05:07:53.231193Z", "backbone": null, "revision": 1, "not_after": "2036-11-20T05:07:49Z", "generation": 1, "not_before": "2026-11-23T05:02:53Z"}', 'done', '01a206cd-b10e-7313-b843-560d7b6827cf', '127.0.0.1', '\xc2c22499419f12ca9406eac13d33fe6de32ff97dd217fa9d02980c7691f72070', '\x21915265a06c27e02471f7925ec9c7d80299ad395bf92bf1fda9751eeb9c33b3');
INSERT INTO public.event VALUES (28, '2026-11-23 05:07:53.65442+00', 'admin', NULL, 'certificate.issue', 'certificate', 'a196956c-12d9-49e2-a04a-62b0c50dbae4', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"id": "a196956c-12d9-49e2-a04a-62b0c50dbae4", "issuer": "36774ecf-cf88-4cd1-9e86-372f7f5a7ed6", "serial": "468c0014d10d6c0a4cfe5ad26b7a817e", "created": "2026-11-23T05:07:53.498178Z", "subject": "spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/network/ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0/invitation/82331111-3930-4a1c-8509-91310ba4e18f", "updated": "2026-11-23T05:07:53.498178Z", "revision": 1, "not_after": "2027-11-24T05:07:53Z", "generation": 1, "not_before": "2026-11-23T05:02:53Z", "renew_asked": null, "superseded_by": null}', 'done', '01a206cd-b20c-7139-9716-28fa8a0009c8', '127.0.0.1', '\x7bc512e65dd7dab7a5b7b4c33b18c54f2d295bd016b111210471b1479a293db8', '\x1124d7c4ffdd8a9335cef1bd45b20d6f14af3c28b4c10a2cde7e74cca7ef43e8');
INSERT INTO public.event VALUES (29, '2026-11-23 05:07:53.65442+00', 'admin', NULL, 'invitation.create', 'invitation', '82331111-3930-4a1c-8509-91310ba4e18f', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"id": "82331111-3930-4a1c-8509-91310ba4e18f", "name": "stores", "terms": {}, "closed": null, "classes": ["till"], "created": "2026-11-23T05:07:53.498178Z", "network": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "updated": "2026-11-23T05:07:53.498178Z", "waiting": 0, "deadline": null, "passcode": false, "revision": 1, "admission": "automatic", "uses_spent": 0, "interactive": false, "name_prefix": "stores", "uses_allowed": null}', 'done', '01a206cd-b20c-7139-9716-28fa8a0009c8', '127.0.0.1', '\x1124d7c4ffdd8a9335cef1bd45b20d6f14af3c28b4c10a2cde7e74cca7ef43e8', '\x29d2eb6b93f50f164808a7410d7f9048fae9517351b13735358d9b31b6a0a92e');
INSERT INTO public.event VALUES (32, '2026-11-23 05:07:54.123146+00', 'admin', NULL, 'certificate.issue', 'certificate', 'e368b62d-ecf6-4c19-ba8a-8badc2e261de', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"id": "e368b62d-ecf6-4c19-ba8a-8badc2e261de", "issuer": "36774ecf-cf88-4cd1-9e86-372f7f5a7ed6", "serial": "4f7ce42b25d9254bfbddec9b665229da", "created": "2026-11-23T05:07:54.07412Z", "subject": "spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/network/ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0/invitation/3a5b29b6-ea87-4811-8409-6dfaba76a04e", "updated": "2026-11-23T05:07:54.07412Z", "revision": 1, "not_after": "2027-11-24T05:07:54Z", "generation": 1, "not_before": "2026-11-23T05:02:54Z", "renew_asked": null, "superseded_by": null}', 'done', '01a206cd-b44b-759b-b4b0-69b321987541', '127.0.0.1', '\xea52214551a8c9770830d6575c07722c6b4426a3e57582d0ac0e6b2312718039', '\x1e11e16d029da3e1123c3f3a081ae22adb204d4a24101d5d6af76698c9c0d136');
INSERT INTO public.event VALUES (33, '2026-11-23 05:07:54.123146+00', 'admin', NULL, 'invitation.create', 'invitation', '3a5b29b6-ea87-4811-8409-6dfaba76a04e', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"id": "3a5b29b6-ea87-4811-8409-6dfaba76a04e", "name": "room", "terms": {}, "closed": null, "classes": [], "created": "2026-11-23T05:07:54.07412Z", "network": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "updated": "2026-11-23T05:07:54.07412Z", "waiting": 0, "deadline": null, "passcode": false, "revision": 1, "admission": "waiting-room", "uses_spent": 0, "interactive": false, "name_prefix": "room", "uses_allowed": 5}', 'done', '01a206cd-b44b-759b-b4b0-69b321987541', '127.0.0.1', '\x1e11e16d029da3e1123c3f3a081ae22adb204d4a24101d5d6af76698c9c0d136', '\x23189bafe9d575973079e7a593317245891c1c71551973dc970f7ed49fda12e9');
INSERT INTO public.event VALUES (37, '2026-11-23 05:07:55.330169+00', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/network/ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0/invitation/82331111-3930-4a1c-8509-91310ba4e18f', NULL, 'site.join', 'site', '0c1e7663-dd3c-4d1f-a922-d0ef330654d3', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"id": "0c1e7663-dd3c-4d1f-a922-d0ef330654d3", "name": "till1", "ended": null, "state": "member", "terms": {}, "labels": {}, "reason": null, "classes": ["till"], "created": "2026-11-23T05:07:55.190537Z", "network": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "updated": "2026-11-23T05:07:55.190537Z", "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 1, "invitation": "82331111-3930-4a1c-8509-91310ba4e18f"}', 'done', NULL, NULL, '\x92f5ff60e6c0c839103819284f8e5fc6dcb05b8cf1733f2f8cdf0454cbf62353', '\xcf80750f4d33df96e3332b05e84c862a0b657a37e98ade878a9578eaddb26fd3');
INSERT INTO public.event VALUES (38, '2026-11-23 05:07:55.330169+00', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/network/ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0/invitation/82331111-3930-4a1c-8509-91310ba4e18f', NULL, 'certificate.issue', 'certificate', '30089dcf-ed85-4adb-8fc2-1d61024330b3', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"id": "30089dcf-ed85-4adb-8fc2-1d61024330b3", "issuer": "36774ecf-cf88-4cd1-9e86-372f7f5a7ed6", "serial": "4eb257732267293b880fb374f7cace5f", "created": "2026-11-23T05:07:55.190537Z", "subject": "spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/network/ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0/site/0c1e7663-dd3c-4d1f-a922-d0ef330654d3", "updated": "2026-11-23T05:07:55.190537Z", "revision": 1, "not_after": "2026-12-23T05:07:55Z", "generation": 1, "not_before": "2026-11-23T05:02:55Z", "renew_asked": null, "superseded_by": null}', 'done', NULL, NULL, '\xcf80750f4d33df96e3332b05e84c862a0b657a37e98ade878a9578eaddb26fd3', '\xb3e70d24d644ddac1c172ec59433dc68e85217ff9cb387edc35135940120c9c3');
INSERT INTO public.event VALUES (39, '2026-11-23 05:07:56.205347+00', 'admin', NULL, 'connector.create', 'connector', '94667655-d14e-4ab5-bd84-ae33de6884f9', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"id": "94667655-d14e-4ab5-bd84-ae33de6884f9", "site": "0c1e7663-dd3c-4d1f-a922-d0ef330654d3", "class": null, "target": "127.0.0.1:7000", "address": "goods", "created": "2026-11-23T05:07:56.181156Z", "network": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "updated": "2026-11-23T05:07:56.181156Z", "revision": 1, "adaptable": true}', 'done', '01a206cd-bc89-77ae-b1f1-cb0661011254', '127.0.0.1', '\xb3e70d24d644ddac1c172ec59433dc68e85217ff9cb387edc35135940120c9c3', '\x18ae656d87f17125cb92345655be46ab0816ea3bb9ad6629d870074bcacd4c89');
INSERT INTO public.event VALUES (53, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0a-77db-b4bf-5bd4e745e59c', NULL, NULL, NULL, '{"id": "01a206cd-cb0a-77db-b4bf-5bd4e745e59c", "kind": "interface-type", "name": "http", "digest": "1cfff26410464da87298a7a40be701f3fccd3ac2ae84752edc14e71a1056f8bc", "created": "2026-11-23T05:07:59.895382Z", "version": "1.0.0", "block_type": null, "description": "HTTP, version 1 or 2, in plain text: the network encrypts."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x364b745072afa8ad1c06c5a5e4e6356fb6df7fa03ff2fb8688f1cf0c6799210b', '\x61834de21dc7e97c0ab54a200d95f1f0d5dfb148502ca07a3c2925ba33906814');
INSERT INTO public.event VALUES (30, '2026-11-23 05:07:53.961267+00', 'admin', NULL, 'certificate.issue', 'certificate', '481a4ca9-3829-4cb1-974a-cb0aeeae8c41', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"id": "481a4ca9-3829-4cb1-974a-cb0aeeae8c41", "issuer": "36774ecf-cf88-4cd1-9e86-372f7f5a7ed6", "serial": "68ae61643df42de011c78340b1129e24", "created": "2026-11-23T05:07:53.910881Z", "subject": "spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/network/ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0/invitation/35f2091d-3c31-41be-989b-d5b6aecf7898", "updated": "2026-11-23T05:07:53.910881Z", "revision": 1, "not_after": "2027-11-24T05:07:53Z", "generation": 1, "not_before": "2026-11-23T05:02:53Z", "renew_asked": null, "superseded_by": null}', 'done', '01a206cd-b322-7050-848d-ed56f1240d5a', '127.0.0.1', '\x29d2eb6b93f50f164808a7410d7f9048fae9517351b13735358d9b31b6a0a92e', '\x21b7a4f9dcf996769f6dfb7a8abc70bd398c42217c5a3368af82c6202fb8a3f4');
INSERT INTO public.event VALUES (31, '2026-11-23 05:07:53.961267+00', 'admin', NULL, 'invitation.create', 'invitation', '35f2091d-3c31-41be-989b-d5b6aecf7898', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"id": "35f2091d-3c31-41be-989b-d5b6aecf7898", "name": "secret", "terms": {}, "closed": null, "classes": [], "created": "2026-11-23T05:07:53.910881Z", "network": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "updated": "2026-11-23T05:07:53.910881Z", "waiting": 0, "deadline": null, "passcode": true, "revision": 1, "admission": "automatic", "uses_spent": 0, "interactive": false, "name_prefix": "secret", "uses_allowed": 1}', 'done', '01a206cd-b322-7050-848d-ed56f1240d5a', '127.0.0.1', '\x21b7a4f9dcf996769f6dfb7a8abc70bd398c42217c5a3368af82c6202fb8a3f4', '\xea52214551a8c9770830d6575c07722c6b4426a3e57582d0ac0e6b2312718039');
INSERT INTO public.event VALUES (34, '2026-11-23 05:07:55.238974+00', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/network/ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0/invitation/82331111-3930-4a1c-8509-91310ba4e18f', NULL, 'site.join', 'site', '80cd34c5-3070-4fcd-94f4-d83a9faed6bf', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"id": "80cd34c5-3070-4fcd-94f4-d83a9faed6bf", "name": "till2", "ended": null, "state": "member", "terms": {}, "labels": {}, "reason": null, "classes": ["till"], "created": "2026-11-23T05:07:55.20428Z", "network": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "updated": "2026-11-23T05:07:55.20428Z", "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 1, "invitation": "82331111-3930-4a1c-8509-91310ba4e18f"}', 'done', NULL, NULL, '\x23189bafe9d575973079e7a593317245891c1c71551973dc970f7ed49fda12e9', '\xdc6b7318cc51fa165130fd857aa486c08a88fe2244b06b4eb9de360a7a3635e6');
INSERT INTO public.event VALUES (35, '2026-11-23 05:07:55.238974+00', 'spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/network/ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0/invitation/82331111-3930-4a1c-8509-91310ba4e18f', NULL, 'certificate.issue', 'certificate', '288c1576-ca71-4c9b-915b-76d5d7805451', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, '{"id": "288c1576-ca71-4c9b-915b-76d5d7805451", "issuer": "36774ecf-cf88-4cd1-9e86-372f7f5a7ed6", "serial": "761335b11aac6040e433e73909755495", "created": "2026-11-23T05:07:55.20428Z", "subject": "spiffe://1ebc3f5b-975b-4467-b408-c91d104b37ea/network/ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0/site/80cd34c5-3070-4fcd-94f4-d83a9faed6bf", "updated": "2026-11-23T05:07:55.20428Z", "revision": 1, "not_after": "2026-12-23T05:07:55Z", "generation": 1, "not_before": "2026-11-23T05:02:55Z", "renew_asked": null, "superseded_by": null}', 'done', NULL, NULL, '\xdc6b7318cc51fa165130fd857aa486c08a88fe2244b06b4eb9de360a7a3635e6', '\xd4bb33d4e251a07b1d2cd2bb28a688a029cc9df3732928a024692bee6f75ae3a');
INSERT INTO public.event VALUES (42, '2026-11-23 05:07:56.778584+00', 'admin', NULL, 'site.set-labels', 'site', '0c1e7663-dd3c-4d1f-a922-d0ef330654d3', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, '{"id": "0c1e7663-dd3c-4d1f-a922-d0ef330654d3", "name": "till1", "ended": null, "state": "member", "terms": {}, "labels": {}, "reason": null, "classes": ["till"], "created": "2026-11-23T05:07:55.190537Z", "network": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "updated": "2026-11-23T05:07:55.190537Z", "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 1, "invitation": "82331111-3930-4a1c-8509-91310ba4e18f"}', '{"id": "0c1e7663-dd3c-4d1f-a922-d0ef330654d3", "name": "till1", "ended": null, "state": "member", "terms": {}, "labels": {"floor": "2"}, "reason": null, "classes": ["till"], "created": "2026-11-23T05:07:55.190537Z", "network": "ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0", "updated": "2026-11-23T05:07:56.718455Z", "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 2, "invitation": "82331111-3930-4a1c-8509-91310ba4e18f"}', 'done', '01a206cd-be98-76be-b0e7-28dba9734f8a', '127.0.0.1', '\x3b894c120b6a3cc64a20b7b0e72e17016fa2076c0b3d84dd42c391a6c318211f', '\xcc202a3d67160d18848614271df81161dfdf89b27686bef5d269232f82cab8a3');
INSERT INTO public.event VALUES (46, '2026-11-23 05:07:57.332026+00', 'admin', NULL, 'network.evict', 'network', '9cef2e85-ab36-460c-b014-db8674d91362', '9cef2e85-ab36-460c-b014-db8674d91362', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', '{"id": "9cef2e85-ab36-460c-b014-db8674d91362", "end": null, "name": "gone", "ended": null, "grace": "PT0S", "owner": "admin", "start": "2026-11-23T05:07:53.242928Z", "created": "2026-11-23T05:07:53.231193Z", "evicted": null, "updated": "2026-11-23T05:07:53.231193Z", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "revision": 1, "address_mode": "open"}', '{"id": "9cef2e85-ab36-460c-b014-db8674d91362", "end": null, "name": "gone", "ended": null, "grace": "PT0S", "owner": "admin", "start": "2026-11-23T05:07:53.242928Z", "created": "2026-11-23T05:07:53.231193Z", "evicted": "2026-11-23T05:07:57.322733Z", "updated": "2026-11-23T05:07:57.322733Z", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "revision": 2, "address_mode": "open"}', 'done', '01a206cd-c109-7391-8fc0-444b024df759', '127.0.0.1', '\x79f89b3de439253cf832f042a3b8715506c555428a609db49ccb072896942c1c', '\xd96b5f75ba2889c0fb8d40336498a8ecfc9a8a7a96c329fe3aa0deb6be8a1cc4');
INSERT INTO public.event VALUES (47, '2026-11-23 05:07:57.332026+00', 'admin', NULL, 'authority.retire', 'authority', 'eb608afa-5408-46df-9296-96a80d3d80a8', '9cef2e85-ab36-460c-b014-db8674d91362', NULL, '{"id": "eb608afa-5408-46df-9296-96a80d3d80a8", "since": "2026-11-23T05:07:53.231193Z", "state": "active", "issuer": "f469835f-11b5-4b80-acdb-1ac0f161ec97", "reason": null, "created": "2026-11-23T05:07:53.231193Z", "hurried": false, "network": "9cef2e85-ab36-460c-b014-db8674d91362", "updated": "2026-11-23T05:07:53.231193Z", "backbone": null, "revision": 1, "not_after": "2036-11-20T05:07:49Z", "generation": 1, "not_before": "2026-11-23T05:02:53Z"}', '{"id": "eb608afa-5408-46df-9296-96a80d3d80a8", "since": "2026-11-23T05:07:57.322733Z", "state": "retired", "issuer": "f469835f-11b5-4b80-acdb-1ac0f161ec97", "reason": null, "created": "2026-11-23T05:07:53.231193Z", "hurried": false, "network": "9cef2e85-ab36-460c-b014-db8674d91362", "updated": "2026-11-23T05:07:57.322733Z", "backbone": null, "revision": 2, "not_after": "2036-11-20T05:07:49Z", "generation": 1, "not_before": "2026-11-23T05:02:53Z"}', 'done', '01a206cd-c109-7391-8fc0-444b024df759', '127.0.0.1', '\xd96b5f75ba2889c0fb8d40336498a8ecfc9a8a7a96c329fe3aa0deb6be8a1cc4', '\x121c9e6fcb6d1fe7f8f9b3d1c49a6628df41a4848cdb0e2272c86e7ba9c347c9');
INSERT INTO public.event VALUES (48, '2026-11-23 05:07:57.332026+00', 'admin', NULL, 'denial.create', 'denial', '9cef2e85-ab36-460c-b014-db8674d91362', '9cef2e85-ab36-460c-b014-db8674d91362', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"id": "9cef2e85-ab36-460c-b014-db8674d91362", "kind": "network", "until": "2026-11-23T06:07:57.32985Z", "reason": "evicted", "created": "2026-11-23T05:07:57.322733Z", "network": "9cef2e85-ab36-460c-b014-db8674d91362", "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b"}', 'done', '01a206cd-c109-7391-8fc0-444b024df759', '127.0.0.1', '\x121c9e6fcb6d1fe7f8f9b3d1c49a6628df41a4848cdb0e2272c86e7ba9c347c9', '\x1e7693752081efd971fbade2ee42c290f52723f522986e8b377042052f86fc35');
INSERT INTO public.event VALUES (49, '2026-11-23 05:07:57.3586+00', 'controller/e1d7086e-ad11-417f-b330-8d05729cb68f', NULL, 'trust.publish', 'trust', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, 'f5d108d8-d3c0-4d88-af4a-4237019e783b', NULL, '{"created": "2026-11-23T05:07:57.347897Z", "version": 5, "backbone": "f5d108d8-d3c0-4d88-af4a-4237019e783b", "valid_until": "2026-11-24T05:07:57.340386Z"}', 'done', NULL, NULL, '\x1e7693752081efd971fbade2ee42c290f52723f522986e8b377042052f86fc35', '\xa295e90d1bb0e43b8eee3bf1053be5d22d25aaa6f667c2d0cd1b0bc5207f1b42');
INSERT INTO public.event VALUES (52, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0a-77db-b4bf-5bd3ea778027', NULL, NULL, NULL, '{"id": "01a206cd-cb0a-77db-b4bf-5bd3ea778027", "kind": "interface-type", "name": "tcp", "digest": "5117867a19943608672c90690da1fd80c81bdad62fac06311f35cfa050327e96", "created": "2026-11-23T05:07:59.895382Z", "version": "1.0.0", "block_type": null, "description": "A stream of bytes."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x485a5047d421a69edba939747e94909b4a5854c4fd661b3848d156c7a5b019f4', '\x364b745072afa8ad1c06c5a5e4e6356fb6df7fa03ff2fb8688f1cf0c6799210b');
INSERT INTO public.event VALUES (50, '2026-11-23 05:07:57.378959+00', 'controller/e1d7086e-ad11-417f-b330-8d05729cb68f', NULL, 'authority.withdraw', 'authority', 'eb608afa-5408-46df-9296-96a80d3d80a8', '9cef2e85-ab36-460c-b014-db8674d91362', NULL, '{"id": "eb608afa-5408-46df-9296-96a80d3d80a8", "since": "2026-11-23T05:07:57.322733Z", "state": "retired", "issuer": "f469835f-11b5-4b80-acdb-1ac0f161ec97", "reason": null, "created": "2026-11-23T05:07:53.231193Z", "hurried": false, "network": "9cef2e85-ab36-460c-b014-db8674d91362", "updated": "2026-11-23T05:07:57.322733Z", "backbone": null, "revision": 2, "not_after": "2036-11-20T05:07:49Z", "generation": 1, "not_before": "2026-11-23T05:02:53Z"}', '{"id": "eb608afa-5408-46df-9296-96a80d3d80a8", "since": "2026-11-23T05:07:57.357635Z", "state": "withdrawn", "issuer": "f469835f-11b5-4b80-acdb-1ac0f161ec97", "reason": null, "created": "2026-11-23T05:07:53.231193Z", "hurried": false, "network": "9cef2e85-ab36-460c-b014-db8674d91362", "updated": "2026-11-23T05:07:57.357635Z", "backbone": null, "revision": 3, "not_after": "2036-11-20T05:07:49Z", "generation": 1, "not_before": "2026-11-23T05:02:53Z"}', 'done', NULL, NULL, '\xa295e90d1bb0e43b8eee3bf1053be5d22d25aaa6f667c2d0cd1b0bc5207f1b42', '\x7db0523ac9e22f9e6b60de0ba90f6654e8289de695554fdf31b99b448d2847d3');
INSERT INTO public.event VALUES (54, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0a-77db-b4bf-5bd5de5d6362', NULL, NULL, NULL, '{"id": "01a206cd-cb0a-77db-b4bf-5bd5de5d6362", "kind": "interface-type", "name": "tls", "digest": "a13a95b550bf80f75e85f6ca793e42a7c7357cfa7f9dda4353774d26d7766f98", "created": "2026-11-23T05:07:59.895382Z", "version": "1.0.0", "block_type": null, "description": "TLS that ends in the components themselves."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x61834de21dc7e97c0ab54a200d95f1f0d5dfb148502ca07a3c2925ba33906814', '\xdf421a6caf4e6ad92e3e3eca0b77fc128f983028b200409a5343e475ae963734');
INSERT INTO public.event VALUES (55, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0a-77db-b4bf-5bd609a1733c', NULL, NULL, NULL, '{"id": "01a206cd-cb0a-77db-b4bf-5bd609a1733c", "kind": "interface-type", "name": "udp", "digest": "c39d468b78cf3eac43bc4e3edf417b3e1f105b89d86f0cda9da8533fa9e33a89", "created": "2026-11-23T05:07:59.895382Z", "version": "1.0.0", "block_type": null, "description": "Datagrams."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\xdf421a6caf4e6ad92e3e3eca0b77fc128f983028b200409a5343e475ae963734', '\xd5e36003b7d833a70678f406ab8fd91ae5967235fc1ba89f7e817ebd99b6b237');
INSERT INTO public.event VALUES (56, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0a-77db-b4bf-5bd7abb28de9', NULL, NULL, NULL, '{"id": "01a206cd-cb0a-77db-b4bf-5bd7abb28de9", "kind": "interface-type", "name": "messaging", "digest": "f4530726e56e1c09ef44692f783520414064204d35b40a636061104869caf65d", "created": "2026-11-23T05:07:59.895382Z", "version": "1.0.0", "block_type": null, "description": "Messages by way of a broker."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\xd5e36003b7d833a70678f406ab8fd91ae5967235fc1ba89f7e817ebd99b6b237', '\x52d20534a78a4a712c9008efc833a9ab03b27e4c331b1f563023fccf8e814a8c');
INSERT INTO public.event VALUES (57, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0b-76ff-b444-7b4f129818b0', NULL, NULL, NULL, '{"id": "01a206cd-cb0b-76ff-b444-7b4f129818b0", "kind": "interface-type", "name": "rpc", "digest": "1d6b2782bc5b9e53daab729aef019a22544239a7e3325d5d0785cc01c6362756", "created": "2026-11-23T05:07:59.895382Z", "version": "1.0.0", "block_type": null, "description": "Requests and responses in a protocol of the components'' own."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x52d20534a78a4a712c9008efc833a9ab03b27e4c331b1f563023fccf8e814a8c', '\x4ca74a86e1515b415b9612c836a0f61a5de241556a5cfc39d83fbcd0e75be509');
INSERT INTO public.event VALUES (58, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0b-76ff-b444-7b50cf7d6fc1', NULL, NULL, NULL, '{"id": "01a206cd-cb0b-76ff-b444-7b50cf7d6fc1", "kind": "interface-type", "name": "volume", "digest": "f0fd91915515b994d9ddc56e63be32753c667ac535d4263ef85b9b3c0eceb302", "created": "2026-11-23T05:07:59.895382Z", "version": "1.0.0", "block_type": null, "description": "Storage at a site."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x4ca74a86e1515b415b9612c836a0f61a5de241556a5cfc39d83fbcd0e75be509', '\x76ce8306a4bfa493258d002d86272b6bb0ccefd0e096a1098a6d41fb9b629ccf');
INSERT INTO public.event VALUES (59, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0b-76ff-b444-7b51756983b1', NULL, NULL, NULL, '{"id": "01a206cd-cb0b-76ff-b444-7b51756983b1", "kind": "interface-type", "name": "management", "digest": "4222b71154680516683bd067fae7890186bf8941b5b28983c8bec622a1b6aa3b", "created": "2026-11-23T05:07:59.895382Z", "version": "1.0.0", "block_type": null, "description": "Looking after a component: metrics, health, administration."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x76ce8306a4bfa493258d002d86272b6bb0ccefd0e096a1098a6d41fb9b629ccf', '\xa0368704deb7ea0bf2e97f80ddfac199f3885c8a150b761f103c6616e73f22b4');
INSERT INTO public.event VALUES (60, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0b-76ff-b444-7b52ca6cbeac', NULL, NULL, NULL, '{"id": "01a206cd-cb0b-76ff-b444-7b52ca6cbeac", "kind": "block", "name": "tcp-connector", "digest": "e72787b4b8a792fb5e8a0c1836ec6b7264b9da8e5210cc7807e49970375fb1eb", "created": "2026-11-23T05:07:59.895382Z", "version": "1.0.0", "block_type": "connector", "description": "Joins a TCP client and a TCP server."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\xa0368704deb7ea0bf2e97f80ddfac199f3885c8a150b761f103c6616e73f22b4', '\x2b9d2333218fa4f040b41bd7de32193e126c2686ee0a40ccb2aa1a6559db93e0');
INSERT INTO public.event VALUES (61, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0b-76ff-b444-7b5349f466a0', NULL, NULL, NULL, '{"id": "01a206cd-cb0b-76ff-b444-7b5349f466a0", "kind": "block", "name": "http-connector", "digest": "4692d2b44f069aa6263e2940de72d127842dd9529e407d2166a1dea0a1ed69d9", "created": "2026-11-23T05:07:59.895382Z", "version": "1.0.0", "block_type": "connector", "description": "Joins an HTTP client and an HTTP server."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x2b9d2333218fa4f040b41bd7de32193e126c2686ee0a40ccb2aa1a6559db93e0', '\x0e3f7ba872034940b6ba81e87292d7c2cb1a260acf72701aa59c6cbf60a3f7f5');
INSERT INTO public.event VALUES (62, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0b-76ff-b444-7b5498edf978', NULL, NULL, NULL, '{"id": "01a206cd-cb0b-76ff-b444-7b5498edf978", "kind": "block", "name": "tls-connector", "digest": "c2a42f8ddd791365bfeb506c5c394abc59ac79944fad3d71b04683bad0fe13dc", "created": "2026-11-23T05:07:59.895382Z", "version": "1.0.0", "block_type": "connector", "description": "Joins a TLS client and a TLS server; TLS ends in the components."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x0e3f7ba872034940b6ba81e87292d7c2cb1a260acf72701aa59c6cbf60a3f7f5', '\x4ec7909ac41a9feaeb1bb6a7a7ae0b23817b5678397de8fd92ec5a6f91cd34bc');
INSERT INTO public.event VALUES (63, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0b-76ff-b444-7b555d0a8096', NULL, NULL, NULL, '{"id": "01a206cd-cb0b-76ff-b444-7b555d0a8096", "kind": "block", "name": "http-ingress", "digest": "0b92f4d5d36da2374e75f25375b99ee1af878fab4a49962a4bd04fbc889b14ed", "created": "2026-11-23T05:07:59.895382Z", "version": "1.0.0", "block_type": "ingress", "description": "Lets HTTP requests in from outside at a port of the site."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x4ec7909ac41a9feaeb1bb6a7a7ae0b23817b5678397de8fd92ec5a6f91cd34bc', '\x4106505d2dad6409f3a2afe546a8338f2ad3ab751bea10b825c01d677f53de5a');
INSERT INTO public.event VALUES (64, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0c-727a-9cd2-a92b3daf13ce', NULL, NULL, NULL, '{"id": "01a206cd-cb0c-727a-9cd2-a92b3daf13ce", "kind": "block", "name": "http-egress", "digest": "a11446c44e64b6261d35a88b5af52fa4dab8a5d178a63979b33273ecdea1ab3c", "created": "2026-11-23T05:07:59.895382Z", "version": "1.0.0", "block_type": "egress", "description": "Lets components reach an HTTP server outside, by way of a site that can."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x4106505d2dad6409f3a2afe546a8338f2ad3ab751bea10b825c01d677f53de5a', '\x6f8245687327508b73c785ef06c6dde2f2603bba4fd18e3995d243a986146696');
INSERT INTO public.event VALUES (65, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0c-727a-9cd2-a92c2968b5a3', NULL, NULL, NULL, '{"id": "01a206cd-cb0c-727a-9cd2-a92c2968b5a3", "kind": "block", "name": "tcp-egress", "digest": "10f44c01453ecb6479121956b7f8e9a4732afc36d9ed10d9409fedd3aebb41ca", "created": "2026-11-23T05:07:59.895382Z", "version": "1.0.0", "block_type": "egress", "description": "Lets components reach a TCP server outside, by way of a site that can."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x6f8245687327508b73c785ef06c6dde2f2603bba4fd18e3995d243a986146696', '\x146b4a5847fec6b365db26fb4bbed62ab4505ce7779ae70c0e382951197dd3bb');
INSERT INTO public.event VALUES (66, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0c-727a-9cd2-a92d321c7f2d', NULL, NULL, NULL, '{"id": "01a206cd-cb0c-727a-9cd2-a92d321c7f2d", "kind": "block", "name": "rabbitmq", "digest": "042c377df58f1a1df0f578e413f13a44adc73be64e0820f6a5b8b129688fdeec", "created": "2026-11-23T05:07:59.895382Z", "version": "3.13.0", "block_type": "component", "description": "A RabbitMQ broker as a component of its own."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x146b4a5847fec6b365db26fb4bbed62ab4505ce7779ae70c0e382951197dd3bb', '\xb1dc5dbb6082a805a531105aa827b93b76197036cafa7e6b2f024ab3bf09c99a');
INSERT INTO public.event VALUES (67, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0c-727a-9cd2-a92e572929a2', NULL, NULL, NULL, '{"id": "01a206cd-cb0c-727a-9cd2-a92e572929a2", "kind": "block", "name": "rabbitmq-queue", "digest": "20e643e56a848d827932318ea35c6d8a5395d7e2df6f4241deac05042e3d9153", "created": "2026-11-23T05:07:59.895382Z", "version": "3.13.0", "block_type": "connector", "description": "A queue between a sender and a receiver, kept by a RabbitMQ broker beside the receiver."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\xb1dc5dbb6082a805a531105aa827b93b76197036cafa7e6b2f024ab3bf09c99a', '\x089fe891076d545479189ab65d20ea3df7d67278dc0248c994411d14b622f3e9');
INSERT INTO public.event VALUES (68, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb0c-727a-9cd2-a92f004cc065', NULL, NULL, NULL, '{"id": "01a206cd-cb0c-727a-9cd2-a92f004cc065", "kind": "block", "name": "prometheus", "digest": "1e5e10bc221c9fcdd0aa89b5067d09032a33ab5a5964a517a8ed50b382febdb8", "created": "2026-11-23T05:07:59.895382Z", "version": "2.54.0", "block_type": "component", "description": "Gathers the metrics of any number of components."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x089fe891076d545479189ab65d20ea3df7d67278dc0248c994411d14b622f3e9', '\x20ad44d9f6aa9d9a49ffca01d2e03c5d00c0e4e48bd503dfc9729441bdc0917c');
INSERT INTO public.event VALUES (69, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb15-73fd-857d-6898840901f8', NULL, NULL, NULL, '{"id": "01a206cd-cb15-73fd-857d-6898840901f8", "kind": "block", "name": "postgresql", "digest": "68dff82995e26c4d29853c2b6819c3898971d8327d06d05c9f70b7fd7031cb52", "created": "2026-11-23T05:07:59.895382Z", "version": "16.4.0", "block_type": "component", "description": "A PostgreSQL database."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x20ad44d9f6aa9d9a49ffca01d2e03c5d00c0e4e48bd503dfc9729441bdc0917c', '\x6803cd974ddc113334598cb8eaa46712dd2a63a34e4df30fb74212862268b664');
INSERT INTO public.event VALUES (70, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb15-73fd-857d-6899f32b2355', NULL, NULL, NULL, '{"id": "01a206cd-cb15-73fd-857d-6899f32b2355", "kind": "block", "name": "redis", "digest": "e5cb27f4f3e7582300fe2074d72bb3a1f2e804fbedbafcfa5d215c9ef237f32c", "created": "2026-11-23T05:07:59.895382Z", "version": "7.4.0", "block_type": "component", "description": "A Redis cache."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x6803cd974ddc113334598cb8eaa46712dd2a63a34e4df30fb74212862268b664', '\xaac72574196a796607cab98ff6eb8518b6807e509e664f95e76d0a86b75e9334');
INSERT INTO public.event VALUES (71, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb15-73fd-857d-689a2c8fc7a8', NULL, NULL, NULL, '{"id": "01a206cd-cb15-73fd-857d-689a2c8fc7a8", "kind": "block", "name": "volume", "digest": "fc4e5331c984e84bb8191746d5e4826bc76d711ee9d834e51ed0bd6c6354c262", "created": "2026-11-23T05:07:59.895382Z", "version": "1.0.0", "block_type": "connector", "description": "A volume that components at the same site share."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\xaac72574196a796607cab98ff6eb8518b6807e509e664f95e76d0a86b75e9334', '\x8512d438b387e27c031a79a6bb70e86927de7ec07e518cac01142e4d2301a4a1');
INSERT INTO public.event VALUES (72, '2026-11-23 05:07:59.982448+00', 'admin', NULL, 'library.import', 'library-document', '01a206cd-cb15-73fd-857d-689b501ef313', NULL, NULL, NULL, '{"id": "01a206cd-cb15-73fd-857d-689b501ef313", "kind": "block", "name": "nginx", "digest": "a73464f7563005fb79b501d36f2d5756718d797792bd229ce9dd082aaf920e99", "created": "2026-11-23T05:07:59.895382Z", "version": "1.27.0", "block_type": "component", "description": "An NGINX web server in front of one application."}', 'done', '01a206cd-c42d-7754-9ce3-9bc622745a2f', '127.0.0.1', '\x8512d438b387e27c031a79a6bb70e86927de7ec07e518cac01142e4d2301a4a1', '\x92c44df372eba1a60341c4d40800ab847e61eb2b0894314adaf3e7974549d5e5');

INSERT INTO public.event_head VALUES (true, 73, '\xadb4893036f1b4c4ba3041e19767ef56a44c2006a744ff0360235a387f5c57a4');

INSERT INTO public.idempotency_key VALUES ('admin', '83072f62-c753-485a-b4fd-500ad9168ed8', '\xaecbb4105160644285984245beb9d87f299216308ecd50a371c8fb40ccb174f1', 201, '\x1ebc3f5b975b4467b408c91d104b37ea', '2026-11-23 05:07:49.813111+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'b1c2767e-7fa6-4b17-bf40-ea71564b3f5a', '\x03ee5adc92fd6ae278f64cd289639462d7a6686090d6ce05f83d0869bae6e8da', 201, '\xf5d108d8d3c04d88af4a4237019e783b', '2026-11-23 05:07:49.905684+00');
INSERT INTO public.idempotency_key VALUES ('admin', '005f8653-64f0-401c-a49f-ab7b6e0fcda7', '\xc7410372cf706164564fc2c3c30fd60242c962952678fb8eca2e4f1c7544cbfd', 201, '\x3281b7d96b1d4f29b0775551a968c62d', '2026-11-23 05:07:50.061878+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'ded933d0-b0de-41fb-9e02-f9c846a3432e', '\x854ab7ce92d3bf71db3bef7acea87b70c9dc7fc34370b7e75db79f6db26cd45f', 201, '\x99e6ad6f013945e8b554f1e7132431f6', '2026-11-23 05:07:50.276822+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'c350de2e-79e8-426b-8112-a7c25d773f3c', '\xb79e281662f515d199e9f353f1a2035326bd75a843877c608305c43f4356924d', 201, '\x0212d059c1764e98beed45f72fe9b69a', '2026-11-23 05:07:50.411005+00');
INSERT INTO public.idempotency_key VALUES ('admin', '65c0d0f0-dafe-4eaa-a418-37bd549e40cd', '\x8a5420fa870bd71b3f5a54c4a399fa5c9b583066e4667fa155ecf97b57ea8423', 201, '\xab3d0bb99ed140d7906ef85d94c0a6f0', '2026-11-23 05:07:52.73118+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'f5da2f99-5cea-4b9d-8121-cdf13a9e7df8', '\x390b9d8c236339559f0f8dac12af4cede6a35225c09f3bef4a580c8bde743f24', 201, '\xab3d0bb99ed140d7906ef85d94c0a6f0', '2026-11-23 05:07:52.989577+00');
INSERT INTO public.idempotency_key VALUES ('admin', '50e61913-88dc-4569-9471-29a585a68b86', '\x2ba6015a1072b3054ebeeed0ff023a0c0af0f11a18814a355c6c788d11656b19', 201, '\x9cef2e85ab36460cb014db8674d91362', '2026-11-23 05:07:53.231193+00');
INSERT INTO public.idempotency_key VALUES ('admin', '7f12e1e2-6ac1-4069-9d7f-f7a2d77c55bf', '\x8594ede6ec7f29cb0de853b4b56341fa1f1349e6747c85e0e59b3d3f7178bde1', 201, '\x8233111139304a1c850991310ba4e18f', '2026-11-23 05:07:53.498178+00');
INSERT INTO public.idempotency_key VALUES ('admin', '0c5abbdd-f3d2-431f-9a6f-32106d33854c', '\x56aebca4aeb467b5afb3db8ebb632419853b0eb3550460c2ba6d7acf8efce49b', 201, '\x35f2091d3c3141be989bd5b6aecf7898', '2026-11-23 05:07:53.910881+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'e8f9a52b-10d8-437f-b95c-5d263e69934c', '\x6a6ea86dd0ad6c70d66c282fe6897b1fc71ec04e82e81aaec98a996e6901a7c3', 201, '\x3a5b29b6ea87481184096dfaba76a04e', '2026-11-23 05:07:54.07412+00');
INSERT INTO public.idempotency_key VALUES ('admin', '1d58587c-747b-4779-955c-ff7012da6a6a', '\x6ae2f639572201dd5c2ce598cdc7155bf81c809fb081318b5204e63fd6f2d36d', 201, '\x94667655d14e4ab5bd84ae33de6884f9', '2026-11-23 05:07:56.181156+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'c0b7cfd8-483f-4154-8b80-ac08f4ca409d', '\x6a19dedbd8b0d6eea6d8206329060bcefde133aa20d6f9235f5c5124f382bb93', 201, '\x6535a673783c4ac0a2b483dd7df669dc', '2026-11-23 05:07:56.313435+00');

INSERT INTO public.installation VALUES ('1ebc3f5b-975b-4467-b408-c91d104b37ea', 'abebfe96221e0f51', '2026-11-23 05:07:49.609464+00', '2026-11-23 05:07:49.609464+00', 1, true);

INSERT INTO public.invitation VALUES ('35f2091d-3c31-41be-989b-d5b6aecf7898', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'secret', 1, 0, NULL, 'secret', 0, NULL, '\x308202b230820257a003020102021068ae61643df42de011c78340b1129e24300a06082a8648ce3d0403023051312d302b060355040a0c2461623364306262392d396564312d343064372d393036652d6638356439346330613666303120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132333035303235335a170d3237313132343035303735335a304e312d302b060355040a0c2433356632303931642d336333312d343162652d393839622d643562366165636637383938311d301b06035504030c14536b75707065722d5820696e7669746174696f6e3059301306072a8648ce3d020106082a8648ce3d03010703420004f4be1553fcb56117e061b9357a78df570d1638bdbabd8c315bed6144c71a7a23d997bdf4a7187948972ed494d2dd9cc11f6b62478597765e9c41f9f8035ba616a38201123082010e301f0603551d23041830168014fb2eb9e4df728367532ed0b7e725cc65253a0b3c3081980603551d1104819030818d86818a7370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6e6574776f726b2f61623364306262392d396564312d343064372d393036652d6638356439346330613666302f696e7669746174696f6e2f33356632303931642d336333312d343162652d393839622d643562366165636637383938300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301d0603551d0e04160414cfc02346ae62aebe56192dd298e8960b977a0d71300c0603551d130101ff04023000300a06082a8648ce3d0403020349003046022100818eee76d1a8f06460aa460174ec13f47c84a89b7a967385b5e4bc202c7ad67a022100bb9409d0f15c7b1265c701f290f71da6b0f7aec265048b49a954ed2b3edb4978', '\x01abebfe96221e0f51caad194db9177f02d035ec9c9ae533d217b49268c8a03da00a0109e3bd9dd32bcc345b857089d9b106483bceef8cd781c0f93bf4177ad4145a22382b2ca1e93d1aeb88d7375634579607f09e42c8e31a84b9f8b080b7467b71b7c285c63ac55efe105e0044cd636116200be0cecfc2634be323f7fd3f83703aa5eb441cfba1e6273b0e70f714bc803aeacdd4f9eb12d2933585f568fa6596b1350a084c139a1bb24005ca07a3', '2026-11-23 05:07:53.910881+00', '2026-11-23 05:07:53.910881+00', 1, 'automatic', 0, false, '$argon2id$v=19$m=19456,t=2,p=1$qDYr3rcvTKi64fkt5N5TIg$GqjzweQWVQGLLJfBBE7ipCZQ9IfI0ihZXsT2N3tuvMk', 0, NULL, '{}');
INSERT INTO public.invitation VALUES ('3a5b29b6-ea87-4811-8409-6dfaba76a04e', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'room', 5, 0, NULL, 'room', 1, NULL, '\x308202b130820257a00302010202104f7ce42b25d9254bfbddec9b665229da300a06082a8648ce3d0403023051312d302b060355040a0c2461623364306262392d396564312d343064372d393036652d6638356439346330613666303120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132333035303235345a170d3237313132343035303735345a304e312d302b060355040a0c2433613562323962362d656138372d343831312d383430392d366466616261373661303465311d301b06035504030c14536b75707065722d5820696e7669746174696f6e3059301306072a8648ce3d020106082a8648ce3d03010703420004e5f014cbaf78ba1507f8c82582847b102513bdd72c6e21a82187f1287d2fb01bbcb1b398ad8b65e83a2225c6fa97cdcf74baa4a50c4da7c7718250bb4e3df799a38201123082010e301f0603551d23041830168014fb2eb9e4df728367532ed0b7e725cc65253a0b3c3081980603551d1104819030818d86818a7370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6e6574776f726b2f61623364306262392d396564312d343064372d393036652d6638356439346330613666302f696e7669746174696f6e2f33613562323962362d656138372d343831312d383430392d366466616261373661303465300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301d0603551d0e04160414f74f18148eec8332f9f1c81908821d9bbcbaf029300c0603551d130101ff04023000300a06082a8648ce3d0403020348003045022100dd916f315bd7c19cfcde8e4aaeca070b17fe3027a143c655d52833d915861c61022019d79d1adce766ccc5bfeaf7a57ea5c9a44a89c5db8896d85c2c8b93bf676632', '\x01abebfe96221e0f51c0a5af8b0e78d715671a135de3af037f71fa5e6e7b2ac485b70454ae98d12c0d74e73fe90bfccf1766a8795b659cd4b0476578f5f122d33fc70a7ec7a496ff9fd036d907d1f902310d2e6fd6b10a7e5a931c517f78bf8b6bfba41e21fde1949212d68f883e5a14fb23a275dc2b17952ae1f210d91205263b5041f231b383b220c010b4e758dd04c3192ced3c2b36cb38c42a061a211e60304c608dbfd15de7658d7b0690108a', '2026-11-23 05:07:54.07412+00', '2026-11-23 05:07:55.203711+00', 2, 'waiting-room', 1, false, NULL, 0, NULL, '{}');
INSERT INTO public.invitation VALUES ('82331111-3930-4a1c-8509-91310ba4e18f', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'stores', NULL, 2, NULL, 'stores', 2, NULL, '\x308202b030820257a0030201020210468c0014d10d6c0a4cfe5ad26b7a817e300a06082a8648ce3d0403023051312d302b060355040a0c2461623364306262392d396564312d343064372d393036652d6638356439346330613666303120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132333035303235335a170d3237313132343035303735335a304e312d302b060355040a0c2438323333313131312d333933302d346131632d383530392d393133313062613465313866311d301b06035504030c14536b75707065722d5820696e7669746174696f6e3059301306072a8648ce3d020106082a8648ce3d03010703420004db2860a24a2d4ca6a1b0465e6e3cb2abfe6a1f4eb21866b933c0cfb1ee78e48829a000e9bc1d70897d302846b7f29895d614c3794ec7ddbb2b9322bb7fe6eeb5a38201123082010e301f0603551d23041830168014fb2eb9e4df728367532ed0b7e725cc65253a0b3c3081980603551d1104819030818d86818a7370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6e6574776f726b2f61623364306262392d396564312d343064372d393036652d6638356439346330613666302f696e7669746174696f6e2f38323333313131312d333933302d346131632d383530392d393133313062613465313866300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301d0603551d0e04160414906c15996ed03b18ea43199286c11a7f1690e05d300c0603551d130101ff04023000300a06082a8648ce3d0403020347003044022042c7b893b7d493763ee94ae9856275e0c4b1e4e821f056da9ac7635d247f188502203b67235e6d87e5e82fb37008252dcc423de431b8893639ba3d55392d38bb46a2', '\x01abebfe96221e0f51630436f6203e2a36f13632dc9cb6256ae6963b4761368231abc716a8101a23a1f46e87b1b3546936443b9df3f26c7893ba5ea9bec0d59546a949444cb34c45459485743565a31eeba3c2c3abfdda94f12f4c0f5dfbfa6a8fef6dce171e58854ab643cf66079e705641fb0662550f025c0d3d014a74f67e17016a9da65c747e25f14c3c967ce2f805a28410f1826efbe5757690711096762430dad476420b32666bc61ba66159', '2026-11-23 05:07:53.498178+00', '2026-11-23 05:07:55.190537+00', 3, 'automatic', 0, false, NULL, 0, NULL, '{}');

INSERT INTO public.invitation_class VALUES ('82331111-3930-4a1c-8509-91310ba4e18f', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'till');

INSERT INTO public.key_tombstone VALUES ('ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', '\xbae9790af9973f73223dccb479f18ec51c8b96cd49a87682f757cae87038a68b', '80cd34c5-3070-4fcd-94f4-d83a9faed6bf', 'evicted', '2026-11-23 05:07:56.936683+00');

INSERT INTO public.library VALUES (true, 1);

INSERT INTO public.library_document VALUES ('01a206cd-cb0a-77db-b4bf-5bd3ea778027', 'interface-type', 'tcp', '1.0.0', '\x5117867a19943608672c90690da1fd80c81bdad62fac06311f35cfa050327e96', 'A stream of bytes.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"A stream of bytes.","name":"tcp","version":"1.0.0"},"spec":{"roles":{"accept":{"data":{"host":{"description":"The host it listens on, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port it listens on.","maximum":65535,"minimum":1,"required":true,"type":"integer"}},"description":"Accepts connections.","meets":["connect"],"side":"serves"},"connect":{"bind":{"max":1,"min":1},"data":{"host":{"description":"The local address at which its peer is found.","type":"string"},"port":{"description":"The local port at which it wants to find its peer.","maximum":65535,"minimum":1,"type":"integer"}},"description":"Opens connections.","meets":["accept"],"side":"uses"}}}}', '# The interface types every library has.
apiVersion: skupperx.io/v1
kind: InterfaceType
metadata: {name: tcp, version: 1.0.0, description: A stream of bytes.}
spec:
  roles:
    accept:
      description: Accepts connections.
      meets: [connect]
      side: serves
      data:
        port: {type: integer, required: true, minimum: 1, maximum: 65535, description: The port it listens on.}
        host: {type: string, description: "The host it listens on, if it is not the block''s own workload."}
    connect:
      description: Opens connections.
      meets: [accept]
      side: uses
      bind: {min: 1, max: 1}
      data:
        port: {type: integer, minimum: 1, maximum: 65535, description: The local port at which it wants to find its peer.}
        host: {type: string, description: The local address at which its peer is found.}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0a-77db-b4bf-5bd4e745e59c', 'interface-type', 'http', '1.0.0', '\x1cfff26410464da87298a7a40be701f3fccd3ac2ae84752edc14e71a1056f8bc', 'HTTP, version 1 or 2, in plain text: the network encrypts.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"HTTP, version 1 or 2, in plain text: the network encrypts.","name":"http","version":"1.0.0"},"spec":{"roles":{"accept":{"data":{"host":{"description":"The host it listens on, if it is not the block''s own workload.","type":"string"},"path":{"default":"/","description":"The path under which it answers.","pattern":"^/","type":"string"},"port":{"description":"The port it listens on.","maximum":65535,"minimum":1,"required":true,"type":"integer"}},"description":"Answers requests.","meets":["connect"],"side":"serves"},"connect":{"bind":{"max":1,"min":1},"data":{"host":{"description":"The local address at which its peer is found.","type":"string"},"port":{"description":"The local port at which it wants to find its peer.","maximum":65535,"minimum":1,"type":"integer"}},"description":"Makes requests.","meets":["accept"],"side":"uses"}}}}', 'apiVersion: skupperx.io/v1
kind: InterfaceType
metadata: {name: http, version: 1.0.0, description: "HTTP, version 1 or 2, in plain text: the network encrypts."}
spec:
  roles:
    accept:
      description: Answers requests.
      meets: [connect]
      side: serves
      data:
        port: {type: integer, required: true, minimum: 1, maximum: 65535, description: The port it listens on.}
        host: {type: string, description: "The host it listens on, if it is not the block''s own workload."}
        path: {type: string, default: /, pattern: "^/", description: The path under which it answers.}
    connect:
      description: Makes requests.
      meets: [accept]
      side: uses
      bind: {min: 1, max: 1}
      data:
        port: {type: integer, minimum: 1, maximum: 65535, description: The local port at which it wants to find its peer.}
        host: {type: string, description: The local address at which its peer is found.}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0a-77db-b4bf-5bd5de5d6362', 'interface-type', 'tls', '1.0.0', '\xa13a95b550bf80f75e85f6ca793e42a7c7357cfa7f9dda4353774d26d7766f98', 'TLS that ends in the components themselves.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"TLS that ends in the components themselves.","name":"tls","version":"1.0.0"},"spec":{"roles":{"accept":{"data":{"host":{"description":"The host it listens on, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port it listens on.","maximum":65535,"minimum":1,"required":true,"type":"integer"},"serverName":{"description":"The name its certificate is for.","required":true,"type":"string"}},"description":"Accepts TLS connections.","meets":["connect"],"side":"serves"},"connect":{"bind":{"max":1,"min":1},"data":{"host":{"description":"The local address at which its peer is found.","type":"string"},"port":{"description":"The local port at which it wants to find its peer.","maximum":65535,"minimum":1,"type":"integer"}},"description":"Opens TLS connections.","meets":["accept"],"side":"uses"}}}}', 'apiVersion: skupperx.io/v1
kind: InterfaceType
metadata: {name: tls, version: 1.0.0, description: TLS that ends in the components themselves.}
spec:
  roles:
    accept:
      description: Accepts TLS connections.
      meets: [connect]
      side: serves
      data:
        port: {type: integer, required: true, minimum: 1, maximum: 65535, description: The port it listens on.}
        host: {type: string, description: "The host it listens on, if it is not the block''s own workload."}
        serverName: {type: string, required: true, description: The name its certificate is for.}
    connect:
      description: Opens TLS connections.
      meets: [accept]
      side: uses
      bind: {min: 1, max: 1}
      data:
        port: {type: integer, minimum: 1, maximum: 65535, description: The local port at which it wants to find its peer.}
        host: {type: string, description: The local address at which its peer is found.}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0a-77db-b4bf-5bd609a1733c', 'interface-type', 'udp', '1.0.0', '\xc39d468b78cf3eac43bc4e3edf417b3e1f105b89d86f0cda9da8533fa9e33a89', 'Datagrams.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"Datagrams.","name":"udp","version":"1.0.0"},"spec":{"protocol":"udp","roles":{"accept":{"data":{"host":{"description":"The host it listens on, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port it listens on.","maximum":65535,"minimum":1,"required":true,"type":"integer"}},"description":"Receives datagrams, and may answer.","meets":["connect"],"side":"serves"},"connect":{"bind":{"max":1,"min":1},"data":{"host":{"description":"The local address at which its peer is found.","type":"string"},"port":{"description":"The local port at which it wants to find its peer.","maximum":65535,"minimum":1,"type":"integer"}},"description":"Sends datagrams.","meets":["accept"],"side":"uses"}}}}', 'apiVersion: skupperx.io/v1
kind: InterfaceType
metadata: {name: udp, version: 1.0.0, description: Datagrams.}
spec:
  protocol: udp
  roles:
    accept:
      description: Receives datagrams, and may answer.
      meets: [connect]
      side: serves
      data:
        port: {type: integer, required: true, minimum: 1, maximum: 65535, description: The port it listens on.}
        host: {type: string, description: "The host it listens on, if it is not the block''s own workload."}
    connect:
      description: Sends datagrams.
      meets: [accept]
      side: uses
      bind: {min: 1, max: 1}
      data:
        port: {type: integer, minimum: 1, maximum: 65535, description: The local port at which it wants to find its peer.}
        host: {type: string, description: The local address at which its peer is found.}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0b-76ff-b444-7b5349f466a0', 'block', 'http-connector', '1.0.0', '\x4692d2b44f069aa6263e2940de72d127842dd9529e407d2166a1dea0a1ed69d9', 'Joins an HTTP client and an HTTP server.', 'connector', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"Joins an HTTP client and an HTTP server.","name":"http-connector","version":"1.0.0"},"spec":{"interfaces":{"client":{"bind":{"max":1,"min":1},"data":{"port":1},"role":"accept","type":"http"},"server":{"role":"connect","type":"http"}},"type":"connector"}}', 'apiVersion: skupperx.io/v1
kind: Block
metadata: {name: http-connector, version: 1.0.0, description: Joins an HTTP client and an HTTP server.}
spec:
  type: connector
  interfaces:
    client: {type: http, role: accept, bind: {min: 1, max: 1}, data: {port: 1}}
    server: {type: http, role: connect}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0a-77db-b4bf-5bd7abb28de9', 'interface-type', 'messaging', '1.0.0', '\xf4530726e56e1c09ef44692f783520414064204d35b40a636061104869caf65d', 'Messages by way of a broker.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"Messages by way of a broker.","name":"messaging","version":"1.0.0"},"spec":{"roles":{"consume":{"bind":{"min":1},"data":{"host":{"description":"The host of the broker, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port of the broker.","maximum":65535,"minimum":1,"type":"integer"},"queue":{"description":"The name of the queue or topic.","type":"string"}},"description":"Consumes what is published.","meets":["produce"],"side":"mediated"},"produce":{"bind":{"min":1},"data":{"host":{"description":"The host of the broker, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port of the broker.","maximum":65535,"minimum":1,"type":"integer"},"queue":{"description":"The name of the queue or topic.","type":"string"}},"description":"Publishes messages to all consumers.","meets":["consume"],"side":"mediated"},"receive":{"bind":{"min":1},"data":{"host":{"description":"The host of the broker, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port of the broker.","maximum":65535,"minimum":1,"type":"integer"},"queue":{"description":"The name of the queue or topic.","type":"string"}},"description":"Receives messages.","meets":["send"],"side":"mediated"},"send":{"bind":{"min":1},"data":{"host":{"description":"The host of the broker, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port of the broker.","maximum":65535,"minimum":1,"type":"integer"},"queue":{"description":"The name of the queue or topic.","type":"string"}},"description":"Sends messages to one receiver each.","meets":["receive"],"side":"mediated"}}}}', 'apiVersion: skupperx.io/v1
kind: InterfaceType
metadata: {name: messaging, version: 1.0.0, description: Messages by way of a broker.}
spec:
  roles:
    send:
      description: Sends messages to one receiver each.
      meets: [receive]
      side: mediated
      bind: {min: 1}
      data: &end
        port: {type: integer, minimum: 1, maximum: 65535, description: The port of the broker.}
        host: {type: string, description: "The host of the broker, if it is not the block''s own workload."}
        queue: {type: string, description: The name of the queue or topic.}
    receive:
      description: Receives messages.
      meets: [send]
      side: mediated
      bind: {min: 1}
      data: *end
    produce:
      description: Publishes messages to all consumers.
      meets: [consume]
      side: mediated
      bind: {min: 1}
      data: *end
    consume:
      description: Consumes what is published.
      meets: [produce]
      side: mediated
      bind: {min: 1}
      data: *end
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0b-76ff-b444-7b4f129818b0', 'interface-type', 'rpc', '1.0.0', '\x1d6b2782bc5b9e53daab729aef019a22544239a7e3325d5d0785cc01c6362756', 'Requests and responses in a protocol of the components'' own.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"Requests and responses in a protocol of the components'' own.","name":"rpc","version":"1.0.0"},"spec":{"roles":{"request":{"bind":{"max":1,"min":1},"data":{"host":{"description":"The local address at which its peer is found.","type":"string"},"port":{"description":"The local port at which it wants to find its peer.","maximum":65535,"minimum":1,"type":"integer"}},"description":"Makes requests.","meets":["respond"],"side":"uses"},"respond":{"data":{"host":{"description":"The host it listens on, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port it listens on.","maximum":65535,"minimum":1,"required":true,"type":"integer"},"service":{"description":"The service it offers, such as shop.v1.Orders.","type":"string"}},"description":"Answers requests.","meets":["request"],"side":"serves"}}}}', 'apiVersion: skupperx.io/v1
kind: InterfaceType
metadata: {name: rpc, version: 1.0.0, description: Requests and responses in a protocol of the components'' own.}
spec:
  roles:
    respond:
      description: Answers requests.
      meets: [request]
      side: serves
      data:
        port: {type: integer, required: true, minimum: 1, maximum: 65535, description: The port it listens on.}
        host: {type: string, description: "The host it listens on, if it is not the block''s own workload."}
        service: {type: string, description: "The service it offers, such as shop.v1.Orders."}
    request:
      description: Makes requests.
      meets: [respond]
      side: uses
      bind: {min: 1, max: 1}
      data:
        port: {type: integer, minimum: 1, maximum: 65535, description: The local port at which it wants to find its peer.}
        host: {type: string, description: The local address at which its peer is found.}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0b-76ff-b444-7b50cf7d6fc1', 'interface-type', 'volume', '1.0.0', '\xf0fd91915515b994d9ddc56e63be32753c667ac535d4263ef85b9b3c0eceb302', 'Storage at a site.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"Storage at a site.","name":"volume","version":"1.0.0"},"spec":{"reach":"local","roles":{"mount":{"bind":{"max":1,"min":1},"description":"Needs storage.","meets":["provide"],"side":"none"},"provide":{"bind":{"min":1},"data":{"claim":{"description":"The name of the volume.","required":true,"type":"string"}},"description":"Provides storage.","meets":["mount"],"side":"none"}}}}', 'apiVersion: skupperx.io/v1
kind: InterfaceType
metadata: {name: volume, version: 1.0.0, description: Storage at a site.}
spec:
  reach: local
  roles:
    mount:
      description: Needs storage.
      meets: [provide]
      side: none
      bind: {min: 1, max: 1}
    provide:
      description: Provides storage.
      meets: [mount]
      side: none
      bind: {min: 1}
      data:
        claim: {type: string, required: true, description: The name of the volume.}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0b-76ff-b444-7b51756983b1', 'interface-type', 'management', '1.0.0', '\x4222b71154680516683bd067fae7890186bf8941b5b28983c8bec622a1b6aa3b', 'Looking after a component: metrics, health, administration.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"Looking after a component: metrics, health, administration.","name":"management","version":"1.0.0"},"spec":{"roles":{"manage":{"data":{"host":{"description":"The local address at which its peer is found.","type":"string"},"port":{"description":"The local port at which it wants to find its peer.","maximum":65535,"minimum":1,"type":"integer"}},"description":"Looks after others.","meets":["managed"],"side":"uses"},"managed":{"data":{"host":{"description":"The host it listens on, if it is not the block''s own workload.","type":"string"},"path":{"default":"/metrics","description":"Where its metrics are.","pattern":"^/","type":"string"},"port":{"description":"The port it listens on.","maximum":65535,"minimum":1,"required":true,"type":"integer"}},"description":"Is looked after.","meets":["manage"],"side":"serves"}}}}', 'apiVersion: skupperx.io/v1
kind: InterfaceType
metadata: {name: management, version: 1.0.0, description: "Looking after a component: metrics, health, administration."}
spec:
  roles:
    managed:
      description: Is looked after.
      meets: [manage]
      side: serves
      data:
        port: {type: integer, required: true, minimum: 1, maximum: 65535, description: The port it listens on.}
        host: {type: string, description: "The host it listens on, if it is not the block''s own workload."}
        path: {type: string, default: /metrics, pattern: "^/", description: Where its metrics are.}
    manage:
      description: Looks after others.
      meets: [managed]
      side: uses
      data:
        port: {type: integer, minimum: 1, maximum: 65535, description: The local port at which it wants to find its peer.}
        host: {type: string, description: The local address at which its peer is found.}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0b-76ff-b444-7b52ca6cbeac', 'block', 'tcp-connector', '1.0.0', '\xe72787b4b8a792fb5e8a0c1836ec6b7264b9da8e5210cc7807e49970375fb1eb', 'Joins a TCP client and a TCP server.', 'connector', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"Joins a TCP client and a TCP server.","name":"tcp-connector","version":"1.0.0"},"spec":{"interfaces":{"client":{"bind":{"max":1,"min":1},"data":{"port":1},"role":"accept","type":"tcp"},"server":{"role":"connect","type":"tcp"}},"type":"connector"}}', '# Connectors: what stands between two components. These need no body: listener and connector follow from the link.
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: tcp-connector, version: 1.0.0, description: Joins a TCP client and a TCP server.}
spec:
  type: connector
  interfaces:
    client: {type: tcp, role: accept, bind: {min: 1, max: 1}, data: {port: 1}}
    server: {type: tcp, role: connect}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0b-76ff-b444-7b5498edf978', 'block', 'tls-connector', '1.0.0', '\xc2a42f8ddd791365bfeb506c5c394abc59ac79944fad3d71b04683bad0fe13dc', 'Joins a TLS client and a TLS server; TLS ends in the components.', 'connector', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"Joins a TLS client and a TLS server; TLS ends in the components.","name":"tls-connector","version":"1.0.0"},"spec":{"config":{"serverName":{"description":"The name the server''s certificate is for.","required":true,"type":"string"}},"interfaces":{"client":{"bind":{"max":1,"min":1},"data":{"port":1,"serverName":"${{ config.serverName }}"},"role":"accept","type":"tls"},"server":{"role":"connect","type":"tls"}},"type":"connector"}}', 'apiVersion: skupperx.io/v1
kind: Block
metadata: {name: tls-connector, version: 1.0.0, description: Joins a TLS client and a TLS server; TLS ends in the components.}
spec:
  type: connector
  config:
    serverName: {type: string, required: true, description: The name the server''s certificate is for.}
  interfaces:
    client: {type: tls, role: accept, bind: {min: 1, max: 1}, data: {port: 1, serverName: "${{ config.serverName }}"}}
    server: {type: tls, role: connect}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0b-76ff-b444-7b555d0a8096', 'block', 'http-ingress', '1.0.0', '\x0b92f4d5d36da2374e75f25375b99ee1af878fab4a49962a4bd04fbc889b14ed', 'Lets HTTP requests in from outside at a port of the site.', 'ingress', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"Lets HTTP requests in from outside at a port of the site.","name":"http-ingress","version":"1.0.0"},"spec":{"config":{"host":{"default":"0.0.0.0","description":"The local address it is opened at.","local":true,"type":"string"},"port":{"default":8080,"description":"The port that is opened to the outside.","local":true,"maximum":65535,"minimum":1,"type":"integer"}},"interfaces":{"to":{"data":{"host":"${{ config.host }}","port":"${{ config.port }}"},"description":"Who answers.","role":"connect","type":"http"}},"type":"ingress"}}', '# Where the outside comes in, and where the network goes out.
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: http-ingress, version: 1.0.0, description: Lets HTTP requests in from outside at a port of the site.}
spec:
  type: ingress
  config:
    port: {type: integer, default: 8080, minimum: 1, maximum: 65535, local: true, description: The port that is opened to the outside.}
    host: {type: string, default: 0.0.0.0, local: true, description: The local address it is opened at.}
  interfaces:
    to:
      type: http
      role: connect
      description: Who answers.
      data: {port: "${{ config.port }}", host: "${{ config.host }}"}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0c-727a-9cd2-a92b3daf13ce', 'block', 'http-egress', '1.0.0', '\xa11446c44e64b6261d35a88b5af52fa4dab8a5d178a63979b33273ecdea1ab3c', 'Lets components reach an HTTP server outside, by way of a site that can.', 'egress', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"Lets components reach an HTTP server outside, by way of a site that can.","name":"http-egress","version":"1.0.0"},"spec":{"config":{"host":{"description":"The host of the server outside.","required":true,"type":"string"},"port":{"default":80,"description":"Its port.","maximum":65535,"minimum":1,"type":"integer"}},"interfaces":{"from":{"bind":{"min":1},"data":{"host":"${{ config.host }}","port":"${{ config.port }}"},"description":"Who makes requests.","role":"accept","type":"http"}},"type":"egress"}}', 'apiVersion: skupperx.io/v1
kind: Block
metadata: {name: http-egress, version: 1.0.0, description: "Lets components reach an HTTP server outside, by way of a site that can."}
spec:
  type: egress
  config:
    host: {type: string, required: true, description: The host of the server outside.}
    port: {type: integer, default: 80, minimum: 1, maximum: 65535, description: Its port.}
  interfaces:
    from:
      type: http
      role: accept
      bind: {min: 1}
      description: Who makes requests.
      data: {host: "${{ config.host }}", port: "${{ config.port }}"}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0c-727a-9cd2-a92c2968b5a3', 'block', 'tcp-egress', '1.0.0', '\x10f44c01453ecb6479121956b7f8e9a4732afc36d9ed10d9409fedd3aebb41ca', 'Lets components reach a TCP server outside, by way of a site that can.', 'egress', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"Lets components reach a TCP server outside, by way of a site that can.","name":"tcp-egress","version":"1.0.0"},"spec":{"config":{"host":{"description":"The host of the server outside.","required":true,"type":"string"},"port":{"description":"Its port.","maximum":65535,"minimum":1,"required":true,"type":"integer"}},"interfaces":{"from":{"bind":{"min":1},"data":{"host":"${{ config.host }}","port":"${{ config.port }}"},"description":"Who connects.","role":"accept","type":"tcp"}},"type":"egress"}}', 'apiVersion: skupperx.io/v1
kind: Block
metadata: {name: tcp-egress, version: 1.0.0, description: "Lets components reach a TCP server outside, by way of a site that can."}
spec:
  type: egress
  config:
    host: {type: string, required: true, description: The host of the server outside.}
    port: {type: integer, required: true, minimum: 1, maximum: 65535, description: Its port.}
  interfaces:
    from:
      type: tcp
      role: accept
      bind: {min: 1}
      description: Who connects.
      data: {host: "${{ config.host }}", port: "${{ config.port }}"}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0c-727a-9cd2-a92d321c7f2d', 'block', 'rabbitmq', '3.13.0', '\x042c377df58f1a1df0f578e413f13a44adc73be64e0820f6a5b8b129688fdeec', 'A RabbitMQ broker as a component of its own.', 'component', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"A RabbitMQ broker as a component of its own.","name":"rabbitmq","version":"3.13.0"},"spec":{"bodies":{"any":{"workload":{"env":{"RABBITMQ_DEFAULT_PASS":"${{ config.password }}","RABBITMQ_DEFAULT_USER":"app"},"image":"docker.io/library/rabbitmq:3.13-management","ports":{"amqp":5672,"metrics":15692},"probes":{"ready":{"tcp":5672}},"volumes":{"data":{"path":"/var/lib/rabbitmq","size":"2Gi"}}}}},"config":{"password":{"description":"The password of the user app.","required":true,"secret":true}},"interfaces":{"amqp":{"data":{"port":5672},"description":"AMQP clients.","role":"accept","type":"tcp"},"metrics":{"data":{"port":15692},"description":"Metrics of the broker.","role":"managed","type":"management"}},"type":"component"}}', '# Brokers.
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: rabbitmq, version: 3.13.0, description: A RabbitMQ broker as a component of its own.}
spec:
  type: component
  config:
    password: {secret: true, required: true, description: The password of the user app.}
  interfaces:
    amqp: {type: tcp, role: accept, description: AMQP clients., data: {port: 5672}}
    metrics: {type: management, role: managed, description: Metrics of the broker., data: {port: 15692}}
  bodies:
    any:
      workload:
        image: docker.io/library/rabbitmq:3.13-management
        env: {RABBITMQ_DEFAULT_USER: app, RABBITMQ_DEFAULT_PASS: "${{ config.password }}"}
        ports: {amqp: 5672, metrics: 15692}
        volumes: {data: {path: /var/lib/rabbitmq, size: 2Gi}}
        probes: {ready: {tcp: 5672}}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0c-727a-9cd2-a92e572929a2', 'block', 'rabbitmq-queue', '3.13.0', '\x20e643e56a848d827932318ea35c6d8a5395d7e2df6f4241deac05042e3d9153', 'A queue between a sender and a receiver, kept by a RabbitMQ broker beside the receiver.', 'connector', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"A queue between a sender and a receiver, kept by a RabbitMQ broker beside the receiver.","name":"rabbitmq-queue","version":"3.13.0"},"spec":{"affine":"receiver","bodies":{"any":{"workload":{"env":{"RABBITMQ_DEFAULT_PASS":"${{ config.password }}","RABBITMQ_DEFAULT_USER":"app"},"image":"docker.io/library/rabbitmq:3.13-management","ports":{"amqp":5672},"probes":{"ready":{"tcp":5672}},"volumes":{"data":{"path":"/var/lib/rabbitmq","size":"2Gi"}}}}},"config":{"password":{"description":"The password of the user app.","required":true,"secret":true},"queue":{"default":"work","description":"The queue''s name.","type":"string"}},"interfaces":{"receiver":{"bind":{"max":1,"min":1},"data":{"port":5672,"queue":"${{ config.queue }}"},"role":"send","type":"messaging"},"sender":{"bind":{"max":1,"min":1},"data":{"port":5672,"queue":"${{ config.queue }}"},"role":"receive","type":"messaging"}},"type":"connector"}}', 'apiVersion: skupperx.io/v1
kind: Block
metadata: {name: rabbitmq-queue, version: 3.13.0, description: "A queue between a sender and a receiver, kept by a RabbitMQ broker beside the receiver."}
spec:
  type: connector
  affine: receiver
  config:
    queue: {type: string, default: work, description: The queue''s name.}
    password: {secret: true, required: true, description: The password of the user app.}
  interfaces:
    sender:
      type: messaging
      role: receive
      bind: {min: 1, max: 1}
      data: {port: 5672, queue: "${{ config.queue }}"}
    receiver:
      type: messaging
      role: send
      bind: {min: 1, max: 1}
      data: {port: 5672, queue: "${{ config.queue }}"}
  bodies:
    any:
      workload:
        image: docker.io/library/rabbitmq:3.13-management
        env: {RABBITMQ_DEFAULT_USER: app, RABBITMQ_DEFAULT_PASS: "${{ config.password }}"}
        ports: {amqp: 5672}
        volumes: {data: {path: /var/lib/rabbitmq, size: 2Gi}}
        probes: {ready: {tcp: 5672}}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb0c-727a-9cd2-a92f004cc065', 'block', 'prometheus', '2.54.0', '\x1e5e10bc221c9fcdd0aa89b5067d09032a33ab5a5964a517a8ed50b382febdb8', 'Gathers the metrics of any number of components.', 'component', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"Gathers the metrics of any number of components.","name":"prometheus","version":"2.54.0"},"spec":{"bodies":{"any":{"workload":{"args":["--config.file=/etc/prometheus/skx.yml","--storage.tsdb.path=/prometheus"],"files":{"/etc/prometheus/skx.yml":{"content":"global: {scrape_interval: ${{ config.interval }}s}\nscrape_configs:\n- job_name: skx\n  static_configs:\n  - targets: ${{ peers.targets | map(attribute=''endpoint'') | list | tojson }}\n"}},"image":"quay.io/prometheus/prometheus:v2.54.1","ports":{"http":9090},"probes":{"ready":{"http":{"path":"/-/ready","port":9090}}},"volumes":{"data":{"path":"/prometheus","size":"5Gi"}}}}},"config":{"interval":{"default":15,"description":"Seconds between two looks at a component.","minimum":1,"type":"integer"}},"interfaces":{"http":{"data":{"port":9090},"description":"Its own page.","role":"accept","type":"http"},"targets":{"bind":{"min":0},"description":"What it looks after.","role":"manage","type":"management"}},"type":"component"}}', '# Looking after components.
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: prometheus, version: 2.54.0, description: Gathers the metrics of any number of components.}
spec:
  type: component
  config:
    interval: {type: integer, default: 15, minimum: 1, description: Seconds between two looks at a component.}
  interfaces:
    targets: {type: management, role: manage, description: What it looks after., bind: {min: 0}}
    http: {type: http, role: accept, description: Its own page., data: {port: 9090}}
  bodies:
    any:
      workload:
        image: quay.io/prometheus/prometheus:v2.54.1
        args: [--config.file=/etc/prometheus/skx.yml, --storage.tsdb.path=/prometheus]
        ports: {http: 9090}
        files:
          /etc/prometheus/skx.yml:
            content: |
              global: {scrape_interval: ${{ config.interval }}s}
              scrape_configs:
              - job_name: skx
                static_configs:
                - targets: ${{ peers.targets | map(attribute=''endpoint'') | list | tojson }}
        volumes: {data: {path: /prometheus, size: 5Gi}}
        probes: {ready: {http: {port: 9090, path: /-/ready}}}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb15-73fd-857d-6898840901f8', 'block', 'postgresql', '16.4.0', '\x68dff82995e26c4d29853c2b6819c3898971d8327d06d05c9f70b7fd7031cb52', 'A PostgreSQL database.', 'component', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"A PostgreSQL database.","name":"postgresql","version":"16.4.0"},"spec":{"bodies":{"any":{"workload":{"env":{"PGDATA":"/var/lib/postgresql/data/pgdata","POSTGRES_DB":"${{ config.database }}","POSTGRES_PASSWORD":"${{ config.password }}","POSTGRES_USER":"${{ config.user }}"},"image":"docker.io/library/postgres:16.4","ports":{"sql":5432},"probes":{"live":{"tcp":5432},"ready":{"every":5,"exec":["pg_isready","-U","${{ config.user }}"]}},"volumes":{"data":{"path":"/var/lib/postgresql/data","size":"${{ config.size }}"}}}}},"config":{"database":{"default":"app","description":"The database that is made.","type":"string"},"password":{"description":"The user''s password.","required":true,"secret":true},"size":{"default":"10Gi","description":"How much it may keep.","pattern":"^[1-9][0-9]*(Mi|Gi|Ti)$","type":"string"},"user":{"default":"app","description":"The user it belongs to.","type":"string"}},"interfaces":{"sql":{"data":{"port":5432},"description":"SQL clients.","role":"accept","type":"tcp"}},"type":"component"}}', '# Where data is kept.
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: postgresql, version: 16.4.0, description: A PostgreSQL database.}
spec:
  type: component
  config:
    database: {type: string, default: app, description: The database that is made.}
    user: {type: string, default: app, description: The user it belongs to.}
    password: {secret: true, required: true, description: The user''s password.}
    size: {type: string, default: 10Gi, pattern: "^[1-9][0-9]*(Mi|Gi|Ti)$", description: How much it may keep.}
  interfaces:
    sql:
      type: tcp
      role: accept
      description: SQL clients.
      data: {port: 5432}
  bodies:
    any:
      workload:
        image: docker.io/library/postgres:16.4
        env:
          POSTGRES_DB: "${{ config.database }}"
          POSTGRES_USER: "${{ config.user }}"
          POSTGRES_PASSWORD: "${{ config.password }}"
          PGDATA: /var/lib/postgresql/data/pgdata
        ports: {sql: 5432}
        volumes:
          data: {path: /var/lib/postgresql/data, size: "${{ config.size }}"}
        probes:
          ready: {exec: [pg_isready, -U, "${{ config.user }}"], every: 5}
          live: {tcp: 5432}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb15-73fd-857d-6899f32b2355', 'block', 'redis', '7.4.0', '\xe5cb27f4f3e7582300fe2074d72bb3a1f2e804fbedbafcfa5d215c9ef237f32c', 'A Redis cache.', 'component', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"A Redis cache.","name":"redis","version":"7.4.0"},"spec":{"bodies":{"any":{"workload":{"command":["redis-server","--save","","--appendonly","no"],"image":"docker.io/library/redis:7.4","ports":{"cache":6379},"probes":{"ready":{"tcp":6379}},"resources":{"memory":"${{ config.memory }}"}}}},"config":{"memory":{"default":"256Mi","description":"How much it may use.","pattern":"^[1-9][0-9]*(Mi|Gi)$","type":"string"}},"interfaces":{"cache":{"data":{"port":6379},"description":"Redis clients.","role":"accept","type":"tcp"}},"type":"component"}}', 'apiVersion: skupperx.io/v1
kind: Block
metadata: {name: redis, version: 7.4.0, description: A Redis cache.}
spec:
  type: component
  config:
    memory: {type: string, default: 256Mi, pattern: "^[1-9][0-9]*(Mi|Gi)$", description: How much it may use.}
  interfaces:
    cache:
      type: tcp
      role: accept
      description: Redis clients.
      data: {port: 6379}
  bodies:
    any:
      workload:
        image: docker.io/library/redis:7.4
        command: [redis-server, --save, "", --appendonly, "no"]
        ports: {cache: 6379}
        probes: {ready: {tcp: 6379}}
        resources: {memory: "${{ config.memory }}"}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb15-73fd-857d-689a2c8fc7a8', 'block', 'volume', '1.0.0', '\xfc4e5331c984e84bb8191746d5e4826bc76d711ee9d834e51ed0bd6c6354c262', 'A volume that components at the same site share.', 'connector', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"A volume that components at the same site share.","name":"volume","version":"1.0.0"},"spec":{"bodies":{"any":{},"kubernetes":{"objects":[{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"skx-volume-${{ this.id }}"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"${{ config.size }}"}}}}]},"podman":{"units":{"skx-volume-${{ this.id }}.volume":"[Volume]\nVolumeName=skx-volume-${{ this.id }}\n"}}},"config":{"size":{"default":"1Gi","description":"How much it keeps.","pattern":"^[1-9][0-9]*(Mi|Gi|Ti)$","type":"string"}},"interfaces":{"to":{"bind":{"max":1,"min":1},"data":{"claim":"skx-volume-${{ this.id }}"},"description":"Who keeps something there.","role":"provide","type":"volume"}},"type":"connector"}}', 'apiVersion: skupperx.io/v1
kind: Block
metadata: {name: volume, version: 1.0.0, description: A volume that components at the same site share.}
spec:
  type: connector
  config:
    size: {type: string, default: 1Gi, pattern: "^[1-9][0-9]*(Mi|Gi|Ti)$", description: How much it keeps.}
  interfaces:
    to:
      type: volume
      role: provide
      bind: {min: 1, max: 1}
      description: Who keeps something there.
      data: {claim: "skx-volume-${{ this.id }}"}
  bodies:
    any: {}
    kubernetes:
      objects:
      - apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: "skx-volume-${{ this.id }}"}
        spec:
          accessModes: [ReadWriteOnce]
          resources: {requests: {storage: "${{ config.size }}"}}
    podman:
      units:
        "skx-volume-${{ this.id }}.volume": |
          [Volume]
          VolumeName=skx-volume-${{ this.id }}
', '2026-11-23 05:07:59.895382+00');
INSERT INTO public.library_document VALUES ('01a206cd-cb15-73fd-857d-689b501ef313', 'block', 'nginx', '1.27.0', '\xa73464f7563005fb79b501d36f2d5756718d797792bd229ce9dd082aaf920e99', 'An NGINX web server in front of one application.', 'component', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"An NGINX web server in front of one application.","name":"nginx","version":"1.27.0"},"spec":{"bodies":{"any":{"workload":{"files":{"/etc/nginx/conf.d/default.conf":{"content":"server {\n  listen 8080;\n  location = / { root /usr/share/nginx/html; index index.html; }\n  location ${{ config.path }} {\n    proxy_pass http://${{ peer.upstream.endpoint }};\n    proxy_set_header Host $host;\n    proxy_set_header X-Site ${{ site.name }};\n  }\n}\n"},"/usr/share/nginx/html/index.html":{"content":"${{ config.index }}"}},"image":"docker.io/nginxinc/nginx-unprivileged:1.27","ports":{"http":8080},"probes":{"ready":{"http":{"path":"/","port":8080}}},"resources":{"cpu":0.5,"memory":"128Mi"}}}},"config":{"index":{"default":"<h1>It works</h1>\n","description":"The page at the root.","type":"string"},"path":{"default":"/","description":"The path that is handed on to the application.","pattern":"^/","type":"string"}},"interfaces":{"http":{"data":{"port":8080},"description":"Browsers.","role":"accept","type":"http"},"upstream":{"description":"The application.","role":"connect","type":"http"}},"type":"component"}}', '# Web servers.
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: nginx, version: 1.27.0, description: An NGINX web server in front of one application.}
spec:
  type: component
  config:
    path: {type: string, default: /, pattern: "^/", description: The path that is handed on to the application.}
    index: {type: string, default: "<h1>It works</h1>\n", description: The page at the root.}
  interfaces:
    http: {type: http, role: accept, description: Browsers., data: {port: 8080}}
    upstream: {type: http, role: connect, description: The application.}
  bodies:
    any:
      workload:
        image: docker.io/nginxinc/nginx-unprivileged:1.27
        ports: {http: 8080}
        files:
          /usr/share/nginx/html/index.html: {content: "${{ config.index }}"}
          /etc/nginx/conf.d/default.conf:
            content: |
              server {
                listen 8080;
                location = / { root /usr/share/nginx/html; index index.html; }
                location ${{ config.path }} {
                  proxy_pass http://${{ peer.upstream.endpoint }};
                  proxy_set_header Host $host;
                  proxy_set_header X-Site ${{ site.name }};
                }
              }
        probes: {ready: {http: {port: 8080, path: /}}}
        resources: {cpu: 0.5, memory: 128Mi}
', '2026-11-23 05:07:59.895382+00');

INSERT INTO public.library_interface VALUES ('01a206cd-cb0a-77db-b4bf-5bd3ea778027', 'accept', 'tcp', 'accept');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0a-77db-b4bf-5bd3ea778027', 'connect', 'tcp', 'connect');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0a-77db-b4bf-5bd4e745e59c', 'accept', 'http', 'accept');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0a-77db-b4bf-5bd4e745e59c', 'connect', 'http', 'connect');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0a-77db-b4bf-5bd5de5d6362', 'accept', 'tls', 'accept');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0a-77db-b4bf-5bd5de5d6362', 'connect', 'tls', 'connect');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0a-77db-b4bf-5bd609a1733c', 'accept', 'udp', 'accept');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0a-77db-b4bf-5bd609a1733c', 'connect', 'udp', 'connect');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0a-77db-b4bf-5bd7abb28de9', 'consume', 'messaging', 'consume');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0a-77db-b4bf-5bd7abb28de9', 'produce', 'messaging', 'produce');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0a-77db-b4bf-5bd7abb28de9', 'receive', 'messaging', 'receive');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0a-77db-b4bf-5bd7abb28de9', 'send', 'messaging', 'send');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0b-76ff-b444-7b4f129818b0', 'request', 'rpc', 'request');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0b-76ff-b444-7b4f129818b0', 'respond', 'rpc', 'respond');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0b-76ff-b444-7b50cf7d6fc1', 'mount', 'volume', 'mount');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0b-76ff-b444-7b50cf7d6fc1', 'provide', 'volume', 'provide');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0b-76ff-b444-7b51756983b1', 'manage', 'management', 'manage');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0b-76ff-b444-7b51756983b1', 'managed', 'management', 'managed');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0b-76ff-b444-7b52ca6cbeac', 'client', 'tcp', 'accept');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0b-76ff-b444-7b52ca6cbeac', 'server', 'tcp', 'connect');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0b-76ff-b444-7b5349f466a0', 'client', 'http', 'accept');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0b-76ff-b444-7b5349f466a0', 'server', 'http', 'connect');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0b-76ff-b444-7b5498edf978', 'client', 'tls', 'accept');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0b-76ff-b444-7b5498edf978', 'server', 'tls', 'connect');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0b-76ff-b444-7b555d0a8096', 'to', 'http', 'connect');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0c-727a-9cd2-a92b3daf13ce', 'from', 'http', 'accept');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0c-727a-9cd2-a92c2968b5a3', 'from', 'tcp', 'accept');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0c-727a-9cd2-a92d321c7f2d', 'amqp', 'tcp', 'accept');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0c-727a-9cd2-a92d321c7f2d', 'metrics', 'management', 'managed');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0c-727a-9cd2-a92e572929a2', 'receiver', 'messaging', 'send');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0c-727a-9cd2-a92e572929a2', 'sender', 'messaging', 'receive');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0c-727a-9cd2-a92f004cc065', 'http', 'http', 'accept');
INSERT INTO public.library_interface VALUES ('01a206cd-cb0c-727a-9cd2-a92f004cc065', 'targets', 'management', 'manage');
INSERT INTO public.library_interface VALUES ('01a206cd-cb15-73fd-857d-6898840901f8', 'sql', 'tcp', 'accept');
INSERT INTO public.library_interface VALUES ('01a206cd-cb15-73fd-857d-6899f32b2355', 'cache', 'tcp', 'accept');
INSERT INTO public.library_interface VALUES ('01a206cd-cb15-73fd-857d-689a2c8fc7a8', 'to', 'volume', 'provide');
INSERT INTO public.library_interface VALUES ('01a206cd-cb15-73fd-857d-689b501ef313', 'http', 'http', 'accept');
INSERT INTO public.library_interface VALUES ('01a206cd-cb15-73fd-857d-689b501ef313', 'upstream', 'http', 'connect');

INSERT INTO public.library_reference VALUES ('01a206cd-cb0b-76ff-b444-7b52ca6cbeac', 'interface-type', 'tcp');
INSERT INTO public.library_reference VALUES ('01a206cd-cb0b-76ff-b444-7b5349f466a0', 'interface-type', 'http');
INSERT INTO public.library_reference VALUES ('01a206cd-cb0b-76ff-b444-7b5498edf978', 'interface-type', 'tls');
INSERT INTO public.library_reference VALUES ('01a206cd-cb0b-76ff-b444-7b555d0a8096', 'interface-type', 'http');
INSERT INTO public.library_reference VALUES ('01a206cd-cb0c-727a-9cd2-a92b3daf13ce', 'interface-type', 'http');
INSERT INTO public.library_reference VALUES ('01a206cd-cb0c-727a-9cd2-a92c2968b5a3', 'interface-type', 'tcp');
INSERT INTO public.library_reference VALUES ('01a206cd-cb0c-727a-9cd2-a92d321c7f2d', 'interface-type', 'management');
INSERT INTO public.library_reference VALUES ('01a206cd-cb0c-727a-9cd2-a92d321c7f2d', 'interface-type', 'tcp');
INSERT INTO public.library_reference VALUES ('01a206cd-cb0c-727a-9cd2-a92e572929a2', 'interface-type', 'messaging');
INSERT INTO public.library_reference VALUES ('01a206cd-cb0c-727a-9cd2-a92f004cc065', 'interface-type', 'http');
INSERT INTO public.library_reference VALUES ('01a206cd-cb0c-727a-9cd2-a92f004cc065', 'interface-type', 'management');
INSERT INTO public.library_reference VALUES ('01a206cd-cb15-73fd-857d-6898840901f8', 'interface-type', 'tcp');
INSERT INTO public.library_reference VALUES ('01a206cd-cb15-73fd-857d-6899f32b2355', 'interface-type', 'tcp');
INSERT INTO public.library_reference VALUES ('01a206cd-cb15-73fd-857d-689a2c8fc7a8', 'interface-type', 'volume');
INSERT INTO public.library_reference VALUES ('01a206cd-cb15-73fd-857d-689b501ef313', 'interface-type', 'http');

INSERT INTO public.link VALUES ('0212d059-c176-4e98-beed-45f72fe9b69a', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', '99e6ad6f-0139-45e8-b554-f1e7132431f6', '3281b7d9-6b1d-4f29-b077-5551a968c62d', 'e35b7258-a0e2-47c9-b9bf-b27397ee3639', 1, 'direct', '2026-11-23 05:07:50.411005+00', '2026-11-23 05:07:50.411005+00', 1);

INSERT INTO public.listener VALUES ('6535a673-783c-4ac0-a2b4-83dd7df669dc', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'goods', '127.0.0.1:7001', NULL, 'till', '2026-11-23 05:07:56.313435+00', '2026-11-23 05:07:56.313435+00', 1, true);

INSERT INTO public.manifest_set_member VALUES ('shop', NULL, 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-23 05:08:00.281471+00');

INSERT INTO public.member VALUES ('dd01e001-c199-4285-b3ba-c4ac888624f1', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'guest', 'waiting', '3a5b29b6-ea87-4811-8409-6dfaba76a04e', '\x933210ec19a40aaffcc792c116a380eb1a1fa79d3ea68beadd6da48c7f6c64c9', '{"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}', '{}', NULL, NULL, '2026-11-23 05:07:55.203711+00', '2026-11-23 05:07:55.203711+00', 1, '{}');
INSERT INTO public.member VALUES ('0c1e7663-dd3c-4d1f-a922-d0ef330654d3', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'till1', 'member', '82331111-3930-4a1c-8509-91310ba4e18f', '\xc8f5643d7dd46cd7d064499df8367389f4cd4a120bc490be4236e354d226894d', '{"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}', '{"floor": "2"}', NULL, NULL, '2026-11-23 05:07:55.190537+00', '2026-11-23 05:07:56.718455+00', 2, '{}');
INSERT INTO public.member VALUES ('80cd34c5-3070-4fcd-94f4-d83a9faed6bf', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'till2', 'evicted', '82331111-3930-4a1c-8509-91310ba4e18f', '\xbae9790af9973f73223dccb479f18ec51c8b96cd49a87682f757cae87038a68b', '{"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}', '{}', '2026-11-23 05:07:56.936683+00', 'evicted', '2026-11-23 05:07:55.20428+00', '2026-11-23 05:07:56.936683+00', 2, '{}');

INSERT INTO public.member_class VALUES ('80cd34c5-3070-4fcd-94f4-d83a9faed6bf', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'till');
INSERT INTO public.member_class VALUES ('0c1e7663-dd3c-4d1f-a922-d0ef330654d3', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'till');

INSERT INTO public.network VALUES ('ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', 'shop', 'admin', '2026-11-23 05:07:52.750276+00', NULL, 0, 'open', NULL, NULL, '2026-11-23 05:07:52.73118+00', '2026-11-23 05:07:52.73118+00', 1);
INSERT INTO public.network VALUES ('9cef2e85-ab36-460c-b014-db8674d91362', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', 'gone', 'admin', '2026-11-23 05:07:53.242928+00', NULL, 0, 'open', '2026-11-23 05:07:57.322733+00', NULL, '2026-11-23 05:07:53.231193+00', '2026-11-23 05:07:57.322733+00', 2);

INSERT INTO public.site_class VALUES ('ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'till', '2026-11-23 05:07:52.989577+00');

INSERT INTO public.site_status VALUES (NULL, '80cd34c5-3070-4fcd-94f4-d83a9faed6bf', NULL, NULL, NULL, '2026-11-23 05:07:57.17152+00', 3, NULL, '{"hosts": [], "links": [{"link": "80cd34c5-3070-4fcd-94f4-d83a9faed6bf", "peer": "", "error": "", "state": "up", "rtt_us": 6056, "rate_in": 0, "bytes_in": 1675, "rate_out": 0, "bytes_out": 1989}], "failures": [], "listeners": [{"id": "6535a673-783c-4ac0-a2b4-83dd7df669dc", "error": "127.0.0.1:7001 is in use by another program", "local": false, "since": "2026-11-23T05:07:56.578919989Z", "state": "failed", "socket": "127.0.0.1:7001", "address": "goods", "authored": "", "connections": 0}], "connectors": [], "open_flows": []}', NULL, 1, 1);
INSERT INTO public.site_status VALUES ('99e6ad6f-0139-45e8-b554-f1e7132431f6', NULL, NULL, NULL, NULL, '2026-11-23 05:08:00.43445+00', 1, 6, '{"hosts": ["192.0.2.2", "fd00::2"], "links": [{"link": "0212d059-c176-4e98-beed-45f72fe9b69a", "peer": "3281b7d9-6b1d-4f29-b077-5551a968c62d", "error": "", "state": "up", "rtt_us": 6792, "rate_in": 44, "bytes_in": 1752, "rate_out": 163, "bytes_out": 2954}], "failures": [], "listeners": [], "connectors": [], "open_flows": []}', '\x1ae4a752bdbece56810389b07cd12fa0ef7f21b8ef0b81da68b561b55b2aecd9', 1, NULL);
INSERT INTO public.site_status VALUES ('3281b7d9-6b1d-4f29-b077-5551a968c62d', NULL, NULL, NULL, NULL, '2026-11-23 05:08:00.434642+00', 1, 6, '{"hosts": ["192.0.2.2", "fd00::2"], "links": [{"link": "", "peer": "99e6ad6f-0139-45e8-b554-f1e7132431f6", "error": "", "state": "up", "rtt_us": 10356, "rate_in": 0, "bytes_in": 3153, "rate_out": 0, "bytes_out": 1752}], "failures": [], "listeners": [], "connectors": [], "open_flows": []}', '\x1ae4a752bdbece56810389b07cd12fa0ef7f21b8ef0b81da68b561b55b2aecd9', 1, NULL);
INSERT INTO public.site_status VALUES (NULL, '0c1e7663-dd3c-4d1f-a922-d0ef330654d3', NULL, NULL, NULL, '2026-11-23 05:08:00.433928+00', 5, NULL, '{"hosts": [], "links": [{"link": "0c1e7663-dd3c-4d1f-a922-d0ef330654d3", "peer": "", "error": "", "state": "up", "rtt_us": 29019, "rate_in": 0, "bytes_in": 2175, "rate_out": 0, "bytes_out": 2188}], "failures": [], "listeners": [{"id": "6535a673-783c-4ac0-a2b4-83dd7df669dc", "error": "", "local": false, "since": "2026-11-23T05:07:56.731440449Z", "state": "ready", "socket": "127.0.0.1:7001", "address": "goods", "authored": "", "connections": 0}], "connectors": [{"id": "94667655-d14e-4ab5-bd84-ae33de6884f9", "error": "", "local": false, "since": "2026-11-23T05:07:56.48576965Z", "state": "ready", "socket": "127.0.0.1:7000", "address": "goods", "authored": "", "connections": 0}], "open_flows": []}', NULL, 1, 1);

INSERT INTO public.trust_denial VALUES ('site', '80cd34c5-3070-4fcd-94f4-d83a9faed6bf', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', 'ab3d0bb9-9ed1-40d7-906e-f85d94c0a6f0', 'evicted', '2026-12-23 06:07:55+00', '2026-11-23 05:07:56.936683+00', '{}');
INSERT INTO public.trust_denial VALUES ('network', '9cef2e85-ab36-460c-b014-db8674d91362', 'f5d108d8-d3c0-4d88-af4a-4237019e783b', '9cef2e85-ab36-460c-b014-db8674d91362', 'evicted', '2026-11-23 06:07:57.32985+00', '2026-11-23 05:07:57.322733+00', '{}');

INSERT INTO public.trust_document VALUES ('f5d108d8-d3c0-4d88-af4a-4237019e783b', 1, '\x7b22666f726d6174223a312c22696e7374616c6c6174696f6e223a2231656263336635622d393735622d343436372d623430382d633931643130346233376561222c226261636b626f6e65223a2266356431303864382d643363302d346438382d616634612d343233373031396537383362222c2276657273696f6e223a312c22697373756564223a22323032362d31312d32335430353a30373a35302e3039363833333039335a222c2276616c69645f756e74696c223a22323032362d31312d32345430353a30373a35302e3039363833333039335a222c226e6574776f726b73223a7b7d2c2264656e696564223a7b226e6574776f726b73223a7b7d2c227369746573223a7b7d2c22696e7669746174696f6e73223a7b7d2c226261636b626f6e655f7369746573223a7b7d2c22636f6e74726f6c6c657273223a7b7d7d7d', '\x3045022100e383bcaab5414497fbf138bc79c481d9f4c306ed8242fc38a012bc808e047d7202207695695e82132c128eb9dc7b8d2ae9f18d5eb23a4688f02d2f04c1c926d3a478', '\x308202993082023fa00302010202106cbededf8072e672d06ed568881f95ba300a06082a8648ce3d0403023052312d302b060355040a0c2466356431303864382d643363302d346438382d616634612d3432333730313965373833623121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132333035303234395a170d3236313232333035303734395a3050312d302b060355040a0c2465316437303836652d616431312d343137662d623333302d386430353732396362363866311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004a59c30a1ad57bfc6d66adde1c44a319b34c16ffbab305a5aaf073552235c77054b3a456c0ef0da40533842102102b1d694a6d8cef22a4b63f5b1db31d61e4c3ca381f83081f5301f0603551d230418301680144209feaec5e6cf24fa707a342a138d5aec547d203081940603551d1104818c3081898681867370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6261636b626f6e652f66356431303864382d643363302d346438382d616634612d3432333730313965373833622f74727573742f65316437303836652d616431312d343137662d623333302d386430353732396362363866300e0603551d0f0101ff040403020780301d0603551d0e04160414237fd160a2a29d89187b9b81a50158fad134a78f300c0603551d130101ff04023000300a06082a8648ce3d0403020348003045022100df61bfaefc362f529e8df1e56e2953c93e813e85ac33d2367515c5e7323e9d7d02207bceee647461837d44920f01d6a5535c50afffd2cc907ab68418fc1c35f6f09f', '2026-11-24 05:07:50.096833+00', '2026-11-23 05:07:50.105671+00');
INSERT INTO public.trust_document VALUES ('f5d108d8-d3c0-4d88-af4a-4237019e783b', 2, '\x7b22666f726d6174223a312c22696e7374616c6c6174696f6e223a2231656263336635622d393735622d343436372d623430382d633931643130346233376561222c226261636b626f6e65223a2266356431303864382d643363302d346438382d616634612d343233373031396537383362222c2276657273696f6e223a322c22697373756564223a22323032362d31312d32335430353a30373a35322e3937333036373837375a222c2276616c69645f756e74696c223a22323032362d31312d32345430353a30373a35322e3937333036373837375a222c226e6574776f726b73223a7b2261623364306262392d396564312d343064372d393036652d663835643934633061366630223a7b226f70656e73223a22323032362d31312d32335430353a30363a35322e3735303237365a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d49494343444343416132674177494241674951627a53465754473759647131362f31624b7633656144414b42676771686b6a4f50515144416a42534d5330774b7759445651514b4443526d4e5751784d44686b4f43316b4d324d774c54526b4f44677459575930595330304d6a4d334d4445355a5463344d3249784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a4d774e5441794e544a614677307a4e6a45784d6a41774e5441334e446c614d4645784c54417242674e5642416f4d4a4746694d325177596d49354c546c6c5a4445744e44426b4e7930354d445a6c4c5759344e5751354e474d7759545a6d4d4445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141545632363038554d396d6e5655346d4f756961563544762b53782f77395044374b3672416c3642782f307a76674a653831373971744c74366743754b507a454c5953445a6b6538494e787a766b6655534d35782b6b536f3259775a44416642674e5648534d45474441576742524343663675786562504a507077656a517145343161374652394944414f42674e56485138424166384542414d4341515977485159445652304f424259454650737575655466636f4e6e55793751742b636c7a47556c4f6773384d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a30454177494453514177526749684150487a392f693044734e4e35345259544f73704c3079326c43466774787573425a3849572f69716535684e4169454135337349354866737a594358434c3736565164584157363575343338536b4b737a374e637379654a6944413d227d5d7d7d2c2264656e696564223a7b226e6574776f726b73223a7b7d2c227369746573223a7b7d2c22696e7669746174696f6e73223a7b7d2c226261636b626f6e655f7369746573223a7b7d2c22636f6e74726f6c6c657273223a7b7d7d7d', '\x30450221008d3227588cf8a78f645eaf8b6a905ebda77b700d91bca7c3bd630abf8887b64c022078f4df15d7dc78254baaa5223cf36c041867c94ead4623edc8a4b1ea52375d56', '\x308202993082023fa00302010202106cbededf8072e672d06ed568881f95ba300a06082a8648ce3d0403023052312d302b060355040a0c2466356431303864382d643363302d346438382d616634612d3432333730313965373833623121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132333035303234395a170d3236313232333035303734395a3050312d302b060355040a0c2465316437303836652d616431312d343137662d623333302d386430353732396362363866311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004a59c30a1ad57bfc6d66adde1c44a319b34c16ffbab305a5aaf073552235c77054b3a456c0ef0da40533842102102b1d694a6d8cef22a4b63f5b1db31d61e4c3ca381f83081f5301f0603551d230418301680144209feaec5e6cf24fa707a342a138d5aec547d203081940603551d1104818c3081898681867370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6261636b626f6e652f66356431303864382d643363302d346438382d616634612d3432333730313965373833622f74727573742f65316437303836652d616431312d343137662d623333302d386430353732396362363866300e0603551d0f0101ff040403020780301d0603551d0e04160414237fd160a2a29d89187b9b81a50158fad134a78f300c0603551d130101ff04023000300a06082a8648ce3d0403020348003045022100df61bfaefc362f529e8df1e56e2953c93e813e85ac33d2367515c5e7323e9d7d02207bceee647461837d44920f01d6a5535c50afffd2cc907ab68418fc1c35f6f09f', '2026-11-24 05:07:52.973067+00', '2026-11-23 05:07:52.981425+00');
INSERT INTO public.trust_document VALUES ('f5d108d8-d3c0-4d88-af4a-4237019e783b', 3, '\x7b22666f726d6174223a312c22696e7374616c6c6174696f6e223a2231656263336635622d393735622d343436372d623430382d633931643130346233376561222c226261636b626f6e65223a2266356431303864382d643363302d346438382d616634612d343233373031396537383362222c2276657273696f6e223a332c22697373756564223a22323032362d31312d32335430353a30373a35332e3438323937313237345a222c2276616c69645f756e74696c223a22323032362d31312d32345430353a30373a35332e3438323937313237345a222c226e6574776f726b73223a7b2239636566326538352d616233362d343630632d623031342d646238363734643931333632223a7b226f70656e73223a22323032362d31312d32335430353a30363a35332e3234323932385a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943427a43434161326741774942416749516147456c3453364f5762717842474464673445424144414b42676771686b6a4f50515144416a42534d5330774b7759445651514b4443526d4e5751784d44686b4f43316b4d324d774c54526b4f44677459575930595330304d6a4d334d4445355a5463344d3249784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a4d774e5441794e544e614677307a4e6a45784d6a41774e5441334e446c614d4645784c54417242674e5642416f4d4a446c6a5a5759795a5467314c5746694d7a59744e445977597931694d4445304c5752694f4459334e4751354d544d324d6a45674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141537979703965353368436f6f536857502f3264366b66786973494b2f7471465543465473716f552f336a32446777435155466931657a556d39507046523379526d49425958706a4f58382f5a2b46774d70646a68364b6f3259775a44416642674e5648534d45474441576742524343663675786562504a507077656a517145343161374652394944414f42674e56485138424166384542414d4341515977485159445652304f42425945464b68427653746a434e4865443830645a69504437666243585473624d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a304541774944534141775251496746467674565a48724464687a6f69484d672f644f5834486f5555326878505a32645274565056423359416f434951444a745949515770674e5a6c4e51516e656376364a3075736e4e514c667050625170632b756368304f694b413d3d227d5d7d2c2261623364306262392d396564312d343064372d393036652d663835643934633061366630223a7b226f70656e73223a22323032362d31312d32335430353a30363a35322e3735303237365a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d49494343444343416132674177494241674951627a53465754473759647131362f31624b7633656144414b42676771686b6a4f50515144416a42534d5330774b7759445651514b4443526d4e5751784d44686b4f43316b4d324d774c54526b4f44677459575930595330304d6a4d334d4445355a5463344d3249784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a4d774e5441794e544a614677307a4e6a45784d6a41774e5441334e446c614d4645784c54417242674e5642416f4d4a4746694d325177596d49354c546c6c5a4445744e44426b4e7930354d445a6c4c5759344e5751354e474d7759545a6d4d4445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141545632363038554d396d6e5655346d4f756961563544762b53782f77395044374b3672416c3642782f307a76674a653831373971744c74366743754b507a454c5953445a6b6538494e787a766b6655534d35782b6b536f3259775a44416642674e5648534d45474441576742524343663675786562504a507077656a517145343161374652394944414f42674e56485138424166384542414d4341515977485159445652304f424259454650737575655466636f4e6e55793751742b636c7a47556c4f6773384d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a30454177494453514177526749684150487a392f693044734e4e35345259544f73704c3079326c43466774787573425a3849572f69716535684e4169454135337349354866737a594358434c3736565164584157363575343338536b4b737a374e637379654a6944413d227d5d7d7d2c2264656e696564223a7b226e6574776f726b73223a7b7d2c227369746573223a7b7d2c22696e7669746174696f6e73223a7b7d2c226261636b626f6e655f7369746573223a7b7d2c22636f6e74726f6c6c657273223a7b7d7d7d', '\x304402206d6db9322d8335aa36ade1a0d011f7d68f9c278966f760a2c89f1adbe7675c0f022046cdd09cf7229868738969563fe0ce54286c459665a5e18676d404454ebfadb1', '\x308202993082023fa00302010202106cbededf8072e672d06ed568881f95ba300a06082a8648ce3d0403023052312d302b060355040a0c2466356431303864382d643363302d346438382d616634612d3432333730313965373833623121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132333035303234395a170d3236313232333035303734395a3050312d302b060355040a0c2465316437303836652d616431312d343137662d623333302d386430353732396362363866311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004a59c30a1ad57bfc6d66adde1c44a319b34c16ffbab305a5aaf073552235c77054b3a456c0ef0da40533842102102b1d694a6d8cef22a4b63f5b1db31d61e4c3ca381f83081f5301f0603551d230418301680144209feaec5e6cf24fa707a342a138d5aec547d203081940603551d1104818c3081898681867370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6261636b626f6e652f66356431303864382d643363302d346438382d616634612d3432333730313965373833622f74727573742f65316437303836652d616431312d343137662d623333302d386430353732396362363866300e0603551d0f0101ff040403020780301d0603551d0e04160414237fd160a2a29d89187b9b81a50158fad134a78f300c0603551d130101ff04023000300a06082a8648ce3d0403020348003045022100df61bfaefc362f529e8df1e56e2953c93e813e85ac33d2367515c5e7323e9d7d02207bceee647461837d44920f01d6a5535c50afffd2cc907ab68418fc1c35f6f09f', '2026-11-24 05:07:53.482971+00', '2026-11-23 05:07:53.487123+00');
INSERT INTO public.trust_document VALUES ('f5d108d8-d3c0-4d88-af4a-4237019e783b', 4, '\x7b22666f726d6174223a312c22696e7374616c6c6174696f6e223a2231656263336635622d393735622d343436372d623430382d633931643130346233376561222c226261636b626f6e65223a2266356431303864382d643363302d346438382d616634612d343233373031396537383362222c2276657273696f6e223a342c22697373756564223a22323032362d31312d32335430353a30373a35372e3036333134363235395a222c2276616c69645f756e74696c223a22323032362d31312d32345430353a30373a35372e3036333134363235395a222c226e6574776f726b73223a7b2239636566326538352d616233362d343630632d623031342d646238363734643931333632223a7b226f70656e73223a22323032362d31312d32335430353a30363a35332e3234323932385a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943427a43434161326741774942416749516147456c3453364f5762717842474464673445424144414b42676771686b6a4f50515144416a42534d5330774b7759445651514b4443526d4e5751784d44686b4f43316b4d324d774c54526b4f44677459575930595330304d6a4d334d4445355a5463344d3249784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a4d774e5441794e544e614677307a4e6a45784d6a41774e5441334e446c614d4645784c54417242674e5642416f4d4a446c6a5a5759795a5467314c5746694d7a59744e445977597931694d4445304c5752694f4459334e4751354d544d324d6a45674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141537979703965353368436f6f536857502f3264366b66786973494b2f7471465543465473716f552f336a32446777435155466931657a556d39507046523379526d49425958706a4f58382f5a2b46774d70646a68364b6f3259775a44416642674e5648534d45474441576742524343663675786562504a507077656a517145343161374652394944414f42674e56485138424166384542414d4341515977485159445652304f42425945464b68427653746a434e4865443830645a69504437666243585473624d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a304541774944534141775251496746467674565a48724464687a6f69484d672f644f5834486f5555326878505a32645274565056423359416f434951444a745949515770674e5a6c4e51516e656376364a3075736e4e514c667050625170632b756368304f694b413d3d227d5d7d2c2261623364306262392d396564312d343064372d393036652d663835643934633061366630223a7b226f70656e73223a22323032362d31312d32335430353a30363a35322e3735303237365a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d49494343444343416132674177494241674951627a53465754473759647131362f31624b7633656144414b42676771686b6a4f50515144416a42534d5330774b7759445651514b4443526d4e5751784d44686b4f43316b4d324d774c54526b4f44677459575930595330304d6a4d334d4445355a5463344d3249784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a4d774e5441794e544a614677307a4e6a45784d6a41774e5441334e446c614d4645784c54417242674e5642416f4d4a4746694d325177596d49354c546c6c5a4445744e44426b4e7930354d445a6c4c5759344e5751354e474d7759545a6d4d4445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141545632363038554d396d6e5655346d4f756961563544762b53782f77395044374b3672416c3642782f307a76674a653831373971744c74366743754b507a454c5953445a6b6538494e787a766b6655534d35782b6b536f3259775a44416642674e5648534d45474441576742524343663675786562504a507077656a517145343161374652394944414f42674e56485138424166384542414d4341515977485159445652304f424259454650737575655466636f4e6e55793751742b636c7a47556c4f6773384d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a30454177494453514177526749684150487a392f693044734e4e35345259544f73704c3079326c43466774787573425a3849572f69716535684e4169454135337349354866737a594358434c3736565164584157363575343338536b4b737a374e637379654a6944413d227d5d7d7d2c2264656e696564223a7b226e6574776f726b73223a7b7d2c227369746573223a7b2238306364333463352d333037302d346663642d393466342d643833613966616564366266223a2265766963746564227d2c22696e7669746174696f6e73223a7b7d2c226261636b626f6e655f7369746573223a7b7d2c22636f6e74726f6c6c657273223a7b7d7d7d', '\x3046022100cd34e67577df61faa02554668493d42b5165cc89e5d47c237c62f1722910ab78022100e65abac1cf25211df49df305f69b15459a4cf9a2ceb7416bd4fa0c694494add8', '\x308202993082023fa00302010202106cbededf8072e672d06ed568881f95ba300a06082a8648ce3d0403023052312d302b060355040a0c2466356431303864382d643363302d346438382d616634612d3432333730313965373833623121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132333035303234395a170d3236313232333035303734395a3050312d302b060355040a0c2465316437303836652d616431312d343137662d623333302d386430353732396362363866311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004a59c30a1ad57bfc6d66adde1c44a319b34c16ffbab305a5aaf073552235c77054b3a456c0ef0da40533842102102b1d694a6d8cef22a4b63f5b1db31d61e4c3ca381f83081f5301f0603551d230418301680144209feaec5e6cf24fa707a342a138d5aec547d203081940603551d1104818c3081898681867370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6261636b626f6e652f66356431303864382d643363302d346438382d616634612d3432333730313965373833622f74727573742f65316437303836652d616431312d343137662d623333302d386430353732396362363866300e0603551d0f0101ff040403020780301d0603551d0e04160414237fd160a2a29d89187b9b81a50158fad134a78f300c0603551d130101ff04023000300a06082a8648ce3d0403020348003045022100df61bfaefc362f529e8df1e56e2953c93e813e85ac33d2367515c5e7323e9d7d02207bceee647461837d44920f01d6a5535c50afffd2cc907ab68418fc1c35f6f09f', '2026-11-24 05:07:57.063146+00', '2026-11-23 05:07:57.073086+00');
INSERT INTO public.trust_document VALUES ('f5d108d8-d3c0-4d88-af4a-4237019e783b', 5, '\x7b22666f726d6174223a312c22696e7374616c6c6174696f6e223a2231656263336635622d393735622d343436372d623430382d633931643130346233376561222c226261636b626f6e65223a2266356431303864382d643363302d346438382d616634612d343233373031396537383362222c2276657273696f6e223a352c22697373756564223a22323032362d31312d32335430353a30373a35372e3334303338363531315a222c2276616c69645f756e74696c223a22323032362d31312d32345430353a30373a35372e3334303338363531315a222c226e6574776f726b73223a7b2239636566326538352d616233362d343630632d623031342d646238363734643931333632223a7b226f70656e73223a22323032362d31312d32335430353a30363a35332e3234323932385a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943427a43434161326741774942416749516147456c3453364f5762717842474464673445424144414b42676771686b6a4f50515144416a42534d5330774b7759445651514b4443526d4e5751784d44686b4f43316b4d324d774c54526b4f44677459575930595330304d6a4d334d4445355a5463344d3249784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a4d774e5441794e544e614677307a4e6a45784d6a41774e5441334e446c614d4645784c54417242674e5642416f4d4a446c6a5a5759795a5467314c5746694d7a59744e445977597931694d4445304c5752694f4459334e4751354d544d324d6a45674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141537979703965353368436f6f536857502f3264366b66786973494b2f7471465543465473716f552f336a32446777435155466931657a556d39507046523379526d49425958706a4f58382f5a2b46774d70646a68364b6f3259775a44416642674e5648534d45474441576742524343663675786562504a507077656a517145343161374652394944414f42674e56485138424166384542414d4341515977485159445652304f42425945464b68427653746a434e4865443830645a69504437666243585473624d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a304541774944534141775251496746467674565a48724464687a6f69484d672f644f5834486f5555326878505a32645274565056423359416f434951444a745949515770674e5a6c4e51516e656376364a3075736e4e514c667050625170632b756368304f694b413d3d227d5d7d2c2261623364306262392d396564312d343064372d393036652d663835643934633061366630223a7b226f70656e73223a22323032362d31312d32335430353a30363a35322e3735303237365a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d49494343444343416132674177494241674951627a53465754473759647131362f31624b7633656144414b42676771686b6a4f50515144416a42534d5330774b7759445651514b4443526d4e5751784d44686b4f43316b4d324d774c54526b4f44677459575930595330304d6a4d334d4445355a5463344d3249784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a4d774e5441794e544a614677307a4e6a45784d6a41774e5441334e446c614d4645784c54417242674e5642416f4d4a4746694d325177596d49354c546c6c5a4445744e44426b4e7930354d445a6c4c5759344e5751354e474d7759545a6d4d4445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141545632363038554d396d6e5655346d4f756961563544762b53782f77395044374b3672416c3642782f307a76674a653831373971744c74366743754b507a454c5953445a6b6538494e787a766b6655534d35782b6b536f3259775a44416642674e5648534d45474441576742524343663675786562504a507077656a517145343161374652394944414f42674e56485138424166384542414d4341515977485159445652304f424259454650737575655466636f4e6e55793751742b636c7a47556c4f6773384d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a30454177494453514177526749684150487a392f693044734e4e35345259544f73704c3079326c43466774787573425a3849572f69716535684e4169454135337349354866737a594358434c3736565164584157363575343338536b4b737a374e637379654a6944413d227d5d7d7d2c2264656e696564223a7b226e6574776f726b73223a7b2239636566326538352d616233362d343630632d623031342d646238363734643931333632223a2265766963746564227d2c227369746573223a7b2238306364333463352d333037302d346663642d393466342d643833613966616564366266223a2265766963746564227d2c22696e7669746174696f6e73223a7b7d2c226261636b626f6e655f7369746573223a7b7d2c22636f6e74726f6c6c657273223a7b7d7d7d', '\x304402207bd7debfe53a3673ab1c4f2ff913f71c9e44e608e57c9c68d9ee531afd8dc49902200985d7db513714ee63062fa1fcf5649061679c04f8585dac13a3f776a173a789', '\x308202993082023fa00302010202106cbededf8072e672d06ed568881f95ba300a06082a8648ce3d0403023052312d302b060355040a0c2466356431303864382d643363302d346438382d616634612d3432333730313965373833623121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132333035303234395a170d3236313232333035303734395a3050312d302b060355040a0c2465316437303836652d616431312d343137662d623333302d386430353732396362363866311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004a59c30a1ad57bfc6d66adde1c44a319b34c16ffbab305a5aaf073552235c77054b3a456c0ef0da40533842102102b1d694a6d8cef22a4b63f5b1db31d61e4c3ca381f83081f5301f0603551d230418301680144209feaec5e6cf24fa707a342a138d5aec547d203081940603551d1104818c3081898681867370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6261636b626f6e652f66356431303864382d643363302d346438382d616634612d3432333730313965373833622f74727573742f65316437303836652d616431312d343137662d623333302d386430353732396362363866300e0603551d0f0101ff040403020780301d0603551d0e04160414237fd160a2a29d89187b9b81a50158fad134a78f300c0603551d130101ff04023000300a06082a8648ce3d0403020348003045022100df61bfaefc362f529e8df1e56e2953c93e813e85ac33d2367515c5e7323e9d7d02207bceee647461837d44920f01d6a5535c50afffd2cc907ab68418fc1c35f6f09f', '2026-11-24 05:07:57.340386+00', '2026-11-23 05:07:57.347897+00');
INSERT INTO public.trust_document VALUES ('f5d108d8-d3c0-4d88-af4a-4237019e783b', 6, '\x7b22666f726d6174223a312c22696e7374616c6c6174696f6e223a2231656263336635622d393735622d343436372d623430382d633931643130346233376561222c226261636b626f6e65223a2266356431303864382d643363302d346438382d616634612d343233373031396537383362222c2276657273696f6e223a362c22697373756564223a22323032362d31312d32335430353a30373a35372e3935363139373936365a222c2276616c69645f756e74696c223a22323032362d31312d32345430353a30373a35372e3935363139373936365a222c226e6574776f726b73223a7b2239636566326538352d616233362d343630632d623031342d646238363734643931333632223a7b226f70656e73223a22323032362d31312d32335430353a30363a35332e3234323932385a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b5d7d2c2261623364306262392d396564312d343064372d393036652d663835643934633061366630223a7b226f70656e73223a22323032362d31312d32335430353a30363a35322e3735303237365a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d49494343444343416132674177494241674951627a53465754473759647131362f31624b7633656144414b42676771686b6a4f50515144416a42534d5330774b7759445651514b4443526d4e5751784d44686b4f43316b4d324d774c54526b4f44677459575930595330304d6a4d334d4445355a5463344d3249784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a4d774e5441794e544a614677307a4e6a45784d6a41774e5441334e446c614d4645784c54417242674e5642416f4d4a4746694d325177596d49354c546c6c5a4445744e44426b4e7930354d445a6c4c5759344e5751354e474d7759545a6d4d4445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141545632363038554d396d6e5655346d4f756961563544762b53782f77395044374b3672416c3642782f307a76674a653831373971744c74366743754b507a454c5953445a6b6538494e787a766b6655534d35782b6b536f3259775a44416642674e5648534d45474441576742524343663675786562504a507077656a517145343161374652394944414f42674e56485138424166384542414d4341515977485159445652304f424259454650737575655466636f4e6e55793751742b636c7a47556c4f6773384d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a30454177494453514177526749684150487a392f693044734e4e35345259544f73704c3079326c43466774787573425a3849572f69716535684e4169454135337349354866737a594358434c3736565164584157363575343338536b4b737a374e637379654a6944413d227d5d7d7d2c2264656e696564223a7b226e6574776f726b73223a7b2239636566326538352d616233362d343630632d623031342d646238363734643931333632223a2265766963746564227d2c227369746573223a7b2238306364333463352d333037302d346663642d393466342d643833613966616564366266223a2265766963746564227d2c22696e7669746174696f6e73223a7b7d2c226261636b626f6e655f7369746573223a7b7d2c22636f6e74726f6c6c657273223a7b7d7d7d', '\x3046022100b1933d3482e0534aaa8d61dcb03345acbcc5dd8992202ce969509408c5825735022100f7982a22ceec84d340dae715efb0b9372dedb7f6eb790fabcedb6ccd041df99c', '\x308202993082023fa00302010202106cbededf8072e672d06ed568881f95ba300a06082a8648ce3d0403023052312d302b060355040a0c2466356431303864382d643363302d346438382d616634612d3432333730313965373833623121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132333035303234395a170d3236313232333035303734395a3050312d302b060355040a0c2465316437303836652d616431312d343137662d623333302d386430353732396362363866311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004a59c30a1ad57bfc6d66adde1c44a319b34c16ffbab305a5aaf073552235c77054b3a456c0ef0da40533842102102b1d694a6d8cef22a4b63f5b1db31d61e4c3ca381f83081f5301f0603551d230418301680144209feaec5e6cf24fa707a342a138d5aec547d203081940603551d1104818c3081898681867370696666653a2f2f31656263336635622d393735622d343436372d623430382d6339316431303462333765612f6261636b626f6e652f66356431303864382d643363302d346438382d616634612d3432333730313965373833622f74727573742f65316437303836652d616431312d343137662d623333302d386430353732396362363866300e0603551d0f0101ff040403020780301d0603551d0e04160414237fd160a2a29d89187b9b81a50158fad134a78f300c0603551d130101ff04023000300a06082a8648ce3d0403020348003045022100df61bfaefc362f529e8df1e56e2953c93e813e85ac33d2367515c5e7323e9d7d02207bceee647461837d44920f01d6a5535c50afffd2cc907ab68418fc1c35f6f09f', '2026-11-24 05:07:57.956197+00', '2026-11-23 05:07:57.974853+00');

SELECT pg_catalog.setval('public.flow_position_seq', 1, false);

ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.access_point
    ADD CONSTRAINT access_point_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.access_point
    ADD CONSTRAINT access_point_site_id_id_key UNIQUE (site_id, id);

ALTER TABLE ONLY public.access_point
    ADD CONSTRAINT access_point_site_id_name_key UNIQUE (site_id, name);

ALTER TABLE ONLY public.address_policy
    ADD CONSTRAINT address_policy_pkey PRIMARY KEY (network_id, address);

ALTER TABLE ONLY public.authority
    ADD CONSTRAINT authority_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.backbone
    ADD CONSTRAINT backbone_name_key UNIQUE (name);

ALTER TABLE ONLY public.backbone
    ADD CONSTRAINT backbone_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.backbone_site
    ADD CONSTRAINT backbone_site_backbone_id_id_key UNIQUE (backbone_id, id);

ALTER TABLE ONLY public.backbone_site
    ADD CONSTRAINT backbone_site_backbone_id_name_key UNIQUE (backbone_id, name);

ALTER TABLE ONLY public.backbone_site
    ADD CONSTRAINT backbone_site_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.certificate
    ADD CONSTRAINT certificate_issuer_serial_key UNIQUE (issuer, serial);

ALTER TABLE ONLY public.certificate
    ADD CONSTRAINT certificate_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.connector
    ADD CONSTRAINT connector_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.controller
    ADD CONSTRAINT controller_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.enrolment_alarm
    ADD CONSTRAINT enrolment_alarm_pkey PRIMARY KEY (site_id, key_digest);

ALTER TABLE ONLY public.event_head
    ADD CONSTRAINT event_head_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.flow
    ADD CONSTRAINT flow_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.idempotency_key
    ADD CONSTRAINT idempotency_key_pkey PRIMARY KEY (subject, key);

ALTER TABLE ONLY public.installation
    ADD CONSTRAINT installation_only_row_key UNIQUE (only_row);

ALTER TABLE ONLY public.installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.invitation_class
    ADD CONSTRAINT invitation_class_pkey PRIMARY KEY (invitation_id, class);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_network_id_id_key UNIQUE (network_id, id);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_network_id_name_key UNIQUE (network_id, name);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.key_tombstone
    ADD CONSTRAINT key_tombstone_pkey PRIMARY KEY (network_id, key_digest);

ALTER TABLE ONLY public.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.library_document
    ADD CONSTRAINT library_document_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.library_document
    ADD CONSTRAINT library_document_version_key UNIQUE (kind, name, version);

ALTER TABLE ONLY public.library_interface
    ADD CONSTRAINT library_interface_pkey PRIMARY KEY (document_id, interface);

ALTER TABLE ONLY public.library
    ADD CONSTRAINT library_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.library_reference
    ADD CONSTRAINT library_reference_pkey PRIMARY KEY (document_id, kind, reference);

ALTER TABLE ONLY public.link
    ADD CONSTRAINT link_from_site_to_access_point_key UNIQUE (from_site, to_access_point);

ALTER TABLE ONLY public.link
    ADD CONSTRAINT link_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.listener
    ADD CONSTRAINT listener_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.manifest_set_member
    ADD CONSTRAINT manifest_set_member_address_key UNIQUE (network_id, address);

ALTER TABLE ONLY public.manifest_set_member
    ADD CONSTRAINT manifest_set_member_backbone_site_id_key UNIQUE (backbone_site_id);

ALTER TABLE ONLY public.manifest_set_member
    ADD CONSTRAINT manifest_set_member_connector_id_key UNIQUE (connector_id);

ALTER TABLE ONLY public.manifest_set_member
    ADD CONSTRAINT manifest_set_member_invitation_id_key UNIQUE (invitation_id);

ALTER TABLE ONLY public.manifest_set_member
    ADD CONSTRAINT manifest_set_member_link_id_key UNIQUE (link_id);

ALTER TABLE ONLY public.manifest_set_member
    ADD CONSTRAINT manifest_set_member_listener_id_key UNIQUE (listener_id);

ALTER TABLE ONLY public.member_class
    ADD CONSTRAINT member_class_pkey PRIMARY KEY (member_id, class);

ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_network_id_id_key UNIQUE (network_id, id);

ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.network
    ADD CONSTRAINT network_name_key UNIQUE (name);

ALTER TABLE ONLY public.network
    ADD CONSTRAINT network_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.release
    ADD CONSTRAINT release_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.release_document
    ADD CONSTRAINT release_document_pkey PRIMARY KEY (release_id, document_id);

ALTER TABLE ONLY public.release
    ADD CONSTRAINT release_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.site_class
    ADD CONSTRAINT site_class_pkey PRIMARY KEY (network_id, name);

ALTER TABLE ONLY public.site_status
    ADD CONSTRAINT site_status_backbone_site_id_key UNIQUE (backbone_site_id);

ALTER TABLE ONLY public.site_status
    ADD CONSTRAINT site_status_member_id_key UNIQUE (member_id);

ALTER TABLE ONLY public.trust_denial
    ADD CONSTRAINT trust_denial_pkey PRIMARY KEY (kind, id);

ALTER TABLE ONLY public.trust_document
    ADD CONSTRAINT trust_document_pkey PRIMARY KEY (backbone_id, version);

CREATE UNIQUE INDEX authority_backbone_generation_key ON public.authority USING btree (backbone_id, generation) WHERE (kind = 'backbone'::text);

CREATE INDEX authority_issuer ON public.authority USING btree (issuer) WHERE (issuer IS NOT NULL);

CREATE UNIQUE INDEX authority_network_generation_key ON public.authority USING btree (network_id, generation) WHERE (kind = 'network'::text);

CREATE UNIQUE INDEX authority_root_generation_key ON public.authority USING btree (generation) WHERE (kind = 'root'::text);

CREATE UNIQUE INDEX authority_root_pending_key ON public.authority USING btree (kind) WHERE ((kind = 'root'::text) AND (state = 'pending'::text));

CREATE INDEX certificate_page ON public.certificate USING btree (created, id);

CREATE INDEX certificate_subject ON public.certificate USING btree (subject, generation);

CREATE INDEX certificate_superseded_by ON public.certificate USING btree (superseded_by) WHERE (superseded_by IS NOT NULL);

CREATE UNIQUE INDEX connector_class_target_key ON public.connector USING btree (network_id, class, address, target) WHERE (class IS NOT NULL);

CREATE UNIQUE INDEX connector_site_target_key ON public.connector USING btree (network_id, site_id, address, target) WHERE (site_id IS NOT NULL);

CREATE INDEX event_backbone ON public.event USING btree (backbone_id, "position") WHERE (backbone_id IS NOT NULL);

CREATE INDEX event_network ON public.event USING btree (network_id, "position") WHERE (network_id IS NOT NULL);

CREATE INDEX event_object ON public.event USING btree (object_id, "position") WHERE (object_id IS NOT NULL);

CREATE INDEX flow_network ON public.flow USING btree (network_id, "position");

CREATE INDEX idempotency_key_created ON public.idempotency_key USING btree (created);

CREATE INDEX invitation_class_class ON public.invitation_class USING btree (network_id, class);

CREATE INDEX library_document_created ON public.library_document USING btree (created, id);

CREATE INDEX library_interface_type ON public.library_interface USING btree (type, role);

CREATE INDEX link_backbone ON public.link USING btree (backbone_id);

CREATE INDEX link_to_site ON public.link USING btree (to_site, to_access_point);

CREATE UNIQUE INDEX listener_class_bind_key ON public.listener USING btree (network_id, class, bind) WHERE (class IS NOT NULL);

CREATE UNIQUE INDEX listener_site_bind_key ON public.listener USING btree (network_id, site_id, bind) WHERE (site_id IS NOT NULL);

CREATE UNIQUE INDEX manifest_set_member_backbone_key ON public.manifest_set_member USING btree (backbone_id) WHERE (num_nonnulls(backbone_site_id, link_id) = 0);

CREATE INDEX manifest_set_member_in_backbone ON public.manifest_set_member USING btree (backbone_id);

CREATE INDEX manifest_set_member_in_network ON public.manifest_set_member USING btree (network_id);

CREATE UNIQUE INDEX manifest_set_member_network_key ON public.manifest_set_member USING btree (network_id) WHERE (num_nonnulls(invitation_id, listener_id, connector_id, address) = 0);

CREATE INDEX manifest_set_member_of_set ON public.manifest_set_member USING btree (set_name);

CREATE INDEX member_class_class ON public.member_class USING btree (network_id, class);

CREATE INDEX member_invitation ON public.member USING btree (invitation_id);

CREATE UNIQUE INDEX member_key_digest_key ON public.member USING btree (network_id, key_digest) WHERE (state = ANY (ARRAY['waiting'::text, 'member'::text]));

CREATE UNIQUE INDEX member_name_key ON public.member USING btree (network_id, name) WHERE (state = ANY (ARRAY['waiting'::text, 'member'::text]));

CREATE INDEX member_page ON public.member USING btree (network_id, created, id);

CREATE INDEX member_waiting ON public.member USING btree (invitation_id) WHERE (state = 'waiting'::text);

CREATE INDEX network_backbone ON public.network USING btree (backbone_id);

CREATE INDEX network_page ON public.network USING btree (created, id);

CREATE INDEX release_created ON public.release USING btree (created, id);

CREATE INDEX release_document_document ON public.release_document USING btree (document_id);

CREATE INDEX release_name ON public.release USING btree (name, created);

CREATE INDEX site_status_controller ON public.site_status USING btree (controller_id) WHERE (controller_id IS NOT NULL);

CREATE INDEX trust_denial_backbone ON public.trust_denial USING btree (backbone_id);

CREATE INDEX trust_denial_network ON public.trust_denial USING btree (network_id) WHERE (network_id IS NOT NULL);

CREATE TRIGGER event_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.event FOR EACH STATEMENT EXECUTE FUNCTION public.event_is_append_only();

CREATE TRIGGER library_document_is_immutable BEFORE UPDATE ON public.library_document FOR EACH ROW EXECUTE FUNCTION public.content_is_immutable();

CREATE TRIGGER release_is_immutable BEFORE UPDATE ON public.release FOR EACH ROW EXECUTE FUNCTION public.content_is_immutable();

ALTER TABLE ONLY public.access_point
    ADD CONSTRAINT access_point_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.backbone_site(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.address_policy
    ADD CONSTRAINT address_policy_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.network(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.authority
    ADD CONSTRAINT authority_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES public.backbone(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.authority
    ADD CONSTRAINT authority_issuer_fkey FOREIGN KEY (issuer) REFERENCES public.authority(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.authority
    ADD CONSTRAINT authority_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.network(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.backbone_site
    ADD CONSTRAINT backbone_site_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES public.backbone(id);

ALTER TABLE ONLY public.certificate
    ADD CONSTRAINT certificate_issuer_fkey FOREIGN KEY (issuer) REFERENCES public.authority(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.certificate
    ADD CONSTRAINT certificate_superseded_by_fkey FOREIGN KEY (superseded_by) REFERENCES public.certificate(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.connector
    ADD CONSTRAINT connector_class_fkey FOREIGN KEY (network_id, class) REFERENCES public.site_class(network_id, name);

ALTER TABLE ONLY public.connector
    ADD CONSTRAINT connector_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.network(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.connector
    ADD CONSTRAINT connector_site_fkey FOREIGN KEY (network_id, site_id) REFERENCES public.member(network_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.enrolment_alarm
    ADD CONSTRAINT enrolment_alarm_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.backbone_site(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.flow
    ADD CONSTRAINT flow_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.network(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.invitation_class
    ADD CONSTRAINT invitation_class_class_fkey FOREIGN KEY (network_id, class) REFERENCES public.site_class(network_id, name);

ALTER TABLE ONLY public.invitation_class
    ADD CONSTRAINT invitation_class_invitation_fkey FOREIGN KEY (network_id, invitation_id) REFERENCES public.invitation(network_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.network(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.key_tombstone
    ADD CONSTRAINT key_tombstone_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.network(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.library_interface
    ADD CONSTRAINT library_interface_document_id_fkey FOREIGN KEY (document_id) REFERENCES public.library_document(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.library_reference
    ADD CONSTRAINT library_reference_document_id_fkey FOREIGN KEY (document_id) REFERENCES public.library_document(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.link
    ADD CONSTRAINT link_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES public.backbone(id);

ALTER TABLE ONLY public.link
    ADD CONSTRAINT link_from_site_fkey FOREIGN KEY (backbone_id, from_site) REFERENCES public.backbone_site(backbone_id, id);

ALTER TABLE ONLY public.link
    ADD CONSTRAINT link_to_access_point_fkey FOREIGN KEY (to_site, to_access_point) REFERENCES public.access_point(site_id, id);

ALTER TABLE ONLY public.link
    ADD CONSTRAINT link_to_site_fkey FOREIGN KEY (backbone_id, to_site) REFERENCES public.backbone_site(backbone_id, id);

ALTER TABLE ONLY public.listener
    ADD CONSTRAINT listener_class_fkey FOREIGN KEY (network_id, class) REFERENCES public.site_class(network_id, name);

ALTER TABLE ONLY public.listener
    ADD CONSTRAINT listener_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.network(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.listener
    ADD CONSTRAINT listener_site_fkey FOREIGN KEY (network_id, site_id) REFERENCES public.member(network_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.manifest_set_member
    ADD CONSTRAINT manifest_set_member_address_fkey FOREIGN KEY (network_id, address) REFERENCES public.address_policy(network_id, address) ON DELETE CASCADE;

ALTER TABLE ONLY public.manifest_set_member
    ADD CONSTRAINT manifest_set_member_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES public.backbone(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.manifest_set_member
    ADD CONSTRAINT manifest_set_member_backbone_site_id_fkey FOREIGN KEY (backbone_site_id) REFERENCES public.backbone_site(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.manifest_set_member
    ADD CONSTRAINT manifest_set_member_connector_id_fkey FOREIGN KEY (connector_id) REFERENCES public.connector(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.manifest_set_member
    ADD CONSTRAINT manifest_set_member_invitation_id_fkey FOREIGN KEY (invitation_id) REFERENCES public.invitation(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.manifest_set_member
    ADD CONSTRAINT manifest_set_member_link_id_fkey FOREIGN KEY (link_id) REFERENCES public.link(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.manifest_set_member
    ADD CONSTRAINT manifest_set_member_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES public.listener(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.manifest_set_member
    ADD CONSTRAINT manifest_set_member_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.network(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.member_class
    ADD CONSTRAINT member_class_class_fkey FOREIGN KEY (network_id, class) REFERENCES public.site_class(network_id, name);

ALTER TABLE ONLY public.member_class
    ADD CONSTRAINT member_class_member_fkey FOREIGN KEY (network_id, member_id) REFERENCES public.member(network_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_invitation_id_fkey FOREIGN KEY (invitation_id) REFERENCES public.invitation(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.network(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.network
    ADD CONSTRAINT network_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES public.backbone(id);

ALTER TABLE ONLY public.release_document
    ADD CONSTRAINT release_document_document_id_fkey FOREIGN KEY (document_id) REFERENCES public.library_document(id);

ALTER TABLE ONLY public.release_document
    ADD CONSTRAINT release_document_release_id_fkey FOREIGN KEY (release_id) REFERENCES public.release(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.site_class
    ADD CONSTRAINT site_class_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.network(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.site_status
    ADD CONSTRAINT site_status_backbone_site_id_fkey FOREIGN KEY (backbone_site_id) REFERENCES public.backbone_site(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.site_status
    ADD CONSTRAINT site_status_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.member(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.trust_denial
    ADD CONSTRAINT trust_denial_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES public.backbone(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.trust_document
    ADD CONSTRAINT trust_document_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES public.backbone(id) ON DELETE CASCADE;

