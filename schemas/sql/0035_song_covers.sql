-- A song may have a cover of its own: it is shown where its album has none, or there is no album.

ALTER TABLE songs ADD COLUMN cover_art_url text;
ALTER TABLE picture_uses
    DROP CONSTRAINT picture_uses_kind_check,
    ADD CONSTRAINT picture_uses_kind_check CHECK (kind IN ('artist', 'album', 'song')),
    ADD COLUMN song_id bigint GENERATED ALWAYS AS (CASE kind WHEN 'song' THEN id END) STORED
               REFERENCES songs (song_id) ON DELETE CASCADE;
CREATE INDEX picture_uses_song ON picture_uses (song_id) WHERE song_id IS NOT NULL;
