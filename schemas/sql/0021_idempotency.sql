-- Answers of requests that make things, by the key their sender gave them, for a day: a request
-- that is sent again is answered as the first was (api/idempotency).

CREATE TABLE idempotency_keys (
    user_id      bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    key          text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint  bytea NOT NULL CHECK (length(fingerprint) = 32), -- SHA-256 of the request
    started_at   timestamptz NOT NULL DEFAULT now(),
    status       smallint,                                        -- NULL: not answered yet
    content_type text,
    location     text,
    etag         text,
    body         text,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (started_at);
