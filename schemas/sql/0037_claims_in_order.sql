-- What a user may do is known to each API by the time of its last change, and an older one is not taken for
-- a newer. The clock of a database may go back, or another server with a slower one take over: a change is
-- later than the one before all the same.

CREATE OR REPLACE FUNCTION segue_note_claims() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO claim_changes AS c VALUES (NEW.user_id, clock_timestamp())
        ON CONFLICT (user_id) DO UPDATE
        SET changed_at = greatest(excluded.changed_at, c.changed_at + interval '1 microsecond');
    RETURN NULL;
END $$;
