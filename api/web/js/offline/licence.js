// licence.js - whether a licence that lies here is one that the server signed, for this account,
// device and recording: told without a network, by the public keys that were kept beside it.
import { api } from '../api.js';
import { now } from './clock.js';
import { get, put } from './database.js';

const AUDIENCE = 'segue-offline';
const algorithms = { EdDSA: { name: 'Ed25519' }, RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } };

const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const jsonOf = (text) => JSON.parse(new TextDecoder().decode(bytesOf(text)));

// Keys that were rotated out since are good for what they signed: none is forgotten.
export async function keepKeys() {
  const { keys = [] } = await api.getJwks({});
  const kept = (await get('notes', 'jwks')) ?? [];
  await put('notes', [...kept.filter((k) => !keys.some((n) => n.kid === k.kid)), ...keys], 'jwks');
}

// undefined: it can't be told here (no public keys, or a browser without the algorithm).
async function signed(token) {
  const [head, payload, signature] = token.split('.');
  const { alg, kid } = jsonOf(head);
  const jwk = ((await get('notes', 'jwks')) ?? []).find((k) => k.kid === kid);
  if (!jwk || !algorithms[alg]) return undefined;
  try {
    const key = await crypto.subtle.importKey('jwk', { ...jwk, key_ops: undefined, use: undefined }, algorithms[alg], false, ['verify']);
    return await crypto.subtle.verify(algorithms[alg], key, bytesOf(signature), new TextEncoder().encode(`${head}.${payload}`));
  } catch (error) {
    if (error.name === 'NotSupportedError') return undefined;
    return false;
  }
}

// licence: { token, expires_at }; song: { user_id, device_id, asset_id }.
export async function stands(licence, song) {
  const time = await now();
  if (Date.parse(licence.expires_at) <= time) return false;
  if (!licence.token) return true;
  try {
    const claims = jsonOf(licence.token.split('.')[1]);
    const fits = [claims.aud].flat().includes(AUDIENCE) && Number(claims.sub) === song.user_id && claims.device_id === song.device_id
      && claims.assets.includes(song.asset_id) && claims.exp * 1000 > time;
    return fits && (await signed(licence.token)) !== false;
  } catch {
    return false;
  }
}
