// segue.mjs - what the tests share: the server's address and small askers.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import net from 'node:net';
import { Contract } from './contract.mjs';

export { freePort } from './port.mjs';

export const url = process.env.SEGUE_URL;
export const varDir = process.env.SEGUE_VAR_DIR;
export const home = new URL('../..', import.meta.url).pathname;
export const bin = process.env.SEGUE_BIN ?? `${home}/build/release/bin`;

// Every answer of the API that a test gets is one that the contract describes.
export const contract = new Contract(await (await fetch(`${url}/openapi.json`)).json());
const bare = globalThis.fetch;
globalThis.fetch = async (to, options = {}) => {
  const answer = await bare(to, options);
  const { pathname, origin } = new URL(to);
  const type = answer.headers.get('content-type') ?? '';
  if (origin === new URL(url).origin && !type.startsWith('text/event-stream')) {
    contract.check(options.method ?? 'GET', pathname, answer.status, type, await answer.clone().text());
  }
  return answer;
};

export async function get(path, options = {}) {
  const answer = await fetch(url + path, options);
  const type = answer.headers.get('content-type') ?? '';
  const body = type.includes('json') ? await answer.json() : await answer.text();
  return { status: answer.status, type, body, headers: answer.headers };
}

export const run = promisify(execFile);
export const sql = async (query) => (await run('psql', ['-qAt', '-h', `${varDir}/pg/socket`, '-d', 'segue', '-v', 'ON_ERROR_STOP=1', '-c', query])).stdout.trim();
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Tries until check gives something truthy; fails after ms. What is asked is that it happens, not how soon: a busy
// machine may take many times as long as an idle one.
export async function eventually(check, ms = 60000, every = 50) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await check().catch(() => undefined);
    if (value) return value;
    if (Date.now() > end) throw new Error(`not so after ${ms} ms: ${check}`);
    await sleep(every);
  }
}

// Bytes as they are over a socket; what came back until the peer closed or ms passed.
export function raw(bytes, ms = 3000) {
  return new Promise((done) => {
    const { hostname, port } = new URL(url);
    const socket = net.connect(Number(port), hostname, () => socket.write(bytes));
    let got = '';
    socket.on('data', (d) => { got += d; });
    const end = () => { socket.destroy(); done(got); };
    socket.on('error', end);
    socket.on('close', end);
    setTimeout(end, ms);
  });
}
