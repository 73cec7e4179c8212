-- Imports: how far each file got, and the ids a file uses for its own records.

-- Committed with the batch it speaks of. A file whose size or time of change
-- differs from what was recorded starts again.
CREATE TABLE import_progress (
    source      text NOT NULL,                 -- prefix of the external ids
    path        text NOT NULL,
    size_bytes  bigint NOT NULL,
    modified_us bigint NOT NULL,
    line        bigint NOT NULL,               -- lines up to here are in
    finished    boolean NOT NULL DEFAULT false,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, path)
);

-- "source:id" as other records of a JSONL file refer to it, where the record
-- has an external id of its own (for a genre: its name).
CREATE TABLE import_keys (
    kind        text NOT NULL CHECK (kind IN ('artist', 'album', 'song', 'playlist', 'genre')),
    key         text NOT NULL,
    external_id text NOT NULL,
    PRIMARY KEY (kind, key)
);
