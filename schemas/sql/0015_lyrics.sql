-- Lyrics: which times they have, where they come from; bounded; followed by the index.
--
-- lines: [{start_time, end_time, text, words: [{start_time, end_time, text}]}], times in seconds
-- and optional. Writers check each line (api/lyrics); what is cheap to check is checked here.
-- Constraints are not validated: rows that were there are read again by nobody's lock.

ALTER TABLE lyrics
    ADD COLUMN kind text NOT NULL DEFAULT 'lines' CHECK (kind IN ('plain', 'lines', 'words')),
    ADD COLUMN source text CHECK (length(source) BETWEEN 1 AND 200),   -- who says so
    ADD COLUMN instrumental boolean NOT NULL DEFAULT false,            -- nothing is sung
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD CONSTRAINT lyrics_language CHECK (language ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$'
                                          AND length(language) <= 35) NOT VALID,
    ADD CONSTRAINT lyrics_lines CHECK (jsonb_typeof(lines) = 'array'
                                       AND jsonb_array_length(lines) <= 10000) NOT VALID,
    ADD CONSTRAINT lyrics_instrumental CHECK (NOT instrumental OR lines = '[]') NOT VALID;

-- updated_at is the version that If-Match compares: it moves with every change.
CREATE FUNCTION segue_touch_lyrics() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW IS DISTINCT FROM OLD THEN
        NEW.updated_at := greatest(clock_timestamp(), OLD.updated_at + interval '1 microsecond');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lyrics_touch BEFORE UPDATE ON lyrics FOR EACH ROW EXECUTE FUNCTION segue_touch_lyrics();

-- The primary key tells all that a delete has to.
ALTER PUBLICATION segue_catalogue ADD TABLE lyrics (song_id, language, lines);
