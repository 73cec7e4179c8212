// Segue behind the real nginx, with the configuration that we hand out.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import { spawn } from 'node:child_process';
import { access, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { eventually, freePort, home, run, url, varDir } from './segue.mjs';
import { withoutApi } from './world.mjs';

const dir = `${varDir}/nginx`;
const there = (path) => access(path).then(() => true, () => false);

// The one of this machine, else Debian's package unpacked beside the tests' state: nothing is installed.
async function findNginx() {
  for (const path of ['/usr/sbin/nginx', '/usr/local/sbin/nginx']) if (await there(path)) return path;
  await mkdir(dir, { recursive: true });
  try {
    await run('apt-get', ['download', 'nginx'], { cwd: dir });
    const [deb] = (await readdir(dir)).filter((name) => name.endsWith('.deb'));
    await run('dpkg', ['-x', deb, 'unpacked'], { cwd: dir });
    await run(`${dir}/unpacked/usr/sbin/nginx`, ['-v']);
    return `${dir}/unpacked/usr/sbin/nginx`;
  } catch (error) {
    console.log(`SKIPPED: the tests of nginx: there is none, and none to be had (${error.message.split('\n')[0]})`);
    return null;
  }
}
const nginx = await findNginx();

let port, plainPort, server;
async function configure() {
  port = await freePort();
  do plainPort = await freePort(); while (plainPort === port);
  await mkdir(dir, { recursive: true });
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=localhost', '-keyout', `${dir}/privkey.pem`, '-out', `${dir}/fullchain.pem`]);
  let conf = await readFile(`${home}/deploy/nginx/segue.conf`, 'utf8');
  for (const [from, to] of [['127.0.0.1:8080', new URL(url).host], ['listen 80;', `listen 127.0.0.1:${plainPort};`],
    ['listen 443 ', `listen 127.0.0.1:${port} `], ['/etc/ssl/segue/', `${dir}/`], ['/var/log/nginx/', `${dir}/`],
    ['segue.example.org', 'localhost'], ['proxy_read_timeout 5s', 'proxy_read_timeout 30s']]) { // the stage's API may take its time
    assert.ok(conf.includes(from), from);
    conf = conf.replaceAll(from, to);
  }
  await writeFile(`${dir}/segue.conf`, conf);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((n) => `${n}_temp_path ${dir}/${n};`).join(' ');
  await writeFile(`${dir}/nginx.conf`, `daemon off; pid ${dir}/pid; error_log ${dir}/error.log; worker_processes 2;
    ${process.getuid() === 0 ? 'user root;' : ''} events { worker_connections 512; } http { access_log ${dir}/access.log; ${temporary} include ${dir}/segue.conf; }`);
}

before(async () => {
  if (!nginx) return;
  await configure();
  await run(nginx, ['-t', '-e', `${dir}/error.log`, '-c', `${dir}/nginx.conf`]);
  server = spawn(nginx, ['-e', `${dir}/error.log`, '-c', `${dir}/nginx.conf`], { stdio: 'inherit' });
  await eventually(async () => (await ask('/health')).status === 200);
});
after(async () => {
  if (!server || server.exitCode !== null) return;
  const ended = new Promise((done) => server.on('exit', done));
  server.kill('SIGTERM');
  await ended;
});

// From an address of 127.0.0.0/8, so that one test's requests do not count against another's.
function ask(path, { from = '127.0.0.1', headers = {}, method = 'GET', body, agent = false, ...tls } = {}) {
  return new Promise((done, fail) => {
    const request = https.request({ host: '127.0.0.1', servername: 'localhost', port, path, method, headers, localAddress: from,
      rejectUnauthorized: false, agent, ...tls }, (answer) => {
      let text = '';
      answer.on('data', (d) => { text += d; });
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text }));
    });
    request.on('error', fail);
    request.end(body);
  });
}
// So many requests on one connection, that nginx reads together however busy the machine is.
async function atOnce(path, n, from) {
  const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, localAddress: from });
  await once(session, 'remoteSettings'); // how many may be open at once
  const answers = await Promise.all(Array.from({ length: n }, () => new Promise((done, fail) => {
    const stream = session.request({ ':path': path });
    let status, headers, text = '';
    stream.on('response', (h) => { headers = h; status = h[':status']; });
    stream.on('data', (d) => { text += d; });
    stream.on('end', () => done({ status, headers, text }));
    stream.on('error', fail);
  })));
  session.close();
  return answers;
}
function isProblem(answer, status) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  assert.equal(JSON.parse(answer.text).status, status);
  assert.ok(answer.headers['x-request-id']);
}
const options = { skip: !nginx };

test('nginx passes searches, the page and errors of the API through', options, async () => {
  const found = await ask('/api/v1/search?q=love');
  assert.equal(found.status, 200);
  assert.ok(JSON.parse(found.text).results.length > 0);
  assert.ok(found.headers['strict-transport-security']);
  assert.match((await ask('/')).text, /<title>Segue/);
  isProblem(await ask('/api/v1/search?q=love&limit=-1'), 400);
  isProblem(await ask('/api/v1/songs/999999999'), 404);
});

test('TLS 1.3 only, HTTP/2 on offer, plain HTTP sent on', options, async () => {
  await assert.rejects(ask('/health', { maxVersion: 'TLSv1.2' }));
  const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  const status = await new Promise((done, fail) => {
    const stream = session.request({ ':path': '/api/v1/search?q=love' });
    stream.on('response', (headers) => done(headers[':status']));
    stream.on('error', fail);
    stream.resume();
  });
  session.close();
  assert.equal(status, 200);
  const plain = await fetch(`http://127.0.0.1:${plainPort}/page?x=1`, { redirect: 'manual' });
  assert.equal(plain.status, 308);
  assert.match(plain.headers.get('location'), /^https:\/\/.*\/page\?x=1$/);
});

test('a request has one id from end to end', options, async () => {
  const kept = await ask('/api/v1/search?q=love', { headers: { 'X-Request-Id': 'my-id.1' } });
  assert.equal(kept.headers['x-request-id'], 'my-id.1');
  const given = (await ask('/api/v1/search?q=love', { headers: { 'X-Request-Id': 'no good id' } })).headers['x-request-id'];
  assert.match(given, /^[0-9a-f]{32}$/);
  await eventually(async () => {
    const log = await readFile(`${dir}/segue.log`, 'utf8');
    return log.includes('id=my-id.1 ') && log.includes(`id=${given} `);
  });
});

test('connections to the API are kept', options, async () => {
  const apiPort = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0');
  const toApi = async () => (await readFile('/proc/net/tcp', 'utf8')).split('\n').filter((l) => l.trim().split(/\s+/)[2]?.endsWith(`:${apiPort}`)).length;
  const agent = new https.Agent({ keepAlive: true, maxSockets: 4 });
  const before = await toApi();
  for (let i = 0; i < 80; i++) assert.equal((await ask('/api/v1/search?q=love', { from: '127.0.0.2', agent })).status, 200);
  agent.destroy();
  assert.ok((await toApi()) - before <= 8, `${await toApi()} connections, ${before} before`);
});

test('too much of anything is refused with what was too much', options, async () => {
  const many = await atOnce('/api/v1/search?q=love', 250, '127.0.0.3');
  const refused = many.filter((a) => a.status === 429);
  assert.ok(refused.length > 20 && many.length - refused.length >= 100, `${refused.length} refused`);
  isProblem(refused[0], 429);
  assert.equal(refused[0].headers['retry-after'], '1');
  assert.equal((await ask('/api/v1/search?q=love', { from: '127.0.0.4' })).status, 200);
  for (let i = 0; i < 150; i++) assert.notEqual((await ask('/health', { from: '127.0.0.3', agent: false })).status, 429);
  isProblem(await ask(`/api/v1/search?q=${'x'.repeat(20000)}`, { from: '127.0.0.5' }), 414);
  isProblem(await ask('/api/v1/search', { from: '127.0.0.5', method: 'POST', body: 'x'.repeat(100000) }), 413);
});

test('metrics are for the neighbours', options, async () => {
  assert.match((await ask('/metrics')).text, /segue_http_requests_total/);
  isProblem(await ask('/metrics/query', { from: '127.0.0.6' }), 403);
});

test('while the API is away nginx says so, and forgets it at once', options, async () => {
  await withoutApi(async () => isProblem(await ask('/api/v1/search?q=love', { from: '127.0.0.7' }), 502));
  await eventually(async () => (await ask('/health', { from: '127.0.0.7' })).status === 200);
});
