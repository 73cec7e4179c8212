// removed.js - songs that were taken off this device and that the account does not know of yet: told when
// the API can be reached, though the page was left meanwhile.
import { Problem, api, user } from '../api.js';

const KEY = 'segue.removed'; // [{ user_id, device_id, song_id }]

const same = (a) => (b) => a.user_id === b.user_id && a.device_id === b.device_id && a.song_id === b.song_id;
const read = () => { try { return JSON.parse(localStorage.getItem(KEY)) ?? []; } catch { return []; } };
const write = (songs) => { try { localStorage.setItem(KEY, JSON.stringify(songs)); } catch { /* for as long as the page is open */ } };
const mine = () => read().filter((s) => s.user_id === user()?.user_id);

export const untold = () => mine().map((s) => s.song_id);

export function note({ user_id, device_id, song_id }) {
  const song = { user_id, device_id, song_id };
  write([...read().filter((s) => !same(song)(s)), song]);
}

const settled = (song) => write(read().filter((s) => !same(song)(s)));
const answered = (error) => error instanceof Problem && error.status < 500 && ![401, 408, 429].includes(error.status);

// Stops at the first that can't be told now. options: as fetch's.
export async function tellRemoved(options) {
  for (const song of mine()) {
    try {
      await api.forgetOffline({ device_id: song.device_id, song_id: song.song_id }, options);
    } catch (error) {
      if (!answered(error)) return; // answered: there is no such device or song any more
    }
    settled(song);
  }
}
