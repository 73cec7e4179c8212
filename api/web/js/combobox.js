// combobox.js - completions below the search box: the WAI-ARIA combobox pattern
// with a list box (arrows, Home, End, Enter, Escape, Tab; the pointer too).
import { el, marked } from './dom.js';
import { api, chosen } from './api.js';

const kinds = { song: 'Song', artist: 'Artist', album: 'Album', playlist: 'Playlist', query: 'Search' };

export function combobox(input, list, { choose }) {
  let items = [];
  let active = -1;
  let asking;
  let asked = '';
  let searchId;

  function select(i) {
    active = i;
    [...list.children].forEach((li, k) => li.setAttribute('aria-selected', k === i));
    if (i >= 0) {
      input.setAttribute('aria-activedescendant', list.children[i].id);
      list.children[i].scrollIntoView({ block: 'nearest' });
    } else input.removeAttribute('aria-activedescendant');
  }

  function close() {
    asking?.abort();
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    select(-1);
  }

  function take(i) {
    const item = items[i];
    chosen(searchId, item.type, item.id, i + 1);
    close();
    choose(item);
  }

  function show(found) {
    items = found;
    list.replaceChildren(...items.map((s, i) => el('li', {
      id: `completion-${i}`, role: 'option', 'aria-selected': 'false',
      onpointerdown: (event) => { event.preventDefault(); take(i); },
    }, marked(s.text, [{ from: s.from, to: s.to }]), s.detail && el('span', { class: 'detail' }, s.detail),
    el('span', { class: 'kind' }, kinds[s.type] ?? s.type))));
    select(-1);
    list.hidden = items.length === 0;
    input.setAttribute('aria-expanded', String(items.length > 0));
  }

  // Of an empty box: what others search for.
  async function trends(signal) {
    const { queries = [] } = await api.trendingSearches({ limit: 8 }, { signal });
    return { suggestions: queries.map(({ q }) => ({ text: q, type: 'query', id: 0, from: 0, to: 0 })) };
  }

  async function ask() {
    const q = input.value.trim();
    if (q === asked && !list.hidden) return;
    asked = q;
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = q ? await api.suggest({ q, limit: 8 }, { signal: asking.signal }) : await trends(asking.signal);
      searchId = answer.search_id;
      if (document.activeElement === input) show(answer.suggestions ?? []);
    } catch (error) {
      if (error.name !== 'AbortError') show([]);
    }
  }

  input.addEventListener('input', ask);
  input.addEventListener('focus', () => { if (!input.value.trim()) { asked = null; ask(); } });
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (event) => {
    const open = !list.hidden;
    const last = items.length - 1;
    const moves = { ArrowDown: active < last ? active + 1 : 0, ArrowUp: active > 0 ? active - 1 : last };
    if (open && event.key in moves) select(moves[event.key]);
    else if (!open && event.key === 'ArrowDown') { asked = null; ask(); }
    else if (open && event.key === 'Enter' && active >= 0) take(active);
    else if (open && event.key === 'Escape') close();
    else if (event.key === 'Tab') { close(); return; }
    else return;
    event.preventDefault();
  });
  return { close };
}
