// queue.js - what plays, what comes next: kept on this device, fed by a radio when it runs low.

const KEY = 'segue.queue';
export const MAX = 1000;
const FEED_BELOW = 3; // songs ahead

// Of a song, what is needed to show and to play it.
export function brief(song) {
  const artists = song.artists?.length ? song.artists : [song.artist].filter(Boolean);
  return {
    song_id: song.song_id, title: song.title ?? '', duration: song.duration ?? 0,
    artists: artists.map(({ artist_id, name }) => ({ artist_id, name })),
    album: song.album && { album_id: song.album.album_id, title: song.album.title },
    cover: song.cover_art_url ?? song.album?.cover_art_url ?? song.cover,
  };
}

const item = (song, from = {}) => ({ key: crypto.randomUUID(), song: brief(song), source: from.source ?? 'app', context: from.context });

export class Queue extends EventTarget {
  // feed(radio) -> { songs, radio }: more of the radio, and where it goes on.
  constructor(feed) {
    super();
    Object.assign(this, { feed, items: [], at: -1, radio: undefined });
    try {
      const { items, at, radio } = JSON.parse(localStorage.getItem(KEY)) ?? {};
      if (Array.isArray(items) && items.every((i) => i.key && i.song?.song_id)) {
        Object.assign(this, { items, radio, at: Number.isInteger(at) && at < items.length ? at : items.length - 1 });
      }
    } catch { /* a queue that can't be read is an empty one */ }
  }

  get current() { return this.items[this.at]; }
  get next() { return this.items[this.at + 1]; }

  changed() {
    try {
      localStorage.setItem(KEY, JSON.stringify({ items: this.items, at: this.at, radio: this.radio }));
    } catch { /* for as long as the page is open */ }
    this.dispatchEvent(new Event('change'));
    this.fill();
  }

  // Plays songs from the one at `from` on; they replace what was there.
  replace(songs, from, origin = {}) {
    this.items = songs.slice(0, MAX).map((s) => item(s, origin));
    this.at = Math.min(from, this.items.length - 1);
    this.radio = origin.radio;
    this.changed();
  }

  add(songs, origin) {
    this.items.push(...songs.slice(0, MAX - this.items.length).map((s) => item(s, origin)));
    if (this.at < 0) this.at = 0;
    this.changed();
  }

  playNext(songs, origin) {
    this.items.splice(this.at + 1, 0, ...songs.slice(0, MAX - this.items.length).map((s) => item(s, origin)));
    if (this.at < 0) this.at = 0;
    this.changed();
  }

  // The one that plays stays; it is ended by going to another.
  remove(key) {
    const i = this.items.findIndex((x) => x.key === key);
    if (i < 0 || i === this.at) return;
    this.items.splice(i, 1);
    if (i < this.at) this.at--;
    this.changed();
  }

  move(key, by) {
    const from = this.items.findIndex((x) => x.key === key);
    const to = Math.min(this.items.length - 1, Math.max(0, from + by));
    if (from < 0 || from === to) return;
    const playing = this.current;
    this.items.splice(to, 0, ...this.items.splice(from, 1));
    this.at = this.items.indexOf(playing);
    this.changed();
  }

  clear() {
    this.items = this.current ? [this.current] : [];
    this.at = this.items.length - 1;
    this.radio = undefined;
    this.changed();
  }

  // To another place; false when there is none.
  step(by) { return this.goTo(this.at + by); }
  jump(key) { return this.goTo(this.items.findIndex((x) => x.key === key)); }
  goTo(at) {
    if (at < 0 || at >= this.items.length) return false;
    this.at = at;
    this.changed();
    return true;
  }

  async fill() {
    if (!this.radio || this.filling || this.items.length - this.at > FEED_BELOW || this.items.length >= MAX) return;
    this.filling = true;
    const asked = this.radio;
    try {
      const { songs, radio } = await this.feed(asked);
      if (this.radio !== asked) return;
      this.radio = songs.length ? radio : undefined;
      this.items.push(...songs.map((s) => item(s, { source: 'radio', context: asked.context })));
    } catch {
      return; // asked again at the next song
    } finally {
      this.filling = false;
    }
    this.changed();
  }
}
