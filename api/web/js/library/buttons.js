// buttons.js - like a song, save an album, follow an artist or a playlist: one button that says how it stands.
import { user } from '../api.js';
import { el } from '../dom.js';
import { icon } from '../player/icons.js';
import { events, isSaved, setSaved } from './saved.js';

const words = { song: ['Like', 'Liked'], album: ['Save', 'Saved'], artist: ['Follow', 'Following'], playlist: ['Follow', 'Following'] };
const idOf = (hit) => hit[`${hit.type}_id`];

// Keeps show() called while the node is in the page.
function watched(node, key, show) {
  const heard = ({ detail }) => {
    if (!node.isConnected && node.wasShown) { events.removeEventListener('change', heard); return; }
    node.wasShown ||= node.isConnected;
    if (detail === key) show();
  };
  events.addEventListener('change', heard);
  show();
  return node;
}

// say(text): told what went wrong.
export function saveButton(hit, say) {
  const { type } = hit;
  const id = idOf(hit);
  const [not, is] = words[type];
  const button = el('button', { class: 'more save', type: 'button', onclick: press });
  function press() {
    if (!user()) { say('Log in to have a library.'); return; }
    setSaved(type, id, !isSaved(type, id)).catch((problem) => say(problem.message));
  }
  return watched(button, `${type}:${id}`, () => {
    const now = isSaved(type, id);
    button.replaceChildren(icon(now ? 'liked' : 'like'), now ? is : not);
    button.setAttribute('aria-pressed', String(now));
    button.setAttribute('aria-label', `${not} ${hit.title ?? hit.name}`);
  });
}

// The same as a heart alone; of(): the song of now, or undefined.
export function heart(of, say) {
  const button = el('button', { class: 'icon heart', type: 'button', onclick: press });
  function press() {
    const song = of();
    if (!song) return;
    if (!user()) { say('Log in to like songs.'); return; }
    setSaved('song', song.song_id, !isSaved('song', song.song_id)).catch((problem) => say(problem.message));
  }
  function show() {
    const song = of();
    const now = Boolean(song && isSaved('song', song.song_id));
    button.disabled = !song;
    button.replaceChildren(icon(now ? 'liked' : 'like'));
    button.setAttribute('aria-pressed', String(now));
    button.setAttribute('aria-label', song ? `Like ${song.title}` : 'Like');
    button.title = now ? 'Liked' : 'Like';
  }
  events.addEventListener('change', show);
  show();
  return { button, show };
}
