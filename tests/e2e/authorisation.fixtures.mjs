// authorisation.fixtures.mjs - what the matrix asks for: ids for the holes of paths, bodies, queries.
// The owner's playlist is private, and shared with the collaborator; the artist's things are public.

const artistOf = (db, { artist }) => db.sql(`INSERT INTO artists (name, user_id) VALUES ('Matrix', ${artist.id}) RETURNING artist_id`);
const albumOf = async (db, people) => db.sql(`INSERT INTO albums (artist_id, title) VALUES (${await artistOf(db, people)}, 'Matrix album') RETURNING album_id`);
const songOf = async (db, people) => db.sql(`WITH s AS (INSERT INTO songs (artist_id, title, duration_s) VALUES (${await artistOf(db, people)}, 'Matrix song', 180) RETURNING *)
  INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) SELECT artist_id, song_id, 1, artist_id FROM s RETURNING song_id`);
let playlist; // the last one made: its links are of it
const playlistOf = async (db, { owner, collaborator }) => playlist = await db.sql(`WITH p AS (INSERT INTO playlists (user_id, name) VALUES (${owner.id}, 'Matrix list') RETURNING *)
  INSERT INTO playlist_collaborators (user_id, playlist_id, collaborator_id, role) SELECT user_id, playlist_id, ${collaborator.id}, 'editor' FROM p RETURNING playlist_id`);

const sungOf = async (db, people) => db.sql(`INSERT INTO lyrics (song_id, lines, kind) VALUES (${await songOf(db, people)}, '[{"text": "La la"}]', 'plain') RETURNING song_id`);

const emptyArtistOf = (db, { artist }) => db.sql(`INSERT INTO artists (name, user_id) VALUES ('Matrix', ${artist.id}) RETURNING artist_id`);
const freeArtist = (db) => db.sql(`INSERT INTO artists (name) VALUES ('Matrix, free') RETURNING artist_id`);
const claimedBy = (db, user) => db.sql(`WITH a AS (INSERT INTO artists (name) VALUES ('Matrix, claimed') RETURNING artist_id)
  INSERT INTO artist_claims (artist_id, user_id) SELECT artist_id, ${user} FROM a RETURNING artist_id`);
let genres = 0;
const genreOf = (db) => db.sql(`INSERT INTO genres (name) VALUES ('Matrix ${Date.now()} ${genres++}') RETURNING genre_id`);
// The smallest picture that is a cover: 64 x 64 pixels of one grey.
const picture = { raw: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAAAAACPAi4CAAAAG0lEQVR42u3BgQAAAADDoPlT3+AEVQEAAAB8AxBAAAG9PLePAAAAAElFTkSuQmCC', 'base64'), type: 'image/png' };

// The owner's share, blend (with the collaborator) and report; the other's share for the owner.
const sentOf = async (db, { owner, other }) => db.sql(`INSERT INTO shares (user_id, to_user_id, kind, target_id) VALUES (${owner.id}, ${other.id}, 'artist', 1) RETURNING share_id`);
const sentTo = async (db, { owner, other }) => db.sql(`INSERT INTO shares (user_id, to_user_id, kind, target_id) VALUES (${other.id}, ${owner.id}, 'artist', 1) RETURNING share_id`);
const shareLinkOf = async (db, people) => {
  const token = `matrix-${Date.now()}-${genres++}`;
  await db.sql(`INSERT INTO shares (user_id, token, kind, target_id) VALUES (${people.owner.id}, '${token}', 'artist', ${await artistOf(db, people)})`);
  return token;
};
const blendOf = (accepted) => async (db, { owner, collaborator }) => db.sql(`WITH gone AS (DELETE FROM blends WHERE user_id = ${owner.id} AND other_user_id = ${collaborator.id})
  SELECT 1; INSERT INTO blends (user_id, other_user_id, accepted_at, made_on) VALUES (${owner.id}, ${collaborator.id}, ${accepted ? 'now(), CURRENT_DATE' : 'NULL, NULL'}) RETURNING blend_id`).then((text) => text.split('\n').pop());
const invitationOf = async (db, { owner }) => {
  const token = `matrix-${Date.now()}-${genres++}`;
  await db.sql(`DELETE FROM blends WHERE ${owner.id} IN (user_id, other_user_id)`);
  await db.sql(`INSERT INTO blends (user_id, token) VALUES (${owner.id}, '${token}')`);
  return token;
};
const reportOf = (db, { owner }) => db.sql(`INSERT INTO reports (user_id, kind, target_id, reason) VALUES (${owner.id}, 'artist', ${genres++ + 1}, 'spam') RETURNING report_id`);

// Of songs that the search index has: asking goes through it.
const indexed = (db) => db.sql('SELECT song_id FROM songs ORDER BY play_count DESC LIMIT 1');

const linkOf = async (db, people) => {
  const token = `matrix-${Date.now()}-${Math.random()}`;
  await db.sql(`INSERT INTO playlist_shares (user_id, playlist_id, token_hash, role) SELECT user_id, playlist_id, sha256('${token}'), 'viewer'
    FROM playlists WHERE playlist_id = ${await playlistOf(db, people)}`);
  return token;
};
const shareOf = (db) => db.sql(`INSERT INTO playlist_shares (user_id, playlist_id, token_hash, role) SELECT user_id, playlist_id,
  sha256(random()::text::bytea), 'viewer' FROM playlists WHERE playlist_id = ${playlist} RETURNING share_id`);
const track = async (db, people) => `segue:song:${await songOf(db, people)}`;

export const made = {
  song_id: songOf,
  artist_id: artistOf,
  album_id: albumOf,
  playlist_id: playlistOf,
  share_id: shareOf,
  'getSharedPlaylist.token': linkOf,
  'joinSharedPlaylist.token': linkOf,
  'setPlaylistCollaborator.collaborator_id': (db, { other }) => other.id,
  'removePlaylistCollaborator.collaborator_id': (db, { collaborator }) => collaborator.id,
  user_id: (db, { owner }) => owner.id,
  'getLyrics.song_id': sungOf,
  'getLyricsFile.song_id': sungOf,
  'deleteLyrics.song_id': sungOf,
  'deleteArtist.artist_id': emptyArtistOf,
  'claimArtist.artist_id': freeArtist,
  'withdrawArtistClaim.artist_id': (db, people, role) => claimedBy(db, people[role].id ?? people.owner.id),
  'refuseArtistClaim.artist_id': (db, { owner }) => claimedBy(db, owner.id),
  'getShare.share_id': sentOf,
  'editShare.share_id': sentOf,
  'revokeShare.share_id': sentOf,
  'removeFromInbox.share_id': sentTo,
  'openShareLink.token': shareLinkOf,
  blend_id: blendOf(true),
  'acceptBlend.blend_id': blendOf(false),
  report_id: reportOf,
  'approveFollower.user_id': async (db, { other, owner }) => {
    await db.sql(`INSERT INTO follows (user_id, target_kind, target_id) VALUES (${other.id}, 'user', ${owner.id}) ON CONFLICT DO NOTHING`);
    return other.id;
  },
  'getLikedSong.song_id': async (db, people) => {
    const song = await songOf(db, people);
    await db.sql(`INSERT INTO feedback (user_id, target_kind, target_id, verdict) VALUES (${people.owner.id}, 'song', ${song}, 'like')`);
    return song;
  },
  genre_id: genreOf,
  hash: () => '0'.repeat(64),
  file: () => '640.webp',
  session_id: () => '4503599627370495',
  search_id: () => '01890a5d-ac96-774b-bcce-b302099a8057',
  history_id: () => '4503599627370495',
  token_id: (db, { owner }) => db.sql(`INSERT INTO user_tokens (user_id, name, token_hash) VALUES (${owner.id}, 'Matrix', sha256(random()::text::bytea)) RETURNING token_id`),
  user_name: (db, { owner }) => owner.id,
};
export const bodies = {
  register: () => ({ email: `matrix-${Date.now()}-${genres++}@example.org`, password: 'correct horse', display_name: 'Matrix' }),
  verifyEmail: () => ({ token: 'x' }),
  login: () => ({ email: `nobody-${genres++}@example.org`, password: 'correct horse' }),
  refresh: () => ({ refresh_token: 'x' }),
  logout: () => ({ refresh_token: 'x' }),
  changePassword: () => ({ current_password: 'not hers', new_password: 'correct horse' }),
  askForReset: () => ({ email: `nobody-${genres++}@example.org` }),
  resetPassword: () => ({ token: 'x', password: 'correct horse' }),
  updateMe: () => ({ country: 'SE' }),
  deleteMe: () => ({ password: 'not hers' }),
  setSubscription: () => ({ subscription_type: 'free' }),
  setRoles: () => ({ roles: ['user'] }),
  createSong: async (db, people) => ({ artist_id: Number(await artistOf(db, people)), title: 'Matrix' }),
  createAlbum: async (db, people) => ({ artist_id: Number(await artistOf(db, people)), title: 'Matrix' }),
  createArtist: () => ({ name: 'Matrix' }),
  createGenre: () => ({ name: `Matrix ${Date.now()} ${genres++}` }),
  updateSong: () => ({ title: 'Matrix, changed' }),
  updateAlbum: () => ({ title: 'Matrix, changed' }),
  updateArtist: () => ({ bio: 'Matrix, changed' }),
  updateGenre: () => ({ name: `Matrix ${Date.now()} ${genres++}` }),
  putAlbumCover: () => picture,
  putArtistImage: () => picture,
  setArtistOwner: async (db) => ({ user_id: Number(await db.sql(`INSERT INTO users (email, display_name) VALUES ('matrix-${Date.now()}-${genres++}', 'Matrix') RETURNING user_id`)) }),
  claimArtist: () => ({ message: 'It is me' }),
  putLyrics: () => ({ text: '[00:01.00]La la' }),
  putLyricsFile: () => ({ raw: '[00:01.00]La la', type: 'text/plain' }),
  createPlaylist: () => ({ name: 'Matrix' }),
  replacePlaylist: () => ({ name: 'Matrix, changed' }),
  updatePlaylist: () => ({ description: 'Matrix, changed' }),
  addSongsToPlaylist: async (db, people) => ({ song_id: Number(await songOf(db, people)) }),
  changePlaylist: async (db, people) => ({ operations: [{ op: 'add', song_ids: [Number(await songOf(db, people))] }] }),
  setPlaylistCollaborator: () => ({ role: 'viewer' }),
  sharePlaylist: () => ({ role: 'viewer' }),
  importPlaylistM3u8: async (db, people) => ({ raw: await track(db, people), type: 'application/vnd.apple.mpegurl' }),
  importPlaylistXspf: async (db, people) => ({ raw: `<playlist><trackList><track><identifier>${await track(db, people)}</identifier></track></trackList></playlist>`, type: 'application/xspf+xml' }),
  importPlaylistJspf: async (db, people) => ({ raw: JSON.stringify({ playlist: { track: [{ identifier: await track(db, people) }] } }), type: 'application/jspf+json' }),
  tellProgress: () => ({ event_id: crypto.randomUUID(), position_s: 5 }),
  skipSong: () => ({ event_id: crypto.randomUUID(), played_s: 5 }),
  completeSong: () => ({ event_id: crypto.randomUUID() }),
  setPosition: () => ({ position_s: 5 }),
  makeToken: () => ({ name: 'Matrix' }),
  share: async (db, people) => ({ type: 'artist', id: Number(await artistOf(db, people)), audience: 'link' }),
  editShare: () => ({ message: 'Matrix' }),
  markInboxRead: () => ({}),
  inviteToBlend: () => ({}),
  joinBlend: async (db, people) => ({ token: await invitationOf(db, people) }),
  report: () => ({ type: 'artist', id: 1, reason: 'spam' }),
  decideReport: () => ({ state: 'resolved' }),
  giveFeedback: async (db) => ({ kind: 'like', song_id: Number(await indexed(db)) }),
  tellSearchClick: async (db) => ({ type: 'song', id: Number(await indexed(db)), position: 1 }),
  tellSearchPlay: async (db) => ({ type: 'song', id: Number(await indexed(db)), position: 1 }),
};
// What ends the caller's session: she gets another one after it.
export const ends = new Set(['logoutAll']);
export const queries = { search: '?q=love', suggest: '?q=lo', radio: '?seeds=genre:rock',
  areSongsLiked: '?ids=1', areAlbumsSaved: '?ids=1', areArtistsFollowed: '?ids=1', areUsersFollowed: '?ids=1' };
