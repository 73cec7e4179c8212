// world.mjs - people with tokens, and things of theirs to ask for.
import { spawn } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { SignJWT, importJWK } from 'jose';
import { bin, eventually, get, run, sql, varDir } from './segue.mjs';

// One psql for many statements.
export class Database {
  constructor() {
    this.process = spawn('psql', ['-qAt', '-h', `${varDir}/pg/socket`, '-d', 'segue', '-v', 'ON_ERROR_STOP=0'], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.buffer = '';
    this.errors = '';
    this.waiting = [];
    this.process.stderr.on('data', (d) => { this.errors += d; });
    this.process.stdout.on('data', (d) => {
      this.buffer += d;
      for (let at; (at = this.buffer.indexOf('--end--\n')) >= 0; this.buffer = this.buffer.slice(at + 8)) {
        this.waiting.shift()(this.buffer.slice(0, at).trim());
      }
    });
  }

  async sql(query) {
    this.errors = '';
    const text = await new Promise((done) => {
      this.waiting.push(done);
      this.process.stdin.write(`${query};\n\\echo --end--\n`);
    });
    if (this.errors.includes('ERROR')) throw new Error(`${query}: ${this.errors}`);
    return text;
  }

  close() { this.process.stdin.end(); }
}

export const tokenOf = async (id) => (await run(`${bin}/segue-api`, ['user', 'token', String(id)])).stdout.trim();

// The API is stopped while something is done; then it is there again, also for who is logged in.
export async function withoutApi(something) {
  try {
    await run('sv', ['-w', '120', 'down', `${varDir}/service/api`]);
    await something();
  } finally {
    await run('sv', ['up', `${varDir}/service/api`]);
    const headers = { authorization: `Bearer ${await tokenOf(await sql('SELECT min(user_id) FROM users'))}` };
    await eventually(async () => (await get('/health')).status === 200 && (await get('/api/v1/me', { headers })).status === 200);
  }
}

// A token of our own key, as the server makes them, that is good until so many seconds from now.
export async function signedFor(id, seconds) {
  const file = (await readdir(`${varDir}/keys`)).filter((name) => name.endsWith('.EdDSA.jwk')).sort().pop();
  const jwk = JSON.parse(await readFile(`${varDir}/keys/${file}`, 'utf8'));
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ user_id: id, subscription: 'premium', roles: ['user', 'artist', 'admin'], sid: 2 ** 40 + id })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: jwk.kid }).setIssuer('segue').setAudience('segue').setSubject(String(id))
    .setIssuedAt(now - 7200).setNotBefore(now - 7200).setExpirationTime(now + seconds).sign(await importJWK(jwk, 'EdDSA'));
}

// Changes the payload of a token and leaves its signature.
export function tampered(token, claims) {
  const [head, payload, signature] = token.split('.');
  const said = { ...JSON.parse(Buffer.from(payload, 'base64url')), ...claims };
  return [head, Buffer.from(JSON.stringify(said)).toString('base64url'), signature].join('.');
}

// A user with roles and subscription; { id, token }.
export async function person(db, name, { roles = '{user}', subscription = 'free' } = {}) {
  const id = Number(await db.sql(`INSERT INTO users (email, display_name, roles, subscription_type)
    VALUES ('${name}-${Date.now()}-${Math.random().toString(36).slice(2)}@example.org', '${name}', '${roles}', '${subscription}') RETURNING user_id`));
  return { id, token: await tokenOf(id) };
}
