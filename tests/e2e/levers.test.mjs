// What an operator decides in the database, people see in the API within a second or two.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, get, sql } from './segue.mjs';

const search = async (q, more = '') => (await get(`/api/v1/search?type=song&q=${encodeURIComponent(q)}${more}`)).body.results;
const ids = async (q, more) => (await search(q, more)).map((r) => r.song_id);

test('pins, hidden songs, replaced queries, synonyms and markets reach searches and are written down', async () => {
  const popular = Number(await sql('SELECT song_id FROM songs ORDER BY play_count DESC, song_id LIMIT 1'));
  const unknown = Number(await sql('SELECT song_id FROM songs ORDER BY play_count, song_id DESC LIMIT 1'));
  const title = await sql(`SELECT title FROM songs WHERE song_id = ${popular}`);
  const audited = Number(await sql('SELECT count(*) FROM lever_audit'));
  assert.ok((await ids(title)).includes(popular));

  await sql(`INSERT INTO search_rules (query, action, kind, id, position) VALUES ($t$${title}$t$, 'pin', 'song', ${unknown}, 1)`);
  await eventually(async () => (await ids(title))[0] === unknown);

  await sql(`INSERT INTO search_rules (query, action, kind, id) VALUES ($t$${title}$t$, 'hide', 'song', ${popular})`);
  await eventually(async () => !(await ids(title)).includes(popular));

  await sql('DELETE FROM search_rules');
  await eventually(async () => (await ids(title)).includes(popular) && (await ids(title))[0] !== unknown);

  await sql(`INSERT INTO search_rules (query, action, replacement) VALUES ('zyxwvut', 'replace', $t$${title}$t$)`);
  await sql(`INSERT INTO search_synonyms (words, means) VALUES ('qqzzqq', $t$${title}$t$)`);
  await eventually(async () => (await ids('zyxwvut')).includes(popular) && (await ids('qqzzqq')).includes(popular));

  await sql(`INSERT INTO availability (kind, id, markets) VALUES ('song', ${popular}, '{SE}')`);
  await eventually(async () => !(await ids(title, '&market=DE')).includes(popular));
  assert.ok((await ids(title, '&market=SE')).includes(popular));

  await sql('DELETE FROM search_rules; DELETE FROM search_synonyms; DELETE FROM availability');
  await eventually(async () => (await ids(title, '&market=DE')).includes(popular));
  assert.equal(Number(await sql('SELECT count(*) FROM lever_audit')) - audited, 10);
});
