// What segue-audio makes of a sound, in a real browser: every rendition by Shaka Player over DASH, in the
// clear and by both schemes of ClearKey, and over HLS; whole, without a gap, switched while it plays.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createReadStream, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { launch } from './chromium.mjs';

const home = new URL('../..', import.meta.url).pathname;
const bin = process.env.SEGUE_BIN ?? `${home}/build/release/bin`;
const vendor = `${home}/build/vendor`;
const dir = mkdtempSync(join(tmpdir(), 'segue-packaging-'));
const rate = 44100, samples = rate * 10 + 4411, seconds = samples / rate;
const asset = '0192f0c1-2a3b-7c4d-8e5f-60718293a4b5';
const key = '30313233343536373839616263646566', hlsKey = 'fedcba9876543210';

// Two tones a channel that do not come round within the sound, 16 bits.
function wav() {
  const data = Buffer.alloc(44 + samples * 4);
  data.write('RIFF', 0); data.writeUInt32LE(data.length - 8, 4); data.write('WAVEfmt ', 8);
  data.writeUInt32LE(16, 16); data.writeUInt16LE(1, 20); data.writeUInt16LE(2, 22); data.writeUInt32LE(rate, 24);
  data.writeUInt32LE(rate * 4, 28); data.writeUInt16LE(4, 32); data.writeUInt16LE(16, 34); data.write('data', 36);
  data.writeUInt32LE(samples * 4, 40);
  for (let i = 0; i < samples; i++)
    for (let c = 0; c < 2; c++) {
      const t = i / rate, v = Math.sin(2 * Math.PI * (220 + 55 * c) * t) + Math.sin(2 * Math.PI * (331 + c) * t * (1 + t / 40));
      data.writeInt16LE(Math.round(v * 8000), 44 + i * 4 + c * 2);
    }
  return data;
}

function prepare(protection) {
  const out = join(dir, protection), job = join(dir, `${protection}.json`);
  mkdirSync(out);
  writeFileSync(job, JSON.stringify({ asset_id: asset, protection, renditions: [], max_seconds: 60,
    ...(protection === 'none' ? {} : { cenc_key: key, hls_key: Buffer.from(hlsKey).toString('hex') }) }));
  return new Promise((done, fail) => {
    const child = spawn(`${bin}/segue-audio`, ['prepare', out], {
      env: { ASAN_OPTIONS: 'detect_leaks=0' }, // confined it cannot look at itself
      stdio: [openSync(join(dir, 'sound.wav')), 'pipe', 'ignore', openSync(job)],
    });
    let facts = '';
    child.stdout.on('data', (piece) => { facts += piece; });
    child.on('error', fail);
    child.on('close', (code, signal) => (code === 0 ? done(JSON.parse(facts)) : fail(new Error(`segue-audio: ${code ?? signal} ${facts.slice(0, 300)}`))));
  });
}

// Files with ranges, as the API's /media/ has them.
function answer(request, response) {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === '/') return response.setHeader('content-type', 'text/html').end('<!doctype html><title>packaging</title><script src=/player.js></script><audio></audio>');
  if (pathname.endsWith('/key')) return response.end(hlsKey);
  const file = pathname === '/player.js' ? join(vendor, JSON.parse(readFileSync(`${vendor}/files.json`))['shaka-player'].file) : join(dir, pathname);
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return response.writeHead(404).end();
  const type = { mpd: 'application/dash+xml', m3u8: 'application/vnd.apple.mpegurl', mp4: 'audio/mp4', ogg: 'audio/ogg', js: 'text/javascript' }[file.split('.').pop()];
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = range ? Number(range[1]) : 0, end = Math.min(range?.[2] ? Number(range[2]) : size - 1, size - 1);
  response.writeHead(range ? 206 : 200, { 'content-type': type, 'accept-ranges': 'bytes', 'content-length': end - start + 1,
    ...(range ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}) });
  return createReadStream(file, { start, end }).pipe(response);
}

let server, browser, page, facts;
before(async () => {
  writeFileSync(join(dir, 'sound.wav'), wav());
  facts = await Promise.all(['none', 'cenc', 'cbcs'].map(prepare));
  server = createServer(answer);
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  browser = await launch({ sound: true });
});
beforeEach(async () => { // keys of one are not those of another
  await page?.close();
  page = await browser.newPage();
  await page.goto(`http://localhost:${server.address().port}/`);
  await page.addScriptTag({ content: `(${inPage})()` });
});
after(async () => { await browser?.close(); server?.close(); rmSync(dir, { recursive: true, force: true }); });

// Runs in the page: window.play(manifest, key, renditions) plays each for a moment, from two places.
function inPage() {
  const audio = document.querySelector('audio');
  const context = new AudioContext(), meter = context.createAnalyser();
  context.createMediaElementSource(audio).connect(meter);
  const until = async (true_, ms = 60000) => {
    for (let end = Date.now() + ms; !true_();) {
      if (Date.now() > end) return false;
      await new Promise((done) => { setTimeout(done, 20); });
    }
    return true;
  };
  const loudness = () => {
    const wave = new Float32Array(meter.fftSize);
    meter.getFloatTimeDomainData(wave);
    return Math.sqrt(wave.reduce((sum, v) => sum + v * v, 0) / wave.length);
  };
  const ranges = () => Array.from({ length: audio.buffered.length }, (_, i) => [audio.buffered.start(i), audio.buffered.end(i)]);
  const open = async (manifest, keys) => {
    const player = new shaka.Player(), errors = [];
    await player.attach(audio);
    const retryParameters = { timeout: 0, stallTimeout: 0, connectionTimeout: 0 }; // the server of this test answers when it can
    player.configure({ manifest: { retryParameters }, drm: { clearKeys: keys, retryParameters }, abr: { enabled: false },
      streaming: { bufferingGoal: 60, rebufferingGoal: 0.1, retryParameters } });
    player.addEventListener('error', (event) => errors.push(`${event.detail.code} ${event.detail.data}`));
    await player.load(manifest);
    return { player, errors, track: (name) => player.getVariantTracks().find((t) => t.originalAudioId === name || t.originalVideoId === name) };
  };
  // One that was over before it could be listened to is played again.
  const hear = async (from, ms) => {
    let heard = false;
    const listen = async () => {
      audio.currentTime = from;
      await audio.play();
      await until(() => audio.ended || (heard = audio.currentTime > from + 0.15 && loudness() > 0.05), ms);
      return heard || !audio.ended;
    };
    for (let i = 0; i < 10 && !(await listen()); i++);
    audio.pause();
    return heard;
  };
  window.play = async (manifest, keys, names, ms) => {
    const { player, errors, track } = await open(manifest, keys), out = {};
    const tracks = player.getVariantTracks();
    for (const name of names ?? [tracks.sort((a, b) => b.bandwidth - a.bandwidth)[0].originalAudioId]) {
      const wanted = track(name);
      if (!wanted) { out[name] = { missing: tracks.map((t) => t.originalAudioId) }; continue; }
      player.selectVariantTrack(wanted, true);
      const heard = [await hear(0, ms), await hear(7, ms)];
      audio.currentTime = 0; // what was left out between is fetched again
      await until(() => ranges().length === 1 && ranges()[0][0] < 0.001 && ranges()[0][1] > audio.duration - 0.001);
      out[name] = { heard, buffered: ranges(), duration: audio.duration, codec: wanted.audioCodec, errors: [...errors] };
    }
    await player.destroy();
    return out;
  };
  // From one to the next at each place, what is buffered kept: true when it went on to the end.
  window.switched = async (manifest, keys, names) => {
    const { player, errors, track } = await open(manifest, keys), stalls = [];
    player.configure({ streaming: { bufferingGoal: 1 } });
    player.selectVariantTrack(track(names[0]), true);
    await until(() => audio.readyState >= 3);
    await audio.play();
    audio.playbackRate = 4;
    // It waits for a key, or behind a hole. A busy machine may fetch and decode late, and goes on by itself.
    audio.addEventListener('waitingforkey', () => stalls.push(['key', audio.currentTime]));
    audio.addEventListener('waiting', () => { if (ranges().length > 1) stalls.push([audio.currentTime, ranges()]); });
    for (let i = 1; i < names.length; i++) {
      await until(() => audio.currentTime > i * 2);
      player.selectVariantTrack(track(names[i]), false);
    }
    const ended = await until(() => audio.ended);
    const at = audio.currentTime, buffered = ranges(), { gapsJumped } = player.getStats();
    audio.playbackRate = 1;
    await player.destroy();
    return { ended, at, buffered, gapsJumped, stalls, errors };
  };
}

const keys = { [asset.replaceAll('-', '')]: key };
const close = (a, b, by = 0.00005) => assert.ok(Math.abs(a - b) < by, `${a} is not ${b}`);

function whole(played, names, by) {
  for (const name of names) {
    const p = played[name];
    assert.deepEqual(p.errors, [], name);
    assert.deepEqual(p.heard, [true, true], `${name} was heard: ${JSON.stringify(p)}`);
    assert.equal(p.buffered.length, 1, `${name}: ${JSON.stringify(p.buffered)}`);
    close(p.buffered[0][0], 0);
    close(p.buffered[0][1], seconds, by);
    close(p.duration, seconds, by);
  }
}

const all = ['aac64', 'aac128', 'aac320', 'opus96', 'opus160', 'flac'];
for (const [i, protection] of ['none', 'cenc', 'cbcs'].entries()) {
  test(`DASH, ${protection}: every rendition is heard from two places, and is as long as the original`, async () => {
    whole(await page.evaluate(([m, k, n]) => window.play(m, k, n), [`/${protection}/manifest.mpd`, keys, all]), all);
    assert.ok(facts[i].files.some((file) => file.path === 'f/vorbis.ogg' && file.sealed));
  });
}

test('everybody has the lower renditions without a key', async () => {
  const names = ['aac64', 'aac128', 'opus96'];
  whole(await page.evaluate(([m, n]) => window.play(m, {}, n), ['/cenc/f/manifest.mpd', names]), names);
});

test('an encrypted rendition is not heard with another key', async () => {
  const played = await page.evaluate(([m, k]) => window.play(m, k, ['flac'], 5000), ['/cenc/manifest.mpd', { [asset.replaceAll('-', '')]: '0'.repeat(32) }])
    .catch((error) => ({ flac: { heard: [false, false], error } }));
  assert.deepEqual(played.flac.heard, [false, false]);
});

test('renditions are switched while it plays, clear to encrypted and back, without a stall', async () => {
  const r = await page.evaluate(([m, k, n]) => window.switched(m, k, n), ['/cenc/manifest.mpd', keys, ['aac64', 'aac320', 'aac128', 'aac320']]);
  assert.deepEqual(r.errors, []);
  assert.deepEqual(r.stalls, []);
  assert.equal(r.gapsJumped, 0);
  assert.ok(r.ended, `ended at ${r.at}`);
  assert.equal(r.buffered.length, 1, JSON.stringify(r.buffered));
  close(r.at, seconds);
});

test('HLS: without EME, the best of AAC by AES-128', async () => {
  const out = await page.evaluate(([m]) => window.play(m, {}), ['/cenc/master.m3u8']);
  assert.equal(Object.keys(out)[0], 'p/hls.m3u8');
  whole(out, Object.keys(out), 1024 / 48000); // with HLS Shaka leaves edit lists out of account; hls.js does not
});

test('plain files are played by the browser alone', async () => {
  for (const file of ['aac64.mp4', 'aac128.mp4', 'opus96.mp4', 'vorbis.ogg']) {
    const duration = await page.evaluate((src) => new Promise((done, fail) => {
      const audio = new Audio(src);
      audio.onloadedmetadata = () => done(audio.duration);
      audio.onerror = () => fail(new Error(`${src}: ${audio.error.message}`));
    }), `/cenc/f/${file}`);
    assert.ok(Math.abs(duration - seconds) < 0.022, `${file}: ${duration} of ${seconds}`);
  }
});
