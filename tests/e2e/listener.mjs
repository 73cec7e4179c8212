// listener.mjs - somebody in a browser of her own, who is logged in and listens.
import { eventually, url } from './segue.mjs';

export class Listener {
  static async open(browser, { email, password }, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options });
    const page = await context.newPage();
    const her = Object.assign(new Listener(), { context, page, errors: [] });
    page.on('pageerror', (error) => her.errors.push(error.message));
    page.on('console', (message) => { if (message.type() === 'error') her.errors.push(/403/.test(message.text()) ? `${message.text()} ${new URL(message.location().url).pathname}` : message.text()); });
    await page.goto(`${url}/`);
    await page.click('#account button:has-text("Log in")');
    await page.fill('dialog input[name=email]', email);
    await page.fill('dialog input[name=password]', password);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#account .who', { state: 'attached' });
    return her;
  }

  close() { return this.context.close(); }

  state() {
    return this.page.evaluate(() => {
      const { engine } = document.querySelector('#player');
      const { deck } = engine;
      return {
        position: engine.position, playing: engine.playing, loud: engine.out?.gain.value, kbps: (deck?.fetched?.bandwidth ?? 0) / 1000, gain: deck?.gain,
        keys: Boolean(deck?.audio.mediaKeys), source: deck?.source && { ...deck.source, lyrics: undefined, peaks: undefined },
      };
    });
  }
  seek(to) { return this.page.evaluate((at) => document.querySelector('#player').engine.seek(at), to); }
  set(changes) { return this.page.evaluate(async (c) => (await import('/js/player/settings.js')).settings.set(c), changes); }
  play(ids) {
    return this.page.evaluate(async (songs) => {
      const [{ play }, { api }] = await Promise.all([import('/js/player/player.js'), import('/js/api.js')]);
      play(await Promise.all(songs.map((song_id) => api.getSong({ song_id }))));
    }, ids);
  }

  // Sound comes out, and the song goes on.
  async hears() {
    await eventually(() => this.page.evaluate(async () => {
      const { engine } = document.querySelector('#player');
      const analyser = engine.context.createAnalyser();
      engine.out.connect(analyser);
      const from = engine.position;
      const samples = new Float32Array(analyser.fftSize);
      let loudest = 0;
      for (let i = 0; i < 10; i++) {
        await new Promise((done) => setTimeout(done, 50));
        analyser.getFloatTimeDomainData(samples);
        loudest = Math.max(loudest, ...samples.map(Math.abs));
      }
      engine.out.disconnect(analyser);
      return engine.playing && engine.position > from && loudest > 0.01;
    }), 15000, 100);
  }

  // Records what comes out around the change to the next song: its longest silence.
  change() {
    return this.page.evaluate(async () => {
      const { engine } = document.querySelector('#player');
      const to = engine.context.createMediaStreamDestination();
      engine.out.connect(to);
      const recorder = new MediaRecorder(to.stream, { mimeType: 'audio/webm;codecs=pcm' });
      const pieces = [];
      recorder.ondataavailable = ({ data }) => pieces.push(data);
      const { key } = engine.item;
      engine.seek(engine.duration - 2);
      await new Promise((done) => setTimeout(done, 500));
      recorder.start();
      await new Promise((done) => setTimeout(done, 2500));
      await new Promise((done) => { recorder.onstop = done; recorder.stop(); });
      engine.out.disconnect(to);
      const sound = await engine.context.decodeAudioData(await new Blob(pieces).arrayBuffer());
      let run = 0;
      let longest = 0;
      for (const sample of sound.getChannelData(0)) {
        run = Math.abs(sample) < 1e-3 ? run + 1 : 0;
        longest = Math.max(longest, run);
      }
      return { silence_ms: (longest / sound.sampleRate) * 1000, changed: engine.item.key !== key };
    });
  }

  // Looks all the time; end() tells the least that lay ready, and how far the song fell behind.
  async watch() {
    await this.page.evaluate(() => {
      const { engine } = document.querySelector('#player');
      const { audio } = engine.deck;
      const from = { song: audio.currentTime, clock: engine.context.currentTime };
      const seen = globalThis.seen = { least_ahead: Infinity, late: 0 };
      seen.timer = setInterval(() => {
        seen.least_ahead = Math.min(seen.least_ahead, engine.deck.ahead_s);
        seen.late = Math.max(seen.late, (engine.context.currentTime - from.clock) - (audio.currentTime - from.song));
      }, 50);
    });
    return { end: () => this.page.evaluate(() => { clearInterval(globalThis.seen.timer); return globalThis.seen; }) };
  }

  // kb/s; undefined: as fast as it goes.
  async throttle(kbps) {
    this.cdp ??= await this.context.newCDPSession(this.page);
    await this.cdp.send('Network.enable');
    const bytes = kbps ? (kbps * 1000) / 8 : -1;
    await this.cdp.send('Network.emulateNetworkConditions', { offline: false, latency: kbps ? 20 : 0, downloadThroughput: bytes, uploadThroughput: bytes });
  }
}
