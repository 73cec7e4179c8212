// teller.js - tells the API what is played. Each word waits in a box on this device until it is
// taken: what was heard without a network is told later. The same event id counts once.
import { Problem, api, user } from '../api.js';
import { knownDevice } from '../device.js';

const KEY = 'segue.told';
const MAX = 2000;
const PROGRESS_S = 30;
const LATE_MS = 13 * 86400e3; // the API takes a play for 14 days
const names = { play: 'playSong', progress: 'tellProgress', completed: 'completeSong', skipped: 'skipSong' };

const box = {
  read() { try { return JSON.parse(localStorage.getItem(KEY)) ?? []; } catch { return []; } },
  write(words) { try { localStorage.setItem(KEY, JSON.stringify(words.slice(-MAX))); } catch { /* full: the oldest is lost */ } },
  // Of one play only the last progress is worth keeping.
  put(word) { this.write([...this.read().filter((w) => !(w.what === 'progress' && w.body.event_id === word.body.event_id)), word]); },
  drop(word) { this.write(this.read().filter((w) => !(w.what === word.what && w.body.event_id === word.body.event_id && w.body.played_s === word.body.played_s))); },
};

const lasting = (error) => error instanceof Problem && error.status < 500 && ![401, 408, 429].includes(error.status);

// Tells what waits, in order; stops at the first that can't be told now.
async function empty(options = {}) {
  const me = user()?.user_id;
  for (const word of box.read()) {
    if (word.user_id !== me) continue; // another account's, told when it is back
    if (Date.parse(word.body.played_at) > Date.now() - LATE_MS) {
      try {
        await api[names[word.what]]({ song_id: word.song_id, body: word.body }, options);
      } catch (error) {
        if (!lasting(error)) return;
      }
    }
    box.drop(word);
  }
}
let emptying;
export function tellAll(options) {
  const once = () => empty(options);
  emptying ??= (navigator.locks ? navigator.locks.request(KEY, once) : once()).finally(() => { emptying = undefined; });
  return emptying;
}

export function teller(engine) {
  const plays = new Map(); // by the queue's key
  const word = (play, what, more) => {
    box.put({ user_id: user()?.user_id, song_id: play.song_id, what, body: { ...play.body, ...more } });
    return tellAll();
  };
  const place = (deck) => ({ played_s: Math.round(deck.heard_s), position_s: Math.floor(deck.audio.currentTime) });

  engine.addEventListener('began', ({ detail: deck }) => {
    if (!user() || plays.has(deck.item.key)) return;
    const { key, song, source, context } = deck.item;
    const play = { song_id: song.song_id, told: 0, body: { event_id: crypto.randomUUID(), played_at: new Date().toISOString(), source, context, device: knownDevice() } };
    plays.set(key, play);
    word(play, 'play');
  });
  engine.addEventListener('left', ({ detail: { deck, how } }) => {
    const play = plays.get(deck.item.key);
    plays.delete(deck.item.key);
    if (play) word(play, how, how === 'completed' ? { played_s: Math.round(deck.heard_s) } : place(deck));
  });
  engine.addEventListener('time', () => {
    const { deck } = engine;
    const play = deck.item && plays.get(deck.item.key);
    if (!play || deck.heard_s - play.told < PROGRESS_S) return;
    play.told = deck.heard_s;
    word(play, 'progress', place(deck));
  });
  addEventListener('pagehide', () => {
    const { deck } = engine;
    const play = deck?.item && plays.get(deck.item.key);
    if (!play) return;
    box.put({ user_id: user()?.user_id, song_id: play.song_id, what: 'progress', body: { ...play.body, ...place(deck) } });
    tellAll({ keepalive: true });
  });
  addEventListener('online', () => tellAll());
  setInterval(() => { if (navigator.onLine && box.read().length) tellAll(); }, 60e3);
  if (user()) tellAll();
}
