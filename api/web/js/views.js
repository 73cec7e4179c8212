// views.js - one function a view; each returns { title, status, nodes }.
import { api, chosen, user } from './api.js';
import { el } from './dom.js';
import { artistLinks, count, cover, duration, hitList, plural } from './hits.js';
import { saveButton } from './library/buttons.js';
import { keepButton } from './offline/view.js';
import { play, playRadio, say } from './player/player.js';
import { addToPlaylist } from './playlist/choose.js';

const section = (heading, hits, origin) => (hits?.length ? [el('h2', {}, heading), hitList(hits, origin)] : []);
const button = (text, action, label) => el('button', { class: 'more', type: 'button', onclick: action, 'aria-label': label }, text);

export async function start() {
  const none = { results: [] };
  const [charts, mine, fresh] = await Promise.all([api.trendingSongs({ limit: 20 }),
    user() ? api.recommendations({ limit: 10, hour: new Date().getHours() }).catch(() => none) : none,
    user() ? api.newReleases({ limit: 5 }).catch(() => none) : none]);
  const fallback = charts.fallback && `Showing popular songs: ${charts.fallback}`;
  return {
    title: 'Segue', status: mine.fallback ? `For you: ${mine.fallback}` : fallback ?? '',
    nodes: [el('h1', { class: 'hidden' }, 'Music'), ...section('For you', mine.results, { source: 'recommendation' }), ...section('New for you', fresh.results, { source: 'recommendation' }),
      ...section('Trending', charts.results, { source: 'charts' })],
  };
}

const playRadioOf = (kind, id, name) => button('▶ Radio', () => playRadio(`${kind}:${id}`), `Play a radio from ${name}`);
const toPlaylist = (ids, name) => button('Add to a playlist', () => (user() ? addToPlaylist(ids, say) : say('Log in to have playlists.')), `Add ${name} to a playlist`);
const radioLink = (kind, id, name) => el('a', { class: 'more', href: `/?radio=${kind}:${id}`, 'aria-label': `Open a radio from ${name}` }, 'Open radio');

// Music without end: each page goes on behind the one before.
export async function radio(seeds) {
  const list = el('div', {});
  const more = el('button', { class: 'more', type: 'button', onclick: () => next() }, 'More');
  const note = el('p', { class: 'soft', role: 'status' });
  let cursor;
  async function next() {
    more.disabled = true;
    try {
      const answer = await api.radio({ ...(cursor ? { cursor } : { seeds }), limit: 20 });
      const items = hitList(answer.results ?? [], { source: 'radio', context: `radio:${seeds}` });
      list.append(items);
      if (cursor) items.querySelector('a')?.focus({ preventScroll: true });
      cursor = answer.cursor;
      note.textContent = answer.fallback ?? '';
    } catch (problem) {
      if (!cursor) throw problem;
      note.textContent = problem.message;
    } finally {
      more.disabled = false;
    }
  }
  await next();
  return { title: 'Radio - Segue', status: '', nodes: [el('h1', {}, 'Radio'), el('p', {}, button('▶ Play', () => playRadio(seeds), 'Play this radio')), note, list, more] };
}

function totals(answer) {
  const n = answer.total ?? 0;
  const about = answer.total_exact ? '' : 'about ';
  const corrected = answer.corrected ? ` for “${answer.corrected}”` : '';
  return `${about}${n.toLocaleString('en')} result${n === 1 ? '' : 's'}${corrected} in ${(answer.took_us / 1000).toFixed(1)} ms`;
}

export async function results(q, type, offset, signal) {
  const limit = type ? 20 : 8;
  const answer = await api.search({ q, type, limit, offset: offset || undefined }, { signal });
  const hits = answer.results ?? [];
  hits.forEach((hit, i) => { hit.chosen = () => chosen(answer.search_id, hit.type, hit[`${hit.type}_id`], offset + i + 1); });
  const more = type && answer.total > offset + hits.length
    ? [el('a', { class: 'more', href: `/?${new URLSearchParams({ q, type, offset: offset + limit })}` }, 'More')] : [];
  const order = [...new Set(hits.map((h) => h.type))];
  const nodes = order.flatMap((t) => section(plural[t], hits.filter((h) => h.type === t).slice(0, limit), { source: 'search' }));
  return {
    title: `${q} - Segue`, status: hits.length ? totals(answer) : '',
    nodes: hits.length ? [el('h1', { class: 'hidden' }, `Results for ${q}`), ...nodes, ...more] : [el('p', {}, `Nothing found for “${q}”. Fewer or other words may help.`)],
  };
}

export async function song(id) {
  const s = await api.getSong({ song_id: id });
  const like = await api.similarSongs({ song_id: id, limit: 10 }).catch(() => ({ results: [] }));
  const facts = [['Artist', artistLinks(s)], ['Album', s.album && [el('a', { href: `/album/${s.album.album_id}` }, s.album.title)]],
    ['Length', s.duration && [duration(s.duration)]], ['Genre', s.genre && [s.genre]], ['Year', s.year && [String(s.year)]],
    ['Plays', s.play_count > 0 && [s.play_count.toLocaleString('en')]]].filter(([, v]) => v);
  return {
    title: `${s.title} - Segue`, status: '',
    nodes: [el('div', { class: 'card' }, cover(s, true), el('h1', {}, s.title)),
      el('dl', {}, ...facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, ...value)])),
      el('p', { class: 'buttons' }, button('▶ Play', () => play([s], 0, { source: 'library' }), `Play ${s.title}`), saveButton({ ...s, type: 'song' }, say), toPlaylist([s.song_id], s.title), playRadioOf('song', id, s.title), keepButton({ song_ids: [s.song_id] }), radioLink('song', id, s.title)),
      ...section('Similar songs', like.results, { source: 'recommendation', context: `song:${id}` })],
  };
}

export async function artist(id) {
  const a = await api.getArtist({ artist_id: id });
  return {
    title: `${a.name} - Segue`, status: '',
    nodes: [el('div', { class: 'card' }, cover({ ...a, type: 'artist' }, true), el('h1', {}, a.name)),
      el('p', { class: 'soft' }, `${count(a.song_count) || 0} songs · ${count(a.album_count) || 0} albums`),
      el('p', { class: 'buttons' }, a.top_songs?.length ? button('▶ Play', () => play(a.top_songs, 0, { source: 'library', context: `artist:${id}` }), `Play ${a.name}`) : '',
        saveButton({ ...a, type: 'artist' }, say), playRadioOf('artist', id, a.name), radioLink('artist', id, a.name)), ...section('Top songs', a.top_songs, { source: 'library', context: `artist:${id}` }), ...section('Albums', a.albums)],
  };
}

export async function album(id) {
  const a = await api.getAlbum({ album_id: id });
  return {
    title: `${a.title} - Segue`, status: '',
    nodes: [el('div', { class: 'card' }, cover({ ...a, type: 'album' }, true), el('h1', {}, a.title)),
      el('p', { class: 'soft' }, ...artistLinks(a), a.year ? ` · ${a.year}` : ''),
      el('p', { class: 'buttons' }, a.songs?.length ? button('▶ Play', () => play(a.songs, 0, { source: 'library', context: `album:${id}` }), `Play ${a.title}`) : '',
        saveButton({ ...a, type: 'album' }, say), a.songs?.length ? toPlaylist(a.songs.map((s) => s.song_id), a.title) : '', playRadioOf('album', id, a.title), keepButton({ album_id: a.album_id }), radioLink('album', id, a.title)), ...section('Songs', a.songs, { source: 'library', context: `album:${id}` })],
  };
}
