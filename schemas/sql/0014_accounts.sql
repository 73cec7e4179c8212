-- Accounts: who logs in, their sessions, and what ends them before a token does.
--
-- Safe while serving but for the index on e-mail addresses, which keeps writers of users waiting
-- while it is built (a second a million people).

ALTER TABLE users
    ADD COLUMN email_verified_at       timestamptz, -- NULL: not proven yet
    ADD COLUMN subscription_expires_at timestamptz, -- premium ends; NULL: it does not
    ADD COLUMN private_session         boolean NOT NULL DEFAULT false, -- plays are not kept
    ADD COLUMN private_profile         boolean NOT NULL DEFAULT false, -- others do not see it
    ADD COLUMN search_log              boolean NOT NULL DEFAULT true;  -- searches may be kept

-- Addresses differ by more than capitals. Of those that did not, the oldest account keeps its own.
UPDATE users u SET email = u.email || '.duplicate-' || u.user_id
    WHERE EXISTS (SELECT FROM users o WHERE lower(o.email) = lower(u.email) AND o.user_id < u.user_id);
CREATE UNIQUE INDEX users_email_folded ON users (lower(email));

-- A login. The refresh token holds the session, a generation and a secret of 256 bits; of it only
-- hashes are kept. The one before may be told again for a while: salt then gives the same successor.
CREATE TABLE sessions (
    session_id    bigint PRIMARY KEY CHECK (session_id > 0), -- random
    user_id       bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    family_key    bytea NOT NULL CHECK (length(family_key) = 32), -- proves a token was one of its own
    current_hash  bytea NOT NULL CHECK (length(current_hash) = 32),
    previous_hash bytea,
    salt          bytea,
    generation    bigint NOT NULL DEFAULT 0,
    device        text NOT NULL DEFAULT '' CHECK (length(device) <= 200),
    created_at    timestamptz NOT NULL DEFAULT now(),
    rotated_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    tokens_until  timestamptz NOT NULL  -- when its last access token has expired
);
CREATE INDEX sessions_user ON sessions (user_id, created_at);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- Ended sessions that may still have a token: every API reads them twice a second. Names nobody.
CREATE TABLE revoked_sessions (
    session_id bigint PRIMARY KEY,
    revoked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    until      timestamptz NOT NULL
);
CREATE INDEX revoked_sessions_at ON revoked_sessions (revoked_at);
CREATE INDEX revoked_sessions_until ON revoked_sessions (until);
CREATE FUNCTION segue_revoke_session() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF OLD.tokens_until > now() THEN
        INSERT INTO revoked_sessions VALUES (OLD.session_id, clock_timestamp(), OLD.tokens_until)
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sessions_revoke AFTER DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION segue_revoke_session();

-- Whose tokens say something that has changed since.
CREATE TABLE claim_changes (
    user_id    bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    changed_at timestamptz NOT NULL
);
CREATE INDEX claim_changes_at ON claim_changes (changed_at);
CREATE FUNCTION segue_note_claims() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO claim_changes VALUES (NEW.user_id, clock_timestamp())
        ON CONFLICT (user_id) DO UPDATE SET changed_at = excluded.changed_at;
    RETURN NULL;
END $$;
CREATE TRIGGER users_claims
    AFTER UPDATE OF roles, subscription_type, subscription_expires_at, private_session, search_log
    ON users FOR EACH ROW
    WHEN ((OLD.roles, OLD.subscription_type, OLD.subscription_expires_at, OLD.private_session, OLD.search_log)
          IS DISTINCT FROM
          (NEW.roles, NEW.subscription_type, NEW.subscription_expires_at, NEW.private_session, NEW.search_log))
    EXECUTE FUNCTION segue_note_claims();

-- What a mail gives the right to. A registration waits here: nobody is in users, or changed there,
-- before the address is proven. user_id NULL: of nobody, so that the two cannot be told apart.
CREATE TABLE account_tokens (
    token_hash    bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    purpose       text NOT NULL CHECK (purpose IN ('register', 'reset')),
    user_id       bigint REFERENCES users ON DELETE CASCADE,
    email         text NOT NULL CHECK (length(email) <= 254),
    password_hash text,
    display_name  text CHECK (length(display_name) BETWEEN 1 AND 200),
    country       char(2),
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL
);
CREATE INDEX account_tokens_user ON account_tokens (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX account_tokens_email ON account_tokens (email);
CREATE INDEX account_tokens_expires ON account_tokens (expires_at);
