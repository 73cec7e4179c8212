-- An account's change of address waits for its proof as a registration does: user_id is the
-- account's, email the new address.

ALTER TABLE account_tokens
    DROP CONSTRAINT account_tokens_purpose_check,
    ADD CONSTRAINT account_tokens_purpose_check CHECK (purpose IN ('register', 'reset', 'email'));
