// waveform.js - the song's shape, drawn; the slider above it seeks.
import { el } from '../dom.js';

const BAR = 3; // pixels, with the space beside it
const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, '0')}`;
const spoken = (s) => `${Math.floor(s / 60)} minutes ${Math.floor(s % 60)} seconds`;

// Loudest peak of each bar, 0..1.
export function bars(peaks, n) {
  const top = Math.max(...peaks, 1e-9);
  return Array.from({ length: n }, (_, i) => {
    const from = Math.floor((i * peaks.length) / n);
    const to = Math.max(from + 1, Math.floor(((i + 1) * peaks.length) / n));
    return Math.max(...peaks.slice(from, to)) / top;
  });
}

// Of a waveform.json (as the program audiowaveform writes it: least and greatest by turns), or undefined.
export async function peaksAt(address) {
  try {
    const { data } = await (await fetch(address)).json();
    return Array.from({ length: data.length >> 1 }, (_, i) => Math.max(Math.abs(data[2 * i]), Math.abs(data[2 * i + 1])));
  } catch {
    return undefined; // a song can be heard without being seen
  }
}

export function waveform(engine) {
  const canvas = el('canvas', { 'aria-hidden': 'true' });
  const slider = el('input', { type: 'range', min: 0, max: 1, step: 0.1, value: 0, 'aria-label': 'Position in the song' });
  const past = el('span', { class: 'clock', 'aria-hidden': 'true' }, '0:00');
  const whole = el('span', { class: 'clock', 'aria-hidden': 'true' }, '0:00');
  let peaks;
  let held = false; // under the finger

  function draw(at) {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width) return;
    const scale = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    const paint = canvas.getContext('2d');
    const style = getComputedStyle(canvas);
    paint.setTransform(scale, 0, 0, scale, 0, 0);
    paint.clearRect(0, 0, width, height);
    const n = Math.max(1, Math.floor(width / BAR));
    const heights = peaks ? bars(peaks, n) : Array.from({ length: n }, () => 0.12);
    for (let i = 0; i < n; i++) {
      const tall = Math.max(2, heights[i] * height);
      paint.fillStyle = i / n < at ? style.color : style.borderTopColor;
      paint.fillRect(i * BAR, (height - tall) / 2, BAR - 1, tall);
    }
  }

  function show() {
    const { duration } = engine;
    const position = held ? Number(slider.value) : engine.position;
    slider.max = String(duration || 1);
    if (!held) slider.value = String(position);
    slider.setAttribute('aria-valuetext', `${spoken(position)} of ${spoken(duration)}`);
    past.textContent = clock(position);
    whole.textContent = clock(duration);
    draw(duration ? position / duration : 0);
  }

  slider.addEventListener('input', () => { held = true; show(); });
  slider.addEventListener('change', () => { engine.seek(Number(slider.value)); held = false; show(); });
  engine.addEventListener('time', show);
  engine.addEventListener('state', show);
  engine.addEventListener('item', async () => {
    const { source, item } = engine.deck;
    peaks = undefined;
    show();
    const found = source.peaks ?? (source.waveform && await peaksAt(source.waveform));
    if (engine.item === item) { peaks = found; show(); }
  });
  new ResizeObserver(show).observe(canvas);
  return el('div', { class: 'wave' }, past, el('div', { class: 'shape' }, canvas, slider), whole);
}
