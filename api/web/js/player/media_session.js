// media_session.js - the system's media keys and its display of what plays.
import { pictureOf } from '../art.js';

const JUMP_S = 10;

export function mediaSession(engine) {
  const session = navigator.mediaSession;
  if (!session) return;
  const actions = {
    play: () => engine.play(), pause: () => engine.pause(), stop: () => engine.pause(),
    nexttrack: () => engine.next(), previoustrack: () => engine.previous(),
    seekto: ({ seekTime }) => engine.seek(seekTime),
    seekforward: ({ seekOffset }) => engine.seek(engine.position + (seekOffset ?? JUMP_S)),
    seekbackward: ({ seekOffset }) => engine.seek(engine.position - (seekOffset ?? JUMP_S)),
  };
  for (const [name, action] of Object.entries(actions)) {
    try { session.setActionHandler(name, action); } catch { /* this browser has no such key */ }
  }
  function place() {
    session.playbackState = engine.playing ? 'playing' : engine.item ? 'paused' : 'none';
    const { duration, position } = engine;
    if (duration > 0) session.setPositionState({ duration, position: Math.min(position, duration), playbackRate: 1 });
    else session.setPositionState();
  }
  engine.addEventListener('item', () => {
    const { song } = engine.item;
    session.metadata = new MediaMetadata({
      title: song.title, artist: song.artists.map((a) => a.name).join(', '), album: song.album?.title ?? '',
      artwork: song.cover ? [300, 640].map((n) => ({ src: new URL(pictureOf(song, n), location).href, sizes: `${n}x${n}` })) : [{ src: new URL('/icon.svg', location).href, type: 'image/svg+xml', sizes: 'any' }],
    });
    place();
  });
  engine.addEventListener('state', place);
  engine.addEventListener('time', place);
}
