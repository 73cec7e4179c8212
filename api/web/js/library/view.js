// view.js - what is one's own: playlists, liked songs, saved albums, followed artists, and what was played.
import { api, user } from '../api.js';
import { el } from '../dom.js';
import { hitList, hitRow } from '../hits.js';
import { go } from '../navigate.js';
import { MOST, play, say } from '../player/player.js';
import { newPlaylist } from '../playlist/choose.js';
import { told } from './saved.js';

const button = (text, action, label) => el('button', { class: 'more', type: 'button', onclick: action, 'aria-label': label }, text);
const day = new Intl.DateTimeFormat('en', { weekday: 'long', day: 'numeric', month: 'long' });
const clock = new Intl.DateTimeFormat('en', { timeStyle: 'short' });

// A page of saved things, as hits.
const saved = (ask) => async (cursor) => {
  const { items = [], next_cursor, total } = await ask({ cursor, limit: 50 });
  return { hits: items.map((i) => i.item), next_cursor, total };
};
async function playlists(cursor) {
  const own = await api.listMyPlaylists({ of: 'all', limit: 50, cursor });
  const followed = cursor ? {} : await api.listFollowedPlaylists({ limit: 100 });
  const mine = (own.playlists ?? []).map((p) => ({ ...p, type: 'playlist', description: p.description || [p.is_smart ? 'Smart playlist' : 'Playlist', p.role && p.role !== 'owner' && p.owner && `by ${p.owner.display_name}`].filter(Boolean).join(' ') }));
  const others = (followed.items ?? []).map((i) => i.item).filter((f) => !mine.some((p) => p.playlist_id === f.playlist_id));
  others.forEach((p) => told('playlist', p.playlist_id, true));
  return { hits: [...mine, ...others], next_cursor: own.next_cursor };
}
async function history(cursor) {
  const { entries = [], next_cursor } = await api.getHistory({ cursor, limit: 50 });
  return { hits: entries.map((h) => ({ ...h, type: 'song', artist: { artist_id: h.artist_id, name: h.artist }, duration: h.duration_s, at: new Date(h.played_at) })), next_cursor };
}

const parts = {
  playlists: { title: 'Playlists', read: playlists, none: 'You have no playlists yet.' },
  songs: { title: 'Liked songs', read: saved((p) => api.listLikedSongs(p)), kind: 'song', none: 'Songs that you like are here: every song has a heart, or “Like” among its actions (⋯).' },
  albums: { title: 'Albums', read: saved((p) => api.listSavedAlbums(p)), kind: 'album', none: 'Albums that you save are here.' },
  artists: { title: 'Artists', read: saved((p) => api.listFollowedArtists(p)), kind: 'artist', none: 'Artists whom you follow are here.' },
  history: { title: 'Played', read: history, none: 'What you play is here.' },
};

const tabs = (now) => el('nav', { 'aria-label': 'Parts of the library' }, ...Object.entries(parts).map(([name, { title }]) => el('a', { class: 'more', href: `/library/${name}`, 'aria-current': name === now && 'page' }, title)));

// By the days on which it was played.
function byDay(hits, origin) {
  const days = Map.groupBy ? Map.groupBy(hits, (h) => day.format(h.at)) : hits.reduce((m, h) => m.set(day.format(h.at), [...(m.get(day.format(h.at)) ?? []), h]), new Map());
  return [...days].flatMap(([name, on]) => [el('h2', {}, name), el('ol', { class: 'hits' }, ...on.map((h) => {
    const row = hitRow(h, hits, origin);
    row.querySelector('.facts').textContent = clock.format(h.at);
    return row;
  }))]);
}

async function playAll(part, origin) {
  const songs = [];
  let cursor;
  do {
    const page = await part.read(cursor);
    songs.push(...page.hits);
    cursor = page.next_cursor;
  } while (cursor && songs.length < MOST);
  play(songs, 0, origin);
}

export async function library(name = 'playlists') {
  const part = parts[name];
  const view = (...nodes) => ({ title: `${part.title} - Segue`, status: '', nodes: [el('h1', {}, 'Library'), tabs(name), ...nodes] });
  if (!user()) return view(el('p', {}, 'Log in to have a library.'));
  const origin = { source: 'library', context: `library:${name}` };
  const list = el('div', {});
  const more = button('More', () => next().catch((problem) => say(problem.message)));
  let all = [];
  let cursor;
  async function next() {
    more.disabled = true;
    try {
      const page = await part.read(cursor);
      cursor = page.next_cursor;
      if (part.kind) page.hits.forEach((h) => told(part.kind, h[`${part.kind}_id`], true));
      all = [...all, ...page.hits];
      list.replaceChildren(...(all.length ? name === 'history' ? byDay(all, origin) : [hitList(all, origin)] : [el('p', { class: 'soft' }, part.none)]));
    } finally {
      more.disabled = false;
      more.hidden = !cursor;
    }
  }
  await next();
  const head = name === 'playlists' ? [el('p', { class: 'buttons' }, button('New playlist', () => newPlaylist(({ playlist_id }) => go(`/playlist/${playlist_id}`))))]
    : name === 'songs' && all.length ? [el('p', { class: 'buttons' }, button('▶ Play', () => playAll(part, origin).catch((problem) => say(problem.message)), 'Play liked songs'))] : [];
  return view(...head, list, more);
}
