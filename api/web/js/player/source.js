// source.js - where a song's audio is: on this device, or at the address that the API signs.
import { api } from '../api.js';
import { client, device, deviceName } from '../device.js';
import { kept } from '../offline/library.js';
import { settings } from './settings.js';

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
    licence: isProtected ? `${s.licence_url ?? '/api/v1/licences/clearkey'}?${new URLSearchParams({ device_id: await device() })}` : undefined,
    loudness: s.loudness, true_peak: s.true_peak, duration_s: s.duration_ms ? s.duration_ms / 1000 : s.duration,
    waveform: s.waveform_url, expires_at: time(s.expires_at), capped: s.capped, session_id: s.session_id, heartbeat_s: s.heartbeat_s,
  };
}
