-- Audio: what an upload goes through, and what is played of a song.
--
-- An asset is one recording, encoded: its files lie in the object store below audio/<asset_id>/ and
-- are never changed. A song plays when song_audio names its asset; that row is written in the
-- transaction that ends the job, so that half a song is never to be had.

ALTER TABLE uploads
    DROP CONSTRAINT uploads_status_check,
    ALTER COLUMN title DROP NOT NULL,         -- the file's own tag may give it
    ALTER COLUMN object_key DROP NOT NULL,    -- before the first byte
    ADD COLUMN filename     text NOT NULL DEFAULT '' CHECK (length(filename) <= 255),
    ADD COLUMN explicit     boolean NOT NULL DEFAULT false,
    ADD COLUMN track_no     integer CHECK (track_no > 0),
    ADD COLUMN release_date date,
    ADD COLUMN sha256       bytea CHECK (length(sha256) = 32), -- of the original, when it is whole
    ADD COLUMN declared     bigint CHECK (declared >= 0),      -- bytes told before (tus Upload-Length)
    ADD COLUMN content_key  bytea,             -- wrapped by the master key; NULL: not sealed
    ADD COLUMN facts        jsonb,             -- what the file says of itself
    ADD COLUMN stage        text NOT NULL DEFAULT '',  -- of processing, for people
    ADD COLUMN progress     smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    ADD COLUMN reason       text,              -- stable code of why it was refused or failed
    ADD COLUMN duplicate_of bigint,            -- song that sounds the same
    ADD COLUMN asset_id     uuid,
    ADD CONSTRAINT uploads_status_check CHECK (status IN
        ('receiving', 'received', 'processing', 'ready', 'failed', 'refused', 'cancelled'));
CREATE INDEX uploads_unfinished ON uploads (updated_at) WHERE status IN ('receiving', 'received', 'processing');
CREATE INDEX uploads_sha256 ON uploads (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX uploads_asset ON uploads (asset_id) WHERE asset_id IS NOT NULL;

-- The original's pieces in order, for an upload that comes in several.
CREATE TABLE upload_parts (
    upload_id  text NOT NULL REFERENCES uploads ON DELETE CASCADE,
    at         bigint NOT NULL CHECK (at >= 0), -- bytes before it
    bytes      bigint NOT NULL CHECK (bytes > 0),
    object_key text NOT NULL,
    PRIMARY KEY (upload_id, at)
);

CREATE TABLE assets (
    asset_id     uuid PRIMARY KEY,
    content_key  bytea,               -- wrapped by the master key; NULL: nothing of it is encrypted
    duration_ms  integer NOT NULL CHECK (duration_ms > 0),
    sample_rate  integer NOT NULL CHECK (sample_rate > 0), -- of the original
    channels     smallint NOT NULL CHECK (channels > 0),
    codec        text NOT NULL,       -- of the original
    loudness     real,                -- LUFS, EBU R128 integrated; NULL: too short to tell
    loudness_range real,              -- LU
    true_peak    real NOT NULL,       -- dBTP
    tempo        real,                -- beats a minute; NULL: none was found
    musical_key  text,                -- "C# minor"
    features     real[] NOT NULL,     -- the audio vector: audio/analysis/features.h
    fingerprint  bytea NOT NULL,      -- Chromaprint, compressed
    fingerprint_terms integer[] NOT NULL, -- of it, to be looked up by: audio/fingerprint/terms.h
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX assets_fingerprint ON assets USING gin (fingerprint_terms);

-- The files that players fetch: path below audio/<asset_id>/; those below p/ are for premium.
CREATE TABLE asset_files (
    asset_id     uuid NOT NULL REFERENCES assets ON DELETE CASCADE,
    path         text NOT NULL CHECK (length(path) BETWEEN 1 AND 200),
    bytes        bigint NOT NULL CHECK (bytes >= 0),
    content_type text NOT NULL,
    sealed       boolean NOT NULL,    -- lies encrypted in the store, and goes out in the clear
    codec        text,                -- of a rendition: aac, opus, vorbis, flac
    bitrate      integer,             -- bits a second
    sha256       bytea NOT NULL CHECK (length(sha256) = 32),  -- of the clear
    PRIMARY KEY (asset_id, path)
);

-- Several songs may have one recording.
CREATE TABLE song_audio (
    song_id    bigint PRIMARY KEY REFERENCES songs (song_id) ON DELETE CASCADE,
    asset_id   uuid NOT NULL REFERENCES assets,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX song_audio_asset ON song_audio (asset_id);
