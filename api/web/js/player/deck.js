// deck.js - one song's way to the loudspeaker: an audio element fed by Shaka, its gain and fade.
//
//   segments --Shaka, EME--> audio element --> level (loudness) --> fade (between songs) --> out
//
// The engine has two, so that the next song is ready before this one ends.
import { CHECK_S, Throughput, abrManager } from './abr.js';
import { crossfade, gainOf, peakOf } from './loudness.js';

const AHEAD_S = 30; // fetched ahead of what is heard
const KEPT_S = 4; // of what was fetched, when another quality is wanted
const AGAIN_MS = 2000; // the network is away: tried again, as long as something lies ready and longer
const BANDWIDTH_KEY = 'segue.bandwidth';

// Of both decks: they share the network.
const throughput = new Throughput(Number(localStorage.getItem(BANDWIDTH_KEY)) || 1e6);

function criteria(shaka) {
  let last;
  let config;
  return {
    create: (variants) => (last = new shaka.media.AdaptationSet(variants[0], variants, false)),
    configure: (c) => { config = c; },
    getConfiguration: () => config,
    getLastAdaptationSet: () => last,
  };
}

export class Deck extends EventTarget {
  // out: where it is heard; authorise(): headers of licence requests; quality(): what is wanted.
  constructor(shaka, out, { authorise, quality }) {
    super();
    this.audio = new Audio();
    this.level = out.context.createGain();
    this.fade = out.context.createGain();
    out.context.createMediaElementSource(this.audio).connect(this.level).connect(this.fade).connect(out);
    this.player = new shaka.Player();
    this.attached = this.player.attach(this.audio);
    this.configure(shaka, abrManager(shaka, { quality, throughput, ahead: () => (this.audio.paused ? Infinity : this.ahead_s) }));
    this.player.getNetworkingEngine().registerRequestFilter(async (type, request) => {
      if (type !== shaka.net.NetworkingEngine.RequestType.LICENSE || !this.source?.licence) return; // kept keys need no server
      Object.assign(request.headers, { 'Content-Type': 'application/json' }, await authorise());
    });
    // A licence has an end, which Clear Key does not know of.
    this.player.getNetworkingEngine().registerResponseFilter((type, response) => {
      if (type !== shaka.net.NetworkingEngine.RequestType.LICENSE || !this.source?.licence) return;
      const { expires_at } = JSON.parse(new TextDecoder().decode(response.data));
      this.source.expires_at = Math.min(this.source.expires_at ?? Infinity, Date.parse(expires_at));
    });
    for (const name of ['playing', 'pause', 'waiting', 'ended', 'timeupdate']) {
      this.audio.addEventListener(name, () => { this.listen(); this.dispatchEvent(new Event(name)); });
    }
    for (const name of ['adaptation', 'variantchanged']) this.player.addEventListener(name, () => this.noteRendition());
    this.player.addEventListener('error', ({ detail }) => (this.passes(detail) ? this.later() : this.fail(detail)));
    addEventListener('online', () => this.later(0));
    this.heard_s = 0;
  }

  configure(shaka, Abr) {
    this.player.configure({
      abrFactory: () => (this.abr = new Abr()),
      abr: { switchInterval: CHECK_S, useNetworkInformation: false },
      // All renditions are steps of one ladder: other codecs, and protected ones.
      adaptationSetCriteriaFactory: () => criteria(shaka),
      manifest: { enableAudioGroups: false },
      streaming: { bufferingGoal: AHEAD_S, bufferBehind: 30, rebufferingGoal: 0.1, retryParameters: { maxAttempts: 5, baseDelay: 500, stallTimeout: 8000 } },
      drm: { retryParameters: { maxAttempts: 2 } },
    });
  }

  // Loads and waits until it could start; nothing is heard yet.
  async load(item, source, at = 0) {
    Object.assign(this, { item, source, heard_s: 0, last: undefined, told: [], turnedAway: false });
    this.fade.gain.cancelScheduledValues(0);
    this.fade.gain.value = 1;
    await this.attached;
    this.player.configure({ drm: { servers: source.licence ? { 'org.w3.clearkey': source.licence } : {}, clearKeys: source.keys ?? {} } });
    await this.player.load(source.manifest, at || undefined, source.type);
    this.loaded = true;
  }

  async unload() {
    Object.assign(this, { item: undefined, loaded: false });
    clearTimeout(this.again);
    this.audio.pause();
    await this.player.unload();
  }

  // The network, or the server, is away: what was fetched plays on, and the rest is fetched when it is back.
  // An address that is refused is another matter; the first time it may be that another device has just taken over,
  // which is told in a moment.
  passes({ category, code, data }) {
    if (!this.loaded || category !== 1) return false;
    if (code !== 1001 || ![401, 403, 404, 410].includes(data?.[1])) return true;
    const first = !this.turnedAway;
    this.turnedAway = true;
    return first;
  }
  later(ms = AGAIN_MS) {
    clearTimeout(this.again);
    this.again = setTimeout(() => { if (this.loaded) this.player.retryStreaming(); }, ms);
    this.dispatchEvent(new Event('waiting'));
  }

  fail(problem) {
    if (this.item && problem.severity !== 1) this.dispatchEvent(new CustomEvent('problem', { detail: problem }));
  }

  // Loudness is taken when a song begins, and when the listener changes her mind.
  setLevel(normalise) {
    this.gain = gainOf(this.source, normalise);
    this.level.gain.setTargetAtTime(this.gain, this.level.context.currentTime, 0.02);
  }
  get peak() { return peakOf(this.source, this.gain ?? 1); }

  // This one goes, the other one comes, within so many seconds.
  fadeTo(other, seconds) {
    const curves = crossfade(this.peak, other.peak);
    const now = this.fade.context.currentTime;
    for (const [deck, curve] of [[this, curves.out], [other, curves.into]]) {
      deck.fade.gain.cancelScheduledValues(0);
      deck.fade.gain.setValueCurveAtTime(curve, now, seconds);
    }
  }

  // What was really heard, without what was jumped over.
  listen() {
    const now = this.audio.currentTime;
    if (this.last !== undefined && now > this.last && now - this.last < 2) this.heard_s += now - this.last;
    this.last = now;
  }

  // What is fetched now is heard when what was fetched before has been.
  noteRendition() {
    const track = this.player.getVariantTracks().find((t) => t.active);
    if (!track || !this.told) return;
    const { buffered, currentTime } = this.audio;
    const end = buffered.length ? Math.max(currentTime, buffered.end(buffered.length - 1)) : currentTime;
    if (this.told.at(-1)?.track.id !== track.id) this.told.push({ from: this.told.length ? end : 0, track });
    localStorage.setItem(BANDWIDTH_KEY, String(Math.round(throughput.bps)));
    this.dispatchEvent(new Event('rendition'));
  }
  get fetched() { return this.told?.at(-1)?.track; }
  get rendition() { return this.told?.findLast((t) => t.from <= this.audio.currentTime + 0.05)?.track ?? this.fetched; }

  // The listener wants another quality: she hears it in some seconds.
  choose() { if (this.loaded) this.abr.rechoose(KEPT_S); }

  get duration() { return Number.isFinite(this.audio.duration) ? this.audio.duration : this.source?.duration_s ?? 0; }
  get left() { return this.duration - this.audio.currentTime; }
  get ahead_s() {
    const { buffered, currentTime } = this.audio;
    for (let i = 0; i < buffered.length; i++) if (buffered.start(i) <= currentTime + 0.1 && buffered.end(i) >= currentTime) return buffered.end(i) - currentTime;
    return 0;
  }
  get stale() { return this.source?.expires_at && Date.now() > this.source.expires_at - 5000; }
}
