-- The schema, as the migrations in migrations/ make it. Written by scripts/sqlx-prepare; not to be edited.

CREATE FUNCTION content_is_immutable() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'what is in the library never changes' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION event_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed or removed' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION event_leaves_by_cut() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM gone WHERE position > (SELECT coalesce(max(position), 0) FROM event_cut)) THEN
        RAISE EXCEPTION 'events are never changed or removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TABLE access_grant (
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

COMMENT ON TABLE access_grant IS 'A role that a subject or a group holds, everywhere, on a backbone or in a network.';

CREATE TABLE access_point (
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

COMMENT ON TABLE access_point IS 'Where a backbone site listens, and for whom.';

COMMENT ON COLUMN access_point.advertised IS 'Where others dial it, as HOST:PORT; as :PORT as long as the host is not known.';

CREATE TABLE address_policy (
    network_id uuid NOT NULL,
    address text NOT NULL,
    policy jsonb NOT NULL,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT address_policy_address_check CHECK (((address <> ''::text) AND (address !~~ 'skx/%'::text))),
    CONSTRAINT address_policy_policy_check CHECK (((policy = ANY (ARRAY['"closest"'::jsonb, '"balanced"'::jsonb])) OR (((policy -> 'weighted'::text) IS NOT NULL) AND (jsonb_typeof((policy -> 'weighted'::text)) = 'object'::text)) OR (((policy -> 'failover'::text) IS NOT NULL) AND (jsonb_typeof((policy -> 'failover'::text)) = 'array'::text))))
);

COMMENT ON TABLE address_policy IS 'How new streams to an address are spread over the sites that serve it, where that is not the closest.';

CREATE TABLE api_token (
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

COMMENT ON TABLE api_token IS 'Tokens for the API, as their digests. What is revoked is gone.';

CREATE TABLE authority (
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

COMMENT ON TABLE authority IS 'One generation of a certificate authority.';

CREATE TABLE backbone (
    id uuid NOT NULL,
    name text NOT NULL,
    data_plane text NOT NULL,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT backbone_data_plane_check CHECK ((data_plane = ANY (ARRAY['native'::text, 'skupper'::text]))),
    CONSTRAINT backbone_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

COMMENT ON TABLE backbone IS 'A constellation of relay sites.';

CREATE TABLE backbone_site (
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

COMMENT ON TABLE backbone_site IS 'A relay site of a backbone.';

CREATE TABLE certificate (
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

COMMENT ON TABLE certificate IS 'Every leaf certificate the installation has issued.';

CREATE TABLE connector (
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

COMMENT ON TABLE connector IS 'Where connections to an address leave the network at member sites.';

CREATE TABLE controller (
    id uuid NOT NULL,
    hostname text NOT NULL,
    software text NOT NULL,
    started timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    heard timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

COMMENT ON TABLE controller IS 'The replicas of the management controller.';

COMMENT ON COLUMN controller.heard IS 'When it was last heard of, by the clock of the database.';

CREATE TABLE credential (
    subject_id uuid NOT NULL,
    verifier text NOT NULL,
    one_time timestamp with time zone,
    changed timestamp with time zone NOT NULL
);

COMMENT ON TABLE credential IS 'The passwords of persons, as what they are checked against.';

CREATE TABLE deployment (
    id uuid NOT NULL,
    network_id uuid NOT NULL,
    name text NOT NULL,
    document text NOT NULL,
    release_id uuid NOT NULL,
    plan text,
    trouble text,
    rollout text,
    removing boolean DEFAULT false NOT NULL,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT deployment_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

COMMENT ON TABLE deployment IS 'A release placed on the sites of a network, for as long as it stands.';

COMMENT ON COLUMN deployment.plan IS 'compose::deploy::Plan. It follows from what else is stored, and is kept because the next one follows from it, too.';

COMMENT ON COLUMN deployment.revision IS 'Grows with every change a person makes, not with what follows from it.';

CREATE TABLE deployment_site (
    deployment_id uuid NOT NULL,
    member_id uuid NOT NULL,
    offer text,
    offer_digest text,
    offer_empty boolean DEFAULT true NOT NULL,
    offered timestamp with time zone,
    kept text,
    kept_digest text,
    kept_empty boolean DEFAULT true NOT NULL,
    declined jsonb DEFAULT '[]'::jsonb NOT NULL,
    locals jsonb DEFAULT '{}'::jsonb NOT NULL,
    report jsonb,
    observed timestamp with time zone
);

COMMENT ON TABLE deployment_site IS 'What one site is offered of a deployment, what its participant decided, and what became of it.';

CREATE TABLE enrolment_alarm (
    site_id uuid NOT NULL,
    key_digest bytea NOT NULL,
    created timestamp with time zone NOT NULL,
    CONSTRAINT enrolment_alarm_key_digest_check CHECK ((octet_length(key_digest) = 32))
);

COMMENT ON TABLE enrolment_alarm IS 'For which keys an alarm was raised already: once each, and for the first few of a site only.';

CREATE TABLE event (
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

COMMENT ON TABLE event IS 'Every change, in commit order: outbox of the change feed and hash-chained audit trail.';

CREATE TABLE event_cut (
    "position" bigint NOT NULL,
    hash bytea NOT NULL,
    "time" timestamp with time zone NOT NULL,
    statement bytea NOT NULL,
    signature bytea NOT NULL,
    signer bytea NOT NULL,
    CONSTRAINT event_cut_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT event_cut_position_check CHECK (("position" > 0))
);

COMMENT ON TABLE event_cut IS 'Up to where events have left the audit chain, signed.';

CREATE TABLE event_head (
    only_row boolean DEFAULT true NOT NULL,
    "position" bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT event_head_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT event_head_only_row_check CHECK (only_row),
    CONSTRAINT event_head_position_check CHECK (("position" >= 0))
);

COMMENT ON TABLE event_head IS 'Position and hash of the newest event.';

CREATE TABLE event_trace (
    first bigint NOT NULL,
    last bigint NOT NULL,
    traceparent text NOT NULL,
    "time" timestamp with time zone NOT NULL,
    CONSTRAINT event_trace_check CHECK ((last >= first)),
    CONSTRAINT event_trace_first_check CHECK ((first > 0)),
    CONSTRAINT event_trace_traceparent_check CHECK ((traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'::text))
);

COMMENT ON TABLE event_trace IS 'In which trace events of the last hour were committed.';

CREATE TABLE flow (
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

COMMENT ON TABLE flow IS 'Connections that ended lately in application networks, summed up by site, address and other end.';

ALTER TABLE flow ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME flow_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE group_member (
    group_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    provided boolean DEFAULT false NOT NULL
);

COMMENT ON TABLE group_member IS 'Who is in which group.';

CREATE TABLE idempotency_key (
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

COMMENT ON TABLE idempotency_key IS 'Requests that must not be carried out twice, and their answers.';

CREATE TABLE installation (
    id uuid NOT NULL,
    kek_id text NOT NULL,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    only_row boolean DEFAULT true NOT NULL,
    CONSTRAINT installation_kek_id_check CHECK ((kek_id <> ''::text)),
    CONSTRAINT installation_only_row_check CHECK (only_row)
);

COMMENT ON TABLE installation IS 'This installation: the trust domain of every identity in it. One row.';

CREATE TABLE invitation (
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

COMMENT ON TABLE invitation IS 'The right to become a member site, for whoever holds it.';

COMMENT ON COLUMN invitation.passcode_tries IS 'How many wrong passcodes were tried since passcode_since; those that are being looked at are in passcode_look.';

CREATE TABLE invitation_class (
    invitation_id uuid NOT NULL,
    network_id uuid NOT NULL,
    class text NOT NULL
);

COMMENT ON TABLE invitation_class IS 'The classes an invitation gives.';

CREATE TABLE key_tombstone (
    network_id uuid NOT NULL,
    key_digest bytea NOT NULL,
    member_id uuid NOT NULL,
    reason text NOT NULL,
    created timestamp with time zone NOT NULL,
    CONSTRAINT key_tombstone_key_digest_check CHECK ((octet_length(key_digest) = 32))
);

COMMENT ON TABLE key_tombstone IS 'Keys that members gave up, by renewal or with their membership: they never become members again.';

CREATE TABLE lease (
    name text NOT NULL,
    holder uuid NOT NULL,
    expires timestamp with time zone NOT NULL,
    CONSTRAINT lease_name_check CHECK ((name <> ''::text))
);

COMMENT ON TABLE lease IS 'Work that must not run twice at once.';

CREATE TABLE library (
    only_row boolean DEFAULT true NOT NULL,
    generation bigint NOT NULL,
    CONSTRAINT library_generation_check CHECK ((generation >= 0)),
    CONSTRAINT library_only_row_check CHECK (only_row)
);

COMMENT ON TABLE library IS 'How often the library was changed. One row.';

CREATE TABLE library_document (
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

COMMENT ON TABLE library_document IS 'One version of an interface type, a block or an application.';

CREATE TABLE library_interface (
    document_id uuid NOT NULL,
    interface text NOT NULL,
    type text NOT NULL,
    role text NOT NULL,
    CONSTRAINT library_interface_interface_check CHECK ((interface <> ''::text)),
    CONSTRAINT library_interface_role_check CHECK ((role <> ''::text)),
    CONSTRAINT library_interface_type_check CHECK ((type <> ''::text))
);

COMMENT ON TABLE library_interface IS 'What blocks can be linked by.';

CREATE TABLE library_reference (
    document_id uuid NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    CONSTRAINT library_reference_kind_check CHECK ((kind = ANY (ARRAY['interface-type'::text, 'block'::text]))),
    CONSTRAINT library_reference_reference_check CHECK ((reference <> ''::text))
);

COMMENT ON TABLE library_reference IS 'The names and ranges of versions by which documents name others.';

CREATE TABLE link (
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

COMMENT ON TABLE link IS 'Which backbone site dials which peer access point.';

CREATE TABLE listener (
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

COMMENT ON TABLE listener IS 'A local socket at member sites whose connections enter the network at an address.';

CREATE TABLE manifest_set_member (
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
    deployment_id uuid,
    CONSTRAINT manifest_set_member_place CHECK (
CASE
    WHEN (backbone_id IS NOT NULL) THEN ((num_nonnulls(network_id, invitation_id, listener_id, connector_id, address, deployment_id) = 0) AND (num_nonnulls(backbone_site_id, link_id) <= 1))
    ELSE ((network_id IS NOT NULL) AND (num_nonnulls(backbone_site_id, link_id) = 0) AND (num_nonnulls(invitation_id, listener_id, connector_id, address, deployment_id) <= 1))
END),
    CONSTRAINT manifest_set_member_set_name_check CHECK ((set_name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

COMMENT ON TABLE manifest_set_member IS 'What was applied as manifests under the name of a set; it goes with the object.';

CREATE TABLE member (
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
    waits_until timestamp with time zone,
    CONSTRAINT member_ended CHECK (((state = ANY (ARRAY['waiting'::text, 'member'::text])) = (ended IS NULL))),
    CONSTRAINT member_key_digest_check CHECK ((octet_length(key_digest) = 32)),
    CONSTRAINT member_labels_check CHECK ((jsonb_typeof(labels) = 'object'::text)),
    CONSTRAINT member_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text)),
    CONSTRAINT member_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'member'::text, 'left'::text, 'evicted'::text, 'refused'::text]))),
    CONSTRAINT member_terms_check CHECK ((jsonb_typeof(terms) = 'object'::text))
);

COMMENT ON TABLE member IS 'A member site of an application network.';

COMMENT ON COLUMN member.admitted IS 'When it was let in from a waiting room, if it has waited.';

COMMENT ON COLUMN member.waits_until IS 'When the claim ends that it has asked with, while it waits or if it has: nobody is there to be admitted after that.';

CREATE TABLE member_class (
    member_id uuid NOT NULL,
    network_id uuid NOT NULL,
    class text NOT NULL
);

COMMENT ON TABLE member_class IS 'The classes of a member site.';

CREATE TABLE network (
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

COMMENT ON TABLE network IS 'An application network on a backbone.';

CREATE TABLE passcode_look (
    id uuid NOT NULL,
    invitation_id uuid NOT NULL,
    begun timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

COMMENT ON TABLE passcode_look IS 'Passcodes that are being looked at: each has reserved one of the tries of its invitation, for a minute at most.';

CREATE TABLE quota (
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

COMMENT ON TABLE quota IS 'How much there may be of something.';

CREATE TABLE release (
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

COMMENT ON TABLE release IS 'An application, built: named by its content.';

CREATE TABLE release_document (
    release_id uuid NOT NULL,
    document_id uuid NOT NULL
);

COMMENT ON TABLE release_document IS 'Which documents of the library a release was built of.';

CREATE TABLE secret (
    id uuid NOT NULL,
    network_id uuid NOT NULL,
    name text NOT NULL,
    keys text[] NOT NULL,
    sealed bytea NOT NULL,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT secret_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

COMMENT ON TABLE secret IS 'Values that sites need and that nobody reads here.';

CREATE TABLE setup (
    only_row boolean DEFAULT true NOT NULL,
    digest bytea,
    deadline timestamp with time zone,
    done timestamp with time zone,
    controller_id uuid,
    CONSTRAINT setup_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT setup_only_row_check CHECK (only_row)
);

COMMENT ON TABLE setup IS 'The one-time link by which the first account is made. One row.';

COMMENT ON COLUMN setup.controller_id IS 'The replica that has the link in its data directory.';

CREATE TABLE sign_in (
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

COMMENT ON TABLE sign_in IS 'Sessions of persons. Those that are over are kept a month: who comes from where they did is not slowed down by strangers.';

CREATE TABLE site_class (
    network_id uuid NOT NULL,
    name text NOT NULL,
    created timestamp with time zone NOT NULL,
    CONSTRAINT site_class_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

COMMENT ON TABLE site_class IS 'The declared classes of a network: sites, invitations, listeners and connectors may use no others.';

CREATE TABLE site_status (
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

COMMENT ON TABLE site_status IS 'What each site last said of itself.';

CREATE TABLE subject (
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

COMMENT ON TABLE subject IS 'Who can sign in: a person, or a service (a pipeline, say).';

CREATE TABLE subject_group (
    id uuid NOT NULL,
    name text NOT NULL,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT subject_group_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

COMMENT ON TABLE subject_group IS 'Groups of subjects.';

CREATE TABLE trust_denial (
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

COMMENT ON TABLE trust_denial IS 'Ids that are refused whatever their certificate says.';

CREATE TABLE trust_document (
    backbone_id uuid NOT NULL,
    version bigint NOT NULL,
    document bytea NOT NULL,
    signature bytea NOT NULL,
    signer bytea NOT NULL,
    valid_until timestamp with time zone NOT NULL,
    created timestamp with time zone NOT NULL,
    CONSTRAINT trust_document_version_check CHECK ((version >= 1))
);

COMMENT ON TABLE trust_document IS 'What each backbone trusts: the highest version is the one in force.';

ALTER TABLE ONLY access_grant
    ADD CONSTRAINT access_grant_once UNIQUE NULLS NOT DISTINCT (subject_id, group_id, role, backbone_id, network_id);

ALTER TABLE ONLY access_grant
    ADD CONSTRAINT access_grant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY access_point
    ADD CONSTRAINT access_point_pkey PRIMARY KEY (id);

ALTER TABLE ONLY access_point
    ADD CONSTRAINT access_point_site_id_id_key UNIQUE (site_id, id);

ALTER TABLE ONLY access_point
    ADD CONSTRAINT access_point_site_id_name_key UNIQUE (site_id, name);

ALTER TABLE ONLY address_policy
    ADD CONSTRAINT address_policy_pkey PRIMARY KEY (network_id, address);

ALTER TABLE ONLY api_token
    ADD CONSTRAINT api_token_digest_key UNIQUE (digest);

ALTER TABLE ONLY api_token
    ADD CONSTRAINT api_token_name_key UNIQUE (subject_id, name);

ALTER TABLE ONLY api_token
    ADD CONSTRAINT api_token_pkey PRIMARY KEY (id);

ALTER TABLE ONLY authority
    ADD CONSTRAINT authority_pkey PRIMARY KEY (id);

ALTER TABLE ONLY backbone
    ADD CONSTRAINT backbone_name_key UNIQUE (name);

ALTER TABLE ONLY backbone
    ADD CONSTRAINT backbone_pkey PRIMARY KEY (id);

ALTER TABLE ONLY backbone_site
    ADD CONSTRAINT backbone_site_backbone_id_id_key UNIQUE (backbone_id, id);

ALTER TABLE ONLY backbone_site
    ADD CONSTRAINT backbone_site_backbone_id_name_key UNIQUE (backbone_id, name);

ALTER TABLE ONLY backbone_site
    ADD CONSTRAINT backbone_site_pkey PRIMARY KEY (id);

ALTER TABLE ONLY certificate
    ADD CONSTRAINT certificate_issuer_serial_key UNIQUE (issuer, serial);

ALTER TABLE ONLY certificate
    ADD CONSTRAINT certificate_pkey PRIMARY KEY (id);

ALTER TABLE ONLY connector
    ADD CONSTRAINT connector_pkey PRIMARY KEY (id);

ALTER TABLE ONLY controller
    ADD CONSTRAINT controller_pkey PRIMARY KEY (id);

ALTER TABLE ONLY credential
    ADD CONSTRAINT credential_pkey PRIMARY KEY (subject_id);

ALTER TABLE ONLY deployment
    ADD CONSTRAINT deployment_network_id_name_key UNIQUE (network_id, name);

ALTER TABLE ONLY deployment
    ADD CONSTRAINT deployment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY deployment_site
    ADD CONSTRAINT deployment_site_pkey PRIMARY KEY (deployment_id, member_id);

ALTER TABLE ONLY enrolment_alarm
    ADD CONSTRAINT enrolment_alarm_pkey PRIMARY KEY (site_id, key_digest);

ALTER TABLE ONLY event_cut
    ADD CONSTRAINT event_cut_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY event_head
    ADD CONSTRAINT event_head_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY event
    ADD CONSTRAINT event_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY event_trace
    ADD CONSTRAINT event_trace_pkey PRIMARY KEY (last);

ALTER TABLE ONLY flow
    ADD CONSTRAINT flow_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY group_member
    ADD CONSTRAINT group_member_pkey PRIMARY KEY (group_id, subject_id);

ALTER TABLE ONLY idempotency_key
    ADD CONSTRAINT idempotency_key_pkey PRIMARY KEY (subject, key);

ALTER TABLE ONLY installation
    ADD CONSTRAINT installation_only_row_key UNIQUE (only_row);

ALTER TABLE ONLY installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY invitation_class
    ADD CONSTRAINT invitation_class_pkey PRIMARY KEY (invitation_id, class);

ALTER TABLE ONLY invitation
    ADD CONSTRAINT invitation_network_id_id_key UNIQUE (network_id, id);

ALTER TABLE ONLY invitation
    ADD CONSTRAINT invitation_network_id_name_key UNIQUE (network_id, name);

ALTER TABLE ONLY invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY key_tombstone
    ADD CONSTRAINT key_tombstone_pkey PRIMARY KEY (network_id, key_digest);

ALTER TABLE ONLY lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (name);

ALTER TABLE ONLY library_document
    ADD CONSTRAINT library_document_pkey PRIMARY KEY (id);

ALTER TABLE ONLY library_document
    ADD CONSTRAINT library_document_version_key UNIQUE (kind, name, version);

ALTER TABLE ONLY library_interface
    ADD CONSTRAINT library_interface_pkey PRIMARY KEY (document_id, interface);

ALTER TABLE ONLY library
    ADD CONSTRAINT library_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY library_reference
    ADD CONSTRAINT library_reference_pkey PRIMARY KEY (document_id, kind, reference);

ALTER TABLE ONLY link
    ADD CONSTRAINT link_from_site_to_access_point_key UNIQUE (from_site, to_access_point);

ALTER TABLE ONLY link
    ADD CONSTRAINT link_pkey PRIMARY KEY (id);

ALTER TABLE ONLY listener
    ADD CONSTRAINT listener_pkey PRIMARY KEY (id);

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_address_key UNIQUE (network_id, address);

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_backbone_site_id_key UNIQUE (backbone_site_id);

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_connector_id_key UNIQUE (connector_id);

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_deployment_id_key UNIQUE (deployment_id);

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_invitation_id_key UNIQUE (invitation_id);

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_link_id_key UNIQUE (link_id);

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_listener_id_key UNIQUE (listener_id);

ALTER TABLE ONLY member_class
    ADD CONSTRAINT member_class_pkey PRIMARY KEY (member_id, class);

ALTER TABLE ONLY member
    ADD CONSTRAINT member_network_id_id_key UNIQUE (network_id, id);

ALTER TABLE ONLY member
    ADD CONSTRAINT member_pkey PRIMARY KEY (id);

ALTER TABLE ONLY network
    ADD CONSTRAINT network_name_key UNIQUE (name);

ALTER TABLE ONLY network
    ADD CONSTRAINT network_pkey PRIMARY KEY (id);

ALTER TABLE ONLY passcode_look
    ADD CONSTRAINT passcode_look_pkey PRIMARY KEY (id);

ALTER TABLE ONLY quota
    ADD CONSTRAINT quota_once UNIQUE NULLS NOT DISTINCT (resource, backbone_id, network_id, subject_id);

ALTER TABLE ONLY quota
    ADD CONSTRAINT quota_pkey PRIMARY KEY (id);

ALTER TABLE ONLY release
    ADD CONSTRAINT release_digest_key UNIQUE (digest);

ALTER TABLE ONLY release_document
    ADD CONSTRAINT release_document_pkey PRIMARY KEY (release_id, document_id);

ALTER TABLE ONLY release
    ADD CONSTRAINT release_pkey PRIMARY KEY (id);

ALTER TABLE ONLY secret
    ADD CONSTRAINT secret_network_id_name_key UNIQUE (network_id, name);

ALTER TABLE ONLY secret
    ADD CONSTRAINT secret_pkey PRIMARY KEY (id);

ALTER TABLE ONLY setup
    ADD CONSTRAINT setup_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY sign_in
    ADD CONSTRAINT sign_in_digest_key UNIQUE (digest);

ALTER TABLE ONLY sign_in
    ADD CONSTRAINT sign_in_id_token_key UNIQUE (id_token);

ALTER TABLE ONLY sign_in
    ADD CONSTRAINT sign_in_pkey PRIMARY KEY (id);

ALTER TABLE ONLY site_class
    ADD CONSTRAINT site_class_pkey PRIMARY KEY (network_id, name);

ALTER TABLE ONLY site_status
    ADD CONSTRAINT site_status_backbone_site_id_key UNIQUE (backbone_site_id);

ALTER TABLE ONLY site_status
    ADD CONSTRAINT site_status_member_id_key UNIQUE (member_id);

ALTER TABLE ONLY subject
    ADD CONSTRAINT subject_external UNIQUE (issuer, external_id);

ALTER TABLE ONLY subject_group
    ADD CONSTRAINT subject_group_name_key UNIQUE (name);

ALTER TABLE ONLY subject_group
    ADD CONSTRAINT subject_group_pkey PRIMARY KEY (id);

ALTER TABLE ONLY subject
    ADD CONSTRAINT subject_name_key UNIQUE (name);

ALTER TABLE ONLY subject
    ADD CONSTRAINT subject_pkey PRIMARY KEY (id);

ALTER TABLE ONLY trust_denial
    ADD CONSTRAINT trust_denial_pkey PRIMARY KEY (kind, id);

ALTER TABLE ONLY trust_document
    ADD CONSTRAINT trust_document_pkey PRIMARY KEY (backbone_id, version);

CREATE INDEX access_grant_backbone ON access_grant USING btree (backbone_id);

CREATE UNIQUE INDEX access_grant_default_once ON access_grant USING btree (subject_id, group_id) NULLS NOT DISTINCT WHERE default_backbone;

CREATE INDEX access_grant_group ON access_grant USING btree (group_id);

CREATE INDEX access_grant_network ON access_grant USING btree (network_id);

CREATE INDEX access_grant_page ON access_grant USING btree (created, id);

CREATE INDEX api_token_page ON api_token USING btree (created, id);

CREATE UNIQUE INDEX authority_backbone_generation_key ON authority USING btree (backbone_id, generation) WHERE (kind = 'backbone'::text);

CREATE INDEX authority_issuer ON authority USING btree (issuer) WHERE (issuer IS NOT NULL);

CREATE UNIQUE INDEX authority_network_generation_key ON authority USING btree (network_id, generation) WHERE (kind = 'network'::text);

CREATE UNIQUE INDEX authority_root_generation_key ON authority USING btree (generation) WHERE (kind = 'root'::text);

CREATE UNIQUE INDEX authority_root_pending_key ON authority USING btree (kind) WHERE ((kind = 'root'::text) AND (state = 'pending'::text));

CREATE INDEX certificate_page ON certificate USING btree (created, id);

CREATE INDEX certificate_subject ON certificate USING btree (subject, generation);

CREATE INDEX certificate_superseded_by ON certificate USING btree (superseded_by) WHERE (superseded_by IS NOT NULL);

CREATE UNIQUE INDEX connector_class_target_key ON connector USING btree (network_id, class, address, target) WHERE (class IS NOT NULL);

CREATE UNIQUE INDEX connector_site_target_key ON connector USING btree (network_id, site_id, address, target) WHERE (site_id IS NOT NULL);

CREATE INDEX deployment_created ON deployment USING btree (created, id);

CREATE INDEX deployment_release ON deployment USING btree (release_id);

CREATE INDEX deployment_site_member ON deployment_site USING btree (member_id);

CREATE INDEX event_backbone ON event USING btree (backbone_id, "position") WHERE (backbone_id IS NOT NULL);

CREATE INDEX event_network ON event USING btree (network_id, "position") WHERE (network_id IS NOT NULL);

CREATE INDEX event_object ON event USING btree (object_id, "position") WHERE (object_id IS NOT NULL);

CREATE INDEX flow_network ON flow USING btree (network_id, "position");

CREATE INDEX group_member_subject ON group_member USING btree (subject_id);

CREATE INDEX idempotency_key_created ON idempotency_key USING btree (created);

CREATE INDEX invitation_class_class ON invitation_class USING btree (network_id, class);

CREATE INDEX library_document_created ON library_document USING btree (created, id);

CREATE INDEX library_interface_type ON library_interface USING btree (type, role);

CREATE INDEX link_backbone ON link USING btree (backbone_id);

CREATE INDEX link_to_site ON link USING btree (to_site, to_access_point);

CREATE UNIQUE INDEX listener_class_bind_key ON listener USING btree (network_id, class, bind) WHERE (class IS NOT NULL);

CREATE UNIQUE INDEX listener_site_bind_key ON listener USING btree (network_id, site_id, bind) WHERE (site_id IS NOT NULL);

CREATE UNIQUE INDEX manifest_set_member_backbone_key ON manifest_set_member USING btree (backbone_id) WHERE (num_nonnulls(backbone_site_id, link_id) = 0);

CREATE INDEX manifest_set_member_in_backbone ON manifest_set_member USING btree (backbone_id);

CREATE INDEX manifest_set_member_in_network ON manifest_set_member USING btree (network_id);

CREATE UNIQUE INDEX manifest_set_member_network_key ON manifest_set_member USING btree (network_id) WHERE (num_nonnulls(invitation_id, listener_id, connector_id, address, deployment_id) = 0);

CREATE INDEX manifest_set_member_of_set ON manifest_set_member USING btree (set_name);

CREATE INDEX member_class_class ON member_class USING btree (network_id, class);

CREATE INDEX member_invitation ON member USING btree (invitation_id);

CREATE UNIQUE INDEX member_key_digest_key ON member USING btree (network_id, key_digest) WHERE (state = ANY (ARRAY['waiting'::text, 'member'::text]));

CREATE UNIQUE INDEX member_name_key ON member USING btree (network_id, name) WHERE (state = ANY (ARRAY['waiting'::text, 'member'::text]));

CREATE INDEX member_page ON member USING btree (network_id, created, id);

CREATE INDEX member_waiting ON member USING btree (invitation_id) WHERE (state = 'waiting'::text);

CREATE INDEX network_backbone ON network USING btree (backbone_id);

CREATE INDEX network_owner ON network USING btree (owner);

CREATE INDEX network_page ON network USING btree (created, id);

CREATE INDEX passcode_look_invitation ON passcode_look USING btree (invitation_id);

CREATE INDEX quota_page ON quota USING btree (created, id);

CREATE INDEX release_created ON release USING btree (created, id);

CREATE INDEX release_document_document ON release_document USING btree (document_id);

CREATE INDEX release_name ON release USING btree (name, created);

CREATE INDEX secret_created ON secret USING btree (created, id);

CREATE INDEX sign_in_created ON sign_in USING btree (created);

CREATE INDEX sign_in_subject ON sign_in USING btree (subject_id, created);

CREATE INDEX site_status_controller ON site_status USING btree (controller_id) WHERE (controller_id IS NOT NULL);

CREATE INDEX subject_group_page ON subject_group USING btree (created, id);

CREATE INDEX subject_page ON subject USING btree (created, id);

CREATE INDEX trust_denial_backbone ON trust_denial USING btree (backbone_id);

CREATE INDEX trust_denial_network ON trust_denial USING btree (network_id) WHERE (network_id IS NOT NULL);

CREATE TRIGGER event_cut_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON event_cut FOR EACH STATEMENT EXECUTE FUNCTION event_is_append_only();

CREATE TRIGGER event_is_append_only BEFORE UPDATE OR TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION event_is_append_only();

CREATE TRIGGER event_leaves_by_cut AFTER DELETE ON event REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION event_leaves_by_cut();

CREATE TRIGGER library_document_is_immutable BEFORE UPDATE ON library_document FOR EACH ROW EXECUTE FUNCTION content_is_immutable();

CREATE TRIGGER release_is_immutable BEFORE UPDATE ON release FOR EACH ROW EXECUTE FUNCTION content_is_immutable();

ALTER TABLE ONLY access_grant
    ADD CONSTRAINT access_grant_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES backbone(id) ON DELETE CASCADE;

ALTER TABLE ONLY access_grant
    ADD CONSTRAINT access_grant_group_fkey FOREIGN KEY (group_id) REFERENCES subject_group(id) ON DELETE CASCADE;

ALTER TABLE ONLY access_grant
    ADD CONSTRAINT access_grant_network_id_fkey FOREIGN KEY (network_id) REFERENCES network(id) ON DELETE CASCADE;

ALTER TABLE ONLY access_grant
    ADD CONSTRAINT access_grant_subject_fkey FOREIGN KEY (subject_id) REFERENCES subject(id) ON DELETE CASCADE;

ALTER TABLE ONLY access_point
    ADD CONSTRAINT access_point_site_id_fkey FOREIGN KEY (site_id) REFERENCES backbone_site(id) ON DELETE CASCADE;

ALTER TABLE ONLY address_policy
    ADD CONSTRAINT address_policy_network_id_fkey FOREIGN KEY (network_id) REFERENCES network(id) ON DELETE CASCADE;

ALTER TABLE ONLY api_token
    ADD CONSTRAINT api_token_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES backbone(id) ON DELETE CASCADE;

ALTER TABLE ONLY api_token
    ADD CONSTRAINT api_token_network_id_fkey FOREIGN KEY (network_id) REFERENCES network(id) ON DELETE CASCADE;

ALTER TABLE ONLY api_token
    ADD CONSTRAINT api_token_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES subject(id) ON DELETE CASCADE;

ALTER TABLE ONLY authority
    ADD CONSTRAINT authority_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES backbone(id) ON DELETE CASCADE;

ALTER TABLE ONLY authority
    ADD CONSTRAINT authority_issuer_fkey FOREIGN KEY (issuer) REFERENCES authority(id) ON DELETE SET NULL;

ALTER TABLE ONLY authority
    ADD CONSTRAINT authority_network_id_fkey FOREIGN KEY (network_id) REFERENCES network(id) ON DELETE CASCADE;

ALTER TABLE ONLY backbone_site
    ADD CONSTRAINT backbone_site_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES backbone(id);

ALTER TABLE ONLY certificate
    ADD CONSTRAINT certificate_issuer_fkey FOREIGN KEY (issuer) REFERENCES authority(id) ON DELETE CASCADE;

ALTER TABLE ONLY certificate
    ADD CONSTRAINT certificate_superseded_by_fkey FOREIGN KEY (superseded_by) REFERENCES certificate(id) ON DELETE SET NULL;

ALTER TABLE ONLY connector
    ADD CONSTRAINT connector_class_fkey FOREIGN KEY (network_id, class) REFERENCES site_class(network_id, name);

ALTER TABLE ONLY connector
    ADD CONSTRAINT connector_network_id_fkey FOREIGN KEY (network_id) REFERENCES network(id) ON DELETE CASCADE;

ALTER TABLE ONLY connector
    ADD CONSTRAINT connector_site_fkey FOREIGN KEY (network_id, site_id) REFERENCES member(network_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY credential
    ADD CONSTRAINT credential_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES subject(id) ON DELETE CASCADE;

ALTER TABLE ONLY deployment
    ADD CONSTRAINT deployment_network_id_fkey FOREIGN KEY (network_id) REFERENCES network(id) ON DELETE CASCADE;

ALTER TABLE ONLY deployment
    ADD CONSTRAINT deployment_release_id_fkey FOREIGN KEY (release_id) REFERENCES release(id);

ALTER TABLE ONLY deployment_site
    ADD CONSTRAINT deployment_site_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployment(id) ON DELETE CASCADE;

ALTER TABLE ONLY deployment_site
    ADD CONSTRAINT deployment_site_member_id_fkey FOREIGN KEY (member_id) REFERENCES member(id) ON DELETE CASCADE;

ALTER TABLE ONLY enrolment_alarm
    ADD CONSTRAINT enrolment_alarm_site_id_fkey FOREIGN KEY (site_id) REFERENCES backbone_site(id) ON DELETE CASCADE;

ALTER TABLE ONLY flow
    ADD CONSTRAINT flow_network_id_fkey FOREIGN KEY (network_id) REFERENCES network(id) ON DELETE CASCADE;

ALTER TABLE ONLY group_member
    ADD CONSTRAINT group_member_group_id_fkey FOREIGN KEY (group_id) REFERENCES subject_group(id) ON DELETE CASCADE;

ALTER TABLE ONLY group_member
    ADD CONSTRAINT group_member_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES subject(id) ON DELETE CASCADE;

ALTER TABLE ONLY invitation_class
    ADD CONSTRAINT invitation_class_class_fkey FOREIGN KEY (network_id, class) REFERENCES site_class(network_id, name);

ALTER TABLE ONLY invitation_class
    ADD CONSTRAINT invitation_class_invitation_fkey FOREIGN KEY (network_id, invitation_id) REFERENCES invitation(network_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY invitation
    ADD CONSTRAINT invitation_network_id_fkey FOREIGN KEY (network_id) REFERENCES network(id) ON DELETE CASCADE;

ALTER TABLE ONLY key_tombstone
    ADD CONSTRAINT key_tombstone_network_id_fkey FOREIGN KEY (network_id) REFERENCES network(id) ON DELETE CASCADE;

ALTER TABLE ONLY library_interface
    ADD CONSTRAINT library_interface_document_id_fkey FOREIGN KEY (document_id) REFERENCES library_document(id) ON DELETE CASCADE;

ALTER TABLE ONLY library_reference
    ADD CONSTRAINT library_reference_document_id_fkey FOREIGN KEY (document_id) REFERENCES library_document(id) ON DELETE CASCADE;

ALTER TABLE ONLY link
    ADD CONSTRAINT link_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES backbone(id);

ALTER TABLE ONLY link
    ADD CONSTRAINT link_from_site_fkey FOREIGN KEY (backbone_id, from_site) REFERENCES backbone_site(backbone_id, id);

ALTER TABLE ONLY link
    ADD CONSTRAINT link_to_access_point_fkey FOREIGN KEY (to_site, to_access_point) REFERENCES access_point(site_id, id);

ALTER TABLE ONLY link
    ADD CONSTRAINT link_to_site_fkey FOREIGN KEY (backbone_id, to_site) REFERENCES backbone_site(backbone_id, id);

ALTER TABLE ONLY listener
    ADD CONSTRAINT listener_class_fkey FOREIGN KEY (network_id, class) REFERENCES site_class(network_id, name);

ALTER TABLE ONLY listener
    ADD CONSTRAINT listener_network_id_fkey FOREIGN KEY (network_id) REFERENCES network(id) ON DELETE CASCADE;

ALTER TABLE ONLY listener
    ADD CONSTRAINT listener_site_fkey FOREIGN KEY (network_id, site_id) REFERENCES member(network_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_address_fkey FOREIGN KEY (network_id, address) REFERENCES address_policy(network_id, address) ON DELETE CASCADE;

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES backbone(id) ON DELETE CASCADE;

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_backbone_site_id_fkey FOREIGN KEY (backbone_site_id) REFERENCES backbone_site(id) ON DELETE CASCADE;

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_connector_id_fkey FOREIGN KEY (connector_id) REFERENCES connector(id) ON DELETE CASCADE;

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployment(id) ON DELETE CASCADE;

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_invitation_id_fkey FOREIGN KEY (invitation_id) REFERENCES invitation(id) ON DELETE CASCADE;

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_link_id_fkey FOREIGN KEY (link_id) REFERENCES link(id) ON DELETE CASCADE;

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listener(id) ON DELETE CASCADE;

ALTER TABLE ONLY manifest_set_member
    ADD CONSTRAINT manifest_set_member_network_id_fkey FOREIGN KEY (network_id) REFERENCES network(id) ON DELETE CASCADE;

ALTER TABLE ONLY member_class
    ADD CONSTRAINT member_class_class_fkey FOREIGN KEY (network_id, class) REFERENCES site_class(network_id, name);

ALTER TABLE ONLY member_class
    ADD CONSTRAINT member_class_member_fkey FOREIGN KEY (network_id, member_id) REFERENCES member(network_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY member
    ADD CONSTRAINT member_invitation_id_fkey FOREIGN KEY (invitation_id) REFERENCES invitation(id) ON DELETE SET NULL;

ALTER TABLE ONLY member
    ADD CONSTRAINT member_network_id_fkey FOREIGN KEY (network_id) REFERENCES network(id) ON DELETE CASCADE;

ALTER TABLE ONLY network
    ADD CONSTRAINT network_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES backbone(id);

ALTER TABLE ONLY passcode_look
    ADD CONSTRAINT passcode_look_invitation_id_fkey FOREIGN KEY (invitation_id) REFERENCES invitation(id) ON DELETE CASCADE;

ALTER TABLE ONLY quota
    ADD CONSTRAINT quota_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES backbone(id) ON DELETE CASCADE;

ALTER TABLE ONLY quota
    ADD CONSTRAINT quota_network_id_fkey FOREIGN KEY (network_id) REFERENCES network(id) ON DELETE CASCADE;

ALTER TABLE ONLY quota
    ADD CONSTRAINT quota_subject_fkey FOREIGN KEY (subject_id) REFERENCES subject(id) ON DELETE CASCADE;

ALTER TABLE ONLY release_document
    ADD CONSTRAINT release_document_document_id_fkey FOREIGN KEY (document_id) REFERENCES library_document(id);

ALTER TABLE ONLY release_document
    ADD CONSTRAINT release_document_release_id_fkey FOREIGN KEY (release_id) REFERENCES release(id) ON DELETE CASCADE;

ALTER TABLE ONLY secret
    ADD CONSTRAINT secret_network_id_fkey FOREIGN KEY (network_id) REFERENCES network(id) ON DELETE CASCADE;

ALTER TABLE ONLY sign_in
    ADD CONSTRAINT sign_in_subject_id_fkey FOREIGN KEY (subject_id) REFERENCES subject(id) ON DELETE CASCADE;

ALTER TABLE ONLY site_class
    ADD CONSTRAINT site_class_network_id_fkey FOREIGN KEY (network_id) REFERENCES network(id) ON DELETE CASCADE;

ALTER TABLE ONLY site_status
    ADD CONSTRAINT site_status_backbone_site_id_fkey FOREIGN KEY (backbone_site_id) REFERENCES backbone_site(id) ON DELETE CASCADE;

ALTER TABLE ONLY site_status
    ADD CONSTRAINT site_status_member_id_fkey FOREIGN KEY (member_id) REFERENCES member(id) ON DELETE CASCADE;

ALTER TABLE ONLY trust_denial
    ADD CONSTRAINT trust_denial_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES backbone(id) ON DELETE CASCADE;

ALTER TABLE ONLY trust_document
    ADD CONSTRAINT trust_document_backbone_id_fkey FOREIGN KEY (backbone_id) REFERENCES backbone(id) ON DELETE CASCADE;

