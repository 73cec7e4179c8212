-- Old acts go a few at a time, found without reading the table; feeds are bounded by their
-- thousand entries, so what they still hold of these is passed over until then. And keys by which
-- a deleted account's rows are found.

CREATE INDEX activities_at ON activities USING brin (at);
CREATE INDEX shares_received ON shares (to_user_id);
CREATE INDEX reports_user ON reports (user_id);
CREATE INDEX report_decisions_by ON report_decisions (decided_by);

CREATE OR REPLACE FUNCTION segue_tidy_acts(days integer) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('segue acts')) THEN
        RETURN;
    END IF;
    DELETE FROM activities WHERE activity_id IN (
        SELECT activity_id FROM activities WHERE at < now() - make_interval(days => days) LIMIT 20000);
    DELETE FROM shares WHERE share_id IN (
        SELECT share_id FROM shares WHERE expires_at < now() - interval '30 days' LIMIT 20000);
END $$;
