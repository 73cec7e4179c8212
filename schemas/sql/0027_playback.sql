-- Who plays what on which device, now. Nothing of it has to survive a crash: players tell again.

CREATE UNLOGGED TABLE playback_sessions (
    playback_id bigint PRIMARY KEY,        -- random, below 2^53
    user_id     bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    login_id    bigint NOT NULL,           -- sessions.session_id
    device_id   text NOT NULL CHECK (length(device_id) BETWEEN 1 AND 64),
    device      text NOT NULL CHECK (length(device) <= 100),
    song_id     bigint NOT NULL,
    queue       bigint[] NOT NULL DEFAULT '{}',
    state       text NOT NULL DEFAULT 'playing' CHECK (state IN ('playing', 'paused')),
    position_ms integer NOT NULL DEFAULT 0,
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    heard_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at    timestamptz
) WITH (fillfactor = 50);                  -- heartbeats stay on their page
CREATE INDEX playback_sessions_user ON playback_sessions (user_id);
CREATE INDEX playback_sessions_ended ON playback_sessions (ended_at) WHERE ended_at IS NOT NULL;

-- Tells every API. Data: one JSON object, small.
CREATE FUNCTION segue_playback_tell(who bigint, event text, data jsonb) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
    SELECT pg_notify('segue_playback', who || ' ' || event || ' ' || data::text)
$$;

-- A stream begins on a device: the device's own session goes on, else there is a new one unless
-- as many others play as may (most; heard within silent_s). Rows: begun (once, unless busy), ended
-- (by take_over: the oldest), busy (those that play).
CREATE FUNCTION segue_playback_begin(new_id bigint, who bigint, login bigint, its_id text, its_name text,
    song bigint, songs bigint[], most int, silent_s int, take_over boolean)
RETURNS TABLE (outcome text, session bigint, name text)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    alive timestamptz := clock_timestamp() - make_interval(secs => silent_s);
    others int;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('segue_playback', who));
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
            WHERE o.user_id = who AND o.ended_at IS NULL AND o.heard_at > alive AND o.device_id <> its_id
            ORDER BY o.started_at LIMIT greatest(others - most + 1, 0))
        RETURNING p.playback_id, p.device
    LOOP
        outcome := 'ended';
        PERFORM segue_playback_tell(who, 'ended', jsonb_build_object('session_id', session, 'why', 'taken-over'));
        RETURN NEXT;
    END LOOP;
    UPDATE playback_sessions p SET song_id = song, login_id = login, heard_at = clock_timestamp(),
        position_ms = 0, state = 'playing', device = its_name, queue = coalesce(songs, p.queue)
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

-- Which recording a song has is kept by the APIs until it changes.
ALTER PUBLICATION segue_cache ADD TABLE song_audio;
