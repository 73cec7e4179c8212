// hits.js - results as list items, by kind.
import { el, marked } from './dom.js';
import { api } from './api.js';
import { cover } from './art.js';
import { MOST, addToQueue, play, say } from './player/player.js';
import { songMenu } from './song_menu.js';

export { cover };

export const plural = { song: 'Songs', artist: 'Artists', album: 'Albums', playlist: 'Playlists' };

export const duration = (s) => (s ? `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}` : '');
export const count = (n) => (n > 0 ? new Intl.NumberFormat('en', { notation: 'compact' }).format(n) : '');

export const link = (hit) => `/${hit.type}/${hit[`${hit.type}_id`]}`;

export const artistLinks = (hit) => (hit.artists?.length ? hit.artists : [hit.artist].filter(Boolean))
  .flatMap((a, i) => [i ? ', ' : '', el('a', { href: `/artist/${a.artist_id}` }, a.name)]);

const ranges = (hit, field) => (hit.highlights ?? []).filter((h) => h.field === field);

function second(hit) {
  if (hit.type === 'song') return [...artistLinks(hit), hit.album && ' · ', hit.album && el('a', { href: `/album/${hit.album.album_id}` }, hit.album.title)];
  if (hit.type === 'album') return [...artistLinks(hit), hit.year && ` · ${hit.year}`];
  if (hit.type === 'playlist') return [hit.description || 'Playlist'];
  return ['Artist'];
}

const act = (label, sign, action, more = '') => el('button', { class: `icon ${more}`, type: 'button', 'aria-label': label, title: label, onclick: action }, sign);

// The songs of an album or a playlist, asked for when they are to be played.
const songsOf = {
  album: async (album_id) => (await api.getAlbum({ album_id })).songs ?? [],
  playlist: async (playlist_id) => {
    const songs = [];
    let cursor;
    do {
      const page = await api.getPlaylistSongs({ playlist_id, cursor, limit: 100 });
      songs.push(...(page.songs ?? []).map((i) => i.song).filter(Boolean));
      cursor = page.next_cursor;
    } while (cursor && songs.length < MOST);
    return songs;
  },
};
async function playAll(hit) {
  const id = hit[`${hit.type}_id`];
  try {
    const songs = await songsOf[hit.type](id);
    if (songs.length) play(songs, 0, { source: hit.type, context: `${hit.type}:${id}` });
    else say('There is nothing in it to play.');
  } catch (problem) {
    say(problem.status === 401 ? 'Log in to play it.' : problem.message);
  }
}

// songs: those of the list, of which this is one; they play on behind it.
function actions(hit, songs, origin) {
  const name = hit.title ?? hit.name;
  if (hit.type in songsOf) return el('span', { class: 'actions' }, act(`Play ${name}`, '▶', () => { hit.chosen?.(); playAll(hit); }, 'play'));
  if (hit.type !== 'song') return '';
  return el('span', { class: 'actions' }, act(`Play ${name}`, '▶', () => { hit.chosen?.(); play(songs, songs.indexOf(hit), origin); }, 'play'),
    act(`Add ${name} to the queue`, '+', () => addToQueue([hit], origin), 'wide'), act(`More for ${name}`, '⋯', () => songMenu(hit, origin)));
}

// own: other actions than the usual ones.
export function hitRow(hit, songs, origin, own) {
  const name = hit.type === 'song' || hit.type === 'album' ? 'title' : 'name';
  const title = marked(hit[name] ?? '', ranges(hit, name));
  return el('li', { 'data-type': hit.type }, cover(hit),
    el('div', { class: 'text' }, el('a', { href: link(hit), class: 'title', onclick: hit.chosen ?? false }, title),
      el('span', { class: 'soft' }, ...second(hit)),
      hit.reason && hit.reason.code !== 'trending' ? el('span', { class: 'soft reason' }, hit.reason.text) : ''),
    own ?? actions(hit, songs, origin),
    el('div', { class: 'facts' }, hit.explicit === 1 ? el('span', { class: 'badge', title: 'Explicit' }, 'E') : '', ' ',
      [duration(hit.duration), hit.type === 'song' && count(hit.play_count) && `${count(hit.play_count)} plays`].filter(Boolean).join(' · ')));
}

// origin: { source, context }, told with each play that comes from this list.
export function hitList(hits, origin) {
  const songs = hits.filter((h) => h.type === 'song');
  return el('ol', { class: 'hits' }, ...hits.map((h) => hitRow(h, songs, origin)));
}
