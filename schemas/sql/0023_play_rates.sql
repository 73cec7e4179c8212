-- What somebody has had counted in an hour is at most user_limit rows: no more are looked at,
-- however many there are that did not count.
CREATE OR REPLACE FUNCTION segue_hold_back_plays(song_limit integer, user_limit integer) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    held bigint;
BEGIN
    UPDATE batch_found f SET counts = false
    FROM (SELECT n.user_id, n.event_id,
                 had.by_song + row_number() OVER (PARTITION BY n.user_id, n.hour, n.song_id
                                                  ORDER BY n.played_at, n.event_id) > song_limit
                 OR had.by_user + row_number() OVER (PARTITION BY n.user_id, n.hour
                                                     ORDER BY n.played_at, n.event_id) > user_limit AS over
          FROM (SELECT b.user_id, b.event_id, b.song_id, b.played_at,
                       date_trunc('hour', b.played_at) AS hour
                FROM batch_found b WHERE b.counts AND NOT b.was_counted) n,
               LATERAL (SELECT count(*) AS by_user,
                               count(*) FILTER (WHERE c.song_id = n.song_id) AS by_song
                        FROM (SELECT h.song_id FROM listening_history h
                              WHERE h.user_id = n.user_id AND h.played_at >= n.hour
                                AND h.played_at < n.hour + interval '1 hour' AND h.counted
                              LIMIT user_limit) c) had) o
    WHERE o.over AND f.user_id = o.user_id AND f.event_id = o.event_id;
    GET DIAGNOSTICS held = ROW_COUNT;
    RETURN held;
END $$;
