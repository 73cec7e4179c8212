// bar.js - the player as it is seen: at the bottom of the page, when there is something to play.
import { user } from '../api.js';
import { cover } from '../art.js';
import { el } from '../dom.js';
import { heart } from '../library/buttons.js';
import { artistLinks } from '../hits.js';
import { devicesView } from './devices_view.js';
import { icon } from './icons.js';
import { lyrics } from './lyrics.js';
import { panel } from './panel.js';
import { queueView } from './queue_view.js';
import { settingsView } from './settings_view.js';
import { waveform } from './waveform.js';

const SAID_MS = 12e3; // what asks for nothing goes by itself
const button = (label, sign, action, more = {}) => el('button', { class: 'icon', type: 'button', 'aria-label': label, title: label, onclick: action, ...more }, icon(sign));

const codecs = { 'mp4a.40.2': 'AAC', 'mp4a.40.5': 'AAC', opus: 'Opus', flac: 'FLAC' };
const steps = [64, 96, 128, 160, 320];
// A track's bandwidth is its peak; told is the nominal bit rate that it comes from.
export function renditionText(track) {
  if (!track) return '';
  const codec = codecs[track.audioCodec?.toLowerCase()] ?? track.audioCodec ?? '';
  if (codec === 'FLAC') return 'FLAC';
  const kbps = track.bandwidth / 1000;
  return `${codec} ${steps.findLast((s) => s <= kbps * 1.06) ?? Math.round(kbps)}`;
}

function volumeControl(settings) {
  const mute = button('Sound off', 'loud', () => settings.set({ muted: !settings.now.muted }));
  const slider = el('input', { type: 'range', min: 0, max: 1, step: 0.01, 'aria-label': 'Volume' });
  slider.addEventListener('input', () => settings.set({ volume: Number(slider.value), muted: false }));
  function show() {
    const { volume, muted } = settings.now;
    slider.value = String(muted ? 0 : volume);
    mute.replaceChildren(icon(muted || !volume ? 'silent' : 'loud'));
    mute.setAttribute('aria-pressed', String(muted));
  }
  settings.addEventListener('change', show);
  show();
  return el('div', { class: 'volume' }, mute, slider);
}

export function bar(place, { engine, queue, settings, sessions }) {
  const title = el('a', { class: 'title' });
  const artist = el('span', { class: 'soft' });
  const quality = el('span', { class: 'badge rendition', title: 'What is heard now' });
  const note = el('p', { class: 'player-note', role: 'status' });
  const play = button('Play', 'play', () => engine.toggle(), { id: 'play' });
  const previous = button('Previous', 'previous', () => engine.previous());
  const next = button('Next', 'next', () => engine.next());
  let said;
  function say(text, label, action) {
    clearTimeout(said);
    if (text && !label) said = setTimeout(() => say(''), SAID_MS);
    note.replaceChildren(text, label ? el('button', { class: 'more', type: 'button', onclick: () => { say(''); action(); } }, label) : '');
    if (text) place.hidden = false;
  }
  const picture = el('span', {});
  const like = heart(() => (engine.item ?? queue.current)?.song, (text) => say(text));
  let pictured;
  const pages = panel({
    lyrics: ['Lyrics', lyrics(engine), 'lyrics'], queue: ['Queue', queueView(queue, (key) => engine.to(key)), 'queue'],
    devices: ['Other devices', devicesView(sessions, say), 'devices'], settings: ['Settings', settingsView(settings), 'settings'],
  });

  place.replaceChildren(pages.box, note,
    el('div', { class: 'bar' }, el('div', { class: 'now' }, picture, el('div', { class: 'names' }, title, artist), like.button), el('div', { class: 'controls' }, previous, play, next), waveform(engine),
      el('div', { class: 'extras' }, quality, volumeControl(settings), ...pages.buttons)));

  function showSong() {
    const item = engine.item ?? queue.current;
    place.hidden = !item && !sessions.others.length;
    document.body.classList.toggle('has-player', !place.hidden);
    play.disabled = previous.disabled = !item;
    next.disabled = !queue.next;
    like.show();
    if (!item) {
      title.textContent = 'Nothing plays here';
      title.removeAttribute('href');
      picture.replaceChildren();
      artist.textContent = '';
      return;
    }
    title.textContent = item.song.title;
    title.href = `/song/${item.song.song_id}`;
    artist.replaceChildren(...artistLinks(item.song));
    if (pictured !== item.key) picture.replaceChildren(cover({ ...item.song, type: 'song' }));
    pictured = item.key;
  }
  function showState() {
    const label = engine.playing ? 'Pause' : 'Play';
    play.replaceChildren(icon(engine.playing ? 'pause' : 'play'));
    play.setAttribute('aria-label', label);
    play.title = label;
    place.dataset.state = engine.waiting ? 'waiting' : engine.playing ? 'playing' : 'paused';
    showSong();
  }
  let passed = ''; // what had no audio on the way
  const showRendition = () => {
    const { source } = engine.deck ?? {};
    quality.textContent = source?.offline ? 'On this device' : renditionText(engine.deck?.rendition);
    quality.title = source?.capped ? 'The best that this account has' : 'What is heard now';
  };
  engine.addEventListener('item', () => {
    say(passed ? `There is no audio of ${passed}.` : '');
    passed = '';
    showSong();
    showRendition();
  });
  engine.addEventListener('passed-over', ({ detail }) => { passed = passed ? 'some songs' : detail.song.title; });
  engine.addEventListener('state', showState);
  engine.addEventListener('time', showRendition);
  engine.addEventListener('rendition', showRendition);
  engine.addEventListener('problem', ({ detail }) => { if (detail.code !== 'too-many-streams') say(sayProblem(detail)); showState(); });
  queue.addEventListener('change', showSong);
  sessions.addEventListener('change', showSong);
  showState();
  return { panel: pages, say };
}

// A problem of the API, of the browser, or of Shaka (category.code), in words.
export function sayProblem(problem) {
  if (problem.status === 401) return user() ? 'Segue could not tell just now who you are. Press Play again in a moment.' : 'Log in to play songs.';
  if (problem.status === 404) return 'There is no audio of this song.';
  if (problem.name === 'NotAllowedError') return 'The browser wants you to press Play yourself.';
  if (problem.category === 6) return 'This song is protected, and no licence was given for it.';
  if (problem.category === 1 || problem instanceof TypeError) return 'The audio could not be fetched: is there a network? It goes on when there is.';
  if (problem.code >= 3000 && problem.code < 5000) return `This browser could not play the song (${problem.code}).`;
  return problem.message || `The song could not be played (${problem.code}).`;
}
