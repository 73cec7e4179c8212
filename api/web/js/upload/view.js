// view.js - the upload form: files are dropped or chosen, each has a row that tells how far it is.
import { api, user } from '../api.js';
import { el } from '../dom.js';
import { artistChoice } from './artist.js';
import { send, watch } from './send.js';
import { stages, whyNot } from './words.js';

const TYPES = 'audio/*,.wav,.flac,.mp3,.m4a,.aac,.ogg,.opus';

function row(file, fields) {
  const bar = el('progress', { max: 1, value: 0, 'aria-label': `Progress of ${file.name}` });
  const state = el('span', { class: 'soft', role: 'status' }, 'Waiting');
  const stop = new AbortController();
  const cancel = el('button', { class: 'icon', type: 'button', 'aria-label': `Cancel ${file.name}`, onclick: () => stop.abort(new Error('Cancelled')) }, '✕');
  const node = el('li', { class: 'upload' }, el('span', { class: 'title' }, fields.title || file.name), bar, state, cancel);
  const say = (text, part) => { state.textContent = text; if (part === undefined) bar.removeAttribute('value'); else bar.value = part; };

  function tell(upload) {
    if (upload.sent !== undefined) { say(`Sending, ${Math.floor(upload.sent * 100)}%`, upload.sent); return; }
    say([stages[upload.status] ?? upload.status, upload.stage && `: ${upload.stage}`, upload.progress > 0 && `, ${upload.progress}%`].filter(Boolean).join(''), upload.progress / 100);
  }
  async function run() {
    try {
      const upload_id = await send(file, fields, { tell, signal: stop.signal });
      say('Sent; it is looked at', undefined);
      const end = await watch(upload_id, { tell, signal: stop.signal });
      node.dataset.status = end.status;
      if (end.status !== 'ready') throw new Error(whyNot(end));
      bar.value = 1;
      state.replaceChildren('Ready: ', el('a', { href: `/song/${end.song_id}` }, end.title ?? 'listen to it'));
      if (end.duplicate_of) state.append(' It sounds the same as ', el('a', { href: `/song/${end.duplicate_of}` }, 'another song'), '.');
    } catch (error) {
      node.dataset.status ??= 'failed';
      bar.value = 0;
      state.replaceChildren(el('span', { class: 'problem', role: 'alert' }, error.message));
    } finally {
      cancel.remove();
    }
  }
  return { node, run };
}

// WAV files seldom say what they are.
const titleOf = (file) => (/\.wav$/i.test(file.name) ? file.name.replace(/\.wav$/i, '').slice(0, 200) : undefined);

// One file after the other: each has the whole line to itself.
function rowsOf(list) {
  let last = Promise.resolve();
  return (files, fields) => {
    for (const file of files) {
      const one = row(file, { ...fields, title: (files.length === 1 && fields.title) || titleOf(file) });
      list.append(one.node);
      last = last.then(one.run);
    }
  };
}

function form(artist, genres, add) {
  const title = el('input', { name: 'title', maxlength: 200, placeholder: 'As the file says' });
  const genre = el('select', { name: 'genre' }, el('option', { value: '' }, 'As the file says'), ...genres.map((g) => el('option', { value: g.name }, g.name)));
  const explicit = el('input', { name: 'explicit', type: 'checkbox' });
  const files = el('input', { type: 'file', name: 'files', multiple: true, accept: TYPES, 'aria-describedby': 'upload-limits' });
  const take = (chosen) => {
    if (!chosen.length) return;
    add([...chosen], { title: title.value.trim(), artist_id: artist.value(), genre: genre.value, explicit: explicit.checked ? 'true' : undefined });
    title.value = '';
    files.value = '';
  };
  files.addEventListener('change', () => take(files.files));
  const drop = el('div', { class: 'drop' }, el('label', {}, 'Drop audio files here, or choose them', files), el('p', { class: 'soft', id: 'upload-limits' }, 'WAV, FLAC, MP3, AAC, ALAC, Opus or Vorbis; at most an hour each. What the file says of itself counts where nothing is said here.'));
  drop.addEventListener('dragover', (event) => { event.preventDefault(); drop.classList.add('over'); });
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => { event.preventDefault(); drop.classList.remove('over'); take(event.dataTransfer.files); });
  return el('form', { class: 'upload-form', onsubmit: (event) => event.preventDefault() }, artist.node,
    el('label', {}, 'Title (of a single song) ', title), el('label', {}, 'Genre ', genre), el('label', {}, explicit, ' Explicit words'), drop);
}

const list = el('ol', { class: 'uploads', 'aria-label': 'Uploads' }); // goes on while other views are shown
const add = rowsOf(list);

export async function upload() {
  const view = (...nodes) => ({ title: 'Upload - Segue', status: '', nodes: [el('h1', {}, 'Upload songs'), ...nodes] });
  if (!user()) return view(el('p', {}, 'Log in to upload songs.'));
  const place = el('div', {});
  async function fill() {
    const [artist, { genres = [] }] = await Promise.all([artistChoice(fill), api.listGenres({})]);
    place.replaceChildren(artist.node.tagName === 'FORM' ? artist.node : form(artist, genres, add), list);
  }
  await fill();
  return view(place);
}
