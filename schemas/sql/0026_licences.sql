-- Devices of listeners, the licences that are given to them, and the songs they keep offline.
-- New tables, and a trigger on sessions whose work is one look into a small index.

-- A device is bound to the session that used it last: when that ends, by logging out here or
-- everywhere, by another password or by a stolen refresh token, its offline licences end too.
CREATE TABLE devices (
    user_id       bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    device_id     uuid NOT NULL DEFAULT gen_random_uuid(),
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    kind          text NOT NULL CHECK (kind IN ('browser', 'phone', 'tablet', 'desktop', 'speaker', 'other')),
    session_id    bigint NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    seen_at       timestamptz NOT NULL DEFAULT now(),
    offline       boolean NOT NULL DEFAULT false, -- has one of the account's places for songs kept offline
    offline_since timestamptz,                    -- took it last; stays when the place is free again
    removed_at    timestamptz,                    -- kept for a month: changes are counted
    PRIMARY KEY (user_id, device_id)
);
CREATE INDEX devices_session ON devices (session_id) WHERE removed_at IS NULL;

-- Every licence that was given, a row an asset. asset_id and device_id refer to nothing: the
-- record outlives them.
CREATE TABLE licences (
    user_id    bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    licence_id uuid NOT NULL,
    asset_id   uuid NOT NULL,
    device_id  uuid NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('temporary', 'persistent-license', 'offline')),
    given_at   timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (user_id, licence_id, asset_id)
);
CREATE INDEX licences_given ON licences (user_id, given_at);
CREATE INDEX licences_device ON licences (user_id, device_id, expires_at);

-- What a listener wants to have on a device: songs, and albums and playlists as they change.
CREATE TABLE offline_kept (
    user_id   bigint NOT NULL,
    device_id uuid NOT NULL,
    kind      text NOT NULL CHECK (kind IN ('song', 'album', 'playlist')),
    target_id bigint NOT NULL,
    quality   smallint NOT NULL CHECK (quality BETWEEN 1 AND 4), -- low, normal, high, lossless
    kept_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, device_id, kind, target_id),
    FOREIGN KEY (user_id, device_id) REFERENCES devices ON DELETE CASCADE
);

-- What it was licensed for. A song that is gone stays here until the device has heard of it.
CREATE TABLE offline_songs (
    user_id    bigint NOT NULL,
    device_id  uuid NOT NULL,
    song_id    bigint NOT NULL,
    asset_id   uuid NOT NULL,
    licence_id uuid NOT NULL,
    given_at   timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (user_id, device_id, song_id),
    FOREIGN KEY (user_id, device_id) REFERENCES devices ON DELETE CASCADE
);
CREATE INDEX offline_songs_asset ON offline_songs (user_id, device_id, asset_id);

-- Nothing that the device was given is renewed any more.
CREATE FUNCTION segue_revoke_device(of_user bigint, of_device uuid) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
    UPDATE licences SET revoked_at = now()
        WHERE user_id = of_user AND device_id = of_device AND expires_at > now() AND revoked_at IS NULL;
    UPDATE offline_songs SET revoked_at = now()
        WHERE user_id = of_user AND device_id = of_device AND revoked_at IS NULL;
$$;
CREATE FUNCTION segue_revoke_session_devices() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM segue_revoke_device(user_id, device_id) FROM devices
        WHERE session_id = OLD.session_id AND removed_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER sessions_revoke_devices AFTER DELETE ON sessions
    FOR EACH ROW EXECUTE FUNCTION segue_revoke_session_devices();
