// keys.js - content keys lie wrapped under a key that this browser holds and does not give out.
//
// That keeps them from being read in a copied profile by those who can't run scripts of this origin.
// It does not keep them from the listener herself: ClearKey hands keys to the page in the clear.
import { get, put } from './database.js';

const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
const bytesOf = (base64url) => Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

async function wrapping() {
  const found = await get('secrets', 'wrap');
  if (found) return found;
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  await put('secrets', made, 'wrap');
  return made;
}

// jwk: { kid, k } of the licence. bound: who may unwrap it, told again then: "user:device:song".
export async function wrap(jwk, bound) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const additionalData = new TextEncoder().encode(`${bound}:${jwk.kid}`);
  return { kid: jwk.kid, iv, sealed: await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, await wrapping(), bytesOf(jwk.k)) };
}

// As Shaka takes it: { kid: key } in hexadecimal digits.
export async function unwrap({ kid, iv, sealed }, bound) {
  const additionalData = new TextEncoder().encode(`${bound}:${kid}`);
  const key = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, await wrapping(), sealed);
  return asShaka({ kid, k: key });
}
export const asShaka = ({ kid, k }) => ({ [hex(bytesOf(kid))]: hex(typeof k === 'string' ? bytesOf(k) : new Uint8Array(k)) });
