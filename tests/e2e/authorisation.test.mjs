// Every operation of the contract by everybody: the expected statuses are one table,
// authorisation.tsv, a row an operation. An operation without a row fails.
// Things are the owner's (playlists, shared with the collaborator) or the artist's (songs and such);
// the owner pays; the rival is an artist of other things; unpaid: a subscription that has expired; expired, revoked
// and tampered are tokens. A cell may allow several: 202|429.
// SEGUE_AUTHORISATION_PRINT=1 prints the table as it is, to be read with care.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { bodies, headersOf, made, queries, spoilers } from './authorisation.fixtures.mjs';
import { contract, url } from './segue.mjs';
import { Database, person, signedFor, tampered } from './world.mjs';

const roles = ['anonymous', 'other', 'collaborator', 'owner', 'artist', 'rival', 'admin', 'unpaid', 'expired', 'revoked', 'tampered'];
const printing = process.env.SEGUE_AUTHORISATION_PRINT;
const expected = new Map((await readFile(new URL('authorisation.tsv', import.meta.url), 'utf8')).trim().split('\n').slice(1)
  .map((line) => line.split('\t')).map(([name, ...cells]) => [name, cells]));
const db = new Database();
const people = {};

before(async () => {
  people.other = await person(db, 'other');
  people.collaborator = await person(db, 'collaborator');
  people.owner = await person(db, 'owner', { subscription: 'premium' });
  for (const role of Object.keys(traits)) people[role] = await person(db, role, traits[role]);
  people.revoked = await person(db, 'revoked');
  people.anonymous = { token: undefined };
  people.expired = { token: await signedFor(people.owner.id, -3600) };
  people.tampered = { token: tampered(people.other.token, { sub: String(people.owner.id), user_id: people.owner.id, roles: ['admin'] }) };
  const answer = await fetch(`${url}/api/v1/auth/logout-all`, { method: 'POST', headers: { authorization: `Bearer ${people.revoked.token}` } });
  assert.ok(answer.ok, `logout-all: ${answer.status}`);
});
after(() => db.close());

// What stands in the path's holes; things are made anew for whoever changes them.
async function fill(path, name, role) {
  let at = path;
  for (const [hole] of path.matchAll(/{\w+}/g)) {
    const make = made[`${name}.${hole.slice(1, -1)}`] ?? made[hole.slice(1, -1)];
    assert.ok(make, `authorisation.fixtures.mjs makes no ${hole} for ${name}`);
    at = at.replace(hole, encodeURIComponent(await make(db, people, role)));
  }
  return at;
}

const traits = { artist: { roles: '{user,artist}' }, rival: { roles: '{user,artist}' }, admin: { roles: '{user,admin}' }, unpaid: { subscription: 'expired' } };

async function ask({ path, method, operation }, role) {
  const name = operation.operationId;
  const once = spoilers.has(name) && !['anonymous', 'expired', 'revoked', 'tampered'].includes(role);
  const { token } = once ? await person(db, role, traits[role]) : people[role];
  const query = typeof queries[name] === 'function' ? await queries[name](db, people) : queries[name] ?? '';
  const body = await bodies[name]?.(db, people, role);
  const headers = { ...await headersOf[name]?.(db, people, role) };
  if (token) headers.authorization = `Bearer ${token}`;
  if (body !== undefined && !(body.raw)) headers['content-type'] = 'application/json';
  if (body?.raw) headers['content-type'] = body.type;
  if (operation.parameters?.some((p) => p.name === 'If-Match' && p.required)) headers['if-match'] = '*';
  const abort = new AbortController();
  const answer = await fetch(`${url}${await fill(path, name, role)}${query}`,
    { method: method.toUpperCase(), headers, body: body?.raw ?? (body && JSON.stringify(body)), redirect: 'manual', signal: abort.signal });
  const { status } = answer;
  if (answer.headers.get('content-type')?.startsWith('text/event-stream')) abort.abort();
  else await answer.arrayBuffer();
  return String(status);
}

test('the expired token is refused for its time alone', async () => {
  const token = await signedFor(people.owner.id, 600);
  assert.equal((await fetch(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status, 200);
});

if (printing) console.log(`operation\t${roles.join('\t')}`);
for (const at of contract.operations()) {
  const name = at.operation.operationId;
  test(`${name}: who may`, async () => {
    const row = expected.get(name);
    assert.ok(printing || row, `authorisation.tsv has no row for ${name}`);
    const got = [];
    for (const role of roles) got.push(await ask(at, role));
    if (printing) console.log([name, ...got].join('\t'));
    else assert.deepEqual(Object.fromEntries(roles.map((r, i) => [r, got[i]])), Object.fromEntries(roles.map((r, i) => [r, row[i].split('|').includes(got[i]) ? got[i] : row[i]])));
    expected.delete(name);
  });
}
test('the table has no row for what is no more', () => { assert.deepEqual(printing ? [] : [...expected.keys()], []); });
