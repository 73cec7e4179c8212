// hits.js - results as list items, by kind.
import { el, marked } from './dom.js';
import { api } from './api.js';
import { keep } from './offline/view.js';
import { addToQueue, play, playNext, say } from './player/player.js';

export const plural = { song: 'Songs', artist: 'Artists', album: 'Albums', playlist: 'Playlists' };

export const duration = (s) => (s ? `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}` : '');
export const count = (n) => (n > 0 ? new Intl.NumberFormat('en', { notation: 'compact' }).format(n) : '');

export function cover(hit, big = false) {
  const name = hit.title ?? hit.name ?? '?';
  return el('span', { class: `cover${hit.type === 'artist' ? ' round' : ''}${big ? ' big' : ''}`, 'aria-hidden': 'true' },
    [...name][0].toUpperCase());
}

export function link(hit) {
  const id = hit[`${hit.type}_id`];
  return hit.type === 'playlist' ? undefined : `/${hit.type}/${id}`;
}

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

// The songs of an album or a playlist (its first hundred), asked for when they are to be played.
const songsOf = {
  album: async (album_id) => (await api.getAlbum({ album_id })).songs ?? [],
  playlist: async (playlist_id) => ((await api.getPlaylistSongs({ playlist_id, limit: 100 })).songs ?? []).map((i) => i.song).filter(Boolean),
};
async function playAll(hit) {
  const id = hit[`${hit.type}_id`];
  try {
    const songs = await songsOf[hit.type](id);
    if (songs.length) play(songs, 0, { source: 'library', context: `${hit.type}:${id}` });
    else say('There is nothing in it to play.');
  } catch (problem) {
    say(problem.message);
  }
}

// songs: those of the list, of which this is one; they play on behind it.
function actions(hit, songs, origin) {
  if (hit.type in songsOf) {
    const name = hit.title ?? hit.name;
    return el('span', { class: 'actions' }, act(`Play ${name}`, '▶', () => playAll(hit), 'play'),
      act(`Keep ${name} on this device`, '⤓', (event) => keep({ [`${hit.type}_id`]: hit[`${hit.type}_id`] }, event.currentTarget)));
  }
  if (hit.type !== 'song') return '';
  return el('span', { class: 'actions' }, act(`Play ${hit.title}`, '▶', () => { hit.chosen?.(); play(songs, songs.indexOf(hit), origin); }, 'play'),
    act(`Play ${hit.title} next`, '⤵', () => playNext([hit], origin), 'wide'), act(`Add ${hit.title} to the queue`, '+', () => addToQueue([hit], origin)));
}

function item(hit, songs, origin) {
  const name = hit.type === 'song' || hit.type === 'album' ? 'title' : 'name';
  const title = marked(hit[name] ?? '', ranges(hit, name));
  const href = link(hit);
  return el('li', { 'data-type': hit.type }, cover(hit),
    el('div', { class: 'text' }, href ? el('a', { href, class: 'title', onclick: hit.chosen ?? false }, title) : el('span', { class: 'title' }, title),
      el('span', { class: 'soft' }, ...second(hit)),
      hit.reason && hit.reason.code !== 'trending' ? el('span', { class: 'soft reason' }, hit.reason.text) : ''),
    actions(hit, songs, origin),
    el('div', { class: 'facts' }, hit.explicit === 1 ? el('span', { class: 'badge', title: 'Explicit' }, 'E') : '', ' ',
      [duration(hit.duration), hit.type === 'song' && count(hit.play_count) && `${count(hit.play_count)} plays`].filter(Boolean).join(' · ')));
}

// origin: { source, context }, told with each play that comes from this list.
export function hitList(hits, origin) {
  const songs = hits.filter((h) => h.type === 'song');
  return el('ol', { class: 'hits' }, ...hits.map((h) => item(h, songs, origin)));
}
