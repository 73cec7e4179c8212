// hits.js - results as list items, by kind.
import { el, marked } from './dom.js';

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

export function item(hit) {
  const name = hit.type === 'song' || hit.type === 'album' ? 'title' : 'name';
  const title = marked(hit[name] ?? '', ranges(hit, name));
  const href = link(hit);
  return el('li', { 'data-type': hit.type }, cover(hit),
    el('div', { class: 'text' }, href ? el('a', { href, class: 'title', onclick: hit.chosen ?? false }, title) : el('span', { class: 'title' }, title),
      el('span', { class: 'soft' }, ...second(hit)),
      hit.reason && hit.reason.code !== 'trending' ? el('span', { class: 'soft reason' }, hit.reason.text) : ''),
    el('div', { class: 'facts' }, hit.explicit === 1 ? el('span', { class: 'badge', title: 'Explicit' }, 'E') : '', ' ',
      [duration(hit.duration), hit.type === 'song' && count(hit.play_count) && `${count(hit.play_count)} plays`].filter(Boolean).join(' · ')));
}

export const hitList = (hits) => el('ol', { class: 'hits' }, ...hits.map(item));
