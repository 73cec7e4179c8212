// send.js - a file on its way: resumable by tus, then followed while it is processed.
import { api } from '../api.js';
import { eventsOf } from '../events.js';
import { vendor } from '../vendor.js';
import { whyNot } from './words.js';

const PIECE = 8 << 20; // bytes of a request: what is lost at most when the network goes

// fields: { title, artist_id, album_id, genre, explicit }. tell({ sent }) 0..1. Resolves to the upload's id.
export async function send(file, fields, { tell, signal }) {
  const tus = await vendor('tus-js-client', 'tus');
  const metadata = { filename: file.name, filetype: file.type };
  for (const [name, value] of Object.entries(fields)) if (value !== undefined && value !== '') metadata[name] = String(value);
  return new Promise((done, fail) => {
    const upload = new tus.Upload(file, {
      endpoint: '/api/v1/upload/tus', chunkSize: PIECE, metadata, retryDelays: [0, 1000, 3000, 10000, 30000], removeFingerprintOnSuccess: true,
      onBeforeRequest: async (request) => { const token = await api.token(); if (token) request.setHeader('Authorization', `Bearer ${token}`); },
      onProgress: (sent, whole) => tell({ sent: whole ? sent / whole : 1 }),
      onShouldRetry: (error) => ![400, 401, 403, 404, 413, 415, 422].includes(error.originalResponse?.getStatus()),
      onError: (error) => fail(reasonOf(error)),
      onSuccess: () => done(decodeURIComponent(upload.url.split('/').at(-1))),
    });
    signal.addEventListener('abort', () => upload.abort(true).then(() => fail(signal.reason), fail));
    upload.findPreviousUploads().then((before) => { // the same file, half of which is there
      if (before.length) upload.resumeFromPreviousUpload(before[0]);
      upload.start();
    }, () => upload.start());
  });
}

// The API's own words, where it answered.
function reasonOf(error) {
  try {
    const problem = JSON.parse(error.originalResponse.getBody());
    return new Error(whyNot({ reason: problem.code, error: problem.detail || problem.title }));
  } catch {
    return new Error('The connection was lost. Choose the same file again: it goes on from where it stopped.');
  }
}

const over = ['ready', 'failed', 'refused', 'cancelled'];

// The upload's state until it is over, by server-sent events; tell(state) at each.
export async function watch(upload_id, { tell, signal }) {
  for (;;) {
    const state = await events(upload_id, tell, signal).catch((error) => { if (signal.aborted || error.status) throw error; });
    if (state && over.includes(state.status)) return state;
    await new Promise((done) => setTimeout(done, 1000));
    const now = await api.getUpload({ upload_id }, { signal }); // what was missed meanwhile
    tell(now);
    if (over.includes(now.status)) return now;
  }
}

async function events(upload_id, tell, signal) {
  let state;
  for await (const { data } of eventsOf(`/api/v1/upload/status/${encodeURIComponent(upload_id)}/events`, signal)) {
    if (!data.status) continue;
    tell(state = data);
    if (over.includes(state.status)) break;
  }
  return state;
}
