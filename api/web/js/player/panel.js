// panel.js - above the bar, one thing at a time: lyrics, queue, settings.
import { el } from '../dom.js';
import { icon } from './icons.js';

// pages: { name: [label, node] }. The buttons that open them are made here.
export function panel(pages) {
  const box = el('section', { id: 'panel', hidden: true, 'aria-label': '' });
  const buttons = {};
  let shown;

  function show(name) {
    shown = name;
    box.hidden = !name;
    for (const [key, button] of Object.entries(buttons)) button.setAttribute('aria-expanded', String(key === name));
    if (!name) return;
    const [label, node] = pages[name];
    box.setAttribute('aria-label', label);
    box.replaceChildren(el('div', { class: 'panel-head' }, el('h2', {}, label), el('button', { class: 'icon', type: 'button', 'aria-label': `Close: ${label}`, onclick: close }, '✕')), node);
    node.dispatchEvent(new Event('shown'));
  }
  function close() {
    const from = buttons[shown];
    show(undefined);
    from?.focus();
  }
  box.addEventListener('keydown', (event) => { if (event.key === 'Escape') close(); });
  const toggle = (name) => show(shown === name ? undefined : name);
  for (const [name, [label, , sign]] of Object.entries(pages)) {
    buttons[name] = el('button', { class: 'icon', type: 'button', 'aria-label': label, title: label, 'aria-expanded': 'false', 'aria-controls': 'panel', onclick: () => toggle(name) }, icon(sign));
  }
  return { box, buttons: Object.values(buttons), toggle };
}
