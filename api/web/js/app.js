// app.js - the address decides the view; links and the search box change the address.
import { account } from './account.js';
import { onUser } from './api.js';
import { combobox } from './combobox.js';
import { el } from './dom.js';
import { plural } from './hits.js';
import { library } from './library/view.js';
import { navigation } from './navigate.js';
import * as offline from './offline/view.js';
import { openPlayer, setTitle } from './player/player.js';
import { playlist, shared } from './playlist/view.js';
import { upload } from './upload/view.js';
import * as views from './views.js';

const input = document.querySelector('#q');
const main = document.querySelector('#main');
const status = document.querySelector('#status');
const types = document.querySelector('#types');
const SLOW_MS = 300; // after which a view that is on its way is waited for in sight
let current; // the view being loaded: an older one never overwrites a newer

function pick(url, signal) {
  const [, kind, id] = url.pathname.match(/^\/(song|artist|album)\/(\d+)$/) ?? [];
  if (kind) return views[kind](id);
  const [, list] = url.pathname.match(/^\/playlist\/(\d+)$/) ?? [];
  if (list) return playlist(list, signal);
  const own = url.pathname.match(/^\/library(?:\/(playlists|songs|albums|artists|history))?$/);
  if (own) return library(own[1]);
  if (url.pathname === '/shared') return shared(url.hash.slice(1));
  if (url.pathname === '/upload') return upload();
  if (url.pathname === '/offline') return offline.view();
  const radio = url.searchParams.get('radio');
  if (radio) return views.radio(radio);
  const q = url.searchParams.get('q')?.trim();
  return q ? views.results(q, url.searchParams.get('type') ?? '', Number(url.searchParams.get('offset')) || 0, signal) : views.start();
}

function showTypes(url) {
  const q = url.pathname === '/' ? url.searchParams.get('q') : null;
  types.hidden = !q;
  const now = url.searchParams.get('type') ?? '';
  types.replaceChildren(...['', ...Object.keys(plural)].map((t) => el('button', {
    type: 'button', 'aria-pressed': String(t === now),
    onclick: () => go(`/?${new URLSearchParams(t ? { q, type: t } : { q })}`),
  }, plural[t] ?? 'All')));
}

async function render({ focus = false, scroll } = {}) {
  const url = new URL(location.href);
  current?.abort();
  const mine = current = new AbortController();
  if (url.pathname === '/' && document.activeElement !== input) input.value = url.searchParams.get('q') ?? '';
  showTypes(url);
  const slow = setTimeout(() => main.setAttribute('aria-busy', 'true'), SLOW_MS);
  mine.signal.addEventListener('abort', () => clearTimeout(slow));
  let view;
  try {
    view = await pick(url, mine.signal);
  } catch (error) {
    if (error.name === 'AbortError') return;
    view = error instanceof TypeError ? await offline.instead(error) // no network
      : { title: 'Segue', status: '', nodes: [el('p', { class: 'problem', role: 'alert' }, error.message)] };
  }
  if (mine.signal.aborted) return;
  clearTimeout(slow);
  main.removeAttribute('aria-busy');
  setTitle(view.title);
  status.textContent = view.status;
  main.replaceChildren(...view.nodes);
  if (focus) main.focus({ preventScroll: true });
  if (scroll !== undefined) scrollTo(0, scroll);
}

// How far down a view was is kept with its place in the history, as it is longer than what is there at first.
history.scrollRestoration = 'manual';
let scrolled;
addEventListener('scroll', () => {
  clearTimeout(scrolled);
  scrolled = setTimeout(() => history.replaceState({ scroll: scrollY }, ''), 100);
}, { passive: true });

function go(href, options = {}) {
  clearTimeout(scrolled);
  if (options.replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  if (options.focus) scrollTo(0, 0);
  return render(options);
}

const completions = combobox(input, document.querySelector('#completions'), {
  choose: (s) => {
    input.value = s.text;
    if (s.type === 'query') { go(`/?${new URLSearchParams({ q: s.text })}`); return; }
    go(`/${s.type}/${s.id}`, { focus: true });
  },
});

// Results follow the typing after a short rest; Enter asks at once and keeps a place in the history.
let rest;
const resultsAddress = () => (input.value.trim() ? `/?${new URLSearchParams({ q: input.value.trim() })}` : '/');
input.addEventListener('input', () => {
  clearTimeout(rest);
  rest = setTimeout(() => go(resultsAddress(), { replace: location.pathname === '/' && location.search !== '' }), 150);
});
document.querySelector('#search').addEventListener('submit', (event) => {
  event.preventDefault();
  clearTimeout(rest);
  completions.close();
  go(resultsAddress());
});

document.addEventListener('click', (event) => {
  const a = event.target.closest('a[href^="/"]');
  if (!a || a.pathname === '/docs' || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(a.getAttribute('href'), { focus: true });
});
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== input) { event.preventDefault(); input.focus(); input.select(); }
});
navigation.addEventListener('go', ({ detail }) => go(detail, { focus: true }));
addEventListener('popstate', ({ state }) => { clearTimeout(scrolled); render({ scroll: state?.scroll ?? 0 }); });
account(document.querySelector('#account'));
openPlayer(document.querySelector('#player'));
onUser(() => render());
render({ scroll: history.state?.scroll });
offline.begin();
navigator.serviceWorker?.register('/sw.js').catch(() => {}); // no secure context: the page works all the same
