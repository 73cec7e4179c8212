// rows.js - a playlist's songs as a list; while it is edited each is moved, by hand or by buttons, or removed.
import { el } from '../dom.js';
import { hitRow } from '../hits.js';

const act = (label, sign, action) => el('button', { class: 'icon', type: 'button', 'aria-label': label, title: label, onclick: action }, sign);

// edit: { move(item, by), put(item, before), remove(item) }.
export function playlistRows(copy, origin, edit) {
  const list = el('ol', { class: 'hits' });
  let editing = false;
  let dragged;

  function buttons(item) {
    const { title } = item.song;
    return el('span', { class: 'actions' }, act(`Earlier: ${title}`, '↑', () => press(item, -1)), act(`Later: ${title}`, '↓', () => press(item, 1)),
      act(`Remove ${title}`, '✕', () => edit.remove(item)));
  }
  // The focus stays on the button that was pressed.
  async function press(item, by) {
    await edit.move(item, by);
    list.querySelector(`[data-item="${item.item_id}"]`)?.querySelectorAll('.actions button')[by < 0 ? 0 : 1]?.focus();
  }
  function draggable(node, item) {
    node.draggable = true;
    node.addEventListener('dragstart', (event) => { dragged = item; event.dataTransfer.effectAllowed = 'move'; });
    node.addEventListener('dragover', (event) => { if (dragged) { event.preventDefault(); node.classList.add('over'); } });
    node.addEventListener('dragleave', () => node.classList.remove('over'));
    node.addEventListener('drop', (event) => {
      event.preventDefault();
      if (dragged && dragged !== item) edit.put(dragged, item);
      dragged = undefined;
    });
  }
  function row(item, hits) {
    if (!item.song) return '';
    const node = hitRow(item.song, hits, origin, editing ? buttons(item) : undefined);
    node.dataset.item = item.item_id;
    if (editing) draggable(node, item);
    return node;
  }
  function show() {
    const { hits } = copy;
    const focused = list.contains(document.activeElement) && document.activeElement;
    const at = focused && [focused.closest('li').dataset.item, [...focused.closest('li').querySelectorAll('a, button')].indexOf(focused)];
    list.replaceChildren(...copy.list.map((i) => row(i, hits)).filter(Boolean));
    if (at) list.querySelector(`[data-item="${at[0]}"]`)?.querySelectorAll('a, button')[at[1]]?.focus();
  }
  copy.addEventListener('change', show);
  show();
  return { list, turn: (on) => { editing = on; show(); } };
}
