-- Songs, albums, artists and genres edited by those whose they are: versions, codes of the
-- trade, pictures.
-- Columns come with a constant default: nothing is rewritten. Constraints are not checked against
-- rows that are there, whose new columns are empty. The index over artists reads the table
-- once (about a second a million) and keeps few of its rows; writers of artists wait for it.

ALTER TABLE songs ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN isrc text, ADD COLUMN disc_no integer;
ALTER TABLE songs ADD CONSTRAINT songs_isrc CHECK (isrc ~ '^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$') NOT VALID,
    ADD CONSTRAINT songs_disc_no CHECK (disc_no BETWEEN 1 AND 1000) NOT VALID;
ALTER TABLE albums ADD COLUMN version bigint NOT NULL DEFAULT 1, ADD COLUMN upc text;
ALTER TABLE albums ADD CONSTRAINT albums_upc CHECK (upc ~ '^[0-9]{12,14}$') NOT VALID;
ALTER TABLE artists ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE genres ADD COLUMN version bigint NOT NULL DEFAULT 1;
CREATE INDEX artists_user ON artists (user_id) WHERE user_id IS NOT NULL;

-- The version moves with every edit, whoever makes it, and never with plays (as updated_at): a
-- trigger with a column list. Who edits what lies in other tables moves it by hand.
CREATE FUNCTION segue_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW IS DISTINCT FROM OLD AND NEW.version = OLD.version THEN
        NEW.version := OLD.version + 1;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER artists_version BEFORE UPDATE OF artist_id, name, user_id, image_url, bio, external_id
    ON artists FOR EACH ROW EXECUTE FUNCTION segue_version();
CREATE TRIGGER albums_version
    BEFORE UPDATE OF artist_id, album_id, title, release_date, cover_art_url, external_id, upc
    ON albums FOR EACH ROW EXECUTE FUNCTION segue_version();
CREATE TRIGGER songs_version
    BEFORE UPDATE OF artist_id, song_id, title, album_id, genre_id, duration_s, track_no, disc_no,
        release_date, explicit, external_id, isrc
    ON songs FOR EACH ROW EXECUTE FUNCTION segue_version();
CREATE TRIGGER genres_version BEFORE UPDATE OF name
    ON genres FOR EACH ROW EXECUTE FUNCTION segue_version();

-- Pictures that are kept, by the hash that names their folder, and whose they are. One that
-- nobody has any more is removed a day later: pages that were read before still show it.
CREATE TABLE pictures (
    hash       text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
    width      integer NOT NULL,
    height     integer NOT NULL,
    touched_at timestamptz NOT NULL DEFAULT now()   -- last given to somebody, or taken away
);
CREATE TABLE picture_uses (
    kind      text NOT NULL CHECK (kind IN ('artist', 'album')),
    id        bigint NOT NULL,
    hash      text NOT NULL REFERENCES pictures,
    -- The id once more, where a foreign key can see it: the use goes with its owner.
    artist_id bigint GENERATED ALWAYS AS (CASE kind WHEN 'artist' THEN id END) STORED
              REFERENCES artists ON DELETE CASCADE,
    album_id  bigint GENERATED ALWAYS AS (CASE kind WHEN 'album' THEN id END) STORED
              REFERENCES albums (album_id) ON DELETE CASCADE,
    PRIMARY KEY (kind, id)
);
CREATE INDEX picture_uses_hash ON picture_uses (hash);
CREATE INDEX picture_uses_artist ON picture_uses (artist_id) WHERE artist_id IS NOT NULL;
CREATE INDEX picture_uses_album ON picture_uses (album_id) WHERE album_id IS NOT NULL;
CREATE INDEX pictures_touched ON pictures (touched_at);
CREATE FUNCTION segue_touch_picture() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE pictures SET touched_at = now() WHERE hash = OLD.hash;
    RETURN NULL;
END $$;
CREATE TRIGGER picture_uses_gone AFTER UPDATE OF hash OR DELETE ON picture_uses
    FOR EACH ROW EXECUTE FUNCTION segue_touch_picture();

-- Whoever says an artist is theirs, until an admin decides.
CREATE TABLE artist_claims (
    artist_id  bigint NOT NULL REFERENCES artists ON DELETE CASCADE,
    user_id    bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    message    text NOT NULL DEFAULT '' CHECK (length(message) <= 1000),
    claimed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (artist_id, user_id)
);
CREATE INDEX artist_claims_user ON artist_claims (user_id);
CREATE INDEX artist_claims_in_order ON artist_claims (claimed_at, artist_id, user_id);
