// sw.js - the page itself, kept on the device, so that it opens without a network.
//
// The server puts FILES and VERSION before this line. One cache a version, whole or not at all; no
// answer of the API is ever kept here: what is played offline lies in IndexedDB (js/offline/).
const CACHE = `shell-${VERSION}`;
const views = /^\/(song|artist|album|playlist)\/\d+$|^\/library(\/[a-z]+)?$|^\/(upload|offline|shared)?$/;

addEventListener('install', (event) => event.waitUntil((async () => {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES.map((path) => new Request(path, { cache: 'no-cache' })));
  await self.skipWaiting();
})()));

addEventListener('activate', (event) => event.waitUntil((async () => {
  const old = (await caches.keys()).filter((name) => name.startsWith('shell-') && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
})()));

addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  const path = request.mode === 'navigate' && views.test(url.pathname) ? '/' : url.pathname;
  if (!FILES.includes(path)) return;
  event.respondWith((async () => (await (await caches.open(CACHE)).match(path)) ?? fetch(request))());
});
