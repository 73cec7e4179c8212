// devices_view.js - what plays on the listener's other devices: played on here, or told to pause.
import { el } from '../dom.js';

export function devicesView(sessions, ask) {
  const list = el('ul', { class: 'queue' });
  const note = el('p', { class: 'soft' });
  const act = (label, text, action) => el('button', { class: 'more', type: 'button', 'aria-label': label, onclick: () => action().catch((problem) => ask(problem.message)) }, text);
  function row(s) {
    const name = s.device || 'Another device';
    const [command, label] = s.state === 'playing' ? ['pause', 'Pause'] : ['play', 'Play'];
    return el('li', {}, el('span', { class: 'title' }, name, el('span', { class: 'soft' }, s.state)),
      act(`${label} on ${name}`, label, () => sessions.command(s.session_id, command)), act(`Play here instead of on ${name}`, 'Play here', () => sessions.move(s.session_id)));
  }
  function show() {
    list.replaceChildren(...sessions.others.map(row));
    note.textContent = sessions.others.length ? '' : 'Nothing plays on another device.';
  }
  sessions.addEventListener('change', show);
  show();
  return el('div', {}, note, list);
}
