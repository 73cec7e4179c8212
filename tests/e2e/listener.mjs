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
        position: engine.position, playing: engine.playing, loud: engine.out?.gain.value, kbps: (deck?.fetched?.bandwidth ?? 0) / 1000, gain: deck?.gain, ahead: deck?.loaded ? deck.ahead_s : 0,
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

  // Sound comes out, and the song goes on. again(): called when a short one was over before it could be heard.
  async hears(again) {
    await eventually(async () => {
      const heard = await this.page.evaluate(async () => {
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
      });
      if (!heard && again && !(await this.state()).playing) await again();
      return heard;
    }, 60000, 100);
  }

  // Plays two songs and records what comes out around the change from one to the other: its longest silence.
  // changed: the change is in it.
  async change(ids) {
    await this.play(ids);
    await eventually(() => this.page.evaluate(() => { // both are ready, and the end is not near
      const { engine } = document.querySelector('#player');
      const { queue } = engine;
      if (queue.at > 0) engine.to(queue.items[0].key);
      else if (engine.position > 2) engine.seek(0);
      return engine.item?.key === queue.items[0].key && engine.playing && engine.position > 0 && engine.position < 2.5 && engine.ahead?.loaded;
    }));
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
      const before = engine.item?.key === key;
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
      return { silence_ms: (longest / sound.sampleRate) * 1000, changed: before && engine.item?.key === engine.queue.items[1].key };
    });
  }

  // Looks all the time, and whenever the song has to wait; end() tells the least that lay ready.
  async watch() {
    await this.page.evaluate(() => {
      const { deck } = document.querySelector('#player').engine;
      const seen = globalThis.seen = { least_ahead: Infinity };
      const look = () => { seen.least_ahead = Math.min(seen.least_ahead, deck.ahead_s); };
      const timer = setInterval(look, 50);
      deck.audio.addEventListener('waiting', look);
      seen.end = () => { look(); clearInterval(timer); deck.audio.removeEventListener('waiting', look); };
    });
    return { end: () => this.page.evaluate(() => { globalThis.seen.end(); return { least_ahead: globalThis.seen.least_ahead }; }) };
  }

  // kb/s; undefined: as fast as it goes.
  async throttle(kbps) {
    this.cdp ??= await this.context.newCDPSession(this.page);
    await this.cdp.send('Network.enable');
    const bytes = kbps ? (kbps * 1000) / 8 : -1;
    await this.cdp.send('Network.emulateNetworkConditions', { offline: false, latency: kbps ? 20 : 0, downloadThroughput: bytes, uploadThroughput: bytes });
  }
}
