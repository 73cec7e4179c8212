// downloads.js - brings songs onto this device, keeps their licences fresh, and follows what the
// account says: what was revoked or removed elsewhere goes.
import { api, user } from '../api.js';
import { knownDevice, withDevice } from '../device.js';
import { brief } from '../player/queue.js';
import { settings } from '../player/settings.js';
import { openManifest, withEme } from '../player/source.js';
import { peaksAt } from '../player/waveform.js';
import { vendor } from '../vendor.js';
import { bound, changed, drop, events, keep, keepLicence, list, sweep } from './library.js';
import { asShaka, wrap } from './keys.js';
import { keepKeys } from './licence.js';
import { note, tellRemoved, untold } from './removed.js';

const RENEW_MS = 3600e3;
const PLAYABLE = ['kept', 'added'];
const forgotten = new Set(); // song_ids that were taken off while they, or the list of what is wanted, were on their way
export const progress = new Map(); // song_id -> 0..1, of what is on its way

async function keyOf(song, device_id) {
  if (!song.protected) return undefined;
  const { keys } = await api.licenceClearKey({ device_id, body: { kids: [song.kid], type: 'persistent-license' } });
  return keys.find((k) => k.kid === song.kid);
}

// The audio as it lies on the server, encrypted where it is encrypted there.
async function store(shaka, song, key) {
  const storage = new shaka.offline.Storage();
  storage.configure({
    drm: { clearKeys: key ? asShaka(key) : {} },
    offline: {
      usePersistentLicense: false,
      trackSelectionCallback: (tracks) => pick(tracks, song),
      progressCallback: (_, part) => { progress.set(song.song_id, part); changed(); },
    },
  });
  try {
    // The whole manifest wants keys of all that is in it; open renditions have one of their own.
    const manifest = key ? song.manifest_url : openManifest(song.manifest_url);
    const content = await storage.store(manifest, { song_id: song.song_id }, 'application/dash+xml').promise;
    return { uri: content.offlineUri, bytes: content.size };
  } finally {
    await storage.destroy();
  }
}

// The rendition that the account may keep: the one nearest to its bit rate, of its codec.
function pick(tracks, { codec, bitrate }) {
  const names = { aac: 'mp4a', mp4a: 'mp4a', opus: 'opus', flac: 'flac' };
  const same = tracks.filter((t) => t.audioCodec?.toLowerCase().startsWith(names[codec] ?? codec ?? ''));
  return (same.length ? same : tracks).sort((a, b) => Math.abs(a.bandwidth - bitrate) - Math.abs(b.bandwidth - bitrate)).slice(0, 1);
}

async function bring(song, device_id) {
  const shaka = await vendor('shaka-player', 'shaka');
  progress.set(song.song_id, 0);
  changed();
  try {
    const user_id = user().user_id;
    const key = await keyOf(song, device_id);
    const about = { user_id, device_id, song_id: song.song_id };
    const [peaks, lyrics, shown] = await Promise.all([song.waveform_url && peaksAt(song.waveform_url),
      api.getLyrics({ song_id: song.song_id }).catch(() => undefined), api.getSong({ song_id: song.song_id }).catch(() => song)]);
    const stored = await store(shaka, song, key);
    if (forgotten.has(song.song_id)) { await drop({ ...about, uri: stored.uri }); return; }
    await keep({
      ...about, ...stored, song: brief(shown), key: key && await wrap(key, bound(about)), licence_id: song.licence_id, asset_id: song.asset_id,
      loudness: song.loudness, true_peak: song.true_peak, duration_s: song.duration_ms / 1000, rendition: song.rendition, bitrate: song.bitrate,
      peaks, lyrics, kept_at: Date.now(),
    });
  } finally {
    progress.delete(song.song_id);
    changed();
  }
}

async function keepLicences({ licences = [] }) {
  if (!licences.length) return;
  await keepKeys();
  for (const licence of licences) await keepLicence({ ...licence, user_id: user().user_id });
}

// The songs of a smart playlist are not followed by the account: they are kept one by one, as they are now.
const TOGETHER = 500; // songs that are asked for at once
async function ofSmart({ playlist_id }) {
  const ids = new Set();
  let cursor;
  do {
    const page = await api.getPlaylistSongs({ playlist_id, cursor, limit: 100 });
    (page.songs ?? []).forEach((i) => ids.add(i.song_id));
    cursor = page.next_cursor;
  } while (cursor);
  return [...ids];
}
async function ask(body) {
  try {
    return [await api.keepOffline({ body })];
  } catch (problem) {
    if (problem.code !== 'smart-playlist') throw problem;
    const { playlist_id, ...rest } = body;
    const ids = await ofSmart({ playlist_id });
    const answers = [];
    for (let i = 0; i < ids.length; i += TOGETHER) answers.push(await api.keepOffline({ body: { ...rest, song_ids: ids.slice(i, i + TOGETHER) } }));
    return answers;
  }
}

// what: { song_ids } or { album_id } or { playlist_id }. Resolves to { songs, failed, unavailable }.
export async function download(what) {
  navigator.storage?.persist?.().catch(() => {}); // not waited for: Firefox asks her
  const chosen = settings.now.quality === 'auto' ? undefined : settings.now.quality;
  const quality = withEme() || chosen === 'low' ? chosen : 'normal'; // what is above is protected
  return withDevice(async (device_id) => {
    await tellRemoved(); // before the same songs are wanted again
    const answers = await ask({ device_id, quality, ...what });
    for (const answer of answers) await keepLicences(answer);
    const songs = answers.flatMap((a) => a.songs ?? []);
    songs.forEach((s) => forgotten.delete(s.song_id));
    const failed = await bringAll(songs, device_id);
    return { songs, failed, unavailable: answers.flatMap((a) => a.unavailable ?? []) };
  });
}

async function bringAll(songs, device_id) {
  const here = new Map((await list()).map((s) => [s.song_id, s]));
  const failed = [];
  for (const song of songs) {
    if (here.get(song.song_id)?.asset_id === song.asset_id || !PLAYABLE.includes(song.state) || !song.licence_id || forgotten.has(song.song_id)) continue;
    await bring(song, device_id).catch((error) => failed.push({ song, error }));
  }
  return failed;
}

// From this device and, as soon as the API can be reached, from the account's list.
export async function forget(song) {
  forgotten.add(song.song_id);
  note(song);
  await drop(song);
  await tellRemoved({ keepalive: true });
}

// What the account has for this device, all pages.
async function wanted(device_id) {
  const songs = [];
  let cursor;
  do {
    const answer = await api.listOffline({ device_id, cursor, limit: 100 });
    songs.push(...(answer.songs ?? []));
    await keepLicences(answer);
    cursor = answer.next_cursor;
  } while (cursor);
  return songs;
}

// In touch again: licences are renewed, what is not wanted any more goes, what is wanted comes.
export async function sync() {
  await sweep();
  const device_id = knownDevice();
  if (!user() || !device_id || !navigator.onLine) return;
  untold().forEach((song_id) => forgotten.add(song_id));
  await tellRemoved();
  if (!(await list()).length) return;
  let songs;
  try {
    // Without premium nothing is renewed; the list says then what was revoked.
    await keepLicences(await api.renewOffline({ body: { device_id } }).catch((problem) => { if (problem.status === 403) return {}; throw problem; }));
    songs = await wanted(device_id);
  } catch (problem) {
    if (problem.code !== 'device-unknown') throw problem;
    songs = []; // the device was removed elsewhere
  }
  const playable = new Map(songs.filter((s) => PLAYABLE.includes(s.state)).map((s) => [s.song_id, s]));
  for (const song of await list()) {
    const now = playable.get(song.song_id);
    if (!now) await drop(song);
    else if (now.licence_id && now.licence_id !== song.licence_id && !forgotten.has(song.song_id)) await keep({ ...song, licence_id: now.licence_id });
  }
  await bringAll([...playable.values()], device_id);
}

export function follow() {
  const run = () => sync().catch(() => {});
  addEventListener('online', run);
  setInterval(run, RENEW_MS);
  run();
}
export { events };
