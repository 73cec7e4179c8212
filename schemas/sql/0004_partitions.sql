-- Monthly partitions of listening_history, made by the database itself, and the
-- publications that the change tails read.
--
-- How partitions stay ahead without a scheduler: every INSERT or COPY into
-- listening_history ends with a statement trigger that looks a name up in the
-- catalogue cache (microseconds, whatever the number of rows). When the partition
-- two months ahead is not there, it leaves a request; the request's deferred
-- trigger makes the partitions as the transaction commits. (PostgreSQL refuses
-- to attach a partition to a table inside a statement that writes to it.) Only one
-- session does it, nobody waits for it longer than half a second, and what did
-- not succeed is tried again by the next insert: there are two months for that.
-- ATTACH, unlike CREATE ... PARTITION OF, lets others read and write meanwhile.
--
-- Imports of old listening call segue_make_partitions(first month, 3) beforehand.
-- Rows that found no partition go to the DEFAULT one: nothing is refused. The
-- next call moves them to months of their own, unseen by the publications: rows
-- are copied into a table not yet attached, from one detached already.

CREATE TABLE listening_history_default PARTITION OF listening_history DEFAULT;

CREATE FUNCTION segue_partition_name(month date) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT 'listening_history_' || to_char(month, 'YYYY_MM') $$;

-- Attaches the month's partition, filled from `overflow` when given.
CREATE FUNCTION segue_make_partition(month date, overflow regclass) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    part text := segue_partition_name(month);
    lower_bound text := month || ' 00:00:00+00';
    upper_bound text := (month + interval '1 month')::date || ' 00:00:00+00';
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE listening_history INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
    IF overflow IS NOT NULL THEN
        EXECUTE format('INSERT INTO %I SELECT * FROM %s WHERE played_at >= %L AND played_at < %L',
                       part, overflow, lower_bound, upper_bound);
    END IF;
    EXECUTE format('ALTER TABLE listening_history ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   part, lower_bound, upper_bound);
END $$;

-- Empties the DEFAULT partition into monthly ones; how many were made.
CREATE FUNCTION segue_empty_default_partition() RETURNS integer
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    made integer := 0;
    m date;
BEGIN
    LOCK TABLE listening_history IN ACCESS EXCLUSIVE MODE;
    ALTER TABLE listening_history DETACH PARTITION listening_history_default;
    ALTER TABLE listening_history_default RENAME TO listening_history_overflow;
    FOR m IN SELECT DISTINCT date_trunc('month', played_at AT TIME ZONE 'UTC')::date
             FROM listening_history_overflow ORDER BY 1 LOOP
        PERFORM segue_make_partition(m, 'listening_history_overflow');
        made := made + 1;
    END LOOP;
    DROP TABLE listening_history_overflow;
    CREATE TABLE listening_history_default PARTITION OF listening_history DEFAULT;
    RETURN made;
END $$;

-- Every month from that of from_month to months_ahead after the present one has
-- its partition when this returns; how many were made. Safe to call at any time
-- and from several sessions.
CREATE FUNCTION segue_make_partitions(from_month date, months_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    this_month date := date_trunc('month', now() AT TIME ZONE 'UTC')::date;
    first date := date_trunc('month', from_month)::date;
    made integer := 0;
    m date;
BEGIN
    IF months_ahead NOT BETWEEN 0 AND 120 OR first < this_month - interval '100 years'
       OR first IS NULL THEN
        RAISE EXCEPTION 'partitions from % to % months ahead: out of range', from_month, months_ahead
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('segue partitions'));
    IF EXISTS (SELECT FROM listening_history_default) THEN
        made := segue_empty_default_partition();
    END IF;
    FOR m IN SELECT generate_series(first, this_month + make_interval(months => months_ahead),
                                    interval '1 month')::date LOOP
        IF to_regclass(segue_partition_name(m)) IS NULL THEN
            PERFORM segue_make_partition(m, NULL);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;

CREATE TABLE partition_requests (requested_at timestamptz NOT NULL DEFAULT now());

CREATE FUNCTION segue_serve_partition_request() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '500ms' AS $$
BEGIN
    DELETE FROM partition_requests;
    PERFORM segue_make_partitions((now() AT TIME ZONE 'UTC')::date, 3);
    RETURN NULL;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER partition_requests_serve AFTER INSERT ON partition_requests
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION segue_serve_partition_request();

CREATE FUNCTION segue_look_ahead() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF to_regclass('listening_history_' || to_char(now() AT TIME ZONE 'UTC' + interval '2 months', 'YYYY_MM')) IS NULL
       AND pg_try_advisory_xact_lock(hashtext('segue partitions')) THEN
        INSERT INTO partition_requests DEFAULT VALUES;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER listening_history_look_ahead AFTER INSERT ON listening_history
    FOR EACH STATEMENT EXECUTE FUNCTION segue_look_ahead();

SELECT segue_make_partitions((now() AT TIME ZONE 'UTC')::date, 3);

-- Default replica identity is enough: a delete or a change of key carries the old
-- primary key, and each one contains the entity's own id.
CREATE PUBLICATION segue_catalogue
    FOR TABLE artists, albums, songs, song_artists, genres, playlists
    WITH (publish_via_partition_root = true);
CREATE PUBLICATION segue_events
    FOR TABLE listening_history, follows
    WITH (publish_via_partition_root = true);
