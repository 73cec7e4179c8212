-- What was made of an asset's premium renditions; NULL: made before this was noted.
ALTER TABLE assets ADD COLUMN protection text CHECK (protection IN ('none', 'cenc', 'cbcs'));

-- APIs keep whether somebody may hear an asset, and hear of it by the rows of song_audio, of which
-- the old ones say which asset it was.
ALTER TABLE song_audio REPLICA IDENTITY FULL;

CREATE FUNCTION segue_audio_told() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_TABLE_NAME = 'songs' THEN
        UPDATE song_audio SET song_id = song_id WHERE song_id = NEW.song_id;
    ELSE
        UPDATE song_audio a SET song_id = a.song_id FROM songs s
            WHERE s.album_id = NEW.album_id AND a.song_id = s.song_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER songs_audio_told AFTER UPDATE OF release_date, album_id ON songs
    FOR EACH ROW WHEN ((OLD.release_date, OLD.album_id) IS DISTINCT FROM (NEW.release_date, NEW.album_id))
    EXECUTE FUNCTION segue_audio_told();
CREATE TRIGGER albums_audio_told AFTER UPDATE OF release_date ON albums
    FOR EACH ROW WHEN (OLD.release_date IS DISTINCT FROM NEW.release_date)
    EXECUTE FUNCTION segue_audio_told();
