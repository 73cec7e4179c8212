-- What people call songs and artists: moods, styles, places, occasions. Words of a tag
-- come to mean the songs that bear it, or whose artist does, at the next rebuild.

CREATE TABLE tags (
    kind text NOT NULL CHECK (kind IN ('song', 'artist')),
    id   bigint NOT NULL,
    tag  text NOT NULL CHECK (length(tag) BETWEEN 1 AND 100 AND tag = btrim(tag)
                              AND tag !~ '[\x01-\x1f\x7f]'),
    uses integer NOT NULL DEFAULT 1 CHECK (uses > 0), -- how many people said so
    -- The id once more, where a foreign key can see it: a tag goes with its owner.
    song_id   bigint GENERATED ALWAYS AS (CASE kind WHEN 'song' THEN id END) STORED
              REFERENCES songs (song_id) ON DELETE CASCADE,
    artist_id bigint GENERATED ALWAYS AS (CASE kind WHEN 'artist' THEN id END) STORED
              REFERENCES artists ON DELETE CASCADE,
    PRIMARY KEY (kind, id, tag)
);
CREATE INDEX tags_song ON tags (song_id) WHERE song_id IS NOT NULL;
CREATE INDEX tags_artist ON tags (artist_id) WHERE artist_id IS NOT NULL;
