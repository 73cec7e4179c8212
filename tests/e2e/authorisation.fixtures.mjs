// authorisation.fixtures.mjs - what the matrix asks for: ids for the holes of paths, bodies, queries.
// The owner's playlist is private, and shared with the collaborator; the artist's things are public.

const artistOf = (db, { artist }) => db.sql(`INSERT INTO artists (name, user_id) VALUES ('Matrix', ${artist.id}) RETURNING artist_id`);
const albumOf = async (db, people) => db.sql(`INSERT INTO albums (artist_id, title) VALUES (${await artistOf(db, people)}, 'Matrix album') RETURNING album_id`);
const songOf = async (db, people) => db.sql(`WITH s AS (INSERT INTO songs (artist_id, title, duration_s) VALUES (${await artistOf(db, people)}, 'Matrix song', 180) RETURNING *)
  INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) SELECT artist_id, song_id, 1, artist_id FROM s RETURNING song_id`);
const playlistOf = (db, { owner, collaborator }) => db.sql(`WITH p AS (INSERT INTO playlists (user_id, name) VALUES (${owner.id}, 'Matrix list') RETURNING *)
  INSERT INTO playlist_collaborators (user_id, playlist_id, collaborator_id, role) SELECT user_id, playlist_id, ${collaborator.id}, 'editor' FROM p RETURNING playlist_id`);

const sungOf = async (db, people) => db.sql(`INSERT INTO lyrics (song_id, lines, kind) VALUES (${await songOf(db, people)}, '[{"text": "La la"}]', 'plain') RETURNING song_id`);

// Of songs that the search index has: asking goes through it.
const indexed = (db) => db.sql('SELECT song_id FROM songs ORDER BY play_count DESC LIMIT 1');

export const made = {
  song_id: songOf,
  artist_id: artistOf,
  album_id: albumOf,
  playlist_id: playlistOf,
  user_id: (db, { owner }) => owner.id,
  'getLyrics.song_id': sungOf,
  'getLyricsFile.song_id': sungOf,
  'deleteLyrics.song_id': sungOf,
  search_id: () => '01890a5d-ac96-774b-bcce-b302099a8057',
};
export const bodies = {
  putLyrics: () => ({ text: '[00:01.00]La la' }),
  putLyricsFile: () => ({ raw: '[00:01.00]La la', type: 'text/plain' }),
  giveFeedback: async (db) => ({ kind: 'like', song_id: Number(await indexed(db)) }),
  tellSearchClick: async (db) => ({ type: 'song', id: Number(await indexed(db)), position: 1 }),
  tellSearchPlay: async (db) => ({ type: 'song', id: Number(await indexed(db)), position: 1 }),
};
export const queries = { search: '?q=love', suggest: '?q=lo', radio: '?seeds=genre:rock' };
