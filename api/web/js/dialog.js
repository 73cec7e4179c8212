// dialog.js - a modal box that is there while it is needed: Escape, or a click beside it, closes it, and the
// focus goes back to where it was.
import { el } from './dom.js';

let made = 0;

// fill(close) gives the box's nodes; onclose is called however it closes. Returns close().
export function dialog(title, fill, onclose = () => {}) {
  const id = `dialog-${++made}`;
  const box = el('dialog', { 'aria-labelledby': id });
  const close = () => box.close();
  box.append(el('div', { class: 'panel-head' }, el('h2', { id }, title), el('button', { class: 'icon', type: 'button', 'aria-label': 'Close', onclick: close }, '✕')), ...fill(close));
  box.addEventListener('click', (event) => { if (event.target === box) close(); });
  box.addEventListener('close', () => { box.remove(); onclose(); });
  document.body.append(box);
  box.showModal();
  return close;
}

export const problemLine = () => {
  const node = el('p', { role: 'alert', class: 'problem', hidden: true });
  return { node, say: (text) => { node.textContent = text ?? ''; node.hidden = !text; } };
};
