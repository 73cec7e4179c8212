// lyrics.js - the song's lines as they are sung: the line and the word of now are marked; a line clicked is where it goes on.
import { api } from '../api.js';
import { el } from '../dom.js';

const EARLY_S = 0.15; // a line is lit a little before it is sung

// The last one that has begun, or -1.
export function at(starts, now) {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= now) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

const words = (line) => line.words?.map((w) => el('span', { class: 'word' }, w.text)) ?? [line.text];

export function lyrics(engine) {
  const list = el('ol', { class: 'lyrics', 'aria-label': 'Lyrics' });
  const note = el('p', { class: 'soft' });
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  let lines = []; // those with a time: { start, end, node, words: [start], }
  let shown = -1;
  let asked = null; // the item whose lyrics they are
  const box = el('div', {}, note, list);

  function row(line) {
    const timed = line.start_time !== undefined;
    const body = [...words(line), line.translation && el('span', { class: 'soft translation' }, line.translation)];
    const node = el('li', {}, timed ? el('button', { type: 'button', onclick: () => engine.seek(line.start_time) }, ...body) : el('span', {}, ...body));
    if (timed) lines.push({ start: line.start_time, end: line.end_time ?? Infinity, node, words: line.words?.map((w) => w.start_time ?? line.start_time) });
    return node;
  }

  function mark() {
    const now = engine.position + EARLY_S;
    const i = at(lines.map((l) => l.start), now);
    const line = lines[i];
    if (i !== shown) {
      lines[shown]?.node.removeAttribute('aria-current');
      line?.node.setAttribute('aria-current', 'true');
      if (line && list.offsetParent) line.node.scrollIntoView({ block: 'center', behavior: calm.matches ? 'auto' : 'smooth' });
      shown = i;
    }
    if (line?.words) {
      const word = now > line.end + EARLY_S ? line.words.length : at(line.words, now);
      [...line.node.querySelectorAll('.word')].forEach((w, k) => { w.classList.toggle('sung', k < word); w.classList.toggle('now', k === word); });
    }
  }

  // Asked for when they are looked at.
  async function ask() {
    const { item } = engine;
    if (asked === item || !box.offsetParent) return;
    asked = item;
    lines = [];
    shown = -1;
    list.replaceChildren();
    note.textContent = item ? 'Looking for the lyrics …' : 'Nothing plays.';
    if (!item) return;
    try {
      const found = (engine.deck.loaded && engine.deck.source.lyrics) || await api.getLyrics({ song_id: item.song.song_id });
      if (engine.item !== item) return;
      list.replaceChildren(...(found.lyrics ?? []).map(row));
      note.textContent = found.instrumental ? 'Instrumental.' : lines.length ? '' : 'These lyrics have no times.';
      mark();
    } catch (problem) {
      if (engine.item !== item) return;
      if (problem.status !== 404) asked = null; // again when they are looked at again
      note.textContent = problem.status === 404 ? 'There are no lyrics of this song.' : problem.message;
    }
  }
  engine.addEventListener('item', ask);
  box.addEventListener('shown', ask);
  // Finer than the element's own events: words are short.
  setInterval(() => { if (engine.playing && list.offsetParent) mark(); }, 50);
  engine.addEventListener('time', mark);
  return box;
}
