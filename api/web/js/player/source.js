// source.js - where a song's audio is: on this device, or at the address that the API signs.
import { api } from '../api.js';
import { client, device, deviceName } from '../device.js';
import { kept } from '../offline/library.js';
import { settings } from './settings.js';

// Firefox gives no protected sound to Web Audio, which evens out loudness here: there the open renditions play, or
// for those who want more the one in AES-128. Another browser that can't do it is found out by its refusal.
let eme = !/Firefox\//.test(navigator.userAgent);
export const withEme = () => eme;
export const goWithoutEme = () => { eme = false; };

// The manifest of what is not protected alone.
export const openManifest = (url) => url.replace(/(?<!\/f)\/manifest\.mpd$/, '/f/manifest.mpd');

// Of a stream's answer, what can be played without EME.
function open({ manifest_url, hls_fallback_url, quality }) {
  return ['high', 'lossless'].includes(quality) && hls_fallback_url ? { manifest: hls_fallback_url, type: 'application/x-mpegURL' }
    : { manifest: openManifest(manifest_url), type: 'application/dash+xml' };
}

const time = (text) => (text ? Date.parse(text) : undefined);

// { manifest, type, licence, keys, loudness, true_peak, duration_s, waveform, expires_at, capped, offline }
// takeOver: what plays on another device ends, when the account may have no more at a time.
export async function sourceOf(song, { takeOver } = {}) {
  const own = await kept(song.song_id).catch(() => undefined);
  if (own) return own;
  const { quality } = settings.now;
  const s = await api.streamSong({ song_id: song.song_id, quality: quality === 'auto' ? undefined : quality, device_id: client(), device: deviceName(), take_over: takeOver || undefined });
  const isProtected = s.protection && s.protection !== 'none';
  return {
    manifest: s.manifest_url ?? s.stream_url, type: s.manifest_url ? 'application/dash+xml' : undefined,
    ...(isProtected && !eme ? open(s) : {}),
    licence: isProtected && eme ? `${s.licence_url ?? '/api/v1/licences/clearkey'}?${new URLSearchParams({ device_id: await device() })}` : undefined,
    loudness: s.loudness, true_peak: s.true_peak, duration_s: s.duration_ms ? s.duration_ms / 1000 : s.duration,
    waveform: s.waveform_url, expires_at: time(s.expires_at), capped: s.capped, session_id: s.session_id, heartbeat_s: s.heartbeat_s,
  };
}
