-- Finding what somebody added to others' playlists without reading all of them. The index holds
-- few rows, but is made by reading the table once; its writers wait meanwhile (a second or two for
-- ten million rows).

CREATE INDEX playlist_songs_by_others ON playlist_songs (added_by) WHERE added_by <> user_id;
