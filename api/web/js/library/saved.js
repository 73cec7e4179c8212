// saved.js - what the one who is logged in likes, saves and follows: asked for in hundreds, changed at once
// on every button that shows it, and back again when the API refuses.
import { api, onUser, user } from '../api.js';

const lasting = { keepalive: true }; // shown at once, it is also told by who leaves the page at once
const kinds = {
  song: { ask: (ids) => api.areSongsLiked({ ids }), put: (id) => api.likeSong({ song_id: id }, lasting), drop: (id) => api.unlikeSong({ song_id: id }, lasting) },
  album: { ask: (ids) => api.areAlbumsSaved({ ids }), put: (id) => api.saveAlbum({ album_id: id }, lasting), drop: (id) => api.removeSavedAlbum({ album_id: id }, lasting) },
  artist: { ask: (ids) => api.areArtistsFollowed({ ids }), put: (id) => api.followArtist({ artist_id: id }, lasting), drop: (id) => api.unfollowArtist({ artist_id: id }, lasting) },
  playlist: { put: (id) => api.followPlaylist({ playlist_id: id }, lasting), drop: (id) => api.unfollowPlaylist({ playlist_id: id }, lasting) },
};
const MANY = 100;
const known = new Map(); // "song:17" -> boolean
const wanted = { song: new Set(), album: new Set(), artist: new Set() };
export const events = new EventTarget(); // "change", detail: "song:17"
let timer;

function note(key, is) {
  if (known.get(key) === is) return;
  known.set(key, is);
  events.dispatchEvent(new CustomEvent('change', { detail: key }));
}

async function ask() {
  timer = undefined;
  for (const [kind, ids] of Object.entries(wanted)) {
    const all = [...ids];
    ids.clear();
    for (let i = 0; i < all.length; i += MANY) {
      const { results = [] } = await kinds[kind].ask(all.slice(i, i + MANY)).catch(() => ({}));
      for (const { id, saved } of results) if (!known.has(`${kind}:${id}`)) note(`${kind}:${id}`, saved); // she may have pressed meanwhile
    }
  }
}

// What is known by now; it is asked for when it is not, and told by "change".
export function isSaved(kind, id) {
  const key = `${kind}:${id}`;
  if (!known.has(key) && user() && wanted[kind]) {
    wanted[kind].add(id);
    timer ??= setTimeout(ask, 20);
  }
  return known.get(key) ?? false;
}
export const told = (kind, id, is) => note(`${kind}:${id}`, is);

export async function setSaved(kind, id, is) {
  const key = `${kind}:${id}`;
  const before = known.get(key) ?? false;
  note(key, is);
  try {
    await kinds[kind][is ? 'put' : 'drop'](id);
  } catch (problem) {
    note(key, before);
    throw problem;
  }
}

onUser(() => { known.clear(); events.dispatchEvent(new CustomEvent('change', {})); });
