// Keeps one version of the site, whole, and serves it. The build puts in the version and its files.

const CACHE = 'kumquat {version}';
const FILES = '{files}'.split(' ');
// A tab that hasn't been reloaded since an update still loads from the version before.
const VERSIONS_KEPT = 2;

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));
self.addEventListener('message', ({ data }) => data === 'take over' && self.skipWaiting());
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const own = new URL(request.url).origin === self.location.origin;
  if (own && request.method === 'GET') event.respondWith(answer(request));
});

async function install() {
  const page = await fetch('./', { cache: 'no-cache' });
  if (!(await page.clone().text()).includes('{version}')) throw new Error('the page is of another version');
  const cache = await caches.open(CACHE);
  await cache.put('./', page);
  await cache.addAll(FILES);
}

async function activate() {
  const versions = (await caches.keys()).filter((name) => name.startsWith('kumquat '));
  await Promise.all(versions.slice(0, -VERSIONS_KEPT).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function answer(request) {
  const found =
    request.url.split(/[?#]/)[0].replace(/index\.html$/, '') === self.registration.scope
      ? await caches.match('./', { cacheName: CACHE })
      : await caches.match(request, { ignoreSearch: true });
  return found ?? fetch(request);
}
