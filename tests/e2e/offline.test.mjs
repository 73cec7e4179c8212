// What a device keeps offline, checked as a player without a network would: by a library that is
// not ours, with the keys that are published.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { get, url } from './segue.mjs';
import { Database, person, tampered } from './world.mjs';

const db = new Database();
let listener, songs, device, keys;

async function ask(method, path, body, who = listener) {
  const answer = await fetch(`${url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${who.token}`, 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
  return { status: answer.status, body: answer.status === 204 ? null : await answer.json() };
}

before(async () => {
  listener = await person(db, 'offline', { subscription: 'premium' });
  const artist = await db.sql("INSERT INTO artists (name) VALUES ('Kept') RETURNING artist_id");
  songs = (await db.sql(`WITH s AS (INSERT INTO songs (artist_id, title, duration_s) SELECT ${artist}, 'Kept ' || i, 180 FROM generate_series(1, 60) i RETURNING song_id),
    n AS (SELECT song_id, gen_random_uuid() AS asset_id FROM s),
    a AS (INSERT INTO assets (asset_id, duration_ms, sample_rate, channels, codec, true_peak, features, fingerprint, fingerprint_terms)
      SELECT asset_id, 180000, 44100, 2, 'flac', -1, '{}', '', '{}' FROM n)
    INSERT INTO song_audio (song_id, asset_id) SELECT song_id, asset_id FROM n RETURNING song_id`)).split('\n').map(Number);
  device = (await ask('POST', '/me/devices', { name: 'Browser of the test', kind: 'browser' })).body.device_id;
  keys = createLocalJWKSet((await get('/.well-known/jwks.json')).body);
});
after(() => db.close());

const verified = async (token, currentDate) => (await jwtVerify(token, keys, { audience: 'segue-offline', issuer: 'segue', currentDate })).payload;

test('licences of songs kept offline verify without asking, for their device, assets and time', async () => {
  const { status, body } = await ask('POST', '/offline/downloads', { device_id: device, song_ids: songs });
  assert.equal(status, 200);
  assert.equal(body.songs.length, 60);
  assert.deepEqual(body.licences.map((l) => l.assets.length).sort(), [10, 50]);
  const licensed = new Map();
  for (const { token, licence_id: id, expires_at: end } of body.licences) {
    const claims = await verified(token);
    assert.equal(claims.sub, String(listener.id));
    assert.equal(claims.device_id, device);
    assert.equal(claims.licence_id, id);
    assert.equal(claims.exp * 1000, Date.parse(end));
    for (const asset of claims.assets) licensed.set(asset, id);
    await assert.rejects(verified(token, new Date(Date.parse(end) + 1000)), /exp/);
    await assert.rejects(verified(tampered(token, { exp: claims.exp + 86400 })), /signature/);
  }
  for (const song of body.songs) assert.equal(licensed.get(song.asset_id), song.licence_id);
});

test('a song that is withdrawn is to be deleted, and a removed device has nothing', async () => {
  await db.sql(`UPDATE songs SET release_date = CURRENT_DATE + 30 WHERE song_id = ${songs[0]}`);
  const list = async () => (await ask('GET', `/offline/downloads?device_id=${device}&limit=500`)).body.songs;
  assert.deepEqual((await list()).filter((s) => s.state !== 'kept').map((s) => [s.song_id, s.state]), [[songs[0], 'removed']]);
  assert.equal((await ask('POST', '/offline/renew', { device_id: device })).status, 200);
  assert.equal((await list()).length, 59);
  assert.equal((await ask('DELETE', `/me/devices/${device}`)).status, 204);
  assert.equal((await ask('GET', `/offline/downloads?device_id=${device}`)).status, 404);
  assert.equal((await ask('POST', '/offline/renew', { device_id: device })).status, 404);
  assert.equal(await db.sql(`SELECT count(*) FROM licences WHERE user_id = ${listener.id} AND revoked_at IS NULL`), '0');
});
