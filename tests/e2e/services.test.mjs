// What an operator meets: the command line, crashes, restarts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFile, readdir, stat } from 'node:fs/promises';
import { bin, eventually, freePort, get, home, run, sleep, sql, url, varDir } from './segue.mjs';
import { tokenOf } from './world.mjs';

// Of what runs: a service that starts again has none for a moment.
const pid = (name) => eventually(async () => Number((await readFile(`${varDir}/service/${name}/supervise/pid`, 'utf8')).trim()));
const segue = (...args) => run(`${home}/segue`, args);
const apiPid = async () => Number(await readFile(`${varDir}/run/api.pid`, 'utf8'));
const segueWith = (env, ...args) => run(`${home}/segue`, args, { env: { ...process.env, ...env } });

test('segue-query prints a readable table, and JSON', async () => {
  const title = await sql('SELECT title FROM songs ORDER BY play_count DESC, song_id LIMIT 1');
  const { stdout } = await run(`${bin}/segue-query`, ['search', title, '--type', 'song']);
  assert.ok(stdout.includes(title), stdout);
  const json = JSON.parse((await run(`${bin}/segue-query`, ['search', title, '--type', 'song', '--json'])).stdout);
  assert.equal(json.results[0].title, title);
  const typed = await run(`${bin}/segue-query`, ['suggest', [...title].slice(0, 3).join(''), '--json']);
  assert.ok(Array.isArray(JSON.parse(typed.stdout).suggestions));
});

test('every program says what it can do and refuses what it cannot', async () => {
  for (const name of ['segue-indexer', 'segue-query', 'segue-recsys', 'segue-api', 'segue-data']) {
    const help = await run(`${bin}/${name}`, ['--help']);
    assert.match(help.stdout, /usage/i);
    await assert.rejects(run(`${bin}/${name}`, ['frobnicate']), (e) => e.code === 2 && e.stderr.includes('frobnicate'));
  }
  for (const command of ['up', 'down', 'status', 'logs', 'backup', 'restore', 'reset', 'test', 'bench', 'import', 'rebuild']) {
    assert.match((await segue(command, '--help')).stdout, /usage/);
  }
  await assert.rejects(segue('frobnicate'), (e) => e.code === 2);
});

test('the committed API description is what the program prints', async () => {
  const { stdout } = await run(`${bin}/segue-api`, ['openapi', '--yaml'], { maxBuffer: 1 << 24 });
  assert.equal(await readFile(`${home}/schemas/openapi.yaml`, 'utf8'), stdout);
});

test('a wrong setting is refused with what was expected', async () => {
  const env = { ...process.env, SEGUE_QUERY_WORKERS: 'many' };
  await assert.rejects(run(`${bin}/segue-query`, ['serve'], { env }), (e) => /workers/.test(e.stderr) && /number/.test(e.stderr));
});

const verify = (env) => run(`${bin}/segue-indexer`, ['verify', '--wait', '120'], { env: { ...process.env, ...env } });
test('verify finds the index equal to the database', async () => { await verify(); });

for (const name of ['query', 'recsys', 'indexer', 'worker', 'api']) {
  test(`${name} killed with SIGKILL comes back by itself`, async () => {
    const old = await pid(name);
    const from = Date.now();
    process.kill(old, 'SIGKILL');
    if (name === 'query') {
      const { status, body } = await get('/health');
      assert.ok([200, 503].includes(status));
      if (status === 503) assert.equal(body.query, false);
      await eventually(async () => (await get('/api/v1/search?q=love')).status === 200, 60000, 20);
      console.log(`searches again ${Date.now() - from} ms after the query server was killed`);
      assert.equal((await readFile(`${varDir}/run/query.wait`, 'utf8')).trim(), '1'); // it was started at once: only the next time there is a second's wait
    }
    await eventually(async () => (await pid(name)) !== old && (await get('/health')).status === 200);
  });
}

test('PostgreSQL killed: searches go on, changes arrive when it is back', async () => {
  process.kill(await pid('postgres'), 'SIGKILL');
  for (let i = 0; i < 20; i++) {
    assert.equal((await get('/api/v1/search?q=love')).status, 200);
    await sleep(50);
  }
  await eventually(() => sql('SELECT 1'));
  await eventually(async () => (await get('/health')).status === 200);
  const id = await sql("UPDATE artists SET name = 'Zyxwort Reborn' WHERE artist_id = (SELECT min(artist_id) FROM artists) RETURNING artist_id");
  await eventually(async () => (await get('/api/v1/search?q=zyxwort&type=artist')).body.results[0]?.artist_id === Number(id));
});

// Asks on and on, from so many at once, until end(), which fails unless all were answered by 200.
function asked(path, many) {
  let asking = true;
  const asker = async () => {
    let n = 0;
    for (; asking || n <= 10; n++) assert.equal((await get(path)).status, 200);
  };
  const all = Promise.allSettled(Array.from({ length: many }, asker));
  return { end: async () => {
    asking = false;
    for (const { reason } of await all) if (reason) throw reason;
  } };
}

test('a rebuild publishes a new generation while searches go on', async () => {
  const before = (await get('/api/v1/search?q=love')).body.generation;
  const { end } = asked('/api/v1/search?q=love', 1);
  try {
    await segue('rebuild');
    await eventually(async () => (await get('/api/v1/search?q=love')).body.generation !== before);
  } finally {
    await end();
  }
  assert.match((await run(`${bin}/segue-indexer`, ['status'])).stdout, /gen-/);
});

test('a second up changes nothing, and nothing is started again', async () => {
  const songs = await sql('SELECT count(*) FROM songs');
  const running = () => Promise.all([apiPid(), ...['postgres', 'indexer', 'recsys', 'query', 'worker', 'api'].map(pid)]);
  const [before, from] = [await running(), Date.now()];
  await segue('up', '--no-install');
  console.log(`took ${Date.now() - from} ms`);
  assert.equal(await sql('SELECT count(*) FROM songs'), songs);
  assert.deepEqual(await running(), before);
});

test('up with another configuration replaces the API, and no request fails', async () => {
  const [held, old] = [await pid('api'), await apiPid()];
  const { end } = asked('/api/v1/songs/1', 4);
  try {
    await segueWith({ SEGUE_API_HSTS_S: '60' }, 'up', '--no-install');
    assert.equal((await get('/health')).headers.get('strict-transport-security'), 'max-age=60');
  } finally {
    await end();
  }
  assert.notEqual(await apiPid(), old);
  assert.equal(await pid('api'), held);
});

test('up with a configuration that cannot be opened restarts nothing and says why', async () => {
  const before = await Promise.all([apiPid(), pid('query'), readFile(`${varDir}/run/environment`, 'utf8')]);
  for (const [name, value] of [['SEGUE_API_REDIS', 'ftp://x'], ['SEGUE_QUERY_WEIGHTS', '/nowhere']]) {
    await assert.rejects(segueWith({ [name]: value, SEGUE_API_HSTS_S: '61' }, 'up', '--no-install'), (e) => e.code === 1 && /(redis|nowhere)[^]*would not start/.test(e.stderr));
    assert.deepEqual(await Promise.all([apiPid(), pid('query'), readFile(`${varDir}/run/environment`, 'utf8')]), before);
  }
  assert.equal((await get('/health')).headers.get('strict-transport-security'), 'max-age=60');
});

test('down and up again: nothing is lost', async () => {
  await segue('down');
  await segue('up', '--no-install');
  assert.equal((await get('/health')).headers.get('strict-transport-security'), null);
  await verify();
  assert.equal((await get('/api/v1/search?q=zyxwort&type=artist')).body.results.length > 0, true);
});

test('a backup becomes another Segue, with its keys, audio and covers', async () => {
  const file = `${varDir}/segue.dump`;
  const bare = await segue('backup', `${varDir}/bare.dump`, '--no-keys');
  assert.match(bare.stderr, /NOT in it: the master keys/);
  assert.match(bare.stderr, /NOT in it: audio/);
  await assert.rejects(stat(`${varDir}/bare.dump.keys`));
  const [song, user] = (await sql("SELECT (SELECT song_id FROM songs ORDER BY play_count DESC, song_id LIMIT 1), (SELECT user_id FROM users WHERE email = 'listener1@example.com')")).split('|').map(Number);
  const heard = `SELECT count(*) FROM listening_history WHERE user_id = ${user} AND song_id = ${song}`, before = Number(await sql(heard));
  const headers = { authorization: `Bearer ${await tokenOf(user)}` };
  for (let i = 0; i < 3; i++) assert.equal((await fetch(`${url}/api/v1/songs/${song}/play`, { method: 'POST', headers })).status, 202);
  const whole = await segue('backup', file, '--files');
  assert.doesNotMatch(whole.stderr, /NOT in it/);
  for (const one of ['', '.keys', '.files']) assert.equal((await stat(file + one)).mode & 0o777, 0o600);
  await assert.rejects(segue('backup', file), /exists/);
  await assert.rejects(segue('restore', file, '--no-install'), /a catalogue already/);
  const port = await freePort();
  const env = { ...process.env, SEGUE_VAR_DIR: `${varDir}-restored`, SEGUE_API_PORT: String(port) };
  try {
    await run(`${home}/segue`, ['restore', file, '--no-install'], { env });
    await verify(env);
    // A score tells how new something is as well, to the second at which its index was built.
    const ask = async (base) => (await (await fetch(`${base}/api/v1/search?q=love`)).json()).results.map(({ score, ...hit }) => JSON.stringify(hit)).sort();
    const [restored, original] = [await ask(`http://127.0.0.1:${port}`), await ask(url)];
    assert.ok(restored.length > 0);
    assert.deepEqual(restored, original);
    const both = (path) => Promise.all([varDir, `${varDir}-restored`].map((dir) => readFile(`${dir}/${path}`)));
    const [master, same] = await both('keys/master.json');
    assert.ok(master.equals(same));
    const list = async (dir) => (await readdir(dir, { recursive: true, withFileTypes: true })).filter((f) => f.isFile()).length;
    assert.ok(await list(`${varDir}/objects`) > 0);
    assert.equal(await list(`${varDir}-restored/objects`), await list(`${varDir}/objects`));
    await run(`${bin}/segue-data`, ['objects', 'status'], { env });
    const { stdout } = await run('psql', ['-qAt', '-h', `${varDir}-restored/pg/socket`, '-d', 'segue', '-c', heard]);
    assert.equal(Number(stdout), before + 3);
  } finally {
    await run(`${home}/segue`, ['reset', '--yes'], { env });
  }
});
