// details.js - the owner's boxes: name, description, who may see it; links for others; deletion.
import { api } from '../api.js';
import { dialog, problemLine } from '../dialog.js';
import { el } from '../dom.js';

export function editDetails(details, { changed, deleted }) {
  const { playlist_id } = details;
  const { node, say } = problemLine();
  const name = el('input', { name: 'name', maxlength: 200, required: true, value: details.name });
  const description = el('textarea', { name: 'description', maxlength: 1000, rows: 3 }, details.description ?? '');
  const open = el('input', { type: 'checkbox', name: 'is_public' });
  open.checked = details.is_public;
  let sure = false;
  dialog('Details', (close) => {
    const attempt = (what) => what().then(close, (problem) => say(problem.message));
    const save = (event) => {
      event.preventDefault();
      attempt(async () => changed(await api.updatePlaylist({ playlist_id, body: { name: name.value.trim(), description: description.value.trim(), is_public: open.checked } })));
    };
    const remove = ({ currentTarget }) => {
      if (sure) { attempt(async () => { await api.deletePlaylist({ playlist_id }); deleted(); }); return; }
      sure = true;
      currentTarget.textContent = 'Really delete it';
    };
    return [el('form', { onsubmit: save }, el('label', {}, 'Name', name), el('label', {}, 'Description', description),
      el('label', { class: 'check' }, open, ' Everybody may see it'), node,
      el('p', { class: 'buttons' }, el('button', { class: 'more', type: 'submit' }, 'Save'), el('button', { class: 'plain', type: 'button', onclick: remove }, 'Delete this playlist')))];
  });
}

async function copy(text, field) {
  field.select();
  try { await navigator.clipboard.writeText(text); return true; } catch { return document.execCommand('copy'); }
}
function linkLine(text, label) {
  const field = el('input', { value: text, readonly: true, 'aria-label': label });
  const button = el('button', { class: 'more', type: 'button', onclick: async () => { button.textContent = await copy(text, field) ? 'Copied' : 'Press Ctrl+C'; } }, 'Copy');
  return el('div', { class: 'line' }, field, button);
}

const roleText = { viewer: 'See it', editor: 'See and edit it' };
const asked = (s) => [roleText[s.role] ?? s.role, s.uses ? `${s.uses} joined` : '', s.expires_at ? `until ${new Date(s.expires_at).toLocaleDateString('en')}` : ''].filter(Boolean).join(', ');

// The playlist's own address is for those who may see it anyhow; the owner makes links for others.
export function shareBox(details, isOwner) {
  const { playlist_id } = details;
  const { node, say } = problemLine();
  const made = el('div', { role: 'status' });
  const list = el('ul', { class: 'choices' });
  const role = el('select', { 'aria-label': 'Who has the link may' }, ...Object.entries(roleText).map(([value, text]) => el('option', { value }, text)));
  const attempt = (what) => what().catch((problem) => say(problem.message));
  const show = async () => {
    const { shares = [] } = await api.listPlaylistShares({ playlist_id });
    list.replaceChildren(...shares.map((s) => el('li', {}, el('span', {}, asked(s)),
      el('button', { class: 'more', type: 'button', onclick: () => attempt(async () => { await api.revokePlaylistShare({ playlist_id, share_id: s.share_id }); await show(); }) }, 'End'))));
  };
  const make = (event) => {
    event.preventDefault();
    attempt(async () => {
      const { token } = await api.sharePlaylist({ playlist_id, body: { role: role.value, expires_in: 30 * 86400 } });
      made.replaceChildren(linkLine(`${location.origin}/shared#${token}`, 'The link'), el('p', { class: 'soft' }, 'It is shown once, and is good for 30 days.'));
      await show();
    });
  };
  dialog('Share', () => [
    ...(details.is_public ? [el('p', {}, 'Everybody may see it at'), linkLine(`${location.origin}/playlist/${playlist_id}`, 'Address')] : []),
    ...(isOwner ? [el('form', { class: 'line', onsubmit: make }, role, el('button', { class: 'more', type: 'submit' }, 'Create a link')), made, list] : []),
    ...(!isOwner && !details.is_public ? [el('p', {}, 'Only its owner can share it: it is private.')] : []), node]);
  if (isOwner) attempt(show);
}
