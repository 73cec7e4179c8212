-- Whoever changes several streams at once takes them in the order of their ids: the beginning of one here,
-- what was heard and hand-overs in api/playback. In orders of their own two could wait for each other,
-- and the one that the database then ends let a stream begin that was one too many.

CREATE OR REPLACE FUNCTION segue_playback_begin(new_id bigint, who bigint, login bigint, its_id text, its_name text,
    song bigint, songs bigint[], most int, silent_s int, take_over boolean)
RETURNS TABLE (outcome text, session bigint, name text)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    alive timestamptz := clock_timestamp() - make_interval(secs => silent_s);
    others int;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('segue_playback', who));
    PERFORM FROM playback_sessions p WHERE p.user_id = who AND p.ended_at IS NULL
        ORDER BY p.playback_id FOR NO KEY UPDATE;
    SELECT count(*) INTO others FROM playback_sessions p
        WHERE p.user_id = who AND p.ended_at IS NULL AND p.heard_at > alive AND p.device_id <> its_id;
    IF others >= most AND NOT take_over THEN
        RETURN QUERY SELECT 'busy', p.playback_id, p.device FROM playback_sessions p
            WHERE p.user_id = who AND p.ended_at IS NULL AND p.heard_at > alive AND p.device_id <> its_id
            ORDER BY p.started_at LIMIT 20;
        RETURN;
    END IF;
    FOR session, name IN
        UPDATE playback_sessions p SET ended_at = clock_timestamp()
        WHERE p.playback_id IN (SELECT o.playback_id FROM playback_sessions o
                WHERE o.user_id = who AND o.ended_at IS NULL AND o.device_id <> its_id
                ORDER BY o.heard_at > alive DESC, o.started_at DESC OFFSET most - 1)
            OR (p.user_id = who AND p.ended_at IS NULL AND p.device_id = its_id AND p.login_id NOT IN (0, login))
        RETURNING p.playback_id, p.device
    LOOP
        outcome := 'ended';
        PERFORM segue_playback_tell(who, 'ended', jsonb_build_object('session_id', session, 'why', 'taken-over'));
        RETURN NEXT;
    END LOOP;
    UPDATE playback_sessions p SET song_id = song, login_id = login, heard_at = clock_timestamp(),
        told_at = clock_timestamp(), position_ms = 0, state = 'playing', device = its_name,
        queue = coalesce(songs, p.queue)
        WHERE p.user_id = who AND p.device_id = its_id AND p.ended_at IS NULL
        RETURNING p.playback_id INTO session;
    IF session IS NULL THEN
        INSERT INTO playback_sessions (playback_id, user_id, login_id, device_id, device, song_id, queue)
            VALUES (new_id, who, login, its_id, its_name, song, coalesce(songs, '{}'));
        session := new_id;
    END IF;
    outcome := 'begun';
    name := its_name;
    PERFORM segue_playback_tell(who, 'now', jsonb_build_object('session_id', session, 'device_id', its_id,
        'device', its_name, 'song_id', song, 'state', 'playing', 'position_ms', 0));
    RETURN NEXT;
END $$;
