// art.js - pictures of songs, albums, artists and playlists; where there is none, one made of the name.
import { el } from './dom.js';

// Covers that are kept here come in several sizes (docs/catalogue.md): the one that fits is asked for.
const KEPT = /^(\/covers\/[0-9a-f]+\/)\d+\.(jpg|webp)$/;
const sizeFor = (pixels) => [64, 300, 640, 1200].find((s) => s >= pixels) ?? 1200;

// The address of a picture at so many pixels, or undefined.
export function pictureOf(hit, pixels) {
  const url = hit.cover_art_url ?? hit.image_url ?? hit.cover ?? hit.album?.cover_art_url;
  if (hit.cover_url) return `${hit.cover_url}${hit.cover_url.includes('?') ? '&' : '?'}size=${sizeFor(pixels)}`;
  return url?.replace(KEPT, (_, before, type) => `${before}${sizeFor(pixels)}.${type}`);
}

// FNV-1a: the same name has the same colours, everywhere and always.
function hash(text) {
  let h = 0x811c9dc5;
  for (const char of text) h = Math.imul(h ^ char.codePointAt(0), 0x01000193);
  return h >>> 0;
}

const letters = Intl.Segmenter && new Intl.Segmenter();
const first = (word) => (letters ? [...letters.segment(word)][0]?.segment : [...word][0]) ?? '';
export function initials(name) {
  const words = name.split(/[\s_-]+/).filter((w) => /[\p{L}\p{N}]/u.test(w));
  return (words.length ? words : [name.trim() || '?']).slice(0, 2).map((w) => first(w.replace(/^[^\p{L}\p{N}]+/u, '') || w)).join('').toUpperCase();
}

// A song's colours are its album's, or its artist's: what belongs together looks so.
const kin = (hit) => hit.album?.title ?? hit.artists?.[0]?.name ?? hit.artist?.name ?? hit.title ?? hit.name ?? '';

export function cover(hit, big = false) {
  const name = hit.title ?? hit.name ?? '?';
  const h = hash(`${kin(hit)}`);
  const node = el('span', { class: `cover${hit.type === 'artist' || hit.type === 'user' ? ' round' : ''}${big ? ' big' : ''}`, 'aria-hidden': 'true' }, initials(name));
  for (const [property, value] of [['--one', h % 360], ['--two', (h % 360) + 40 + ((h >>> 9) % 80)], ['--turn', `${(h >>> 16) % 360}deg`]]) node.style.setProperty(property, value);
  const src = pictureOf(hit, (big ? 176 : 48) * Math.min(2, devicePixelRatio || 1));
  if (!src) return node;
  const image = el('img', { src, alt: '', loading: 'lazy', decoding: 'async' });
  image.addEventListener('error', () => image.remove()); // the made one is beneath
  node.append(image);
  return node;
}
