// reference.js - /openapi.json for people: operations by tag, what they take and answer, an example.
import { el } from './dom.js';

// Text with `code` in it.
const prose = (text = '') => text.split('`').map((part, i) => (i % 2 ? el('code', {}, part) : part));
const nameOf = (ref) => ref.split('/').at(-1);

function typeOf(schema = {}) {
  if (schema.$ref) return el('a', { href: `#record-${nameOf(schema.$ref)}` }, nameOf(schema.$ref));
  if (schema.anyOf) return el('span', {}, ...schema.anyOf.flatMap((s, i) => [i ? ' | ' : '', typeOf(s)]));
  if ([schema.type].flat().includes('array')) return el('span', {}, 'list of ', typeOf(schema.items));
  if (schema.enum) return el('span', {}, schema.enum.map((v) => `"${v}"`).join(' | '));
  return el('span', {}, [[schema.type ?? 'any'].flat().join(' | '), ['int64', 'double'].includes(schema.format) ? '' : schema.format].filter(Boolean).join(' '));
}

function bounds(s = {}) {
  const range = (from, to, what) => (from === undefined && to === undefined ? '' : `${from ?? ''}..${to ?? ''}${what}`);
  const far = (n) => (n !== undefined && Math.abs(n) >= Number.MAX_SAFE_INTEGER ? undefined : n);
  return [range(far(s.minimum), far(s.maximum), ''), range(s.minLength || undefined, s.maxLength, ' bytes'),
    range(s.minItems || undefined, s.maxItems, ' items'), s.pattern, s.default !== undefined && `default ${s.default}`].filter(Boolean).join(', ');
}

function table(caption, rows) {
  return rows.length ? el('table', {}, el('caption', { class: 'hidden' }, caption), el('tbody', {}, ...rows.map(([name, required, schema, help]) => el('tr', {},
    el('th', { scope: 'row' }, el('code', {}, name), required ? '' : el('span', { class: 'soft' }, ' optional')),
    el('td', {}, typeOf(schema), el('span', { class: 'soft' }, ` ${bounds(schema)}`)), el('td', {}, ...prose(help)))))) : '';
}

function example(path, method, op) {
  const needed = (op.parameters ?? []).filter((p) => p.in === 'query' && p.required).map((p) => `${p.name}=…`).join('&');
  const token = op.security?.some((s) => !Object.keys(s).length) === false ? " -H 'Authorization: Bearer TOKEN'" : '';
  const body = op.requestBody ? ` -H 'Content-Type: ${Object.keys(op.requestBody.content)[0]}' -d '…'` : '';
  return `curl${method === 'get' ? '' : ` -X ${method.toUpperCase()}`}${token}${body} '${location.origin}${path}${needed && `?${needed}`}'`;
}

function operation(path, method, op) {
  const body = op.requestBody && Object.entries(op.requestBody.content)[0];
  return el('section', { id: op.operationId, 'data-text': `${op.operationId} ${path} ${op.summary}`.toLowerCase() },
    el('h3', {}, op.summary), el('p', { class: 'path' }, el('span', { class: 'method' }, method.toUpperCase()), ` ${path}`, el('span', { class: 'soft' }, ` ${op.operationId}`)),
    op.description ? el('p', {}, ...prose(op.description)) : '',
    table('Parameters', (op.parameters ?? []).map((p) => [p.name, p.required, p.schema, p.description])),
    body ? el('p', {}, 'Body: ', el('code', {}, body[0]), ' ', typeOf(body[1].schema)) : '',
    el('p', {}, ...Object.entries(op.responses).filter(([status]) => status < '400').flatMap(([status, r]) => [el('strong', {}, status), ' ',
      ...Object.values(r.content ?? {}).map((c) => typeOf(c.schema)), ' '])),
    el('details', {}, el('summary', {}, 'Problems and an example'),
      el('ul', {}, ...Object.entries(op.responses).filter(([status]) => status >= '400').map(([status, r]) => el('li', {}, el('strong', {}, status), ` ${r.description}`))),
      el('pre', {}, example(path, method, op))));
}

const record = ([name, schema]) => el('section', { id: `record-${name}`, 'data-text': name.toLowerCase() }, el('h3', {}, name),
  table('Fields', Object.entries(schema.properties ?? {}).map(([field, s]) => [field, schema.required?.includes(field), s, s.description])));

function filterBy(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const s of document.querySelectorAll('section')) s.hidden = !words.every((w) => s.dataset.text.includes(w));
}

async function show() {
  const doc = await (await fetch('/openapi.json')).json();
  const tags = new Map(doc.tags.map(({ name }) => [name, []]));
  const about = new Map(doc.tags.map(({ name, description }) => [name, description]));
  for (const [path, methods] of Object.entries(doc.paths)) {
    for (const [method, op] of Object.entries(methods)) tags.get(op.tags[0]).push([path, method, op]);
  }
  document.querySelector('#contents').replaceChildren(...[...tags].flatMap(([tag, ops]) => [el('strong', {}, tag),
    ...ops.map(([, , op]) => el('a', { href: `#${op.operationId}` }, op.summary))]), el('strong', {}, 'Records'),
  ...Object.keys(doc.components.schemas).map((name) => el('a', { href: `#record-${name}` }, name)));
  document.querySelector('#main').replaceChildren(el('h1', {}, `${doc.info.title} ${doc.info.version}`),
    el('p', {}, 'Times are RFC 3339 in UTC, ids are numbers, errors are problem documents (RFC 9457) whose ', el('code', {}, 'code'), ' is stable. The contract: ',
      el('a', { href: '/openapi.json' }, 'openapi.json'), '; a client made from it: ', el('a', { href: '/client.js' }, 'client.js'), '.'),
    ...[...tags].flatMap(([tag, ops]) => [el('h2', {}, tag), el('p', {}, `${about.get(tag)}.`), ...ops.map((o) => operation(...o))]),
    el('h2', {}, 'Records'), ...Object.entries(doc.components.schemas).map(record));
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

document.querySelector('#filter').addEventListener('input', (event) => filterBy(event.target.value));
document.querySelector('form').addEventListener('submit', (event) => event.preventDefault());
show().catch((error) => { document.querySelector('#main').replaceChildren(el('p', { class: 'problem', role: 'alert' }, error.message)); });
