// queue_view.js - the queue as a list: drag or press to reorder, go to, remove.
import { el } from '../dom.js';
import { duration } from '../hits.js';

export const names = (song) => song.artists.map((a) => a.name).join(', ');

export function queueView(queue, play) {
  const list = el('ol', { class: 'queue' });
  const note = el('p', { class: 'soft' });
  const clear = el('button', { class: 'more', type: 'button', onclick: () => queue.clear() }, 'Clear what comes');
  let dragged;

  const act = (label, sign, action) => el('button', { class: 'icon', type: 'button', 'aria-label': label, title: label, onclick: action }, sign);

  function row(item, i) {
    const { title } = item.song;
    const mine = i === queue.at;
    const node = el('li', { draggable: 'true', 'data-key': item.key, 'aria-current': mine && 'true' },
      el('button', { class: 'title', type: 'button', 'aria-label': `Play ${title} by ${names(item.song)}`, onclick: () => play(item.key) }, el('span', {}, title), el('span', { class: 'soft' }, names(item.song))),
      el('span', { class: 'soft' }, duration(item.song.duration)),
      act(`Earlier: ${title}`, '↑', () => moved(item.key, -1)), act(`Later: ${title}`, '↓', () => moved(item.key, 1)),
      mine ? el('span', { class: 'icon soft', 'aria-hidden': 'true' }, '♪') : act(`Remove ${title}`, '✕', () => queue.remove(item.key)));
    node.addEventListener('dragstart', (event) => { dragged = item.key; event.dataTransfer.effectAllowed = 'move'; });
    node.addEventListener('dragover', (event) => { if (dragged) event.preventDefault(); });
    node.addEventListener('drop', (event) => {
      event.preventDefault();
      const from = queue.items.findIndex((x) => x.key === dragged);
      dragged = undefined;
      if (from >= 0) queue.move(queue.items[from].key, i - from);
    });
    return node;
  }

  // The focus stays on the button that was pressed.
  function moved(key, by) {
    queue.move(key, by);
    list.querySelector(`[data-key="${key}"]`)?.querySelectorAll('button')[by < 0 ? 1 : 2]?.focus();
  }

  function show() {
    list.replaceChildren(...queue.items.map(row));
    const ahead = queue.items.length - queue.at - 1;
    note.textContent = queue.radio ? 'A radio goes on behind these.' : ahead > 0 ? '' : 'Nothing comes next.';
    clear.hidden = ahead <= 0;
  }
  queue.addEventListener('change', show);
  show();
  return el('div', {}, note, list, clear);
}
