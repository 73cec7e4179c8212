// live.js - a playlist's edits as they happen, for as long as it is shown.
import { user } from '../api.js';
import { eventsOf } from '../events.js';

const AGAIN_MS = 3000;

// gone(): deleted, or no longer for the one who looks.
export async function follow(copy, playlist_id, signal, gone) {
  while (!signal.aborted) {
    try {
      const from = copy.snapshot_id === undefined ? '' : `?snapshot_id=${copy.snapshot_id}`;
      for await (const { event, data } of eventsOf(`/api/v1/playlists/${playlist_id}/events${from}`, signal, () => true)) {
        if (event === 'change') await copy.apply(data);
        else if (event === 'reload') await copy.again();
        else if (event === 'gone') { gone(); return; }
      }
    } catch (problem) {
      if (signal.aborted) return;
      if ([403, 404].includes(problem.status)) { gone(); return; }
      if (problem.status === 401 && !user()) return; // only those who are logged in look on
    }
    await new Promise((done) => { setTimeout(done, AGAIN_MS); signal.addEventListener('abort', done); });
  }
}
