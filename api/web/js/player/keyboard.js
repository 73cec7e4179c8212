// keyboard.js - keys of the player, wherever the focus is, except where they mean something else.

export const keys = [
  ['Space', 'play or pause'], ['← →', '5 seconds back or on'], ['↑ ↓', 'louder or softer'], ['N', 'next song'], ['P', 'previous song, or the beginning'],
  ['M', 'sound off or on'], ['L', 'lyrics'], ['Q', 'queue'], ['/', 'search'],
];

const STEP_S = 5;
const LOUDER = 0.05;
const typed = 'input, textarea, select, [contenteditable], [role=listbox], dialog';

export function keyboard(engine, settings, panel) {
  const louder = (by) => settings.set({ volume: settings.now.volume + by, muted: false });
  const on = {
    ' ': () => engine.toggle(), ArrowLeft: () => engine.seek(engine.position - STEP_S), ArrowRight: () => engine.seek(engine.position + STEP_S),
    ArrowUp: () => louder(LOUDER), ArrowDown: () => louder(-LOUDER), n: () => engine.next(), p: () => engine.previous(),
    m: () => settings.set({ muted: !settings.now.muted }), l: () => panel.toggle('lyrics'), q: () => panel.toggle('queue'),
  };
  document.addEventListener('keydown', (event) => {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !engine.queue.current) return;
    if (target.closest?.(typed) || (key === ' ' && target.closest?.('button, a, summary'))) return;
    // Up and down scroll the page, but in the player.
    if (key.startsWith('Arrow') && (key === 'ArrowUp' || key === 'ArrowDown') && !target.closest?.('#player')) return;
    const action = on[key.length === 1 ? key.toLowerCase() : key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
