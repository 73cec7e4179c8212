// A song from an artist's file to a listener's ear, in a browser: uploaded, searched, played, kept.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { Listener } from './listener.mjs';
import { bin, eventually, run, sql, url } from './segue.mjs';
import { music, wav } from './wav.mjs';
import { withoutApi } from './world.mjs';

const mark = Date.now().toString(36);
const lrc = ['[00:00.50]<00:00.50>Quiet <00:01.50>now', '[00:10.00]<00:10.00>Here <00:11.00>it <00:12.00>comes', '[00:20.00]<00:20.00>And <00:21.00>goes'].join('\n');
let browser, premium, free, long, pair;

const create = (email, name, password) => new Promise((done, fail) => {
  const child = execFile(`${bin}/segue-api`, ['user', 'create', '--email', email, '--name', name, '--json'], (error, out) => (error ? fail(error) : done(JSON.parse(out.split('\n')[0]).user_id)));
  child.stdin.end(`${password}\n`);
});
async function account(name, subscription, roles) {
  const email = `${name.toLowerCase()}-${mark}@example.org`;
  const id = await create(email, name, 'listen to this');
  await sql(`UPDATE users SET subscription_type = '${subscription}', subscription_expires_at = NULL, roles = '${roles}' WHERE user_id = ${id}`);
  return { id, email, password: 'listen to this', token: (await run(`${bin}/segue-api`, ['user', 'token', String(id)])).stdout.trim() };
}

async function ask(who, method, path, body, type = 'application/json') {
  const form = body instanceof FormData;
  const answer = await fetch(url + path, { method, headers: { Authorization: `Bearer ${who.token}`, ...(body && !form ? { 'Content-Type': type } : {}) }, body: form || typeof body === 'string' ? body : body && JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, body: text && JSON.parse(text) };
}

async function uploaded(who, artist_id, title, bytes) {
  const form = new FormData();
  form.set('artist_id', String(artist_id));
  form.set('title', title);
  form.set('audio_file', new Blob([bytes], { type: 'audio/wav' }), `${title}.wav`);
  const { status, body } = await ask(who, 'POST', '/api/v1/upload/song', form);
  assert.equal(status, 202, JSON.stringify(body));
  return body.upload_id;
}
async function ready(who, upload_id) {
  const end = await eventually(async () => {
    const { body } = await ask(who, 'GET', `/api/v1/upload/status/${upload_id}`);
    return ['ready', 'failed', 'refused'].includes(body.status) && body;
  }, 300000, 200);
  assert.equal(end.status, 'ready', JSON.stringify(end));
  return end.song_id;
}

before(async () => {
  browser = await launch({ sound: true });
  premium = await account('Paula', 'premium', '{user,artist}');
  free = await account('Fred', 'free', '{user}');
  const { body: artist } = await ask(premium, 'POST', '/api/v1/artists', { name: `Paula ${mark}` });
  premium.artist_id = artist.artist_id;
  const seed = Date.now() % 1e6;
  const ids = [await uploaded(premium, artist.artist_id, `Longplay ${mark}`, wav(66, music(seed))), await uploaded(premium, artist.artist_id, `First ${mark}`, wav(5, music(seed + 1))),
    await uploaded(premium, artist.artist_id, `Second ${mark}`, wav(5, music(seed + 2)))];
  const [first, ...rest] = await Promise.all(ids.map((id) => ready(premium, id)));
  long = { song_id: first, title: `Longplay ${mark}` };
  pair = rest;
  const lyrics = await ask(premium, 'PUT', `/api/v1/songs/${long.song_id}/lyrics/file?language=en`, lrc, 'text/plain');
  assert.ok(lyrics.status < 300, JSON.stringify(lyrics.body));
  premium.page = await Listener.open(browser, premium);
});
after(() => browser?.close());

test('what is uploaded on the page plays when it is ready', async () => {
  const { page } = premium.page;
  await page.goto(`${url}/upload`);
  await page.setInputFiles('input[type=file]', [{ name: `Dropped ${mark}.wav`, mimeType: 'audio/wav', buffer: wav(4, music(Date.now() % 1e6)) }, { name: 'notes.wav', mimeType: 'audio/wav', buffer: Buffer.from('no sound at all '.repeat(500)) }]);
  await page.waitForSelector('.uploads li[data-status=ready] a', { timeout: 300000 });
  await page.waitForSelector('.uploads li:nth-child(2) [role=alert]:has-text("no audio file that Segue can read")');
  await page.click('.uploads li[data-status=ready] a');
  const start = () => page.click('main button:has-text("▶ Play")');
  await start();
  await premium.page.hears(start);
  premium.page.errors.length = 0; // the refused file is told by the browser too
});

test('a song is found, played and sought; its title, media session and keys follow', async () => {
  const { page } = premium.page;
  await page.goto(`${url}/`);
  await eventually(async () => {
    await page.fill('#q', long.title);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#status:has-text("result"), main p:has-text("Nothing found")');
    return (await page.locator('ol.hits li[data-type=song] .title').first().textContent({ timeout: 1000 })) === long.title;
  });
  await page.click('ol.hits li[data-type=song] .play');
  await premium.page.hears();
  assert.ok((await page.title()).startsWith(`▶ ${long.title}`));
  const session = await page.evaluate(() => ({ title: navigator.mediaSession.metadata.title, artist: navigator.mediaSession.metadata.artist, state: navigator.mediaSession.playbackState }));
  assert.deepEqual(session, { title: long.title, artist: `Paula ${mark}`, state: 'playing' });
  await page.locator('.wave input').focus();
  await page.evaluate(() => { const slider = document.querySelector('.wave input'); slider.value = '30'; slider.dispatchEvent(new Event('input', { bubbles: true })); slider.dispatchEvent(new Event('change', { bubbles: true })); });
  await eventually(async () => { const at = (await premium.page.state()).position; return at >= 30 && at < 50; });
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('Space');
  await eventually(async () => !(await premium.page.state()).playing);
  const from = (await premium.page.state()).position; // where it stands still
  await page.keyboard.press('ArrowLeft');
  await eventually(async () => Math.abs((await premium.page.state()).position - (from - 5)) < 0.1);
  await page.keyboard.press('m');
  await eventually(async () => (await premium.page.state()).loud < 0.001);
  await page.keyboard.press('m');
  await page.keyboard.press('Space');
  await premium.page.hears();
});

test('lyrics follow by line and word, and lead to where they are sung', async () => {
  const { page } = premium.page;
  await page.keyboard.press('l');
  await page.waitForSelector('.lyrics li');
  await premium.page.seek(10.1);
  // It goes on by itself, from the first word to another, or to the next line where one looks late.
  await page.waitForSelector('.lyrics li[aria-current]:has-text("Here it comes") .word.now:not(:has-text("Here")), .lyrics li[aria-current]:has-text("And goes")');
  await page.evaluate(() => document.querySelector('#player').engine.pause());
  for (const [at, line, word] of [[10.1, 'Here it comes', 'Here'], [11.1, 'Here it comes', 'it'], [20.2, 'And goes', 'And'], [1, 'Quiet now', 'Quiet']]) {
    await premium.page.seek(at);
    await page.waitForSelector(`.lyrics li[aria-current]:has-text("${line}") .word.now:has-text("${word}")`);
  }
  await page.click('.lyrics button:has-text("And goes")');
  await eventually(async () => (await premium.page.state()).position === 20);
  await page.waitForSelector('.lyrics li[aria-current]:has-text("And goes")');
  await page.keyboard.press('Escape');
});

test('one song follows the other without a gap', async () => {
  // The next one is started by the page's clock: a busy machine may be late for it. One that leaves a gap always does.
  const heard = [];
  const isGapless = ({ changed, silence_ms }) => changed && silence_ms < 30;
  while (!heard.some(isGapless) && heard.length < 12) heard.push(await premium.page.change(pair));
  assert.ok(heard.some(isGapless), `each time: ${JSON.stringify(heard)}`);
});

test('loudness is evened out and never goes over full scale', async () => {
  const told = await premium.page.page.evaluate(async () => {
    const { gainOf, crossfade } = await import('/js/player/loudness.js');
    const { out, into } = crossfade(0.9, 0.8);
    return { loud: gainOf({ loudness: -9, true_peak: -0.2 }), quiet: gainOf({ loudness: -24, true_peak: -3 }), unknown: gainOf({}), highest: Math.max(...out.map((v, i) => v * 0.9 + into[i] * 0.8)), ends: [out[0], into[0], out.at(-1) < 1e-6, into.at(-1)] };
  });
  assert.ok(Math.abs(told.loud - 10 ** (-5 / 20)) < 1e-6);
  assert.ok(Math.abs(told.quiet - 10 ** (2 / 20)) < 1e-6);
  assert.equal(told.unknown, 1);
  assert.ok(told.highest <= 1.0001);
  assert.deepEqual(told.ends, [1, 0, true, 1]);
  const { source, gain } = await premium.page.state();
  assert.ok(Math.abs(gain - 10 ** (Math.min(-14 - source.loudness, -1 - source.true_peak) / 20)) < 1e-6);
});

// What lay ready while the network was slow and fast again; undefined when the song was over before both were followed,
// as on a machine that is busy with something else.
async function slowAndFast(her) {
  const sees = async (check) => (await eventually(async () => {
    const state = await her.state();
    if (check(state)) return 'so';
    return (!state.playing || state.position > 55) && 'over';
  }, 120000, 200)) === 'so';
  await her.play([long.song_id]);
  await her.hears();
  if (!(await sees((s) => s.kbps > 250 && s.ahead > 20))) return undefined;
  const watch = await her.watch();
  await her.throttle(300);
  const fell = await sees((s) => s.kbps < 100);
  await her.throttle();
  const rose = fell && await sees((s) => s.kbps > 110);
  const seen = await watch.end();
  return rose ? seen : undefined;
}
test('a slow network lowers the rendition and a fast one raises it, and it plays on', async () => {
  let seen;
  for (let i = 0; i < 5 && !seen; i++) seen = await slowAndFast(premium.page);
  assert.ok(seen, 'the rendition does not follow the network');
  assert.ok(seen.least_ahead > 1, `only ${seen.least_ahead} s lay ready`);
  await premium.page.hears();
});

test('protected renditions play for premium, with keys, and not for others', async () => {
  await premium.page.set({ quality: 'high' });
  await premium.page.play([long.song_id]);
  await premium.page.hears();
  assert.equal((await premium.page.state()).keys, true);
  assert.match(await premium.page.page.textContent('.rendition'), /AAC 320/);
  await premium.page.set({ quality: 'auto' });

  free.page = await Listener.open(browser, free);
  await free.page.set({ quality: 'high' });
  await free.page.play([long.song_id]);
  await free.page.hears();
  const { kbps, source, keys } = await free.page.state();
  assert.ok(source.capped && kbps < 200 && !keys, JSON.stringify({ kbps, source, keys }));
  const { body: device } = await ask(free, 'POST', '/api/v1/me/devices', { name: 'Test', kind: 'browser' });
  const kid = Buffer.from((await sql(`SELECT asset_id FROM song_audio WHERE song_id = ${long.song_id}`)).replaceAll('-', ''), 'hex').toString('base64url');
  const refused = await ask(free, 'POST', `/api/v1/licences/clearkey?device_id=${device.device_id}`, { kids: [kid], type: 'temporary' });
  assert.equal(refused.status, 403);
  const asked = await fetch(new URL(source.manifest.replace(/\/f\/[^/]*$/, '/p/aac320.mp4'), url));
  assert.equal(asked.status, 403);
  await free.page.close();
});

test('a browser that can\'t play what is protected plays what is open, and for those who want more the AES-128 one', async () => {
  const { page } = premium.page;
  await page.evaluate(async () => (await import('/js/player/source.js')).goWithoutEme());
  for (const [quality, rendition, manifest] of [['auto', /AAC (64|128)/, /\/f\/manifest\.mpd$/], ['high', /AAC 320/, /hls\.m3u8$/]]) {
    await premium.page.set({ quality });
    await premium.page.play([long.song_id]);
    await premium.page.hears();
    const { source, keys } = await premium.page.state();
    assert.ok(!keys && manifest.test(source.manifest), source.manifest);
    assert.match(await page.textContent('.rendition'), rendition);
  }
  await premium.page.set({ quality: 'auto' });
  await page.evaluate(() => document.querySelector('#player').engine.stop());
  await page.reload();
});

test('a network that is away for a while is waited for, and the song goes on where it was', async () => {
  const { page, context } = premium.page;
  await eventually(async () => {
    await premium.page.play([long.song_id]);
    await premium.page.hears();
    await page.evaluate(() => document.querySelector('#player').engine.pause());
    return (await premium.page.state()).position < 12;
  });
  await context.setOffline(true);
  await page.evaluate(() => { const { engine } = document.querySelector('#player'); engine.seek(50); engine.play(); }); // nothing of it lies ready
  await page.waitForFunction(() => document.querySelector('#player').engine.deck.again); // Shaka has given up by then
  assert.equal((await premium.page.state()).position, 50);
  await context.setOffline(false);
  await page.waitForFunction(() => document.querySelector('#player').engine.position > 50);
  await premium.page.seek(0); // more than lies ready: the address is asked again for nothing
  await premium.page.hears();
});

test('a song without audio is passed over, said, and not asked for again and again', async () => {
  const { page } = premium.page;
  const mute = Number(await sql(`WITH s AS (INSERT INTO songs (artist_id, title, duration_s) VALUES (${premium.artist_id}, 'Mute ${mark}', 60) RETURNING *)
    INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) SELECT artist_id, song_id, 1, artist_id FROM s RETURNING song_id`));
  let asked = 0;
  const count = (r) => { if (r.url().includes(`/songs/${mute}/stream`)) asked++; };
  page.on('request', count);
  await premium.page.play([pair[0], mute, long.song_id]);
  await page.waitForSelector(`.player-note:has-text("There is no audio of Mute ${mark}")`);
  await premium.page.hears();
  assert.equal(await page.evaluate(() => document.querySelector('#player').engine.item.song.song_id), long.song_id);
  assert.ok(asked <= 3, `asked ${asked} times`);
  page.off('request', count);
  await sql(`DELETE FROM songs WHERE song_id = ${mute}`);
});

test('of two tabs one plays', async () => {
  const { page, context } = premium.page;
  await premium.page.play([long.song_id]);
  await premium.page.hears();
  const other = await context.newPage();
  await other.goto(`${url}/song/${long.song_id}`);
  await other.click('main button:has-text("Play"):not(:has-text("Radio"))');
  await other.waitForFunction(() => document.querySelector('#player').engine.position > 0.5);
  await eventually(async () => !(await premium.page.state()).playing);
  await page.waitForSelector('.player-note:has-text("Plays in another tab now.")');
  await page.click('.player-note button:text-is("Play here")');
  await premium.page.hears();
  await other.waitForFunction(() => !document.querySelector('#player').engine.playing);
  await other.close();
});

test('another device of hers takes over where the first one was, which stops and says so', async () => {
  await premium.page.play([long.song_id]);
  await premium.page.hears();
  // The page tells by itself where it is now; nobody could go on from where it has not told of.
  const told = premium.page.page.waitForResponse((r) => r.request().postDataJSON()?.position_ms >= 25000);
  await premium.page.seek(25);
  await told;
  const second = await Listener.open(browser, premium);
  await second.page.click('button[aria-label="Other devices"]');
  await second.page.click('#panel button:has-text("Play here")');
  await second.hears();
  assert.ok((await second.state()).position > 20);
  await premium.page.page.waitForSelector('.player-note:has-text("Plays on another device now.")');
  assert.equal((await premium.page.state()).playing, false);
  await second.close();
});

test('a smart playlist is kept as it is now, also in an open rendition, until it is removed, without a network too', async () => {
  const { page, context } = premium.page;
  await premium.page.set({ quality: 'low' });
  const { body: smart } = await ask(premium, 'POST', '/api/v1/playlists', { name: `Smart ${mark}`, rules: { all: [{ field: 'artist', op: 'is', number: premium.artist_id }, { field: 'duration', op: 'at_least', number: 5 }, { field: 'duration', op: 'at_most', number: 30 }] } });
  await page.goto(`${url}/playlist/${smart.playlist_id}`);
  await eventually(async () => (await page.locator('main ol.hits .title').count()) === 2);
  await page.click('main button:text-is("Keep on this device")');
  await page.waitForSelector('main button:text-is("On this device")');
  await page.goto(`${url}/offline`);
  await eventually(async () => JSON.stringify((await page.locator('main ol.hits .title').allTextContents()).sort()) === JSON.stringify([`First ${mark}`, `Second ${mark}`]));
  const remove = (title) => page.click(`button[aria-label="Remove ${title} ${mark} from this device"]`);
  const told = () => page.waitForResponse((r) => r.request().method() === 'DELETE' && r.url().includes('/offline/'));
  await Promise.all([told(), remove('First')]);
  // Without a network, and the page left before there is one again.
  const { device_id } = await page.evaluate(() => JSON.parse(localStorage.getItem('segue.device')));
  const ofAccount = async () => (await ask(premium, 'GET', `/api/v1/offline/downloads?device_id=${device_id}`)).body.songs.length;
  await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === 'activated');
  await context.setOffline(true);
  await remove('Second');
  await page.waitForSelector('text=Nothing is kept here yet');
  await page.reload();
  assert.equal(await ofAccount(), 1);
  await context.setOffline(false);
  await eventually(async () => (await ofAccount()) === 0);
  await page.waitForSelector('text=Nothing is kept here yet');
  await premium.page.set({ quality: 'auto' });
});

test('what is kept plays with the API stopped, and goes when its device is removed', async () => {
  const { page } = premium.page;
  await page.goto(`${url}/song/${long.song_id}`);
  await page.click('button:text-is("Keep on this device")');
  await page.waitForSelector('main button:text-is("On this device")');
  await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === 'activated');
  assert.deepEqual(await page.evaluate(async () => {
    const [{ stands }, { licences, list }] = await Promise.all([import('/js/offline/licence.js'), import('/js/offline/library.js')]);
    const [song] = await list();
    const licence = (await licences()).find((l) => l.licence_id === song.licence_id);
    const [head, payload, signature] = licence.token.split('.');
    const later = btoa(JSON.stringify({ ...JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))), exp: 4e9 })).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_');
    return [await stands(licence, song), await stands({ ...licence, token: `${head}.${later}.${signature}` }, song), await stands(licence, { ...song, device_id: 'another' })];
  }), [true, false, false], 'a licence stands as it was signed');
  const told = async () => Number(await sql(`SELECT count(*) FROM play_events WHERE user_id = ${premium.id} AND song_id = ${long.song_id}`));
  const heard = await told();
  await withoutApi(async () => {
    await page.goto(`${url}/offline`);
    await page.click('ol.hits li .play');
    await premium.page.hears();
    const { source, keys } = await premium.page.state();
    assert.ok(source.offline && keys);
  });
  premium.page.errors = premium.page.errors.filter((e) => !/50[234]/.test(e)); // of an API that had just begun
  await page.reload();
  await eventually(async () => (await told()) > heard, 150000, 300); // what was heard without a network is told afterwards
  await ask(premium, 'DELETE', `/api/v1/me/devices/${await page.evaluate(() => JSON.parse(localStorage.getItem('segue.device')).device_id)}`);
  await page.reload(); // removed elsewhere: gone here
  await page.waitForSelector('text=Nothing is kept here yet');
});

test('without the library the page says so and goes on', async () => {
  const context = await browser.newContext({ serviceWorkers: 'block' });
  const page = await context.newPage();
  await page.route('**/vendor/*', (route) => route.fulfill({ status: 404 }));
  await page.goto(`${url}/`);
  await page.click('ol.hits li .play');
  await page.waitForSelector('.player-note:has-text("built without shaka-player")');
  await page.fill('#q', long.title);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#status:has-text("result")');
  await context.close();
});

test('no script failed on the way', () => {
  // 403: what another device or tab took over while a segment of it was on its way.
  assert.deepEqual(premium.page.errors.filter((e) => !/403 .*\/media\/|40[49]|ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED/.test(e)), []);
});
