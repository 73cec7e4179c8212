-- Who follows whom, what people did and who hears of it, saved albums, shares, blends, blocks,
-- reports.
--
--   act (like, follow, playlist, play, share, release)
--     | trigger, same transaction
--   activities  --> activity_outbox --> segue_fan_out --> feed        few followers: a row each
--                                                     \-> is_pulled   many: found by readers
--
-- A feed entry is only a reference: follow, block and privacy are asked when it is read, so what
-- is taken back, blocked or made private is gone from every feed at once. Bulk loads say
-- SET segue.acts = 'off' (nothing is told) or 'releases' (only new releases are).

-- Who may know what is played: friends (followed back), followers or nobody.
CREATE FUNCTION segue_share_listening(preferences jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(preferences ->> 'share_listening', 'friends')
$$;
CREATE FUNCTION segue_time_text(t timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- Follows. Of a private profile only approved ones count; anybody may ask by following.
ALTER TABLE follows ADD COLUMN approved boolean NOT NULL DEFAULT false;
CREATE INDEX follows_followers ON follows (target_kind, target_id, created_at DESC, user_id DESC);
DROP INDEX follows_target;

-- Followers counted in slots, so that many who follow one target at once do not wait in line.
CREATE TABLE follow_counts (
    target_kind text NOT NULL,
    target_id   bigint NOT NULL,
    slot        smallint NOT NULL,
    followers   bigint NOT NULL,             -- of a slot: may be below zero
    approved    bigint NOT NULL,
    PRIMARY KEY (target_kind, target_id, slot)
);
CREATE FUNCTION segue_count_follows() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO follow_counts AS c
            SELECT target_kind, target_id, pg_backend_pid() % 8, count(*),
                   count(*) FILTER (WHERE approved)
            FROM came GROUP BY 1, 2 ORDER BY 1, 2
            ON CONFLICT (target_kind, target_id, slot) DO UPDATE
                SET followers = c.followers + excluded.followers, approved = c.approved + excluded.approved;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO follow_counts AS c
            SELECT target_kind, target_id, pg_backend_pid() % 8, -count(*),
                   -count(*) FILTER (WHERE approved)
            FROM went GROUP BY 1, 2 ORDER BY 1, 2
            ON CONFLICT (target_kind, target_id, slot) DO UPDATE
                SET followers = c.followers + excluded.followers, approved = c.approved + excluded.approved;
    ELSE
        INSERT INTO follow_counts AS c
            SELECT target_kind, target_id, pg_backend_pid() % 8, sum(n), sum(a)
            FROM (SELECT target_kind, target_id, 1 AS n, approved::int AS a FROM came
                  UNION ALL SELECT target_kind, target_id, -1, -approved::int FROM went) x
            GROUP BY 1, 2 ORDER BY 1, 2
            ON CONFLICT (target_kind, target_id, slot) DO UPDATE
                SET followers = c.followers + excluded.followers, approved = c.approved + excluded.approved;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER follows_count_in AFTER INSERT ON follows REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION segue_count_follows();
CREATE TRIGGER follows_count_out AFTER DELETE ON follows REFERENCING OLD TABLE AS went
    FOR EACH STATEMENT EXECUTE FUNCTION segue_count_follows();
CREATE TRIGGER follows_count_change AFTER UPDATE ON follows
    REFERENCING OLD TABLE AS went NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION segue_count_follows();

-- For loads that let triggers rest.
CREATE FUNCTION segue_recount_follows() RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    LOCK TABLE follows IN SHARE MODE;
    DELETE FROM follow_counts;
    INSERT INTO follow_counts
        SELECT target_kind, target_id, 0, count(*), count(*) FILTER (WHERE approved)
        FROM follows GROUP BY 1, 2;
END $$;
SELECT segue_recount_follows();

CREATE FUNCTION segue_followers(kind text, id bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT greatest(coalesce(sum(followers), 0), 0)::bigint
    FROM follow_counts WHERE target_kind = kind AND target_id = id
$$;

-- Blocks hide two people from each other, whoever of them blocked.
CREATE TABLE blocks (
    user_id         bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    blocked_user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, blocked_user_id),
    CHECK (user_id <> blocked_user_id)
);
CREATE INDEX blocks_blocked ON blocks (blocked_user_id, user_id);

CREATE FUNCTION segue_blocked(a bigint, b bigint) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT FROM blocks WHERE user_id = a AND blocked_user_id = b)
        OR EXISTS (SELECT FROM blocks WHERE user_id = b AND blocked_user_id = a)
$$;
-- There is such a user, and neither has blocked the other. viewer NULL or 0: anybody.
CREATE FUNCTION segue_sees_user(viewer bigint, who bigint) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT FROM users WHERE user_id = who) AND NOT segue_blocked(viewer, who)
$$;
-- And may see what they do: themselves, a public profile, or an approved follower of a private one.
CREATE FUNCTION segue_sees_acts(viewer bigint, who bigint) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT FROM users u WHERE u.user_id = who
                   AND (u.user_id = viewer OR NOT u.private_profile
                        OR EXISTS (SELECT FROM follows f WHERE f.user_id = viewer AND f.approved
                                   AND f.target_kind = 'user' AND f.target_id = who)))
       AND NOT segue_blocked(viewer, who)
$$;

CREATE TABLE saved_albums (
    user_id    bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    album_id   bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, album_id)
);
CREATE INDEX saved_albums_newest ON saved_albums (user_id, created_at DESC, album_id DESC);
-- Liked songs are feedback: one truth for listener and recommender.
CREATE INDEX feedback_likes ON feedback (user_id, created_at DESC, target_id DESC) WHERE verdict = 'like';

-- What somebody did, or what an artist released. Acts of one kind within their bucket of time are
-- one row that grows: "liked 5 songs".
CREATE TABLE activities (
    activity_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    user_id     bigint REFERENCES users ON DELETE CASCADE,
    artist_id   bigint REFERENCES artists ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('followed', 'liked', 'playlist_made', 'playlist_updated',
                                              'played', 'shared', 'released')),
    target_kind text NOT NULL CHECK (target_kind IN ('song', 'artist', 'album', 'playlist', 'user')),
    about       bigint NOT NULL DEFAULT 0,   -- played: the artist; playlists, shares, releases: the target
    bucket      bigint NOT NULL DEFAULT 0,   -- of time; shared: the share
    items       bigint[] NOT NULL DEFAULT '{}', -- of target_kind, in the order they came
    at          timestamptz NOT NULL DEFAULT now(), -- of the first; a release's may lie ahead
    is_pulled   boolean NOT NULL DEFAULT false,
    CHECK (num_nonnulls(user_id, artist_id) = 1 AND (kind = 'released') = (artist_id IS NOT NULL)),
    UNIQUE (user_id, kind, target_kind, about, bucket)
);
CREATE INDEX activities_newest ON activities (user_id, at DESC, activity_id DESC) WHERE user_id IS NOT NULL;
CREATE INDEX activities_pulled ON activities (user_id, at DESC, activity_id DESC) WHERE is_pulled;
CREATE INDEX activities_releases ON activities (artist_id, at DESC, activity_id DESC) WHERE artist_id IS NOT NULL;
CREATE UNIQUE INDEX activities_released ON activities (target_kind, about) WHERE kind = 'released';

CREATE TABLE activity_outbox (
    activity_id bigint PRIMARY KEY REFERENCES activities ON DELETE CASCADE
);
CREATE TABLE feed (
    user_id     bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    activity_id bigint NOT NULL,             -- of one that may be gone
    PRIMARY KEY (user_id, at, activity_id)
);

CREATE FUNCTION segue_act(who bigint, what text, of_kind text, of_about bigint, in_bucket bigint,
                          item bigint) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    id bigint;
    fresh boolean;
BEGIN
    INSERT INTO activities AS a (user_id, kind, target_kind, about, bucket, items)
        VALUES (who, what, of_kind, of_about, in_bucket,
                CASE WHEN item IS NULL THEN '{}' ELSE ARRAY[item] END)
        ON CONFLICT (user_id, kind, target_kind, about, bucket) DO UPDATE
            SET items = array_append(a.items, item)
            WHERE item IS NOT NULL AND cardinality(a.items) < 100 AND item <> ALL (a.items)
        RETURNING a.activity_id, a.xmax = 0 INTO id, fresh;
    IF fresh THEN
        INSERT INTO activity_outbox VALUES (id) ON CONFLICT DO NOTHING;
    END IF;
END $$;
-- Takes one item back; an act that has none left was never done.
CREATE FUNCTION segue_unact(who bigint, what text, of_kind text, in_bucket bigint, item bigint) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
    UPDATE activities SET items = array_remove(items, item)
        WHERE user_id = who AND kind = what AND target_kind = of_kind AND about = 0
          AND bucket = in_bucket AND item = ANY (items);
    DELETE FROM activities WHERE user_id = who AND kind = what AND target_kind = of_kind AND about = 0
        AND bucket = in_bucket AND items = '{}';
$$;
CREATE FUNCTION segue_hour(t timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor(extract(epoch FROM t) / 3600)::bigint
$$;
CREATE FUNCTION segue_tells(what text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE coalesce(current_setting('segue.acts', true), '')
               WHEN 'off' THEN false WHEN 'releases' THEN what = 'releases' ELSE true END
$$;

CREATE FUNCTION segue_like_told() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.verdict = 'like' THEN
        PERFORM segue_unact(OLD.user_id, 'liked', 'song', segue_hour(OLD.created_at), OLD.target_id);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.verdict = 'like' AND NEW.created_at > now() - interval '1 day'
       AND segue_tells('likes') THEN
        PERFORM segue_act(NEW.user_id, 'liked', 'song', 0, segue_hour(NEW.created_at), NEW.target_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER feedback_told AFTER INSERT ON feedback
    FOR EACH ROW WHEN (NEW.verdict = 'like') EXECUTE FUNCTION segue_like_told();
CREATE TRIGGER feedback_changed AFTER UPDATE ON feedback
    FOR EACH ROW WHEN (OLD.verdict IS DISTINCT FROM NEW.verdict) EXECUTE FUNCTION segue_like_told();
CREATE TRIGGER feedback_taken_back AFTER DELETE ON feedback
    FOR EACH ROW WHEN (OLD.verdict = 'like') EXECUTE FUNCTION segue_like_told();

-- A follow is told when it stands; the new follower's feed begins with what was done before.
CREATE FUNCTION segue_follow_told() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM segue_unact(OLD.user_id, 'followed', OLD.target_kind, segue_hour(OLD.created_at), OLD.target_id);
        RETURN NULL;
    END IF;
    IF NOT segue_tells('follows') OR NEW.created_at < now() - interval '30 days' OR
       (NEW.target_kind = 'user' AND NOT segue_sees_acts(NEW.user_id, NEW.target_id)) THEN
        RETURN NULL;
    END IF;
    PERFORM segue_act(NEW.user_id, 'followed', NEW.target_kind, 0, segue_hour(NEW.created_at), NEW.target_id);
    IF NEW.target_kind = 'user' THEN
        INSERT INTO feed
            SELECT NEW.user_id, at, activity_id FROM activities
            WHERE user_id = NEW.target_id AND NOT is_pulled AND at > now() - interval '30 days'
            ORDER BY at DESC, activity_id DESC LIMIT 20
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER follows_told AFTER INSERT ON follows FOR EACH ROW EXECUTE FUNCTION segue_follow_told();
CREATE TRIGGER follows_approved AFTER UPDATE ON follows
    FOR EACH ROW WHEN (NEW.approved AND NOT OLD.approved) EXECUTE FUNCTION segue_follow_told();
CREATE TRIGGER follows_taken_back AFTER DELETE ON follows FOR EACH ROW EXECUTE FUNCTION segue_follow_told();

-- Imported playlists are nobody's news.
CREATE FUNCTION segue_playlist_told() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NOT NEW.is_public THEN
        DELETE FROM activities WHERE user_id = OLD.user_id AND target_kind = 'playlist'
            AND about = OLD.playlist_id AND kind IN ('playlist_made', 'playlist_updated', 'shared');
    ELSIF NOT segue_tells('playlists') OR NEW.external_id IS NOT NULL THEN
        NULL;
    ELSIF TG_OP = 'INSERT' OR NOT OLD.is_public THEN
        PERFORM segue_act(NEW.user_id, 'playlist_made', 'playlist', NEW.playlist_id, 0, NULL);
    ELSIF NEW.created_at < now() - interval '1 hour' THEN
        PERFORM segue_act(NEW.user_id, 'playlist_updated', 'playlist', NEW.playlist_id,
                          segue_hour(now()) / 24, NULL);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER playlists_told AFTER INSERT ON playlists
    FOR EACH ROW WHEN (NEW.is_public) EXECUTE FUNCTION segue_playlist_told();
CREATE TRIGGER playlists_changed AFTER UPDATE ON playlists
    FOR EACH ROW WHEN (OLD.is_public IS DISTINCT FROM NEW.is_public
                       OR (NEW.is_public AND OLD.updated_at IS DISTINCT FROM NEW.updated_at))
    EXECUTE FUNCTION segue_playlist_told();
CREATE TRIGGER playlists_gone AFTER DELETE ON playlists
    FOR EACH ROW WHEN (OLD.is_public) EXECUTE FUNCTION segue_playlist_told();

-- Releases are found by those who follow the artist, from their day on.
CREATE FUNCTION segue_release_told() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    what text := TG_ARGV[0];
    id bigint;
BEGIN
    id := CASE what WHEN 'album' THEN (to_jsonb(NEW) ->> 'album_id')::bigint
                    ELSE (to_jsonb(NEW) ->> 'song_id')::bigint END;
    IF NEW.release_date < current_date - 7 OR NEW.release_date IS NULL THEN
        DELETE FROM activities WHERE kind = 'released' AND target_kind = what AND about = id;
    ELSIF segue_tells('releases') THEN
        INSERT INTO activities (artist_id, kind, target_kind, about, at, is_pulled)
            VALUES (NEW.artist_id, 'released', what, id,
                    greatest(now(), NEW.release_date::timestamp AT TIME ZONE 'UTC'), true)
            ON CONFLICT (target_kind, about) WHERE kind = 'released' DO UPDATE
                SET artist_id = excluded.artist_id,
                    at = CASE WHEN activities.at < now() AND NEW.release_date <= current_date
                              THEN activities.at ELSE excluded.at END;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER albums_released AFTER INSERT ON albums
    FOR EACH ROW WHEN (NEW.release_date >= current_date - 7) EXECUTE FUNCTION segue_release_told('album');
CREATE TRIGGER albums_release_moved AFTER UPDATE OF release_date, artist_id ON albums
    FOR EACH ROW WHEN ((OLD.release_date >= current_date - 7 OR NEW.release_date >= current_date - 7)
                       AND (OLD.release_date, OLD.artist_id) IS DISTINCT FROM (NEW.release_date, NEW.artist_id))
    EXECUTE FUNCTION segue_release_told('album');
CREATE TRIGGER songs_released AFTER INSERT ON songs
    FOR EACH ROW WHEN (NEW.album_id IS NULL AND NEW.release_date >= current_date - 7)
    EXECUTE FUNCTION segue_release_told('song');
CREATE TRIGGER songs_release_moved AFTER UPDATE OF release_date, artist_id ON songs
    FOR EACH ROW WHEN (NEW.album_id IS NULL
                       AND (OLD.release_date >= current_date - 7 OR NEW.release_date >= current_date - 7)
                       AND (OLD.release_date, OLD.artist_id) IS DISTINCT FROM (NEW.release_date, NEW.artist_id))
    EXECUTE FUNCTION segue_release_told('song');

-- "Listened to 5 songs of X": a row a listener, artist and quarter of a day, for listeners who have
-- followers. A batch of plays by others costs one lookup each.
CREATE FUNCTION segue_plays_told() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT segue_tells('plays') OR NOT EXISTS (
        SELECT FROM (SELECT DISTINCT user_id FROM came) p
        JOIN follow_counts c ON c.target_kind = 'user' AND c.target_id = p.user_id) THEN
        RETURN NULL;
    END IF;
    WITH told AS (
        SELECT p.user_id, s.artist_id, segue_hour(p.played_at) / 6 AS bucket,
               (array_agg(DISTINCT p.song_id))[1:100] AS songs, min(p.played_at) AS at
        FROM came p JOIN songs s ON s.song_id = p.song_id JOIN users u ON u.user_id = p.user_id
        WHERE p.played_at > now() - interval '1 day' AND coalesce(p.played_s, 30) >= 30
          AND NOT u.private_session AND segue_share_listening(u.preferences) <> 'nobody'
          AND EXISTS (SELECT FROM follow_counts c WHERE c.target_kind = 'user' AND c.target_id = p.user_id)
        GROUP BY 1, 2, 3
    ), put AS (
        INSERT INTO activities AS a (user_id, kind, target_kind, about, bucket, items, at)
            SELECT user_id, 'played', 'song', artist_id, bucket, songs, least(at, now())
            FROM told ORDER BY user_id, artist_id, bucket
            ON CONFLICT (user_id, kind, target_kind, about, bucket) DO UPDATE
                SET items = (a.items || ARRAY(SELECT unnest(excluded.items)
                                              EXCEPT SELECT unnest(a.items)))[1:100]
                WHERE NOT a.items @> excluded.items
            RETURNING activity_id, xmax = 0 AS fresh
    )
    INSERT INTO activity_outbox SELECT activity_id FROM put WHERE fresh ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER listening_told AFTER INSERT ON listening_history REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION segue_plays_told();

-- What is followed and goes takes its follows along.
CREATE FUNCTION segue_target_gone() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    id bigint := (to_jsonb(OLD) ->> (TG_ARGV[0] || '_id'))::bigint;
BEGIN
    DELETE FROM follows WHERE target_kind = TG_ARGV[0] AND target_id = id;
    DELETE FROM follow_counts WHERE target_kind = TG_ARGV[0] AND target_id = id;
    RETURN NULL;
END $$;
CREATE TRIGGER users_unfollowed AFTER DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION segue_target_gone('user');
CREATE TRIGGER playlists_unfollowed AFTER DELETE ON playlists
    FOR EACH ROW EXECUTE FUNCTION segue_target_gone('playlist');
CREATE TRIGGER artists_unfollowed AFTER DELETE ON artists
    FOR EACH ROW EXECUTE FUNCTION segue_target_gone('artist');

-- Moves up to `most` acts out of the outbox: to each follower's feed, or, of who has more than
-- `reach` followers, to be found by readers. All of them or none; several may run at once. How many.
CREATE FUNCTION segue_fan_out(reach bigint, most integer) RETURNS integer
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    a record;
    n integer := 0;
BEGIN
    FOR a IN SELECT x.activity_id, x.user_id, x.at, u.private_profile AS is_private
             FROM activity_outbox o JOIN activities x USING (activity_id) JOIN users u USING (user_id)
             ORDER BY x.activity_id LIMIT most FOR UPDATE OF x SKIP LOCKED LOOP
        IF segue_followers('user', a.user_id) > reach THEN
            UPDATE activities SET is_pulled = true WHERE activity_id = a.activity_id;
        ELSE
            INSERT INTO feed
                SELECT f.user_id, a.at, a.activity_id FROM follows f
                WHERE f.target_kind = 'user' AND f.target_id = a.user_id AND (f.approved OR NOT a.is_private)
                ORDER BY f.user_id
                ON CONFLICT DO NOTHING;
        END IF;
        DELETE FROM activity_outbox WHERE activity_id = a.activity_id;
        IF a.activity_id % 64 = 0 THEN
            PERFORM segue_trim_acts(a.user_id, a.activity_id);
        END IF;
        n := n + 1;
    END LOOP;
    RETURN n;
END $$;

-- The last 1,000 are kept: of the actor's own acts, and in the feed of each who heard of this one.
CREATE FUNCTION segue_trim_acts(who bigint, act bigint) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM activities a USING (
        SELECT at, activity_id FROM activities WHERE user_id = who
        ORDER BY at DESC, activity_id DESC OFFSET 999 LIMIT 1) last
        WHERE a.user_id = who AND (a.at, a.activity_id) < (last.at, last.activity_id);
    DELETE FROM feed f USING follows w, LATERAL (
        SELECT at, activity_id FROM feed WHERE user_id = w.user_id
        ORDER BY at DESC, activity_id DESC OFFSET 999 LIMIT 1) last
        WHERE w.target_kind = 'user' AND w.target_id = who AND f.user_id = w.user_id
          AND (f.at, f.activity_id) < (last.at, last.activity_id);
END $$;

-- Once in a while: feeds beyond 1,000, acts and releases older than so many days. One runs at a time.
CREATE FUNCTION segue_tidy_acts(days integer) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('segue acts')) THEN
        RETURN;
    END IF;
    DELETE FROM activities WHERE at < now() - make_interval(days => days);
    DELETE FROM feed WHERE at < now() - make_interval(days => days);
    DELETE FROM shares WHERE coalesce(expires_at, 'infinity') < now() - interval '30 days';
END $$;

-- Sent to one user, or a link for whoever has its token, or told to followers.
CREATE TABLE shares (
    share_id   bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    user_id    bigint NOT NULL REFERENCES users ON DELETE CASCADE,   -- who shares
    to_user_id bigint REFERENCES users ON DELETE CASCADE,
    token      text COLLATE "C",              -- 128 random bits
    kind       text NOT NULL CHECK (kind IN ('song', 'artist', 'album', 'playlist')),
    target_id  bigint NOT NULL,
    message    text NOT NULL DEFAULT '' CHECK (octet_length(message) <= 4000),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    read_at    timestamptz,
    is_hidden  boolean NOT NULL DEFAULT false, -- by its receiver
    CHECK (num_nonnulls(to_user_id, token) <= 1 AND user_id IS DISTINCT FROM to_user_id)
);
CREATE UNIQUE INDEX shares_token ON shares (token) WHERE token IS NOT NULL;
CREATE INDEX shares_made ON shares (user_id, share_id DESC);
CREATE INDEX shares_inbox ON shares (to_user_id, share_id DESC) WHERE NOT is_hidden;

CREATE FUNCTION segue_share_told() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM segue_act(NEW.user_id, 'shared', NEW.kind, NEW.target_id, NEW.share_id, NULL);
    ELSE
        DELETE FROM activities WHERE user_id = OLD.user_id AND kind = 'shared' AND target_kind = OLD.kind
            AND about = OLD.target_id AND bucket = OLD.share_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER shares_told AFTER INSERT ON shares
    FOR EACH ROW WHEN (NEW.to_user_id IS NULL AND NEW.token IS NULL) EXECUTE FUNCTION segue_share_told();
CREATE TRIGGER shares_gone AFTER DELETE ON shares
    FOR EACH ROW WHEN (OLD.to_user_id IS NULL AND OLD.token IS NULL) EXECUTE FUNCTION segue_share_told();

-- Two tastes in one list. Until the other accepts there is nobody, or the one who was invited.
CREATE TABLE blends (
    blend_id      bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    user_id       bigint NOT NULL REFERENCES users ON DELETE CASCADE,  -- who invited
    other_user_id bigint REFERENCES users ON DELETE CASCADE,
    token         text COLLATE "C",           -- of the invitation's link; NULL: by user, or accepted
    accepted_at   timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    made_on       date,                       -- of the songs
    is_fallback   boolean NOT NULL DEFAULT false,
    CHECK (user_id IS DISTINCT FROM other_user_id AND (accepted_at IS NULL OR other_user_id IS NOT NULL)
           AND (token IS NOT NULL OR other_user_id IS NOT NULL))
);
CREATE UNIQUE INDEX blends_token ON blends (token) WHERE token IS NOT NULL;
CREATE UNIQUE INDEX blends_pair ON blends (least(user_id, other_user_id), greatest(user_id, other_user_id))
    WHERE other_user_id IS NOT NULL;
CREATE INDEX blends_user ON blends (user_id);
CREATE INDEX blends_other ON blends (other_user_id) WHERE other_user_id IS NOT NULL;
CREATE TABLE blend_songs (
    blend_id bigint NOT NULL REFERENCES blends ON DELETE CASCADE,
    position smallint NOT NULL,
    song_id  bigint NOT NULL,
    first    real NOT NULL,                   -- how well it suits who invited, 0 to 1
    second   real NOT NULL,                   -- and the other
    PRIMARY KEY (blend_id, position)
);

CREATE TABLE reports (
    report_id   bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    user_id     bigint REFERENCES users ON DELETE SET NULL,   -- who reports; gone with the account
    kind        text NOT NULL CHECK (kind IN ('user', 'song', 'artist', 'album', 'playlist')),
    target_id   bigint NOT NULL,
    reason      text NOT NULL CHECK (reason IN ('spam', 'abuse', 'copyright', 'explicit', 'wrong', 'other')),
    text        text NOT NULL DEFAULT '' CHECK (octet_length(text) <= 8000),
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'resolved', 'dismissed')),
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX reports_once ON reports (user_id, kind, target_id) WHERE state = 'open';
CREATE INDEX reports_state ON reports (state, report_id DESC);
-- Who decided what of a report, each time.
CREATE TABLE report_decisions (
    report_id  bigint NOT NULL REFERENCES reports ON DELETE CASCADE,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_by bigint REFERENCES users (user_id) ON DELETE SET NULL,
    state      text NOT NULL,
    note       text NOT NULL DEFAULT '' CHECK (octet_length(note) <= 8000),
    PRIMARY KEY (report_id, decided_at)
);
