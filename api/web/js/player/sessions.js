// sessions.js - this player among the listener's devices: it tells how it goes on (the heartbeat), is
// told when another device takes over, and can take over itself.
import { api, onUser, user } from '../api.js';
import { client, deviceName } from '../device.js';
import { awake, eventsOf } from '../events.js';

const FORGET_MS = 600e3; // paused for so long: the session is given up
const AGAIN_MS = 5000;
const TOLD_MS = 10e3; // a word that takes longer is given up: the next one tells more

export class Sessions extends EventTarget {
  // ask(text, label, action): tells the listener, and offers a button.
  constructor(engine, ask) {
    super();
    Object.assign(this, { engine, ask, others: [], heard: 0 });
    for (const name of ['state', 'item', 'sought']) engine.addEventListener(name, () => this.soon());
    engine.addEventListener('problem', ({ detail }) => {
      if (detail.code === 'too-many-streams') this.ask('Something plays on another device.', 'Play here', () => this.takeOver());
    });
    addEventListener('pagehide', () => this.end({ keepalive: true }));
    onUser(() => this.follow());
    this.follow();
  }

  get session() { const source = this.engine.deck?.source; return source?.offline ? undefined : source?.session_id; }

  takeOver() {
    this.engine.takingOver = true;
    return this.engine.play();
  }

  // Several changes at once are one word, told soon after the first of them.
  soon() { this.news ??= setTimeout(() => this.tell(), 300); }
  hush() {
    clearTimeout(this.timer);
    clearTimeout(this.news);
    this.news = undefined;
  }
  // One word at a time: an older one never comes after a newer one.
  async tell() {
    this.hush();
    if (this.telling) { this.soon(); return; }
    const { engine, session } = this;
    const { source, item, loaded } = engine.deck ?? {};
    if (!session || !loaded || !user()) return;
    this.timer = setTimeout(() => this.tell(), (source.heartbeat_s ?? 20) * 1000);
    if (engine.playing) this.heard = Date.now();
    else if (Date.now() - this.heard > FORGET_MS) { this.end(); return; }
    this.telling = true;
    try {
      await api.tellPlayback({ playback_id: session, body: { position_ms: Math.round(engine.position * 1000), state: engine.playing ? 'playing' : 'paused', song_id: item.song.song_id, device_id: client() } }, { signal: AbortSignal.timeout(TOLD_MS) });
    } catch (problem) {
      if ([404, 409].includes(problem.status)) this.over(session);
    } finally {
      this.telling = false;
    }
  }

  // Its addresses are refused from now on: playing on asks for new ones.
  over(session, why = 'taken-over') {
    const { deck } = this.engine;
    if (!deck?.source || session !== this.session) return;
    Object.assign(deck.source, { expires_at: 1, session_id: undefined });
    this.hush();
    if (!this.engine.playing) return;
    this.engine.pause();
    if (why !== 'ended') this.ask(why === 'tab' ? 'Plays in another tab now.' : 'Plays on another device now.', 'Play here', () => this.takeOver());
  }
  end(options = {}) {
    this.hush();
    const { session } = this;
    if (!session || !user()) return;
    this.engine.deck.source.expires_at = 1;
    api.endPlayback({ playback_id: session }, options).catch(() => {});
  }

  // What happens elsewhere, as long as somebody is logged in; each stream ends after a while.
  async follow() {
    this.following?.abort();
    const { signal } = this.following = new AbortController();
    const idle = () => !this.engine.playing;
    while (user() && !signal.aborted) {
      try {
        await awake(idle, signal);
        await this.list();
        for await (const { event, data } of eventsOf(`/api/v1/playback/events?${new URLSearchParams({ device_id: client() })}`, signal, idle)) this[`on_${event}`]?.(data);
      } catch { /* no network, or the server stops: again soon */ }
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
  async list() {
    const { sessions = [] } = await api.listPlaybackSessions({});
    this.others = sessions.filter((s) => s.device_id !== client());
    this.dispatchEvent(new Event('change'));
  }
  // This device goes on where the other one is. The event that says so may come as well, or be missed.
  async move(session_id) {
    this.moving = session_id;
    try {
      await api.transferPlayback({ playback_id: session_id, body: { device_id: client(), device: deviceName() } });
      const { sessions = [] } = await api.listPlaybackSessions({});
      const moved = sessions.find((s) => s.session_id === session_id);
      if (moved) await this.goOn(moved);
    } finally {
      this.moving = undefined;
    }
  }
  command(session_id, command) { return api.commandPlayback({ playback_id: session_id, body: { command } }); }

  on_now({ device_id }) { if (device_id !== client()) this.list().catch(() => {}); }
  on_ended({ session_id, why }) {
    this.over(session_id, why);
    this.list().catch(() => {});
  }
  on_transfer({ session_id, device_id, song_id, position_ms, state }) {
    if (device_id !== client()) {
      this.over(session_id, 'transferred');
      this.list().catch(() => {});
    } else if (![this.moving, this.session].includes(session_id)) {
      this.goOn({ song_id, position_ms, state }).catch(({ message }) => this.ask(message));
    }
  }
  async goOn({ song_id, position_ms, state }) {
    const { engine } = this;
    const { queue } = engine;
    if (queue.current?.song.song_id !== song_id) {
      queue.playNext([await api.getSong({ song_id })], { source: 'app' });
      engine.wanted = false;
      if (queue.next) queue.step(1);
    }
    engine.wanted = state === 'playing';
    await engine.begin(queue.current, position_ms / 1000, '');
    this.list().catch(() => {});
  }
  on_command({ device_id, command, position_ms }) {
    const { engine } = this;
    if (device_id !== client() || !this.session) return; // another tab's, perhaps
    if (command === 'seek') engine.seek(position_ms / 1000);
    else if (['play', 'pause', 'next', 'previous'].includes(command)) engine[command]();
  }
}
