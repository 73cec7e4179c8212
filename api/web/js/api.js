// api.js - the one client of the page, and who is logged in.
import { Problem, Segue } from '/client.js';

export { Problem };

const KEY = 'segue.session'; // { refresh_token, user }
const EARLY_MS = 30e3; // renewed before its end: streams, licences and uploads can't ask again by themselves
let access; // the access token: in memory only
let accessUntil = 0;
let renewing;
const listeners = new Set();

function stored() {
  try { return JSON.parse(localStorage.getItem(KEY)) ?? undefined; } catch { return undefined; }
}

function store(session) {
  try {
    if (session) localStorage.setItem(KEY, JSON.stringify(session));
    else localStorage.removeItem(KEY);
  } catch { /* storage is not allowed: logged in until the page closes */ }
}

function enter(answer) {
  access = answer.access_token;
  accessUntil = Date.now() + answer.expires_in * 1000;
  store({ refresh_token: answer.refresh_token, user: answer.user ?? stored()?.user });
}

const anonymous = new Segue();

// One renewal at a time, and one of all tabs: whoever comes second finds the other's token.
async function renew() {
  const before = stored()?.refresh_token;
  if (!before) return false;
  const once = async () => {
    const now = stored();
    if (!now) return false;
    try {
      const answer = await anonymous.refresh({ body: { refresh_token: now.refresh_token } });
      if (stored()?.refresh_token !== now.refresh_token) return false; // meanwhile she logged out, or in as somebody else
      enter(answer);
      return true;
    } catch (problem) {
      if (problem instanceof Problem && problem.status < 500 && ![408, 429].includes(problem.status)) leave();
      return false;
    }
  };
  renewing ??= (navigator.locks ? navigator.locks.request(KEY, once) : once()).finally(() => { renewing = undefined; });
  return renewing;
}

function leave() {
  access = undefined;
  store();
  listeners.forEach((f) => f());
}

// Another tab logged in or out, or as somebody else.
addEventListener('storage', ({ key, oldValue, newValue }) => {
  if (key !== KEY && key !== null) return;
  const who = (text) => { try { return JSON.parse(text)?.user?.user_id; } catch { return undefined; } };
  if (who(oldValue) === who(newValue)) return;
  access = undefined;
  listeners.forEach((f) => f());
});

export const api = new Segue({
  token: async () => {
    if ((!access || Date.now() > accessUntil - EARLY_MS) && stored()) await renew();
    return Date.now() < accessUntil ? access : undefined; // what needs nobody goes on all the same
  },
  renew,
});

export const user = () => stored()?.user;
export const onUser = (f) => listeners.add(f);

export async function logIn(email, password) {
  enter(await anonymous.login({ body: { email, password } }));
  listeners.forEach((f) => f());
}

// Answered alike whether the address is known or not: the mail tells.
export const register = (email, password, display_name) => anonymous.register({ body: { email, password, display_name } });
export const verify = (token) => anonymous.verifyEmail({ body: { token } });
export const forgot = (email) => anonymous.askForReset({ body: { email } });
// By the password; answered alike whether the new address is another account's or not.
export const changeEmail = (email, password) => api.changeEmail({ body: { email, password } });
export const reset = (token, password) => anonymous.resetPassword({ body: { token, password } });

export async function logOut() {
  const session = stored();
  if (session) await api.logout({ body: { refresh_token: session.refresh_token } }).catch(() => {});
  leave();
}

// A click is told and not waited for; it outlives the page.
export function chosen(search_id, type, id, position) {
  if (search_id) api.tellSearchClick({ search_id, body: { type, id, position } }, { keepalive: true }).catch(() => {});
}
