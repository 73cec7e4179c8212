// choose.js - songs are added to one of the listener's playlists, or to a new one.
import { api } from '../api.js';
import { dialog, problemLine } from '../dialog.js';
import { el } from '../dom.js';

// All that she may edit, newest first.
async function editable() {
  const found = [];
  let cursor;
  do {
    const page = await api.listMyPlaylists({ of: 'all', limit: 100, cursor });
    found.push(...(page.playlists ?? []));
    cursor = page.next_cursor;
  } while (cursor && found.length < 1000);
  return found.filter((p) => !p.is_smart && ['owner', 'editor'].includes(p.role ?? 'owner'));
}

// done(text): told when they are in.
export function addToPlaylist(song_ids, done) {
  const { node, say } = problemLine();
  const list = el('ul', { class: 'choices' }, el('li', { class: 'soft' }, 'Looking for your playlists …'));
  const name = el('input', { name: 'name', maxlength: 200, required: true, placeholder: 'New playlist', 'aria-label': 'Name of a new playlist' });

  async function into(playlist, close) {
    try {
      const { skipped = [] } = await api.addSongsToPlaylist({ playlist_id: playlist.playlist_id, body: { song_ids, on_duplicate: 'skip', operation_id: crypto.randomUUID() } });
      close();
      done(skipped.length === song_ids.length ? `Already in ${playlist.name}.` : `Added to ${playlist.name}.`);
    } catch (problem) {
      say(problem.message);
    }
  }
  dialog('Add to a playlist', (close) => {
    const make = async (event) => {
      event.preventDefault();
      try {
        const made = await api.createPlaylist({ body: { name: name.value.trim(), song_ids } });
        close();
        done(`Added to ${made.name}.`);
      } catch (problem) {
        say(problem.message);
      }
    };
    editable().then((found) => list.replaceChildren(...found.map((p) => el('li', {}, el('button', { type: 'button', onclick: () => into(p, close) }, p.name)))), (problem) => {
      list.replaceChildren();
      say(problem.message);
    });
    return [node, el('form', { class: 'line', onsubmit: make }, name, el('button', { class: 'more', type: 'submit' }, 'Create')), list];
  });
}

// A new, empty one; made(playlist).
export function newPlaylist(made) {
  const { node, say } = problemLine();
  const name = el('input', { name: 'name', maxlength: 200, required: true, 'aria-label': 'Name' });
  dialog('New playlist', (close) => [el('form', { class: 'line', onsubmit: async (event) => {
    event.preventDefault();
    try {
      const playlist = await api.createPlaylist({ body: { name: name.value.trim() } });
      close();
      made(playlist);
    } catch (problem) {
      say(problem.message);
    }
  } }, name, el('button', { class: 'more', type: 'submit' }, 'Create')), node]);
}
