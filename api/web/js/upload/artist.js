// artist.js - whose song it is: an artist whom the account manages, a new one, or a claim to one.
import { api } from '../api.js';
import { el } from '../dom.js';

// The artists of this name, each with a button that asks for it.
function claims(found, note) {
  const claim = (artist) => async ({ currentTarget }) => {
    currentTarget.disabled = true;
    try {
      await api.claimArtist({ artist_id: artist.artist_id, body: {} });
      note.replaceChildren(`Asked. Somebody decides who manages ${artist.name}.`);
    } catch (problem) {
      note.replaceChildren(el('p', { class: 'problem' }, problem.message));
    }
  };
  return el('ul', { class: 'claims' }, ...found.map((artist) => el('li', {}, artist.name, ' ', el('button', { class: 'more', type: 'button', onclick: claim(artist) }, 'This is me'))));
}

// An account without artists: one is claimed, or made by those who may.
function first(mayMake, made) {
  const name = el('input', { name: 'artist', maxlength: 200, required: true });
  const note = el('div', { role: 'status' });
  async function look() {
    const q = name.value.trim();
    const { results = [] } = q ? await api.search({ q, type: 'artist', limit: 5 }) : {};
    note.replaceChildren(...(results.length ? [el('p', { class: 'soft' }, 'Already on Segue:'), claims(results, note)] : [q && !mayMake ? 'There is no such artist.' : '']));
  }
  async function make(event) {
    event.preventDefault();
    try {
      if (mayMake) made(await api.createArtist({ body: { name: name.value.trim() } }));
      else await look();
    } catch (problem) {
      note.replaceChildren(el('p', { class: 'problem' }, problem.message));
    }
  }
  name.addEventListener('change', () => look().catch(() => {}));
  return el('form', { class: 'artist-form', onsubmit: make },
    el('p', {}, 'Songs belong to an artist, and you manage none yet.', mayMake ? '' : ' Find the one that you are and ask for it.'),
    el('label', {}, 'Artist or band', name), el('p', {}, el('button', { class: 'more', type: 'submit' }, mayMake ? 'Make this artist' : 'Find')), note);
}

// Resolves to a node and value(): the artist's id. made(): called when the first one is there.
export async function artistChoice(made) {
  const { results: artists = [] } = await api.listMyArtists({});
  if (!artists.length) {
    const { roles = [] } = await api.getMe({});
    return { node: first(roles.includes('artist') || roles.includes('admin'), made), value: () => undefined };
  }
  const choice = el('select', { name: 'artist_id' }, ...artists.map((a) => el('option', { value: a.artist_id }, a.name)));
  return { node: el('label', {}, 'Artist ', choice), value: () => Number(choice.value) };
}
