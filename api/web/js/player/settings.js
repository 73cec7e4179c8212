// settings.js - how the listener wants to hear: kept on this device.

const KEY = 'segue.player';
const first = { quality: 'auto', crossfade_s: 0, normalise: true, volume: 1, muted: false };

export const qualities = { auto: 'Automatic', low: 'Low, 64 kb/s', normal: 'Normal, 128 kb/s', high: 'High, 320 kb/s', lossless: 'Lossless, FLAC' };

function valid(found) {
  const { quality, crossfade_s, normalise, volume, muted } = { ...first, ...found };
  return {
    quality: quality in qualities ? quality : first.quality,
    crossfade_s: Math.min(12, Math.max(0, Number(crossfade_s) || 0)),
    normalise: Boolean(normalise), volume: Math.min(1, Math.max(0, Number(volume))) || 0, muted: Boolean(muted),
  };
}

class Settings extends EventTarget {
  constructor() {
    super();
    try { this.now = valid(JSON.parse(localStorage.getItem(KEY))); } catch { this.now = { ...first }; }
  }

  set(changes) {
    this.now = valid({ ...this.now, ...changes });
    try { localStorage.setItem(KEY, JSON.stringify(this.now)); } catch { /* for as long as the page is open */ }
    this.dispatchEvent(new CustomEvent('change', { detail: changes }));
  }
}

export const settings = new Settings();
