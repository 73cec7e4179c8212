-- Plays as players tell of them: kept once, counted, resumed, forgotten.
--
-- A play is known by its user and the event id its player gave it. Words about it (begun,
-- progress, completed, skipped) come in any order, late, and more than once; play_events holds
-- what they add up to. It goes to listening_history once it is known how it went: 30 s or half
-- of the song heard, skipped, completed, a player that does not tell, or silence for a quarter
-- of an hour. So charts and recommendations see a row when it means something.

ALTER TABLE listening_history
    ADD COLUMN context text,        -- what it was played from: "playlist:12"
    ADD COLUMN device  text,
    ADD COLUMN outcome text,        -- 'completed', 'skipped'; NULL: not told
    ADD COLUMN counted boolean;     -- in song_plays_daily by the API; NULL: came another way
SELECT segue_make_partitions((now() - interval '15 days')::date, 3);

-- How far each API's journal has been moved: set in the transaction of each batch, so that a
-- batch that comes again after a crash is known.
CREATE TABLE play_journals (
    journal  uuid PRIMARY KEY,
    sequence bigint NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT now()
);

-- By weeks, of which the last three are kept: an event id is remembered for 14 to 21 days.
CREATE TABLE play_events (
    era        integer NOT NULL,    -- week since 1970 in which it was first heard of
    user_id    bigint NOT NULL,
    event_id   uuid NOT NULL,
    song_id    bigint NOT NULL,
    played_at  timestamptz NOT NULL,
    begun      boolean NOT NULL,    -- played_at is as told; false: reckoned from a later word
    told_at    timestamptz NOT NULL,
    played_s   integer,             -- heard; NULL: its player does not tell
    outcome    text,
    history_id bigint,              -- NULL: not in listening_history yet
    counted    boolean NOT NULL,
    settled    boolean NOT NULL,    -- listening_history has all that is here
    forgotten  boolean NOT NULL DEFAULT false,
    region     char(2),
    source     text NOT NULL,
    context    text,
    device     text,
    PRIMARY KEY (era, user_id, event_id)
) PARTITION BY LIST (era);
CREATE INDEX play_events_unsettled ON play_events (told_at) WHERE NOT settled;
CREATE INDEX play_events_open ON play_events (user_id, played_at DESC)
    WHERE history_id IS NULL AND NOT forgotten;

CREATE FUNCTION segue_play_era() RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT (extract(epoch FROM now())::bigint / 604800)::integer
$$;

-- The weeks' partitions, to the next one; drops those that are over.
CREATE FUNCTION segue_make_play_eras() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    this integer := segue_play_era();
    part record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('segue play eras'));
    FOR i IN this - 2 .. this + 1 LOOP
        CONTINUE WHEN to_regclass('play_events_' || i) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I PARTITION OF play_events FOR VALUES IN (%s) WITH (fillfactor = 85)',
                       'play_events_' || i, i);
    END LOOP;
    FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'play_events'::regclass AND c.relname ~ '^play_events_\d+$'
                  AND substring(c.relname FROM '\d+$')::integer < this - 2 LOOP
        EXECUTE format('DROP TABLE %I', part.relname);
    END LOOP;
    IF to_regclass(segue_partition_name((now() - interval '15 days')::date)) IS NULL THEN
        PERFORM segue_make_partitions((now() - interval '15 days')::date, 3);
    END IF;
    DELETE FROM play_journals WHERE moved_at < now() - interval '1 year';
END $$;
SELECT segue_make_play_eras();

-- What is still to be added to song_plays_daily and songs.play_count: a song's row, and with it
-- its document in the index, changes about once a minute at most.
CREATE TABLE play_deltas (
    song_id bigint NOT NULL,
    day     date NOT NULL,
    region  char(2) NOT NULL,
    plays   bigint NOT NULL
);
CREATE TABLE play_roll_ups (rolled_at timestamptz NOT NULL);
INSERT INTO play_roll_ups VALUES ('epoch');

-- Where in a song somebody stopped. 0: at its end.
CREATE TABLE play_positions (
    user_id    bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    song_id    bigint NOT NULL,
    position_s integer NOT NULL CHECK (position_s >= 0),
    device     text,
    context    text,
    told_at    timestamptz NOT NULL,
    PRIMARY KEY (user_id, song_id)
);
CREATE INDEX play_positions_recent ON play_positions (user_id, told_at DESC) WHERE position_s > 0;
CREATE INDEX play_positions_old ON play_positions (told_at);

CREATE TABLE play_contexts (
    user_id   bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    context   text NOT NULL,
    played_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, context)
);
CREATE INDEX play_contexts_recent ON play_contexts (user_id, played_at DESC);
CREATE INDEX play_contexts_old ON play_contexts (played_at);

-- Listens that other players submitted and no song is known for yet.
CREATE TABLE listens (
    listen_id      bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    user_id        bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    listen_key     uuid NOT NULL,       -- of time and names: the same listen has the same
    listened_at    timestamptz NOT NULL,
    artist         text NOT NULL,
    track          text NOT NULL,
    release        text,
    recording_mbid text,
    isrc           text,
    external_id    text,
    song_id        bigint,              -- as the player says
    duration_s     integer,
    player         text,
    tries          integer NOT NULL DEFAULT 0,
    try_at         timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, listen_key)
);
CREATE INDEX listens_try ON listens (try_at);
CREATE INDEX listens_recent ON listens (user_id, listened_at DESC);

-- Long-lived tokens of players: what is kept is the SHA-256 of 122 random bits.
CREATE TABLE user_tokens (
    token_id     bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    user_id      bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    token_hash   bytea NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz
);
CREATE INDEX user_tokens_user ON user_tokens (user_id);

-- By which listens find their song; no song has an ISRC yet, it is made at once.
CREATE INDEX IF NOT EXISTS songs_isrc_find ON songs (isrc) WHERE isrc IS NOT NULL;

-- A session that takes plays calls this once, and plans by index: its tables are small.
CREATE FUNCTION segue_begin_plays() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET jit = off;
    CREATE TEMP TABLE batch_plays (
        user_id bigint, event_id uuid, song_id bigint, played_at timestamptz, begun boolean,
        told_at timestamptz, played_s integer, outcome text, position_s integer, region char(2),
        source text, context text, device text) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE batch_found (
        user_id bigint, event_id uuid, song_id bigint, played_at timestamptz, begun boolean,
        told_at timestamptz, played_s integer, outcome text, position_s integer, region char(2),
        source text, context text, device text,
        duration_s integer, era integer, old_history bigint, old_played_at timestamptz,
        was_counted boolean, due boolean, counts boolean, news boolean, history_id bigint) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE batch_listens (
        user_id bigint, listen_key uuid, listened_at timestamptz, artist text, track text,
        release text, recording_mbid text, isrc text, external_id text, song_id bigint,
        duration_s integer, player text) ON COMMIT DELETE ROWS;
END $$;

-- What the words of batch_plays, one row a play, and what is known of it add up to.
CREATE FUNCTION segue_find_plays(late interval) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    eras integer[] := ARRAY[segue_play_era(), segue_play_era() - 1, segue_play_era() - 2];
BEGIN
    INSERT INTO batch_found
        SELECT w.user_id, w.event_id, w.song_id, w.played_at, w.begun, w.told_at, w.heard,
               w.outcome, w.position_s, w.region, w.source, w.context, w.device, w.duration_s,
               w.era, w.old_history, w.old_played_at, w.was_counted, d.due,
               (w.heard IS NULL OR w.heard >= w.enough) AND (w.was_counted OR w.played_at >= now() - late),
               w.news, coalesce(w.old_history, CASE WHEN d.due THEN
                   nextval('listening_history_history_id_seq') END)
        FROM (
            SELECT b.user_id, b.event_id, b.song_id,
                   CASE WHEN p.begun OR p.history_id IS NOT NULL AND NOT b.begun THEN p.played_at
                        WHEN b.begun OR p.era IS NULL THEN b.played_at
                        ELSE least(b.played_at, p.played_at) END AS played_at,
                   p.played_at AS old_played_at,
                   b.begun OR coalesce(p.begun, false) AS begun,
                   greatest(b.told_at, p.told_at) AS told_at,
                   CASE least(b.outcome, p.outcome) -- 'completed' before 'skipped'
                        WHEN 'completed' THEN coalesce(greatest(b.played_s, p.played_s), s.duration_s)
                        WHEN 'skipped' THEN coalesce(greatest(b.played_s, p.played_s), 0)
                        ELSE greatest(b.played_s, p.played_s) END AS heard,
                   least(b.outcome, p.outcome) AS outcome, b.position_s,
                   coalesce(p.region, b.region, u.country) AS region,
                   CASE WHEN b.begun AND NOT coalesce(p.begun, false) OR p.era IS NULL THEN b.source
                        ELSE p.source END AS source,
                   coalesce(p.context, b.context) AS context,
                   coalesce(p.device, b.device) AS device, s.duration_s,
                   p.era, p.history_id AS old_history, coalesce(p.counted, false) AS was_counted,
                   p.outcome IS DISTINCT FROM least(b.outcome, p.outcome)
                   OR b.begun AND NOT p.begun AS news,
                   least(30, ceil(s.duration_s / 2.0)) AS enough
            FROM batch_plays b
            JOIN users u ON u.user_id = b.user_id
            JOIN songs s ON s.song_id = b.song_id
            LEFT JOIN play_events p ON p.era = ANY (eras) AND p.user_id = b.user_id
                AND p.event_id = b.event_id
            WHERE p.era IS NULL OR (NOT p.forgotten AND p.song_id = b.song_id)
        ) w, LATERAL (SELECT w.heard IS NULL OR w.outcome IS NOT NULL OR w.heard >= w.enough) d(due);
END $$;

-- Counts nobody's plays beyond a rate: of one song, and of all, in an hour of played_at. The
-- excess stays in history. Held back: how many.
CREATE FUNCTION segue_hold_back_plays(song_limit integer, user_limit integer) RETURNS bigint
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
                               count(*) FILTER (WHERE h.song_id = n.song_id) AS by_song
                        FROM listening_history h
                        WHERE h.user_id = n.user_id AND h.played_at >= n.hour
                          AND h.played_at < n.hour + interval '1 hour' AND h.counted) had) o
    WHERE o.over AND f.user_id = o.user_id AND f.event_id = o.event_id;
    GET DIAGNOSTICS held = ROW_COUNT;
    RETURN held;
END $$;

-- Where people are in songs, and what they played from.
CREATE FUNCTION segue_place_plays() RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO play_positions AS p (user_id, song_id, position_s, device, context, told_at)
        SELECT DISTINCT ON (user_id, song_id) user_id, song_id,
               CASE WHEN outcome = 'completed' OR position_s >= duration_s - 10 THEN 0
                    ELSE coalesce(position_s, 0) END, device, context, told_at
        FROM batch_found WHERE position_s IS NOT NULL OR outcome = 'completed'
        ORDER BY user_id, song_id, told_at DESC
        ON CONFLICT (user_id, song_id) DO UPDATE SET position_s = excluded.position_s,
            device = excluded.device, context = excluded.context, told_at = excluded.told_at
        WHERE p.told_at <= excluded.told_at;
    INSERT INTO play_contexts AS c (user_id, context, played_at)
        SELECT user_id, context, max(played_at) FROM batch_found WHERE context IS NOT NULL
        GROUP BY user_id, context ORDER BY user_id, context
        ON CONFLICT (user_id, context) DO UPDATE SET played_at = excluded.played_at
        WHERE c.played_at < excluded.played_at;
END $$;

-- Takes batch_plays. How many plays are new, how many rows were of songs or users that are not
-- there, and how many were not counted for their rate.
CREATE FUNCTION segue_take_plays(song_limit integer, user_limit integer, late interval,
                                 OUT new_plays bigint, OUT unknown bigint, OUT held_back bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM segue_find_plays(late);
    SELECT (SELECT count(*) FROM batch_plays b
            WHERE NOT EXISTS (SELECT FROM songs s WHERE s.song_id = b.song_id)
               OR NOT EXISTS (SELECT FROM users u WHERE u.user_id = b.user_id))
    INTO unknown WHERE (SELECT count(*) FROM batch_plays) <> (SELECT count(*) FROM batch_found);
    unknown := coalesce(unknown, 0);
    held_back := segue_hold_back_plays(song_limit, user_limit);
    INSERT INTO play_events (era, user_id, event_id, song_id, played_at, begun, told_at, played_s,
                             outcome, history_id, counted, settled, region, source, context, device)
        SELECT segue_play_era(), user_id, event_id, song_id, played_at, begun, told_at, played_s,
               outcome, history_id, counts AND due, due, region, source,
               CASE WHEN NOT due THEN context END, CASE WHEN NOT due THEN device END
        FROM batch_found WHERE era IS NULL ORDER BY user_id, event_id;
    GET DIAGNOSTICS new_plays = ROW_COUNT;
    UPDATE play_events p SET played_at = f.played_at, begun = f.begun, told_at = f.told_at,
           played_s = f.played_s, outcome = f.outcome, history_id = f.history_id,
           counted = f.counts AND f.due,
           settled = CASE WHEN f.old_history IS NULL THEN f.due
                          ELSE f.news OR f.counts <> f.was_counted
                               OR p.settled AND p.played_s IS NOT DISTINCT FROM f.played_s END,
           source = f.source, context = CASE WHEN NOT f.due THEN f.context END,
           device = CASE WHEN NOT f.due THEN f.device END
        FROM batch_found f
        WHERE f.era IS NOT NULL AND p.era = f.era AND p.user_id = f.user_id AND p.event_id = f.event_id;
    INSERT INTO listening_history (user_id, song_id, played_at, history_id, played_s, region, source,
                                   context, device, outcome, counted)
        SELECT user_id, song_id, played_at, history_id, played_s, region, source, context, device,
               outcome, counts
        FROM batch_found WHERE due AND old_history IS NULL ORDER BY user_id, played_at;
    UPDATE listening_history h SET played_s = f.played_s, outcome = f.outcome, counted = f.counts,
           played_at = f.played_at, source = f.source
        FROM batch_found f
        WHERE f.old_history IS NOT NULL AND (f.news OR f.counts <> f.was_counted)
          AND h.user_id = f.user_id AND h.played_at = f.old_played_at AND h.history_id = f.old_history;
    INSERT INTO play_deltas
        SELECT song_id, (played_at AT TIME ZONE 'UTC')::date, coalesce(region, 'ZZ'),
               sum(CASE WHEN was_counted THEN -1 ELSE 1 END)
        FROM batch_found WHERE (counts AND due) <> was_counted GROUP BY 1, 2, 3;
    PERFORM segue_place_plays();
    TRUNCATE batch_plays, batch_found;
END $$;

-- Plays whose player fell silent are as heard so far. How many rows there were, at most `most`.
CREATE FUNCTION segue_settle_plays(silence interval, most integer) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    n bigint := 0;
    p play_events;
BEGIN
    FOR p IN SELECT * FROM play_events WHERE NOT settled AND told_at < now() - silence
             ORDER BY told_at LIMIT most FOR UPDATE SKIP LOCKED LOOP
        n := n + 1;
        IF p.forgotten THEN
            UPDATE play_events SET settled = true
                WHERE era = p.era AND user_id = p.user_id AND event_id = p.event_id;
            CONTINUE;
        END IF;
        IF p.history_id IS NULL THEN
            INSERT INTO listening_history (user_id, song_id, played_at, played_s, region, source,
                                           context, device, outcome, counted)
                VALUES (p.user_id, p.song_id, p.played_at, p.played_s, p.region, p.source,
                        p.context, p.device, p.outcome, false)
                RETURNING history_id INTO p.history_id;
        ELSE
            UPDATE listening_history SET played_s = p.played_s
                WHERE user_id = p.user_id AND played_at = p.played_at AND history_id = p.history_id;
        END IF;
        UPDATE play_events SET settled = true, history_id = p.history_id, context = NULL, device = NULL
            WHERE era = p.era AND user_id = p.user_id AND event_id = p.event_id;
    END LOOP;
    RETURN n;
END $$;

-- Adds what was counted to days and songs, if that was last done `every` ago: once every a
-- minute, whatever number of APIs there are. In four parts, each committed by itself.
CREATE PROCEDURE segue_roll_up_plays(every interval) LANGUAGE plpgsql AS $$
DECLARE
    due boolean;
BEGIN
    UPDATE play_roll_ups SET rolled_at = now() WHERE rolled_at <= now() - every
        RETURNING true INTO due;
    COMMIT;
    IF due IS NULL THEN
        RETURN;
    END IF;
    FOR part IN 0 .. 3 LOOP
        WITH gone AS (
            DELETE FROM play_deltas WHERE song_id % 4 = part RETURNING *
        ), daily AS (
            INSERT INTO song_plays_daily AS d (song_id, day, region, plays)
            SELECT song_id, day, region, sum(plays) FROM gone
            GROUP BY 1, 2, 3 HAVING sum(plays) <> 0 ORDER BY 1, 2, 3
            ON CONFLICT (song_id, day, region) DO UPDATE SET plays = d.plays + excluded.plays
        )
        UPDATE songs s SET play_count = greatest(0, s.play_count + g.plays)
        FROM (SELECT song_id, sum(plays) AS plays FROM gone GROUP BY 1 HAVING sum(plays) <> 0
              ORDER BY 1) g
        WHERE s.song_id = g.song_id;
        COMMIT;
    END LOOP;
END $$;

-- What somebody wants forgotten: one entry, one song's, those of a time, or (all NULL) everything.
-- Counts, which are nobody's, stay.
CREATE FUNCTION segue_forget_plays(who bigint, entry bigint DEFAULT NULL, song bigint DEFAULT NULL,
                                   since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    everything boolean := entry IS NULL AND song IS NULL AND since IS NULL AND until IS NULL;
BEGIN
    DELETE FROM listening_history
        WHERE user_id = who AND (entry IS NULL OR history_id = entry)
          AND (song IS NULL OR song_id = song)
          AND played_at >= coalesce(since, '-infinity') AND played_at < coalesce(until, 'infinity');
    UPDATE play_events SET forgotten = true, settled = true, context = NULL, device = NULL,
           region = NULL
        WHERE user_id = who AND (entry IS NULL OR history_id = entry)
          AND (song IS NULL OR song_id = song) AND NOT forgotten
          AND played_at >= coalesce(since, '-infinity') AND played_at < coalesce(until, 'infinity');
    IF entry IS NULL THEN
        DELETE FROM listens
            WHERE user_id = who AND song IS NULL AND listened_at >= coalesce(since, '-infinity')
              AND listened_at < coalesce(until, 'infinity');
        DELETE FROM play_positions
            WHERE user_id = who AND (song IS NULL OR song_id = song)
              AND told_at >= coalesce(since, '-infinity') AND told_at < coalesce(until, 'infinity');
    END IF;
    IF everything THEN
        DELETE FROM play_contexts WHERE user_id = who;
    END IF;
END $$;

-- Listens of batch_listens wait for their song; of one user at most `most` do.
CREATE FUNCTION segue_take_listens(most integer) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    n bigint;
BEGIN
    INSERT INTO listens (user_id, listen_key, listened_at, artist, track, release, recording_mbid,
                         isrc, external_id, song_id, duration_s, player)
        SELECT DISTINCT ON (b.user_id, b.listen_key) b.* FROM batch_listens b
        JOIN users u ON u.user_id = b.user_id
        ORDER BY b.user_id, b.listen_key
        ON CONFLICT (user_id, listen_key) DO NOTHING;
    GET DIAGNOSTICS n = ROW_COUNT;
    DELETE FROM listens l USING (
        SELECT u.user_id, (SELECT o.listened_at FROM listens o WHERE o.user_id = u.user_id
                           ORDER BY o.listened_at DESC OFFSET most LIMIT 1) AS oldest
        FROM (SELECT DISTINCT user_id FROM batch_listens) u) o
        WHERE l.user_id = o.user_id AND l.listened_at <= o.oldest;
    TRUNCATE batch_listens;
    RETURN n;
END $$;

-- Songs were found for these listens: they become plays. Nothing of a listen that is there
-- already: the same second and song.
CREATE FUNCTION segue_match_listens(ids bigint[], songs bigint[], song_limit integer,
                                    user_limit integer, late interval) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    n bigint;
BEGIN
    INSERT INTO batch_plays
        SELECT l.user_id, l.listen_key, m.song_id, l.listened_at, true, l.listened_at,
               NULL, NULL, NULL, NULL, 'listenbrainz', NULL, l.player
        FROM unnest(ids, songs) m (listen_id, song_id) JOIN listens l ON l.listen_id = m.listen_id
        WHERE NOT EXISTS (SELECT FROM listening_history h
                          WHERE h.user_id = l.user_id AND h.played_at = l.listened_at
                            AND h.song_id = m.song_id);
    SELECT new_plays INTO n FROM segue_take_plays(song_limit, user_limit, late);
    DELETE FROM listens WHERE listen_id = ANY (ids);
    RETURN n;
END $$;
