// events.js - server-sent events with an access token, which EventSource can't send.
import { api } from './api.js';

// A browser holds six connections to one server, for all tabs together (HTTP/1.1): a tab that nobody sees,
// and that has nothing to do, holds none.
const LOOK_MS = 5000;
const asleep = (idle) => document.hidden && idle();
export async function awake(idle, signal) {
  while (asleep(idle) && !signal?.aborted) {
    await new Promise((done) => {
      const timer = setTimeout(done, LOOK_MS);
      const seen = () => { clearTimeout(timer); done(); };
      document.addEventListener('visibilitychange', seen, { once: true });
      signal?.addEventListener('abort', seen, { once: true });
    });
  }
}

// Yields { event, data } until the stream ends, or the tab is hidden and idle; data is parsed JSON.
export async function* eventsOf(path, outer, idle = () => false) {
  const stop = new AbortController();
  const signal = AbortSignal.any([outer, stop.signal]);
  await awake(idle, outer);
  const ask = async () => fetch(path, { headers: { Authorization: `Bearer ${await api.token()}`, Accept: 'text/event-stream' }, cache: 'no-store', signal });
  let answer = await ask();
  if (answer.status === 401 && await api.renew()) answer = await ask();
  if (!answer.ok) throw Object.assign(new Error(`The server answered ${answer.status}`), { status: answer.status });
  const look = () => { if (asleep(idle)) stop.abort(); };
  const timer = setInterval(look, LOOK_MS);
  document.addEventListener('visibilitychange', look);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) {
        const of = (name) => block.split('\n').filter((l) => l.startsWith(`${name}:`)).map((l) => l.slice(name.length + 1).trim()).join('\n');
        const data = of('data');
        if (data) yield { event: of('event') || 'message', data: JSON.parse(data) };
      }
    }
  } catch (problem) {
    if (!stop.signal.aborted) throw problem;
  } finally {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', look);
    reader.cancel().catch(() => {});
  }
}
