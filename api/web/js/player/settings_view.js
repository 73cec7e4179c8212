// settings_view.js - quality, cross-fade, loudness; and the keys.
import { el } from '../dom.js';
import { keys } from './keyboard.js';
import { qualities } from './settings.js';

export function settingsView(settings) {
  const quality = el('select', { name: 'quality' }, ...Object.entries(qualities).map(([value, label]) => el('option', { value }, label)));
  const cross = el('input', { type: 'range', name: 'crossfade', min: 0, max: 12, step: 1 });
  const seconds = el('output', {});
  const normalise = el('input', { type: 'checkbox', name: 'normalise' });

  quality.addEventListener('change', () => settings.set({ quality: quality.value }));
  cross.addEventListener('input', () => settings.set({ crossfade_s: Number(cross.value) }));
  normalise.addEventListener('change', () => settings.set({ normalise: normalise.checked }));
  function show() {
    const { now } = settings;
    quality.value = now.quality;
    cross.value = String(now.crossfade_s);
    cross.setAttribute('aria-valuetext', now.crossfade_s ? `${now.crossfade_s} seconds` : 'off, songs follow without a gap');
    seconds.textContent = now.crossfade_s ? ` ${now.crossfade_s} s` : ' off';
    normalise.checked = now.normalise;
  }
  settings.addEventListener('change', show);
  show();
  return el('div', { class: 'settings' },
    el('label', {}, 'Quality ', quality), el('label', {}, 'Cross-fade', seconds, cross),
    el('label', { class: 'check' }, normalise, ' All songs equally loud'),
    el('details', {}, el('summary', {}, 'Keys'), el('dl', {}, ...keys.flatMap(([key, what]) => [el('dt', {}, el('kbd', {}, key)), el('dd', {}, what)]))));
}
