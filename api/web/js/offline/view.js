// view.js - what is kept on this device, and the button that keeps something.
import { user } from '../api.js';
import { el } from '../dom.js';
import { duration } from '../hits.js';
import { play } from '../player/player.js';
import { names } from '../player/queue_view.js';
import { download, events, follow, forget, progress } from './downloads.js';
import { kept, licences, list } from './library.js';

export const begin = follow;

const megabytes = (n) => `${(n / 1e6).toFixed(1)} MB`;
const day = (text) => new Intl.DateTimeFormat('en', { dateStyle: 'medium' }).format(new Date(text));

function refusal(problem) {
  if (problem.status === 401) return 'Log in to keep songs.';
  if (problem.status === 403) return problem.message || 'Songs are kept by accounts with premium.';
  return problem.message;
}

// The button tells how it goes: it is asked for once at a time.
async function keep(what, button, note) {
  const text = button.textContent;
  const tell = (words = '') => { note.textContent = words; note.hidden = !words; };
  button.disabled = true;
  tell();
  const show = () => {
    const parts = [...progress.values()];
    if (parts.length) button.textContent = `Keeping … ${Math.round((parts.reduce((a, b) => a + b, 0) / parts.length) * 100)}%`;
  };
  events.addEventListener('change', show);
  try {
    const { songs, failed, unavailable } = await download(what);
    if (failed.length) throw failed[0].error;
    button.textContent = songs.length ? `On this device${unavailable.length ? `, ${unavailable.length} can't be kept` : ''}` : 'There is no audio to keep';
  } catch (problem) {
    button.disabled = false;
    button.textContent = text;
    tell(refusal(problem));
  } finally {
    events.removeEventListener('change', show);
  }
}

// what: { song_ids }, { album_id } or { playlist_id }.
export function keepButton(what) {
  const button = el('button', { class: 'more', type: 'button', onclick: () => keep(what, button, note) }, 'Keep on this device');
  const note = el('span', { class: 'problem', role: 'alert', hidden: true });
  const [id, ...others] = what.song_ids ?? [];
  if (id && !others.length) {
    kept(id).then((here) => { if (here && !button.disabled) { button.textContent = 'On this device'; button.disabled = true; } }, () => {});
  }
  return el('span', { class: 'keep' }, button, note);
}

function row(song, songs, until) {
  const { title } = song.song;
  return el('li', {}, el('div', { class: 'text' }, el('a', { class: 'title', href: `/song/${song.song_id}` }, title), el('span', { class: 'soft' }, names(song.song))),
    el('span', { class: 'actions' }, el('button', { class: 'icon play', type: 'button', 'aria-label': `Play ${title}`, onclick: () => play(songs.map((s) => s.song), songs.indexOf(song), { source: 'library' }) }, '▶'),
      el('button', { class: 'icon', type: 'button', 'aria-label': `Remove ${title} from this device`, onclick: () => forget(song) }, '✕')),
    el('div', { class: 'facts' }, `${duration(Math.round(song.duration_s))} · ${megabytes(song.bytes)}${until ? ` · until ${day(until)}` : ''}`));
}

async function rows(box) {
  const mine = box.asked = {};
  const songs = await list();
  const until = new Map((await licences()).map((l) => [l.licence_id, l.expires_at]));
  if (box.asked !== mine) return; // who asked since knows better
  const coming = [...progress].filter(([id]) => !songs.some((s) => s.song_id === id));
  box.replaceChildren(
    el('p', { class: 'soft' }, songs.length ? `${songs.length} song${songs.length === 1 ? '' : 's'}, ${megabytes(songs.reduce((n, s) => n + s.bytes, 0))}. They play without a network.`
      : user() ? 'Nothing is kept here yet: songs and albums have a button “Keep on this device”.' : 'Log in to see what is kept here.'),
    ...coming.map(([id, part]) => el('progress', { value: part, max: 1, 'aria-label': `Song ${id} is on its way` })),
    el('ol', { class: 'hits' }, ...songs.map((s) => row(s, songs, until.get(s.licence_id)))));
}

export async function view() {
  const box = el('div', {});
  let opening = true;
  const show = () => rows(box).catch(() => {});
  events.addEventListener('change', () => { if (opening || box.isConnected) show(); });
  await show();
  opening = false;
  return { title: 'On this device - Segue', status: '', nodes: [el('h1', {}, 'On this device'), box] };
}

// What a view is without a network: what there is all the same.
export async function instead() {
  const here = await view();
  return { ...here, nodes: [el('p', { class: 'problem', role: 'alert' }, 'Segue can\'t be reached. What is kept on this device plays.'), ...here.nodes] };
}
