// authorisation.fixtures.mjs - what the matrix asks for: ids for the holes of paths, bodies, queries.
// The owner's playlist is private, and shared with the collaborator; the artist's things are public.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { url } from './segue.mjs';

const artistOf = (db, { artist }) => db.sql(`INSERT INTO artists (name, user_id) VALUES ('Matrix', ${artist.id}) RETURNING artist_id`);
const albumOf = async (db, people) => db.sql(`INSERT INTO albums (artist_id, title) VALUES (${await artistOf(db, people)}, 'Matrix album') RETURNING album_id`);
const songOf = async (db, people) => db.sql(`WITH s AS (INSERT INTO songs (artist_id, title, duration_s) VALUES (${await artistOf(db, people)}, 'Matrix song', 180) RETURNING *)
  INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) SELECT artist_id, song_id, 1, artist_id FROM s RETURNING song_id`);
const playlistOf = (db, { owner, collaborator }) => db.sql(`WITH p AS (INSERT INTO playlists (user_id, name) VALUES (${owner.id}, 'Matrix list') RETURNING *)
  INSERT INTO playlist_collaborators (user_id, playlist_id, collaborator_id, role) SELECT user_id, playlist_id, ${collaborator.id}, 'editor' FROM p RETURNING playlist_id`);

const sungOf = async (db, people) => db.sql(`INSERT INTO lyrics (song_id, lines, kind) VALUES (${await songOf(db, people)}, '[{"text": "La la"}]', 'plain') RETURNING song_id`);

const emptyArtistOf = (db, { artist }) => db.sql(`INSERT INTO artists (name, user_id) VALUES ('Matrix', ${artist.id}) RETURNING artist_id`);
const freeArtist = (db) => db.sql(`INSERT INTO artists (name) VALUES ('Matrix, free') RETURNING artist_id`);
const claimedBy = (db, user) => db.sql(`WITH a AS (INSERT INTO artists (name) VALUES ('Matrix, claimed') RETURNING artist_id)
  INSERT INTO artist_claims (artist_id, user_id) SELECT artist_id, ${user} FROM a RETURNING artist_id`);
// A song of the artist's, and somebody whom it credits: its path has both.
let credited;
const creditedOn = async (db) => db.sql(`WITH a AS (INSERT INTO artists (name) VALUES ('Matrix, credited') RETURNING artist_id)
  INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) SELECT s.artist_id, s.song_id, 2, a.artist_id FROM songs s, a WHERE s.song_id = ${credited} RETURNING credited_artist_id`);
let genres = 0;
const genreOf = (db) => db.sql(`INSERT INTO genres (name) VALUES ('Matrix ${Date.now()} ${genres++}') RETURNING genre_id`);
// The smallest picture that is a cover: 64 x 64 pixels of one grey.
const picture = { raw: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAAAAACPAi4CAAAAG0lEQVR42u3BgQAAAADDoPlT3+AEVQEAAAB8AxBAAAG9PLePAAAAAElFTkSuQmCC', 'base64'), type: 'image/png' };

// A public stranger, new each time: what is done to her is done once.
let strangers = 0;
const strangerOf = (db) => db.sql(`INSERT INTO users (email, display_name) VALUES ('stranger-${Date.now()}-${strangers++}@example.org', 'Stranger') RETURNING user_id`);
const token = () => randomBytes(32).toString('base64url');
const hashOf = (text) => createHash('sha256').update(text).digest('hex');
const itemOf = async (db, people, playlist) => db.sql(`INSERT INTO playlist_songs (user_id, playlist_id, position, song_id)
  VALUES (${people.owner.id}, ${playlist}, 'V', ${await songOf(db, people)}) RETURNING song_id`);
const shareOf = (db, { owner, collaborator }) => db.sql(`INSERT INTO shares (user_id, to_user_id, kind, target_id) SELECT ${owner.id}, ${collaborator.id}, 'song', min(song_id) FROM songs RETURNING share_id`);
const blendOf = (db, { owner }, { id }) => db.sql(`WITH o AS (INSERT INTO users (email, display_name) VALUES ('blend-${Date.now()}-${strangers++}@example.org', 'Blend') RETURNING user_id)
  INSERT INTO blends (user_id, other_user_id) SELECT user_id, ${id ?? owner.id} FROM o RETURNING blend_id`);
const reportOf = async (db, people) => db.sql(`INSERT INTO reports (user_id, kind, target_id, reason) VALUES (${people.owner.id}, 'song', ${await songOf(db, people)}, 'spam') RETURNING report_id`);
const deviceOf = (db, { owner }) => db.sql(`INSERT INTO devices (user_id, name, kind, session_id) VALUES (${owner.id}, 'Matrix', 'browser', 1) RETURNING device_id`);
// A recording of nothing: what may be kept is told by rows alone.
const heardOf = async (db, people) => db.sql(`WITH a AS (INSERT INTO assets (asset_id, duration_ms, sample_rate, channels, codec, true_peak, features, fingerprint, fingerprint_terms)
  VALUES (gen_random_uuid(), 180000, 44100, 2, 'flac', -1, '{}', '', '{}') RETURNING asset_id) INSERT INTO song_audio (song_id, asset_id) SELECT ${await songOf(db, people)}, asset_id FROM a RETURNING song_id`);
let last; // the playlist whose path is being filled

// An upload of the artist's.
const uploadOf = async (db, people, status) => db.sql(`INSERT INTO uploads (upload_id, artist_id, user_id, status, bytes, declared)
  VALUES ('upload_${token()}', ${await artistOf(db, people)}, ${people.artist.id}, '${status}', 0, 100) RETURNING upload_id`);
// A second of a tone, 8 bits at 8000 Hz, another each time.
let tones = 0;
const tone = () => {
  const wav = Buffer.alloc(44 + 16000);
  wav.write('RIFF', 0); wav.writeUInt32LE(36 + 16000, 4); wav.write('WAVEfmt ', 8); wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20); wav.writeUInt16LE(1, 22); wav.writeUInt32LE(8000, 24); wav.writeUInt32LE(8000, 28);
  wav.writeUInt16LE(1, 32); wav.writeUInt16LE(8, 34); wav.write('data', 36); wav.writeUInt32LE(16000, 40);
  const hz = 300 + 7 * tones++;
  for (let i = 0; i < 16000; i++) wav[44 + i] = 128 + 60 * Math.sin(2 * Math.PI * hz * i / 8000);
  return wav;
};
const formOf = async (db, people) => ({
  raw: Buffer.concat([Buffer.from(`--mm\r\nContent-Disposition: form-data; name="title"\r\n\r\nMatrix\r\n--mm\r\nContent-Disposition: form-data; name="artist_id"\r\n\r\n${await artistOf(db, people)}\r\n--mm\r\nContent-Disposition: form-data; name="audio_file"; filename="a.wav"\r\n\r\n`), tone(), Buffer.from('\r\n--mm--\r\n')]),
  type: 'multipart/form-data; boundary=mm',
});
const tus = { 'tus-resumable': '1.0.0' };

// Of songs that the search index has: asking goes through it.
const indexed = (db) => db.sql('SELECT song_id FROM songs ORDER BY play_count DESC LIMIT 1');

export const made = {
  song_id: songOf,
  artist_id: artistOf,
  album_id: albumOf,
  playlist_id: async (db, people) => { last = await playlistOf(db, people); return last; },
  user_id: strangerOf,
  user_name: (db, { owner }) => owner.id,
  collaborator_id: (db, { collaborator }) => collaborator.id,
  'setPlaylistCollaborator.collaborator_id': strangerOf,
  'removeSongFromPlaylist.song_id': (db, people) => itemOf(db, people, last),
  'revokePlaylistShare.share_id': (db, { owner }) => db.sql(`INSERT INTO playlist_shares (user_id, playlist_id, token_hash, role) VALUES (${owner.id}, ${last}, '\\x${hashOf(token())}', 'viewer') RETURNING share_id`),
  token: async (db, people) => {
    const secret = token();
    await db.sql(`INSERT INTO playlist_shares (user_id, playlist_id, token_hash, role) VALUES (${people.owner.id}, ${await playlistOf(db, people)}, '\\x${hashOf(secret)}', 'viewer')`);
    return secret;
  },
  share_id: shareOf,
  blend_id: (db, people, role) => blendOf(db, people, people[role]),
  'getBlend.blend_id': (db, people) => blendOf(db, people, people.owner),
  'leaveBlend.blend_id': (db, people) => blendOf(db, people, people.owner),
  'acceptBlend.blend_id': (db, people) => blendOf(db, people, people.owner),
  'refuseArtistClaim.user_id': (db, { owner }) => owner.id,
  report_id: reportOf,
  device_id: deviceOf,
  history_id: (db, { owner }) => db.sql(`INSERT INTO listening_history (user_id, song_id, played_at) SELECT ${owner.id}, min(song_id), now() FROM songs RETURNING history_id`),
  token_id: (db, { owner }) => db.sql(`INSERT INTO user_tokens (user_id, name, token_hash) VALUES (${owner.id}, 'Matrix', '\\x${hashOf(token())}') RETURNING token_id`),
  session_id: (db, { owner }) => db.sql(`INSERT INTO sessions (session_id, user_id, family_key, current_hash, expires_at, tokens_until)
    VALUES (${Math.floor(Math.random() * 2 ** 50) + 1}, ${owner.id}, '\\x${hashOf(token())}', '\\x${hashOf(token())}', now() + interval '1 day', now()) RETURNING session_id`),
  ...Object.fromEntries(['similarSongs', 'likeSong', 'getLikedSong', 'playSong', 'tellProgress', 'skipSong', 'completeSong'].map((name) => [`${name}.song_id`, indexed])),
  'similarArtists.artist_id': (db) => db.sql('SELECT artist_id FROM songs ORDER BY play_count DESC LIMIT 1'),
  'similarAlbums.album_id': (db) => db.sql('SELECT album_id FROM songs WHERE album_id IS NOT NULL ORDER BY play_count DESC LIMIT 1'),
  'getLyrics.song_id': sungOf,
  'getLyricsFile.song_id': sungOf,
  'deleteLyrics.song_id': sungOf,
  'deleteSongCredit.song_id': async (db, people) => { credited = await songOf(db, people); return credited; },
  'deleteSongCredit.artist_id': creditedOn,
  'deleteArtist.artist_id': emptyArtistOf,
  'claimArtist.artist_id': freeArtist,
  'withdrawArtistClaim.artist_id': (db, people, role) => claimedBy(db, people[role].id ?? people.owner.id),
  'refuseArtistClaim.artist_id': (db, { owner }) => claimedBy(db, owner.id),
  genre_id: genreOf,
  asset_id: () => randomUUID(),
  ...Object.fromEntries(['getMedia', 'getFreeMedia', 'getPremiumMedia', 'getMediaKey'].map((name) => [`${name}.token`, () => 'A'.repeat(67)])),
  'streamSong.song_id': async (db, people) => db.sql(`WITH a AS (INSERT INTO assets (asset_id, duration_ms, sample_rate, channels, codec, true_peak, features, fingerprint, fingerprint_terms)
      VALUES (gen_random_uuid(), 1000, 44100, 2, 'flac', -1, '{}', '', '{}') RETURNING asset_id),
    f AS (INSERT INTO asset_files (asset_id, path, bytes, content_type, sealed, codec, bitrate, sha256) SELECT asset_id, 'f/aac128.mp4', 1, 'audio/mp4', false, 'aac', 128000, '\\x${hashOf('')}' FROM a)
    INSERT INTO song_audio (song_id, asset_id) SELECT ${await songOf(db, people)}, asset_id FROM a RETURNING song_id`),
  playback_id: (db, { owner }) => db.sql(`INSERT INTO playback_sessions (playback_id, user_id, login_id, device_id, device, song_id, heard_at)
    VALUES (${Math.floor(Math.random() * 2 ** 50) + 1}, ${owner.id}, 1, 'matrix', 'Matrix', 1, now() - interval '1 hour') RETURNING playback_id`),
  upload_id: (db, people) => uploadOf(db, people, 'ready'),
  ...Object.fromEntries(['tusHead', 'tusPatch', 'tusTerminate', 'cancelUpload'].map((name) => [`${name}.upload_id`, (db, people) => uploadOf(db, people, 'receiving')])),
  hash: () => '0'.repeat(64),
  file: () => '640.webp',
  search_id: async () => (await (await fetch(`${url}/api/v1/search?q=love`)).json()).search_id,
  'suggestForPlaylist.playlist_id': async (db, people) => {
    const list = await playlistOf(db, people);
    await db.sql(`INSERT INTO playlist_songs (user_id, playlist_id, position, song_id) VALUES (${people.owner.id}, ${list}, 'V', ${await indexed(db)})`);
    return list;
  },
  'openShareLink.token': async (db, people) => db.sql(`INSERT INTO shares (user_id, token, kind, target_id) VALUES (${people.owner.id}, '${randomBytes(16).toString('base64url')}', 'song', ${await indexed(db)}) RETURNING token`),
};
export const headersOf = {
  tusCreate: async (db, people) => ({ ...tus, 'upload-length': '100', 'upload-metadata': `artist_id ${Buffer.from(await artistOf(db, people)).toString('base64')}` }),
  tusHead: () => tus,
  tusPatch: () => ({ ...tus, 'upload-offset': '0' }),
  tusTerminate: () => tus,
};
export const bodies = {
  uploadSong: formOf,
  tusPatch: () => ({ raw: 'x', type: 'application/offset+octet-stream' }),
  createSong: async (db, people) => ({ artist_id: Number(await artistOf(db, people)), title: 'Matrix' }),
  createAlbum: async (db, people) => ({ artist_id: Number(await artistOf(db, people)), title: 'Matrix' }),
  createArtist: () => ({ name: 'Matrix' }),
  createGenre: () => ({ name: `Matrix ${Date.now()} ${genres++}` }),
  updateSong: () => ({ title: 'Matrix, changed' }),
  updateAlbum: () => ({ title: 'Matrix, changed' }),
  updateArtist: () => ({ bio: 'Matrix, changed' }),
  updateGenre: () => ({ name: `Matrix ${Date.now()} ${genres++}` }),
  putSongCover: () => picture,
  putAlbumCover: () => picture,
  putArtistImage: () => picture,
  setArtistOwner: async (db) => ({ user_id: Number(await db.sql(`INSERT INTO users (email, display_name) VALUES ('matrix-${Date.now()}-${genres++}', 'Matrix') RETURNING user_id`)) }),
  claimArtist: () => ({ message: 'It is me' }),
  putLyrics: () => ({ text: '[00:01.00]La la' }),
  putLyricsFile: () => ({ raw: '[00:01.00]La la', type: 'text/plain' }),
  register: () => ({ email: `matrix-${Date.now()}-${strangers++}@example.org`, password: token(), display_name: 'Matrix' }),
  verifyEmail: () => ({ token: token() }),
  login: () => ({ email: 'nobody@example.org', password: token() }),
  refresh: () => ({ refresh_token: token() }),
  logout: () => ({ refresh_token: token() }),
  changePassword: () => ({ current_password: token(), new_password: token() }),
  changeEmail: () => ({ email: 'another@example.org', password: token() }),
  askForReset: () => ({ email: 'nobody@example.org' }),
  resetPassword: () => ({ token: token(), password: token() }),
  updateMe: () => ({ display_name: 'Matrix' }),
  deleteMe: () => ({ password: token() }),
  setSubscription: () => ({ subscription_type: 'premium' }),
  setRoles: () => ({ roles: ['user'] }),
  playSong: () => ({ played_s: 3 }),
  tellProgress: () => ({ event_id: randomUUID(), position_s: 3 }),
  skipSong: () => ({ event_id: randomUUID(), position_s: 3 }),
  completeSong: () => ({ event_id: randomUUID() }),
  setPosition: () => ({ position_s: 3 }),
  createToken: () => ({ name: 'Matrix' }),
  submitListens: () => ({ listen_type: 'single', payload: [{ listened_at: Math.floor(Date.now() / 1000) - 60, track_metadata: { artist_name: 'A', track_name: 'B' } }] }),
  beginPlayback: async (db) => ({ song_id: Number(await indexed(db)) }),
  tellPlayback: () => ({ position_ms: 3000, state: 'playing' }),
  transferPlayback: () => ({ device_id: randomUUID() }),
  commandPlayback: () => ({ command: 'pause' }),
  createPlaylist: () => ({ name: 'Matrix' }),
  replacePlaylist: () => ({ name: 'Matrix' }),
  updatePlaylist: () => ({ name: 'Matrix' }),
  addSongsToPlaylist: async (db) => ({ song_ids: [Number(await indexed(db))] }),
  changePlaylist: async (db) => ({ operations: [{ op: 'add', song_ids: [Number(await indexed(db))] }] }),
  setPlaylistCollaborator: () => ({ role: 'viewer' }),
  sharePlaylist: () => ({ role: 'viewer' }),
  importPlaylistM3u8: () => ({ raw: '#EXTM3U\n#EXTINF:10,A - B\nx.mp3\n', type: 'application/vnd.apple.mpegurl' }),
  importPlaylistXspf: () => ({ raw: '<playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList/></playlist>', type: 'application/xspf+xml' }),
  importPlaylistJspf: () => ({ raw: '{"playlist":{"track":[]}}', type: 'application/jspf+json' }),
  share: async (db) => ({ type: 'song', id: Number(await indexed(db)), audience: 'link' }),
  editShare: () => ({ message: 'Matrix' }),
  markInboxRead: () => ({ share_ids: [] }),
  inviteToBlend: async (db) => ({ user_id: Number(await strangerOf(db)) }),
  joinBlend: () => ({ token: token() }),
  keepOffline: async (db, people) => ({ device_id: await deviceOf(db, people), song_ids: [Number(await heardOf(db, people))] }),
  renewOffline: async (db, people) => ({ device_id: await deviceOf(db, people) }),
  registerDevice: () => ({ name: 'Matrix', kind: 'browser' }),
  licenceClearKey: () => ({ kids: [randomBytes(16).toString('base64url')] }), // of nothing: 404 for who may ask
  report: async (db, people) => ({ type: 'song', id: Number(await songOf(db, people)), reason: 'spam' }),
  decideReport: () => ({ state: 'resolved' }),
  giveFeedback: async (db) => ({ kind: 'like', song_id: Number(await indexed(db)) }),
  tellSearchClick: async (db) => ({ type: 'song', id: Number(await indexed(db)), position: 1 }),
  tellSearchPlay: async (db) => ({ type: 'song', id: Number(await indexed(db)), position: 1 }),
};
// Operations after which the caller's token is no more: asked by somebody made for it.
export const spoilers = new Set(['logoutAll', 'deleteMe', 'changePassword', 'logout']);
const ofDevice = async (db, people) => `?device_id=${await deviceOf(db, people)}`;
export const queries = { checkMedia: `?token=${'A'.repeat(67)}&object=audio/${randomUUID()}/f/aac64.mp4`, licenceClearKey: ofDevice, listOffline: ofDevice, forgetOffline: ofDevice, search: '?q=love', suggest: '?q=lo', radio: '?seeds=genre:rock', areSongsLiked: '?ids=1', areAlbumsSaved: '?ids=1', areArtistsFollowed: '?ids=1', areUsersFollowed: '?ids=1' };
