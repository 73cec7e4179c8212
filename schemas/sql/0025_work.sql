-- Work: a broker that carries jobs beside their table, and uploads that follow their jobs.

-- told_at: handed to the broker (worker.queue = rabbitmq), by whoever tells it of the row; confirmed:
-- the broker has it for good. What is not confirmed in time is told again.
ALTER TABLE jobs
    ADD COLUMN told_at   timestamptz,
    ADD COLUMN confirmed boolean NOT NULL DEFAULT false,
    ADD COLUMN ended_at  timestamptz;          -- done or failed
CREATE INDEX jobs_untold ON jobs (queue, priority DESC, run_at) WHERE status = 'queued' AND NOT confirmed;
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE status IN ('done', 'failed');

-- Whoever follows an upload: LISTEN segue_uploads gives its id, once a transaction.
CREATE FUNCTION segue_notify_upload() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('segue_uploads', NEW.upload_id);
    RETURN NULL;
END $$;
CREATE TRIGGER uploads_notify AFTER UPDATE ON uploads FOR EACH ROW
    WHEN ((OLD.status, OLD.stage, OLD.progress) IS DISTINCT FROM (NEW.status, NEW.stage, NEW.progress))
    EXECUTE FUNCTION segue_notify_upload();

-- An upload whose job ends among the dead letters, or is dropped, has failed, whoever ended it: a
-- worker, the next one after it fell silent, or an administrator. A retry brings both back.
CREATE FUNCTION segue_upload_of_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status = 'failed' AND NEW.status = 'queued' THEN
        UPDATE uploads SET status = 'received', stage = '', progress = 0, reason = NULL, error = NULL
        WHERE upload_id = NEW.payload->>'upload_id' AND status = 'failed';
    ELSIF TG_OP = 'DELETE' OR NEW.status = 'failed' THEN
        UPDATE uploads SET status = 'failed', stage = '', reason = 'processing-failed',
            error = 'The recording could not be processed. It is not the file''s fault.'
        WHERE upload_id = OLD.payload->>'upload_id' AND status IN ('received', 'processing');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER jobs_upload AFTER UPDATE OF status ON jobs FOR EACH ROW
    WHEN (NEW.queue = 'encode' AND (NEW.status = 'failed' OR OLD.status = 'failed'))
    EXECUTE FUNCTION segue_upload_of_job();
CREATE TRIGGER jobs_upload_dropped AFTER DELETE ON jobs FOR EACH ROW
    WHEN (OLD.queue = 'encode' AND OLD.status <> 'done')
    EXECUTE FUNCTION segue_upload_of_job();
