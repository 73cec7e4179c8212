// What is one's own on the page: playlists that several edit at once, the library, pictures; and that all of it
// can be used without a mouse, without seeing it, on a phone, and in many tabs.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { Listener } from './listener.mjs';
import { bin, eventually, run, sql, url } from './segue.mjs';

const mark = Date.now().toString(36);
let browser, owner, friend, songs, list;

async function account(name) {
  const email = `${name.toLowerCase()}-${mark}@example.org`;
  const id = await new Promise((done, fail) => {
    const child = execFile(`${bin}/segue-api`, ['user', 'create', '--email', email, '--name', name, '--json'], (error, out) => (error ? fail(error) : done(JSON.parse(out.split('\n')[0]).user_id)));
    child.stdin.end('all of my own\n');
  });
  return { id, email, password: 'all of my own', token: (await run(`${bin}/segue-api`, ['user', 'token', String(id)])).stdout.trim() };
}
async function ask(who, method, path, body) {
  const answer = await fetch(`${url}/api/v1${path}`, { method, headers: { Authorization: `Bearer ${who.token}`, ...(body ? { 'Content-Type': 'application/json' } : {}) }, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}
const titles = (who) => who.page.page.locator('main ol.hits .title').allTextContents();
const inOrder = (who, wanted) => eventually(async () => JSON.stringify(await titles(who)) === JSON.stringify(wanted));

before(async () => {
  browser = await launch({ sound: true });
  [owner, friend] = await Promise.all([account('Olga'), account('Fritz')]);
  songs = JSON.parse(await sql(`SELECT json_agg(s) FROM (SELECT song_id, title FROM (SELECT DISTINCT ON (title) song_id, title, play_count FROM songs WHERE title ~ '^[A-Za-z ]+$' ORDER BY title, song_id) d ORDER BY play_count DESC LIMIT 4) s`));
  [owner.page, friend.page] = await Promise.all([owner, friend].map((who) => Listener.open(browser, who)));
});
after(() => browser?.close());

test('a playlist is made from a song, found in the library, filled by menus, and each song is once in it', async () => {
  const { page } = owner.page;
  await page.goto(`${url}/song/${songs[0].song_id}`);
  await page.click('main button:has-text("Add to a playlist")');
  await page.fill('dialog[open] input[name=name]', `Ours ${mark}`);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.player-note:has-text("Added to Ours")');
  for (const [song, said] of [[songs[1], 'Added to'], [songs[2], 'Added to'], [songs[1], 'Already in']]) {
    await page.goto(`${url}/?q=${encodeURIComponent(song.title)}&type=song`);
    await page.locator(`ol.hits li:has(a[href="/song/${song.song_id}"]) button[aria-label^="More for"]`).click();
    await page.click('dialog[open] button:text-is("Add to a playlist")');
    await page.click(`dialog[open] button:text-is("Ours ${mark}")`);
    await page.waitForSelector(`.player-note:has-text("${said} Ours")`);
  }
  await page.click('header a:text-is("Library")');
  await page.click(`ol.hits .title:has-text("Ours ${mark}")`);
  await page.waitForSelector('h1:has-text("Ours")');
  list = Number(page.url().match(/\/playlist\/(\d+)$/)[1]);
  await inOrder(owner, songs.slice(0, 3).map((s) => s.title));
  await page.reload();
  await inOrder(owner, songs.slice(0, 3).map((s) => s.title));
});

test('who gets a link joins, and both see each other\'s edits as they are made', async () => {
  const { page } = owner.page;
  await page.click('main button:text-is("Share")');
  await page.selectOption('dialog[open] select', 'editor');
  await page.click('dialog[open] button:text-is("Create a link")');
  const link = await page.inputValue('dialog[open] input[aria-label="The link"]');
  await page.keyboard.press('Escape');
  const hers = friend.page.page;
  await hers.goto(link);
  await hers.click('main button:text-is("Join")');
  await hers.waitForURL(`${url}/playlist/${list}`);
  const [a, b, c, d] = songs.map((s) => s.title);
  await hers.click('main button:text-is("Edit")');
  await hers.click(`button[aria-label="Later: ${a}"]`);
  await inOrder(friend, [b, a, c]);
  await inOrder(owner, [b, a, c]);
  await eventually(() => hers.evaluate((label) => document.activeElement.getAttribute('aria-label') === label, `Later: ${a}`)); // pressed again without looking for it
  await hers.keyboard.press('Enter');
  await inOrder(owner, [b, c, a]);
  await page.click('main button:text-is("Edit")');
  await page.dragAndDrop(`main li:has(span:text-is("${a}"))`, `main li:has(span:text-is("${b}"))`);
  await inOrder(friend, [a, b, c]);
  await page.click(`button[aria-label="Remove ${b}"]`);
  await ask(friend, 'POST', `/playlists/${list}/songs`, { song_id: songs[3].song_id }); // by another client
  await inOrder(owner, [a, c, d]);
  await inOrder(friend, [a, c, d]);
  assert.deepEqual((await ask(owner, 'GET', `/playlists/${list}/songs`)).songs.map((i) => i.song.title), [a, c, d]);
  await page.click('main button:text-is("Details")');
  await page.fill('dialog[open] input[name=name]', `Theirs ${mark}`);
  await page.click('dialog[open] button:text-is("Save")');
  await hers.waitForSelector(`h1:text-is("Theirs ${mark}")`);
});

test('a long playlist comes page by page and is played whole', async () => {
  const { page } = owner.page;
  const ids = (await sql('SELECT song_id FROM songs ORDER BY song_id LIMIT 130')).split('\n').map(Number);
  const long = await ask(owner, 'POST', '/playlists', { name: `Long ${mark}`, song_ids: ids });
  await page.goto(`${url}/playlist/${long.playlist_id}`);
  await eventually(async () => (await titles(owner)).length === 100);
  await ask(owner, 'POST', `/playlists/${long.playlist_id}/songs`, { song_id: songs[0].song_id }); // lies behind what is shown
  await page.waitForSelector('text=131 songs');
  assert.equal((await titles(owner)).length, 100);
  await page.click('main button:text-is("More")');
  await eventually(async () => (await titles(owner)).length === 131);
  await page.reload();
  await page.click('main button:has-text("Play")');
  await eventually(() => page.evaluate(() => document.querySelector('#player').engine.queue.items.length === 131));
  await ask(owner, 'DELETE', `/playlists/${long.playlist_id}`);
  await page.waitForSelector('[role=alert]:has-text("no longer there")');
});

test('what is liked, saved and followed is in the library, and leaves it', async () => {
  const { page } = owner.page;
  const about = JSON.parse(await sql(`SELECT json_build_object('song', s.song_id, 'album', s.album_id, 'artist', s.artist_id) FROM songs s JOIN albums USING (album_id) ORDER BY s.play_count DESC LIMIT 1`));
  // The button shows it before the API has answered.
  const press = async (selector) => {
    const answered = page.waitForResponse((r) => ['PUT', 'DELETE'].includes(r.request().method()) && r.url().includes('/me/'));
    await page.click(selector);
    assert.ok((await answered).ok());
  };
  for (const [kind, part, word] of [['song', 'songs', 'Liked'], ['album', 'albums', 'Saved'], ['artist', 'artists', 'Following']]) {
    await page.goto(`${url}/${kind}/${about[kind]}`);
    await press('main button.save');
    await page.waitForSelector(`main button.save[aria-pressed=true]:has-text("${word}")`);
    await page.goto(`${url}/library/${part}`);
    await page.click(`ol.hits a[href="/${kind}/${about[kind]}"]`);
    await press('main button.save[aria-pressed=true]');
    await page.waitForSelector('main button.save[aria-pressed=false]');
    await page.goto(`${url}/library/${part}`);
    await page.waitForSelector('h1:text-is("Library")');
    assert.equal(await page.locator(`ol.hits a[href="/${kind}/${about[kind]}"]`).count(), 0);
  }
  await ask(owner, 'POST', `/songs/${about.song}/play`, { event_id: crypto.randomUUID(), played_at: new Date().toISOString() });
  await eventually(async () => { // at once, as long as the database keeps up
    await page.goto(`${url}/library/history`);
    await page.waitForSelector('h1:text-is("Library")');
    return page.locator(`ol.hits a[href="/song/${about.song}"]`).count();
  });
  assert.equal(await page.evaluate(async () => (await fetch('/library/nothing')).status), 404);
});

test('a picture is shown where there is one, in the size that fits; one is made of the name where there is none', async () => {
  const { page } = owner.page;
  const found = await page.evaluate(async () => {
    const { cover, initials, pictureOf } = await import('/js/art.js');
    const hash = 'a'.repeat(64);
    const made = (hit) => { const node = cover(hit); return node.style.getPropertyValue('--one'); };
    const broken = cover({ type: 'album', title: 'Broken', cover_art_url: `/covers/${hash}/640.jpg` });
    document.body.append(broken);
    for (let i = 0; i < 600 && broken.querySelector('img'); i++) await new Promise((done) => setTimeout(done, 100));
    return {
      fits: pictureOf({ cover_art_url: `/covers/${hash}/640.jpg` }, 96), album: pictureOf({ album: { cover_art_url: 'https://elsewhere.example/x.png' } }, 96),
      initials: ['How the Room Turns', '東京 夜', '', '¿Qué?', '👨‍👩‍👧 us'].map(initials), broken: broken.querySelectorAll('img').length + broken.textContent,
      kin: made({ type: 'song', title: 'A', artists: [{ name: 'X' }] }) === made({ type: 'song', title: 'B', artists: [{ name: 'X' }] }),
    };
  });
  assert.deepEqual(found, { fits: `/covers/${'a'.repeat(64)}/300.jpg`, album: 'https://elsewhere.example/x.png', initials: ['HT', '東夜', '?', 'Q', 'U'], broken: '0B', kin: true });
});

test('a refusal to renew the log-in for now does not log out, and music that needs nobody goes on', async () => {
  const { page } = friend.page;
  await page.route('**/api/v1/auth/refresh', (route) => route.fulfill({ status: 429, headers: { 'Retry-After': '1', 'Content-Type': 'application/problem+json' }, body: '{"title":"Too many requests"}' }));
  await page.goto(`${url}/?q=${encodeURIComponent(songs[0].title)}`);
  await page.waitForSelector('ol.hits li');
  assert.equal(await page.locator('#account button:text-is("Log out")').count(), 1);
  await page.unroute('**/api/v1/auth/refresh');
  await page.goto(`${url}/library`);
  await page.waitForSelector(`ol.hits .title:has-text("Theirs ${mark}")`);
});

test('a token is renewed before its end, so that what can\'t ask again is never refused', async () => {
  const { page } = friend.page;
  let renewed = 0;
  await page.route('**/api/v1/auth/refresh', async (route) => {
    renewed++;
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...await answer.json(), expires_in: 29 } });
  });
  await page.goto(`${url}/library`);
  await page.waitForSelector('h1');
  const before = renewed;
  // The first may be given what somebody else was asking for already.
  await page.evaluate(async () => { const { api } = await import('/js/api.js'); await api.token(); await api.token(); });
  assert.ok(renewed > before);
  await page.unrouteAll({ behavior: 'wait' });
});

test('a tab that nobody sees and that plays nothing holds no connection; looked at again, it is told again', async () => {
  const { page } = friend.page;
  const streams = new Set();
  const of = (r) => r.url().includes('/events');
  page.on('request', (r) => { if (of(r)) streams.add(r); });
  for (const name of ['requestfailed', 'requestfinished']) page.on(name, (r) => streams.delete(r));
  await page.goto(`${url}/playlist/${list}`);
  await eventually(async () => streams.size === 2);
  const hide = (hidden) => page.evaluate((is) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => is });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await hide(true);
  await eventually(async () => streams.size === 0);
  await ask(owner, 'POST', `/playlists/${list}/songs`, { song_id: songs[1].song_id });
  await hide(false);
  await eventually(async () => (await titles(friend)).at(-1) === songs[1].title);
});

test('who logs out in one tab is logged out in all', async () => {
  const other = await friend.page.context.newPage();
  await other.goto(`${url}/library`);
  await other.click('#account button:text-is("Log out")');
  await friend.page.page.waitForSelector('#account button:text-is("Log in")');
  await friend.page.page.waitForSelector('text=Log in to see playlists');
  await other.close();
});

// By axe, which finds what is unlabelled, out of order or too pale; in both colours, on a desk and on a phone.
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
for (const [name, options] of [['on a desk, light', { viewport: { width: 1200, height: 850 } }], ['on a phone, dark', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }]]) {
  test(`every view can be used by those who don't see it, and fits: ${name}`, async () => {
    const { context, page } = await Listener.open(browser, owner, { ...options, bypassCSP: true, reducedMotion: 'reduce' });
    const look = async (what) => {
      const found = await page.evaluate(async (source) => {
        if (!globalThis.axe) (0, eval)(source);
        const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
        return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(', ')}`);
      }, axe);
      assert.deepEqual(found, [], what);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${what} is wider than the screen`);
    };
    for (const [path, there] of [['/', 'ol.hits li'], [`/?q=${encodeURIComponent(songs[0].title)}`, 'ol.hits li'], [`/song/${songs[0].song_id}`, 'h2'], ['/library', 'ol.hits li'], ['/upload', 'h1']]) {
      await page.goto(url + path);
      await page.waitForSelector(there);
      await look(path);
    }
    await page.goto(`${url}/playlist/${list}`);
    await page.click('main button:text-is("Edit")');
    await look('a playlist that is edited');
    for (const box of ['Share', 'Details']) {
      await page.click(`main button:text-is("${box}")`);
      await page.waitForSelector('dialog[open]');
      await look(box);
      await page.keyboard.press('Escape');
      assert.equal(await page.evaluate(() => document.activeElement.textContent), box); // the focus goes back
    }
    await page.click('main button:text-is("Done")');
    await page.click('main .play');
    for (const panel of ['Lyrics', 'Queue', 'Other devices', 'Settings']) {
      await page.click(`#player button[aria-label="${panel}"]`);
      await look(panel);
    }
    await page.goto(`${url}/docs`);
    await page.waitForSelector('section#search');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await context.close();
  });
}

test('no script failed on the way', () => {
  for (const who of [owner, friend]) assert.deepEqual(who.page.errors.filter((e) => !/40[149]|429|403 .*\/media\//.test(e)), []);
});
