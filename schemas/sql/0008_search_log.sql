-- What was searched for and what was chosen from it; what many people search for.
--
-- Searches and choices arrive in batches that may come twice: their keys make that harmless.
-- Both lie in monthly partitions by the time of the search, which its id (UUIDv7) tells, so
-- that a choice finds its search by key. A person is a keyed hash whose key is forgotten every
-- `period`; the key never comes here.

CREATE TABLE search_log (
    searched_at timestamptz NOT NULL,
    search_id   uuid NOT NULL,
    source      text NOT NULL CHECK (source IN ('search', 'suggest')),
    query       text NOT NULL,          -- as typed; '' when it looked like personal data
    folded      text NOT NULL,          -- as searched; '' likewise
    total       bigint NOT NULL,        -- results there were
    shown       smallint NOT NULL,      -- results on the page
    first_shown integer NOT NULL,       -- position of the first of them, from 1
    person      bigint,                 -- keyed hash; NULL: unknown or forgotten
    period      integer NOT NULL,       -- of the key
    market      char(2),
    lang        text,
    chosen      boolean NOT NULL DEFAULT false,
    PRIMARY KEY (searched_at, search_id)
) PARTITION BY RANGE (searched_at);
CREATE INDEX search_log_folded ON search_log (folded, searched_at);
CREATE INDEX search_log_person ON search_log (person) WHERE person IS NOT NULL;

CREATE TABLE search_choices (
    searched_at timestamptz NOT NULL,
    search_id   uuid NOT NULL,
    action      text NOT NULL CHECK (action IN ('click', 'play')),
    kind        text NOT NULL CHECK (kind IN ('song', 'artist', 'album', 'playlist', 'query')),
    id          bigint NOT NULL,
    position    integer NOT NULL,       -- from 1; 0: unknown
    chosen_at   timestamptz NOT NULL,
    PRIMARY KEY (searched_at, search_id, action, kind, id, position)
) PARTITION BY RANGE (searched_at);

CREATE TABLE search_log_default PARTITION OF search_log DEFAULT;
CREATE TABLE search_choices_default PARTITION OF search_choices DEFAULT;

-- Partitions from this month to the month after next; a month whose rows lie in the default
-- partition already stays there. How many were made.
CREATE FUNCTION segue_make_search_partitions() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    m date;
    parent text;
    part text;
    made integer := 0;
    there boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('segue search partitions'));
    FOR m IN SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i))::date
             FROM generate_series(0, 2) i LOOP
        FOREACH parent IN ARRAY ARRAY['search_log', 'search_choices'] LOOP
            part := parent || '_' || to_char(m, 'YYYY_MM');
            CONTINUE WHEN to_regclass(part) IS NOT NULL;
            EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE searched_at >= %L AND searched_at < %L)',
                           parent || '_default', m || ' 00:00:00+00',
                           (m + interval '1 month')::date || ' 00:00:00+00') INTO there;
            CONTINUE WHEN there;
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, parent,
                           m || ' 00:00:00+00', (m + interval '1 month')::date || ' 00:00:00+00');
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;
SELECT segue_make_search_partitions();

-- A user's own recent searches, which only that user is shown.
CREATE TABLE recent_searches (
    user_id     bigint NOT NULL,
    folded      text NOT NULL,
    query       text NOT NULL,
    searched_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, folded)
);
CREATE INDEX recent_searches_time ON recent_searches (searched_at);

-- Queries that led to a choice, counted with decay: `fast` halves in a day, `slow` in 14.
-- market '': all. Rows stay until they have decayed.
CREATE TABLE search_queries (
    folded     text NOT NULL,
    market     text NOT NULL,
    query      text NOT NULL,            -- the spelling with most votes
    votes      double precision NOT NULL, -- of that spelling, less those of others
    lang       text NOT NULL DEFAULT '', -- of the latest search that told one
    fast       double precision NOT NULL,
    slow       double precision NOT NULL,
    counted_at timestamptz NOT NULL,
    PRIMARY KEY (folded, market)
);
CREATE INDEX search_queries_market ON search_queries (market, slow DESC);
-- The first people who searched so and chose, of one period: who and how many beyond what is
-- asked for is not kept.
CREATE TABLE search_query_people (
    folded text NOT NULL,
    market text NOT NULL,
    period integer NOT NULL,
    person bigint NOT NULL,
    PRIMARY KEY (folded, market, period, person)
);
CREATE INDEX search_query_people_person ON search_query_people (person);

-- What may be shown to everybody: complete with scores, followed by the index.
CREATE TABLE popular_queries (
    folded text NOT NULL CHECK (length(folded) BETWEEN 1 AND 512),
    market text NOT NULL CHECK (market ~ '^([A-Z]{2})?$'),
    query  text NOT NULL CHECK (length(query) BETWEEN 1 AND 512),
    lang   text NOT NULL DEFAULT '',
    weight real NOT NULL,                -- choices, decayed
    trend  real NOT NULL,                -- how far above its own usual
    PRIMARY KEY (folded, market)
);
ALTER PUBLICATION segue_catalogue ADD TABLE popular_queries;

CREATE FUNCTION segue_decay(since timestamptz, until timestamptz, half_life interval)
RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT power(0.5::double precision, least(1000, greatest(0,
        extract(epoch FROM until - since) / extract(epoch FROM half_life))))
$$;

-- Counts searches that have just been chosen from. enough: people that make a query public.
CREATE FUNCTION segue_count_chosen(enough integer) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO search_query_people
        SELECT DISTINCT c.folded, m.market, c.period, c.person
        FROM batch_chosen c, LATERAL (VALUES (''), (c.market)) m(market)
        WHERE m.market IS NOT NULL AND c.person IS NOT NULL
          AND (SELECT count(*) FROM search_query_people p
               WHERE p.folded = c.folded AND p.market = m.market AND p.period = c.period) < enough
        ORDER BY 1, 2, 3, 4
        ON CONFLICT DO NOTHING;
    INSERT INTO search_queries AS q (folded, market, query, votes, lang, fast, slow, counted_at)
        SELECT c.folded, m.market, mode() WITHIN GROUP (ORDER BY c.query), count(*),
               coalesce(max(c.lang), ''), count(DISTINCT coalesce(c.person, 0)),
               count(DISTINCT coalesce(c.person, 0)), max(c.searched_at)
        FROM batch_chosen c, LATERAL (VALUES (''), (c.market)) m(market)
        WHERE m.market IS NOT NULL
        GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (folded, market) DO UPDATE SET
            query = CASE WHEN q.query = excluded.query OR q.votes >= excluded.votes
                         THEN q.query ELSE excluded.query END,
            votes = CASE WHEN q.query = excluded.query THEN q.votes + excluded.votes
                         ELSE abs(q.votes - excluded.votes) END,
            lang = CASE WHEN excluded.lang <> '' THEN excluded.lang ELSE q.lang END,
            fast = q.fast * segue_decay(q.counted_at, greatest(excluded.counted_at, q.counted_at), '1 day') + excluded.fast,
            slow = q.slow * segue_decay(q.counted_at, greatest(excluded.counted_at, q.counted_at), '14 days') + excluded.slow,
            counted_at = greatest(q.counted_at, excluded.counted_at);
END $$;

-- Takes the batch that lies in the session's tables batch_searches, batch_choices and
-- batch_recent. All of it or, repeated, nothing more.
CREATE FUNCTION segue_take_searches(enough integer, recent_max integer) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO search_log (searched_at, search_id, source, query, folded, total, shown,
                            first_shown, person, period, market, lang)
        SELECT * FROM batch_searches ON CONFLICT DO NOTHING;
    INSERT INTO search_choices SELECT * FROM batch_choices ON CONFLICT DO NOTHING;

    -- A search counts once, when it and its first choice are both known.
    TRUNCATE batch_chosen;
    WITH touched AS (
        SELECT searched_at, search_id FROM batch_choices
        UNION
        SELECT b.searched_at, b.search_id FROM batch_searches b
        WHERE EXISTS (SELECT FROM search_choices c
                      WHERE c.searched_at = b.searched_at AND c.search_id = b.search_id)
    ), counted AS (
        UPDATE search_log s SET chosen = true FROM touched t
        WHERE s.searched_at = t.searched_at AND s.search_id = t.search_id AND NOT s.chosen
        RETURNING s.*
    )
    INSERT INTO batch_chosen
        SELECT folded, query, person, period, market, lang, searched_at FROM counted
        WHERE source = 'search' AND folded <> '' AND total > 0;
    PERFORM segue_count_chosen(enough);

    INSERT INTO recent_searches AS r (user_id, folded, query, searched_at)
        SELECT DISTINCT ON (user_id, folded) user_id, folded, query, searched_at
        FROM batch_recent ORDER BY user_id, folded, searched_at DESC
        ON CONFLICT (user_id, folded) DO UPDATE
            SET query = excluded.query, searched_at = excluded.searched_at
            WHERE excluded.searched_at > r.searched_at;
    -- What was typed on to within seconds was only the beginning of a search.
    DELETE FROM recent_searches r USING recent_searches n
        WHERE r.user_id IN (SELECT user_id FROM batch_recent) AND n.user_id = r.user_id
          AND n.folded <> r.folded AND starts_with(n.folded, r.folded)
          AND n.searched_at BETWEEN r.searched_at AND r.searched_at + interval '15 s';
    DELETE FROM recent_searches r USING (
        SELECT user_id, folded, row_number() OVER (PARTITION BY user_id ORDER BY searched_at DESC) AS n
        FROM recent_searches WHERE user_id IN (SELECT user_id FROM batch_recent)) o
        WHERE r.user_id = o.user_id AND r.folded = o.folded AND o.n > recent_max;
END $$;

-- The user's recent searches, or that one, are gone; what was logged is nobody's any more. Of
-- keys before the present one nobody can tell whose rows they made.
CREATE FUNCTION segue_forget_user(who bigint, hash bigint, one text) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM recent_searches WHERE user_id = who AND (one IS NULL OR folded = one);
    UPDATE search_log SET person = NULL WHERE person = hash AND (one IS NULL OR folded = one);
    DELETE FROM search_query_people WHERE person = hash AND (one IS NULL OR folded = one);
END $$;

-- Brings popular_queries up to date, touching only rows that moved. keep: of all markets
-- together, and a tenth of it of each. How many rows changed.
CREATE FUNCTION segue_roll_up_queries(enough integer, keep integer) RETURNS integer
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    changed integer;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('segue popular queries')) THEN
        RETURN 0;
    END IF;
    CREATE TEMP TABLE fresh ON COMMIT DROP AS
        WITH now_at AS (
            SELECT folded, market, query, lang,
                   fast * segue_decay(counted_at, now(), '1 day') AS fast,
                   slow * segue_decay(counted_at, now(), '14 days') AS slow
            FROM search_queries q
            WHERE EXISTS (SELECT FROM search_query_people p
                          WHERE p.folded = q.folded AND p.market = q.market
                          GROUP BY p.period HAVING count(*) >= enough)
        ), ranked AS (
            SELECT *, row_number() OVER (PARTITION BY market ORDER BY slow DESC) AS n
            FROM now_at WHERE slow >= 0.5
        )
        -- 1 / 14 of what 14 days hold is usual for one.
        SELECT folded, market, query, lang, slow::real AS weight,
               ((fast - slow / 14) / sqrt(slow / 14 + 1))::real AS trend
        FROM ranked WHERE n <= CASE market WHEN '' THEN keep ELSE greatest(keep / 10, 1) END;
    DELETE FROM popular_queries p
        WHERE NOT EXISTS (SELECT FROM fresh f WHERE f.folded = p.folded AND f.market = p.market);
    GET DIAGNOSTICS changed = ROW_COUNT;
    WITH put AS (
        INSERT INTO popular_queries AS p (folded, market, query, lang, weight, trend)
            SELECT folded, market, query, lang, weight, trend FROM fresh
            ON CONFLICT (folded, market) DO UPDATE
                SET query = excluded.query, lang = excluded.lang, weight = excluded.weight,
                    trend = excluded.trend
                WHERE p.query <> excluded.query OR p.lang <> excluded.lang
                   OR abs(p.weight - excluded.weight) > 0.1 * p.weight
                   OR abs(p.trend - excluded.trend) > 0.1 + 0.1 * abs(p.trend)
            RETURNING 1)
    SELECT changed + count(*) INTO changed FROM put;
    DROP TABLE fresh;
    RETURN changed;
END $$;

-- Forgets what is older than so many days, and queries nobody chooses from any more.
CREATE FUNCTION segue_forget_searches(retention_days integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    oldest timestamptz := now() - make_interval(days => retention_days);
    part record;
BEGIN
    FOR part IN SELECT c.relname, substring(c.relname FROM '\d{4}_\d{2}$') AS month
                FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent IN ('search_log'::regclass, 'search_choices'::regclass)
                  AND c.relname ~ '_\d{4}_\d{2}$' LOOP
        IF (to_date(part.month, 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC' <= oldest THEN
            EXECUTE format('DROP TABLE %I', part.relname);
        END IF;
    END LOOP;
    DELETE FROM search_log WHERE searched_at < oldest;
    DELETE FROM search_choices WHERE searched_at < oldest;
    DELETE FROM recent_searches WHERE searched_at < oldest;
    DELETE FROM search_queries
        WHERE counted_at < oldest OR slow * segue_decay(counted_at, now(), '14 days') < 0.1;
    DELETE FROM search_query_people p
        WHERE NOT EXISTS (SELECT FROM search_queries q
                          WHERE q.folded = p.folded AND q.market = p.market);
END $$;
