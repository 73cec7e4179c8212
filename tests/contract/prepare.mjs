// prepare.mjs - the world that contract fuzzing acts in: a user, an admin who is an artist too, ids.
import { writeFile } from 'node:fs/promises';
import { Database, person } from '../e2e/world.mjs';

const db = new Database();
const ids = async (query) => (await db.sql(query)).split('\n').filter(Boolean).map(Number);
const listener = await person(db, 'fuzz listener');
const admin = await person(db, 'fuzz admin', { roles: '{user,artist,admin}', subscription: 'premium' });
const artist = Number(await db.sql(`INSERT INTO artists (name, user_id) VALUES ('Fuzz', ${admin.id}) RETURNING artist_id`));
await db.sql(`INSERT INTO songs (artist_id, title, duration_s) SELECT ${artist}, 'Fuzz ' || n, 100 FROM generate_series(1, 20) n`);
await db.sql(`INSERT INTO playlists (user_id, name, is_public) SELECT u, 'Fuzz ' || n, n % 2 = 0 FROM generate_series(1, 5) n, unnest(array[${listener.id}, ${admin.id}]) u`);
// Songs that may be kept offline, and a device to keep them on.
await db.sql(`WITH s AS (SELECT song_id, gen_random_uuid() AS asset_id FROM songs WHERE artist_id = ${artist}), a AS (INSERT INTO assets (asset_id, duration_ms, sample_rate, channels, codec, true_peak, features, fingerprint, fingerprint_terms)
  SELECT asset_id, 100000, 44100, 2, 'flac', -1, '{}', '', '{}' FROM s),
  f AS (INSERT INTO asset_files (asset_id, path, bytes, content_type, sealed, codec, bitrate, sha256)
  SELECT asset_id, 'f/aac128.mp4', 1, 'audio/mp4', false, 'aac', 128000, decode(repeat('00', 32), 'hex') FROM s) INSERT INTO song_audio (song_id, asset_id) SELECT song_id, asset_id FROM s`);
const device = await db.sql(`INSERT INTO devices (user_id, name, kind, session_id) VALUES (${admin.id}, 'Fuzz', 'other', 1) RETURNING device_id`);
// What they play, as the streams' own sessions have random numbers.
const playback = await ids(`INSERT INTO playback_sessions (playback_id, user_id, login_id, device_id, device, song_id)
  SELECT (random() * 1e15)::bigint + n, u, 1, 'fuzz' || n, 'Fuzz', 1 FROM generate_series(1, 3) n, unnest(array[${listener.id}, ${admin.id}]) u RETURNING playback_id`);
await writeFile(process.argv[2], JSON.stringify({
  listener: listener.token,
  admin: admin.token,
  song_id: await ids(`(SELECT song_id FROM songs ORDER BY play_count DESC LIMIT 20) UNION ALL (SELECT song_id FROM songs WHERE artist_id = ${artist})`),
  device_id: [device],
  playback_id: playback,
  artist_id: [artist, ...await ids('SELECT artist_id FROM artists ORDER BY artist_id LIMIT 10')],
  album_id: await ids('SELECT album_id FROM albums ORDER BY album_id LIMIT 10'),
  playlist_id: await ids(`SELECT playlist_id FROM playlists WHERE user_id IN (${listener.id}, ${admin.id})`),
  user_id: [listener.id, ...await ids('SELECT user_id FROM users ORDER BY user_id LIMIT 10')],
}));
db.close();
