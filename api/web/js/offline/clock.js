// clock.js - the time for licences: a clock that is set back does not make them last longer.
import { get, put } from './database.js';

export async function now() {
  const seen = (await get('notes', 'clock')) ?? 0;
  const time = Math.max(Date.now(), seen);
  if (time - seen > 60e3) await put('notes', time, 'clock');
  return time;
}
