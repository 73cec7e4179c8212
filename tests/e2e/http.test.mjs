// What a developer meets over HTTP.
import assert from 'node:assert/strict';
import net from 'node:net';
import { before, test } from 'node:test';
import { eventually, get, raw, sleep, sql, url } from './segue.mjs';
import { Database, person } from './world.mjs';

let popular; // the most played song, as the database knows it
before(async () => {
  popular = JSON.parse(await sql(`SELECT json_build_object('song_id', s.song_id, 'title', s.title, 'artist_id', a.artist_id,
    'artist', a.name, 'album_id', s.album_id, 'genre', g.name) FROM songs s JOIN artists a USING (artist_id)
    LEFT JOIN genres g USING (genre_id) WHERE s.album_id IS NOT NULL ORDER BY play_count DESC, song_id LIMIT 1`));
});
const q = encodeURIComponent;

test('a search answers with the fields of the contract', async () => {
  const { status, body } = await get(`/api/v1/search?q=${q(`${popular.title} ${popular.artist}`)}&type=song&limit=5`);
  assert.equal(status, 200);
  const [first] = body.results;
  assert.equal(first.type, 'song');
  assert.equal(first.song_id, popular.song_id);
  assert.equal(first.title, popular.title);
  assert.deepEqual(first.artist, { artist_id: popular.artist_id, name: popular.artist });
  assert.equal(first.album.album_id, popular.album_id);
  for (const field of ['duration', 'play_count']) assert.equal(typeof first[field], 'number');
  assert.equal(body.limit, 5);
  assert.equal(body.offset, 0);
  assert.equal(typeof body.total, 'number');
  assert.equal(typeof body.total_exact, 'boolean');
});

test('search finds each of the four types', async () => {
  const playlist = await sql('SELECT name FROM playlists WHERE is_public ORDER BY followers DESC, playlist_id LIMIT 1');
  const album = await sql('SELECT title FROM albums ORDER BY album_id LIMIT 1');
  for (const [type, name] of [['song', popular.title], ['artist', popular.artist], ['album', album], ['playlist', playlist]]) {
    const { body } = await get(`/api/v1/search?q=${q(name)}&type=${type}`);
    assert.ok(body.results.length > 0, `${type} ${name}`);
    assert.ok(body.results.every((hit) => hit.type === type));
    assert.equal(body.results[0].title ?? body.results[0].name, name);
  }
});

test('pages of a search do not overlap and keep their order', async () => {
  const word = 'love';
  const page = async (limit, offset) => (await get(`/api/v1/search?q=${word}&type=song&limit=${limit}&offset=${offset}`)).body.results.map((h) => h.song_id);
  const [parts, whole] = await eventually(async () => { // of one and the same index: plays counted meanwhile may change the order
    const before = await page(20, 0);
    const pieces = [];
    for (const offset of [0, 5, 10, 15]) pieces.push(...await page(5, offset));
    return JSON.stringify(await page(20, 0)) === JSON.stringify(before) && [pieces, before];
  });
  assert.ok(whole.length > 5);
  assert.deepEqual(parts, whole);
});

test('filters hold for every result', async () => {
  const byArtist = await get(`/api/v1/search?q=${q(popular.artist)}&type=song&artist_id=${popular.artist_id}`);
  assert.ok(byArtist.body.results.length > 0);
  for (const hit of byArtist.body.results) assert.ok(hit.artists.some((a) => a.artist_id === popular.artist_id));
  const byGenre = await get(`/api/v1/search?q=love&type=song&genre=${q(popular.genre.toUpperCase())}`);
  assert.ok(byGenre.body.results.every((hit) => hit.genre === popular.genre));
  const byYear = await get('/api/v1/search?q=love&type=song&year=1990..1999');
  assert.ok(byYear.body.results.length > 0);
  assert.ok(byYear.body.results.every((hit) => hit.year >= 1990 && hit.year <= 1999));
  const clean = await get('/api/v1/search?q=love&type=song&explicit=false');
  assert.ok(clean.body.results.every((hit) => hit.explicit === 0));
});

test('highlights are byte ranges of what matched', async () => {
  const { body } = await get(`/api/v1/search?q=${q(popular.title)}&type=song&limit=1`);
  const [hit] = body.results;
  assert.ok(hit.highlights.some((h) => h.field === 'title'));
  for (const h of hit.highlights) assert.ok(h.from < h.to && h.to <= Buffer.byteLength(h.field === 'title' ? hit.title : hit.artist.name + hit.title + 'x'.repeat(2000)));
});

test('explain gives features whose contributions make the score', async () => {
  const { body } = await get(`/api/v1/search?q=${q(popular.title)}&type=song&limit=1&explain=true`);
  const [hit] = body.results;
  assert.ok(hit.features.length > 3);
  const sum = hit.features.reduce((s, f) => s + f.contribution, 0);
  assert.ok(Math.abs(sum - hit.score) < 1e-6 * Math.max(1, Math.abs(sum)), `${sum} against ${hit.score}`);
});

test('completion follows the typing', async () => {
  const { body } = await get(`/api/v1/suggest?q=${q([...popular.artist].slice(0, 4).join(''))}`);
  assert.ok(body.suggestions.length > 0);
  for (const s of body.suggestions) assert.ok(s.text && s.type && s.id);
});

test('song, artist and album pages answer', async () => {
  const song = await get(`/api/v1/songs/${popular.song_id}`);
  assert.equal(song.body.title, popular.title);
  const artist = await get(`/api/v1/artists/${popular.artist_id}`);
  assert.equal(artist.body.name, popular.artist);
  assert.ok(artist.body.top_songs.length > 0);
  const album = await get(`/api/v1/albums/${popular.album_id}`);
  assert.ok(album.body.songs.some((s) => s.song_id === popular.song_id));
});

test('trending and similar songs answer with songs', async () => {
  for (const path of ['/api/v1/songs/trending?limit=10', `/api/v1/songs/trending?genre=${q(popular.genre)}&limit=5`,
    `/api/v1/songs/${popular.song_id}/similar?limit=10`]) {
    const { status, body } = await get(path);
    assert.equal(status, 200, path);
    assert.ok(body.results.length > 0, path);
    assert.ok(body.results.every((h) => h.type === 'song' && h.title));
  }
  const { body } = await get(`/api/v1/songs/${popular.song_id}/similar`);
  assert.ok(body.results.every((h) => h.song_id !== popular.song_id));
});

// An admin may ask for anybody.
const admin = (async () => {
  const db = new Database();
  const { token } = await person(db, 'http test', { roles: '{user,admin}' });
  db.close();
  return { headers: { authorization: `Bearer ${token}` } };
})();
const asAdmin = async (path) => get(path, await admin);
const sayAs = async (body, method = 'POST') => fetch(`${url}/api/v1/feedback`, { method, headers: { ...(await admin).headers, 'content-type': 'application/json' }, body: JSON.stringify(body) });

test('recommendations have reasons, a radio goes on without repeats, mixes are named', async () => {
  const user = Number(await sql('SELECT user_id FROM listening_history GROUP BY user_id ORDER BY count(*) DESC LIMIT 1'));
  const { body } = await asAdmin(`/api/v1/recommendations?user_id=${user}&limit=20`);
  assert.equal(body.results.length, 20);
  assert.ok(body.generation && !body.fallback);
  assert.ok(body.results.every((h) => h.reason.text));
  const heard = new Set();
  let path = `/api/v1/radio?seeds=song:${popular.song_id}&limit=25`;
  for (let page = 0; page < 4; page++) {
    const { body: radio } = await get(path);
    assert.equal(radio.results.length, 25);
    for (const h of radio.results) { assert.ok(!heard.has(h.song_id)); heard.add(h.song_id); }
    path = `/api/v1/radio?limit=25&cursor=${radio.cursor}`;
  }
  const { body: { mixes } } = await asAdmin(`/api/v1/mixes?user_id=${user}&limit=10`);
  assert.ok(mixes.length > 0 && mixes.every((m) => m.title && m.songs.length === 10));
});

test('feedback is kept, listed and taken back', async () => {
  const say = sayAs;
  const given = async () => (await asAdmin('/api/v1/feedback?user_id=2&limit=100')).body.feedback;
  const before = (await given()).filter((f) => f.song_id !== popular.song_id).length;
  assert.equal((await say({ user_id: 2, kind: 'dislike', song_id: popular.song_id })).status, 204);
  const found = (await given()).find((f) => f.song_id === popular.song_id);
  assert.equal(found.kind, 'dislike');
  assert.ok(Math.abs(Date.now() - Date.parse(found.given_at)) < 600000);
  const wrong = await say({ user_id: 2, kind: 'adore', song_id: popular.song_id });
  assert.deepEqual([wrong.status, (await wrong.json()).field], [400, 'kind']);
  assert.equal((await say({ user_id: 2, kind: 'undo', song_id: popular.song_id })).status, 204);
  assert.equal((await given()).length, before);
});

test('what is disliked or hidden is gone from the next recommendations', async () => {
  const user = 4;
  const say = (body) => sayAs({ user_id: user, ...body });
  const songs = async () => (await asAdmin(`/api/v1/recommendations?user_id=${user}&limit=20`)).body.results;
  for (let i = 0; i < 10; i++) {
    const [first] = await songs();
    assert.equal((await say({ kind: i % 2 ? 'dislike' : 'not_interested', song_id: first.song_id })).status, 204);
    // The next, unless the recommender was too busy to be told before the answer: then it reads of it.
    await eventually(async () => { const now = await songs(); return now.length === 20 && now.every((h) => h.song_id !== first.song_id); });
  }
  const [{ artist }] = await songs();
  assert.equal((await say({ kind: 'hide_artist', artist_id: artist.artist_id })).status, 204);
  await eventually(async () => (await songs()).every((h) => h.artists.every((a) => a.artist_id !== artist.artist_id)));
  assert.equal((await fetch(`${url}/api/v1/feedback?user_id=${user}`, { method: 'DELETE', ...await admin })).status, 204);
});

test('health names every dependency', async () => {
  const { body } = await eventually(async () => { const answer = await get('/health'); return answer.status === 200 && answer; }); // a second is given to each
  assert.deepEqual([body.status, body.database, body.query, body.recsys, body.indexer], ['healthy', true, true, true, true]);
});

test('metrics are in the Prometheus text format', async () => {
  for (const path of ['/metrics', '/metrics/query', '/metrics/recsys', '/metrics/indexer']) {
    const { status, type, body } = await get(path);
    assert.equal(status, 200);
    assert.match(type, /^text\/plain; version=0\.0\.4/);
    for (const line of body.trimEnd().split('\n')) {
      assert.match(line, /^(# (HELP|TYPE) [a-z_:][a-z0-9_:]* .+|[a-z_:][a-z0-9_:]*(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [-+0-9.eE]+|[a-z_:]+_bucket\{.*\} \d+)$/i, line);
    }
  }
});

test('the OpenAPI document refers to records that it has', async () => {
  const { body } = await get('/openapi.json');
  assert.equal(body.openapi, '3.1.0');
  for (const ref of JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)) assert.ok(body.components.schemas[ref[1]], ref[1]);
});

test('the OpenAPI document explains each group of operations and each parameter', async () => {
  const { body } = await get('/openapi.json');
  const operations = Object.values(body.paths).flatMap((methods) => Object.values(methods));
  assert.deepEqual(new Set(operations.flatMap((o) => o.tags)), new Set(body.tags.map((t) => t.name)));
  for (const t of body.tags) assert.ok(t.description, t.name);
  for (const o of operations) for (const p of o.parameters ?? []) assert.ok(p.description, `${o.operationId}: ${p.name}`);
});

const long = 'x'.repeat(600);
const wrong = [
  ['/api/v1/search', 'q'], ['/api/v1/search?q=', 'q'], [`/api/v1/search?q=${long}`, 'q'], ['/api/v1/search?q=%ff%fe', 'q'],
  ['/api/v1/search?q=a%00b'], ['/api/v1/me/artists?a=%00'], ['/.well-known/jwks.json?a=%00'], ['/health?a=%00'], ['/api/v1/search?q=%20%20', 'q'], ['/api/v1/search?q=a&q=b', 'q'],
  ['/api/v1/search?q=a&limit=-1', 'limit'], ['/api/v1/search?q=a&limit=0', 'limit'], ['/api/v1/search?q=a&limit=101', 'limit'],
  ['/api/v1/search?q=a&limit=99999999999999999999', 'limit'], ['/api/v1/search?q=a&limit=ten', 'limit'], ['/api/v1/search?q=a&limit=', 'limit'],
  ['/api/v1/search?q=a&offset=-1', 'offset'], ['/api/v1/search?q=a&offset=1000000', 'offset'],
  ['/api/v1/search?q=a&type=film', 'type'], ['/api/v1/search?q=a&type=song,film', 'type'], ['/api/v1/search?q=a&type=', 'type'],
  ['/api/v1/search?q=a&year=abc', 'year'], ['/api/v1/search?q=a&year=-5', 'year'], ['/api/v1/search?q=a&explicit=maybe', 'explicit'],
  ['/api/v1/search?q=a&artist_id=x', 'artist_id'], ['/api/v1/search?q=a&explain=ja', 'explain'],
  ['/api/v1/search?q=a&group=2', 'group'], ['/api/v1/search?q=a&sort=loudest', 'sort'],
  ['/api/v1/search?q=a&facets=mood', 'facets'], ['/api/v1/search?q=a&cursor=rubbish', 'cursor'],
  ['/api/v1/suggest', 'q'], ['/api/v1/suggest?q=', 'q'], [`/api/v1/suggest?q=${long}`, 'q'], ['/api/v1/suggest?q=%c3%28', 'q'],
  ['/api/v1/suggest?q=a&limit=0', 'limit'], ['/api/v1/suggest?q=a&limit=1e3', 'limit'], ['/api/v1/suggest?q=a&limit=-3', 'limit'],
  ['/api/v1/songs/abc', 'song_id'], ['/api/v1/songs/-1', 'song_id'], ['/api/v1/songs/0', 'song_id'], ['/api/v1/songs/99999999999999999999999', 'song_id'],
  ['/api/v1/songs/%ff'], [`/api/v1/songs/${long}`, 'song_id'], ['/api/v1/artists/x', 'artist_id'], ['/api/v1/albums/1.5', 'album_id'],
  ['/api/v1/songs/trending?limit=0', 'limit'], ['/api/v1/songs/trending?limit=9999', 'limit'], ['/api/v1/songs/trending?region=Germany', 'region'],
  ['/api/v1/songs/trending?genre=', 'genre'], ['/api/v1/songs/trending?genre=nosuchgenre', 'genre'], ['/api/v1/songs/trending?genre=%ff', 'genre'],
  ['/api/v1/songs/1/similar?limit=-1', 'limit'], ['/api/v1/songs/x/similar', 'song_id'],
  ['/api/v1/recommendations?user_id=-4', 'user_id'],
];
for (const [path, field] of wrong) { // no field: refused before anybody knows what it is
  test(`400 names ${field ?? 'nothing'}: ${path.length > 70 ? `${path.slice(0, 70)}…` : path}`, async () => {
    const { status, type, body } = await get(path);
    assert.equal(status, 400, JSON.stringify(body));
    assert.equal(type, 'application/problem+json');
    assert.equal(body.status, 400);
    assert.equal(body.field, field, JSON.stringify(body));
    assert.ok(body.title && body.detail);
  });
}

test('a key that was another request\'s is refused as described, also where nobody has to log in', async () => {
  const send = async (path, body) => fetch(url + path, { method: 'POST', headers: { ...(await admin).headers, 'content-type': 'application/json', 'idempotency-key': key }, body: JSON.stringify(body) });
  const key = crypto.randomUUID();
  assert.equal((await send('/api/v1/playlists', { name: 'Once' })).status, 201);
  assert.equal((await send('/1/submit-listens', { listen_type: 'single', payload: [] })).status, 422);
});

test('what is about a user needs her token', async () => {
  for (const path of ['/api/v1/recommendations', '/api/v1/recommendations?user_id=1', '/api/v1/mixes', '/api/v1/search?q=a&user_id=1', '/api/v1/feedback']) {
    const { status, body, headers } = await get(path);
    assert.equal(status, 401, path);
    assert.equal(body.code, 'unauthorized');
    assert.match(headers.get('www-authenticate'), /^Bearer/);
  }
});

test('what is not there is 404, a wrong method 405', async () => {
  for (const path of ['/api/v1/songs/999999999', '/api/v1/artists/999999999', '/api/v1/albums/999999999', '/api/v1/nothing', '/../etc/passwd', '/js/../../main.c', '/%2e%2e/segue.conf']) {
    const { status, type } = await get(path);
    assert.equal(status, 404, path);
    assert.equal(type, 'application/problem+json');
  }
  const answer = await get('/api/v1/search?q=a', { method: 'POST', body: '{}' });
  assert.equal(answer.status, 405);
  assert.equal(answer.headers.get('allow'), 'GET, HEAD, OPTIONS');
});

test('an ETag spares a repeated transfer', async () => {
  const first = await get('/api/v1/genres');
  const again = await fetch(`${url}/api/v1/genres`, { headers: { 'If-None-Match': first.headers.get('etag') } });
  assert.equal(again.status, 304);
  assert.equal(await again.text(), '');
});

test('rubbish on the port gets an error and harms nobody', async () => {
  for (const bytes of ['\0\0\0\0\r\n\r\n', 'GET\r\n\r\n', `GET /${'a'.repeat(40000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\n${'X: y\r\n'.repeat(20000)}\r\n`, 'GET / HTTP/9.9\r\n\r\n', 'POST /api/v1/search HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n',
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n${'z'.repeat(200000)}`]) {
    const got = await raw(bytes, 1500);
    assert.ok(got === '' || /^HTTP\/1\.[01] [45]/.test(got), got.slice(0, 80));
  }
  await eventually(async () => (await get('/health')).status === 200);
});

test('a client that trickles its headers is closed, others are served meanwhile', async () => {
  const { hostname, port } = new URL(url);
  const from = Date.now();
  const socket = net.connect(Number(port), hostname);
  const closed = new Promise((done) => { socket.on('close', done); socket.on('error', done); });
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
  const drip = setInterval(() => socket.write('X-Drip: 1\r\n'), 500);
  await sleep(1000);
  assert.equal((await get('/api/v1/genres')).status, 200);
  const end = setTimeout(() => socket.destroy(new Error('never closed')), 120000);
  const problem = await closed;
  clearTimeout(end);
  clearInterval(drip);
  assert.notEqual(problem?.message, 'never closed');
  console.log(`closed after ${Date.now() - from} ms`);
});

// Made, found, renamed and deleted; how long it took to be found.
async function comeAndGo(name) {
  const id = Number(await sql(`INSERT INTO songs (artist_id, title, duration_s) VALUES (${popular.artist_id}, '${name}', 200) RETURNING song_id`));
  await sql(`INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) VALUES (${popular.artist_id}, ${id}, 1, ${popular.artist_id})`);
  const found = async (path) => (await get(path)).body;
  const from = Date.now();
  await eventually(async () => (await found(`/api/v1/search?q=${q(name)}&type=song`)).results?.[0]?.song_id === id, 60000, 20);
  const took = Date.now() - from;
  await eventually(async () => (await found(`/api/v1/suggest?q=${q('quorfle brin')}`)).suggestions.some((s) => s.id === id));
  await sql(`UPDATE songs SET title = 'Vexomatic ${name}' WHERE song_id = ${id}`);
  await eventually(async () => (await found(`/api/v1/songs/${id}`)).title === `Vexomatic ${name}`);
  await sql(`DELETE FROM songs WHERE song_id = ${id}`);
  await eventually(async () => (await get(`/api/v1/songs/${id}`)).status === 404);
  await eventually(async () => !(await found(`/api/v1/search?q=${q(name)}&type=song`)).results.some((h) => h.song_id === id));
  return took;
}
test('a committed change is found within a second', async () => {
  // A machine that is busy with something else is given some tries; one would do.
  const took = [];
  while (!took.some((ms) => ms < 1000) && took.length < 20) took.push(await comeAndGo(`Quorfle Brindlezax ${Date.now() % 100000}`));
  assert.ok(took.some((ms) => ms < 1000), `${took} ms`);
});
