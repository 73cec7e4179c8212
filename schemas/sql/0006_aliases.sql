-- Other names that songs, artists and albums are found by: nicknames, initials,
-- former names, titles in other languages. A hint (a common misspelling) is
-- searched like any of them and never shown.

CREATE TABLE aliases (
    kind  text NOT NULL CHECK (kind IN ('song', 'artist', 'album')),
    id    bigint NOT NULL,
    -- Without control characters: readers join aliases by one.
    alias text NOT NULL CHECK (length(alias) BETWEEN 1 AND 200 AND alias = btrim(alias)
                               AND alias !~ '[\x01-\x1f\x7f]'),
    hint  boolean NOT NULL DEFAULT false,
    -- The id once more, where a foreign key can see it: an alias goes with its owner.
    song_id   bigint GENERATED ALWAYS AS (CASE kind WHEN 'song' THEN id END) STORED
              REFERENCES songs (song_id) ON DELETE CASCADE,
    artist_id bigint GENERATED ALWAYS AS (CASE kind WHEN 'artist' THEN id END) STORED
              REFERENCES artists ON DELETE CASCADE,
    album_id  bigint GENERATED ALWAYS AS (CASE kind WHEN 'album' THEN id END) STORED
              REFERENCES albums (album_id) ON DELETE CASCADE,
    PRIMARY KEY (kind, id, alias)
);
CREATE INDEX aliases_song ON aliases (song_id) WHERE song_id IS NOT NULL;
CREATE INDEX aliases_artist ON aliases (artist_id) WHERE artist_id IS NOT NULL;
CREATE INDEX aliases_album ON aliases (album_id) WHERE album_id IS NOT NULL;

-- At most 100 of one owner, as many as a record of the index holds. Owners are
-- locked by the remainder of their id: a bulk load must not run out of locks.
CREATE FUNCTION segue_count_aliases() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    o record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('segue aliases'), slot)
        FROM (SELECT DISTINCT (id % 64)::integer AS slot FROM added ORDER BY slot) s;
    SELECT kind, id INTO o FROM aliases
        WHERE (kind, id) IN (SELECT DISTINCT kind, id FROM added)
        GROUP BY kind, id HAVING count(*) > 100 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% % has more than 100 aliases', o.kind, o.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER aliases_count_inserted AFTER INSERT ON aliases
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION segue_count_aliases();
CREATE TRIGGER aliases_count_updated AFTER UPDATE ON aliases
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION segue_count_aliases();

-- The primary key tells all that a delete has to.
ALTER PUBLICATION segue_catalogue ADD TABLE aliases;
