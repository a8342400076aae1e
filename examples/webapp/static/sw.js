// The service worker. It hands navigations on, and keeps nothing that belongs to a user: only the page
// for when the network is down, and what that page needs.

const CACHE = 'offline-1';
const FILES = ['/static/offline.html', '/static/app.css', '/static/icon.svg'];

self.addEventListener('install', event => {
  event.waitUntil(caches.open(CACHE).then(cache => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener('activate', event => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener('fetch', event => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.mode === 'navigate' && request.method === 'GET') {
    // The browser follows a redirect to the login, and shows a refusal, as without this worker.
    event.respondWith(fetch(request).catch(() => caches.match(FILES[0])));
  } else if (FILES.includes(pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(pathname)));
  }
});
