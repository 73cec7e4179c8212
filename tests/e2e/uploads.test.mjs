// Uploads by the protocol's own client, over a connection that breaks in the middle; and by a form.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import tus from 'tus-js-client';
import { eventually, url } from './segue.mjs';
import { Database, person } from './world.mjs';

const db = new Database();
let artist, artistId;

before(async () => {
  artist = await person(db, 'uploader', { roles: '{user,artist}' });
  artistId = await db.sql(`INSERT INTO artists (name, user_id) VALUES ('Uploader', ${artist.id}) RETURNING artist_id`);
});
after(() => db.close());

// Seconds of a rising tone, 16 bits at 22,050 Hz.
function wav(seconds, from) {
  const n = seconds * 22050;
  const b = Buffer.alloc(44 + 2 * n);
  b.write('RIFF', 0); b.writeUInt32LE(36 + 2 * n, 4); b.write('WAVEfmt ', 8); b.writeUInt32LE(16, 16);
  b.writeUInt16LE(1, 20); b.writeUInt16LE(1, 22); b.writeUInt32LE(22050, 24); b.writeUInt32LE(44100, 28);
  b.writeUInt16LE(2, 32); b.writeUInt16LE(16, 34); b.write('data', 36); b.writeUInt32LE(2 * n, 40);
  for (let i = 0; i < n; i++) b.writeInt16LE(Math.round(9000 * Math.sin((from + 0.01 * i / 50) * i / 22050)), 44 + 2 * i);
  return b;
}

const ask = async (path) => (await fetch(url + path, { headers: { authorization: `Bearer ${artist.token}` } })).json();
const ends = (id) => eventually(async () => {
  const said = await ask(`/api/v1/upload/status/${id}`);
  return !['receiving', 'processing'].includes(said.status) && said;
}, 300000, 100);

const send = (bytes, more) => new Promise((done, fail) => {
  const upload = new tus.Upload(bytes, {
    endpoint: `${url}/api/v1/upload/tus`, chunkSize: 100000, retryDelays: [0, 200, 1000, 3000, 10000],
    headers: { Authorization: `Bearer ${artist.token}` },
    metadata: { title: 'By tus', artist_id: String(artistId), filename: 'tone.wav' },
    onError: fail, onSuccess: () => done(upload.url), ...more,
  });
  upload.start();
  more?.started?.(upload);
});

test('a song sent by tus, given up and taken up again, becomes ready', async () => {
  const bytes = wav(8, 2000);
  let first;
  const at = await new Promise((done, fail) => {
    send(bytes, {
      started: (upload) => { first = upload; },
      onChunkComplete: (_, accepted) => { if (accepted >= 100000 && accepted < bytes.length) first.abort().then(() => done(first.url), fail); },
    }).catch(fail);
  });
  const head = await fetch(at, { method: 'HEAD', headers: { authorization: `Bearer ${artist.token}`, 'tus-resumable': '1.0.0' } });
  const offset = Number(head.headers.get('upload-offset'));
  assert.ok(offset >= 100000 && offset < bytes.length, `offset ${offset}`);
  await send(bytes, { uploadUrl: at });
  const said = await ends(at.split('/').pop());
  assert.equal(said.status, 'ready', JSON.stringify(said));
  assert.ok(said.song_id > 0);
});

test('a song sent as a form is told from beginning to end', async () => {
  const form = new FormData();
  form.set('title', 'By form');
  form.set('artist_id', String(artistId));
  form.set('audio_file', new Blob([wav(5, 3000)]), 'tone.wav');
  const answer = await fetch(`${url}/api/v1/upload/song`, { method: 'POST', body: form, headers: { authorization: `Bearer ${artist.token}` } });
  const { upload_id: id, status } = await answer.json();
  assert.equal(answer.status, 202);
  assert.equal(status, 'processing');
  const events = await fetch(`${url}/api/v1/upload/status/${id}/events`, { headers: { authorization: `Bearer ${artist.token}` } });
  let text = '';
  for await (const piece of events.body) text += Buffer.from(piece).toString();
  const last = JSON.parse(text.trim().split('\n').filter((line) => line.startsWith('data: ')).pop().slice(6));
  assert.equal(last.status, 'ready', text);
  assert.equal(last.progress, 100);
});
