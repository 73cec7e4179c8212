// client.js - the API, and its problems as errors with their text.

export class Problem extends Error {
  constructor(problem, status) {
    super(problem.detail || problem.title || `The server answered ${status}`);
    this.field = problem.field;
    this.status = status;
  }
}

async function get(path, params = {}, signal) {
  const query = new URLSearchParams(Object.entries(params).filter(([, v]) => v !== undefined && v !== ''));
  const answer = await fetch(`/api/v1${path}${query.size ? `?${query}` : ''}`, { signal });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(body, answer.status);
  return body;
}

// A click is told and not waited for; it outlives the page.
export function chosen(searchId, type, id, position) {
  if (!searchId) return;
  fetch(`/api/v1/search/${searchId}/click`, {
    method: 'POST', keepalive: true, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ type, id, position }),
  }).catch(() => {});
}

export const popular = (signal) => get('/search/trending', { limit: 8 }, signal);
export const search = (params, signal) => get('/search', params, signal);
export const suggest = (q, signal) => get('/suggest', { q, limit: 8 }, signal);
export const song = (id) => get(`/songs/${id}`);
export const similar = (id) => get(`/songs/${id}/similar`, { limit: 10 });
export const artist = (id) => get(`/artists/${id}`);
export const album = (id) => get(`/albums/${id}`);
export const forYou = (user) => get('/recommendations', { user_id: user, limit: 10, hour: new Date().getHours() });
export const newReleases = (user) => get('/recommendations/new-releases', { user_id: user, limit: 5 });
export const radio = (params, user) => get('/radio', { ...params, user_id: user, limit: 20 });
export const trending = () => get('/songs/trending', { limit: 20 });
