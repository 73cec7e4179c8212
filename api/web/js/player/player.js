// player.js - puts the player together; the rest of the page asks it to play.
import { api, onUser, user } from '../api.js';
import { forgetDevice } from '../device.js';
import { vendor } from '../vendor.js';
import { bar } from './bar.js';
import { Engine } from './engine.js';
import { keyboard } from './keyboard.js';
import { mediaSession } from './media_session.js';
import { MAX as MOST, Queue } from './queue.js';
import { Sessions } from './sessions.js';
import { settings } from './settings.js';
import { goWithoutEme, sourceOf } from './source.js';
import { goesOn, oneTab } from './tabs.js';
import { teller } from './teller.js';

// More of a radio: { cursor } goes on, { seeds } begins.
async function feed({ seeds, cursor, context }) {
  const answer = await api.radio({ ...(cursor ? { cursor } : { seeds }), limit: 20 });
  return { songs: answer.results ?? [], radio: answer.cursor && { cursor: answer.cursor, context } };
}

const NO_EME = [6001, 6002, 6003]; // Shaka's: no such key system here, or none for this element

export const queue = new Queue(feed);
export const engine = new Engine({
  queue, settings, sourceOf, shaka: () => vendor('shaka-player', 'shaka'),
  refused: ({ category, code, data }) => {
    if (NO_EME.includes(code)) goWithoutEme();
    if (category === 6 && data?.[0]?.data?.[1] === 404) forgetDevice(); // it was removed elsewhere
  },
  authorise: async () => { const token = await api.token(); return token ? { Authorization: `Bearer ${token}` } : {}; },
});

export { MOST }; // songs that a queue holds

let ui;
export function openPlayer(place) {
  const sessions = new Sessions(engine, (...words) => ui.say(...words));
  ui = bar(place, { engine, queue, settings, sessions });
  place.engine = engine;
  keyboard(engine, settings, ui.panel);
  mediaSession(engine);
  teller(engine);
  oneTab(engine, sessions);
  goesOn(engine);
  onUser(() => { if (!user()) engine.stop(); });
  engine.addEventListener('item', nowPlaying);
  engine.addEventListener('state', nowPlaying);
}

// The view's own title, and before it what plays.
let viewTitle = 'Segue';
function nowPlaying() {
  const song = engine.playing && engine.item?.song;
  document.title = song ? `▶ ${song.title} · ${song.artists[0]?.name ?? ''} - Segue` : viewTitle;
}
export function setTitle(title) {
  viewTitle = title;
  nowPlaying();
}

// All of these are called by a click, which is what lets the browser make sound.
export function play(songs, from = 0, origin = {}) {
  engine.wanted = true;
  queue.replace(songs, from, origin);
}
export const say = (text) => ui.say(text);
export const addToQueue = (songs, origin) => { queue.add(songs, origin); ui.say('Added to the queue.'); };
export const playNext = (songs, origin) => { queue.playNext(songs, origin); ui.say('Plays next.'); };
export async function playRadio(seeds) {
  const { songs, radio } = await feed({ seeds, context: `radio:${seeds}` });
  if (songs.length) play(songs, 0, { source: 'radio', context: `radio:${seeds}`, radio });
  else ui.say('No radio can be made from this.');
}
