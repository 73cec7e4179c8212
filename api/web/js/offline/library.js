// library.js - the songs that are kept on this device: looked up, listed, removed.
import { user } from '../api.js';
import { vendor } from '../vendor.js';
import { now } from './clock.js';
import { all, get, put, remove } from './database.js';
import { unwrap } from './keys.js';
import { stands } from './licence.js';

export const events = new EventTarget(); // "change"
export const changed = () => events.dispatchEvent(new Event('change'));

const bound = (s) => `${s.user_id}:${s.device_id}:${s.song_id}`;
export { bound };

async function expired(song) {
  const licence = await get('licences', [song.user_id, song.licence_id]);
  return !licence || !(await stands(licence, song));
}

// A song's source for the player (see player/source.js), or undefined when it is not kept here.
export async function kept(song_id) {
  const me = user()?.user_id;
  const song = me && await get('songs', [me, song_id]);
  if (!song) return undefined;
  if (await expired(song)) { await drop(song); return undefined; }
  return {
    manifest: song.uri, type: 'application/x-offline-manifest', keys: song.key ? await unwrap(song.key, bound(song)) : undefined,
    loudness: song.loudness, true_peak: song.true_peak, duration_s: song.duration_s, peaks: song.peaks, lyrics: song.lyrics, offline: true,
  };
}

// Of the one who is logged in, the newest first.
export async function list() {
  const me = user()?.user_id;
  return me ? (await all('songs', me)).sort((a, b) => b.kept_at - a.kept_at) : [];
}
export const licences = async () => (user() ? all('licences', user().user_id) : []);
export const keep = (song) => put('songs', song).then(changed);
export const keepLicence = (licence) => put('licences', licence);

// Takes a song's audio and key off this device.
export async function drop(song) {
  await remove('songs', [song.user_id, song.song_id]);
  changed();
  const shaka = await vendor('shaka-player', 'shaka');
  const storage = new shaka.offline.Storage();
  await storage.remove(song.uri).catch(() => {}); // it may be gone already
  await storage.destroy();
}

// Takes off what is over, and what is of others who were logged in here.
export async function sweep() {
  const me = user()?.user_id;
  for (const song of await all('songs')) if (song.user_id !== me || await expired(song)) await drop(song);
  for (const licence of await all('licences')) {
    if (licence.user_id !== me || Date.parse(licence.expires_at) <= await now()) await remove('licences', [licence.user_id, licence.licence_id]);
  }
}
