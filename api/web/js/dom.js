// dom.js - elements from data; text is always text, never markup.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((c) => c !== undefined && c !== null && c !== ''));
  return node;
}

const bytes = new TextEncoder();
const text = new TextDecoder();

// The value with the given byte ranges marked; ranges count UTF-8 bytes.
export function marked(value, ranges) {
  const raw = bytes.encode(value);
  const parts = [];
  let at = 0;
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    if (from < at || to > raw.length || to <= from) continue;
    parts.push(text.decode(raw.subarray(at, from)), el('mark', {}, text.decode(raw.subarray(from, to))));
    at = to;
  }
  parts.push(text.decode(raw.subarray(at)));
  return el('span', {}, ...parts);
}
