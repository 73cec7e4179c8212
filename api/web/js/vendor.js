// vendor.js - libraries of others, fetched from npm when Segue was built: may be missing.

let list;
const loading = new Map();

export class Missing extends Error {
  constructor(name) {
    super(`This page was built without ${name}: playing and uploading need it. Whoever runs this Segue gets it by ./segue up with access to npm.`);
  }
}

async function add(name, global) {
  list ??= fetch('/vendor/files.json').then((a) => (a.ok ? a.json() : {}));
  const file = (await list)[name];
  if (!file) throw new Missing(name);
  await new Promise((done, fail) => {
    const script = Object.assign(document.createElement('script'), { src: `/vendor/${file.file}`, integrity: file.integrity, onload: done });
    script.onerror = () => { script.remove(); fail(new Error(`${name} could not be loaded`)); };
    document.head.append(script);
  });
  return globalThis[global];
}

// name: as npm has it; global: what it calls itself. Loaded once, at first need.
export function vendor(name, global) {
  if (!loading.has(name)) loading.set(name, add(name, global).catch((error) => { loading.delete(name); list = undefined; throw error; }));
  return loading.get(name);
}
