// What a person meets in a browser.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { bin, contract, eventually, sql, url, varDir } from './segue.mjs';

let account, browser, page, song;
const errors = [];
before(async () => {
  browser = await launch();
  page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
  song = JSON.parse(await sql(`SELECT json_build_object('id', song_id, 'title', title, 'artist', name) FROM songs JOIN artists USING (artist_id)
    WHERE title ~ '^[A-Za-z]{5,} [A-Za-z]+' ORDER BY play_count DESC LIMIT 1`));
});
after(() => browser?.close());

test('the start page shows what is trending', async () => {
  await page.goto(`${url}/`);
  await page.waitForSelector('ol.hits li');
  assert.equal(await page.title(), 'Segue');
});

// The new user's id; the password goes in by standard input.
const withInput = (text, args) => new Promise((done, fail) => {
  const child = execFile(`${bin}/segue-api`, args, (error, out) => (error ? fail(error) : done(JSON.parse(out.split('\n')[0]).user_id)));
  child.stdin.end(text);
});

test('who logs in has a row of her own, and a song starts a radio that goes on', async () => {
  const email = `page-${Date.now()}@example.org`;
  account = { email, password: 'page after page', user_id: await withInput('page after page\n', ['user', 'create', '--email', email, '--name', 'Paige', '--json']) };
  await sql(`INSERT INTO listening_history (user_id, song_id, played_at) SELECT ${account.user_id}, song_id, now() - interval '90 days' FROM (SELECT song_id FROM songs ORDER BY play_count DESC OFFSET 5 LIMIT 20) s`);
  await page.goto(`${url}/`);
  await page.click('#account button:has-text("Log in")');
  await page.fill('dialog input[name=email]', email);
  await page.fill('dialog input[name=password]', 'not her password');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog [role=alert]:visible');
  await page.fill('dialog input[name=password]', account.password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#account .who:has-text("Paige")');
  await page.waitForSelector('h2:has-text("For you")');
  assert.ok(await page.locator('ol.hits .reason').count() > 0);
  await page.reload();
  await page.waitForSelector('h2:has-text("For you")');
  await page.goto(`${url}/song/${song.id}`);
  await page.click('a:has-text("Open radio")');
  await page.waitForSelector('h1:has-text("Radio")');
  const first = await page.locator('ol.hits li').count();
  await page.click('button:has-text("More")');
  await eventually(async () => (await page.locator('ol.hits li').count()) === 2 * first);
  await page.click('#account button:has-text("Log out")');
  await page.waitForSelector('#account button:has-text("Log in")');
  errors.length = 0; // the refused log-in is told by the browser too
});

const mailTo = (email) => eventually(async () => {
  for (const name of (await readdir(`${varDir}/outbox`)).filter((n) => n.endsWith('.eml')).sort().reverse()) {
    const text = await readFile(`${varDir}/outbox/${name}`, 'utf8');
    if (text.includes(`To: ${email}`)) return text.match(/https?:\S+/)[0];
  }
  return undefined;
});

test('an account is made on the page, opened by its mail, and its password set anew', async () => {
  const email = `new-${Date.now()}@example.org`;
  await page.goto(`${url}/`);
  await page.click('#account button:has-text("Log in")');
  await page.click('dialog button:has-text("Create an account")');
  await page.fill('dialog input[name=display_name]', 'Nora');
  await page.fill('dialog input[name=email]', email);
  await page.fill('dialog input[name=password]', 'first of all');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog [role=alert]:has-text("sent you a mail")');
  const first = await mailTo(email);
  await page.goto(first);
  await page.waitForSelector('dialog [role=alert]:has-text("is verified")');
  assert.equal(new URL(page.url()).hash, '');
  await page.click('dialog button:has-text("Forgotten password")');
  await page.fill('dialog input[name=email]', email);
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog [role=alert]:has-text("on its way")');
  const second = await eventually(async () => { const link = await mailTo(email); return link !== first && link; });
  await page.goto(second);
  await page.waitForSelector('dialog h2:has-text("New password")');
  await page.fill('dialog input[name=password]', 'second of all');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog h2:has-text("Log in")');
  await page.fill('dialog input[name=email]', email);
  await page.fill('dialog input[name=password]', 'second of all');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#account .who:has-text("Nora")');
  await page.click('#account button:has-text("Log out")');
  await page.waitForSelector('#account button:has-text("Log in")');
});

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const faults = (where) => where.evaluate(async (source) => {
  if (!globalThis.axe) (0, eval)(source);
  return (await globalThis.axe.run(document, { resultTypes: ['violations'] })).violations.map((v) => v.id);
}, axe);

test('an address is changed on the page, by the password and the mail to the new one; what is refused is said', async () => {
  const now = Date.now();
  const [old, taken, last] = ['old', 'taken', 'last'].map((name) => `${name}-${now}@example.org`);
  for (const email of [old, taken]) await withInput('page after page\n', ['user', 'create', '--email', email, '--name', 'A name that is longer than any phone is wide', '--json']);
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, colorScheme: 'dark', reducedMotion: 'reduce', bypassCSP: true });
  const her = await context.newPage();
  her.on('pageerror', (error) => errors.push(error.message));
  const says = (text) => her.waitForSelector(`dialog [role=alert]:has-text("${text}")`);
  const fill = (to, password) => her.fill('dialog input[name=email]', to).then(() => her.fill('dialog input[name=password]', password));
  const change = (to, password = 'page after page') => fill(to, password).then(() => her.click('dialog button[type=submit]'));
  const again = () => her.click('dialog button:has-text("Change your address")');
  const logIn = async (email) => {
    await her.click('#account button:has-text("Log in")');
    await fill(email, 'page after page');
    await her.keyboard.press('Enter');
    await her.waitForSelector('#account .who');
  };
  await her.goto(`${url}/`);
  await logIn(old);
  assert.ok(await her.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await her.focus('#account .who');
  await her.keyboard.press('Enter');
  await says(`Your address is ${old}`);
  assert.deepEqual(await faults(her), []);
  await again();
  await change(last, 'not her password');
  await says('That is not your password.');
  assert.deepEqual(await faults(her), []);
  await change(old.toUpperCase());
  await says('That is your address already.');
  await change('nobody@nowhere');
  await says('That is not an email address.');

  // Another account's address: the page says what it says of any, and nothing changes.
  await change(taken);
  await says('A mail to the new address tells how to go on.');
  await again();
  await change(last);
  await says('A mail to the new address tells how to go on.');
  const link = await mailTo(last);
  await her.keyboard.press('Escape');
  assert.ok(await her.evaluate(() => document.activeElement.matches('.who'))); // the focus goes back
  await her.goto(link);
  await says('Your address is verified.');
  assert.equal(new URL(her.url()).hash, '');
  await her.click('dialog button:has-text("Close")');
  await her.click('#account .who'); // still logged in
  await says(`Your address is ${last}`);
  await her.keyboard.press('Escape');
  await her.goto('about:blank');
  await her.goto(link);
  await says('This link is good no more');
  await her.keyboard.press('Escape');

  // More mails to one address than may be.
  await her.evaluate(async (to) => {
    const { changeEmail } = await import('/js/api.js');
    for (let i = 0; i < 5; i++) await changeEmail(to, 'page after page');
  }, `many-${now}@example.org`);
  await her.click('#account .who');
  for (let said = ''; !said.startsWith('Too many tries. Try again in');) { // each wait is twice the one before
    await again();
    await change(`many-${now}@example.org`);
    said = await her.textContent('dialog [role=alert]:visible');
  }
  await her.keyboard.press('Escape');
  await her.click('#account button:has-text("Log out")');
  await logIn(last);
  await context.close();
});

test('the reference shows every operation of the contract', async () => {
  await page.goto(`${url}/docs`);
  await page.waitForSelector('section#search');
  assert.equal(await page.locator('main section:not([id^=record-])').count(), [...contract.operations()].length);
  await page.fill('#filter', 'playlist');
  assert.ok(await page.locator('main section:visible').count() < [...contract.operations()].length);
  await page.goto(`${url}/`);
});

test('typing shows completions that the keyboard reaches', async () => {
  const typed = song.title.slice(0, 5);
  await page.click('#q');
  await page.keyboard.type(typed, { delay: 30 });
  await page.waitForSelector(`#completions li mark:text-is("${typed}")`); // those of the last letter: none come after them
  assert.equal(await page.getAttribute('#q', 'aria-expanded'), 'true');
  await page.keyboard.press('ArrowDown');
  const active = await page.getAttribute('#q', 'aria-activedescendant');
  assert.equal(await page.getAttribute(`#${active}`, 'aria-selected'), 'true');
  await page.keyboard.press('Escape');
  assert.equal(await page.getAttribute('#q', 'aria-expanded'), 'false');
  await page.waitForSelector('ol.hits li[data-type]');
});

test('Enter searches; results come by type; one type can be chosen', async () => {
  await page.fill('#q', `${song.title} ${song.artist}`);
  await page.keyboard.press('Enter');
  await eventually(async () => (await page.textContent('ol.hits li[data-type=song] .title')) === song.title);
  assert.match(await page.textContent('#status'), /result/);
  await page.click('#types button:has-text("Songs")');
  await eventually(async () => (await page.getAttribute('#types button:has-text("Songs")', 'aria-pressed')) === 'true');
  await eventually(async () => (await page.locator('ol.hits li[data-type=song]').count()) > 0 && (await page.locator('ol.hits li:not([data-type=song])').count()) === 0);
});

test('a song opens with its facts and similar songs; back returns', async () => {
  await page.goto(`${url}/?q=${encodeURIComponent(`${song.title} ${song.artist}`)}&type=song`);
  await page.click('ol.hits li .title');
  await eventually(async () => (await page.textContent('h1')) === song.title);
  await page.waitForSelector('h2:has-text("Similar songs")');
  assert.match(page.url(), new RegExp(`/song/${song.id}$`));
  await page.reload();
  await eventually(async () => (await page.textContent('h1')) === song.title);
  await page.goBack();
  await page.waitForSelector('ol.hits li[data-type=song]');
});

test('back leads to where one was, also far down', async () => {
  await page.goto(`${url}/`);
  await page.waitForSelector('ol.hits li');
  await page.evaluate(() => scrollTo(0, (document.documentElement.scrollHeight - innerHeight) / 2));
  const at = await page.evaluate(() => scrollY);
  assert.ok(at > 200);
  await eventually(() => page.evaluate((y) => history.state?.scroll === y, at));
  await page.evaluate(() => document.elementsFromPoint(300, 400).find((e) => e.closest('li')).closest('li').querySelector('a.title').click());
  await page.waitForSelector('main .card');
  await page.goBack();
  await page.waitForSelector('h2:has-text("Trending")');
  await eventually(async () => Math.abs(await page.evaluate(() => scrollY) - at) < 5);
});

test('a title with markup in it stays text', async () => {
  const id = await sql(`WITH s AS (INSERT INTO songs (artist_id, title, duration_s) SELECT artist_id, '<img src=x onerror=alert(1)> zzmarkup', 60 FROM artists LIMIT 1 RETURNING *)
    INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) SELECT artist_id, song_id, 1, artist_id FROM s RETURNING song_id`);
  await eventually(async () => {
    await page.goto(`${url}/song/${id}`);
    await page.waitForSelector('main h1, main [role=alert]');
    return (await page.textContent('h1', { timeout: 1000 })).includes('zzmarkup');
  });
  assert.equal(await page.locator('main img:not([src^="/covers/"])').count(), 0);
  await sql(`DELETE FROM songs WHERE song_id = ${id}`);
});

test('nothing found and an error are said in words', async () => {
  await page.goto(`${url}/?q=qqqqzzzzxxxxwwww`);
  await page.waitForSelector('text=Nothing found');
  await page.goto(`${url}/song/999999999`);
  await page.waitForSelector('[role=alert]');
});

test('the page works at a phone\'s width without a sideways scroll bar', async () => {
  await page.setViewportSize({ width: 360, height: 700 });
  await page.goto(`${url}/?q=love`);
  await page.waitForSelector('ol.hits li');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});

test('no script failed on the way', () => {
  assert.deepEqual(errors.filter((e) => !/404/.test(e)), []);
});
