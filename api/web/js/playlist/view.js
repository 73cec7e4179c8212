// view.js - one playlist: played, kept, followed, shared; edited by those who may, and live.
import { api, user } from '../api.js';
import { cover } from '../art.js';
import { el } from '../dom.js';
import { count } from '../hits.js';
import { saveButton } from '../library/buttons.js';
import { told } from '../library/saved.js';
import { go } from '../navigate.js';
import { keepButton } from '../offline/view.js';
import { MOST, play, playRadio, say } from '../player/player.js';
import { Copy } from './copy.js';
import { editDetails, shareBox } from './details.js';
import { follow } from './live.js';
import { playlistRows } from './rows.js';

const button = (text, action, label) => el('button', { class: 'more', type: 'button', onclick: action, 'aria-label': label }, text);

function editor(copy) {
  const { playlist_id } = copy.details;
  const change = async (operation) => {
    try {
      await copy.apply(await api.changePlaylist({ playlist_id, body: { operation_id: crypto.randomUUID(), operations: [operation] } }));
    } catch (problem) {
      say(problem.message);
      if (problem.status === 409) await copy.again();
    }
  };
  return {
    remove: (item) => change({ op: 'remove', item_ids: [item.item_id] }),
    put(item, before) {
      const down = copy.list.indexOf(item) < copy.list.indexOf(before); // dropped on the one it goes behind
      return change({ op: 'move', item_ids: [item.item_id], [down ? 'after_item_id' : 'before_item_id']: before.item_id });
    },
    move(item, by) {
      const other = copy.list[copy.list.findIndex((i) => i.item_id === item.item_id) + by];
      return other && change({ op: 'move', item_ids: [item.item_id], [by < 0 ? 'before_item_id' : 'after_item_id']: other.item_id });
    },
  };
}

function facts({ owner, is_public, is_smart, followers, role }, songs) {
  return [is_smart ? 'Smart playlist' : 'Playlist', owner && (role === 'owner' ? 'yours' : `by ${owner.display_name}`), role === 'editor' ? 'you may edit it' : '',
    is_public === false ? 'private' : '', `${songs} song${songs === 1 ? '' : 's'}`, followers > 0 ? `${count(followers)} followers` : ''].filter(Boolean).join(' · ');
}

// All of the head that changes while one looks.
function head(copy, parts) {
  const box = el('div', {});
  const playAll = async () => {
    const songs = await copy.whole(MOST).catch((problem) => { say(problem.message); return []; });
    if (songs.length) play(songs, 0, { source: 'playlist', context: `playlist:${copy.details.playlist_id}` });
  };
  function show() {
    const { details } = copy;
    const { name, description, playlist_id, role } = details;
    const empty = !copy.song_count;
    box.replaceChildren(el('div', { class: 'card' }, cover({ ...details, type: 'playlist', title: name }, true),
      el('div', { class: 'text' }, el('h1', {}, name), description ? el('p', {}, description) : '', el('p', { class: 'soft' }, facts(details, copy.song_count)))),
    el('p', { class: 'buttons' }, empty ? '' : button('▶ Play', playAll, `Play ${name}`), empty ? '' : button('▶ Radio', () => playRadio(`playlist:${playlist_id}`), `Play a radio from ${name}`),
      role === 'owner' || !user() ? '' : parts.save, empty ? '' : parts.keep, parts.edit, parts.share, role === 'owner' ? parts.details : ''));
  }
  copy.addEventListener('change', show);
  show();
  return box;
}

function editParts(copy, rows) {
  const { details } = copy;
  const { role, is_smart } = details;
  const edit = el('button', { class: 'more', type: 'button', 'aria-pressed': 'false' }, 'Edit');
  edit.addEventListener('click', () => {
    const on = edit.getAttribute('aria-pressed') !== 'true';
    edit.setAttribute('aria-pressed', String(on));
    edit.textContent = on ? 'Done' : 'Edit';
    rows.turn(on);
  });
  return {
    edit: ['owner', 'editor'].includes(role) && !is_smart ? edit : '',
    share: button('Share', () => shareBox(copy.details, role === 'owner')),
    details: button('Details', () => editDetails(copy.details, { changed: () => copy.again(), deleted: () => go('/library/playlists') })),
    save: saveButton({ ...details, type: 'playlist' }, say),
    keep: keepButton({ playlist_id: details.playlist_id }, details.name),
  };
}

function more(copy) {
  const node = button('More', async () => {
    node.disabled = true;
    await copy.more().catch((problem) => say(problem.message));
    node.disabled = false;
  });
  const show = () => { node.hidden = copy.complete; };
  copy.addEventListener('change', show);
  show();
  return node;
}

export async function playlist(id, signal) {
  if (!user()) return { title: 'Playlist - Segue', status: '', nodes: [el('h1', {}, 'Playlist'), el('p', {}, 'Log in to see playlists.')] };
  const playlist_id = Number(id);
  const copy = new Copy(await api.getPlaylist({ playlist_id, limit: 100 }, { signal }),
    ({ cursor, limit, whole }) => (whole ? api.getPlaylist({ playlist_id, limit }) : api.getPlaylistSongs({ playlist_id, cursor, limit })));
  const { details } = copy;
  told('playlist', playlist_id, Boolean(details.is_following));
  const rows = playlistRows(copy, { source: 'playlist', context: `playlist:${playlist_id}` }, editor(copy));
  const note = el('p', { class: 'soft', role: 'status' });
  const empty = () => { note.textContent = copy.song_count ? '' : ['owner', 'editor'].includes(details.role) && !details.is_smart ? 'Nothing is in it yet: every song has “Add to a playlist” among its actions (⋯).' : 'Nothing is in it yet.'; };
  copy.addEventListener('change', empty);
  empty();
  const box = el('div', {}, head(copy, editParts(copy, rows)), note, rows.list, more(copy));
  const gone = () => box.replaceChildren(el('p', { class: 'problem', role: 'alert' }, 'This playlist is no longer there, or no longer yours to see.'));
  if (!details.is_smart) follow(copy, playlist_id, signal, gone);
  return { title: `${details.name} - Segue`, status: '', nodes: [box] };
}

// What a link shows; who is logged in may join.
export async function shared(token) {
  const page = await api.getSharedPlaylist({ token, limit: 100 });
  const copy = new Copy(page, ({ cursor, limit }) => api.getSharedPlaylist({ token, cursor, limit }));
  const join = button('Join', () => api.joinSharedPlaylist({ token }).then(({ playlist_id }) => go(`/playlist/${playlist_id}`), (problem) => say(problem.message)), `Join ${page.name}`);
  const rows = playlistRows(copy, { source: 'playlist', context: `playlist:${page.playlist_id}` }, {});
  const parts = { save: '', keep: '', edit: user() ? join : el('span', { class: 'soft' }, 'Log in to join and to play it.'), share: '', details: '' };
  return { title: `${page.name} - Segue`, status: '', nodes: [head(copy, parts), rows.list, more(copy)] };
}
