// Holes that music servers have had, each tried on ours. That no two instances share a key is
// unit.test_token's to show, that a forged X-Forwarded-For buys nothing test_http_limits'.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SignJWT } from 'jose';
import { url } from './segue.mjs';
import { Database, person } from './world.mjs';

const db = new Database();
let owner, stranger;
const secretWords = /password|argon2|token_hash|family_key|@example\.org/i;

before(async () => {
  owner = await person(db, 'hole owner');
  stranger = await person(db, 'hole stranger', { roles: '{user,artist}' });
  await db.sql(`UPDATE users SET password_hash = '$argon2id$hole' WHERE user_id = ${owner.id}`);
});
after(() => db.close());

const ask = async (who, method, path, body) => {
  const answer = await fetch(`${url}/api/v1${path}`, {
    method, headers: { ...(who && { authorization: `Bearer ${who.token}` }), ...(body && { 'content-type': 'application/json' }) }, body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, text, body: text.startsWith('{') ? JSON.parse(text) : undefined };
};
const hostile = ["') OR 1=1 --", "title); DROP TABLE playlists; --", "password_hash", "(SELECT password_hash FROM users LIMIT 1)", "1; SELECT pg_sleep(5)", "title' UNION SELECT email FROM users --", '%', "\\'; --", '$1', 'users.email'];

test('CVE-2022-23857: a smart playlist\'s rules are never SQL', async () => {
  const tables = await db.sql('SELECT count(*) FROM playlists');
  for (const text of hostile) {
    for (const rules of [{ all: [{ field: text, op: 'is', value: 'x' }] }, { all: [{ field: 'title', op: text, value: 'x' }] }, { all: [{ field: 'title', op: 'contains', text: 'x' }], sort: text },
      { all: [{ field: text, operator: 'is', text: 'x' }] }, { any: [{ field: 'genre', op: 'is', text }], sort: text, order: text }]) {
      const { status } = await ask(owner, 'POST', '/playlists', { name: 'Hole', rules });
      assert.equal(status, 400, JSON.stringify(rules));
    }
  }
  assert.equal(await db.sql('SELECT count(*) FROM playlists'), tables);
});

test('CVE-2022-23857: hostile values of rules are values', async () => {
  for (const text of hostile) {
    const { status, body } = await ask(owner, 'POST', '/playlists', { name: 'Hole', rules: { all: [{ field: 'title', op: 'contains', text }] } });
    assert.equal(status, 201, text);
    const songs = await ask(owner, 'GET', `/playlists/${body.playlist_id}/songs`);
    assert.equal(songs.status, 200, text);
    assert.doesNotMatch(songs.text, secretWords);
  }
  assert.ok(Number(await db.sql('SELECT count(*) FROM playlists')) > 0);
});

test('CVE-2023-51442: no key that everybody knows signs a token', async () => {
  for (const secret of ['not so secret', 'secret', 'changeme', 'segue', '', 'SECRET_KEY', 'your-256-bit-secret']) {
    for (const kid of [undefined, 'default', '1']) {
      const token = await new SignJWT({ user_id: owner.id, subscription: 'premium', roles: ['admin'], sid: 1 })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT', ...(kid && { kid }) }).setIssuer('segue').setAudience('segue').setSubject(String(owner.id))
        .setIssuedAt().setNotBefore('0s').setExpirationTime('10m').sign(new TextEncoder().encode(secret || '\0'));
      assert.equal((await ask({ token }, 'GET', '/me')).status, 401, `${secret} ${kid}`);
    }
  }
});

test('CVE-2024-32963: a body cannot make something another\'s, nor count for it', async () => {
  const claims = { user_id: stranger.id, owner_id: stranger.id, owner: { user_id: stranger.id }, followers: 1e6, external_id: 'x:1', snapshot_id: 1, playlist_id: 1 };
  const { status, body } = await ask(owner, 'POST', '/playlists', { name: 'Mine', ...claims });
  assert.equal(status, 201);
  const { playlist_id: id } = body;
  for (const method of ['PUT', 'PATCH']) assert.equal((await ask(owner, method, `/playlists/${id}`, { name: 'Still mine', ...claims })).status, 200);
  assert.equal(await db.sql(`SELECT user_id, followers, external_id IS NULL FROM playlists WHERE playlist_id = ${id}`), `${owner.id}|0|t`);
  assert.equal((await ask(owner, 'PATCH', '/me', { display_name: 'Me', user_id: stranger.id, roles: ['admin'], subscription_type: 'premium', email: 'x@example.org', password_hash: 'x' })).status, 200);
  assert.equal(await db.sql(`SELECT roles, subscription_type, password_hash FROM users WHERE user_id = ${owner.id}`), '{user}|free|$argon2id$hole');
});

test('CVE-2024-47062: filters and orders show no other columns, and leak none', async () => {
  const lists = ['/songs', '/artists', '/albums', '/genres', '/search?q=a', '/me/playlists', '/me/history', '/me/library/songs', `/users/${owner.id}/playlists`];
  for (const list of lists) {
    const plain = await ask(stranger, 'GET', list);
    assert.equal(plain.status, 200, list);
    for (const text of hostile) {
      const e = encodeURIComponent(text);
      const { status, text: said } = await ask(stranger, 'GET', `${list}${list.includes('?') ? '&' : '?'}sort=${e}&order=${e}&filter=${e}&password_hash=${e}&user.password=${e}&fields=password_hash`);
      assert.ok([200, 400].includes(status), `${list} ${text}: ${status}`);
      assert.doesNotMatch(said.replaceAll(text, ''), secretWords, list);
    }
  }
  assert.doesNotMatch((await ask(stranger, 'GET', `/users/${owner.id}`)).text, secretWords);
});

test('CVE-2025-48949: a role is one of few texts, never SQL', async () => {
  for (const text of hostile) {
    const e = encodeURIComponent(text);
    for (const path of [`/artists?role=${e}`, `/songs?role=${e}&artist_id=1`, `/songs?genre=${e}`, `/feedback?kind=${e}`]) {
      const { status, text: said } = await ask(stranger, 'GET', path);
      assert.ok([200, 400, 404].includes(status), `${path}: ${status}`);
      assert.doesNotMatch(said.replaceAll(text, ''), secretWords);
    }
    const artist = await db.sql(`INSERT INTO artists (name, user_id) VALUES ('Hole', ${stranger.id}) RETURNING artist_id`);
    const made = await ask(stranger, 'POST', '/songs', { artist_id: Number(artist), title: 'Hole', credits: [{ artist_id: Number(artist), role: text }] });
    assert.equal(made.status, 400, text);
    const { body } = await ask(owner, 'POST', '/playlists', { name: 'Roles' });
    assert.equal((await ask(owner, 'PUT', `/playlists/${body.playlist_id}/collaborators/${stranger.id}`, { role: text })).status, 400);
  }
});

test('shares are their maker\'s: strangers neither see, edit nor revoke them', async () => {
  const song = Number(await db.sql('SELECT song_id FROM songs ORDER BY play_count DESC LIMIT 1'));
  const { status, body: share } = await ask(owner, 'POST', '/shares', { type: 'song', id: song, audience: 'link', message: 'mine' });
  assert.equal(status, 201);
  assert.equal((await ask(stranger, 'GET', `/shares/${share.share_id}`)).status, 404);
  assert.equal((await ask(stranger, 'PATCH', `/shares/${share.share_id}`, { message: 'yours' })).status, 404);
  assert.equal((await ask(stranger, 'DELETE', `/shares/${share.share_id}`)).status, 404);
  assert.equal((await ask(undefined, 'PATCH', `/shares/${share.share_id}`, { message: 'yours' })).status, 401);
  assert.equal(await db.sql(`SELECT message FROM shares WHERE share_id = ${share.share_id}`), 'mine');
});
