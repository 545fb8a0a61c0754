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

CREATE FUNCTION public.event_leaves_by_cut() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM gone WHERE position > (SELECT coalesce(max(position), 0) FROM event_cut)) THEN
        RAISE EXCEPTION 'events are never changed or removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
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

CREATE TABLE public.access_grant (
    id uuid NOT NULL,
    subject_id uuid,
    group_id uuid,
    role text NOT NULL,
    backbone_id uuid,
    network_id uuid,
    default_backbone boolean NOT NULL,
    created timestamp with time zone NOT NULL,
    CONSTRAINT access_grant_default CHECK (((NOT default_backbone) OR (backbone_id IS NOT NULL))),
    CONSTRAINT access_grant_role_check CHECK ((role = ANY (ARRAY['service-administrator'::text, 'backbone-administrator'::text, 'user'::text, 'operator'::text, 'viewer'::text]))),
    CONSTRAINT access_grant_scope CHECK (
CASE
    WHEN (role = 'service-administrator'::text) THEN (num_nonnulls(backbone_id, network_id) = 0)
    WHEN (role = ANY (ARRAY['backbone-administrator'::text, 'user'::text])) THEN ((backbone_id IS NOT NULL) AND (network_id IS NULL))
    ELSE ((network_id IS NOT NULL) AND (backbone_id IS NULL))
END),
    CONSTRAINT access_grant_to CHECK ((num_nonnulls(subject_id, group_id) = 1))
);

COMMENT ON TABLE public.access_grant IS 'A role that a subject or a group holds, everywhere, on a backbone or in a network.';

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

CREATE TABLE public.api_token (
    id uuid NOT NULL,
    subject_id uuid NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    read_only boolean NOT NULL,
    backbone_id uuid,
    network_id uuid,
    expires timestamp with time zone NOT NULL,
    last_used timestamp with time zone,
    created timestamp with time zone NOT NULL,
    CONSTRAINT api_token_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT api_token_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text)),
    CONSTRAINT api_token_within CHECK (((backbone_id IS NULL) OR (network_id IS NULL)))
);

COMMENT ON TABLE public.api_token IS 'Tokens for the API, as their digests. What is revoked is gone.';

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
    renewable_until timestamp with time zone,
    CONSTRAINT certificate_check CHECK ((not_after > not_before)),
    CONSTRAINT certificate_check1 CHECK ((renewable_until > not_after)),
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
    last_seen timestamp with time zone NOT NULL,
    heard timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

COMMENT ON TABLE public.controller IS 'The replicas of the management controller.';

COMMENT ON COLUMN public.controller.heard IS 'When it was last heard of, by the clock of the database.';

CREATE TABLE public.credential (
    subject_id uuid NOT NULL,
    verifier text NOT NULL,
    one_time timestamp with time zone,
    changed timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.credential IS 'The passwords of persons, as what they are checked against.';

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

CREATE TABLE public.event_cut (
    "position" bigint NOT NULL,
    hash bytea NOT NULL,
    "time" timestamp with time zone NOT NULL,
    statement bytea NOT NULL,
    signature bytea NOT NULL,
    signer bytea NOT NULL,
    CONSTRAINT event_cut_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT event_cut_position_check CHECK (("position" > 0))
);

COMMENT ON TABLE public.event_cut IS 'Up to where events have left the audit chain, signed.';

CREATE TABLE public.event_head (
    only_row boolean DEFAULT true NOT NULL,
    "position" bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT event_head_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT event_head_only_row_check CHECK (only_row),
    CONSTRAINT event_head_position_check CHECK (("position" >= 0))
);

COMMENT ON TABLE public.event_head IS 'Position and hash of the newest event.';

CREATE TABLE public.event_trace (
    first bigint NOT NULL,
    last bigint NOT NULL,
    traceparent text NOT NULL,
    "time" timestamp with time zone NOT NULL,
    CONSTRAINT event_trace_check CHECK ((last >= first)),
    CONSTRAINT event_trace_first_check CHECK ((first > 0)),
    CONSTRAINT event_trace_traceparent_check CHECK ((traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'::text))
);

COMMENT ON TABLE public.event_trace IS 'In which trace events of the last hour were committed.';

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

CREATE TABLE public.group_member (
    group_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    provided boolean DEFAULT false NOT NULL
);

COMMENT ON TABLE public.group_member IS 'Who is in which group.';

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
    admitted timestamp with time zone,
    CONSTRAINT member_ended CHECK (((state = ANY (ARRAY['waiting'::text, 'member'::text])) = (ended IS NULL))),
    CONSTRAINT member_key_digest_check CHECK ((octet_length(key_digest) = 32)),
    CONSTRAINT member_labels_check CHECK ((jsonb_typeof(labels) = 'object'::text)),
    CONSTRAINT member_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text)),
    CONSTRAINT member_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'member'::text, 'left'::text, 'evicted'::text, 'refused'::text]))),
    CONSTRAINT member_terms_check CHECK ((jsonb_typeof(terms) = 'object'::text))
);

COMMENT ON TABLE public.member IS 'A member site of an application network.';

COMMENT ON COLUMN public.member.admitted IS 'When it was let in from a waiting room, if it has waited.';

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
    owner uuid NOT NULL,
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
    CONSTRAINT network_window CHECK ((end_at > start_at))
);

COMMENT ON TABLE public.network IS 'An application network on a backbone.';

CREATE TABLE public.quota (
    id uuid NOT NULL,
    resource text NOT NULL,
    backbone_id uuid,
    network_id uuid,
    subject_id uuid,
    most bigint NOT NULL,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT quota_most_check CHECK ((most >= 0)),
    CONSTRAINT quota_resource_check CHECK ((resource = ANY (ARRAY['networks'::text, 'members'::text, 'invitations'::text]))),
    CONSTRAINT quota_scope CHECK (
CASE
    WHEN (resource = 'networks'::text) THEN (num_nonnulls(backbone_id, network_id) = 0)
    ELSE ((subject_id IS NULL) AND (num_nonnulls(backbone_id, network_id) <= 1))
END)
);

COMMENT ON TABLE public.quota IS 'How much there may be of something.';

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

CREATE TABLE public.setup (
    only_row boolean DEFAULT true NOT NULL,
    digest bytea,
    deadline timestamp with time zone,
    done timestamp with time zone,
    CONSTRAINT setup_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT setup_only_row_check CHECK (only_row)
);

COMMENT ON TABLE public.setup IS 'The one-time link by which the first account is made. One row.';

CREATE TABLE public.sign_in (
    id uuid NOT NULL,
    subject_id uuid NOT NULL,
    digest bytea NOT NULL,
    method text NOT NULL,
    source text NOT NULL,
    created timestamp with time zone NOT NULL,
    expires timestamp with time zone NOT NULL,
    ended timestamp with time zone,
    id_token bytea,
    CONSTRAINT sign_in_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT sign_in_id_token_check CHECK ((octet_length(id_token) = 32)),
    CONSTRAINT sign_in_method_check CHECK ((method = ANY (ARRAY['password'::text, 'provider'::text])))
);

COMMENT ON TABLE public.sign_in IS 'Sessions of persons. Those that are over are kept a month: who comes from where they did is not slowed down by strangers.';

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

CREATE TABLE public.subject (
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    display_name text,
    email text,
    issuer text,
    external_id text,
    disabled timestamp with time zone,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT subject_display_name_check CHECK (((length(display_name) >= 1) AND (length(display_name) <= 200))),
    CONSTRAINT subject_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
    CONSTRAINT subject_external_person CHECK (((issuer IS NULL) OR (kind = 'person'::text))),
    CONSTRAINT subject_external_whole CHECK (((issuer IS NULL) = (external_id IS NULL))),
    CONSTRAINT subject_kind_check CHECK ((kind = ANY (ARRAY['person'::text, 'service'::text]))),
    CONSTRAINT subject_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

COMMENT ON TABLE public.subject IS 'Who can sign in: a person, or a service (a pipeline, say).';

CREATE TABLE public.subject_group (
    id uuid NOT NULL,
    name text NOT NULL,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT subject_group_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

COMMENT ON TABLE public.subject_group IS 'Groups of subjects.';

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

INSERT INTO public._sqlx_migrations VALUES (1, 'event', '2026-11-24 02:25:58.923381+00', true, '\x0bda29d5c9a865c5a4f45ef2fc8787021f075d7131cadb7e4681989603b13c51e2df779a5004ef29e8d3f70e771c4029', 18069533);
INSERT INTO public._sqlx_migrations VALUES (2, 'backbones', '2026-11-24 02:25:58.943051+00', true, '\x434e9026377e635106c859b789aab3d1d4771a8e3ed2b5a2abbdf975e5bf8725c2b3759a934ca2dad324e084720f8c4c', 29477269);
INSERT INTO public._sqlx_migrations VALUES (3, 'networks', '2026-11-24 02:25:58.973432+00', true, '\x3014c48a7b5aa94d43e99169845babe047f4bcbc7dcee7b259c28a882667f3085a250cd92f160257f70625f5b60d2c83', 45347737);
INSERT INTO public._sqlx_migrations VALUES (4, 'trust', '2026-11-24 02:25:59.019657+00', true, '\x001450a4e4fc87d7da536468dfc93dc5fda5d047aa9138c7dfab7f3af8b75fe198f1299446c3841389326de0f083439b', 25089431);
INSERT INTO public._sqlx_migrations VALUES (5, 'running', '2026-11-24 02:25:59.045757+00', true, '\x3dac00fd25697ebc4dfb2b2df313c9190fb9e93398e03f37c5cf35820646644335c772e3689fe7cee5b872c1586d6c5f', 14437520);
INSERT INTO public._sqlx_migrations VALUES (10, 'enrolment alarm', '2026-11-24 02:25:59.060877+00', true, '\x1426322b4bf49f12a208fdb78f404002e544a937699c8ad2f51593d6e8e0b12e3270364851e76143b74b89931aed52cf', 4499120);
INSERT INTO public._sqlx_migrations VALUES (11, 'trust kept', '2026-11-24 02:25:59.066061+00', true, '\xde55a0bcfb9a9e05ed6de97627143c5a35ca4546ff0a1fbba81a46c36dd483e552b90238f612c491eb3ad3d631eb3944', 4610718);
INSERT INTO public._sqlx_migrations VALUES (13, 'backbone shapes', '2026-11-24 02:25:59.071618+00', true, '\xb14accc573ccb98eea8bdc0ed58dd5f04bc64cddb9f2bd153454b5f0e7609df3781b56d36ddc17b0d82111897781084d', 2141920);
INSERT INTO public._sqlx_migrations VALUES (15, 'addresses', '2026-11-24 02:25:59.074044+00', true, '\x01f796c140b44de07d1294ce88215082a675e90665b0a94c422703d3ef81d31b9c888481c6210dbaa8a67ae7c95a3225', 4896969);
INSERT INTO public._sqlx_migrations VALUES (16, 'flow', '2026-11-24 02:25:59.079454+00', true, '\x06953a23d38b671796fa37e9eb0168f087146e62cf5ee7f1052ff5da50bde8f43a5a80f6e70945f1d5f8ddf0cbd4b275', 5833610);
INSERT INTO public._sqlx_migrations VALUES (17, 'library', '2026-11-24 02:25:59.08579+00', true, '\x73985927f16b84b0889582af03f40ea4656a049b4389fc12087d7914fc0c8422f72a7ade86b8cfa9fdc7b43d6e436b2c', 17029423);
INSERT INTO public._sqlx_migrations VALUES (20, 'manifest sets', '2026-11-24 02:25:59.103385+00', true, '\x170b8103ad45b2e48cee856acf59f9821831891b6f27c44a84b8a334eac09ad265977a634e7cf9ac2c26b7c1c6691c0a', 11262829);
INSERT INTO public._sqlx_migrations VALUES (21, 'meetings', '2026-11-24 02:25:59.115034+00', true, '\xbf2d7bb15da05cd29d9014fad96082a3d9750650cb3010419c97f922a8538cc52740aabb48d2d7e58ae570083933fef9', 10146670);
INSERT INTO public._sqlx_migrations VALUES (22, 'rotation', '2026-11-24 02:25:59.12601+00', true, '\x8917f5379c9eff83378e26ec03db67cf4b1e6eb53efee88245926038cf1dca9dfae276b7b804fd784035886ac6e6c289', 8437746);
INSERT INTO public._sqlx_migrations VALUES (23, 'renewal', '2026-11-24 02:25:59.135183+00', true, '\x39780c0db65f8eee9eba34b73020f2a770f30320954164617c9ae9a41a51ef8093325ad1c57e9f51727b0f8e7d1af4dd', 1961135);
INSERT INTO public._sqlx_migrations VALUES (24, 'access', '2026-11-24 02:25:59.137684+00', true, '\x91b53c6f7aa28f41c65a35d51445d45f8d8e3ce0ce3373378caeb1e0bb7fb972d739bb6b45bf4f62f6997a80dfe04c27', 22320785);
INSERT INTO public._sqlx_migrations VALUES (25, 'subjects', '2026-11-24 02:25:59.161023+00', true, '\xc78a01ceb82c59f7ad131972dfefba845e68150fd873bb27317566805973eba8e7055855e7889d4ac2ccc4c9bbc5d732', 33054352);
INSERT INTO public._sqlx_migrations VALUES (27, 'audit cut', '2026-11-24 02:25:59.195054+00', true, '\x92dd79cc74cb0d0deb80e3f300aa96f88046fddceea0f3eb5907b9cac91a11cf7dcf9c54ffd86576dd169970406da479', 4543535);
INSERT INTO public._sqlx_migrations VALUES (28, 'id tokens', '2026-11-24 02:25:59.200277+00', true, '\xeb14e572277227e18d90629aa949e8c256bd4ab3a28f8fdfbd21063a98212797c51c4652d1196b9c2b279a085af3fe4f', 3176150);
INSERT INTO public._sqlx_migrations VALUES (29, 'causes', '2026-11-24 02:25:59.203955+00', true, '\xbc0010aea30d729a53232a636a7044ca683f1cdbf992739943efcae75a100ea8936726f1393a056f5ed4102c624fa834', 4294675);
INSERT INTO public._sqlx_migrations VALUES (30, 'standing', '2026-11-24 02:25:59.209066+00', true, '\x8507a2af3c393aa4a38d45fa19ffce1941b945a9587bf6d7b45eaaca965507bf999859917ae112b1e399e8689c321763', 4352770);

INSERT INTO public.access_grant VALUES ('6965a1de-697f-4dce-b004-5864496120e6', 'cf48e414-e736-456a-8c97-15f89a0ad456', NULL, 'user', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, true, '2026-11-24 02:26:03.699733+00');
INSERT INTO public.access_grant VALUES ('bd6c3a3f-6e43-4b35-9a4f-1bccd37d98b4', NULL, 'a977acdb-41a8-42fe-9399-56f5cbf8faff', 'operator', NULL, '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', false, '2026-11-24 02:26:03.744125+00');
INSERT INTO public.access_grant VALUES ('79c49200-d01e-477f-9827-d89b3c7a4ab7', 'f2119abd-0b33-4667-a7b6-0b77693d23cf', NULL, 'viewer', NULL, '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', false, '2026-11-24 02:26:03.787414+00');

INSERT INTO public.access_point VALUES ('3624b215-8f10-434c-8123-aded548c37ac', '40cb003f-8746-4d7a-9892-391a672570d6', 'main', 'peer,member,claim,manage', '127.0.0.1:40001', NULL, '2026-11-24 02:25:59.480058+00', '2026-11-24 02:25:59.480058+00', 1);
INSERT INTO public.access_point VALUES ('8a0b14cd-b6ef-4c9e-80ac-63e51384f400', 'ad0b4fd7-6406-4212-91eb-8a5512a3bb9f', 'main', 'peer,member,claim,manage', '127.0.0.1:38315', NULL, '2026-11-24 02:25:59.54291+00', '2026-11-24 02:25:59.54291+00', 1);

INSERT INTO public.address_policy VALUES ('8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'goods', 'balanced', '2026-11-24 02:26:02.084737+00', '2026-11-24 02:26:02.084737+00', 1);
INSERT INTO public.address_policy VALUES ('8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'stock', 'closest', '2026-11-24 02:26:05.886938+00', '2026-11-24 02:26:05.886938+00', 1);

INSERT INTO public.api_token VALUES ('d88c1f75-274e-4e17-8757-2434d5b86f2c', 'f2119abd-0b33-4667-a7b6-0b77693d23cf', 'nightly', '\x421c050760370413b6c122c002af599b2152e1ac631d8f9a7da0572d8f2b9ef9', true, NULL, NULL, '2027-02-22 02:26:03.878789+00', NULL, '2026-11-24 02:26:03.879523+00');

INSERT INTO public.authority VALUES ('b2ec9fc9-900a-4735-a8c5-a0853b4751d1', 'root', NULL, NULL, 1, 'active', '\x30820238308201dea003020102021059e7cf67f418e3c565830bc6ee866b51300a06082a8648ce3d040302306a312d302b060355040a0c2466623336653931322d613234322d343063352d626566642d62393130316139393236383831143012060355040b0c0b646576656c6f706d656e743123302106035504030c1a536b75707065722d5820646576656c6f706d656e7420726f6f74301e170d3236313132343032323035395a170d3336313132313032323535395a306a312d302b060355040a0c2466623336653931322d613234322d343063352d626566642d62393130316139393236383831143012060355040b0c0b646576656c6f706d656e743123302106035504030c1a536b75707065722d5820646576656c6f706d656e7420726f6f743059301306072a8648ce3d020106082a8648ce3d03010703420004413f5b7390bf574e31b4a3178e280899beb5b21923203fd72d536ef5e5e526c3fa48bd3dfe0735f2fffd98d40db9fb5cc4358e851e2ee19225a518237b729c00a3663064301f0603551d230418301680140bd6e3bf41930a71cb45e58895031411688d362f300e0603551d0f0101ff040403020106301d0603551d0e041604140bd6e3bf41930a71cb45e58895031411688d362f30120603551d130101ff040830060101ff020102300a06082a8648ce3d040302034800304502201b346498802911def74dd74d0a2db45c8f0664bbc1f249123739966f564018590221009492eda66215f6ac3e9eb3a4d85dee5e750707bdfd0e4ac78125579561943066', '{}', '\x016ae330dc205bd37aee9860cb5dfa2684c416cb02c9227799e49d78dd0f2d389e55bc31f9362f6ebd8a20546327ba5e6aa12fd89f3938e1ca74db75114a064bfdbc353cf2828fee91f9a9fc622d1a0ed25e826d6b4b69b581fafb8b251e8fcd8ab870bd4c889c282a5b0311e441002f28072c68f3a7e10f4bae7100a274542a1ef4b7b8ddf2976aae7e81cbef2675db8fbfd53608203bdb8233fa83533c4f83021b5c2b15bb155d0541f93a749a1d', '2026-11-24 02:20:59+00', '2036-11-21 02:25:59+00', '2026-11-24 02:25:59.343238+00', '2026-11-24 02:25:59.343238+00', 1, '2026-11-24 02:25:59.343238+00', NULL, false, NULL);
INSERT INTO public.authority VALUES ('a8c87913-d4fd-4b53-9edf-b8265f1cda90', 'backbone', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, 1, 'active', '\x30820220308201c6a003020102021063bf7e807102f32eab6cdcf620411d0f300a06082a8648ce3d040302306a312d302b060355040a0c2466623336653931322d613234322d343063352d626566642d62393130316139393236383831143012060355040b0c0b646576656c6f706d656e743123302106035504030c1a536b75707065722d5820646576656c6f706d656e7420726f6f74301e170d3236313132343032323035395a170d3336313132313032323535395a3052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e652043412067313059301306072a8648ce3d020106082a8648ce3d03010703420004e7bf85622d99407e048eb235866bae7dcf6f4691a09c0471c38f2e813e0c72375f354f610b91528ae62a1ae6dd5f2772518f179858b23c31b8aae32ec58aeb95a3663064301f0603551d230418301680140bd6e3bf41930a71cb45e58895031411688d362f300e0603551d0f0101ff040403020106301d0603551d0e0416041465b9b2b97742e1f2770b59a4ee10b1de0961829330120603551d130101ff040830060101ff020101300a06082a8648ce3d0403020348003045022100cd8d07d099b5701b53af11f4fa238c7a4fb48e5e2abe9c602cb51d737d38718902206c88b82761b655cef03e11f4447824846101652683bf7301c99378076723e49d', '{}', '\x016ae330dc205bd37a7887d9fa9b159f8c8b8e1c03d908c2542ede17baa4f0b3e1ce324d9c21a5b290318b0fa8cd5ad3548eb12d081ff00cc8cc904ea35a981020f524d2718c6d311f0460b671b9ab2e7c42ac4db88af80a5938130cdfdfcc3abdac5640b368c42a688d9129794140df62ec320553b4eba10cccf02f91735f15a22f54b19c63724869582ee3f37c135b7aca09594cdc179a3fd1e793ca5cab397245565541b3c9cc6f6f0049eeda16', '2026-11-24 02:20:59+00', '2036-11-21 02:25:59+00', '2026-11-24 02:25:59.389341+00', '2026-11-24 02:25:59.389341+00', 1, '2026-11-24 02:25:59.389341+00', NULL, false, 'b2ec9fc9-900a-4735-a8c5-a0853b4751d1');
INSERT INTO public.authority VALUES ('b16ecf9c-9e2f-4b43-86e6-aae1771d21ff', 'network', NULL, '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 1, 'active', '\x30820208308201ada00302010202106b68550f69a3b931e24ae694e05717fb300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323130315a170d3336313132313032323535395a3051312d302b060355040a0c2438646639643336662d636333622d346637652d383762392d6234656134363462393966393120301e06035504030c17536b75707065722d58206e6574776f726b2043412067313059301306072a8648ce3d020106082a8648ce3d03010703420004e7735634cef1451ce1d1a3012bd7240490f3ca9c29ddf35d1a5a26f9e83d411e1f5a35e2b3d5fa4329b6d3a904e7851f1f09391a04412aa91c461ecf737e3485a3663064301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de09618293300e0603551d0f0101ff040403020106301d0603551d0e041604141ca3ffa79a34069137bcb995befe64c9be824ab130120603551d130101ff040830060101ff020100300a06082a8648ce3d0403020349003046022100df02a82547f6c05c42efeaf80fe91589f23bd7e77346c24e969c3f6da42a3bfa022100e69271a474f4954a09cbf7bc64605f4ed2df1108f35c198dba37cb038b05a24e', '{}', '\x016ae330dc205bd37a867189bdd797e813410123227586c8f442b578c9b49ca1b8b68c874f2e5db1e9311f5c60a0305d302ce27edbf78c48bd831a98a999506225a0521497affb63b9915e7353abeb1d1bebc691a1b24e9bdbf208bfcfe498b588ca38975ef36cef1dc638174b71f5b32101a3170ab7e6caad5e42351c632e41db3bb457238b650a86ca160f2348f8361926ff2fee73a631558a59eab174af1e4f34602dfb14a44d95b65bec7d9346', '2026-11-24 02:21:01+00', '2036-11-21 02:25:59+00', '2026-11-24 02:26:01.039372+00', '2026-11-24 02:26:01.039372+00', 1, '2026-11-24 02:26:01.039372+00', NULL, false, 'a8c87913-d4fd-4b53-9edf-b8265f1cda90');
INSERT INTO public.authority VALUES ('6199ae48-31bb-418b-af95-be473af0a8ed', 'network', NULL, '0cb3053f-5a98-48e0-9c98-37cb66a43ba8', 1, 'withdrawn', '\x30820207308201ada003020102021040f406eb5c98de3278261ff1e5f958a3300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323130315a170d3336313132313032323535395a3051312d302b060355040a0c2430636233303533662d356139382d343865302d396339382d3337636236366134336261383120301e06035504030c17536b75707065722d58206e6574776f726b2043412067313059301306072a8648ce3d020106082a8648ce3d0301070342000402e401f266fd6d61ba0548daddd2a746b1524389ec5a4174b363700ab2c4354e2dca91619687bab470e7748a268163da2cc4ad3fb42403240a8191ef68e2f066a3663064301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de09618293300e0603551d0f0101ff040403020106301d0603551d0e0416041497a673ce50225d98edcd5c9894ef67d0c91a0abe30120603551d130101ff040830060101ff020100300a06082a8648ce3d0403020348003045022063aa2a110fe3bb35a2a9f7b1f821b22b22bc3ef74744e04cd1e37dd25e0df54e022100b1d2f9f525423442344341e26e1bea914487fe769f0d9b1d0666fcfac39906f1', '{}', NULL, '2026-11-24 02:21:01+00', '2036-11-21 02:25:59+00', '2026-11-24 02:26:01.1765+00', '2026-11-24 02:26:04.659251+00', 3, '2026-11-24 02:26:04.659251+00', NULL, false, 'a8c87913-d4fd-4b53-9edf-b8265f1cda90');
INSERT INTO public.authority VALUES ('36813a6a-e285-4be7-80f2-9d067aefa7b7', 'network', NULL, '60d1f49d-9aa8-461e-b19d-835ff14abe93', 2, 'active', '\x30820207308201ada00302010202105647a1bce1fcecfd349666c4efb6177e300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323130345a170d3336313132313032323535395a3051312d302b060355040a0c2436306431663439642d396161382d343631652d623139642d3833356666313461626539333120301e06035504030c17536b75707065722d58206e6574776f726b2043412067323059301306072a8648ce3d020106082a8648ce3d03010703420004a0014c5120cef2430382a5de653d9086d06d4c1eb3df9ff23f4b7fea044d45c29e216af55e8b682b8ed4ac641f5080e83550369ab5c4c2f1f1b8b4c3d07dd5b8a3663064301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de09618293300e0603551d0f0101ff040403020106301d0603551d0e04160414c8e14b57ffe24a8f7c30f7c0bb973c1b08c203e030120603551d130101ff040830060101ff020100300a06082a8648ce3d0403020348003045022035b62173b6562aa1cf1da3b896f737464b699db4ab31c585a1c512bce18cf403022100a11cb7352e616cbd364a7649c8248a25a2e833094628e2dc13b7155203fa044b', '{}', '\x016ae330dc205bd37ac531b756d0f568e90503f6c2aef594a3e00c8baabfcefb28c5a9d99bbeb66c95beabb500e7af0e2fe6c791240d3676c41d53108e39f5fbb90158390004e11bcd2e4ca607919f2a38757f0a929df3a765c4ce3d43782d1421f261abdae5f7fad1fc405f56d3ac47d80c0bf64a3a871b48890fff6e496acfb9883aefbbf3f79d950b60257ce5e53989d87bbb75c5897dde8aec5612b2077acf42699646b50bc516cd798ea13922', '2026-11-24 02:21:04+00', '2036-11-21 02:25:59+00', '2026-11-24 02:26:04.530294+00', '2026-11-24 02:26:04.700122+00', 2, '2026-11-24 02:26:04.700122+00', 'admin asked for it', false, 'a8c87913-d4fd-4b53-9edf-b8265f1cda90');
INSERT INTO public.authority VALUES ('ea925875-3d25-4f69-938f-0fba8f85aaa9', 'network', NULL, '60d1f49d-9aa8-461e-b19d-835ff14abe93', 1, 'withdrawn', '\x30820206308201ada00302010202107979a8371b3150879d54e97898e55a15300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323130345a170d3336313132313032323535395a3051312d302b060355040a0c2436306431663439642d396161382d343631652d623139642d3833356666313461626539333120301e06035504030c17536b75707065722d58206e6574776f726b2043412067313059301306072a8648ce3d020106082a8648ce3d03010703420004fa9bc9b2714b4aa9a42f99a7d678953adc02e44b91d9c1e3bc8aa7e9fa95a1c77ff9bc74a9eef59b16a811a09f9e07cd0efc153229cf44ac27381232b6513ddea3663064301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de09618293300e0603551d0f0101ff040403020106301d0603551d0e04160414f517ddbb9a06b15b996c745320e9fc5d5832cd4b30120603551d130101ff040830060101ff020100300a06082a8648ce3d04030203470030440220749eb093dd30927b48fa3f15812784e6b3bedb0bf610a57c99845a9303985bec02202c37e3b729576645a57d95cdd25139b3f7325e7e34dd40010c229a3543b3c1ee', '{}', NULL, '2026-11-24 02:21:04+00', '2036-11-21 02:25:59+00', '2026-11-24 02:26:04.232044+00', '2026-11-24 02:26:04.752145+00', 3, '2026-11-24 02:26:04.752145+00', NULL, false, 'a8c87913-d4fd-4b53-9edf-b8265f1cda90');

INSERT INTO public.backbone VALUES ('93f55609-4926-463c-8ad3-5a3fec5479c0', 'east', 'native', '2026-11-24 02:25:59.389341+00', '2026-11-24 02:25:59.389341+00', 1);

INSERT INTO public.backbone_site VALUES ('40cb003f-8746-4d7a-9892-391a672570d6', '93f55609-4926-463c-8ad3-5a3fec5479c0', 'r1', 'deployed', 1, '53ddb611716cd6e88ccc20236e1c1f4f', '\xdec51ad4be21151ca7d4432f7e31a6b37c402c685a7cb3767de7da1da3c8012f', '{"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}', '2026-11-24 02:26:00.334413+00', '2026-11-24 02:25:59.480058+00', '2026-11-24 02:26:00.334413+00', 3, false, '{"listen 0.0.0.0:40001","listen 0.0.0.0:40001"}', '2026-12-24 02:25:59+00');
INSERT INTO public.backbone_site VALUES ('ad0b4fd7-6406-4212-91eb-8a5512a3bb9f', '93f55609-4926-463c-8ad3-5a3fec5479c0', 'r2', 'deployed', 1, '7477c6c98aaa9580a29dddb8a03526b0', '\xb6b195f3849a7ba38b181f888598b6f36b4476b9b3b9714b7cd6b69f897d1cea', '{"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}', '2026-11-24 02:26:00.36437+00', '2026-11-24 02:25:59.54291+00', '2026-11-24 02:26:00.36437+00', 3, false, '{"listen 0.0.0.0:38315","dial 127.0.0.1:40001"}', '2026-12-24 02:26:00+00');

INSERT INTO public.certificate VALUES ('a9e45323-9efb-46b7-9ec1-531754f76a4c', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', '62baccb4c1378ea2d59a145a98fd6eee', 'a8c87913-d4fd-4b53-9edf-b8265f1cda90', 1, '\xbea4a27b4a44a176cf0187e4107b7830c4ba5dd1242df5e91dab4b3e3df8c7ee', '2026-11-24 02:20:59+00', '2026-12-24 02:25:59+00', NULL, '\x3082028a3082022fa003020102021062baccb4c1378ea2d59a145a98fd6eee300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323035395a170d3236313232343032323535395a304e312d302b060355040a0c2464306438383234622d626266392d346635362d393233652d316333366438616232363039311d301b06035504030c14536b75707065722d5820636f6e74726f6c6c65723059301306072a8648ce3d020106082a8648ce3d030107034200040db61b71d8e4242b1df8c5a04bc207daa34d2b8a7859c104959738f5ab250eeaf26be62d9c87c5227a178be931c7659573097f22cd5af6b171a368a378a3c8c9a381ea3081e7301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de0961829330680603551d110461305f865d7370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f636f6e74726f6c6c65722f64306438383234622d626266392d346635362d393233652d316333366438616232363039300e0603551d0f0101ff040403020780301d0603551d250416301406082b0601050507030206082b06010505070301301d0603551d0e04160414bea4a27b4a44a176cf0187e4107b7830c4ba5dd1300c0603551d130101ff04023000300a06082a8648ce3d04030203490030460221009822a5e83a40d93ef5e0d60c2ee5d6ee0647b3266895662665cf6601b8ca6138022100ae02c73f480409f1c6bb5033330baecea9e545a81f17b0cf0858eec20dc487a2', '2026-11-24 02:25:59.389341+00', '2026-11-24 02:25:59.389341+00', 1, NULL, NULL);
INSERT INTO public.certificate VALUES ('179d2b94-77dc-4755-afc2-e8d444dfd85f', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/backbone/93f55609-4926-463c-8ad3-5a3fec5479c0/trust/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', '6f093cf8d09bcadcd8560b8df49c92f6', 'a8c87913-d4fd-4b53-9edf-b8265f1cda90', 1, '\x1830fa8476f60a6f649593a81ce2e9fd47728a5473c84c4ca2e9f7182c2a3b31', '2026-11-24 02:20:59+00', '2026-12-24 02:25:59+00', NULL, '\x308202993082023fa00302010202106f093cf8d09bcadcd8560b8df49c92f6300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323035395a170d3236313232343032323535395a3050312d302b060355040a0c2464306438383234622d626266392d346635362d393233652d316333366438616232363039311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004ea9138446f7f13182cf371751cbf916730a038f4d7d4a62cc29816281db208f13f63f89ce0a122963d9780782dac99bfb13ce25e732c7044e7c12fabf2698fd0a381f83081f5301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de096182933081940603551d1104818c3081898681867370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6261636b626f6e652f39336635353630392d343932362d343633632d386164332d3561336665633534373963302f74727573742f64306438383234622d626266392d346635362d393233652d316333366438616232363039300e0603551d0f0101ff040403020780301d0603551d0e041604141830fa8476f60a6f649593a81ce2e9fd47728a54300c0603551d130101ff04023000300a06082a8648ce3d040302034800304502205299511baceac21e18afb25e6ad31c5e5b21a77858f61b116e25c85e4540a2e0022100c8c82cd4abc75afba36cfc5727709585b8a2fca5f6df8662da8d2e66658ae0dc', '2026-11-24 02:25:59.389341+00', '2026-11-24 02:25:59.389341+00', 1, NULL, NULL);
INSERT INTO public.certificate VALUES ('0b820db4-6ff9-4eb3-8231-654499703466', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/backbone/93f55609-4926-463c-8ad3-5a3fec5479c0/bootstrap/40cb003f-8746-4d7a-9892-391a672570d6', '53ddb611716cd6e88ccc20236e1c1f4f', 'a8c87913-d4fd-4b53-9edf-b8265f1cda90', 1, '\x5f1f864073526bdbac35fb6fe9edbfa1ac8883fcd6e74102a4f7ddc08f2fd2f9', '2026-11-24 02:20:59+00', '2026-12-24 02:25:59+00', NULL, '\x308202bc30820261a003020102021053ddb611716cd6e88ccc20236e1c1f4f300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323035395a170d3236313232343032323535395a304d312d302b060355040a0c2434306362303033662d383734362d346437612d393839322d333931613637323537306436311c301a06035504030c13536b75707065722d5820626f6f7473747261703059301306072a8648ce3d020106082a8648ce3d03010703420004dbf563034cc9658b9424a18ac058fdd286d48d416286b51ddc0d949e2e1705c47a2a84bc1893053ccce379a1bb0969c00c2bce09c93736fa8dfc17b45139127ba382011c30820118301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de096182933081980603551d1104819030818d86818a7370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6261636b626f6e652f39336635353630392d343932362d343633632d386164332d3561336665633534373963302f626f6f7473747261702f34306362303033662d383734362d346437612d393839322d333931613637323537306436300e0603551d0f0101ff040403020780301d0603551d250416301406082b0601050507030206082b06010505070301301d0603551d0e041604145f1f864073526bdbac35fb6fe9edbfa1ac8883fc300c0603551d130101ff04023000300a06082a8648ce3d0403020349003046022100994501e38d93f9e75999cd68bd7e1b88910ed036e5ca456c46fa5cb6e89e0451022100d114747b6d38f8937e9ad33d3b4dee8536b79165ced9f3feb6908d3331117642', '2026-11-24 02:25:59.959967+00', '2026-11-24 02:25:59.959967+00', 1, NULL, NULL);
INSERT INTO public.certificate VALUES ('5a7253a0-daea-4359-9985-486399bedb8c', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/backbone/93f55609-4926-463c-8ad3-5a3fec5479c0/bootstrap/ad0b4fd7-6406-4212-91eb-8a5512a3bb9f', '7477c6c98aaa9580a29dddb8a03526b0', 'a8c87913-d4fd-4b53-9edf-b8265f1cda90', 1, '\x724a7106f805a492730d508be77dea6b2a7afd5df62285862148fbf6dad35401', '2026-11-24 02:21:00+00', '2026-12-24 02:26:00+00', NULL, '\x308202bc30820261a00302010202107477c6c98aaa9580a29dddb8a03526b0300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323130305a170d3236313232343032323630305a304d312d302b060355040a0c2461643062346664372d363430362d343231322d393165622d386135353132613362623966311c301a06035504030c13536b75707065722d5820626f6f7473747261703059301306072a8648ce3d020106082a8648ce3d03010703420004825717e00309d6d25bdff3df3f042717b5cb7c7fa25eee4514c04e69cf4f0fcf6f57b8c3c78b279145af4adb226122be4a0f1e83fd28a8256c27c2c46a505830a382011c30820118301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de096182933081980603551d1104819030818d86818a7370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6261636b626f6e652f39336635353630392d343932362d343633632d386164332d3561336665633534373963302f626f6f7473747261702f61643062346664372d363430362d343231322d393165622d386135353132613362623966300e0603551d0f0101ff040403020780301d0603551d250416301406082b0601050507030206082b06010505070301301d0603551d0e04160414724a7106f805a492730d508be77dea6b2a7afd5d300c0603551d130101ff04023000300a06082a8648ce3d0403020349003046022100a7533343662994cdaec920c30c9969e8494fc71b4fd4ca69433f0081563b6865022100ae592138882fee7c02aec8125214b1932e264bad824ab3426d42622437633db4', '2026-11-24 02:26:00.039446+00', '2026-11-24 02:26:00.039446+00', 1, NULL, NULL);
INSERT INTO public.certificate VALUES ('7aeae336-5cde-445a-995e-085706e8cea6', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/backbone/93f55609-4926-463c-8ad3-5a3fec5479c0/site/40cb003f-8746-4d7a-9892-391a672570d6', '67a32474fa10739c378ee11c20d1a68f', 'a8c87913-d4fd-4b53-9edf-b8265f1cda90', 1, '\xdec51ad4be21151ca7d4432f7e31a6b37c402c685a7cb3767de7da1da3c8012f', '2026-11-24 02:21:00+00', '2026-12-24 02:26:00+00', NULL, '\x308202b930820260a003020102021067a32474fa10739c378ee11c20d1a68f300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323130305a170d3236313232343032323630305a3051312d302b060355040a0c2434306362303033662d383734362d346437612d393839322d3339316136373235373064363120301e06035504030c17536b75707065722d58206261636b626f6e6520736974653059301306072a8648ce3d020106082a8648ce3d03010703420004add2e0ec64aa2616552c90e36c529d5b0662fc82d0ffbbc924257aa072c8330a9d440afb4373524dd6d2c188bdf1397ae832e35d001680632945a308c35352c6a382011730820113301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de096182933081930603551d1104818b3081888681857370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6261636b626f6e652f39336635353630392d343932362d343633632d386164332d3561336665633534373963302f736974652f34306362303033662d383734362d346437612d393839322d333931613637323537306436300e0603551d0f0101ff040403020780301d0603551d250416301406082b0601050507030206082b06010505070301301d0603551d0e04160414dec51ad4be21151ca7d4432f7e31a6b37c402c68300c0603551d130101ff04023000300a06082a8648ce3d040302034700304402204ee055b771b852eaf3d62950cc56caa3b2943c151d6ecd3c2d574b5aa95061e802202358a220421adb1412572637b119f867fb3251e3e733ee23ede61531a25a8180', '2026-11-24 02:26:00.334413+00', '2026-11-24 02:26:00.334413+00', 1, NULL, NULL);
INSERT INTO public.certificate VALUES ('672caf98-b58a-48de-a8d2-ba1a11f9bd91', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/backbone/93f55609-4926-463c-8ad3-5a3fec5479c0/site/ad0b4fd7-6406-4212-91eb-8a5512a3bb9f', '64d3b95726ccbd54dd688b3b9036c57b', 'a8c87913-d4fd-4b53-9edf-b8265f1cda90', 1, '\xb6b195f3849a7ba38b181f888598b6f36b4476b9b3b9714b7cd6b69f897d1cea', '2026-11-24 02:21:00+00', '2026-12-24 02:26:00+00', NULL, '\x308202bb30820260a003020102021064d3b95726ccbd54dd688b3b9036c57b300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323130305a170d3236313232343032323630305a3051312d302b060355040a0c2461643062346664372d363430362d343231322d393165622d3861353531326133626239663120301e06035504030c17536b75707065722d58206261636b626f6e6520736974653059301306072a8648ce3d020106082a8648ce3d030107034200045225882bd4d8faddc9a66cf39f32b88ee6c63912e458e06d6703844f537ea25850e75f03abac83a8a044fcda9ba474f344b15bc748d1470cd0009dbabb52bfe1a382011730820113301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de096182933081930603551d1104818b3081888681857370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6261636b626f6e652f39336635353630392d343932362d343633632d386164332d3561336665633534373963302f736974652f61643062346664372d363430362d343231322d393165622d386135353132613362623966300e0603551d0f0101ff040403020780301d0603551d250416301406082b0601050507030206082b06010505070301301d0603551d0e04160414b6b195f3849a7ba38b181f888598b6f36b4476b9300c0603551d130101ff04023000300a06082a8648ce3d0403020349003046022100f3580d81b0bf75b61c9c5e320b26d9e7b2a6d45f32e2e8c902323064246f11b2022100cab0a3b4e9cb525c469b14404ca7d9f84f5e4132f2ede020df65786049d29a2a', '2026-11-24 02:26:00.36437+00', '2026-11-24 02:26:00.36437+00', 1, NULL, NULL);
INSERT INTO public.certificate VALUES ('116735de-40bb-4f14-8931-89b53a1828a6', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/invitation/280b03c7-6527-42ec-a1ff-c1e4eda26630', '74fc76f3e37e11c5373f0d89181e1736', 'b16ecf9c-9e2f-4b43-86e6-aae1771d21ff', 1, '\xdb8f1fae84ab100b6a7012a45f39b2adc32d33fb30b4c59f511802cf6f7703d1', '2026-11-24 02:21:01+00', '2027-11-25 02:26:01+00', NULL, '\x308202b130820257a003020102021074fc76f3e37e11c5373f0d89181e1736300a06082a8648ce3d0403023051312d302b060355040a0c2438646639643336662d636333622d346637652d383762392d6234656134363462393966393120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132343032323130315a170d3237313132353032323630315a304e312d302b060355040a0c2432383062303363372d363532372d343265632d613166662d633165346564613236363330311d301b06035504030c14536b75707065722d5820696e7669746174696f6e3059301306072a8648ce3d020106082a8648ce3d0301070342000402ecbc71c7b0845a47de62d5533b21bff5b2ddd0201b6ed0f6175743aed3815facd461b58df54e18f8764cb5d5b729b7ac9ea3938164843937dcdd6a2b0627d1a38201123082010e301f0603551d230418301680141ca3ffa79a34069137bcb995befe64c9be824ab13081980603551d1104819030818d86818a7370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6e6574776f726b2f38646639643336662d636333622d346637652d383762392d6234656134363462393966392f696e7669746174696f6e2f32383062303363372d363532372d343265632d613166662d633165346564613236363330300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301d0603551d0e04160414db8f1fae84ab100b6a7012a45f39b2adc32d33fb300c0603551d130101ff04023000300a06082a8648ce3d0403020348003045022100a5d049b9068c5372cf3580054f1462498c1d6e7edb3fa9ae47282d9fe2ca1c72022071ee3c26efb339907c093c2ac70914d92032fccee6ee25304bd7fc17935762c8', '2026-11-24 02:26:01.264467+00', '2026-11-24 02:26:01.264467+00', 1, NULL, NULL);
INSERT INTO public.certificate VALUES ('dc710680-e139-480b-b3a5-44ce351b7cf6', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/invitation/996b64f7-7fc3-4817-bcc6-9d93d8d46e5e', '729fa0d4ac46a367157a2743b2800e47', 'b16ecf9c-9e2f-4b43-86e6-aae1771d21ff', 1, '\x585b414c8b9a2cab772c6b6f57c853f7f9ed9d52759895ebe174baedb516d89a', '2026-11-24 02:21:01+00', '2027-11-25 02:26:01+00', NULL, '\x308202b130820257a0030201020210729fa0d4ac46a367157a2743b2800e47300a06082a8648ce3d0403023051312d302b060355040a0c2438646639643336662d636333622d346637652d383762392d6234656134363462393966393120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132343032323130315a170d3237313132353032323630315a304e312d302b060355040a0c2439393662363466372d376663332d343831372d626363362d396439336438643436653565311d301b06035504030c14536b75707065722d5820696e7669746174696f6e3059301306072a8648ce3d020106082a8648ce3d03010703420004c624c7058650d87841a0a6f713b50826e4f0e3c480d111d3f28aab4a4201223c4336fc5d68b8967dc127ffc0644ce37f37970ffaa5a43f731eab3f7def6b579fa38201123082010e301f0603551d230418301680141ca3ffa79a34069137bcb995befe64c9be824ab13081980603551d1104819030818d86818a7370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6e6574776f726b2f38646639643336662d636333622d346637652d383762392d6234656134363462393966392f696e7669746174696f6e2f39393662363466372d376663332d343831372d626363362d396439336438643436653565300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301d0603551d0e04160414585b414c8b9a2cab772c6b6f57c853f7f9ed9d52300c0603551d130101ff04023000300a06082a8648ce3d040302034800304502204ff13fb8a608c362bc353cba5267303cb25209759699d2953974bf753994e647022100af56040fc335394d7a760e35e28941e35691beaf925e46f5575285bdaf8f5c8f', '2026-11-24 02:26:01.402352+00', '2026-11-24 02:26:01.402352+00', 1, NULL, NULL);
INSERT INTO public.certificate VALUES ('c2e22ff9-40dc-4607-addf-1b3a1c9af9ad', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/invitation/c0029ccf-e2ea-4ad2-bb36-f06754e95ac6', '63399567f3699d7c55cae46ef59cd848', 'b16ecf9c-9e2f-4b43-86e6-aae1771d21ff', 1, '\x8acf41a8f7c4209c86a6dd68230b291a6b1d80fc4e3e53c9ce00f6749f238c98', '2026-11-24 02:21:01+00', '2027-11-25 02:26:01+00', NULL, '\x308202b130820257a003020102021063399567f3699d7c55cae46ef59cd848300a06082a8648ce3d0403023051312d302b060355040a0c2438646639643336662d636333622d346637652d383762392d6234656134363462393966393120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132343032323130315a170d3237313132353032323630315a304e312d302b060355040a0c2463303032396363662d653265612d346164322d626233362d663036373534653935616336311d301b06035504030c14536b75707065722d5820696e7669746174696f6e3059301306072a8648ce3d020106082a8648ce3d03010703420004520c6a878691e8ce80e52aa5e4660d0015cd4f1d28c8dc8c4a4dae7eda6d179b4c9064445188d658626797f05bbf48a16897d22e43f04ddbaee300abaab01c7ea38201123082010e301f0603551d230418301680141ca3ffa79a34069137bcb995befe64c9be824ab13081980603551d1104819030818d86818a7370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6e6574776f726b2f38646639643336662d636333622d346637652d383762392d6234656134363462393966392f696e7669746174696f6e2f63303032396363662d653265612d346164322d626233362d663036373534653935616336300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301d0603551d0e041604148acf41a8f7c4209c86a6dd68230b291a6b1d80fc300c0603551d130101ff04023000300a06082a8648ce3d0403020348003045022100cc011628cd85b0beadcd34ab25f098bdcdb905993444f69c64f68c0dc2a43809022044ea156bc4e178217d8dcfb4491891e3a381eb8d10051ad9cf62acb2da2a9180', '2026-11-24 02:26:01.460078+00', '2026-11-24 02:26:01.460078+00', 1, NULL, NULL);
INSERT INTO public.certificate VALUES ('f4b5d7c8-5b05-45e6-971d-5536eaed963d', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/site/31af7f89-b3e6-4c68-b971-a6b8611b2003', '5e5996605306f492b322721a347732c5', 'b16ecf9c-9e2f-4b43-86e6-aae1771d21ff', 1, '\xce90aaf697916ff7926663fb60ad8f601208f4a8ed45ef04445e261e4428aef4', '2026-11-24 02:21:01+00', '2026-12-24 02:26:01+00', NULL, '\x308202dd30820282a00302010202105e5996605306f492b322721a347732c5300a06082a8648ce3d0403023051312d302b060355040a0c2438646639643336662d636333622d346637652d383762392d6234656134363462393966393120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132343032323130315a170d3236313232343032323630315a304f312d302b060355040a0c2433316166376638392d623365362d346336382d623937312d613662383631316232303033311e301c06035504030c15536b75707065722d58206d656d62657220736974653059301306072a8648ce3d020106082a8648ce3d030107034200045a47b7d21f3fea4b781df5a8a4c8715fa2323e0b2af0b38e0c9faf7fc2f290da4085ab52c5488b7062a3702622112b3464f1c7c55ee4af027a538b45c2e06770a382013c30820138301f0603551d230418301680141ca3ffa79a34069137bcb995befe64c9be824ab13081920603551d1104818a3081878681847370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6e6574776f726b2f38646639643336662d636333622d346637652d383762392d6234656134363462393966392f736974652f33316166376638392d623365362d346336382d623937312d613662383631316232303033300e0603551d0f0101ff040403020780301d0603551d250416301406082b0601050507030206082b06010505070301301d0603551d0e04160414ce90aaf697916ff7926663fb60ad8f601208f4a8300c0603551d130101ff040230003024060a69e6f9b5c2fef1efa76904160c14323032372d30312d32335430323a32363a30315a300a06082a8648ce3d0403020349003046022100b4fd1f18ccf7aea44f83fab0ba7b38840290ef13ae3dd27ecae85c3c94c7591402210098313128805c57c1dd57e9540ad6087a0ae8831a37abb7797f7f0810eb0e659a', '2026-11-24 02:26:01.650991+00', '2026-11-24 02:26:01.650991+00', 1, NULL, '2027-01-23 02:26:01+00');
INSERT INTO public.certificate VALUES ('7a1d9b52-2364-4966-85c1-2433ae4908dc', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/site/50c05379-f76d-482f-b33b-e265874808a0', '471bd732cdab2ede663ba23f96034d0e', 'b16ecf9c-9e2f-4b43-86e6-aae1771d21ff', 1, '\x602a2b187e57d14a11347e922401639132599570fd8bf29382db7d81a546d39c', '2026-11-24 02:21:01+00', '2026-12-24 02:26:01+00', NULL, '\x308202db30820282a0030201020210471bd732cdab2ede663ba23f96034d0e300a06082a8648ce3d0403023051312d302b060355040a0c2438646639643336662d636333622d346637652d383762392d6234656134363462393966393120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132343032323130315a170d3236313232343032323630315a304f312d302b060355040a0c2435306330353337392d663736642d343832662d623333622d653236353837343830386130311e301c06035504030c15536b75707065722d58206d656d62657220736974653059301306072a8648ce3d020106082a8648ce3d0301070342000402e90ab2e64ab3cbd408744a504f2046d9945cd55169ea51eb019570af6e320c64beeb6f6b605289e6f591c3eb04f8bc32d89f883abe585b9c28c5b3c582b514a382013c30820138301f0603551d230418301680141ca3ffa79a34069137bcb995befe64c9be824ab13081920603551d1104818a3081878681847370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6e6574776f726b2f38646639643336662d636333622d346637652d383762392d6234656134363462393966392f736974652f35306330353337392d663736642d343832662d623333622d653236353837343830386130300e0603551d0f0101ff040403020780301d0603551d250416301406082b0601050507030206082b06010505070301301d0603551d0e04160414602a2b187e57d14a11347e922401639132599570300c0603551d130101ff040230003024060a69e6f9b5c2fef1efa76904160c14323032372d30312d32335430323a32363a30315a300a06082a8648ce3d040302034700304402204aa848670f160c913e3b2e8d08c1fd05998a718fec7497fce7f52ae36b18686902207a2dcccf4ca5ff7f8478ca4bf9ff622183570a156b30059cef2b36444afeef4e', '2026-11-24 02:26:01.665081+00', '2026-11-24 02:26:01.665081+00', 1, NULL, '2027-01-23 02:26:01+00');
INSERT INTO public.certificate VALUES ('68a4f298-e5aa-4e95-9d3d-abf6340323c9', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/site/04380fdc-ebf0-4f65-956a-33e9dcacfb08', '7ab33098b81476e1851a38a54a0b670d', 'b16ecf9c-9e2f-4b43-86e6-aae1771d21ff', 1, '\xee035f11e022a7bc79f7f0d8a07f2fc9b55dcffaa3ca63864b2a10fe338c3ec8', '2026-11-24 02:21:03+00', '2026-12-24 02:26:03+00', NULL, '\x308202db30820282a00302010202107ab33098b81476e1851a38a54a0b670d300a06082a8648ce3d0403023051312d302b060355040a0c2438646639643336662d636333622d346637652d383762392d6234656134363462393966393120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132343032323130335a170d3236313232343032323630335a304f312d302b060355040a0c2430343338306664632d656266302d346636352d393536612d333365396463616366623038311e301c06035504030c15536b75707065722d58206d656d62657220736974653059301306072a8648ce3d020106082a8648ce3d0301070342000474f0b92ce23bdaa5f527bce7af8520f3184b1182731988990e125882853301f6f4eef1b38f9ac7cca9fb9e2a24f680ec675957cfc930ee0a61c355266a8aa6dda382013c30820138301f0603551d230418301680141ca3ffa79a34069137bcb995befe64c9be824ab13081920603551d1104818a3081878681847370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6e6574776f726b2f38646639643336662d636333622d346637652d383762392d6234656134363462393966392f736974652f30343338306664632d656266302d346636352d393536612d333365396463616366623038300e0603551d0f0101ff040403020780301d0603551d250416301406082b0601050507030206082b06010505070301301d0603551d0e04160414ee035f11e022a7bc79f7f0d8a07f2fc9b55dcffa300c0603551d130101ff040230003024060a69e6f9b5c2fef1efa76904160c14323032372d30312d32335430323a32363a30335a300a06082a8648ce3d0403020347003044022070685cc61a8725e3437504f742dc4eb5d1f6a71819b3ddb43f1acca583ea067702201003949da395bbbe3c98394cfc32a8022ba3b28bcb2f454489e7bdddaafee646', '2026-11-24 02:26:03.443668+00', '2026-11-24 02:26:03.443668+00', 1, NULL, '2027-01-23 02:26:03+00');

INSERT INTO public.connector VALUES ('544a63fd-07ea-48f8-b5ce-b8cf9e322dc2', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'goods', '127.0.0.1:7000', '31af7f89-b3e6-4c68-b971-a6b8611b2003', NULL, '2026-11-24 02:26:01.97154+00', '2026-11-24 02:26:01.97154+00', 1, true);

INSERT INTO public.credential VALUES ('cf48e414-e736-456a-8c97-15f89a0ad456', '$argon2id$v=19$m=19456,t=2,p=1$sSl0/kqlRhSqPyXIPlT7fg$1nZMtW9TgGZvXEzD1ccFHyXMrTKdF/QhOdeIQaOVaaM', NULL, '2026-11-24 02:26:04.162607+00');

INSERT INTO public.event VALUES (1, '2026-11-24 02:25:59.220251+00', 'controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', NULL, 'installation.create', 'installation', 'fb36e912-a242-40c5-befd-b9101a992688', NULL, NULL, NULL, '{"id": "fb36e912-a242-40c5-befd-b9101a992688", "kek_id": "6ae330dc205bd37a", "created": "2026-11-24T02:25:59.217856Z", "updated": "2026-11-24T02:25:59.217856Z", "revision": 1}', 'done', NULL, NULL, '\x0000000000000000000000000000000000000000000000000000000000000000', '\x2d48dbee261c136071da548d303e9c75d303360ec114dee482761fdb8d6f4d75');
INSERT INTO public.event VALUES (2, '2026-11-24 02:25:59.355277+00', 'admin', NULL, 'authority.create', 'authority', 'b2ec9fc9-900a-4735-a8c5-a0853b4751d1', NULL, NULL, NULL, '{"id": "b2ec9fc9-900a-4735-a8c5-a0853b4751d1", "since": "2026-11-24T02:25:59.343238Z", "state": "active", "issuer": null, "reason": null, "created": "2026-11-24T02:25:59.343238Z", "hurried": false, "network": null, "updated": "2026-11-24T02:25:59.343238Z", "backbone": null, "revision": 1, "not_after": "2036-11-21T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:20:59Z"}', 'done', '01a20b5f-d42b-7216-928b-fa0159df9ce7', '127.0.0.1', '\x2d48dbee261c136071da548d303e9c75d303360ec114dee482761fdb8d6f4d75', '\x28e31410799514253819b8634addfdd8084d8118284f0fdff495a5cdcb0072ff');
INSERT INTO public.event VALUES (3, '2026-11-24 02:25:59.416194+00', 'admin', NULL, 'backbone.create', 'backbone', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "93f55609-4926-463c-8ad3-5a3fec5479c0", "name": "east", "created": "2026-11-24T02:25:59.389341Z", "updated": "2026-11-24T02:25:59.389341Z", "revision": 1, "data_plane": "native"}', 'done', '01a20b5f-d45b-7125-8566-e37a60589e83', '127.0.0.1', '\x28e31410799514253819b8634addfdd8084d8118284f0fdff495a5cdcb0072ff', '\x93d0fa51b4443b1535c1865dbef0ef3edc99b9265b6472d1ab8f74608539f237');
INSERT INTO public.event VALUES (4, '2026-11-24 02:25:59.416194+00', 'admin', NULL, 'authority.create', 'authority', 'a8c87913-d4fd-4b53-9edf-b8265f1cda90', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "since": "2026-11-24T02:25:59.389341Z", "state": "active", "issuer": "b2ec9fc9-900a-4735-a8c5-a0853b4751d1", "reason": null, "created": "2026-11-24T02:25:59.389341Z", "hurried": false, "network": null, "updated": "2026-11-24T02:25:59.389341Z", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "revision": 1, "not_after": "2036-11-21T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:20:59Z"}', 'done', '01a20b5f-d45b-7125-8566-e37a60589e83', '127.0.0.1', '\x93d0fa51b4443b1535c1865dbef0ef3edc99b9265b6472d1ab8f74608539f237', '\xb360f7d045d6d9a98668a43f9b8c2f30f6f7c29eb8dce7eccccad5e32a4dab61');
INSERT INTO public.event VALUES (5, '2026-11-24 02:25:59.416194+00', 'admin', NULL, 'certificate.issue', 'certificate', 'a9e45323-9efb-46b7-9ec1-531754f76a4c', NULL, NULL, NULL, '{"id": "a9e45323-9efb-46b7-9ec1-531754f76a4c", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "serial": "62baccb4c1378ea2d59a145a98fd6eee", "created": "2026-11-24T02:25:59.389341Z", "subject": "spiffe://fb36e912-a242-40c5-befd-b9101a992688/controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609", "updated": "2026-11-24T02:25:59.389341Z", "revision": 1, "not_after": "2026-12-24T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:20:59Z", "renew_asked": null, "superseded_by": null, "renewable_until": null}', 'done', '01a20b5f-d45b-7125-8566-e37a60589e83', '127.0.0.1', '\xb360f7d045d6d9a98668a43f9b8c2f30f6f7c29eb8dce7eccccad5e32a4dab61', '\x201837755e1d2966769e8a9c0435e1b07368481aeea78493c958863d3cd5e2d6');
INSERT INTO public.event VALUES (6, '2026-11-24 02:25:59.416194+00', 'admin', NULL, 'certificate.issue', 'certificate', '179d2b94-77dc-4755-afc2-e8d444dfd85f', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "179d2b94-77dc-4755-afc2-e8d444dfd85f", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "serial": "6f093cf8d09bcadcd8560b8df49c92f6", "created": "2026-11-24T02:25:59.389341Z", "subject": "spiffe://fb36e912-a242-40c5-befd-b9101a992688/backbone/93f55609-4926-463c-8ad3-5a3fec5479c0/trust/d0d8824b-bbf9-4f56-923e-1c36d8ab2609", "updated": "2026-11-24T02:25:59.389341Z", "revision": 1, "not_after": "2026-12-24T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:20:59Z", "renew_asked": null, "superseded_by": null, "renewable_until": null}', 'done', '01a20b5f-d45b-7125-8566-e37a60589e83', '127.0.0.1', '\x201837755e1d2966769e8a9c0435e1b07368481aeea78493c958863d3cd5e2d6', '\x1a7cbce69a26f9a3740d16101eebb0f9dd3799f25e4f4923838e771360168fc5');
INSERT INTO public.event VALUES (7, '2026-11-24 02:25:59.482661+00', 'controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', NULL, 'trust.publish', 'trust', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"created": "2026-11-24T02:25:59.46491Z", "version": 1, "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "valid_until": "2026-11-25T02:25:59.455925Z"}', 'done', NULL, NULL, '\x1a7cbce69a26f9a3740d16101eebb0f9dd3799f25e4f4923838e771360168fc5', '\x78f9f625bf8b86f968bc071b4b2d15d4801e90a9147b52b2ae4cef78a3bec871');
INSERT INTO public.event VALUES (8, '2026-11-24 02:25:59.502454+00', 'admin', NULL, 'backbone-site.create', 'backbone-site', '40cb003f-8746-4d7a-9892-391a672570d6', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "40cb003f-8746-4d7a-9892-391a672570d6", "name": "r1", "state": "defined", "created": "2026-11-24T02:25:59.480058Z", "updated": "2026-11-24T02:25:59.480058Z", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "draining": false, "enrolled": null, "platform": null, "revision": 1, "bundle_ways": [], "bundle_serial": null, "bundle_expires": null, "bundle_generation": 0}', 'done', '01a20b5f-d4b4-7202-9088-cdaf23785054', '127.0.0.1', '\x78f9f625bf8b86f968bc071b4b2d15d4801e90a9147b52b2ae4cef78a3bec871', '\xec8c1fbfac5c8e8e66ce208eaba87d917b5ac8b06c2198b545d9ffbd851f27f0');
INSERT INTO public.event VALUES (9, '2026-11-24 02:25:59.502454+00', 'admin', NULL, 'access-point.create', 'access-point', '3624b215-8f10-434c-8123-aded548c37ac', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "3624b215-8f10-434c-8123-aded548c37ac", "bind": null, "name": "main", "site": "40cb003f-8746-4d7a-9892-391a672570d6", "kinds": ["peer", "member", "claim", "manage"], "created": "2026-11-24T02:25:59.480058Z", "updated": "2026-11-24T02:25:59.480058Z", "revision": 1, "advertised": "127.0.0.1:40001"}', 'done', '01a20b5f-d4b4-7202-9088-cdaf23785054', '127.0.0.1', '\xec8c1fbfac5c8e8e66ce208eaba87d917b5ac8b06c2198b545d9ffbd851f27f0', '\xcd8918a4c9c701dc81c72729f3391377f3374b1166613fab31e571bf58d2d36f');
INSERT INTO public.event VALUES (10, '2026-11-24 02:25:59.551539+00', 'admin', NULL, 'backbone-site.create', 'backbone-site', 'ad0b4fd7-6406-4212-91eb-8a5512a3bb9f', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "ad0b4fd7-6406-4212-91eb-8a5512a3bb9f", "name": "r2", "state": "defined", "created": "2026-11-24T02:25:59.54291Z", "updated": "2026-11-24T02:25:59.54291Z", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "draining": false, "enrolled": null, "platform": null, "revision": 1, "bundle_ways": [], "bundle_serial": null, "bundle_expires": null, "bundle_generation": 0}', 'done', '01a20b5f-d4f3-7025-855e-668f1ed440d0', '127.0.0.1', '\xcd8918a4c9c701dc81c72729f3391377f3374b1166613fab31e571bf58d2d36f', '\xff384c7d5152ccfd5ceda3fbf5467fa22eca5aa24f306058f5d69d3ea13f1f7b');
INSERT INTO public.event VALUES (11, '2026-11-24 02:25:59.551539+00', 'admin', NULL, 'access-point.create', 'access-point', '8a0b14cd-b6ef-4c9e-80ac-63e51384f400', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "8a0b14cd-b6ef-4c9e-80ac-63e51384f400", "bind": null, "name": "main", "site": "ad0b4fd7-6406-4212-91eb-8a5512a3bb9f", "kinds": ["peer", "member", "claim", "manage"], "created": "2026-11-24T02:25:59.54291Z", "updated": "2026-11-24T02:25:59.54291Z", "revision": 1, "advertised": "127.0.0.1:38315"}', 'done', '01a20b5f-d4f3-7025-855e-668f1ed440d0', '127.0.0.1', '\xff384c7d5152ccfd5ceda3fbf5467fa22eca5aa24f306058f5d69d3ea13f1f7b', '\x6ad797cc9918f69bd2043fb79b2ebaaa33feb30c13fabd3ad07d10f1de7f55bc');
INSERT INTO public.event VALUES (12, '2026-11-24 02:25:59.603048+00', 'admin', NULL, 'link.create', 'link', 'dcfd8513-9f16-4932-b164-583590e4aa48', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "dcfd8513-9f16-4932-b164-583590e4aa48", "to": "40cb003f-8746-4d7a-9892-391a672570d6", "cost": 1, "from": "ad0b4fd7-6406-4212-91eb-8a5512a3bb9f", "created": "2026-11-24T02:25:59.594516Z", "updated": "2026-11-24T02:25:59.594516Z", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "revision": 1, "transport": "direct", "access_point": "3624b215-8f10-434c-8123-aded548c37ac"}', 'done', '01a20b5f-d526-764b-a6de-b983b0694998', '127.0.0.1', '\x6ad797cc9918f69bd2043fb79b2ebaaa33feb30c13fabd3ad07d10f1de7f55bc', '\x503bb1b84134725cf25efecbb89516059f35ea37901f2d2b91420a2d6c5903a8');
INSERT INTO public.event VALUES (13, '2026-11-24 02:25:59.980138+00', 'admin', NULL, 'certificate.issue', 'certificate', '0b820db4-6ff9-4eb3-8231-654499703466', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "0b820db4-6ff9-4eb3-8231-654499703466", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "serial": "53ddb611716cd6e88ccc20236e1c1f4f", "created": "2026-11-24T02:25:59.959967Z", "subject": "spiffe://fb36e912-a242-40c5-befd-b9101a992688/backbone/93f55609-4926-463c-8ad3-5a3fec5479c0/bootstrap/40cb003f-8746-4d7a-9892-391a672570d6", "updated": "2026-11-24T02:25:59.959967Z", "revision": 1, "not_after": "2026-12-24T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:20:59Z", "renew_asked": null, "superseded_by": null, "renewable_until": null}', 'done', '01a20b5f-d556-718e-b5bf-0a5c5484ffce', '127.0.0.1', '\x503bb1b84134725cf25efecbb89516059f35ea37901f2d2b91420a2d6c5903a8', '\xd33877bf250b1ffc4f971261f51a8e60ec266872645f1da522053619bfc5d3ee');
INSERT INTO public.event VALUES (14, '2026-11-24 02:25:59.980138+00', 'admin', NULL, 'backbone-site.render-bundle', 'backbone-site', '40cb003f-8746-4d7a-9892-391a672570d6', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', '{"id": "40cb003f-8746-4d7a-9892-391a672570d6", "name": "r1", "state": "defined", "created": "2026-11-24T02:25:59.480058Z", "updated": "2026-11-24T02:25:59.480058Z", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "draining": false, "enrolled": null, "platform": null, "revision": 1, "bundle_ways": [], "bundle_serial": null, "bundle_expires": null, "bundle_generation": 0}', '{"id": "40cb003f-8746-4d7a-9892-391a672570d6", "name": "r1", "state": "defined", "created": "2026-11-24T02:25:59.480058Z", "updated": "2026-11-24T02:25:59.959967Z", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "draining": false, "enrolled": null, "platform": null, "revision": 2, "bundle_ways": ["listen 0.0.0.0:40001", "listen 0.0.0.0:40001"], "bundle_serial": "53ddb611716cd6e88ccc20236e1c1f4f", "bundle_expires": "2026-12-24T02:25:59Z", "bundle_generation": 1}', 'done', '01a20b5f-d556-718e-b5bf-0a5c5484ffce', '127.0.0.1', '\xd33877bf250b1ffc4f971261f51a8e60ec266872645f1da522053619bfc5d3ee', '\xc44e8d8970f69dafa81c864a6d8a037208215fa283bc98d2c0f8a04690427503');
INSERT INTO public.event VALUES (24, '2026-11-24 02:26:01.144914+00', 'admin', NULL, 'class.add', 'class', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"name": "till", "created": "2026-11-24T02:26:01.13767Z"}', 'done', '01a20b5f-db24-758d-96c1-4a26d1037063', '127.0.0.1', '\x9a4dac0a51992211a844ac75f1b90e98aff9fac002411a43487a2fa15bcceaca', '\xdc382fa6fd76996bc8548957c6eff0603594d539b2c7bb83f176f8a2fecb48df');
INSERT INTO public.event VALUES (30, '2026-11-24 02:26:01.423522+00', 'admin', NULL, 'certificate.issue', 'certificate', 'dc710680-e139-480b-b3a5-44ce351b7cf6', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "dc710680-e139-480b-b3a5-44ce351b7cf6", "issuer": "b16ecf9c-9e2f-4b43-86e6-aae1771d21ff", "serial": "729fa0d4ac46a367157a2743b2800e47", "created": "2026-11-24T02:26:01.402352Z", "subject": "spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/invitation/996b64f7-7fc3-4817-bcc6-9d93d8d46e5e", "updated": "2026-11-24T02:26:01.402352Z", "revision": 1, "not_after": "2027-11-25T02:26:01Z", "generation": 1, "not_before": "2026-11-24T02:21:01Z", "renew_asked": null, "superseded_by": null, "renewable_until": null}', 'done', '01a20b5f-dc05-71c5-90d9-c25de63ffab5', '127.0.0.1', '\x44f4860d42394835155a193681c4b0ba5bfa9cc01e2f5b019bb5af00cbb01f6c', '\xf545aabf0dca98e4f77d22b95999d280c1b484c4fe2ff456c13a658527fd44c1');
INSERT INTO public.event VALUES (31, '2026-11-24 02:26:01.423522+00', 'admin', NULL, 'invitation.create', 'invitation', '996b64f7-7fc3-4817-bcc6-9d93d8d46e5e', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "996b64f7-7fc3-4817-bcc6-9d93d8d46e5e", "name": "secret", "terms": {}, "closed": null, "classes": [], "created": "2026-11-24T02:26:01.402352Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:01.402352Z", "waiting": 0, "deadline": null, "passcode": true, "revision": 1, "admission": "automatic", "uses_spent": 0, "interactive": false, "name_prefix": "secret", "uses_allowed": 1}', 'done', '01a20b5f-dc05-71c5-90d9-c25de63ffab5', '127.0.0.1', '\xf545aabf0dca98e4f77d22b95999d280c1b484c4fe2ff456c13a658527fd44c1', '\x99e60600272feaba460fcf79ab746d82bfe0a924f5449607149fffe45b49de87');
INSERT INTO public.event VALUES (34, '2026-11-24 02:26:01.685537+00', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/invitation/280b03c7-6527-42ec-a1ff-c1e4eda26630', NULL, 'site.join', 'site', '31af7f89-b3e6-4c68-b971-a6b8611b2003', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "31af7f89-b3e6-4c68-b971-a6b8611b2003", "name": "till1", "ended": null, "state": "member", "terms": {}, "labels": {}, "reason": null, "classes": ["till"], "created": "2026-11-24T02:26:01.650991Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:01.650991Z", "admitted": null, "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 1, "invitation": "280b03c7-6527-42ec-a1ff-c1e4eda26630"}', 'done', NULL, NULL, '\xb95171bd800a6957381934fe7560109afbe8cf1ca7bab2e05a1d732da9aed7dd', '\x8bdc1955b5e11a3c9dc049ba969d9a3aadcd87026d9a81c320d1d139137d5942');
INSERT INTO public.event VALUES (35, '2026-11-24 02:26:01.685537+00', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/invitation/280b03c7-6527-42ec-a1ff-c1e4eda26630', NULL, 'certificate.issue', 'certificate', 'f4b5d7c8-5b05-45e6-971d-5536eaed963d', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "f4b5d7c8-5b05-45e6-971d-5536eaed963d", "issuer": "b16ecf9c-9e2f-4b43-86e6-aae1771d21ff", "serial": "5e5996605306f492b322721a347732c5", "created": "2026-11-24T02:26:01.650991Z", "subject": "spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/site/31af7f89-b3e6-4c68-b971-a6b8611b2003", "updated": "2026-11-24T02:26:01.650991Z", "revision": 1, "not_after": "2026-12-24T02:26:01Z", "generation": 1, "not_before": "2026-11-24T02:21:01Z", "renew_asked": null, "superseded_by": null, "renewable_until": "2027-01-23T02:26:01Z"}', 'done', NULL, NULL, '\x8bdc1955b5e11a3c9dc049ba969d9a3aadcd87026d9a81c320d1d139137d5942', '\x4d2fb3ccd4909e64e95e05a1bb02719323914bea0a5ed3e8164b3610a8748555');
INSERT INTO public.event VALUES (53, '2026-11-24 02:26:03.709251+00', 'admin', NULL, 'grant.create', 'grant', '6965a1de-697f-4dce-b004-5864496120e6', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "6965a1de-697f-4dce-b004-5864496120e6", "role": "user", "group": null, "holder": "ada", "created": "2026-11-24T02:26:03.699733Z", "network": null, "subject": "cf48e414-e736-456a-8c97-15f89a0ad456", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "network_name": null, "backbone_name": "east", "default_backbone": true}', 'done', '01a20b5f-e530-73da-b96c-73257957afa6', '127.0.0.1', '\xd891938518e10c69ef536e6797967d11ad8e20d59cc8f8a84cc6eb4b67580825', '\x9d78b53f7d3505687ad7c6fc761ab03384fe334e60d7a72ff31d7bdbd8203672');
INSERT INTO public.event VALUES (63, '2026-11-24 02:26:04.309128+00', 'controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', NULL, 'trust.publish', 'trust', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"created": "2026-11-24T02:26:04.294405Z", "version": 5, "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "valid_until": "2026-11-25T02:26:04.286978Z"}', 'done', NULL, NULL, '\x912caec3784c85516ca2b79353a487f2063e0283a6d460f17940eec0499686d2', '\xa368ea81aecd682afeaedb5c5722a5e510f9bedeae460aea3e8c3f98c575e8a5');
INSERT INTO public.event VALUES (76, '2026-11-24 02:26:05.890153+00', 'admin', NULL, 'address.set', 'address', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"policy": "closest", "address": "stock", "created": "2026-11-24T02:26:05.886938Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:05.886938Z", "revision": 1}', 'done', '01a20b5f-edbc-75f3-8e68-0acff271624d', '127.0.0.1', '\x54fa2f6c8455b067a6b5e7cc1285b23e5f7257ce293d23f5afc85d3e5c79c8a5', '\x112414b2a580f9ff56468e049949be28585ffdaa655bca97531b6b04c22f46bd');
INSERT INTO public.event VALUES (15, '2026-11-24 02:26:00.062665+00', 'admin', NULL, 'certificate.issue', 'certificate', '5a7253a0-daea-4359-9985-486399bedb8c', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "5a7253a0-daea-4359-9985-486399bedb8c", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "serial": "7477c6c98aaa9580a29dddb8a03526b0", "created": "2026-11-24T02:26:00.039446Z", "subject": "spiffe://fb36e912-a242-40c5-befd-b9101a992688/backbone/93f55609-4926-463c-8ad3-5a3fec5479c0/bootstrap/ad0b4fd7-6406-4212-91eb-8a5512a3bb9f", "updated": "2026-11-24T02:26:00.039446Z", "revision": 1, "not_after": "2026-12-24T02:26:00Z", "generation": 1, "not_before": "2026-11-24T02:21:00Z", "renew_asked": null, "superseded_by": null, "renewable_until": null}', 'done', '01a20b5f-d6e3-7615-afed-10cc4ae44ffa', '127.0.0.1', '\xc44e8d8970f69dafa81c864a6d8a037208215fa283bc98d2c0f8a04690427503', '\xec2f7f9c20960a212989037bb7e8d642d9cc8de4a5c39c07b55457271c8f7b5f');
INSERT INTO public.event VALUES (16, '2026-11-24 02:26:00.062665+00', 'admin', NULL, 'backbone-site.render-bundle', 'backbone-site', 'ad0b4fd7-6406-4212-91eb-8a5512a3bb9f', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', '{"id": "ad0b4fd7-6406-4212-91eb-8a5512a3bb9f", "name": "r2", "state": "defined", "created": "2026-11-24T02:25:59.54291Z", "updated": "2026-11-24T02:25:59.54291Z", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "draining": false, "enrolled": null, "platform": null, "revision": 1, "bundle_ways": [], "bundle_serial": null, "bundle_expires": null, "bundle_generation": 0}', '{"id": "ad0b4fd7-6406-4212-91eb-8a5512a3bb9f", "name": "r2", "state": "defined", "created": "2026-11-24T02:25:59.54291Z", "updated": "2026-11-24T02:26:00.039446Z", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "draining": false, "enrolled": null, "platform": null, "revision": 2, "bundle_ways": ["listen 0.0.0.0:38315", "dial 127.0.0.1:40001"], "bundle_serial": "7477c6c98aaa9580a29dddb8a03526b0", "bundle_expires": "2026-12-24T02:26:00Z", "bundle_generation": 1}', 'done', '01a20b5f-d6e3-7615-afed-10cc4ae44ffa', '127.0.0.1', '\xec2f7f9c20960a212989037bb7e8d642d9cc8de4a5c39c07b55457271c8f7b5f', '\x53ee3d39a3f8968031e0c34c39ebc56c4969bf044857ab8a3bcded82d4237d34');
INSERT INTO public.event VALUES (25, '2026-11-24 02:26:01.187993+00', 'admin', NULL, 'network.create', 'network', '0cb3053f-5a98-48e0-9c98-37cb66a43ba8', '0cb3053f-5a98-48e0-9c98-37cb66a43ba8', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "0cb3053f-5a98-48e0-9c98-37cb66a43ba8", "end": null, "name": "gone", "ended": null, "grace": "PT0S", "owner": "00000000-0000-0000-0000-000000000000", "start": "2026-11-24T02:26:01.179442Z", "created": "2026-11-24T02:26:01.1765Z", "evicted": null, "updated": "2026-11-24T02:26:01.1765Z", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "revision": 1, "owner_name": null, "address_mode": "open"}', 'done', '01a20b5f-db56-739d-8415-76c92f6c8010', '127.0.0.1', '\xdc382fa6fd76996bc8548957c6eff0603594d539b2c7bb83f176f8a2fecb48df', '\xd52448d0e02b91232f92f18e80b1a78e39a60119e5f9f6a5524109b6b49bd218');
INSERT INTO public.event VALUES (26, '2026-11-24 02:26:01.187993+00', 'admin', NULL, 'authority.create', 'authority', '6199ae48-31bb-418b-af95-be473af0a8ed', '0cb3053f-5a98-48e0-9c98-37cb66a43ba8', NULL, NULL, '{"id": "6199ae48-31bb-418b-af95-be473af0a8ed", "since": "2026-11-24T02:26:01.1765Z", "state": "active", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "reason": null, "created": "2026-11-24T02:26:01.1765Z", "hurried": false, "network": "0cb3053f-5a98-48e0-9c98-37cb66a43ba8", "updated": "2026-11-24T02:26:01.1765Z", "backbone": null, "revision": 1, "not_after": "2036-11-21T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:21:01Z"}', 'done', '01a20b5f-db56-739d-8415-76c92f6c8010', '127.0.0.1', '\xd52448d0e02b91232f92f18e80b1a78e39a60119e5f9f6a5524109b6b49bd218', '\xc0643bb2cd3200745b0d910b4527dc9e17563b7724a29183fc06da760cd04d21');
INSERT INTO public.event VALUES (58, '2026-11-24 02:26:03.968366+00', 'admin', NULL, 'user.reset', 'user', 'cf48e414-e736-456a-8c97-15f89a0ad456', NULL, NULL, NULL, NULL, 'done', '01a20b5f-e609-77e9-a97b-6925ecba1e33', '127.0.0.1', '\x60a83e319be1eff6d76fa00236cec608aee3f81eeded0103c4e8c3468189a627', '\x5080664a6c968492cfb418512a96c9317795c07014c4f9bcae1c9fefae7097e2');
INSERT INTO public.event VALUES (17, '2026-11-24 02:26:00.364299+00', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/backbone/93f55609-4926-463c-8ad3-5a3fec5479c0/bootstrap/40cb003f-8746-4d7a-9892-391a672570d6', NULL, 'backbone-site.enrol', 'backbone-site', '40cb003f-8746-4d7a-9892-391a672570d6', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "40cb003f-8746-4d7a-9892-391a672570d6", "name": "r1", "state": "deployed", "created": "2026-11-24T02:25:59.480058Z", "updated": "2026-11-24T02:26:00.334413Z", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "draining": false, "enrolled": "2026-11-24T02:26:00.334413Z", "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 3, "bundle_ways": ["listen 0.0.0.0:40001", "listen 0.0.0.0:40001"], "bundle_serial": "53ddb611716cd6e88ccc20236e1c1f4f", "bundle_expires": "2026-12-24T02:25:59Z", "bundle_generation": 1}', 'done', NULL, NULL, '\x53ee3d39a3f8968031e0c34c39ebc56c4969bf044857ab8a3bcded82d4237d34', '\x2900cc5ffcfa3fff10ea2430231f20fcc7ac0e5506554d1eee0950ac87856fde');
INSERT INTO public.event VALUES (18, '2026-11-24 02:26:00.364299+00', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/backbone/93f55609-4926-463c-8ad3-5a3fec5479c0/bootstrap/40cb003f-8746-4d7a-9892-391a672570d6', NULL, 'certificate.issue', 'certificate', '7aeae336-5cde-445a-995e-085706e8cea6', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "7aeae336-5cde-445a-995e-085706e8cea6", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "serial": "67a32474fa10739c378ee11c20d1a68f", "created": "2026-11-24T02:26:00.334413Z", "subject": "spiffe://fb36e912-a242-40c5-befd-b9101a992688/backbone/93f55609-4926-463c-8ad3-5a3fec5479c0/site/40cb003f-8746-4d7a-9892-391a672570d6", "updated": "2026-11-24T02:26:00.334413Z", "revision": 1, "not_after": "2026-12-24T02:26:00Z", "generation": 1, "not_before": "2026-11-24T02:21:00Z", "renew_asked": null, "superseded_by": null, "renewable_until": null}', 'done', NULL, NULL, '\x2900cc5ffcfa3fff10ea2430231f20fcc7ac0e5506554d1eee0950ac87856fde', '\x39d4fc58142e670820d85b37bfe7781afe2198898ad4eb773b0d44e5cecaa788');
INSERT INTO public.event VALUES (19, '2026-11-24 02:26:00.380827+00', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/backbone/93f55609-4926-463c-8ad3-5a3fec5479c0/bootstrap/ad0b4fd7-6406-4212-91eb-8a5512a3bb9f', NULL, 'backbone-site.enrol', 'backbone-site', 'ad0b4fd7-6406-4212-91eb-8a5512a3bb9f', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "ad0b4fd7-6406-4212-91eb-8a5512a3bb9f", "name": "r2", "state": "deployed", "created": "2026-11-24T02:25:59.54291Z", "updated": "2026-11-24T02:26:00.36437Z", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "draining": false, "enrolled": "2026-11-24T02:26:00.36437Z", "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 3, "bundle_ways": ["listen 0.0.0.0:38315", "dial 127.0.0.1:40001"], "bundle_serial": "7477c6c98aaa9580a29dddb8a03526b0", "bundle_expires": "2026-12-24T02:26:00Z", "bundle_generation": 1}', 'done', NULL, NULL, '\x39d4fc58142e670820d85b37bfe7781afe2198898ad4eb773b0d44e5cecaa788', '\xa825512e0dab6052c297e4681b5964b245e3dae83e202ba7d5fe346f6d225fa8');
INSERT INTO public.event VALUES (20, '2026-11-24 02:26:00.380827+00', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/backbone/93f55609-4926-463c-8ad3-5a3fec5479c0/bootstrap/ad0b4fd7-6406-4212-91eb-8a5512a3bb9f', NULL, 'certificate.issue', 'certificate', '672caf98-b58a-48de-a8d2-ba1a11f9bd91', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "672caf98-b58a-48de-a8d2-ba1a11f9bd91", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "serial": "64d3b95726ccbd54dd688b3b9036c57b", "created": "2026-11-24T02:26:00.36437Z", "subject": "spiffe://fb36e912-a242-40c5-befd-b9101a992688/backbone/93f55609-4926-463c-8ad3-5a3fec5479c0/site/ad0b4fd7-6406-4212-91eb-8a5512a3bb9f", "updated": "2026-11-24T02:26:00.36437Z", "revision": 1, "not_after": "2026-12-24T02:26:00Z", "generation": 1, "not_before": "2026-11-24T02:21:00Z", "renew_asked": null, "superseded_by": null, "renewable_until": null}', 'done', NULL, NULL, '\xa825512e0dab6052c297e4681b5964b245e3dae83e202ba7d5fe346f6d225fa8', '\x6f418392a2a99eb377a8e8f4c83495aa8d016ac0534807ccd67973fdcda6c61d');
INSERT INTO public.event VALUES (21, '2026-11-24 02:26:01.063045+00', 'admin', NULL, 'network.create', 'network', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "end": null, "name": "shop", "ended": null, "grace": "PT0S", "owner": "00000000-0000-0000-0000-000000000000", "start": "2026-11-24T02:26:01.043891Z", "created": "2026-11-24T02:26:01.039372Z", "evicted": null, "updated": "2026-11-24T02:26:01.039372Z", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "revision": 1, "owner_name": null, "address_mode": "open"}', 'done', '01a20b5f-dacb-7287-b674-074d3af0f76b', '127.0.0.1', '\x6f418392a2a99eb377a8e8f4c83495aa8d016ac0534807ccd67973fdcda6c61d', '\x00e4660893197535d403b409714b10b09d26311efd175f67cc2bbd37b30cdeda');
INSERT INTO public.event VALUES (22, '2026-11-24 02:26:01.063045+00', 'admin', NULL, 'authority.create', 'authority', 'b16ecf9c-9e2f-4b43-86e6-aae1771d21ff', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "b16ecf9c-9e2f-4b43-86e6-aae1771d21ff", "since": "2026-11-24T02:26:01.039372Z", "state": "active", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "reason": null, "created": "2026-11-24T02:26:01.039372Z", "hurried": false, "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:01.039372Z", "backbone": null, "revision": 1, "not_after": "2036-11-21T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:21:01Z"}', 'done', '01a20b5f-dacb-7287-b674-074d3af0f76b', '127.0.0.1', '\x00e4660893197535d403b409714b10b09d26311efd175f67cc2bbd37b30cdeda', '\x4b619b413efdde36d6eafca3c670e20f35f2a1b04e496c7395832675b29a116f');
INSERT INTO public.event VALUES (23, '2026-11-24 02:26:01.116129+00', 'controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', NULL, 'trust.publish', 'trust', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"created": "2026-11-24T02:26:01.111223Z", "version": 2, "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "valid_until": "2026-11-25T02:26:01.108721Z"}', 'done', NULL, NULL, '\x4b619b413efdde36d6eafca3c670e20f35f2a1b04e496c7395832675b29a116f', '\x9a4dac0a51992211a844ac75f1b90e98aff9fac002411a43487a2fa15bcceaca');
INSERT INTO public.event VALUES (27, '2026-11-24 02:26:01.250349+00', 'controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', NULL, 'trust.publish', 'trust', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"created": "2026-11-24T02:26:01.236465Z", "version": 3, "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "valid_until": "2026-11-25T02:26:01.225784Z"}', 'done', NULL, NULL, '\xc0643bb2cd3200745b0d910b4527dc9e17563b7724a29183fc06da760cd04d21', '\xe457a5b96a56bb5d09f480f04c8b68b28275cdc1389bb9baacb86f974aea0a58');
INSERT INTO public.event VALUES (28, '2026-11-24 02:26:01.319286+00', 'admin', NULL, 'certificate.issue', 'certificate', '116735de-40bb-4f14-8931-89b53a1828a6', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "116735de-40bb-4f14-8931-89b53a1828a6", "issuer": "b16ecf9c-9e2f-4b43-86e6-aae1771d21ff", "serial": "74fc76f3e37e11c5373f0d89181e1736", "created": "2026-11-24T02:26:01.264467Z", "subject": "spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/invitation/280b03c7-6527-42ec-a1ff-c1e4eda26630", "updated": "2026-11-24T02:26:01.264467Z", "revision": 1, "not_after": "2027-11-25T02:26:01Z", "generation": 1, "not_before": "2026-11-24T02:21:01Z", "renew_asked": null, "superseded_by": null, "renewable_until": null}', 'done', '01a20b5f-dba9-71a0-b52c-6983e4a9ba35', '127.0.0.1', '\xe457a5b96a56bb5d09f480f04c8b68b28275cdc1389bb9baacb86f974aea0a58', '\x4f21cb642377f58f799f6a20f9bbe3f7300a80727141b435f770c8e84380bfad');
INSERT INTO public.event VALUES (29, '2026-11-24 02:26:01.319286+00', 'admin', NULL, 'invitation.create', 'invitation', '280b03c7-6527-42ec-a1ff-c1e4eda26630', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "280b03c7-6527-42ec-a1ff-c1e4eda26630", "name": "stores", "terms": {}, "closed": null, "classes": ["till"], "created": "2026-11-24T02:26:01.264467Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:01.264467Z", "waiting": 0, "deadline": null, "passcode": false, "revision": 1, "admission": "automatic", "uses_spent": 0, "interactive": false, "name_prefix": "stores", "uses_allowed": null}', 'done', '01a20b5f-dba9-71a0-b52c-6983e4a9ba35', '127.0.0.1', '\x4f21cb642377f58f799f6a20f9bbe3f7300a80727141b435f770c8e84380bfad', '\x44f4860d42394835155a193681c4b0ba5bfa9cc01e2f5b019bb5af00cbb01f6c');
INSERT INTO public.event VALUES (45, '2026-11-24 02:26:02.216005+00', 'controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', NULL, 'trust.publish', 'trust', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"created": "2026-11-24T02:26:02.203207Z", "version": 4, "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "valid_until": "2026-11-25T02:26:02.199259Z"}', 'done', NULL, NULL, '\x802cfb7ea0638b13be2a1a8d08cdf8dad38d9a7a0f49105e5720ed31b20e5fa1', '\x26d0894555cf678cdd6a1e40d082efec6e4d495aadbeeda38108a4f6d8b706f5');
INSERT INTO public.event VALUES (32, '2026-11-24 02:26:01.473547+00', 'admin', NULL, 'certificate.issue', 'certificate', 'c2e22ff9-40dc-4607-addf-1b3a1c9af9ad', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "c2e22ff9-40dc-4607-addf-1b3a1c9af9ad", "issuer": "b16ecf9c-9e2f-4b43-86e6-aae1771d21ff", "serial": "63399567f3699d7c55cae46ef59cd848", "created": "2026-11-24T02:26:01.460078Z", "subject": "spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/invitation/c0029ccf-e2ea-4ad2-bb36-f06754e95ac6", "updated": "2026-11-24T02:26:01.460078Z", "revision": 1, "not_after": "2027-11-25T02:26:01Z", "generation": 1, "not_before": "2026-11-24T02:21:01Z", "renew_asked": null, "superseded_by": null, "renewable_until": null}', 'done', '01a20b5f-dc6f-75dd-b182-a766ca5a8c70', '127.0.0.1', '\x99e60600272feaba460fcf79ab746d82bfe0a924f5449607149fffe45b49de87', '\xdbffeea9dac32ea704c52ee121d87adb10c30c0c90d626589cbb839aacf94da2');
INSERT INTO public.event VALUES (33, '2026-11-24 02:26:01.473547+00', 'admin', NULL, 'invitation.create', 'invitation', 'c0029ccf-e2ea-4ad2-bb36-f06754e95ac6', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "c0029ccf-e2ea-4ad2-bb36-f06754e95ac6", "name": "room", "terms": {}, "closed": null, "classes": [], "created": "2026-11-24T02:26:01.460078Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:01.460078Z", "waiting": 0, "deadline": null, "passcode": false, "revision": 1, "admission": "waiting-room", "uses_spent": 0, "interactive": false, "name_prefix": "room", "uses_allowed": 5}', 'done', '01a20b5f-dc6f-75dd-b182-a766ca5a8c70', '127.0.0.1', '\xdbffeea9dac32ea704c52ee121d87adb10c30c0c90d626589cbb839aacf94da2', '\xb95171bd800a6957381934fe7560109afbe8cf1ca7bab2e05a1d732da9aed7dd');
INSERT INTO public.event VALUES (55, '2026-11-24 02:26:03.797116+00', 'admin', NULL, 'grant.create', 'grant', '79c49200-d01e-477f-9827-d89b3c7a4ab7', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "79c49200-d01e-477f-9827-d89b3c7a4ab7", "role": "viewer", "group": null, "holder": "pipeline", "created": "2026-11-24T02:26:03.787414Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "subject": "f2119abd-0b33-4667-a7b6-0b77693d23cf", "backbone": null, "network_name": "shop", "backbone_name": null, "default_backbone": false}', 'done', '01a20b5f-e588-7310-aecf-cd8ec206aa75', '127.0.0.1', '\x3bbb2dafcab2540ad180980d0b925afba8d0ffe8a256a38de9b25e4a90c1e1dc', '\x6ca0500a2c26bd9f0a0a511197902ccf51e2ed8b377b73d86e9779ba0d4c2e22');
INSERT INTO public.event VALUES (59, '2026-11-24 02:26:04.173275+00', 'user/ada', NULL, 'user.password', 'user', 'cf48e414-e736-456a-8c97-15f89a0ad456', NULL, NULL, NULL, NULL, 'done', '01a20b5f-e697-7316-b3a2-03d911eb2717', '127.0.0.1', '\x5080664a6c968492cfb418512a96c9317795c07014c4f9bcae1c9fefae7097e2', '\x44a7f1b5ad28c3c96ddb62c68bd3a38d56676685485d466584a1160d30d42a96');
INSERT INTO public.event VALUES (60, '2026-11-24 02:26:04.173275+00', 'user/ada', NULL, 'sign-in.begin', 'sign-in', '049dbae4-d2fe-4a91-9ca5-e480542e24d9', NULL, NULL, NULL, '{"method": "password", "expires": "2026-11-24T14:26:04.166621459Z", "subject": "cf48e414-e736-456a-8c97-15f89a0ad456"}', 'done', '01a20b5f-e697-7316-b3a2-03d911eb2717', '127.0.0.1', '\x44a7f1b5ad28c3c96ddb62c68bd3a38d56676685485d466584a1160d30d42a96', '\x1ca5289d5749c1be306d37c6f7c58c99dd7895b202edcd2ef9d92da891618fdf');
INSERT INTO public.event VALUES (98, '2026-11-24 02:26:06.283173+00', 'admin', NULL, 'manifest-set.join', 'network', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"set": "shop"}', 'done', '01a20b5f-ef23-760f-8033-74ce95df58d1', '127.0.0.1', '\x3dd9cb82f5b1a4398d5d302c9829624d1d735dd95151f1aa22792c07aac45db1', '\xfc7fb4df8b249b81288fa96cda673cdefe48b0631d399ae96eadae5f9885996c');
INSERT INTO public.event VALUES (36, '2026-11-24 02:26:01.694339+00', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/invitation/c0029ccf-e2ea-4ad2-bb36-f06754e95ac6', NULL, 'site.wait', 'site', '2c9d4e8b-2444-4a7c-95f0-a1e9813d1bc2', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "2c9d4e8b-2444-4a7c-95f0-a1e9813d1bc2", "name": "guest", "ended": null, "state": "waiting", "terms": {}, "labels": {}, "reason": null, "classes": [], "created": "2026-11-24T02:26:01.658451Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:01.658451Z", "admitted": null, "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 1, "invitation": "c0029ccf-e2ea-4ad2-bb36-f06754e95ac6"}', 'done', NULL, NULL, '\x4d2fb3ccd4909e64e95e05a1bb02719323914bea0a5ed3e8164b3610a8748555', '\xf61bd39ce95a5790ae728f196a3f0c41cbdd290bbc8b1c5e77a873e91230b67c');
INSERT INTO public.event VALUES (37, '2026-11-24 02:26:01.764212+00', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/invitation/280b03c7-6527-42ec-a1ff-c1e4eda26630', NULL, 'site.join', 'site', '50c05379-f76d-482f-b33b-e265874808a0', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "50c05379-f76d-482f-b33b-e265874808a0", "name": "till2", "ended": null, "state": "member", "terms": {}, "labels": {}, "reason": null, "classes": ["till"], "created": "2026-11-24T02:26:01.665081Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:01.665081Z", "admitted": null, "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 1, "invitation": "280b03c7-6527-42ec-a1ff-c1e4eda26630"}', 'done', NULL, NULL, '\xf61bd39ce95a5790ae728f196a3f0c41cbdd290bbc8b1c5e77a873e91230b67c', '\xa32f363c60bdc225a7c705083afbd221da4857b10f6d60d3ec3e66b7fa4b6029');
INSERT INTO public.event VALUES (38, '2026-11-24 02:26:01.764212+00', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/invitation/280b03c7-6527-42ec-a1ff-c1e4eda26630', NULL, 'certificate.issue', 'certificate', '7a1d9b52-2364-4966-85c1-2433ae4908dc', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "7a1d9b52-2364-4966-85c1-2433ae4908dc", "issuer": "b16ecf9c-9e2f-4b43-86e6-aae1771d21ff", "serial": "471bd732cdab2ede663ba23f96034d0e", "created": "2026-11-24T02:26:01.665081Z", "subject": "spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/site/50c05379-f76d-482f-b33b-e265874808a0", "updated": "2026-11-24T02:26:01.665081Z", "revision": 1, "not_after": "2026-12-24T02:26:01Z", "generation": 1, "not_before": "2026-11-24T02:21:01Z", "renew_asked": null, "superseded_by": null, "renewable_until": "2027-01-23T02:26:01Z"}', 'done', NULL, NULL, '\xa32f363c60bdc225a7c705083afbd221da4857b10f6d60d3ec3e66b7fa4b6029', '\x8aad9a6b3c25dd5ec517fcfd3fe5982b9375132f7f51373b74e0c46a666a4962');
INSERT INTO public.event VALUES (39, '2026-11-24 02:26:01.978642+00', 'admin', NULL, 'connector.create', 'connector', '544a63fd-07ea-48f8-b5ce-b8cf9e322dc2', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "544a63fd-07ea-48f8-b5ce-b8cf9e322dc2", "site": "31af7f89-b3e6-4c68-b971-a6b8611b2003", "class": null, "target": "127.0.0.1:7000", "address": "goods", "created": "2026-11-24T02:26:01.97154Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:01.97154Z", "revision": 1, "adaptable": true}', 'done', '01a20b5f-de70-72fa-9a7f-eddb1530db2e', '127.0.0.1', '\x8aad9a6b3c25dd5ec517fcfd3fe5982b9375132f7f51373b74e0c46a666a4962', '\xae4cdb8e01039598ed384de49350f646782efa90ce533752f8eafee6ea73d250');
INSERT INTO public.event VALUES (40, '2026-11-24 02:26:02.035726+00', 'admin', NULL, 'listener.create', 'listener', '602f4ffb-9280-42ee-820e-be8c0da4a7da', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "602f4ffb-9280-42ee-820e-be8c0da4a7da", "bind": "127.0.0.1:7001", "site": null, "class": "till", "address": "goods", "created": "2026-11-24T02:26:02.027501Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:02.027501Z", "revision": 1, "adaptable": true}', 'done', '01a20b5f-dea9-76d5-b0f9-7022f175d1df', '127.0.0.1', '\xae4cdb8e01039598ed384de49350f646782efa90ce533752f8eafee6ea73d250', '\x3cf744e77c149a371b047a6a9f19b42b4e371f1415def2789acfe867cef7ca51');
INSERT INTO public.event VALUES (41, '2026-11-24 02:26:02.089726+00', 'admin', NULL, 'address.set', 'address', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"policy": "balanced", "address": "goods", "created": "2026-11-24T02:26:02.084737Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:02.084737Z", "revision": 1}', 'done', '01a20b5f-dee2-726c-b790-9bfc497386e4', '127.0.0.1', '\x3cf744e77c149a371b047a6a9f19b42b4e371f1415def2789acfe867cef7ca51', '\xc24377cc742f52eeed159e8ab012ecbcbac2f3d885264e757966e736a1023a49');
INSERT INTO public.event VALUES (42, '2026-11-24 02:26:02.136278+00', 'admin', NULL, 'site.set-labels', 'site', '31af7f89-b3e6-4c68-b971-a6b8611b2003', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, '{"id": "31af7f89-b3e6-4c68-b971-a6b8611b2003", "name": "till1", "ended": null, "state": "member", "terms": {}, "labels": {}, "reason": null, "classes": ["till"], "created": "2026-11-24T02:26:01.650991Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:01.650991Z", "admitted": null, "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 1, "invitation": "280b03c7-6527-42ec-a1ff-c1e4eda26630"}', '{"id": "31af7f89-b3e6-4c68-b971-a6b8611b2003", "name": "till1", "ended": null, "state": "member", "terms": {}, "labels": {"floor": "2"}, "reason": null, "classes": ["till"], "created": "2026-11-24T02:26:01.650991Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:02.132408Z", "admitted": null, "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 2, "invitation": "280b03c7-6527-42ec-a1ff-c1e4eda26630"}', 'done', '01a20b5f-df12-72df-9f58-18714ee2cb97', '127.0.0.1', '\xc24377cc742f52eeed159e8ab012ecbcbac2f3d885264e757966e736a1023a49', '\x261a65ec965493eaa957a8f9fde78157c8b9f252bedf9ecacd98a59897479e0c');
INSERT INTO public.event VALUES (43, '2026-11-24 02:26:02.189862+00', 'admin', NULL, 'site.evict', 'site', '50c05379-f76d-482f-b33b-e265874808a0', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, '{"id": "50c05379-f76d-482f-b33b-e265874808a0", "name": "till2", "ended": null, "state": "member", "terms": {}, "labels": {}, "reason": null, "classes": ["till"], "created": "2026-11-24T02:26:01.665081Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:01.665081Z", "admitted": null, "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 1, "invitation": "280b03c7-6527-42ec-a1ff-c1e4eda26630"}', '{"id": "50c05379-f76d-482f-b33b-e265874808a0", "name": "till2", "ended": "2026-11-24T02:26:02.179133Z", "state": "evicted", "terms": {}, "labels": {}, "reason": "evicted", "classes": ["till"], "created": "2026-11-24T02:26:01.665081Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:02.179133Z", "admitted": null, "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 2, "invitation": "280b03c7-6527-42ec-a1ff-c1e4eda26630"}', 'done', '01a20b5f-df40-70a8-9756-4383364ef0be', '127.0.0.1', '\x261a65ec965493eaa957a8f9fde78157c8b9f252bedf9ecacd98a59897479e0c', '\xe1e756fe259c2977d53d688c53e4a5a1dca281a4647b231e36982c5fa2f73746');
INSERT INTO public.event VALUES (44, '2026-11-24 02:26:02.189862+00', 'admin', NULL, 'denial.create', 'denial', '50c05379-f76d-482f-b33b-e265874808a0', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "50c05379-f76d-482f-b33b-e265874808a0", "kind": "site", "until": "2027-01-23T03:26:01Z", "reason": "evicted", "created": "2026-11-24T02:26:02.179133Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0"}', 'done', '01a20b5f-df40-70a8-9756-4383364ef0be', '127.0.0.1', '\xe1e756fe259c2977d53d688c53e4a5a1dca281a4647b231e36982c5fa2f73746', '\x802cfb7ea0638b13be2a1a8d08cdf8dad38d9a7a0f49105e5720ed31b20e5fa1');
INSERT INTO public.event VALUES (46, '2026-11-24 02:26:02.390789+00', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/invitation/c0029ccf-e2ea-4ad2-bb36-f06754e95ac6', NULL, 'site.wait', 'site', '04380fdc-ebf0-4f65-956a-33e9dcacfb08', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "04380fdc-ebf0-4f65-956a-33e9dcacfb08", "name": "visitor", "ended": null, "state": "waiting", "terms": {}, "labels": {}, "reason": null, "classes": [], "created": "2026-11-24T02:26:02.374504Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:02.374504Z", "admitted": null, "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 1, "invitation": "c0029ccf-e2ea-4ad2-bb36-f06754e95ac6"}', 'done', NULL, NULL, '\x26d0894555cf678cdd6a1e40d082efec6e4d495aadbeeda38108a4f6d8b706f5', '\x25c03bf4171b18944bce107ece006aec6c9a12378e1afdacf2ca46e54148b80d');
INSERT INTO public.event VALUES (47, '2026-11-24 02:26:02.585449+00', 'admin', NULL, 'site.admit', 'site', '04380fdc-ebf0-4f65-956a-33e9dcacfb08', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, '{"id": "04380fdc-ebf0-4f65-956a-33e9dcacfb08", "name": "visitor", "ended": null, "state": "waiting", "terms": {}, "labels": {}, "reason": null, "classes": [], "created": "2026-11-24T02:26:02.374504Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:02.374504Z", "admitted": null, "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 1, "invitation": "c0029ccf-e2ea-4ad2-bb36-f06754e95ac6"}', '{"id": "04380fdc-ebf0-4f65-956a-33e9dcacfb08", "name": "visitor", "ended": null, "state": "member", "terms": {}, "labels": {}, "reason": null, "classes": [], "created": "2026-11-24T02:26:02.374504Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "updated": "2026-11-24T02:26:02.574964Z", "admitted": "2026-11-24T02:26:02.574964Z", "platform": {"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}, "revision": 2, "invitation": "c0029ccf-e2ea-4ad2-bb36-f06754e95ac6"}', 'done', '01a20b5f-e0cc-7266-bf17-12a154a719d5', '127.0.0.1', '\x25c03bf4171b18944bce107ece006aec6c9a12378e1afdacf2ca46e54148b80d', '\x3c447c7eb4bd5a8231943a907c2d7cd164836c6e39538860c43295c3ca3c2739');
INSERT INTO public.event VALUES (54, '2026-11-24 02:26:03.754792+00', 'admin', NULL, 'grant.create', 'grant', 'bd6c3a3f-6e43-4b35-9a4f-1bccd37d98b4', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "bd6c3a3f-6e43-4b35-9a4f-1bccd37d98b4", "role": "operator", "group": "a977acdb-41a8-42fe-9399-56f5cbf8faff", "holder": "operations", "created": "2026-11-24T02:26:03.744125Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "subject": null, "backbone": null, "network_name": "shop", "backbone_name": null, "default_backbone": false}', 'done', '01a20b5f-e55d-7786-8ae8-0a592aa94c79', '127.0.0.1', '\x9d78b53f7d3505687ad7c6fc761ab03384fe334e60d7a72ff31d7bdbd8203672', '\x3bbb2dafcab2540ad180980d0b925afba8d0ffe8a256a38de9b25e4a90c1e1dc');
INSERT INTO public.event VALUES (57, '2026-11-24 02:26:03.885378+00', 'admin', NULL, 'token.create', 'token', 'd88c1f75-274e-4e17-8757-2434d5b86f2c', NULL, NULL, NULL, '{"id": "d88c1f75-274e-4e17-8757-2434d5b86f2c", "name": "nightly", "created": "2026-11-24T02:26:03.879523Z", "expires": "2027-02-22T02:26:03.878789Z", "network": null, "subject": "f2119abd-0b33-4667-a7b6-0b77693d23cf", "backbone": null, "read_only": true, "subject_name": "pipeline"}', 'done', '01a20b5f-e5e4-7054-ab92-3d2c910e2dbd', '127.0.0.1', '\x0bc7e2970ebcbd20542c2b63fbc6a318e50eff9081a9e649891f2dac9dfaf376', '\x60a83e319be1eff6d76fa00236cec608aee3f81eeded0103c4e8c3468189a627');
INSERT INTO public.event VALUES (66, '2026-11-24 02:26:04.61171+00', 'admin', NULL, 'network.evict', 'network', '0cb3053f-5a98-48e0-9c98-37cb66a43ba8', '0cb3053f-5a98-48e0-9c98-37cb66a43ba8', '93f55609-4926-463c-8ad3-5a3fec5479c0', '{"id": "0cb3053f-5a98-48e0-9c98-37cb66a43ba8", "end": null, "name": "gone", "ended": null, "grace": "PT0S", "owner": "00000000-0000-0000-0000-000000000000", "start": "2026-11-24T02:26:01.179442Z", "created": "2026-11-24T02:26:01.1765Z", "evicted": null, "updated": "2026-11-24T02:26:01.1765Z", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "revision": 1, "owner_name": null, "address_mode": "open"}', '{"id": "0cb3053f-5a98-48e0-9c98-37cb66a43ba8", "end": null, "name": "gone", "ended": null, "grace": "PT0S", "owner": "00000000-0000-0000-0000-000000000000", "start": "2026-11-24T02:26:01.179442Z", "created": "2026-11-24T02:26:01.1765Z", "evicted": "2026-11-24T02:26:04.595292Z", "updated": "2026-11-24T02:26:04.595292Z", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "revision": 2, "owner_name": null, "address_mode": "open"}', 'done', '01a20b5f-e8b0-76ab-811f-1efa1cc2c5c4', '127.0.0.1', '\x2c7c0a76111c3d7fe9e5f0a1130de96a5ece4c76e0034d668405b24f52a6955f', '\x4302d8d1b1ff2e1868a58da53725b920b378f7f93d6a06c27ae62aaf015fcc63');
INSERT INTO public.event VALUES (67, '2026-11-24 02:26:04.61171+00', 'admin', NULL, 'authority.retire', 'authority', '6199ae48-31bb-418b-af95-be473af0a8ed', '0cb3053f-5a98-48e0-9c98-37cb66a43ba8', NULL, '{"id": "6199ae48-31bb-418b-af95-be473af0a8ed", "since": "2026-11-24T02:26:01.1765Z", "state": "active", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "reason": null, "created": "2026-11-24T02:26:01.1765Z", "hurried": false, "network": "0cb3053f-5a98-48e0-9c98-37cb66a43ba8", "updated": "2026-11-24T02:26:01.1765Z", "backbone": null, "revision": 1, "not_after": "2036-11-21T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:21:01Z"}', '{"id": "6199ae48-31bb-418b-af95-be473af0a8ed", "since": "2026-11-24T02:26:04.595292Z", "state": "retired", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "reason": null, "created": "2026-11-24T02:26:01.1765Z", "hurried": false, "network": "0cb3053f-5a98-48e0-9c98-37cb66a43ba8", "updated": "2026-11-24T02:26:04.595292Z", "backbone": null, "revision": 2, "not_after": "2036-11-21T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:21:01Z"}', 'done', '01a20b5f-e8b0-76ab-811f-1efa1cc2c5c4', '127.0.0.1', '\x4302d8d1b1ff2e1868a58da53725b920b378f7f93d6a06c27ae62aaf015fcc63', '\x379791367361402edb958ed4ed8e087770e2dc1a133c24b516648d2ac1c4e56b');
INSERT INTO public.event VALUES (68, '2026-11-24 02:26:04.61171+00', 'admin', NULL, 'denial.create', 'denial', '0cb3053f-5a98-48e0-9c98-37cb66a43ba8', '0cb3053f-5a98-48e0-9c98-37cb66a43ba8', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "0cb3053f-5a98-48e0-9c98-37cb66a43ba8", "kind": "network", "until": "2026-11-24T03:26:04.610384Z", "reason": "evicted", "created": "2026-11-24T02:26:04.595292Z", "network": "0cb3053f-5a98-48e0-9c98-37cb66a43ba8", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0"}', 'done', '01a20b5f-e8b0-76ab-811f-1efa1cc2c5c4', '127.0.0.1', '\x379791367361402edb958ed4ed8e087770e2dc1a133c24b516648d2ac1c4e56b', '\x2507028da1497f9614d8ed0c26cd326bbe8f9b03d379f156d807e660853f020d');
INSERT INTO public.event VALUES (48, '2026-11-24 02:26:03.461779+00', 'spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/invitation/c0029ccf-e2ea-4ad2-bb36-f06754e95ac6', NULL, 'certificate.issue', 'certificate', '68a4f298-e5aa-4e95-9d3d-abf6340323c9', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "68a4f298-e5aa-4e95-9d3d-abf6340323c9", "issuer": "b16ecf9c-9e2f-4b43-86e6-aae1771d21ff", "serial": "7ab33098b81476e1851a38a54a0b670d", "created": "2026-11-24T02:26:03.443668Z", "subject": "spiffe://fb36e912-a242-40c5-befd-b9101a992688/network/8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9/site/04380fdc-ebf0-4f65-956a-33e9dcacfb08", "updated": "2026-11-24T02:26:03.443668Z", "revision": 1, "not_after": "2026-12-24T02:26:03Z", "generation": 1, "not_before": "2026-11-24T02:21:03Z", "renew_asked": null, "superseded_by": null, "renewable_until": "2027-01-23T02:26:03Z"}', 'done', NULL, NULL, '\x3c447c7eb4bd5a8231943a907c2d7cd164836c6e39538860c43295c3ca3c2739', '\x8f0e51c6951428f7ddb3b140fd4dd45d0dadeccbd752bbac2af8da04f3f6d4e9');
INSERT INTO public.event VALUES (65, '2026-11-24 02:26:04.581522+00', 'controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', NULL, 'trust.publish', 'trust', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"created": "2026-11-24T02:26:04.571595Z", "version": 6, "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "valid_until": "2026-11-25T02:26:04.562039Z"}', 'done', NULL, NULL, '\xfdbf37cb68267f9e2ba854a42eab52cbcd6fcdb4ad8f682c5ee64f4b1325b292', '\x2c7c0a76111c3d7fe9e5f0a1130de96a5ece4c76e0034d668405b24f52a6955f');
INSERT INTO public.event VALUES (49, '2026-11-24 02:26:03.547381+00', 'admin', NULL, 'user.create', 'user', 'cf48e414-e736-456a-8c97-15f89a0ad456', NULL, NULL, NULL, '{"id": "cf48e414-e736-456a-8c97-15f89a0ad456", "kind": "person", "name": "ada", "email": "ada@example.com", "issuer": null, "created": "2026-11-24T02:26:03.544519Z", "updated": "2026-11-24T02:26:03.544519Z", "disabled": null, "revision": 1, "external_id": null, "display_name": "Ada Lovelace"}', 'done', '01a20b5f-e496-7187-844c-b10874c0168b', '127.0.0.1', '\x8f0e51c6951428f7ddb3b140fd4dd45d0dadeccbd752bbac2af8da04f3f6d4e9', '\x99a014e6fdc2e7be31ef7f66505dc8b13fb1a122c899bcb52c43406ba4729348');
INSERT INTO public.event VALUES (50, '2026-11-24 02:26:03.584954+00', 'admin', NULL, 'user.create', 'user', 'f2119abd-0b33-4667-a7b6-0b77693d23cf', NULL, NULL, NULL, '{"id": "f2119abd-0b33-4667-a7b6-0b77693d23cf", "kind": "service", "name": "pipeline", "email": null, "issuer": null, "created": "2026-11-24T02:26:03.582567Z", "updated": "2026-11-24T02:26:03.582567Z", "disabled": null, "revision": 1, "external_id": null, "display_name": null}', 'done', '01a20b5f-e4bb-70cf-9c59-3ac5b80743fc', '127.0.0.1', '\x99a014e6fdc2e7be31ef7f66505dc8b13fb1a122c899bcb52c43406ba4729348', '\xfa9a7fb28b317f541704a2121dde6075beb9106779e118e0fd7113e5e2935306');
INSERT INTO public.event VALUES (52, '2026-11-24 02:26:03.669058+00', 'admin', NULL, 'group.add', 'group', 'a977acdb-41a8-42fe-9399-56f5cbf8faff', NULL, NULL, NULL, '{"group": "operations", "member": "ada", "member_id": "cf48e414-e736-456a-8c97-15f89a0ad456"}', 'done', '01a20b5f-e50c-7141-9199-641879a41f79', '127.0.0.1', '\x7f13d7e9e4ca52d7899ce43c78b7abf64f148254b23de0f2aead3dedc714a65b', '\xd891938518e10c69ef536e6797967d11ad8e20d59cc8f8a84cc6eb4b67580825');
INSERT INTO public.event VALUES (51, '2026-11-24 02:26:03.629818+00', 'admin', NULL, 'group.create', 'group', 'a977acdb-41a8-42fe-9399-56f5cbf8faff', NULL, NULL, NULL, '{"id": "a977acdb-41a8-42fe-9399-56f5cbf8faff", "name": "operations", "created": "2026-11-24T02:26:03.623972Z", "members": 0, "updated": "2026-11-24T02:26:03.623972Z", "revision": 1}', 'done', '01a20b5f-e4e4-7738-82d3-34cca83c0eb2', '127.0.0.1', '\xfa9a7fb28b317f541704a2121dde6075beb9106779e118e0fd7113e5e2935306', '\x7f13d7e9e4ca52d7899ce43c78b7abf64f148254b23de0f2aead3dedc714a65b');
INSERT INTO public.event VALUES (56, '2026-11-24 02:26:03.84778+00', 'admin', NULL, 'quota.create', 'quota', 'b5bab1b0-d66d-4b10-ad36-b449848efedd', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, '{"id": "b5bab1b0-d66d-4b10-ad36-b449848efedd", "most": 50, "created": "2026-11-24T02:26:03.840905Z", "network": "8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9", "subject": null, "updated": "2026-11-24T02:26:03.840905Z", "backbone": null, "resource": "members", "revision": 1, "network_name": "shop", "subject_name": null, "backbone_name": null}', 'done', '01a20b5f-e5bd-7332-91d6-2836034dd2d2', '127.0.0.1', '\x6ca0500a2c26bd9f0a0a511197902ccf51e2ed8b377b73d86e9779ba0d4c2e22', '\x0bc7e2970ebcbd20542c2b63fbc6a318e50eff9081a9e649891f2dac9dfaf376');
INSERT INTO public.event VALUES (64, '2026-11-24 02:26:04.537577+00', 'admin', NULL, 'authority.create', 'authority', '36813a6a-e285-4be7-80f2-9d067aefa7b7', '60d1f49d-9aa8-461e-b19d-835ff14abe93', NULL, NULL, '{"id": "36813a6a-e285-4be7-80f2-9d067aefa7b7", "since": "2026-11-24T02:26:04.530294Z", "state": "announced", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "reason": "admin asked for it", "created": "2026-11-24T02:26:04.530294Z", "hurried": false, "network": "60d1f49d-9aa8-461e-b19d-835ff14abe93", "updated": "2026-11-24T02:26:04.530294Z", "backbone": null, "revision": 1, "not_after": "2036-11-21T02:25:59Z", "generation": 2, "not_before": "2026-11-24T02:21:04Z"}', 'done', '01a20b5f-e869-7086-b286-0edf2fd4c8f5', '127.0.0.1', '\xa368ea81aecd682afeaedb5c5722a5e510f9bedeae460aea3e8c3f98c575e8a5', '\xfdbf37cb68267f9e2ba854a42eab52cbcd6fcdb4ad8f682c5ee64f4b1325b292');
INSERT INTO public.event VALUES (61, '2026-11-24 02:26:04.249559+00', 'user/ada', NULL, 'network.create', 'network', '60d1f49d-9aa8-461e-b19d-835ff14abe93', '60d1f49d-9aa8-461e-b19d-835ff14abe93', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"id": "60d1f49d-9aa8-461e-b19d-835ff14abe93", "end": null, "name": "hers", "ended": null, "grace": "PT0S", "owner": "cf48e414-e736-456a-8c97-15f89a0ad456", "start": "2026-11-24T02:26:04.240771Z", "created": "2026-11-24T02:26:04.232044Z", "evicted": null, "updated": "2026-11-24T02:26:04.232044Z", "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "revision": 1, "owner_name": "ada", "address_mode": "open"}', 'done', '01a20b5f-e73d-7034-b432-9e6e9524862e', '127.0.0.1', '\x1ca5289d5749c1be306d37c6f7c58c99dd7895b202edcd2ef9d92da891618fdf', '\xe5ed0cd00786d3c769f974be8a22449078951279638d04ff15023f8619117fb7');
INSERT INTO public.event VALUES (62, '2026-11-24 02:26:04.249559+00', 'user/ada', NULL, 'authority.create', 'authority', 'ea925875-3d25-4f69-938f-0fba8f85aaa9', '60d1f49d-9aa8-461e-b19d-835ff14abe93', NULL, NULL, '{"id": "ea925875-3d25-4f69-938f-0fba8f85aaa9", "since": "2026-11-24T02:26:04.232044Z", "state": "active", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "reason": null, "created": "2026-11-24T02:26:04.232044Z", "hurried": false, "network": "60d1f49d-9aa8-461e-b19d-835ff14abe93", "updated": "2026-11-24T02:26:04.232044Z", "backbone": null, "revision": 1, "not_after": "2036-11-21T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:21:04Z"}', 'done', '01a20b5f-e73d-7034-b432-9e6e9524862e', '127.0.0.1', '\xe5ed0cd00786d3c769f974be8a22449078951279638d04ff15023f8619117fb7', '\x912caec3784c85516ca2b79353a487f2063e0283a6d460f17940eec0499686d2');
INSERT INTO public.event VALUES (70, '2026-11-24 02:26:04.675956+00', 'controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', NULL, 'authority.withdraw', 'authority', '6199ae48-31bb-418b-af95-be473af0a8ed', '0cb3053f-5a98-48e0-9c98-37cb66a43ba8', NULL, '{"id": "6199ae48-31bb-418b-af95-be473af0a8ed", "since": "2026-11-24T02:26:04.595292Z", "state": "retired", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "reason": null, "created": "2026-11-24T02:26:01.1765Z", "hurried": false, "network": "0cb3053f-5a98-48e0-9c98-37cb66a43ba8", "updated": "2026-11-24T02:26:04.595292Z", "backbone": null, "revision": 2, "not_after": "2036-11-21T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:21:01Z"}', '{"id": "6199ae48-31bb-418b-af95-be473af0a8ed", "since": "2026-11-24T02:26:04.659251Z", "state": "withdrawn", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "reason": null, "created": "2026-11-24T02:26:01.1765Z", "hurried": false, "network": "0cb3053f-5a98-48e0-9c98-37cb66a43ba8", "updated": "2026-11-24T02:26:04.659251Z", "backbone": null, "revision": 3, "not_after": "2036-11-21T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:21:01Z"}', 'done', NULL, NULL, '\x33cd66146c83992797eaed3ef7d40befb610bf76c8e54f4f1489a8d407f09acc', '\x32fc5c51fbd3ad153ac7c4057ba8fc003904061808174f5e8937107fc8517211');
INSERT INTO public.event VALUES (69, '2026-11-24 02:26:04.645697+00', 'controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', NULL, 'trust.publish', 'trust', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"created": "2026-11-24T02:26:04.630729Z", "version": 7, "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "valid_until": "2026-11-25T02:26:04.625528Z"}', 'done', NULL, NULL, '\x2507028da1497f9614d8ed0c26cd326bbe8f9b03d379f156d807e660853f020d', '\x33cd66146c83992797eaed3ef7d40befb610bf76c8e54f4f1489a8d407f09acc');
INSERT INTO public.event VALUES (74, '2026-11-24 02:26:04.758988+00', 'controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', NULL, 'authority.withdraw', 'authority', 'ea925875-3d25-4f69-938f-0fba8f85aaa9', '60d1f49d-9aa8-461e-b19d-835ff14abe93', NULL, '{"id": "ea925875-3d25-4f69-938f-0fba8f85aaa9", "since": "2026-11-24T02:26:04.700122Z", "state": "retired", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "reason": null, "created": "2026-11-24T02:26:04.232044Z", "hurried": false, "network": "60d1f49d-9aa8-461e-b19d-835ff14abe93", "updated": "2026-11-24T02:26:04.700122Z", "backbone": null, "revision": 2, "not_after": "2036-11-21T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:21:04Z"}', '{"id": "ea925875-3d25-4f69-938f-0fba8f85aaa9", "since": "2026-11-24T02:26:04.752145Z", "state": "withdrawn", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "reason": null, "created": "2026-11-24T02:26:04.232044Z", "hurried": false, "network": "60d1f49d-9aa8-461e-b19d-835ff14abe93", "updated": "2026-11-24T02:26:04.752145Z", "backbone": null, "revision": 3, "not_after": "2036-11-21T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:21:04Z"}', 'done', NULL, NULL, '\x6c4bb0f7e822234d822a1586119611843ce56a2490f51fe768e82388194c3a40', '\x3f73fb1cf10162a5566bbeea165ffc2cb7b8516e9790e98e7cd2041d7b3e9d58');
INSERT INTO public.event VALUES (77, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea1-7693-8632-365221892f52', NULL, NULL, NULL, '{"id": "01a20b5f-eea1-7693-8632-365221892f52", "kind": "interface-type", "name": "tcp", "digest": "5117867a19943608672c90690da1fd80c81bdad62fac06311f35cfa050327e96", "created": "2026-11-24T02:26:06.119386Z", "version": "1.0.0", "block_type": null, "description": "A stream of bytes."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\x112414b2a580f9ff56468e049949be28585ffdaa655bca97531b6b04c22f46bd', '\xedb551a37e53868e8de5c438a84dad4088c90626490c00e8d251119bd967d55c');
INSERT INTO public.event VALUES (78, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea1-7693-8632-365394c7fc8c', NULL, NULL, NULL, '{"id": "01a20b5f-eea1-7693-8632-365394c7fc8c", "kind": "interface-type", "name": "http", "digest": "1cfff26410464da87298a7a40be701f3fccd3ac2ae84752edc14e71a1056f8bc", "created": "2026-11-24T02:26:06.119386Z", "version": "1.0.0", "block_type": null, "description": "HTTP, version 1 or 2, in plain text: the network encrypts."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\xedb551a37e53868e8de5c438a84dad4088c90626490c00e8d251119bd967d55c', '\x26e03c4226d76a106cb95a01d953a005525bf1f00fc4a747e285cd1e474accd1');
INSERT INTO public.event VALUES (79, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea2-73f4-8741-8a569bcd922f', NULL, NULL, NULL, '{"id": "01a20b5f-eea2-73f4-8741-8a569bcd922f", "kind": "interface-type", "name": "tls", "digest": "a13a95b550bf80f75e85f6ca793e42a7c7357cfa7f9dda4353774d26d7766f98", "created": "2026-11-24T02:26:06.119386Z", "version": "1.0.0", "block_type": null, "description": "TLS that ends in the components themselves."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\x26e03c4226d76a106cb95a01d953a005525bf1f00fc4a747e285cd1e474accd1', '\x442221e5af279318b162b95a57327e4d6cb81b9648cfe904798d4ffd3ff0379e');
INSERT INTO public.event VALUES (80, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea2-73f4-8741-8a57f9716a52', NULL, NULL, NULL, '{"id": "01a20b5f-eea2-73f4-8741-8a57f9716a52", "kind": "interface-type", "name": "udp", "digest": "c39d468b78cf3eac43bc4e3edf417b3e1f105b89d86f0cda9da8533fa9e33a89", "created": "2026-11-24T02:26:06.119386Z", "version": "1.0.0", "block_type": null, "description": "Datagrams."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\x442221e5af279318b162b95a57327e4d6cb81b9648cfe904798d4ffd3ff0379e', '\xfe47300b27ddfef85a247244015dc7162381b6115d1c22409865e5b11d7e446c');
INSERT INTO public.event VALUES (81, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea2-73f4-8741-8a581923ced3', NULL, NULL, NULL, '{"id": "01a20b5f-eea2-73f4-8741-8a581923ced3", "kind": "interface-type", "name": "messaging", "digest": "f4530726e56e1c09ef44692f783520414064204d35b40a636061104869caf65d", "created": "2026-11-24T02:26:06.119386Z", "version": "1.0.0", "block_type": null, "description": "Messages by way of a broker."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\xfe47300b27ddfef85a247244015dc7162381b6115d1c22409865e5b11d7e446c', '\x4e149a9be7cc0355f2093207189c599de8832d747193539b632ef73ca4d1ce28');
INSERT INTO public.event VALUES (82, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea2-73f4-8741-8a59fce97cf6', NULL, NULL, NULL, '{"id": "01a20b5f-eea2-73f4-8741-8a59fce97cf6", "kind": "interface-type", "name": "rpc", "digest": "1d6b2782bc5b9e53daab729aef019a22544239a7e3325d5d0785cc01c6362756", "created": "2026-11-24T02:26:06.119386Z", "version": "1.0.0", "block_type": null, "description": "Requests and responses in a protocol of the components'' own."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\x4e149a9be7cc0355f2093207189c599de8832d747193539b632ef73ca4d1ce28', '\x17418904d546f4df32a990da1462541e3d5445c2e4bc17ef5689039188eb51dc');
INSERT INTO public.event VALUES (83, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea2-73f4-8741-8a5a91e19ad5', NULL, NULL, NULL, '{"id": "01a20b5f-eea2-73f4-8741-8a5a91e19ad5", "kind": "interface-type", "name": "volume", "digest": "f0fd91915515b994d9ddc56e63be32753c667ac535d4263ef85b9b3c0eceb302", "created": "2026-11-24T02:26:06.119386Z", "version": "1.0.0", "block_type": null, "description": "Storage at a site."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\x17418904d546f4df32a990da1462541e3d5445c2e4bc17ef5689039188eb51dc', '\x8edca3c1b8889e13be519284585a057a6eb9289e6975e6fe46c531a39caba400');
INSERT INTO public.event VALUES (84, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea3-74d6-942e-b9ab8a8e838d', NULL, NULL, NULL, '{"id": "01a20b5f-eea3-74d6-942e-b9ab8a8e838d", "kind": "interface-type", "name": "management", "digest": "4222b71154680516683bd067fae7890186bf8941b5b28983c8bec622a1b6aa3b", "created": "2026-11-24T02:26:06.119386Z", "version": "1.0.0", "block_type": null, "description": "Looking after a component: metrics, health, administration."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\x8edca3c1b8889e13be519284585a057a6eb9289e6975e6fe46c531a39caba400', '\x0c9699981df87f78e490ae70c3e84641a97b83d6bd74811215e06599aef09556');
INSERT INTO public.event VALUES (85, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea3-74d6-942e-b9ace64fc91f', NULL, NULL, NULL, '{"id": "01a20b5f-eea3-74d6-942e-b9ace64fc91f", "kind": "block", "name": "tcp-connector", "digest": "e72787b4b8a792fb5e8a0c1836ec6b7264b9da8e5210cc7807e49970375fb1eb", "created": "2026-11-24T02:26:06.119386Z", "version": "1.0.0", "block_type": "connector", "description": "Joins a TCP client and a TCP server."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\x0c9699981df87f78e490ae70c3e84641a97b83d6bd74811215e06599aef09556', '\xc26e0edd7c50c3fcb9bab1b9533aea07158e254d2f4338ab95d82b9d53723bfd');
INSERT INTO public.event VALUES (86, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea3-74d6-942e-b9ad6dbab216', NULL, NULL, NULL, '{"id": "01a20b5f-eea3-74d6-942e-b9ad6dbab216", "kind": "block", "name": "http-connector", "digest": "4692d2b44f069aa6263e2940de72d127842dd9529e407d2166a1dea0a1ed69d9", "created": "2026-11-24T02:26:06.119386Z", "version": "1.0.0", "block_type": "connector", "description": "Joins an HTTP client and an HTTP server."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\xc26e0edd7c50c3fcb9bab1b9533aea07158e254d2f4338ab95d82b9d53723bfd', '\x4273599c1c12ae10cb6098f80427d941871de56ebd997c549b35ddbd7dd9fda7');
INSERT INTO public.event VALUES (87, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea3-74d6-942e-b9ae8c479e89', NULL, NULL, NULL, '{"id": "01a20b5f-eea3-74d6-942e-b9ae8c479e89", "kind": "block", "name": "tls-connector", "digest": "c2a42f8ddd791365bfeb506c5c394abc59ac79944fad3d71b04683bad0fe13dc", "created": "2026-11-24T02:26:06.119386Z", "version": "1.0.0", "block_type": "connector", "description": "Joins a TLS client and a TLS server; TLS ends in the components."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\x4273599c1c12ae10cb6098f80427d941871de56ebd997c549b35ddbd7dd9fda7', '\x6f1f4d928f6b4e1f78a515b834d527492f08b6b553703f624df30a8150437b55');
INSERT INTO public.event VALUES (88, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea3-74d6-942e-b9af0ce5d3c9', NULL, NULL, NULL, '{"id": "01a20b5f-eea3-74d6-942e-b9af0ce5d3c9", "kind": "block", "name": "http-ingress", "digest": "0b92f4d5d36da2374e75f25375b99ee1af878fab4a49962a4bd04fbc889b14ed", "created": "2026-11-24T02:26:06.119386Z", "version": "1.0.0", "block_type": "ingress", "description": "Lets HTTP requests in from outside at a port of the site."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\x6f1f4d928f6b4e1f78a515b834d527492f08b6b553703f624df30a8150437b55', '\x02a49e7c67a560fbef45735175022bb979837a35d29adc59570a06ce070c5d3d');
INSERT INTO public.event VALUES (71, '2026-11-24 02:26:04.71061+00', 'controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', NULL, 'trust.publish', 'trust', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"created": "2026-11-24T02:26:04.704054Z", "version": 8, "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "valid_until": "2026-11-25T02:26:04.70085Z"}', 'done', NULL, NULL, '\x32fc5c51fbd3ad153ac7c4057ba8fc003904061808174f5e8937107fc8517211', '\xacd8a0d16268fb976cb43ee42425d9b309a0bb7b93da2c9d2e92182d73fbb280');
INSERT INTO public.event VALUES (72, '2026-11-24 02:26:04.717973+00', 'controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', NULL, 'authority.retire', 'authority', 'ea925875-3d25-4f69-938f-0fba8f85aaa9', '60d1f49d-9aa8-461e-b19d-835ff14abe93', NULL, '{"id": "ea925875-3d25-4f69-938f-0fba8f85aaa9", "since": "2026-11-24T02:26:04.232044Z", "state": "active", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "reason": null, "created": "2026-11-24T02:26:04.232044Z", "hurried": false, "network": "60d1f49d-9aa8-461e-b19d-835ff14abe93", "updated": "2026-11-24T02:26:04.232044Z", "backbone": null, "revision": 1, "not_after": "2036-11-21T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:21:04Z"}', '{"id": "ea925875-3d25-4f69-938f-0fba8f85aaa9", "since": "2026-11-24T02:26:04.700122Z", "state": "retired", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "reason": null, "created": "2026-11-24T02:26:04.232044Z", "hurried": false, "network": "60d1f49d-9aa8-461e-b19d-835ff14abe93", "updated": "2026-11-24T02:26:04.700122Z", "backbone": null, "revision": 2, "not_after": "2036-11-21T02:25:59Z", "generation": 1, "not_before": "2026-11-24T02:21:04Z"}', 'done', NULL, NULL, '\xacd8a0d16268fb976cb43ee42425d9b309a0bb7b93da2c9d2e92182d73fbb280', '\x0f0a8340401ea0b5acc7dfd5c57f0dd6e38a112ecdc7d0f141e4c31de3a0d5ae');
INSERT INTO public.event VALUES (73, '2026-11-24 02:26:04.717973+00', 'controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', NULL, 'authority.begin-to-issue', 'authority', '36813a6a-e285-4be7-80f2-9d067aefa7b7', '60d1f49d-9aa8-461e-b19d-835ff14abe93', NULL, '{"id": "36813a6a-e285-4be7-80f2-9d067aefa7b7", "since": "2026-11-24T02:26:04.530294Z", "state": "announced", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "reason": "admin asked for it", "created": "2026-11-24T02:26:04.530294Z", "hurried": false, "network": "60d1f49d-9aa8-461e-b19d-835ff14abe93", "updated": "2026-11-24T02:26:04.530294Z", "backbone": null, "revision": 1, "not_after": "2036-11-21T02:25:59Z", "generation": 2, "not_before": "2026-11-24T02:21:04Z"}', '{"id": "36813a6a-e285-4be7-80f2-9d067aefa7b7", "since": "2026-11-24T02:26:04.700122Z", "state": "active", "issuer": "a8c87913-d4fd-4b53-9edf-b8265f1cda90", "reason": "admin asked for it", "created": "2026-11-24T02:26:04.530294Z", "hurried": false, "network": "60d1f49d-9aa8-461e-b19d-835ff14abe93", "updated": "2026-11-24T02:26:04.700122Z", "backbone": null, "revision": 2, "not_after": "2036-11-21T02:25:59Z", "generation": 2, "not_before": "2026-11-24T02:21:04Z"}', 'done', NULL, NULL, '\x0f0a8340401ea0b5acc7dfd5c57f0dd6e38a112ecdc7d0f141e4c31de3a0d5ae', '\x6c4bb0f7e822234d822a1586119611843ce56a2490f51fe768e82388194c3a40');
INSERT INTO public.event VALUES (75, '2026-11-24 02:26:04.795033+00', 'controller/d0d8824b-bbf9-4f56-923e-1c36d8ab2609', NULL, 'trust.publish', 'trust', '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '93f55609-4926-463c-8ad3-5a3fec5479c0', NULL, '{"created": "2026-11-24T02:26:04.787305Z", "version": 9, "backbone": "93f55609-4926-463c-8ad3-5a3fec5479c0", "valid_until": "2026-11-25T02:26:04.783848Z"}', 'done', NULL, NULL, '\x3f73fb1cf10162a5566bbeea165ffc2cb7b8516e9790e98e7cd2041d7b3e9d58', '\x54fa2f6c8455b067a6b5e7cc1285b23e5f7257ce293d23f5afc85d3e5c79c8a5');
INSERT INTO public.event VALUES (89, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea3-74d6-942e-b9b029efb69d', NULL, NULL, NULL, '{"id": "01a20b5f-eea3-74d6-942e-b9b029efb69d", "kind": "block", "name": "http-egress", "digest": "a11446c44e64b6261d35a88b5af52fa4dab8a5d178a63979b33273ecdea1ab3c", "created": "2026-11-24T02:26:06.119386Z", "version": "1.0.0", "block_type": "egress", "description": "Lets components reach an HTTP server outside, by way of a site that can."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\x02a49e7c67a560fbef45735175022bb979837a35d29adc59570a06ce070c5d3d', '\x26afef37abe8bebc136dbd4b92cb7219c702c84fcdbb387e2b6e0f33ef6a997d');
INSERT INTO public.event VALUES (90, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea3-74d6-942e-b9b1aac0a355', NULL, NULL, NULL, '{"id": "01a20b5f-eea3-74d6-942e-b9b1aac0a355", "kind": "block", "name": "tcp-egress", "digest": "10f44c01453ecb6479121956b7f8e9a4732afc36d9ed10d9409fedd3aebb41ca", "created": "2026-11-24T02:26:06.119386Z", "version": "1.0.0", "block_type": "egress", "description": "Lets components reach a TCP server outside, by way of a site that can."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\x26afef37abe8bebc136dbd4b92cb7219c702c84fcdbb387e2b6e0f33ef6a997d', '\x21c954f41a8ed202be2ae3856af6ab4b2cebcaddfaabefa3afcd37227a583dfc');
INSERT INTO public.event VALUES (91, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea3-74d6-942e-b9b21e9e9d61', NULL, NULL, NULL, '{"id": "01a20b5f-eea3-74d6-942e-b9b21e9e9d61", "kind": "block", "name": "rabbitmq", "digest": "042c377df58f1a1df0f578e413f13a44adc73be64e0820f6a5b8b129688fdeec", "created": "2026-11-24T02:26:06.119386Z", "version": "3.13.0", "block_type": "component", "description": "A RabbitMQ broker as a component of its own."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\x21c954f41a8ed202be2ae3856af6ab4b2cebcaddfaabefa3afcd37227a583dfc', '\xeea46798e60b53df98478ece68b4826c80c3f8c0954d8ddd3d00d8a07fd5a761');
INSERT INTO public.event VALUES (92, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea4-7463-892e-1bc84a80e9f1', NULL, NULL, NULL, '{"id": "01a20b5f-eea4-7463-892e-1bc84a80e9f1", "kind": "block", "name": "rabbitmq-queue", "digest": "20e643e56a848d827932318ea35c6d8a5395d7e2df6f4241deac05042e3d9153", "created": "2026-11-24T02:26:06.119386Z", "version": "3.13.0", "block_type": "connector", "description": "A queue between a sender and a receiver, kept by a RabbitMQ broker beside the receiver."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\xeea46798e60b53df98478ece68b4826c80c3f8c0954d8ddd3d00d8a07fd5a761', '\x60b8486390931015f00a86941dcd97b6a105edbc5674561042f775df02ea98ab');
INSERT INTO public.event VALUES (93, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea4-7463-892e-1bc9fb542afa', NULL, NULL, NULL, '{"id": "01a20b5f-eea4-7463-892e-1bc9fb542afa", "kind": "block", "name": "prometheus", "digest": "1e5e10bc221c9fcdd0aa89b5067d09032a33ab5a5964a517a8ed50b382febdb8", "created": "2026-11-24T02:26:06.119386Z", "version": "2.54.0", "block_type": "component", "description": "Gathers the metrics of any number of components."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\x60b8486390931015f00a86941dcd97b6a105edbc5674561042f775df02ea98ab', '\xaf658e44bf1fe80e20d655c5dace4cbe55447b6b1014d1d63d9dfae228877629');
INSERT INTO public.event VALUES (94, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea4-7463-892e-1bcaa24e14ae', NULL, NULL, NULL, '{"id": "01a20b5f-eea4-7463-892e-1bcaa24e14ae", "kind": "block", "name": "postgresql", "digest": "68dff82995e26c4d29853c2b6819c3898971d8327d06d05c9f70b7fd7031cb52", "created": "2026-11-24T02:26:06.119386Z", "version": "16.4.0", "block_type": "component", "description": "A PostgreSQL database."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\xaf658e44bf1fe80e20d655c5dace4cbe55447b6b1014d1d63d9dfae228877629', '\xc02d1f0d43214b52fe00c17574dfa2fc5d1bd2086a839b0db360b1c9be7dce3c');
INSERT INTO public.event VALUES (95, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea4-7463-892e-1bcb30851335', NULL, NULL, NULL, '{"id": "01a20b5f-eea4-7463-892e-1bcb30851335", "kind": "block", "name": "redis", "digest": "e5cb27f4f3e7582300fe2074d72bb3a1f2e804fbedbafcfa5d215c9ef237f32c", "created": "2026-11-24T02:26:06.119386Z", "version": "7.4.0", "block_type": "component", "description": "A Redis cache."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\xc02d1f0d43214b52fe00c17574dfa2fc5d1bd2086a839b0db360b1c9be7dce3c', '\x99c7ca6803068ee48527c472c50c3988cf54ce8e488bb7510087be1743a65485');
INSERT INTO public.event VALUES (96, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea5-76ab-b897-2f3f4dec61df', NULL, NULL, NULL, '{"id": "01a20b5f-eea5-76ab-b897-2f3f4dec61df", "kind": "block", "name": "volume", "digest": "fc4e5331c984e84bb8191746d5e4826bc76d711ee9d834e51ed0bd6c6354c262", "created": "2026-11-24T02:26:06.119386Z", "version": "1.0.0", "block_type": "connector", "description": "A volume that components at the same site share."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\x99c7ca6803068ee48527c472c50c3988cf54ce8e488bb7510087be1743a65485', '\x6e5bf05fb1565c2e19d6446b9d5d76aa473e0c76d34ca6943d8ce83545d6ced2');
INSERT INTO public.event VALUES (97, '2026-11-24 02:26:06.152107+00', 'admin', NULL, 'library.import', 'library-document', '01a20b5f-eea5-76ab-b897-2f40c58da0e4', NULL, NULL, NULL, '{"id": "01a20b5f-eea5-76ab-b897-2f40c58da0e4", "kind": "block", "name": "nginx", "digest": "a73464f7563005fb79b501d36f2d5756718d797792bd229ce9dd082aaf920e99", "created": "2026-11-24T02:26:06.119386Z", "version": "1.27.0", "block_type": "component", "description": "An NGINX web server in front of one application."}', 'done', '01a20b5f-eddd-76a0-8777-29e10e6c7d69', '127.0.0.1', '\x6e5bf05fb1565c2e19d6446b9d5d76aa473e0c76d34ca6943d8ce83545d6ced2', '\x3dd9cb82f5b1a4398d5d302c9829624d1d735dd95151f1aa22792c07aac45db1');

INSERT INTO public.event_head VALUES (true, 98, '\xfc7fb4df8b249b81288fa96cda673cdefe48b0631d399ae96eadae5f9885996c');

INSERT INTO public.group_member VALUES ('a977acdb-41a8-42fe-9399-56f5cbf8faff', 'cf48e414-e736-456a-8c97-15f89a0ad456', false);

INSERT INTO public.idempotency_key VALUES ('admin', 'e5a80484-5c1a-4bfb-ab21-63e02cbcafd6', '\xaecbb4105160644285984245beb9d87f299216308ecd50a371c8fb40ccb174f1', 201, '\xfb36e912a24240c5befdb9101a992688', '2026-11-24 02:25:59.343238+00');
INSERT INTO public.idempotency_key VALUES ('admin', '5db38571-4338-4e11-bf03-fe7fc4a8b516', '\x03ee5adc92fd6ae278f64cd289639462d7a6686090d6ce05f83d0869bae6e8da', 201, '\x93f556094926463c8ad35a3fec5479c0', '2026-11-24 02:25:59.389341+00');
INSERT INTO public.idempotency_key VALUES ('admin', '5d4312a6-64fa-440c-8d8d-3c3752a96cff', '\xe7e00a6720539dac8c338eb9eab26ca33cf2ef07870fa18a8a7f34758c5120e0', 201, '\x40cb003f87464d7a9892391a672570d6', '2026-11-24 02:25:59.480058+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'cfcda736-14da-43db-af74-9d2e52431dbb', '\xed037c57102e761f78f39452396123f7c91dd7a15091b32a1b1d16eefccb9e4a', 201, '\xad0b4fd76406421291eb8a5512a3bb9f', '2026-11-24 02:25:59.54291+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'f7da48e1-be17-4810-96f2-e0530c7f6271', '\xb79e281662f515d199e9f353f1a2035326bd75a843877c608305c43f4356924d', 201, '\xdcfd85139f164932b164583590e4aa48', '2026-11-24 02:25:59.594516+00');
INSERT INTO public.idempotency_key VALUES ('admin', '331ff622-8225-4b9a-982b-b61e00971699', '\x8a5420fa870bd71b3f5a54c4a399fa5c9b583066e4667fa155ecf97b57ea8423', 201, '\x8df9d36fcc3b4f7e87b9b4ea464b99f9', '2026-11-24 02:26:01.039372+00');
INSERT INTO public.idempotency_key VALUES ('admin', '75a08236-bb8a-48b1-98d0-ed90f24a6718', '\x390b9d8c236339559f0f8dac12af4cede6a35225c09f3bef4a580c8bde743f24', 201, '\x8df9d36fcc3b4f7e87b9b4ea464b99f9', '2026-11-24 02:26:01.13767+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'c4df297c-9700-4714-a61b-2cf01932cf29', '\x2ba6015a1072b3054ebeeed0ff023a0c0af0f11a18814a355c6c788d11656b19', 201, '\x0cb3053f5a9848e09c9837cb66a43ba8', '2026-11-24 02:26:01.1765+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'dc9f629f-3eea-4084-a58c-5420fe9e7974', '\x8594ede6ec7f29cb0de853b4b56341fa1f1349e6747c85e0e59b3d3f7178bde1', 201, '\x280b03c7652742eca1ffc1e4eda26630', '2026-11-24 02:26:01.264467+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'd7a54149-b1f9-4362-8b71-c847a40c8b1d', '\x56aebca4aeb467b5afb3db8ebb632419853b0eb3550460c2ba6d7acf8efce49b', 201, '\x996b64f77fc34817bcc69d93d8d46e5e', '2026-11-24 02:26:01.402352+00');
INSERT INTO public.idempotency_key VALUES ('admin', '73806683-808b-430d-811e-36e166738ad0', '\x6a6ea86dd0ad6c70d66c282fe6897b1fc71ec04e82e81aaec98a996e6901a7c3', 201, '\xc0029ccfe2ea4ad2bb36f06754e95ac6', '2026-11-24 02:26:01.460078+00');
INSERT INTO public.idempotency_key VALUES ('admin', '23283efd-c02b-4c6e-b172-c5abaa426eab', '\x6ae2f639572201dd5c2ce598cdc7155bf81c809fb081318b5204e63fd6f2d36d', 201, '\x544a63fd07ea48f8b5ceb8cf9e322dc2', '2026-11-24 02:26:01.97154+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'b6d1f263-0a20-4ab6-a396-98adfe8c1bac', '\x6a19dedbd8b0d6eea6d8206329060bcefde133aa20d6f9235f5c5124f382bb93', 201, '\x602f4ffb928042ee820ebe8c0da4a7da', '2026-11-24 02:26:02.027501+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'be2b5eaf-f82c-416d-ae62-da7d1c38eca7', '\x1e5723e2129e1de9dcf6ca0bf5adfa6af644df41fa94838af718db09d144ba37', 201, '\xcf48e414e736456a8c9715f89a0ad456', '2026-11-24 02:26:03.544519+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'e006a911-93d5-4901-b444-35bece2a1b71', '\x26fc0bdfd45712dc5bdf84f89280b96db314f582476ce1ec0d675986eb5d354d', 201, '\xf2119abd0b334667a7b60b77693d23cf', '2026-11-24 02:26:03.582567+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'bcc2b968-0730-4026-b97e-ea1849188357', '\xc1540d693af84bc9f0cd27b88e76c3058cccdde92656cb14eb39ae51cd5d8f68', 201, '\xa977acdb41a842fe939956f5cbf8faff', '2026-11-24 02:26:03.623972+00');
INSERT INTO public.idempotency_key VALUES ('admin', 'e51ca72d-5c7a-456f-aefa-510094e40d9a', '\xb6de34bba3d908428caf534c37f084b5a74c20e432a40a02acdceabefa2f7a04', 201, '\x6965a1de697f4dceb0045864496120e6', '2026-11-24 02:26:03.699733+00');
INSERT INTO public.idempotency_key VALUES ('admin', '06ab9883-7a8e-4d59-91e4-ee6d892f3c30', '\x672db30d4763b95af00ec1f107c660466500a881433e8d898bd863b1d15dd659', 201, '\xbd6c3a3f6e434b359a4f1bccd37d98b4', '2026-11-24 02:26:03.744125+00');
INSERT INTO public.idempotency_key VALUES ('admin', '3f1afdf4-2723-405f-81c3-ccb1bc6f73cd', '\x491d9b30163838265845422bdaee686260ebcc1b97e11f8c25d2c228815f6ae3', 201, '\x79c49200d01e477f9827d89b3c7a4ab7', '2026-11-24 02:26:03.787414+00');
INSERT INTO public.idempotency_key VALUES ('admin', '1d12311f-fca8-4064-862f-e65b24c64cfd', '\x5fa244235ac110a5d3f1fbedfbafc7be1cb0728c6c2bb48bff5d70c17b98b79f', 201, '\xb5bab1b0d66d4b10ad36b449848efedd', '2026-11-24 02:26:03.840905+00');
INSERT INTO public.idempotency_key VALUES ('user/ada', '598f024a-658e-48a4-83e1-e3d9416d8520', '\x3d3df7cf18dc0fb97a84078e683ebf1655032a033e916d80aac0acd78227a48c', 201, '\x60d1f49d9aa8461eb19d835ff14abe93', '2026-11-24 02:26:04.232044+00');

INSERT INTO public.installation VALUES ('fb36e912-a242-40c5-befd-b9101a992688', '6ae330dc205bd37a', '2026-11-24 02:25:59.217856+00', '2026-11-24 02:25:59.217856+00', 1, true);

INSERT INTO public.invitation VALUES ('996b64f7-7fc3-4817-bcc6-9d93d8d46e5e', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'secret', 1, 0, NULL, 'secret', 0, NULL, '\x308202b130820257a0030201020210729fa0d4ac46a367157a2743b2800e47300a06082a8648ce3d0403023051312d302b060355040a0c2438646639643336662d636333622d346637652d383762392d6234656134363462393966393120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132343032323130315a170d3237313132353032323630315a304e312d302b060355040a0c2439393662363466372d376663332d343831372d626363362d396439336438643436653565311d301b06035504030c14536b75707065722d5820696e7669746174696f6e3059301306072a8648ce3d020106082a8648ce3d03010703420004c624c7058650d87841a0a6f713b50826e4f0e3c480d111d3f28aab4a4201223c4336fc5d68b8967dc127ffc0644ce37f37970ffaa5a43f731eab3f7def6b579fa38201123082010e301f0603551d230418301680141ca3ffa79a34069137bcb995befe64c9be824ab13081980603551d1104819030818d86818a7370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6e6574776f726b2f38646639643336662d636333622d346637652d383762392d6234656134363462393966392f696e7669746174696f6e2f39393662363466372d376663332d343831372d626363362d396439336438643436653565300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301d0603551d0e04160414585b414c8b9a2cab772c6b6f57c853f7f9ed9d52300c0603551d130101ff04023000300a06082a8648ce3d040302034800304502204ff13fb8a608c362bc353cba5267303cb25209759699d2953974bf753994e647022100af56040fc335394d7a760e35e28941e35691beaf925e46f5575285bdaf8f5c8f', '\x016ae330dc205bd37a41bbda055c18d9178cb8403b3272bf97eefe3ee4d6fcbef57ce6aead7d5c037ced7d978358138bb9d9c2e6eb6cae1097a6c7611f7b615967003d3256a74aa993f0b0df2571195d8904ea706ed12956e4fa9c22f95538b5ce079101fbff9b393937195748d15180d1c33c1ed0f1cd52d5e10148d04c6e62daaccdb2d41358cc2ecb13f22376bed316339627197c6488011bbf444fb75be103550cd3e95789779d556811e4419e', '2026-11-24 02:26:01.402352+00', '2026-11-24 02:26:01.402352+00', 1, 'automatic', 0, false, '$argon2id$v=19$m=19456,t=2,p=1$MmTFSgkkR9i57a1dqSJHRg$wHVIRvNmG2Z9iVYo182QUdN31AmjoywEoRlvPJ06TDI', 0, NULL, '{}');
INSERT INTO public.invitation VALUES ('c0029ccf-e2ea-4ad2-bb36-f06754e95ac6', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'room', 5, 1, NULL, 'room', 2, NULL, '\x308202b130820257a003020102021063399567f3699d7c55cae46ef59cd848300a06082a8648ce3d0403023051312d302b060355040a0c2438646639643336662d636333622d346637652d383762392d6234656134363462393966393120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132343032323130315a170d3237313132353032323630315a304e312d302b060355040a0c2463303032396363662d653265612d346164322d626233362d663036373534653935616336311d301b06035504030c14536b75707065722d5820696e7669746174696f6e3059301306072a8648ce3d020106082a8648ce3d03010703420004520c6a878691e8ce80e52aa5e4660d0015cd4f1d28c8dc8c4a4dae7eda6d179b4c9064445188d658626797f05bbf48a16897d22e43f04ddbaee300abaab01c7ea38201123082010e301f0603551d230418301680141ca3ffa79a34069137bcb995befe64c9be824ab13081980603551d1104819030818d86818a7370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6e6574776f726b2f38646639643336662d636333622d346637652d383762392d6234656134363462393966392f696e7669746174696f6e2f63303032396363662d653265612d346164322d626233362d663036373534653935616336300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301d0603551d0e041604148acf41a8f7c4209c86a6dd68230b291a6b1d80fc300c0603551d130101ff04023000300a06082a8648ce3d0403020348003045022100cc011628cd85b0beadcd34ab25f098bdcdb905993444f69c64f68c0dc2a43809022044ea156bc4e178217d8dcfb4491891e3a381eb8d10051ad9cf62acb2da2a9180', '\x016ae330dc205bd37a94eca28fa120fd970530ce2d32aeccee5573367083ade6e43acaf1965f47dc31b5e3775fe20e6fc720594ff1cae4fe422e0e1c45c1dc0b3cdbe3045057440bb2dd33dbd49c01681735599489275afa9514d1b1c2d31ce727e4df5bfa29b1b9c882d6eda059136829d1caf05994deff86fa9b9abc7a64e6d94c8817d93578626088457a2f929ded74f19368bd4f6f35ecc2021e47fa26d82e44a2761fb2fadf0358057c922362', '2026-11-24 02:26:01.460078+00', '2026-11-24 02:26:02.574964+00', 4, 'waiting-room', 1, false, NULL, 0, NULL, '{}');
INSERT INTO public.invitation VALUES ('280b03c7-6527-42ec-a1ff-c1e4eda26630', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'stores', NULL, 2, NULL, 'stores', 2, NULL, '\x308202b130820257a003020102021074fc76f3e37e11c5373f0d89181e1736300a06082a8648ce3d0403023051312d302b060355040a0c2438646639643336662d636333622d346637652d383762392d6234656134363462393966393120301e06035504030c17536b75707065722d58206e6574776f726b204341206731301e170d3236313132343032323130315a170d3237313132353032323630315a304e312d302b060355040a0c2432383062303363372d363532372d343265632d613166662d633165346564613236363330311d301b06035504030c14536b75707065722d5820696e7669746174696f6e3059301306072a8648ce3d020106082a8648ce3d0301070342000402ecbc71c7b0845a47de62d5533b21bff5b2ddd0201b6ed0f6175743aed3815facd461b58df54e18f8764cb5d5b729b7ac9ea3938164843937dcdd6a2b0627d1a38201123082010e301f0603551d230418301680141ca3ffa79a34069137bcb995befe64c9be824ab13081980603551d1104819030818d86818a7370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6e6574776f726b2f38646639643336662d636333622d346637652d383762392d6234656134363462393966392f696e7669746174696f6e2f32383062303363372d363532372d343265632d613166662d633165346564613236363330300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301d0603551d0e04160414db8f1fae84ab100b6a7012a45f39b2adc32d33fb300c0603551d130101ff04023000300a06082a8648ce3d0403020348003045022100a5d049b9068c5372cf3580054f1462498c1d6e7edb3fa9ae47282d9fe2ca1c72022071ee3c26efb339907c093c2ac70914d92032fccee6ee25304bd7fc17935762c8', '\x016ae330dc205bd37a624bb39ce3bfb8799c87f8cb77c80dd44c73d3b72c03af2d160fbf92b56dc05d1e3e5f4dd608b380b408a966546cb5e0353781e99c39250f06b032fdb9d741812ad5a3d66b36ae183a0a9861cbf8e3d060af9ccb48dab270809e131cf485d8b55438f0d1b929b8d6907eb41adc08ab4b4c002cbfdbafeb52d7940eb32af82f8a5af5a8f4331a74f9fc001cf6503086ab1577d8e32efc5ae49c75515807f8187dec8aa9357d0c', '2026-11-24 02:26:01.264467+00', '2026-11-24 02:26:01.665081+00', 3, 'automatic', 0, false, NULL, 0, NULL, '{}');

INSERT INTO public.invitation_class VALUES ('280b03c7-6527-42ec-a1ff-c1e4eda26630', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'till');

INSERT INTO public.key_tombstone VALUES ('8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', '\x602a2b187e57d14a11347e922401639132599570fd8bf29382db7d81a546d39c', '50c05379-f76d-482f-b33b-e265874808a0', 'evicted', '2026-11-24 02:26:02.179133+00');

INSERT INTO public.library VALUES (true, 1);

INSERT INTO public.library_document VALUES ('01a20b5f-eea1-7693-8632-365221892f52', 'interface-type', 'tcp', '1.0.0', '\x5117867a19943608672c90690da1fd80c81bdad62fac06311f35cfa050327e96', 'A stream of bytes.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"A stream of bytes.","name":"tcp","version":"1.0.0"},"spec":{"roles":{"accept":{"data":{"host":{"description":"The host it listens on, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port it listens on.","maximum":65535,"minimum":1,"required":true,"type":"integer"}},"description":"Accepts connections.","meets":["connect"],"side":"serves"},"connect":{"bind":{"max":1,"min":1},"data":{"host":{"description":"The local address at which its peer is found.","type":"string"},"port":{"description":"The local port at which it wants to find its peer.","maximum":65535,"minimum":1,"type":"integer"}},"description":"Opens connections.","meets":["accept"],"side":"uses"}}}}', '# The interface types every library has.
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea1-7693-8632-365394c7fc8c', 'interface-type', 'http', '1.0.0', '\x1cfff26410464da87298a7a40be701f3fccd3ac2ae84752edc14e71a1056f8bc', 'HTTP, version 1 or 2, in plain text: the network encrypts.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"HTTP, version 1 or 2, in plain text: the network encrypts.","name":"http","version":"1.0.0"},"spec":{"roles":{"accept":{"data":{"host":{"description":"The host it listens on, if it is not the block''s own workload.","type":"string"},"path":{"default":"/","description":"The path under which it answers.","pattern":"^/","type":"string"},"port":{"description":"The port it listens on.","maximum":65535,"minimum":1,"required":true,"type":"integer"}},"description":"Answers requests.","meets":["connect"],"side":"serves"},"connect":{"bind":{"max":1,"min":1},"data":{"host":{"description":"The local address at which its peer is found.","type":"string"},"port":{"description":"The local port at which it wants to find its peer.","maximum":65535,"minimum":1,"type":"integer"}},"description":"Makes requests.","meets":["accept"],"side":"uses"}}}}', 'apiVersion: skupperx.io/v1
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea2-73f4-8741-8a569bcd922f', 'interface-type', 'tls', '1.0.0', '\xa13a95b550bf80f75e85f6ca793e42a7c7357cfa7f9dda4353774d26d7766f98', 'TLS that ends in the components themselves.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"TLS that ends in the components themselves.","name":"tls","version":"1.0.0"},"spec":{"roles":{"accept":{"data":{"host":{"description":"The host it listens on, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port it listens on.","maximum":65535,"minimum":1,"required":true,"type":"integer"},"serverName":{"description":"The name its certificate is for.","required":true,"type":"string"}},"description":"Accepts TLS connections.","meets":["connect"],"side":"serves"},"connect":{"bind":{"max":1,"min":1},"data":{"host":{"description":"The local address at which its peer is found.","type":"string"},"port":{"description":"The local port at which it wants to find its peer.","maximum":65535,"minimum":1,"type":"integer"}},"description":"Opens TLS connections.","meets":["accept"],"side":"uses"}}}}', 'apiVersion: skupperx.io/v1
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea2-73f4-8741-8a57f9716a52', 'interface-type', 'udp', '1.0.0', '\xc39d468b78cf3eac43bc4e3edf417b3e1f105b89d86f0cda9da8533fa9e33a89', 'Datagrams.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"Datagrams.","name":"udp","version":"1.0.0"},"spec":{"protocol":"udp","roles":{"accept":{"data":{"host":{"description":"The host it listens on, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port it listens on.","maximum":65535,"minimum":1,"required":true,"type":"integer"}},"description":"Receives datagrams, and may answer.","meets":["connect"],"side":"serves"},"connect":{"bind":{"max":1,"min":1},"data":{"host":{"description":"The local address at which its peer is found.","type":"string"},"port":{"description":"The local port at which it wants to find its peer.","maximum":65535,"minimum":1,"type":"integer"}},"description":"Sends datagrams.","meets":["accept"],"side":"uses"}}}}', 'apiVersion: skupperx.io/v1
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea3-74d6-942e-b9ad6dbab216', 'block', 'http-connector', '1.0.0', '\x4692d2b44f069aa6263e2940de72d127842dd9529e407d2166a1dea0a1ed69d9', 'Joins an HTTP client and an HTTP server.', 'connector', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"Joins an HTTP client and an HTTP server.","name":"http-connector","version":"1.0.0"},"spec":{"interfaces":{"client":{"bind":{"max":1,"min":1},"data":{"port":1},"role":"accept","type":"http"},"server":{"role":"connect","type":"http"}},"type":"connector"}}', 'apiVersion: skupperx.io/v1
kind: Block
metadata: {name: http-connector, version: 1.0.0, description: Joins an HTTP client and an HTTP server.}
spec:
  type: connector
  interfaces:
    client: {type: http, role: accept, bind: {min: 1, max: 1}, data: {port: 1}}
    server: {type: http, role: connect}
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea2-73f4-8741-8a581923ced3', 'interface-type', 'messaging', '1.0.0', '\xf4530726e56e1c09ef44692f783520414064204d35b40a636061104869caf65d', 'Messages by way of a broker.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"Messages by way of a broker.","name":"messaging","version":"1.0.0"},"spec":{"roles":{"consume":{"bind":{"min":1},"data":{"host":{"description":"The host of the broker, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port of the broker.","maximum":65535,"minimum":1,"type":"integer"},"queue":{"description":"The name of the queue or topic.","type":"string"}},"description":"Consumes what is published.","meets":["produce"],"side":"mediated"},"produce":{"bind":{"min":1},"data":{"host":{"description":"The host of the broker, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port of the broker.","maximum":65535,"minimum":1,"type":"integer"},"queue":{"description":"The name of the queue or topic.","type":"string"}},"description":"Publishes messages to all consumers.","meets":["consume"],"side":"mediated"},"receive":{"bind":{"min":1},"data":{"host":{"description":"The host of the broker, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port of the broker.","maximum":65535,"minimum":1,"type":"integer"},"queue":{"description":"The name of the queue or topic.","type":"string"}},"description":"Receives messages.","meets":["send"],"side":"mediated"},"send":{"bind":{"min":1},"data":{"host":{"description":"The host of the broker, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port of the broker.","maximum":65535,"minimum":1,"type":"integer"},"queue":{"description":"The name of the queue or topic.","type":"string"}},"description":"Sends messages to one receiver each.","meets":["receive"],"side":"mediated"}}}}', 'apiVersion: skupperx.io/v1
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea2-73f4-8741-8a59fce97cf6', 'interface-type', 'rpc', '1.0.0', '\x1d6b2782bc5b9e53daab729aef019a22544239a7e3325d5d0785cc01c6362756', 'Requests and responses in a protocol of the components'' own.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"Requests and responses in a protocol of the components'' own.","name":"rpc","version":"1.0.0"},"spec":{"roles":{"request":{"bind":{"max":1,"min":1},"data":{"host":{"description":"The local address at which its peer is found.","type":"string"},"port":{"description":"The local port at which it wants to find its peer.","maximum":65535,"minimum":1,"type":"integer"}},"description":"Makes requests.","meets":["respond"],"side":"uses"},"respond":{"data":{"host":{"description":"The host it listens on, if it is not the block''s own workload.","type":"string"},"port":{"description":"The port it listens on.","maximum":65535,"minimum":1,"required":true,"type":"integer"},"service":{"description":"The service it offers, such as shop.v1.Orders.","type":"string"}},"description":"Answers requests.","meets":["request"],"side":"serves"}}}}', 'apiVersion: skupperx.io/v1
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea2-73f4-8741-8a5a91e19ad5', 'interface-type', 'volume', '1.0.0', '\xf0fd91915515b994d9ddc56e63be32753c667ac535d4263ef85b9b3c0eceb302', 'Storage at a site.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"Storage at a site.","name":"volume","version":"1.0.0"},"spec":{"reach":"local","roles":{"mount":{"bind":{"max":1,"min":1},"description":"Needs storage.","meets":["provide"],"side":"none"},"provide":{"bind":{"min":1},"data":{"claim":{"description":"The name of the volume.","required":true,"type":"string"}},"description":"Provides storage.","meets":["mount"],"side":"none"}}}}', 'apiVersion: skupperx.io/v1
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea3-74d6-942e-b9ab8a8e838d', 'interface-type', 'management', '1.0.0', '\x4222b71154680516683bd067fae7890186bf8941b5b28983c8bec622a1b6aa3b', 'Looking after a component: metrics, health, administration.', NULL, '{"apiVersion":"skupperx.io/v1","kind":"InterfaceType","metadata":{"description":"Looking after a component: metrics, health, administration.","name":"management","version":"1.0.0"},"spec":{"roles":{"manage":{"data":{"host":{"description":"The local address at which its peer is found.","type":"string"},"port":{"description":"The local port at which it wants to find its peer.","maximum":65535,"minimum":1,"type":"integer"}},"description":"Looks after others.","meets":["managed"],"side":"uses"},"managed":{"data":{"host":{"description":"The host it listens on, if it is not the block''s own workload.","type":"string"},"path":{"default":"/metrics","description":"Where its metrics are.","pattern":"^/","type":"string"},"port":{"description":"The port it listens on.","maximum":65535,"minimum":1,"required":true,"type":"integer"}},"description":"Is looked after.","meets":["manage"],"side":"serves"}}}}', 'apiVersion: skupperx.io/v1
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea3-74d6-942e-b9ace64fc91f', 'block', 'tcp-connector', '1.0.0', '\xe72787b4b8a792fb5e8a0c1836ec6b7264b9da8e5210cc7807e49970375fb1eb', 'Joins a TCP client and a TCP server.', 'connector', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"Joins a TCP client and a TCP server.","name":"tcp-connector","version":"1.0.0"},"spec":{"interfaces":{"client":{"bind":{"max":1,"min":1},"data":{"port":1},"role":"accept","type":"tcp"},"server":{"role":"connect","type":"tcp"}},"type":"connector"}}', '# Connectors: what stands between two components. These need no body: listener and connector follow from the link.
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: tcp-connector, version: 1.0.0, description: Joins a TCP client and a TCP server.}
spec:
  type: connector
  interfaces:
    client: {type: tcp, role: accept, bind: {min: 1, max: 1}, data: {port: 1}}
    server: {type: tcp, role: connect}
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea3-74d6-942e-b9ae8c479e89', 'block', 'tls-connector', '1.0.0', '\xc2a42f8ddd791365bfeb506c5c394abc59ac79944fad3d71b04683bad0fe13dc', 'Joins a TLS client and a TLS server; TLS ends in the components.', 'connector', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"Joins a TLS client and a TLS server; TLS ends in the components.","name":"tls-connector","version":"1.0.0"},"spec":{"config":{"serverName":{"description":"The name the server''s certificate is for.","required":true,"type":"string"}},"interfaces":{"client":{"bind":{"max":1,"min":1},"data":{"port":1,"serverName":"${{ config.serverName }}"},"role":"accept","type":"tls"},"server":{"role":"connect","type":"tls"}},"type":"connector"}}', 'apiVersion: skupperx.io/v1
kind: Block
metadata: {name: tls-connector, version: 1.0.0, description: Joins a TLS client and a TLS server; TLS ends in the components.}
spec:
  type: connector
  config:
    serverName: {type: string, required: true, description: The name the server''s certificate is for.}
  interfaces:
    client: {type: tls, role: accept, bind: {min: 1, max: 1}, data: {port: 1, serverName: "${{ config.serverName }}"}}
    server: {type: tls, role: connect}
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea3-74d6-942e-b9af0ce5d3c9', 'block', 'http-ingress', '1.0.0', '\x0b92f4d5d36da2374e75f25375b99ee1af878fab4a49962a4bd04fbc889b14ed', 'Lets HTTP requests in from outside at a port of the site.', 'ingress', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"Lets HTTP requests in from outside at a port of the site.","name":"http-ingress","version":"1.0.0"},"spec":{"config":{"host":{"default":"0.0.0.0","description":"The local address it is opened at.","local":true,"type":"string"},"port":{"default":8080,"description":"The port that is opened to the outside.","local":true,"maximum":65535,"minimum":1,"type":"integer"}},"interfaces":{"to":{"data":{"host":"${{ config.host }}","port":"${{ config.port }}"},"description":"Who answers.","role":"connect","type":"http"}},"type":"ingress"}}', '# Where the outside comes in, and where the network goes out.
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea3-74d6-942e-b9b029efb69d', 'block', 'http-egress', '1.0.0', '\xa11446c44e64b6261d35a88b5af52fa4dab8a5d178a63979b33273ecdea1ab3c', 'Lets components reach an HTTP server outside, by way of a site that can.', 'egress', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"Lets components reach an HTTP server outside, by way of a site that can.","name":"http-egress","version":"1.0.0"},"spec":{"config":{"host":{"description":"The host of the server outside.","required":true,"type":"string"},"port":{"default":80,"description":"Its port.","maximum":65535,"minimum":1,"type":"integer"}},"interfaces":{"from":{"bind":{"min":1},"data":{"host":"${{ config.host }}","port":"${{ config.port }}"},"description":"Who makes requests.","role":"accept","type":"http"}},"type":"egress"}}', 'apiVersion: skupperx.io/v1
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea3-74d6-942e-b9b1aac0a355', 'block', 'tcp-egress', '1.0.0', '\x10f44c01453ecb6479121956b7f8e9a4732afc36d9ed10d9409fedd3aebb41ca', 'Lets components reach a TCP server outside, by way of a site that can.', 'egress', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"Lets components reach a TCP server outside, by way of a site that can.","name":"tcp-egress","version":"1.0.0"},"spec":{"config":{"host":{"description":"The host of the server outside.","required":true,"type":"string"},"port":{"description":"Its port.","maximum":65535,"minimum":1,"required":true,"type":"integer"}},"interfaces":{"from":{"bind":{"min":1},"data":{"host":"${{ config.host }}","port":"${{ config.port }}"},"description":"Who connects.","role":"accept","type":"tcp"}},"type":"egress"}}', 'apiVersion: skupperx.io/v1
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea3-74d6-942e-b9b21e9e9d61', 'block', 'rabbitmq', '3.13.0', '\x042c377df58f1a1df0f578e413f13a44adc73be64e0820f6a5b8b129688fdeec', 'A RabbitMQ broker as a component of its own.', 'component', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"A RabbitMQ broker as a component of its own.","name":"rabbitmq","version":"3.13.0"},"spec":{"bodies":{"any":{"workload":{"env":{"RABBITMQ_DEFAULT_PASS":"${{ config.password }}","RABBITMQ_DEFAULT_USER":"app"},"image":"docker.io/library/rabbitmq:3.13-management","ports":{"amqp":5672,"metrics":15692},"probes":{"ready":{"tcp":5672}},"volumes":{"data":{"path":"/var/lib/rabbitmq","size":"2Gi"}}}}},"config":{"password":{"description":"The password of the user app.","required":true,"secret":true}},"interfaces":{"amqp":{"data":{"port":5672},"description":"AMQP clients.","role":"accept","type":"tcp"},"metrics":{"data":{"port":15692},"description":"Metrics of the broker.","role":"managed","type":"management"}},"type":"component"}}', '# Brokers.
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea4-7463-892e-1bc84a80e9f1', 'block', 'rabbitmq-queue', '3.13.0', '\x20e643e56a848d827932318ea35c6d8a5395d7e2df6f4241deac05042e3d9153', 'A queue between a sender and a receiver, kept by a RabbitMQ broker beside the receiver.', 'connector', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"A queue between a sender and a receiver, kept by a RabbitMQ broker beside the receiver.","name":"rabbitmq-queue","version":"3.13.0"},"spec":{"affine":"receiver","bodies":{"any":{"workload":{"env":{"RABBITMQ_DEFAULT_PASS":"${{ config.password }}","RABBITMQ_DEFAULT_USER":"app"},"image":"docker.io/library/rabbitmq:3.13-management","ports":{"amqp":5672},"probes":{"ready":{"tcp":5672}},"volumes":{"data":{"path":"/var/lib/rabbitmq","size":"2Gi"}}}}},"config":{"password":{"description":"The password of the user app.","required":true,"secret":true},"queue":{"default":"work","description":"The queue''s name.","type":"string"}},"interfaces":{"receiver":{"bind":{"max":1,"min":1},"data":{"port":5672,"queue":"${{ config.queue }}"},"role":"send","type":"messaging"},"sender":{"bind":{"max":1,"min":1},"data":{"port":5672,"queue":"${{ config.queue }}"},"role":"receive","type":"messaging"}},"type":"connector"}}', 'apiVersion: skupperx.io/v1
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea4-7463-892e-1bc9fb542afa', 'block', 'prometheus', '2.54.0', '\x1e5e10bc221c9fcdd0aa89b5067d09032a33ab5a5964a517a8ed50b382febdb8', 'Gathers the metrics of any number of components.', 'component', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"Gathers the metrics of any number of components.","name":"prometheus","version":"2.54.0"},"spec":{"bodies":{"any":{"workload":{"args":["--config.file=/etc/prometheus/skx.yml","--storage.tsdb.path=/prometheus"],"files":{"/etc/prometheus/skx.yml":{"content":"global: {scrape_interval: ${{ config.interval }}s}\nscrape_configs:\n- job_name: skx\n  static_configs:\n  - targets: ${{ peers.targets | map(attribute=''endpoint'') | list | tojson }}\n"}},"image":"quay.io/prometheus/prometheus:v2.54.1","ports":{"http":9090},"probes":{"ready":{"http":{"path":"/-/ready","port":9090}}},"volumes":{"data":{"path":"/prometheus","size":"5Gi"}}}}},"config":{"interval":{"default":15,"description":"Seconds between two looks at a component.","minimum":1,"type":"integer"}},"interfaces":{"http":{"data":{"port":9090},"description":"Its own page.","role":"accept","type":"http"},"targets":{"bind":{"min":0},"description":"What it looks after.","role":"manage","type":"management"}},"type":"component"}}', '# Looking after components.
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea4-7463-892e-1bcaa24e14ae', 'block', 'postgresql', '16.4.0', '\x68dff82995e26c4d29853c2b6819c3898971d8327d06d05c9f70b7fd7031cb52', 'A PostgreSQL database.', 'component', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"A PostgreSQL database.","name":"postgresql","version":"16.4.0"},"spec":{"bodies":{"any":{"workload":{"env":{"PGDATA":"/var/lib/postgresql/data/pgdata","POSTGRES_DB":"${{ config.database }}","POSTGRES_PASSWORD":"${{ config.password }}","POSTGRES_USER":"${{ config.user }}"},"image":"docker.io/library/postgres:16.4","ports":{"sql":5432},"probes":{"live":{"tcp":5432},"ready":{"every":5,"exec":["pg_isready","-U","${{ config.user }}"]}},"volumes":{"data":{"path":"/var/lib/postgresql/data","size":"${{ config.size }}"}}}}},"config":{"database":{"default":"app","description":"The database that is made.","type":"string"},"password":{"description":"The user''s password.","required":true,"secret":true},"size":{"default":"10Gi","description":"How much it may keep.","pattern":"^[1-9][0-9]*(Mi|Gi|Ti)$","type":"string"},"user":{"default":"app","description":"The user it belongs to.","type":"string"}},"interfaces":{"sql":{"data":{"port":5432},"description":"SQL clients.","role":"accept","type":"tcp"}},"type":"component"}}', '# Where data is kept.
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea4-7463-892e-1bcb30851335', 'block', 'redis', '7.4.0', '\xe5cb27f4f3e7582300fe2074d72bb3a1f2e804fbedbafcfa5d215c9ef237f32c', 'A Redis cache.', 'component', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"A Redis cache.","name":"redis","version":"7.4.0"},"spec":{"bodies":{"any":{"workload":{"command":["redis-server","--save","","--appendonly","no"],"image":"docker.io/library/redis:7.4","ports":{"cache":6379},"probes":{"ready":{"tcp":6379}},"resources":{"memory":"${{ config.memory }}"}}}},"config":{"memory":{"default":"256Mi","description":"How much it may use.","pattern":"^[1-9][0-9]*(Mi|Gi)$","type":"string"}},"interfaces":{"cache":{"data":{"port":6379},"description":"Redis clients.","role":"accept","type":"tcp"}},"type":"component"}}', 'apiVersion: skupperx.io/v1
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea5-76ab-b897-2f3f4dec61df', 'block', 'volume', '1.0.0', '\xfc4e5331c984e84bb8191746d5e4826bc76d711ee9d834e51ed0bd6c6354c262', 'A volume that components at the same site share.', 'connector', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"A volume that components at the same site share.","name":"volume","version":"1.0.0"},"spec":{"bodies":{"any":{},"kubernetes":{"objects":[{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"skx-volume-${{ this.id }}"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"${{ config.size }}"}}}}]},"podman":{"units":{"skx-volume-${{ this.id }}.volume":"[Volume]\nVolumeName=skx-volume-${{ this.id }}\n"}}},"config":{"size":{"default":"1Gi","description":"How much it keeps.","pattern":"^[1-9][0-9]*(Mi|Gi|Ti)$","type":"string"}},"interfaces":{"to":{"bind":{"max":1,"min":1},"data":{"claim":"skx-volume-${{ this.id }}"},"description":"Who keeps something there.","role":"provide","type":"volume"}},"type":"connector"}}', 'apiVersion: skupperx.io/v1
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
', '2026-11-24 02:26:06.119386+00');
INSERT INTO public.library_document VALUES ('01a20b5f-eea5-76ab-b897-2f40c58da0e4', 'block', 'nginx', '1.27.0', '\xa73464f7563005fb79b501d36f2d5756718d797792bd229ce9dd082aaf920e99', 'An NGINX web server in front of one application.', 'component', '{"apiVersion":"skupperx.io/v1","kind":"Block","metadata":{"description":"An NGINX web server in front of one application.","name":"nginx","version":"1.27.0"},"spec":{"bodies":{"any":{"workload":{"files":{"/etc/nginx/conf.d/default.conf":{"content":"server {\n  listen 8080;\n  location = / { root /usr/share/nginx/html; index index.html; }\n  location ${{ config.path }} {\n    proxy_pass http://${{ peer.upstream.endpoint }};\n    proxy_set_header Host $host;\n    proxy_set_header X-Site ${{ site.name }};\n  }\n}\n"},"/usr/share/nginx/html/index.html":{"content":"${{ config.index }}"}},"image":"docker.io/nginxinc/nginx-unprivileged:1.27","ports":{"http":8080},"probes":{"ready":{"http":{"path":"/","port":8080}}},"resources":{"cpu":0.5,"memory":"128Mi"}}}},"config":{"index":{"default":"<h1>It works</h1>\n","description":"The page at the root.","type":"string"},"path":{"default":"/","description":"The path that is handed on to the application.","pattern":"^/","type":"string"}},"interfaces":{"http":{"data":{"port":8080},"description":"Browsers.","role":"accept","type":"http"},"upstream":{"description":"The application.","role":"connect","type":"http"}},"type":"component"}}', '# Web servers.
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
', '2026-11-24 02:26:06.119386+00');

INSERT INTO public.library_interface VALUES ('01a20b5f-eea1-7693-8632-365221892f52', 'accept', 'tcp', 'accept');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea1-7693-8632-365221892f52', 'connect', 'tcp', 'connect');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea1-7693-8632-365394c7fc8c', 'accept', 'http', 'accept');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea1-7693-8632-365394c7fc8c', 'connect', 'http', 'connect');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea2-73f4-8741-8a569bcd922f', 'accept', 'tls', 'accept');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea2-73f4-8741-8a569bcd922f', 'connect', 'tls', 'connect');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea2-73f4-8741-8a57f9716a52', 'accept', 'udp', 'accept');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea2-73f4-8741-8a57f9716a52', 'connect', 'udp', 'connect');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea2-73f4-8741-8a581923ced3', 'consume', 'messaging', 'consume');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea2-73f4-8741-8a581923ced3', 'produce', 'messaging', 'produce');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea2-73f4-8741-8a581923ced3', 'receive', 'messaging', 'receive');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea2-73f4-8741-8a581923ced3', 'send', 'messaging', 'send');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea2-73f4-8741-8a59fce97cf6', 'request', 'rpc', 'request');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea2-73f4-8741-8a59fce97cf6', 'respond', 'rpc', 'respond');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea2-73f4-8741-8a5a91e19ad5', 'mount', 'volume', 'mount');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea2-73f4-8741-8a5a91e19ad5', 'provide', 'volume', 'provide');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea3-74d6-942e-b9ab8a8e838d', 'manage', 'management', 'manage');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea3-74d6-942e-b9ab8a8e838d', 'managed', 'management', 'managed');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea3-74d6-942e-b9ace64fc91f', 'client', 'tcp', 'accept');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea3-74d6-942e-b9ace64fc91f', 'server', 'tcp', 'connect');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea3-74d6-942e-b9ad6dbab216', 'client', 'http', 'accept');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea3-74d6-942e-b9ad6dbab216', 'server', 'http', 'connect');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea3-74d6-942e-b9ae8c479e89', 'client', 'tls', 'accept');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea3-74d6-942e-b9ae8c479e89', 'server', 'tls', 'connect');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea3-74d6-942e-b9af0ce5d3c9', 'to', 'http', 'connect');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea3-74d6-942e-b9b029efb69d', 'from', 'http', 'accept');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea3-74d6-942e-b9b1aac0a355', 'from', 'tcp', 'accept');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea3-74d6-942e-b9b21e9e9d61', 'amqp', 'tcp', 'accept');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea3-74d6-942e-b9b21e9e9d61', 'metrics', 'management', 'managed');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea4-7463-892e-1bc84a80e9f1', 'receiver', 'messaging', 'send');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea4-7463-892e-1bc84a80e9f1', 'sender', 'messaging', 'receive');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea4-7463-892e-1bc9fb542afa', 'http', 'http', 'accept');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea4-7463-892e-1bc9fb542afa', 'targets', 'management', 'manage');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea4-7463-892e-1bcaa24e14ae', 'sql', 'tcp', 'accept');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea4-7463-892e-1bcb30851335', 'cache', 'tcp', 'accept');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea5-76ab-b897-2f3f4dec61df', 'to', 'volume', 'provide');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea5-76ab-b897-2f40c58da0e4', 'http', 'http', 'accept');
INSERT INTO public.library_interface VALUES ('01a20b5f-eea5-76ab-b897-2f40c58da0e4', 'upstream', 'http', 'connect');

INSERT INTO public.library_reference VALUES ('01a20b5f-eea3-74d6-942e-b9ace64fc91f', 'interface-type', 'tcp');
INSERT INTO public.library_reference VALUES ('01a20b5f-eea3-74d6-942e-b9ad6dbab216', 'interface-type', 'http');
INSERT INTO public.library_reference VALUES ('01a20b5f-eea3-74d6-942e-b9ae8c479e89', 'interface-type', 'tls');
INSERT INTO public.library_reference VALUES ('01a20b5f-eea3-74d6-942e-b9af0ce5d3c9', 'interface-type', 'http');
INSERT INTO public.library_reference VALUES ('01a20b5f-eea3-74d6-942e-b9b029efb69d', 'interface-type', 'http');
INSERT INTO public.library_reference VALUES ('01a20b5f-eea3-74d6-942e-b9b1aac0a355', 'interface-type', 'tcp');
INSERT INTO public.library_reference VALUES ('01a20b5f-eea3-74d6-942e-b9b21e9e9d61', 'interface-type', 'management');
INSERT INTO public.library_reference VALUES ('01a20b5f-eea3-74d6-942e-b9b21e9e9d61', 'interface-type', 'tcp');
INSERT INTO public.library_reference VALUES ('01a20b5f-eea4-7463-892e-1bc84a80e9f1', 'interface-type', 'messaging');
INSERT INTO public.library_reference VALUES ('01a20b5f-eea4-7463-892e-1bc9fb542afa', 'interface-type', 'http');
INSERT INTO public.library_reference VALUES ('01a20b5f-eea4-7463-892e-1bc9fb542afa', 'interface-type', 'management');
INSERT INTO public.library_reference VALUES ('01a20b5f-eea4-7463-892e-1bcaa24e14ae', 'interface-type', 'tcp');
INSERT INTO public.library_reference VALUES ('01a20b5f-eea4-7463-892e-1bcb30851335', 'interface-type', 'tcp');
INSERT INTO public.library_reference VALUES ('01a20b5f-eea5-76ab-b897-2f3f4dec61df', 'interface-type', 'volume');
INSERT INTO public.library_reference VALUES ('01a20b5f-eea5-76ab-b897-2f40c58da0e4', 'interface-type', 'http');

INSERT INTO public.link VALUES ('dcfd8513-9f16-4932-b164-583590e4aa48', '93f55609-4926-463c-8ad3-5a3fec5479c0', 'ad0b4fd7-6406-4212-91eb-8a5512a3bb9f', '40cb003f-8746-4d7a-9892-391a672570d6', '3624b215-8f10-434c-8123-aded548c37ac', 1, 'direct', '2026-11-24 02:25:59.594516+00', '2026-11-24 02:25:59.594516+00', 1);

INSERT INTO public.listener VALUES ('602f4ffb-9280-42ee-820e-be8c0da4a7da', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'goods', '127.0.0.1:7001', NULL, 'till', '2026-11-24 02:26:02.027501+00', '2026-11-24 02:26:02.027501+00', 1, true);

INSERT INTO public.manifest_set_member VALUES ('shop', NULL, '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-24 02:26:06.279654+00');

INSERT INTO public.member VALUES ('2c9d4e8b-2444-4a7c-95f0-a1e9813d1bc2', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'guest', 'waiting', 'c0029ccf-e2ea-4ad2-bb36-f06754e95ac6', '\x96b83e350139e05758b292e569192b1658d57addcff7e03f521293698bb7da14', '{"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}', '{}', NULL, NULL, '2026-11-24 02:26:01.658451+00', '2026-11-24 02:26:01.658451+00', 1, '{}', NULL);
INSERT INTO public.member VALUES ('31af7f89-b3e6-4c68-b971-a6b8611b2003', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'till1', 'member', '280b03c7-6527-42ec-a1ff-c1e4eda26630', '\xce90aaf697916ff7926663fb60ad8f601208f4a8ed45ef04445e261e4428aef4', '{"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}', '{"floor": "2"}', NULL, NULL, '2026-11-24 02:26:01.650991+00', '2026-11-24 02:26:02.132408+00', 2, '{}', NULL);
INSERT INTO public.member VALUES ('50c05379-f76d-482f-b33b-e265874808a0', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'till2', 'evicted', '280b03c7-6527-42ec-a1ff-c1e4eda26630', '\x602a2b187e57d14a11347e922401639132599570fd8bf29382db7d81a546d39c', '{"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}', '{}', '2026-11-24 02:26:02.179133+00', 'evicted', '2026-11-24 02:26:01.665081+00', '2026-11-24 02:26:02.179133+00', 2, '{}', NULL);
INSERT INTO public.member VALUES ('04380fdc-ebf0-4f65-956a-33e9dcacfb08', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'visitor', 'member', 'c0029ccf-e2ea-4ad2-bb36-f06754e95ac6', '\xee035f11e022a7bc79f7f0d8a07f2fc9b55dcffaa3ca63864b2a10fe338c3ec8', '{"os": "linux", "arch": "x86_64", "hostname": "vm", "software": "skx/0.1.0"}', '{}', NULL, NULL, '2026-11-24 02:26:02.374504+00', '2026-11-24 02:26:02.574964+00', 2, '{}', '2026-11-24 02:26:02.574964+00');

INSERT INTO public.member_class VALUES ('31af7f89-b3e6-4c68-b971-a6b8611b2003', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'till');
INSERT INTO public.member_class VALUES ('50c05379-f76d-482f-b33b-e265874808a0', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'till');

INSERT INTO public.network VALUES ('8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', '93f55609-4926-463c-8ad3-5a3fec5479c0', 'shop', '00000000-0000-0000-0000-000000000000', '2026-11-24 02:26:01.043891+00', NULL, 0, 'open', NULL, NULL, '2026-11-24 02:26:01.039372+00', '2026-11-24 02:26:01.039372+00', 1);
INSERT INTO public.network VALUES ('60d1f49d-9aa8-461e-b19d-835ff14abe93', '93f55609-4926-463c-8ad3-5a3fec5479c0', 'hers', 'cf48e414-e736-456a-8c97-15f89a0ad456', '2026-11-24 02:26:04.240771+00', NULL, 0, 'open', NULL, NULL, '2026-11-24 02:26:04.232044+00', '2026-11-24 02:26:04.232044+00', 1);
INSERT INTO public.network VALUES ('0cb3053f-5a98-48e0-9c98-37cb66a43ba8', '93f55609-4926-463c-8ad3-5a3fec5479c0', 'gone', '00000000-0000-0000-0000-000000000000', '2026-11-24 02:26:01.179442+00', NULL, 0, 'open', '2026-11-24 02:26:04.595292+00', NULL, '2026-11-24 02:26:01.1765+00', '2026-11-24 02:26:04.595292+00', 2);

INSERT INTO public.quota VALUES ('b5bab1b0-d66d-4b10-ad36-b449848efedd', 'members', NULL, '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', NULL, 50, '2026-11-24 02:26:03.840905+00', '2026-11-24 02:26:03.840905+00', 1);

INSERT INTO public.setup VALUES (true, '\xc30da28ac851badf6b234464f6712e40741de6a277e21df86d7582fbd1cb5f28', '2026-11-25 02:25:59.251503+00', NULL);

INSERT INTO public.sign_in VALUES ('049dbae4-d2fe-4a91-9ca5-e480542e24d9', 'cf48e414-e736-456a-8c97-15f89a0ad456', '\x7ec15b23122c2803245829c711db1baf363578dcf0202501efbf0ba27091d30c', 'password', '127.0.0.1', '2026-11-24 02:26:04.162607+00', '2026-11-24 14:26:04.166621+00', NULL, NULL);

INSERT INTO public.site_class VALUES ('8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'till', '2026-11-24 02:26:01.13767+00');

INSERT INTO public.site_status VALUES ('ad0b4fd7-6406-4212-91eb-8a5512a3bb9f', NULL, NULL, NULL, NULL, '2026-11-24 02:26:06.358915+00', 1, 9, '{"ahead": 0, "hosts": ["192.0.2.2", "fd00::2"], "links": [{"link": "dcfd8513-9f16-4932-b164-583590e4aa48", "peer": "40cb003f-8746-4d7a-9892-391a672570d6", "error": "", "since": "2026-11-24T02:26:00.953136654Z", "state": "up", "rtt_us": 3579, "rate_in": 239, "bytes_in": 2709, "rate_out": 60, "bytes_out": 1646}], "failures": [], "listeners": [], "connectors": [], "open_flows": []}', '\x8a4a86548956f1c32eef15bcd8b78c030f338785c48a0e0b00b8d604d573fcca', 1, NULL);
INSERT INTO public.site_status VALUES ('40cb003f-8746-4d7a-9892-391a672570d6', NULL, NULL, NULL, NULL, '2026-11-24 02:26:06.358208+00', 1, 9, '{"ahead": 0, "hosts": ["192.0.2.2", "fd00::2"], "links": [{"link": "", "peer": "ad0b4fd7-6406-4212-91eb-8a5512a3bb9f", "error": "", "since": "2026-11-24T02:26:00.955912909Z", "state": "up", "rtt_us": 2578, "rate_in": 0, "bytes_in": 1646, "rate_out": 0, "bytes_out": 2709}], "failures": [], "listeners": [], "connectors": [], "open_flows": []}', '\x8a4a86548956f1c32eef15bcd8b78c030f338785c48a0e0b00b8d604d573fcca', 1, NULL);
INSERT INTO public.site_status VALUES (NULL, '04380fdc-ebf0-4f65-956a-33e9dcacfb08', NULL, NULL, NULL, '2026-11-24 02:26:06.358599+00', 2, NULL, '{"ahead": 0, "hosts": [], "links": [{"link": "04380fdc-ebf0-4f65-956a-33e9dcacfb08", "peer": "", "error": "", "since": "2026-11-24T02:26:03.521839452Z", "state": "up", "rtt_us": 2816, "rate_in": 0, "bytes_in": 1514, "rate_out": 0, "bytes_out": 1857}], "failures": [], "listeners": [], "connectors": [], "open_flows": []}', NULL, 1, 1);
INSERT INTO public.site_status VALUES (NULL, '50c05379-f76d-482f-b33b-e265874808a0', NULL, NULL, NULL, '2026-11-24 02:26:02.220089+00', 3, NULL, '{"ahead": 0, "hosts": [], "links": [{"link": "50c05379-f76d-482f-b33b-e265874808a0", "peer": "", "error": "", "since": "2026-11-24T02:26:01.912564239Z", "state": "up", "rtt_us": 8480, "rate_in": 0, "bytes_in": 1876, "rate_out": 0, "bytes_out": 2009}], "failures": [], "listeners": [{"id": "602f4ffb-9280-42ee-820e-be8c0da4a7da", "error": "127.0.0.1:7001 is in use by another program", "local": false, "since": "2026-11-24T02:26:02.125794982Z", "state": "failed", "socket": "127.0.0.1:7001", "address": "goods", "authored": "", "connections": 0}], "connectors": [], "open_flows": []}', NULL, 1, 1);
INSERT INTO public.site_status VALUES (NULL, '31af7f89-b3e6-4c68-b971-a6b8611b2003', NULL, NULL, NULL, '2026-11-24 02:26:06.357035+00', 6, NULL, '{"ahead": 0, "hosts": [], "links": [{"link": "31af7f89-b3e6-4c68-b971-a6b8611b2003", "peer": "", "error": "", "since": "2026-11-24T02:26:01.889728123Z", "state": "up", "rtt_us": 2434, "rate_in": 0, "bytes_in": 2172, "rate_out": 0, "bytes_out": 2099}], "failures": [], "listeners": [{"id": "602f4ffb-9280-42ee-820e-be8c0da4a7da", "error": "", "local": false, "since": "2026-11-24T02:26:02.129977077Z", "state": "ready", "socket": "127.0.0.1:7001", "address": "goods", "authored": "", "connections": 0}], "connectors": [{"id": "544a63fd-07ea-48f8-b5ce-b8cf9e322dc2", "error": "", "local": false, "since": "2026-11-24T02:26:02.129977077Z", "state": "ready", "socket": "127.0.0.1:7000", "address": "goods", "authored": "", "connections": 0}], "open_flows": []}', NULL, 1, 1);

INSERT INTO public.subject VALUES ('cf48e414-e736-456a-8c97-15f89a0ad456', 'person', 'ada', 'Ada Lovelace', 'ada@example.com', NULL, NULL, NULL, '2026-11-24 02:26:03.544519+00', '2026-11-24 02:26:03.544519+00', 1);
INSERT INTO public.subject VALUES ('f2119abd-0b33-4667-a7b6-0b77693d23cf', 'service', 'pipeline', NULL, NULL, NULL, NULL, NULL, '2026-11-24 02:26:03.582567+00', '2026-11-24 02:26:03.582567+00', 1);

INSERT INTO public.subject_group VALUES ('a977acdb-41a8-42fe-9399-56f5cbf8faff', 'operations', '2026-11-24 02:26:03.623972+00', '2026-11-24 02:26:03.623972+00', 1);

INSERT INTO public.trust_denial VALUES ('site', '50c05379-f76d-482f-b33b-e265874808a0', '93f55609-4926-463c-8ad3-5a3fec5479c0', '8df9d36f-cc3b-4f7e-87b9-b4ea464b99f9', 'evicted', '2027-01-23 03:26:01+00', '2026-11-24 02:26:02.179133+00', '{}');
INSERT INTO public.trust_denial VALUES ('network', '0cb3053f-5a98-48e0-9c98-37cb66a43ba8', '93f55609-4926-463c-8ad3-5a3fec5479c0', '0cb3053f-5a98-48e0-9c98-37cb66a43ba8', 'evicted', '2026-11-24 03:26:04.610384+00', '2026-11-24 02:26:04.595292+00', '{}');

INSERT INTO public.trust_document VALUES ('93f55609-4926-463c-8ad3-5a3fec5479c0', 1, '\x7b22666f726d6174223a312c22696e7374616c6c6174696f6e223a2266623336653931322d613234322d343063352d626566642d623931303161393932363838222c226261636b626f6e65223a2239336635353630392d343932362d343633632d386164332d356133666563353437396330222c2276657273696f6e223a312c22697373756564223a22323032362d31312d32345430323a32353a35392e3435353932353734395a222c2276616c69645f756e74696c223a22323032362d31312d32355430323a32353a35392e3435353932353734395a222c226e6574776f726b73223a7b7d2c2264656e696564223a7b226e6574776f726b73223a7b7d2c227369746573223a7b7d2c22696e7669746174696f6e73223a7b7d2c226261636b626f6e655f7369746573223a7b7d2c22636f6e74726f6c6c657273223a7b7d7d7d', '\x304402204239005e17af67adcfde4e6228b7ceef5d984d6ff12fbbdf9a6db489f1cad5bd022043b668573358d3f2a87443fa3878cac90684c550030726515dad48f9f7fc2cd6', '\x308202993082023fa00302010202106f093cf8d09bcadcd8560b8df49c92f6300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323035395a170d3236313232343032323535395a3050312d302b060355040a0c2464306438383234622d626266392d346635362d393233652d316333366438616232363039311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004ea9138446f7f13182cf371751cbf916730a038f4d7d4a62cc29816281db208f13f63f89ce0a122963d9780782dac99bfb13ce25e732c7044e7c12fabf2698fd0a381f83081f5301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de096182933081940603551d1104818c3081898681867370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6261636b626f6e652f39336635353630392d343932362d343633632d386164332d3561336665633534373963302f74727573742f64306438383234622d626266392d346635362d393233652d316333366438616232363039300e0603551d0f0101ff040403020780301d0603551d0e041604141830fa8476f60a6f649593a81ce2e9fd47728a54300c0603551d130101ff04023000300a06082a8648ce3d040302034800304502205299511baceac21e18afb25e6ad31c5e5b21a77858f61b116e25c85e4540a2e0022100c8c82cd4abc75afba36cfc5727709585b8a2fca5f6df8662da8d2e66658ae0dc', '2026-11-25 02:25:59.455925+00', '2026-11-24 02:25:59.46491+00');
INSERT INTO public.trust_document VALUES ('93f55609-4926-463c-8ad3-5a3fec5479c0', 2, '\x7b22666f726d6174223a312c22696e7374616c6c6174696f6e223a2266623336653931322d613234322d343063352d626566642d623931303161393932363838222c226261636b626f6e65223a2239336635353630392d343932362d343633632d386164332d356133666563353437396330222c2276657273696f6e223a322c22697373756564223a22323032362d31312d32345430323a32363a30312e3130383732313530325a222c2276616c69645f756e74696c223a22323032362d31312d32355430323a32363a30312e3130383732313530325a222c226e6574776f726b73223a7b2238646639643336662d636333622d346637652d383762392d623465613436346239396639223a7b226f70656e73223a22323032362d31312d32345430323a32353a30312e3034333839315a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943434443434161326741774942416749516132685644326d6a7554486953756155344663582b7a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4446614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a44686b5a6a6c6b4d7a5a6d4c574e6a4d3249744e4759335a5330344e3249354c5749305a5745304e6a52694f546c6d4f5445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141546e633159307a764646484f48526f774572317951456b50504b6e436e64383130615769623536443142486839614e654b7a316670444b6262547151546e6852386643546b6142454571715278474873397a666a53466f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f424259454642796a2f3665614e4161524e3779356c62372b5a4d6d2b676b71784d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a3045417749445351417752674968414e3843714356483973426351752f712b412f7046596e794f39666e63306243547061635032326b4b6a76364169454135704a78704854306c556f4a792f65385a47426654744c6645516a7a58426d4e756a664c413473466f6b343d227d5d7d7d2c2264656e696564223a7b226e6574776f726b73223a7b7d2c227369746573223a7b7d2c22696e7669746174696f6e73223a7b7d2c226261636b626f6e655f7369746573223a7b7d2c22636f6e74726f6c6c657273223a7b7d7d7d', '\x3045022100f2670c306fdf24638fd1e516ff67254172fea0d71e41d6731a54c70a6d8f1dd002206fd3492c7ee2dd1b5671b1a13190ed69e5873e34e833a8f80adbe44cd3139c9c', '\x308202993082023fa00302010202106f093cf8d09bcadcd8560b8df49c92f6300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323035395a170d3236313232343032323535395a3050312d302b060355040a0c2464306438383234622d626266392d346635362d393233652d316333366438616232363039311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004ea9138446f7f13182cf371751cbf916730a038f4d7d4a62cc29816281db208f13f63f89ce0a122963d9780782dac99bfb13ce25e732c7044e7c12fabf2698fd0a381f83081f5301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de096182933081940603551d1104818c3081898681867370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6261636b626f6e652f39336635353630392d343932362d343633632d386164332d3561336665633534373963302f74727573742f64306438383234622d626266392d346635362d393233652d316333366438616232363039300e0603551d0f0101ff040403020780301d0603551d0e041604141830fa8476f60a6f649593a81ce2e9fd47728a54300c0603551d130101ff04023000300a06082a8648ce3d040302034800304502205299511baceac21e18afb25e6ad31c5e5b21a77858f61b116e25c85e4540a2e0022100c8c82cd4abc75afba36cfc5727709585b8a2fca5f6df8662da8d2e66658ae0dc', '2026-11-25 02:26:01.108721+00', '2026-11-24 02:26:01.111223+00');
INSERT INTO public.trust_document VALUES ('93f55609-4926-463c-8ad3-5a3fec5479c0', 3, '\x7b22666f726d6174223a312c22696e7374616c6c6174696f6e223a2266623336653931322d613234322d343063352d626566642d623931303161393932363838222c226261636b626f6e65223a2239336635353630392d343932362d343633632d386164332d356133666563353437396330222c2276657273696f6e223a332c22697373756564223a22323032362d31312d32345430323a32363a30312e3232353738343930325a222c2276616c69645f756e74696c223a22323032362d31312d32355430323a32363a30312e3232353738343930325a222c226e6574776f726b73223a7b2230636233303533662d356139382d343865302d396339382d333763623636613433626138223a7b226f70656e73223a22323032362d31312d32345430323a32353a30312e3137393434325a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943427a43434161326741774942416749515150514736317959336a4a344a682f7835666c596f7a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4446614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a44426a596a4d774e544e6d4c5456684f5467744e44686c4d433035597a6b344c544d33593249324e6d45304d324a684f4445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e4341415143354148795a76317459626f46534e72643071644773564a44696578615158537a5933414b737351315469334b6b57475768377130634f64306969614259396f73784b302f744351444a4171426b65396f3476426d6f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f42425945464a656d63383551496c3259376331636d4a54765a39444a4767712b4d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a304541774944534141775251496759366f7145512f6a757a5769716665782b4347794b794b3850766448524f424d30654e39306c344e395534434951437830766e314a554930516a524451654a75472b71525249662b6470384e6d7830475a767a3677356b4738513d3d227d5d7d2c2238646639643336662d636333622d346637652d383762392d623465613436346239396639223a7b226f70656e73223a22323032362d31312d32345430323a32353a30312e3034333839315a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943434443434161326741774942416749516132685644326d6a7554486953756155344663582b7a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4446614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a44686b5a6a6c6b4d7a5a6d4c574e6a4d3249744e4759335a5330344e3249354c5749305a5745304e6a52694f546c6d4f5445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141546e633159307a764646484f48526f774572317951456b50504b6e436e64383130615769623536443142486839614e654b7a316670444b6262547151546e6852386643546b6142454571715278474873397a666a53466f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f424259454642796a2f3665614e4161524e3779356c62372b5a4d6d2b676b71784d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a3045417749445351417752674968414e3843714356483973426351752f712b412f7046596e794f39666e63306243547061635032326b4b6a76364169454135704a78704854306c556f4a792f65385a47426654744c6645516a7a58426d4e756a664c413473466f6b343d227d5d7d7d2c2264656e696564223a7b226e6574776f726b73223a7b7d2c227369746573223a7b7d2c22696e7669746174696f6e73223a7b7d2c226261636b626f6e655f7369746573223a7b7d2c22636f6e74726f6c6c657273223a7b7d7d7d', '\x3045022100cbea8726f741be560e0de530e5a0564ebd23535d0efd55101971307d8a1ece4902205a1219c718efb3cbf0be1642b0371f06c5bd32265dbbbbad29e596701fa01657', '\x308202993082023fa00302010202106f093cf8d09bcadcd8560b8df49c92f6300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323035395a170d3236313232343032323535395a3050312d302b060355040a0c2464306438383234622d626266392d346635362d393233652d316333366438616232363039311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004ea9138446f7f13182cf371751cbf916730a038f4d7d4a62cc29816281db208f13f63f89ce0a122963d9780782dac99bfb13ce25e732c7044e7c12fabf2698fd0a381f83081f5301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de096182933081940603551d1104818c3081898681867370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6261636b626f6e652f39336635353630392d343932362d343633632d386164332d3561336665633534373963302f74727573742f64306438383234622d626266392d346635362d393233652d316333366438616232363039300e0603551d0f0101ff040403020780301d0603551d0e041604141830fa8476f60a6f649593a81ce2e9fd47728a54300c0603551d130101ff04023000300a06082a8648ce3d040302034800304502205299511baceac21e18afb25e6ad31c5e5b21a77858f61b116e25c85e4540a2e0022100c8c82cd4abc75afba36cfc5727709585b8a2fca5f6df8662da8d2e66658ae0dc', '2026-11-25 02:26:01.225784+00', '2026-11-24 02:26:01.236465+00');
INSERT INTO public.trust_document VALUES ('93f55609-4926-463c-8ad3-5a3fec5479c0', 4, '\x7b22666f726d6174223a312c22696e7374616c6c6174696f6e223a2266623336653931322d613234322d343063352d626566642d623931303161393932363838222c226261636b626f6e65223a2239336635353630392d343932362d343633632d386164332d356133666563353437396330222c2276657273696f6e223a342c22697373756564223a22323032362d31312d32345430323a32363a30322e3139393235393738325a222c2276616c69645f756e74696c223a22323032362d31312d32355430323a32363a30322e3139393235393738325a222c226e6574776f726b73223a7b2230636233303533662d356139382d343865302d396339382d333763623636613433626138223a7b226f70656e73223a22323032362d31312d32345430323a32353a30312e3137393434325a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943427a43434161326741774942416749515150514736317959336a4a344a682f7835666c596f7a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4446614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a44426a596a4d774e544e6d4c5456684f5467744e44686c4d433035597a6b344c544d33593249324e6d45304d324a684f4445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e4341415143354148795a76317459626f46534e72643071644773564a44696578615158537a5933414b737351315469334b6b57475768377130634f64306969614259396f73784b302f744351444a4171426b65396f3476426d6f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f42425945464a656d63383551496c3259376331636d4a54765a39444a4767712b4d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a304541774944534141775251496759366f7145512f6a757a5769716665782b4347794b794b3850766448524f424d30654e39306c344e395534434951437830766e314a554930516a524451654a75472b71525249662b6470384e6d7830475a767a3677356b4738513d3d227d5d7d2c2238646639643336662d636333622d346637652d383762392d623465613436346239396639223a7b226f70656e73223a22323032362d31312d32345430323a32353a30312e3034333839315a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943434443434161326741774942416749516132685644326d6a7554486953756155344663582b7a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4446614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a44686b5a6a6c6b4d7a5a6d4c574e6a4d3249744e4759335a5330344e3249354c5749305a5745304e6a52694f546c6d4f5445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141546e633159307a764646484f48526f774572317951456b50504b6e436e64383130615769623536443142486839614e654b7a316670444b6262547151546e6852386643546b6142454571715278474873397a666a53466f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f424259454642796a2f3665614e4161524e3779356c62372b5a4d6d2b676b71784d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a3045417749445351417752674968414e3843714356483973426351752f712b412f7046596e794f39666e63306243547061635032326b4b6a76364169454135704a78704854306c556f4a792f65385a47426654744c6645516a7a58426d4e756a664c413473466f6b343d227d5d7d7d2c2264656e696564223a7b226e6574776f726b73223a7b7d2c227369746573223a7b2235306330353337392d663736642d343832662d623333622d653236353837343830386130223a2265766963746564227d2c22696e7669746174696f6e73223a7b7d2c226261636b626f6e655f7369746573223a7b7d2c22636f6e74726f6c6c657273223a7b7d7d7d', '\x304402201401ea322c817d4719004540d8b253cbaac372c97045c72e6077faabc98700e102205bf27cd201b6898b80b4e8ab6a8889c3d20dd5a3bed327348d837131c74cb386', '\x308202993082023fa00302010202106f093cf8d09bcadcd8560b8df49c92f6300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323035395a170d3236313232343032323535395a3050312d302b060355040a0c2464306438383234622d626266392d346635362d393233652d316333366438616232363039311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004ea9138446f7f13182cf371751cbf916730a038f4d7d4a62cc29816281db208f13f63f89ce0a122963d9780782dac99bfb13ce25e732c7044e7c12fabf2698fd0a381f83081f5301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de096182933081940603551d1104818c3081898681867370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6261636b626f6e652f39336635353630392d343932362d343633632d386164332d3561336665633534373963302f74727573742f64306438383234622d626266392d346635362d393233652d316333366438616232363039300e0603551d0f0101ff040403020780301d0603551d0e041604141830fa8476f60a6f649593a81ce2e9fd47728a54300c0603551d130101ff04023000300a06082a8648ce3d040302034800304502205299511baceac21e18afb25e6ad31c5e5b21a77858f61b116e25c85e4540a2e0022100c8c82cd4abc75afba36cfc5727709585b8a2fca5f6df8662da8d2e66658ae0dc', '2026-11-25 02:26:02.199259+00', '2026-11-24 02:26:02.203207+00');
INSERT INTO public.trust_document VALUES ('93f55609-4926-463c-8ad3-5a3fec5479c0', 5, '\x7b22666f726d6174223a312c22696e7374616c6c6174696f6e223a2266623336653931322d613234322d343063352d626566642d623931303161393932363838222c226261636b626f6e65223a2239336635353630392d343932362d343633632d386164332d356133666563353437396330222c2276657273696f6e223a352c22697373756564223a22323032362d31312d32345430323a32363a30342e3238363937383232335a222c2276616c69645f756e74696c223a22323032362d31312d32355430323a32363a30342e3238363937383232335a222c226e6574776f726b73223a7b2230636233303533662d356139382d343865302d396339382d333763623636613433626138223a7b226f70656e73223a22323032362d31312d32345430323a32353a30312e3137393434325a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943427a43434161326741774942416749515150514736317959336a4a344a682f7835666c596f7a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4446614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a44426a596a4d774e544e6d4c5456684f5467744e44686c4d433035597a6b344c544d33593249324e6d45304d324a684f4445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e4341415143354148795a76317459626f46534e72643071644773564a44696578615158537a5933414b737351315469334b6b57475768377130634f64306969614259396f73784b302f744351444a4171426b65396f3476426d6f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f42425945464a656d63383551496c3259376331636d4a54765a39444a4767712b4d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a304541774944534141775251496759366f7145512f6a757a5769716665782b4347794b794b3850766448524f424d30654e39306c344e395534434951437830766e314a554930516a524451654a75472b71525249662b6470384e6d7830475a767a3677356b4738513d3d227d5d7d2c2236306431663439642d396161382d343631652d623139642d383335666631346162653933223a7b226f70656e73223a22323032362d31312d32345430323a32353a30342e3234303737315a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943426a434341613267417749424167495165586d6f4e78737855496564564f6c346d4f56614654414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4452614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a4459775a44466d4e446c6b4c546c68595467744e4459785a5331694d546c6b4c54677a4e575a6d4d545268596d55354d7a45674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e43414154366d386d796355744b716151766d616657654a553633414c6b5335485a77654f38697166702b70576878332f357648537037765762467167526f4a2b654238304f2f4255794b63394572436334456a4b32555433656f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f424259454650555833627561427246626d577830557944702f4631594d73314c4d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a3045417749445277417752414967644a36776b3930776b6e74492b6a38566753654535724f2b32777632454b56386d5952616b774f59572b7743494377333437637056325a46705832567a644a524f6250334d6c352b4e4e3141415177696d6a564473384875227d5d7d2c2238646639643336662d636333622d346637652d383762392d623465613436346239396639223a7b226f70656e73223a22323032362d31312d32345430323a32353a30312e3034333839315a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943434443434161326741774942416749516132685644326d6a7554486953756155344663582b7a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4446614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a44686b5a6a6c6b4d7a5a6d4c574e6a4d3249744e4759335a5330344e3249354c5749305a5745304e6a52694f546c6d4f5445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141546e633159307a764646484f48526f774572317951456b50504b6e436e64383130615769623536443142486839614e654b7a316670444b6262547151546e6852386643546b6142454571715278474873397a666a53466f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f424259454642796a2f3665614e4161524e3779356c62372b5a4d6d2b676b71784d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a3045417749445351417752674968414e3843714356483973426351752f712b412f7046596e794f39666e63306243547061635032326b4b6a76364169454135704a78704854306c556f4a792f65385a47426654744c6645516a7a58426d4e756a664c413473466f6b343d227d5d7d7d2c2264656e696564223a7b226e6574776f726b73223a7b7d2c227369746573223a7b2235306330353337392d663736642d343832662d623333622d653236353837343830386130223a2265766963746564227d2c22696e7669746174696f6e73223a7b7d2c226261636b626f6e655f7369746573223a7b7d2c22636f6e74726f6c6c657273223a7b7d7d7d', '\x3046022100ad7d3ff171aed73e14f79a5c186149a2be410cf4b40852dfbdbebf620db981670221008807cb4d5bfce1fde38ef9f36be40930746cbf17196cce2ae310b35a89f84091', '\x308202993082023fa00302010202106f093cf8d09bcadcd8560b8df49c92f6300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323035395a170d3236313232343032323535395a3050312d302b060355040a0c2464306438383234622d626266392d346635362d393233652d316333366438616232363039311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004ea9138446f7f13182cf371751cbf916730a038f4d7d4a62cc29816281db208f13f63f89ce0a122963d9780782dac99bfb13ce25e732c7044e7c12fabf2698fd0a381f83081f5301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de096182933081940603551d1104818c3081898681867370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6261636b626f6e652f39336635353630392d343932362d343633632d386164332d3561336665633534373963302f74727573742f64306438383234622d626266392d346635362d393233652d316333366438616232363039300e0603551d0f0101ff040403020780301d0603551d0e041604141830fa8476f60a6f649593a81ce2e9fd47728a54300c0603551d130101ff04023000300a06082a8648ce3d040302034800304502205299511baceac21e18afb25e6ad31c5e5b21a77858f61b116e25c85e4540a2e0022100c8c82cd4abc75afba36cfc5727709585b8a2fca5f6df8662da8d2e66658ae0dc', '2026-11-25 02:26:04.286978+00', '2026-11-24 02:26:04.294405+00');
INSERT INTO public.trust_document VALUES ('93f55609-4926-463c-8ad3-5a3fec5479c0', 6, '\x7b22666f726d6174223a312c22696e7374616c6c6174696f6e223a2266623336653931322d613234322d343063352d626566642d623931303161393932363838222c226261636b626f6e65223a2239336635353630392d343932362d343633632d386164332d356133666563353437396330222c2276657273696f6e223a362c22697373756564223a22323032362d31312d32345430323a32363a30342e3536323033393035325a222c2276616c69645f756e74696c223a22323032362d31312d32355430323a32363a30342e3536323033393035325a222c226e6574776f726b73223a7b2230636233303533662d356139382d343865302d396339382d333763623636613433626138223a7b226f70656e73223a22323032362d31312d32345430323a32353a30312e3137393434325a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943427a43434161326741774942416749515150514736317959336a4a344a682f7835666c596f7a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4446614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a44426a596a4d774e544e6d4c5456684f5467744e44686c4d433035597a6b344c544d33593249324e6d45304d324a684f4445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e4341415143354148795a76317459626f46534e72643071644773564a44696578615158537a5933414b737351315469334b6b57475768377130634f64306969614259396f73784b302f744351444a4171426b65396f3476426d6f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f42425945464a656d63383551496c3259376331636d4a54765a39444a4767712b4d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a304541774944534141775251496759366f7145512f6a757a5769716665782b4347794b794b3850766448524f424d30654e39306c344e395534434951437830766e314a554930516a524451654a75472b71525249662b6470384e6d7830475a767a3677356b4738513d3d227d5d7d2c2236306431663439642d396161382d343631652d623139642d383335666631346162653933223a7b226f70656e73223a22323032362d31312d32345430323a32353a30342e3234303737315a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943426a434341613267417749424167495165586d6f4e78737855496564564f6c346d4f56614654414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4452614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a4459775a44466d4e446c6b4c546c68595467744e4459785a5331694d546c6b4c54677a4e575a6d4d545268596d55354d7a45674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e43414154366d386d796355744b716151766d616657654a553633414c6b5335485a77654f38697166702b70576878332f357648537037765762467167526f4a2b654238304f2f4255794b63394572436334456a4b32555433656f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f424259454650555833627561427246626d577830557944702f4631594d73314c4d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a3045417749445277417752414967644a36776b3930776b6e74492b6a38566753654535724f2b32777632454b56386d5952616b774f59572b7743494377333437637056325a46705832567a644a524f6250334d6c352b4e4e3141415177696d6a564473384875227d2c7b2267656e65726174696f6e223a322c226365727469666963617465223a224d494943427a4343416132674177494241674951566b6568764f4838375030306c6d624537375958666a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4452614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a4459775a44466d4e446c6b4c546c68595467744e4459785a5331694d546c6b4c54677a4e575a6d4d545268596d55354d7a45674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a49775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141536741557852494d377951774f437064356c505a43473047314d487250666e2f492f53332f71424531467770346861765665693267726a7453735a423951674f6731554461617463544338664734744d5051666457346f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f42425945464d6a685331662f346b715066444433774c755850427349776750674d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a30454177494453414177525149674e62596863375a574b71485048614f346c766333526b74706e6253724d6357466f635553764f474d39414d4349514368484c63314c6d467376545a4b646b6e494a496f6c6f75677a4355596f3474775474785653412f6f4553773d3d227d5d7d2c2238646639643336662d636333622d346637652d383762392d623465613436346239396639223a7b226f70656e73223a22323032362d31312d32345430323a32353a30312e3034333839315a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943434443434161326741774942416749516132685644326d6a7554486953756155344663582b7a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4446614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a44686b5a6a6c6b4d7a5a6d4c574e6a4d3249744e4759335a5330344e3249354c5749305a5745304e6a52694f546c6d4f5445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141546e633159307a764646484f48526f774572317951456b50504b6e436e64383130615769623536443142486839614e654b7a316670444b6262547151546e6852386643546b6142454571715278474873397a666a53466f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f424259454642796a2f3665614e4161524e3779356c62372b5a4d6d2b676b71784d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a3045417749445351417752674968414e3843714356483973426351752f712b412f7046596e794f39666e63306243547061635032326b4b6a76364169454135704a78704854306c556f4a792f65385a47426654744c6645516a7a58426d4e756a664c413473466f6b343d227d5d7d7d2c2264656e696564223a7b226e6574776f726b73223a7b7d2c227369746573223a7b2235306330353337392d663736642d343832662d623333622d653236353837343830386130223a2265766963746564227d2c22696e7669746174696f6e73223a7b7d2c226261636b626f6e655f7369746573223a7b7d2c22636f6e74726f6c6c657273223a7b7d7d7d', '\x304402205e2162381f4194f5e54424069033af5e0994423f8daf68b30e6ea778619784a302203ae6255028cfc0c6b90bb3a37a5fbf704e1e3b84beb0ed07faee9ec2e23a05b7', '\x308202993082023fa00302010202106f093cf8d09bcadcd8560b8df49c92f6300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323035395a170d3236313232343032323535395a3050312d302b060355040a0c2464306438383234622d626266392d346635362d393233652d316333366438616232363039311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004ea9138446f7f13182cf371751cbf916730a038f4d7d4a62cc29816281db208f13f63f89ce0a122963d9780782dac99bfb13ce25e732c7044e7c12fabf2698fd0a381f83081f5301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de096182933081940603551d1104818c3081898681867370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6261636b626f6e652f39336635353630392d343932362d343633632d386164332d3561336665633534373963302f74727573742f64306438383234622d626266392d346635362d393233652d316333366438616232363039300e0603551d0f0101ff040403020780301d0603551d0e041604141830fa8476f60a6f649593a81ce2e9fd47728a54300c0603551d130101ff04023000300a06082a8648ce3d040302034800304502205299511baceac21e18afb25e6ad31c5e5b21a77858f61b116e25c85e4540a2e0022100c8c82cd4abc75afba36cfc5727709585b8a2fca5f6df8662da8d2e66658ae0dc', '2026-11-25 02:26:04.562039+00', '2026-11-24 02:26:04.571595+00');
INSERT INTO public.trust_document VALUES ('93f55609-4926-463c-8ad3-5a3fec5479c0', 7, '\x7b22666f726d6174223a312c22696e7374616c6c6174696f6e223a2266623336653931322d613234322d343063352d626566642d623931303161393932363838222c226261636b626f6e65223a2239336635353630392d343932362d343633632d386164332d356133666563353437396330222c2276657273696f6e223a372c22697373756564223a22323032362d31312d32345430323a32363a30342e3632353532383439355a222c2276616c69645f756e74696c223a22323032362d31312d32355430323a32363a30342e3632353532383439355a222c226e6574776f726b73223a7b2230636233303533662d356139382d343865302d396339382d333763623636613433626138223a7b226f70656e73223a22323032362d31312d32345430323a32353a30312e3137393434325a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943427a43434161326741774942416749515150514736317959336a4a344a682f7835666c596f7a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4446614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a44426a596a4d774e544e6d4c5456684f5467744e44686c4d433035597a6b344c544d33593249324e6d45304d324a684f4445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e4341415143354148795a76317459626f46534e72643071644773564a44696578615158537a5933414b737351315469334b6b57475768377130634f64306969614259396f73784b302f744351444a4171426b65396f3476426d6f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f42425945464a656d63383551496c3259376331636d4a54765a39444a4767712b4d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a304541774944534141775251496759366f7145512f6a757a5769716665782b4347794b794b3850766448524f424d30654e39306c344e395534434951437830766e314a554930516a524451654a75472b71525249662b6470384e6d7830475a767a3677356b4738513d3d227d5d7d2c2236306431663439642d396161382d343631652d623139642d383335666631346162653933223a7b226f70656e73223a22323032362d31312d32345430323a32353a30342e3234303737315a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943426a434341613267417749424167495165586d6f4e78737855496564564f6c346d4f56614654414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4452614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a4459775a44466d4e446c6b4c546c68595467744e4459785a5331694d546c6b4c54677a4e575a6d4d545268596d55354d7a45674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e43414154366d386d796355744b716151766d616657654a553633414c6b5335485a77654f38697166702b70576878332f357648537037765762467167526f4a2b654238304f2f4255794b63394572436334456a4b32555433656f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f424259454650555833627561427246626d577830557944702f4631594d73314c4d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a3045417749445277417752414967644a36776b3930776b6e74492b6a38566753654535724f2b32777632454b56386d5952616b774f59572b7743494377333437637056325a46705832567a644a524f6250334d6c352b4e4e3141415177696d6a564473384875227d2c7b2267656e65726174696f6e223a322c226365727469666963617465223a224d494943427a4343416132674177494241674951566b6568764f4838375030306c6d624537375958666a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4452614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a4459775a44466d4e446c6b4c546c68595467744e4459785a5331694d546c6b4c54677a4e575a6d4d545268596d55354d7a45674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a49775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141536741557852494d377951774f437064356c505a43473047314d487250666e2f492f53332f71424531467770346861765665693267726a7453735a423951674f6731554461617463544338664734744d5051666457346f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f42425945464d6a685331662f346b715066444433774c755850427349776750674d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a30454177494453414177525149674e62596863375a574b71485048614f346c766333526b74706e6253724d6357466f635553764f474d39414d4349514368484c63314c6d467376545a4b646b6e494a496f6c6f75677a4355596f3474775474785653412f6f4553773d3d227d5d7d2c2238646639643336662d636333622d346637652d383762392d623465613436346239396639223a7b226f70656e73223a22323032362d31312d32345430323a32353a30312e3034333839315a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943434443434161326741774942416749516132685644326d6a7554486953756155344663582b7a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4446614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a44686b5a6a6c6b4d7a5a6d4c574e6a4d3249744e4759335a5330344e3249354c5749305a5745304e6a52694f546c6d4f5445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141546e633159307a764646484f48526f774572317951456b50504b6e436e64383130615769623536443142486839614e654b7a316670444b6262547151546e6852386643546b6142454571715278474873397a666a53466f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f424259454642796a2f3665614e4161524e3779356c62372b5a4d6d2b676b71784d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a3045417749445351417752674968414e3843714356483973426351752f712b412f7046596e794f39666e63306243547061635032326b4b6a76364169454135704a78704854306c556f4a792f65385a47426654744c6645516a7a58426d4e756a664c413473466f6b343d227d5d7d7d2c2264656e696564223a7b226e6574776f726b73223a7b2230636233303533662d356139382d343865302d396339382d333763623636613433626138223a2265766963746564227d2c227369746573223a7b2235306330353337392d663736642d343832662d623333622d653236353837343830386130223a2265766963746564227d2c22696e7669746174696f6e73223a7b7d2c226261636b626f6e655f7369746573223a7b7d2c22636f6e74726f6c6c657273223a7b7d7d7d', '\x30440220327a252c7198861a31aee281707fb202c5913d296c1a63f4fb1bc5aa1cdf1a74022017506aba5094776e80cf0f0de6091a7ec4ced123505cfc0bba28013be7073d2d', '\x308202993082023fa00302010202106f093cf8d09bcadcd8560b8df49c92f6300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323035395a170d3236313232343032323535395a3050312d302b060355040a0c2464306438383234622d626266392d346635362d393233652d316333366438616232363039311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004ea9138446f7f13182cf371751cbf916730a038f4d7d4a62cc29816281db208f13f63f89ce0a122963d9780782dac99bfb13ce25e732c7044e7c12fabf2698fd0a381f83081f5301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de096182933081940603551d1104818c3081898681867370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6261636b626f6e652f39336635353630392d343932362d343633632d386164332d3561336665633534373963302f74727573742f64306438383234622d626266392d346635362d393233652d316333366438616232363039300e0603551d0f0101ff040403020780301d0603551d0e041604141830fa8476f60a6f649593a81ce2e9fd47728a54300c0603551d130101ff04023000300a06082a8648ce3d040302034800304502205299511baceac21e18afb25e6ad31c5e5b21a77858f61b116e25c85e4540a2e0022100c8c82cd4abc75afba36cfc5727709585b8a2fca5f6df8662da8d2e66658ae0dc', '2026-11-25 02:26:04.625528+00', '2026-11-24 02:26:04.630729+00');
INSERT INTO public.trust_document VALUES ('93f55609-4926-463c-8ad3-5a3fec5479c0', 8, '\x7b22666f726d6174223a312c22696e7374616c6c6174696f6e223a2266623336653931322d613234322d343063352d626566642d623931303161393932363838222c226261636b626f6e65223a2239336635353630392d343932362d343633632d386164332d356133666563353437396330222c2276657273696f6e223a382c22697373756564223a22323032362d31312d32345430323a32363a30342e3730303835303735375a222c2276616c69645f756e74696c223a22323032362d31312d32355430323a32363a30342e3730303835303735375a222c226e6574776f726b73223a7b2230636233303533662d356139382d343865302d396339382d333763623636613433626138223a7b226f70656e73223a22323032362d31312d32345430323a32353a30312e3137393434325a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b5d7d2c2236306431663439642d396161382d343631652d623139642d383335666631346162653933223a7b226f70656e73223a22323032362d31312d32345430323a32353a30342e3234303737315a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943426a434341613267417749424167495165586d6f4e78737855496564564f6c346d4f56614654414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4452614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a4459775a44466d4e446c6b4c546c68595467744e4459785a5331694d546c6b4c54677a4e575a6d4d545268596d55354d7a45674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e43414154366d386d796355744b716151766d616657654a553633414c6b5335485a77654f38697166702b70576878332f357648537037765762467167526f4a2b654238304f2f4255794b63394572436334456a4b32555433656f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f424259454650555833627561427246626d577830557944702f4631594d73314c4d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a3045417749445277417752414967644a36776b3930776b6e74492b6a38566753654535724f2b32777632454b56386d5952616b774f59572b7743494377333437637056325a46705832567a644a524f6250334d6c352b4e4e3141415177696d6a564473384875227d2c7b2267656e65726174696f6e223a322c226365727469666963617465223a224d494943427a4343416132674177494241674951566b6568764f4838375030306c6d624537375958666a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4452614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a4459775a44466d4e446c6b4c546c68595467744e4459785a5331694d546c6b4c54677a4e575a6d4d545268596d55354d7a45674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a49775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141536741557852494d377951774f437064356c505a43473047314d487250666e2f492f53332f71424531467770346861765665693267726a7453735a423951674f6731554461617463544338664734744d5051666457346f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f42425945464d6a685331662f346b715066444433774c755850427349776750674d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a30454177494453414177525149674e62596863375a574b71485048614f346c766333526b74706e6253724d6357466f635553764f474d39414d4349514368484c63314c6d467376545a4b646b6e494a496f6c6f75677a4355596f3474775474785653412f6f4553773d3d227d5d7d2c2238646639643336662d636333622d346637652d383762392d623465613436346239396639223a7b226f70656e73223a22323032362d31312d32345430323a32353a30312e3034333839315a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943434443434161326741774942416749516132685644326d6a7554486953756155344663582b7a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4446614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a44686b5a6a6c6b4d7a5a6d4c574e6a4d3249744e4759335a5330344e3249354c5749305a5745304e6a52694f546c6d4f5445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141546e633159307a764646484f48526f774572317951456b50504b6e436e64383130615769623536443142486839614e654b7a316670444b6262547151546e6852386643546b6142454571715278474873397a666a53466f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f424259454642796a2f3665614e4161524e3779356c62372b5a4d6d2b676b71784d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a3045417749445351417752674968414e3843714356483973426351752f712b412f7046596e794f39666e63306243547061635032326b4b6a76364169454135704a78704854306c556f4a792f65385a47426654744c6645516a7a58426d4e756a664c413473466f6b343d227d5d7d7d2c2264656e696564223a7b226e6574776f726b73223a7b2230636233303533662d356139382d343865302d396339382d333763623636613433626138223a2265766963746564227d2c227369746573223a7b2235306330353337392d663736642d343832662d623333622d653236353837343830386130223a2265766963746564227d2c22696e7669746174696f6e73223a7b7d2c226261636b626f6e655f7369746573223a7b7d2c22636f6e74726f6c6c657273223a7b7d7d7d', '\x3046022100d2f83707a184205ca9410ce2bb019746a55e517e81061ca4465853d6078db40c022100b0cad61fc4f1596ab7802be10eb19c393db16f14818834e5f77ffae05ab6fa40', '\x308202993082023fa00302010202106f093cf8d09bcadcd8560b8df49c92f6300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323035395a170d3236313232343032323535395a3050312d302b060355040a0c2464306438383234622d626266392d346635362d393233652d316333366438616232363039311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004ea9138446f7f13182cf371751cbf916730a038f4d7d4a62cc29816281db208f13f63f89ce0a122963d9780782dac99bfb13ce25e732c7044e7c12fabf2698fd0a381f83081f5301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de096182933081940603551d1104818c3081898681867370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6261636b626f6e652f39336635353630392d343932362d343633632d386164332d3561336665633534373963302f74727573742f64306438383234622d626266392d346635362d393233652d316333366438616232363039300e0603551d0f0101ff040403020780301d0603551d0e041604141830fa8476f60a6f649593a81ce2e9fd47728a54300c0603551d130101ff04023000300a06082a8648ce3d040302034800304502205299511baceac21e18afb25e6ad31c5e5b21a77858f61b116e25c85e4540a2e0022100c8c82cd4abc75afba36cfc5727709585b8a2fca5f6df8662da8d2e66658ae0dc', '2026-11-25 02:26:04.70085+00', '2026-11-24 02:26:04.704054+00');
INSERT INTO public.trust_document VALUES ('93f55609-4926-463c-8ad3-5a3fec5479c0', 9, '\x7b22666f726d6174223a312c22696e7374616c6c6174696f6e223a2266623336653931322d613234322d343063352d626566642d623931303161393932363838222c226261636b626f6e65223a2239336635353630392d343932362d343633632d386164332d356133666563353437396330222c2276657273696f6e223a392c22697373756564223a22323032362d31312d32345430323a32363a30342e3738333834383831315a222c2276616c69645f756e74696c223a22323032362d31312d32355430323a32363a30342e3738333834383831315a222c226e6574776f726b73223a7b2230636233303533662d356139382d343865302d396339382d333763623636613433626138223a7b226f70656e73223a22323032362d31312d32345430323a32353a30312e3137393434325a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b5d7d2c2236306431663439642d396161382d343631652d623139642d383335666631346162653933223a7b226f70656e73223a22323032362d31312d32345430323a32353a30342e3234303737315a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a322c226365727469666963617465223a224d494943427a4343416132674177494241674951566b6568764f4838375030306c6d624537375958666a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4452614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a4459775a44466d4e446c6b4c546c68595467744e4459785a5331694d546c6b4c54677a4e575a6d4d545268596d55354d7a45674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a49775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141536741557852494d377951774f437064356c505a43473047314d487250666e2f492f53332f71424531467770346861765665693267726a7453735a423951674f6731554461617463544338664734744d5051666457346f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f42425945464d6a685331662f346b715066444433774c755850427349776750674d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a30454177494453414177525149674e62596863375a574b71485048614f346c766333526b74706e6253724d6357466f635553764f474d39414d4349514368484c63314c6d467376545a4b646b6e494a496f6c6f75677a4355596f3474775474785653412f6f4553773d3d227d5d7d2c2238646639643336662d636333622d346637652d383762392d623465613436346239396639223a7b226f70656e73223a22323032362d31312d32345430323a32353a30312e3034333839315a222c22636c6f736573223a6e756c6c2c22617574686f726974696573223a5b7b2267656e65726174696f6e223a312c226365727469666963617465223a224d494943434443434161326741774942416749516132685644326d6a7554486953756155344663582b7a414b42676771686b6a4f50515144416a42534d5330774b7759445651514b444351354d3259314e5459774f5330304f5449324c5451324d324d744f47466b4d79303159544e6d5a574d314e446335597a41784954416642674e5642414d4d47464e72645842775a5849745743426959574e72596d39755a5342445153426e4d544165467730794e6a45784d6a51774d6a49784d4446614677307a4e6a45784d6a45774d6a49314e546c614d4645784c54417242674e5642416f4d4a44686b5a6a6c6b4d7a5a6d4c574e6a4d3249744e4759335a5330344e3249354c5749305a5745304e6a52694f546c6d4f5445674d4234474131554541777758553274316348426c636931594947356c64486476636d7367513045675a7a45775754415442676371686b6a4f5051494242676771686b6a4f50514d4242774e434141546e633159307a764646484f48526f774572317951456b50504b6e436e64383130615769623536443142486839614e654b7a316670444b6262547151546e6852386643546b6142454571715278474873397a666a53466f3259775a44416642674e5648534d45474441576742526c75624b3564304c68386e634c57615475454c4865435747436b7a414f42674e56485138424166384542414d4341515977485159445652304f424259454642796a2f3665614e4161524e3779356c62372b5a4d6d2b676b71784d42494741315564457745422f7751494d4159424166384341514177436759494b6f5a497a6a3045417749445351417752674968414e3843714356483973426351752f712b412f7046596e794f39666e63306243547061635032326b4b6a76364169454135704a78704854306c556f4a792f65385a47426654744c6645516a7a58426d4e756a664c413473466f6b343d227d5d7d7d2c2264656e696564223a7b226e6574776f726b73223a7b2230636233303533662d356139382d343865302d396339382d333763623636613433626138223a2265766963746564227d2c227369746573223a7b2235306330353337392d663736642d343832662d623333622d653236353837343830386130223a2265766963746564227d2c22696e7669746174696f6e73223a7b7d2c226261636b626f6e655f7369746573223a7b7d2c22636f6e74726f6c6c657273223a7b7d7d7d', '\x3044022073edf8e0ae59875153c93f30ff61667e3147b2c6125b6802109baf111d6d6f080220222c6f527e400f75d8421bcc1135bfb3e14791a493b3b3d668ececc5a53d2fa4', '\x308202993082023fa00302010202106f093cf8d09bcadcd8560b8df49c92f6300a06082a8648ce3d0403023052312d302b060355040a0c2439336635353630392d343932362d343633632d386164332d3561336665633534373963303121301f06035504030c18536b75707065722d58206261636b626f6e65204341206731301e170d3236313132343032323035395a170d3236313232343032323535395a3050312d302b060355040a0c2464306438383234622d626266392d346635362d393233652d316333366438616232363039311f301d06035504030c16536b75707065722d58207472757374207369676e65723059301306072a8648ce3d020106082a8648ce3d03010703420004ea9138446f7f13182cf371751cbf916730a038f4d7d4a62cc29816281db208f13f63f89ce0a122963d9780782dac99bfb13ce25e732c7044e7c12fabf2698fd0a381f83081f5301f0603551d2304183016801465b9b2b97742e1f2770b59a4ee10b1de096182933081940603551d1104818c3081898681867370696666653a2f2f66623336653931322d613234322d343063352d626566642d6239313031613939323638382f6261636b626f6e652f39336635353630392d343932362d343633632d386164332d3561336665633534373963302f74727573742f64306438383234622d626266392d346635362d393233652d316333366438616232363039300e0603551d0f0101ff040403020780301d0603551d0e041604141830fa8476f60a6f649593a81ce2e9fd47728a54300c0603551d130101ff04023000300a06082a8648ce3d040302034800304502205299511baceac21e18afb25e6ad31c5e5b21a77858f61b116e25c85e4540a2e0022100c8c82cd4abc75afba36cfc5727709585b8a2fca5f6df8662da8d2e66658ae0dc', '2026-11-25 02:26:04.783848+00', '2026-11-24 02:26:04.787305+00');

SELECT pg_catalog.setval('public.flow_position_seq', 1, false);

ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.access_grant
    ADD CONSTRAINT access_grant_once UNIQUE NULLS NOT DISTINCT (subject_id, group_id, role, backbone_id, network_id);

ALTER TABLE ONLY public.access_grant
    ADD CONSTRAINT access_grant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.access_point
    ADD CONSTRAINT access_point_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.access_point
    ADD CONSTRAINT access_point_site_id_id_key UNIQUE (site_id, id);

ALTER TABLE ONLY public.access_point
    ADD CONSTRAINT access_point_site_id_name_key UNIQUE (site_id, name);

ALTER TABLE ONLY public.address_policy
    ADD CONSTRAINT address_policy_pkey PRIMARY KEY (network_id, address);

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_name_key UNIQUE (subject_id, name);

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_pkey PRIMARY KEY (id);

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

ALTER TABLE ONLY public.credential
    ADD CONSTRAINT credential_pkey PRIMARY KEY (subject_id);

ALTER TABLE ONLY public.enrolment_alarm
    ADD CONSTRAINT enrolment_alarm_pkey PRIMARY KEY (site_id, key_digest);

ALTER TABLE ONLY public.event_cut
    ADD CONSTRAINT event_cut_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.event_head
    ADD CONSTRAINT event_head_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.event_trace
    ADD CONSTRAINT event_trace_pkey PRIMARY KEY (last);

ALTER TABLE ONLY public.flow
    ADD CONSTRAINT flow_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.group_member
    ADD CONSTRAINT group_member_pkey PRIMARY KEY (group_id, subject_id);

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

ALTER TABLE ONLY public.quota
    ADD CONSTRAINT quota_once UNIQUE NULLS NOT DISTINCT (resource, backbone_id, network_id, subject_id);

ALTER TABLE ONLY public.quota
    ADD CONSTRAINT quota_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.release
    ADD CONSTRAINT release_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.release_document
    ADD CONSTRAINT release_document_pkey PRIMARY KEY (release_id, document_id);

ALTER TABLE ONLY public.release
    ADD CONSTRAINT release_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.setup
    ADD CONSTRAINT setup_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.sign_in
    ADD CONSTRAINT sign_in_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.sign_in
    ADD CONSTRAINT sign_in_id_token_key UNIQUE (id_token);

ALTER TABLE ONLY public.sign_in
    ADD CONSTRAINT sign_in_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.site_class
    ADD CONSTRAINT site_class_pkey PRIMARY KEY (network_id, name);

ALTER TABLE ONLY public.site_status
    ADD CONSTRAINT site_status_backbone_site_id_key UNIQUE (backbone_site_id);

ALTER TABLE ONLY public.site_status
    ADD CONSTRAINT site_status_member_id_key UNIQUE (member_id);

ALTER TABLE ONLY public.subject
    ADD CONSTRAINT subject_external UNIQUE (issuer, external_id);

ALTER TABLE ONLY public.subject_group
    ADD CONSTRAINT subject_group_name_key UNIQUE (name);

ALTER TABLE ONLY public.subject_group
    ADD CONSTRAINT subject_group_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.subject
    ADD CONSTRAINT subject_name_key UNIQUE (name);

ALTER TABLE ONLY public.subject
    ADD CONSTRAINT subject_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.trust_denial
    ADD CONSTRAINT trust_denial_pkey PRIMARY KEY (kind, id);

ALTER TABLE ONLY public.trust_document
    ADD CONSTRAINT trust_document_pkey PRIMARY KEY (backbone_id, version);

CREATE INDEX access_grant_backbone ON public.access_grant USING btree (backbone_id);

CREATE UNIQUE INDEX access_grant_default_once ON public.access_grant USING btree (subject_id, group_id) NULLS NOT DISTINCT WHERE default_backbone;

CREATE INDEX access_grant_group ON public.access_grant USING btree (group_id);

CREATE INDEX access_grant_network ON public.access_grant USING btree (network_id);

CREATE INDEX access_grant_page ON public.access_grant USING btree (created, id);

CREATE INDEX api_token_page ON public.api_token USING btree (created, id);

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

CREATE INDEX group_member_subject ON public.group_member USING btree (subject_id);

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

CREATE INDEX network_owner ON public.network USING btree (owner);

CREATE INDEX network_page ON public.network USING btree (created, id);

CREATE INDEX quota_page ON public.quota USING btree (created, id);

CREATE INDEX release_created ON public.release USING btree (created, id);

CREATE INDEX release_document_document ON public.release_document USING btree (document_id);

CREATE INDEX release_name ON public.release USING btree (name, created);

CREATE INDEX sign_in_created ON public.sign_in USING btree (created);

CREATE INDEX sign_in_subject ON public.sign_in USING btree (subject_id, created);

CREATE INDEX site_status_controller ON public.site_status USING btree (controller_id) WHERE (controller_id IS NOT NULL);

CREATE INDEX subject_group_page ON public.subject_group USING btree (created, id);

CREATE INDEX subject_page ON public.subject USING btree (created, id);

CREATE INDEX trust_denial_backbone ON public.trust_denial USING btree (backbone_id);

CREATE INDEX trust_denial_network ON public.trust_denial USING btree (network_id) WHERE (network_id IS NOT NULL);

CREATE TRIGGER event_cut_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.event_cut FOR EACH STATEMENT EXECUTE FUNCTION public.event_is_append_only();

CREATE TRIGGER event_is_append_only BEFORE UPDATE OR TRUNCATE ON public.event FOR EACH STATEMENT EXECUTE FUNCTION public.event_is_append_only();

CREATE TRIGGER event_leaves_by_cut AFTER DELETE ON public.event REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.event_leaves_by_cut();

CREATE TRIGGER library_document_is_immutable BEFORE UPDATE ON public.library_document FOR EACH ROW EXECUTE FUNCTION public.content_is_immutable();

CREATE TRIGGER release_is_immutable BEFORE UPDATE ON public.release FOR EACH ROW EXECUTE FUNCTION public.content_is_immutable();

ALTER TABLE ONLY public.access_grant
    ADD CONSTRAINT access_grant_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES public.backbone(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.access_grant
    ADD CONSTRAINT access_grant_group_fkey FOREIGN KEY (group_id) REFERENCES public.subject_group(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.access_grant
    ADD CONSTRAINT access_grant_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.network(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.access_grant
    ADD CONSTRAINT access_grant_subject_fkey FOREIGN KEY (subject_id) REFERENCES public.subject(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.access_point
    ADD CONSTRAINT access_point_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.backbone_site(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.address_policy
    ADD CONSTRAINT address_policy_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.network(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES public.backbone(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.network(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES public.subject(id) ON DELETE CASCADE;

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

ALTER TABLE ONLY public.credential
    ADD CONSTRAINT credential_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES public.subject(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.enrolment_alarm
    ADD CONSTRAINT enrolment_alarm_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.backbone_site(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.flow
    ADD CONSTRAINT flow_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.network(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.group_member
    ADD CONSTRAINT group_member_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.subject_group(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.group_member
    ADD CONSTRAINT group_member_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES public.subject(id) ON DELETE CASCADE;

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

ALTER TABLE ONLY public.quota
    ADD CONSTRAINT quota_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES public.backbone(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.quota
    ADD CONSTRAINT quota_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.network(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.quota
    ADD CONSTRAINT quota_subject_fkey FOREIGN KEY (subject_id) REFERENCES public.subject(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.release_document
    ADD CONSTRAINT release_document_document_id_fkey FOREIGN KEY (document_id) REFERENCES public.library_document(id);

ALTER TABLE ONLY public.release_document
    ADD CONSTRAINT release_document_release_id_fkey FOREIGN KEY (release_id) REFERENCES public.release(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sign_in
    ADD CONSTRAINT sign_in_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES public.subject(id) ON DELETE CASCADE;

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

