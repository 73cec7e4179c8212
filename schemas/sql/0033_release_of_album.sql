-- Songs without a day of release of their own, in an album that is to come: given the album's, as
-- those are that the API makes. Imports left them without, and the search showed them.

UPDATE songs s SET release_date = a.release_date FROM albums a
    WHERE a.release_date > CURRENT_DATE AND s.album_id = a.album_id AND s.release_date IS NULL;
