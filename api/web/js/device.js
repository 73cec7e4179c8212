// device.js - this browser as one of the listener's devices: licences and sessions are bound to it.
import { Problem, api, user } from './api.js';

const KEY = 'segue.device'; // { device_id, user_id }
const CLIENT = 'segue.client'; // how this browser names itself, whoever is logged in

let fallback;
export function client() {
  fallback ??= crypto.randomUUID();
  try {
    if (!localStorage.getItem(CLIENT)) localStorage.setItem(CLIENT, fallback);
    return localStorage.getItem(CLIENT);
  } catch { return fallback; }
}

export function deviceName() {
  const brand = navigator.userAgentData?.brands?.find((b) => !/not.?a.?brand|chromium/i.test(b.brand))?.brand
    ?? navigator.userAgent.match(/(Firefox|Edg|Chrome|Safari)\//)?.[1] ?? 'Browser';
  const system = navigator.userAgentData?.platform || navigator.platform;
  return system ? `${brand} on ${system}` : brand;
}

const stored = () => { try { return JSON.parse(localStorage.getItem(KEY)) ?? {}; } catch { return {}; } };

export function knownDevice() {
  const { device_id, user_id } = stored();
  return user_id === user()?.user_id ? device_id : undefined;
}

export const forgetDevice = () => localStorage.removeItem(KEY);

let asking;
// Registered at first need, and anew when the listener has removed it elsewhere (again: true).
export function device(again = false) {
  const known = again ? undefined : knownDevice();
  if (known) return Promise.resolve(known);
  asking ??= api.registerDevice({ body: { name: deviceName(), kind: navigator.userAgentData?.mobile ? 'phone' : 'browser' } })
    .then(({ device_id }) => {
      localStorage.setItem(KEY, JSON.stringify({ device_id, user_id: user()?.user_id }));
      return device_id;
    }).finally(() => { asking = undefined; });
  return asking;
}

// Does what needs a device; once more with a new one when the server does not know this one.
export async function withDevice(what) {
  try {
    return await what(await device());
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.code !== 'device-unknown') throw problem;
    return what(await device(true));
  }
}
