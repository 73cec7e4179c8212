-- What people say of songs and artists, for the recommender and themselves to see.
--
-- One verdict a person and thing: a later one takes the place of the one before. No foreign
-- key to songs or artists: rows are distributed by user_id, as follows and listening are.

CREATE TABLE feedback (
    user_id     bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    target_kind text NOT NULL CHECK (target_kind IN ('song', 'artist')),
    target_id   bigint NOT NULL CHECK (target_id > 0),
    verdict     text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, target_kind, target_id),
    CHECK (verdict IN ('like', 'dislike', 'not_interested') AND target_kind = 'song'
           OR verdict = 'hide_artist' AND target_kind = 'artist')
);

-- The key tells a removed row: the default replica identity is enough. Of users only what the
-- recommender may know; passwords and addresses never travel.
ALTER PUBLICATION segue_events ADD TABLE feedback, users (user_id, country, preferences);
