// tabs.js - of this browser's tabs one plays; and what stopped for want of a network goes on when there is one.

const AGAIN_MS = 5000;
const TRIES = 60; // five minutes

// A tab that begins is heard by the others, which stop.
export function oneTab(engine, sessions) {
  if (!globalThis.BroadcastChannel) return;
  const others = new BroadcastChannel('segue.player');
  let played = false;
  engine.addEventListener('state', () => {
    if (engine.playing && !played) others.postMessage('plays');
    played = engine.playing;
  });
  others.addEventListener('message', () => { if (engine.playing) sessions.over(sessions.session, 'tab'); });
}

const isNetwork = (problem) => problem.category === 1 || problem instanceof TypeError || [502, 503, 504].includes(problem.status);

// isNetwork: tried again now and then, and at once when the browser says that there is a network.
export function goesOn(engine) {
  let timer;
  let tries = 0;
  const stop = () => { clearTimeout(timer); timer = undefined; };
  const again = () => { stop(); engine.play(); };
  engine.addEventListener('problem', ({ detail }) => {
    stop();
    if (isNetwork(detail) && tries++ < TRIES) timer = setTimeout(again, AGAIN_MS);
  });
  engine.addEventListener('item', () => { stop(); tries = 0; });
  addEventListener('online', () => { if (timer) again(); });
}
