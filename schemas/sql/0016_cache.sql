-- What the caches of the APIs follow (api/cache/tail.c): which songs, people and playlists
-- changed. Only keys of the tables with much, or private, in a row.
CREATE PUBLICATION segue_cache
    FOR TABLE songs (artist_id, song_id), artists (artist_id), albums (artist_id, album_id),
        users (user_id), genres, song_artists, availability, playlists, playlist_songs,
        playlist_collaborators
    WITH (publish_via_partition_root = true);
