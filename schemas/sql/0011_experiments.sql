-- Experiments of the recommender: who gets which variant, what was shown, what came of it.

CREATE TABLE experiments (
    experiment text PRIMARY KEY CHECK (experiment ~ '^[a-z][a-z0-9_]{0,62}$' AND experiment <> 'explore'),
    kind       text NOT NULL DEFAULT 'ab' CHECK (kind IN ('ab', 'interleave')),
    enabled    boolean NOT NULL DEFAULT true,
    note       text NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    created_at timestamptz NOT NULL DEFAULT now()
);
-- A user's variant follows from the names, the weights and the user's id alone: changing a
-- weight moves only as many users as it must.
CREATE TABLE experiment_variants (
    experiment text NOT NULL REFERENCES experiments ON DELETE CASCADE,
    variant    text NOT NULL CHECK (variant ~ '^[a-z][a-z0-9_]{0,62}$'),
    weight     double precision NOT NULL DEFAULT 1 CHECK (weight BETWEEN 0 AND 1000), -- 0: nobody
    settings   text NOT NULL DEFAULT '' CHECK (length(settings) <= 500), -- what the variant does
    PRIMARY KEY (experiment, variant)
);

-- One row an answer. Distributed by user_id; batches that come twice are harmless by their key.
CREATE TABLE exposures (
    user_id     bigint NOT NULL,
    exposed_at  timestamptz NOT NULL,
    exposure_id bigint NOT NULL,             -- random
    experiment  text NOT NULL,               -- 'explore': the slot for new songs
    variant     text NOT NULL,               -- '': interleaved, songs are of two
    surface     text NOT NULL,               -- where it was shown
    songs       bigint[] NOT NULL,           -- as shown, best first
    teams       smallint[],                  -- interleaved: 0 the first variant's pick, 1 the second's
    PRIMARY KEY (user_id, exposed_at, exposure_id)
) PARTITION BY RANGE (exposed_at);
CREATE INDEX exposures_experiment ON exposures (experiment, exposed_at);
CREATE TABLE exposures_default PARTITION OF exposures DEFAULT;

-- Partitions from this month to the month after next; a month whose rows lie in the default
-- partition already stays there. How many were made.
CREATE FUNCTION segue_make_exposure_partitions() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    m date;
    part text;
    made integer := 0;
    there boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('segue exposure partitions'));
    FOR m IN SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i))::date
             FROM generate_series(0, 2) i LOOP
        part := 'exposures_' || to_char(m, 'YYYY_MM');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        EXECUTE format('SELECT EXISTS (SELECT FROM exposures_default WHERE exposed_at >= %L AND exposed_at < %L)',
                       m || ' 00:00:00+00', (m + interval '1 month')::date || ' 00:00:00+00') INTO there;
        CONTINUE WHEN there;
        EXECUTE format('CREATE TABLE %I PARTITION OF exposures FOR VALUES FROM (%L) TO (%L)', part,
                       m || ' 00:00:00+00', (m + interval '1 month')::date || ' 00:00:00+00');
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
SELECT segue_make_exposure_partitions();

-- Forgets what is older than so many days.
CREATE FUNCTION segue_forget_exposures(retention_days integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    oldest timestamptz := now() - make_interval(days => retention_days);
    part record;
BEGIN
    FOR part IN SELECT c.relname, substring(c.relname FROM '\d{4}_\d{2}$') AS month
                FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'exposures'::regclass AND c.relname ~ '_\d{4}_\d{2}$' LOOP
        IF (to_date(part.month, 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC' <= oldest THEN
            EXECUTE format('DROP TABLE %I', part.relname);
        END IF;
    END LOOP;
    DELETE FROM exposures WHERE exposed_at < oldest;
END $$;

-- What came of what was shown: whoever saw one variant only, how many of the songs they were
-- shown they played (skips aside) and liked within so long after seeing them.
CREATE FUNCTION segue_experiment_people(which text, days integer, within interval)
RETURNS TABLE (variant text, user_id bigint, exposures bigint, plays bigint, likes bigint, moved boolean)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH seen AS (
        SELECT e.user_id, e.variant, e.exposed_at, e.songs FROM exposures e
        WHERE e.experiment = which AND e.exposed_at > now() - make_interval(days => days)
    ), person AS (
        SELECT s.user_id, min(s.variant) AS variant, count(*) AS exposures,
               min(s.variant) <> max(s.variant) AS moved
        FROM seen s GROUP BY s.user_id
    ), shown AS (
        SELECT s.user_id, song.id, s.exposed_at FROM seen s, unnest(s.songs) song(id)
    ), played AS (
        SELECT h.user_id, count(*) AS n FROM listening_history h
        WHERE h.played_at > now() - make_interval(days => days) AND coalesce(h.played_s, 30) >= 30
          AND EXISTS (SELECT FROM shown s WHERE s.user_id = h.user_id AND s.id = h.song_id
                      AND h.played_at >= s.exposed_at AND h.played_at < s.exposed_at + within)
        GROUP BY h.user_id
    ), liked AS (
        SELECT f.user_id, count(*) AS n FROM feedback f
        WHERE f.target_kind = 'song' AND f.verdict = 'like'
          AND EXISTS (SELECT FROM shown s WHERE s.user_id = f.user_id AND s.id = f.target_id
                      AND f.created_at >= s.exposed_at AND f.created_at < s.exposed_at + within)
        GROUP BY f.user_id
    )
    SELECT p.variant, p.user_id, p.exposures, coalesce(h.n, 0), coalesce(l.n, 0), p.moved
    FROM person p LEFT JOIN played h USING (user_id) LEFT JOIN liked l USING (user_id)
$$;

-- Of interleaved lists: for each user and answer, plays of songs that the first and the second
-- variant had picked.
CREATE FUNCTION segue_interleaved_credit(which text, days integer, within interval)
RETURNS TABLE (user_id bigint, exposure_id bigint, first bigint, second bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT e.user_id, e.exposure_id, count(h.song_id) FILTER (WHERE pick.team = 0),
           count(h.song_id) FILTER (WHERE pick.team = 1)
    FROM exposures e
    CROSS JOIN LATERAL unnest(e.songs, e.teams) pick(song_id, team)
    LEFT JOIN LATERAL (
        SELECT DISTINCT l.song_id FROM listening_history l
        WHERE l.user_id = e.user_id AND l.song_id = pick.song_id AND l.played_at >= e.exposed_at
          AND l.played_at < e.exposed_at + within AND coalesce(l.played_s, 30) >= 30) h ON true
    WHERE e.experiment = which AND e.exposed_at > now() - make_interval(days => days)
      AND e.teams IS NOT NULL
    GROUP BY e.user_id, e.exposed_at, e.exposure_id
$$;

-- New songs shown in the slot for them, and how often they were then played within a day.
CREATE FUNCTION segue_explored(days integer)
RETURNS TABLE (song_id bigint, exposures bigint, plays bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT s.song_id, count(*), count(*) FILTER (WHERE EXISTS (
        SELECT FROM listening_history h
        WHERE h.user_id = s.user_id AND h.song_id = s.song_id AND h.played_at >= s.exposed_at
          AND h.played_at < s.exposed_at + interval '1 day' AND coalesce(h.played_s, 30) >= 30))
    FROM (SELECT e.user_id, e.exposed_at, song.id AS song_id FROM exposures e, unnest(e.songs) song(id)
          WHERE e.experiment = 'explore' AND e.exposed_at > now() - make_interval(days => days)) s
    GROUP BY s.song_id
$$;
