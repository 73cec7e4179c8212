// copy.js - a playlist as it is here: read page by page, and kept true by the deltas of answers and events.
//
// Items lie in the order of their positions' bytes. A delta applies to the one list that it names: those that
// come before what they build on wait for it (docs/playlists.md).
import { api } from '../api.js';

const PAGE = 100;
const LATE_MS = 3000; // a delta that is waited for so long is not coming

const order = (a, b) => (a.position < b.position ? -1 : a.position > b.position ? 1 : a.item_id - b.item_id);

export class Copy extends EventTarget {
  // read({ cursor, limit }) -> a page of songs.
  constructor(first, read) {
    super();
    this.read = read;
    this.songs = new Map(); // song_id -> song, of what was ever shown
    this.start(first);
  }

  start({ songs = [], next_cursor, snapshot_id, song_count, ...details }) {
    Object.assign(this, { details, snapshot_id, song_count: song_count ?? songs.length, cursor: next_cursor, items: new Map(), waiting: [] });
    this.take(songs);
  }
  take(items) {
    for (const item of items) {
      if (item.song) this.songs.set(item.song_id, item.song);
      this.items.set(item.item_id, { ...item, song: this.songs.get(item.song_id) });
    }
    this.list = [...this.items.values()].sort(order);
  }
  changed() { this.dispatchEvent(new Event('change')); }

  get complete() { return !this.cursor; }
  get hits() { return this.list.map((i) => i.song).filter(Boolean); }

  async more() {
    const { cursor } = this;
    if (!cursor) return;
    const page = await this.read({ cursor, limit: PAGE });
    if (this.cursor !== cursor) return; // somebody else asked too, or it was read anew
    this.cursor = page.next_cursor;
    this.take(page.songs ?? []);
    this.changed();
  }
  async whole(most) {
    while (!this.complete && this.items.size < most) await this.more();
    return this.hits.slice(0, most);
  }
  async again() {
    this.start(await this.read({ limit: PAGE, whole: true }));
    this.changed();
  }

  // Of an answer or an event; each may come twice.
  async apply(delta) {
    if (delta.details) { await this.again(); return; }
    this.waiting.push(delta);
    for (let next; (next = this.waiting.find((d) => d.from_snapshot_id === this.snapshot_id && d.snapshot_id > this.snapshot_id));) this.step(next);
    this.waiting = this.waiting.filter((d) => d.snapshot_id > this.snapshot_id);
    clearTimeout(this.timer);
    if (this.waiting.length) this.timer = setTimeout(() => this.again().catch(() => {}), LATE_MS);
    await this.name();
    this.changed();
  }
  step({ snapshot_id, song_count, items = [], removed = [] }) {
    const end = this.list.at(-1);
    Object.assign(this, { snapshot_id, song_count });
    for (const id of removed) this.items.delete(id);
    // What lies behind the last page that was read comes with its own page.
    const here = (item) => this.complete || (end && order(item, end) <= 0);
    for (const item of items) if (!here(item)) this.items.delete(item.item_id);
    this.take(items.filter(here));
  }
  // Deltas tell ids; what they are called is asked for.
  async name() {
    const missing = [...new Set(this.list.filter((i) => !i.song && !this.songs.has(i.song_id)).map((i) => i.song_id))];
    await Promise.all(missing.map(async (song_id) => this.songs.set(song_id, await api.getSong({ song_id }).catch(() => undefined))));
    this.take([...this.items.values()]);
  }
}
