// engine.js - plays the queue: two decks in turn, without a gap or with a cross-fade.
//
// Without a cross-fade the next deck is started a moment before this one ends: as long before as the
// last starts took from play() to sound, which is measured each time.
import { Deck } from './deck.js';

const PREPARE_S = 20; // before the end
const AGAIN_MS = 3000; // what could not be prepared is tried again
const LATENCY_MAX_S = 0.15;

export class Engine extends EventTarget {
  // sourceOf(song): where its audio is. shaka(): the library, loaded at first need. refused(problem):
  // told before it is tried once more.
  constructor({ queue, settings, sourceOf, shaka, authorise, refused }) {
    super();
    Object.assign(this, { queue, settings, sourceOf, shaka, authorise, refused, latency_s: 0.005, wanted: false, turn: 0 });
    queue.addEventListener('change', () => this.follow());
    settings.addEventListener('change', ({ detail }) => this.heed(detail));
  }

  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  async open() {
    const shaka = await this.shaka();
    shaka.polyfill.installAll();
    this.context = new AudioContext({ latencyHint: 'playback' });
    this.out = this.context.createGain();
    this.out.connect(this.context.destination);
    this.setVolume();
    this.decks = [0, 1].map(() => new Deck(shaka, this.out, { authorise: this.authorise, quality: () => this.settings.now.quality }));
    this.decks.forEach((deck) => this.watch(deck));
    [this.deck] = this.decks;
  }
  ready() { return (this.opening ??= this.open().catch((error) => { this.opening = undefined; throw error; })); }

  watch(deck) {
    const mine = (f) => () => { if (deck === this.deck) f(); };
    deck.addEventListener('timeupdate', mine(() => { this.tick(); this.tell('time'); }));
    for (const name of ['playing', 'pause', 'waiting']) deck.addEventListener(name, mine(() => this.tell('state')));
    deck.addEventListener('rendition', mine(() => this.tell('rendition')));
    deck.addEventListener('ended', () => (deck === this.deck ? this.atEnd() : this.retire(deck)));
    deck.addEventListener('problem', ({ detail }) => this.onProblem(deck, detail));
  }

  get item() { return this.deck?.item; }
  get playing() { return this.wanted; }
  get waiting() { return this.wanted && (!this.deck?.loaded || this.deck.audio.readyState < 3); }
  get position() { return this.deck?.loaded ? this.deck.audio.currentTime : this.startAt ?? 0; }
  get duration() { return (this.deck?.loaded ? this.deck.duration : 0) || this.queue.current?.song.duration || 0; }

  setVolume() {
    const { volume, muted } = this.settings.now;
    this.out?.gain.setTargetAtTime(muted ? 0 : volume ** 2, this.context.currentTime, 0.01); // as loudness is heard
  }
  heed(changes) {
    if (!this.decks) return;
    this.setVolume();
    if ('normalise' in changes) this.decks.forEach((d) => d.loaded && d.setLevel(this.settings.now.normalise));
    if ('quality' in changes) this.decks.forEach((d) => d.choose());
  }

  // The queue has another song at its head than the one that plays, or another next one.
  follow() {
    if (this.ahead && this.ahead.item.key !== this.queue.next?.key) this.dropAhead();
    if (this.queue.current?.key !== this.aim && (this.aim || this.wanted)) this.begin(this.queue.current);
  }

  // Ends what plays and begins with item; undefined: nothing plays.
  async begin(item, at = 0, how = 'skipped') {
    const turn = ++this.turn;
    this.aim = item?.key;
    this.busy = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.startAt = at;
    try {
      await this.ready();
      await this.context.resume();
      const ahead = this.ahead?.item.key === item?.key ? this.ahead : undefined;
      this.leave(this.deck, how);
      if (!item) { this.wanted = false; this.tell('state'); return; }
      if (!ahead) this.dropAhead();
      this.ahead = undefined;
      this.deck = ahead ?? this.decks.find((d) => d !== this.deck);
      this.deck.leaving = false;
      this.tell('state');
      if (!ahead) await this.load(this.deck, item, at);
      else await ahead.loading;
      if (turn !== this.turn) return;
      this.deck.setLevel(this.settings.now.normalise);
      this.tell('item');
      if (this.wanted) await this.start(this.deck);
    } catch (error) {
      if (turn === this.turn && error.code !== 7000) { // 7000: another load came
        if (this.passOver(item, error)) return;
        this.wanted = false;
        this.aim = undefined;
        this.tell('problem', error);
      }
    }
    if (turn !== this.turn) return;
    this.busy = false;
    this.tell('state');
  }

  // What has no audio does not end the music: the next one plays. True: it does.
  passOver(item, error) {
    if (error.status !== 404 || !this.wanted || !this.queue.next || item !== this.queue.current) return false;
    this.tell('passed-over', item);
    this.queue.step(1);
    return true;
  }

  async load(deck, item, at) {
    deck.item = item;
    deck.loaded = false;
    const source = await this.sourceOf(item.song, { takeOver: this.takingOver });
    this.takingOver = false;
    if (deck.item === item) await deck.load(item, source, at);
  }

  // Starts it and notes how long that took, for the next change of songs.
  async start(deck) {
    const from = deck.audio.currentTime;
    const asked = performance.now();
    await deck.audio.play();
    if (!deck.begun) { deck.begun = true; this.tell('began', deck); }
    setTimeout(() => {
      const passed = (performance.now() - asked) / 1000;
      if (deck.audio.paused || deck.audio.currentTime - from > passed + 1) return;
      const took = passed - (deck.audio.currentTime - from);
      if (Math.abs(took) < LATENCY_MAX_S) this.latency_s += (took - this.latency_s) / 2;
    }, 400);
  }

  async play() {
    this.wanted = true;
    this.tell('state');
    if (this.busy) return undefined; // it starts when it is loaded
    if (!this.deck?.loaded) return this.begin(this.queue.current, this.startAt);
    if (this.deck.stale) return this.begin(this.queue.current, this.position, '');
    await this.context.resume();
    return this.start(this.deck).catch((error) => { this.wanted = false; this.tell('problem', error); });
  }
  pause() {
    this.wanted = false;
    this.decks?.forEach((d) => d.audio.pause());
    clearTimeout(this.timer);
    this.timer = undefined;
    this.tell('state');
  }
  toggle() { return this.wanted ? this.pause() : this.play(); }

  seek(to) {
    const at = Math.min(Math.max(0, to), Math.max(0, this.duration - 0.5));
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.deck?.loaded) this.deck.audio.currentTime = at;
    else this.startAt = at;
    this.tell('sought');
    this.tell('time');
  }
  // Ends what plays, and forgets it: nobody is logged in any more.
  stop() {
    this.pause();
    this.dropAhead();
    if (this.deck) this.leave(this.deck, 'skipped');
    this.aim = undefined;
    this.tell('state');
  }
  to(key) {
    this.wanted = true;
    if (key === this.aim) this.play();
    else this.queue.jump(key);
  }
  next() { if (this.queue.next) this.to(this.queue.next.key); }
  previous() {
    if (this.position > 3 || this.queue.at <= 0) this.seek(0);
    else this.to(this.queue.items[this.queue.at - 1].key);
  }

  // Between the decks.
  tick() {
    const { deck, queue } = this;
    if (!this.wanted || this.busy || !deck.loaded) return;
    if (deck.stale) { this.begin(deck.item, this.position, ''); return; }
    if (!queue.next) return;
    const cross = this.settings.now.crossfade_s;
    const free = this.decks.every((d) => !d.leaving);
    if (deck.left < PREPARE_S + cross && !this.ahead && free) this.prepare(queue.next);
    if (!this.ahead?.loaded || this.timer) return;
    const fade = Math.min(cross, deck.duration / 3, this.ahead.duration / 3);
    const lead = fade || this.latency_s;
    if (deck.left < lead + 0.6) this.timer = setTimeout(() => this.handOver(fade), Math.max(0, deck.left - lead) * 1000);
  }
  prepare(item) {
    if (this.unready?.key === item.key && Date.now() < this.unready.until) return;
    const deck = this.ahead = this.decks.find((d) => d !== this.deck);
    deck.begun = false;
    deck.loading = this.load(deck, item, 0);
    deck.loading.catch((error) => {
      if (this.ahead !== deck || error.code === 7000) return;
      this.unready = { key: item.key, until: error.status === 404 ? Infinity : Date.now() + AGAIN_MS };
      this.dropAhead();
    });
  }
  dropAhead() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const deck = this.ahead;
    this.ahead = undefined;
    deck?.unload().catch(() => {});
  }
  handOver(fade) {
    this.timer = undefined;
    const { deck: old, ahead } = this;
    if (!ahead?.loaded || !this.wanted) return;
    this.ahead = undefined;
    this.deck = ahead;
    ahead.setLevel(this.settings.now.normalise);
    this.start(ahead).catch((error) => this.tell('problem', error));
    if (fade) {
      old.fadeTo(ahead, fade);
      setTimeout(() => this.retire(old), fade * 1000 + 50);
    }
    this.tell('left', { deck: old, how: 'completed' });
    old.leaving = true;
    this.aim = ahead.item.key;
    this.queue.step(1);
    this.tell('item');
    this.tell('state');
  }
  // A deck whose song is over; it may have been taken for another one since.
  retire(deck) {
    if (!deck.leaving || deck === this.deck) return;
    deck.leaving = false;
    deck.begun = false;
    if (deck !== this.ahead) deck.unload().catch(() => {});
  }
  leave(deck, how) {
    if (!deck.item) return;
    if (deck.begun && how) this.tell('left', { deck, how });
    deck.begun = false;
    deck.unload().catch(() => {});
  }
  atEnd() {
    const { deck } = this;
    if (this.queue.next) {
      this.tell('left', { deck, how: 'completed' });
      deck.begun = false;
      this.queue.step(1);
      return;
    }
    this.leave(deck, 'completed');
    this.wanted = false;
    this.aim = undefined;
    this.startAt = 0;
    this.tell('state');
  }

  // Signed addresses and licences end: they are asked for again once, from where it stopped.
  onProblem(deck, problem) {
    if (deck !== this.deck) { if (deck === this.ahead) this.dropAhead(); return; }
    const { item } = deck;
    const at = this.position;
    this.refused(problem);
    if (item && this.retried !== item.key) {
      this.retried = item.key;
      this.begin(item, at, '');
    } else {
      this.pause();
      this.tell('problem', problem);
    }
  }
}
