// Accounts from outside: npm's jose judges the access tokens, forged ones are refused, and who is
// deleted is gone from the search as well.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as jose from 'jose';
import { bin, eventually, run, url } from './segue.mjs';

const issuer = 'segue', audience = 'segue', password = 'correct horse';
const jwks = (path) => jose.createRemoteJWKSet(new URL(url + path), { timeoutDuration: 60000 });
const keys = jwks('/.well-known/jwks.json');
const tell = (method, path, body, token) => fetch(url + path, {
  method,
  headers: { ...(token && { authorization: `Bearer ${token}` }), ...(body && { 'content-type': 'application/json' }) },
  body: body && JSON.stringify(body),
});
const me = async (token) => (await tell('GET', '/api/v1/me', undefined, token)).status;

async function begin(email) {
  const child = run(`${bin}/segue-api`, ['user', 'create', '--email', email, '--name', 'Jo', '--subscription', 'premium', '--json']);
  child.child.stdin.end(`${password}\n`);
  const { user_id } = JSON.parse((await child).stdout);
  const answer = await tell('POST', '/api/v1/auth/login', { email, password });
  assert.equal(answer.status, 200);
  return { user_id, ...(await answer.json()) };
}

test('access tokens verify by the published keys and say what the document says', async () => {
  const who = await begin(`jose-${Date.now()}@example.org`);
  const { payload, protectedHeader } = await jose.jwtVerify(who.access_token, keys, { issuer, audience, algorithms: ['EdDSA'], typ: 'JWT' });
  assert.equal(payload.sub, String(who.user_id));
  assert.equal(payload.user_id, who.user_id);
  assert.equal(payload.subscription, 'premium');
  assert.deepEqual(payload.roles, ['user']);
  assert.equal(payload.exp - payload.iat, who.expires_in);
  assert.ok(payload.jti && payload.sid && payload.nbf === payload.iat);
  assert.equal(await me(who.access_token), 200);

  await run(`${bin}/segue-api`, ['keys', 'rotate']);
  const next = await eventually(async () => {
    const answer = await (await tell('POST', '/api/v1/auth/login', { email: payload.email, password })).json();
    return jose.decodeProtectedHeader(answer.access_token).kid !== protectedHeader.kid && answer;
  }, 60000, 500);
  const fresh = jwks('/api/v1/auth/jwks');
  for (const token of [who.access_token, next.access_token]) {
    await jose.jwtVerify(token, fresh, { issuer, audience, algorithms: ['EdDSA'] });
    assert.equal(await me(token), 200);
  }
});

test('tokens that jose forges are refused', async () => {
  const who = await begin(`forged-${Date.now()}@example.org`);
  const { kid } = jose.decodeProtectedHeader(who.access_token);
  const claims = { ...jose.decodeJwt(who.access_token), roles: ['admin'] };
  const own = await jose.generateKeyPair('EdDSA');
  const rsa = await jose.generateKeyPair('RS256');
  const [jwk] = (await (await tell('GET', '/.well-known/jwks.json')).json()).keys;
  const sign = (header, key) => new jose.SignJWT(claims).setProtectedHeader(header).sign(key);
  const forged = [
    new jose.UnsecuredJWT(claims).encode(),
    await sign({ alg: 'EdDSA', kid }, own.privateKey),
    await sign({ alg: 'EdDSA', kid, jwk: await jose.exportJWK(own.publicKey) }, own.privateKey),
    await sign({ alg: 'EdDSA', kid: 'other' }, own.privateKey),
    await sign({ alg: 'RS256', kid }, rsa.privateKey),
    await sign({ alg: 'HS256', kid }, Buffer.from(jwk.x, 'base64url')), // the public key taken for a secret
    await sign({ alg: 'HS256', kid }, new TextEncoder().encode(jwk.x)),
    await sign({ alg: 'HS256', kid }, new TextEncoder().encode('secret')),
  ];
  for (const token of forged) assert.equal(await me(token), 401, token);
  assert.equal(await me(who.access_token), 200);
});

test('who deletes her account is gone from the search', async () => {
  const who = await begin(`gone-${Date.now()}@example.org`);
  const name = `Farewell ${Date.now()}`;
  const made = await tell('POST', '/api/v1/playlists', { name, is_public: true }, who.access_token);
  assert.equal(made.status, 201);
  const found = async () => (await (await tell('GET', `/api/v1/search?type=playlist&q=${encodeURIComponent(name)}`)).json()).results.some((p) => p.name === name);
  await eventually(found);
  const archive = await tell('GET', '/api/v1/me/export', undefined, who.access_token);
  assert.equal(archive.status, 200);
  assert.equal((await tell('DELETE', '/api/v1/me', { password }, who.access_token)).status, 204);
  await eventually(async () => !(await found()));
  assert.equal(await me(who.access_token), 401);
  assert.equal((await tell('GET', `/api/v1/users/${who.user_id}`)).status, 404);
  assert.equal((await tell('POST', '/api/v1/auth/refresh', { refresh_token: who.refresh_token })).status, 401);
});
