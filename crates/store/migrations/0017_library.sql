-- The library: interface types, blocks and applications, in versions that never change; and the releases built of them.

-- Grows with every change of the library. Whoever changes it holds this row, and so finds the library as it was judged.
CREATE TABLE library (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    generation bigint  NOT NULL CHECK (generation >= 0)
);

INSERT INTO library (generation) VALUES (0);

COMMENT ON TABLE library IS 'How often the library was changed. One row.';

CREATE FUNCTION content_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is in the library never changes' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TABLE library_document (
    id          uuid        PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind IN ('interface-type', 'block', 'application')),
    name        text        NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    -- A semantic version.
    version     text        NOT NULL CHECK (version ~ '^[0-9]+\.[0-9]+\.[0-9]+' AND length(version) <= 256),
    -- SHA-256 of the canonical document.
    digest      bytea       NOT NULL CHECK (octet_length(digest) = 32),
    description text        NOT NULL,
    -- Of blocks: what they may be connected to, and how they are placed; what they extend merged into it.
    block_type  text        CHECK (block_type IN ('component', 'connector', 'mixed', 'ingress', 'egress', 'toplevel')),
    -- The document in its canonical form, and as it was authored.
    document    text        NOT NULL,
    source      text        NOT NULL,
    created     timestamptz NOT NULL,
    CONSTRAINT library_document_version_key UNIQUE (kind, name, version),
    CHECK ((block_type IS NOT NULL) = (kind = 'block'))
);

CREATE INDEX library_document_created ON library_document (created, id);

CREATE TRIGGER library_document_is_immutable BEFORE UPDATE ON library_document
    FOR EACH ROW EXECUTE FUNCTION content_is_immutable();

COMMENT ON TABLE library_document IS 'One version of an interface type, a block or an application.';

-- To be searched by. Of interface types: their roles.
CREATE TABLE library_interface (
    document_id uuid NOT NULL REFERENCES library_document ON DELETE CASCADE,
    interface   text NOT NULL CHECK (interface <> ''),
    type        text NOT NULL CHECK (type <> ''),
    role        text NOT NULL CHECK (role <> ''),
    PRIMARY KEY (document_id, interface)
);

CREATE INDEX library_interface_type ON library_interface (type, role);

COMMENT ON TABLE library_interface IS 'What blocks can be linked by.';

-- What documents name. Which version that is follows from the versions there are.
CREATE TABLE library_reference (
    document_id uuid NOT NULL REFERENCES library_document ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('interface-type', 'block')),
    reference   text NOT NULL CHECK (reference <> ''),
    PRIMARY KEY (document_id, kind, reference)
);

COMMENT ON TABLE library_reference IS 'The names and ranges of versions by which documents name others.';

CREATE TABLE release (
    id        uuid        PRIMARY KEY,
    -- Of the application.
    name      text        NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    version   text        NOT NULL CHECK (version ~ '^[0-9]+\.[0-9]+\.[0-9]+' AND length(version) <= 256),
    -- SHA-256 of the document. The name is part of it.
    digest    bytea       NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    -- In its canonical form.
    document  text        NOT NULL,
    instances integer     NOT NULL CHECK (instances >= 0),
    created   timestamptz NOT NULL
);

CREATE INDEX release_created ON release (created, id);
CREATE INDEX release_name ON release (name, created);

CREATE TRIGGER release_is_immutable BEFORE UPDATE ON release
    FOR EACH ROW EXECUTE FUNCTION content_is_immutable();

COMMENT ON TABLE release IS 'An application, built: named by its content.';

CREATE TABLE release_document (
    release_id  uuid NOT NULL REFERENCES release ON DELETE CASCADE,
    document_id uuid NOT NULL REFERENCES library_document,
    PRIMARY KEY (release_id, document_id)
);

CREATE INDEX release_document_document ON release_document (document_id);

COMMENT ON TABLE release_document IS 'Which documents of the library a release was built of.';
